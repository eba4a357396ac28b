"""What is measured where the project's configuration does not say it."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from coverage import Coverage
from coverage.files import GlobMatcher

from . import Json
from .analyst import Patterns, literal


class Default(NamedTuple):
    """Files that covgate leaves out where neither `source` nor `include` says what is measured."""

    pattern: str
    """As in coverage's `omit`, from the project's folder."""
    what: str
    reason: str
    beside: str = ""
    """A file of the project's folder without which the default does not hold."""

    @property
    def shown(self) -> str:
        """The pattern as `.gitignore` has it: `tests/` anywhere, `/docs/` at the top only."""
        path = self.pattern if self.pattern.startswith("**/") else f"/{self.pattern}"
        return re.sub(r"^\*\*/|(?<=/)\*$", "", path)


DEFAULTS = (
    Default("**/test_*.py", "tests", "pytest collects them"),
    Default("**/*_test.py", "tests", "pytest collects them"),
    Default("**/tests.py", "tests", "the tests of a Django app, as `startapp` makes them"),
    Default("**/tests/*", "tests", "tests, their helpers and what they read"),
    Default("**/test/*", "tests", "tests, their helpers and what they read"),
    Default("**/conftest.py", "tests", "pytest loads it, and nothing else does"),
    Default("setup.py", "run by tools only", "the build executes it, no test does"),
    Default("noxfile.py", "run by tools only", "nox executes it, no test does"),
    Default("manage.py", "run by tools only", "Django's command line (its `settings.py` counts)", "manage.py"),
    Default("**/wsgi.py", "run by tools only", "of a Django project: a web server executes it", "manage.py"),
    Default("**/asgi.py", "run by tools only", "of a Django project: a web server executes it", "manage.py"),
    Default("docs/*", "documentation", "Sphinx executes `conf.py`; the rest is read"),
    Default("doc/*", "documentation", "Sphinx executes `conf.py`; the rest is read"),
    Default("examples/*", "documentation", "readers run them"),
    Default("**/site-packages/*", "an environment", "other people's code"),
    Default(".tox/*", "an environment", "made by tox or nox"),
    Default(".nox/*", "an environment", "made by tox or nox"),
    Default("**/sitecustomize.py", "Python's own start", "Python imports them before any test"),
    Default("**/usercustomize.py", "Python's own start", "Python imports them before any test"),
)
"""The stated defaults; the README has the same table. Folders with a `pyvenv.cfg` join."""

START_UP = ("*/sitecustomize.py", "*/usercustomize.py")
"""Python imports them at its own start, Debian's from /etc: coverage is there before them, started by its hook."""


def default_patterns(said: Json) -> dict[str, Default]:
    """Return the stated defaults by their patterns below this folder, as coverage matches them.

    `said` holds pytest's patterns of test files under `tests`.
    """
    environments = [
        Default(f"{literal(name)}/*", "an environment", "it holds `pyvenv.cfg`")
        for name in os.listdir(".")
        if os.path.exists(os.path.join(name, "pyvenv.cfg"))
    ]
    collected = [
        Default(f"**/{pattern}", "tests", "pytest's `python_files`")
        for pattern in said["tests"]
        if names_tests(pattern)
    ]
    here = literal(os.path.realpath("."))
    return {
        f"{here}/{default.pattern}": default
        for default in (*DEFAULTS, *collected, *environments)
        if os.path.exists(default.beside or ".")
    }


def names_tests(pattern: str) -> bool:
    """Whether one of pytest's `python_files` tells tests from other modules, in a way coverage's patterns know."""
    if not re.fullmatch(r"[\w.*?/-]+", pattern) or "**" in pattern or pattern.startswith("/"):
        return False
    match = GlobMatcher([pattern], "python_files").match
    return "/" in pattern or not any(map(match, ("a.py", "prices.py", "__init__.py")))


def set_defaults(cov: Coverage, request: Json) -> None:
    """Set what a project without any coverage configuration would choose."""
    patterns = default_patterns(request)
    cov.set_option("run:branch", True)
    cov.set_option("run:source", [os.path.realpath(".")])
    # Of a source, coverage looks for files that nothing loaded only in packages: `src` is none, what it holds may be.
    cov.set_option("run:source_dirs", _package_folders(request, Patterns(patterns)))
    cov.set_option("run:omit", [*patterns])
    cov.set_option("run:patch", ["_exit", "fork"])
    # A server that the tests end with SIGTERM, or leave running, writes what it executed.
    cov.set_option("run:sigterm", True)


def _package_folders(request: Json, left_out: Patterns) -> list[str]:
    """Return the folders below this one, itself no package, that hold a tracked package: `src`, `backend`."""
    root, here, tracked = request["root"], os.path.realpath("."), set(request["tracked"])
    folders = set()
    for path in tracked:
        package, _, name = path.rpartition("/")
        parent = os.path.dirname(package)
        if name != "__init__.py" or f"{parent}/__init__.py" in tracked or left_out.match(os.path.join(root, path)):
            continue
        folder = os.path.join(root, parent)
        if folder.startswith(here + os.sep) and os.path.isdir(folder):
            folders.add(folder)
    return sorted(folders, key=lambda folder: (folder.count(os.sep), folder))[:_MAX_FOLDERS]


_MAX_FOLDERS = 200
"""The configuration travels in one environment variable, which Linux limits to 128 KiB."""
