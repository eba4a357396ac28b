"""The trend's arithmetic: its points, its shape in blocks, its pace, the way to the target and the ramp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, dropwhile, islice, takewhile
from statistics import median

from covgate.config import Component, Target
from covgate.model import Aim, History, Point, Record, Unavailable

BLOCKS = "▁▂▃▄▅▆▇█"
FULL_HEIGHT = 7
"""A sparkline's height stands for at least so many percentage points: one point a step, so noise looks flat."""

WEEKS = 8
"""How far back the pace looks: a change of habits shows within two months."""
NEWEST = 30
"""How many points the pace looks at, at most."""
_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_FAR = 104
"""Weeks from which on a forecast is only `more than 2 years`."""

NO_RAMP_YET = "the ramp begins with the next record of the default branch"


def points_of(history: History, newest: int | None = None) -> tuple[Point, ...]:
    """Return records and imported entries as one series, oldest first, without commits that had nothing to measure.

    Equal dates keep the order of the file. An imported entry of a commit that has a record of its own gives way to it.
    `newest` is how many are wanted, the newest; of a long history they cost next to nothing.
    """
    recorded = {record.sha for record in history.records}
    imported = (point for point in history.imported if point.sha not in recorded)
    everything: list[Point | Record] = sorted([*imported, *history.records], key=lambda one: one.date)
    points = (point for one in reversed(everything) if (point := one if isinstance(one, Point) else _point_of(one)))
    return tuple(islice(points, newest))[::-1]


