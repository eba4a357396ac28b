"""The files history is made of: which there are, how history.jsonl is read and added to, and what covgate refuses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import cast
from urllib.parse import quote

from covgate.errors import HistoryError
from covgate.history.storage.entries import (
    Entry,
    NewerSchemaError,
    parse_entry,
    render_imported,
    render_record,
    render_start,
)
from covgate.history.storage.line_record import decode_record
from covgate.model import History, LineRecord, Point, Record, Sha, Start

MARKER = PurePosixPath(".covgate-data")
"""The file by which covgate knows its own."""

FIRST_FILES = {
    MARKER: "covgate keeps its history here, and takes a place without this file for somebody else's.\n",
    PurePosixPath("README.md"): (
        "# Coverage history\n\n"
        "covgate keeps a record of each measured commit here, with the badge and the trend that are made from them.\n"
        "Nothing here is part of the project: leave it as it is, and do not merge it.\n"
    ),
    # GitHub Pages is to serve the files as they are.
    PurePosixPath(".nojekyll"): "",
}
"""What a new place begins with."""

MOST_HISTORY_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files of one report lie. Reports with a name have a folder of their own."""

    name: str = ""

    @property
    def folder(self) -> PurePosixPath:
        """The folder of everything but the marker and its companions."""
        if not self.name:
            return PurePosixPath()
        quoted = quote(self.name, safe=" ")
        # `.` and `..` would be other folders, and `.git` is refused by git.
        return PurePosixPath("by-name") / (f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted)

    @property
    def history(self) -> PurePosixPath:
        """The file of records."""
        return self.folder / "history.jsonl"

    @property
    def lines_folder(self) -> PurePosixPath:
        """The folder of the line records."""
        return self.folder / "lines"

    def lines(self, sha: Sha) -> PurePosixPath:
        """The file of a commit's line record."""
        return self.lines_folder / sha


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFile:
    """What history.jsonl says, beside its lines as they were written: those of others are kept to the letter."""

    history: History = field(default_factory=History)
    lines: tuple[str, ...] = ()
    shas: tuple[Sha | None, ...] = ()
    """The commit each line is the record of; None for other lines."""

    @property
    def text(self) -> str:
        """The file."""
        return "".join(f"{line}\n" for line in self.lines)

    def with_record(self, record: Record) -> HistoryFile:
        """Return the file with the record at its end, or in the place of an earlier one of the same commit."""
        line = render_record(record)
        # As it will be read: the title without what does no good.
        record = cast("Record", parse_entry(line))
        if record.sha not in self.shas:
            return self._with((line,), record.sha, replace(self.history, records=(*self.history.records, record)))
        first = self.shas.index(record.sha)
        kept = [n for n, sha in enumerate(self.shas) if sha != record.sha or n == first]
        records = tuple(record if mine.sha == record.sha else mine for mine in self.history.records)
        return HistoryFile(
            history=replace(self.history, records=records),
            lines=tuple(line if n == first else self.lines[n] for n in kept),
            shas=tuple(self.shas[n] for n in kept),
        )

    def with_imported(self, points: tuple[Point, ...], start: Start | None) -> HistoryFile:
        """Return the file with the points it does not hold yet, and with this start of a ramp if it is a new one.

        A point of a commit that has a record says nothing new. An earlier covgate kept points without their commit.
        """
        known, recorded = set(self.lines), set(self.shas)
        new = [point for point in points if point.sha is None or point.sha not in recorded]
        # A dict drops what comes twice and keeps the order.
        lines = {render_imported(point): render_imported(replace(point, sha=None)) for point in new}
        fresh = [line for line, before in lines.items() if line not in known and before not in known]
        imported = cast("list[Point]", [parse_entry(line) for line in fresh])
        history = replace(self.history, imported=(*self.history.imported, *imported))
        if start is not None and (start.point, start.aim) != (history.start, history.start_aim):
            # Of several, the last one counts.
            history = replace(history, start=start.point, start_aim=start.aim)
            fresh.append(render_start(start))
        return self._with(tuple(fresh), None, history)

    def _with(self, lines: tuple[str, ...], sha: Sha | None, history: History) -> HistoryFile:
        return HistoryFile(history=history, lines=self.lines + lines, shas=self.shas + (sha,) * len(lines))


