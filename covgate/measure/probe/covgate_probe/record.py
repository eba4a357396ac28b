"""One file's record: what coverage knows of its lines, and what a changed file needs besides."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import re
import tokenize
from collections.abc import Callable, Iterator
from typing import Any

from coverage.python import PythonFileReporter

from . import Json
from .analyst import Analyst
from .reasons import Ran, find_functions, find_reasons


def record(cov: Analyst, reporter: Any, *, detailed: bool) -> Json:
    """Return one file's record; the keys are short because there are thousands of them."""
    analysis = cov.analysis_of(reporter)
    stats = analysis.branch_stats() if analysis.has_arcs else {}
    lines = {
        "s": sorted(analysis.statements),
        "m": sorted(analysis.missing),
        "x": sorted(analysis.excluded),
        "b": [[line, total, taken] for line, (total, taken) in sorted(stats.items())],
    }
    if not detailed:
        return lines
    executed = reporter.translate_lines(cov.get_data().lines(reporter.filename) or [])
    branches = (analysis.executed_branch_arcs(), analysis.missing_branch_arcs()) if analysis.has_arcs else ({}, {})
    known = details(reporter, analysis.statements, Ran(missing=analysis.missing, executed=executed, exits=branches))
    return {**lines, **known, "stray": sorted(_strays(reporter, executed))}


def details(reporter: Any, statements: set[int], ran: Ran) -> Json:
    """What only changed files need: statements of continuation lines, functions, which text was analysed, reasons.

    A function is [name, first line, last line, first line of its body], a reason [line, kind, line that decides].
    """
    first = first_line_of(reporter)
    lines = _first_lines(reporter.source(), statements, first)
    known: Json = {"first": lines, "sha256": digest_of(reporter.filename), "reasons": []}
    if not isinstance(reporter, PythonFileReporter):
        found = (r for r in reporter.code_regions() if r.kind == "function" and r.lines)
        return {**known, "functions": [[r.name, min(r.lines), max(r.lines), min(r.lines)] for r in found]}
    source = reporter.source()
    tree = ast.parse(source)
    reasons = find_reasons(tree, source, ran, first)
    known["reasons"] = [[line, kind, cause] for line, (kind, cause) in sorted(reasons.items())]
    return {**known, "functions": find_functions(tree)}


def digest_of(path: str) -> str:
    """Return what `covgate.change.texts.digest_of` makes of the text that was diffed."""
    with open(path, "rb") as file:
        text = file.read().replace(b"\r\n", b"\n")
    return hashlib.sha256(re.sub(rb"\$Id:[^$\n]*\$", b"$Id$", text)).hexdigest()


def looks_like_python(reporter: Any) -> bool:
    """Whether a file that may be a template is Python by its name."""
    return bool(reporter.should_be_python()) or os.path.splitext(reporter.filename)[1] in _SCRIPTS


_SCRIPTS = {".wsgi", ".cgi", ".fcgi"}
"""Suffixes of what a web server runs as Python, which coverage takes for templates when it cannot parse them."""


def first_line_of(reporter: Any) -> Callable[[int], int]:
    """Return what gives the first line of a line's statement."""
    if hasattr(reporter, "multiline_map"):
        # Newer releases have the whole map; asking for each line makes two sets of it.
        starts: dict[int, int] = reporter.multiline_map()
        return lambda line: starts.get(line, line)
    return lambda line: min(reporter.translate_lines([line]))


def _first_lines(source: str, statements: set[int], first_line: Callable[[int], int]) -> list[tuple[int, int]]:
    """Return (line, first line of its statement) of the lines that continue one of `statements`."""
    texts = source.split("\n")
    starts = ((line, first_line(line)) for line in range(1, len(texts) + 1))
    first = {line: start for line, start in starts if start != line and start in statements}
    # Reading tokens takes longer than all of the above; only such a line can be none of its statement's.
    if any(texts[line - 1].strip()[:1] in {"", "#"} for line in first):
        code = _lines_of_code(source)
        first = {line: start for line, start in first.items() if line in code}
    return sorted(first.items())


