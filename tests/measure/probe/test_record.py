"""One file's record: its lines, what a changed file needs besides, and what measurements of one text differ by."""

from __future__ import annotations

import hashlib
from pathlib import Path
from textwrap import dedent

import pytest
from coverage.plugin import CodeRegion

from covgate.measure.probe.covgate_probe.analyst import Analyst
from covgate.measure.probe.covgate_probe.reasons import Ran
from covgate.measure.probe.covgate_probe.record import (
    details,
    digest_of,
    first_line_of,
    looks_like_python,
    of_other_versions,
    record,
)
from tests.support.probe import Json, ProbedFolder

BRANCHES = """\
def f(a):
    if a:
        return 1
    for b in a:
        print(b)
    try:
        g()
    except ValueError:  # pragma: no cover
        pass
    return 2
"""


def recorded(folder: ProbedFolder, source: str, lines: list[int], *, detailed: bool = True, name: str = "m.py") -> Json:
    folder.write({name: dedent(source)})
    analyst = Analyst(data_file=folder.data("data", {folder.full(name): lines}), config_file=False)
    analyst.load()
    return record(analyst, analyst.reporter_of(folder.full(name)), detailed=detailed)


def detailed(folder: ProbedFolder, source: str) -> Json:
    return recorded(folder, source, [])


def test_a_record_holds_statements_missing_excluded_and_branches(folder: ProbedFolder) -> None:
    folder.write({"m.py": BRANCHES})
    steps = [(-1, 1), (1, -1), (-1, 2), (2, 4), (4, 5), (5, 4), (4, 6), (6, 7), (7, 10)]
    analyst = Analyst(data_file=folder.arcs("data", {folder.full("m.py"): steps}), config_file=False)
    analyst.load()
    found = record(analyst, analyst.reporter_of(folder.full("m.py")), detailed=False)
    assert found == {"s": [1, 2, 3, 4, 5, 6, 7, 10], "m": [3], "x": [8, 9], "b": [[2, 2, 1], [4, 2, 2]]}


def test_branches_tell_why_a_line_is_missing(folder: ProbedFolder) -> None:
    folder.write({"m.py": "def f(a):\n    if a:\n        return 1\n    return 2\n"})
    steps = [(-1, 1), (1, -1), (-1, 2), (2, 4), (4, -1)]
    analyst = Analyst(data_file=folder.arcs("data", {folder.full("m.py"): steps}), config_file=False)
    analyst.load()
    found = record(analyst, analyst.reporter_of(folder.full("m.py")), detailed=True)
    assert found["reasons"] == [[2, "if-never-true", 2], [3, "if-never-true", 2]]


def test_without_branch_data_there_are_no_branches(folder: ProbedFolder) -> None:
    assert recorded(folder, BRANCHES, [1, 2, 3], detailed=False)["b"] == []


def test_only_a_changed_file_has_details(folder: ProbedFolder) -> None:
    assert set(recorded(folder, "a = 1\n", [1], detailed=False)) == {"s", "m", "x", "b"}
    assert set(recorded(folder, "a = 1\n", [1])) == {
        "s",
        "m",
        "x",
        "b",
        "first",
        "functions",
        "sha256",
        "stray",
        "reasons",
    }


@pytest.mark.parametrize(
    ("source", "first"),
    [
        pytest.param("a = 1\nb = 2\n", [], id="one-line-statements"),
        pytest.param("a = f(\n    1,\n    2,\n)\n", [(2, 1), (3, 1), (4, 1)], id="call"),
        pytest.param("a = f(\n    1,\n\n    # said\n    2)\nb = 1\n", [(2, 1), (5, 1)], id="blank-and-comment"),
        pytest.param("a = 1 + 2 \\\n\nb = 1\n", [], id="blank-behind-a-backslash"),
        pytest.param("a = f(  # said\n\n    1)\nb = 1\n", [(3, 1)], id="blank-only"),
        pytest.param("a = f(\n    # said\n    1)\nb = 1\n", [(3, 1)], id="comment-only"),
        pytest.param('a = """\n\n# text\n"""\n', [(2, 1), (3, 1), (4, 1)], id="text-of-several-lines"),
        pytest.param("@f\n@g\ndef h(\n    a,\n):\n    pass\n", [(4, 3), (5, 3)], id="decorated"),
        pytest.param('"""What\n\nit is.\n"""\na = 1\n', [], id="docstring-is-no-statement"),
        pytest.param("if a:  # pragma: no cover\n    b(\n        1)\nc = (\n    2)\n", [(5, 4)], id="excluded"),
    ],
)
def test_a_continuation_line_has_the_first_line_of_its_statement(
    folder: ProbedFolder, source: str, first: list[tuple[int, int]]
) -> None:
    assert detailed(folder, source)["first"] == first


