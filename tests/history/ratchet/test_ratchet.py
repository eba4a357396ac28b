"""The ratchet: floors rise with what is steady, never with luck, and never fall; slack ones are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.history.ratchet.floors import Raise, propose_floors, slack_alarms
from covgate.model.commit import parse_sha
from covgate.model.history import History, Point, Record
from covgate.model.numbers import Counts, Tally

START = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 10_000


def of_percent(percent: str | int) -> Tally:
    return Tally(lines=Counts(covered=int(Decimal(percent) * SIZE / 100), total=SIZE))


def record(
    number: int, total: Tally, *, components: Mapping[str, Tally] | None = None, has_branches: bool = False
) -> Record:
    return Record(
        sha=parse_sha(f"{number + 1:040x}"),
        parent=None,
        date=START + timedelta(hours=number),
        total=total,
        has_branches=has_branches,
        components=components or {},
    )


def history(*percents: str | int) -> History:
    return History(records=tuple(record(number, of_percent(percent)) for number, percent in enumerate(percents)))


def raised(found: Sequence[Raise]) -> list[tuple[str | None, str]]:
    return [(item.component, str(item.new)) for item in found]


@pytest.mark.parametrize(
    ("percents", "floor", "expected"),
    [
        pytest.param([84] * 5, "80", "84", id="five-equal-records"),
        pytest.param([84] * 4, "80", None, id="four-are-too-few"),
        pytest.param([], "80", None, id="no-records"),
        pytest.param([81, 83, 85, 87, 89], "80", "81", id="a-steady-rise-has-no-noise"),
        pytest.param([70, 75, 81, 82, 83, 84, 85], "80", "81", id="what-was-lower-longer-ago-is-forgotten"),
        pytest.param(["84.05", "84", "84.05", "84", "84.05"], "80", "83", id="a-flapping-line-just-above-a-whole"),
        pytest.param(["84.05", "84", "84.05", "84", "84.05"], "80.0", "83.9", id="a-flapping-line-with-decimals"),
        pytest.param(["84.5", "84.4", "84.5", "84.4", "84.5"], "80", "84", id="a-flapping-line-within-a-whole"),
        pytest.param([86, 86, 81, 86, 86], "80", None, id="one-dip-among-the-five"),
        pytest.param([86, 84, 86, 86, 86, 86, 86], "80", "84", id="one-dip-within-ten-is-noise"),
        pytest.param([86, 81, *[86] * 10], "80", "86", id="one-dip-longer-than-ten-ago"),
        pytest.param([90, 89, 88, 87, 86], "80", "85", id="a-decline"),
        pytest.param([81, 81, 80, 81, 81], "80", None, id="touching-the-floor"),
        pytest.param(["80.99"] * 5, "80", None, id="rounds-down-to-the-floor"),
        pytest.param(["80.99"] * 5, "80.5", "80.9", id="one-decimal"),
        pytest.param(["80.99"] * 5, "80.50", "80.99", id="two-decimals"),
        pytest.param(["80.99"] * 5, "8E1", None, id="a-power-of-ten-is-a-whole-number"),
        pytest.param([70] * 5, "80", None, id="below-the-floor"),
        pytest.param(["99.99"] * 5, "80", "99", id="nearly-everything"),
        pytest.param([100] * 5, "80", "100", id="nothing-missing"),
        pytest.param(["99.99", *[100] * 5], "80", "100", id="nothing-missing-any-more"),
        pytest.param([100, "99.99", *[100] * 5], "80", "99", id="nothing-missing-by-luck"),
        pytest.param([100] * 5, "100", None, id="all-that-can-be-asked"),
    ],
)
def test_a_floor_rises_to_the_lowest_of_five_less_the_noise(
    percents: list[str | int], floor: str, expected: str | None
) -> None:
    found = propose_floors(history(*percents), {None: Decimal(floor)})
    assert raised(found) == ([] if expected is None else [(None, expected)])


def test_a_proposal_says_what_it_rests_on() -> None:
    (found,) = propose_floors(history(88, "85.5", 86, "85.75", 86), {None: Decimal(80)})
    assert found == Raise(
        component=None, old=Decimal(80), new=Decimal(83), lowest=Fraction(171, 2), noise=Fraction(5, 2)
    )


def test_percents_are_exact() -> None:
    """2 of 3 is less than 66.67, by an amount no decimal shows."""
    third = History(records=tuple(record(n, Tally(lines=Counts(covered=2, total=3))) for n in range(5)))
    places = "50." + "0" * 30
    (found,) = propose_floors(third, {None: Decimal(places)})
    assert str(found.new) == "66." + "6" * 30


def test_every_component_has_a_floor_of_its_own() -> None:
    records = [
        record(number, of_percent(90), components={"api": of_percent(70), "web": of_percent(50), "new": of_percent(9)})
        if number > 1
        else record(number, of_percent(90), components={"api": of_percent(70), "web": of_percent(50)})
        for number in range(6)
    ]
    floors = {"web": Decimal(50), None: Decimal(80), "api": Decimal("60.0"), "new": Decimal(0), "gone": Decimal(0)}
    found = propose_floors(History(records=tuple(records)), floors)
    assert raised(found) == [(None, "90"), ("api", "70.0")]


def test_a_record_that_measured_nothing_of_a_component_is_passed_over() -> None:
    nothing = Tally()
    measured = [record(n, of_percent(90), components={"api": of_percent(70)}) for n in range(5)]
    between = [record(9, of_percent(90), components={"api": nothing}), record(10, nothing)]
    mixed = History(records=(*measured[:3], *between, *measured[3:]))
    assert raised(propose_floors(mixed, {None: Decimal(80), "api": Decimal(60)})) == [(None, "90"), ("api", "70")]


@pytest.mark.parametrize(("new", "expected"), [(4, []), (5, [(None, "85")])])
def test_switching_branches_on_begins_anew(new: int, expected: list[tuple[str | None, str]]) -> None:
    before = [record(n, of_percent(95)) for n in range(10)]
    after = [record(n + 10, of_percent(85), has_branches=True) for n in range(new)]
    assert raised(propose_floors(History(records=(*before, *after)), {None: Decimal(80)})) == expected


def test_imported_points_do_not_count() -> None:
    imported = tuple(Point(date=START, total=Decimal(99)) for _ in range(20))
    four = history(90, 90, 90, 90)
    assert not propose_floors(History(records=four.records, imported=imported), {None: Decimal(80)})


PERCENTS = st.lists(st.integers(min_value=0, max_value=SIZE), max_size=14)
FLOORS = st.decimals(min_value=0, max_value=100, places=2) | st.integers(min_value=0, max_value=100).map(Decimal)


@given(covered=PERCENTS, floor=FLOORS)
def test_a_proposal_is_above_the_floor_and_not_above_any_of_the_five(covered: list[int], floor: Decimal) -> None:
    tallies = [Tally(lines=Counts(covered=count, total=SIZE)) for count in covered]
    records = tuple(record(number, tally) for number, tally in enumerate(tallies))
    for found in propose_floors(History(records=records), {None: floor}):
        assert found.new > floor
        assert all(tally.counts.reaches(found.new) for tally in tallies[-5:])
        assert found.new.as_tuple().exponent == floor.as_tuple().exponent
        drops = [before - after for before, after in pairwise(covered[-10:])]
        assert all(found.new <= Decimal(low - max(0, *drops)) * 100 / SIZE for low in covered[-5:])
        # Once raised, it stays.
        assert not propose_floors(History(records=records), {None: found.new})


@given(covered=st.lists(st.integers(min_value=5000, max_value=SIZE), min_size=5, max_size=10, unique=True))
def test_a_steady_rise_has_no_noise(covered: list[int]) -> None:
    rising = [Tally(lines=Counts(covered=count, total=SIZE)) for count in sorted(covered)]
    records = tuple(record(number, tally) for number, tally in enumerate(rising))
    (found,) = propose_floors(History(records=records), {None: Decimal(0)})
    assert found.noise == 0


@pytest.mark.parametrize(
    ("measured", "floor", "expected"),
    [
        pytest.param(
            "52.31",
            "40",
            "min-total = 40 is 12.3 points below the measured 52.31 %: raise it, so that the gate holds what you have.",
            id="slack",
        ),
        pytest.param("85", "80", None, id="exactly-five-points"),
        pytest.param(
            "85.01",
            "80.0",
            "min-total = 80 is 5 points below the measured 85.01 %: raise it, so that the gate holds what you have.",
            id="a-little-more-than-five-points",
        ),
        pytest.param("80", "90", None, id="below-the-floor"),
    ],
)
def test_a_floor_that_holds_nothing_is_named(measured: str, floor: str, expected: str | None) -> None:
    assert slack_alarms(of_percent(measured), {}, {None: Decimal(floor)}) == (() if expected is None else (expected,))


def test_slack_floors_of_components_are_named_in_the_order_of_the_floors() -> None:
    components = {"api": of_percent(90), "web": of_percent(70), "empty": Tally()}
    floors = {"web": Decimal(10), "api": Decimal(20), "empty": Decimal(5), "gone": Decimal(5), None: Decimal(80)}
    found = slack_alarms(of_percent(82), components, floors)
    assert [sentence.split(" is ")[0] for sentence in found] == [
        "components.web.min-total = 10",
        "components.api.min-total = 20",
    ]


def test_nothing_measured_is_not_slack() -> None:
    assert slack_alarms(Tally(), {}, {None: Decimal(0)}) == ()
