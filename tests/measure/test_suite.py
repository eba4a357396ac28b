"""How a run of the tests ended, by the exit code and the data it left."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.measure.junit.files import JunitFiles
from covgate.measure.project import Project
from covgate.measure.suite import SuiteData, SuitePlan, run_suite
from covgate.model.verdict import SuiteStatus


def ran(folder: Path, script: str) -> SuiteData:
    environment = {"PATH": os.defpath}
    project = Project(directory=folder, root=folder, python=Path("/no/python"), environment=environment)
    plan = SuitePlan(
        shown="run-tests",
        argv=("sh", "-c", script),
        environment=environment,
        config="",
        folder=folder,
        notes=(),
        junit=JunitFiles(directory=folder),
    )
    return run_suite(project, plan, timeout_seconds=60, while_running=contextlib.nullcontext)


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        ("true", SuiteStatus.PASSED, 0),
        ("exit 3", SuiteStatus.FAILED, 3),
        ("exit 125", SuiteStatus.FAILED, 125),
        # Of a command that was measured it is the tests' own.
        ("touch .coverage.x; exit 126", SuiteStatus.FAILED, 126),
        ("touch .coverage.x; exit 127", SuiteStatus.FAILED, 127),
    ],
)
def test_a_run_is_what_its_exit_code_says(tmp_path: Path, script: str, status: SuiteStatus, code: int) -> None:
    done = ran(tmp_path, script)
    assert (done.run.status, done.run.exit_code, done.notes) == (status, code, ())


@pytest.mark.parametrize(("count", "said"), [(1, "One process"), (2, "2 processes")])
def test_processes_that_were_ended_before_they_wrote_data_are_counted(tmp_path: Path, count: int, said: str) -> None:
    (note,) = replace(ran(tmp_path, "true"), cut_off=count).notes
    assert f"without coverage data: {said}, so lines" in note


@pytest.mark.parametrize("code", [126, 127])
def test_a_command_that_cannot_be_started_is_bad_input(tmp_path: Path, code: int) -> None:
    with pytest.raises(InputError, match=f"`run-tests` could not be started: exit code {code}") as caught:
        ran(tmp_path, f"exit {code}")
    assert caught.value.slug == "test-command-not-found"
