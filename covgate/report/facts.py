"""What a report is made of: the verdict, and everything it was judged on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from urllib.parse import quote

from covgate.model import Base, Coverage, DiffCoverage, Sha, Span, Tally, Unavailable, Verdict
from covgate.recorded import Baseline, Comparison

NOTHING_RECORDED = Unavailable(reason="nothing has been recorded yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where files of the change can be looked at. `blob` is the address of the tree, or None on a laptop.

    `moved` are files whose lines differ between the pull request's head and what was measured (the base changed them
    too): their links lead to the measured commit, so that the line numbers are right.
    """

    blob: str | None = None
    head: Sha | None = None
    measured: Sha | None = None
    moved: frozenset[PurePosixPath] = frozenset()

    def to(self, path: PurePosixPath, span: Span | None = None) -> str | None:
        """Return the permalink of a file's lines, or None."""
        return self._at(self.measured if path in self.moved else self.head, path, span)

    def to_measured(self, path: PurePosixPath, span: Span | None = None) -> str | None:
        """Return the permalink of lines as they were measured: of files that the change may not touch."""
        return self._at(self.measured, path, span)

    def _at(self, commit: Sha | None, path: PurePosixPath, span: Span | None) -> str | None:
        if self.blob is None or commit is None:
            return None
        lines = "" if span is None else f"#L{span.start}" + (f"-L{span.end}" if span.end > span.start else "")
        return f"{self.blob}/{commit}/{quote(str(path).encode('utf-8', 'surrogateescape'))}{lines}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFigures:
    """What was measured of one component. `diff` is None when the run has no change to judge."""

    name: str
    total: Tally | Unavailable
    diff: Tally | Unavailable | None
    delta: Fraction | None = None
    """In percentage points; None when the baseline does not hold the component."""
    target: Decimal | None = None
    """In percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a report is made of. `total` and `diff` are Unavailable when they could not be known.

    `diff` is None when the run has no change to judge, `comparison` when there is no baseline or no total.
    """

    verdict: Verdict
    total: Coverage | Unavailable
    diff: DiffCoverage | Unavailable | None
    base: Base | None
    head: Sha
    uncommitted: int
    links: Links
    green: Decimal
    orange: Decimal
    name: str
    run_url: str | None
    notes: tuple[str, ...]
    version: str
    baseline: Baseline | Unavailable = NOTHING_RECORDED
    comparison: Comparison | None = None
    components: tuple[ComponentFigures, ...] = ()
    lost: int = 0
    """How many processes of the run ended before writing their data: what they executed is not counted."""
    trend: str = ""
    """The sparkline of the newest records, and how far the target is; empty without a history."""


def total_of(facts: Facts) -> Tally | None:
    """Return the total, or None when it could not be known."""
    return None if isinstance(facts.total, Unavailable) else facts.total.total


def diff_of(facts: Facts) -> Tally | None:
    """Return the counts of the change, or None when there is no change or it could not be known."""
    return facts.diff.tally if isinstance(facts.diff, DiffCoverage) else None
