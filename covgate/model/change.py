"""The changed lines, where lines went, and the coverage of a change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from covgate.model.coverage import Gap, OmittedFile, Span
from covgate.model.numbers import Tally
from covgate.model.places import Place
from covgate.model.unknown import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """The lines one file gained or had modified. `lines` are 1-based lines of the new side."""

    path: PurePosixPath
    lines: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLines:
    """What a change adds or modifies, file by file; deleted files are not in it."""

    files: Mapping[PurePosixPath, ChangedFile]
    digests: Mapping[PurePosixPath, str | Unavailable] = field(default_factory=dict)
    """SHA-256 of the text whose lines these are, made as `Measurement.digests` are, of each file with a changed line.

    Unavailable where git compared another text than the one that lies in the working tree.
    """
    others: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """Changed files whose name says nothing of Python, without their lines: a script or a template may be measured.

    The value tells whether the file was written to since (on a laptop).
    """
    uncommitted: int = 0
    """How many of the files hold edits that are not committed yet (only on a laptop)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffFile:
    """Diff coverage of one file: the statements the change touches."""

    path: PurePosixPath
    statements: frozenset[int]
    missing: frozenset[int]
    partial: frozenset[int]
    tally: Tally
    missing_spans: tuple[Span, ...] = ()
    """Runs of missing statements; blank lines and comments between them do not end a run."""
    places: tuple[Place, ...] = ()
    """What is left to cover, by the first line."""
    gap: Gap | None = None
    """UNMEASURED or UNDECIDED when the file was counted as uncovered because no test loaded it."""


@dataclass(frozen=True, kw_only=True)
class DiffCoverage:
    """Coverage of the statements a change adds or modifies. Files without a changed statement are not listed.

    Its sum is kept: it is asked for again and again.
    """

    files: tuple[DiffFile, ...] = ()
    omitted: tuple[OmittedFile, ...] = ()
    """Changed Python files that the coverage configuration, or a stated default, leaves out."""

    @cached_property
    def tally(self) -> Tally:
        return sum((f.tally for f in self.files), Tally())


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A run of lines that was kept: `old` to `old + length - 1` are now `new` to `new + length - 1`; 1-based.

    `length` is None for the run that goes on to the end of the file.
    """

    old: int
    new: int
    length: int | None


_ALL_KEPT = (Move(old=1, new=1, length=None),)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShift:
    """What became of one file's lines. `path` is where the file is now; None when it was deleted.

    `moves` are the runs that were kept, in order, on both sides.
    """

    path: PurePosixPath | None
    moves: tuple[Move, ...] = _ALL_KEPT

    def to_new(self, line: int) -> int | None:
        """Return where an old line is now; None when it was removed or modified."""
        at = bisect_right(self.moves, line, key=lambda move: move.old) - 1
        return None if at < 0 else _within(line - self.moves[at].old, self.moves[at].new, self.moves[at].length)

    def to_old(self, line: int) -> int | None:
        """Return where a new line was; None when it was added or modified."""
        at = bisect_right(self.moves, line, key=lambda move: move.new) - 1
        return None if at < 0 else _within(line - self.moves[at].new, self.moves[at].old, self.moves[at].length)


def _within(offset: int, start: int, length: int | None) -> int | None:
    return start + offset if length is None or offset < length else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """What became of the lines of all files, by the old name. A file that is not in `files` did not change."""

    files: Mapping[PurePosixPath, FileShift] = field(default_factory=dict)

    def of(self, old_path: PurePosixPath) -> FileShift:
        """Return the shift of a file as it was named."""
        return self.files.get(old_path) or FileShift(path=old_path)
