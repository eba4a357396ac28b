"""The places to cover: they pass every failing rule, and no fewer do."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
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


def furthest_first(needed: Gains, places: Sequence[Gains]) -> tuple[int, ...] | None:
    """Take the place that brings the rules furthest, weighing all of them anew, and leave out what is needless then."""
    missing, taken = list(needed), list[int]()
    while any(missing):
        left = [place for place in range(len(places)) if place not in taken]
        if not left:
            return None

        def brings(place: int, missing: Sequence[int] = tuple(missing)) -> Fraction:
            gains = zip(places[place], missing, needed, strict=True)
            return sum((Fraction(min(gain, rest), need) for gain, rest, need in gains), Fraction(0))

        taken.append(max(left, key=lambda place: (brings(place), sum(places[place]), -place)))
        missing = [max(rest - gain, 0) for rest, gain in zip(missing, places[taken[-1]], strict=True)]
    for place in sorted(taken, key=lambda place: sum(places[place])):
        others = tuple(other for other in taken if other != place)
        if passes(needed, list(map(tuple, places)), others):
            taken.remove(place)
    return tuple(sorted(taken, key=lambda place: (-sum(places[place]), place)))


def test_greedy_takes_what_brings_the_rules_furthest_and_names_the_largest_first() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(what_to_do, "MOST_STEPS", 0)
        for seed in range(200):
            needed, places = random_case(seed)
            choice = choose_places(needed, places)
            assert (choice and choice.chosen) == furthest_first(needed, places), seed


def test_a_search_that_is_given_up_promises_what_the_hardest_rule_needs_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(what_to_do, "MOST_STEPS", 0)
    assert choose_places((1, 100), [(1, 0), (0, 60), (0, 60)]) == Choice(chosen=(1, 2, 0), least=2)
    # The first one taken is needless beside the others; of several such the smallest is left out.
    assert choose_places((10, 10), [(6, 6), (10, 0), (0, 10)]) == Choice(chosen=(1, 2), least=1)
    several = [(4, 3), (0, 6), (6, 0), (4, 4), (3, 2)]
    assert choose_places((13, 10), several) == Choice(chosen=(3, 0, 1, 2), least=3)
    assert choose_places((5, 2), [(1, 1)] * 6) == Choice(chosen=(0, 1, 2, 3, 4), least=5)


def test_a_set_that_is_too_large_to_search_for_needs_one_more_than_what_was_searched() -> None:
    """Twelve places are no set that passes: that was searched; thirteen are more than a search goes into."""
    places = [(1, 0)] * 12 + [(0, 1)] * 2
    assert choose_places((12, 1), places) == Choice(chosen=tuple(range(13)), least=13)
    assert choose_places((12, 2), places) == Choice(chosen=tuple(range(14)), least=13)
    assert choose_places((10, 2), places) == Choice(chosen=(*range(10), 12, 13), least=12)


@pytest.mark.parametrize(
    ("count", "steps", "chosen"), [(100, 8_000, (90, 32, 66, 16, 36)), (150, 20_000, (106, 90, 32, 66, 35))]
)
def test_many_places_are_searched_to_the_end_in_few_steps(
    count: int, steps: int, chosen: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot pass, or be larger than what was found, is not looked into."""
    monkeypatch.setattr(what_to_do, "MOST_STEPS", steps)
    random = Random(5)
    places = [tuple(random.choice((0, random.randint(1, 30))) for _ in range(3)) for _ in range(count)]
    assert choose_places((95, 95, 95), places) == Choice(chosen=chosen, least=len(chosen))


def test_a_search_ends_after_so_many_steps_with_what_is_known_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """No four of them pass: that was found in time. Whether five do takes more than 5,000 steps."""
    monkeypatch.setattr(what_to_do, "MOST_STEPS", 5_000)
    random = Random(5)
    places = [tuple(random.choice((0, random.randint(1, 30))) for _ in range(3)) for _ in range(60)]
    choice = choose_places((95, 95, 95), places)
    assert choice is not None
    assert choice.chosen == furthest_first((95, 95, 95), places)
    assert (choice.least, choice.exact) == (5, False)


@pytest.mark.parametrize(
    ("needed", "places", "chosen"),
    [
        pytest.param((1,), [(2,), (5,), (3,)], (1,), id="a gap of one takes one place, the largest"),
        pytest.param((6,), [(2,), (5,), (3,)], (1, 2), id="two, the largest first"),
        pytest.param((3, 3), [(9, 0), (0, 9), (3, 3)], (2,), id="one place for both rules beats the largest of each"),
        pytest.param((3, 3), [(9, 0), (0, 9)], (0, 1), id="one place for each rule"),
        pytest.param(
            (5, 5), [(10, 0), (4, 4), (4, 4), (0, 5)], (1, 2), id="of sets as small the largest, with a smaller first"
        ),
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


@pytest.mark.parametrize(("needed", "places"), [((), []), ((0,), [(1,)]), ((0, 2), [(1, 2)]), ((1,), [(1, 2)])])
def test_a_rule_that_needs_nothing_is_not_asked(needed: Gains, places: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="not one gain for each"):
        choose_places(needed, places)
