"""Every printed number: how a figure is rounded and written."""

from __future__ import annotations

from collections.abc import Callable
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


def show_rounded(figure: Tally | Decimal | None, *targets: Decimal, absent: str = "n/a") -> str:
    """Print a percent rounded to one decimal, `.0` dropped: `84.8 %`, `92 %`.

    It has as many more decimals as it takes to stay below a target it is below and not below one it reaches, and to be
    neither 100 nor 0 without being that: `79.96 %` of 80.
    """
    exact = _exact(figure)
    if exact is None:
        return absent

    def tells(shown: Decimal) -> bool:
        ends = all((shown == end) == (exact == end) for end in (0, 100))
        return ends and all((Fraction(shown) < Fraction(t)) == (exact < Fraction(t)) for t in targets)

    return show_percent(_rounded(exact, 1, tells))


def show_points(points: Decimal | Fraction, *targets: Decimal) -> str:
    """Print percentage points: `0.2 points`, `1 point`. A fraction is rounded as in `show_drop`."""
    shown = show_drop(points, *targets) if isinstance(points, Fraction) else show_number(points)
    return f"{shown} point" if shown == "1" else f"{shown} points"


def show_drop(points: Fraction, *targets: Decimal) -> str:
    """Print percentage points, which are not negative, rounded to two decimals: `0.13`, `1.87`.

    It has as many more decimals as it takes to be more than a target it exceeds and not more than one it keeps, and not
    to look like nothing.
    """

    def tells(shown: Decimal) -> bool:
        beyond = all((Fraction(shown) > Fraction(t)) == (points > Fraction(t)) for t in targets)
        return beyond and bool(shown) == bool(points)

    return show_number(_rounded(points, 2, tells))


def show_change(points: Fraction) -> str:
    """Print a difference in percentage points with its sign, rounded to two decimals: `+0.31`, `−1.2`, `±0`.

    One that is smaller than that has as many decimals as it takes not to look like nothing.
    """
    sign = "+" if points > 0 else "−" if points else "±"  # the minus sign
    return f"{sign}{show_drop(abs(points))}"


def show_signed(points: Fraction) -> str:
    """As `show_change`, for columns: always two decimals, `+0.30`, `-1.25`, `0.00`; the least that shows is 0.01."""
    sign = "-" if points < 0 else "+" if points else ""
    return f"{sign}{max(_round(abs(points), 2), Decimal('0.01') if points else Decimal('0.00'))}"


# --- for programs ----------------------------------------------------------------------------------------------------


def percent_json(tally: Tally | None) -> str | None:
    """Print a percent for programs: cut after six places, at least three places shown."""
    percent = tally.percent if tally else None
    return None if percent is None else _with_decimals(floor_percent(percent, 6), 3)


def points_json(points: Fraction) -> str:
    """Print percentage points for programs: cut after six places, at least two places shown, `-` for less than 0."""
    shown = _cut(abs(points), 6)
    return f"{'-' if points < 0 and shown else ''}{_with_decimals(shown, 2)}"


# --- cutting and rounding --------------------------------------------------------------------------------------------


def _with_decimals(number: Decimal, least: int) -> str:
    whole, _, decimals = f"{number:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(least, '0')}"


def _cut(value: Fraction, places: int) -> Decimal:
    """Cut a value that is not negative after `places`; from text, as arithmetic would round to 28 digits."""
    return Decimal(f"{value * 10**places // 1}e-{places}")


_MOST_PLACES = 80
"""A target has 30 decimals, and the counts two totals are made of have less than 20 digits each."""


def _rounded(value: Fraction, least: int, tells: Callable[[Decimal], bool]) -> Decimal:
    """Round to the first number of decimals, `least` or more, of which `tells` says that it tells the truth."""
    rounded = (_round(value, places) for places in range(least, _MOST_PLACES))
    return next(filter(tells, rounded), _round(value, _MOST_PLACES))


def _round(value: Fraction, places: int) -> Decimal:
    """Round a value that is not negative, halves up."""
    return _cut(value + Fraction(1, 2 * 10**places), places)


def _exact(figure: Tally | Decimal | None) -> Fraction | None:
    if isinstance(figure, Tally):
        counts = figure.counts
        return Fraction(100 * counts.covered, counts.total) if counts.total else None
    return None if figure is None else Fraction(figure)
