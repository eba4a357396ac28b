"""Lines that change their state although nobody edits them: which they are, and what that excuses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from covgate.history.lines import record_lines
from covgate.history.shifts import FileShift, Shifts, character_at, edited_statements, find_moved, is_unedited
from covgate.history.states import NO_STATEMENT, states_of
from covgate.model import Coverage, Sha, Unavailable
from covgate.recorded import FileLines, Flap, FlapShown, LineRecord

FLAP_RECORDS = 10
"""A line that kept its state in so many records flaps no more."""

MOST_FLAPS = 2000
"""So many are kept in a record. A commit that covers a thousand lines elsewhere makes a thousand lines to watch."""

EXEMPT_SHARE = 200
"""One statement in so many (0.5 %), rounded up, is what flapping may take off a drop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFlaps:
    """The flapping lines that differ in a run, and those that are left out of the drop, by the baseline's files."""

    shown: tuple[FlapShown, ...] = ()
    exempt: Mapping[PurePosixPath, frozenset[int]] = field(default_factory=dict)


# --- when a run is recorded ----------------------------------------------------------------------------------------


def record_run(
    previous: LineRecord | None,
    sha: Sha,
    coverage: Coverage,
    digests: Mapping[PurePosixPath, str],
    shifts: Shifts | Unavailable,
) -> LineRecord:
    """Return the record of a run with its flaps.

    `previous` is the commit's own record when it was recorded before, else that of its nearest recorded ancestor (None:
    there is none). `shifts` is the diff from that commit, and `digests` are git's blob ids.
    """
    record = record_lines(sha, coverage, digests)
    return replace(record, flaps=update_flaps(previous, record, shifts))


def update_flaps(previous: LineRecord | None, current: LineRecord, shifts: Shifts | Unavailable) -> tuple[Flap, ...]:
    """Return the flaps of `current`, whose own are not looked at, from those of the record before it.

    A line of a file with equal digests that changed its state has flipped: it becomes a flap, or flips once more when
    it went the other way than before. The same commit measured twice is proof: its lines flap at once. A flap that
    kept its state is stable for one more record. In an edited file no line flips: a flap moves with its line, is stable
    for one more record or, when its state changed, stays as it was, as the edit may be why.
    """
    if previous is None:
        return ()
    known: dict[PurePosixPath, list[Flap]] = defaultdict(list)
    for flap in previous.flaps:
        known[flap.path].append(flap)
    again = previous.sha == current.sha
    flaps: list[Flap] = []
    for old_path, before in previous.files.items():
        shift = None if again or isinstance(shifts, Unavailable) else shifts.of(old_path)
        path = old_path if shift is None else shift.path
        after = None if path is None else current.files.get(path)
        if path is None or after is None:
            continue
        if before.digest and before.digest == after.digest:
            if known[old_path] or before.states != after.states:
                flaps += _in_unedited(path, known[old_path], before, after, again=again)
        elif shift is not None:
            flaps += _in_edited(path, known[old_path], before, after, shift)
    return _most_telling(flap for flap in flaps if flap.stable < FLAP_RECORDS)


def _in_unedited(
    path: PurePosixPath, known: Iterable[Flap], before: FileLines, after: FileLines, *, again: bool
) -> Iterator[Flap]:
    least = 2 if again else 1
    moved = {line.line: line.lost for line in find_moved(before.states, after.states, lambda line: line)}
    for flap in known:
        lost = moved.pop(flap.line, None)
        if lost is None:
            yield from _kept(path, flap.line, flap, before, after)
        else:
            flips = max(flap.flips + (lost != flap.lost), least)
            yield replace(flap, path=path, stable=0, flips=flips, lost=lost)
    for line, lost in moved.items():
        yield Flap(path=path, line=line, flips=least, lost=lost)


def _in_edited(
    path: PurePosixPath, known: Iterable[Flap], before: FileLines, after: FileLines, shift: FileShift
) -> Iterator[Flap]:
    for flap in known:
        line = shift.to_new(flap.line)
        if line is not None:
            yield from _kept(path, line, flap, before, after)


def _kept(path: PurePosixPath, line: int, flap: Flap, before: FileLines, after: FileLines) -> Iterator[Flap]:
    """Yield a flap that did not flip, where it is now; nothing when its line is no statement any more."""
    now = character_at(after.states, line)
    if now != NO_STATEMENT:
        same = now == character_at(before.states, flap.line)
        yield replace(flap, path=path, line=line, stable=flap.stable + same)


def _most_telling(flaps: Iterable[Flap]) -> tuple[Flap, ...]:
    """The flaps worth keeping: those that went back and forth, then those that flipped last; by path and line."""
    chosen = sorted(flaps, key=lambda flap: (not flap.flapping, flap.stable, flap.path, flap.line))[:MOST_FLAPS]
    return tuple(sorted(chosen, key=lambda flap: (flap.path, flap.line)))


# --- when a run is judged ------------------------------------------------------------------------------------------


def judge_flaps(old: LineRecord, head: Coverage, shifts: Shifts, digests: Mapping[PurePosixPath, str]) -> JudgedFlaps:
    """Return the flapping lines outside the change that differ from the baseline, last flipped first.

    A line flaps when it has gone back and forth in the records, or went one way there and goes back in this run,
    without any edit of its file. All that were gained are left out of the drop, so that they hide no loss; of those
    that were lost as many, and a share of the statements more: that share is all that flapping can take off a drop. Of
    lines that lost exits only as many again: a statement that does not run leaves an `if` with an exit not taken.
    """
    differing = sorted(_differing(old, head, shifts, digests), key=lambda one: (one.flap.stable, one.path, one.line))
    if not differing:
        return JudgedFlaps()
    share = -(-head.total.lines.total // EXEMPT_SHARE)
    left = {
        exits_only: share + sum(not one.lost for one in differing if one.exits_only == exits_only)
        for exits_only in (False, True)
    }
    shown: list[FlapShown] = []
    exempt: dict[PurePosixPath, set[int]] = defaultdict(set)
    for one in differing:
        is_exempt = not one.lost or left[one.exits_only] > 0
        left[one.exits_only] -= one.lost
        shown.append(FlapShown(path=one.path, line=one.line, lost=one.lost, exempt=is_exempt))
        if is_exempt:
            exempt[one.flap.path].add(one.flap.line)
    return JudgedFlaps(shown=tuple(shown), exempt={path: frozenset(lines) for path, lines in exempt.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Differing:
    """A flapping line whose state differs at head, and where it is there."""

    flap: Flap
    path: PurePosixPath
    line: int
    lost: bool
    exits_only: bool


def _differing(
    old: LineRecord, head: Coverage, shifts: Shifts, digests: Mapping[PurePosixPath, str]
) -> Iterator[_Differing]:
    known: dict[PurePosixPath, dict[int, Flap]] = defaultdict(dict)
    for flap in old.flaps:
        known[flap.path][flap.line] = flap
    for old_path, flaps in known.items():
        file, shift = old.files[old_path], shifts.of(old_path)
        measured = None if shift.path is None else head.files.get(shift.path)
        if shift.path is None or measured is None:
            continue
        unedited = is_unedited(file.digest, shift.path, digests)
        edited = frozenset[int]() if unedited else edited_statements(shift, len(file.states), measured)
        for moved in find_moved(file.states, states_of(measured), shift.to_new, lines=flaps):
            flap = flaps[moved.old_line]
            returns = unedited and moved.lost != flap.lost
            if moved.line not in edited and (flap.flapping or returns):
                yield _Differing(
                    flap=flap, path=shift.path, line=moved.line, lost=moved.lost, exits_only=moved.exits_only
                )
