"""The page: every gap of the change beside its code, whatever the repository holds."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.change.texts import shown_source
from covgate.model.change import DiffCoverage
from covgate.model.coverage import Span
from covgate.report.facts import Facts
from covgate.report.folds import Bullets, Fold, Listing
from covgate.report.page.code import LONGEST_LINE, colour_lines
from covgate.report.page.gaps import MOST_COLOURED, MOST_LINES, build_gaps
from covgate.report.page.render import render_page
from covgate.report.prose import link, name, say
from covgate.report.view import build_view
from tests.support.situations import CORE, SITUATIONS, facts
from tests.support.situations_compared import INDIRECT, compared

PATH = PurePosixPath("m.py")
WHOLE = (Span(start=1, end=10_000),)


def source_of(count: int) -> bytes:
    return "\n".join(f"value_{n} = {n}" for n in range(1, count + 1)).encode()


def page(made: Facts, texts: dict[str, bytes] | None = None) -> str:
    given_texts = {PurePosixPath(name): text for name, text in (texts or {}).items()}
    return render_page(made, build_view(made), given_texts)


class Reader(HTMLParser):
    """What a browser finds: elements with their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data


def shown_lines(text: str) -> list[tuple[str, str]]:
    """The (margin, code) of each line of code in a page."""
    found = re.findall(r"<code(?: class=\"\w\")?><i>(.*?)</i>(.*?)\n</code>", text)
    return [(margin, unescape(re.sub(r"</?b[^>]*>", "", code))) for margin, code in found]


# --- what it shows -------------------------------------------------------------------------------------------------


def test_a_gap_has_three_lines_around_it_and_signs_that_are_text() -> None:
    text = "m.py\n    1-9\n    + 10-11 missing\n    + 12 partial\n    13 excluded\n    14-30"
    found = shown_lines(page(facts(text), {"m.py": source_of(30)}))
    assert [margin for margin, _ in found] == [
        "   7", "   8", "   9", "! 10", "! 11", "~ 12", "- 13", "  14", "  15",
    ]  # fmt: skip
    assert [code for _, code in found] == [f"value_{n} = {n}" for n in range(7, 16)]


def test_the_most_uncovered_file_comes_first_and_one_without_a_gap_is_a_name() -> None:
    text = "a.py\n    + 1-2 missing\nb.py\n    + 1-5 missing\nc.py\n    + 1-3\nd.py (omitted)\n    + 1\n"
    gaps = build_gaps(facts(text), {})
    assert [file.path for file in gaps.files] == ["b.py", "a.py"]
    assert gaps.files[0].count == "5 uncovered of 5"
    assert gaps.covered == ("c.py",)
    assert [name.split(" · ")[0] for name in gaps.omitted] == ["d.py"]
    made = page(facts(text))
    assert made.index("b.py") < made.index("a.py") < made.index("Also changed, all covered")


def test_near_gaps_share_their_lines_and_far_ones_do_not() -> None:
    text = "m.py\n    + 10 missing\n    11-15\n    + 16 missing\n    17-39\n    + 40 missing\n    41-50"
    (file,) = build_gaps(facts(text), {PATH: source_of(50)}).files
    assert [(piece[0].number, piece[-1].number) for piece in file.pieces] == [(7, 19), (37, 43)]
    assert [line.number for piece in file.pieces for line in piece if line.notes] == [10, 16, 40]


def test_at_the_ends_of_a_file_there_is_less_around_a_gap() -> None:
    (file,) = build_gaps(facts("m.py\n    + 1-2 missing"), {PATH: b"a = 1\nb = 2\n"}).files
    assert [line.number for piece in file.pieces for line in piece] == [1, 2]


def test_a_file_that_is_not_the_measured_text_is_listed_without_its_code() -> None:
    made = page(facts("m.py\n    1-9\n    + 10-11 missing\n    def f 1-20"))
    assert shown_lines(made) == []
    assert "The code is not shown" in made
    assert "10-11 in f: 2 lines" in Reader(made).text


def test_of_a_long_gap_the_first_lines_are_shown_and_the_other_gaps_named() -> None:
    text = f"m.py\n    + 1-{MOST_LINES * 2} missing\n    {MOST_LINES * 2 + 1}-900\n    + 901 missing"
    (file,) = build_gaps(facts(text), {PATH: source_of(1000)}).files
    assert sum(map(len, file.pieces)) == MOST_LINES
    assert file.listed == ("901: 1 line",)


