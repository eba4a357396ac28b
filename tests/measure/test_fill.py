"""What filling an environment does and says; uv and its Python are scripts that write down how they are called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from covgate.measure.environment import Environment
from covgate.measure.fill import Command, add_runner, fill
from covgate.measure.plan import DIGITS_MARK, VERSION_MARK, Asked, Plan, Step
from covgate.measure.project_files import ProjectFiles
from tests.measure.test_environment import made

UV = """echo "$@" >> called
case "$*" in
*hatch*) cat hatch ;;
*tox*) printf '[testenv:py312]\\ndeps =\\n  c>1\\nextras = x\\n' ;;
esac"""
LONG = "".join(f"requirement-{n}\n" for n in range(300))


def asks(asked: Asked, *words: str) -> Step:
    return Step(arguments=("tool", "run", *words), why=f"what {asked.name.lower()} says", asked=asked)


def called(environment: Environment) -> list[str]:
    path = environment.project.directory / "called"
    return path.read_text().splitlines() if path.exists() else []


def test_a_plan_is_carried_out_step_by_step_and_said(tmp_path: Path) -> None:
    (tmp_path / "hatch").write_text("a\n-r b.txt\n")
    steps = (
        Step(arguments=("pip", "install", "--editable", "."), why="setup.py"),
        asks(Asked.HATCH, "hatch", f"py{VERSION_MARK}"),
        asks(Asked.TOX, "tox", f"py{DIGITS_MARK}"),
        Step(arguments=(), why="the extras of the installed project", asked=Asked.EXTRAS),
    )
    said: list[str] = []
    environment = made(tmp_path, UV, "printf 'docs\\ntests\\n'", said)
    fill(environment, Plan(steps=steps, notes=("A note", "and another")))
    assert called(environment) == [
        "pip install --editable .",
        "tool run hatch py3.12",
        "pip install a -r b.txt",
        "tool run tox py312",
        "pip install c>1 --editable .[x]",
        "pip install --editable .[tests]",
    ]
    assert said == [
        "Found setup.py: uv pip install --editable .",
        "Found what hatch says: uv pip install a -r b.txt",
        "Found what tox says: uv pip install c>1 --editable .[x]",
        "Found the extras of the installed project: uv pip install --editable .[tests]",
        "A note",
        "and another",
    ]


def test_an_answer_that_names_nothing_installs_nothing(tmp_path: Path) -> None:
    (tmp_path / "hatch").touch()
    said: list[str] = []
    environment = made(tmp_path, UV, "echo docs", said)
    extras = Step(arguments=(), why="the extras", asked=Asked.EXTRAS)
    fill(environment, Plan(steps=(asks(Asked.HATCH, "hatch"), extras)))
    assert (called(environment), said) == (["tool run hatch"], [])


def test_the_log_shows_neither_a_password_nor_thousands_of_requirements(tmp_path: Path) -> None:
    (tmp_path / "hatch").write_text(f"a @ https://me:hunter2@index.example/a.whl\n{LONG}")
    said: list[str] = []
    environment = made(tmp_path, UV, "", said)
    fill(environment, Plan(steps=(asks(Asked.HATCH, "hatch"),)))
    assert "me:hunter2@index.example" in called(environment)[1]
    assert called(environment)[1].endswith(" requirement-299")
    assert "hunter2" not in said[0]
    assert said[0].startswith("Found what hatch says: uv pip install a @ https://")
    assert len(said[0].removeprefix("Found what hatch says: ").encode()) == 2000


NO_PYTEST, HAS_PYTEST = "exit 1", "exit 0"
BRINGS = "Nothing that was installed brings pytest: uv pip install pytest"
COV, XDIST = " pytest-cov", " pytest-xdist"
INI = "[pytest]\naddopts = {}\n"


@pytest.mark.parametrize(
    ("command", "python", "config", "plugins"),
    [
        ("pytest", HAS_PYTEST, "--cov", None),
        ("make test", NO_PYTEST, "--cov", None),
        ("pytest", NO_PYTEST, "", ""),
        (("python", "-m", "pytest", "tests"), NO_PYTEST, "", ""),
        ("pytest --cov=shop", NO_PYTEST, "", COV),
        ("pytest -n 2", NO_PYTEST, "", XDIST),
        ("pytest --dist=load", NO_PYTEST, "", XDIST),
        ("pytest --numprocesses auto", NO_PYTEST, "-q", XDIST),
        ("pytest -q", NO_PYTEST, "-nauto --cov", COV + XDIST),
        ("pytest -q", NO_PYTEST, "--discover -x", ""),
        # The configuration that counts is the one that the command names.
        ("pytest -c other.ini", NO_PYTEST, "--cov", ""),
        ("pytest -q && pytest -o addopts=", NO_PYTEST, "--cov", ""),
    ],
)
def test_pytest_comes_with_the_plugins_whose_options_are_in_use(
    tmp_path: Path, command: Command, python: str, config: str, plugins: str | None
) -> None:
    (tmp_path / "pytest.ini").write_text(INI.format(config))
    said: list[str] = []
    environment = made(tmp_path, UV, python, said)
    files = ProjectFiles(names=frozenset({"manage.py"}))
    assert add_runner(environment, files, command, is_default=False) == command
    if plugins is None:
        assert (called(environment), said) == ([], [])
    else:
        assert (called(environment), said) == ([f"pip install pytest{plugins}"], [f"{BRINGS}{plugins}"])


DJANGO = "Found manage.py, and no pytest: the tests are run by `python manage.py test`"


@pytest.mark.parametrize(
    ("python", "names", "command", "expected"),
    [
        (NO_PYTEST, {"manage.py"}, "pytest", ("python manage.py test", [], [DJANGO])),
        (HAS_PYTEST, {"manage.py"}, "pytest", ("pytest", [], [])),
        (NO_PYTEST, {"manage"}, "pytest", ("pytest", ["pip install pytest"], [BRINGS])),
    ],
)
def test_a_django_project_that_has_no_pytest_is_tested_by_its_own_command(
    tmp_path: Path, python: str, names: set[str], command: str, expected: tuple[str, list[str], list[str]]
) -> None:
    said: list[str] = []
    environment = made(tmp_path, UV, python, said)
    ran = add_runner(environment, ProjectFiles(names=frozenset(names)), command, is_default=True)
    assert (ran, called(environment), said) == expected


TOX = (
    "tox makes environments of its own: `[testenv]` needs coverage>=7.13 in `deps`, `pass_env = COVERAGE_*` and "
    "`package = editable`, so that its processes are measured and import this checkout"
)


@pytest.mark.parametrize(
    ("command", "tox", "note"),
    [
        ("tox -q", {"tox": {}}, TOX),
        (("tox",), {"testenv": {}}, TOX),
        ("tox", {"testenv": {"pass_env": "COVERAGE_*"}}, TOX),
        ("tox", {"testenv": {"package": "editable"}}, TOX),
        ("tox", {"testenv": {"pass_env": "HOME", "passenv": "COVERAGE_*", "package": "editable"}}, TOX),
        ("tox", {"testenv": {"pass_env": "COVERAGE_*", "package": "wheel"}}, TOX),
        ("tox", {"testenv": {"usedevelop": "true"}}, TOX),
        ("tox", {"testenv": {"pass_env": "A\nCOVERAGE_*", "package": "editable"}}, ""),
        ("tox", {"testenv": {"passenv": "COVERAGE_*", "package": "editable-legacy"}}, ""),
        ("tox", {"testenv": {"passenv": "COVERAGE_*", "usedevelop": "true"}}, ""),
        ("tox", {}, ""),
        ("echo tox", {"tox": {}}, ""),
    ],
)
def test_tox_is_told_what_it_needs_to_hand_on(
    tmp_path: Path, command: Command, tox: Mapping[str, Mapping[str, str]], note: str
) -> None:
    said: list[str] = []
    environment = made(tmp_path, UV, NO_PYTEST, said)
    assert add_runner(environment, ProjectFiles(names=frozenset(), tox=tox), command, is_default=True) == command
    assert (called(environment), said) == ([], [note] if note else [])