def _lines_of_code(source: str) -> set[int]:
    """Return the lines that hold a part of a statement: not the blank and comment lines inside a long call."""
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in layout:
                lines.update(range(token.start[0], token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):
        # Not Python (a template, say): every line may belong to a statement.
        return set(range(1, source.count("\n") + 2))
    return lines


def _strays(reporter: Any, executed: set[int]) -> set[int]:
    """Return executed lines (first lines of statements) that the source of now cannot have executed."""
    # Python 3.10 executes line 1 of a file that holds nothing.
    if not executed or not isinstance(reporter, PythonFileReporter) or not reporter.lines():
        return set()
    found = {line for line in executed if line > 0} - reporter.lines() - reporter.excluded_lines()
    if found:
        # Looked at only then: it costs as much as parsing the file.
        found -= reporter.translate_lines(of_other_versions(reporter.source())["added"])
    return found


# --- the lines by which honest measurements of one text differ, by the versions of Python and coverage ----------------


_BOTH = ("added", "left out")

OTHER_VERSIONS: dict[str, tuple[str, ...]] = {
    # Coverage before 7.0 counts a module's docstring that stands below a comment,
    "docstring": _BOTH,
    # and takes a statement that begins with a string for a docstring.
    "string": ("left out",),
    # Some versions of Python make no code of `pass`, `...`, `global` and constants.
    "nothing": _BOTH,
    # `if 0:`, `while 1:`, `if __debug__:`: Python leaves a side out, with -O another one.
    "constant-test": _BOTH,
    # `try:`, `else:`, `finally:`: recorded by some versions of Python.
    "clause": ("added",),
    # Decorators and what they decorate: Python before 3.8 records the first line only.
    "decorated": ("left out",),
    # `if TYPE_CHECKING:` and bodies of `...`: excluded since coverage 7.10 and 7.6.
    "typing": _BOTH,
    # A line inside a statement: which lines of it are recorded depends on the version of Python.
    "inner": _BOTH,
}
"""Each kind of line, and which way measurements differ.

`added` ones may be named without being statements here, `left out` ones may be statements here without being named.
"""


def of_other_versions(source: str) -> dict[str, set[int]]:
    """Return the `added` and the `left out` lines of a source that can be parsed."""
    lines: dict[str, set[int]] = {"added": set(), "left out": set()}
    for node in ast.walk(ast.parse(source)):
        for kind, found in _kinds_of(node):
            for way in OTHER_VERSIONS[kind]:
                lines[way].update(found)
    for number, text in enumerate(source.split("\n"), start=1):
        if re.match(r"\s*(try|else|finally)\s*:", text):
            lines["added"].add(number)
    return lines


def _kinds_of(node: Any) -> Iterator[tuple[str, range]]:
    """Yield (kind, lines) of one node of the syntax tree."""
    body = getattr(node, "body", None)
    if isinstance(body, list) and body and _is_text(body[0]):
        yield "docstring", range(body[0].lineno, body[0].lineno + 1)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        if node.decorator_list:
            yield "decorated", range(first, node.lineno + 1)
        if all(_is_nothing(statement) for statement in node.body):
            yield "typing", range(first, _span(node).stop)
    elif isinstance(node, (ast.If, ast.While)):
        words = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node.test)}
        if isinstance(node.test, ast.Constant) or "__debug__" in words:
            yield "constant-test", _span(node)
        if "TYPE_CHECKING" in words:
            yield "typing", range(node.lineno, _span(node.body[-1]).stop)
    elif isinstance(node, ast.stmt) and body is None:
        yield from _kinds_of_simple(node)


def _kinds_of_simple(node: ast.stmt) -> Iterator[tuple[str, range]]:
    yield "inner", range(node.lineno + 1, _span(node).stop)
    if _is_nothing(node):
        yield "nothing", _span(node)
    elif isinstance(node, ast.Expr) and _starts_with_text(node.value):
        yield "string", _span(node)


def _span(node: Any) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_nothing(node: Any) -> bool:
    if isinstance(node, ast.Expr):
        return all(isinstance(part, (ast.Constant, ast.BinOp, ast.operator)) for part in ast.walk(node.value))
    return isinstance(node, (ast.Pass, ast.Global, ast.Nonlocal))


def _starts_with_text(node: Any) -> bool:
    texts = (part for part in ast.walk(node) if isinstance(part, (ast.Constant, ast.JoinedStr)))
    return any((text.lineno, text.col_offset) == (node.lineno, node.col_offset) for text in texts)
