"""Several places of history read as one."""

from __future__ import annotations

from collections.abc import Sequence

from covgate.history.storage.places import HistorySource
from covgate.model import History, LineRecord, Point, Record, Sha


class MergedSource:
    """The union of several sources. Of a commit that several hold, the first one's record and lines count."""

    def __init__(self, sources: Sequence[HistorySource]) -> None:
        self._sources = tuple(sources)
        self._histories: tuple[History, ...] = ()

    @property
    def where(self) -> str:
        """All places."""
        return " and ".join(source.where for source in self._sources)

    def read(self) -> History:
        """Return everything, by date where more than one source holds something."""
        self._histories = tuple(source.read() for source in self._sources)
        records: dict[Sha, Record] = {}
        known: dict[object, Point] = {}
        for history in self._histories:
            for record in history.records:
                records.setdefault(record.sha, record)
            for point in history.imported:
                known.setdefault((point.date, point.total, *sorted(point.components.items()), point.lines), point)
        imported = tuple(known.values())
        several = sum(not history.empty for history in self._histories) > 1
        return History(
            records=tuple(sorted(records.values(), key=lambda record: record.date) if several else records.values()),
            imported=tuple(sorted(imported, key=lambda point: point.date)) if several else imported,
            start=next((history.start for history in self._histories if history.start), None),
        )

    def read_lines(self, sha: Sha) -> LineRecord | None:
        """Return the line record of the source whose record counts, or None: lines of another run would not fit it."""
        if not self._histories:
            self.read()
        for source, history in zip(self._sources, self._histories, strict=True):
            if any(record.sha == sha for record in history.records):
                return source.read_lines(sha)
        return None
