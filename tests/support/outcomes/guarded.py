"""Outcomes in which a change changes the gate itself."""

from __future__ import annotations

from tests.support.bookshop import edit
from tests.support.outcomes.changes import GIFT, GIFT_ALMOST_TESTED, GIFT_HALF_TESTED, TEST_WRAP
from tests.support.outcomes.model import Outcome

LOWERED = edit("pyproject.toml", ("min-diff = 80", "min-diff = 50"))
OMITS = edit(
    "pyproject.toml", ("relative_files = true\n", 'relative_files = true\nomit = ["bookshop/orders/gift.py"]\n')
)
PRAGMA = {
    "bookshop/orders/gift.py": GIFT.replace('words=""):', 'words=""):  # pragma: no cover'),
    "tests/test_gift.py": TEST_WRAP,
}
EVERYTHING = edit(
    "pyproject.toml",
    ("min-diff = 80", "min-diff = 50"),
    ("min-total = 80\n", ""),
    ("max-drop = 2", "max-drop = 10"),
    ("relative_files = true\n", 'relative_files = true\nomit = ["bookshop/newsletter.py"]\n'),
)

GUARDED = {
    "guard-lowered": Outcome(
        why="a rule is lowered, and the change passes the old one", edits=GIFT_ALMOST_TESTED | LOWERED
    ),
    "guard-lowered-and-red": Outcome(
        why="a rule is lowered, and the change breaks the old one", edits=GIFT_HALF_TESTED | LOWERED
    ),
    "guard-warns": Outcome(
        why="the lowered rule judges, and the report says so",
        edits=GIFT_HALF_TESTED | LOWERED,
        inputs={"guard": "warn"},
    ),
    "guard-omit": Outcome(why="the new file is left out of what is measured", edits=GIFT_HALF_TESTED | OMITS),
    "guard-pragma": Outcome(why="a function is excluded by a pragma", edits=PRAGMA),
    "guard-everything": Outcome(why="every rule is lowered, and a file left out", edits=GIFT_HALF_TESTED | EVERYTHING),
}