def test_the_map_of_first_lines_is_what_each_line_is_told(folder: ProbedFolder) -> None:
    folder.write({"m.py": "f(\n    1,\n)\nif (\n    a\n    and b\n):\n    pass\nx = [\n\n  1]\n"})
    analyst = Analyst(data_file=None, config_file=False)
    analyst.get_data()
    reporter = analyst.reporter_of(folder.full("m.py"))
    first = first_line_of(reporter)
    assert [{first(line)} for line in range(1, 13)] == [reporter.translate_lines([line]) for line in range(1, 13)]


def test_functions_have_their_names_and_spans(folder: ProbedFolder) -> None:
    source = "def f():\n    pass\n\n\nclass A:\n    b = 1\n\n    def c(self):\n        d = 1\n        return d\n"
    assert detailed(folder, source)["functions"] == [("f", 1, 2, 2), ("A.c", 8, 10, 9)]


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        (b"a = 1\r\nb = 2\r\n", b"a = 1\nb = 2\n"),
        (b"# $Id: 1f2e3d $\n", b"# $Id$\n"),
        (b"# $Id: a $ $Id: b $\n", b"# $Id$ $Id$\n"),
        (b"a\rb", b"a\rb"),
        # Not closed on its line: git leaves it alone.
        (b"# $Id: 1\n# $\n", b"# $Id: 1\n# $\n"),
    ],
)
def test_a_digest_is_of_the_text_as_git_stores_it(tmp_path: Path, text: bytes, same_as: bytes) -> None:
    (tmp_path / "m.py").write_bytes(text)
    assert digest_of(str(tmp_path / "m.py")) == hashlib.sha256(same_as).hexdigest()


@pytest.mark.parametrize(
    ("name", "looks"),
    [("m.py", True), ("m.pyw", True), ("app.wsgi", True), ("a.cgi", True), ("a.fcgi", True), ("a.html", False)],
)
def test_what_is_python_by_its_name(folder: ProbedFolder, name: str, *, looks: bool) -> None:
    folder.write({name: "a = 1\n"})
    analyst = Analyst(data_file=None, config_file=False)
    analyst.get_data()
    assert looks_like_python(analyst.reporter_of(folder.full(name))) is looks


# --- lines that were executed and are no statements ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "executed", "stray"),
    [
        pytest.param("a = 1\n\nb = 2\n", [1, 3], [], id="statements"),
        pytest.param("a = 1\n\nb = 2\n", [1, 2], [2], id="blank-line"),
        pytest.param("a = 1\nb = 2\n", [1, 5, 9], [5, 9], id="beyond-the-end"),
        pytest.param("a = f(\n    1)\n", [1, 2], [], id="inside-a-statement"),
        pytest.param("if a:  # pragma: no cover\n    b = 1\nc = 1\n", [1, 2, 3], [], id="excluded"),
        pytest.param('# said\n"""What it is."""\na = 1\n', [2, 3], [], id="docstring-of-another-coverage"),
        pytest.param("try:\n    a = 1\nfinally:\n    b = 1\n", [1, 2, 3, 4], [], id="clause-of-another-python"),
        pytest.param("", [1], [], id="nothing-in-it"),
        pytest.param("# said\na = 1\n", [1, 2], [1], id="a-comment-at-the-top"),
        pytest.param("# said\n", [1], [], id="only-a-comment"),
        pytest.param("a = 1\n", [], [], id="not-executed"),
    ],
)
def test_an_executed_line_that_cannot_have_been_is_stray(
    folder: ProbedFolder, source: str, executed: list[int], stray: list[int]
) -> None:
    assert recorded(folder, source, executed)["stray"] == stray


def test_line_0_is_no_line(folder: ProbedFolder) -> None:
    assert recorded(folder, "a = 1\n", [0, 1])["stray"] == []


# --- what other versions of Python and coverage make of one text --------------------------------------------------


