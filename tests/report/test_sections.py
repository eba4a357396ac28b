"""The folds of a report, whole: their titles, their rows, and who is shown them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from covgate.gate.rules import evaluate_drop, judge
from covgate.model.test_results import GoneTests
from covgate.model.test_results import TestResults as Results  # pytest takes Test... for a class of tests
from covgate.model.unknown import Unavailable
from covgate.report.facts import Facts
from covgate.report.folds import Block, Bullets, Fold, Grid, Listing, Paragraph
from covgate.report.sections import with_statements
from covgate.report.view import build_view
from tests.support.situations import CORE, PASSED, SITUATIONS, facts
from tests.support.situations_compared import COMPARED, FLAPS, INDIRECT, compared
from tests.support.situations_guarded import LOWERED, OMIT, REMOVED, guarded
from tests.support.situations_tests import SHIPPING, TESTED, failed


def lines(block: Block) -> list[str]:
    match block:
        case Paragraph(prose=prose):
            return [str(prose)]
        case Bullets(rows=rows, more=more):
            return [*(f"- {row}" for row in rows), *([f"and {more} more"] if more else [])]
        case Grid(columns=columns, rows=cells):
            titles = " | ".join(f"{column.title}{' >' if column.right else ''}" for column in columns)
            return [titles, *(" | ".join(map(str, row)).rstrip(" |") for row in cells)]
        case Listing(language=language, lines=listed):
            return [f"({language})", *listed]


def folds(made: Facts) -> dict[str, list[str]]:
    """Return the lines of each fold but the one of counts, which always is the last and the summary's alone."""
    *found, last = build_view(made).folds
    assert (str(last.title), last.in_comment) == ("Lines and branches", False)
    return {str(fold.title): [line for block in fold.blocks for line in lines(block)] for fold in found}


def one_fold(made: Facts, title: str) -> Fold:
    (found,) = [fold for fold in build_view(made).folds if str(fold.title) == title]
    return found


def shown_in(fold: Fold) -> str:
    """Return who has a fold beside the summary, which has all."""
    terminal = (fold.in_comment or fold.in_terminal) and not fold.repeats
    places = {"comment": fold.in_comment, "terminal": terminal, "page": fold.on_page}
    return ", ".join(place for place, has in places.items() if has)


M, B = "m.py\n    + 1-9\n    + 10 missing\n", "b.py\n    + 1-2 missing\n"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (M, "1 of 10 changed lines is not covered"),
        (M + B, "3 of 12 changed lines are not covered"),
        ("m.py\n    + 1-9\n    + 10 partial\n", "1 of 12 changed lines and branches is not covered"),
        ("m.py\n    + 1-9\n    + 10-1999 missing\n", "1,990 of 1,999 changed lines are not covered"),
    ],
)
def test_a_pass_says_how_much_is_not_covered(text: str, title: str) -> None:
    assert next(iter(folds(facts(text, min_total="0")))) == title


OUTSIDE = "z.py\n    1-9\n    10-59 missing\n    def f 9-70\n"
"""A function outside of the change: covering it is enough for half of the total."""


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("m.py\n    + 1-9\n    + 10 partial\n", "The one uncovered branch"),
        (M, "The one uncovered line"),
        (M + "b.py\n    + 1 missing\n", "The 2 uncovered lines, in 2 files"),
        (M + B, "All 3 uncovered lines, in 2 files"),
        (M + "b.py\n    + 1 missing 0/2\n", "All 4 uncovered lines and branches, in 2 files"),
    ],
)
def test_what_else_is_uncovered_is_counted_where_a_rule_is_broken(text: str, title: str) -> None:
    assert next(iter(folds(facts(text + OUTSIDE, min_total="50")))) == title


def test_files_are_listed_with_their_ranges_the_largest_first() -> None:
    single = "".join(f"    + {2 * n} missing\n    + {2 * n + 1}\n" for n in range(1, 14))
    many = "".join(f"    + {2 * n} missing\n    + {2 * n + 1}\n" for n in range(1, 15))
    text = f"m.py\n    + 1-9\n    + 10 missing\nb.py\n    + 3 partial\n    + 4-5 missing\nx.py\n{single}y.py\n{many}"
    found = folds(facts(text + "new.py (unmeasured)\n    + 1-2 missing\n" + OUTSIDE, min_total="50"))
    assert found["All 33 uncovered lines and branches, in 5 files"] == [
        "File | Diff > | Uncovered",
        "y.py | 50 % | 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 2 more",
        "x.py | 50 % | 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26",
        "b.py | 40 % | 3-5",
        "new.py | 0 % | 1-2 (no test imports this file)",
        "m.py | 90 % | 10",
    ]


def test_where_the_places_are_all_that_is_missing_no_file_is_listed() -> None:
    assert folds(facts(M + B, min_diff="100")) == {}
    assert [title for title in folds(replace(facts(M + B, min_diff="76"), steps=None)) if "uncovered" in title] == []


