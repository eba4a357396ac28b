"""diff-cover's engine and reports, fed with covgate's lines: the same numbers, and nothing of a stranger's obeyed."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest
from diff_cover.report_generator import JsonReportGenerator
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covgate.change.checkout import Checkout
from covgate.change.diff_cover_reporters import ChangedStatements, MeasuredStatements, join_lines, render_reports
from covgate.change.texts import digest_of
from covgate.config.report_files import ReportKind
from covgate.model.change import DiffCoverage, DiffFile
from covgate.model.coverage import FileCoverage, Measurement
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable
from covgate.publish.diff_cover import read_judged
from covgate.system.git_remote import GitRemote
from tests.support.git import make_repository

M = PurePosixPath("m.py")
JSON, HTML, MARKDOWN = ReportKind.DIFF_COVER_JSON, ReportKind.DIFF_COVER_HTML, ReportKind.DIFF_COVER_MARKDOWN


def diff_file(path: str, statements: set[int], missing: set[int]) -> DiffFile:
    return DiffFile(
        path=PurePosixPath(path),
        statements=frozenset(statements),
        missing=frozenset(missing),
        partial=frozenset(),
        tally=Tally(lines=Counts(covered=len(statements - missing), total=len(statements))),
    )


def render(kind: ReportKind, *files: DiffFile, source: bytes = b"") -> str:
    texts = {file.path: source for file in files} if source else {}
    return render_reports([kind], DiffCoverage(files=files), "base...head", texts)[kind]


# --- the join ------------------------------------------------------------------------------------------------------

LINES = st.frozensets(st.integers(1, 30), max_size=30)
NAMES = st.sampled_from([*(f"pkg/m{n}.py" for n in range(6)), "back\\slash.py", "back/slash.py", "./a b.py", "ü.py"])


@given(files=st.dictionaries(NAMES.map(PurePosixPath), st.tuples(LINES, LINES, LINES), max_size=8))
def test_the_engine_counts_as_sets_do(
    files: dict[PurePosixPath, tuple[frozenset[int], frozenset[int], frozenset[int]]],
) -> None:
    lines = {path: changed for path, (changed, _, _) in files.items()}
    coverage = {
        path: FileCoverage(path=path, statements=measured, missing=measured & missing)
        for path, (_, measured, missing) in files.items()
    }
    assert join_lines(lines, coverage) == {
        path: (changed & measured - missing, changed & measured & missing)
        for path, (changed, measured, missing) in files.items()
    }


class Counted(ChangedStatements):
    def __init__(self, files: dict[str, frozenset[int]]) -> None:
        super().__init__("diff", files)
        self.calls = Counter[str]()

    def src_paths_changed(self) -> tuple[str, ...]:
        self.calls["paths"] += 1
        return super().src_paths_changed()

    def lines_changed(self, src_path: str) -> list[int]:
        self.calls["lines"] += 1
        return super().lines_changed(src_path)


def test_2000_files_cost_a_few_questions_each() -> None:
    one = FileCoverage(path=M, statements=frozenset({1, 2, 3}), missing=frozenset({2}))
    names = [f"m{number}.py" for number in range(2000)]
    changed = Counted(dict.fromkeys(names, frozenset({1, 2})))
    engine = JsonReportGenerator(MeasuredStatements("covgate", dict.fromkeys(names, one)), changed)
    for name in names:
        assert (engine.covered_lines(name), engine.violation_lines(name)) == ([1], [2])
    assert changed.src_paths_changed() is changed.src_paths_changed(), "it is made once"
    assert changed.calls["paths"] <= 4 * len(names)
    assert changed.calls["lines"] == len(names)


# --- numbers -------------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_diff() -> None:
    report = json.loads(render(JSON, diff_file("m.py", {1, 2, 4}, {2, 4}), diff_file("n.py", {7}, set())))
    assert (report["total_num_lines"], report["total_num_violations"], report["total_percent_covered"]) == (4, 2, 50)
    assert (report["report_name"], report["diff_name"]) == ("covgate", "base...head")
    assert {
        name: (stats["covered_lines"], stats["violation_lines"]) for name, stats in report["src_stats"].items()
    } == {
        "m.py": ([1], [2, 4]),
        "n.py": ([7], []),
    }


@pytest.mark.parametrize("kind", [HTML, MARKDOWN])
def test_a_file_with_a_missing_line_is_never_at_100_percent(kind: ReportKind) -> None:
    text = render(kind, diff_file("m.py", set(range(1, 4001)), {17}), diff_file("n.py", {1}, set()))
    assert "99.9%" in text
    assert len(re.findall(r"\b100(\.0)?%", text)) == 1
    assert re.search(r"Coverage(</b>|\*\*): 99%", text)


def test_a_missing_first_line_is_marked_in_the_code() -> None:
    page = render(HTML, diff_file("m.py", {1}, {1}), source=b"x = 1\ny = 2\n")
    assert re.findall(r'<span class="hll">.*', page), page


@pytest.mark.parametrize("kind", [HTML, MARKDOWN])
def test_a_change_without_statements_says_so(kind: ReportKind) -> None:
    assert "No lines with coverage information in this diff." in render(kind)


def test_only_what_was_asked_for_is_rendered() -> None:
    assert set(render_reports([MARKDOWN, JSON], DiffCoverage(), "", {})) == {MARKDOWN, JSON}


# --- names of strangers --------------------------------------------------------------------------------------------

NAMES_OF_STRANGERS = [
    "plain.py",
    "pkg/__init__.py",
    "<script>alert(1)<!--.py",
    '"><img src=x onerror=alert(1)>.py',
    "a|b.py",
    "`a`.py",
    "line\n## Heading\n- item.py",
    "[a](www.b.example).py",
    "@everyone #1.py",
    "back\\slash.py",
    "new\nline.py",
    "new\\nline.py",
    "&lt;.py",
    "{{ 7 * 7 }}{% raw %}.py",
    "turned\u202eyp.exe.py",
    os.fsdecode(b"\xff\xfe.py"),
    "</style></td>.py",
    "1. one.py",
    " - .py",
]
STRANGERS = [diff_file(name, {1, 2}, {2}) for name in NAMES_OF_STRANGERS]
SOURCE = b'x = 1\ny = "</pre><script>alert(1)</script>```"\n'


class Tags(HTMLParser):
    """The tags of a page, the attributes that were used, and the text of the table's first column."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.cells: list[str] = []
        self.names: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._inside = "td" if tag == "td" and not attrs else "name" if ("class", "src-name") in attrs else ""
        if self._inside == "td":
            self.cells.append("")
        if self._inside == "name":
            self.names.append("")

    def handle_data(self, data: str) -> None:
        if self._inside == "td":
            self.cells[-1] += data
        if self._inside == "name":
            self.names[-1] += data

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""


