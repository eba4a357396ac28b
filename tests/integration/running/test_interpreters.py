"""The project's interpreter is not covgate's: it measures and analyses, and what it lacks is said."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from covgate.errors import MeasureError
from covgate.measure.probe_call import Probe
from covgate.measure.project import find_project
from tests.support.projects import PRICES, SHOP, Checkout, clean_environment, covgate_command, make_checkout, run, same

MINIMUM = "7.13.0"
RC = "[run]\nbranch = true\nsource = shop\n"
CHECK = "from shop.prices import price\n\nassert price(1) == 3\n"

NEWER = """\
type Amount = int | float


def double[T: Amount](amount: T) -> T:
    if amount:
        return amount * 2
    return amount


class Box[T]:
    def empty(self) -> bool:
        return True
"""
"""Syntax of Python 3.12: an interpreter before it could not analyse the file."""


def find_python(version: str) -> str | None:
    """Find an interpreter of `version` (`3.13`): pyenv's, or the one on PATH; None when there is none that runs."""
    found = [name for name in [shutil.which(f"python{version}")] if name]
    if pyenv := shutil.which("pyenv"):
        root = Path(run([pyenv, "root"], cwd=Path.cwd()).out.strip())
        found += [str(path) for path in sorted(root.glob(f"versions/{version}.*/bin/python"))]
    question = ["-c", "import sys, venv; print('{}.{}'.format(*sys.version_info))"]
    return next((name for name in found if run([name, *question], cwd=Path.cwd()).out.strip() == version), None)


