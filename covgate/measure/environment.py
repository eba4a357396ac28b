"""An environment for the project: made fresh with uv, filled by `install-command` or by what its files say."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from covgate.errors import InputError
from covgate.measure.install_problem import explain_install
from covgate.measure.project import MINIMUM_COVERAGE, OLDEST_PYTHON, Project, with_python
from covgate.measure.python_wish import PythonWish
from covgate.measure.shell import shell_argv
from covgate.model import shorten, without_credentials
from covgate.system import relayed, run_live, run_quiet

TOOLS = ("poetry", "pdm", "hatch", "tox", "nox")
"""Commands that are there without being installed: uv fetches them when they are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What environments are made with. `tools` is a folder that the project's code cannot write to."""

    tools: Path
    folder: Path
    """Of the project's code's own: the environment goes there."""
    cache: Path | None
    """Where downloads are kept for the next run; None leaves that to the tools."""
    timeout_seconds: float | None
    while_running: Callable[[], AbstractContextManager[None]]
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A fresh virtual environment: `project` has its interpreter, and its variables for install and tests."""

    project: Project
    workshop: Workshop
    uv: Path
    version: str
    """Of its Python: `3.12`."""

    def install(self, arguments: tuple[str, ...]) -> None:
        """Run uv live. Raises InputError that says why it failed."""
        self._live([str(self.uv), *arguments], show_command(arguments), "uv")

    def run_command(self, command: str) -> None:
        """Run a shell command live. Raises InputError when it fails or does not end."""
        self._live(list(shell_argv(command, self.project.environment)), command, "install-command")

    def ask(self, arguments: tuple[str, ...], *, of_python: bool = False) -> str:
        """Return what uv, or the environment's Python, prints for these arguments. Raises InputError when it fails."""
        argv = [str(self.project.python) if of_python else str(self.uv), *arguments]
        return _quiet(self.project, argv, "python" if of_python else show_command(arguments))

    def has(self, module: str) -> bool:
        """Whether a module can be imported there; it is not imported."""
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
        project = self.project
        argv = [str(project.python), "-I", "-c", code]
        return not run_quiet(argv, cwd=project.directory, env=project.environment, user=project.user).exit_code

    def add_coverage(self) -> None:
        """See that coverage is there, and no older than covgate can use."""
        before = _coverage_of(self.project)
        if before and _at_least(before, MINIMUM_COVERAGE):
            return
        _quiet(self.project, [str(self.uv), "pip", "install", "--quiet", f"coverage>={MINIMUM_COVERAGE}"])
        if before:
            after = _coverage_of(self.project)
            why = f"covgate measures any command with {MINIMUM_COVERAGE} and newer"
            self.workshop.say(f"coverage {before} is replaced by {after}: {why}")

    def _live(self, argv: list[str], shown: str, what: str) -> None:
        project, seconds = self.project, self.workshop.timeout_seconds
        try:
            with self.workshop.while_running(), relayed(without_credentials) as relay:
                done = run_live(
                    argv,
                    cwd=project.directory,
                    env=project.environment,
                    timeout=seconds,
                    stdout=relay.stdout,
                    user=project.user,
                )
        except (OSError, ValueError) as exc:
            # A NUL in a requirement, or more of them than a command line holds.
            raise _not_started(shown, exc) from None
        shown = without_credentials(shown)
        if done.timed_out:
            raise InputError(
                f"{what} did not end within {seconds:g} seconds (timeout-minutes): {shown}",
                hint="its output above shows how far it came; a larger timeout-minutes gives it, and the tests, more "
                "time",
                slug="install-failed",
            )
        if not done.exit_code:
            return
        problem = explain_install(shown, done.exit_code, relay.text)
        if what == "install-command" and problem.slug == "install-failed":
            raise InputError(
                f"install-command failed with exit code {done.exit_code}: {shown}",
                hint="its output above says why; `uv` and `pip` install into the environment covgate made",
                slug="install-failed",
            )
        raise problem


def make_environment(project: Project, wish: PythonWish | None, workshop: Workshop) -> Environment:
    """Make an empty virtual environment of the wished Python, or else of the project's interpreter.

    Raises InputError when there is none that can be had, and when it is too old to be measured.
    """
    uv = _lay_tools(project, workshop.tools)
    place = workshop.folder / "environment"
    base = replace(project, environment=_variables(project, workshop, place))
    # With this preference uv takes the first one on PATH, the image's, wherever that satisfies a range.
    python = [*("--python-preference", "system"), *("--python", wish.request if wish else str(project.python))]
    argv = [str(uv), "venv", "--quiet", "--no-project", "--seed", *python, str(place)]
    try:
        _quiet(base, argv, f"uv venv --python {python[-1]}")
    except InputError as error:
        raise (_no_such_python(wish, error) if wish and error.slug == "python-not-found" else error) from None
    made = with_python(base, place / "bin" / "python")
    version = _verified(made, wish)
    # `uv run` and `uv sync` would else make the environment anew where `.python-version` says something else.
    made = replace(made, environment={**made.environment, "UV_PYTHON": version})
    short = ".".join(version.split(".")[:2])
    workshop.say(f"Python {version}{f', as {wish.where} asks for {wish.request}' if wish else ''}")
    return Environment(project=made, workshop=workshop, uv=uv, version=short)


def show_command(arguments: tuple[str, ...]) -> str:
    """Return a call of uv as people type it."""
    return " ".join(["uvx", *arguments[2:]] if arguments[:2] == ("tool", "run") else ["uv", *arguments])


