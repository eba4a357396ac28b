"""What the drawings of the trend show, in words and numbers: its lines, its points and what stands above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from covgate.config import Component, Target
from covgate.history import component_start, points_of, ramp_start, required_on, value_at
from covgate.model import Point, figures, shorten, visible
from covgate.report.bands import Band
from covgate.report.trend.change import largest_falls, month_text
from covgate.report.trend.chart import Axis, choose_axis
from covgate.report.trend.points import PointRow, Trend, point_rows

EMBEDDED = 500
"""How many points are drawn, the newest."""
LISTED = 30
"""How many points the table shows."""
_TITLE = 96
_NAME = 48
"""Bytes of a commit's title and of a component's name that are kept: the page has a budget."""
_DAY = timedelta(days=1)
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)

Segment = tuple[tuple[datetime, Decimal], tuple[datetime, Decimal]]
"""A straight line from a date and a percent to others."""
_Span = tuple[datetime, datetime]
"""Where the axis of time begins and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The total, or a component. `values` has one percent for each point; None where it was not measured."""

    name: str
    values: tuple[Decimal | None, ...]
    latest: str
    target: Decimal | None = None
    target_text: str = ""
    ramp: Segment | None = None
    """What was required when, within the chart's dates."""
    required: str = ""
    """What the ramp requires on the view's `day`; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendView:
    """One trend, ready to be drawn. The total is the first of `lines`; percents in rows are cut to two decimals."""

    title: str
    lines: tuple[Line, ...]
    rows: tuple[PointRow, ...]
    band: Band
    month: str
    """How the total has changed in 30 days: `+1.25 in 30 days`; empty for fewer than two points."""
    falls: tuple[PointRow, ...]
    """The points before which the total fell most, the largest fall first."""
    sentence: str
    """The way to the target; empty without one."""
    first: datetime
    last: datetime
    """Where the axis of time begins and ends: a ramp may lead beyond the newest point."""
    by: datetime | None
    """The target's day, if the axis reaches it."""
    axis: Axis
    day: date
    """When it was drawn: the day the ramp's requirements are of."""
    commits: str
    """What a commit's id is put behind to link it; empty when there is nothing to link to."""


def build_trend_view(trend: Trend, *, repository_url: str | None, title: str) -> TrendView:
    """Word and choose what is drawn of the newest `EMBEDDED` points."""
    target = trend.target
    # One more: the first that is drawn has a change too.
    known = points_of(trend.history, EMBEDDED + 1)
    points = known[-EMBEDDED:]
    components = _drawn(points, trend.components)
    start = ramp_start(trend.history, target) if target and target.ramp else None
    first, last = _dates(points, target)
    lines = tuple(
        _line(component, points, trend, start if isinstance(start, Point) else None, (first, last))
        for component in (None, *components)
    )
    by = _midnight(target.by) if target and target.by else None
    names = [component.name for component in components]
    rows = point_rows(known, names, trend.bands, EMBEDDED, lambda text: shorten(visible(text), _TITLE))
    return TrendView(
        title=visible(title),
        lines=lines,
        rows=rows,
        band=trend.bands.of(points[-1].total if points else None),
        month=month_text(points),
        falls=tuple(rows[at] for at in largest_falls(points)),
        sentence=trend.way(points),
        first=first,
        last=last,
        by=by if by and first <= by <= last else None,
        axis=choose_axis([value for line in lines for value in _heights(line)]),
        day=trend.today,
        commits=_commits(repository_url),
    )


def _dates(points: Sequence[Point], target: Target | None) -> tuple[datetime, datetime]:
    """Return the ends of the axis: the points', a week at least, and the target's day when it is not too far off."""
    if not points:
        return _EARLIEST, _EARLIEST + _DAY
    first, last = (min(max(point.date, _EARLIEST), _LATEST) for point in (points[0], points[-1]))
    if last - first < 7 * _DAY:
        margin = (7 * _DAY - (last - first)) / 2
        first, last = first - margin, last + margin
    if target and target.by and target.ramp:
        # What was measured keeps three fifths of the width.
        last = max(last, min(_midnight(target.by), last + (last - first) * 2 / 3))
    return first, last


def _line(component: Component | None, points: Sequence[Point], trend: Trend, start: Point | None, span: _Span) -> Line:
    """Return the line of a component, or the total's; `start` is where the total's ramp begins."""
    target = trend.target
    goal = component.target if component else target.total if target else None
    values = tuple(point.components.get(component.name) if component else point.total for point in points)
    ramp, required = None, ""
    if start and target and goal is not None:
        begin = component_start(trend.history, start, component) if component else start
        ramp = _ramp(value_at(begin, component), goal, begin, target, span)
        required = figures.show_percent(required_on(begin, target, trend.today, component))
    return Line(
        name=shorten(visible(component.name), _NAME) if component else "total",
        values=values,
        latest=figures.show_rounded(values[-1] if values else None, absent="–"),
        target=goal,
        target_text=figures.show_percent(goal) if goal is not None else "",
        ramp=ramp,
        required=required,
    )


def _drawn(points: Sequence[Point], components: tuple[Component, ...]) -> tuple[Component, ...]:
    """Return the components of the configuration, then those that only the newest point knows."""
    configured = {component.name for component in components}
    others = sorted(set(points[-1].components) - configured) if points else []
    return (*components, *(Component(name=name, paths=()) for name in others))


def _ramp(value: Decimal, goal: Decimal, start: Point, target: Target, span: _Span) -> Segment | None:
    """Return the part of the ramp within the axis of time; None when it asks for no more than there is."""
    if target.by is None or value >= goal:
        return None
    begin, end = _midnight(start.date.date()), _midnight(target.by)
    left, right = max(begin, span[0]), min(end, span[1])
    if left >= right:
        return None
    rise = (Fraction(goal) - Fraction(value)) / ((end - begin) // _DAY)

    def height(moment: datetime) -> Decimal:
        days = Fraction((moment - begin) // timedelta(seconds=1), 86_400)
        return Decimal(float(Fraction(value) + rise * days)).quantize(Decimal("0.001"))

    return (left, height(left)), (right, height(right))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _heights(line: Line) -> list[Decimal]:
    ramp = [height for _, height in line.ramp] if line.ramp else []
    return [value for value in (*line.values, line.target, *ramp) if value is not None]


def _commits(repository_url: str | None) -> str:
    """Return what commits are linked with. The address comes from the outside: a script's address is none."""
    if repository_url is None or not repository_url.startswith(("https://", "http://")):
        return ""
    return f"{repository_url.rstrip('/')}/commit/"