def test_the_rules_of_a_pass_are_counted() -> None:
    assert "The rule passes" in folds(facts(M, min_diff="50"))
    assert "Both rules pass" in folds(facts(M, min_diff="50", min_total="50"))
    three = compared(max_drop="0.5")
    total = facts(CORE, min_total="50").verdict.checks
    passed = replace(three, verdict=judge((*three.verdict.checks, *total), PASSED))
    assert "All 3 rules pass" in folds(passed)


def test_the_table_of_a_pass_stands_in_the_comment_where_something_is_missing() -> None:
    uncovered = one_fold(facts(M, min_diff="50"), "The rule passes")
    assert lines(uncovered.blocks[0]) == [
        "Coverage | Now > | Required > | Result",
        "Diff | 90 % | 50 % | ✅ pass",
        "Total | 90 %",
    ]
    assert shown_in(uncovered) == "comment, page"
    assert shown_in(one_fold(facts("m.py\n    + 1-9\n", min_diff="50"), "The rule passes")) == "page"
    made = facts("m.py\n    1-9\n    + 10 text\n", min_diff="80", min_total="80")
    assert folds(made)["1 of 2 rules pass, 1 has nothing to judge"][1:] == [
        "Total | 100 % | 80 % | ✅ pass",
        "Diff | n/a | 80 % | n/a",
    ]
    drop = facts("m.py\n    + 1-9\n", min_diff="50")
    smaller = compared(max_drop="0.5", raw="4.2", adjusted="0").verdict.checks[-1]
    explained = one_fold(replace(drop, verdict=judge((*drop.verdict.checks, smaller), PASSED)), "Both rules pass")
    assert (lines(explained.blocks[1]), shown_in(explained)) == (
        ["Code that this change deletes is left out of the drop (4.2 with it)."],
        "comment, page",
    )


def test_what_lies_outside_the_change_is_told_and_what_was_gained_in_the_summary_alone() -> None:
    made = compared(max_drop="0.5", indirect=INDIRECT[:2], flaps=FLAPS)
    found = folds(made)
    assert found["8 lines outside this change lost their coverage, in 2 files"] == [
        "File | Lost",
        "src/app/cache.py | 12-14, 30",
        "src/app/jobs.py | 12-14, 30",
    ]
    assert found["2 lines outside this change gained coverage, in 1 file"] == ["File | Gained", "src/app/jobs.py | 2-3"]
    assert found["2 flapping lines differ from the baseline"] == [
        "They came and went in the records although nobody edited the file:",
        "- src/app/jobs.py:44: lost this time, changed 4 times in recent records",
        "- src/app/pool.py:7: gained this time, changed 2 times in recent records",
    ]
    who = {str(fold.title).partition(" ")[2]: shown_in(fold) for fold in build_view(made).folds}
    assert who["lines outside this change lost their coverage, in 2 files"] == "comment, terminal, page"
    assert who["lines outside this change gained coverage, in 1 file"] == "page"
    assert who["flapping lines differ from the baseline"] == "page"
    excused = compared(max_drop="0", excused="0.31", flaps=FLAPS[:1])
    assert shown_in(one_fold(excused, "1 flapping line is left out of the drop (0.31 with it)")) == (
        "comment, terminal, page"
    )


def test_one_line_is_one_line() -> None:
    one = replace(INDIRECT[0], lost=INDIRECT[0].lost[1:], gained=INDIRECT[0].lost[1:])
    titles = list(folds(compared(max_drop="0.5", indirect=(one,), flaps=FLAPS[:1])))
    assert titles[2:] == [
        "1 line outside this change lost its coverage, in 1 file",
        "1 line outside this change gained coverage, in 1 file",
        "1 flapping line differs from the baseline",
    ]


def test_changes_of_the_gate_stand_open_where_several_lower_it() -> None:
    assert one_fold(guarded(LOWERED), "1 change to the gate itself").open is False
    assert one_fold(guarded(LOWERED, REMOVED), "2 changes to the gate itself").open is True
    fold = one_fold(guarded(OMIT), "1 change to the gate itself")
    assert (fold.open, shown_in(fold)) == (False, "comment, terminal, page")


def test_notes_are_told_below_what_is_no_pass() -> None:
    noted = [facts(M, min_diff=bar, notes=("One.", "Two.")) for bar in ("50", "95")]
    assert [lines(one_fold(made, "2 notes on the measurement").blocks[0]) for made in noted] == [
        ["- One.", "- Two."]
    ] * 2
    assert [shown_in(one_fold(made, "2 notes on the measurement")) for made in noted] == [
        "terminal, page",
        "comment, terminal, page",
    ]


