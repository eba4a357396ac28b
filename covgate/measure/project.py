"""The project under test: its folder, its checkout, and the interpreter it runs in."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from covgate.errors import InputError
from covgate.system import Isolation, child_environment, read_text, run_quiet

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
    user: Isolation | None = None
    """Whom the project's code runs as, where that is not who covgate runs as."""
    is_found: bool = False
    """Nobody named the interpreter: covgate found it in `.venv`, or in conda's environment."""

    @property
    def prefix(self) -> PurePosixPath:
        """The project's folder, relative to the checkout."""
        return PurePosixPath(self.directory.resolve().relative_to(self.root.resolve()))

    @property
    def version(self) -> str:
        """The interpreter's version as its environment tells it (`3.12`), without starting it; else empty."""
        environment = self.python.parent.parent
        with contextlib.suppress(OSError, ValueError):
            text = read_text(environment / "pyvenv.cfg") or ""
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


def _ask_version(project: Project) -> tuple[int, int] | None:
    """Return the interpreter's version, or None when it is no Python. Only an error asks: it starts a process."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        said = run_quiet(
            [project.python, "-c", code],
            cwd=project.directory,
            env=project.environment,
            timeout=60,
            user=project.user,
        )
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