def visible(name: str) -> str:
    return "".join(c if c.isprintable() and c != "\\" else ascii(c)[1:-1] for c in name)


def test_a_name_is_text_in_html() -> None:
    page = render(HTML, *STRANGERS, source=SOURCE)
    page.encode()
    tags = Tags()
    tags.feed(page)
    assert tags.tags == {
        *("html", "head", "meta", "title", "style", "body", "h1", "p", "ul", "li", "b", "table", "tr", "th", "td"),
        *("div", "pre", "span", "a"),
    }
    assert tags.attributes <= {"http-equiv", "content", "border", "class", "id", "name"}
    expected = {visible(name) for name in NAMES_OF_STRANGERS}
    assert len(expected) == len(NAMES_OF_STRANGERS)
    assert set(tags.cells[::3]) == set(tags.names) == expected
    assert page.count("alert(1)") > 0, "the code is shown"


def test_a_name_is_text_in_markdown() -> None:
    text = render(MARKDOWN, *STRANGERS, source=SOURCE)
    text.encode()
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    kinds = Counter(token.type for token in tokens)
    assert kinds["heading_open"] == 3 + len(STRANGERS), "the title, the diff, the summary, and one a file"
    assert kinds["html_block"] == 0
    assert kinds["fence"] == len(STRANGERS)
    inside = [child for token in tokens for child in token.children or ()]
    assert {child.content for child in inside if child.type == "html_inline"} == {"<code>", "</code>"}
    assert {child.type for child in inside} <= {
        *("text", "html_inline", "strong_open", "strong_close", "softbreak", "text_special")
    }
    shown = [
        "".join(child.content for child in token.children or () if child.type != "html_inline")
        for opened, token in itertools.pairwise(tokens)
        if opened.type == "heading_open"
    ]
    assert set(shown[3:]) == {visible(name) for name in NAMES_OF_STRANGERS}


# --- code ----------------------------------------------------------------------------------------------------------


def numbered(text: str) -> dict[int, tuple[bool, str]]:
    """Read {line: (is it marked as missing, its code)} of the Markdown report."""
    lines = re.findall(r"^([! ]) +(\d+) ?(.*)$", text, re.MULTILINE)
    return {int(number): (mark == "!", code) for mark, number, code in lines}


