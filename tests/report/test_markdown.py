"""What a repository names, put into Markdown: rendered, it is exactly its text, and nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covgate.publish.comment import BODY_LIMIT
from covgate.report.markdown import code, escape_text, link, render_comment, render_summary
from covgate.report.view import build_view
from tests.support.situations import SITUATIONS

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
APART = "\u200b"
"""What covgate puts between an @ and a name, so that GitHub links nothing."""

pieces = st.sampled_from(
    [
        *(
            "`",
            "``",
            "|",
            "\\",
            "\\|",
            "*",
            "**",
            "_",
            "__",
            "~~",
            "#",
            "# ",
            "> ",
            "- ",
            "+ ",
            "1. ",
            "1) ",
            "=",
            "---",
        ),
        *("[", "]", "(", ")", "](", "![", "<", ">", "<b>", "</details>", "<!--", "-->", "&lt;", "&#96;", "&", ";", "$"),
        *("@team", "@org/team", "a@b.example", "https://x.example", "www.x.example", "#1", "org/app#1", "GH-1", ":+1:"),
        *("\n", "\r\n", "\t", "\x1b[31m", "\u202e", "\u200b", "\ud800", "\udcff", "\x00", " ", "  ", "\u00a0"),
        *("é", "😀", "x", "7"),
    ]
)
texts = st.one_of(st.lists(pieces, max_size=12).map("".join), st.text(st.characters(), max_size=30))


class Reader(HTMLParser):
    """Collects the tags and the text of rendered Markdown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.parts: list[str] = []
        self.others: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)


def read(markdown: str) -> Reader:
    reader = Reader(RENDERER.render(markdown))
    assert not reader.others
    return reader


def visible(text: str) -> str:
    """What a person is shown of `text`: control characters, and bytes that are not UTF-8, as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def visible_prose(text: str) -> str:
    return " ".join(visible(text).split())


def row(cell: str) -> str:
    return f"| a | b |\n| :-- | :-- |\n| {cell} | end |\n"


@given(text=texts)
@example("__init__ snake_case _x_ a_b_")
@example("1. a")
@example("-")
@example("\\")
def test_prose_is_its_text_and_nothing_else(text: str) -> None:
    escaped = escape_text(text)
    assert "\n" not in escaped
    for before, after, tags in (
        ("x ", "", ["p"]),
        ("- ", "", ["ul", "li"]),
        ("❌ **", "** · api", ["p", "strong"]),
        ("<sub>", "</sub><br>", ["p", "sub", "br"]),
    ):
        reader = read(f"{before}{escaped}{after}")
        if escaped:
            assert reader.tags == tags, (before, escaped)
        frame = "".join(read(f"{before}q{after}").parts).split("q")
        shown = "".join(reader.parts).replace(APART, "")
        if escaped or before == "x ":
            assert shown.strip() == f"{frame[0]}{visible_prose(text)}{frame[1]}".strip()


@given(text=texts)
def test_prose_in_a_cell_stays_in_it(text: str) -> None:
    reader = read(row(escape_text(text)))
    assert reader.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    cells = [part for part in reader.parts if part.strip()]
    assert cells[-1] == "end"


@given(text=texts.filter(bool))
@example("`a`|b")
@example("a\\|b`")
@example(" a ")
@example("@team|www.x.example")
def test_a_name_in_code_is_its_text_and_nothing_else(text: str) -> None:
    for markdown, tags in (
        (f"- {code(text)}: 1 line", ["ul", "li", "code"]),
        (f"- {link(code(text), 'https://x.example/a(b)')}: 1 line", ["ul", "li", "a", "code"]),
        (row(code(text)), ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "code", "td"]),
    ):
        reader = read(markdown)
        assert reader.tags == tags, markdown
        shown = "".join(reader.parts).replace(APART, "")
        assert visible(text) in shown


@given(text=texts)
def test_prose_mentions_and_links_nothing(text: str) -> None:
    """GitHub links these in rendered text, so escaping them is not enough."""
    shown = "".join(read(f"x {escape_text(text)}").parts)
    assert not re.search(r"@\w|https?://|www\.|#\d|gh-\d|:[\w+-]+:", shown, re.IGNORECASE | re.ASCII)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        pytest.param(
            "Diff coverage 72 % is below 80 %: cover 3", "Diff coverage 72 % is below 80 %: cover 3", id="ours"
        ),
        pytest.param("src/my_app/some-file.py", "src/my_app/some-file.py", id="a-path-stays-legible"),
        pytest.param("a/__init__.py", "a/\\_\\_init\\_\\_.py", id="dunder"),
        pytest.param("-x", "\\-x", id="no-list"),
        pytest.param("12. x", "12\\. x", id="no-ordered-list"),
        pytest.param("<b> & $x$", "&lt;b&gt; &amp; &#36;x&#36;", id="html-and-math"),
        pytest.param("a\nb", "a\\\\nb", id="line-end"),
    ],
)
def test_prose_stays_legible_in_the_raw(text: str, escaped: str) -> None:
    assert escape_text(text) == escaped


@pytest.mark.parametrize(
    ("text", "set_"),
    [
        ("src/app.py:12-14", "`src/app.py:12-14`"),
        ("a b/[x](y).py", "`a b/[x](y).py`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("", "<code></code>"),
    ],
)
def test_a_name_stays_legible_in_the_raw(text: str, set_: str) -> None:
    assert code(text) == set_


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_report_renders_to_nothing_but_its_own_tags(situation: str) -> None:
    view = build_view(SITUATIONS[situation]())
    table = {"table", "thead", "tbody", "tr", "th", "td"}
    known = table | {"p", "strong", "ul", "li", "code", "a", "sub", "pre", "details", "summary"}
    for text in (render_comment(view, BODY_LIMIT), render_summary(view)):
        reader = read(text)
        assert set(reader.tags) <= known
        # A table is a line of dashes: none is taken for anything else, and nothing else for one.
        assert reader.tags.count("table") == len(re.findall(r"(?m)^\| (?::--|--:) \|", text))
        assert reader.tags.count("details") == text.count("<details>")


def test_a_limit_that_not_even_the_core_meets() -> None:
    text = render_comment(build_view(SITUATIONS["hostile-names"]()), 200)
    assert len(text.encode()) <= 200
    assert "step summary" in text
