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
from covgate.measure.suite import SuiteData, SuitePlan, _cut_off, run_suite
from covgate.model.verdict import SuiteStatus
from covgate.system.process import LiveRun

BIN = os.defpath.partition(os.pathsep)[0]


def ran(folder: Path, script: str, shown: str = "run-tests", seconds: float = 60) -> SuiteData:
    return run(folder, ("sh", "-c", script), shown, seconds)


def run(folder: Path, argv: tuple[str, ...], shown: str = "run-tests", seconds: float = 60) -> SuiteData:
    environment = {"PATH": os.defpath}
    project = Project(directory=folder, root=folder, python=Path("/no/python"), environment=environment)
    plan = SuitePlan(
        shown=shown,
        argv=argv,
        environment=environment,
        config="",
        folder=folder,
        notes=(),
        junit=JunitFiles(directory=folder),
    )
    return run_suite(project, plan, timeout_seconds=seconds, while_running=contextlib.nullcontext)


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        ("true", SuiteStatus.PASSED, 0),
        ("exit 3", SuiteStatus.FAILED, 3),
        ("exit 125", SuiteStatus.FAILED, 125),
        ("exit 128", SuiteStatus.FAILED, 128),
        # What a shell says of a command that a signal ended.
        ("exit 137", SuiteStatus.KILLED, 137),
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


@pytest.mark.parametrize(
    ("shown", "code", "status"),
    [
        ("pytest -q", 5, SuiteStatus.NO_TESTS),
        ("python -m unittest", 5, SuiteStatus.NO_TESTS),
        ("pytest -q", 4, SuiteStatus.FAILED),
        ("pytest -q", 6, SuiteStatus.FAILED),
        ("pytest -q", 0, SuiteStatus.PASSED),
        # Of a command that may be anything it is a failure.
        ("make test", 5, SuiteStatus.FAILED),
    ],
)
def test_a_run_of_no_tests_is_told_by_the_exit_code_of_what_runs_them(
    tmp_path: Path, shown: str, code: int, status: SuiteStatus
) -> None:
    done = ran(tmp_path, f"exit {code}", shown).run
    assert (done.command, done.status, done.exit_code) == (shown, status, code)


def test_a_run_that_does_not_end_in_time_is_no_failure_of_the_tests(tmp_path: Path) -> None:
    done = ran(tmp_path, "exec sleep 60", "pytest", 0.05).run
    assert (done.status, done.seconds < 30) == (SuiteStatus.TIMED_OUT, True)


def test_the_data_of_a_run_are_the_files_that_coverage_wrote(tmp_path: Path) -> None:
    names = ".coverage.b .coverage .coverage.a .coverage-journal .coverage.a-journal .coverage.-journal.x coverage.xml"
    done = ran(tmp_path, f"mkdir .coverage.d; touch {names}")
    assert [path.name for path in done.data] == [".coverage", ".coverage.-journal.x", ".coverage.a", ".coverage.b"]


def test_a_process_that_was_ended_is_missed_where_it_wrote_no_data() -> None:
    def missed(*ended: int) -> int:
        done = LiveRun(exit_code=0, timed_out=False, killed=False, seconds=1.0, ended=ended)
        return _cut_off(done, [Path("/data/.coverage.host.pid12.Xabcx"), Path("/data/.coverage.host.34.Xabcx")])

    assert [missed(), missed(12), missed(34), missed(12, 34)] == [0, 0, 0, 0]
    # A host of that name and a number that only contains it are none.
    assert [missed(1), missed(2), missed(123, 12), missed(5, 6)] == [1, 1, 1, 2]


def problem(folder: Path, argv: tuple[str, ...]) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        run(folder, argv)
    assert caught.value.slug == "test-command-not-found"
    return caught.value.message, caught.value.hint


def test_why_a_command_could_not_be_started(tmp_path: Path) -> None:
    where = f"check its spelling, and that the tool is installed in the project's environment (PATH starts with {BIN})"
    said = "the test command `run-tests` could not be started: "
    assert problem(tmp_path, ("no-such-tool",)) == (f"{said}No such file or directory", where)
    assert problem(tmp_path, ("echo", "a\0b")) == (f"{said}embedded null byte", where)
    script = tmp_path / "tests.sh"
    script.write_text("echo\n")
    script.chmod(0o755)
    assert problem(tmp_path, (str(script),)) == (
        f"{said}{script} does not say what runs it",
        "begin it with a line such as `#!/bin/sh`, or name the program: `sh run-tests`",
    )
    script.chmod(0o644)
    assert problem(tmp_path, (str(script),)) == (f"{said}Permission denied", where)
