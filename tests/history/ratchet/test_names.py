"""What runs of several names propose for one file: the lowest that all can live with, while it is fresh."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from covgate.history.ratchet.floors import Raise
from covgate.history.ratchet.names import Proposal, combine, differ, held_back, unite

TODAY = date(2026, 6, 1)


def up(new: str, component: str | None = None) -> Raise:
    return Raise(component=component, old=Decimal(50), new=Decimal(new), lowest=Fraction(99), noise=Fraction(0))


def says(*raises: Raise, held: tuple[str | None, ...] = (), ago: int = 0) -> Proposal:
    return Proposal(raises=raises, held=held, seen=TODAY - timedelta(days=ago))


@pytest.mark.parametrize(
    ("proposals", "raised"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param([says(up("80"))], {None: "80"}, id="one"),
        pytest.param([says(up("80")), says(up("70"))], {None: "70"}, id="the-lower-of-two"),
        pytest.param([says(up("70")), says(up("80"))], {None: "70"}, id="in-either-order"),
        pytest.param([says(up("70")), says(up("70.0"))], {None: "70"}, id="of-equals-the-first"),
        pytest.param([says(up("80")), says(held=(None,))], {}, id="held-by-another"),
        pytest.param([says(up("80"), up("60", "api")), says(held=("api",))], {None: "80"}, id="one-of-two-is-held"),
        pytest.param([says(up("80")), says(up("60", "api"))], {None: "80", "api": "60"}, id="other-floors"),
    ],
)
def test_a_floor_rises_as_far_as_every_name_can_live_with(
    proposals: list[Proposal], raised: dict[str | None, str]
) -> None:
    found = combine({str(number): proposal for number, proposal in enumerate(proposals)})
    assert {one.component: str(one.new) for one in found} == raised


MINE = says(up("80"))


@pytest.mark.parametrize(
    ("standing", "name", "seen"),
    [
        pytest.param({}, "", {"": 0}, id="the-first"),
        pytest.param({"": says(up("80"), ago=300)}, "", {"": 300}, id="alone-and-without-a-name-nobody-asks-when"),
        pytest.param({"": says(up("80"), ago=60)}, "", {"": 60}, id="nor-before-it-would-be-forgotten"),
        pytest.param({"": says(up("70"), ago=1)}, "", {"": 0}, id="something-else-is-said-now"),
        pytest.param({"a": says(up("80"), ago=30)}, "a", {"a": 30}, id="said-a-month-ago"),
        pytest.param({"a": says(up("80"), ago=31)}, "a", {"a": 0}, id="said-longer-ago"),
        pytest.param(
            {"": says(up("80"), ago=31), "b": says(up("70"))}, "", {"": 0, "b": 0}, id="without-a-name-beside-another"
        ),
        pytest.param({"b": says(up("70"), ago=90)}, "a", {"a": 0, "b": 90}, id="another-is-kept"),
        pytest.param({"b": says(up("70"), ago=91)}, "a", {"a": 0}, id="another-is-forgotten"),
        pytest.param({"z": MINE, "b": MINE}, "m", {"b": 0, "m": 0, "z": 0}, id="in-the-order-of-names"),
    ],
)
def test_this_runs_proposal_among_those_that_stand(
    standing: dict[str, Proposal], name: str, seen: dict[str, int]
) -> None:
    found = unite(standing, name, MINE)
    assert [(other, (TODAY - one.seen).days) for other, one in found.items()] == list(seen.items())
    assert found[name].says == MINE.says
    assert {other: one.says for other, one in found.items() if other != name} == {
        other: standing[other].says for other in found if other != name
    }


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        pytest.param({"a": MINE}, {"a": MINE}, False, id="the-same"),
        pytest.param({"a": MINE}, {"a": says(up("80.0"))}, False, id="the-same-number"),
        pytest.param({"a": MINE}, {"a": says(up("81"))}, True, id="another-number"),
        pytest.param({"a": MINE}, {"a": says(up("80"), ago=1)}, True, id="another-day"),
        pytest.param({"a": MINE}, {"b": MINE}, True, id="another-name"),
        pytest.param({"a": MINE}, {"a": says(up("80"), held=("api",))}, True, id="held"),
    ],
)
def test_what_differs(one: dict[str, Proposal], other: dict[str, Proposal], *, different: bool) -> None:
    assert differ(one, other) is different


def test_who_holds_back_is_said() -> None:
    mine = says(up("80"), up("60", "api"), up("70", "web"))
    others = {"": says(held=(None,)), "b": says(held=(None, "api")), "c": says(up("90", "web"))}
    assert held_back(others, mine) == (
        "Not raised: min-total: the runs without a name, b cannot take more; "
        "components.api.min-total: b cannot take more."
    )
    assert held_back({"c": others["c"]}, mine) == ""
