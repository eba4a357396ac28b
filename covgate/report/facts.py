"""What a report is made of: the verdict, and everything it was judged on."""

from __future__ import annotations

from dataclasses import dataclass

from covgate.host import Links
from covgate.model import (
    NO_GATE_CHANGES,
    NOTHING_RECORDED,
    Base,
    Baseline,
    Check,
    Comparison,
    ComponentFigures,
    Coverage,
    DiffCoverage,
    GateChanges,
    GoneTests,
    Sha,
    Steps,
    Tally,
    Unavailable,
    Verdict,
)
from covgate.report.bands import Bands


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTotal:
    """The total of a run whose result was stored: what a report needs of its `Coverage`."""

    total: Tally
    has_branches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a report is made of. `total` and `diff` are Unavailable when they could not be known.

    `diff` is None when the run has no change to judge, `comparison` when there is no baseline or no total.
    """

    verdict: Verdict
    total: Coverage | KnownTotal | Unavailable
    diff: DiffCoverage | Unavailable | None
    base: Base | None
    head: Sha
    uncommitted: int
    links: Links
    bands: Bands
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
    steps: Steps | None = None
    """The places that are enough to pass every failing rule; None where that cannot be known."""
    gate_changes: GateChanges = NO_GATE_CHANGES
    """What the change does to the gate that judges it."""
    gone: GoneTests | None = None
    """Tests that ran at the baseline and not here; None when there are none, or either side is not known."""

    @property
    def total_tally(self) -> Tally | Unavailable:
        """The counts of the whole."""
        return self.total if isinstance(self.total, Unavailable) else self.total.total

    @property
    def known_diff(self) -> DiffCoverage:
        """The coverage of the change; of nothing when there is no change or it could not be known."""
        return self.diff if isinstance(self.diff, DiffCoverage) else DiffCoverage()

    @property
    def diff_tally(self) -> Tally | Unavailable | None:
        """The counts of the change; None when there is no change to judge."""
        return self.diff.tally if isinstance(self.diff, DiffCoverage) else self.diff

    def check(self, rule: str, component: str | None = None) -> Check | None:
        """Return how a rule of the project, or of a component, was judged; None when it is not set."""
        return next((c for c in self.verdict.checks if (c.rule, c.component) == (rule, component)), None)


MOST_RESULT = 8 * 1024 * 1024
"""Bytes of a stored `result.json`: 20,000 changed files with a few places each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The run a result came from, as GitHub tells it, and where its report will stand."""

    head: Sha
    run_url: str
    blob: str
    """The address below which the files of a commit are."""
    base_ref: str = ""
    """The branch the pull request goes to."""
    merge: Sha | None = None
    """The commit GitHub made of head and that branch last."""
    name: str = ""
