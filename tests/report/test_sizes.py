"""A comment of every size is within its limit and well-formed: from no changed file with a gap to 5,000 of them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covgate.publish.comment import BODY_LIMIT
from covgate.report.markdown import COMMENT_ROWS, SUMMARY_LIMIT, render_comment, render_summary
from covgate.report.view import ReportView, build_view
from tests.support.situations import facts, many_files
from tests.support.situations_compared import COMPARED
from tests.support.situations_guarded import GUARDED

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
SIZES = (0, 1, 2, 3, 5, 10, 11, 20, 21, 50, 100, 200, 500, 1000, 2000, 5000)
CASES = [
    *(pytest.param(size, "src/app", id=f"{size}-short-names") for size in SIZES),
    *(pytest.param(size, "äöü" * 150, id=f"{size}-long-names") for size in SIZES if size <= 100),
]
CORE = 2_000
"""Bytes that the first lines, the rules and the footer have room in, with short names."""


_MOST_RENDERED = 40_000
"""Characters of a report that is rendered to HTML: a summary of a megabyte takes seconds."""


class _Open(HTMLParser):
    """Follows which elements are open; one that closes another than the last is a fault."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def titles_of(text: str) -> list[str]:
    return re.findall(r"(?m)^<details(?: open)?><summary>(.*)</summary>$", text)


def check_whole(text: str, limit: int) -> None:
    """Check that nothing is cut in its middle: elements, fences, tables."""
    assert len(text.encode()) <= limit
    if len(text) <= _MOST_RENDERED:
        assert not _Open(RENDERER.render(text)).open
    assert text.count("<details") == text.count("</details>")
    fences = re.findall(r"(?m)^(`{3,})(.*)$", text)
    assert all(one[0] == other[0] and not other[1] for one, other in zip(fences[::2], fences[1::2], strict=True))
    for table in re.findall(r"(?m)(?:^\|.*\n)+", re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)):
        head, line, *rows = table.splitlines()
        assert re.fullmatch(r"\|(?: (?::--|--:) \|)+", line)
        assert rows
        assert {row.count("|") for row in (head, *rows)} == {line.count("|")}


def check_folds(view: ReportView, limit: int) -> None:
    """Check that folds go from the bottom, whole, and that a line says which."""
    whole, text = render_comment(view, 10**9), render_comment(view, limit)
    check_whole(text, limit)
    assert text.startswith(f"{view.mark} **")
    there, kept = titles_of(whole), titles_of(text)
    assert kept == there[: len(kept)]
    if kept != there and "<sub>" in text:
        told = re.search(r"(?m)^Left out to fit GitHub's limit: (.*)\. The .*summary of the run", text)
        assert told, "a reader has to know that there is more, and where"
        assert told[1].count("; ") >= len(there) - len(kept) - 1


@pytest.mark.slow
@pytest.mark.parametrize(("size", "folder"), CASES)
def test_a_comment_of_every_size(size: int, folder: str) -> None:
    made = facts(many_files(size, folder), min_diff="80", min_total="90" if size % 2 else "")
    view = build_view(made)
    for limit in (BODY_LIMIT, 10_000, CORE):
        check_folds(view, limit)
    check_whole(render_summary(view), SUMMARY_LIMIT)
    comment = render_comment(view, BODY_LIMIT)
    assert all(table.count("\n") <= COMMENT_ROWS + 2 for table in re.findall(r"(?m)(?:^\|.*\n)+", comment))
    if size > COMMENT_ROWS:
        assert f"… and {size - COMMENT_ROWS:,} more in the " in comment or "Left out to fit" in comment


@pytest.mark.slow
@settings(max_examples=25)
@given(size=st.integers(0, 150), limit=st.integers(600, 20_000), folder=st.sampled_from(["a", "src/app|b", "`é" * 40]))
def test_a_comment_of_any_size_within_any_limit(size: int, limit: int, folder: str) -> None:
    check_folds(build_view(facts(many_files(size, folder), min_diff="80")), limit)


@settings(max_examples=25)
@given(situation=st.sampled_from(sorted(COMPARED | GUARDED)), limit=st.integers(400, 6_000))
def test_a_comment_with_other_folds_within_any_limit(situation: str, limit: int) -> None:
    check_folds(build_view((COMPARED | GUARDED)[situation]()), limit)
