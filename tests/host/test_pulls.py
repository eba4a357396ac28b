"""Pull requests as they are asked for: by their branches, and not by what GitHub makes of a filter."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from covgate.host.github.pulls import GithubPulls
from covgate.model.commit import parse_sha
from covgate.model.secret import Secret
from tests.support.github.clients import QUICK
from tests.support.github.pulls import FakePulls
from tests.support.github.server import FakeGithub

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