def make_environment(folder: Path, version: str, *requirements: str) -> str:
    """Make a virtual environment in `folder`, filled from the package index; returns its interpreter."""
    base = find_python(version)
    if base is None:
        pytest.skip(f"there is no Python {version} on this machine")
    assert run([base, "-m", "venv", "--without-pip", folder], cwd=folder.parent).code == 0
    python = str(folder / "bin" / "python")
    if requirements:
        # `pip --python` installs into another environment than its own, without a copy of pip there.
        install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *requirements]
        done = run(install, cwd=folder.parent, env=clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1"))
        if done.code:
            pytest.skip(f"the package index gave no {', '.join(requirements)}: {done.err.strip()[-300:]}")
    return python


@pytest.fixture(scope="session", params=["3.10", "3.13"])
def other_python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The version and the interpreter of an environment that has the oldest coverage covgate takes."""
    version: str = request.param
    folder = tmp_path_factory.mktemp("python") / "environment"
    return version, make_environment(folder, version, f"coverage=={MINIMUM}")


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_environment(tmp_path_factory.mktemp("bare") / "environment", f"3.{sys.version_info.minor}")


def shop(path: Path, version: str, python: str) -> Checkout:
    files = {**SHOP, ".coveragerc": RC, "check.py": CHECK}
    if version != "3.10":
        files |= {"shop/newer.py": NEWER, "check.py": "import shop.newer\n" + CHECK}
    return make_checkout(path, files, python=python)


def assert_measured_there(checkout: Checkout) -> None:
    suite = checkout.result()["suite"]
    assert suite["status"] == "passed"
    assert checkout.coverage("run", "check.py").code == 0
    assert same(checkout.total(), checkout.coverage_total())


def test_the_named_interpreter_measures_and_analyses(tmp_path: Path, other_python: tuple[str, str]) -> None:
    version, python = other_python
    checkout = shop(tmp_path, version, python)
    done = checkout.covgate("--python", python, command=["python", "check.py"])
    assert done.code == 0, done.err
    assert_measured_there(checkout)
    # What was measured there is read there too.
    assert checkout.covgate("--python", python, "--data", ".coverage").code == 0
    assert same(checkout.total(), checkout.coverage_total())


@pytest.mark.parametrize("other_python", ["3.10"], indirect=True)
def test_the_active_environment_is_the_projects(tmp_path: Path, other_python: tuple[str, str]) -> None:
    version, python = other_python
    checkout = shop(tmp_path, version, python)
    environment = str(Path(python).parents[1])
    done = checkout.covgate(command=["python", "check.py"], VIRTUAL_ENV=environment, CONDA_PREFIX=str(tmp_path))
    assert done.code == 0, done.err
    assert_measured_there(checkout)


@pytest.mark.parametrize("other_python", ["3.13"], indirect=True)
def test_an_interpreter_can_be_named_by_a_variable_and_the_option_wins(
    tmp_path: Path, other_python: tuple[str, str], bare_python: str
) -> None:
    version, python = other_python
    checkout = shop(tmp_path, version, python)
    command = ["python", "check.py"]
    assert checkout.covgate(command=command, COVGATE_PYTHON=python, VIRTUAL_ENV=str(tmp_path)).code == 0
    assert_measured_there(checkout)
    assert checkout.covgate("--python", python, command=command, COVGATE_PYTHON=bare_python).code == 0
    assert checkout.covgate("--python", bare_python, command=command, COVGATE_PYTHON=python).code == 2


def test_an_interpreter_without_coverage_is_bad_input(tmp_path: Path, bare_python: str) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": CHECK})
    done = checkout.covgate("--python", bare_python, command=["python", "check.py"])
    assert done.code == 2
    assert f"coverage is not installed for {bare_python}" in done.message
    assert "install `coverage>=7.13`" in done.message
    assert "Traceback" not in done.err


@pytest.mark.parametrize("version", ["7.12.0", "6.5.0"])
def test_a_coverage_that_is_too_old_is_bad_input(tmp_path: Path, version: str) -> None:
    python = make_environment(tmp_path / "environment", "3.10", f"coverage=={version}")
    checkout = make_checkout(tmp_path / "here", {**SHOP, "check.py": CHECK})
    done = checkout.covgate("--python", python, command=["python", "check.py"])
    assert done.code == 2
    assert f"coverage {version}" in done.message
    assert "install `coverage>=7.13`" in done.message
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("args", "variables"),
    [(["--python", "nowhere/python"], {}), ([], {"VIRTUAL_ENV": "/nowhere"}), ([], {"COVGATE_PYTHON": "python9.9"})],
    ids=["option", "environment", "variable"],
)
def test_an_interpreter_that_does_not_exist_is_bad_input(
    tmp_path: Path, args: list[str], variables: dict[str, str]
) -> None:
    make_checkout(tmp_path)
    done = run(covgate_command(*args), cwd=tmp_path, env=clean_environment(**variables))
    assert done.code == 2
    assert "does not exist" in done.message
    assert (args or list(variables.values()))[-1] in done.message


KINDS = {
    "data": (".coverage", ()),
    "xml": ("coverage.xml", ("xml", "-q")),
    "lcov": ("coverage.lcov", ("lcov", "-q")),
}


@pytest.mark.parametrize(("name", "report"), KINDS.values(), ids=KINDS)
def test_data_is_read_by_covgates_own_interpreter_where_the_projects_has_no_coverage(
    tmp_path: Path, name: str, report: tuple[str, ...]
) -> None:
    """As in the image, whose interpreter for the tests has nothing installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True, capture_output=True)
    checkout = make_checkout(tmp_path / "here", {**SHOP, ".coveragerc": RC, "check.py": CHECK})
    checkout.git("checkout", "-q", "-b", "topic")
    # An edit in a continuation line: only an analysis knows its statement.
    checkout.write(
        {"shop/prices.py": PRICES.replace("return amount * 3\n", "return (\n        amount * 3\n    )\n", 1)}
    )
    checkout.commit()
    assert checkout.coverage("run", "check.py").code == 0
    if report:
        assert checkout.coverage(*report).code == 0
    python = str(tmp_path / "bare" / "bin" / "python")
    done = checkout.covgate("--data", name, "--base", "main", COVGATE_PYTHON=python)
    assert done.code == 0, done.err
    assert same(checkout.total(), checkout.coverage_total())
    assert checkout.result()["diff"]["lines"]["total"] == 1
    assert not checkout.result()["notes"]


def test_two_versions_are_named_where_covgates_own_cannot_parse_a_source(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True, capture_output=True)
    files = {**SHOP, ".coveragerc": RC, "check.py": CHECK, ".python-version": "3.99\n"}
    checkout = make_checkout(tmp_path / "here", files)
    assert checkout.coverage("run", "check.py").code == 0
    # No Python there is can parse it: as any syntax of a newer one.
    checkout.write({"shop/prices.py": "lazy " + PRICES})
    done = checkout.covgate("--data", ".coverage", COVGATE_PYTHON=str(tmp_path / "bare" / "bin" / "python"))
    assert done.code == 4, done.err
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"read by Python {own}, covgate's own, while the project asks for Python 3.99" in done.message