def test_the_code_around_missing_lines_is_shown_with_its_numbers() -> None:
    source = "".join(f"x{n} = {n}\n" for n in range(1, 41)).encode()
    text = render(MARKDOWN, diff_file("m.py", {10, 30, 31}, {10, 31}), source=source)
    found = numbered(text)
    assert found == {n: (n in {10, 31}, f"x{n} = {n}") for n in [*range(6, 15), *range(27, 36)]}
    assert "Lines 6-14" in text
    assert "Lines 27-35" in text


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"a = 1\nb = 2\nc = 3\n", id="unix"),
        pytest.param(b"\xef\xbb\xbfa = 1\r\nb = 2\r\nc = 3", id="windows"),
        pytest.param(b"a = 1\rb = 2\nc = 3\n", id="a-lone-return"),
        pytest.param(
            b"a = 1\nb = 2\nc = 3 # \x0c \x1e \xe2\x80\xa8 \xc2\x85\n", id="ends-of-lines-for-splitlines-only"
        ),
        pytest.param(b"a = 1\nb = 2\nc = 3 # \xff\n", id="not-utf-8"),
        pytest.param(b"# coding: latin-1\nb = 2\nc = 3 # \xe9\n", id="another-encoding"),
        pytest.param(b"# coding: no-such\nb = 2\nc = 3\n", id="an-encoding-that-is-none"),
        pytest.param(b"# coding: hex\nb = 2\nc = 3\n", id="an-encoding-that-is-no-text"),
        pytest.param(b"# coding: idna\nb = 2\nc = 3\n", id="an-encoding-that-refuses-to-replace"),
        pytest.param(b"\n\nc = 3\n", id="blank-lines-first"),
        pytest.param(b'"""\nb = 2\n"""; c = 3\n', id="a-text-of-several-lines"),
    ],
)
def test_a_line_has_pythons_number(source: bytes) -> None:
    found = numbered(render(MARKDOWN, diff_file("m.py", {3}, {3}), source=source))
    assert set(found) == {1, 2, 3}
    assert [line for line, (missing, _) in found.items() if missing] == [3]
    assert "c = 3" in found[3][1]
    page = render(HTML, diff_file("m.py", {3}, {3}), source=source)
    (marked,) = re.findall(r'<span class="hll">(.*?)\n', page)
    assert "3" in re.sub("<.*?>", "", marked)


def test_what_turns_or_hides_text_is_not_in_the_code() -> None:
    source = "a = 1  # \u202e \u2066 \x1b[31m \x00\n".encode()
    for kind in (HTML, MARKDOWN):
        assert not re.search("[\u202e\u2066\x1b\x00]", render(kind, diff_file("m.py", {1}, {1}), source=source))


def test_a_template_is_shown_too() -> None:
    text = render(MARKDOWN, diff_file("page.html", {2}, {2}), source=b"<p>\n{{ name }}\n</p>\n")
    assert numbered(text)[2] == (True, "{{ name }}")


def test_no_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # Where diff-cover would look.
    (tmp_path / "m.py").write_text("secret = 1\n", encoding="utf-8")
    assert "secret" not in render(HTML, diff_file("m.py", {1}, {1}))
    assert "secret" not in render(MARKDOWN, diff_file("m.py", {1}, {1}))


@pytest.mark.parametrize("committed", [True, False], ids=["commit", "working-tree"])
def test_only_the_text_that_was_measured_is_read(tmp_path: Path, *, committed: bool) -> None:
    repository = make_repository(tmp_path / "repository")
    text = b"x = 1\n"
    same, edited, linked = (PurePosixPath(name) for name in ("same.py", "edited.py", "linked.py"))
    for path in (same, edited, linked):
        repository.write(str(path), text.decode())
    head = repository.commit("measured")
    repository.write("edited.py", "x = 2\n")
    (repository.path / "linked.py").unlink()
    (repository.path / "linked.py").symlink_to(repository.path / "same.py")
    measurement = Measurement(
        coverage=Unavailable(reason="not asked"), digests=dict.fromkeys((same, edited, linked), digest_of(text))
    )
    change = Checkout(
        git=repository.command,
        remote=GitRemote(repository.command, None, of_user=True),
        prefix=PurePosixPath(),
        head=head,
        tree=head if committed else None,
        base=None,
        lines=None,
    )
    read = read_judged(change, measurement, [same, edited, linked])
    assert read == dict.fromkeys([same, edited, linked] if committed else [same], text)


def test_much_code_is_cut_once() -> None:
    """Each tenth line of 5,000 is missing: diff-cover's own way looks at 50,000 tokens for each of 500 ranges."""
    source = "".join(f"value_{n} = [{n}, 'text']\n" for n in range(1, 5_001)).encode()
    lines = set(range(10, 5_001, 10))
    assert render(MARKDOWN, diff_file("m.py", lines, lines), source=source).count("\n! ") == len(lines)
