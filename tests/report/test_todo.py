"""The places to cover next: which function each lies in, and that many places cost no more than their number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.host.links import Links
from covgate.model.change import DiffFile
from covgate.model.coverage import Function, Span, spans_of
from covgate.model.numbers import Counts, Tally
from covgate.report.todo import list_todos
from covgate.report.words import span_text


def functions_of(*spans: tuple[str, int, int]) -> tuple[Function, ...]:
    return tuple(Function(name=name, span=Span(start=start, end=end)) for name, start, end in spans)


def file_of(missing: frozenset[int], functions: tuple[Function, ...] = ()) -> DiffFile:
    return DiffFile(
        path=PurePosixPath("m.py"),
        statements=missing,
        missing=missing,
        partial=frozenset(),
        tally=Tally(lines=Counts(covered=0, total=len(missing))),
        missing_spans=spans_of(missing),
        functions=functions,
    )


def names(file: DiffFile) -> dict[str, str]:
    return {todo.lines: todo.function for todo in list_todos([file], Links())}


@pytest.mark.parametrize(
    ("line", "function"),
    [(1, ""), (2, "C"), (4, "C.f"), (6, "C.f.g"), (8, "C.f"), (11, "C"), (13, "C.h"), (20, ""), (22, "last"), (24, "")],
)
def test_a_place_is_in_the_innermost_function_around_it(line: int, function: str) -> None:
    nested = [("C.h", 13, 13), ("C", 2, 15), ("C.f.g", 6, 7), ("C.f", 4, 9), ("unseen", 17, 18), ("last", 22, 23)]
    assert names(file_of(frozenset({line}), functions_of(*nested))) == {str(line): function}


@st.composite
def nested(draw: st.DrawFn, start: int = 1, end: int = 60, depth: int = 0) -> tuple[tuple[str, int, int], ...]:
    """Functions side by side between two lines, each with functions in it."""
    found: list[tuple[str, int, int]] = []
    while start < end and draw(st.booleans()):
        first = draw(st.integers(start, end - 1))
        last = draw(st.integers(first, end - 1))
        found.append((f"{first}-{last}", first, last))
        if depth < 3 and last - first > 1:
            found += draw(nested(first + 1, last, depth + 1))
        start = last + 1
    return tuple(found)


@given(nested(), st.frozensets(st.integers(1, 60), min_size=1))
def test_any_nesting_gives_the_shortest_function_around(
    functions: tuple[tuple[str, int, int], ...], missing: frozenset[int]
) -> None:
    for span in spans_of(missing):
        around = [(end - start, name) for name, start, end in functions if start <= span.start <= end]
        found = names(file_of(missing, functions_of(*functions)))[span_text(span)]
        assert found == min(around, default=(0, ""))[1]


class Walked(frozenset[int]):
    """Lines that count how often they are gone through."""

    walks = 0

    def __iter__(self) -> Iterator[int]:
        type(self).walks += 1
        return super().__iter__()


class WalkedFunctions(tuple[Function, ...]):
    """Functions that do."""

    __slots__ = ()
    walks: list[int] = []  # noqa: RUF012  # counts for all of them

    def __iter__(self) -> Iterator[Function]:
        self.walks.append(1)
        return super().__iter__()


def test_many_places_are_found_in_a_few_walks_through_the_lines() -> None:
    lines, functions = Walked(range(1, 400, 2)), WalkedFunctions(functions_of(*(("f", n, n) for n in range(1, 400, 2))))
    file = file_of(lines, functions)
    Walked.walks = 0
    assert len(list_todos([file], Links())) == 200
    assert Walked.walks <= 5
    assert len(WalkedFunctions.walks) <= 5
