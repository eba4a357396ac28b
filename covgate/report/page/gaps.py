"""The gaps of a change with the code around them: file by file, the most uncovered one first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.change import shown_source
from covgate.model import DiffFile, FileCoverage, Span, spans_of, visible
from covgate.report.facts import Facts
from covgate.report.page.code import colour_lines, escape_lines
from covgate.report.runs import find_runs, measured_file
from covgate.report.todo import Todo, list_todos
from covgate.report.why import why_text
from covgate.report.words import plural

AROUND = 3
"""Lines of code shown before and after a gap."""

MOST_LINES = 400
"""Lines of one file that are shown; its other gaps are listed."""

MOST_CODE = 14 * 1024 * 1024
"""Bytes of code in the page. It is read in a browser, and opened from an artifact."""

MOST_COLOURED = 3_000
"""Lines that are coloured, of the most uncovered files: Pygments takes a third of a millisecond for each."""

MISSING, PARTIAL, EXCLUDED = "!", "~", "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """A line of a source. `html` is its code; the rest is plain text."""

    number: int
    sign: str
    """`!` missing, `~` partial, `-` excluded, or empty."""
    html: str
    notes: tuple[str, ...] = ()
    """What is to be said of the gaps that begin here: `never called (3 lines, 2 branches)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGaps:
    """A changed file with gaps. `pieces` are the runs of lines that are shown."""

    path: str
    count: str
    """`5 uncovered of 14`."""
    url: str | None
    note: str
    pieces: tuple[tuple[CodeLine, ...], ...]
    listed: tuple[str, ...]
    """The gaps without code, in words."""
    why_no_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """All that is uncovered in a change, and the names of what is not."""

    files: tuple[FileGaps, ...]
    covered: tuple[str, ...]
    """Changed files without a gap."""
    omitted: tuple[str, ...]
    """Changed files that the configuration leaves out, each with what does."""


def build_gaps(facts: Facts, texts: Mapping[PurePosixPath, bytes], most_code: int = MOST_CODE) -> Gaps:
    """Put each gap of the change beside its code; `texts` are the sources as they were measured, where they are there.

    Beyond `most_code` bytes of code the files are listed without it.
    """
    diff = facts.known_diff
    left = [file for file in diff.files if file.missing or file.partial]
    ranked = sorted(left, key=lambda f: (-f.tally.counts.missing, str(f.path)))
    todos: dict[PurePosixPath, list[Todo]] = defaultdict(list)
    for todo in list_todos(ranked, facts.links):
        todos[todo.path].append(todo)
    return Gaps(
        files=tuple(_build_files(facts, ranked, todos, texts, most_code)),
        covered=tuple(visible(str(f.path)) for f in diff.files if not (f.missing or f.partial)),
        omitted=tuple(visible(" · ".join(filter(None, (str(f.path), f.rule, f.where)))) for f in diff.omitted),
    )


def _build_files(
    facts: Facts,
    files: Iterable[DiffFile],
    todos: Mapping[PurePosixPath, list[Todo]],
    texts: Mapping[PurePosixPath, bytes],
    room: int,
) -> Iterator[FileGaps]:
    coloured = 0
    for file in files:
        places = sorted(todos[file.path], key=lambda todo: todo.span.start)
        source, counts = texts.get(file.path), file.tally.counts
        colour = coloured < MOST_COLOURED
        pieces = _pieces(facts, file, places, source, colour=colour) if source and room > 0 else ()
        room -= sum(len(line.html) + _MARKUP for piece in pieces for line in piece)
        shown = {line.number for piece in pieces for line in piece}
        coloured += len(shown)
        listed = tuple(_listed(todo) for todo in places if todo.span.start not in shown)
        yield FileGaps(
            path=visible(str(file.path)),
            count=f"{counts.missing:,} uncovered of {counts.total:,}",
            url=facts.links.to(file.path),
            note=_NOT_IMPORTED if file.gap else "",
            pieces=pieces,
            listed=listed,
            why_no_code=(_NO_ROOM if source else _NO_TEXT) if listed else "",
        )


_NO_TEXT = "The code is not shown: the file was edited since it was measured, or is none any more."
_NO_ROOM = "Without their code, for want of room:"
_MARKUP = 40
"""Bytes around the code of a line."""

_NOT_IMPORTED = "no test imports this file"


def _listed(todo: Todo) -> str:
    place = f"{todo.lines} in {visible(todo.function)}" if todo.function else todo.lines
    return f"{place}: {todo.what}"


def _pieces(
    facts: Facts, file: DiffFile, places: Iterable[Todo], source: bytes, *, colour: bool
) -> tuple[tuple[CodeLine, ...], ...]:
    text = shown_source(source)
    count = text.removesuffix("\n").count("\n") + 1
    notes: dict[int, list[str]] = defaultdict(list)
    near: set[int] = set()
    begins = {todo.span.start: todo.what for todo in places}
    measured = measured_file(facts, file)
    for run in find_runs(file, measured):
        notes[run.start].append(begins.get(run.start) or _why(file, measured, run))
        if len(near) < MOST_LINES:
            near.update(range(max(1, run.start - AROUND), min(count, run.end + AROUND) + 1))
    near = set(sorted(near)[:MOST_LINES])
    spans = spans_of(near)
    code = colour_lines(file.path, text, spans) if colour else escape_lines(text, spans)
    signs = _signs(file, measured)
    return tuple(
        tuple(
            CodeLine(number=n, sign=signs.get(n, ""), html=code[n], notes=tuple(notes.get(n, ())))
            for n in range(span.start, span.end + 1)
        )
        for span in spans
    )


def _why(file: DiffFile, measured: FileCoverage | None, run: Span) -> str:
    """Say why a run inside of a place is missing, or how much it is."""
    lines = [n for n in sorted(file.missing | file.partial) if run.start <= n <= run.end]
    reasons = dict.fromkeys(measured.reasons[n] for n in lines if n in measured.reasons) if measured else ()
    return why_text(tuple(reasons)) or plural(len(lines), "line")


def _signs(file: DiffFile, measured: FileCoverage | None) -> dict[int, str]:
    """Return the signs of lines: of what the change leaves uncovered, and of what is excluded."""
    signs = dict.fromkeys(measured.excluded if measured else (), EXCLUDED)
    return signs | dict.fromkeys(file.partial, PARTIAL) | dict.fromkeys(file.missing, MISSING)


def count_gaps(gaps: Gaps) -> str:
    """Say how many gaps there are, in how many files."""
    count = sum(len(line.notes) for file in gaps.files for piece in file.pieces for line in piece)
    count += sum(len(file.listed) for file in gaps.files)
    return f"{plural(count, 'gap')} in {plural(len(gaps.files), 'file')}"
