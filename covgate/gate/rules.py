"""The rules: exact counts against exact targets. Unknown never passes, nothing to measure is n/a."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from covgate.errors import ExitCode
from covgate.model import (
    FAILED_SUITES,
    MIN_DIFF,
    Check,
    Drop,
    Status,
    SuiteRun,
    SuiteStatus,
    Tally,
    Unavailable,
    Verdict,
    VerdictKind,
    figures,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One configured rule: `target` is in percent, of `max-drop` in percentage points."""

    name: str
    target: Decimal
    component: str | None = None
    """The component it is about; None for the whole project."""

    @property
    def subject(self) -> str:
        """The figure that is judged, in words."""
        of = f" of {self.component}" if self.component else ""
        return f"{'diff' if self.name == MIN_DIFF else 'total'} coverage{of}"

    def check(self, status: Status, why: str, *, actual: Tally | None = None, drop: Drop | None = None) -> Check:
        """Return the rule as it was judged."""
        return Check(
            rule=self.name,
            component=self.component,
            target=self.target,
            actual=actual,
            drop=drop,
            status=status,
            why=why,
        )


def evaluate(rule: Rule, actual: Tally | Unavailable, *, nothing: str) -> Check:
    """Judge one minimum. `nothing` says why there may be nothing to measure."""
    if isinstance(actual, Unavailable):
        return rule.check(Status.UNAVAILABLE, actual.reason)
    counts = actual.counts
    if not counts.total:
        return rule.check(Status.NOT_APPLICABLE, nothing, actual=actual)
    if counts.reaches(rule.target):
        return rule.check(Status.PASS, f"{rule.subject} is at least {figures.show_percent(rule.target)}", actual=actual)
    why = f"{rule.subject} {figures.show_below(actual, rule.target)} is below {figures.show_percent(rule.target)}"
    return rule.check(Status.FAIL, why, actual=actual)


def evaluate_drop(rule: Rule, drop: Drop | Unavailable | None, *, nothing: str) -> Check:
    """Judge how far a total fell. None is n/a, because of `nothing`.

    The smaller of the raw and the adjusted drop is judged, without what flapping lines excuse. When the adjusted one is
    unknown, a raw drop beyond the target is no verdict, and one within it passes: the smaller cannot be beyond it.
    """
    if drop is None:
        return rule.check(Status.NOT_APPLICABLE, nothing)
    if isinstance(drop, Unavailable):
        return rule.check(Status.UNAVAILABLE, drop.reason)
    target = Fraction(rule.target)
    if drop.raw <= target:
        return rule.check(Status.PASS, f"{rule.subject} {_fell(drop.raw, rule.target)}", drop=drop)
    if drop.judged <= target:
        left_out = ["the code that the change deletes"] if drop.least < drop.raw else []
        left_out += ["lines that flap"] if drop.excused else []
        why = f"{rule.subject} {_fell(drop.judged, rule.target)}, leaving out {' and '.join(left_out)}"
        return rule.check(Status.PASS, why, drop=drop)
    shown, limit = figures.show_above(drop.judged, rule.target), figures.show_number(rule.target)
    fell = f"{rule.subject} fell by {shown}, more than {limit}"
    if isinstance(drop.adjusted, Unavailable):
        why = f"{fell}, and how much of that is code the change deletes cannot be known: {drop.adjusted.reason}"
        return rule.check(Status.UNAVAILABLE, why, drop=drop)
    return rule.check(Status.FAIL, fell, drop=drop)


def _fell(drop: Fraction, target: Decimal) -> str:
    return "did not fall" if drop <= 0 else f"fell by at most {figures.show_points(target)}"


def judge(checks: Iterable[Check], suite: SuiteRun | None, problem: Unavailable | None = None) -> Verdict:
    """Join the checks. A suite that failed fails the gate; what could not be known is never a pass.

    `problem` is why the measurement as a whole is unusable, whatever rules are set.
    """
    all_checks = tuple(checks)
    statuses = {check.status for check in all_checks}
    if Status.FAIL in statuses or (suite is not None and suite.status in FAILED_SUITES):
        kind = VerdictKind.FAIL
    elif problem or Status.UNAVAILABLE in statuses or (suite is not None and suite.status is SuiteStatus.NO_TESTS):
        kind = VerdictKind.CANNOT_JUDGE
    else:
        kind = VerdictKind.PASS
    return Verdict(kind=kind, checks=all_checks, suite=suite)


def exit_code(verdict: Verdict) -> ExitCode:
    """Return the process's exit code: failed tests before a broken rule before what can not be judged."""
    if verdict.suite is not None and verdict.suite.status in FAILED_SUITES:
        return ExitCode.TESTS_FAILED
    return {
        VerdictKind.PASS: ExitCode.PASSED,
        VerdictKind.FAIL: ExitCode.RULE_BROKEN,
        VerdictKind.CANNOT_JUDGE: ExitCode.CANNOT_JUDGE,
    }[verdict.kind]
