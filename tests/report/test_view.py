"""What a report says: the first line, what to do, the rules, the folds; links; quiet when all is well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.gate.rules import judge
from covgate.host.links import Links
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import Span
from covgate.model.history import NOTHING_RECORDED, FlapShown
from covgate.model.test_results import FailedTest, GoneTests, TestResults
from covgate.model.unknown import Unavailable
from covgate.model.verdict import SuiteStatus, VerdictKind
from covgate.report.folds import Bullets, Fold, Grid, Listing, Paragraph
from covgate.report.headline import LONGEST
from covgate.report.rules_table import drop_notes
from covgate.report.todo import TODO_LIMIT
from covgate.report.view import ReportView, build_view
from tests.support.situations import BASE, BLOB, CORE, COVERED, HEAD, PASSED, SITUATIONS, ended, facts, many_files
from tests.support.situations_compared import COMPARED, FLAPS, INDIRECT, compared
from tests.support.situations_guarded import GUARDED, LOWERED, guarded
from tests.support.situations_tests import TESTED

LAST_COMMIT = "the last commit: there is no main branch to compare with"
MEASURED = Sha("c" * 40)
ALL = SITUATIONS | COMPARED | GUARDED | TESTED


def view(name: str) -> ReportView:
    return build_view(ALL[name]())


def titles(built: ReportView) -> list[str]:
    return [str(fold.title) for fold in built.comment.folds]


def fold(built: ReportView, title: str) -> Fold:
    (found,) = [one for one in built.folds if title in str(one.title)]
    return found


def rows(built: ReportView, title: str) -> list[list[str]]:
    """Return the cells of the first table of a fold."""
    (grid,) = [block for block in fold(built, title).blocks if isinstance(block, Grid)]
    return [[str(cell) for cell in row] for row in grid.rows]


def bullets(built: ReportView, title: str) -> list[str]:
    """Return the list in a fold."""
    (found,) = [block for block in fold(built, title).blocks if isinstance(block, Bullets)]
    return [str(row) for row in found.rows]


def rules(built: ReportView) -> list[tuple[str, str, str, str]]:
    return [(row.name, row.now, row.required, f"{row.mark} {row.result}".strip()) for row in built.rules]


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


# --- the next steps ------------------------------------------------------------------------------------------------


def test_the_next_steps_are_the_fewest_that_are_enough() -> None:
    # Six are missing in the one, four in the other.
    built = view("fail-diff")
    assert built.steps is not None
    assert (built.steps.title, [str(row) for row in built.step_rows]) == (
        "Covering this is enough",
        ["src/app/api.py:31-35 in create: 4 of lines 31-35, 2 branches"],
    )


@pytest.mark.parametrize("situation", ["pass", "tests-failed-and-diff", "no-baseline", "no-rules"])
def test_where_covering_lines_mends_nothing_no_places_are_asked_for(situation: str) -> None:
    assert view(situation).steps is None


def test_where_no_places_are_known_and_the_change_is_covered_there_is_no_list() -> None:
    made = replace(ALL["fail-total"](), steps=None)
    assert not made.known_diff.tally.counts.missing
    assert build_view(made).steps is None


def test_that_the_change_is_covered_is_said_where_something_else_fails() -> None:
    assert str(view("fail-total").lead) == "The change itself is covered."
    assert not view("fail-diff").lead


def test_lines_and_branches_of_one_function_are_one_range() -> None:
    text = "m.py\n    + 5 partial\n    + 6 missing\n    + 8 missing\n    def f 4-9\n    + 10\n"
    more = "    + 12 missing\n    + 13 partial\nx.py\n    + 1 missing\n"
    built = build_view(facts(text + more, min_diff="60"))
    assert rows(built, "uncovered")[0][2] == "5-8, 12-13"


def test_of_a_strangers_ranges_that_overlap_the_longer_one_is_shown() -> None:
    made = facts("m.py\n    + 1-2 missing\n    + 3\n    + 5-9 missing\nx.py\n    + 1 missing\n", min_diff="60")
    first, *others = made.known_diff.files
    files = (replace(first, partial=frozenset({7})), *others)
    built = build_view(replace(made, diff=replace(made.known_diff, files=files)))
    assert rows(built, "uncovered")[0][2] == "1-2, 5-9"


def test_equals_are_in_the_order_of_the_source() -> None:
    text = "m.py\n" + "".join(f"    + {line} missing\n    {line + 1}\n" for line in (2, 9, 10_000, 100))
    assert [todo.lines for todo in build_view(facts(text)).places] == ["2", "9", "100", "10000"]


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ("+ 5 missing", "The one uncovered line"),
        ("+ 5 partial", "The one uncovered branch"),
        ("+ 5-6 missing", "The 2 uncovered lines, in 1 file"),
        ("+ 5-7 missing", "All 3 uncovered lines, in 1 file"),
    ],
)
def test_what_is_uncovered_is_counted_in_words(lines: str, title: str) -> None:
    # The total fails by more than the change has: the places are elsewhere, too.
    built = build_view(facts(f"m.py\n    1-4\n    {lines}\n    11-90 missing\n", min_total="80"))
    assert title in titles(built)


def test_there_are_five_and_the_fold_says_of_how_many() -> None:
    built = view("many-files")
    assert len(built.step_rows) <= TODO_LIMIT
    assert "All 794 uncovered lines, in 200 files" in titles(built)
    short = built.limited(10)
    assert titles(short) == ["The 10 largest of 200 files"]
    (grid,) = fold(short, "The 10 largest").blocks
    assert isinstance(grid, Grid)
    assert (len(grid.rows), grid.more) == (10, 190)


def test_the_innermost_function_is_named() -> None:
    built = build_view(facts("m.py\n    3\n    + 5 missing\n    def outer 1-20\n    def outer.inner 4-6\n"))
    assert built.places[0].function == "outer.inner"


def test_only_files_with_work_left_are_listed() -> None:
    built = build_view(facts(CORE + "src/app/done.py\n    + 1-5\n", min_diff="80"))
    assert [row[0] for row in rows(built, "uncovered")] == ["src/app/api.py", "src/app/core.py"]


def test_a_list_of_everything_is_not_followed_by_a_table_of_the_same() -> None:
    assert not titles(view("fail-one-line"))


def test_what_a_pass_leaves_uncovered_is_folded() -> None:
    assert titles(view("pass")) == ["10 of 30 changed lines and branches are not covered", "Both rules pass"]
    assert titles(view("pass-quiet")) == []


# --- outside the change --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flaps", [(), FLAPS], ids=["lines-unknown", "lines-known"])
def test_that_flapping_lines_are_left_out_of_the_drop_is_said_once(flaps: tuple[FlapShown, ...]) -> None:
    built = build_view(compared(max_drop="0", excused="0.31", flaps=flaps))
    notes = [str(part.prose) for part in fold(built, "rules pass").blocks if isinstance(part, Paragraph)]
    said = [text for text in (*titles(built), *notes) if "lapping lines are left out of the drop" in text]
    assert said == [
        "2 flapping lines are left out of the drop (0.31 with them)"
        if flaps
        else "Flapping lines are left out of the drop (0.31 with them)."
    ]


def test_what_was_lost_outside_the_change_is_counted_by_lines_and_files() -> None:
    built = build_view(compared(max_drop="0", excused="0.31", indirect=INDIRECT[:2]))
    assert "8 lines outside this change lost their coverage, in 2 files" in titles(built)
    assert rows(built, "lost their coverage")[0] == ["src/app/cache.py", "12-14, 30"]
    assert not any("gained" in title for title in titles(built))
    assert rows(built, "gained coverage") == [["src/app/jobs.py", "2-3"]]


def test_one_line_that_was_lost_outside_the_change_lost_its_coverage() -> None:
    one = replace(INDIRECT[0], lost=(Span(start=12, end=12),))
    built = build_view(compared(max_drop="0", excused="0.31", indirect=(one,)))
    assert "1 line outside this change lost its coverage, in 1 file" in titles(built)


def test_notes_are_in_the_comment_where_something_is_wrong() -> None:
    noted = facts(CORE, min_diff="60", notes=("Paths were mapped.",))
    assert "1 note on the measurement" not in titles(build_view(noted))
    assert bullets(build_view(noted), "1 note") == ["Paths were mapped."]
    assert "1 note on the measurement" in titles(build_view(facts(CORE, min_diff="80", notes=("Paths were mapped.",))))


def test_a_file_no_test_loads_says_so() -> None:
    todo = view("unmeasured-file").places[0]
    assert (todo.lines, todo.function, todo.what) == ("3-12", "load", "no test imports this file (10 lines)")


# --- links ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "span", "url"),
    [
        pytest.param("a.py", Span(start=3, end=5), f"{BLOB}/{HEAD}/a.py#L3-L5", id="range"),
        pytest.param("a.py", Span(start=3, end=3), f"{BLOB}/{HEAD}/a.py#L3", id="one-line"),
        pytest.param("a.py", None, f"{BLOB}/{HEAD}/a.py", id="file"),
        pytest.param("moved.py", Span(start=3, end=3), f"{BLOB}/{MEASURED}/moved.py#L3", id="lines-moved-by-the-base"),
        pytest.param("a b/#?[x](ü).py", None, f"{BLOB}/{HEAD}/a%20b/%23%3F%5Bx%5D%28%C3%BC%29.py", id="quoted"),
        pytest.param("\udcff.py", None, f"{BLOB}/{HEAD}/%FF.py", id="not-utf-8"),
    ],
)
def test_a_permalink(path: str, span: Span | None, url: str) -> None:
    links = Links(blob=BLOB, head=HEAD, measured=MEASURED, moved=frozenset({PurePosixPath("moved.py")}))
    assert links.to(PurePosixPath(path), span) == url


def test_a_laptop_has_no_links() -> None:
    assert Links().to(PurePosixPath("a.py")) is None


# --- the small print -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "text"),
    [
        (Base(sha=BASE, how=BaseHow.FIRST_PARENT, ref="main"), "compared with main at 9a8b7c6"),
        (
            Base(sha=BASE, how=BaseHow.MERGE_BASE, ref="origin/main"),
            "compared with where this branch left main at 9a8b7c6",
        ),
        (Base(sha=HEAD, how=BaseHow.MERGE_BASE, ref="main"), "compared with the last commit, which is part of main"),
        (Base(sha=BASE, how=BaseHow.EVENT, ref="main"), "compared with the queue's base at 9a8b7c6"),
        (Base(sha=BASE, how=BaseHow.GIVEN, ref="v1"), "compared with v1, as asked for, at 9a8b7c6"),
        (Base(sha=BASE, how=BaseHow.FIRST_PARENT), "compared with the base at 9a8b7c6"),
        (Base(sha=BASE, how=BaseHow.GIVEN, ref=BASE), "compared with the base, as asked for, at 9a8b7c6"),
    ],
    ids=lambda value: value.how if isinstance(value, Base) else "",
)
def test_the_footer_names_the_base_and_how_it_was_found(base: Base, text: str) -> None:
    assert str(build_view(facts(base=base)).footer[0]) == f"{HEAD[:7]} {text}"


def test_every_way_to_find_a_base_has_words() -> None:
    for how in BaseHow:
        assert how.value not in str(build_view(facts(base=Base(sha=BASE, how=how, ref="main"))).footer[0])


@pytest.mark.parametrize(("files", "text"), [(0, ""), (1, " with changes in 1 file"), (2, " with changes in 2 files")])
def test_uncommitted_changes_are_told(files: int, text: str) -> None:
    head = str(build_view(facts(uncommitted=files)).footer[0])
    assert head == f"{HEAD[:7]}{text} compared with main at 9a8b7c6"


@pytest.mark.parametrize(
    ("situation", "part"),
    [
        ("compared", None),
        ("compared-near", "baseline 9a8b7c6, 3 commits older"),
        ("no-baseline", "no baseline: none of the 12 recorded commits is an ancestor"),
        ("nothing-recorded", "no baseline yet"),
        ("pass", None),
        ("tests-failed", "Measured all the same: diff 100 %, total 96.8 %"),
    ],
)
def test_the_footer_has_a_baseline_only_where_it_is_news(situation: str, part: str | None) -> None:
    parts = [str(one) for one in view(situation).footer]
    assert part in parts if part else not any("baseline" in one for one in parts)


def test_a_drop_rule_alone_asks_for_a_baseline() -> None:
    made = facts(CORE, min_diff="10", baseline=NOTHING_RECORDED)
    assert not any("baseline" in str(part) for part in build_view(made).footer)


def test_the_trend_stands_below_a_pass_alone() -> None:
    for minimum, there in (("60", True), ("80", False)):
        parts = [str(part) for part in build_view(facts(CORE, min_diff=minimum, trend="▁▂▃")).footer]
        assert ("▁▂▃" in parts) is there


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


def test_folds_go_from_the_bottom_and_are_named() -> None:
    made = facts(CORE + many_files(60, "x") + "\ngen.py (omitted)\n    + 1", min_diff="90", notes=("a note",))
    current: ReportView | None = build_view(made).comment
    seen = []
    while current is not None:
        seen.append((len(current.folds), bool(current.steps), [str(title) for title in current.left_out]))
        rules_ = current.rules
        current = current.shorter()
    first = titles(build_view(made))
    assert first == [
        "All 244 uncovered lines and branches, in 62 files",
        "1 changed file is not judged",
        "1 note on the measurement",
    ]
    assert seen[:4] == [(3, True, []), (2, True, first[2:]), (1, True, first[1:]), (0, True, first)]
    assert seen[4] == (0, False, ["the places to cover", *first])
    assert rules_, "the verdict and its table stay"


def test_what_to_do_goes_last_and_the_rules_stay() -> None:
    views: list[ReportView] = []
    current: ReportView | None = view("no-baseline").comment
    while current is not None:
        views.append(current)
        current = current.shorter()
    *others, last = views
    assert all(one.advice for one in others)
    assert (last.advice, last.remarks) == ((), ())
    assert last.rules


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("src/gen.py", True),
        ("src/contest.py", True),
        ("src/latest/core.py", True),
        ("tests/helpers.py", False),
        ("src/app/test/x.py", False),
        ("test_app.py", False),
        ("src/app_test.py", False),
        ("conftest.py", False),
    ],
)
def test_a_changed_file_that_is_left_out_is_named_and_a_test_is_counted(path: str, *, named: bool) -> None:
    built = build_view(facts(f"{path} (omitted)\n    + 1\nm.py\n    + 1"))
    what = path if named else "1 test file"
    assert bullets(built, "1 changed file is not judged") == [f"{what} (omit = gen/*, pyproject.toml line 12)"]


def test_files_that_one_rule_leaves_out_stand_in_one_line_and_tests_behind_them() -> None:
    names = [f"gen/m{n}.py" for n in range(7)] + ["tests/a.py", "tests/b.py"]
    built = build_view(facts("".join(f"{name} (omitted)\n    + 1\n" for name in names) + "m.py\n    + 1"))
    assert bullets(built, "9 changed files are not judged") == [
        "gen/m0.py, gen/m1.py, gen/m2.py, gen/m3.py, gen/m4.py and 2 more (omit = gen/*, pyproject.toml line 12)",
        "2 test files (omit = gen/*, pyproject.toml line 12)",
    ]


def test_a_run_without_tests_of_its_own_says_nothing_of_them() -> None:
    with_suite, without = (build_view(facts(CORE, min_diff="80", suite=run)) for run in (PASSED, None))
    assert replace(with_suite) == without


@pytest.mark.parametrize("situation", SITUATIONS)
def test_all_places_together_hold_all_that_is_missing(situation: str) -> None:
    diff = SITUATIONS[situation]().known_diff
    left = sum(place.statements + place.branches.missing for file in diff.files for place in file.places)
    assert left == diff.tally.counts.missing
