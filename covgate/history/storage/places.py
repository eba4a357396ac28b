"""What history needs of the place it is kept in: a branch, through GitHub or git, or a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from covgate.model import History, LineRecord, Record, Sha

Build = Callable[[History], Mapping[str, str]]
"""Makes the files that are derived from the history (trending.json, badge.svg, index.html, …): name to text."""

Files = Mapping[PurePosixPath, str | bytes | None]
"""Files to write, in this order; None removes one that is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunToRecord:
    """A run to record: the line for ever, the lines for a while."""

    record: Record
    lines: LineRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a place holds when it is looked at."""

    paths: Collection[PurePosixPath]
    read: Callable[[PurePosixPath], bytes | None]
    """Returns a file's content, or None when it is not there."""
    tip: Sha | None = None
    """Of a branch: its commit; None when there is no branch yet."""


class Place(Protocol):
    """A place to read from. Methods raise HistoryError when that cannot be done."""

    @property
    def where(self) -> str:
        """The place in words: `the branch covgate-data`, `the folder .covgate/history`."""
        ...

    def look(self) -> Seen:
        """Return what is there; no paths when there is no such place yet."""
        ...


class WritablePlace(Place, Protocol):
    """A place to write to. A write that fails raises HistoryError, and no record is lost by it."""

    def changing(self, folder: PurePosixPath) -> AbstractContextManager[Seen | None]:
        """Return what is there, with the files in `folder`, so that it can be changed within the block.

        None when another run changed it at the same time: then try again.
        """
        ...

    def commit(self, seen: Seen, files: Files, message: str) -> bool:
        """Write the files; False when what was seen is no longer what is there: then nothing was changed."""
        ...
