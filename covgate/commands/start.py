"""From what a run was asked for to its settings and edges."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from covgate.change import find_base
from covgate.commands.base_side import JUDGES_CHANGE, BaseSide, read_base_side
from covgate.commands.edges import Edges
from covgate.commands.place import Place, find_place, find_project_below
from covgate.config import (
    Option,
    Settings,
    TomlFile,
    option_named,
    parse_lines,
    resolve,
    take_from_base,
    unused_options,
)
from covgate.host import (
    EventKind,
    FinishedRun,
    Host,
    Level,
    RunContext,
    Runner,
    access_of,
    load_finished_run,
    open_host,
)
from covgate.system import GitCommand, GitRemote, Screen, find_checkout, in_image


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What a run was asked for. `command_line` maps option names to text, `command` is what stood after `--`."""

    command_line: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    """`INPUT_*` variables: of the action only."""
    directory: Path | None = None
    """Where it starts, when not where covgate was started."""
    environment: Mapping[str, str]
    configured: bool = True
    """Whether the pyproject.toml that lies there counts: not for a run that posts another's report."""

    @property
    def here(self) -> Path:
        """Where covgate was started, absolute."""
        return (self.directory or Path.cwd()).resolve()

    @property
    def start(self) -> str:
        """The folder it was pointed at, relative to `here`."""
        return self.command_line.get("working-directory") or self.inputs.get(_DIRECTORY) or "."


def open_run(request: RunRequest, *, judges: bool = True) -> tuple[Settings, Edges, BaseSide | None]:
    """Read the settings, and open the edges; with the base's side, where the change's own rules are not the whole bar.

    That is in an event of the forge that judges a change, where the base's file alone sets some options, and wherever
    `guard` is given.
    """
    place = find_place(request.here, request.start)
    settings = _settings_of(request, place, place.toml)
    screen = Screen(sys.stdout, sys.stderr, annotator(request.environment, Level.WARNING))
    host = open_host(request.environment, settings.github_token, sys.stdout, judges=judges)
    if settings.github_token:
        host.log.mask(settings.github_token)
    if judges and settings.github_token and not host.context.local:
        # Most of the time until history is read git works, not covgate.
        in_thread(host.load_ahead)
    base_side, foreign = None, host.context.kind in JUDGES_CHANGE
    asked = judges and settings.where("guard") != "the default"
    if (foreign or asked) and place.start.is_dir():
        base_side = _find_base_side(request, place, settings, host)
    if judges and _looks_for_project(request, settings, place):
        base = base_side.base.sha if base_side and foreign else None
        git = base_side.git if base_side else GitCommand(place.start, request.environment)
        if below := find_project_below(git, base):
            screen.say(f"Found one project in the checkout, in {below}: the run is of it, as with `working-directory`")
            return open_run(replace(request, inputs={**request.inputs, _DIRECTORY: str(below)}), judges=judges)
    if judges and not host.context.local:
        screen.say(_describe(host.context))
    if base_side is not None and foreign:
        place = replace(place, project=base_side.place.project)
        settings = _with_base(_settings_of(request, place, place.toml), base_side, screen)
    if place.project != place.start:
        folder = os.path.relpath(place.project, request.here)
        settings = replace(settings, working_directory=folder)
        screen.say(f"The project is {folder}, where pyproject.toml has [tool.covgate]")
    return settings, _edges(request, screen, host), base_side


_DIRECTORY = "INPUT_WORKING-DIRECTORY"


def _looks_for_project(request: RunRequest, settings: Settings, place: Place) -> bool:
    """Whether covgate makes the environment, and nobody said where the project is."""
    # The runner hands the default on as if somebody had given it.
    given = settings.working_directory != "." or place.project != place.start
    otherwise = settings.install_command or settings.coverage_data or settings.python
    return in_image(request.environment) and not given and not otherwise and find_checkout(place.start) == place.start


