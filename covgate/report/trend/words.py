"""The trend in words: its shape in blocks, its pace, the way to the target."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from covgate.config import Target
from covgate.history import NEWEST, compute_pace
from covgate.model import Point, Unavailable, cut, figures, show_number, show_percent

BLOCKS = "▁▂▃▄▅▆▇█"
FULL_HEIGHT = 7
"""A sparkline's height stands for at least so many percentage points: one point a step, so noise looks flat."""
_RISING = Fraction(1, 100)
"""Points a week from which on it is said that the total rises."""
_FAR = 104
"""Weeks from which on a forecast is only `more than 2 years`."""


def show_trend(points: Sequence[Point], target: Target | None, today: date) -> str:
    """Return the sparkline between its end values, and how far the target is, for a footer; empty without points.

    `last 30 records: 83.9 % ▁▂▃ 84.9 %`: the blocks alone do not say what they span.
    """
    words = towards(points, target, today) if target else ""
    return " · ".join(filter(None, (_shape(points[-NEWEST:]), "" if isinstance(words, Unavailable) else words)))


def _shape(points: Sequence[Point]) -> str:
    # One point is no trend.
    if len(points) <= 1:
        return ""
    values = [point.total for point in points]
    first, last = figures.show_rounded(values[0]), figures.show_rounded(values[-1])
    return f"last {len(values)} records: {first} {sparkline(values)} {last}"


def is_trend(text: str) -> bool:
    """Whether `show_trend` may have made this text: blocks, numbers and its own words, and nothing else."""
    return bool(_TREND.fullmatch(text))


_NUMBER = r"\d{1,3}(?:\.\d{1,30})?"
_DAY = r"\d{4}-\d\d-\d\d"
_TREND = re.compile(
    rf"(?:last \d\d? records: {_NUMBER} % [{BLOCKS}]{{2,{NEWEST}}} {_NUMBER} %)?"
    rf"(?:(?:\A|(?<=%) · )(?:target {_NUMBER} % reached|to target {_NUMBER} %: "
    rf"(?:\+{_NUMBER} a week|{_NUMBER} to go(?:, not rising at the moment)?)"
    rf"(?:, about \d{{1,3}} weeks?|, more than 2 years|, was due on {_DAY}|, due today| by {_DAY}, \+{_NUMBER} a week"
    rf"|, on course for {_DAY}|(?:, behind)?: needs \+\d{{1,6}}(?:\.\d)? a week until {_DAY})?))?"
)


def sparkline(values: Sequence[Decimal], width: int = NEWEST) -> str:
    """Draw the newest `width` percents as one block each; nothing for no values.

    The height is the values' own range, but at least `FULL_HEIGHT` points around their middle and within 0 to 100:
    values less than one point apart are on the same or on neighbouring blocks, 100 % stands high and 0 % low.
    """
    shown = [Fraction(value) for value in values[-width:]] if width > 0 else []
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    height = max(high - low, Fraction(FULL_HEIGHT))
    floor = max(Fraction(0), min((low + high - height) / 2, 100 - height))
    steps = len(BLOCKS) - 1
    # Halves go up: an even range is drawn the same way everywhere.
    return "".join(BLOCKS[math.floor((value - floor) * steps / height + Fraction(1, 2))] for value in shown)


def towards(points: Sequence[Point], target: Target, today: date) -> str | Unavailable:
    """Say how far the total is from its target and when it will be there at the present pace.

    `to target 85 %: +0.3 a week, about 6 weeks`; Unavailable when nothing was ever recorded. What is to go or needed is
    rounded up, the pace cut: neither looks better than it is.
    """
    if not points:
        return Unavailable(reason="nothing has been recorded yet")
    goal = f"target {show_percent(target.total)}"
    gap = Fraction(target.total) - Fraction(points[-1].total)
    if gap <= 0:
        return f"{goal} reached"
    pace = compute_pace(points, today)
    start = f"to {goal}: {_speed(gap, pace)}"
    if target.by is None:
        return f"{start}, {_weeks(gap / pace)}" if isinstance(pace, Fraction) and pace >= _RISING else start
    if target.by <= today:
        return f"{start}, was due on {target.by}" if target.by < today else f"{start}, due today"
    return start + _until(target.by, gap / Fraction((target.by - today).days, 7), pace)


def _speed(gap: Fraction, pace: Fraction | Unavailable) -> str:
    if isinstance(pace, Fraction) and pace >= _RISING:
        # One decimal, two where one would show 0.
        shown = cut(pace, 1) or cut(pace)
        return f"+{show_number(shown)} a week"
    return f"{_rounded_up(gap)} to go" + (", not rising at the moment" if isinstance(pace, Fraction) else "")


def _until(by: date, needed: Fraction, pace: Fraction | Unavailable) -> str:
    """Say whether the target will be reached in time; `needed` is in points a week."""
    if isinstance(pace, Unavailable):
        return f" by {by}, +{_rounded_up(needed)} a week"
    if pace >= max(needed, _RISING):
        return f", on course for {by}"
    return f"{', behind' if pace >= _RISING else ''}: needs +{_rounded_up(needed)} a week until {by}"


def _weeks(weeks: Fraction) -> str:
    whole = math.ceil(weeks)
    if whole > _FAR:
        return "more than 2 years"
    return "about 1 week" if whole == 1 else f"about {whole} weeks"


def _rounded_up(value: Fraction) -> str:
    return show_number(Decimal(math.ceil(value * 10)) / 10)
