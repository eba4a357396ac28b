from __future__ import annotations

import json
import signal
import socket
import subprocess  # starts Python and the stand-alone fake, not a tool of the project's
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.context import Secret
from covgate.edges.github import GithubComments, Pace, PostedComment, Refusal
from covgate.errors import ExitCode, PublishError
from covgate.model import Sha
from covgate.publish import Marker, Published, Report, parse_marker, publish_comment, render_marker
from covgate.settings import CommentPolicy
from tests.fake_github import FakeGithub, Fault
from tests.github_answers import PRIMARY_LIMIT, SECONDARY_LIMIT, Answer, error
from tests.integration.conftest import QUICK, Connect

ROOT = Path(__file__).parents[2]


def report(run: int = 5, body: str = "") -> Report:
    return Report(
        body=body or f"✅ run {run}",
        marker=Marker(run_id=run, run_attempt=1, head=Sha("a" * 40)),
        policy=CommentPolicy.ALWAYS,
        quiet=False,
        failing=False,
    )


def marked_runs(github: FakeGithub) -> list[int]:
    return [found.run_id for c in github.comments.values() if (found := parse_marker(c.body))]


def methods(github: FakeGithub) -> list[str]:
    return [method for method, _ in github.requests]


def crowd(github: FakeGithub, size: int) -> None:
    for number in range(size):
        github.add_comment("someone", f"comment {number}")


def problem_of(outcome: Published) -> PublishError:
    assert outcome.problem is not None
    return outcome.problem


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
            self._meeting.wait(5)
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


# GitHub says no


def test_a_read_only_token_is_expected(github: FakeGithub, connect: Connect) -> None:
    outcome = publish_comment(connect("ghs_fork"), replace(report(), fork=True))
    assert outcome.read_only
    assert not outcome.failed
    assert outcome.notes == (
        "The token can only read (a pull request from a fork): the report is in the step summary.",
    )
    assert methods(github) == ["GET", "POST"]


def test_a_read_only_token_can_not_edit_either(github: FakeGithub, connect: Connect) -> None:
    publish_comment(connect(), report(1))
    assert publish_comment(connect("ghs_fork"), report(2)).read_only
    assert marked_runs(github) == [1]


LONG = "é" * 65_537
LOCKED = "Unable to create comment because issue is locked."


@pytest.mark.parametrize(
    ("method", "answer", "slug"),
    [
        pytest.param("GET", error(401, "Bad credentials"), "github-bad-credentials", id="401"),
        pytest.param("GET", error(404, "Not Found"), "github-not-found", id="404"),
        pytest.param("POST", error(403, LOCKED), "github-refused", id="403-locked"),
        pytest.param("POST", error(410, "Issues are disabled"), "github-refused", id="410"),
        pytest.param("GET", Answer(status=403, body="<html>proxy</html>"), "github-refused", id="403-proxy"),
        pytest.param("GET", Answer(status=200, body="<html>log in</html>"), "github-unreachable", id="200-portal"),
        pytest.param("GET", Answer(status=200, body='[{"id": 1,'), "github-unreachable", id="200-cut-off"),
        pytest.param("POST", Answer(status=307, body="{}"), "github-unreachable", id="307"),
        pytest.param("GET", error(500, "Server Error"), "github-unreachable", id="500"),
    ],
)
def test_a_refusal_is_told_by_its_slug(
    github: FakeGithub, connect: Connect, method: str, answer: Answer, slug: str
) -> None:
    github.faults.append(Fault(method=method, answer=answer, times=9))
    outcome = publish_comment(connect(), report())
    problem = problem_of(outcome)
    assert outcome.failed
    assert problem.slug == slug
    assert problem.exit_code is ExitCode.PUBLISH_FAILED
    assert problem.hint
    assert "octo/project#7" in problem.message
    assert len(outcome.notes) == 1
    assert github.comments == {}


def test_the_reason_github_gave_is_in_the_message(github: FakeGithub, connect: Connect) -> None:
    github.faults.append(Fault(method="POST", answer=error(403, LOCKED)))
    assert LOCKED in problem_of(publish_comment(connect(), report())).message