FOUND = {
    "venv-of-the-project": ("backend/.venv", {}, "backend/.venv"),
    "venv-of-the-checkout": (".venv", {"CONDA_PREFIX": "conda"}, ".venv"),
    "active-first": (".venv", {"VIRTUAL_ENV": "active", "CONDA_PREFIX": "conda"}, "active"),
    "conda": ("elsewhere", {"CONDA_PREFIX": "conda"}, "conda"),
    "option-first": (".venv", {"VIRTUAL_ENV": "active", "python": "named/bin/python"}, "named"),
    "image-first": (".venv", {"VIRTUAL_ENV": "active", "COVGATE_PYTHON": "image/bin/python"}, "image"),
    "covgates-own": ("elsewhere", {}, ""),
}


@pytest.mark.parametrize(("there", "variables", "expected"), FOUND.values(), ids=FOUND)
def test_interpreters_are_looked_for_in_the_order_people_expect(
    tmp_path: Path, there: str, variables: dict[str, str], expected: str
) -> None:
    for folder in {there, "conda", "active", "named", "image"}:
        (tmp_path / folder / "bin").mkdir(parents=True)
        (tmp_path / folder / "bin" / "python").touch(0o755)
    (tmp_path / "backend").mkdir(exist_ok=True)
    environment = {name: str(tmp_path / place) for name, place in variables.items()}
    python = environment.pop("python", None)
    project = find_project(directory=tmp_path / "backend", root=tmp_path, python=python, environment=environment)
    assert project.python == (tmp_path / expected / "bin" / "python" if expected else Path(sys.executable))


def test_an_interpreter_that_nobody_named_is_said(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": CHECK, ".gitignore": ".venv\n"})
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("home = /x\nversion_info = 3.98.1\n")
    done = checkout.covgate(command=["python", "check.py"])
    assert done.code == 0, done.err
    assert "Tests run with .venv/bin/python (3.98)" in done.message


def test_an_older_python_than_any_such_coverage_has_is_told_what_it_can_do(tmp_path: Path) -> None:
    """A stand-in, as no Python 3.9 need be there: it answers as one that lacks coverage does."""
    old = '#!/bin/sh\n[ "$1" = -c ] && echo 3 9 && exit\necho "No module named \'coverage\'" >&2\nexit 1\n'
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": CHECK, "python3.9": old})
    (tmp_path / "python3.9").chmod(0o755)
    done = checkout.covgate("--python", "./python3.9", command=["python", "check.py"])
    assert done.code == 2
    assert "is Python 3.9, and covgate measures 3.10 and newer" in done.message
    assert "coverage>=7.13" not in done.message
    assert "`covgate check --data .coverage`" in done.message
    assert checkout.coverage("run", "check.py").code == 0
    assert checkout.covgate("--python", "./python3.9", "--data", ".coverage").code == 0


NO_PYTHON = {"another-program": "/bin/true", "a-failing-one": "/bin/false", "a-folder": "shop", "a-text": "./words"}


@pytest.mark.parametrize("mode", ["run", "read"])
@pytest.mark.parametrize("python", NO_PYTHON.values(), ids=NO_PYTHON)
def test_what_is_no_python_is_bad_input(tmp_path: Path, python: str, mode: str) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": CHECK, "words": "print('3 11')\n"})
    (tmp_path / "words").chmod(0o755)
    if mode == "read":
        assert checkout.coverage("run", "check.py").code == 0
    how = ["--data", ".coverage"] if mode == "read" else []
    done = checkout.covgate("--python", python, *how, command=[] if how else ["python", "check.py"])
    assert done.code == 2, done.err
    assert f"{python.removeprefix('./')} is not a Python interpreter" in done.message
    assert "set `--python`" in done.message


def test_an_analysis_that_does_not_end_is_no_usable_data(tmp_path: Path) -> None:
    waiting = tmp_path / "python"
    waiting.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    waiting.chmod(0o755)
    environment = clean_environment()
    project = find_project(directory=tmp_path, root=tmp_path, python=str(waiting), environment=environment)
    with pytest.raises(MeasureError, match=r"the analysis did not end: .*python did not end within 0 seconds"):
        Probe(project).ask({"command": "static"}, timeout=0.1)


def test_an_interpreter_relative_to_the_working_folder_is_found_for_a_project_in_another(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {f"backend/{name}": text for name, text in {**SHOP, "check.py": CHECK}.items()})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tmp_path / "bin" / "python").chmod(0o755)
    done = checkout.covgate("--python", "bin/python", "--directory", "backend", command=["python", "check.py"])
    assert done.code == 0, done.err
    assert checkout.result("backend")["suite"]["status"] == "passed"
