"""Each event, with the whole payload GitHub sends: what is judged, against what, and what is left on GitHub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covgate.host.github.event import JUDGED_EVENTS, REFUSED_EVENT
from covgate.model.commit import Sha
from tests.support.github import events
from tests.support.github.server import FakeGithub
from tests.support.pull_request import BASE, CHANGE
from tests.support.workflow import Workflow

FORK = "stranger/project"
MERGE = "refs/pull/7/merge"
QUEUE = f"refs/heads/gh-readonly-queue/main/pr-7-{'c' * 40}"
READ_ONLY = "ghs_fork"


class Story:
    """Pull request 7, open, beside a main of two commits; events about it."""

    def __init__(self, folder: Path, github: FakeGithub) -> None:
        self.workflow = Workflow(folder, github, BASE)
        self.github = github
        self.workflow.push({"README.md": "A shop.\n"}, "Say what it is")
        self.merge = self.workflow.open_pull_request(CHANGE)
        self.main, self.head = self.workflow.sha("main"), self.workflow.sha("topic")
        self.repository = github.repository

    def pull_request(self, **more: Any) -> tuple[events.Payload, Sha, str]:  # noqa: ANN401  # of the payload
        return events.pull_request(self.repository, 7, self.head, self.main, **more), self.merge, MERGE

    def push(self, ref: str) -> tuple[events.Payload, Sha, str]:
        commit = self.head if ref.endswith("topic") else self.main
        self.workflow.git("push", "-qf", "origin", f"{commit}:{ref}")
        return events.push(self.repository, ref, commit), commit, ref

    def merge_group(self, ref: str = QUEUE) -> tuple[events.Payload, Sha, str]:
        self.workflow.git("push", "-qf", "origin", f"{self.merge}:{ref}")
        return events.merge_group(self.repository, self.merge, self.main, ref), self.merge, ref

    def of_main(self, payload: events.Payload) -> tuple[events.Payload, Sha, str]:
        return payload, self.main, "refs/heads/main"


Told = tuple[events.Payload, Sha, str]
"""An event's payload, and the commit and the reference that the run is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What becomes of an event: `base` is how it was found, None where there is no change to judge."""

    event: str
    tell: Callable[[Story], Told]
    said: str
    token: str = "ghs_workflow"  # noqa: S105  # no one's password
    base: str | None = None
    comments: int = 0
    recorded: bool = False


JUDGED = {
    "pull-request": Judged(
        event="pull_request",
        tell=lambda story: story.pull_request(),
        said="Judging pull request 7 into main",
        base="first-parent",
        comments=1,
    ),
    "fork": Judged(
        event="pull_request",
        tell=lambda story: story.pull_request(fork=FORK),
        said="Judging pull request 7 into main, which comes from a fork",
        token=READ_ONLY,
        base="first-parent",
    ),
    "fork-that-is-gone": Judged(
        event="pull_request",
        tell=lambda story: story.pull_request(fork=None),
        said="Judging pull request 7 into main, which comes from a fork",
        token=READ_ONLY,
        base="first-parent",
    ),
    "dependabot": Judged(
        event="pull_request",
        tell=lambda story: story.pull_request(author="dependabot[bot]"),
        said="give the job `permissions: pull-requests: write`",
        token=READ_ONLY,
        base="first-parent",
    ),
    "dependabot-with-rights": Judged(
        event="pull_request",
        tell=lambda story: story.pull_request(author="dependabot[bot]"),
        said="Judging pull request 7 into main",
        base="first-parent",
        comments=1,
    ),
    "merge-group": Judged(
        event="merge_group",
        tell=lambda story: story.merge_group(),
        said="Judging pull request 7 in the merge queue of main",
        base="event",
    ),
    "merge-group-without-a-number": Judged(
        event="merge_group",
        tell=lambda story: story.merge_group("refs/heads/queue"),
        said="Judging what is queued in the merge queue of main",
        base="event",
    ),
    "push-to-main": Judged(
        event="push",
        tell=lambda story: story.push("refs/heads/main"),
        said="Measuring the branch main, the default one (push)",
        recorded=True,
    ),
    "push-to-a-branch": Judged(
        event="push", tell=lambda story: story.push("refs/heads/topic"), said="Measuring the branch topic (push)"
    ),
    "push-of-a-tag": Judged(
        event="push",
        tell=lambda story: story.push("refs/tags/main"),
        said="Measuring a commit that the event names no branch for (push)",
    ),
    "workflow-dispatch": Judged(
        event="workflow_dispatch",
        tell=lambda story: story.of_main(events.workflow_dispatch(story.repository, "refs/heads/main")),
        said="Measuring the branch main, the default one (workflow_dispatch)",
        recorded=True,
    ),
    "workflow-dispatch-with-inputs": Judged(
        event="workflow_dispatch",
        tell=lambda story: story.of_main(
            events.workflow_dispatch(story.repository, "refs/heads/main", {"pull_request": "7"})
        ),
        said="Measuring the branch main, the default one (workflow_dispatch)",
        recorded=True,
    ),
    "schedule": Judged(
        event="schedule",
        tell=lambda story: story.of_main(events.schedule(story.repository)),
        said="Measuring the branch main, the default one (schedule)",
        recorded=True,
    ),
    "schedule-without-a-repository": Judged(
        event="schedule",
        tell=lambda story: story.of_main(events.schedule()),
        said="Measuring the branch main, the default one (schedule)",
        recorded=True,
    ),
}


