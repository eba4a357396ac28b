"""What a change does to what is counted, read from texts: pragmas it brings, tests it deletes."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from covgate.change.changed_lines import read_texts
from covgate.model import (
    PYTHON_SUFFIXES,
    ChangedLines,
    Coverage,
    GateChange,
    GateChangeKind,
    Sha,
)
from covgate.system import REGULAR_FILE, GitCommand

# --- pragmas ---------------------------------------------------------------------------------------------------------

PRAGMA = re.compile(rb"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)")
"""As coverage has it by default."""


def find_pragmas(git: GitCommand, tree: Sha | None, lines: ChangedLines, coverage: Coverage) -> tuple[GateChange, ...]:
    """Return how many statements pragmas on changed lines exclude, as far as coverage does exclude them.

    `tree` is the commit that was measured; None is the working tree.
    """
    measured = [path for path, file in lines.files.items() if file.lines and path in coverage.files]
    excluded = [path for path in measured if coverage.files[path].excluded]
    texts = read_texts(git, tree, excluded)
    counts = {
        path: count
        for path, text in texts.items()
        if (count := count_excluded(text, lines.files[path].lines, coverage.files[path].excluded))
    }
    if not counts:
        return ()
    kind, files = GateChangeKind.PRAGMA, tuple(sorted(counts))
    return (GateChange(kind=kind, name="no cover", count=sum(counts.values()), files=files, lowers=True),)


def count_excluded(text: bytes, changed: frozenset[int], excluded: frozenset[int]) -> int:
    """Count the statements that pragmas on `changed` lines exclude; `excluded` are the lines that coverage excludes."""
    numbered = enumerate(re.split(rb"\r\n|\r|\n", text), start=1)
    marked = {number for number, line in numbered if number in changed and PRAGMA.search(line)}
    if not marked:
        return 0
    try:
        statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # The syntax of another Python than covgate's, or nested too deeply for it: at least these.
        return len(marked & excluded)
    regions = [region for line in marked for region in _regions(line, statements)]
    return len({node.lineno for node in statements if node.lineno in excluded and _is_in(node.lineno, regions)})


def _is_in(line: int, regions: list[range]) -> bool:
    return any(line in region for region in regions)


def _regions(line: int, statements: list[ast.stmt]) -> Iterator[range]:
    """Yield the lines that a pragma on `line` excludes: its statement, or the block that the line begins."""
    around = [node for node in statements if line in _span(node)]
    if not around:
        return
    inner = min(around, key=lambda node: len(_span(node)))
    blocks = list(_blocks(inner))
    if not blocks:
        yield _span(inner)
        return
    below = [block for block in blocks if block[0].lineno > line]
    if not below:
        # `if x: y()  # pragma: no cover` in one line is a block of its own, too.
        yield from (_span(block[-1]) for block in blocks if line in _span(block[-1]))
        return
    first = min(below, key=lambda block: block[0].lineno)
    start = _span(inner).start if first is blocks[0] else line
    yield range(start, (first[-1].end_lineno or line) + 1)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement, in order."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        for part in [getattr(node, name, None) or []]:
            if name in {"handlers", "cases"}:
                yield from (inner.body for inner in part)
            elif part:
                yield part


def _span(node: ast.stmt) -> range:
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return range(first, (node.end_lineno or node.lineno) + 1)


# --- deleted tests ---------------------------------------------------------------------------------------------------

_TEST = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)", re.MULTILINE)


def find_deleted_tests(git: GitCommand, base: Sha, tree: Sha | None) -> tuple[GateChange, ...]:
    """Return how many test functions the change deletes, by their names; one that moves to another file stays."""
    entries = [entry for entry in git.changes(base, tree) if entry.status == "D" or entry.mode.startswith(REGULAR_FILE)]
    before = [entry.old_path for entry in entries if entry.status != "A" and _holds_tests(entry.old_path)]
    after = [entry.path for entry in entries if entry.status != "D" and _holds_tests(entry.path)]
    if not before:
        return ()
    untracked = () if tree else tuple(path for path in git.untracked() if _holds_tests(path))
    there = Counter(name for text in read_texts(git, tree, [*after, *untracked]).values() for name in _names(text))
    gone: dict[PurePosixPath, int] = {}
    for path, text in sorted(git.blobs(base, before).items()):
        left = _names(text) - there
        there -= _names(text)
        if left:
            gone[path] = left.total()
    if not gone:
        return ()
    return (GateChange(kind=GateChangeKind.TESTS, name="tests", count=sum(gone.values()), files=tuple(gone)),)


def _names(text: bytes) -> Counter[bytes]:
    return Counter(_TEST.findall(text))


def _holds_tests(path: PurePosixPath) -> bool:
    """Whether a file's name is one of tests: by pytest's own patterns, or by its folder."""
    named = path.name.startswith("test") or path.stem.endswith("_test") or {"tests", "test"} & set(path.parts[:-1])
    return path.suffix in PYTHON_SUFFIXES and bool(named)
