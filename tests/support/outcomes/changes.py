"""Changes of the bookshop that several outcomes share."""

from __future__ import annotations

from tests.support.bookshop import edit

GIFT = '''\
"""Gift wrapping."""

PAPERS = {"plain": 150, "gold": 350}


def wrap_price(paper, count):
    """Return what wrapping so many books costs, in cents."""
    if paper not in PAPERS:
        raise ValueError(f"no such paper: {paper}")
    if count >= 5:
        return PAPERS[paper] * count * 9 // 10
    return PAPERS[paper] * count


def card_text(name, words=""):
    """Return what stands on the card."""
    if not words:
        return f"For {name}"
    if len(words) > 80:
        words = f"{words[:79]}…"
    return f"For {name}: {words}"
'''
TEST_WRAP = """\
import pytest

from bookshop.orders.gift import card_text, wrap_price


def test_wrap_price():
    assert wrap_price("gold", 2) == 700
    assert wrap_price("plain", 10) == 1350
    with pytest.raises(ValueError, match="no such paper"):
        wrap_price("silver", 1)
"""
TEST_CARD = """\


def test_card_text():
    assert card_text("Ada") == "For Ada"
    assert card_text("Ada", "Enjoy!") == "For Ada: Enjoy!"
"""
TEST_LONG_CARD = '    assert len(card_text("Ada", "x" * 100)) == 89\n'

GIFT_ALMOST_TESTED = {"bookshop/orders/gift.py": GIFT, "tests/test_gift.py": TEST_WRAP + TEST_CARD}
GIFT_TESTED = {"bookshop/orders/gift.py": GIFT, "tests/test_gift.py": TEST_WRAP + TEST_CARD + TEST_LONG_CARD}
GIFT_HALF_TESTED = {"bookshop/orders/gift.py": GIFT, "tests/test_gift.py": TEST_WRAP}
GIFT_UNTESTED = {
    "bookshop/orders/gift.py": GIFT,
    "tests/test_gift.py": "import bookshop.orders.gift\n\n\ndef test_import():\n    assert bookshop.orders.gift\n",
}
GIFT_ALONE = {"bookshop/orders/gift.py": GIFT}
DOCS = edit("README.md", more="\nOpen on weekdays from nine to six.\n")
