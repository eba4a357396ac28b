"""Joining changed lines with a measurement: exact, and never green where something is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from covgate.model import (
    ChangedLines,
    Counts,
    DiffCoverage,
    DiffFile,
    FileCoverage,
    Gap,
    Measurement,
    OmittedFile,
    Tally,
    Unavailable,
    spans_of,
)


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
    found: list[tuple[FileCoverage, Gap | None, frozenset[int]]] = []
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
        lines = frozenset(file.first_lines.get(line, line) for line in change.lines)
        problem = _problem(changed, measurement, path, lines)
        if problem is not None:
            return problem
        found.append((file, reason, lines))
    return DiffCoverage(files=tuple(_join(found)), omitted=tuple(omitted))


def _join(found: Sequence[tuple[FileCoverage, Gap | None, frozenset[int]]]) -> Iterator[DiffFile]:
    """Yield the files with a changed statement, of (what was measured, why it was not, first lines of the change)."""
    if not any(lines for _, _, lines in found):
        return
    # diff-cover takes a tenth of a second to import: that is done while the tests or the analysis run.
    from covgate.diff.diff_cover_reporters import FileLines, join_lines  # noqa: PLC0415

    joined = join_lines(
        {
            file.path: FileLines(changed=lines, measured=file.statements, missing=file.missing)
            for file, _, lines in found
        }
    )
    for file, gap, _ in found:
        lines = joined[file.path]
        if lines.covered or lines.missing:
            yield _diff_file(file, lines.covered, lines.missing, gap)


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


def _diff_file(file: FileCoverage, covered: frozenset[int], missing: frozenset[int], gap: Gap | None) -> DiffFile:
    statements = covered | missing
    between = frozenset(range(min(statements), max(statements))) - file.statements
    lines = Counts(covered=len(covered), total=len(statements))
    return DiffFile(
        path=file.path,
        statements=statements,
        missing=missing,
        partial=statements & file.partial,
        tally=Tally(lines=lines, branches=file.tally(statements).branches),
        missing_spans=spans_of(missing, bridge=between),
        exits={line: branch for line, branch in file.branches.items() if line in statements},
        functions=file.functions,
        gap=gap,
    )
