"""What a report says below its rules: places and folds, what changed elsewhere, links, the small print."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.host.links import Links
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import Span
from covgate.model.history import NOTHING_RECORDED, FlapShown
from covgate.report.folds import Grid, Paragraph
from covgate.report.todo import TODO_LIMIT
from covgate.report.view import ReportView, build_view
from tests.support.situations import BASE, BLOB, CORE, HEAD, PASSED, SITUATIONS, facts, many_files
from tests.support.situations_compared import FLAPS, INDIRECT, compared
from tests.support.views import ALL, bullets, fold, rows, titles, view

MEASURED = Sha("c" * 40)


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
