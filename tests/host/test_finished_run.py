"""What is read of the run whose end started a second workflow, and which events are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from covgate.errors import ExitCode, InputError
from covgate.host.finished_run import FinishedRun
from covgate.host.github.workflow_run import parse_finished_run
from covgate.model.commit import Sha

HEAD = "a" * 40
ENVIRONMENT = {
    "GITHUB_EVENT_NAME": "workflow_run",
    "GITHUB_EVENT_PATH": "event.json",
    "GITHUB_REPOSITORY": "Org/app",
}
RUN: Mapping[str, object] = {
    "id": 77,
    "run_attempt": 2,
    "name": "tests",
    "path": ".github/workflows/tests.yml",
    "event": "pull_request",
    "conclusion": "failure",
    "head_sha": HEAD,
    "head_branch": "topic",
    "head_repository": {"full_name": "stranger/app"},
    "repository": {"full_name": "org/App"},
}


def parse(action: object = "completed", environment: Mapping[str, str] = {}, **about: object) -> FinishedRun:
    text = json.dumps({"action": action, "workflow_run": {**RUN, **about}})
    return parse_finished_run({**ENVIRONMENT, **environment}, {"event.json": text}.__getitem__)


def test_all_that_is_asked_of_a_run_is_read() -> None:
    expected = FinishedRun(
        id=77,
        attempt=2,
        workflow="tests",
        event="pull_request",
        conclusion="failure",
        head=Sha(HEAD),
        head_repository="stranger/app",
        head_branch="topic",
    )
    assert parse() == expected
    # GitHub: a workflow without a name is called by its file.
    assert parse(name=None).workflow == ".github/workflows/tests.yml"
    # A fork that was deleted is null; so is a conclusion that is not there yet.
    gone = parse(head_repository=None, head_branch=None, conclusion=None)
    assert (gone.head_repository, gone.head_branch, gone.conclusion) == ("", "", "")


STARTED_BY = "start it by `on: workflow_run`, with `types: [completed]` and the workflow that runs covgate"
TYPES = "write `types: [completed]` below `on: workflow_run`"
OF_THIS_RUN = "GITHUB_EVENT_PATH must name the event file GitHub wrote for this run"


@pytest.mark.parametrize(
    ("action", "environment", "about", "expected"),
    [
        (
            "completed", {"GITHUB_EVENT_NAME": "push"}, {},
            ("publish-event", "publishing is for the event workflow_run, and this is 'push'", STARTED_BY),
        ),
        (
            "completed", {"GITHUB_EVENT_NAME": ""}, {},
            ("publish-event", "publishing is for the event workflow_run, and this is no workflow", STARTED_BY),
        ),
        ("requested", {}, {}, ("publish-event", "the run was requested: it has left nothing yet", TYPES)),
        (None, {}, {}, ("publish-event", "the run was not completed: it has left nothing yet", TYPES)),
        (
            "completed", {}, {"repository": {"full_name": "org/other"}},
            ("event-payload", "the run that ended is of org/other, not of this one", OF_THIS_RUN),
        ),
        (
            "completed", {}, {"repository": None},
            ("event-payload", "the run that ended is of no repository, not of this one", OF_THIS_RUN),
        ),
        (
            "completed", {}, {"id": 0},
            (
                "event-payload",
                "the workflow_run event has no usable workflow_run.id: expected a positive whole number, found 0",
                OF_THIS_RUN,
            ),
        ),
        (
            "completed", {}, {"head_sha": "x" * 99},
            (
                "event-payload",
                f"the workflow_run event has no usable workflow_run.head_sha: expected a commit id, found '{'x' * 79}",
                OF_THIS_RUN,
            ),
        ),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_published_is_refused_in_words(
    action: object, environment: Mapping[str, str], about: Mapping[str, object], expected: tuple[str, str, str]
) -> None:
    with pytest.raises(InputError) as caught:
        parse(action, environment, **about)
    error = caught.value
    assert (error.slug, error.message, error.hint) == expected
    assert error.exit_code is ExitCode.BAD_INPUT
