"""Words for what a real run shows and few others do: no test at all, an unimported file, one missing test, a trend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.gate.rules import judge
from covgate.model.change import DiffCoverage
from covgate.model.coverage import Reason, ReasonKind
from covgate.model.guard import GateChange, GateChangeKind, GateChanges
from covgate.model.history import NOTHING_RECORDED
from covgate.model.test_results import GoneTests
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MAX_DROP, SuiteStatus, VerdictKind
from covgate.report.advice import find_words
from covgate.report.facts import Facts
from covgate.report.gate_changes import gate_rows
from covgate.report.markdown import render_failure
from covgate.report.view import build_view
from tests.support.situations import CORE, COVERED, PASSED, ended, facts, with_steps
from tests.support.situations_compared import FLAPS, INDIRECT, compared, nothing_recorded


def titles(made: Facts) -> list[str]:
    return [str(fold.title) for fold in build_view(made).folds]


def test_without_a_test_a_broken_rule_is_no_news() -> None:
    none = ended(SuiteStatus.NO_TESTS, 5)
    made = facts(CORE, min_diff="80", suite=none)
    view = build_view(made)
    assert (view.kind, view.mark) == (VerdictKind.CANNOT_JUDGE, "⚠️")
    assert str(view.first_line) == "Cannot judge: no test was found"
    assert not view.steps
    assert not view.open_tables


def test_what_was_lost_is_no_news_of_tests_that_failed() -> None:
    passed = compared(max_drop="0", excused="0.31", indirect=INDIRECT[:2], flaps=FLAPS)
    about = ("lost their coverage", "flapping")
    assert sum(word in title for title in titles(passed) for word in about) == 2
    failed = replace(passed, verdict=judge(passed.verdict.checks, ended(SuiteStatus.FAILED, 1)))
    assert not [title for title in titles(failed) for word in about if word in title]


def test_a_file_below_source_that_no_test_imports_is_named() -> None:
    made = facts(COVERED + "src/app/new.py\n    + 1-30 missing\n    def load 3-30\n", min_diff="80")
    assert isinstance(made.diff, DiffCoverage)
    never = (Reason(kind=ReasonKind.NEVER_IMPORTED),)
    files = tuple(
        replace(file, places=tuple(replace(place, reasons=never) for place in file.places))
        if file.path.name == "new.py"
        else file
        for file in made.diff.files
    )
    line = str(build_view(with_steps(replace(made, diff=replace(made.diff, files=files)))).first_line)
    assert line.endswith("is below 80 %: no test imports src/app/new.py (30 of 51 changed lines and branches)")


@pytest.mark.parametrize(
    ("names", "count", "title", "more"),
    [
        (("tests/a.py::test_x",), 1, "1 test that ran on main did not run here, in tests/a.py", 0),
        (("tests/a.py::test_x (2 of 3 cases)",), 2, "2 tests that ran on main did not run here, all in tests/a.py", 0),
        (("tests/a.py::test_x (2 of 3 cases)",), 5, "5 tests that ran on main did not run here, all in tests/a.py", 3),
    ],
)
def test_gone_tests_are_counted_by_their_cases(names: tuple[str, ...], count: int, title: str, more: int) -> None:
    gone = GoneTests(count=count, names=names, files=((PurePosixPath("tests/a.py"), count),))
    folds = build_view(facts(COVERED, min_diff="80", suite=PASSED, gone=gone)).folds
    (fold,) = [fold for fold in folds if "did not run here" in str(fold.title)]
    assert (str(fold.title), getattr(fold.blocks[0], "more", None)) == (title, more)


def test_a_measurement_before_an_edit_keeps_its_reason_whole_and_the_advice_repeats_nothing() -> None:
    reason = "shop/cart.py was measured before the last edit (line 3 was executed): run the tests again"
    stale = Unavailable(reason=reason, kind=UnknownKind.MEASURED_BEFORE)
    told = find_words(stale, "min-total", facts(COVERED))
    assert str(told.short) == reason
    assert str(told.advice).startswith("Let no step before covgate edit the sources (")


def test_the_small_print_says_why_there_is_no_baseline() -> None:
    missed = nothing_recorded()
    assert missed.check(MAX_DROP) is not None
    reason = "no ancestor of 9a8b7c6d5e4f was found among the newest of 40 recorded commits, and this clone is shallow"
    footer = build_view(replace(missed, baseline=Unavailable(reason=reason))).footer
    assert "no baseline: no ancestor was found among the newest of 40 recorded commits" in map(str, footer)


def test_the_first_run_of_a_push_waits_for_no_branch() -> None:
    first = replace(nothing_recorded(), baseline=NOTHING_RECORDED)
    assert "as soon as main has been recorded." in " ".join(map(str, build_view(first).advice))
    push = replace(first, base=None)
    assert "from the next recorded run on." in " ".join(map(str, build_view(push).advice))


def test_what_a_message_names_is_code() -> None:
    assert render_failure("no `with:` here", "set `a|b`") == ("⚠️ **no `with:` here**\n\nSet <code>a&#124;b</code>\n")


def test_of_a_component_s_target_the_old_one_is_said_to_judge_too() -> None:
    change = GateChange(kind=GateChangeKind.RULE, name="target", component="api", before="90", after="80", lowers=True)
    (row,) = gate_rows(GateChanges(rows=(change,), strict=True))
    assert str(row) == "Target of api is lowered from 90 to 80; the old one judges, too"
