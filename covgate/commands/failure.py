"""What is left behind when a run ends without a verdict, as far as that can be known."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from covgate.change import find_base
from covgate.commands.base_side import JUDGES_CHANGE
from covgate.commands.place import Place, find_place, find_place_at
from covgate.commands.publish import PUBLISHED_EVENT, mark_finished
from covgate.commands.start import RunRequest
from covgate.config import CommentPolicy, TomlFile, guess, option_named
from covgate.errors import CovgateError, ExitCode, InputError
from covgate.host import Host, Runner, find_pull_request, load_finished_run, open_host
from covgate.model import Secret
from covgate.publish import Marker, Unjudged, deliver_failure, mark_unjudged
from covgate.system import GitCommand, Screen, find_checkout


def leave_failure(error: CovgateError, request: RunRequest) -> None:
    """Leave what ended the run where its report would be: its files, the step's summary and outputs."""
    here, place = request.here, _find_places(request).counts
    name, given = guess("report-dir", command_line=request.command_line, inputs=request.inputs, toml=place.toml)
    # A folder that is not there is not made for it.
    project = place.project if place.project.is_dir() else here
    notes = deliver_failure(
        error,
        Runner.from_environment(request.environment, sys.stdout),
        project / (place.anchored(name) if given else name),
        find_checkout(project) or here,
        anchor=here if request.environment.get("GITHUB_ACTIONS") == "true" else None,
    )
    _say(notes)


def _say(notes: Iterable[str]) -> None:
    screen = Screen(sys.stdout, sys.stderr)
    for note in notes:
        screen.say(note)


# --- whose file says where ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """`counts` is the place whose file says where a report goes: without a file, where none can be believed."""

    own: Place
    counts: Place
    is_known: bool
    """Whether `counts` is certain: the base, if it is its place, was found."""

    @property
    def toml(self) -> TomlFile | None:
        """The file that most likely says which comment is covgate's: a name is hardly ever changed."""
        return self.counts.toml if self.is_known else self.own.toml


def _find_places(request: RunRequest) -> _Places:
    """Find the place whose settings would count: not the change's own in a workflow that judges one.

    Nothing is fetched: where the base cannot be told from what is there, no file is asked.
    """
    start = (request.here / request.start).resolve()
    own = Place(start=start, project=start, toml=None)
    if not request.configured:
        return _Places(own=own, counts=own, is_known=True)
    with contextlib.suppress(InputError):
        own = find_place(request.here, request.start)
    try:
        context = open_host(request.environment, None, sys.stdout).context
        if context.kind not in JUDGES_CHANGE:
            return _Places(own=own, counts=own, is_known=True)
        git = GitCommand(own.start, request.environment)
        given = request.command_line.get("base") or request.inputs.get("INPUT_BASE")
        base = find_base(git, context, given)
        if base:
            return _Places(own=own, counts=find_place_at(request.here, start, git, base.sha), is_known=True)
    except (CovgateError, OSError):
        pass
    return _Places(own=own, counts=Place(start=own.start, project=own.project, toml=None), is_known=False)


# --- the comment ----------------------------------------------------------------------------------------------------

_WHY = {
    ExitCode.BAD_INPUT: "bad input or configuration",
    ExitCode.CANNOT_JUDGE: "no usable coverage data",
    ExitCode.GIT: "git could not tell what changed",
    ExitCode.PUBLISH_FAILED: "the report could not be posted",
    ExitCode.BUG: "a bug in covgate",
    ExitCode.INTERRUPTED: "the run was interrupted",
    ExitCode.TERMINATED: "the run was stopped",
}


def mark_failure(error: CovgateError, request: RunRequest) -> None:
    """Have an earlier comment of this report, if there is one, say that the run has no verdict. Raises CovgateError."""
    toml, given = _find_places(request).toml, dict[str, str]()
    for option in ("name", "comment", "github-token"):
        given[option], _ = guess(option, command_line=request.command_line, inputs=request.inputs, toml=toml)
    token = given["github-token"] or request.environment.get("GITHUB_TOKEN", "")
    if not token or not request.environment.get("GITHUB_EVENT_NAME"):
        return
    try:
        name = str(option_named("name").parse(given["name"]))
    except ValueError:  # no comment has a name that is none
        return
    try:
        policy = CommentPolicy(given["comment"])
    except ValueError:  # it may be what is wrong
        policy = CommentPolicy.ON_CHANGE
    host = open_host(request.environment, Secret(value=token), sys.stdout, judges=False)
    host.log.mask(Secret(value=token))
    why = _WHY.get(error.exit_code, error.exit_code.meaning)
    mark = _mark_pull_request if request.configured else _mark_finished
    _say(mark(host, request, name, policy, why))


def _mark_finished(host: Host, request: RunRequest, name: str, policy: CommentPolicy, why: str) -> tuple[str, ...]:
    """Mark the comment of the run that was to be posted."""
    run = load_finished_run(request.environment)
    # A push may be to a branch that has a pull request; it is not of it.
    return mark_finished(host, run, name, policy, why) if run.event == PUBLISHED_EVENT else ()


def _mark_pull_request(host: Host, request: RunRequest, name: str, policy: CommentPolicy, why: str) -> tuple[str, ...]:
    context = find_pull_request(request.environment)
    if context is None or context.pull_request is None or context.head_sha is None:
        return ()
    marker = Marker(name=name, run_id=context.run_id, run_attempt=context.run_attempt, head=context.head_sha)
    run = Unjudged(marker=marker, policy=policy, why=why, run_url=context.run_url, fork=context.fork)
    return mark_unjudged(host, context.pull_request, run)
