"""From a measurement to the facts of a report: the diff, the comparison, every rule, the verdict."""

from __future__ import annotations

from covgate import __version__
from covgate.context import RunContext
from covgate.diff.compute import compute_diff_coverage, find_moved_sources
from covgate.diff.lines import PYTHON_SUFFIXES, find_changed_lines
from covgate.model import ChangedLines, Check, DiffCoverage, Measurement, Tally, Unavailable, Verdict
from covgate.ports import Change, Measured
from covgate.report.facts import Facts, Links
from covgate.rules import MIN_DIFF, MIN_TOTAL, Rule, evaluate, judge
from covgate.settings import Settings


def assess(settings: Settings, context: RunContext, change: Change, measured: Measured) -> Facts:
    """Judge a measurement; what could not be known is in the facts as Unavailable."""
    measurement = measured.measurement
    lines = _with_templates(context, change, measurement)
    diff = None if lines is None else _diff(context, change, lines, measurement)
    total: Tally | Unavailable = (
        measurement.coverage if isinstance(measurement.coverage, Unavailable) else measurement.coverage.total
    )
    problem = total if isinstance(total, Unavailable) else None
    verdict: Verdict = judge(compute_checks(settings, total, diff), measured.suite, problem)
    return Facts(
        verdict=verdict,
        total=measurement.coverage,
        diff=diff,
        base=change.base,
        head=context.head_sha or change.head,
        uncommitted=lines.uncommitted if lines else 0,
        links=_links(context, change, diff),
        green=settings.green,
        orange=settings.orange,
        name=settings.name or "",
        run_url=context.run_url,
        notes=measurement.notes,
        version=__version__,
    )


def compute_checks(
    settings: Settings, total: Tally | Unavailable, diff: DiffCoverage | Unavailable | None
) -> list[Check]:
    """Evaluate the rules that are set, the project's first."""
    checks = []
    if settings.min_total is not None:
        rule = Rule(name=MIN_TOTAL, target=settings.min_total)
        checks.append(evaluate(rule, total, subject="total coverage", nothing="there is no statement to cover"))
    if settings.min_diff is not None:
        nothing = "the run has no change to judge" if diff is None else "the change touches no measured statement"
        actual = diff.tally if isinstance(diff, DiffCoverage) else (diff or Tally())
        rule = Rule(name=MIN_DIFF, target=settings.min_diff)
        checks.append(evaluate(rule, actual, subject="diff coverage", nothing=nothing))
    return checks


def _diff(
    context: RunContext, change: Change, lines: ChangedLines, measurement: Measurement
) -> DiffCoverage | Unavailable:
    if not context.local:
        committed = change.git.blobs(change.head, sorted(set(lines.files) & set(measurement.digests)))
        moved = find_moved_sources(lines, measurement, committed)
        if moved:
            return Unavailable(
                reason=f"{moved[0]} was measured in another state than it has in the commit under test: a step before "
                "the tests, or a test, rewrites it"
            )
    return compute_diff_coverage(lines, measurement)


def _links(context: RunContext, change: Change, diff: DiffCoverage | Unavailable | None) -> Links:
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


def _with_templates(context: RunContext, change: Change, measurement: Measurement) -> ChangedLines | None:
    """Return the changed lines, with those of files that only a coverage plugin measures (templates, say)."""
    if change.lines is None or change.base is None or isinstance(measurement.coverage, Unavailable):
        return change.lines
    suffixes = frozenset(path.suffix for path in measurement.coverage.files) | PYTHON_SUFFIXES
    if suffixes == PYTHON_SUFFIXES:
        return change.lines
    head = None if context.local else change.head
    return find_changed_lines(change.git, change.base.sha, head, suffixes=suffixes)
