from __future__ import annotations

import json
import signal
import subprocess  # starts Python and the stand-alone fake, not a tool of the project's
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.errors import PublishError
from covgate.host.comments import PostedComment
from covgate.host.github.comments import GithubComments
from covgate.host.refusal import Refusal
from covgate.model.secret import Secret
from covgate.publish.comment import Published, publish_comment
from covgate.publish.marker import render_marker
from tests.support.github.answers import Answer, error
from tests.support.github.clients import QUICK, Connect, marked_runs, methods
from tests.support.github.comments import report
from tests.support.github.server import FakeGithub, Fault

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def crowd(github: FakeGithub, size: int) -> None:
    for number in range(size):
        github.add_comment("someone", f"comment {number}")


# One comment


@pytest.mark.parametrize(("others", "pages"), [(0, 1), (35, 1), (98, 1), (250, 3)])
def test_the_first_run_posts_and_the_second_edits(
    github: FakeGithub, connect: Connect, others: int, pages: int
) -> None:
    crowd(github, others)
    first = publish_comment(connect(), report(1))
    assert methods(github) == ["GET"] * pages + ["POST"] + ["GET"] * pages
    github.requests.clear()
    crowd(github, 1)
    second = publish_comment(connect(), report(2))
    assert methods(github) == ["GET"] * pages + ["PATCH"] + ["GET"] * pages
    assert marked_runs(github) == [2]
    assert len(github.comments) == others + 2
    assert first.url == second.url
    assert first.url is not None
    assert "#issuecomment-" in first.url
    assert (first.problem, first.notes, second.problem, second.notes) == (None, (), None, ())


def test_our_comment_is_found_between_pages_of_others(github: FakeGithub, connect: Connect) -> None:
    crowd(github, 120)
    publish_comment(connect(), report(1))
    crowd(github, 120)
    publish_comment(connect(), report(2))
    assert marked_runs(github) == [2]


def test_the_same_report_again_costs_one_request(github: FakeGithub, connect: Connect) -> None:
    publish_comment(connect(), report(1))
    github.requests.clear()
    assert publish_comment(connect(), report(1)).problem is None
    assert methods(github) == ["GET"]


def test_a_marker_planted_by_a_stranger_is_left_alone(github: FakeGithub, connect: Connect) -> None:
    planted = github.add_comment("mallory", f"{render_marker(report(10**9).marker)}\n✅ all is well")
    before = planted.body
    outcome = publish_comment(connect(), report(2))
    assert outcome.problem is None
    assert planted.body == before
    assert marked_runs(github) == [10**9, 2]
    assert methods(github) == ["GET", "POST", "POST", "GET"]
    assert github.requests[1] == ("POST", "/graphql")


def test_a_comment_that_a_person_wrote_into_is_found_and_one_that_quotes_it_left_alone(
    github: FakeGithub, connect: Connect
) -> None:
    publish_comment(connect(), report(1))
    (ours,) = github.comments.values()
    quotation = ours.body.replace("\n", "\n> ")
    quoted = github.add_comment("dana", f"> {quotation}\n\nWhy is this red?")
    before, ours.body = quoted.body, f"@dana please look\n{ours.body}"
    github.requests.clear()
    publish_comment(connect(), report(2))
    assert [comment.body for comment in github.comments.values()] == [report(2).comment, before]
    assert methods(github) == ["GET", "PATCH", "GET"]


def test_a_comment_of_a_token_of_its_own_is_edited(github: FakeGithub, connect: Connect) -> None:
    publish_comment(connect("ghp_machine"), report(1))
    github.requests.clear()
    publish_comment(connect("ghp_machine"), report(2))
    assert [comment.author for comment in github.comments.values()] == ["release-machine"]
    assert marked_runs(github) == [2]
    assert methods(github) == ["GET", "POST", "PATCH", "GET"]


def test_github_enterprise_has_its_own_paths(github: FakeGithub, connect: Connect) -> None:
    for run in (1, 2):
        publish_comment(connect("ghp_machine", api_url=f"{github.url}/api/v3/"), report(run))
    assert marked_runs(github) == [2]
    assert ("POST", "/api/graphql") in github.requests
    assert all(path.startswith("/api/") for _, path in github.requests)


def test_a_comment_whose_author_is_gone_does_no_harm(github: FakeGithub, connect: Connect) -> None:
    github.add_comment("", f"{render_marker(report(9).marker)}\n")
    assert publish_comment(connect(), report(5)).problem is None
    assert marked_runs(github) == [9, 5]


def test_an_older_run_leaves_the_comment_of_a_newer_one(github: FakeGithub, connect: Connect) -> None:
    newer = publish_comment(connect(), report(6))
    github.requests.clear()
    older = publish_comment(connect(), report(5))
    assert marked_runs(github) == [6]
    assert methods(github) == ["GET"]
    assert older == Published(url=newer.url, notes=older.notes)
    assert "newer run (6, attempt 1)" in older.notes[0]


