"""Lines of a source as escaped HTML, coloured: only the lines that are shown are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from itertools import accumulate
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from covgate.model import Span

if TYPE_CHECKING:
    from pygments.lexer import RegexLexer

LONGEST_LINE = 400
"""Characters of a line that are shown: a line of data may have a million."""

_MOST_COLOURED = 2_000_000
"""Characters of a file that is coloured: in a larger one, data most likely, no strings are looked for."""

_PYTHON = frozenset({"", ".py", ".pyw", ".pyi", ".wsgi", ".cgi"})


def colour_lines(path: PurePosixPath, text: str, spans: Sequence[Span]) -> dict[int, str]:
    """Return lines of `text`, 1-based, as HTML. `spans` are in order and do not overlap; beyond the end is nothing."""
    if path.suffix not in _PYTHON or len(text) > _MOST_COLOURED:
        return escape_lines(text, spans)
    lines = text.split("\n")
    has_strings = spans and ('"""' in text or "'''" in text)
    strings = _long_strings(text) if has_strings else iter(())
    ends = list(accumulate(map(len, lines), initial=0))
    found: dict[int, str] = {}
    inside = next(strings, None)
    for span in spans:
        shown = lines[span.start - 1 : span.end]
        if any(len(line) > LONGEST_LINE for line in shown):
            found |= _escape_from(span.start, shown)
            continue
        first = min(span.start, len(lines)) - 1
        # With the line ends before it.
        start = ends[first] + first
        while inside is not None and inside[1] <= start:
            inside = next(strings, None)
        string_end = inside[1] - start if inside is not None and inside[0] < start else 0
        coloured = _coloured("\n".join(shown), string_end)
        found |= {span.start + at: line for at, line in enumerate(coloured)}
    return found


def escape_lines(text: str, spans: Sequence[Span]) -> dict[int, str]:
    """Return lines of `text` as HTML without colours."""
    lines = text.split("\n")
    found: dict[int, str] = {}
    for span in spans:
        found |= _escape_from(span.start, lines[span.start - 1 : span.end])
    return found


def _escape_from(start: int, lines: Sequence[str]) -> dict[int, str]:
    return {start + at: _escape(line) for at, line in enumerate(lines)}


def _escape(line: str) -> str:
    return escape(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…")


# --- strings of several lines -----------------------------------------------------------------------------------------

_TOKEN = re.compile(r"""#[^\n]*|(\"\"\"|''')|"(?:\\.|[^"\\\n])*|'(?:\\.|[^'\\\n])*""", re.DOTALL)


def _long_strings(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the strings in three quotes. The lines that are shown may lie inside of one."""
    at = 0
    while match := _TOKEN.search(text, at):
        # With the closing quote of a short string; behind a comment stands none, as it ends with its line.
        at = match.end() + (text[match.end() : match.end() + 1] in {'"', "'"})
        if match[1]:
            at = _close(text, match.end(), match[1])
            yield match.start(), at


def _close(text: str, at: int, quotes: str) -> int:
    """Return where a string that began before `at` ends: behind its quotes, or with the text."""
    while (end := text.find(quotes, at)) >= 0:
        before = end
        while before > at and text[before - 1] == "\\":
            before -= 1
        if (end - before) % 2 == 0:
            return end + len(quotes)
        at = end + 1
    return len(text)


# --- colours ----------------------------------------------------------------------------------------------------------


def _coloured(code: str, string_end: int) -> list[str]:
    """Return the lines of code; up to `string_end` it is the rest of a string."""
    lines = [""]
    if string_end:
        _append(lines, "s", code[:string_end])
    lexer = _python_lexer()
    before, waiting = "", ""
    # Not `get_tokens`: it strips, expands and decodes, and the lines are what they are.
    for _, kind, value in lexer.get_tokens_unprocessed(code[string_end:]):
        name = _class_of(kind)
        if name == before or (value.isspace() and "\n" not in value):
            waiting += value
            continue
        _append(lines, before, waiting)
        before, waiting = name, value
    _append(lines, before, waiting)
    return lines


def _append(lines: list[str], name: str, value: str) -> None:
    first, *others = escape(value).split("\n")
    lines[-1] += f'<b class="{name}">{first}</b>' if name and first else first
    lines += [f'<b class="{name}">{other}</b>' if name and other else other for other in others]


@cache
def _class_of(kind: object) -> str:
    """Return the letter of a kind of token; most have none."""
    from pygments.token import Token  # noqa: PLC0415  # with the lexer: 40 ms

    letters = {
        "k": (Token.Keyword, Token.Operator.Word),
        "s": (Token.Literal.String,),
        "n": (Token.Literal.Number, Token.Name.Builtin),
        "c": (Token.Comment,),
        "f": (Token.Name.Function, Token.Name.Class, Token.Name.Decorator),
    }
    return next((letter for letter, kinds in letters.items() if any(kind in within for within in kinds)), "")


@cache
def _python_lexer() -> RegexLexer:
    from pygments.lexers.python import PythonLexer  # noqa: PLC0415  # only a page needs it

    return PythonLexer()
