"""How far a total fell: raw, and adjusted for the covered code that the change deletes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.history.comparison.moved_lines import is_unedited
from covgate.history.line_states import NO_STATEMENT, state_of, tally_of
from covgate.model import Counts, Coverage, Drop, FileCoverage, FileShift, LineRecord, Shifts, Tally, Unavailable

MOST_EXCUSED = Fraction(1, 2)
"""In percentage points: so much of a drop can flapping lines excuse, in the project as in each component."""


def compute_drop(before: Tally, after: Tally, deleted: Iterable[str] | Unavailable, flapped: int = 0) -> Drop | None:
    """Return the drop of the project or of a component, or None when there is nothing to measure on either side.

    `deleted` are the states of its files' statements that `find_deleted` says, and `flapped` is how many statements and
    exits its flapping lines lost. As many of the deleted statements are taken off the baseline as there are fewer now.
    """
    delta = compute_delta(before, after)
    if delta is None:
        return None
    if isinstance(deleted, Unavailable):
        return Drop(raw=-delta, adjusted=deleted)
    gone = tally_of(_most_exits("".join(deleted), before.lines.total - after.lines.total))
    rest = Tally(lines=_less(before.lines, gone.lines), branches=_less(before.branches, gone.branches))
    # At least as many statements are left as there are now.
    drop = Drop(raw=-delta, adjusted=-(compute_delta(rest, after) or Fraction(0)))
    excuse = min(Fraction(100 * flapped, after.counts.total), MOST_EXCUSED, max(drop.least, Fraction(0)))
    return Drop(raw=drop.raw, adjusted=drop.adjusted, excused=excuse)


def find_deleted(
    old: LineRecord, head: Coverage, shifts: Shifts, digests: Mapping[PurePosixPath, str]
) -> Mapping[PurePosixPath, str]:
    """Return the states of the covered statements that the change deletes, by file of the baseline.

    A run of lines that was replaced deletes as many statements as there are fewer of them: an edited line is not
    deleted, its successor carries its coverage. Nor is what became an excluded line, or a file that is merely measured
    no more, as one that was newly omitted. `digests` are the blob ids at head: files with equal ones are skipped.
    """
    found = {}
    for path, file in old.files.items():
        shift = shifts.of(path)
        if shift.path is None:
            found[path] = _covered(file.states)
        elif shift.path in head.files and not is_unedited(file.digest, shift.path, digests):
            found[path] = "".join(_deleted(file.states, shift, head.files[shift.path]))
    return found


def _deleted(states: str, shift: FileShift, now: FileCoverage) -> Iterator[str]:
    lines = sorted(now.statements | now.excluded)
    run, kept = "", 0
    for old_line, state in enumerate(states, start=1):
        line = shift.to_new(old_line)
        if line is None:
            run += state
            continue
        yield _fewer(run, bisect_left(lines, line) - bisect_right(lines, kept))
        run, kept = "", line
    if run:
        # The states end with the last statement; a comment that was kept may follow, and new statements after it.
        end = next((line for line in range(kept + 1, lines[-1] + 1) if shift.to_old(line)), None) if lines else None
        yield _fewer(run, (bisect_left(lines, end) if end else len(lines)) - bisect_right(lines, kept))


def _fewer(run: str, now: int) -> str:
    """Of a run's states, those that a run of `now` statements in its place deletes."""
    statements = len(run) - run.count(NO_STATEMENT)
    return _most_exits(_covered(run), statements - now)


def _covered(states: str) -> str:
    return "".join(state for state in states if state != NO_STATEMENT and state_of(state).executed)


def _most_exits(states: str, most: int) -> str:
    # The characters are in the order of their exits, those that were taken last.
    return "".join(sorted(states, reverse=True)[: max(most, 0)])


def compute_delta(before: Tally, after: Tally) -> Fraction | None:
    """Return how far a total rose, in percentage points, or None when there is nothing to measure on either side."""
    was, now = before.counts, after.counts
    if not was.total or not now.total:
        return None
    return Fraction(100 * now.covered, now.total) - Fraction(100 * was.covered, was.total)


def _less(whole: Counts, part: Counts) -> Counts:
    return Counts(covered=whole.covered - part.covered, total=whole.total - part.total)
