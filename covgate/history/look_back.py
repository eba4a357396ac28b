"""Looks back before the tests run: the history, the baseline, its lines, and how they moved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath

from covgate.change import Checkout, find_shifts
from covgate.config import Component, TomlFile, match_components, read_toml
from covgate.errors import CovgateError, GitError, InputError
from covgate.history.ancestry import nearest_by_comparing, nearest_in_clone
from covgate.history.baseline import find_baseline
from covgate.history.comparison.compare import ComponentFiles, compare, fitting
from covgate.history.line_states import without_branches
from covgate.history.nearest import Near
from covgate.history.open import Archive
from covgate.model import (
    NOTHING_RECORDED,
    PYTHON_SUFFIXES,
    Baseline,
    Comparison,
    Coverage,
    History,
    LineRecord,
    Record,
    Sha,
    Shifts,
    Tally,
    Unavailable,
    UnknownKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was recorded, as one run needs it. Whatever could not be known is Unavailable, with the reason."""

    history: History | Unavailable
    baseline: Baseline | Unavailable
    lines: LineRecord | Unavailable
    """The baseline's line-level record."""
    shifts: Shifts | Unavailable
    """How the lines of the baseline's commit moved up to what is measured."""
    problem: CovgateError | None = None
    """Why the history could not be read; everything above holds its message."""

    @property
    def first_run(self) -> bool:
        """Whether nothing has ever been recorded: then there is nothing to compare with, which is no fault."""
        return self.baseline is NOTHING_RECORDED


def look_back(archive: Archive, change: Checkout) -> Past:
    """Read the history and find the baseline: the base's own record, or that of its nearest recorded ancestor.

    A run without a change to judge is compared with the newest record before it (or with its own, when the commit is
    measured again). Raises nothing: history that cannot be read is a `problem`, and a reason from there on.
    """
    if archive.source is None:
        absent = Unavailable(reason=archive.absent)
        return _without(absent, absent)
    history: History | None = None
    try:
        history = archive.source.read()
        at = change.base.sha if change.base else change.head
        baseline = find_baseline(history, at, partial(_find_nearest, archive, change))
        if isinstance(baseline, Unavailable):
            return _without(history, baseline)
        lines = archive.source.read_lines(baseline.record.sha)
    except CovgateError as error:
        reason = Unavailable(reason=error.message, hint=error.hint, slug=error.slug, kind=UnknownKind.COMPARING_FAILED)
        return replace(_without(history or reason, reason), problem=error)
    if lines is None:
        gone = Unavailable(
            reason="the baseline is too old for its lines to be kept (history-limit)", kind=UnknownKind.LINES_GONE
        )
        return Past(history=history, baseline=baseline, lines=gone, shifts=gone)
    known, shifts = fitting(baseline.record, lines), _shifts(change, baseline.record.sha, lines)
    return Past(history=history, baseline=baseline, lines=known, shifts=shifts)


def _without(history: History | Unavailable, reason: Unavailable) -> Past:
    return Past(history=history, baseline=reason, lines=reason, shifts=reason)


def _find_nearest(archive: Archive, change: Checkout, base: Sha, records: Sequence[Record]) -> Near | Unavailable:
    """Ask the clone, or GitHub for a shallow one; see `FindNearest`."""
    if not change.git.is_shallow():
        return nearest_in_clone(change.git, base, records)
    if archive.data is None or not change.git.has_commit(base):
        return Unavailable(
            reason=f"{base[:12]} is not recorded itself, and the clone is shallow, so its ancestors are not known: set "
            "fetch-depth: 0 on actions/checkout",
            kind=UnknownKind.SHALLOW_CLONE,
        )
    return nearest_by_comparing(archive.data.compare, change.git.commit_date(base), base, records)


