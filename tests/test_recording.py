"""What keeps a run from being recorded, and what of its command makes it partial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from covgate.context import EventKind, RunContext
from covgate.edges.git_remote import GitRemote
from covgate.model import Sha, SuiteStatus
from covgate.ports import Change
from covgate.recording import find_obstacle, find_partial, floors_of
from covgate.report.facts import Facts
from covgate.settings import TomlFile, resolve
from tests.repository import Repository, make_repository
from tests.situations import ended, facts

TEXT = "m.py\n    1-8\n    9 missing\n"


@pytest.mark.parametrize(
    ("configured", "command", "addopts", "partial"),
    [
        ("pytest -q", (), "", None),
        ("pytest -q -k 'not slow'", (), "", None),
        ("pytest --deselect tests/a.py", (), "", None),
        ("pytest --lf", (), "", "--lf"),
        ("pytest --last-failed --lfnf=all", (), "", "--last-failed"),
        ("pytest --stepwise", (), "", "--stepwise"),
        ("make test", (), "", None),
        ("pytest 'unbalanced", (), "", None),
        ("pytest", ("pytest", "-k", "cart"), "", "-k"),
        ("pytest", ("pytest", "-kcart"), "", "-kcart"),
        ("pytest", ("pytest", "--deselect=tests/a.py"), "", "--deselect=tests/a.py"),
        ("pytest --lf", ("pytest", "-q"), "", None),
        ("pytest", (), "-k cart", "-k"),
        ("pytest", (), "-q --sw", "--sw"),
    ],
)
def test_a_choice_of_tests_makes_a_run_partial(
    configured: str, command: tuple[str, ...], addopts: str, partial: str | None
) -> None:
    toml = TomlFile(name="pyproject.toml", text=f'[tool.covgate]\ntest-command = "{configured}"\n')
    settings = resolve(toml=toml, command=command)
    assert find_partial(settings, {"PYTEST_ADDOPTS": addopts}) == partial


def test_of_a_run_that_read_data_the_command_says_nothing() -> None:
    settings = resolve(command_line={"coverage-data": ".coverage"})
    assert find_partial(settings, {"PYTEST_ADDOPTS": "--lf"}) is None


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.commit("one", m="a = 1\n")
    return made


def change_in(repository: Repository) -> Change:
    git = repository.command
    return Change(
        git=git, remote=GitRemote(git), prefix=PurePosixPath(), head=git.head(), tree=None, base=None, lines=None
    )


BRANCH = RunContext(kind=EventKind.BRANCH, branch="main", default_branch="main")
OTHER = Sha("b" * 40)


def obstacle(repository: Repository, made: Facts, context: RunContext = BRANCH) -> str | None:
    change = change_in(repository)
    return find_obstacle(resolve(), context, {}, change, replace(made, head=change.head))


def test_a_run_of_a_branch_has_no_obstacle(repository: Repository) -> None:
    assert obstacle(repository, facts(TEXT, diff=None)) is None


@pytest.mark.parametrize(
    ("others", "context", "words"),
    [
        ({}, replace(BRANCH, kind=EventKind.PULL_REQUEST), "only a branch's own runs"),
        ({}, replace(BRANCH, kind=EventKind.MERGE_GROUP), "only a branch's own runs"),
        ({}, replace(BRANCH, commit=OTHER), "is not the run's (bbbbbbbbbbbb)"),
        ({"problem": "there is no data"}, BRANCH, "cannot be judged"),
        ({"suite": ended(SuiteStatus.NO_TESTS, 5)}, BRANCH, "cannot be judged"),
        ({"suite": ended(SuiteStatus.FAILED, 1)}, BRANCH, "the tests did not pass"),
        ({"suite": ended(SuiteStatus.KILLED, 137)}, BRANCH, "the tests did not pass"),
        ({"suite": ended(SuiteStatus.TIMED_OUT, 130)}, BRANCH, "the tests did not pass"),
    ],
)
def test_a_run_that_would_be_a_wrong_baseline_is_kept_out(
    repository: Repository, others: dict[str, Any], context: RunContext, words: str
) -> None:
    why = obstacle(repository, facts(TEXT, diff=None, **others), context)
    assert why is not None
    assert words in why


def test_a_measured_file_that_differs_from_its_commit_is_an_obstacle(repository: Repository) -> None:
    repository.write("m.py", "a = 2\n")
    assert obstacle(repository, facts(TEXT, diff=None)) == "m.py has changes that are not committed"


def test_an_edit_of_something_else_is_none(repository: Repository) -> None:
    repository.write("README.md", "more")
    repository.git("add", "README.md")
    assert obstacle(repository, facts(TEXT, diff=None)) is None


@pytest.mark.parametrize(("kind", "kept_out"), [(EventKind.LOCAL, True), (EventKind.BRANCH, False)])
def test_a_new_file_is_an_obstacle_on_a_laptop(repository: Repository, kind: EventKind, *, kept_out: bool) -> None:
    """In a workflow a file that git does not know is one that the job made."""
    repository.write("new.py", "a = 2\n")
    why = obstacle(repository, facts(TEXT + "new.py\n    1\n", diff=None), RunContext(kind=kind))
    assert (why is not None) is kept_out


def test_floors_are_those_of_the_project_and_of_components() -> None:
    text = "[tool.covgate]\nmin-total = 80\n[tool.covgate.components.a]\npaths = ['a/**']\nmin-total = 90.5\n"
    text += "[tool.covgate.components.b]\npaths = ['b/**']\n"
    text += "[tool.covgate.components.c]\npaths = ['c/**']\nmin-total = 0\n"
    floors = floors_of(resolve(toml=TomlFile(name="pyproject.toml", text=text)))
    assert {name: str(floor) for name, floor in floors.items()} == {None: "80", "a": "90.5", "c": "0"}


def test_a_floor_of_nothing_is_a_floor_that_can_rise() -> None:
    settings = resolve(toml=TomlFile(name="pyproject.toml", text="[tool.covgate]\nmin-total = 0\n"))
    assert floors_of(settings) == {None: 0}
    assert floors_of(resolve()) == {}
