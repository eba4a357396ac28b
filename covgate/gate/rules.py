"""The rules: exact counts against exact targets. Unknown never passes, nothing to measure is n/a."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from covgate.errors import ExitCode
from covgate.model import (
    FAILED_SUITES,
    MAX_DROP,
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
    known,
)


def evaluate(
    rule: str, target: Decimal, actual: Tally | Unavailable, *, nothing: str, component: str | None = None
) -> Check:
    """Judge a minimum in percent, of the project or of a component; `nothing` says why it may be n/a."""
    what, limit = _subject(rule, component), figures.show_percent(target)
    if isinstance(actual, Unavailable):
        status, why = Status.UNAVAILABLE, actual.reason
    elif not actual.counts.total:
        status, why = Status.NOT_APPLICABLE, nothing
    elif actual.counts.reaches(target):
        status, why = Status.PASS, f"{what} is at least {limit}"
    else:
        status, why = Status.FAIL, f"{what} {figures.show_rounded(actual, target)} is below {limit}"
    return Check(
        rule=rule,
        component=component,
        target=target,
        actual=known(actual),
        status=status,
        why=why,
        unknown=actual if isinstance(actual, Unavailable) else None,
    )


def evaluate_drop(
    target: Decimal, drop: Drop | Unavailable | None, *, nothing: str, component: str | None = None
) -> Check:
    """Judge how far a total fell, in percentage points. None is n/a, because of `nothing`.

    The smaller of the raw and the adjusted drop is judged, without what flapping lines excuse. When the adjusted one is
    unknown, a raw drop beyond the target is no verdict, and one within it passes: the smaller cannot be beyond it.
    """
    unknown = drop if isinstance(drop, Unavailable) else None
    if drop is None:
        status, why = Status.NOT_APPLICABLE, nothing
    elif isinstance(drop, Unavailable):
        status, why = Status.UNAVAILABLE, drop.reason
    else:
        status, why = _judge_drop(_subject(MAX_DROP, component), drop, target)
        if status is Status.UNAVAILABLE and isinstance(drop.adjusted, Unavailable):
            unknown = replace(drop.adjusted, reason=why)
    return Check(
        rule=MAX_DROP,
        component=component,
        target=target,
        actual=None,
        drop=known(drop),
        status=status,
        why=why,
        unknown=unknown,
    )


def _judge_drop(what: str, drop: Drop, target: Decimal) -> tuple[Status, str]:
    if drop.raw <= Fraction(target):
        return Status.PASS, f"{what} {_fell(drop.raw, target)}"
    if drop.judged <= Fraction(target):
        left_out = ["the code that the change deletes"] if drop.least < drop.raw else []
        left_out += ["lines that flap"] if drop.excused else []
        return Status.PASS, f"{what} {_fell(drop.judged, target)}, leaving out {' and '.join(left_out)}"
    fell = f"{what} fell by {figures.show_points(drop.judged, target)}, more than {figures.show_number(target)}"
    if isinstance(drop.adjusted, Unavailable):
        unknown = f"how much of that is code the change deletes cannot be known: {drop.adjusted.reason}"
        return Status.UNAVAILABLE, f"{fell}, and {unknown}"
    return Status.FAIL, fell


def _subject(rule: str, component: str | None) -> str:
    return f"{'diff' if rule == MIN_DIFF else 'total'} coverage{f' of {component}' if component else ''}"


def _fell(drop: Fraction, target: Decimal) -> str:
    return "did not fall" if drop <= 0 else f"fell by at most {figures.show_points(target)}"


def judge(checks: Iterable[Check], suite: SuiteRun | None, problem: Unavailable | None = None) -> Verdict:
    """Join the checks. A suite that failed fails the gate; what could not be known is never a pass.

    `problem` is why the measurement as a whole is unusable, whatever rules are set.
    """
    all_checks = tuple(checks)
    statuses = {check.status for check in all_checks}
    if suite is not None and suite.status is SuiteStatus.NO_TESTS:
        # Without a test every rule fails: the figures are no news.
        kind = VerdictKind.CANNOT_JUDGE
    elif Status.FAIL in statuses or (suite is not None and suite.status in FAILED_SUITES):
        kind = VerdictKind.FAIL
    elif problem or Status.UNAVAILABLE in statuses:
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
