"""What `covgate history` shows, in words; and the same for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from covgate.config import Component, Target
from covgate.history import points_of, ramp_start, required_on, sparkline, towards
from covgate.model import Counts, History, Point, Record, Tally, Unavailable, figures
from covgate.report.bands import Band, Bands
from covgate.report.words import plural

_TITLE = 48
"""Characters of a commit's title that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One point: a record, or an imported entry without a commit."""

    date: str
    commit: str
    total: str
    band: Band
    delta: str
    """The change of the total since the point before, listed or not; empty for the first."""
    components: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The newest points, oldest first, and what follows from all of them."""

    components: tuple[str, ...]
    """The heads of the components' columns."""
    rows: tuple[HistoryRow, ...]
    spark: str
    sentence: str
    """The way to the target; empty without one."""
    notes: tuple[str, ...]


def build_history_view(
    history: History,
    *,
    target: Target | None,
    components: tuple[Component, ...],
    today: date,
    limit: int,
    green: Decimal,
    orange: Decimal,
) -> HistoryView:
    """Word the newest `limit` points. `green` and `orange` are the percents from which a total has that colour."""
    points = points_of(history)
    deltas = ["", *(figures.show_signed(Fraction(b.total) - Fraction(a.total)) for a, b in pairwise(points))]
    shown = list(zip(points, deltas, strict=False))[-limit:] if limit > 0 else []
    names = tuple(component.name for component in components)
    way = towards(points, target, today) if target and points else ""
    return HistoryView(
        components=names,
        rows=tuple(
            HistoryRow(
                date=f"{point.date.astimezone(UTC):%Y-%m-%d}",
                commit=(point.sha or "")[:7],
                total=figures.show_cut(point.total),
                band=Bands(green=green, orange=orange).of(point.total),
                delta=delta,
                components=tuple(figures.show_cut(point.components.get(name), absent="–") for name in names),
                title=point.title if len(point.title) <= _TITLE else f"{point.title[: _TITLE - 1]}…",
            )
            for point, delta in shown
        ),
        spark=sparkline([point.total for point in points]),
        sentence=way.reason if isinstance(way, Unavailable) else way,
        notes=tuple(_notes(history, target, len(points), len(shown), today)),
    )


def _notes(history: History, target: Target | None, known: int, shown: int, today: date) -> list[str]:
    notes = []
    if not known:
        notes.append("Nothing has been recorded yet: a run on the default branch, or `covgate check --record`, does.")
    elif shown < known:
        notes.append(f"{plural(known - shown, 'older point')} not shown")
    if target and target.ramp and known:
        start = ramp_start(history, target)
        if isinstance(start, Point):
            since = f"{start.date.astimezone(UTC):%Y-%m-%d}"
            notes.append(
                f"required today: {figures.show_percent(required_on(start, target, today))} (ramp since {since})"
            )
        elif target.by and today >= target.by:
            notes.append(f"required today: {figures.show_percent(target.total)}")
        else:
            notes.append(start.reason)
    return notes


# --- for programs ----------------------------------------------------------------------------------------------------


def history_json(history: History) -> str:
    """Return all points as JSON (schema 1), oldest first: percents as exact decimal strings, counts as they are.

    What an imported entry does not know is null; so is the percent of a commit that had nothing to measure.
    """
    records = [(record.date, _record_json(record)) for record in history.records]
    known = {record.sha for record in history.records}
    imported = [(point.date, _imported_json(point)) for point in history.imported if point.sha not in known]
    points = [made for _, made in sorted([*imported, *records], key=lambda pair: pair[0])]
    return json.dumps({"schema": 1, "points": points}, indent=2) + "\n"


def _record_json(record: Record) -> dict[str, object]:
    return {
        "date": record.date.astimezone(UTC).isoformat(),
        "commit": record.sha,
        "parent": record.parent,
        "title": record.title,
        **_figure_json(record.total),
        "components": {name: _figure_json(tally) for name, tally in sorted(record.components.items())},
        "tests": record.tests,
        "seconds": record.seconds,
        "imported": False,
    }


def _imported_json(point: Point) -> dict[str, object]:
    return {
        "date": point.date.astimezone(UTC).isoformat(),
        "commit": point.sha,
        "parent": None,
        "title": point.title,
        "percent": f"{point.total:f}",
        "lines": point.lines and _counts_json(point.lines),
        "branches": None,
        "components": {
            name: {"percent": f"{percent:f}", "lines": None, "branches": None}
            for name, percent in sorted(point.components.items())
        },
        "tests": None,
        "seconds": None,
        "imported": True,
    }


def _figure_json(tally: Tally) -> dict[str, object]:
    return {
        "percent": figures.percent_json(tally),
        "lines": _counts_json(tally.lines),
        "branches": _counts_json(tally.branches),
    }


def _counts_json(counts: Counts) -> dict[str, int]:
    return {"covered": counts.covered, "total": counts.total}
