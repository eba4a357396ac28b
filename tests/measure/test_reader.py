"""The interpreter: which one is the project's, and what is said where another one reads its data or runs its tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import CovgateError, InputError, MeasureError
from covgate.measure.project import Project, find_project, with_own_python, with_python
from covgate.measure.reader import name_reader
from covgate.model.coverage import Gap, Measurement, UnmeasuredFile
from covgate.model.unknown import Unavailable

PATH = "/usr/local/bin:/usr/bin:/bin"
ME = f"{sys.version_info.major}.{sys.version_info.minor}"


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


# --- which interpreter --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "option", "environment", "expected", "is_found"),
    [
        pytest.param([], None, {}, sys.executable, False, id="covgates-own"),
        pytest.param(["o/python"], "{root}/o/python", {}, "o/python", False, id="the-option"),
        pytest.param(
            ["o/python", "e/python"], "{root}/o/python", {"COVGATE_PYTHON": "{root}/e/python"}, "o/python", False,
            id="the-option-before-the-variable",
        ),
        pytest.param(
            ["e/python", "v/bin/python"], None,
            {"COVGATE_PYTHON": "{root}/e/python", "VIRTUAL_ENV": "{root}/v"}, "e/python", False,
            id="the-variable-before-an-active-environment",
        ),
        pytest.param(
            ["v/bin/python", "p/.venv/bin/python"], None, {"VIRTUAL_ENV": "{root}/v"}, "v/bin/python", False,
            id="an-active-environment-before-one-that-lies-there",
        ),
        pytest.param(
            ["p/.venv/bin/python", ".venv/bin/python", "c/bin/python"], None, {"CONDA_PREFIX": "{root}/c"},
            "p/.venv/bin/python", True, id="the-projects-folder-before-the-top",
        ),
        pytest.param([".venv/bin/python", "c/bin/python"], None, {"CONDA_PREFIX": "{root}/c"},
            ".venv/bin/python", True, id="the-top-before-condas"),
        pytest.param(["c/bin/python"], None, {"CONDA_PREFIX": "{root}/c"}, "c/bin/python", True, id="condas"),
        pytest.param(
            ["on-path/snake"], "snake", {"PATH": "{root}/on-path"}, "on-path/snake", False, id="a-name-on-the-path"
        ),
    ],
)  # fmt: skip
def test_which_interpreter_is_the_projects(
    tmp_path: Path,
    there: list[str],
    option: str | None,
    environment: Mapping[str, str],
    expected: str,
    is_found: bool,  # noqa: FBT001  # a table's column
) -> None:
    for name in there:
        executable(tmp_path / name)
    (tmp_path / "p").mkdir(exist_ok=True)
    given = {"PATH": PATH} | {name: value.format(root=tmp_path) for name, value in environment.items()}
    python = option.format(root=tmp_path) if option else None
    project = find_project(directory=tmp_path / "p", root=tmp_path, python=python, environment=given)
    assert project.python == tmp_path / expected
    assert project.is_found is is_found
    assert project.environment["PATH"].split(os.pathsep)[0] == str((tmp_path / expected).parent)


@pytest.mark.parametrize(("named", "message"), [("{root}", "it is a folder"), ("{root}/gone", "does not exist")])
def test_an_interpreter_that_is_none_is_refused(tmp_path: Path, named: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_project(directory=tmp_path, root=tmp_path, python=named.format(root=tmp_path), environment={"PATH": PATH})


def test_the_tests_see_no_secret(tmp_path: Path) -> None:
    given = {"PATH": PATH, "GITHUB_TOKEN": "x", "INPUT_TOKEN": "x", "HOME": "/h"}
    project = find_project(directory=tmp_path, root=tmp_path, python=None, environment=given)
    assert project.environment.keys() == {"PATH", "HOME"}


def test_reading_with_covgates_own_interpreter_leaves_the_other_ones_home_alone(tmp_path: Path) -> None:
    project = made(tmp_path, environment={"PATH": PATH, "PYTHONHOME": "/other", "HOME": "/h"})
    own = with_own_python(replace(project, is_found=True))
    assert (own.python, own.is_found, "PYTHONHOME" in own.environment) == (Path(sys.executable), False, False)
    assert own.environment["HOME"] == "/h"
    assert with_python(replace(project, environment={}), Path("/x/bin/python")).environment == {"PATH": "/x/bin"}


# --- its version --------------------------------------------------------------------------------------------------


def made(tmp_path: Path, environment: Mapping[str, str] | None = None) -> Project:
    (tmp_path / "p").mkdir(exist_ok=True)
    return Project(
        directory=tmp_path / "p",
        root=tmp_path,
        python=tmp_path / "v/bin/python",
        environment=environment or {"PATH": PATH},
    )


@pytest.mark.parametrize(
    ("configuration", "folders", "version"),
    [
        ("version = 3.12.1\n", [], "3.12"),
        ("home = /usr\nversion_info = 3.9.0.final.0\n", [], "3.9"),
        ("version=3.13.0\n", ["python3.11"], "3.13"),
        ("home = /usr\n", ["python3.11"], "3.11"),
        (None, ["python3.11"], "3.11"),
        (None, ["python3.11", "python3.12"], ""),
        (None, [], ""),
    ],
)
def test_the_version_is_what_the_environment_says(
    tmp_path: Path, configuration: str | None, folders: list[str], version: str
) -> None:
    project = made(tmp_path)
    for folder in ("bin", *(f"lib/{name}" for name in folders)):
        (tmp_path / "v" / folder).mkdir(parents=True)
    if configuration is not None:
        (tmp_path / "v/pyvenv.cfg").write_text(configuration)
    assert project.version == version


# --- another one reads --------------------------------------------------------------------------------------------

UNPARSABLE = UnmeasuredFile(gap=Gap.UNPARSABLE, why="invalid syntax")
UNMEASURED = UnmeasuredFile(gap=Gap.OMITTED, rule="omit", where="x")


def measured(gap: UnmeasuredFile) -> Callable[[], Measurement]:
    files = {PurePosixPath("m.py"): gap}
    return lambda: Measurement(coverage=Unavailable(reason="x"), unmeasured=files, notes=("one",))


def refusing(message: str) -> Callable[[], Measurement]:
    def analyse() -> Measurement:
        raise MeasureError(message, hint="h", slug="sources-gone")

    return analyse


SAYS = f"read by Python {ME}, covgate's own, while "

ASKED = {
    "a-version-file": ({"p/.python-version": "3.14\n3.13\n"}, "the project asks for Python 3.14"),
    "at-the-top": ({".python-version": "3.14"}, "the project asks for Python 3.14"),
    "the-projects-folder-first": (
        {"p/pyproject.toml": '[project]\nrequires-python = ">=3.14"\n', ".python-version": "3.13"},
        "the project asks for Python >=3.14",
    ),
    "an-empty-version-file": (
        {"p/.python-version": " \n", "p/pyproject.toml": '[project]\nrequires-python = ">=3.14"\n'},
        "the project asks for Python >=3.14",
    ),
    "no-table": ({"p/pyproject.toml": "project = 1\n"}, "the project's is {v} and has no coverage"),
    "no-text": ({"p/pyproject.toml": "[project]\nrequires-python = 3\n"}, "the project's is {v} and has no coverage"),
    "no-toml": ({"p/pyproject.toml": "[[\n"}, "the project's is {v} and has no coverage"),
    "its-environment": ({"v/pyvenv.cfg": "version = 3.9.1\n"}, "{v} is Python 3.9 and has no coverage"),
    "nothing": ({}, "the project's is {v} and has no coverage"),
}


@pytest.mark.parametrize(("files", "said"), ASKED.values(), ids=ASKED)
def test_both_versions_are_named_where_a_source_could_not_be_parsed(
    tmp_path: Path, files: Mapping[str, str], said: str
) -> None:
    project = made(tmp_path)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    said = said.format(v=project.python)
    assert name_reader(project, measured(UNPARSABLE)).notes == ("one", f"Sources were {SAYS}{said}.")
    with pytest.raises(CovgateError) as caught:
        name_reader(project, refusing("m.py: it is not valid Python"))
    assert caught.value.message == f"m.py: it is not valid Python (sources were {SAYS}{said})"
    assert caught.value.slug == "interpreter-not-usable"


def test_one_source_of_several_that_could_not_be_parsed_is_enough(tmp_path: Path) -> None:
    files = {PurePosixPath("m.py"): UNPARSABLE, PurePosixPath("n.py"): UNMEASURED}
    found = name_reader(made(tmp_path), lambda: Measurement(coverage=Unavailable(reason="x"), unmeasured=files))
    assert len(found.notes) == 1


def test_what_has_nothing_to_do_with_the_version_is_left_as_it_is(tmp_path: Path) -> None:
    project = made(tmp_path)
    assert name_reader(project, measured(UNMEASURED)).notes == ("one",)
    with pytest.raises(MeasureError) as caught:
        name_reader(project, refusing("m.py: its source is gone"))
    assert (caught.value.message, caught.value.slug) == ("m.py: its source is gone", "sources-gone")
