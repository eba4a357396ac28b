"""Joining changed lines with a measurement: exact, and never green where something is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from covgate.model.change import ChangedLines, DiffCoverage, DiffFile
from covgate.model.coverage import FileCoverage, Gap, Measurement, OmittedFile, spans_of
from covgate.model.unknown import Unavailable


def compute_diff_coverage(changed: ChangedLines, measurement: Measurement) -> DiffCoverage | Unavailable:
    """Join changed lines with the measurement.

    A changed line belongs to its statement; blank and comment lines belong to none. A changed Python file the
    measurement should have seen counts as uncovered. Unavailable when a changed file could not be analysed, when the
    text that was analysed is not the one that was diffed, or not the one that was measured, and when there is no
    measurement at all.
    """
    if isinstance(measurement.coverage, Unavailable):
        return measurement.coverage
    measured = measurement.coverage.files
    files: list[DiffFile] = []
    omitted: list[OmittedFile] = []
    for path, change in sorted(changed.files.items()):
        gap = measurement.unmeasured.get(path)
        if path in measured:
            file, reason = measured[path], None
        elif gap is None or not change.lines:
            continue
        elif gap.gap is Gap.OMITTED:
            omitted.append(OmittedFile(path=path, rule=gap.rule, where=gap.where))
            continue
        elif gap.file is None:
            return Unavailable(reason=f"the changed file {path} cannot be analysed: {gap.why}")
        else:
            file, reason = gap.file, gap.gap
        problem = _problem(changed, measurement, path, frozenset(file.first_lines.get(n, n) for n in change.lines))
        if problem is not None:
            return problem
        touched = _touched(file, change.lines)
        if touched:
            files.append(_diff_file(file, touched, reason))
    return DiffCoverage(files=tuple(files), omitted=tuple(omitted))


def _problem(
    changed: ChangedLines, measurement: Measurement, path: PurePosixPath, lines: frozenset[int]
) -> Unavailable | None:
    """Return why the changed `lines` (first lines of statements) of a file cannot be joined with its measurement."""
    if not lines:
        return None
    diffed = changed.digests.get(path, Unavailable(reason=f"the text of {path} is not known"))
    if isinstance(diffed, Unavailable):
        return diffed
    doubts = measurement.doubts.get(path, ())
    if measurement.digests.get(path) != diffed and not any(doubt.lines is None for doubt in doubts):
        return Unavailable(
            reason=f"{path} was measured in another state than it was compared in: the test command or a step before "
            "it rewrites it, or it was edited meanwhile. Run again"
        )
    return next((Unavailable(reason=d.reason) for d in doubts if d.lines is None or d.lines & lines), None)


def _touched(file: FileCoverage, lines: Iterable[int]) -> frozenset[int]:
    """Return the statements that changed lines belong to."""
    return frozenset(file.first_lines.get(line, line) for line in lines) & file.statements


def _diff_file(file: FileCoverage, touched: frozenset[int], gap: Gap | None) -> DiffFile:
    missing = touched & file.missing
    between = frozenset(range(min(touched), max(touched))) - file.statements
    return DiffFile(
        path=file.path,
        statements=touched,
        missing=missing,
        partial=touched & file.partial,
        tally=file.tally(touched),
        missing_spans=spans_of(missing, bridge=between),
        exits={line: branch for line, branch in file.branches.items() if line in touched},
        functions=file.functions,
        gap=gap,
    )