def parse_history(data: bytes, layout: Layout, where: str) -> HistoryFile:
    """Read history.jsonl. Raises HistoryError, with the line's number, for anything covgate would not have written."""
    place = f"{layout.history} in {where}"
    if len(data) > MOST_HISTORY_BYTES:
        raise _broken(f"{place} is larger than {MOST_HISTORY_BYTES // 1_000_000} MB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        number = data.count(b"\n", 0, exc.start) + 1
        raise _broken(f"line {number} of {place} is not UTF-8") from None
    # Not splitlines: a title may hold what Unicode calls the end of a line.
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    entries: list[tuple[str, Entry]] = []
    for number, line in enumerate(lines, start=1):
        if line and not line.isspace():
            entries.append((line, _parse(line, number, place)))
    return _file(entries)


def _parse(line: str, number: int, place: str) -> Entry:
    try:
        return parse_entry(line)
    except NewerSchemaError as exc:
        raise _newer(f"line {number} of {place}", exc) from None
    except (ValueError, RecursionError) as exc:
        raise _broken(f"line {number} of {place} is no entry of a history: {str(exc)[:200]}") from None


def _file(entries: list[tuple[str, Entry]]) -> HistoryFile:
    records: dict[Sha, Record] = {}
    imported: list[Point] = []
    shas: list[Sha | None] = []
    start: Start | None = None
    for _, entry in entries:
        shas.append(entry.sha if isinstance(entry, Record) else None)
        if isinstance(entry, Record):
            records[entry.sha] = entry
        elif isinstance(entry, Point):
            imported.append(entry)
        else:
            start = entry
    history = History(
        records=tuple(records.values()),
        imported=tuple(imported),
        start=start.point if start else None,
        start_aim=start.aim if start else None,
    )
    return HistoryFile(history=history, lines=tuple(line for line, _ in entries), shas=tuple(shas))


def parse_lines(data: bytes, sha: Sha, layout: Layout, where: str) -> LineRecord:
    """Read a commit's line record. Raises HistoryError for anything covgate would not have written."""
    place = f"{layout.lines(sha)} in {where}"
    try:
        record = decode_record(data)
    except NewerSchemaError as exc:
        raise _newer(place, exc) from None
    except ValueError as exc:
        raise _broken(f"{place} is no line record: {str(exc)[:200]}") from None
    if record.sha != sha:
        raise _broken(f"{place} is the line record of another commit")
    return record


def check_ours(paths: Collection[PurePosixPath], where: str) -> bool:
    """Whether a place that holds `paths` is covgate's; False when it is empty. Raises HistoryError when it is not."""
    if MARKER in paths or not paths:
        return bool(paths)
    some = sorted(map(str, paths))[:3]
    more = f" and {len(paths) - len(some):,} more" if len(paths) > len(some) else ""
    raise HistoryError(
        f"{where} holds files that covgate did not write: {', '.join(some)}{more}",
        hint="set history-branch (or history-dir) to a name of its own; covgate writes nothing here",
        slug="history-foreign",
    )


def _newer(what: str, why: NewerSchemaError) -> HistoryError:
    return HistoryError(
        f"{what} was written by a newer covgate ({why})",
        hint="update covgate; until then the history is left as it is",
        slug="history-newer",
    )


def _broken(message: str) -> HistoryError:
    return HistoryError(
        message,
        hint="put back an earlier state of the history, or let history-branch (or history-dir) name a new one; "
        "covgate changes nothing here",
        slug="history-broken",
    )
