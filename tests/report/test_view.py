"""What a report says first: the first line, what to do, the rules; quiet when all is well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.gate.rules import judge
from covgate.model.commit import Base, BaseHow
from covgate.model.test_results import FailedTest, GoneTests, TestResults
from covgate.model.unknown import Unavailable
from covgate.model.verdict import SuiteStatus, VerdictKind
from covgate.report.folds import Listing, Paragraph
from covgate.report.headline import LONGEST
from covgate.report.rules_table import drop_notes
from covgate.report.view import build_view
from tests.support.situations import CORE, COVERED, HEAD, PASSED, ended, facts
from tests.support.situations_compared import compared
from tests.support.situations_guarded import LOWERED, guarded
from tests.support.views import ALL, bullets, fold, rows, rules, titles, view

# --- the first line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "mark", "headline"),
    [
        ("pass", "✅", "Coverage passes: diff 66.7 %, total 70.9 %"),
        ("pass-quiet", "✅", "Coverage passes: all 21 changed lines and branches are covered, total 96.8 %"),
        ("push", "✅", "Coverage passes: total 96.8 %"),
        ("no-rules", "ℹ️", "Diff coverage 66.7 %, total 70.9 %"),
        ("fail-diff", "❌", "Diff coverage 66.7 % is below 80 %: cover 4 more of 30 changed lines and branches"),
        ("fail-one-line", "❌", "Diff coverage 0 % is below 50 %: cover the one changed line"),
        ("fail-total", "❌", "Total coverage 96.8 % is below 99 %: cover 3 more lines or branches"),
        (
            "fail-both",
            "❌",
            "Diff coverage 66.7 % is below 99.5 %: cover 10 more of 30 changed lines and branches; 1 more rule fails",
        ),
        (
            "unmeasured-file",
            "❌",
            "Diff coverage 63.6 % is below 80 %: no test imports src/app/new.py (12 of 33 changed lines and branches)",
        ),
        ("drop", "❌", "Total coverage fell by 1.2 points, 0 allowed: cover 2 more lines or branches"),
        ("components", "❌", "Total coverage of core 65.2 % is below 70 %: cover 5 more lines or branches"),
        ("tests-failed", "❌", "The tests failed (exit code 1): coverage is not judged"),
        ("tests-failed-and-diff", "❌", "The tests failed (exit code 1): coverage is not judged"),
        ("tests-killed", "❌", "The tests were killed (signal 9, mostly a lack of memory): coverage is not judged"),
        ("tests-timed-out", "❌", "The tests did not end within 30 minutes: coverage is not judged"),
        ("no-tests", "⚠️", "Cannot judge: no test was found"),
        ("total-unavailable", "⚠️", "Cannot judge: 2 measured files cannot be analysed"),
        ("diff-unavailable", "⚠️", "Cannot judge the diff: broken.py has a syntax error in line 1"),
        (
            "diff-unavailable-without-rule",
            "✅",
            "Coverage passes: total 100 %; diff unknown, broken.py has a syntax error in line 1",
        ),
        ("no-baseline", "⚠️", "Cannot judge the drop: there is no recorded run of main to compare with"),
        (
            "drop-unknown",
            "⚠️",
            "Cannot judge the drop of 0.31, 0.2 allowed: the lines of main's record are no longer kept",
        ),
        ("diff-not-applicable", "✅", "Coverage passes: no changed line needs a test, total 100 %"),
        (
            "guard-lowered-and-red",
            "❌",
            "This change lowers min-diff from 80 to 60; judged by 80: cover 4 more of 30 changed lines and branches",
        ),
        (
            "guard-lowered",
            "✅",
            "This change lowers min-diff from 80 to 60; judged by 80, coverage passes: diff 100 %, total 96.8 %",
        ),
        ("hostile-names", "❌", "api: diff coverage 16.7 % is below 80 %: cover 4 more of 6 changed lines"),
    ],
)
def test_the_first_line(situation: str, mark: str, headline: str) -> None:
    built = view(situation)
    assert (built.mark, built.headline) == (mark, headline)


@pytest.mark.parametrize("situation", ALL)
def test_a_first_line_is_short(situation: str) -> None:
    assert len(view(situation).headline) <= LONGEST


def test_a_lowered_bar_that_no_changed_line_is_judged_by_names_the_total_alone() -> None:
    assert build_view(guarded(LOWERED, text="a.py\n    1-4\n")).headline == (
        "This change lowers min-diff from 80 to 60; judged by 80, coverage passes: total 100 %"
    )


def test_a_total_and_a_drop_share_one_line_and_the_larger_gap() -> None:
    made = compared(max_drop="0.2", raw="3", adjusted="3")
    total = facts(CORE, min_total="71")
    both = replace(made, verdict=judge((*total.verdict.checks, *made.verdict.checks), PASSED))
    assert build_view(both).headline == (
        "Total coverage 70.9 % is below 71 % and fell by 3 points, 0.2 allowed: cover 4 more lines or branches"
    )


def test_a_suite_that_counts_its_tests_says_how_many_failed() -> None:
    tests = TestResults(
        passed=410,
        failed=2,
        failures=(
            FailedTest(path=PurePosixPath("tests/test_cart.py"), line=41, name="test_free", reason="assert 490 == 0"),
            FailedTest(name="test_voucher", reason="KeyError: 'SUMMER'", output="a\nb"),
        ),
        slowest=(("test_all", 12.5),),
    )
    built = build_view(facts(COVERED, min_diff="80", suite=replace(ended(SuiteStatus.FAILED, 1), tests=tests)))
    assert built.headline == "2 of 412 tests failed: coverage is not judged"
    assert built.failed is not None
    assert [str(row) for row in built.failed.rows] == [
        "tests/test_cart.py:41 in test_free: assert 490 == 0",
        "test_voucher: KeyError: 'SUMMER'",
    ]
    assert [block.lines for block in fold(built, "The output").blocks if isinstance(block, Listing)] == [("a", "b")]
    assert rows(built, "The slowest tests") == [["test_all", "12 s"]]
    assert not built.open_tables
    assert "The slowest tests" not in titles(built)


def test_tests_that_are_gone_are_told_before_the_places() -> None:
    gone = GoneTests(count=14, names=("tests/a.py::test_x",), files=((PurePosixPath("tests/a.py"), 14),))
    built = build_view(facts(CORE, min_total="99", gone=gone))
    assert str(built.lead) == "14 tests that ran on main did not run here, all in tests/a.py."
    assert bullets(built, "14 tests that ran on main") == ["tests/a.py::test_x"]


@pytest.mark.parametrize(
    ("text", "uncommitted", "headline"),
    [
        pytest.param(
            "a.py\n    1-4\n",
            0,
            "Coverage passes: no changed line needs a test (HEAD is part of main), total 100 %",
            id="nothing-to-judge",
        ),
        pytest.param(
            "a.py\n    1-3\n    + 4\n",
            1,
            "Coverage passes: the one changed line is covered (uncommitted edits), total 100 %",
            id="edits-that-pass",
        ),
        pytest.param(
            "a.py\n    1-3\n    + 4 missing\n",
            1,
            "Diff coverage 0 % is below 80 %: cover the one changed line (uncommitted edits)",
            id="edits-that-fail",
        ),
    ],
)
def test_the_headline_says_that_no_commit_was_judged(text: str, uncommitted: int, headline: str) -> None:
    on_main = Base(sha=HEAD, how=BaseHow.MERGE_BASE, ref="main")
    assert build_view(facts(text, min_diff="80", base=on_main, uncommitted=uncommitted)).headline == headline


# --- what to do ----------------------------------------------------------------------------------------------------

BY_LINES = {"❌", "ℹ️", "✅"}


@pytest.mark.parametrize("situation", ALL)
def test_what_is_not_about_lines_says_what_to_do_and_where_that_is_explained(situation: str) -> None:
    built = view(situation)
    asked = built.mark == "⚠️" or (built.mark == "❌" and not built.open_tables)
    if asked:
        (url,) = {piece.url for piece in built.advice[0].pieces if piece.url}
        assert url.startswith("https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md#")
        assert str(built.advice[0]).endswith(" (why).")


def test_a_reason_that_the_headline_has_no_room_for_is_told_whole() -> None:
    told = str(view("total-unavailable").advice[0])
    assert told.startswith("What cannot be judged does not pass. 2 measured files cannot be analysed (gen/a.py: its")
    assert "cannot be analysed" not in str(view("diff-unavailable").advice[0])


def test_a_problem_that_knows_its_mending_says_that() -> None:
    reason = Unavailable(reason="the data is gone", hint="make it anew", slug="nothing-measured")
    made = replace(facts("", min_diff="80", problem="the data is gone"), total=reason)
    (advice,) = build_view(made).advice
    assert str(advice) == "What cannot be judged does not pass. Make it anew (why)."
    assert any((piece.url or "").endswith("#nothing-measured") for piece in advice.pieces)


def test_unknown_is_told_to_be_no_pass() -> None:
    assert str(view("no-baseline").advice[0]) == (
        "What cannot be judged does not pass. Run this workflow once on main, then this job again (why)."
    )


def test_a_component_that_is_unknown_is_named_beside_one_that_fails() -> None:
    (advice,) = view("components").advice
    assert str(advice).startswith("legacy_import: no file of it was measured. ")


def test_the_first_run_is_no_warning() -> None:
    built = view("nothing-recorded")
    assert (built.mark, built.kind) == ("✅", VerdictKind.PASS)
    assert [str(s) for s in built.advice] == ["First run: the drop is judged as soon as main has been recorded."]
    assert "no baseline yet" in [str(part) for part in built.footer]


@pytest.mark.parametrize("min_total", ["", "80"])
def test_what_is_missing_is_told_once_whatever_the_rules(min_total: str) -> None:
    built = build_view(facts("", min_diff="80", min_total=min_total, problem="the data is gone"))
    assert (built.headline, len(built.advice), built.rules) == ("Cannot judge: the data is gone", 1, ())


def test_an_unknown_diff_is_told_even_when_no_rule_needs_it() -> None:
    built = view("diff-unavailable-without-rule")
    assert built.kind is VerdictKind.PASS
    assert "broken.py has a syntax error" in built.headline
    assert not built.quiet


def test_a_file_that_nothing_names_is_told_above_the_table() -> None:
    built = build_view(facts("scripts/tool.py (undecided)\n    + 1-4 missing\nm.py\n    + 1-9", min_diff="50"))
    (sentence,) = built.advice
    told = "Not measured, and nothing says whether it should be: scripts/tool.py. Set source in the coverage"
    assert str(sentence).startswith(told)


@pytest.mark.parametrize(
    ("situation", "quiet"),
    [
        ("pass-quiet", True),
        ("push", True),
        ("pass", True),
        ("no-rules", False),
        ("fail-total", False),
        ("no-tests", False),
        ("guard-lowered", False),
        ("guard-warns", False),
        ("diff-unavailable-without-rule", False),
        ("indirect", False),
        ("compared", True),
    ],
)
def test_quiet_is_nothing_to_start_a_comment_for(situation: str, *, quiet: bool) -> None:
    assert view(situation).quiet is quiet


def test_without_rules_a_change_that_is_covered_is_quiet() -> None:
    assert build_view(facts(COVERED)).quiet


# --- the rules -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        ("fail-total", [("Total", "96.8 %", "99 %", "❌ fail"), ("Diff", "100 %", "100 %", "✅ pass")]),
        ("fail-one-line", [("Diff", "0 %", "50 %", "❌ fail"), ("Total", "90 %", "", "")]),
        (
            "no-baseline",
            [
                ("Drop", "–", "at most 0.5", "⚠️ unknown"),
                ("Diff", "66.7 %", "60 %", "✅ pass"),
                ("Total", "70.9 %", "", ""),
            ],
        ),
        # The raw drop is 1.25 and 4.2: what was judged is shown.
        (
            "drop",
            [
                ("Drop", "1.2", "at most 0", "❌ fail"),
                ("Diff", "66.7 %", "60 %", "✅ pass"),
                ("Total", "70.9 %", "", ""),
            ],
        ),
        (
            "drop-adjusted",
            [
                ("Diff", "66.7 %", "60 %", "✅ pass"),
                ("Drop", "none", "at most 0.5", "✅ pass"),
                ("Total", "70.9 %", "", ""),
            ],
        ),
        ("indirect-many", [("Diff", "66.7 %", "60 %", "✅ pass"), ("Total", "70.9 % (−0.31)", "", "")]),
        ("total-unavailable", []),
    ],
)
def test_the_table_has_what_fails_first_and_shows_what_was_judged(
    situation: str, expected: list[tuple[str, str, str, str]]
) -> None:
    assert rules(view(situation)) == expected


def test_why_a_drop_is_smaller_than_it_looks_is_told_with_the_raw_figure() -> None:
    text = [
        str(block.prose) for block in fold(view("drop-adjusted"), "rules pass").blocks if isinstance(block, Paragraph)
    ]
    assert text == ["Code that this change deletes is left out of the drop (4.2 with it)."]
    assert "2 flapping lines are left out of the drop (0.31 with them)" in titles(view("indirect"))


@pytest.mark.parametrize("raw", ["0", "-0.5"])
def test_where_the_total_did_not_fall_there_is_no_drop_to_explain(raw: str) -> None:
    assert not drop_notes(compared(max_drop="0.5", raw=raw, adjusted="-1.5"))
    assert drop_notes(compared(max_drop="0.5", raw="0.5", adjusted="-1.5"))


@pytest.mark.parametrize("situation", ALL)
def test_a_pass_has_no_table_in_the_open_and_a_broken_suite_none_at_all(situation: str) -> None:
    built = view(situation)
    if built.kind is VerdictKind.PASS:
        assert not built.open_tables
    if built.headline.endswith("is not judged"):
        assert not built.open_tables
        assert not any("pass" in title or "uncovered" in title for title in titles(built))


def test_the_components_stand_in_four_columns_and_the_project_last() -> None:
    tables = view("components").tables
    assert tables is not None
    assert [[str(cell) for cell in row] for row in tables.rows] == [
        ["❌ core", "65.2 %", "65.2 % < 70 %", "−1.25"],
        ["⚠️ legacy_import", "n/a", "–", ""],
        ["✅ api", "n/a", "81.1 % ≥ 75 %", "+0.33"],
        ["✅ the project", "66.7 % ≥ 60 %", "70.9 %", "−0.31"],
    ]


@pytest.mark.parametrize(("count", "shown"), [(5, 6), (6, 3)])
def test_five_components_stand_in_the_open_with_the_project(count: int, shown: int) -> None:
    made = ALL["components"]()
    parts = (*made.components, *(replace(made.components[0], name=f"part{n}") for n in range(count - 3)))
    assert len(build_view(replace(made, components=parts)).components) == shown


def test_beyond_five_components_those_that_pass_are_folded() -> None:
    made = ALL["components"]()
    parts = (*made.components, *(replace(made.components[0], name=f"part{n}") for n in range(4)))
    built = build_view(replace(made, components=parts))
    assert [row.name for row in built.components] == ["core", "legacy_import", "the project"]
    assert [row[0] for row in rows(built, "5 more components")] == ["✅ api", "part0", "part1", "part2", "part3"]
