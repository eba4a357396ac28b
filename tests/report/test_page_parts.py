"""The parts of the page, whole: the gaps of a change, the colours of code, and where either ends."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from covgate.model.coverage import Span
from covgate.model.unknown import Unavailable
from covgate.report.folds import Bullets, Fold
from covgate.report.page.code import LONGEST_LINE, colour_lines, escape_lines
from covgate.report.page.gaps import FileGaps, build_gaps, count_gaps
from covgate.report.page.render import render_page
from covgate.report.prose import link, name, say
from covgate.report.view import build_view
from tests.report.test_page import Reader, page, source_of
from tests.support.situations import BLOB, HEAD, facts

CHANGE = """\
m.py
    1-9
    + 10-11 missing
    + 12 partial
    13 excluded
    14-29
    + 30-31 missing
    32-60
    + 61 missing
    def f 8-20
    def g 25-40
b.py
    + 1 partial
    2
    def Cart.pay 1-2
c.py
    + 1
d.py (omitted)
    + 1
    + 2 missing
"""


def outline(file: FileGaps) -> list[str]:
    """The runs of lines that are shown: `7-9 !10 (note)`."""
    return [
        " ".join(f"{line.sign}{line.number}" + "".join(f" ({note})" for note in line.notes) for line in piece)
        for piece in file.pieces
    ]


def test_the_gaps_of_a_change() -> None:
    gaps = build_gaps(facts(CHANGE), {PurePosixPath("m.py"): source_of(61)})
    first, second = gaps.files
    assert outline(first) == [
        "7 8 9 !10 (2 lines, 1 branch) !11 ~12 -13 14 15",
        "27 28 29 !30 (2 lines) !31 32 33 34",
        "58 59 60 !61 (1 line)",
    ]
    assert [line.html for piece in first.pieces for line in piece][:2] == [
        'value_7 = <b class="n">7</b>',
        'value_8 = <b class="n">8</b>',
    ]
    assert replace(first, pieces=()) == FileGaps(
        path="m.py",
        count="6 uncovered of 8",
        url=f"{BLOB}/{HEAD}/m.py",
        note="",
        pieces=(),
        listed=(),
        why_no_code="",
    )
    assert second == FileGaps(
        path="b.py",
        count="1 uncovered of 3",
        url=second.url,
        note="",
        pieces=(),
        listed=("1 in Cart.pay: 1 of 2 branches never taken",),
        why_no_code="The code is not shown: the file was edited since it was measured, or is none any more.",
    )
    assert (gaps.covered, gaps.omitted) == (("c.py",), ("d.py · omit = gen/* · pyproject.toml line 12",))
    assert count_gaps(gaps) == "4 gaps in 2 files"


SOURCE = """\
@deco
class A(Base):
    x = not 0x1f + len('a\\'b')  # c <i>
    def f(self): return None
\ty = \"\"\"a
  b\"\"\" if x is True else 1.5
"""
COLOURED = """\
<b f>@deco</b>
<b k>class </b><b f>A</b>(Base):
    x = <b k>not </b><b n>0x1f </b>+ <b n>len</b>(<b s>&#x27;a\\&#x27;b&#x27;</b>)  <b c># c &lt;i&gt;</b>
    <b k>def </b><b f>f</b>(<b n>self</b>): <b k>return None</b>
\ty = <b s>&quot;&quot;&quot;a</b>
<b s>  b&quot;&quot;&quot; </b><b k>if </b>x <b k>is True else </b><b n>1.5</b>
"""


def test_python_is_coloured_and_nothing_else_is() -> None:
    whole = (Span(start=1, end=99),)
    plain = dict(enumerate(re.sub(r"</?b[^>]*>", "", COLOURED).split("\n"), start=1))
    coloured = dict(enumerate(re.sub(r"<b (\w)>", r'<b class="\1">', COLOURED).split("\n"), start=1))
    for name_ in ("m.py", "m.pyw", "m.pyi", "m.wsgi", "m.cgi", "script"):
        assert colour_lines(PurePosixPath(name_), SOURCE, whole) == coloured
    for name_ in ("m.js", "m.pyx", "m.html"):
        assert colour_lines(PurePosixPath(name_), SOURCE, whole) == plain
    assert escape_lines(SOURCE, (Span(start=2, end=2), Span(start=4, end=4))) == {2: plain[2], 4: plain[4]}
    assert colour_lines(PurePosixPath("m.py"), SOURCE, ()) == {}


def test_a_long_line_is_cut_and_what_is_shown_with_it_is_not_coloured() -> None:
    fits, long = (f"x = '{'y' * (LONGEST_LINE - 6 + more)}'" for more in (0, 1))
    source = f"def f()\n{fits}\n\ndef g()\n{long}\n\ndef h()"
    spans = (Span(start=1, end=2), Span(start=4, end=5), Span(start=7, end=7))
    found = colour_lines(PurePosixPath("m.py"), source, spans)
    assert found == {
        1: '<b class="k">def </b><b class="f">f</b>()',
        2: f'x = <b class="s">&#x27;{fits[5:-1]}&#x27;</b>',
        4: "def g()",
        5: f"x = &#x27;{long[5:LONGEST_LINE]}…",
        7: '<b class="k">def </b><b class="f">h</b>()',
    }
    assert escape_lines(source, (Span(start=2, end=2),)) == {2: f"x = &#x27;{fits[5:-1]}&#x27;"}


def test_a_file_of_data_is_not_coloured() -> None:
    text, span = "def f()\n", (Span(start=1, end=1),)
    limit = 2_000_000
    for size, coloured in ((limit, True), (limit + 1, False)):
        found = colour_lines(PurePosixPath("m.py"), text + "#" * (size - len(text)), span)
        assert ("<b" in found[1]) is coloured


def test_a_run_of_lines_in_the_page() -> None:
    made = page(facts(CHANGE.replace("10-11", "9-10").replace("1-9", "1-8")), {"m.py": source_of(61)})
    assert made.count('<div class="code">') == 3
    assert (
        '<div class="code">'
        '<code><i>   6</i>value_6 = <b class="n">6</b>\n</code>'
        '<code><i>   7</i>value_7 = <b class="n">7</b>\n</code>'
        '<code><i>   8</i>value_8 = <b class="n">8</b>\n</code>'
        '<span class="gap" tabindex="-1">2 of lines 9-12, 1 branch</span>'
        '<code class="m"><i>!  9</i>value_9 = <b class="n">9</b>\n</code>'
        '<code class="m"><i>! 10</i>value_10 = <b class="n">10</b>\n</code>'
    ) in made
    assert '<code class="p"><i>~ 12</i>value_12 = <b class="n">12</b>\n</code>' in made
    assert '<code class="x"><i>- 13</i>value_13 = <b class="n">13</b>\n</code>' in made


def test_a_sentence_in_the_page() -> None:
    made = facts(CHANGE)
    links = [name("a<b", "https://example.org/?a=1&b=2"), link("c", "http://c.org"), link("d", "javascript:x()")]
    view = replace(build_view(made), advice=(say("See ", links[0], ", ", links[1], " & ", links[2]),))
    assert (
        'See <a href="https://example.org/?a=1&amp;b=2" rel="noreferrer"><code>a&lt;b</code></a>, '
        '<a href="http://c.org" rel="noreferrer">c</a> &amp; d'
    ) in render_page(made, view, {})


STRINGS = """\
x = '''a

b'''.c()
y = "" "a" 'b' \"\"\"d
\\\"\"\"\" + e # it's "
z = f()
w = \"\"\"g
h
"""


def test_a_part_that_begins_inside_of_a_string_is_coloured_up_to_its_end() -> None:
    """Strings of either quote, one behind short ones, one with a quote that is none, and one that nothing closes."""
    quotes = "&quot;" * 4
    lines = {
        2: "",
        3: '<b class="s">b&#x27;&#x27;&#x27;</b>.c()',
        5: f'<b class="s">\\{quotes}</b> + e <b class="c"># it&#x27;s &quot;</b>',
        6: "z = f()",
        8: '<b class="s">h</b>',
        9: "",
    }
    path = PurePosixPath("m.py")
    for first, last in ((2, 3), (3, 3), (5, 6), (6, 6), (8, 9)):
        found = colour_lines(path, STRINGS, (Span(start=first, end=last),))
        assert found == {number: lines[number] for number in range(first, last + 1)}
    several = colour_lines(path, STRINGS, tuple(Span(start=n, end=n) for n in (3, 5, 8)))
    assert several == {number: lines[number] for number in (3, 5, 8)}


def test_a_string_behind_another_of_the_other_quote_is_found() -> None:
    found = colour_lines(PurePosixPath("m.py"), "x = \"a\" '''b\nc'''.d()\n", (Span(start=2, end=2),))
    assert found == {2: '<b class="s">c&#x27;&#x27;&#x27;</b>.d()'}


def test_without_the_whole_measurement_a_later_gap_of_a_place_says_its_size() -> None:
    text = "m.py\n    + 3 missing\n    + 4\n    + 5-6 missing\n    def f 1-9"
    made = replace(facts(text), total=Unavailable(reason="not known any more"))
    (file,) = build_gaps(made, {PurePosixPath("m.py"): source_of(10)}).files
    assert outline(file) == ["1 2 !3 (3 of lines 3-6) 4 !5 (2 lines) !6 7 8 9"]


def test_the_numbers_of_lines_stand_below_each_other() -> None:
    made = page(facts("m.py\n    1-6\n    + 7 missing\n    8-10"), {"m.py": source_of(10)})
    assert [found for found in re.findall(r"<i>(.*?)</i>", made) if found.strip("! ~-").isdecimal()] == [
        "   4", "   5", "   6", "!  7", "   8", "   9", "  10",
    ]  # fmt: skip


def test_gaps_without_code_are_listed_by_line_with_the_reason() -> None:
    text = "m.py\n    + 3 missing\n    4-9\n    + 10-15 missing\n    def f 1-5\n    def g 9-20"
    made = facts(text)
    (file,) = build_gaps(made, {PurePosixPath("m.py"): source_of(20)}, most_code=0).files
    assert (file.pieces, file.listed) == ((), ("3 in f: 1 line", "10-15 in g: 6 lines"))
    assert file.why_no_code == "Without their code, for want of room:"
    (file,) = build_gaps(made, {}).files
    assert file.listed == ("3 in f: 1 line", "10-15 in g: 6 lines")
    assert file.why_no_code.startswith("The code is not shown: ")


def test_each_gap_of_a_place_says_why_it_is_one() -> None:
    text = """\
m.py
    + 10-11 missing
    12-19
    + 20-21 missing
    22-29
    + 30-32 missing
    def f 1-40
    why 10-11 if-never-true 9
    why 20-20 never-called 20
    why 21-21 loop-never-runs 19
n.py (unmeasured)
    + 1-2 missing
"""
    texts = {PurePosixPath("m.py"): source_of(40), PurePosixPath("n.py"): source_of(2)}
    first, second = build_gaps(facts(text), texts).files
    assert [note for piece in first.pieces for line in piece for note in line.notes] == [
        "the if on line 9 is never true, the loop on line 19 never runs, and more (7 of lines 10-32)",
        "never called and the loop on line 19 never runs",
        "3 lines",
    ]
    assert (first.note, second.note) == ("", "no test imports this file")
    assert outline(second) == ["!1 (no test imports this file (2 lines)) !2"]


def test_the_page_has_the_steps_and_the_folds_that_are_nowhere_else() -> None:
    made = facts(CHANGE, min_diff="99")
    view = build_view(made)
    rows = Bullets(rows=tuple(say(f"row {number}") for number in range(201)))
    folds = (
        Fold(title=say("Whole"), blocks=(Bullets(rows=rows.rows[:200]),)),
        Fold(title=say("Long"), blocks=(rows,)),
        Fold(title=say("Repeated"), blocks=(rows,), repeats=True),
        Fold(title=say("Elsewhere"), blocks=(rows,), on_page=False),
        Fold(title=say("Neither"), blocks=(rows,), on_page=False, repeats=True),
    )
    made_page = render_page(made, replace(view, folds=folds), {})
    text = Reader(made_page).text
    assert [fold for fold in ("Whole", "Long", "Repeated", "Elsewhere", "Neither") if fold in text] == ["Whole", "Long"]
    assert (text.count("row 199"), text.count("row 200")) == (2, 0)
    assert view.steps is not None
    assert f"{view.steps.title}:" in text
    assert made_page.startswith("<!doctype html>")
    assert made_page.endswith("</html>\n")
