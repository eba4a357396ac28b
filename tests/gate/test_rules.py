"""The rules: exact, unknown never passes, and a message never shows a number that looks like the target."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covgate.errors import ExitCode
from covgate.gate.rules import evaluate, evaluate_drop, exit_code, judge
from covgate.model.figures import show_percent, show_points, show_rounded
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MAX_DROP, MIN_DIFF, MIN_TOTAL, Check, Drop, Status, SuiteRun, SuiteStatus, VerdictKind


def check(covered: int, total: int, target: str) -> Check:
    return evaluate(MIN_DIFF, Decimal(target), tally(covered, total), nothing="nothing changed")


def tally(covered: int, total: int) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total))


def suite(status: SuiteStatus) -> SuiteRun:
    return SuiteRun(command="pytest", status=status, exit_code=0, seconds=1)


@pytest.mark.parametrize(
    ("covered", "total", "target", "status", "why"),
    [
        pytest.param(9, 10, "90", Status.PASS, "diff coverage is at least 90 %", id="on-the-target"),
        pytest.param(896, 1000, "90", Status.FAIL, "diff coverage 89.6 % is below 90 %", id="89.6"),
        pytest.param(19_999, 20_000, "100", Status.FAIL, "diff coverage 99.995 % is below 100 %", id="99.995"),
        pytest.param(999_999, 10**6, "100.00", Status.FAIL, "diff coverage 99.9999 % is below 100 %", id="99.9999"),
        pytest.param(0, 9, "0.1", Status.FAIL, "diff coverage 0 % is below 0.1 %", id="nothing-covered"),
        pytest.param(1, 10**6, "0.001", Status.FAIL, "diff coverage 0.0001 % is below 0.001 %", id="nearly-nothing"),
        pytest.param(0, 9, "0", Status.PASS, "diff coverage is at least 0 %", id="a-target-of-nothing"),
        pytest.param(0, 0, "100", Status.NOT_APPLICABLE, "nothing changed", id="nothing-to-measure"),
        pytest.param(
            2, 3, "66.66666666666666666666666666667", Status.FAIL,
            "diff coverage 66.666666666666666666666666666667 % is below 66.66666666666666666666666666667 %",
            id="many-places",
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
    assert (judged.actual, judged.unknown) == (tally(covered, total), None)


def test_what_could_not_be_known_never_passes() -> None:
    judged = evaluate(MIN_TOTAL, Decimal(0), Unavailable(reason="no data"), nothing="nothing")
    assert (judged.status, judged.actual, judged.why) == (Status.UNAVAILABLE, None, "no data")
    assert judged.unknown == Unavailable(reason="no data")


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
    shown = show_rounded(tally(covered, total), target)
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


@pytest.mark.parametrize(
    "actual",
    [
        pytest.param(tally(1, 1), id="pass"),
        pytest.param(tally(0, 1), id="fail"),
        pytest.param(tally(0, 0), id="nothing"),
        pytest.param(Unavailable(reason="?"), id="unknown"),
    ],
)
def test_a_check_says_which_component_it_is_about(actual: Tally | Unavailable) -> None:
    judged = evaluate(MIN_TOTAL, Decimal(80), actual, component="api", nothing="nothing")
    assert (judged.rule, judged.component, judged.target, judged.drop) == (MIN_TOTAL, "api", Decimal(80), None)


# --- drops ---------------------------------------------------------------------------------------------------------


def drop(raw: str, adjusted: str | None = None) -> Drop:
    """A drop in points. Without an adjusted one, the lines are not known."""
    unknown = Unavailable(reason="the baseline's lines are not kept any more")
    return Drop(raw=Fraction(raw), adjusted=unknown if adjusted is None else Fraction(adjusted))


UNKNOWN_PART = (
    ", and how much of that is code the change deletes cannot be known: the baseline's lines are not kept any more"
)


@pytest.mark.parametrize(
    ("actual", "target", "status", "why"),
    [
        pytest.param(None, "0", Status.NOT_APPLICABLE, "nothing to compare with", id="nothing"),
        pytest.param(Unavailable(reason="no baseline"), "9", Status.UNAVAILABLE, "no baseline", id="unknown"),
        pytest.param(drop("0.2", "0.2"), "0.2", Status.PASS, "total coverage fell by at most 0.2 points", id="on-it"),
        pytest.param(drop("0.1", "0.3"), "1.0", Status.PASS, "total coverage fell by at most 1 point", id="one-point"),
        pytest.param(drop("0", "0"), "0", Status.PASS, "total coverage did not fall", id="no-drop-at-all"),
        pytest.param(drop("-1", "2"), "0.5", Status.PASS, "total coverage did not fall", id="it-rose"),
        pytest.param(drop("0.1"), "0.2", Status.PASS, "total coverage fell by at most 0.2 points", id="small-enough"),
        pytest.param(
            drop("5", "0"), "0", Status.PASS,
            "total coverage did not fall, leaving out the code that the change deletes", id="covered-code-was-deleted",
        ),
        pytest.param(
            drop("5", "0.2"), "0.2", Status.PASS,
            "total coverage fell by at most 0.2 points, leaving out the code that the change deletes", id="adjusted",
        ),
        pytest.param(
            Drop(raw=Fraction("0.4"), adjusted=Fraction("0.4"), excused=Fraction("0.4")), "0", Status.PASS,
            "total coverage did not fall, leaving out lines that flap", id="excused-and-nothing-deleted",
        ),
        pytest.param(
            Drop(raw=Fraction("0.6"), adjusted=Fraction("0.4"), excused=Fraction("0.4")), "0", Status.PASS,
            "total coverage did not fall, leaving out the code that the change deletes and lines that flap",
            id="deleted-and-excused",
        ),
        pytest.param(
            Drop(raw=Fraction("0.6"), adjusted=Fraction("0.6"), excused=Fraction("0.5")), "0", Status.FAIL,
            "total coverage fell by 0.1 points, more than 0", id="more-than-is-excused",
        ),
        pytest.param(
            drop("0.31", "7"), "0.2", Status.FAIL, "total coverage fell by 0.31 points, more than 0.2", id="broken"
        ),
        pytest.param(
            drop("7", "0.319"), "0.20", Status.FAIL, "total coverage fell by 0.32 points, more than 0.2", id="cut"
        ),
        pytest.param(drop("3", "3"), "2", Status.FAIL, "total coverage fell by 3 points, more than 2", id="whole"),
        pytest.param(drop("1", "1"), "0", Status.FAIL, "total coverage fell by 1 point, more than 0", id="by-one"),
        pytest.param(
            drop("0.200004", "1"), "0.2", Status.FAIL, "total coverage fell by 0.200004 points, more than 0.2",
            id="hardly",
        ),
        pytest.param(
            drop("1/300000", "1"), "0", Status.FAIL, "total coverage fell by 0.000003 points, more than 0", id="tiny"
        ),
        pytest.param(
            drop("0.31"), "0.2", Status.UNAVAILABLE,
            f"total coverage fell by 0.31 points, more than 0.2{UNKNOWN_PART}", id="unknown-and-large",
        ),
    ],
)  # fmt: skip
def test_a_drop(actual: Drop | Unavailable | None, target: str, status: Status, why: str) -> None:
    judged = evaluate_drop(Decimal(target), actual, nothing="nothing to compare with")
    assert (judged.status, judged.why) == (status, why)
    assert judged.drop == (actual if isinstance(actual, Drop) else None)
    assert (judged.rule, judged.component, judged.target, judged.actual) == (MAX_DROP, None, Decimal(target), None)
    assert (judged.unknown.reason if judged.unknown else None) == (why if status is Status.UNAVAILABLE else None)


@pytest.mark.parametrize("whole", [True, False], ids=["the-drop", "what-of-it-is-deleted-code"])
def test_a_drop_that_is_unknown_says_of_which_kind_that_is(*, whole: bool) -> None:
    unknown = Unavailable(reason="the lines are gone", kind=UnknownKind.LINES_GONE)
    judged = evaluate_drop(Decimal(0), unknown if whole else Drop(raw=Fraction(1), adjusted=unknown), nothing="")
    assert judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.kind) == (judged.why, UnknownKind.LINES_GONE)


def test_a_drop_names_its_figure() -> None:
    judged = evaluate_drop(Decimal(1), drop("2", "2"), component="api", nothing="")
    assert judged.component == "api"
    assert judged.why == "total coverage of api fell by 2 points, more than 1"


points = st.builds(
    Fraction, st.integers(min_value=-(10**12), max_value=10**12), st.integers(min_value=10**9, max_value=10**12)
)
exact_targets = st.integers(min_value=0, max_value=10**32).map(lambda n: Decimal((0, tuple(map(int, str(n))), -30)))


@given(raw=points, adjusted=st.none() | points, target=targets | exact_targets)
def test_a_drop_is_judged_on_the_exact_smaller_one(raw: Fraction, adjusted: Fraction | None, target: Decimal) -> None:
    limit = Fraction(str(target))
    unknown = Unavailable(reason="?")
    judged = evaluate_drop(
        target,
        Drop(raw=raw, adjusted=unknown if adjusted is None else adjusted),
        nothing="",
    )
    within = [known for known in (raw, adjusted) if known is not None and known <= limit]
    beyond = Status.FAIL if adjusted is not None else Status.UNAVAILABLE
    assert judged.status is (Status.PASS if within else beyond)
    assert "-" not in judged.why


@given(target=targets | exact_targets, more=points.filter(lambda points: points > 0), nearer=st.integers(0, 10**20))
def test_a_drop_beyond_its_limit_shows_a_number_above_it(target: Decimal, more: Fraction, nearer: int) -> None:
    limit = Fraction(str(target))
    fell = limit + more / (nearer + 1)
    shown = show_points(fell, target)
    number = Fraction(shown.removesuffix("s").removesuffix(" point"))
    assert limit < number
    assert abs(fell - number) <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("number", "text"), [("0", "0 points"), ("1.00", "1 point"), ("0.20", "0.2 points"), ("1E+1", "10 points")]
)
def test_points_are_shown_without_the_zeros_that_end_them(number: str, text: str) -> None:
    assert show_points(Decimal(number)) == text


# --- the verdict ---------------------------------------------------------------------------------------------------

PASSES, FAILS, NOTHING = check(1, 1, "80"), check(0, 1, "80"), check(0, 0, "80")
UNKNOWN = evaluate(MIN_TOTAL, Decimal(1), Unavailable(reason="?"), nothing="")
LOST = Unavailable(reason="no data")
UNKNOWN_DROP = evaluate_drop(Decimal(0), drop("1"), nothing="")
FELL = evaluate_drop(Decimal(0), drop("1", "1"), component="api", nothing="")


@pytest.mark.parametrize(
    ("checks", "status", "problem", "kind", "code"),
    [
        pytest.param([], None, None, VerdictKind.PASS, 0, id="no-rule"),
        pytest.param([PASSES, NOTHING], SuiteStatus.PASSED, None, VerdictKind.PASS, 0, id="pass"),
        pytest.param([NOTHING], None, None, VerdictKind.PASS, 0, id="nothing-to-measure"),
        pytest.param([PASSES, FAILS], SuiteStatus.PASSED, None, VerdictKind.FAIL, 1, id="one-broken"),
        pytest.param([UNKNOWN, FAILS], None, None, VerdictKind.FAIL, 1, id="broken-before-unknown"),
        pytest.param([PASSES, UNKNOWN], None, None, VerdictKind.CANNOT_JUDGE, 4, id="unknown"),
        pytest.param([PASSES, UNKNOWN_DROP], None, None, VerdictKind.CANNOT_JUDGE, 4, id="an-unknown-drop"),
        pytest.param([PASSES, FELL], None, None, VerdictKind.FAIL, 1, id="a-component-fell"),
        pytest.param([], None, LOST, VerdictKind.CANNOT_JUDGE, 4, id="no-data-and-no-rule"),
        pytest.param([PASSES], SuiteStatus.NO_TESTS, None, VerdictKind.CANNOT_JUDGE, 4, id="no-tests"),
        pytest.param([FAILS], SuiteStatus.NO_TESTS, None, VerdictKind.CANNOT_JUDGE, 4, id="no-tests-and-broken"),
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
