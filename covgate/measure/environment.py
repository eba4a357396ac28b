"""An environment for the project: made fresh with uv, filled by `install-command`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from covgate.errors import InputError
from covgate.measure.project import MINIMUM_COVERAGE, Project, with_python
from covgate.measure.shell import shell_argv
from covgate.system import run_live, run_quiet


def make_environment(
    project: Project,
    install_command: str,
    folder: Path,
    *,
    timeout_seconds: float | None,
    while_running: Callable[[], AbstractContextManager[None]],
) -> Project:
    """Make a virtual environment in `folder`, run `install_command` in it, and see that coverage is there.

    Returns the project with that interpreter. Raises InputError when a step fails.
    """
    place = folder / "environment"
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), project.environment["PATH"]]))
    if uv is None:
        raise InputError(
            "uv was not found, which install-command makes its environment with",
            hint="install uv, or leave install-command out and prepare the environment yourself",
            slug="install-failed",
        )
    _quiet(project, [uv, "venv", "--quiet", "--seed", "--python", str(project.python), str(place)])
    environment = dict(project.environment)
    environment["PATH"] = os.pathsep.join([str(Path(uv).parent), environment.get("PATH", "")])
    environment["VIRTUAL_ENV"] = str(place)
    environment.pop("PYTHONHOME", None)
    made = with_python(replace(project, environment=environment), place / "bin" / "python")
    with while_running():
        argv = shell_argv(install_command, made.environment)
        done = run_live(argv, cwd=made.directory, env=made.environment, timeout=timeout_seconds, user=made.user)
    if done.timed_out:
        raise InputError(
            f"install-command did not end within {timeout_seconds:g} seconds (timeout-minutes): {install_command}",
            hint="its output above shows how far it came; a larger timeout-minutes gives it, and the tests, more time",
            slug="install-failed",
        )
    if done.exit_code:
        raise InputError(
            f"install-command failed with exit code {done.exit_code}: {install_command}",
            hint="its output above says why; `uv` and `pip` install into the environment covgate made",
            slug="install-failed",
        )
    test: list[str | Path] = [made.python, "-c", "import coverage"]
    if run_quiet(test, cwd=made.directory, env=made.environment, user=made.user).exit_code:
        _quiet(made, [uv, "pip", "install", "--quiet", f"coverage>={MINIMUM_COVERAGE}"])
    return made


def _quiet(project: Project, argv: list[str]) -> None:
    try:
        done = run_quiet(argv, cwd=project.directory, env=project.environment, user=project.user)
        problem = (done.error_text or f"exit code {done.exit_code}") if done.exit_code else ""
    except TimeoutError as exc:
        problem = str(exc)
    if problem:
        raise InputError(
            f"`{' '.join(argv[:3])}` failed: {problem}",
            hint="check that the package index can be reached and that the interpreter works",
            slug="install-failed",
        )
