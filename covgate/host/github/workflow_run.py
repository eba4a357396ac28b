"""The run whose end started this one, read from the `workflow_run` event."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from covgate.errors import InputError
from covgate.host.finished_run import FinishedRun
from covgate.host.github.event import Payload, load_payload


def parse_finished_run(env: Mapping[str, str], read_text: Callable[[str], str]) -> FinishedRun:
    """Read what GitHub says of the run that ended; `read_text` returns the text of the event file.

    Raises InputError for another event, a run that has not ended or is another repository's, and for an event file
    that is missing or malformed.
    """
    event = env.get("GITHUB_EVENT_NAME", "")
    if event != "workflow_run":
        raise InputError(
            f"publishing is for the event workflow_run, and this is {event!r}"
            if event
            else "publishing is for the event workflow_run, and this is no workflow",
            hint="start it by `on: workflow_run`, with `types: [completed]` and the workflow that runs covgate",
            slug="publish-event",
        )
    payload = Payload(load_payload(env, read_text), event)
    repository, ended = payload.text("workflow_run.repository.full_name"), payload.text("action")
    if ended != "completed":
        raise InputError(
            f"the run was {ended or 'not completed'}: it has left nothing yet",
            hint="write `types: [completed]` below `on: workflow_run`",
            slug="publish-event",
        )
    if repository.lower() != env.get("GITHUB_REPOSITORY", "").lower():
        raise InputError(
            f"the run that ended is of {repository or 'no repository'}, not of this one",
            hint="GITHUB_EVENT_PATH must name the event file GitHub wrote for this run",
            slug="event-payload",
        )
    return FinishedRun(
        id=payload.number("workflow_run.id"),
        attempt=payload.number("workflow_run.run_attempt"),
        workflow=payload.text("workflow_run.name") or payload.text("workflow_run.path"),
        event=payload.text("workflow_run.event"),
        conclusion=payload.text("workflow_run.conclusion"),
        head=payload.sha("workflow_run.head_sha"),
        head_repository=payload.text("workflow_run.head_repository.full_name"),
        head_branch=payload.text("workflow_run.head_branch"),
    )
