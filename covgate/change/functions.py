"""Functions of files outside the change, for the places that are named there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from covgate.change.changed_lines import read_texts
from covgate.model import PYTHON_SUFFIXES, Function, Sha, Span
from covgate.system import GitCommand


def find_functions(
    git: GitCommand, tree: Sha | None, paths: Iterable[PurePosixPath]
) -> Mapping[PurePosixPath, tuple[Function, ...]]:
    """Return the functions of Python files of a commit; None is the working tree.

    A file that covgate's own Python cannot parse has none: its places are ranges of lines.
    """
    texts = read_texts(git, tree, [path for path in paths if path.suffix in PYTHON_SUFFIXES])
    return {path: functions_of(text) for path, text in texts.items()}


def functions_of(text: bytes) -> tuple[Function, ...]:
    """Return the functions of a source, named as coverage names its regions, with their decorators."""
    try:
        return tuple(_functions(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _functions(tree: ast.Module) -> Iterator[Function]:
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, prefix = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{node.name}"
            prefix = f"{name}."
            if not isinstance(node, ast.ClassDef):
                span = Span(start=_first_line(node), end=node.end_lineno or node.lineno)
                yield Function(name=name, span=span, body=_first_line(node.body[0]))
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, field, None)
            if isinstance(children, list):
                waiting += [(child, prefix) for child in children]


def _first_line(node: ast.stmt) -> int:
    return min((decorator.lineno for decorator in getattr(node, "decorator_list", ())), default=node.lineno)
