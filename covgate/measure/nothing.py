"""Why a run of the tests left nothing that was measured, in the words of the tool that knows."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path, PurePath

from covgate.errors import MeasureError
from covgate.measure.project import MINIMUM_COVERAGE, Project
from covgate.measure.shell import words_of
from covgate.measure.suite import NO_TESTS_COLLECTED, SuitePlan
from covgate.model import SuiteRun

_USAGE_ERROR = 4
"""pytest's exit code for an option or a path that it does not know."""


def explain_nothing(project: Project, plan: SuitePlan, run: SuiteRun, error: MeasureError) -> MeasureError:
    """Return what is known of why nothing was measured, else `error`, which says that it was not."""
    if error.slug != "nothing-measured":
        return error
    words = words_of(plan.shown)
    tools = {PurePath(word).name for word in words}
    if "pytest" in tools and run.exit_code in _OF_PYTEST:
        message, hint = _OF_PYTEST[run.exit_code]
    elif "tox" in tools and not _hands_on(project):
        message = "nothing of what tox ran was measured: it hands on only the variables that `pass_env` names"
        hint = (
            f"under `[testenv]`, set `pass_env = COVERAGE_*`, and have `coverage>={MINIMUM_COVERAGE}` among its `deps`"
        )
    elif foreign := _find_foreign(project, plan, words):
        program, python = foreign
        message = f"the test command runs {program}, which belongs to {python}, and covgate measures {project.python}"
        hint = f"install {program.name} beside the project, or set `--python {python}`"
    else:
        return error
    return MeasureError(message, hint=hint, slug="nothing-measured")


_OF_PYTEST = {
    _USAGE_ERROR: (
        "pytest could not start (exit code 4): an option or a path of its command line is wrong",
        "its own message stands above, in the log",
    ),
    NO_TESTS_COLLECTED: (
        "pytest collected no tests (exit code 5)",
        "its own summary stands above, in the log: check the paths, `testpaths`, and what `-k` or `-m` leave",
    ),
}


def _hands_on(project: Project) -> bool:
    """Whether tox's configuration speaks of coverage's variables, so that something else is the cause."""
    for name in ("tox.ini", "tox.toml", "setup.cfg", "pyproject.toml"):
        with contextlib.suppress(OSError):
            path = project.directory / name
            # The tests may have left a pipe there, which never ends.
            if path.is_file() and "COVERAGE_" in path.read_text(encoding="utf-8", errors="replace"):
                return True
    return False


def _find_foreign(project: Project, plan: SuitePlan, words: list[str]) -> tuple[Path, Path] | None:
    """Return the first script of the command that another interpreter runs, and that interpreter."""
    for word in words:
        found = shutil.which(word, path=plan.environment["PATH"])
        python = _interpreter(Path(found)) if found else None
        if found and python is not None and python.parent != project.python.parent:
            return Path(found), python
    return None


def _interpreter(script: Path) -> Path | None:
    """Return the Python that the first lines of a script name by its path; None for any other program.

    pip writes a path that is too long for the first line into the second, as an argument of `exec`.
    """
    with contextlib.suppress(OSError), script.open("rb") as file:
        lines = file.read(2048).decode("utf-8", "replace").splitlines()[:2]
        if lines and lines[0].startswith("#!"):
            match = re.search(r"(?<![\w.])(/[^'\"]*?/python[\d.]*)\b", "\n".join(lines))
            return Path(match[1]) if match else None
    return None
