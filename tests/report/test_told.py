"""Which sentences stand above the places and below the table, and when each is left away."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from covgate.gate.rules import evaluate_drop, judge
from covgate.model.history import NOTHING_RECORDED
from covgate.model.test_results import GoneTests
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MIN_DIFF, Check, Status, SuiteRun, SuiteStatus
from covgate.report.facts import Facts
from covgate.report.view import build_view
from tests.support.situations import CORE, COVERED, PASSED, SITUATIONS, ended, facts
from tests.support.situations_compared import COMPARED, INDIRECT, compared, nothing_recorded
from tests.support.situations_guarded import GUARDED

FAILED = ended(SuiteStatus.FAILED, 1)
GONE = GoneTests(count=2, names=("tests/a.py::test_x",), files=((PurePosixPath("tests/a.py"), 1),))


def advice(made: Facts) -> list[str]:
    return [str(sentence) for sentence in build_view(made).advice]


def lead(made: Facts) -> str:
    return str(build_view(made).lead)


def unknown(rule: str, reason: str, component: str | None = None) -> Check:
    why = Unavailable(reason=reason)
    status = Status.UNAVAILABLE
    return Check(
        rule=rule, component=component, target=Decimal(50), actual=None, status=status, why=reason, unknown=why
    )


def judged(made: Facts, *checks: Check) -> Facts:
    return replace(made, verdict=judge((*made.verdict.checks, *checks), made.verdict.suite))


MEND = "Mend what the reason names, then run again (why)."


def test_that_unknown_is_no_pass_is_said_once_and_before_the_first_reason() -> None:
    drop = evaluate_drop(Decimal("0.5"), Unavailable(reason="x", kind=UnknownKind.NO_RECORD), nothing="")
    made = judged(facts(COVERED), unknown(MIN_DIFF, "broken.py is broken"), drop)
    assert advice(made) == [
        f"What cannot be judged does not pass. {MEND}",
        "X. Run this workflow once on main, then this job again (why).",
    ]
    assert advice(facts("", min_diff="80", problem="The data is gone")) == [
        f"What cannot be judged does not pass. {MEND}"
    ]


def test_whose_rule_is_not_known_is_said_beside_one_that_fails() -> None:
    failing = facts(CORE, min_diff="80")
    assert advice(judged(failing, unknown(MIN_DIFF, "it is broken", "api"))) == [f"api: it is broken. {MEND}"]
    assert advice(judged(failing, unknown("min-total", "it is broken"))) == [f"It is broken. {MEND}"]
    alone = facts(CORE)
    assert advice(judged(alone, unknown(MIN_DIFF, "it is broken", "api"))) == [
        f"What cannot be judged does not pass. {MEND}"
    ]


def test_the_first_run_is_told_of_a_pass_without_any_record() -> None:
    first = nothing_recorded()
    assert first.baseline == NOTHING_RECORDED
    told = "First run: the drop is judged as soon as main has been recorded."
    assert advice(first) == [told]
    assert advice(compared(max_drop="0.5")) == []
    assert advice(replace(facts(CORE, min_diff="60"), baseline=NOTHING_RECORDED)) == []
    failing = facts(CORE, min_diff="80")
    assert advice(judged(failing, *first.verdict.checks[1:])) == []


def undecided(count: int, suite: SuiteRun = PASSED) -> Facts:
    text = "".join(f"s{n}.py (undecided)\n    + 1 missing\n" for n in range(count))
    return facts("m.py\n    + 1-99\n" + text, min_diff="50", suite=suite)


def test_files_of_which_nothing_says_whether_to_measure_them_are_named_up_to_five() -> None:
    mend = "Set source in the coverage configuration, or leave them out with omit (why)."
    start = "Not measured, and nothing says whether they should be: s0.py, s1.py, s2.py, s3.py, s4.py"
    assert advice(undecided(5)) == [f"{start}. {mend}"]
    assert advice(undecided(6)) == [f"{start} and 1 more. {mend}"]
    one = "Not measured, and nothing says whether it should be: s0.py"
    assert advice(undecided(1)) == [f"{one}. {mend.replace('them', 'it')}"]
    assert advice(undecided(0)) == []
    (only,) = advice(undecided(6, suite=FAILED))
    assert only.startswith("Mend the tests first")


def test_before_the_places_stands_that_tests_are_gone_or_that_the_change_is_covered() -> None:
    covered = "The change itself is covered."
    gone = "2 tests that ran on main did not run here."
    assert lead(facts(COVERED, min_diff="100", min_total="99")) == covered
    assert lead(facts(COVERED, min_diff="100", min_total="99", gone=GONE)) == gone
    assert lead(facts(CORE, min_diff="80", gone=GONE)) == gone
    nothing = (
        facts(CORE, min_diff="80"),
        facts(COVERED, min_diff="100", gone=GONE),
        facts(COVERED, min_diff="100", min_total="99", suite=FAILED),
        facts(COVERED, min_diff="100", min_total="99", suite=FAILED, gone=GONE),
        facts("m.py\n    1-9\n    10-20 missing\n    + 21 text\n", min_total="99"),
    )
    assert [lead(made) for made in nothing] == [""] * len(nothing)


def test_why_a_drop_is_smaller_than_it_looks_stands_in_the_open_where_the_table_does() -> None:
    note = "Code that this change deletes is left out of the drop (4.2 with it)."
    failed, passed = (build_view(compared(max_drop=bar, raw="4.2", adjusted="1.5")) for bar in ("1", "2"))
    assert ([str(one) for one in failed.remarks], failed.open_tables) == ([note], True)
    assert (passed.remarks, passed.open_tables) == ((), False)


@pytest.mark.parametrize(
    ("made", "quiet"),
    [
        (SITUATIONS["pass"](), True),
        (facts(COVERED), True),
        (facts(CORE), False),
        (COMPARED["compared"](), True),
        (compared(max_drop="0.5", indirect=INDIRECT[:1]), False),
        (compared(max_drop="0.5", indirect=(replace(INDIRECT[1], lost=()),)), True),
        (GUARDED["guard-lowered"](), False),
        (SITUATIONS["diff-unavailable-without-rule"](), False),
        (SITUATIONS["fail-diff"](), False),
    ],
    ids=["pass", "no-rule", "no-rule-and-missing", "compared", "lost", "gained", "lowered", "unknown-diff", "fail"],
)
def test_a_comment_is_begun_where_there_is_something_to_say(made: Facts, *, quiet: bool) -> None:
    assert build_view(made).quiet is quiet


def test_a_reason_that_the_first_line_has_told_is_not_told_again_whatever_its_capitals() -> None:
    made = facts("m.py\n    1-9\nBroken.py (unparsable)\n    + 1", min_diff="80", min_total="80")
    assert build_view(made).headline == "Cannot judge the diff: Broken.py has a syntax error in line 1"
    assert advice(made) == [
        "What cannot be judged does not pass. Mend the file, or leave it out with omit (why).",
    ]


@pytest.mark.parametrize(("length", "told"), [(400, "X" + "x" * 399), (401, "X" + "x" * 398 + "…")])
def test_a_very_long_reason_is_cut(length: int, told: str) -> None:
    (sentence,) = advice(facts("", min_diff="80", problem="x" * length))
    assert sentence == f"What cannot be judged does not pass. {told}. {MEND}"
