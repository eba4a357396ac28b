"""A measurement held against its baseline: delta, drops, what changed outside the change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from covgate.history.comparison.drop import compute_drop, find_deleted
from covgate.history.comparison.indirect import find_indirect
from covgate.history.line_states import tally_of
from covgate.model import (
    Baseline,
    Comparison,
    Coverage,
    Drop,
    FlapShown,
    IndirectFile,
    LineRecord,
    Record,
    Shifts,
    Tally,
    Unavailable,
    UnknownKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFiles:
    """One component at head, and the same files in the baseline, however they were called and grouped then."""

    head: Tally
    paths: Collection[PurePosixPath]
    """Its files at head."""
    old_paths: Collection[PurePosixPath] = ()
    """What its files were in the baseline, those among them that were deleted since."""
    recorded: Tally | Unavailable = field(default_factory=Tally)
    """What the baseline's record says of it; used only when the baseline's lines are not known."""


def compare(
    baseline: Baseline,
    old: LineRecord | Unavailable,
    head: Coverage,
    shifts: Shifts | Unavailable,
    *,
    digests: Mapping[PurePosixPath, str],
    components: Mapping[str, ComponentFiles],
) -> Comparison | Unavailable:
    """Hold `head` against its baseline, measured alike: both with branches or both without them.

    Unavailable when there is nothing to measure on one side.

    `old` is the baseline's line-level record (see `fitting`) and `shifts` the diff from its commit to head; without one
    of them the drops are raw, and there are no indirect changes and no flaps. `digests` are git's blob ids of the files
    at head as they were measured: leave out a file with uncommitted edits.
    """
    known = _compare_lines(old, head, shifts, digests)
    lines = _Lines() if isinstance(known, Unavailable) else known
    before = baseline.record.total
    everything = ComponentFiles(head=head.total, paths=head.files, old_paths=lines.tallies, recorded=before)
    whole = _drop(everything, known)
    if not isinstance(whole, Drop):
        where = "at head" if before.counts.total else "in the baseline"
        return Unavailable(reason=f"there is nothing to measure {where}", kind=UnknownKind.COMPARING_FAILED)
    drops = {name: drop for name, part in components.items() if (drop := _drop(part, known)) is not None}
    return Comparison(
        baseline=baseline,
        delta=-whole.raw,
        drop=whole,
        component_deltas={name: -drop.raw for name, drop in drops.items() if isinstance(drop, Drop)},
        component_drops=drops,
        indirect=lines.indirect,
        flaps=lines.flaps,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """What the lines of the baseline say."""

    deleted: Mapping[PurePosixPath, str] = field(default_factory=dict)
    tallies: Mapping[PurePosixPath, Tally] = field(default_factory=dict)
    """What each file of the baseline counts for."""
    indirect: tuple[IndirectFile, ...] = ()
    flaps: tuple[FlapShown, ...] = ()


def _compare_lines(
    old: LineRecord | Unavailable,
    head: Coverage,
    shifts: Shifts | Unavailable,
    digests: Mapping[PurePosixPath, str],
) -> _Lines | Unavailable:
    if isinstance(old, Unavailable):
        return old
    if isinstance(shifts, Unavailable):
        return shifts
    indirect, flaps = find_indirect(old, head, shifts, digests)
    deleted = find_deleted(old, head, shifts, digests)
    return _Lines(deleted=deleted, tallies=_tallies(old), indirect=indirect, flaps=flaps)


def _drop(part: ComponentFiles, lines: _Lines | Unavailable) -> Drop | Unavailable | None:
    if isinstance(lines, Unavailable):
        known = part.recorded
        return known if isinstance(known, Unavailable) else compute_drop(known, part.head, lines)
    before = sum((lines.tallies[path] for path in part.old_paths), Tally())
    deleted = [states for path, states in lines.deleted.items() if path in part.old_paths]
    flapped = -sum(flap.change for flap in lines.flaps if flap.lost and flap.path in part.paths)
    return compute_drop(before, part.head, deleted, flapped)


def _tallies(old: LineRecord) -> dict[PurePosixPath, Tally]:
    return {path: tally_of(file.states) for path, file in old.files.items()}


def fitting(record: Record, lines: LineRecord) -> LineRecord | Unavailable:
    """Return the line-level record of a commit when it is what its totals were made of."""
    if lines.sha == record.sha and sum(_tallies(lines).values(), Tally()) == record.total:
        return lines
    reason = "the baseline's line-level record does not fit its totals"
    return Unavailable(reason=reason, kind=UnknownKind.COMPARING_FAILED)
