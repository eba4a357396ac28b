"""Comments in Chromium, as wide as a phone: no table scrolls, a pass is three lines, no mark stands alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Page

from tests.browser.conftest import Open

GOLDEN = Path(__file__).parents[1] / "golden" / "runs"
COMMENTS = sorted(path.parent.name for path in GOLDEN.glob("*/comment.md"))
"""The outcomes of real runs after which there is a comment (tests/integration/test_golden_runs.py)."""
STYLE = """
body { margin: 0; padding: 16px; font: 14px/1.5 "Noto Sans", Arial, "DejaVu Sans Condensed", sans-serif; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0; }
code { padding: .2em .4em; font-size: 85%; white-space: break-spaces; overflow-wrap: anywhere; }
pre { padding: 16px; overflow: auto; font-size: 85%; }
ul { padding-left: 2em; }
"""
"""What GitHub sets of a comment, as far as it decides how wide things are."""
UNUSUAL = {"hostile-names"}
"""Its names are made to be in the way."""


def shown(open_page: Open, outcome: str, width: int = 390) -> Page:
    text = (GOLDEN / outcome / "comment.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    return open_page(
        {"index.html": f"<!doctype html><meta charset=utf-8><link rel=icon href=data:,><style>{STYLE}</style>{html}"},
        width=width,
    )


@pytest.mark.parametrize("outcome", [name for name in COMMENTS if name not in UNUSUAL])
def test_no_table_scrolls_on_a_phone(outcome: str, open_page: Open) -> None:
    page = shown(open_page, outcome)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    for table in page.locator("table").all():
        inside, outside = table.evaluate("element => [element.scrollWidth, element.clientWidth]")
        assert inside <= outside, table.inner_text()


def visible_lines(page: Page) -> int:
    """Count the lines a reader sees on a wide screen, without the footer: sentences, items, rows, titles of folds."""
    lines = page.locator("p, li, tr, summary").all()
    return sum(line.is_visible() for line in lines) - page.locator("sub").count()


@pytest.mark.parametrize("outcome", ["pass", "rename", "pass-one-line", "no-rules", "pushed-all-covered", "flapping"])
def test_a_pass_has_at_most_three_lines(outcome: str, open_page: Open) -> None:
    assert visible_lines(shown(open_page, outcome, width=1080)) <= 3


@pytest.mark.parametrize(
    "outcome", ["fail-diff", "fail-total", "fail-both", "drop", "no-baseline", "fail-diff-not-imported"]
)
def test_a_failure_has_about_twelve(outcome: str, open_page: Open) -> None:
    assert visible_lines(shown(open_page, outcome, width=1080)) <= 12


@pytest.mark.parametrize("outcome", COMMENTS)
def test_a_mark_stands_beside_a_word(outcome: str, open_page: Open) -> None:
    page = shown(open_page, outcome)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    for mark in re.finditer(r"[✅❌⚠ℹ]\ufe0f?(.?)(.?)", page.locator("body").inner_text()):
        assert (mark[1].isspace(), mark[2].isalnum() or mark[2] in "`_") == (True, True), mark[0]
