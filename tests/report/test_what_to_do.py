"""The places to cover: they pass every failing rule, and no fewer do."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.report import what_to_do
from covgate.report.what_to_do import Choice, Gains, choose_places


def passes(needed: Gains, places: list[tuple[int, ...]], chosen: tuple[int, ...]) -> bool:
    return all(sum(places[place][rule] for place in chosen) >= need for rule, need in enumerate(needed))


def all_smallest(needed: Gains, places: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Every passing set of the smallest size, by trying all; empty when none passes."""
    for size in range(1, len(places) + 1):
        found = [chosen for chosen in combinations(range(len(places)), size) if passes(needed, places, chosen)]
        if found:
            return found
    return []


def random_case(seed: int) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """One to four rules and up to nine places; a place outside a rule's files adds nothing to it."""
    random = Random(seed)
    rules = random.randint(1, 4)
    places = [
        tuple(random.choice((0, random.randint(1, 12))) for _ in range(rules)) for _ in range(random.randint(0, 9))
    ]
    sums = [sum(gains[rule] for gains in places) for rule in range(rules)]
    # One in ten cases asks for more than there is.
    return tuple(random.randint(1, max(total + (random.random() < 0.1), 1)) for total in sums), places


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_the_set_passes_every_rule_and_none_smaller_does(first: int) -> None:
    for seed in range(first, first + 50):
        check_smallest(seed)


def check_smallest(seed: int) -> None:
    needed, places = random_case(seed)
    smallest, choice = all_smallest(needed, places), choose_places(needed, places)
    if not smallest:
        assert choice is None, seed
        return
    assert choice is not None, seed
    assert choice.exact, seed
    assert tuple(sorted(choice.chosen)) in smallest, seed
    size = sum(sum(places[place]) for place in choice.chosen)
    assert size == max(sum(sum(places[place]) for place in chosen) for chosen in smallest), seed


@given(st.integers(0, 100_000))
def test_greedy_passes_every_rule_and_promises_no_more_than_holds(seed: int) -> None:
    needed, places = random_case(seed)
    smallest = all_smallest(needed, places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(what_to_do, "MOST_STEPS", 0)
        choice = choose_places(needed, places)
    if not smallest:
        assert choice is None
        return
    assert choice is not None
    assert passes(needed, places, choice.chosen)
    assert len(set(choice.chosen)) == len(choice.chosen)
    assert choice.least <= len(smallest[0]) <= len(choice.chosen)


@pytest.mark.parametrize(
    ("needed", "places", "chosen"),
    [
        pytest.param((1,), [(2,), (5,), (3,)], (1,), id="a gap of one takes one place, the largest"),
        pytest.param((6,), [(2,), (5,), (3,)], (1, 2), id="two, the largest first"),
        pytest.param((3, 3), [(9, 0), (0, 9), (3, 3)], (2,), id="one place for both rules beats the largest of each"),
        pytest.param((3, 3), [(9, 0), (0, 9)], (0, 1), id="one place for each rule"),
        pytest.param((1,), [(4,), (4,)], (0,), id="equal places: the first"),
    ],
)
def test_choices(needed: Gains, places: list[tuple[int, ...]], chosen: tuple[int, ...]) -> None:
    assert choose_places(needed, places) == Choice(chosen=chosen, least=len(chosen))


def test_more_places_than_can_be_searched_still_pass() -> None:
    random = Random(7)
    places = [tuple(random.randint(0, 40) for _ in range(4)) for _ in range(3_000)]
    needed = tuple(sum(gains[rule] for gains in places) // 3 for rule in range(4))
    choice = choose_places(needed, places)
    assert choice is not None
    assert passes(needed, places, choice.chosen)
    assert 0 < choice.least <= len(choice.chosen)


@pytest.mark.parametrize(("needed", "places"), [((), []), ((0,), [(1,)]), ((1,), [(1, 2)])])
def test_a_rule_that_needs_nothing_is_not_asked(needed: Gains, places: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="not one gain for each"):
        choose_places(needed, places)
