"""What the pipeline needs of the place history is kept in: a branch, through GitHub or git, or a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from covgate.model import Sha
from covgate.recorded import History, LineRecord, Point, Record

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
