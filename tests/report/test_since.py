"""What a push did to the change's coverage: figures before and after, and at most two names."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.numbers import Counts
from covgate.model.unknown import Unavailable
from covgate.report.facts import Facts, KnownTotal
from covgate.report.since import MOST_PLACES, PushFigures, push_figures, with_push
from covgate.report.view import build_view
from tests.support.situations import CORE, facts, many_files

RECEIPT = """
src/app/core.py
    + 1-18
    + 20 {one}
    + 30 {two}
    + 40 {three}
    def render_receipt 19-25
    def refund 29-35
    def tax 39-45
"""


def made(one: str = "covered", two: str = "covered", three: str = "covered") -> Facts:
    words = {"covered": "", "missing": "missing"}
    return facts(RECEIPT.format(one=words[one], two=words[two], three=words[three]), min_diff="80")


def since(before: Facts, now: Facts) -> str:
    figures = push_figures(before)
    assert figures is not None
    return str(with_push(build_view(now), now, figures).since)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param(
            made("missing", "missing"),
            made(two="missing"),
            "Since the last push: diff 90.5 % → 95.2 %, render_receipt is covered now.",
            id="one-covered",
        ),
        pytest.param(
            made("missing", "missing"),
            made(),
            "Since the last push: diff 90.5 % → 100 %, render_receipt and refund are covered now.",
            id="two-covered",
        ),
        pytest.param(
            made("missing", "missing", "missing"),
            made(),
            "Since the last push: diff 85.7 % → 100 %, render_receipt, refund and 1 more are covered now.",
            id="three-covered",
        ),
        pytest.param(
            made("missing"),
            made(two="missing"),
            "Since the last push: render_receipt is covered now, refund is uncovered now.",
            id="one-for-another",
        ),
        pytest.param(made("missing"), made("missing"), "", id="nothing-changed"),
        pytest.param(
            made(),
            made("missing"),
            "Since the last push: diff 100 % → 95.2 %, render_receipt is uncovered now.",
            id="lost",
        ),
    ],
)
def test_the_last_push(before: Facts, now: Facts, told: str) -> None:
    assert since(before, now) == told


def test_a_function_that_is_gone_from_the_change_is_not_called_covered() -> None:
    gone = facts("src/app/core.py\n    + 1-18\n    20\n    def render_receipt 19-25\n", min_diff="80")
    assert since(made("missing"), gone) == "Since the last push: diff 95.2 % → 100 %."


def test_a_gap_outside_of_every_function_is_in_the_figures_alone() -> None:
    before, now = (facts(f"src/app/core.py\n    + 1-18\n    + 20 {word}\n", min_diff="80") for word in ("", "missing"))
    assert since(before, now) == "Since the last push: diff 100 % → 94.7 %."


def test_a_stored_report_tells_the_figures_alone() -> None:
    now = made()
    assert not isinstance(now.total, Unavailable)
    stored = replace(now, total=KnownTotal(total=now.total.total, has_branches=False))
    assert since(made("missing"), stored) == "Since the last push: diff 95.2 % → 100 %."


def test_figures_stay_on_their_side_of_the_requirement() -> None:
    before = PushFigures(diff=Counts(covered=7_996, total=10_000))
    now = made()
    assert "diff 79.96 % → 100 %" in str(with_push(build_view(now), now, before).since)


def test_beyond_the_remembered_places_nothing_is_called_new() -> None:
    many = facts(many_files(MOST_PLACES + 5, "src"), min_diff="80")
    figures = push_figures(many)
    assert figures is not None
    assert (len(figures.places), figures.complete) == (MOST_PLACES, False)
    more = facts(many_files(MOST_PLACES + 9, "src"), min_diff="80")
    assert "uncovered" not in str(with_push(build_view(more), more, figures).since)


@pytest.mark.parametrize("nothing", [facts("m.py\n    1-3\n"), facts(CORE, diff=None), facts("", problem="gone")])
def test_where_there_is_no_diff_there_is_nothing_to_remember(nothing: Facts) -> None:
    assert push_figures(nothing) is None
    assert not with_push(build_view(nothing), nothing, PushFigures(diff=Counts(covered=1, total=2))).since


@given(name=st.text(max_size=80))
def test_no_name_is_remembered_as_it_is(name: str) -> None:
    base = made("missing")
    (file,) = base.known_diff.files
    places = tuple(replace(place, function=name) for place in file.places)
    figures = push_figures(replace(base, diff=replace(base.known_diff, files=(replace(file, places=places),))))
    assert figures is not None
    assert all(re.fullmatch(r"[0-9a-f]{10}", place) for place in figures.places)


def gaps(*sizes: int, path: str = "m.py", word: str = "missing", rule: str = "80") -> Facts:
    """Return a change of one function for each size, which has so many lines left: `f0`, `f1`, ..."""
    text = f"{path}\n    + 1-100\n"
    for at, size in enumerate(sizes):
        start = 1000 + 100 * at
        text += f"    + {start}-{start + size - 1} {word}\n    def f{at} {start}-{start + 50}\n"
    return facts(text, min_diff=rule)


def test_names_are_told_by_the_size_of_their_gap_and_there_are_two_of_both_kinds_together() -> None:
    none = gaps(1, 1, 1, word="")
    both = facts(
        "a.py\n    + 1-90\n    + 100-104 missing\n    def old 95-110\n    + 120-123 missing\n    def other 119-130\n",
        min_diff="80",
    )
    assert since(none, gaps(1)) == "Since the last push: diff 100 % → 99 %, f0 is uncovered now."
    assert since(none, gaps(1, 3)) == "Since the last push: diff 100 % → 96.2 %, f1 and f0 are uncovered now."
    assert since(none, gaps(2, 2)) == "Since the last push: diff 100 % → 96.2 %, f0 and f1 are uncovered now."
    assert since(none, gaps(1, 3, 2)) == (
        "Since the last push: diff 100 % → 94.3 %, f1, f2 and 1 more are uncovered now."
    )
    one = facts(
        "a.py\n    + 1-90\n    + 100-104\n    def old 95-110\n    + 120-123 missing\n    def other 119-130\n"
        "    + 140-141 missing\n    def new 139-150\n    + 160-162 missing\n    def newer 159-170\n",
        min_diff="80",
    )
    assert since(both, one) == (
        "Since the last push: diff 90.9 % → 91.3 %, old is covered now, newer and 1 more are uncovered now."
    )
    two = facts(
        "a.py\n    + 1-90\n    + 100-104\n    def old 95-110\n    + 120-123\n    def other 119-130\n"
        "    + 140-148 missing\n    def new 139-150\n",
        min_diff="80",
    )
    assert since(both, two) == "Since the last push: diff 90.9 % → 91.7 %, old and other are covered now."


def test_without_a_rule_the_figures_are_told_with_one_decimal() -> None:
    before = PushFigures(diff=Counts(covered=7_996, total=10_000))
    now = gaps(1, rule="")
    assert (
        str(with_push(build_view(now), now, before).since)
        == "Since the last push: diff 80 % → 99 %, f0 is uncovered now."
    )


def test_as_many_functions_as_are_remembered_are_all_of_them() -> None:
    figures = push_figures(gaps(*[1] * MOST_PLACES))
    assert figures is not None
    assert (len(figures.places), figures.complete, MOST_PLACES) == (20, True, 20)
    assert len(set(figures.places)) == MOST_PLACES


def test_a_function_of_the_same_name_in_another_file_is_another_one() -> None:
    here, there = gaps(1), gaps(1, path="other.py")
    assert since(here, there) == "Since the last push: f0 is uncovered now."


def test_a_change_above_or_below_a_function_does_not_touch_it() -> None:
    def change(first: int, last: int) -> Facts:
        rest = "".join(f"    {line}\n" for line in (8, 9, 12, 13) if not first <= line <= last)
        return facts(f"m.py\n    + 1-5\n{rest}    + {first}-{last}\n    def f 9-12\n", min_diff="80")

    before = facts("m.py\n    + 1-5\n    + 9-12 missing\n    def f 9-12\n", min_diff="80")
    figure = "Since the last push: diff 55.6 % → 100 %"
    assert [since(before, change(*lines)) for lines in ((8, 8), (9, 9), (12, 12), (13, 13))] == [
        f"{figure}.",
        f"{figure}, f is covered now.",
        f"{figure}, f is covered now.",
        f"{figure}.",
    ]


def test_functions_of_one_name_that_are_covered_now_are_told_once_and_leave_room_for_another() -> None:
    def text(word: str) -> str:
        return "".join(f"{path}\n    + 1-9\n    + 20 {word}\n    def run 19-21\n" for path in ("a.py", "b.py"))

    before, now = facts(text("missing"), min_diff="80"), text("") + "c.py\n    + 1-2 missing\n    def new 1-3\n"
    assert since(before, facts(now, min_diff="80")) == (
        "Since the last push: diff 90 % → 90.9 %, run is covered now, new is uncovered now."
    )


def test_branches_are_a_part_of_a_gap_and_a_file_that_no_test_imports_has_no_function_that_is_covered() -> None:
    text = (
        "m.py\n    + 1-90\n    + 100-101 missing\n    def lines 99-110\n    + 120 missing 0/3\n    def exits 119-130\n"
    )
    new = "new.py (unmeasured)\n    + 1-2 missing\n    def load 1-3\n"
    before = facts("m.py\n    + 1-90\n", min_diff="80")
    assert since(before, facts(text, min_diff="80")) == (
        "Since the last push: diff 100 % → 93.8 %, exits and lines are uncovered now."
    )
    assert since(before, facts("m.py\n    + 1-90\n" + new, min_diff="80")) == (
        "Since the last push: diff 100 % → 97.8 %, load is uncovered now."
    )
