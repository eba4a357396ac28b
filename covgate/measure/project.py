"""The project under test: its folder, its checkout, and the interpreter it runs in."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from covgate.edges.process import Completed, QuietProcess, child_environment, start_quiet
from covgate.errors import InputError, MeasureError

PROBE = Path(__file__).with_name("probe.py")

MINIMUM_COVERAGE = "7.13"
"""The first coverage with the start-up hook and the passed-on configuration that measure any command."""

PYTHON_VARIABLE = "COVGATE_PYTHON"
"""Names the interpreter of projects where covgate lives in an environment of its own (the image sets it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where the tests run and with what. `directory` lies inside `root`, the top of the checkout."""

    directory: Path
    root: Path
    python: Path
    environment: Mapping[str, str]
    """What the project's own processes see: no tokens, and the interpreter's folder first on PATH."""


def find_project(*, directory: Path, root: Path, python: str | None, environment: Mapping[str, str]) -> Project:
    """Find the project's interpreter: the option, COVGATE_PYTHON, the active environment, or covgate's own.

    Raises InputError when the one that was named does not exist.
    """
    virtual = environment.get("VIRTUAL_ENV") or environment.get("CONDA_PREFIX")
    named = python or environment.get(PYTHON_VARIABLE) or (f"{virtual}/bin/python" if virtual else sys.executable)
    found = shutil.which(named, path=environment.get("PATH"))
    if found is None:
        raise InputError(
            f"the interpreter {named} does not exist or cannot be run",
            hint="set `--python` to the project's interpreter, or activate its virtual environment",
            slug="interpreter-not-usable",
        )
    project = Project(directory=directory, root=root, python=Path(found), environment=child_environment(environment))
    return with_python(project, Path(found))


def with_python(project: Project, python: Path) -> Project:
    """Return the project with another interpreter, whose commands come first on PATH."""
    environment = dict(project.environment)
    # Not resolved: a virtual environment's python is a link, and its folder is the one that counts.
    environment["PATH"] = os.pathsep.join(filter(None, [str(python.parent), environment.get("PATH", "")]))
    return replace(project, python=python, environment=environment)


class Probe:
    """One call of the probe under way in the project's interpreter."""

    def __init__(self, project: Project, request: Mapping[str, object]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="covgate-")
        folder = Path(self._folder.name)
        self._answer = folder / "answer.json"
        question = folder / "request.json"
        question.write_text(json.dumps({**request, "answer": str(self._answer)}), encoding="utf-8")
        self._python = project.python
        environment = {k: v for k, v in project.environment.items() if not k.startswith("COVERAGE_PROCESS_")}
        self._process: QuietProcess = start_quiet(
            [project.python, PROBE, question], cwd=project.directory, env=environment
        )

    def answer(self) -> dict[str, object]:
        """Wait for the answer.

        Raises MeasureError when coverage refused the data, InputError when it refused the project's configuration and
        when the probe could not run.
        """
        try:
            done = self._process.finish(timeout=1800)
            if done.exit_code:
                raise self._failure(done)
            answer = cast("dict[str, object]", json.loads(self._answer.read_text(encoding="utf-8")))
        finally:
            self._folder.cleanup()
        if answer.get("kind") == "ConfigError":
            raise InputError(
                f"the project's coverage configuration cannot be used: {answer['error']}",
                hint="mend it until `coverage run -m pytest` starts in the same folder",
                slug="coverage-configuration",
            )
        if "error" in answer:
            raise MeasureError(
                f"coverage could not use the data: {answer['error']}",
                hint="`coverage report` in the same folder shows the same problem; see docs/troubleshooting.md",
                slug="unreadable-data",
            )
        return answer

    def _failure(self, done: Completed) -> InputError:
        if "No module named 'coverage'" in done.error_text:
            return InputError(
                f"coverage is not installed for {self._python}",
                hint=f"install `coverage>={MINIMUM_COVERAGE}` beside the tests, or set `--python`",
                slug="interpreter-not-usable",
            )
        return InputError(
            f"the analysis did not run in {self._python} (exit code {done.exit_code}): {done.error_text}",
            hint="a coverage plugin or an old coverage in the project's environment is the usual cause",
            slug="interpreter-not-usable",
        )
