"""The small print as a whole: figures that were not judged, commits, baseline, trend, run and version."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from covgate.gate.rules import evaluate_drop, judge
from covgate.model.commit import Base, BaseHow
from covgate.model.history import NOTHING_RECORDED, BaselineHow
from covgate.model.unknown import Unavailable
from covgate.model.verdict import SuiteStatus
from covgate.report.facts import Facts
from covgate.report.footer import footer
from covgate.report.prose import link, say
from tests.support.situations import CORE, COVERED, HEAD, ended, facts
from tests.support.situations_compared import BASELINE

COMPARED = "1f2e3d4 compared with main at 9a8b7c6"


def parts(made: Facts) -> list[str]:
    return [str(part) for part in footer(made)]


def with_drop(made: Facts) -> Facts:
    check = evaluate_drop(Decimal(1), None, nothing="")
    return replace(made, verdict=judge([*made.verdict.checks, check], None))


def test_the_run_is_linked_and_the_version_stands_last() -> None:
    made = facts(CORE, min_diff="60", trend="▁▂▃")
    address = "https://github.com/org/app/actions/runs/77"
    assert footer(made) == (say(COMPARED), say("▁▂▃"), say(link("run", address)), say("covgate 1.2.3"))
    assert parts(replace(made, run_url=None, trend="", base=None)) == ["1f2e3d4", "covgate 1.2.3"]
    head = Base(sha=HEAD, how=BaseHow.GIVEN, ref="main")
    assert parts(replace(made, base=head, uncommitted=1200))[0] == (
        "1f2e3d4 with changes in 1,200 files compared with main, as asked for, at 1f2e3d4"
    )


def test_figures_under_tests_that_failed_are_told_where_there_are_any() -> None:
    failed = ended(SuiteStatus.FAILED, 1)
    first = [
        parts(made)[0]
        for made in (
            facts(CORE, suite=failed),
            facts("m.py\n    1-9\n", suite=failed),
            facts(COVERED, suite=failed, diff=None),
            facts("", suite=failed, problem="gone"),
            facts(CORE, min_diff="90"),
            facts(CORE, suite=ended(SuiteStatus.NO_TESTS, 5)),
        )
    ]
    assert first == [
        "Measured all the same: diff 66.7 %, total 70.9 %",
        "Measured all the same: total 100 %",
        "Measured all the same: total 96.8 %",
        COMPARED,
        COMPARED,
        "Measured all the same: diff 66.7 %, total 70.9 %",
    ]


def test_the_baseline_is_named_where_it_is_not_the_base_and_missed_where_a_rule_asks_for_one() -> None:
    made, near = facts(CORE, min_diff="60", run_url=None), replace(BASELINE, how=BaselineHow.NEAR)
    reason = "none of the 12 recorded commits is an ancestor of the base 9a8b7c6d5e4f, and this clone is shallow"
    cases = {
        "the-base": replace(made, baseline=BASELINE),
        "no-base": replace(made, baseline=BASELINE, base=None),
        "near": replace(made, baseline=replace(near, behind=0)),
        "one-older": replace(made, baseline=replace(near, behind=1)),
        "many-older": replace(made, baseline=replace(near, behind=1200)),
        "nobody-asks": replace(made, baseline=Unavailable(reason=reason)),
        "nothing-recorded": with_drop(replace(made, baseline=NOTHING_RECORDED)),
        "none-found": with_drop(replace(made, baseline=Unavailable(reason=reason))),
        "gone": with_drop(replace(made, baseline=Unavailable(reason="the branch is gone, so there is none"))),
        "broken": with_drop(
            replace(made, baseline=Unavailable(reason="history.jsonl is broken: line 3, so it is not read"))
        ),
    }
    assert {title: parts(one)[1:-1] for title, one in cases.items()} == {
        "the-base": [],
        "no-base": ["baseline 9a8b7c6"],
        "near": ["baseline 9a8b7c6"],
        "one-older": ["baseline 9a8b7c6, 1 commit older"],
        "many-older": ["baseline 9a8b7c6, 1,200 commits older"],
        "nobody-asks": [],
        "nothing-recorded": ["no baseline yet"],
        "none-found": ["no baseline: none of the 12 recorded commits is an ancestor"],
        "gone": ["no baseline: the branch is gone"],
        "broken": ["no baseline: history.jsonl is broken"],
    }