def test_duplicates_are_folded_into_the_oldest(github: FakeGithub, connect: Connect) -> None:
    made = [github.add_comment("github-actions[bot]", report(run).comment).id for run in (1, 2, 3)]
    outcome = publish_comment(connect(), report(4))
    assert list(github.comments) == made[:1]
    assert marked_runs(github) == [4]
    assert outcome.problem is None


def test_writes_are_spaced_as_github_asks(github: FakeGithub, connect: Connect) -> None:
    for run in (1, 2):
        github.add_comment("github-actions[bot]", report(run).comment)
    started = time.monotonic()
    publish_comment(connect(pace=replace(QUICK, between_writes=0.3)), report(3))
    assert methods(github) == ["GET", "PATCH", "GET", "DELETE"]
    assert time.monotonic() - started >= 0.3


# Races


class MeetAfterFirstLook:
    """The comments, read through a real client that waits for the other run after its first look."""

    def __init__(self, inner: GithubComments, meeting: threading.Barrier) -> None:
        self.create, self.edit, self.delete, self.viewer = inner.create, inner.edit, inner.delete, inner.viewer
        self._inner = inner
        self._meeting: threading.Barrier | None = meeting

    def read_all(self) -> Iterator[PostedComment]:
        found = list(self._inner.read_all())
        if self._meeting:
            self._meeting.wait(20)
            self._meeting = None
        return iter(found)


@pytest.mark.parametrize("runs", [(1, 2), (2, 1), (2, 2)])
def test_two_runs_that_both_post_end_with_one_comment_of_the_newer(
    github: FakeGithub, connect: Connect, runs: tuple[int, int]
) -> None:
    meeting = threading.Barrier(2)
    clients = [MeetAfterFirstLook(connect(), meeting) for _ in runs]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(publish_comment, clients, [report(run) for run in runs]))
    assert methods(github).count("POST") == 2
    assert marked_runs(github) == [2]
    assert [outcome.problem for outcome in outcomes] == [None, None]


@pytest.mark.parametrize("runs", [(1, 2), (2, 1)])
def test_two_runs_one_after_the_other_end_with_the_newer(
    github: FakeGithub, connect: Connect, runs: tuple[int, int]
) -> None:
    for run in runs:
        publish_comment(connect(), report(run))
    assert marked_runs(github) == [2]


def test_a_comment_deleted_between_look_and_edit_is_posted_anew(github: FakeGithub, connect: Connect) -> None:
    publish_comment(connect(), report(1))
    client = connect()
    lost = MeetAfterFirstLook(client, threading.Barrier(1, action=github.comments.clear))
    assert publish_comment(lost, report(2)).problem is None
    assert marked_runs(github) == [2]


def test_a_duplicate_that_another_run_folded_is_no_trouble(github: FakeGithub, connect: Connect) -> None:
    for run in (1, 2):
        github.add_comment("github-actions[bot]", report(run).comment)
    github.faults.append(Fault(method="DELETE", answer=error(404, "Not Found"), carried_out=True))
    assert publish_comment(connect(), report(3)).notes == ()
    assert marked_runs(github) == [3]


# Around it


def test_pygithub_is_imported_by_the_first_request_only() -> None:
    code = (
        "import sys, covgate.publish as p\n"
        "from covgate.host.github.comments import GithubComments\n"
        "from covgate.model.secret import Secret\n"
        "GithubComments(api_url='http://x', repository='o/r', pull_request=1, token=Secret(value='t')).close()\n"
        "sys.exit('github' in sys.modules or 'requests' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=30).returncode == 0


def test_the_fake_fails_a_test_that_asks_for_the_unknown(connect: Connect, github: FakeGithub) -> None:
    with pytest.raises(PublishError):
        connect(repository="octo/project/pulls").create("hello")
    with pytest.raises(AssertionError, match="unknown request: POST"):
        github.check()
    github.problems.clear()


def test_the_fake_fails_a_test_whose_answer_github_would_not_give(connect: Connect, github: FakeGithub) -> None:
    github.faults.append(Fault(method="GET", answer=Answer(status=200, body=[{"id": 1, "body": "no user"}])))
    with pytest.raises(PublishError) as caught:
        list(connect().read_all())
    assert caught.value.slug == Refusal.UNREACHABLE
    with pytest.raises(AssertionError, match="not an answer of GitHub's"):
        github.check()
    github.problems.clear()


def test_the_fake_runs_alone_and_leaves_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    command = [
        sys.executable,
        "-m",
        "tests.support.github.server",
        "--state",
        str(state),
        "--token",
        "tok",
        "--comments",
        "3",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with GithubComments(
                api_url=url, repository="octo/project", pull_request=7, token=Secret(value="tok"), pace=QUICK
            ) as client:
                assert publish_comment(client, report()).problem is None
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    left = json.loads(state.read_text(encoding="utf-8"))
    assert left["url"] == url
    assert [comment["author"] for comment in left["comments"]] == ["someone"] * 3 + ["github-actions[bot]"]
    assert [method for method, _ in left["requests"]] == ["GET", "POST", "GET"]
    assert left["problems"] == []
