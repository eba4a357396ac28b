"""The trend's arithmetic: its points, its pace, the ramp to the target."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, dropwhile, islice, takewhile
from statistics import median

from covgate.config import Component, Target
from covgate.model import Aim, History, Point, Record, Unavailable, cut

WEEKS = 8
"""How far back the pace looks: a change of habits shows within two months."""
NEWEST = 30
"""How many points the pace looks at, at most."""
_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)

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


def compute_pace(points: Sequence[Point], today: date) -> Fraction | Unavailable:
    """Return how many percentage points a week the total rises lately; negative when it falls.

    Lately is the `WEEKS` weeks before `today`, and at most `NEWEST` points (oldest first).

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
    return median(slopes)


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
    if history.start is not None and history.start.aim == aim:
        return history.start.point
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
        raise ValueError("a component without a target has no ramp")
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
