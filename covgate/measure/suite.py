"""The run: the test command with every Python process in it measured, in the project's own interpreter."""

from __future__ import annotations

import errno
import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.errors import InputError, MeasureError
from covgate.measure.junit.files import JunitFiles, plan_junit
from covgate.measure.own_packages import packages_of
from covgate.measure.probe_call import Probe
from covgate.measure.project import MINIMUM_COVERAGE, Project
from covgate.measure.pytest_options import CovOptions, find_cov_options, find_test_names
from covgate.measure.shell import shell_argv, words_of
from covgate.model import SuiteRun, SuiteStatus
from covgate.system import LiveRun, run_live

NO_TESTS_COLLECTED = 5
"""pytest's exit code, and unittest's since Python 3.12, for a run that found no tests."""

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
"""A shell's exit codes for a command that can not be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteData:
    """A finished run and the data files it left."""

    run: SuiteRun
    data: tuple[Path, ...]
    cut_off: int = 0
    """How many processes the command left running that were ended before they wrote data."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say about how it ended."""
        if not self.cut_off:
            return ()
        what = "One process" if self.cut_off == 1 else f"{self.cut_off} processes"
        note = (
            f"Left running by the tests, ended, and without coverage data: {what}, so lines executed there may be "
            "missing. With `sigterm = true` under `[run]` of coverage's configuration such a process writes its data."
        )
        return (note,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """The command, ready to be run: arguments, environment, and the configuration its processes measure with."""

    shown: str
    argv: tuple[str, ...]
    environment: dict[str, str]
    config: str
    folder: Path
    """Where its data goes."""
    notes: tuple[str, ...]
    junit: JunitFiles
    """Where its tests' own results will be."""


def prepare_suite(
    project: Project,
    command: str | Sequence[str],
    folder: Path,
    local: Sequence[PurePosixPath],
    tracked: Iterable[PurePosixPath],
    junit: Sequence[str] | None = None,
) -> SuitePlan:
    """Set up the measurement of `command`, a shell command or an argument vector; data goes to `folder`.

    `local` are the checkout's files, whose packages are measured wherever they are imported from; `tracked` are the
    Python files of the project's folder. `junit` is that option.

    Raises InputError when the project's interpreter has no coverage, or one without the start-up hook.
    """
    words = words_of(command)
    shown = command if isinstance(command, str) else shlex.join(command)
    addopts = project.environment.get("PYTEST_ADDOPTS", "")
    options = find_cov_options(project.directory, words, addopts)
    config_there = options.config is not None and (project.directory / options.config).is_file()
    data_file = folder / ".coverage"
    answer = Probe(project).ask(
        {
            "command": "prepare",
            "data_file": str(data_file),
            "rcfile": options.config if config_there else None,
            "source": list(options.source),
            "branch": options.branch,
            "scoped": options.used,
            "root": str(project.root),
            "packages": packages_of(project, local),
            "tests": list(find_test_names(project.directory, words, addopts)),
            "tracked": [str(path) for path in tracked],
        }
    )
    if not answer["hook"]:
        raise InputError(
            f"coverage {answer['coverage']} in {project.python} cannot measure the processes of a command",
            hint=f"install `coverage>={MINIMUM_COVERAGE}` beside the tests",
            slug="interpreter-not-usable",
        )
    config = str(answer["config"])
    # Python starts coverage from the first variable (its a1_coverage.pth), whatever started Python. A `coverage run`
    # inside the command writes beside covgate's own data; the two are combined.
    environment = {**project.environment, "COVERAGE_PROCESS_CONFIG": config, "COVERAGE_FILE": str(data_file)}
    if answer["plugins_here"]:
        places = [str(project.directory), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, places))
    notes = _quiet_pytest_cov(environment, options, installed=bool(answer["pytest_cov"]))
    if options.config and not config_there:
        notes += (f"--cov-config names {options.config}, which is not in {project.directory}: it is not used.",)
    files = plan_junit(project.directory, words, environment, folder, junit)
    argv = shell_argv(command, environment) if isinstance(command, str) else tuple(command)
    return SuitePlan(
        shown=shown, argv=argv, environment=environment, config=config, folder=folder, notes=notes, junit=files
    )


