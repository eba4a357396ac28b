"""The rules: exact, unknown never passes, and a message never shows a number that looks like the target."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covgate.errors import ExitCode
from covgate.model import Check, Counts, Status, SuiteRun, SuiteStatus, Tally, Unavailable, VerdictKind
from covgate.rules import MIN_DIFF, MIN_TOTAL, Rule, evaluate, exit_code, judge, show_below, show_percent


def check(covered: int, total: int, target: str) -> Check:
    rule = Rule(name=MIN_DIFF, target=Decimal(target))
    return evaluate(rule, tally(covered, total), subject="diff coverage", nothing="nothing changed")


def tally(covered: int, total: int) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total))


def suite(status: SuiteStatus) -> SuiteRun:
    return SuiteRun(command="pytest", status=status, exit_code=0, seconds=1)


@pytest.mark.parametrize(
    ("covered", "total", "target", "status", "why"),
    [
        pytest.param(9, 10, "90", Status.PASS, "diff coverage is at least 90 %", id="on-the-target"),
        pytest.param(896, 1000, "90", Status.FAIL, "diff coverage 89.6 % is below 90 %", id="89.6"),
        pytest.param(19_999, 20_000, "100", Status.FAIL, "diff coverage 99.99 % is below 100 %", id="99.995"),
        pytest.param(999_999, 10**6, "100.00", Status.FAIL, "diff coverage 99.99 % is below 100 %", id="99.9999"),
        pytest.param(0, 9, "0.1", Status.FAIL, "diff coverage 0 % is below 0.1 %", id="nothing-covered"),
        pytest.param(1, 10**6, "0.001", Status.FAIL, "diff coverage 0.0001 % is below 0.001 %", id="nearly-nothing"),
        pytest.param(0, 9, "0", Status.PASS, "diff coverage is at least 0 %", id="a-target-of-nothing"),
        pytest.param(0, 0, "100", Status.NOT_APPLICABLE, "nothing changed", id="nothing-to-measure"),
        pytest.param(
            2, 3, "66.66666666666666666666666666667", Status.FAIL,
            "diff coverage 66.66 % is below 66.66666666666666666666666666667 %", id="many-places",
        ),
        pytest.param(
            2, 3, "66.66666666666666666666666666666", Status.PASS,
            "diff coverage is at least 66.66666666666666666666666666666 %", id="many-places-reached",
        ),
    ],
)  # fmt: skip
def test_a_minimum(covered: int, total: int, target: str, status: Status, why: str) -> None:
    judged = check(covered, total, target)
    assert (judged.status, judged.why) == (status, why)
    assert judged.actual == tally(covered, total)


def test_what_could_not_be_known_never_passes() -> None:
    rule = Rule(name=MIN_TOTAL, target=Decimal(0))
    judged = evaluate(rule, Unavailable(reason="no data"), subject="total coverage", nothing="nothing")
    assert (judged.status, judged.actual, judged.why) == (Status.UNAVAILABLE, None, "no data")


fractions = st.integers(min_value=1, max_value=10**7).flatmap(
    lambda total: st.tuples(st.integers(min_value=0, max_value=total), st.just(total))
)
targets = st.one_of(
    st.integers(min_value=0, max_value=10**7).map(lambda n: Decimal(n).scaleb(-5)),
    st.integers(min_value=0, max_value=100).map(Decimal),
)


@given(counts=fractions, target=targets)
def test_a_broken_rule_shows_a_number_below_its_target(counts: tuple[int, int], target: Decimal) -> None:
    covered, total = counts
    assume(Fraction(100 * covered, total) < Fraction(target))
    shown = show_below(tally(covered, total), target)
    assert Decimal(shown.removesuffix(" %")) < target
    assert shown != show_percent(target)
    assert shown != "100 %"
    assert (shown == "0 %") is (covered == 0)


@pytest.mark.parametrize(
    ("percent", "text"),
    [("80", "80 %"), ("80.00", "80 %"), ("99.50", "99.5 %"), ("100", "100 %"), ("0", "0 %"), ("8E+1", "80 %")],
)
def test_a_percent_is_shown_without_the_zeros_that_end_it(percent: str, text: str) -> None:
    assert show_percent(Decimal(percent)) == text


PASSES, FAILS, NOTHING = check(1, 1, "80"), check(0, 1, "80"), check(0, 0, "80")
UNKNOWN = evaluate(Rule(name=MIN_TOTAL, target=Decimal(1)), Unavailable(reason="?"), subject="", nothing="")
LOST = Unavailable(reason="no data")


@pytest.mark.parametrize(
    ("checks", "status", "problem", "kind", "code"),
    [
        pytest.param([], None, None, VerdictKind.PASS, 0, id="no-rule"),
        pytest.param([PASSES, NOTHING], SuiteStatus.PASSED, None, VerdictKind.PASS, 0, id="pass"),
        pytest.param([NOTHING], None, None, VerdictKind.PASS, 0, id="nothing-to-measure"),
        pytest.param([PASSES, FAILS], SuiteStatus.PASSED, None, VerdictKind.FAIL, 1, id="one-broken"),
        pytest.param([UNKNOWN, FAILS], None, None, VerdictKind.FAIL, 1, id="broken-before-unknown"),
        pytest.param([PASSES, UNKNOWN], None, None, VerdictKind.CANNOT_JUDGE, 4, id="unknown"),
        pytest.param([], None, LOST, VerdictKind.CANNOT_JUDGE, 4, id="no-data-and-no-rule"),
        pytest.param([PASSES], SuiteStatus.NO_TESTS, None, VerdictKind.CANNOT_JUDGE, 4, id="no-tests"),
        pytest.param([FAILS], SuiteStatus.NO_TESTS, None, VerdictKind.FAIL, 1, id="no-tests-and-broken"),
        pytest.param([PASSES], SuiteStatus.FAILED, None, VerdictKind.FAIL, 3, id="tests-failed"),
        pytest.param([FAILS], SuiteStatus.FAILED, None, VerdictKind.FAIL, 3, id="tests-failed-and-broken"),
        pytest.param([UNKNOWN], SuiteStatus.TIMED_OUT, LOST, VerdictKind.FAIL, 3, id="timed-out-without-data"),
        pytest.param([PASSES], SuiteStatus.KILLED, None, VerdictKind.FAIL, 3, id="killed"),
    ],
)
def test_a_verdict_and_its_exit_code(
    checks: list[Check], status: SuiteStatus | None, problem: Unavailable | None, kind: VerdictKind, code: int
) -> None:
    verdict = judge(checks, suite(status) if status else None, problem)
    assert verdict.kind is kind
    assert exit_code(verdict) == ExitCode(code)
    assert verdict.checks == tuple(checks)