def _shifts(change: Checkout, old: Sha, lines: LineRecord) -> Shifts | Unavailable:
    if not change.git.has_commit(old) and (problem := change.remote.fetch([old])):
        reason = f"the baseline's commit {old[:12]} could not be fetched: {problem}"
        return Unavailable(reason=reason, kind=UnknownKind.COMPARING_FAILED)
    suffixes = frozenset(path.suffix for path in lines.files) | PYTHON_SUFFIXES
    try:
        return find_shifts(change.git, old, change.tree, suffixes=suffixes)
    except GitError as error:
        reason = f"the diff from the baseline's commit {old[:12]} failed: {error.message}"
        return Unavailable(reason=reason, kind=UnknownKind.COMPARING_FAILED)


# --- holding a measurement against it ------------------------------------------------------------------------------


def compare_with(
    past: Past, head: Coverage, tallies: Mapping[str, Tally], components: Sequence[Component], change: Checkout
) -> Comparison | Unavailable | None:
    """Hold a measurement against the baseline; None without one, Unavailable when there is nothing to compare.

    A project that begins or ends to measure branches is compared by its statements alone: those are counted either way.
    Measured files outside the checkout are left out, as they are of records. `tallies` are the counts of the components
    at head, by name.
    """
    if isinstance(past.baseline, Unavailable):
        return None
    baseline, lines, head = past.baseline, past.lines, head.inside
    if baseline.record.has_branches != head.has_branches:
        baseline, head = replace(baseline, record=baseline.record.without_branches()), head.without_branches()
        tallies = {name: Tally(lines=tally.lines) for name, tally in tallies.items()}
        lines = lines if isinstance(lines, Unavailable) else without_branches(lines)
    parts = _component_files(past, baseline.record, head, tallies, components, change)
    return compare(baseline, lines, head, past.shifts, digests=_digests(change), components=parts)


def _digests(change: Checkout) -> dict[PurePosixPath, str]:
    """Return git's blob ids of the files as they were measured: of those without edits."""
    digests = change.git.blob_ids(change.head)
    for entry in change.git.changes(change.head, None) if change.tree is None else ():
        digests.pop(entry.path, None)
    return digests


def _component_files(
    past: Past,
    record: Record,
    head: Coverage,
    tallies: Mapping[str, Tally],
    components: Sequence[Component],
    change: Checkout,
) -> dict[str, ComponentFiles]:
    """Return the components' files: in the baseline they are those that are chosen today, whatever was chosen then."""
    if not components:
        return {}
    followed: dict[PurePosixPath, PurePosixPath] = {}
    recorded: Mapping[str, Tally | Unavailable] = {}
    if isinstance(past.lines, Unavailable):
        recorded = _recorded(record, past.lines, components, change)
    elif isinstance(past.shifts, Unavailable):
        recorded = _recorded(record, past.shifts, components, change)
    else:
        followed = {path: past.shifts.of(path).path or path for path in past.lines.files}
    chosen = match_components(components, {*followed.values(), *head.files}, prefix=change.prefix)
    return {
        name: ComponentFiles(
            head=tallies[name],
            paths=paths & head.files.keys(),
            old_paths={old for old, path in followed.items() if path in paths},
            recorded=recorded.get(name, Tally()),
        )
        for name, paths in chosen.items()
    }


def _recorded(
    record: Record, unknown: Unavailable, components: Sequence[Component], change: Checkout
) -> dict[str, Tally | Unavailable]:
    """Return what a record holds of the components that had the same globs in its commit; the lines are `unknown`."""
    config = change.prefix / "pyproject.toml"
    try:
        text = change.git.blobs(record.sha, [config])[config].decode()
        known = read_toml(TomlFile(name=str(config), text=text)).goals.components
    except (GitError, InputError, KeyError, UnicodeDecodeError):
        known = ()
    globs = {component.name: component.paths for component in known}
    found: dict[str, Tally | Unavailable] = {}
    for component in components:
        name = component.name
        same = globs.get(name) == component.paths and name in record.components
        reason = f"{unknown.reason}, and component {name} was not the same in the baseline's commit"
        found[name] = record.components[name] if same else Unavailable(reason=reason)
    return found
