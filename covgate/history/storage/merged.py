"""The histories of several places as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from covgate.model import History, Point, Record, Sha


def merge(histories: Sequence[History]) -> History:
    """Return their union, by date where more than one holds something; of equal commits the first place's counts."""
    start = next((history.start for history in histories if history.start), None)
    several = [history for history in histories if not history.empty]
    if len(several) == 1:
        return replace(several[0], start=start)
    records: dict[Sha, Record] = {}
    known: dict[object, Point] = {}
    for history in histories:
        for record in history.records:
            records.setdefault(record.sha, record)
        for point in history.imported:
            known.setdefault((point.date, point.total, *sorted(point.components.items()), point.lines), point)
    return History(
        records=tuple(sorted(records.values(), key=lambda record: record.date)),
        imported=tuple(sorted(known.values(), key=lambda point: point.date)),
        start=start,
    )
