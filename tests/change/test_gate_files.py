"""Which statements a pragma excludes, held against coverage itself, and which tests a change deletes."""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage import Coverage

from covgate.change.gate_files import count_excluded, find_deleted_tests
from tests.support.git import make_repository

SOURCES = {
    "a-statement": ("a = 1  # pragma: no cover\nb = 2\n", 1),
    "a-statement-of-three-lines": ("a = [\n    1,  # pragma: no cover\n]\nb = 2\n", 1),
    "a-function": ("def f():  # pragma: no cover\n    a = 1\n    return a\n\n\nb = 2\n", 3),
    "a-decorated-function": ("import f\n\n\n@f.x  # pragma: no cover\ndef g():\n    return 1\n", 2),
    "a-class": ("class A:  # pragma: no cover\n    x = 1\n\n    def f(self):\n        return 1\n", 4),
    "an-if-without-its-else": ("x = 1\nif x:  # pragma: no cover\n    a = 1\nelse:\n    b = 1\n", 2),
    "an-else": ("x = 1\nif x:\n    a = 1\nelse:  # pragma: no cover\n    b = 1\n    c = 1\n", 2),
    "an-except": ("try:\n    a = 1\nexcept ValueError:  # pragma: no cover\n    b = 1\n    c = 2\n", 2),
    "a-finally": ("try:\n    a = 1\nfinally:  # pragma: no cover\n    b = 1\n", 1),
    "a-case": ("x = 1\nmatch x:\n    case 1:  # pragma: no cover\n        a = 1\n    case _:\n        b = 1\n", 1),
    "one-line": ("x = 1\nif x: y = 2  # pragma: no cover\n", 1),
    "a-comment-of-its-own": ("def f():\n    a = 1\n    # pragma: no cover\n    return a\n", 0),
    "two-in-one-block": ("def f():  # pragma: no cover\n    a = 1  # pragma: no cover\n    return a\n", 3),
    "in-capitals": ("a = 1  # PRAGMA NO COVER\n", 1),
    "no-branch": ("x = 1\nif x:  # pragma: no branch\n    a = 1\n", 0),
    "forty": ("".join(f"def f{n}():  # pragma: no cover\n    return {n}\n\n\n" for n in range(40)), 80),
}


@pytest.mark.parametrize(("source", "count"), SOURCES.values(), ids=SOURCES)
def test_statements_that_pragmas_exclude_are_counted(tmp_path: Path, source: str, count: int) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    cov = Coverage(data_file=None, config_file=False)
    _, _, excluded, _, _ = cov.analysis2(str(path))
    lines = frozenset(range(1, source.count("\n") + 2))
    assert count_excluded(source.encode(), lines, frozenset(excluded)) == count


def test_a_pragma_on_a_line_that_did_not_change_is_not_counted() -> None:
    source = b"a = 1  # pragma: no cover\nb = 2  # pragma: no cover\n"
    assert count_excluded(source, frozenset({2}), frozenset({1, 2})) == 1


def test_what_coverage_does_not_exclude_is_not_counted() -> None:
    assert count_excluded(b"a = 1  # pragma: no cover\n", frozenset({1}), frozenset()) == 0


@pytest.mark.parametrize(
    "text", [b"= 1", b"(" * 300 + b")" * 300, b"-" * 50_000 + b"1"], ids=["no-python", "deep", "long"]
)
def test_of_a_source_that_cannot_be_parsed_its_lines_are_counted(text: bytes) -> None:
    assert count_excluded(b"a = " + text + b"  # pragma: no cover\n", frozenset({1}), frozenset({1})) == 1


@pytest.mark.parametrize(
    ("name", "deleted"),
    [("tests/test_new.py", []), ("tests/helpers.py", []), ("shop/tools.py", [("tests", 1)])],
    ids=["a-file-of-tests", "beside-tests", "elsewhere"],
)
def test_a_test_that_moved_to_an_untracked_file_is_deleted_unless_tests_lie_there(
    tmp_path: Path, name: str, deleted: list[tuple[str, int]]
) -> None:
    repository = make_repository(tmp_path / "repository")
    path = repository.write("tests/test_old.py", "def test_one():\n    pass\n")
    base = repository.commit("base")
    path.rename(repository.write(name, ""))
    found = find_deleted_tests(repository.command, base, None)
    assert [(row.name, row.count) for row in found] == deleted