def test_the_page_does_not_grow_beyond_its_room() -> None:
    text = "\n".join(f"m{n}.py\n    + 1-50 missing" for n in range(30))
    texts = {PurePosixPath(f"m{n}.py"): source_of(50) for n in range(30)}
    files = build_gaps(facts(text), texts, most_code=10_000).files
    with_code = [bool(file.pieces) for file in files]
    assert with_code == sorted(with_code, reverse=True)
    assert 0 < sum(with_code) < 30
    assert all(file.pieces or file.listed == ("1-50: 50 lines",) for file in files)


def test_the_first_files_are_coloured() -> None:
    count = MOST_COLOURED // 50 + 5
    text = "\n".join(f"m{n:03}.py\n    + 1-50 missing" for n in range(count))
    texts = {PurePosixPath(f"m{n:03}.py"): source_of(50) for n in range(count)}
    files = build_gaps(facts(text), texts).files
    coloured = ["<b" in file.pieces[0][0].html for file in files]
    assert coloured == [True] * (MOST_COLOURED // 50) + [False] * 5


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_outcome_has_a_page_that_loads_nothing(situation: str) -> None:
    made = SITUATIONS[situation]()
    found = Reader(page(made))
    assert found.open == []
    for tag, attributes in found.tags:
        assert "src" not in attributes, tag
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        if href := attributes.get("href"):
            assert href == "data:," or href.startswith("https://github.com/"), href
    (policy,) = [a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert build_view(made).headline in " ".join(found.text.split()) or situation == "hostile"


def test_a_search_is_there_for_more_than_twenty_files() -> None:
    for count in (20, 21):
        text = "\n".join(f"m{n}.py\n    + 1 missing" for n in range(count))
        assert ('id="search"' in page(facts(text))) == (count > 20)


# --- strangers -----------------------------------------------------------------------------------------------------

HOSTILE = st.text(
    st.one_of(st.sampled_from("<>&\"'`|@#:[]()\\/!-\n\r\t\0\x1b\u202e\u2028\ud800 éñ😀"), st.characters()), max_size=80
)


GAPS = "m.py\n    + 1-2 missing\n    + 3 partial\n    def f 1-3"


@given(name=HOSTILE, function=HOSTILE, code=st.lists(HOSTILE, max_size=6), note=HOSTILE)
def test_nothing_of_the_repository_is_markup(name: str, function: str, code: list[str], note: str) -> None:
    made = facts(GAPS, notes=(note,))
    assert isinstance(made.diff, DiffCoverage)
    (file,) = made.diff.files
    path = PurePosixPath(f"d/{name}".replace("\0", "") or "x")
    places = tuple(replace(one, function=function) for one in file.places)
    made = replace(made, diff=DiffCoverage(files=(replace(file, path=path, places=places),)))
    source = "\n".join([*code, "", "", "", ""]).encode("utf-8", "surrogatepass")
    plain = Reader(page(facts(GAPS, notes=("x",)), {"m.py": b"\n\n\n"}))
    found = Reader(render_page(made, build_view(made), {path: source}))
    colours = {"b", "code", "i", "li", "ul", "p"}
    assert [tag for tag, _ in found.tags if tag not in colours] == [tag for tag, _ in plain.tags if tag not in colours]
    assert not any(control in found.text for control in "\0\x1b\u202e\u2028\x85")


@given(st.text(max_size=400))
def test_every_line_of_a_source_is_shown_as_it_is(text: str) -> None:
    shown = shown_source(text.encode("utf-8", "surrogatepass"))
    found = colour_lines(PATH, shown, WHOLE)
    assert [unescape(re.sub(r"</?b[^>]*>", "", found[n])) for n in sorted(found)] == shown.split("\n")


SOURCE = r'''"""The module
'quotes' and "more" ...
and its end."""

NAME = 'it''s'  # """ no string
TEXT = """one \""" two
three""" + "a\"b"


def work(a, b):
    r"""\\"""
    if a is not None:
        return f"{a!r} {b}"
    return lambda x: x


MORE = 'a' + """b
c"""
'''


@pytest.mark.parametrize("start", range(1, SOURCE.count("\n") + 1))
def test_a_part_is_coloured_as_it_is_in_the_whole(start: int) -> None:
    """Wherever the part begins, inside a string of several lines too."""
    assert list(tokenize.generate_tokens(io.StringIO(SOURCE).readline))
    whole = colour_lines(PATH, SOURCE, WHOLE)
    part = colour_lines(PATH, SOURCE, (Span(start=start, end=start + 2),))
    strip = re.compile(r"(?<=>) +|(?<=^) +| +(?=<)")
    assert {n: strip.sub("", line) for n, line in part.items()} == {n: strip.sub("", whole[n]) for n in part}


def test_keywords_strings_and_names_have_their_colours() -> None:
    found = colour_lines(PATH, SOURCE, WHOLE)
    assert found[10] == '<b class="k">def </b><b class="f">work</b>(a, b):'
    assert '<b class="c"># &quot;&quot;&quot; no string</b>' in found[5]
    assert found[2] == '<b class="s">&#x27;quotes&#x27; and &quot;more&quot; ...</b>'


def test_a_name_is_code_and_only_a_web_address_is_a_link() -> None:
    notes = (name("a<b"), link("docs", "https://x.org/a"), link("code", "javascript:x//https://"))
    fold = Fold(title=say("t"), blocks=(Bullets(rows=tuple(map(say, notes))),))
    text = render_page(facts(CORE), replace(build_view(facts(CORE)), folds=(fold,)), {})
    assert "<code>a&lt;b</code>" in text
    assert '<a href="https://x.org/a" rel="noreferrer">docs</a>' in text
    assert "javascript:x" not in text


def test_an_empty_line_of_a_string_has_no_colour() -> None:
    assert colour_lines(PATH, 'x = """a\n\nb"""\n', (Span(start=2, end=3),))[2] == ""


@pytest.mark.parametrize("name", ["tool", "m.py", "m.pyw", "m.pyi", "m.wsgi", "m.cgi"])
def test_python_is_coloured_by_whatever_suffix(name: str) -> None:
    assert "<b" in colour_lines(PurePosixPath(name), "return 1\n", WHOLE)[1]


def test_a_line_of_data_is_cut_and_a_template_has_no_colours() -> None:
    long = "x = '" + "<" * 1_000_000 + "'"
    assert unescape(colour_lines(PATH, long, WHOLE)[1]) == long[:LONGEST_LINE] + "…"
    assert colour_lines(PurePosixPath("page.j2"), "{% if x %}", WHOLE) == {1: "{% if x %}"}


def test_a_file_of_more_than_two_million_characters_has_no_colours() -> None:
    for size, first in ((2_000_000, '<b class="k">import </b>os'), (2_000_001, "import os")):
        assert colour_lines(PATH, "import os\n".ljust(size, "#"), (Span(start=1, end=1),)) == {1: first}


@pytest.mark.parametrize("text", ['"""' * 20_000, "'" * 100_000, '"\\' * 50_000, "(" * 100_000, '"""' + "\\" * 100_000])
def test_no_source_takes_long(text: str) -> None:
    lines = colour_lines(PATH, text.replace("\\\\", "\\\n"), (Span(start=1, end=3),))
    assert lines


def test_the_first_screen_is_the_comments() -> None:
    text = " ".join(Reader(page(facts(CORE, min_diff="80"))).text.split())
    assert "Diff coverage 66.7 % is below 80 %" in text
    assert "Cart.refund" in text


def test_the_first_screen_has_the_order_of_the_comment() -> None:
    text = Reader(page(compared(max_drop="0.2", raw="4.2", indirect=INDIRECT[:1]))).text
    parts = ("allowed: cover", "is enough", "at most", "is left out of the drop", "lost")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_lines_of_a_fold_that_there_is_no_room_for_are_counted() -> None:
    made = facts(CORE, min_diff="80")
    fold = Fold(title=say("Long"), blocks=(Listing(language="text", lines=("x",) * 5000),))
    text = Reader(render_page(made, replace(build_view(made), folds=(fold,)), {})).text
    assert "and 3800 more lines" in text


def test_a_function_with_gaps_far_apart_is_shown_in_pieces_that_each_say_why() -> None:
    text = "m.py\n    1-9\n    + 10-11 missing\n    12-99\n    + 100 partial\n    101-120\n    def f 1-120"
    (file,) = build_gaps(facts(text), {PATH: source_of(120)}).files
    notes = [(line.number, line.notes) for piece in file.pieces for line in piece if line.notes]
    assert [number for number, _ in notes] == [10, 100]
    assert "2 of lines 10-100, 1 branch" in notes[0][1][0]
    assert notes[1][1] == ("1 line",)