@pytest.mark.parametrize(
    ("token", "repository", "pull_request", "slug"),
    [
        ("ghs_expired", "octo/project", 7, "github-bad-credentials"),
        ("ghs_workflow", "octo/project", 8, "github-not-found"),
        ("ghs_workflow", "octo/other", 7, "github-not-found"),
        ("", "octo/project", 7, "github-bad-credentials"),
        ("ghs_workflow\n", "octo/project", 7, "github-bad-credentials"),
    ],
    ids=["expired", "no-such-pull-request", "no-such-repository", "empty", "line-end"],
)
def test_a_wrong_token_or_place_is_told(
    connect: Connect, token: str, repository: str, pull_request: int, slug: str
) -> None:
    client = connect(token, repository=repository, pull_request=pull_request)
    assert problem_of(publish_comment(client, report())).slug == slug


def test_a_body_that_is_too_long_for_github_is_told(github: FakeGithub, connect: Connect) -> None:
    with pytest.raises(PublishError, match="Body is too long") as caught:
        connect().create(LONG)
    assert caught.value.slug == Refusal.TOO_LONG
    assert methods(github) == ["POST"]


def test_a_body_of_200_kilobytes_is_never_sent(github: FakeGithub, connect: Connect) -> None:
    outcome = publish_comment(connect(), report(body="x" * 200_000))
    assert problem_of(outcome).slug == Refusal.TOO_LONG
    assert github.requests == []


# GitHub asks for patience


TOO_FAST = error(429, SECONDARY_LIMIT, headers={"Retry-After": "1"})
TOO_FAST_403 = error(403, SECONDARY_LIMIT, headers={"Retry-After": "1"})
TOO_FAST_NO_TIME = error(403, SECONDARY_LIMIT)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        pytest.param("GET", TOO_FAST, id="GET-429"),
        pytest.param("POST", TOO_FAST, id="POST-429"),
        pytest.param("PATCH", TOO_FAST_403, id="PATCH-403-with-time"),
        pytest.param("POST", TOO_FAST_403, id="POST-403-with-time"),
        pytest.param("GET", TOO_FAST_NO_TIME, id="GET-403"),
        pytest.param("POST", TOO_FAST_NO_TIME, id="POST-403"),
        pytest.param("PATCH", TOO_FAST_NO_TIME, id="PATCH-403"),
    ],
)
def test_a_rate_limit_is_waited_out(github: FakeGithub, connect: Connect, method: str, answer: Answer) -> None:
    if method == "PATCH":
        github.add_comment("github-actions[bot]", report(1).comment)
    github.faults.append(Fault(method=method, answer=answer))
    started = time.monotonic()
    assert publish_comment(connect(), report(2)).problem is None
    assert time.monotonic() - started >= (1 if answer.headers else QUICK.rate_limit_wait)
    assert marked_runs(github) == [2]
    assert methods(github).count(method) == (3 if method == "GET" else 2)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        pytest.param(error(429, SECONDARY_LIMIT, headers={"Retry-After": "3600"}), 1, id="429-an-hour"),
        pytest.param(error(403, SECONDARY_LIMIT, headers={"Retry-After": "3600"}), 1, id="403-an-hour"),
        pytest.param(error(403, PRIMARY_LIMIT, headers={"X-RateLimit-Reset": "9999999999"}), 1, id="primary"),
        pytest.param(error(429, SECONDARY_LIMIT), 1 + QUICK.retries, id="429-for-ever"),
        pytest.param(error(403, SECONDARY_LIMIT), 1 + QUICK.retries, id="403-for-ever"),
    ],
)
def test_a_rate_limit_that_lasts_is_given_up(
    github: FakeGithub, connect: Connect, method: str, answer: Answer, tries: int
) -> None:
    github.faults.append(Fault(method=method, answer=answer, times=99))
    started = time.monotonic()
    outcome = publish_comment(connect(), report())
    assert problem_of(outcome).slug == Refusal.RATE_LIMITED
    assert outcome.failed
    assert methods(github).count(method) == tries
    assert time.monotonic() - started < 2


# GitHub is not well


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_request_that_may_be_repeated_is(github: FakeGithub, connect: Connect, method: str, status: int) -> None:
    for run in (1, 2):
        github.add_comment("github-actions[bot]", report(run).comment)
    github.faults.append(Fault(method=method, answer=Answer(status=status, body="<html>Unicorn</html>"), times=2))
    assert publish_comment(connect(), report(3)) == Published(url=next(iter(connect().read_all())).url)
    assert marked_runs(github) == [3]


def test_a_server_that_stays_down_is_given_up(github: FakeGithub, connect: Connect) -> None:
    github.faults.append(Fault(method="GET", times=99))
    outcome = publish_comment(connect(), report())
    assert problem_of(outcome).slug == Refusal.UNREACHABLE
    assert "HTTP 502" in problem_of(outcome).message
    assert len(github.requests) == 1 + QUICK.retries


