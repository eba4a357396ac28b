"""The tool of `make mutants`: every change is one, and can be run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.mutants import Mutant, Suite, find_mutants

ROOT = Path(__file__).parents[2]


def changes(source: str) -> set[str]:
    return {f"{one.old} -> {one.new}" for one in find_mutants("m.py", source.encode())}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("a < 5", {"a < 5 -> (a <= 5)", "a < 5 -> (a >= 5)", "5 -> (6)", "5 -> (4)"}, id="comparison"),
        pytest.param("é = a and b", {f"a and b -> ({new})" for new in ("a or b", "a", "b")}, id="bytes-not-characters"),
        pytest.param("x = f'{a + 1}'", set(), id="text-for-people"),
        pytest.param('"""What it is."""', set(), id="docstring"),
        pytest.param("@value(frozen=True)\nclass A(B[1]):\n    a: Literal[1]", set(), id="decorator-base-annotation"),
        pytest.param("if TYPE_CHECKING:\n    pass", set(), id="type-checking"),
        pytest.param("if a:\n    b.c()", {"a -> (not a)", "b.c() -> pass"}, id="condition-and-call"),
        pytest.param("x[1:]", {"x[1:] -> (x[:])", "1 -> (2)", "1 -> (0)"}, id="slice"),
        pytest.param("[b for b in c if d]", {"d -> (True)", "d -> (not d)"}, id="comprehension"),
        pytest.param("x = sorted(a, key=b)", {"sorted(a, key=b) -> (a)", "sorted(a, key=b) -> (sorted(a))"}, id="call"),
        pytest.param("def f():\n    return a", {"return a -> return None"}, id="result"),
    ],
)
def test_what_is_changed(source: str, expected: set[str]) -> None:
    assert changes(source) == expected


@pytest.mark.slow
def test_each_change_is_python_and_no_two_are_one() -> None:
    source = (ROOT / "tools" / "generate.py").read_bytes()
    found = list(find_mutants("generate.py", source))
    texts = [source[: one.start] + one.new.encode() + source[one.end :] for one in found]
    trees = {ast.dump(ast.parse(text)) for text in texts}
    assert len(found) > 50
    assert len(trees) == len(found)
    assert ast.dump(ast.parse(source)) not in trees


def test_a_mutant_is_given_to_the_tests_of_its_line_the_fastest_first() -> None:
    lines = {"m.py": {1: frozenset[str](), 3: frozenset({"tests/slow.py::a", "tests/fast.py::b"}), 9: frozenset({"c"})}}
    tests = Suite(lines=lines, seconds={"tests/slow.py": 9.0, "tests/fast.py": 1.0})

    def names(path: str, line: int) -> list[str]:
        return tests.of(Mutant(path=path, lines=range(line, line + 1), start=0, end=1, old="", new=""))

    assert names("m.py", 3) == ["tests/fast.py::b", "tests/slow.py::a"]
    # What runs at the import is in every test's way.
    assert names("m.py", 1) == ["c", "tests/fast.py::b", "tests/slow.py::a"]
    assert names("other.py", 1) == []
    assert tests.time(["tests/slow.py::a", "tests/slow.py::b"]) == 9.0