def run_suite(
    project: Project,
    plan: SuitePlan,
    *,
    timeout_seconds: float | None,
    while_running: Callable[[], AbstractContextManager[None]],
) -> SuiteData:
    """Run the planned command live; `while_running` encloses the time in which its output streams.

    Raises InputError when the command can not be started.
    """
    try:
        with while_running():
            done = run_live(
                plan.argv, cwd=project.directory, env=plan.environment, timeout=timeout_seconds, user=project.user
            )
    except (OSError, ValueError) as exc:  # ValueError: a NUL in a word
        raise _not_started(plan, exc) from None
    data = tuple(sorted(p for p in plan.folder.glob(".coverage*") if p.is_file() and not p.name.endswith("-journal")))
    if done.exit_code in {_NOT_EXECUTABLE, _NOT_FOUND} and not data:
        raise _not_found(plan, f"exit code {done.exit_code}")
    status = _status(done, plan.shown)
    run = SuiteRun(command=plan.shown, status=status, exit_code=done.exit_code, seconds=done.seconds)
    return SuiteData(run=run, data=data, cut_off=_cut_off(done, data))


def no_data_error() -> MeasureError:
    """Return the error for a run that left no measurement at all.

    The report names no command: a workflow may have put a secret into it, which GitHub masks in the log alone.
    """
    return MeasureError(
        "the test command left no coverage data: no Python process of it was measured",
        hint="run the tests with the interpreter covgate uses (`--python`), which has coverage installed; a command "
        "that makes environments of its own (tox, nox) has to install coverage there and let COVERAGE_PROCESS_CONFIG "
        "through",
        slug="nothing-measured",
    )


def _status(done: LiveRun, shown: str) -> SuiteStatus:
    if done.timed_out:
        return SuiteStatus.TIMED_OUT
    if done.killed:
        return SuiteStatus.KILLED
    if done.exit_code == NO_TESTS_COLLECTED and ("pytest" in shown or "unittest" in shown):
        return SuiteStatus.NO_TESTS
    return SuiteStatus.FAILED if done.exit_code else SuiteStatus.PASSED


def _cut_off(done: LiveRun, data: Sequence[Path]) -> int:
    """Count the processes which the command left running, and which wrote no data before they were ended."""
    # Named `.coverage.HOST.pid123.Xabcx`, in coverage before 7.14 `.coverage.HOST.123.Xabcx`.
    return sum(not any(re.search(rf"\.(pid)?{pid}\.X", path.name) for path in data) for pid in done.ended)


def _quiet_pytest_cov(environment: dict[str, str], options: CovOptions, *, installed: bool) -> tuple[str, ...]:
    """Switch pytest-cov's own measurement off: two in one process exclude each other, and its thresholds end runs."""
    if not installed or not options.loadable or environment.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        # pytest refuses an option whose plugin it does not load.
        return ()
    # Blocking the plugin object as well drops its warning about --no-cov, which `-W error` would end the run with.
    environment["PYTEST_ADDOPTS"] = f"{environment.get('PYTEST_ADDOPTS', '')} --no-cov -p no:_cov".strip()
    if not options.used:
        return ()
    return ("pytest-cov is switched off for this run (`--no-cov`): covgate measures what its options name.",)


def _not_started(plan: SuitePlan, exc: OSError | ValueError) -> InputError:
    if not isinstance(exc, OSError) or exc.errno != errno.ENOEXEC:
        return _not_found(plan, (exc.strerror if isinstance(exc, OSError) else None) or str(exc))
    return InputError(
        f"the test command `{plan.shown}` could not be started: {plan.argv[0]} does not say what runs it",
        hint=f"begin it with a line such as `#!/bin/sh`, or name the program: `sh {plan.shown}`",
        slug="test-command-not-found",
    )


def _not_found(plan: SuitePlan, why: str) -> InputError:
    return InputError(
        f"the test command `{plan.shown}` could not be started: {why}",
        hint="check its spelling, and that the tool is installed in the project's environment (PATH starts with "
        f"{plan.environment['PATH'].split(os.pathsep)[0]})",
        slug="test-command-not-found",
    )
