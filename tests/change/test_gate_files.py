"""Which statements a pragma excludes, held against coverage itself, and which tests a change deletes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from coverage import Coverage

from covgate.change.gate_files import count_excluded, find_deleted_tests, find_pragmas
from covgate.model.change import ChangedFile
from covgate.model.coverage import Coverage as Measured
from covgate.model.guard import GateChange, GateChangeKind
from tests.support.coverage_text import read_files
from tests.support.git import Repository, make_repository

SOURCES = {
    "a-statement": ("a = 1  # pragma: no cover\nb = 2\n", 1),
    "a-statement-of-three-lines": ("a = [\n    1,  # pragma: no cover\n]\nb = 2\n", 1),
    "a-function": ("def f():  # pragma: no cover\n    a = 1\n    return a\n\n\nb = 2\n", 3),
    "a-statement-in-a-function": ("def f():\n    a = 1  # pragma: no cover\n    b = 2\n    return b\n", 1),
    "an-if-in-a-function": ("def f(x):\n    if x:  # pragma: no cover\n        x = 2\n    return x\n", 2),
    "a-decorated-function": ("import f\n\n\n@f.x  # pragma: no cover\ndef g():\n    return 1\n", 2),
    "a-class": ("class A:  # pragma: no cover\n    x = 1\n\n    def f(self):\n        return 1\n", 4),
    "an-if-without-its-else": ("x = 1\nif x:  # pragma: no cover\n    a = 1\nelse:\n    b = 1\n", 2),
    "an-else": ("x = 1\nif x:\n    a = 1\nelse:  # pragma: no cover\n    b = 1\n    c = 1\n", 2),
    "an-except": ("try:\n    a = 1\nexcept ValueError:  # pragma: no cover\n    b = 1\n    c = 2\n", 2),
    "the-first-of-two-excepts": (
        "try:\n    a = 1\nexcept ValueError:  # pragma: no cover\n    b = 1\nexcept KeyError:\n    c = 2\n",
        1,
    ),
    "a-try-without-its-except": ("try:  # pragma: no cover\n    a = 1\nexcept ValueError:\n    b = 1\n", 2),
    "the-else-of-a-loop": ("for x in ():\n    a = 1\nelse:  # pragma: no cover\n    b = 1\n", 1),
    "a-function-of-three-lines": ("def f(\n    a,\n):  # pragma: no cover\n    return a\n", 2),
    "an-if-of-three-lines": ("x = 1\nif (\n    x\n):  # pragma: no cover\n    a = 1\nelse:\n    b = 1\n", 2),
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


BRANCHES = "x = 1\nif x:  # pragma: no cover\n    a = 1\nelse:  # pragma: no cover\n    b = 1\n"
AFTER = "x = 1\nif x:  # pragma: no cover\n    a = 1\nb = 2  # pragma: no cover\n"
COMMENT = "def f():\n    a = 1\n    # pragma: no cover\n    return a  # pragma: no cover\n"
BODY = "x = 1\nif x:\n    a = 1  # pragma: no cover\nelse: b = 1  # pragma: no cover\n"


@pytest.mark.parametrize(
    ("source", "changed", "count"),
    [
        pytest.param("a = 1  # pragma: no cover\nb = 2  # pragma: no cover\n", {2}, 1, id="a-statement"),
        pytest.param(BRANCHES, {2}, 2, id="an-if"),
        pytest.param(BRANCHES, {4}, 1, id="its-else"),
        pytest.param(BRANCHES, {2, 4}, 3, id="both"),
        pytest.param(BODY, {4}, 1, id="an-else-of-one-line"),
        pytest.param(BODY, {3}, 1, id="a-body"),
        pytest.param(AFTER, {2}, 2, id="what-follows"),
        pytest.param(COMMENT, {3}, 0, id="a-comment-of-its-own"),
    ],
)
def test_a_pragma_on_a_line_that_did_not_change_is_not_counted(source: str, changed: set[int], count: int) -> None:
    assert count_excluded(source.encode(), frozenset(changed), frozenset({1, 2, 3, 4, 5})) == count


def test_what_coverage_does_not_exclude_is_not_counted() -> None:
    assert count_excluded(b"a = 1  # pragma: no cover\n", frozenset({1}), frozenset()) == 0


@pytest.mark.parametrize(
    "text", [b"= 1", b"(" * 300 + b")" * 300, b"-" * 50_000 + b"1"], ids=["no-python", "deep", "long"]
)
def test_of_a_source_that_cannot_be_parsed_its_lines_are_counted(text: bytes) -> None:
    source = b"a = " + text + b"  # pragma: no cover\nb = 1  # pragma: no cover\nc = 1  # pragma: no cover\n"
    assert count_excluded(source, frozenset({1, 3}), frozenset({1, 2})) == 1


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "untracked"])
@pytest.mark.parametrize(("file", "deleted"), [("test_b.py", []), ("tests/b.py", []), ("app/b.py", [1])])
def test_a_test_that_moves_stays_where_tests_are_and_nowhere_else(
    tmp_path: Path, file: str, deleted: list[int], *, committed: bool
) -> None:
    repository = make_repository(tmp_path / "repository")
    base = repository.commit("one", test_a="def test_one():\n    assert True\n")
    (repository.path / "test_a.py").rename(repository.write(file, ""))
    if committed:
        repository.commit("two")
    assert [change.count for change in find_deleted_tests(repository.command, base, None)] == deleted


FUNCTION = "def f():  # pragma: no cover\n    return 1\n"


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "working-tree"])
def test_the_pragmas_of_changed_files_are_one_row(tmp_path: Path, *, committed: bool) -> None:
    """Left out are a file without a pragma, one whose lines did not change, and one that is not measured."""
    repository = make_repository(tmp_path / "repository")
    sha = repository.commit(
        "one", b=FUNCTION, a="x = 1  # pragma: no cover\n", none="x = 1\n", same=FUNCTION, other=FUNCTION
    )
    if committed:
        for name in "ab":
            repository.write(f"{name}.py", "")
    lines, measurement = read_files(
        "b.py\n + 1-2 excluded\na.py\n + 1 excluded\nnone.py\n + 1 excluded\nother.py (absent)\n + 1-2"
        "\nsame.py\n 1-2 excluded"
    )
    same = PurePosixPath("same.py")
    lines = replace(lines, files={**lines.files, same: ChangedFile(path=same, lines=frozenset())})
    assert isinstance(measurement.coverage, Measured)
    found = find_pragmas(repository.command, sha if committed else None, lines, measurement.coverage)
    files = (PurePosixPath("a.py"), PurePosixPath("b.py"))
    assert found == (GateChange(kind=GateChangeKind.PRAGMA, name="no cover", count=3, files=files, lowers=True),)


def test_a_change_without_a_pragma_has_no_row_of_them(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    sha = repository.commit("one", m="x = 1\n")
    for text in ("m.py\n + 1", "m.py\n + 1 excluded"):
        lines, measurement = read_files(text)
        assert isinstance(measurement.coverage, Measured)
        assert find_pragmas(repository.command, sha, lines, measurement.coverage) == ()


# --- deleted tests ----------------------------------------------------------------------------------------------------


def deleted_tests(repository: Repository, before: dict[str, str], after: dict[str, str]) -> list[tuple[int, list[str]]]:
    """Return how many tests a commit deletes, and their files."""
    for name, text in before.items():
        repository.write(name, text)
    base = repository.commit("before")
    for name in before:
        (repository.path / name).unlink()
    for name, text in after.items():
        repository.write(name, text)
    head = repository.commit("after")
    found = find_deleted_tests(repository.command, base, head)
    assert all((row.kind, row.name, row.lowers) == (GateChangeKind.TESTS, "tests", False) for row in found)
    return [(row.count, [str(path) for path in row.files]) for row in found]


ONE, TWO = "def test_one():\n    assert True\n", "def test_two():\n    assert True\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"test_a.py": ONE + TWO}, {"test_a.py": TWO}, [(1, ["test_a.py"])], id="one-of-two"),
        pytest.param({"test_a.py": ONE + TWO}, {}, [(2, ["test_a.py"])], id="a-file"),
        pytest.param({"test_a.py": ONE}, {"test_a.py": "def test_one(x):\n    assert x\n"}, [], id="an-edit"),
        pytest.param({"test_a.py": ONE}, {"test_a.py": TWO}, [(1, ["test_a.py"])], id="another-name"),
        pytest.param({"test_a.py": ONE}, {"test_a.py": f"async {ONE}"}, [], id="async"),
        pytest.param({"test_a.py": f"class TestA:\n    {ONE}"}, {"test_a.py": ""}, [(1, ["test_a.py"])], id="a-method"),
        pytest.param({"test_a.py": "def helper():\n    pass\n"}, {}, [], id="no-test"),
        pytest.param({"m.py": "x = 1\n"}, {"test_a.py": ONE}, [], id="a-new-file"),
        pytest.param({"test_a.py": ONE, "test_b.py": TWO}, {"test_c.py": ONE + TWO}, [], id="joined"),
        pytest.param(
            {"test_a.py": ONE, "test_b.py": ONE}, {"test_c.py": ONE}, [(1, ["test_b.py"])], id="two-of-one-name"
        ),
        pytest.param(
            {"test_b.py": ONE + TWO, "test_a.py": ONE}, {}, [(3, ["test_a.py", "test_b.py"])], id="several-files"
        ),
        pytest.param({"a_test.py": ONE}, {}, [(1, ["a_test.py"])], id="by-its-end"),
        pytest.param({"test/a.py": ONE}, {}, [(1, ["test/a.py"])], id="in-test"),
        pytest.param({"app/tests/x/a.py": ONE}, {}, [(1, ["app/tests/x/a.py"])], id="below-tests"),
        pytest.param({"tests.py": ONE}, {}, [(1, ["tests.py"])], id="tests"),
        pytest.param({"contest.py": ONE, "test_a.txt": ONE, "latest/a.py": ONE}, {}, [], id="no-tests"),
    ],
)
def test_deleted_tests_are_counted_by_their_names(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], expected: list[tuple[int, list[str]]]
) -> None:
    assert (
        deleted_tests(make_repository(tmp_path / "repository"), before | {"keep": ""}, after | {"keep": ""}) == expected
    )


def test_in_a_workflow_a_file_that_git_does_not_know_holds_no_test(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    base = repository.commit("one", test_a=ONE)
    (repository.path / "test_a.py").unlink()
    head = repository.commit("two")
    repository.write("test_b.py", ONE)
    assert [row.count for row in find_deleted_tests(repository.command, base, head)] == [1]
    assert find_deleted_tests(repository.command, base, None) == ()
