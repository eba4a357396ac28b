"""From a measurement to the facts of a report: the diff, the comparison, every rule, the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

from covgate import __version__
from covgate.change import Checkout, compute_diff_coverage, find_changed_lines, state_of
from covgate.config import Settings
from covgate.gate import (
    NO_STATEMENT,
    Judged,
    Ramp,
    component_checks,
    component_diffs,
    component_tallies,
    compute_checks,
    judge,
    unmeasured,
)
from covgate.history import NEWEST, Past, compare_with, find_collection, points_of, sparkline, towards
from covgate.host import Links, RunContext
from covgate.model import (
    FAILED_SUITES,
    PYTHON_SUFFIXES,
    ChangedLines,
    Check,
    Comparison,
    ComponentFigures,
    Coverage,
    DiffCoverage,
    Measurement,
    Tally,
    Unavailable,
    known,
)
from covgate.report import Facts
from covgate.system import REGULAR_FILE


def assess(
    settings: Settings,
    context: RunContext,
    change: Checkout,
    measurement: Measurement,
    past: Past,
    *,
    today: date,
    environment: Mapping[str, str],
) -> Facts:
    """Judge a measurement; what could not be known is in the facts as Unavailable."""
    collects = find_collection(settings, environment, change)
    if collects and not isinstance(measurement.coverage, Unavailable):
        reason = f"{collects} makes pytest list the tests and run none: nothing was measured"
        measurement = replace(measurement, coverage=Unavailable(reason=reason))
    coverage = measurement.coverage
    lines = _with_measured_others(change, measurement)
    diff = None if lines is None else _diff(change, lines, measurement)
    tallies: dict[str, Tally] = {}
    found: Comparison | Unavailable | None = None
    if isinstance(coverage, Coverage):
        tallies = component_tallies(coverage, settings.components, change.prefix) if settings.components else {}
        found = compare_with(past, coverage, tallies, settings.components, change)
    comparison = found if isinstance(found, Comparison) else None
    if comparison is not None and measurement.suite is not None and measurement.suite.status in FAILED_SUITES:
        # What broken tests no longer execute says nothing about single lines.
        comparison = replace(comparison, indirect=(), flaps=())
    parts = tuple(_components(settings, change, coverage, diff, comparison))
    ramp = _ramp(settings, past, today)
    whole = _judged(coverage, diff, comparison, past, has_change=lines is not None)
    checks = [*compute_checks(settings, whole, ramp), *_part_checks(settings, parts, comparison, whole, ramp)]
    return Facts(
        verdict=judge(checks, measurement.suite, coverage if isinstance(coverage, Unavailable) else None),
        total=coverage,
        diff=diff,
        base=change.base,
        head=context.head_sha or change.head,
        uncommitted=lines.uncommitted if lines else 0,
        links=_links(context, change, diff),
        green=settings.green,
        orange=settings.orange,
        name=settings.name or "",
        run_url=context.run_url,
        notes=(*measurement.notes, *((ramp.note,) if ramp else ())),
        version=__version__,
        baseline=past.baseline,
        comparison=comparison,
        components=parts,
        lost=measurement.lost,
        trend=_trend(settings, past, today),
    )


def _judged(
    coverage: Coverage | Unavailable,
    diff: DiffCoverage | Unavailable | None,
    comparison: Comparison | None,
    past: Past,
    *,
    has_change: bool,
) -> Judged:
    total = coverage if isinstance(coverage, Unavailable) else coverage.total
    known = diff.tally if isinstance(diff, DiffCoverage) else diff
    if isinstance(coverage, Unavailable):
        return Judged(total=total, diff=known, drop=coverage)
    if isinstance(past.baseline, Unavailable):
        reason = past.baseline
        # A branch's own run has no base that must be known: it is compared where there is a record before it.
        unknown = None if past.begins or not has_change else reason
        return Judged(total=total, diff=known, drop=unknown, no_drop=reason.reason)
    if comparison is None:
        return Judged(total=total, diff=known, no_drop=NO_STATEMENT)
    return Judged(total=total, diff=known, drop=comparison.drop)


# --- components ----------------------------------------------------------------------------------------------------


def _components(
    settings: Settings,
    change: Checkout,
    coverage: Coverage | Unavailable,
    diff: DiffCoverage | Unavailable | None,
    comparison: Comparison | None,
) -> Iterator[ComponentFigures]:
    if not settings.components:
        return
    components, prefix = settings.components, change.prefix
    totals: dict[str, Tally | Unavailable] = {}
    if isinstance(coverage, Coverage):
        totals |= component_tallies(coverage, components, prefix)
        totals |= unmeasured(coverage, components, prefix, lambda: _python_files(change))
    diffs: Mapping[str, Tally] = component_diffs(diff, components, prefix) if isinstance(diff, DiffCoverage) else {}
    deltas = comparison.component_deltas if comparison else {}
    for component in components:
        name = component.name
        yield ComponentFigures(
            name=name,
            total=coverage if isinstance(coverage, Unavailable) else totals[name],
            diff=diffs[name] if isinstance(diff, DiffCoverage) else diff,
            delta=deltas.get(name),
            target=component.target,
        )


def _python_files(change: Checkout) -> Iterator[PurePosixPath]:
    return (path for path in (*change.git.tracked(), *change.git.untracked()) if path.suffix in PYTHON_SUFFIXES)


def _part_checks(
    settings: Settings,
    parts: tuple[ComponentFigures, ...],
    comparison: Comparison | None,
    whole: Judged,
    ramp: Ramp | None,
) -> Iterator[Check]:
    for component, part in zip(settings.components, parts, strict=True):
        yield from component_checks(component, _part_judged(part, comparison, whole), ramp)


def _part_judged(part: ComponentFigures, comparison: Comparison | None, whole: Judged) -> Judged:
    """Return what a component is judged on; whether there is a baseline at all is the project's answer."""
    if comparison is None or whole.drop is None or isinstance(whole.drop, Unavailable):
        return Judged(total=part.total, diff=part.diff, drop=whole.drop, no_drop=whole.no_drop)
    if isinstance(part.total, Unavailable):
        return Judged(total=part.total, diff=part.diff, drop=part.total)
    drop = comparison.component_drops.get(part.name)
    nothing = f"the baseline has no statement of {part.name}" if part.total.counts.total else NO_STATEMENT
    return Judged(total=part.total, diff=part.diff, drop=drop, no_drop=nothing)


