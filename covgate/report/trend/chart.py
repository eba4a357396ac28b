"""The geometry of the trend's chart: nice axes, real dates, labels that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

PALETTE = (
    ("#0a5fc2", "#62aeff"),
    ("#b54708", "#f59a4c"),
    ("#1f472f", "#c6e7d3"),
    ("#9d437f", "#eb479e"),
    ("#4a1d72", "#e9c8f9"),
    ("#0e814b", "#35e995"),
    ("#5c360a", "#ab7e49"),
    ("#1226a5", "#8d9ece"),
)
"""The lines' colours on light and on dark, the total's first. They were searched for: each has a contrast of 4.5 to its
background, since the labels have the lines' colours, and stays apart from the others for the colour-blind."""

_STEPS = tuple(Decimal(step) for step in ("1", "2", "5", "10", "20", "25"))
_TICKS = 7
_NARROWEST = 5
"""The axis shows at least so many percentage points: noise must not look like a landslide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The percents from `low` to `high`, with a line every `step`."""

    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def ticks(self) -> tuple[Decimal, ...]:
        """The percents that get a line and a label, from below."""
        return tuple(self.low + self.step * n for n in range(int((self.high - self.low) / self.step) + 1))


def choose_axis(values: Iterable[Decimal]) -> Axis:
    """Choose the axis that holds all percents with a little air, does not leave 0 to 100 and has round labels."""
    known = sorted(values) or [Decimal(0), Decimal(100)]
    middle = (known[0] + known[-1]) / 2
    half = max((known[-1] - known[0]) * Decimal("0.54"), Decimal(_NARROWEST) / 2)
    low, high = max(Decimal(0), middle - half), min(Decimal(100), middle + half)
    axis = Axis(low=Decimal(0), high=Decimal(100), step=_STEPS[-1])
    for step in _STEPS:
        axis = Axis(
            low=(low / step).to_integral_value(ROUND_FLOOR) * step,
            high=min((high / step).to_integral_value(ROUND_CEILING) * step, Decimal(100)),
            step=step,
        )
        if len(axis.ticks) <= _TICKS:
            break
    return axis


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> tuple[float, ...]:
    """Move positions apart until none is nearer than `gap` to another, within `low` to `high` as far as they fit.

    The answer is in the order of `wanted`, and the positions keep their order.
    """
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    placed = [0.0] * len(wanted)
    least = low
    for n in order:
        placed[n] = max(wanted[n], least)
        least = placed[n] + gap
    most = high
    for n in reversed(order):
        placed[n] = min(placed[n], most)
        most = placed[n] - gap
    return tuple(placed)


# --- time ------------------------------------------------------------------------------------------------------------

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = timedelta(days=1)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


def time_ticks(first: datetime, last: datetime, room: int) -> tuple[tuple[datetime, str], ...]:
    """Choose at most `room` dates between two, at the start of days, weeks, months or years, with their labels.

    The year stands where it changes and at the first of them.
    """
    for days in (1, 2, 7, 14):
        if (last - first) / _DAY / days <= room:
            return tuple(_labelled(_every_days(first, last, days), days=True))
    ticks: list[datetime] = []
    for months in (1, 2, 3, 6, 12, 24, 60, 120, 1200):
        ticks = list(_every_months(first, last, months))
        if len(ticks) <= room:
            break
    return tuple(_labelled(ticks, days=False))


def _every_days(first: datetime, last: datetime, days: int) -> Iterator[datetime]:
    step = _DAY * days
    tick = _MONDAY + step * math.ceil((first - _MONDAY) / step)
    while tick <= last:
        yield tick
        tick += step


def _every_months(first: datetime, last: datetime, months: int) -> Iterator[datetime]:
    month = math.ceil((first.year * 12 + first.month - 1) / months) * months
    while month // 12 <= last.year:
        tick = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if tick > last:
            return
        if tick >= first:
            yield tick
        month += months


def _labelled(ticks: Iterable[datetime], *, days: bool) -> Iterator[tuple[datetime, str]]:
    year = 0
    for tick in ticks:
        name = _MONTHS[tick.month - 1]
        label = f"{tick.day} {name}" if days else name
        yield tick, label if tick.year == year else f"{label} {tick.year}"
        year = tick.year
