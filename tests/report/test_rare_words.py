"""Words for what a real run shows and few others do: no test at all, an unimported file, one missing test, a trend."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from covgate.gate.rules import evaluate_drop, judge
from covgate.model.change import DiffCoverage
from covgate.model.commit import Base, BaseHow
from covgate.model.coverage import OmittedFile, Reason, ReasonKind, Span
from covgate.model.guard import GateChange, GateChangeKind, GateChanges
from covgate.model.history import NOTHING_RECORDED, FlapShown
from covgate.model.numbers import Counts, Tally
from covgate.model.places import Place
from covgate.model.steps import Spot, Steps
from covgate.model.test_results import GoneTests
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MAX_DROP, ComponentFigures, SuiteStatus, VerdictKind
from covgate.report.advice import find_words
from covgate.report.alarm import word_alarm
from covgate.report.facts import Facts
from covgate.report.gate_changes import gate_rows, word_lowering
from covgate.report.markdown import render_failure
from covgate.report.rules_table import component_rows
from covgate.report.todo import next_steps, omitted_rows
from covgate.report.view import build_view
from tests.support.situations import BASE, CORE, COVERED, PASSED, SITUATIONS, ended, facts, with_steps
from tests.support.situations_compared import FLAPS, INDIRECT, compared, nothing_recorded
from tests.support.situations_guarded import LOWERED


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


@pytest.mark.parametrize("path", ["src/app/new.py", f"src/app/{'a' * 29}.py"])
def test_the_one_changed_file_is_named_whole_where_no_test_imports_it(path: str) -> None:
    made = facts(f"m.py\n    1-9\n{path} (unmeasured)\n    + 1-12 missing\n", min_diff="80")
    line = str(build_view(made).first_line)
    assert line == f"Diff coverage 0 % is below 80 %: no test imports {path} (all 12 changed lines)"


DROP = GateChange(kind=GateChangeKind.RULE, name="max-drop", before="0", after="1", lowers=True)


@pytest.mark.parametrize(
    ("made", "lowered", "line"),
    [
        pytest.param(
            facts("m.py\n    1-9\n    + 10 missing\n", min_diff="50"), DROP,
            "Diff coverage 0 % is below 50 %: cover the one changed line; "
            "this change raises max-drop from 0 to 1; judged by 0",
            id="what-to-cover",
        ),
        pytest.param(
            facts("m.py\n    1-9\n    + 10 missing\n", min_diff="50", min_total="95"), DROP,
            "Diff coverage 0 % is below 50 %: cover the one changed line; "
            "this change raises max-drop from 0 to 1; judged by 0",
            id="too-long-for-the-other-rule",
        ),
        pytest.param(
            compared(max_drop="0", raw="90", adjusted="90"), LOWERED,
            "Total coverage fell by 90 points, 0 allowed; this change lowers min-diff from 80 to 60; judged by 80",
            id="nothing-to-cover",
        ),
    ],
)  # fmt: skip
def test_a_broken_rule_and_another_one_that_is_lowered_stand_in_one_line(
    made: Facts, lowered: GateChange, line: str
) -> None:
    changes = GateChanges(rows=(lowered,), strict=True)
    assert str(build_view(replace(made, gate_changes=changes)).first_line) == line


def test_a_drop_that_no_covering_undoes_says_nothing_to_cover() -> None:
    line = str(build_view(compared(max_drop="0", raw="90", adjusted="90")).first_line)
    assert line == "Total coverage fell by 90 points, 0 allowed"


def test_two_ways_in_which_the_bar_is_lowered_are_counted() -> None:
    said = str(word_lowering(GateChanges(rows=(LOWERED, DROP), strict=True)))
    assert said == "This change lowers the bar in 2 ways; the old rules judge"


@pytest.mark.parametrize(
    ("situation", "last"),
    [
        ("fail-diff", "Covering this is enough: src/app/api.py:31-35"),
        ("many-files", "The step summary has the whole report"),
    ],
)
def test_an_alarm_ends_with_where_to_look(situation: str, last: str) -> None:
    made = SITUATIONS[situation]()
    assert word_alarm(made, build_view(made)).splitlines()[-1] == last


@pytest.mark.parametrize(
    ("flaps", "title"),
    [
        (FLAPS, "2 flapping lines are left out of the drop (0.31 with them)"),
        (FLAPS[:1], "1 flapping line is left out of the drop (0.31 with it)"),
    ],
)
def test_flapping_lines_that_excuse_a_drop_are_counted(flaps: tuple[FlapShown, ...], title: str) -> None:
    assert title in titles(compared(max_drop="0", excused="0.31", flaps=flaps))


def test_a_component_that_cannot_be_compared_has_an_unknown_change() -> None:
    part = ComponentFigures(name="api", total=Tally(lines=Counts(covered=1, total=2)), diff=Tally(), delta=None)
    made = compared(components=(part,))
    check = evaluate_drop(Decimal(0), Unavailable(reason="?"), component="api", nothing="")
    row, _ = component_rows(replace(made, verdict=judge((*made.verdict.checks, check), PASSED)))
    assert row.change == "(–)"


@pytest.mark.parametrize(
    ("ref", "said"), [("origin/main", "ran on main, not here"), ("a" * 40, "ran at the baseline, not here")]
)
def test_a_baseline_that_was_given_as_a_commit_has_no_name(ref: str, said: str) -> None:
    lost = (Reason(kind=ReasonKind.LOST),)
    place = Place(span=Span(start=1, end=2), function="", statements=2, branches=Counts(), reasons=lost)
    steps = Steps(chosen=(Spot(path=PurePosixPath("m.py"), place=place, diff=0, total=2),), count=1, least=1)
    made = replace(SITUATIONS["fail-diff"](), steps=steps, base=Base(sha=BASE, how=BaseHow.GIVEN, ref=ref))
    (row,) = next_steps(made, ()).rows
    assert row.why == said


def test_what_left_files_out_stands_in_the_order_of_the_files() -> None:
    made = facts("m.py\n    1-9\n")
    omitted = tuple(
        OmittedFile(path=PurePosixPath(f"{name}.py"), rule=f"omit = {name}", where="setup.cfg") for name in "ba"
    )
    assert isinstance(made.diff, DiffCoverage)
    rows = omitted_rows(replace(made, diff=replace(made.diff, omitted=omitted)))
    assert [row.names for row in rows] == [("b.py",), ("a.py",)]


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
