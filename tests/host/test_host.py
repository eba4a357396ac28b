"""GitHub as the host of a run: which event is read, and that all which is opened asks the run's own repository."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from covgate.errors import InputError, PublishError
from covgate.host.context import EventKind, RunContext
from covgate.host.github.host import GithubHost, find_pull_request, load_finished_run, open_host
from covgate.host.github.log import Level
from covgate.host.refusal import Refusal
from covgate.model.commit import parse_sha
from covgate.model.secret import Secret
from tests.support.github.artifacts import FakeArtifacts, Storage
from tests.support.github.pulls import FakePulls
from tests.support.github.server import FakeGithub

HEAD, BASE = "a" * 40, "b" * 40
TOKEN = Secret(value="ghs_workflow")
PULL = {
    "number": 7,
    "head": {"sha": HEAD, "ref": "topic", "repo": {"full_name": "octo/project"}},
    "base": {"sha": BASE, "ref": "main", "repo": {"full_name": "octo/project"}},
}
RUN = {"id": 77, "run_attempt": 1, "head_sha": HEAD, "repository": {"full_name": "octo/project"}}


def run_of(folder: Path, event: str, payload: object, api_url: str = "https://api.github.com") -> dict[str, str]:
    """Return the environment of a run, and write its event file."""
    file = folder / "event.json"
    file.write_text(json.dumps(payload), encoding="utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_REPOSITORY": "octo/project",
        "GITHUB_API_URL": api_url,
    }


def test_only_a_run_that_judges_is_one_of_an_event(tmp_path: Path) -> None:
    stream = io.StringIO()
    judged = open_host(run_of(tmp_path, "pull_request", {"pull_request": PULL}), TOKEN, stream)
    assert judged.context == RunContext(
        kind=EventKind.PULL_REQUEST,
        event="pull_request",
        repository="octo/project",
        head_sha=parse_sha(HEAD),
        base_sha=parse_sha(BASE),
        base_ref="main",
        pull_request=7,
    )
    assert judged.token is TOKEN
    judged.log.annotate(Level.NOTICE, "x")
    assert stream.getvalue() == "::notice::x\n"
    other = run_of(tmp_path, "issues", {})
    with pytest.raises(InputError, match="cannot judge the event 'issues'"):
        open_host(other, TOKEN, stream)
    assert open_host(other, None, stream, judges=False).context.event == "issues"
    assert open_host({}, None, stream).context == RunContext(kind=EventKind.LOCAL)


def test_the_event_file_tells_of_a_refused_pull_request_and_of_a_run_that_ended(tmp_path: Path) -> None:
    found = find_pull_request(run_of(tmp_path, "pull_request_target", {"pull_request": PULL}))
    assert found is not None
    assert (found.pull_request, found.fork) == (7, False)
    assert find_pull_request(run_of(tmp_path, "push", {})) is None
    run = load_finished_run(run_of(tmp_path, "workflow_run", {"action": "completed", "workflow_run": RUN}))
    assert (run.id, run.head) == (77, HEAD)


@pytest.mark.slow
def test_what_is_opened_asks_the_repository_of_the_run_with_its_token(git_github: FakeGithub, tmp_path: Path) -> None:
    FakePulls(git_github)
    git_github.add_comment("someone", "hello")
    environment = run_of(tmp_path, "push", {}, git_github.url)
    host = open_host(environment, TOKEN, io.StringIO())
    host.load_ahead()
    with Storage() as storage:
        FakeArtifacts(github=git_github, storage=storage)
        with host.comments(7) as comments, host.pull_requests() as pulls, host.repository() as data:
            assert [comment.body for comment in comments.read_all()] == ["hello"]
            assert pulls.find_open("topic", "main") is None
            assert data.tip("main") == git_github.git_data.text("rev-parse", "main")
        with host.artifacts() as artifacts:
            assert artifacts.find(77, "covgate") is None
    without = GithubHost(context=host.context, log=host.log, token=None)
    with without.comments(7) as comments, pytest.raises(PublishError) as caught:
        comments.create("hello")
    assert caught.value.slug == Refusal.BAD_CREDENTIALS
    assert caught.value.message == (
        "GitHub does not accept the token (post a comment, octo/project#7: it is empty or has characters no token has)"
    )