# --- the trend -----------------------------------------------------------------------------------------------------


def _ramp(settings: Settings, past: Past, today: date) -> Ramp | None:
    target = settings.target
    if target is None or not target.ramp:
        return None
    return Ramp(target=target, history=past.history, today=today)


def _trend(settings: Settings, past: Past, today: date) -> str:
    """Return the sparkline and how far the target is, for the footer."""
    history = known(past.history)
    points = points_of(history, NEWEST) if history else ()
    if not points:
        return ""
    words = towards(points, settings.target, today) if settings.target else ""
    # One point is no trend.
    spark = sparkline([point.total for point in points]) if len(points) > 1 else ""
    return " · ".join(filter(None, (spark, known(words))))


# --- the change ----------------------------------------------------------------------------------------------------


def _diff(change: Checkout, lines: ChangedLines, measurement: Measurement) -> DiffCoverage | Unavailable:
    """Join the changed lines with the measurement, unless a file was changed after they had been looked for."""
    if change.tree is None and change.base is not None and isinstance(measurement.coverage, Coverage):
        now = {c.path for c in change.git.changes(change.base.sha, None) if c.mode.startswith(REGULAR_FILE)}
        late = sorted((now - set(lines.files)) & set(measurement.coverage.files))
        if late:
            return Unavailable(
                reason=f"{late[0]} was changed after the changed lines had been looked for: by the test command, or by "
                "an edit. Run again"
            )
    return compute_diff_coverage(lines, measurement)


def _links(context: RunContext, change: Checkout, diff: DiffCoverage | Unavailable | None) -> Links:
    if context.local or not context.repository or not isinstance(diff, DiffCoverage):
        return Links()
    blob = f"{context.server_url}/{context.repository}/blob"
    head = context.head_sha or change.head
    if head == change.head or not change.git.has_commit(head):
        return Links(blob=blob, head=change.head, measured=change.head)
    paths = [file.path for file in diff.files]
    there, here = change.git.blobs(head, paths), change.git.blobs(change.head, paths)
    moved = frozenset(path for path in paths if there.get(path) != here.get(path))
    return Links(blob=blob, head=head, measured=change.head, moved=moved)


def _with_measured_others(change: Checkout, measurement: Measurement) -> ChangedLines | None:
    """Return the changed lines, with those of measured files whose name does not end in .py: scripts and templates."""
    lines = change.lines
    if lines is None or change.base is None or isinstance(measurement.coverage, Unavailable):
        return lines
    measured = frozenset(lines.others) & frozenset(measurement.coverage.files)
    if not measured:
        return lines
    more = find_changed_lines(change.git, change.base.sha, change.tree, only=measured)
    edited = [] if change.tree else [p for p in more.digests if state_of(change.git.root / p) != lines.others[p]]
    moved = {p: Unavailable(reason=f"{p} was edited while covgate ran. Run again") for p in edited}
    return ChangedLines(
        files={**lines.files, **more.files},
        digests={**lines.digests, **more.digests, **moved},
        uncommitted=lines.uncommitted + more.uncommitted,
    )
