"""From what a run was asked for to its settings and edges; and what is left behind when it cannot start."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from covgate.commands.edges import Edges
from covgate.commands.place import Place, find_place
from covgate.config import Option, Settings, guess_report_dir, option_named, parse_lines, resolve
from covgate.errors import CovgateError, InputError
from covgate.host import FinishedRun, Level, Runner, load_finished_run, open_host
from covgate.publish import deliver_failure
from covgate.system import Screen, find_checkout


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
        return self.command_line.get("working-directory") or self.inputs.get("INPUT_WORKING-DIRECTORY") or "."


def open_run(request: RunRequest, *, judges: bool = True) -> tuple[Settings, Edges]:
    """Read the settings, and open the edges."""
    place = find_place(request.here, request.start)
    settings = resolve(
        command_line=_anchored(request.command_line, place, lambda option: option.name),
        command=request.command,
        inputs=_anchored(request.inputs, place, lambda option: option.variable),
        environment=request.environment,
        toml=place.toml,
    )
    edges = _open_edges(request, settings, judges=judges)
    if place.project != place.start:
        folder = os.path.relpath(place.project, request.here)
        settings = replace(settings, working_directory=folder)
        edges.screen.say(f"The project is {folder}, where pyproject.toml has [tool.covgate]")
    return settings, edges


def open_publishing(request: RunRequest) -> tuple[Settings, Edges, FinishedRun]:
    """Read the settings of a run that posts another's report, and which one that is.

    No pyproject.toml is read: what lies in the working folder may be a stranger's.
    """
    settings = resolve(
        command_line=request.command_line, inputs=request.inputs, environment=request.environment, toml=None
    )
    return settings, _open_edges(request, settings, judges=False), load_finished_run(request.environment)


def _open_edges(request: RunRequest, settings: Settings, *, judges: bool) -> Edges:
    return Edges(
        directory=request.here,
        environment=request.environment,
        screen=Screen(sys.stdout, sys.stderr, annotator(request.environment, Level.WARNING)),
        host=open_host(request.environment, settings.github_token, sys.stdout, judges=judges),
        now=datetime.now(UTC),
    )


def annotator(environment: Mapping[str, str], level: Level) -> Callable[[str], None]:
    """Return what attaches a message to the run, where the environment is a workflow's."""
    runner = Runner.from_environment(environment, sys.stdout)
    return lambda message: runner.annotate(level, message, title="covgate")


def _anchored(given: Mapping[str, str], place: Place, name_of: Callable[[Option], str]) -> dict[str, str]:
    """Return the values with the paths among them taken from the project's folder: they were given at the start."""
    values = dict(given)
    for option in map(option_named, ("report-dir", "history-dir", "coverage-data")):
        anchor = place.anchored_glob if option.repeatable else place.anchored
        text = values.get(name_of(option), "")
        values |= {name_of(option): "\n".join(map(anchor, parse_lines(text)))} if text.strip() else {}
    return values


def leave_failure(error: CovgateError, request: RunRequest) -> None:
    """Leave what ended the run where its report would be, as far as that can be known."""
    here = request.here
    start = (here / request.start).resolve()
    place = Place(start=start, project=start, toml=None)
    if request.configured:
        with contextlib.suppress(InputError):
            place = find_place(here, request.start)
    name, given = guess_report_dir(command_line=request.command_line, inputs=request.inputs, toml=place.toml)
    # A folder that is not there is not made for it.
    project = place.project if place.project.is_dir() else here
    notes = deliver_failure(
        error,
        Runner.from_environment(request.environment, sys.stdout),
        project / (place.anchored(name) if given else name),
        find_checkout(project) or here,
    )
    for note in notes:
        Screen(sys.stdout, sys.stderr).say(note)
