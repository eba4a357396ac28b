"""A measurement held against its baseline: delta, drops, what changed outside the change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from covgate.history.drop import Exempt, Part, compute_delta, compute_drop, find_exempt, find_removed
from covgate.history.flaps import JudgedFlaps, judge_flaps
from covgate.history.indirect import find_indirect
from covgate.history.shifts import Shifts
from covgate.history.states import tally_of
from covgate.model import Coverage, Drop, Tally, Unavailable
from covgate.recorded import Baseline, Comparison, IndirectFile, LineRecord, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFiles:
    """One component at head, and its files on both sides."""

    head: Tally
    paths: Collection[PurePosixPath]
    """Its files at head."""
    old_paths: Collection[PurePosixPath]
    """Its files in the baseline's line-level record."""


def compare(
    baseline: Baseline,
    old: LineRecord | Unavailable,
    head: Coverage,
    shifts: Shifts | Unavailable,
    *,
    digests: Mapping[PurePosixPath, str],
    components: Mapping[str, ComponentFiles],
) -> Comparison | Unavailable:
    """Hold `head` against its baseline; Unavailable when the two percents cannot be compared.

    `old` is the baseline's line-level record and `shifts` the diff from its commit to head; without one of them the
    drops are raw, and there are no indirect changes and no flaps. `digests` are git's blob ids of the files at head as
    they were measured: leave out a file with uncommitted edits.
    """
    record, total = baseline.record, head.total
    if record.has_branches != head.has_branches:
        before, after = ("with", "without") if record.has_branches else ("without", "with")
        return Unavailable(reason=f"the baseline was measured {before} branches, and this run {after} them")
    lines = _read_lines(record, old, head, shifts, digests)
    delta = compute_delta(record.total, total)
    drop = compute_drop(Part(baseline=record.total, head=total), lines.removed, lines.exempt)
    if delta is None or drop is None:
        where = "at head" if record.total.counts.total else "in the baseline"
        return Unavailable(reason=f"there is nothing to measure {where}")
    drops = _component_drops(record, lines, components)
    deltas = {name: compute_delta(record.components.get(name, Tally()), components[name].head) for name in drops}
    return Comparison(
        baseline=baseline,
        delta=delta,
        drop=drop,
        component_deltas={name: value for name, value in deltas.items() if value is not None},
        component_drops=drops,
        indirect=lines.indirect,
        flaps=lines.flaps.shown,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """What the lines of the baseline say; when they are not known, only why."""

    removed: Mapping[PurePosixPath, Tally] | Unavailable
    old: Mapping[PurePosixPath, Tally] = field(default_factory=dict)
    exempt: Exempt = field(default_factory=Exempt)
    flaps: JudgedFlaps = field(default_factory=JudgedFlaps)
    indirect: tuple[IndirectFile, ...] = ()


def _read_lines(
    record: Record,
    old: LineRecord | Unavailable,
    head: Coverage,
    shifts: Shifts | Unavailable,
    digests: Mapping[PurePosixPath, str],
) -> _Lines:
    if isinstance(old, Unavailable):
        return _Lines(removed=old)
    if isinstance(shifts, Unavailable):
        return _Lines(removed=shifts)
    tallies = {path: tally_of(file.states) for path, file in old.files.items()}
    if old.sha != record.sha or sum(tallies.values(), Tally()) != record.total:
        return _Lines(removed=Unavailable(reason="the baseline's line-level record does not fit its totals"))
    flaps = judge_flaps(old, head, shifts, digests)
    return _Lines(
        removed=find_removed(old, shifts, digests),
        old=tallies,
        exempt=find_exempt(old, head, shifts, flaps.exempt),
        flaps=flaps,
        indirect=find_indirect(old, head, shifts, digests, {(flap.path, flap.line) for flap in flaps.shown}),
    )


def _component_drops(record: Record, lines: _Lines, components: Mapping[str, ComponentFiles]) -> Mapping[str, Drop]:
    drops = {}
    for name, component in components.items():
        baseline = record.components.get(name, Tally())
        removed = lines.removed
        held = sum((tally for path, tally in lines.old.items() if path in component.old_paths), Tally())
        if not isinstance(removed, Unavailable) and held != baseline:
            removed = Unavailable(reason="the component held other files in the baseline")
        part = Part(baseline=baseline, head=component.head, old_paths=component.old_paths, paths=component.paths)
        drop = compute_drop(part, removed, lines.exempt)
        if drop is not None:
            drops[name] = drop
    return drops
