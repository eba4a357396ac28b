"""Every printed number: how a figure is cut and written."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from covgate.model.numbers import Tally, floor_percent


def show_number(number: Decimal) -> str:
    """Print a number with the decimals it has, without the zeros that end it: `80`, `99.5`."""
    whole, point, decimals = f"{number:f}".partition(".")
    return f"{whole}{(point + decimals).rstrip('0').removesuffix('.')}"


def show_at_most(drop: Fraction, target: Decimal) -> str:
    """Say that a drop is within its limit."""
    return "did not fall" if drop <= 0 else f"fell by at most {show_points(target)}"


def show_percent(percent: Decimal) -> str:
    """Print a percent with the decimals it has, without the zeros that end it: `80 %`, `99.5 %`."""
    return f"{show_number(percent)} %"


def show_points(points: Decimal) -> str:
    """Print percentage points with the decimals they have: `0.2 points`, `1 point`."""
    shown = show_number(points)
    return f"{shown} point" if shown == "1" else f"{shown} points"


def show_above(drop: Fraction, target: Decimal) -> str:
    """Print a drop that is more than `target` points, cut to as many decimals as it takes to look so; two at least."""
    limit = Fraction(target)
    for places in range(2, _MOST_PLACES):
        cut = math.floor(drop * 10**places)
        if Fraction(cut, 10**places) > limit:
            return show_points(Decimal((0, tuple(map(int, str(cut))), -places)))
    return f"a little more than {show_points(target)}"


_MOST_PLACES = 80
"""A target has 30 decimals, and the counts two totals are made of have less than 20 digits each."""


def show_below(actual: Tally, target: Decimal) -> str:
    """Print a percent that is below `target` with as many decimals as it takes to look below it.

    Two are enough but for a figure that would show as 0 without being 0.
    """
    percent = actual.percent
    if percent is None:
        return "n/a"
    shown = (floor_percent(percent, places) for places in range(2, 28))
    return show_percent(next((value for value in shown if value < target), percent))


def percent_json(tally: Tally | None) -> str | None:
    """Print a percent for programs: cut after six places, at least three places shown."""
    percent = tally.percent if tally else None
    if percent is None:
        return None
    whole, _, decimals = f"{floor_percent(percent, 6):f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(3, '0')}"


def points_json(points: Fraction) -> str:
    """Print percentage points for programs: cut after six places, at least two places shown, `-` for less than 0."""
    millionths = abs(points.numerator) * 10**6 // points.denominator
    whole, decimals = divmod(millionths, 10**6)
    sign = "-" if points < 0 and millionths else ""
    return f"{sign}{whole}.{f'{decimals:06}'.rstrip('0').ljust(2, '0')}"
