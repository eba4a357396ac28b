"""The run: the test command with every Python process in it measured, in the project's own interpreter."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.edges.process import LiveRun, run_live
from covgate.errors import InputError, MeasureError
from covgate.measure.project import MINIMUM_COVERAGE, Probe, Project
from covgate.measure.pytest_options import CovOptions, find_cov_options, find_test_names
from covgate.model import SuiteRun, SuiteStatus

NO_TESTS_COLLECTED = 5
"""pytest's exit code, and unittest's since Python 3.12, for a run that found no tests."""

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
"""A shell's exit codes for a command that can not be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteData:
    """A finished run and what it left: data files, and the coverage configuration they were made with."""

    run: SuiteRun
    data: tuple[Path, ...]
    config: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """The command, ready to be run: arguments, environment, and the configuration its processes measure with."""

    shown: str
    argv: tuple[str, ...]
    environment: dict[str, str]
    config: str
    notes: tuple[str, ...]


def prepare_suite(
    project: Project, command: str | Sequence[str], folder: Path, tracked: Iterable[PurePosixPath] = ()
) -> SuitePlan:
    """Set up the measurement of `command`, a shell command or an argument vector; data goes to `folder`.

    `tracked` are the Python files of the project's folder, relative to the checkout.
    Raises InputError when the project's interpreter has no coverage, or one without the start-up hook.
    """
    words = list(command) if not isinstance(command, str) else _words(command)
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
            "tests": list(find_test_names(project.directory, words, addopts)),
            "tracked": [str(path) for path in tracked],
            "root": str(project.root),
        }
    )
    if not answer["hook"]:
        raise InputError(
            f"coverage {answer['coverage']} in {project.python} cannot measure the processes of a command",
            hint=f"install `coverage>={MINIMUM_COVERAGE}` beside the tests",
            slug="interpreter-not-usable",
        )
    config = str(answer["config"])
    environment = dict(project.environment)
    # Python starts coverage from this variable (its a1_coverage.pth), whatever started Python.
    environment["COVERAGE_PROCESS_CONFIG"] = config
    # A `coverage run` inside the command writes beside covgate's own data; the two are combined.
    environment["COVERAGE_FILE"] = str(data_file)
    if answer["plugins_here"]:
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(project.directory), environment.get("PYTHONPATH", "")])
        )
    notes = _quiet_pytest_cov(environment, options, installed=bool(answer["pytest_cov"]))
    if options.config and not config_there:
        notes += (f"--cov-config names {options.config}, which is not in {project.directory}: it is not used.",)
    argv = ("/bin/sh", "-c", command) if isinstance(command, str) else tuple(command)
    return SuitePlan(shown=shown, argv=argv, environment=environment, config=config, notes=notes)


def run_suite(
    project: Project,
    plan: SuitePlan,
    folder: Path,
    *,
    timeout_seconds: float | None,
    around: Callable[[], AbstractContextManager[None]],
) -> SuiteData:
    """Run the planned command live; `around` encloses the time in which its output streams.

    Raises InputError when the command can not be started.
    """
    try:
        with around():
            done = run_live(plan.argv, cwd=project.directory, env=plan.environment, timeout=timeout_seconds)
    except (FileNotFoundError, PermissionError) as exc:
        raise _not_found(plan, exc.strerror or str(exc)) from None
    data = tuple(sorted(p for p in folder.glob(".coverage*") if p.is_file() and not p.name.endswith("-journal")))
    if done.exit_code in {_NOT_EXECUTABLE, _NOT_FOUND} and not data:
        raise _not_found(plan, f"exit code {done.exit_code}")
    status = _status(done, plan.shown)
    run = SuiteRun(command=plan.shown, status=status, exit_code=done.exit_code, seconds=done.seconds)
    return SuiteData(run=run, data=data, config=plan.config, notes=plan.notes)


def no_data_error(run: SuiteRun) -> MeasureError:
    """Return the error for a run that left no measurement at all."""
    return MeasureError(
        f"`{run.command}` left no coverage data: no Python process of it was measured",
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


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _not_found(plan: SuitePlan, why: str) -> InputError:
    return InputError(
        f"the test command `{plan.shown}` could not be started: {why}",
        hint="check its spelling, and that the tool is installed in the project's environment (PATH starts with "
        f"{plan.environment['PATH'].split(os.pathsep)[0]})",
        slug="test-command-not-found",
    )