def in_thread(load: Callable[[], object]) -> None:
    """Import something in a thread. A problem, of whatever kind, shows where it is used, which imports it again."""

    def work() -> None:
        with contextlib.suppress(Exception):
            load()

    # Not a daemon thread: at exit, Python aborts when a daemon thread is in the middle of an import.
    threading.Thread(target=work, name="imports").start()


def open_publishing(request: RunRequest) -> tuple[Settings, Edges, FinishedRun]:
    """Read the settings of a run that posts another's report, and which one that is.

    No pyproject.toml is read: what lies in the working folder may be a stranger's.
    """
    settings = resolve(
        command_line=request.command_line, inputs=request.inputs, environment=request.environment, toml=None
    )
    screen = Screen(sys.stdout, sys.stderr, annotator(request.environment, Level.WARNING))
    host = open_host(request.environment, settings.github_token, sys.stdout, judges=False)
    return settings, _edges(request, screen, host), load_finished_run(request.environment)


def _describe(context: RunContext) -> str:
    """Say what the event was understood to be."""
    number = f"pull request {context.pull_request}" if context.pull_request else "what is queued"
    if context.kind is EventKind.PULL_REQUEST:
        return f"Judging {number} into {context.base_ref}{', which comes from a fork' if context.fork else ''}"
    if context.kind is EventKind.MERGE_GROUP:
        return f"Judging {number} in the merge queue of {context.base_ref}"
    where = f"the branch {context.branch}" if context.branch else "a commit that the event names no branch for"
    return f"Measuring {where}{', the default one' if context.on_default_branch else ''} ({context.event})"


def _edges(request: RunRequest, screen: Screen, host: Host) -> Edges:
    return Edges(
        directory=request.here, environment=request.environment, screen=screen, host=host, now=datetime.now(UTC)
    )


def _settings_of(request: RunRequest, place: Place, toml: TomlFile | None) -> Settings:
    return resolve(
        command_line=_anchored(request.command_line, place, lambda option: option.name),
        command=request.command,
        inputs=_anchored(request.inputs, place, lambda option: option.variable),
        environment=request.environment,
        toml=toml,
    )


def _find_base_side(request: RunRequest, place: Place, settings: Settings, host: Host) -> BaseSide | None:
    """Find the base, and read its settings; None for a run without a change."""
    git = GitCommand(place.start, request.environment)
    remote = GitRemote(git, access_of(host.context, settings.github_token), of_user=host.context.local)
    base = find_base(git, host.context, settings.base, settings.where("base"), remote)
    return read_base_side(base, request.here, place, git, partial(_settings_of, request)) if base else None


def _with_base(own: Settings, base_side: BaseSide, screen: Screen) -> Settings:
    """Return the settings that count, and say which of the change's own do not."""
    sha = base_side.base.sha[:_SHOWN]
    if base_side.problem:
        screen.say(f"The settings of the base {sha} cannot be used: {base_side.problem}")
    if unused := unused_options(own, base_side.settings):
        screen.say(f"Not used of this change's own settings, as the base {sha} sets these: {', '.join(unused)}")
    return take_from_base(own, base_side.settings)


_SHOWN = 7
"""Digits of a commit's id."""


def annotator(environment: Mapping[str, str], level: Level) -> Callable[[str], None]:
    """Return what attaches a message to the run, where the environment is a workflow's."""
    runner = Runner.from_environment(environment, sys.stdout)

    def annotate(message: str) -> None:
        from covgate.publish import TITLE  # noqa: PLC0415  # with the reports, which come last

        runner.annotate(level, message, title=TITLE)

    return annotate


def _anchored(given: Mapping[str, str], place: Place, name_of: Callable[[Option], str]) -> dict[str, str]:
    """Return the values with the paths among them taken from the project's folder: they were given at the start."""
    values = dict(given)
    for option in map(option_named, ("report-dir", "history-dir", "coverage-data")):
        anchor = place.anchored_glob if option.repeatable else place.anchored
        text = values.get(name_of(option), "")
        values |= {name_of(option): "\n".join(map(anchor, parse_lines(text)))} if text else {}
    return values
