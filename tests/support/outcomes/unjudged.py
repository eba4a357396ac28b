"""Outcomes in which coverage is not judged, or not all of it: tests that fail, and what cannot be known."""

from __future__ import annotations

from tests.support.bookshop import Tests, edit
from tests.support.outcomes.changes import DOCS, GIFT, GIFT_ALMOST_TESTED, GIFT_ALONE, GIFT_HALF_TESTED, GIFT_TESTED
from tests.support.outcomes.model import Outcome

PYTEST = "python -m pytest -q -p no:cacheprovider"
TWO_FAIL = {
    **edit("bookshop/money.py", ('sign = "-"', 'sign = "minus "')),
    **edit("bookshop/orders/shipping.py", ("        return 2\n", "        return 3\n")),
}
SHIPPING = edit("bookshop/orders/shipping.py", ("FREE_FROM = 5000", "FREE_FROM = 4900"))
MANY_FAIL = {
    "tests/test_prices.py": "import pytest\n\nfrom bookshop.money import parse_price\n\n\n"
    '@pytest.mark.parametrize("cents", range(12))\ndef test_cents(cents):\n'
    '    assert parse_price(f"1.{cents}") == 100 + cents\n'
}
SYNTAX_ERROR = {
    "bookshop/orders/gift.py": GIFT.replace('def card_text(name, words=""):', 'def card_text(name, words="":')
}

UNJUDGED = {
    "tests-failed": Outcome(why="two tests fail", edits=TWO_FAIL, command=PYTEST),
    "tests-failed-many": Outcome(why="twelve cases of a test fail", edits=MANY_FAIL, command=PYTEST),
    "tests-killed": Outcome(why="the tests were killed", edits=GIFT_HALF_TESTED, command="kill -KILL $$"),
    "tests-timed-out": Outcome(
        why="the tests did not end in time",
        edits=GIFT_HALF_TESTED,
        command="sleep 60",
        inputs={"timeout-minutes": "0.02"},
    ),
    "no-tests": Outcome(why="no test was found", edits=GIFT_HALF_TESTED, command=f"{PYTEST} -k nothing_like_that"),
    "part-of-the-suite": Outcome(
        why="only a part of main's tests ran",
        edits=SHIPPING,
        tests=Tests(arguments=("tests/test_money.py", "tests/test_cart.py")),
    ),
    "syntax-error": Outcome(why="a changed file is no Python", edits=SYNTAX_ERROR),
    "stale-data": Outcome(
        why="the coverage was measured before the last edit",
        edits=GIFT_TESTED,
        measured=GIFT_TESTED
        | {
            "bookshop/orders/gift.py": GIFT.replace(
                "\n    return PAPERS[paper] * count\n", "\n\n    return PAPERS[paper] * count\n"
            )
        },
        inputs={"max-drop": "5"},
    ),
    "no-baseline": Outcome(
        why="no recorded commit is an ancestor", past="begun anew", edits=GIFT_ALMOST_TESTED, depth=0
    ),
    "no-baseline-in-a-shallow-clone": Outcome(
        why="a clone of two commits, in which no recorded one is", past="begun anew", edits=GIFT_ALMOST_TESTED
    ),
    "history-unreachable": Outcome(
        why="the branch with the history cannot be read", edits=GIFT_ALMOST_TESTED, unreachable=True
    ),
    "shallow-clone": Outcome(why="a clone of one commit only", edits=GIFT_HALF_TESTED, depth=1),
    "no-data": Outcome(
        why="the artifact with the coverage is missing", edits=DOCS, inputs={"coverage-data": "artifact/none.data"}
    ),
    "bad-input": Outcome(why="an input is misspelt", edits=GIFT_ALONE, inputs={"min-dif": "80"}),
}
