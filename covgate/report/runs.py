"""Runs of lines with work left: what a place is made of, where it is shown line by line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from covgate.model import Coverage, DiffFile, FileCoverage, Span
from covgate.report.facts import Facts


def find_runs(file: DiffFile, measured: FileCoverage | None) -> Iterator[Span]:
    """Yield the runs of missing and partial lines, in order; a statement that has nothing left ends one.

    Without what was `measured` of the whole file, only statements of the change are known to lie between.
    """
    left = sorted(file.missing | file.partial)
    statements = sorted(measured.statements if measured else file.statements)
    start = 0
    for at, line in enumerate(left):
        start = start or line
        following = left[at + 1] if at + 1 < len(left) else None
        next_statement = bisect_right(statements, line)
        if following is None or statements[next_statement : next_statement + 1] != [following]:
            yield Span(start=start, end=line)
            start = 0


def measured_file(facts: Facts, file: DiffFile) -> FileCoverage | None:
    """Return what was measured of a changed file; None when nothing was, or when it is not known any more."""
    return facts.total.files.get(file.path) if isinstance(facts.total, Coverage) else None
