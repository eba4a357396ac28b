"""Every printed number: how a figure is cut and written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from covgate.model.numbers import Tally, floor_percent

# --- for people ------------------------------------------------------------------------------------------------------


def show_number(number: Decimal) -> str:
    """Print a number with the decimals it has, without the zeros that end it: `80`, `99.5`."""
    return _with_decimals(number, 0).removesuffix(".")


def show_percent(percent: Decimal) -> str:
    """Print a percent with the decimals it has, without the zeros that end it: `80 %`, `99.5 %`."""
    return f"{show_number(percent)} %"


def show_cut(percent: Decimal | None, places: int = 2, absent: str = "n/a") -> str:
    """Print a percent cut after `places`: 100 only when nothing is missing, 0 only when nothing is covered."""
    return absent if percent is None else show_percent(floor_percent(percent, places))


def show_below(actual: Tally, target: Decimal) -> str:
    """Print a percent that is below `target` with as many decimals as it takes to look below it.

    Two are enough but for a figure that would show as 0 without being 0.
    """
    percent = actual.percent or Decimal(0)
    shown = (floor_percent(percent, places) for places in range(2, 28))
    return show_percent(next((value for value in shown if value < target), percent))


def show_points(points: Decimal | Fraction) -> str:
    """Print percentage points: `0.2 points`, `1 point`. A fraction is cut as in `show_change`."""
    shown = show_number(_cut_visibly(points) if isinstance(points, Fraction) else points)
    return f"{shown} point" if shown == "1" else f"{shown} points"


def show_above(drop: Fraction, target: Decimal) -> str:
    """Print a drop that is more than `target` points, cut to as many decimals as it takes to look so; two at least."""
    cuts = (_cut(drop, places) for places in range(2, _MOST_PLACES))
    shown = next((value for value in cuts if value > target), None)
    return f"a little more than {show_points(target)}" if shown is None else show_points(shown)


_MOST_PLACES = 80
"""A target has 30 decimals, and the counts two totals are made of have less than 20 digits each."""


def show_change(points: Fraction) -> str:
    """Print a difference in percentage points with its sign, cut after two decimals: `+0.31`, `−1.2`, `±0`.

    One that is smaller than that has as many decimals as it takes not to look like nothing.
    """
    sign = "+" if points > 0 else "−" if points else "±"  # the minus sign
    return f"{sign}{show_number(_cut_visibly(abs(points)))}"


def show_signed(points: Fraction) -> str:
    """As `show_change`, for columns: always two decimals, `+0.30`, `-1.25`, `0.00`; the least that shows is 0.01."""
    sign = "-" if points < 0 else "+" if points else ""
    return f"{sign}{max(_cut(abs(points), 2), Decimal('0.01') if points else Decimal('0.00'))}"


# --- for programs ----------------------------------------------------------------------------------------------------


def percent_json(tally: Tally | None) -> str | None:
    """Print a percent for programs: cut after six places, at least three places shown."""
    percent = tally.percent if tally else None
    return None if percent is None else _with_decimals(floor_percent(percent, 6), 3)


def points_json(points: Fraction) -> str:
    """Print percentage points for programs: cut after six places, at least two places shown, `-` for less than 0."""
    shown = _cut(abs(points), 6)
    return f"{'-' if points < 0 and shown else ''}{_with_decimals(shown, 2)}"


# --- cutting ---------------------------------------------------------------------------------------------------------


def _with_decimals(number: Decimal, least: int) -> str:
    whole, _, decimals = f"{number:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(least, '0')}"


def _cut(value: Fraction, places: int) -> Decimal:
    """Cut a value that is not negative after `places`; from text, as arithmetic would round to 28 digits."""
    return Decimal(f"{value * 10**places // 1}e-{places}")


def _cut_visibly(points: Fraction) -> Decimal:
    cuts = (_cut(points, places) for places in range(2, 12))
    return next((value for value in cuts if value), Decimal("1e-12") if points else Decimal(0))