def _point_of(record: Record) -> Point | None:
    percent = record.total.percent
    if percent is None:
        return None
    tallies = ((name, tally.percent) for name, tally in record.components.items())
    return Point(
        date=record.date,
        total=percent,
        components={name: value for name, value in tallies if value is not None},
        lines=record.total.lines,
        sha=record.sha,
        title=record.title,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the total changes lately."""

    per_week: Fraction
    """In percentage points; negative when it falls."""

    @property
    def rising(self) -> bool:
        """Whether it rises by enough to say so."""
        return self.per_week >= Fraction(1, 100)


def compute_pace(points: Sequence[Point], today: date) -> Pace | Unavailable:
    """Return the pace of the last `WEEKS` weeks before `today` and at most `NEWEST` points (oldest first).

    It is the Theil-Sen slope: the median of the slopes between all pairs of points, so that one bad measurement does
    not bend it as it bends a least-squares line. Pairs less than a day apart say nothing of weeks and are left out.
    """
    since = today - WEEKS * _WEEK
    recent = [point for point in points if point.date.date() >= since][-NEWEST:]
    if len(recent) < 3:  # noqa: PLR2004  # two points are a line, not a trend
        return Unavailable(reason=f"there are fewer than 3 points in the last {WEEKS} weeks")
    if recent[-1].date - recent[0].date < _WEEK:
        return Unavailable(reason=f"the points of the last {WEEKS} weeks are less than 7 days apart")
    slopes = [
        (Fraction(late.total) - Fraction(early.total)) / Fraction((late.date - early.date) // _SECOND, _WEEK // _SECOND)
        for early, late in combinations(recent, 2)
        if late.date - early.date >= _DAY
    ]
    return Pace(per_week=median(slopes))


def towards(points: Sequence[Point], target: Target, today: date) -> str | Unavailable:
    """Say how far the total is from its target and when it will be there at the present pace.

    `to target 85 %: +0.3 a week, about 6 weeks`; Unavailable when nothing was ever recorded. What is to go or needed is
    rounded up, the pace cut: neither looks better than it is.
    """
    if not points:
        return Unavailable(reason="nothing has been recorded yet")
    goal = f"target {_plain(target.total)} %"
    gap = Fraction(target.total) - Fraction(points[-1].total)
    if gap <= 0:
        return f"{goal} reached"
    pace = compute_pace(points, today)
    start = f"to {goal}: {_speed(gap, pace)}"
    if target.by is None:
        return f"{start}, {_weeks(gap / pace.per_week)}" if isinstance(pace, Pace) and pace.rising else start
    if target.by <= today:
        return f"{start}, was due on {target.by}" if target.by < today else f"{start}, due today"
    return start + _until(target.by, gap / Fraction((target.by - today).days, 7), pace)


def _speed(gap: Fraction, pace: Pace | Unavailable) -> str:
    if isinstance(pace, Pace) and pace.rising:
        return f"+{_cut(pace.per_week)} a week"
    return f"{_rounded_up(gap)} to go" + (", not rising at the moment" if isinstance(pace, Pace) else "")


def _until(by: date, needed: Fraction, pace: Pace | Unavailable) -> str:
    """Say whether the target will be reached in time; `needed` is in points a week."""
    if isinstance(pace, Unavailable):
        return f" by {by}, +{_rounded_up(needed)} a week"
    if pace.rising and pace.per_week >= needed:
        return f", on course for {by}"
    return f"{', behind' if pace.rising else ''}: needs +{_rounded_up(needed)} a week until {by}"


def _weeks(weeks: Fraction) -> str:
    whole = math.ceil(weeks)
    if whole > _FAR:
        return "more than 2 years"
    return "about 1 week" if whole == 1 else f"about {whole} weeks"


def _cut(value: Fraction) -> str:
    """Print with one decimal, cut; with two where one would show 0."""
    places = 1 if value >= Fraction(1, 10) else 2
    return _plain(cut(value, places))


def _rounded_up(value: Fraction) -> str:
    return _plain(Decimal(math.ceil(value * 10)) / 10)


def cut(value: Fraction, places: int = 2) -> Decimal:
    """Return a value that is not negative as a Decimal, cut after `places`."""
    return Decimal(value.numerator * 10**places // value.denominator).scaleb(-places)


def _plain(value: Decimal) -> str:
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0')}".removesuffix(".")


# --- the ramp --------------------------------------------------------------------------------------------------------


def aim_of(target: Target) -> Aim:
    """Return what a record keeps of the configured target."""
    return Aim(total=target.total, by=target.by)


def ramp_start(history: History, target: Target) -> Point | Unavailable:
    """Return the point the ramp to `target` begins at: where the team stood when it set this target.

    That is the imported file's baseline when the file's target is the same, else the first record of the latest
    unbroken run of records, by date, that were made with this target.
    """
    aim = aim_of(target)
    if history.start is not None and history.start_aim == aim:
        return history.start
    # By date: a commit that is measured late must not begin the ramp anew.
    newest_first = sorted(history.records, key=lambda record: record.date, reverse=True)
    run = takewhile(lambda record: record.aim == aim, dropwhile(lambda record: record.aim != aim, newest_first))
    measured = [record for record in run if record.total.counts.total]
    point = _point_of(measured[-1]) if measured else None
    return point or Unavailable(reason=NO_RAMP_YET)


def component_start(history: History, start: Point, component: Component) -> Point:
    """Return the point a component's ramp begins at, if the project's begins at `start`.

    That is where it was first recorded under its name since then, else `start` itself, with the project's total.
    """
    if component.name in start.components:
        return start
    later = (p for p in points_of(history) if p.date >= start.date and component.name in p.components)
    return next(later, start)


def required_on(start: Point, target: Target, today: date, component: Component | None = None) -> Decimal:
    """Return what the ramp requires of the total, or of a component with a target of its own, on a day; in percent.

    The line goes from the start's day and value to the target's; whole days, exact, cut to two decimals. Before the
    start it is the start's value, from `by` on the target, and never more than the target.
    """
    goal, value = goal_of(target, component), value_at(start, component)
    if goal is None:
        msg = "a component without a target has no ramp"
        raise ValueError(msg)
    if value >= goal or target.by is None or today >= target.by:
        return goal
    first = start.date.date()
    done = Fraction(max(0, (today - first).days), max(1, (target.by - first).days))
    return cut(Fraction(value) + (Fraction(goal) - Fraction(value)) * done)


def goal_of(target: Target, component: Component | None) -> Decimal | None:
    """Return where a ramp leads: the project's, or a component's (None: it has none)."""
    return component.target if component else target.total


def value_at(start: Point, component: Component | None) -> Decimal:
    """Return the percent a ramp begins at; of a component that was not measured then, the total."""
    return start.components.get(component.name, start.total) if component else start.total
