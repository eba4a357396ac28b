"""How a sentence begins: with a capital, or small after a colon, and a name always as it is."""

from __future__ import annotations

import pytest

from covgate.report.prose import Piece, Prose, join, link, name, say

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


def test_parts_are_put_together_and_empty_ones_left_out() -> None:
    linked = link("why", "https://example.org")
    sentence = say("see ", name("cart.py", "https://example.org/cart"), "", Prose(), " (", linked, ")")
    assert sentence == Prose(
        pieces=(
            Piece(text="see "),
            Piece(text="cart.py", code=True, url="https://example.org/cart"),
            Piece(text=" ("),
            Piece(text="why", url="https://example.org"),
            Piece(text=")"),
        )
    )
    assert str(sentence + "." + name("x") + say("!")) == "see cart.py (why).x!"
    assert [
        bool(one) for one in (sentence, say(""), say("", " "), Prose(pieces=(Piece(text=""), Piece(text="a"))))
    ] == [
        True,
        False,
        True,
        True,
    ]
    parts = [say("a"), Prose(), say(name("b")), say("c")]
    assert [str(join(some, ", ")) for some in (parts, parts[:1], parts[1:2], [])] == ["a, b, c", "a", "", ""]


def test_a_sentence_that_is_cut_ends_with_dots_and_keeps_what_is_code() -> None:
    sentence = say("see ", name("cart.py"), " now")
    assert {length: str(sentence.cut(length)) for length in (15, 14, 12, 11, 5, 4, 1)} == {
        15: "see cart.py now",
        14: "see cart.py n…",
        12: "see cart.py…",
        11: "see cart.p…",
        5: "see …",
        4: "see…",
        1: "…",
    }
    assert str(say("ab cd ef").cut(4)) == "ab…"
    assert sentence.cut(8).pieces == (Piece(text="see "), Piece(text="car…", code=True))


def test_only_the_first_letter_is_changed_and_only_of_plain_words() -> None:
    assert say("iO is slow").capital == say("IO is slow")
    assert say("Total of ", name("API")).small == say("total of ", name("API"))
    assert say(name("Cart"), " is gone").small == say(name("Cart"), " is gone")
    for text in ("a.b is gone", "min_total is gone", "src/x is gone"):
        assert say(text).capital == say(text)
    assert say("A test failed").small == say("a test failed")
    assert say("IPv6 is off").small == say("IPv6 is off")
    assert say("x. Next").capital == say("X. Next")