@pytest.mark.parametrize(
    ("source", "added", "left_out"),
    [
        pytest.param("", [], [], id="nothing"),
        pytest.param("a = 1\nb = a + 1\nc.d(b)\n", [], [], id="plain"),
        pytest.param('"""What."""\na = 1\n', [1], [1], id="docstring"),
        pytest.param('def f():\n    """What."""\n    return 1\n', [2], [2], id="docstring-of-a-function"),
        pytest.param("def f():\n    a()\n", [], [], id="a-function-of-a-call"),
        pytest.param("class A:\n    1\n    a = 1\n", [2], [2], id="a-number-is-no-docstring"),
        pytest.param('a = 1\n"""Text\nof two lines."""\n', [2, 3], [2, 3], id="text-as-a-statement"),
        pytest.param('"a".join(\n    b)\n', [2], [1, 2], id="begins-with-a-text"),
        pytest.param('f"{a}".join(b)\n', [], [1], id="begins-with-a-formatted-text"),
        pytest.param('a.join("b")\n', [], [], id="a-text-further-on"),
        pytest.param("def f():\n    pass\n    return 1\n", [2], [2], id="pass"),
        pytest.param("def f():\n    global a\n    a = 1\n", [2], [2], id="global"),
        pytest.param("def f():\n    def g():\n        nonlocal a\n        a = 1\n", [3], [3], id="nonlocal"),
        pytest.param("a = 1\n1 + 2\n", [2], [2], id="constants"),
        pytest.param("a = 1\nb + 2\n", [], [], id="not-only-constants"),
        pytest.param("def f(\n    a,\n):\n    pass\n", [1, 2, 3, 4], [1, 2, 3, 4], id="a-body-of-nothing"),
        pytest.param("class A:\n    ...\n", [1, 2], [1, 2], id="a-class-of-nothing"),
        pytest.param("async def f():\n    ...\n", [1, 2], [1, 2], id="an-async-function-of-nothing"),
        pytest.param("@a\n@b\ndef f():\n    return 1\n", [], [1, 2, 3], id="decorated-function"),
        pytest.param("@a\nclass B:\n    c = 1\n", [], [1, 2], id="decorated-class"),
        pytest.param("def f():\n    return 1\n", [], [], id="function"),
        pytest.param("if 0:\n    a = 1\nelse:\n    b = 1\n", [1, 2, 3, 4], [1, 2, 3, 4], id="if-of-a-constant"),
        pytest.param("while 1:\n    a()\n", [1, 2], [1, 2], id="while-of-a-constant"),
        pytest.param("if not __debug__:\n    a = 1\nb = 1\n", [1, 2], [1, 2], id="debug"),
        pytest.param(
            "if t.TYPE_CHECKING:\n    import a\n    import b\n    import c\nelse:\n    import d\n",
            [1, 2, 3, 4, 5], [1, 2, 3, 4], id="typing",
        ),
        pytest.param("if a:\n    b = 1\n", [], [], id="if"),
        pytest.param("a = lambda: b\nc = 1 if a else 2\n", [], [], id="bodies-that-are-no-blocks"),
        pytest.param("a = f(\n    1,\n    2)\n", [2, 3], [2, 3], id="inside-a-statement"),
        pytest.param("for a in (\n    1, 2):\n    b()\n", [], [], id="the-head-of-a-block"),
        pytest.param(
            "try:\n    a()\nexcept B:\n    c()\nelse :\n    d()\nfinally:\n    e()\n", [1, 5, 7], [], id="try"
        ),
    ],
)  # fmt: skip
def test_the_lines_by_which_measurements_of_one_text_differ(source: str, added: list[int], left_out: list[int]) -> None:
    found = of_other_versions(source)
    assert (sorted(found["added"]), sorted(found["left out"])) == (added, left_out)


def test_details_of_a_template_are_its_plugins(folder: ProbedFolder) -> None:
    class Template:
        """What a plugin answers of a text that is no Python: two of its lines belong to one expression."""

        filename = folder.full("page.html")

        def source(self) -> str:
            return "<a>\n{{ 'b' |\n\n  c }}\n{{ ("

        def translate_lines(self, lines: list[int]) -> set[int]:
            return {2 if line in {3, 4} else line for line in lines}

        def code_regions(self) -> list[CodeRegion]:
            return [
                CodeRegion(kind="function", name="block", start=2, lines={2, 3, 4}),
                CodeRegion(kind="function", name="empty", start=4, lines=set()),
                CodeRegion(kind="class", name="page", start=1, lines={1, 2, 3, 4}),
            ]

    folder.write({"page.html": Template().source()})
    found = details(Template(), {1, 2}, Ran(missing=(), executed=(1, 2)))
    assert found["first"] == [(3, 2), (4, 2)]
    assert found["functions"] == [["block", 2, 4, 2]]