@pytest.mark.parametrize("carried_out", [True, False], ids=["carried-out", "not-carried-out"])
@pytest.mark.parametrize("trouble", ["502", "hang"])
def test_a_post_without_an_answer_makes_one_comment(
    github: FakeGithub,
    connect: Connect,
    trouble: str,
    carried_out: bool,  # noqa: FBT001  # a table's column
) -> None:
    github.faults.append(Fault(method="POST", carried_out=carried_out, hang=5 if trouble == "hang" else 0))
    outcome = publish_comment(connect(), report())
    assert outcome.problem is None
    assert outcome.url is not None
    assert marked_runs(github) == [5]
    assert methods(github) == ["GET", "POST", "GET"] + ([] if carried_out else ["POST", "GET"])


def test_a_post_that_keeps_failing_is_tried_twice(github: FakeGithub, connect: Connect) -> None:
    github.faults.append(Fault(method="POST", times=99))
    assert problem_of(publish_comment(connect(), report())).slug == Refusal.UNREACHABLE
    assert methods(github) == ["GET", "POST", "GET", "POST", "GET"]


def test_a_server_that_hangs_is_left_after_the_time_out(github: FakeGithub, connect: Connect) -> None:
    github.faults.append(Fault(method="GET", hang=30))
    started = time.monotonic()
    outcome = publish_comment(connect(pace=replace(QUICK, retries=0)), report())
    assert time.monotonic() - started < 3
    assert problem_of(outcome).slug == Refusal.UNREACHABLE


def test_a_server_that_hangs_once_is_asked_again(github: FakeGithub, connect: Connect) -> None:
    github.faults.append(Fault(method="GET", hang=30))
    assert publish_comment(connect(), report()).problem is None
    assert marked_runs(github) == [5]


def test_a_server_that_is_not_there_is_told(connect: Connect) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = connect(api_url=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        assert problem_of(publish_comment(client, report())).slug == Refusal.UNREACHABLE


def test_an_api_url_that_is_none_is_told(connect: Connect) -> None:
    assert problem_of(publish_comment(connect(api_url="ftp://example.test"), report())).slug == Refusal.UNREACHABLE


def test_the_real_waits_are_bounded() -> None:
    pace = Pace()
    assert pace.timeout > 10  # GitHub's own limit, so that its answer is heard
    assert pace.rate_limit_wait <= pace.longest_wait
    tries = 1 + pace.retries
    assert tries * pace.timeout + pace.backoff * sum(2**n for n in range(1, pace.retries)) < 120


# The token


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(method="GET", answer=error(400, "you sent: token ghs_workflow")), id="echoed"),
        pytest.param(Fault(method="GET", answer=error(401, "Bad credentials")), id="refused"),
        pytest.param(Fault(method="GET", answer=Answer(status=200, body="<html>")), id="not-github"),
        pytest.param(Fault(method="GET"), id="down"),
        pytest.param(Fault(method="GET", hang=5), id="hangs"),
    ],
)
def test_the_token_is_in_no_error(github: FakeGithub, connect: Connect, fault: Fault) -> None:
    github.faults.append(replace(fault))
    outcome = publish_comment(connect(pace=replace(QUICK, retries=0)), report())
    problem = problem_of(outcome)
    told = [*traceback.format_exception(problem), repr(problem), str(problem.__dict__), repr(outcome)]
    assert "ghs_workflow" not in "".join(told)
    # Nothing hangs on it that holds the request, and with it the header.
    assert problem.__context__ is None
    assert problem.__cause__ is None


def test_a_broken_token_is_not_quoted(connect: Connect) -> None:
    problem = problem_of(publish_comment(connect("ghs_work\nflow"), report()))
    assert "flow" not in f"{problem.message} {problem.hint}".replace("workflow", "")


# Around it


def test_pygithub_is_imported_by_the_first_request_only() -> None:
    code = (
        "import sys, covgate.publish as p\n"
        "from covgate.edges.github import GithubComments\n"
        "from covgate.context import Secret\n"
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
    command = [sys.executable, "-m", "tests.fake_github", "--state", str(state), "--token", "tok", "--comments", "3"]
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
            assert process.wait(10) == 0
    left = json.loads(state.read_text(encoding="utf-8"))
    assert left["url"] == url
    assert [comment["author"] for comment in left["comments"]] == ["someone"] * 3 + ["github-actions[bot]"]
    assert [method for method, _ in left["requests"]] == ["GET", "POST", "GET"]
    assert left["problems"] == []