@pytest.fixture
def story(tmp_path: Path, github: FakeGithub) -> Story:
    return Story(tmp_path, github)


def is_recorded(story: Story) -> bool:
    return story.github.git_data.resolve("refs/heads/covgate-data") is not None


@pytest.mark.parametrize("name", JUDGED)
def test_an_event_is_judged(story: Story, name: str) -> None:
    row = JUDGED[name]
    payload, commit, ref = row.tell(story)
    ran = story.workflow.run_event(row.event, payload, commit, ref, github_token=row.token)
    assert row.said in ran.log
    # The gate is red wherever there is a change to judge, whoever may comment.
    assert ran.exit_code == (0 if row.base is None else 1), ran.log
    assert (ran.result["base"] and ran.result["base"]["how"]) == row.base
    if row.base:
        assert ran.result["base"]["sha"] == story.main
        assert ran.outputs["diff-percent"] == "16.666666"
    assert ran.result["head"] == (story.head if row.event == "pull_request" else commit)
    assert len(story.github.comments) == row.comments
    assert bool(ran.outputs["comment-url"]) is bool(row.comments)
    assert is_recorded(story) is row.recorded
    # A token that may not comment is how it is for some: not worth an alarm.
    assert "::warning" not in ran.log
    written = {f"{method} {path.partition('/issues/')[1]}" for method, path in ran.requests if method != "GET"}
    if not (row.recorded or row.comments):
        assert written == ({"POST /issues/"} if row.event == "pull_request" else set())


def test_every_event_that_is_judged_is_in_the_table() -> None:
    assert {row.event for row in JUDGED.values()} == set(JUDGED_EVENTS)


REFUSED: dict[str, tuple[str, Callable[[Story], Told], str, str]] = {
    "pull-request-target-of-a-fork": (
        REFUSED_EVENT,
        lambda story: story.of_main(story.pull_request(fork=FORK)[0]),
        "it would run the pull request's code beside a token that can write",
        "use `on: pull_request`",
    ),
    "pull-request-target-with-the-head-checked-out": (
        REFUSED_EVENT,
        lambda story: (story.pull_request(fork=FORK)[0], story.head, "refs/heads/topic"),
        "it would run the pull request's code beside a token that can write",
        "a second workflow can post it (`mode: publish`)",
    ),
    "workflow-run": (
        "workflow_run",
        lambda story: story.of_main(events.workflow_run(story.repository, {"head_sha": story.head})),
        "its run is of the default branch, whatever the run was of whose end started it",
        "set `mode: publish`",
    ),
    "issue-comment": (
        "issue_comment",
        lambda story: story.of_main(events.issue_comment(story.repository)),
        "covgate cannot judge the event 'issue_comment'",
        "run covgate on one of: pull_request, merge_group, push, schedule, workflow_dispatch",
    ),
    "release": (
        "release",
        lambda story: story.of_main(events.release(story.repository)),
        "covgate cannot judge the event 'release'",
        "run covgate on one of: ",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_any_other_event_is_an_error_that_says_so(story: Story, tmp_path: Path, name: str) -> None:
    event, tell, told, change = REFUSED[name]
    payload, commit, ref = tell(story)
    ran_tests = tmp_path / "ran"
    ran = story.workflow.run_event(event, payload, commit, ref, test_command=f"touch {ran_tests}")
    assert ran.exit_code == 2, ran.log
    (error,) = [line for line in ran.log.splitlines() if line.startswith("::error")]
    assert told in error
    assert change in error
    assert (ran.outputs["verdict"], ran.outputs["passed"]) == ("cannot-judge", "false")
    assert told in ran.summary.replace("\\", "")
    assert not ran_tests.exists()
    assert (story.github.comments, is_recorded(story)) == ({}, False)


def test_a_queue_of_two_is_judged_one_by_one(story: Story) -> None:
    """The second group's base is the first one's head, not main."""
    workflow = story.workflow
    workflow.git("checkout", "-q", "-B", "other", "main")
    workflow.commit({"shop/basket.py": "def empty():\n    return []\n"}, "Another change")
    workflow.git("checkout", "-q", "--detach", story.merge)
    workflow.git("merge", "-q", "--no-ff", "-m", "Merge another", "other")
    second = workflow.sha()
    workflow.git("push", "-qf", "origin", f"{second}:{QUEUE}")
    payload = events.merge_group(story.repository, second, story.merge, QUEUE)
    ran = workflow.run_event("merge_group", payload, second, QUEUE)
    assert (ran.exit_code, ran.result["base"]["sha"]) == (1, story.merge)
    assert [file["path"] for file in ran.result["diff"]["files"]] == ["shop/basket.py"]