def test_files_that_are_not_judged_are_named_with_what_leaves_them_out() -> None:
    fold = one_fold(SITUATIONS["undecided-file"](), "3 changed files are not judged")
    assert lines(fold.blocks[0]) == [
        "- src/app/_version.py (omit = gen/*, pyproject.toml line 12)",
        "- 2 test files (omit = gen/*, pyproject.toml line 12)",
    ]
    assert shown_in(fold) == "comment, terminal"
    tests = facts("m.py\n    + 1-9\ntests/test_core.py (omitted)\n    + 1\n", min_diff="50")
    assert shown_in(one_fold(tests, "1 changed file is not judged")) == ""


def test_failed_tests_bring_their_output_and_the_slowest_of_all() -> None:
    found = folds(TESTED["tests-named"]())
    assert list(found) == ["The output of both", "The slowest tests"]
    assert found["The output of both"][:2] == ["(text)", "tests/test_cart.py:41: in test_shipping_is_free"]
    assert found["The slowest tests"] == [
        "Test | Time >",
        "tests/test_cart.py::TestCart::test_all_of_it | 13 s",
        "tests/test_invoice.py::test_total | 0.84 s",
    ]
    assert shown_in(one_fold(TESTED["tests-named"](), "The output of both")) == "comment, page"
    for count in (1, 3):
        results = Results(passed=7, failed=count, failures=(SHIPPING,) * count)
        assert list(folds(failed(results))) == ["The output"]


@pytest.mark.parametrize(("length", "shown"), [(80, "f" * 80), (81, "f" * 79 + "…")])
def test_a_very_long_name_of_a_function_or_a_test_is_cut(length: int, shown: str) -> None:
    made = facts(M + f"    def {'f' * length} 10-11\n", min_diff="50")
    assert folds(made)["1 of 10 changed lines is not covered"] == [f"- m.py:10 in {shown}: 1 line"]
    results = Results(failed=1, failures=(replace(SHIPPING, name="f" * length),), slowest=(("f" * length, 1.0),))
    view = build_view(failed(results))
    assert view.failed
    assert lines(view.failed) == [f"- tests/test_cart.py:41 in {shown}: assert 490 == 0"]
    assert folds(failed(results))["The slowest tests"][1] == f"{shown} | 1.0 s"


def test_beyond_five_components_those_without_a_broken_rule_are_folded() -> None:
    made = COMPARED["components"]()
    parts = (*made.components, *(replace(made.components[0], name=f"part{n}") for n in range(3)))
    assert folds(replace(made, components=parts))["4 more components without a broken rule"] == [
        "Component | Diff > | Total > | Change >",
        "✅ api | n/a | 81.1 % ≥ 75 % | +0.33",
        *(f"part{n} | n/a | 81.1 % | +0.33" for n in range(3)),
    ]
    assert not [title for title in folds(replace(made, components=parts[:5])) if "more component" in title]


def test_a_pass_with_components_shows_them_in_the_place_of_the_rules() -> None:
    made = COMPARED["components"]()
    passed = replace(made, components=made.components[:1], verdict=facts(M, min_diff="50").verdict)
    fold = one_fold(passed, "The rule passes")
    assert lines(fold.blocks[0])[0] == "Component | Diff > | Total > | Change >"


def test_flapping_lines_excuse_nothing_of_a_drop_that_is_not_known() -> None:
    made = compared(max_drop="", flaps=FLAPS)
    unknown = evaluate_drop(Decimal(0), Unavailable(reason="the data is gone"), nothing="")
    titles = folds(replace(made, verdict=judge((*made.verdict.checks, unknown), PASSED)))
    assert "2 flapping lines differ from the baseline" in titles


def test_tests_that_are_gone_are_listed_and_their_file_named_where_it_is_one() -> None:
    one, other = PurePosixPath("tests/a.py"), PurePosixPath("tests/b.py")
    gone = GoneTests(count=3, names=("tests/a.py::test_x",), files=((one, 2), (other, 1)))
    made = facts(M, min_diff="50")
    assert folds(replace(made, gone=gone))["3 tests that ran on main did not run here"] == [
        "- tests/a.py::test_x",
        "and 2 more",
    ]
    in_one = replace(gone, files=((one, 3),))
    assert "3 tests that ran on main did not run here, all in tests/a.py" in folds(replace(made, gone=in_one))
    assert folds(replace(made, gone=replace(gone, names=()))) == folds(made)


def test_a_statement_that_a_reason_names_is_set_as_code() -> None:
    said = with_statements("the if on line 9 is never true and the except on line 12 never matches (3 lines)")
    assert [(piece.text, piece.code) for piece in said.pieces] == [
        ("the ", False),
        ("if", True),
        (" on line 9 is never true and the ", False),
        ("except", True),
        (" on line 12 never matches (3 lines)", False),
    ]
    assert [(piece.text, piece.code) for piece in with_statements("never called").pieces] == [("never called", False)]
