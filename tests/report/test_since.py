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
