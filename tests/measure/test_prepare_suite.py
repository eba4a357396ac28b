"""How a run of the tests is set up: what the probe is asked, and what the command's processes see."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import InputError
from covgate.measure.project import Project
from covgate.measure.suite import SuitePlan, prepare_suite
from tests.measure.test_probe_call import answers

ANSWER = {"coverage": "7.13.1", "hook": True, "pytest_cov": False, "config": "the configuration", "plugins_here": False}
SWITCHED_OFF = "pytest-cov is switched off for this run (`--no-cov`): covgate measures what its options name."


def prepare(
    folder: Path,
    command: str | Sequence[str] = "make test",
    environment: Mapping[str, str] | None = None,
    junit: Sequence[str] | None = ("off",),
    **answer: object,
) -> SuitePlan:
    """Prepare a run in `folder`/app; the project's interpreter is a script that gives the answer."""
    directory = folder / "app"
    directory.mkdir(exist_ok=True)
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{answers(json.dumps({**ANSWER, **answer}))}\n")
    python.chmod(0o755)
    seen = {"PATH": os.defpath, **(environment or {})}
    project = Project(directory=directory, root=folder, python=python, environment=seen)
    local = [PurePosixPath("app/shop/__init__.py"), PurePosixPath("app/tests/test_a.py"), PurePosixPath("other.py")]
    plan = prepare_suite(project, command, folder / "data", local, [PurePosixPath("shop/__init__.py")], junit)
    assert project.environment == seen, "the project's own variables are changed"
    return plan


def asked(folder: Path) -> object:
    return json.loads((folder / "app" / "question").read_text())


def test_the_probe_is_asked_for_what_the_projects_options_name(tmp_path: Path) -> None:
    plain = {
        "command": "prepare",
        "data_file": f"{tmp_path}/data/.coverage",
        "rcfile": None,
        "source": [],
        "branch": False,
        "scoped": False,
        "root": str(tmp_path),
        "packages": {"shop": "app/shop"},
        "tests": [],
        "tracked": ["shop/__init__.py"],
    }
    prepare(tmp_path)
    assert asked(tmp_path) == plain
    (tmp_path / "app" / "cov.ini").touch()
    (tmp_path / "app" / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\naddopts = --cov=shop\n")
    prepare(tmp_path, "pytest --cov-branch", {"PYTEST_ADDOPTS": "--cov-config=cov.ini"})
    named = {"rcfile": "cov.ini", "source": ["shop"], "branch": True, "scoped": True, "tests": ["check_*.py"]}
    assert asked(tmp_path) == plain | named


def test_the_command_runs_as_it_is_and_its_processes_are_measured(tmp_path: Path) -> None:
    plan = prepare(tmp_path, "make 'test it'", {"HOME": "/home/me"})
    assert (plan.shown, plan.argv[-2:]) == ("make 'test it'", ("-c", "make 'test it'"))
    assert plan.environment == {
        "PATH": os.defpath,
        "HOME": "/home/me",
        "COVERAGE_PROCESS_CONFIG": "the configuration",
        "COVERAGE_FILE": f"{tmp_path}/data/.coverage",
    }
    assert (plan.config, plan.folder, plan.notes) == ("the configuration", tmp_path / "data", ())
    vector = prepare(tmp_path, ["make", "test it"])
    assert (vector.shown, vector.argv) == ("make 'test it'", ("make", "test it"))


def test_plugins_that_lie_in_the_projects_folder_can_be_imported_by_every_process(tmp_path: Path) -> None:
    def path(**environment: str) -> str | None:
        return prepare(tmp_path, environment=environment, plugins_here=bool(environment)).environment.get("PYTHONPATH")

    assert path() is None
    assert path(HOME="/home/me") == f"{tmp_path}/app"
    assert path(PYTHONPATH="/more") == f"{tmp_path}/app{os.pathsep}/more"


@pytest.mark.parametrize(
    ("command", "environment", "installed", "options", "notes"),
    [
        ("pytest", {}, False, None, ()),
        ("pytest --cov", {}, False, None, ()),
        ("pytest", {}, True, "--no-cov -p no:_cov", ()),
        ("pytest --cov", {}, True, "--no-cov -p no:_cov", (SWITCHED_OFF,)),
        ("pytest --cov", {"PYTEST_ADDOPTS": "-q"}, True, "-q --no-cov -p no:_cov", (SWITCHED_OFF,)),
        # pytest refuses an option whose plugin it does not load.
        ("pytest --cov -p no:pytest_cov", {}, True, None, ()),
        ("pytest --cov", {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, True, None, ()),
    ],
)
def test_pytest_cov_is_switched_off_where_it_is_loaded(
    tmp_path: Path,
    command: str,
    environment: dict[str, str],
    options: str | None,
    notes: tuple[str, ...],
    *,
    installed: bool,
) -> None:
    plan = prepare(tmp_path, command, environment, pytest_cov=installed)
    assert (plan.environment.get("PYTEST_ADDOPTS"), plan.notes) == (options, notes)


def test_a_configuration_that_is_not_there_is_told_and_not_used(tmp_path: Path) -> None:
    plan = prepare(tmp_path, "pytest --cov --cov-config=gone.ini", pytest_cov=True)
    told = f"--cov-config names gone.ini, which is not in {tmp_path}/app: it is not used."
    assert plan.notes == (SWITCHED_OFF, told)
    question = asked(tmp_path)
    assert isinstance(question, dict)
    assert question["rcfile"] is None
    (tmp_path / "app" / "gone.ini").touch()
    assert prepare(tmp_path, "pytest --cov --cov-config=gone.ini").notes == ()


def test_the_tests_results_are_written_beside_the_data(tmp_path: Path) -> None:
    plan = prepare(tmp_path, "pytest", junit=None)
    assert plan.environment["PYTEST_ADDOPTS"] == f"--junitxml={tmp_path}/data/junit.xml"
    assert (plan.junit.asked, plan.junit.directory) == (False, tmp_path / "app")
    assert prepare(tmp_path, "pytest", junit=["results.xml"]).junit.patterns == ("results.xml",)


def test_a_coverage_without_the_start_up_hook_cannot_measure_a_command(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        prepare(tmp_path, coverage="7.12.0", hook=False)
    assert caught.value.message == f"coverage 7.12.0 in {tmp_path}/python cannot measure the processes of a command"
    assert (caught.value.hint, caught.value.slug) == (
        "install `coverage>=7.13` beside the tests",
        "interpreter-not-usable",
    )
