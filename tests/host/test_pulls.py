"""Pull requests as they are asked for: by their branches, and not by what GitHub makes of a filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest

from covgate.errors import PublishError
from covgate.host.github.pulls import GithubPulls
from covgate.host.pull_requests import BranchPull, PullRequest
from covgate.host.refusal import Refusal
from covgate.model.commit import Sha, parse_sha
from covgate.model.secret import Secret
from tests.support.github.answers import Account, Answer
from tests.support.github.clients import QUICK
from tests.support.github.git_data import Json
from tests.support.github.pulls import FakePulls
from tests.support.github.server import FakeGithub, Fault

BRANCH = "covgate/ratchet"


@pytest.fixture
def fake(git_github: FakeGithub) -> FakePulls:
    for branch in (BRANCH, "other", "release"):
        git_github.git_data.seed({"name": branch}, branch)
    return FakePulls(git_github)


@pytest.fixture
def pulls(git_github: FakeGithub, fake: FakePulls) -> Iterator[GithubPulls]:
    assert not fake.pulls
    token = Secret(value="ghs_workflow")
    with GithubPulls(api_url=git_github.url, repository=git_github.repository, token=token, pace=QUICK) as opened:
        yield opened


def test_the_pull_request_of_a_branch_is_the_newest_into_the_base(fake: FakePulls, pulls: GithubPulls) -> None:
    assert pulls.find_open(BRANCH, "main") is None
    for head, base in ((BRANCH, "release"), ("other", "main"), (BRANCH, "main"), ("other", "release")):
        pulls.open(head, base, f"{head} into {base}", "a body")
    found = pulls.find_open(BRANCH, "main")
    assert found is not None
    assert (found.title, found.body, found.merged) == (f"{BRANCH} into main", "a body", False)
    assert pulls.find_closed(BRANCH, "main") is None
    fake.close(fake.pulls[2])
    assert pulls.find_open(BRANCH, "main") is None
    closed = pulls.find_closed(BRANCH, "main")
    assert closed is not None
    assert closed.number == found.number


def test_of_a_branch_the_open_pull_requests_are_found_or_else_the_closed_ones(
    git_github: FakeGithub, fake: FakePulls, pulls: GithubPulls
) -> None:
    for base in ("main", "release"):
        pulls.open(BRANCH, base, "a title", "a body")
    found = [[(pull.base, pull.is_open) for pull in pulls.of_branch(git_github.repository, BRANCH)]]
    for pull in fake.pulls:
        fake.close(pull)
        found.append([(pull.base, pull.is_open) for pull in pulls.of_branch(git_github.repository, BRANCH)])
    assert found == [
        [("release", True), ("main", True)],
        [("release", True)],
        [("release", False), ("main", False)],
    ]


def test_the_branch_is_asked_for_as_the_owners(git_github: FakeGithub, fake: FakePulls, pulls: GithubPulls) -> None:
    del fake
    git_github.requests.clear()
    pulls.find_open(BRANCH, "main")
    asked = parse_qs(urlsplit(git_github.requests[-1][1]).query)
    assert (asked["head"], asked["base"], asked["state"]) == ([f"octo:{BRANCH}"], ["main"], ["open"])


def test_a_pull_request_is_edited_and_retired(fake: FakePulls, pulls: GithubPulls) -> None:
    made = pulls.open(BRANCH, "main", "a title", "a body")
    assert made is not None
    pulls.edit(made.number, "another", "text")
    assert (fake.pulls[0].title, fake.pulls[0].body, fake.pulls[0] in fake.open) == ("another", "text", True)
    pulls.retire(made.number, "over", "done")
    assert (fake.pulls[0].title, fake.pulls[0].body, fake.open) == ("over", "done", [])


@pytest.mark.slow
def test_a_commits_message_is_text(git_github: FakeGithub, pulls: GithubPulls) -> None:
    sha = parse_sha(git_github.git_data.text("rev-parse", "refs/heads/main"))
    assert pulls.commit_message(sha) == git_github.git_data.text("show", "--no-patch", "--format=%B", sha).strip()


def test_all_of_a_pull_request_is_taken_over(git_github: FakeGithub, fake: FakePulls, pulls: GithubPulls) -> None:
    head = parse_sha(git_github.git_data.text("rev-parse", BRANCH))
    url = f"{git_github.url}/octo/project/pull/12"
    expected = PullRequest(number=12, url=url, title="a title", body="a body", head=head)
    assert pulls.open(BRANCH, "main", "a title", "a body") == pulls.find_open(BRANCH, "main") == expected
    assert pulls.open(BRANCH, "main", "again", "a body") is None
    fake.close(fake.pulls[0])
    # GitHub gives null for an empty body.
    fake.pulls[0].body, fake.pulls[0].merged = "", True
    assert pulls.find_closed(BRANCH, "main") == replace(expected, body="", merged=True)


def test_the_pull_requests_of_a_fork_are_told_from_those_of_others(
    git_github: FakeGithub, fake: FakePulls, pulls: GithubPulls
) -> None:
    sha, merge = Sha("d" * 40), Sha("e" * 40)
    # An owner may have two forks; of one that is gone nobody knows the name.
    for fork in ("dana/fork", "dana/other", None):
        made = fake.add(Account(login="dana"), head="topic", base="main", title="", body="")
        made.fork, made.sha = fork, sha
    fake.pulls[0].merge = merge
    assert pulls.of_branch("dana/fork", "topic") == (
        BranchPull(number=12, repository="dana/fork", branch="topic", head=sha, base="main", merge=merge, is_open=True),
    )
    assert [pull.number for pull in pulls.of_branch("dana/other", "topic")] == [13]
    assert pulls.of_branch("dana/third", "topic") == pulls.of_branch("dana/fork", "topi") == ()
    # Its place is empty, as the fork's own name is by then.
    git_github.faults.append(Fault(method="GET", answer=fake.answer_unfiltered(git_github.url)))
    (gone,) = pulls.of_branch("", "topic")
    assert (gone.number, gone.repository, gone.merge, gone.is_open) == (14, "", None, True)


def test_a_filter_that_github_ignores_finds_nothing_else(
    git_github: FakeGithub, fake: FakePulls, pulls: GithubPulls
) -> None:
    for head, base in (("other", "main"), (BRANCH, "release")):
        pulls.open(head, base, "a title", "a body")
    for found in (pulls.find_open, pulls.find_closed):
        git_github.faults.append(Fault(method="GET", answer=fake.answer_unfiltered(git_github.url)))
        assert found(BRANCH, "main") is None
        git_github.faults.append(Fault(method="GET", answer=fake.answer_unfiltered(git_github.url)))
        ours = found("other", "main")
        assert ours is not None
        assert ours.number == 12


def test_a_repository_that_lets_workflows_open_none_says_what_to_tick(fake: FakePulls, pulls: GithubPulls) -> None:
    fake.permitted = False
    with pytest.raises(PublishError) as caught:
        pulls.open(BRANCH, "main", "a title", "a body")
    assert caught.value.slug == Refusal.NOT_PERMITTED
    assert caught.value.message == (
        "workflows may not open pull requests in this repository (open a pull request, octo/project: HTTP 403: "
        "GitHub Actions is not permitted to create or approve pull requests.)"
    )
    assert caught.value.hint == (
        "tick `Allow GitHub Actions to create and approve pull requests` (Settings → Actions → General)"
    )


def test_a_refusal_names_each_thing_that_github_said(fake: FakePulls, pulls: GithubPulls) -> None:
    assert not fake.pulls
    with pytest.raises(PublishError) as caught:
        pulls.open("main", "main", "a title", "a body")
    assert caught.value.message == (
        "GitHub refused (open a pull request, octo/project: HTTP 422: Validation Failed No commits between main "
        "and main)"
    )
    with pytest.raises(PublishError) as caught:
        pulls.edit(99, "a title", "a body")
    assert caught.value.slug == Refusal.NOT_FOUND
    assert caught.value.hint == (
        "give the job `permissions: pull-requests: write, contents: write`, "
        "and see that the token belongs to this repository"
    )


@pytest.mark.parametrize(
    "wrong", [{"number": None}, {"html_url": None}, {"state": None}, {"head": {"ref": BRANCH, "sha": "main"}}]
)
def test_what_is_no_pull_request_is_no_answer_of_githubs(
    git_github: FakeGithub, fake: FakePulls, pulls: GithubPulls, wrong: Json
) -> None:
    pulls.open(BRANCH, "main", "a title", "a body")
    (body,) = cast("list[Json]", fake.answer_unfiltered(git_github.url).body)
    git_github.faults.append(Fault(method="GET", answer=Answer(status=200, body=[body | wrong])))
    with pytest.raises(PublishError) as caught:
        _ = pulls.of_branch("octo/project", BRANCH) if "state" in wrong else pulls.find_open(BRANCH, "main")
    assert caught.value.slug == Refusal.UNREACHABLE
    git_github.problems.clear()
