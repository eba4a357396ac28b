"""Outcomes that are about main's past: what was lost, what flaps, what the last push did, pushes to main."""

from __future__ import annotations

from tests.support.bookshop import Tests, edit
from tests.support.outcomes.changes import DOCS, GIFT_ALMOST_TESTED, GIFT_HALF_TESTED, GIFT_TESTED, GIFT_UNTESTED
from tests.support.outcomes.model import MainPush, Outcome

COMPONENTS = edit(
    "pyproject.toml",
    ("max-drop = 2\n", "max-drop = 5\n"),
    more="""
[tool.covgate.components.orders]
paths = ["bookshop/orders/**"]
min-diff = 80

[tool.covgate.components.catalog]
paths = ["bookshop/catalog/**"]
min-total = 80

[tool.covgate.components.payments]
paths = ["bookshop/payments/**"]
""",
)
STRICT = edit(
    "pyproject.toml",
    more='\n[tool.covgate.components.catalog]\npaths = ["bookshop/catalog/**"]\nmin-total = 92\n'
    '\n[tool.covgate.components.payments]\npaths = ["bookshop/payments/**"]\nmin-total = 95\n',
)
LENIENT = edit(
    "pyproject.toml",
    ("min-diff = 80", "min-diff = 50"),
    more='\n[tool.covgate.components.orders]\npaths = ["bookshop/orders/**"]\nmin-diff = 90\n'
    '\n[tool.covgate.components.catalog]\npaths = ["bookshop/catalog/**"]\nmin-diff = 70\nmin-total = 80\n',
)
NO_RULES = edit("pyproject.toml", ("\n[tool.covgate]\nmin-diff = 80\nmin-total = 80\nmax-drop = 2\n", ""))
TARGET = edit("pyproject.toml", more="\n[tool.covgate.target]\ntotal = 90\nby = 2024-06-30\nramp = true\n")

NO_SEARCH_TESTS = edit(
    "tests/test_catalog.py",
    (
        "    assert in_price_range([DUNE, EMMA], lowest=900) == [DUNE]\n",
        "    assert in_price_range([], lowest=900) == []\n",
    ),
    ("    assert in_price_range([DUNE, EMMA], highest=900) == [EMMA]\n", ""),
)
NO_INVOICE_TESTS = {"tests/test_invoice.py": None}
TEST_VOUCHERS = (
    '\n\ndef test_vouchers():\n    big, small = Voucher("B", 1000), Voucher("S", 500)\n'
    "    assert redeem_all([big, small], 1200) == 0\n    assert small.is_empty()\n    assert big.left == 300\n"
)
NO_VOUCHERS = {
    "bookshop/payments/voucher.py": None,
    **edit(
        "tests/test_payments.py",
        ("from bookshop.payments.voucher import Voucher, redeem_all\n", ""),
        (TEST_VOUCHERS, ""),
    ),
}
BUSY_DAY = MainPush(edits=DOCS, tests=Tests(busy=True))

COMPARED = {
    "drop": Outcome(
        why="a test asserts less than it did, and a file nobody edited lost coverage", edits=NO_SEARCH_TESTS
    ),
    "drop-and-total": Outcome(
        why="tests are gone: the total fell below what is required, and by too much", edits=NO_INVOICE_TESTS
    ),
    "drop-of-removed-code": Outcome(
        why="the total fell because covered code was removed: no drop",
        edits=NO_VOUCHERS,
        inputs={"max-drop": "0.1", "comment": "always"},
    ),
    "lost-elsewhere": Outcome(
        why="every rule passes, and code outside the change lost its coverage",
        edits=NO_SEARCH_TESTS,
        inputs={"max-drop": "5"},
    ),
    "flapping": Outcome(
        why="lines that come and go in main's records went: they are no drop",
        main=(BUSY_DAY,),
        edits=GIFT_TESTED,
        inputs={"max-drop": "0", "comment": "always"},
    ),
    "baseline-older": Outcome(
        why="the last commit of main was not recorded, the one before is the baseline",
        main=(MainPush(edits=DOCS, recorded=False),),
        edits=GIFT_ALMOST_TESTED,
        inputs={"comment": "always"},
    ),
    "pushed-better-not-enough": Outcome(
        why="the second push covers some of it", before=GIFT_UNTESTED, edits=GIFT_HALF_TESTED
    ),
    "pushed-worse": Outcome(
        why="the second push covers less",
        before=GIFT_ALMOST_TESTED,
        edits=GIFT_UNTESTED,
        inputs={"comment": "always", "max-drop": "5"},
    ),
    "pushed-all-covered": Outcome(
        why="the second push covers everything: the comment is corrected", before=GIFT_HALF_TESTED, edits=GIFT_TESTED
    ),
    "component-fails": Outcome(
        why="the diff of one component of three is too low",
        main=(MainPush(edits=COMPONENTS, recorded=False),),
        edits=GIFT_HALF_TESTED,
    ),
    "component-alone-fails": Outcome(
        why="the diff of one component of two is too low, the project's is enough",
        main=(MainPush(edits=LENIENT, recorded=False),),
        edits=GIFT_HALF_TESTED,
    ),
    "two-components-fail": Outcome(
        why="the totals of two components are too low",
        main=(MainPush(edits=STRICT, recorded=False),),
        edits=GIFT_TESTED,
    ),
    "no-rules": Outcome(
        why="no rule is set: it only informs", main=(MainPush(edits=NO_RULES, recorded=False),), edits=GIFT_HALF_TESTED
    ),
    "target-missed": Outcome(
        why="the day of the target has come, and the total is below it",
        main=(MainPush(edits=TARGET, recorded=False),),
        edits=GIFT_TESTED,
    ),
    "main": Outcome(why="a push to main, which is recorded: a summary only", event="push", edits=GIFT_TESTED),
    "main-first-run": Outcome(why="the first run of all, on main", event="push", past="first run", edits=DOCS),
    "first-run": Outcome(why="the first run of all, on a pull request", past="first run", edits=GIFT_ALMOST_TESTED),
    "laptop": Outcome(
        why="`covgate check` on a laptop, of edits that are not committed", event="laptop", edits=GIFT_HALF_TESTED
    ),
    "laptop-pass": Outcome(why="`covgate check` on a laptop, and all is well", event="laptop", edits=GIFT_TESTED),
    "merge-queue": Outcome(
        why="a merge queue: no pull request, a summary only", event="merge_group", edits=GIFT_HALF_TESTED
    ),
    "fork": Outcome(why="a fork's pull request, whose token cannot post", edits=GIFT_HALF_TESTED, fork=True),
}
