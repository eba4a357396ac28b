"""The lines by which honest measurements of one text differ, because of the versions of Python and coverage."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

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
