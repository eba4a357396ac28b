"""Joining changed lines with a measurement: exact, and never green where something is unknown."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from covgate.config import ReportKind
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
    UnknownKind,
    broken_file,
    find_places,
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
    files: dict[PurePosixPath, FileCoverage] = {}
    lines: dict[PurePosixPath, frozenset[int]] = {}
    omitted: list[OmittedFile] = []
    for path, change in sorted(changed.files.items()):
        gap = measurement.unmeasured.get(path)
        if path in measured:
            files[path] = measured[path]
        elif gap is None or not change.lines:
            continue
        elif gap.gap is Gap.OMITTED:
            omitted.append(OmittedFile(path=path, rule=gap.rule, where=gap.where))
            continue
        elif gap.file is None:
            return broken_file(path, gap.why)
        else:
            files[path] = gap.file
        lines[path] = frozenset(files[path].first_lines.get(line, line) for line in change.lines)
        problem = _problem(changed, measurement, path, lines[path])
        if problem is not None:
            return problem
    if not any(lines.values()):
        return DiffCoverage(omitted=tuple(omitted))
    from covgate.change.diff_cover_reporters import join_lines  # noqa: PLC0415  # see load_engine

    gaps = {path: measurement.unmeasured[path].gap for path in files if path not in measured}
    joined = join_lines(lines, files)
    touched = (_diff_file(files[path], *joined[path], gaps.get(path)) for path in files if any(joined[path]))
    return DiffCoverage(files=tuple(touched), omitted=tuple(omitted))


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
            "it rewrites it, or it was edited meanwhile. Run again",
            kind=UnknownKind.EDITED_MEANWHILE,
        )
    counting = (doubt for doubt in doubts if doubt.lines is None or doubt.lines & lines)
    return next((Unavailable(reason=one.reason, kind=one.kind, names=one.names) for one in counting), None)


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
        places=find_places(file, statements, imported=gap is None),
        gap=gap,
    )


def load_engine() -> None:
    """Import diff-cover, which takes a tenth of a second."""
    importlib.import_module("covgate.change.diff_cover_reporters")


def render_diff_cover(
    kinds: Collection[ReportKind], diff: DiffCoverage, diff_name: str, texts: Mapping[PurePosixPath, bytes]
) -> dict[ReportKind, str]:
    """Render diff-cover's own reports of the statements in `diff`; `texts` are the sources as they were measured."""
    from covgate.change import diff_cover_reporters  # noqa: PLC0415  # see load_engine

    return diff_cover_reporters.render_reports(kinds, diff, diff_name, texts)
