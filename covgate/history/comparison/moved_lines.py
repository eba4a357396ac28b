"""Which line of the baseline's commit is which line at head, and whose state differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.history.line_states import NO_STATEMENT, state_of
from covgate.model import FileCoverage, FileShift


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A statement outside the change whose state differs, though it has as many exits as before."""

    old_line: int
    line: int
    change: int
    """How many more of the statement and its exits are covered; negative: fewer."""


def find_moved(before: str, after: str, to_new: Callable[[int], int | None]) -> Iterator[Moved]:
    """Yield the statements of one file whose states differ, by old line.

    `before` and `after` are the file's states. A statement whose number of exits is another was measured by another
    interpreter, or has become another statement: it cannot be compared.
    """
    for old_line, then in enumerate(before, start=1):
        line = to_new(old_line) if then != NO_STATEMENT else None
        now = NO_STATEMENT if line is None else character_at(after, line)
        if line is None or now in {then, NO_STATEMENT}:
            continue
        was, is_now = state_of(then), state_of(now)
        if was.exits == is_now.exits and was.weight != is_now.weight:
            yield Moved(old_line=old_line, line=line, change=is_now.weight - was.weight)


def character_at(states: str, line: int) -> str:
    """Return the state of a line as its character; lines after the last statement hold none."""
    return states[line - 1] if line <= len(states) else NO_STATEMENT


def edited_statements(shift: FileShift, file: FileCoverage) -> frozenset[int]:
    """Return the statements of a changed file that have a new line in them, by their first line at head.

    Only statements of several lines are looked at: the first line of any other is either new, and no old line maps to
    it, or old.
    """
    return frozenset(first for line, first in file.first_lines.items() if shift.to_old(line) is None)


def is_unedited(digest: str, path: PurePosixPath, digests: Mapping[PurePosixPath, str]) -> bool:
    """Whether a file with `digest` is as it was: `digests` holds git's blob ids of now."""
    return bool(digest) and digests.get(path, "").startswith(digest)
