"""Small rules that records and floors rest on: a character for each state, decimals, an entry without all its lines."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from covgate.history.line_states import MOST_EXITS, LineState, character_of, state_of
from covgate.history.ratchet.floors import decimals_of
from covgate.history.storage.trending import parse_trending


def test_each_state_of_a_line_has_a_character_of_its_own_that_can_be_written() -> None:
    """Code points from D800 to DFFF are no characters: states with 234 exits would be among them."""
    states = [
        LineState(executed=executed, exits=exits, taken=taken)
        for exits in (0, 1, 2, 8, 233, 234, 235, 238, 239, MOST_EXITS)
        for taken in range(exits + 1)
        for executed in (False, True)
    ]
    characters = [character_of(state) for state in states]
    assert len(set(characters)) == len(states)
    assert [state_of(character) for character in "".join(characters).encode().decode()] == states


@pytest.mark.parametrize(("percent", "decimals"), [("80", 0), ("80.0", 1), ("80.50", 2), ("1E+2", 0), ("0.125", 3)])
def test_how_many_decimals_a_floor_is_written_with(percent: str, decimals: int) -> None:
    assert decimals_of(Decimal(percent)) == decimals


@pytest.mark.parametrize("missing", ["lines_covered", "lines_total"])
@pytest.mark.parametrize("how", ["null", "left-out"])
def test_an_entry_with_one_of_its_two_counts_has_none(missing: str, how: str) -> None:
    entry = {"date": "2026-01-01T00:00:00Z", "overall_coverage": 50, "lines_covered": 1, "lines_total": 2}
    entry |= {missing: None}
    if how == "left-out":
        del entry[missing]
    (point,) = parse_trending(json.dumps({"history": [entry]}), "trending.json").imported
    assert (point.total, point.lines) == (Decimal(50), None)
