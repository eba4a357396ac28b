"""How a sentence begins: with a capital, or small after a colon, and a name always as it is."""

from __future__ import annotations

import pytest

from covgate.report.prose import Prose, name, say

BEGINNINGS = {
    "words": (say("the tests of ", name("cart.py")), "The tests of cart.py", "the tests of cart.py"),
    "a-capital": (say("No data"), "No data", "no data"),
    "an-abbreviation": (say("JSON is broken"), "JSON is broken", "JSON is broken"),
    "a-name": (say(name("cart"), " has no test"), "cart has no test", "cart has no test"),
    "a-path-in-the-text": (say("src/cart.py is gone"), "src/cart.py is gone", "src/cart.py is gone"),
    "nothing": (Prose(), "", ""),
}


@pytest.mark.parametrize(("prose", "capital", "small"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_beginning_of_a_sentence(prose: Prose, capital: str, small: str) -> None:
    assert (str(prose.capital), str(prose.small)) == (capital, small)
