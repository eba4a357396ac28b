"""From a measurement to the facts of a report: the diff, the comparison, every rule, the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import PurePosixPath

from covgate import __version__
from covgate.change import Checkout, compute_diff_coverage, find_changed_lines, find_functions, find_pragmas, state_of
from covgate.config import Component, Settings, match_components
from covgate.gate import Bar, Measured, component_figures, judge_run, with_effect
from covgate.history import NEWEST, Past, compare_tests, compare_with, find_collection, points_of
from covgate.host import Links, RunContext
from covgate.model import (
    FAILED_SUITES,
    NO_GATE_CHANGES,
    PYTHON_SUFFIXES,
    ChangedLines,
    Coverage,
    DiffCoverage,
    GateChanges,
    Measurement,
    Tally,
    Unavailable,
    UnknownKind,
    Verdict,
    known,
)
from covgate.report import Bands, Facts, Judged, find_steps, show_trend
from covgate.system import REGULAR_FILE


def assess(
    settings: Settings,
    context: RunContext,
    change: Checkout,
    measurement: Measurement,
    past: Past,
    bar: Bar,
    *,
    today: date,
    environment: Mapping[str, str],
) -> Facts:
    """Judge a measurement by the bar; what could not be known is in the facts as Unavailable."""
    components = bar.settings.components
    collects = find_collection(settings, environment, change)
    if collects and not isinstance(measurement.coverage, Unavailable):
        reason = f"{collects} makes pytest list the tests and run none: nothing was measured"
        measurement = replace(measurement, coverage=Unavailable(reason=reason))
    tests = compare_tests(change, past, measurement.suite)
    if tests.part and not context.local:
        measurement = replace(measurement, coverage=Unavailable(reason=tests.part, kind=UnknownKind.PART_OF_SUITE))
    elif tests.part:
        # On a laptop a part is what one asks for; what it covers is covered.
        measurement = replace(measurement, notes=(*measurement.notes, f"Of a part of the suite: {tests.part}."))
    coverage, comparison = measurement.coverage, None
    lines = _with_measured_others(change, measurement)
    diff = None if lines is None else _diff(change, lines, measurement)
    parts = component_figures(components, change.prefix, coverage, diff, lambda: _python_files(change))
    if isinstance(coverage, Coverage):
        tallies = {part.name: known(part.total) or Tally() for part in parts}
        comparison = known(compare_with(past, coverage, tallies, components, change))
    if comparison is not None:
        if measurement.suite is not None and measurement.suite.status in FAILED_SUITES:
            # What broken tests no longer execute says nothing about single lines.
            comparison = replace(comparison, indirect=(), flaps=())
        parts = tuple(replace(part, delta=comparison.component_deltas.get(part.name)) for part in parts)
    run = Measured(
        coverage=coverage, diff=diff, components=parts, comparison=comparison, past=past, suite=measurement.suite
    )
    verdict, ramp_notes = judge_run(bar, run, today)
    return Facts(
        verdict=verdict,
        total=coverage,
        diff=diff,
        base=change.base,
        head=context.head_sha or change.head,
        uncommitted=lines.uncommitted if lines else 0,
        links=find_links(context, change, diff),
        bands=Bands(green=settings.green, orange=settings.orange),
        name=settings.name or "",
        run_url=context.run_url,
        notes=(*measurement.notes, *ramp_notes),
        version=__version__,
        baseline=past.baseline,
        comparison=comparison,
        components=parts,
        lost=measurement.lost,
        trend=_trend(settings, past, today),
        steps=find_steps(_judged(verdict, run, measurement, change, lines, components)),
        gate_changes=_gate_changes(bar, change, measurement),
        gone=tests.gone,
    )


def _judged(
    verdict: Verdict,
    run: Measured,
    measurement: Measurement,
    change: Checkout,
    lines: ChangedLines | None,
    components: Sequence[Component],
) -> Judged:
    """Put together what the next steps follow from."""
    measured = run.coverage.files if isinstance(run.coverage, Coverage) else {}
    files = {*measured, *measurement.unmeasured}
    return Judged(
        verdict=verdict,
        coverage=run.coverage,
        diff=run.diff,
        comparison=run.comparison,
        components=run.components,
        members=match_components(components, files, prefix=change.prefix) if components else {},
        changed=frozenset(lines.files) if lines else frozenset(),
        unmeasured={path: gap.file.tally() for path, gap in measurement.unmeasured.items() if gap.file},
        functions=partial(find_functions, change.git, change.tree),
    )


def _gate_changes(bar: Bar, change: Checkout, measurement: Measurement) -> GateChanges:
    """Return what the change does to the gate, with the pragmas and what another way of counting comes to."""
    if bar.changes is None:
        return NO_GATE_CHANGES
    if change.lines is None or isinstance(measurement.coverage, Unavailable):
        return bar.changes
    pragmas = find_pragmas(change.git, change.tree, change.lines, measurement.coverage)
    changes = replace(bar.changes, rows=(*bar.changes.rows, *pragmas))
    return with_effect(changes, measurement.coverage.total, measurement.otherwise)


def _python_files(change: Checkout) -> Iterator[PurePosixPath]:
    return (path for path in (*change.git.tracked(), *change.git.untracked()) if path.suffix in PYTHON_SUFFIXES)


def _trend(settings: Settings, past: Past, today: date) -> str:
    """Return the sparkline and how far the target is, for the footer."""
    history = known(past.history)
    return show_trend(points_of(history, NEWEST) if history else (), settings.target, today)


# --- the change ----------------------------------------------------------------------------------------------------


def _diff(change: Checkout, lines: ChangedLines, measurement: Measurement) -> DiffCoverage | Unavailable:
    """Join the changed lines with the measurement, unless a file was changed after they had been looked for."""
    if change.tree is None and change.base is not None and isinstance(measurement.coverage, Coverage):
        now = {c.path for c in change.git.changes(change.base.sha, None) if c.mode.startswith(REGULAR_FILE)}
        late = sorted((now - set(lines.files)) & set(measurement.coverage.files))
        if late:
            return Unavailable(
                reason=f"{late[0]} was changed after the changed lines had been looked for: by the test command, or by "
                "an edit. Run again",
                kind=UnknownKind.EDITED_MEANWHILE,
            )
    hidden = change.find_hidden()
    if hidden is not None and isinstance(measurement.coverage, Coverage):
        return Unavailable(
            reason=f"{hidden} does not lie where the change has it any more: the test command, or a step before it, "
            "moved it or put a link in its place. Run again",
            kind=UnknownKind.EDITED_MEANWHILE,
        )
    return compute_diff_coverage(lines, measurement)


def find_links(context: RunContext, change: Checkout, diff: DiffCoverage | Unavailable | None) -> Links:
    """Return the links to files of the change: to the head where it has the text that was measured."""
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
    kind = UnknownKind.EDITED_MEANWHILE
    moved = {p: Unavailable(reason=f"{p} was edited while covgate ran. Run again", kind=kind) for p in edited}
    return ChangedLines(
        files={**lines.files, **more.files},
        digests={**lines.digests, **more.digests, **moved},
        uncommitted=lines.uncommitted + more.uncommitted,
    )
