"""What `covgate history` shows, in words; and the same for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from decimal import Decimal

from covgate.gate import Ramp
from covgate.history import NO_RAMP_YET, points_of, ramp_start
from covgate.model import Counts, History, Point, Record, Tally, figures
from covgate.report.trend.points import PointRow, Trend, point_rows
from covgate.report.trend.words import sparkline
from covgate.report.words import plural

_TITLE = 48
"""Characters of a commit's title that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The newest points, oldest first, and what follows from all of them."""

    components: tuple[str, ...]
    """The heads of the components' columns."""
    rows: tuple[PointRow, ...]
    spark: str
    sentence: str
    """The way to the target; empty without one."""
    notes: tuple[str, ...]


def build_history_view(trend: Trend, limit: int) -> HistoryView:
    """Word the newest `limit` points."""
    points = points_of(trend.history)
    names = tuple(component.name for component in trend.components)
    rows = point_rows(points, names, trend.bands, limit, _cut)
    return HistoryView(
        components=names,
        rows=rows,
        spark=sparkline([point.total for point in points]),
        sentence=trend.way(points),
        notes=tuple(_notes(trend, len(points), len(rows))),
    )


def _cut(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"


def _notes(trend: Trend, known: int, shown: int) -> Iterator[str]:
    target = trend.target
    if not known:
        yield "Nothing has been recorded yet: a run on the default branch, or `covgate check --record`, does."
    elif shown < known:
        yield f"{plural(known - shown, 'older point')} not shown"
    if target and target.ramp and known:
        start = ramp_start(trend.history, target)
        since = f" (ramp since {start.date.astimezone(UTC):%Y-%m-%d})" if isinstance(start, Point) else ""
        required = Ramp(target=target, history=trend.history, today=trend.today).required()
        ramp = f"{figures.show_percent(required)}{since}" if isinstance(required, Decimal) else ""
        yield f"required today: {ramp}" if ramp else NO_RAMP_YET


# --- for programs ----------------------------------------------------------------------------------------------------


def history_json(history: History) -> str:
    """Return all points as JSON (schema 1), oldest first: percents as exact decimal strings, counts as they are.

    What an imported entry does not know is null; so is the percent of a commit that had nothing to measure.
    """
    recorded = {record.sha for record in history.records}
    imported = (point for point in history.imported if point.sha not in recorded)
    points: list[Record | Point] = sorted((*imported, *history.records), key=lambda one: one.date)
    return json.dumps({"schema": 1, "points": [_point_json(point) for point in points]}, indent=2) + "\n"


def _point_json(point: Record | Point) -> dict[str, object]:
    record = point if isinstance(point, Record) else None
    components: Mapping[str, Tally | Decimal] = point.components
    return {
        "date": point.date.astimezone(UTC).isoformat(),
        "commit": point.sha,
        "parent": record and record.parent,
        "title": point.title,
        **_figure_json(point.total, None if isinstance(point, Record) else point.lines),
        "components": {name: _figure_json(figure) for name, figure in sorted(components.items())},
        "tests": record and record.tests,
        "seconds": record and record.seconds,
        "imported": record is None,
    }


def _figure_json(figure: Tally | Decimal, lines: Counts | None = None) -> dict[str, object]:
    if isinstance(figure, Decimal):
        return {"percent": f"{figure:f}", "lines": lines and asdict(lines), "branches": None}
    percent = figures.percent_json(figure)
    return {"percent": percent, "lines": asdict(figure.lines), "branches": asdict(figure.branches)}
