"""From what was measured and recorded to the verdict: the project's rules, and those of its components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from covgate.gate.checks import NOTHING_TO_COVER, Figures, Ramp, compute_checks
from covgate.gate.guard import Bar
from covgate.gate.rules import judge
from covgate.history import Past
from covgate.model import Comparison, ComponentFigures, Coverage, DiffCoverage, SuiteRun, Unavailable, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A run as it is judged: its coverage, and what it is compared with. `diff` is None without a change to judge."""

    coverage: Coverage | Unavailable
    diff: DiffCoverage | Unavailable | None
    components: Sequence[ComponentFigures]
    comparison: Comparison | None
    past: Past
    suite: SuiteRun | None


def judge_run(bar: Bar, run: Measured, today: date) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and what each ramp requires today in a sentence."""
    ramps = [Ramp(target=goal.target, history=run.past.history, today=today, parts=goal.parts) for goal in bar.goals]
    whole = _project_figures(run)
    checks = compute_checks(bar.settings, whole, *ramps)
    for component, part in zip(bar.settings.components, run.components, strict=True):
        checks += compute_checks(component, _component_figures(part, run.comparison, whole), *ramps)
    problem = run.coverage if isinstance(run.coverage, Unavailable) else None
    return judge(checks, run.suite, problem), tuple(dict.fromkeys(ramp.note for ramp in ramps))


def _project_figures(run: Measured) -> Figures:
    diff = run.diff.tally if isinstance(run.diff, DiffCoverage) else run.diff
    if isinstance(run.coverage, Unavailable):
        return Figures(total=run.coverage, diff=diff, drop=run.coverage)
    total, baseline = run.coverage.total, run.past.baseline
    if isinstance(baseline, Unavailable):
        # A branch's own run has no base that must be known: it is compared where there is a record before it.
        unknown = None if run.past.first_run or diff is None else baseline
        return Figures(total=total, diff=diff, drop=unknown, no_drop=baseline.reason)
    return Figures(
        total=total, diff=diff, drop=run.comparison.drop if run.comparison else None, no_drop=NOTHING_TO_COVER
    )


def _component_figures(part: ComponentFigures, comparison: Comparison | None, whole: Figures) -> Figures:
    """Return what a component is judged on; whether there is a baseline at all is the project's answer."""
    if comparison is None:
        return Figures(total=part.total, diff=part.diff, drop=whole.drop, no_drop=whole.no_drop)
    if isinstance(part.total, Unavailable):
        return Figures(total=part.total, diff=part.diff, drop=part.total)
    drop = comparison.component_drops.get(part.name)
    nothing = f"the baseline has no statement of {part.name}" if part.total.counts.total else NOTHING_TO_COVER
    return Figures(total=part.total, diff=part.diff, drop=drop, no_drop=nothing)
