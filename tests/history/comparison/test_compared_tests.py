"""Tests beside those of the baseline: which did not run here, and when so many are missing that a run is a part."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from covgate.history.comparison.tests import count_cases, find_lost, find_missed, is_part, sum_up
from covgate.model import FileShift, GoneTests, Shifts, TestResults

A, B, C = (PurePosixPath(f"tests/test_{name}.py") for name in "abc")
NOTHING_MOVED = Shifts()


def ran(*names: str, left_out: tuple[str, ...] = ()) -> TestResults:
    return TestResults(passed=len(names), names=frozenset(names), left_out=frozenset(left_out))


def gone(before: dict[str, int], now: TestResults, shifts: Shifts = NOTHING_MOVED) -> GoneTests | None:
    return sum_up(find_missed(before, now, shifts))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("tests/test_a.py::test_x", "tests/test_a.py::test_x"),
        ("tests/test_a.py::T::test_x[1-[2]::(3)]", "tests/test_a.py::T::test_x"),
        ("tests/test_a.py::U::test_x (i=1)", "tests/test_a.py::U::test_x"),
        ("some[1].thing::test_x[1]", "some[1].thing::test_x"),
        ("tests/test_a.py", "tests/test_a.py"),
    ],
)
def test_the_function_of_a_case(name: str, function: str) -> None:
    assert count_cases([name, name]) == {function: 2}


@pytest.mark.parametrize("name", ["", "a::", "::a", "a::[1]", "a::::b"])
def test_what_has_no_name_is_no_test(name: str) -> None:
    assert count_cases([name]) == {}


def test_nothing_is_gone() -> None:
    """Cases that are called otherwise, as those of objects may be, are no others."""
    before = {"tests/test_a.py::test_x": 2}
    assert gone(before, ran("tests/test_a.py::test_x[0x7f]", "tests/test_a.py::test_x[0x8f]")) is None
    assert gone(before, ran("tests/test_a.py::test_x[1]", "tests/test_a.py::test_x[2]", "n.py::test_new")) is None


def test_what_is_gone_is_counted_by_its_cases_and_named() -> None:
    before = {"tests/test_a.py::test_x": 3, "tests/test_b.py::test_y": 1, "tests/test_b.py::test_z": 3, "odd::test": 1}
    found = gone(before, ran("tests/test_a.py::test_x[1]"))
    assert found == GoneTests(
        count=7,
        names=(
            "odd::test",
            "tests/test_a.py::test_x (2 of 3 cases)",
            "tests/test_b.py::test_y",
            "tests/test_b.py::test_z (3 of 3 cases)",
        ),
        files=((B, 4), (A, 2)),
    )


def test_a_file_that_was_renamed_keeps_its_tests() -> None:
    shifts = Shifts(files={A: FileShift(path=C), B: FileShift(path=None)})
    before = {"tests/test_a.py::test_x": 1, "tests/test_a.py::test_y": 1, "tests/test_b.py::test_z": 1}
    found = gone(before, ran("tests/test_c.py::test_x"), shifts)
    assert found == GoneTests(
        count=2, names=("tests/test_b.py::test_z", "tests/test_c.py::test_y"), files=((B, 1), (C, 1))
    )


def test_files_of_which_as_many_are_gone_stand_by_their_name() -> None:
    before = {f"tests/test_{name}.py::test_{n}": 1 for name in "cab" for n in range(2)} | {"tests/test_d.py::test": 3}
    found = gone(before, ran())
    assert found is not None
    assert found.files == ((PurePosixPath("tests/test_d.py"), 3), (A, 2), (B, 2), (C, 2))
    assert found.names[-1] == "tests/test_d.py::test (3 of 3 cases)"


def test_more_cases_than_before_make_up_for_no_other_test() -> None:
    before = {"tests/test_a.py::test_x": 1, "tests/test_b.py::test_y": 1}
    found = gone(before, ran(*(f"tests/test_a.py::test_x[{n}]" for n in range(5))))
    assert found == GoneTests(count=1, names=("tests/test_b.py::test_y",), files=((B, 1),))


def test_many_are_named_in_part() -> None:
    before = {f"tests/test_{n:03}.py::test_x": 1 for n in range(80)}
    found = gone(before, ran())
    assert found is not None
    assert (found.count, len(found.names), len(found.files)) == (80, 50, 50)


# --- a part of the suite ----------------------------------------------------------------------------------------------

BEFORE = {f"tests/test_{name}.py::test_{n}": 1 for name in "abc" for n in range(20)}
WITHOUT_C = [name for name in BEFORE if "test_c" not in name]


def lost(now: TestResults, *changed: str, before: dict[str, int] = BEFORE) -> int:
    missed = find_missed(before, now, NOTHING_MOVED)
    return sum(one.missed for one in find_lost(missed, before, now, map(PurePosixPath, changed)))


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        pytest.param([], 20, id="nothing-explains-it"),
        pytest.param(["src/shop/cart.py", "README.md", "docs/a/b.rst"], 20, id="other-files"),
        pytest.param(["tests/test_a.py"], 20, id="other-tests"),
        pytest.param(["tests/test_c.py"], 0, id="its-file-changed"),
        pytest.param(["tests/data/numbers.json"], 0, id="what-it-may-be-made-from"),
        pytest.param(["tests/helpers.py"], 0, id="a-helper-beside-it"),
        pytest.param(["tests/deep/er/data.json"], 0, id="below-it"),
        pytest.param(["data.json"], 20, id="above-it"),
    ],
)
def test_what_the_change_explains_is_not_lost(changed: list[str], count: int) -> None:
    assert lost(ran(*WITHOUT_C), *changed) == count


@pytest.mark.parametrize(
    ("more", "left_out", "count"),
    [
        pytest.param([], ["tests/test_c.py::test_0"], 19, id="one-is-skipped"),
        pytest.param([], ["tests/test_c.py::test_0[1]"], 19, id="a-case-is-skipped"),
        pytest.param([], ["tests/test_c.py"], 0, id="the-file-is-skipped"),
        pytest.param(["tests/test_c.py::test_new"], [], 0, id="made-from-something-else"),
        pytest.param(["tests/test_c.py::test_0"], [], 19, id="one-of-the-file-ran"),
    ],
)
def test_what_is_reported_otherwise_is_not_lost(more: list[str], left_out: list[str], count: int) -> None:
    assert lost(ran(*WITHOUT_C, *more, left_out=tuple(left_out))) == count


def test_a_function_of_which_some_cases_ran_is_not_lost() -> None:
    assert lost(ran("tests/test_a.py::test_x[1]"), before={"tests/test_a.py::test_x": 30}) == 0


def test_a_test_without_a_file_is_not_lost() -> None:
    assert lost(ran(), before={"some.thing::test_x": 30}) == 0


@pytest.mark.parametrize(
    ("gone", "of", "part"),
    [(5, 5, True), (4, 4, False), (5, 50, True), (5, 51, False), (9, 100, False), (10, 100, True), (10, 101, False)],
)
def test_how_many_make_a_part(gone: int, of: int, *, part: bool) -> None:
    before = {f"tests/test_a.py::test_{n}": 1 for n in range(of)}
    missed = find_missed(before, ran(*list(before)[gone:]), NOTHING_MOVED)
    assert is_part(missed, before) is part
