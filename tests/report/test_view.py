"""What a report says: every broken rule, the largest gap first, links to the right lines, quiet when all is well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.host.links import Links
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import Span
from covgate.model.verdict import SuiteStatus, VerdictKind
from covgate.report.todo import TODO_LIMIT
from covgate.report.view import FILE_LIMIT, LEFT_OUT, ReportView, build_view
from tests.support.situations import BASE, BLOB, CORE, HEAD, PASSED, SITUATIONS, ended, facts, many_files

LAST_COMMIT = "the last commit: there is no main branch to compare with"
MEASURED = Sha("c" * 40)


def view(name: str) -> ReportView:
    return build_view(SITUATIONS[name]())


@pytest.mark.parametrize(
    ("situation", "icon", "headline"),
    [
        ("pass", "✅", "Coverage passes: diff 66.66 %, total 70.86 %"),
        ("pass-quiet", "✅", "Coverage passes: diff 100 %, total 96.84 %"),
        ("push", "✅", "Coverage passes: total 96.84 %"),
        ("no-rules", "ℹ️", "Coverage: diff 66.66 %, total 70.86 % (no rule is set)"),
        ("fail-diff", "❌", "Diff coverage 66.66 % is below 80 %: cover 4 more of 30 changed lines and branches"),
        ("fail-one-line", "❌", "Diff coverage 0 % is below 50 %: cover the changed line"),
        ("fail-total", "❌", "Total coverage 96.84 % is below 99 %: cover 3 more of 95 lines and branches"),
        ("tests-failed", "❌", "The tests failed (exit code 1)"),
        ("tests-killed", "❌", "The tests were killed by signal 9"),
        ("tests-timed-out", "❌", "The tests were stopped at the time limit, after 30.1 minutes"),
        ("no-tests", "⚠️", "Cannot judge: no tests were collected"),
        ("diff-not-applicable", "✅", "Coverage passes: no changed lines to cover, total 100 %"),
    ],
)
def test_the_first_line(situation: str, icon: str, headline: str) -> None:
    built = view(situation)
    assert (built.icon, built.headline) == (icon, headline)


def test_every_broken_rule_is_told() -> None:
    built = view("fail-both")
    assert built.headline.startswith("Diff coverage")
    (reason,) = built.reasons
    assert reason.startswith("Total coverage 70.86 % is below 85.25 %: cover 19 more")


def test_a_failed_suite_hides_no_broken_rule() -> None:
    built = view("tests-failed-and-diff")
    assert built.headline == "The tests failed (exit code 1)"
    assert built.reasons[0].startswith("Diff coverage 66.66 % is below 80 %")


@pytest.mark.parametrize("min_total", ["", "80"])
def test_what_is_missing_is_told_once_whatever_the_rules(min_total: str) -> None:
    built = build_view(facts("", min_diff="80", min_total=min_total, problem="the data is gone"))
    assert (built.headline, built.reasons) == ("Cannot judge: the data is gone", ())
    failed = build_view(facts("", suite=ended(SuiteStatus.FAILED, 1), problem="the data is gone"))
    assert failed.reasons == ("The data is gone",)


def test_an_unknown_diff_is_told_even_when_no_rule_needs_it() -> None:
    built = view("diff-unavailable-without-rule")
    assert built.kind is VerdictKind.PASS
    assert "broken.py cannot be analysed" in built.reasons[0]
    assert not built.quiet


@pytest.mark.parametrize(
    ("situation", "quiet"),
    [("pass-quiet", True), ("push", True), ("pass", False), ("fail-total", False), ("no-tests", False)],
)
def test_quiet_is_nothing_to_do(situation: str, *, quiet: bool) -> None:
    assert view(situation).quiet is quiet


def test_the_table_has_branches_only_where_they_were_measured() -> None:
    assert view("fail-diff").has_branches
    assert not view("lines-only").has_branches


def test_only_files_with_work_left_are_listed() -> None:
    built = build_view(facts(CORE + "src/app/done.py\n    + 1-5\n"))
    assert [file.shown for file in built.files.rows] == ["src/app/api.py", "src/app/core.py"]


# --- the next steps ------------------------------------------------------------------------------------------------


def test_the_next_steps_are_the_fewest_that_are_enough() -> None:
    # Six are missing in the one, four in the other.
    assert [(t.shown, t.lines, t.function, t.what) for t in view("fail-diff").todos.rows] == [
        ("src/app/api.py", "31-35", "create", "4 of lines 31-35, 2 branches"),
    ]


@pytest.mark.parametrize(
    ("situation", "title"),
    [
        ("fail-diff", "Covering this is enough"),
        ("hostile-names", "Covering these 4 is enough"),
        ("fail-both", "Still uncovered in this change"),
        ("tests-failed-and-diff", "Still uncovered in this change"),
        ("pass", "Still uncovered in this change"),
    ],
)
def test_a_list_is_called_enough_only_where_nothing_else_is_in_the_way(situation: str, title: str) -> None:
    assert view(situation).todo_title == title


def test_lines_and_branches_of_one_function_are_one_place() -> None:
    text = "m.py\n    + 5 partial\n    + 6 missing\n    + 8 missing\n    def f 4-9\n    + 10\n    + 12 missing\n"
    rows = build_view(facts(text, min_diff="90")).todos.rows
    assert [(row.lines, row.function) for row in rows] == [("5-8", "f"), ("12", "")]


def test_equals_are_in_the_order_of_the_source() -> None:
    text = "m.py\n" + "".join(f"    + {line} missing\n    {line + 1}\n" for line in (2, 9, 10_000, 100))
    assert [todo.lines for todo in build_view(facts(text)).todos.rows] == ["2", "9", "100", "10000"]


def test_there_are_five_and_the_title_says_of_how_many() -> None:
    built = view("many-files")
    assert len(built.todos.rows) == TODO_LIMIT
    assert built.todo_title == "That takes at least 87 of 200 places. Most is missing in"
    assert (len(built.files.rows), built.files.more) == (FILE_LIMIT, 200 - FILE_LIMIT)


def test_the_innermost_function_is_named() -> None:
    built = build_view(facts("m.py\n    3\n    + 5 missing\n    def outer 1-20\n    def outer.inner 4-6\n"))
    assert built.todos.rows[0].function == "outer.inner"


def test_a_file_no_test_loads_says_so() -> None:
    (todo,) = view("unmeasured-file").todos.rows
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
        (Base(sha=BASE, how=BaseHow.FIRST_PARENT, ref="main"), "first parent of the merge into main"),
        (Base(sha=BASE, how=BaseHow.MERGE_BASE, ref="origin/main"), "merge base with origin/main"),
        (Base(sha=HEAD, how=BaseHow.MERGE_BASE, ref="main"), "the last commit, which is part of main"),
        (Base(sha=BASE, how=BaseHow.EVENT, ref="main"), "what the merge queue adds to, on main"),
        (Base(sha=BASE, how=BaseHow.GIVEN, ref="v1"), "merge base with v1, as asked for"),
        (Base(sha=BASE, how=BaseHow.FIRST_PARENT), "first parent of the merge into the base"),
    ],
    ids=lambda value: value.how if isinstance(value, Base) else "",
)
def test_the_footer_names_the_base_and_how_it_was_found(base: Base, text: str) -> None:
    assert build_view(facts(base=base)).footer[0] == f"Base {base.sha[:12]} ({text})"


@pytest.mark.parametrize(
    ("text", "uncommitted", "headline"),
    [
        pytest.param(
            "a.py\n    1-4\n",
            0,
            "Coverage passes: no changed lines to cover (HEAD is part of main), total 100 %",
            id="nothing-to-judge",
        ),
        pytest.param(
            "a.py\n    1-3\n    + 4\n",
            1,
            "Coverage passes: diff 100 % (uncommitted edits against the last commit), total 100 %",
            id="edits-that-pass",
        ),
        pytest.param(
            "a.py\n    1-3\n    + 4 missing\n",
            1,
            "Diff coverage 0 % is below 80 %: cover the changed line (uncommitted edits against the last commit)",
            id="edits-that-fail",
        ),
    ],
)
def test_the_headline_says_that_no_commit_was_judged(text: str, uncommitted: int, headline: str) -> None:
    on_main = Base(sha=HEAD, how=BaseHow.MERGE_BASE, ref="main")
    assert build_view(facts(text, min_diff="80", base=on_main, uncommitted=uncommitted)).headline == headline


def test_every_way_to_find_a_base_has_words() -> None:
    for how in BaseHow:
        assert how.value not in build_view(facts(base=Base(sha=BASE, how=how, ref="main"))).footer[0]


@pytest.mark.parametrize(("files", "text"), [(0, ""), (1, "1 Python file"), (2, "2 Python files")])
def test_uncommitted_changes_are_told(files: int, text: str) -> None:
    head = build_view(facts(uncommitted=files)).footer[2]
    assert head == f"Head {HEAD[:12]}" + (f" with uncommitted changes in {text}" if files else "")


def test_sections_go_from_the_bottom() -> None:
    made = facts(CORE + many_files(60, "x") + "\ngen.py (omitted)\n    + 1", min_diff="99", notes=("a note",))
    current: ReportView | None = build_view(made)
    seen = []
    while current is not None:
        seen.append(
            [bool(s) for s in (current.todos.rows, current.files.rows, current.omitted.rows)]
            + [LEFT_OUT in current.notes]
        )
        rows = current.rows
        current = current.shorter()
    assert seen == [
        [True, True, True, False],
        [True, True, False, True],
        [True, False, False, True],
        [True, False, False, True],
        [False, False, False, True],
    ]
    assert len(rows) == 2, "the verdict and its table stay"


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
    (row,) = built.omitted.rows
    assert (row.names, row.others) == (((path,), "") if named else ((), "1 test file"))
    assert (row.rule, row.where) == ("omit = gen/*", "pyproject.toml line 12")


def test_files_that_one_rule_leaves_out_stand_in_one_line_and_tests_behind_them() -> None:
    names = [f"gen/m{n}.py" for n in range(7)] + ["tests/a.py", "tests/b.py"]
    built = build_view(facts("".join(f"{name} (omitted)\n    + 1\n" for name in names) + "m.py\n    + 1"))
    assert [(row.names, row.others) for row in built.omitted.rows] == [
        (("gen/m0.py", "gen/m1.py", "gen/m2.py", "gen/m3.py", "gen/m4.py"), "and 2 more"),
        ((), "2 test files"),
    ]
    assert built.omitted.total == 9


def test_a_file_that_nothing_names_is_told_above_the_table() -> None:
    built = build_view(facts("scripts/tool.py (undecided)\n    + 1-4 missing\nm.py\n    + 1-9", min_diff="50"))
    (reason,) = built.reasons
    assert reason.startswith("Not measured, and nothing says whether it should be: scripts/tool.py (set `source` in")
    assert not built.quiet


def test_a_run_without_tests_of_its_own_says_nothing_of_them() -> None:
    with_suite, without = (build_view(facts(CORE, min_diff="80", suite=run)) for run in (PASSED, None))
    assert replace(with_suite) == without


@pytest.mark.parametrize("situation", SITUATIONS)
def test_all_places_together_hold_all_that_is_missing(situation: str) -> None:
    diff = SITUATIONS[situation]().known_diff
    left = sum(place.statements + place.branches.missing for file in diff.files for place in file.places)
    assert left == diff.tally.counts.missing
