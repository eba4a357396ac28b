"""Places: all that is missing in a function is one, and the function is the one whose work it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.coverage import FileCoverage, Function, Reason, ReasonKind, Span
from covgate.model.numbers import Counts
from covgate.model.places import Place, find_places, find_places_with_lines, weigh
from tests.support.coverage_text import read_file


def places(text: str, *, imported: bool = True) -> list[tuple[str, str, int, int]]:
    """Return (lines, function, missing statements, missing branches) of each place."""
    file = read_file(text)
    found = find_places(file, file.statements, imported=imported)
    return [(f"{p.span.start}-{p.span.end}", p.function, p.statements, p.branches.missing) for p in found]


def functions_of(*spans: tuple[str, int, int]) -> tuple[Function, ...]:
    return tuple(Function(name=name, span=Span(start=start, end=end)) for name, start, end in spans)


def file_of(missing: frozenset[int], functions: tuple[Function, ...], executed: frozenset[int]) -> FileCoverage:
    return FileCoverage(path=read_file("1").path, statements=missing | executed, missing=missing, functions=functions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1\n2 missing\n3 missing\n4", [("2-3", "", 2, 0)], id="a range of a module"),
        pytest.param("1 missing\n2\n3 missing", [("1-1", "", 1, 0), ("3-3", "", 1, 0)], id="two ranges"),
        pytest.param("1 missing\n2 text\n3 missing", [("1-3", "", 2, 0)], id="a comment does not end a range"),
        pytest.param("1 partial\n2 missing\n4 missing", [("1-4", "", 2, 1)], id="a condition and what it keeps out"),
        pytest.param("1 partial\n2\n3 missing", [("1-1", "", 0, 1), ("3-3", "", 1, 0)], id="with its body between"),
        pytest.param("1 partial\n2 partial", [("1-1", "", 0, 1), ("2-2", "", 0, 1)], id="two conditions"),
        pytest.param("1 missing\n2 partial", [("1-1", "", 1, 0), ("2-2", "", 0, 1)], id="a range, then a condition"),
        pytest.param(
            "1\n2 partial\n3 missing\n5\n7 missing 0/2\ndef f 1-8", [("2-7", "f", 2, 3)], id="all of a function"
        ),
        pytest.param(
            "1 missing\n2 missing\n4 missing\n5 missing\ndef f 2-2\ndef g 4-5",
            [("1-1", "", 1, 0), ("2-2", "f", 1, 0), ("4-5", "g", 2, 0)],
            id="a function keeps its name where its first line never ran",
        ),
        pytest.param(
            "1\n2 missing\n3 missing\n4 missing\ndef f 1-4 from 2\ndef f.g 3-4 from 4",
            [("2-4", "f", 3, 0)],
            id="what lies in a function that never ran is its own",
        ),
        pytest.param(
            "1\n2\n3\n4 missing\n5 missing\ndef f 1-5 from 2\ndef f.g 3-4 from 4",
            [("4-4", "f.g", 1, 0), ("5-5", "f", 1, 0)],
            id="a function that was defined in one that ran",
        ),
        pytest.param(
            "1\n2\n3 missing\n4 missing\ndef f 1-4 from 2\ndef f.g 3-4 from 4",
            [("3-4", "f", 2, 0)],
            id="one that was not even defined",
        ),
        pytest.param(
            "1\n2 missing\n3 missing\ndef f 1-3 from 2\ndef f.g 3-3 from 3", [("2-3", "f", 2, 0)], id="on the last line"
        ),
        pytest.param(
            "1\n2 missing\n3 excluded\n4 missing\ndef f 1-4 from 2\ndef f.g 3-4 from 4",
            [("2-4", "f", 2, 0)],
            id="a function whose first line is excluded",
        ),
        pytest.param(
            "1\n2 missing\n3 excluded\n4 missing\n5\ndef f 1-4 from 2\ndef f.g 3-4 from 4",
            [("2-4", "f", 2, 0)],
            id="what ran below it says nothing of it",
        ),
        pytest.param(
            "1\n2 missing\n3 missing\ndef f 2-3\ndef f.g 3-3",
            [("2-3", "f", 2, 0)],
            id="a function of which the body is not known",
        ),
        pytest.param(
            "1\n2\n3 missing\n4\n5 missing\n6\ndef C 1-6\ndef C.f 2-3 from 3\ndef C.h 4-5 from 5",
            [("3-3", "C.f", 1, 0), ("5-5", "C.h", 1, 0)],
            id="methods that never ran",
        ),
        pytest.param(
            "1\n3 excluded\n4 missing\n5\ndef f 1-5 from 2\ndef f.g 3-4 from 4",
            [("4-4", "f.g", 1, 0)],
            id="one of which the last line alone ran",
        ),
        pytest.param(
            "1 missing\n2 missing\n3 missing\ndef f 1-2 from 2\ndef g 3-3 from 3",
            [("1-2", "f", 2, 0), ("3-3", "g", 1, 0)],
            id="functions of a module that was never loaded",
        ),
    ],
)
def test_one_job_is_one_place(text: str, expected: list[tuple[str, str, int, int]]) -> None:
    assert places(text) == expected


def test_only_the_statements_asked_for_count() -> None:
    file = read_file("1\n2 missing\n3 partial\n4 missing\ndef f 1-4 from 2")
    (place,) = find_places(file, frozenset({3, 4}))
    assert (place.span, place.statements, place.branches.missing, place.size) == (Span(start=3, end=4), 1, 1, 2)


def test_the_reason_of_most_comes_first_and_three_are_kept() -> None:
    text = "1\n2-3 missing\n4 missing\n5-7 missing\n8 missing\ndef f 1-8 from 1\n"
    why = "".join(f"why {lines} except-never-reached {n}\n" for n, lines in ((9, "2-3"), (4, "4-4"), (3, "5-7")))
    (place,) = find_places(read_file(text + why + "why 8-8 if-never-true 1"), frozenset(range(2, 9)))
    assert [(reason.kind, reason.line) for reason in place.reasons] == [
        (ReasonKind.EXCEPT_NEVER_REACHED, 3),
        (ReasonKind.EXCEPT_NEVER_REACHED, 9),
        (ReasonKind.IF_NEVER_TRUE, 1),
    ]


def test_a_place_holds_its_lines_and_all_that_is_missing_in_them() -> None:
    text = "1 partial 1/3\n2 missing\n3\n5 partial 1/2\n6\n7 missing 0/2\n8 missing\n10 covered 2/2\ndef f 4-8 from 5\n"
    file = read_file(text + "why 2-2 except-never-reached 2\nwhy 5-7 if-never-true 5\n")
    at_the_top = Place(
        span=Span(start=1, end=2),
        function="",
        statements=1,
        branches=Counts(covered=1, total=3),
        reasons=(Reason(kind=ReasonKind.EXCEPT_NEVER_REACHED, line=2),),
    )
    in_f = Place(
        span=Span(start=5, end=8),
        function="f",
        statements=2,
        branches=Counts(covered=1, total=4),
        reasons=(Reason(kind=ReasonKind.IF_NEVER_TRUE, line=5),),
    )
    found = find_places_with_lines(file, file.statements)
    assert found == [(at_the_top, (1, 2)), (in_f, (5, 7, 8))]
    assert [place.size for place, _ in found] == [3, 5]
    assert [weigh(file, lines) for lines in ([1], [2], [3], [5, 7, 8], [10], [4, 99])] == [2, 1, 0, 5, 0, 0]


def test_of_reasons_that_weigh_the_same_the_first_line_comes_first_and_branches_count() -> None:
    text = "1\n2 missing\n3 missing\n4 missing\n5 partial 0/3\ndef f 1-5 from 1\n"
    why = [(9, "2-2", "if-never-true"), (4, "3-3", "if-never-true"), (4, "4-4", "except-never-reached")]
    text += "".join(f"why {lines} {kind} {line}\n" for line, lines, kind in why)
    file = read_file(f"{text}why 5-5 if-never-true 50")
    (place,) = find_places(file, file.statements)
    assert [(reason.line, reason.kind) for reason in place.reasons] == [
        (50, ReasonKind.IF_NEVER_TRUE),
        (4, ReasonKind.EXCEPT_NEVER_REACHED),
        (4, ReasonKind.IF_NEVER_TRUE),
    ]


def test_a_file_no_test_imports_has_no_other_reason() -> None:
    file = read_file("1-2 missing\nwhy 1-2 if-never-true 1")
    (place,) = find_places(file, file.statements, imported=False)
    assert place.reasons == (Reason(kind=ReasonKind.NEVER_IMPORTED),)


@pytest.mark.parametrize(
    ("line", "function"),
    [(1, ""), (2, "C"), (4, "C.f"), (6, "C.f.g"), (8, "C.f"), (11, "C"), (13, "C.h"), (20, ""), (22, "last"), (24, "")],
)
def test_a_place_is_in_the_innermost_function_that_ran(line: int, function: str) -> None:
    nested = [("C.h", 13, 13), ("C", 2, 15), ("C.f.g", 6, 7), ("C.f", 4, 9), ("unseen", 17, 18), ("last", 22, 23)]
    missing = frozenset({line})
    found = find_places(file_of(missing, functions_of(*nested), frozenset(range(1, 25)) - missing), missing)
    assert [(place.span.start, place.function) for place in found] == [(line, function)]


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


def owner(line: int, functions: tuple[tuple[str, int, int], ...], executed: frozenset[int]) -> str:
    """Say it by looking at every function, from the outermost in."""
    around = sorted((f for f in functions if f[1] <= line <= f[2]), key=lambda f: f[1] - f[2])
    for name, start, end in around:
        if not any(start <= one <= end for one in executed):
            return name
    return around[-1][0] if around else ""


@given(nested(), st.frozensets(st.integers(1, 60), min_size=1), st.frozensets(st.integers(1, 60)))
def test_any_nesting_gives_the_function_whose_work_it_is(
    functions: tuple[tuple[str, int, int], ...], missing: frozenset[int], others: frozenset[int]
) -> None:
    executed = others - missing
    found = find_places(file_of(missing, functions_of(*functions), executed), missing)
    assert sum(place.statements for place in found) == len(missing)
    for place in found:
        assert place.function == owner(place.span.start, functions, executed)
        assert place.function == owner(place.span.end, functions, executed)
    named = [place.function for place in found if place.function]
    assert len(named) == len({f for f in functions if f[0] in named})


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
    file = file_of(lines, functions, frozenset())
    Walked.walks = 0
    found: tuple[Place, ...] = find_places(file, lines)
    assert len(found) == 200
    assert Walked.walks <= 5
    assert len(WalkedFunctions.walks) <= 5
