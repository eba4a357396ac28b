"""When a run is no baseline for others: only a part of the tests ran, or it is of no commit's sources."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from covgate.change.line_mapping import find_shifts
from covgate.config.settings import floors_of, resolve
from covgate.config.toml_file import TomlFile
from covgate.history.completeness import find_collection, find_partial
from covgate.history.look_back import Past
from covgate.history.record import find_obstacle
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Sha
from covgate.model.history import FileLines, History, LineRecord
from covgate.model.unknown import Unavailable
from covgate.model.verdict import SuiteStatus
from covgate.report.facts import Facts
from tests.history.conftest import BRANCH, change_in, figures_of
from tests.support.git import Repository
from tests.support.situations import ended, facts

pytestmark = pytest.mark.slow

TEXT = "m.py\n    1-8\n    9 missing\n"


# --- pytest's arguments ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("configured", "command", "addopts", "partial"),
    [
        ("pytest -q", (), "", None),
        ("pytest -q -k 'not slow'", (), "", None),
        ("pytest -q -m 'not slow'", (), "", None),
        ("pytest --deselect tests/a.py", (), "", None),
        ("pytest tests/test_one.py", (), "", None),
        ("pytest --lf", (), "", "--lf"),
        ("pytest --last-failed --lfnf=all", (), "", "--last-failed"),
        ("pytest --stepwise", (), "", "--stepwise"),
        ("pytest --co -q", (), "", "--co"),
        ("pytest --ff", (), "", None),
        ("pytest -x", (), "", None),
        ("pytest -qx --ff", (), "", "--ff with -x"),
        ("pytest --failed-first --maxfail=1", (), "", "--failed-first with --maxfail"),
        ("pytest --splits 3 --group 1", (), "", "--splits"),
        ("pytest --shard-id=0 --num-shards=2", (), "", "--shard-id"),
        ("make test", (), "", None),
        ("make -k", (), "", None),
        ("make -k --lf && pytest", (), "", None),
        ("pytest -q; make --lf", (), "", None),
        ("cd a && python -m pytest --sw | tee log", (), "", "--sw"),
        ("pytest -q\npytest --lf tests", (), "", "--lf"),
        ("pytest 'unbalanced", (), "", None),
        ("pytest", ("make", "-k"), "", None),
        ("pytest", ("pytest", "-k", "cart"), "", "-k"),
        ("pytest", ("pytest", "-kcart"), "", "-k"),
        ("pytest", ("pytest", "-qxk", "cart"), "", "-k"),
        ("pytest", ("pytest", "-rk", "-n2", "-W", "-k"), "", None),
        ("pytest", ("python", "-m", "pytest", "-q"), "", None),
        ("pytest", ("python", "-m", "pytest", "-m", "fast"), "", "-m"),
        ("pytest", ("pytest", "--deselect=tests/a.py"), "", "--deselect"),
        ("pytest", ("pytest", "--ignore", "tests/more"), "", "--ignore"),
        ("pytest", ("pytest", "."), "", None),
        ("pytest", ("pytest", "tests"), "", None),
        ("pytest", ("pytest", "--cov", "shop", "tests"), "", None),
        ("pytest", ("pytest", "--junitxml", "tests/more", "-q"), "", None),
        ("pytest", ("pytest", "--strict-markers", "tests/more"), "", "tests/more"),
        ("pytest", ("pytest", "tests/more"), "", "tests/more"),
        ("pytest", ("pytest", "--unknown", "tests/test_one.py"), "", "tests/test_one.py"),
        ("pytest", ("coverage", "run", "-m", "pytest", "tests/test_one.py"), "", "tests/test_one.py"),
        ("pytest", ("pytest", "tests/test_one.py::test_a"), "", "tests/test_one.py::test_a"),
        ("pytest", ("pytest", "tests/test_one.py", "tests/more"), "", None),
        ("pytest", ("pytest", "tests/not_there"), "", None),
        ("pytest", ("unittest", "tests/test_one.py"), "", None),
        ("pytest --lf", ("pytest", "-q"), "", None),
        ("pytest", (), "-k cart", "-k"),
        ("make test", (), "-k cart", "-k"),
        ("pytest", (), "-q --sw", "--sw"),
        ("pytest", (), "tests/more", "tests/more"),
    ],
)
def test_a_choice_of_tests_makes_a_run_partial(
    repository: Repository, configured: str, command: tuple[str, ...], addopts: str, partial: str | None
) -> None:
    repository.write("setup.cfg", "[tool:pytest]\ntestpaths = tests\n")
    for name in ("tests/test_one.py", "tests/more/test_two.py", "tests/more/data.py", "docs/test_example.py"):
        repository.write(name, "")
    repository.commit("tests")
    toml = TomlFile(name="pyproject.toml", text=f"[tool.covgate]\ntest-command = {json.dumps(configured)}\n")
    settings = resolve(toml=toml, command=command)
    assert find_partial(settings, {"PYTEST_ADDOPTS": addopts}, change_in(repository)) == partial


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-q --lf"\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-q", "--lf"]\n'),
        ("pytest.ini", "[pytest]\naddopts = --lf\n"),
        ("tox.ini", "[pytest]\naddopts =\n    -q\n    --lf\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = --lf\n"),
    ],
    ids=["toml", "toml-list", "pytest.ini", "tox.ini", "setup.cfg"],
)
@pytest.mark.parametrize("command", ["pytest", "make test"])
def test_what_the_configuration_adds_makes_a_run_partial(
    repository: Repository, name: str, text: str, command: str
) -> None:
    repository.write(name, text)
    settings = resolve(command_line={"test-command": command})
    assert find_partial(settings, {}, change_in(repository)) == "--lf"
    overridden = resolve(command_line={"test-command": "pytest -o addopts="})
    assert find_partial(overridden, {}, change_in(repository)) is None


@pytest.mark.parametrize(
    ("command", "addopts", "option"),
    [
        ("pytest -q", "", None),
        ("pytest --co", "", "--co"),
        ("pytest --collect-only -q | head", "", "--collect-only"),
        ("pytest --co -q && pytest", "", None),
        ("pytest -q", "--setup-plan", "--setup-plan"),
        ("make test", "--co", "--co"),
    ],
)
def test_a_collection_executes_no_test(repository: Repository, command: str, addopts: str, option: str | None) -> None:
    settings = resolve(command_line={"test-command": command})
    assert find_collection(settings, {"PYTEST_ADDOPTS": addopts}, change_in(repository)) == option


def test_of_a_run_that_read_data_the_command_says_nothing(repository: Repository) -> None:
    settings = resolve(command_line={"coverage-data": ".coverage"})
    assert find_partial(settings, {"PYTEST_ADDOPTS": "--lf"}, change_in(repository)) is None
    assert find_collection(settings, {"PYTEST_ADDOPTS": "--co"}, change_in(repository)) is None


# --- obstacles -------------------------------------------------------------------------------------------------------


OTHER = Sha("b" * 40)


NOTHING = Unavailable(reason="nothing has been recorded yet")
BEGINS = Past(history=History(), baseline=NOTHING, lines=NOTHING, shifts=NOTHING)


def obstacle(repository: Repository, made: Facts, context: RunContext = BRANCH, past: Past = BEGINS) -> str | None:
    change = change_in(repository)
    return find_obstacle(resolve(), context, {}, change, figures_of(replace(made, head=change.head)), past)


def test_a_run_of_a_branch_has_no_obstacle(repository: Repository) -> None:
    assert obstacle(repository, facts(TEXT, diff=None)) is None


@pytest.mark.parametrize(
    ("others", "context", "words"),
    [
        ({}, replace(BRANCH, kind=EventKind.PULL_REQUEST), "only a branch's own runs"),
        ({}, replace(BRANCH, kind=EventKind.MERGE_GROUP), "only a branch's own runs"),
        ({}, replace(BRANCH, commit=OTHER), "is not the run's (bbbbbbbbbbbb)"),
        ({"lost": 1}, BRANCH, "a process of the run ended before writing coverage data"),
        ({"lost": 3}, BRANCH, "3 processes of the run ended before"),
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


@pytest.mark.parametrize(
    ("others", "context", "why"),
    [
        ({"lost": 1}, replace(BRANCH, commit=OTHER), "a process of the run ended before writing coverage data"),
        ({"lost": 3}, BRANCH, "3 processes of the run ended before writing coverage data"),
        ({}, replace(BRANCH, commit=OTHER), "the commit that is checked out is not the run's (bbbbbbbbbbbb)"),
        (
            {"suite": ended(SuiteStatus.FAILED, 1), "lost": 1},
            BRANCH,
            "the tests did not pass",
        ),
    ],
)
def test_why_a_run_is_kept_out_is_said_in_a_clause(
    repository: Repository, others: dict[str, Any], context: RunContext, why: str
) -> None:
    assert obstacle(repository, facts(TEXT, diff=None, **others), context) == why


def test_a_run_of_the_commit_it_is_about_has_no_obstacle(repository: Repository) -> None:
    head = repository.sha("HEAD")
    for context in (replace(BRANCH, commit=head), RunContext(kind=EventKind.LOCAL)):
        assert obstacle(repository, facts(TEXT, diff=None), context) is None


def test_a_part_of_the_tests_is_an_obstacle_and_is_named(repository: Repository) -> None:
    change = change_in(repository)
    made = figures_of(replace(facts(TEXT, diff=None), head=change.head))
    settings = resolve(command_line={"test-command": "pytest"})
    found = [find_obstacle(settings, BRANCH, {"PYTEST_ADDOPTS": a}, change, made, BEGINS) for a in ("--lf", "-q")]
    assert found == ["--lf runs a part of the tests only", None]


def test_a_run_whose_change_is_unknown_is_kept_out(repository: Repository) -> None:
    made = facts(TEXT, diff=Unavailable(reason="the base is unknown"))
    assert obstacle(repository, made) == "the run cannot be judged"


def test_a_measured_file_that_differs_from_its_commit_is_an_obstacle(repository: Repository) -> None:
    repository.write("m.py", "a = 2\n")
    assert obstacle(repository, facts(TEXT, diff=None)) == "m.py has changes that are not committed"


def test_an_edit_of_something_else_is_none(repository: Repository) -> None:
    repository.write("README.md", "more")
    repository.git("add", "README.md")
    assert obstacle(repository, facts(TEXT, diff=None)) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "prefix", "kept_out"),
    [
        ("tests/test_m.py", "", True),
        ("pyproject.toml", "", True),
        (".coveragerc", "", True),
        ("conftest.py", "", True),
        ("other.pyw", "", True),
        ("data.json", "", False),
        ("docs/tox.ini", "", False),
        ("other/tests/test_m.py", "backend", False),
        ("backend/tests/test_m.py", "backend", True),
        ("backend/setup.cfg", "backend", True),
        ("setup.cfg", "backend", False),
    ],
)
@pytest.mark.parametrize("how", ["edited", "deleted", "new"])
def test_what_decides_about_the_measurement_must_be_committed(
    repository: Repository, name: str, prefix: str, how: str, *, kept_out: bool
) -> None:
    if how != "new":
        repository.write(name, "a = 1\n")
        repository.commit("before")
    path = repository.write(name, "a = 2\n")
    if how == "deleted":
        path.unlink()
    change = replace(change_in(repository), prefix=PurePosixPath(prefix))
    made = replace(facts(TEXT, diff=None), head=change.head)
    why = find_obstacle(resolve(), RunContext(kind=EventKind.LOCAL), {}, change, figures_of(made), BEGINS)
    words = "is not committed" if how == "new" else "has changes that are not committed"
    assert why == (f"{name} {words}" if kept_out else None)


def test_an_environment_in_the_checkout_is_none_of_the_projects_sources(repository: Repository) -> None:
    repository.write("venv/pyvenv.cfg", "home = /usr/bin\n")
    repository.write("venv/lib/python3.12/site-packages/six.py", "")
    assert obstacle(repository, facts(TEXT, diff=None), RunContext(kind=EventKind.LOCAL)) is None
    repository.write("venv2/six.py", "")
    assert (
        obstacle(repository, facts(TEXT, diff=None), RunContext(kind=EventKind.LOCAL))
        == "venv2/six.py is not committed"
    )


def test_more_lines_than_a_record_holds_are_an_obstacle(repository: Repository) -> None:
    """Found before the state of each line takes a byte."""
    files = [f"m{number}.py\n    1\n    1000000 missing\n" for number in range(20)]
    assert obstacle(repository, facts("".join(files), diff=None)) is None
    files.append("more.py\n    1\n\nempty.py\n    1 text\n")
    assert (
        obstacle(repository, facts("".join(files), diff=None)) == "the measured files have more than 20,000,000 lines"
    )


def test_a_measured_file_that_is_no_python_by_name_must_be_committed_too(repository: Repository) -> None:
    repository.write("tool", "a = 1\n")
    repository.commit("tool")
    repository.write("tool", "a = 2\n")
    assert obstacle(repository, facts(f"{TEXT}tool\n    1\n", diff=None)) == "tool has changes that are not committed"
    assert obstacle(repository, facts(TEXT, diff=None)) is None


def test_of_several_edited_files_the_first_is_named(repository: Repository) -> None:
    repository.write("m.py", "a = 2\n")
    repository.write("b.py", "")
    laptop = RunContext(kind=EventKind.LOCAL)
    assert obstacle(repository, facts(TEXT, diff=None), laptop) == "b.py is not committed"
    assert obstacle(repository, facts(TEXT, diff=None)) == "m.py has changes that are not committed"
    repository.write("a.py", "")
    repository.git("add", "a.py")
    assert obstacle(repository, facts(TEXT, diff=None), laptop) == "a.py has changes that are not committed"


def recorded(repository: Repository, *names: str) -> Past:
    """What a record of the newest commit holds, and how its lines moved since; two commits are made here."""
    for name in names:
        repository.write(name, "a = 1\n")
    sha = repository.commit("recorded")
    files = {PurePosixPath(name): FileLines(digest="", states="!") for name in sorted(names)}
    lines = LineRecord(sha=sha, files=files)
    return Past(history=History(), baseline=NOTHING, lines=lines, shifts=NOTHING)


def moved(repository: Repository, past: Past) -> Past:
    assert isinstance(past.lines, LineRecord)
    return replace(past, shifts=find_shifts(repository.command, past.lines.sha, repository.command.head()))


RECORDED = ("m.py", "lib/gone.py", "lib/same.py")


def test_a_run_that_measures_what_was_recorded_and_more_is_not_narrower(repository: Repository) -> None:
    past = recorded(repository, *RECORDED)
    made = facts(TEXT + "lib/gone.py\n    1\nlib/same.py\n    1\nlib/new.py\n    1\n", diff=None)
    assert obstacle(repository, made, past=moved(repository, past)) is None


@pytest.mark.parametrize("known", [True, False], ids=["known-shifts", "unknown-shifts"])
def test_a_run_that_misses_recorded_files_is_narrower(repository: Repository, *, known: bool) -> None:
    past = recorded(repository, *RECORDED)
    repository.commit("another", other="b = 1\n")
    why = obstacle(repository, facts(TEXT, diff=None), past=moved(repository, past) if known else past)
    assert why is not None
    assert isinstance(past.lines, LineRecord)
    assert why == (
        f"lib/gone.py and 1 more were measured for {past.lines.sha[:12]} and are not now; what no test is to load any "
        "more belongs into `omit`"
    )


def test_a_record_of_a_commit_that_git_has_not_tells_of_its_files_all_the_same(repository: Repository) -> None:
    """What its configuration said is not known then, nor where its files went."""
    past = recorded(repository, *RECORDED)
    assert isinstance(past.lines, LineRecord)
    past = replace(past, lines=replace(past.lines, sha=OTHER))
    why = obstacle(repository, facts(TEXT, diff=None), past=past)
    assert why is not None
    assert why.startswith("lib/gone.py and 1 more were measured for bbbbbbbbbbbb and are not now; ")


def test_files_that_are_deleted_renamed_or_made_by_the_tests_are_not_missed(repository: Repository) -> None:
    past = recorded(repository, *RECORDED)
    assert isinstance(past.lines, LineRecord)
    made = {PurePosixPath("lib/_version.py"): FileLines(digest="", states="!")}
    sha, past = past.lines.sha, replace(past, lines=replace(past.lines, files={**past.lines.files, **made}))
    repository.write("lib/_version.py", "a = 1\n")
    repository.write(".gitignore", "_version.py\n")
    repository.git("rm", "-q", "lib/gone.py")
    repository.git("mv", "lib/same.py", "lib/renamed.py")
    repository.commit("moved")
    renamed = facts(TEXT + "lib/renamed.py\n    1\n", diff=None)
    assert obstacle(repository, renamed, past=moved(repository, past)) is None
    assert obstacle(repository, facts(TEXT, diff=None), past=moved(repository, past)) == (
        f"lib/renamed.py was measured for {sha[:12]} and is not now; what no test is to load any more "
        "belongs into `omit`"
    )


@pytest.mark.parametrize(
    ("name", "text", "narrower"),
    [
        (".coveragerc", "[run]\nomit = lib/*\n", False),
        ("pyproject.toml", '[tool.coverage.run]\nomit = ["lib/*"]\n', False),
        ("setup.cfg", "[coverage:run]\nomit = lib/*\n", False),
        ("tox.ini", "[pytest]\naddopts = --cov=m\n", False),
        ("pyproject.toml", '[project]\nname = "m"\n', True),
        ("setup.cfg", "[metadata]\nname = m\n", True),
        ("sub/.coveragerc", "[run]\nomit = lib/*\n", True),
    ],
)
def test_what_another_configuration_leaves_out_is_not_missed(
    repository: Repository, name: str, text: str, *, narrower: bool
) -> None:
    past = recorded(repository, *RECORDED)
    repository.write(name, text)
    repository.commit("configured")
    assert (obstacle(repository, facts(TEXT, diff=None), past=moved(repository, past)) is not None) is narrower


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
