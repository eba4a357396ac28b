from __future__ import annotations

import socket
import time
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.errors import ExitCode, PublishError
from covgate.host.github.session import RetryPolicy
from covgate.host.refusal import Refusal
from covgate.publish.comment import Published, publish_comment
from tests.support.github.answers import PRIMARY_LIMIT, SECONDARY_LIMIT, Answer, error
from tests.support.github.clients import IMPATIENT, QUICK, Connect, marked_runs, methods, problem_of
from tests.support.github.comments import report
from tests.support.github.server import FakeGithub, Fault

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


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
    assert time.monotonic() - started < 8


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
    github.faults.append(Fault(method="POST", carried_out=carried_out, hang=30 if trouble == "hang" else 0))
    outcome = publish_comment(connect(pace=IMPATIENT), report())
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
    outcome = publish_comment(connect(pace=replace(IMPATIENT, retries=0)), report())
    assert time.monotonic() - started < 8
    assert problem_of(outcome).slug == Refusal.UNREACHABLE


def test_a_server_that_hangs_once_is_asked_again(github: FakeGithub, connect: Connect) -> None:
    github.faults.append(Fault(method="GET", hang=30))
    assert publish_comment(connect(pace=IMPATIENT), report()).problem is None
    assert marked_runs(github) == [5]


def test_a_server_that_is_not_there_is_told(connect: Connect) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = connect(api_url=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        assert problem_of(publish_comment(client, report())).slug == Refusal.UNREACHABLE


def test_an_api_url_that_is_none_is_told(connect: Connect) -> None:
    assert problem_of(publish_comment(connect(api_url="ftp://example.test"), report())).slug == Refusal.UNREACHABLE


def test_the_real_waits_are_bounded() -> None:
    pace = RetryPolicy()
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
        pytest.param(Fault(method="GET", hang=30), id="hangs"),
    ],
)
def test_the_token_is_in_no_error(github: FakeGithub, connect: Connect, fault: Fault) -> None:
    github.faults.append(replace(fault))
    outcome = publish_comment(connect(pace=replace(IMPATIENT, retries=0)), report())
    problem = problem_of(outcome)
    told = [*traceback.format_exception(problem), repr(problem), str(problem.__dict__), repr(outcome)]
    assert "ghs_workflow" not in "".join(told)
    # Nothing hangs on it that holds the request, and with it the header.
    assert problem.__context__ is None
    assert problem.__cause__ is None


def test_a_long_answer_is_cut(github: FakeGithub, connect: Connect) -> None:
    github.faults.append(Fault(method="GET", answer=error(400, "x" * 300)))
    problem = problem_of(publish_comment(connect(pace=replace(IMPATIENT, retries=0)), report()))
    assert problem.message.count("x" * 200) == 1
    assert "x" * 201 not in problem.message


def test_a_broken_token_is_not_quoted(connect: Connect) -> None:
    problem = problem_of(publish_comment(connect("ghs_work\nflow"), report()))
    assert "flow" not in f"{problem.message} {problem.hint}".replace("workflow", "")
