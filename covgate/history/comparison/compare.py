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
    record, total = baseline.record, head.total
    lines = _read_lines(old, head, shifts, digests)
    whole = _drop(ComponentFiles(head=total, paths=head.files, old_paths=lines.tallies), record.total, lines)
    if whole is None:
        where = "at head" if record.total.counts.total else "in the baseline"
        return Unavailable(reason=f"there is nothing to measure {where}")
    drops: dict[str, Drop | Unavailable] = {}
    for name, part in components.items():
        was = part.recorded
        if not isinstance(lines.deleted, Unavailable):
            was = sum((lines.tallies[path] for path in part.old_paths), Tally())
        drop = was if isinstance(was, Unavailable) else _drop(part, was, lines)
        if drop is not None:
            drops[name] = drop
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
    """What the lines of the baseline say; when they are not known, only why."""

    deleted: Mapping[PurePosixPath, str] | Unavailable
    tallies: Mapping[PurePosixPath, Tally] = field(default_factory=dict)
    """What each file of the baseline counts for."""
    indirect: tuple[IndirectFile, ...] = ()
    flaps: tuple[FlapShown, ...] = ()


def _read_lines(
    old: LineRecord | Unavailable,
    head: Coverage,
    shifts: Shifts | Unavailable,
    digests: Mapping[PurePosixPath, str],
) -> _Lines:
    if isinstance(old, Unavailable):
        return _Lines(deleted=old)
    if isinstance(shifts, Unavailable):
        return _Lines(deleted=shifts)
    indirect, flaps = find_indirect(old, head, shifts, digests)
    deleted = find_deleted(old, head, shifts, digests)
    return _Lines(deleted=deleted, tallies=_tallies(old), indirect=indirect, flaps=flaps)


def _drop(part: ComponentFiles, before: Tally, lines: _Lines) -> Drop | None:
    if isinstance(lines.deleted, Unavailable):
        return compute_drop(before, part.head, lines.deleted)
    deleted = [states for path, states in lines.deleted.items() if path in part.old_paths]
    flapped = -sum(flap.change for flap in lines.flaps if flap.lost and flap.path in part.paths)
    return compute_drop(before, part.head, deleted, flapped)


def _tallies(old: LineRecord) -> dict[PurePosixPath, Tally]:
    return {path: tally_of(file.states) for path, file in old.files.items()}


def fitting(record: Record, lines: LineRecord) -> LineRecord | Unavailable:
    """Return the line-level record of a commit when it is what its totals were made of."""
    if lines.sha == record.sha and sum(_tallies(lines).values(), Tally()) == record.total:
        return lines
    return Unavailable(reason="the baseline's line-level record does not fit its totals")
