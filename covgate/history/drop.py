"""How far a total fell: raw, and adjusted for what the change removed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.history.shifts import Shifts, is_unedited
from covgate.history.states import state_of, statements_in, tally_of
from covgate.model import Counts, Coverage, Drop, Tally, Unavailable
from covgate.recorded import LineRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is compared: the whole project, or one component. Both totals are with everything in them."""

    baseline: Tally
    head: Tally
    old_paths: Collection[PurePosixPath] | None = None
    """Its files in the baseline's record; None: all."""
    paths: Collection[PurePosixPath] | None = None
    """Its files at head; None: all. A file may have entered or left through a rename."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """What flapping lines count for, by file, on either side: it is left out of both."""

    old: Mapping[PurePosixPath, Tally] = field(default_factory=dict)
    head: Mapping[PurePosixPath, Tally] = field(default_factory=dict)


def compute_drop(
    part: Part, removed: Mapping[PurePosixPath, Tally] | Unavailable, exempt: Exempt | None = None
) -> Drop | None:
    """Return the drop of a part, or None when there is nothing to measure on either side.

    `removed` is what `find_removed` says. When nothing is left of the baseline without it, there is nothing to compare
    with, and the adjusted drop is 0.
    """
    if not part.baseline.counts.total or not part.head.counts.total:
        return None
    exempt = exempt or Exempt()
    baseline = _without(part.baseline, _sum(exempt.old, part.old_paths))
    head = _without(part.head, _sum(exempt.head, part.paths))
    if baseline is None or head is None:
        reason = "the line-level record of the baseline does not fit its totals"
        return Drop(raw=_fall(part.baseline, part.head), adjusted=Unavailable(reason=reason))
    if isinstance(removed, Unavailable):
        return Drop(raw=_fall(baseline, head), adjusted=removed)
    rest = _without(baseline, _sum(removed, part.old_paths))
    if rest is None:
        reason = "the change removes more than the baseline's total holds: it was made of other files"
        return Drop(raw=_fall(baseline, head), adjusted=Unavailable(reason=reason))
    return Drop(raw=_fall(baseline, head), adjusted=_fall(rest, head))


def find_removed(
    old: LineRecord, shifts: Shifts, digests: Mapping[PurePosixPath, str]
) -> Mapping[PurePosixPath, Tally]:
    """Return what the statements and branches on lines that the change removes count for, by file of the baseline.

    `digests` are the blob ids at head: a file with an equal one is not looked through. A file that is merely measured
    no more, because it was newly omitted for one, is not removed.
    """
    removed = {}
    for path, file in old.files.items():
        shift = shifts.of(path)
        if shift.path is None:
            removed[path] = tally_of(file.states)
        elif not is_unedited(file.digest, shift.path, digests):
            gone = [line for line in statements_in(file.states) if shift.removed(line)]
            removed[path] = tally_of("".join(file.states[line - 1] for line in gone))
    return removed


def find_exempt(
    old: LineRecord, head: Coverage, shifts: Shifts, lines: Mapping[PurePosixPath, frozenset[int]]
) -> Exempt:
    """Return what `lines` of the baseline count for there and at head; each is a statement on both sides."""
    before: dict[PurePosixPath, Tally] = {}
    after: dict[PurePosixPath, Tally] = {}
    for path, numbers in lines.items():
        shift = shifts.of(path)
        before[path] = sum((state_of(old.files[path].states[line - 1]).tally for line in numbers), Tally())
        if shift.path is not None:
            there = frozenset(line for line in map(shift.to_new, numbers) if line is not None)
            after[shift.path] = after.get(shift.path, Tally()) + head.files[shift.path].tally(there)
    return Exempt(old=before, head=after)


def compute_delta(before: Tally, after: Tally) -> Fraction | None:
    """Return how far a total rose, in percentage points, or None when there is nothing to measure on either side."""
    was, now = before.counts, after.counts
    if not was.total or not now.total:
        return None
    return Fraction(100 * now.covered, now.total) - Fraction(100 * was.covered, was.total)


def _fall(before: Tally, after: Tally) -> Fraction:
    return -(compute_delta(before, after) or Fraction(0))


def _sum(tallies: Mapping[PurePosixPath, Tally], paths: Collection[PurePosixPath] | None) -> Tally:
    return sum((tally for path, tally in tallies.items() if paths is None or path in paths), Tally())


def _without(whole: Tally, part: Tally) -> Tally | None:
    """`whole` without `part`, or None when that is no part of it."""
    lines, branches = _less(whole.lines, part.lines), _less(whole.branches, part.branches)
    return None if lines is None or branches is None else Tally(lines=lines, branches=branches)


def _less(whole: Counts, part: Counts) -> Counts | None:
    if part.covered > whole.covered or part.missing > whole.missing:
        return None
    return Counts(covered=whole.covered - part.covered, total=whole.total - part.total)
