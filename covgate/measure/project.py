"""The project under test: its folder, its checkout, and the interpreter it runs in."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from covgate.edges.process import Completed, QuietProcess, child_environment, run_quiet, start_quiet
from covgate.errors import InputError, MeasureError

PROBE = Path(__file__).parent / "probe" / "__main__.py"

MINIMUM_COVERAGE = "7.13"
"""The first coverage with the start-up hook and the passed-on configuration that measure any command."""

PYTHON_VARIABLE = "COVGATE_PYTHON"
"""Names the interpreter of projects where covgate lives in an environment of its own (the image sets it)."""


OLDEST_PYTHON = (3, 10)
"""The oldest Python that has such a coverage."""


class NoCoverageError(InputError):
    """The project's interpreter has no coverage that can be used; data that is there can be read by another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where the tests run and with what. `directory` lies inside `root`, the top of the checkout."""

    directory: Path
    root: Path
    python: Path
    environment: Mapping[str, str]
    """What the project's own processes see: no tokens, and the interpreter's folder first on PATH."""
    is_found: bool = False
    """Nobody named the interpreter: covgate found it in `.venv`, or in conda's environment."""

    @property
    def version(self) -> str:
        """The interpreter's version as its environment tells it (`3.12`), without starting it; else empty."""
        environment = self.python.parent.parent
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = (environment / "pyvenv.cfg").read_text(encoding="utf-8")
            if match := re.search(r"(?m)^version(?:_info)? *= *(\d+\.\d+)", text):
                return match[1]
        names = sorted(path.name.removeprefix("python") for path in environment.glob("lib/python3.*"))
        return names[0] if len(names) == 1 else ""


def find_project(*, directory: Path, root: Path, python: str | None, environment: Mapping[str, str]) -> Project:
    """Find the project's interpreter.

    In this order: the option, COVGATE_PYTHON, the active virtual environment, `.venv` in the project's folder or at the
    top of the checkout, conda's, covgate's own. Raises InputError when the one that was named does not exist.
    """
    named, is_found = _choose_python(directory, root, python, environment)
    found = shutil.which(named, path=environment.get("PATH"))
    if Path(named).is_dir():
        raise _no_python(Path(named), "it is a folder")
    if found is None:
        raise InputError(
            f"the interpreter {named} does not exist or cannot be run",
            hint="set `--python` to the project's interpreter, or activate its virtual environment",
            slug="interpreter-not-usable",
        )
    # Absolute, because the project's processes start in its own folder; not resolved, see with_python.
    path = Path(found).absolute()
    environment = child_environment(environment)
    project = Project(directory=directory, root=root, python=path, environment=environment, is_found=is_found)
    return with_python(project, path)


def _choose_python(directory: Path, root: Path, python: str | None, environment: Mapping[str, str]) -> tuple[str, bool]:
    """Return the interpreter, and whether it is one that nobody named and that need not be the obvious one."""
    if named := python or environment.get(PYTHON_VARIABLE):
        return named, False
    if virtual := environment.get("VIRTUAL_ENV"):
        return f"{virtual}/bin/python", False
    for folder in (directory, root):
        if os.access(local := folder / ".venv" / "bin" / "python", os.X_OK):
            return str(local), True
    if conda := environment.get("CONDA_PREFIX"):
        return f"{conda}/bin/python", True
    return sys.executable, False


def with_python(project: Project, python: Path) -> Project:
    """Return the project with another interpreter, whose commands come first on PATH."""
    environment = dict(project.environment)
    # Not resolved: a virtual environment's python is a link, and its folder is the one that counts.
    environment["PATH"] = os.pathsep.join(filter(None, [str(python.parent), environment.get("PATH", "")]))
    return replace(project, python=python, environment=environment)


def with_own_python(project: Project) -> Project:
    """Return the project with covgate's own interpreter, which has coverage: to read what another one measured."""
    environment = {name: value for name, value in project.environment.items() if name != "PYTHONHOME"}
    return with_python(replace(project, environment=environment, is_found=False), Path(sys.executable))


class Probe:
    """One call of the probe in the project's interpreter: started at once, asked when the question is known.

    Importing coverage takes it as long as finding the change takes covgate.
    """

    def __init__(self, project: Project) -> None:
        self._python = project.python
        environment = {k: v for k, v in project.environment.items() if not k.startswith("COVERAGE_PROCESS_")}
        self._project = project
        try:
            self._process: QuietProcess | None = start_quiet(
                [project.python, PROBE], cwd=project.directory, env=environment
            )
        except OSError as exc:
            raise _no_python(project.python, exc.strerror or str(exc)) from None

    def close(self) -> None:
        """End the process if it was never asked."""
        process, self._process = self._process, None
        if process is not None:
            process.finish()

    def ask(self, request: Mapping[str, object], timeout: float = 1800) -> dict[str, object]:
        """Ask, once, and wait for the answer, for at most `timeout` seconds.

        Raises MeasureError when coverage refused the data or did not end, InputError when it refused the project's
        configuration and when the probe could not run.
        """
        process, self._process = self._process, None
        if process is None:
            msg = "a probe answers one question"
            raise RuntimeError(msg)
        with tempfile.TemporaryDirectory(prefix="covgate-") as folder:
            file = Path(folder) / "answer.json"
            question = json.dumps({**request, "answer": str(file)}).encode("ascii")
            try:
                done = process.finish(stdin=question, timeout=timeout)
            except TimeoutError as exc:
                raise MeasureError(
                    f"the analysis did not end: {exc}",
                    hint="`coverage report` in the same folder shows what does not answer, most often a plugin",
                    slug="unreadable-data",
                ) from None
            if done.exit_code or not file.is_file():
                raise self._failure(done)
            answer = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
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
        version = _ask_version(self._project)
        if version is None:
            return _no_python(self._python, f"it ended with exit code {done.exit_code} and no answer")
        if version < OLDEST_PYTHON:
            shown, oldest = (f"{major}.{minor}" for major, minor in (version, OLDEST_PYTHON))
            return NoCoverageError(
                f"{self._python} is Python {shown}, and covgate measures {oldest} and newer",
                hint="run `coverage run` in it yourself, and give covgate the data: `covgate check --data .coverage`",
                slug="interpreter-not-usable",
            )
        if done.error_text.endswith("is too old"):
            return NoCoverageError(
                f"{done.error_text.splitlines()[-1]} in {self._python}",
                hint=f"install `coverage>={MINIMUM_COVERAGE}` beside the tests",
                slug="interpreter-not-usable",
            )
        if "No module named 'coverage'" in done.error_text:
            return NoCoverageError(
                f"coverage is not installed for {self._python}",
                hint=f"install `coverage>={MINIMUM_COVERAGE}` beside the tests, or set `--python`",
                slug="interpreter-not-usable",
            )
        return InputError(
            f"the analysis did not run in {self._python} (exit code {done.exit_code}): {done.error_text}",
            hint="a coverage plugin or an old coverage in the project's environment is the usual cause",
            slug="interpreter-not-usable",
        )


def _ask_version(project: Project) -> tuple[int, int] | None:
    """Return the interpreter's version, or None when it is no Python. Only an error asks: it starts a process."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        said = run_quiet([project.python, "-c", code], cwd=project.directory, env=project.environment, timeout=60)
    except (OSError, TimeoutError):
        return None
    found = re.fullmatch(rb"(\d+) (\d+)\s*", said.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _no_python(python: Path, why: str) -> InputError:
    return InputError(
        f"{python} is not a Python interpreter: {why}",
        hint="set `--python` to the project's interpreter, such as `.venv/bin/python`",
        slug="interpreter-not-usable",
    )
