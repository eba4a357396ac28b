"""The fold with the code of the places to cover: lines of the text that was measured, marked where they never ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from covgate.model import Coverage, Span
from covgate.report.facts import Facts
from covgate.report.folds import Block, Fold, Listing, Paragraph
from covgate.report.prose import name, say
from covgate.report.todo import Todo
from covgate.report.view import ReportView
from covgate.report.words import plural, short_path

AROUND = 2
"""Lines shown before a place: most often the function's own first one."""
MOST_LINES = 40
"""Lines of one place."""
MOST_WIDE = 160
"""Characters of a line."""
MOST_TEXT = 1024 * 1024
"""Bytes of a source: code that people wrote is shorter."""


def code_paths(view: ReportView) -> tuple[PurePosixPath, ...]:
    """Return the files whose code the report shows: those of the places to cover."""
    return tuple(dict.fromkeys(todo.path for todo in view.steps.rows)) if view.steps else ()


def with_code(view: ReportView, facts: Facts, texts: Mapping[PurePosixPath, bytes]) -> ReportView:
    """Return the view with the code of the places to cover on top of its folds; `texts` are the sources as measured."""
    rows = view.steps.rows if view.steps else ()
    blocks = tuple(_blocks(facts, rows, texts))
    # The page has the code of the change's gaps already.
    gaps = {(todo.path, todo.span) for todo in view.places}
    beyond = any((todo.path, todo.span) not in gaps for todo in rows)
    fold = Fold(title=say("The code"), blocks=blocks, on_page=beyond)
    return replace(view, folds=(fold, *view.folds)) if blocks else view


def _blocks(facts: Facts, places: Sequence[Todo], texts: Mapping[PurePosixPath, bytes]) -> Iterator[Block]:
    told: set[str] = set()
    for todo in places:
        text = texts.get(todo.path, b"")
        if not text or len(text) > MOST_TEXT:
            continue
        # As Python counts lines, and git: at LF alone, CR LF included.
        lines = text.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        if todo.span.start > len(lines):
            continue
        missing, partial = _marks(facts, todo.path)
        shown = _numbered(lines, todo.span, missing, partial)
        prose = say(name(short_path(todo.path)))
        for sign, meaning in _SIGNS.items():
            if sign not in told and any(line.startswith(sign) for line in shown):
                told.add(sign)
                prose = prose + ", lines marked " + name(sign) + meaning
        yield Paragraph(prose=prose)
        yield Listing(language="python", lines=shown)


_SIGNS = {"!": " never ran", "~": " ran and did not take every branch"}


def _marks(facts: Facts, path: PurePosixPath) -> tuple[frozenset[int], frozenset[int]]:
    """Return the missing and the partial lines: of a changed file those of the change, of any other all."""
    found = next((file for file in facts.known_diff.files if file.path == path), None)
    if found is not None:
        return found.missing, found.partial
    measured = facts.total.files.get(path) if isinstance(facts.total, Coverage) else None
    return (measured.missing if measured else frozenset()), frozenset()


def _first(lines: Sequence[str], span: Span) -> int:
    """Return the first line to show: one before the place that is not empty."""
    near = range(max(1, span.start - AROUND), span.start)
    return next((number for number in near if lines[number - 1].strip()), span.start)


def _numbered(lines: Sequence[str], span: Span, missing: frozenset[int], partial: frozenset[int]) -> tuple[str, ...]:
    """Print the lines of a place with the few before it: a sign, the number, the text."""
    start, end = _first(lines, span), min(span.end, len(lines), span.start + MOST_LINES - 1)
    width = len(str(end))
    shown = []
    for number in range(start, end + 1):
        text = lines[number - 1].rstrip()
        sign = "!" if number in missing else "~" if number in partial else " "
        cut = text if len(text) <= MOST_WIDE else f"{text[: MOST_WIDE - 1]}…"
        shown.append(f"{sign} {number:>{width}}  {cut}".rstrip())
    more = span.end - end
    return (*shown, f"  … {plural(more, 'more line')}") if more > 0 else tuple(shown)
