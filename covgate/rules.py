"""The rules: exact counts against exact targets. Unknown never passes, nothing to measure is n/a."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from covgate.errors import ExitCode
from covgate.model import (
    Check,
    Drop,
    Status,
    SuiteRun,
    SuiteStatus,
    Tally,
    Unavailable,
    Verdict,
    VerdictKind,
    floor_percent,
)

MIN_TOTAL = "min-total"
MIN_DIFF = "min-diff"
MAX_DROP = "max-drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One configured rule: `target` is in percent, of `max-drop` in percentage points."""

    name: str
    target: Decimal
    component: str | None = None
    """The component it is about; None for the whole project."""

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


def evaluate(rule: Rule, actual: Tally | Unavailable, *, subject: str, nothing: str) -> Check:
    """Judge one minimum. `subject` names the figure and `nothing` says why there may be nothing to measure."""
    if isinstance(actual, Unavailable):
        return rule.check(Status.UNAVAILABLE, actual.reason)
    counts = actual.counts
    if not counts.total:
        return rule.check(Status.NOT_APPLICABLE, nothing, actual=actual)
    if counts.reaches(rule.target):
        return rule.check(Status.PASS, f"{subject} is at least {show_percent(rule.target)}", actual=actual)
    why = f"{subject} {show_below(actual, rule.target)} is below {show_percent(rule.target)}"
    return rule.check(Status.FAIL, why, actual=actual)


def evaluate_drop(
    rule: Rule, drop: Drop | Unavailable | None, *, nothing: str, subject: str = "total coverage"
) -> Check:
    """Judge how far a figure fell. None is n/a, because of `nothing`; `subject` names the figure.

    The smaller of the raw and the adjusted drop is judged, without what flapping lines excuse. When the adjusted one is
    unknown, a raw drop beyond the target is no verdict, and one within it passes: the smaller cannot be beyond it.
    """
    if drop is None:
        return rule.check(Status.NOT_APPLICABLE, nothing)
    if isinstance(drop, Unavailable):
        return rule.check(Status.UNAVAILABLE, drop.reason)
    target = Fraction(*rule.target.as_integer_ratio())
    if drop.raw <= target:
        return rule.check(Status.PASS, f"{subject} {_at_most(drop.raw, rule.target)}", drop=drop)
    if drop.judged <= target:
        left_out = ["the code that the change deletes"] if drop.least < drop.raw else []
        left_out += ["lines that flap"] if drop.excused else []
        why = f"{subject} {_at_most(drop.judged, rule.target)}, leaving out {' and '.join(left_out)}"
        return rule.check(Status.PASS, why, drop=drop)
    fell = f"{subject} fell by {show_above(drop.judged, rule.target)}, more than {show_number(rule.target)}"
    if isinstance(drop.adjusted, Unavailable):
        why = f"{fell}, and how much of that is code the change deletes cannot be known: {drop.adjusted.reason}"
        return rule.check(Status.UNAVAILABLE, why, drop=drop)
    return rule.check(Status.FAIL, fell, drop=drop)


def show_number(number: Decimal) -> str:
    """Print a number with the decimals it has, without the zeros that end it: `80`, `99.5`."""
    whole, point, decimals = f"{number:f}".partition(".")
    return f"{whole}{(point + decimals).rstrip('0').removesuffix('.')}"


def _at_most(drop: Fraction, target: Decimal) -> str:
    return "did not fall" if drop <= 0 else f"fell by at most {show_points(target)}"


def show_percent(percent: Decimal) -> str:
    """Print a percent with the decimals it has, without the zeros that end it: `80 %`, `99.5 %`."""
    return f"{show_number(percent)} %"


def show_points(points: Decimal) -> str:
    """Print percentage points with the decimals they have: `0.2 points`, `1 point`."""
    shown = show_number(points)
    return f"{shown} point" if shown == "1" else f"{shown} points"


def show_above(drop: Fraction, target: Decimal) -> str:
    """Print a drop that is more than `target` points, cut to as many decimals as it takes to look so; two at least."""
    limit = Fraction(*target.as_integer_ratio())
    for places in range(2, _MOST_PLACES):
        cut = math.floor(drop * 10**places)
        if Fraction(cut, 10**places) > limit:
            return show_points(Decimal((0, tuple(map(int, str(cut))), -places)))
    return f"a little more than {show_points(target)}"


_MOST_PLACES = 80
"""A target has 30 decimals, and the counts two totals are made of have less than 20 digits each."""


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
