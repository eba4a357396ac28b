"""Whether a run is a part of the suite, by the tests that ran at its baseline and not here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.change.checkout import Checkout
from covgate.config.settings import resolve
from covgate.history.completeness import compare_tests, find_partial
from covgate.history.look_back import Past
from covgate.model import NOTHING_RECORDED, History, LineRecord, Shifts, SuiteRun, SuiteStatus, TestResults, Unavailable
from covgate.model.commit import Base, BaseHow
from tests.history.conftest import change_in
from tests.support.git import Repository

BEFORE = tuple(f"tests/test_a.py::test_{n}" for n in range(20))
UNKNOWN = Unavailable(reason="the clone is too shallow")
PART = "only 5 of the 20 tests of the baseline ran"


def ran(*names: str, left_out: tuple[str, ...] = ()) -> SuiteRun:
    tests = TestResults(passed=len(names), names=frozenset(names), left_out=frozenset(left_out))
    return SuiteRun(command="pytest", status=SuiteStatus.PASSED, exit_code=0, seconds=1, tests=tests)


FEW = ran(*BEFORE[:5])


def with_tests(repository: Repository, *names: str) -> Past:
    """What a record holds of the newest commit, whose tests are called so."""
    if not (repository.path / "tests").exists():
        repository.write("tests/test_a.py", "")
        repository.commit("tests")
    lines = LineRecord(sha=repository.sha("HEAD"), files={}, tests=dict.fromkeys(names or BEFORE, 1))
    return Past(history=History(), baseline=NOTHING_RECORDED, lines=lines, shifts=Shifts())


def part(change: Checkout, past: Past, suite: SuiteRun | None = FEW) -> tuple[int | None, str]:
    """Return how many tests are gone, and the sentence of a part."""
    found = compare_tests(change, past, suite)
    return found.gone.count if found.gone else None, found.part


def test_a_run_of_few_of_the_tests_is_a_part(repository: Repository) -> None:
    past = with_tests(repository)
    assert part(change_in(repository), past) == (15, PART)
    assert part(change_in(repository), past, ran(*BEFORE)) == (None, "")
    assert part(change_in(repository), past, ran(*BEFORE[4:])) == (4, "")


@pytest.mark.parametrize(
    "suite",
    [
        None,
        replace(FEW, status=SuiteStatus.FAILED),
        replace(FEW, status=SuiteStatus.NO_TESTS),
        replace(FEW, tests=None),
        ran(),
    ],
    ids=["read", "failed", "no-tests", "no-report", "no-names"],
)
def test_of_tests_that_are_not_known_none_is_gone(repository: Repository, suite: SuiteRun | None) -> None:
    past = with_tests(repository)
    assert part(change_in(repository), past, suite) == (None, "")


def test_where_the_baselines_tests_are_not_known_none_is_gone(repository: Repository) -> None:
    past = with_tests(repository)
    assert isinstance(past.lines, LineRecord)
    for unknown in (
        replace(past, lines=UNKNOWN),
        replace(past, shifts=UNKNOWN),
        replace(past, lines=replace(past.lines, tests={})),
    ):
        assert part(change_in(repository), unknown) == (None, "")


def test_where_all_tests_are_skipped_they_are_gone_and_the_run_is_no_part(repository: Repository) -> None:
    past = with_tests(repository)
    assert part(change_in(repository), past, ran(left_out=BEFORE)) == (20, "")


def test_a_part_is_one_of_the_tests_of_its_base(repository: Repository) -> None:
    past = with_tests(repository)
    change = change_in(repository)
    assert part(change, past)[1] == PART
    for ref in ("", "HEAD", change.head):
        assert part(replace(change, base=Base(sha=change.head, how=BaseHow.GIVEN, ref=ref)), past)[1] == PART
    base = Base(sha=change.head, how=BaseHow.GIVEN, ref="main")
    assert part(replace(change, base=base), past)[1] == "only 5 of the 20 tests of main ran"


def test_many_tests_are_counted_by_the_thousand(repository: Repository) -> None:
    names = [f"tests/test_a.py::test_{n}" for n in range(2400)]
    past = with_tests(repository, *names)
    assert part(change_in(repository), past, ran(*names[:1200])) == (
        1200,
        "only 1,200 of the 2,400 tests of the baseline ran",
    )


CHOOSES = [
    *("conftest.py", "noxfile.py", "Makefile", "justfile", "tasks.py", "setup.py", "more/pytest.ini"),
    *("bin/ci.sh", ".github/workflows/ci.yml", "ci.yaml", "tests.mk", ".coveragerc", ".coveragerc.toml"),
    *("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"),
]


@pytest.mark.slow
def test_a_file_that_may_choose_tests_explains_what_is_gone(repository: Repository) -> None:
    for name in CHOOSES:
        past = with_tests(repository)
        repository.write(name, "more")
        repository.commit("changed")
        assert part(change_in(repository), past) == (15, ""), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "steps"),
    [
        # What the file says, one commit after the other, and whether that explains what is gone since the one before.
        (
            "pyproject.toml",
            [
                ("[project]\nname = 'm'\n", False),
                ("tool = 1\n", False),
                ("[tool.ruff]\nx = 1\n", False),
                ("[tool.ruff]\nx = 2\n", False),
                ("[tool.pytest.ini_options]\naddopts = '-q'\n", True),
                ("[tool.pytest.ini_options]\naddopts = '-q'\n[project]\nname = 'm'\n", False),
                ("[tool.pytest.ini_options]\naddopts = '-v'\n", True),
                ("[tool.coverage.run]\nbranch = true\n", True),
                ("= broken", True),
            ],
        ),
        (
            "setup.cfg",
            [
                ("[metadata]\nname = m\n", False),
                ("[tool:pytest]\naddopts = -q\n", True),
                ("[tool:pytest]\naddopts = -q\n[metadata]\nname = n\n", False),
                ("[tool:pytest]\naddopts = -v\n", True),
                ("[coverage:run]\nbranch = true\n", True),
                ("[coverage:run]\nbranch = true\nbranch = false\n", True),
            ],
        ),
        (
            "tox.ini",
            [
                ("[testenv]\ncommands = pytest\n", False),
                ("[pytest]\naddopts = -q\n", True),
                ("broken", True),
                ("broken in another way", True),
            ],
        ),
        ("more/setup.cfg", [("[tool:pytest]\naddopts = -q\n", False)]),
    ],
)
def test_what_a_shared_file_says_of_tests_explains_what_is_gone(
    repository: Repository, name: str, steps: list[tuple[str, bool]]
) -> None:
    for text, explains in steps:
        past = with_tests(repository)
        repository.write(name, text)
        repository.commit("changed")
        assert part(change_in(repository), past) == (15, "" if explains else PART), text


def test_what_chose_tests_and_is_called_otherwise_now_explains_it_too(repository: Repository) -> None:
    repository.write("conftest.py", "collect_ignore = ['tests/test_b.py']\n")
    past = with_tests(repository)
    repository.git("mv", "conftest.py", "old.py")
    repository.commit("renamed")
    assert part(change_in(repository), past) == (15, "")


def test_what_a_shared_file_says_counts_in_the_folder_of_the_project(repository: Repository) -> None:
    past = with_tests(repository)
    repository.write("backend/pyproject.toml", "[tool.pytest]\nx = 1\n")
    repository.commit("configured")
    change = change_in(repository)
    assert part(replace(change, prefix=PurePosixPath("backend")), past) == (15, "")
    assert part(change, past) == (15, PART)


def test_tests_that_are_no_files_of_the_commit_are_not_lost(repository: Repository) -> None:
    names = [f"build/test_made.py::test_{n}" for n in range(20)]
    past = with_tests(repository, *names)
    assert part(change_in(repository), past, ran(*names[:5])) == (15, "")


def test_on_a_laptop_an_edit_explains_what_is_gone_and_in_a_workflow_it_does_not(repository: Repository) -> None:
    repository.write("conftest.py", "")
    past = with_tests(repository)
    repository.write("conftest.py", "collect_ignore = ['tests/test_b.py']\n")
    change = change_in(repository)
    assert part(change, past) == (15, "")
    assert part(replace(change, tree=change.head), past) == (15, PART)


@pytest.mark.parametrize("more", [True, False])
def test_a_project_in_a_folder_has_the_tests_of_that_folder(repository: Repository, *, more: bool) -> None:
    for name in ("backend/tests/test_one.py", "other/tests/test_two.py", "backend-2/tests/test_two.py"):
        repository.write(name, "")
    if more:
        repository.write("backend/tests/test_two.py", "")
    repository.commit("tests")
    change = replace(change_in(repository), prefix=PurePosixPath("backend"))
    settings = resolve(command=("pytest", "tests/test_one.py"))
    assert find_partial(settings, {}, change) == ("tests/test_one.py" if more else None)
