"""What the pipeline needs of the place history is kept in: a branch, through GitHub or git, or a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from covgate.errors import HistoryError
from covgate.history.storage.history_file import FIRST_FILES, HistoryFile, Layout
from covgate.history.storage.line_record import encode_record
from covgate.model import History, LineRecord, Point, Record, Sha, Start, Tally, floor_percent

Build = Callable[[History], Mapping[str, str]]
"""Makes the files that are derived from the history (trending.json, badge.svg, index.html, …): name to text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunToRecord:
    """A run to record: the line for ever, the lines for a while."""

    record: Record
    lines: LineRecord


class HistorySource(Protocol):
    """Reads history. Methods raise HistoryError for a place that cannot be read or holds what covgate did not write."""

    @property
    def where(self) -> str:
        """The place in words: `the branch covgate-data`, `the folder .covgate/history`."""
        ...

    def read(self) -> History:
        """Return everything; an empty History when there is no such place yet."""
        ...

    def read_lines(self, sha: Sha) -> LineRecord | None:
        """Return a commit's line-level record, or None when it is not (or no longer) kept. Call `read` first."""
        ...


class HistoryStore(HistorySource, Protocol):
    """Reads and writes history. Nothing is ever lost: a write that fails raises HistoryError and changes nothing."""

    def append(self, entry: RunToRecord, build: Build) -> None:
        """Record a run, replacing an earlier record of the same commit, and renew the derived files with `build`."""
        ...

    def add_imported(self, points: tuple[Point, ...], start: History, build: Build) -> None:
        """Take imported points in, once (the same points again change nothing); `start` brings `start`/`start_aim`."""
        ...


class Held(Protocol):
    """What a place holds before a change."""

    @property
    def file(self) -> HistoryFile:
        """The history; empty when there is none yet."""
        ...

    @property
    def ours(self) -> bool:
        """Whether the place was begun."""
        ...

    @property
    def lines(self) -> frozenset[PurePosixPath]:
        """The line records."""
        ...

    def same(self, path: PurePosixPath, content: bytes) -> bool:
        """Whether the file is there and holds just this."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Files to write, as text or as bytes, and files to remove, which are there."""

    message: str
    texts: Mapping[PurePosixPath, str]
    contents: Mapping[PurePosixPath, bytes] = field(default_factory=dict)
    removed: frozenset[PurePosixPath] = frozenset()


Plan = Callable[[Held], Commit | None]
"""Computes a change from what is held; None when there is nothing to do. Asked again after every lost race."""


def plan_record(entry: RunToRecord, build: Build, layout: Layout, limit: int) -> Plan:
    """Plan to record a run, and to keep line records for the last `limit` records and this one.

    Raises HistoryError for lines that could not be read again.
    """
    lines, content = layout.lines(entry.record.sha), _encode(entry)

    def plan(held: Held) -> Commit | None:
        if held.file.holds(entry.record) and held.same(lines, content):
            return None
        file = held.file.with_record(entry.record)
        kept = {layout.lines(record.sha) for record in file.history.records[-limit:]} | {lines}
        return Commit(
            message=f"Record {entry.record.sha[:12]}: {_percent(entry.record.total)}",
            texts=_texts(held, file, layout, build),
            contents={lines: content},
            removed=held.lines - kept,
        )

    return plan


def _encode(entry: RunToRecord) -> bytes:
    try:
        return encode_record(entry.lines)
    except ValueError as exc:
        raise HistoryError(
            f"the lines of {entry.record.sha[:12]} cannot be kept: {exc}",
            hint="leave out with `omit` what is not this project's code",
            slug="history-too-large",
        ) from None


def plan_import(points: tuple[Point, ...], start: History, build: Build, layout: Layout) -> Plan:
    """Plan to take in the points, and the start of a ramp, that are not there yet."""
    begins = Start(point=start.start, aim=start.start_aim) if start.start else None

    def plan(held: Held) -> Commit | None:
        file = held.file.with_imported(points, begins)
        if file.lines == held.file.lines:
            return None
        return Commit(message="Import what was measured before", texts=_texts(held, file, layout, build))

    return plan


def _texts(held: Held, file: HistoryFile, layout: Layout, build: Build) -> dict[PurePosixPath, str]:
    first = {} if held.ours else FIRST_FILES
    derived = {layout.folder / name: text for name, text in build(file.history).items()}
    return {**first, **derived, layout.history: file.text}


def _percent(total: Tally) -> str:
    return "nothing to cover" if total.percent is None else f"{floor_percent(total.percent)} %"