def _lay_tools(project: Project, folder: Path) -> Path:
    """Make a folder with uv alone, without its neighbours, which are covgate's own, and one with what uv can fetch."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), project.environment["PATH"]]))
    if uv is None:
        raise InputError(
            "uv was not found, which covgate makes environments with",
            hint="install uv, or prepare the environment yourself and leave install-command out",
            slug="install-failed",
        )
    late = folder / "fetched"
    late.mkdir(parents=True)
    for name in ("uv", "uvx"):
        if (found := Path(uv).resolve().with_name(name)).exists():
            (folder / name).symlink_to(found)
    for name in TOOLS:
        (late / name).write_text(f'#!/bin/sh\nexec "{folder}/uv" tool run {name} "$@"\n', encoding="utf-8")
        (late / name).chmod(0o755)
    return folder / "uv"


def _variables(project: Project, workshop: Workshop, place: Path) -> dict[str, str]:
    """Return the variables for install and tests: of this environment, whatever tool is asked to fill or use it."""
    environment = {
        name: value for name, value in project.environment.items() if name not in {"PYTHONHOME", "UV_PYTHON"}
    }
    path = [str(workshop.tools), environment.get("PATH", ""), str(workshop.tools / "fetched")]
    kept: Mapping[str, str] = {}
    if cache := workshop.cache:
        kept = {
            "UV_CACHE_DIR": str(cache / "uv"),
            "UV_PYTHON_INSTALL_DIR": str(cache / "python"),
            "PIP_CACHE_DIR": str(cache / "pip"),
            "POETRY_CACHE_DIR": str(cache / "poetry"),
            "PDM_CACHE_DIR": str(cache / "pdm"),
        }
    # What the workflow sets wins over these.
    defaults = {"UV_LINK_MODE": "copy", "UV_NO_PROGRESS": "1", "PDM_CHECK_UPDATE": "false", **_PDM, **kept}
    own = {"PATH": os.pathsep.join(filter(None, path)), "VIRTUAL_ENV": str(place), "UV_PROJECT_ENVIRONMENT": str(place)}
    return {**defaults, **environment, **own}


_PDM = {"PDM_IGNORE_SAVED_PYTHON": "1"}
"""`.pdm-python` in the checkout names the interpreter of somebody's machine."""


def _verified(project: Project, wish: PythonWish | None) -> str:
    """Return the version the environment's Python says it is (`3.12.4`). Raises InputError for one that does not do."""
    said = _quiet(project, [str(project.python), "-c", "import platform; print(platform.python_version())"], "python")
    found = re.match(r"\d+\.\d+\.\d+\S*", said)
    version = found[0] if found else ""
    parts = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    asked = wish.request.rstrip("t") if wish and wish.request[:1].isdigit() else ""
    if not version or (asked and not f"{version}.".startswith(f"{asked}.")):
        name = f" for {wish.request} (from {wish.where})" if wish else ""
        raise InputError(
            f"the Python that was found{name} says that it is {version or 'none'}",
            hint="set the input `python-version` to one that uv can find or fetch",
            slug="python-not-found",
        )
    if parts < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        asks = f", which {wish.where} asks for ({wish.request})" if wish else ""
        raise InputError(
            f"Python {version}{asks} is older than any that covgate measures: {oldest} and newer",
            hint="set the input `python-version` to a newer one the project supports, or run `coverage run` in a job "
            "of its own and set `coverage-data`",
            slug="python-not-found",
        )
    return version


def _no_such_python(wish: PythonWish, error: InputError) -> InputError:
    return InputError(
        f"there is no Python {wish.request} (from {wish.where}) that uv can find or fetch: {error.message}",
        hint="set the input `python-version` to one that exists; where GitHub cannot be reached uv finds only the "
        "image's own",
        slug="python-not-found",
    )


def _coverage_of(project: Project) -> str:
    """Return the version of coverage in the environment; empty when there is none."""
    code = "import importlib.metadata as m; print(m.version('coverage'))"
    argv = [str(project.python), "-I", "-c", code]
    done = run_quiet(argv, cwd=project.directory, env=project.environment, user=project.user)
    found = re.match(rb"\d+(\.\d+)*", done.stdout)
    return "" if done.exit_code or not found else found[0].decode()


def _at_least(version: str, minimum: str) -> bool:
    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split("."))

    return numbers(version) >= numbers(minimum)


def _quiet(project: Project, argv: list[str], shown: str = "") -> str:
    """Run a command and return what it printed. Raises InputError that says why it failed."""
    shown = shown or f"uv {' '.join(argv[1:3])}"
    try:
        done = run_quiet(argv, cwd=project.directory, env=project.environment, user=project.user)
    except TimeoutError as exc:
        raise InputError(f"`{shown}` failed: {exc}", hint="run the job again", slug="install-failed") from None
    except (OSError, ValueError) as exc:
        raise _not_started(shown, exc) from None
    if not done.exit_code:
        return done.stdout.decode("utf-8", "replace")
    said = without_credentials(done.stderr.decode("utf-8", "replace"))
    problem = explain_install(shown, done.exit_code, said)
    if problem.slug != "install-failed":
        raise problem
    lines = "\n".join(said.strip().splitlines()[-5:])
    raise InputError(
        f"`{shown}` failed: {lines or f'exit code {done.exit_code}'}",
        hint="check that the package index can be reached and that the interpreter works",
        slug="install-failed",
    )


def _not_started(shown: str, exc: OSError | ValueError) -> InputError:
    why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
    return InputError(
        f"`{shorten(without_credentials(shown), _LONGEST)}` could not be started: {why}",
        hint="look at what the project's files list, or set `install-command`",
        slug="install-failed",
    )


_LONGEST = 500
"""Bytes of a command in a message."""
