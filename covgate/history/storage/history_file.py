"""The files history is made of: which there are, how history.jsonl is read and added to, and what covgate refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
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
    """What history.jsonl holds: each entry beside its line, which is kept as it was written."""

    entries: tuple[tuple[str, Entry], ...] = ()

    @property
    def text(self) -> str:
        """The file."""
        return "".join(f"{line}\n" for line, _ in self.entries)

    @property
    def history(self) -> History:
        """What the entries say. Of several records of a commit, and of several starts, the last one counts."""
        records: dict[Sha, Record] = {}
        imported: list[Point] = []
        start: Start | None = None
        for _, entry in self.entries:
            if isinstance(entry, Record):
                records[entry.sha] = entry
            elif isinstance(entry, Point):
                imported.append(entry)
            else:
                start = entry
        return History(records=tuple(records.values()), imported=tuple(imported), start=start)

    def with_record(self, record: Record) -> HistoryFile:
        """Return the file with the record at its end, or in the place of the first of the same commit."""
        there = [n for n, (_, one) in enumerate(self.entries) if isinstance(one, Record) and one.sha == record.sha]
        entries = [one for n, one in enumerate(self.entries) if n not in there[1:]]
        at = there[0] if there else len(entries)
        entries[at : at + 1] = _as_read([render_record(record)])
        return HistoryFile(entries=tuple(entries))

    def with_imported(self, taken: History) -> HistoryFile:
        """Return the file with the points it does not hold yet, and with the start of a ramp if it is a new one.

        A point of a commit that has a record says nothing new. An earlier covgate kept points without their commit.
        """
        history, known = self.history, {line for line, _ in self.entries}
        recorded = {record.sha for record in history.records}
        # A dict drops what comes twice and keeps the order.
        lines = {
            render_imported(point): render_imported(replace(point, sha=None))
            for point in taken.imported
            if point.sha not in recorded
        }
        fresh = [line for line, before in lines.items() if line not in known and before not in known]
        if taken.start is not None and taken.start != history.start:
            fresh.append(render_start(taken.start))
        return HistoryFile(entries=(*self.entries, *_as_read(fresh)))


def _as_read(lines: Iterable[str]) -> list[tuple[str, Entry]]:
    """Return entries as they will be read: a title without what does no good."""
    return [(line, parse_entry(line)) for line in lines]


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
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line and not line.isspace())
    return HistoryFile(entries=tuple((line, _parse(line, number, place)) for number, line in numbered))


def _parse(line: str, number: int, place: str) -> Entry:
    try:
        return parse_entry(line)
    except NewerSchemaError as exc:
        raise _newer(f"line {number} of {place}", exc) from None
    except (ValueError, RecursionError) as exc:
        raise _broken(f"line {number} of {place} is no entry of a history: {str(exc)[:200]}") from None


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
