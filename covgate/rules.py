"""The rules: exact counts against exact targets. Unknown never passes, nothing to measure is n/a."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from covgate.errors import ExitCode
from covgate.model import Check, Status, SuiteRun, SuiteStatus, Tally, Unavailable, Verdict, VerdictKind, floor_percent

MIN_TOTAL = "min-total"
MIN_DIFF = "min-diff"
MAX_DROP = "max-drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One configured minimum, in percent, of the figure named by `name`."""

    name: str
    target: Decimal


def evaluate(rule: Rule, actual: Tally | Unavailable, *, subject: str, nothing: str) -> Check:
    """Judge one minimum. `subject` names the figure and `nothing` says why there may be nothing to measure."""
    if isinstance(actual, Unavailable):
        return Check(rule=rule.name, target=rule.target, actual=None, status=Status.UNAVAILABLE, why=actual.reason)
    counts = actual.counts
    if not counts.total:
        return Check(rule=rule.name, target=rule.target, actual=actual, status=Status.NOT_APPLICABLE, why=nothing)
    if counts.reaches(rule.target):
        why = f"{subject} is at least {show_percent(rule.target)}"
        return Check(rule=rule.name, target=rule.target, actual=actual, status=Status.PASS, why=why)
    why = f"{subject} {show_below(actual, rule.target)} is below {show_percent(rule.target)}"
    return Check(rule=rule.name, target=rule.target, actual=actual, status=Status.FAIL, why=why)


def show_number(number: Decimal) -> str:
    """Print a number with the decimals it has, without the zeros that end it: `80`, `99.5`."""
    whole, point, decimals = f"{number:f}".partition(".")
    return f"{whole}{(point + decimals).rstrip('0').removesuffix('.')}"


def show_percent(percent: Decimal) -> str:
    """Print a percent with the decimals it has, without the zeros that end it: `80 %`, `99.5 %`."""
    return f"{show_number(percent)} %"


def show_below(actual: Tally, target: Decimal) -> str:
    """Print a percent that is below `target` with as many decimals as it takes to look below it.

    Two are enough but for a figure that would show as 0 without being 0.
    """
    percent = actual.percent
    if percent is None:
        return "n/a"
    shown = (floor_percent(percent, places) for places in range(2, 28))
    return show_percent(next((value for value in shown if value < target), percent))


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


FAILED_SUITES = frozenset({SuiteStatus.FAILED, SuiteStatus.KILLED, SuiteStatus.TIMED_OUT})


def exit_code(verdict: Verdict) -> ExitCode:
    """Return the process's exit code: failed tests before a broken rule before what can not be judged."""
    if verdict.suite is not None and verdict.suite.status in FAILED_SUITES:
        return ExitCode.TESTS_FAILED
    return {
        VerdictKind.PASS: ExitCode.PASSED,
        VerdictKind.FAIL: ExitCode.RULE_BROKEN,
        VerdictKind.CANNOT_JUDGE: ExitCode.CANNOT_JUDGE,
    }[verdict.kind]
