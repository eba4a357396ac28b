"""Outcomes in which everything is known: what passes, and which rule fails."""

from __future__ import annotations

from tests.support.bookshop import edit
from tests.support.outcomes.changes import (
    DOCS,
    GIFT,
    GIFT_ALMOST_TESTED,
    GIFT_ALONE,
    GIFT_HALF_TESTED,
    GIFT_TESTED,
    GIFT_UNTESTED,
)
from tests.support.outcomes.model import Outcome

MANY_PLACES = {
    **edit(
        "bookshop/money.py",
        more="\n\ndef show_euros(cents):\n    if cents % 100:\n        return show_price(cents)\n"
        "    return str(cents // 100)\n",
    ),
    **edit(
        "bookshop/catalog/stock.py",
        (
            "        self.reserved[isbn] = left\n",
            "        self.reserved[isbn] = left\n        if not left:\n            del self.reserved[isbn]\n",
        ),
    ),
    **edit(
        "bookshop/payments/card.py",
        more='\n\ndef is_debit(text):\n    """Say whether a card is paid at once."""\n'
        '    return brand(text) == "Maestro" or mask(text).endswith("0000")\n',
    ),
    **edit(
        "bookshop/orders/shipping.py",
        (
            "    if express:\n        return 1\n",
            "    if express:\n        if country not in ZONES:\n            return 3\n        return 1\n",
        ),
    ),
}
"""Four functions in four files, of which the tests reach little."""

EXPORTS = "\n\n".join(
    f'def export_{name}(books):\n    """Return the catalogue as {name.upper()}."""\n    rows = []\n'
    f'    for book in books:\n        rows.append(f"{{book.isbn}}{mark}{{book.title}}")\n    return "\\n".join(rows)\n'
    for name, mark in zip(
        ("csv", "tsv", "text", "html", "json", "xml", "yaml", "toml", "ini"), ",\t |:;-=&", strict=True
    )
)
MANY_FUNCTIONS = {
    "bookshop/catalog/export.py": f'"""The catalogue for others."""\n\n\n{EXPORTS}',
    "tests/test_export.py": "import bookshop.catalog.export\n\n\ndef test_import():\n"
    "    assert bookshop.catalog.export\n",
}

COUNTRIES = ("at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie", "it")
MANY_FILES = {
    "bookshop/tax/__init__.py": "",
    **{
        f"bookshop/tax/{country}.py": f'"""The tax on books in {country.upper()}."""\n\n\n'
        f"def tax(cents, printed=True):\n    if printed:\n"
        f"        return cents * {4 + number} // 100\n    return cents * {18 + number} // 100\n"
        for number, country in enumerate(COUNTRIES)
    },
    "tests/test_tax.py": "".join(f"import bookshop.tax.{country}\n" for country in COUNTRIES)
    + "\n\ndef test_tax():\n    assert bookshop.tax.de.tax(1000) == 90\n",
}

HOSTILE = dict.fromkeys(
    (
        "bookshop/a|b`rm`_*x*.py",
        "bookshop/<img src=x onerror=alert(1)>.py",
        "bookshop/@everyone [click](http:..evil).py",
        "bookshop/::stop-commands::x ##[error].py",
        "bookshop/ünï😀.py",
        "bookshop/</details>.py",
    ),
    '"""A name that is in the way."""\n\n\ndef run():\n    return 1\n',
)

JUDGED = {
    "pass": Outcome(
        why="every rule passes; one branch of the change is not covered",
        edits=GIFT_ALMOST_TESTED,
        inputs={"comment": "always"},
    ),
    "pass-run": Outcome(
        why="covgate ran the tests itself; every changed line is covered, and nothing is posted",
        edits=GIFT_TESTED,
        command="python -m pytest -q -p no:cacheprovider",
    ),
    "pass-docs": Outcome(why="only a text was changed", edits=DOCS),
    "pass-one-line": Outcome(
        why="the one changed line is covered",
        edits=edit("bookshop/orders/shipping.py", ("FREE_FROM = 5000", "FREE_FROM = 4900")),
        inputs={"comment": "always"},
    ),
    "pass-notes": Outcome(
        why="every rule passes, with notes: a generated file is left out, and what is uncovered is annotated",
        edits=GIFT_ALMOST_TESTED | {"scripts/fill_shelves.py": "print('Dune')\n"},
        inputs={"comment": "always", "annotations": "notice"},
    ),
    "fail-diff": Outcome(why="a function is never called", edits=GIFT_HALF_TESTED),
    "fail-diff-named": Outcome(
        why="a report with a name, for one of several projects", edits=GIFT_HALF_TESTED, inputs={"name": "shop"}
    ),
    "fail-diff-one-line": Outcome(
        why="the one changed line is not covered",
        edits=edit(
            "bookshop/orders/shipping.py", ("        return 1\n", '        return 1 if country == "DE" else 2\n')
        ),
    ),
    "fail-diff-many-places": Outcome(
        why="four functions in four files are hardly covered", edits=MANY_PLACES, inputs={"annotations": "warning"}
    ),
    "fail-diff-many-functions": Outcome(
        why="more than five functions are needed", edits=MANY_FUNCTIONS, inputs={"max-drop": "20", "min-total": "70"}
    ),
    "fail-diff-many-files": Outcome(
        why="sixteen files, of which one is covered", edits=MANY_FILES, inputs={"max-drop": "20", "min-total": "70"}
    ),
    "fail-diff-not-imported": Outcome(
        why="no test imports the new module", edits=GIFT_ALONE, inputs={"max-drop": "20"}
    ),
    "fail-diff-partial": Outcome(
        why="lines that ran, but not all of their branches",
        edits={
            "bookshop/orders/gift.py": GIFT,
            "tests/test_gift.py": "from bookshop.orders.gift import card_text, wrap_price\n\n\ndef test_gift():\n"
            '    assert wrap_price("gold", 2) == 700\n    assert card_text("Ada", "Enjoy!") == "For Ada: Enjoy!"\n',
        },
    ),
    "fail-total": Outcome(
        why="the change is covered, the project is not enough", edits=GIFT_TESTED, inputs={"min-total": "90"}
    ),
    "fail-both": Outcome(
        why="the change and the project are not covered enough",
        edits=GIFT_UNTESTED,
        inputs={"min-total": "85", "max-drop": "5"},
    ),
    "hostile-names": Outcome(why="names of files that are Markdown, HTML, commands and mentions", edits=HOSTILE),
    "rename": Outcome(
        why="a module was moved and not edited",
        edits={
            "bookshop/payments/voucher.py": None,
            "bookshop/vouchers.py": edit("bookshop/payments/voucher.py")["bookshop/payments/voucher.py"],
            **edit("tests/test_payments.py", ("bookshop.payments.voucher", "bookshop.vouchers")),
        },
        inputs={"comment": "always"},
    ),
}
