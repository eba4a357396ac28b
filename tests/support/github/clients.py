"""A GitHub on the loopback and real clients of it, as fixtures: a conftest takes those its tests need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.errors import PublishError
from covgate.host.github.comments import GithubComments
from covgate.host.github.repository import GithubData
from covgate.host.github.session import RetryPolicy
from covgate.model.secret import Secret
from covgate.publish.comment import Published
from covgate.publish.marker import parse_marker
from tests.support.github.answers import Account
from tests.support.github.server import FakeGithub
from tests.support.repositories import Repository

QUICK = RetryPolicy(timeout=10, retries=3, backoff=0.02, rate_limit_wait=0.1, longest_wait=5, between_writes=0)
IMPATIENT = replace(QUICK, timeout=1)
"""For servers that hang; elsewhere a busy machine must not look like one."""
ACCOUNTS = {
    "ghs_workflow": Account(login="github-actions[bot]"),
    "ghs_fork": Account(login="github-actions[bot]", can_write=False),
    "ghp_machine": Account(login="release-machine"),
}


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    """A GitHub on the loopback; the test fails when it meets a request it does not know."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeGithub(accounts=ACCOUNTS) as server:
        yield server


Connect = Callable[..., GithubComments]


@pytest.fixture
def connect(github: FakeGithub) -> Iterator[Connect]:
    """Make clients of the server; they are closed before it is."""
    made: list[GithubComments] = []

    def make(
        token: str = "ghs_workflow",  # noqa: S107  # no one's password
        *,
        api_url: str = github.url,
        repository: str = github.repository,
        pull_request: int = github.pull_request,
        pace: RetryPolicy = QUICK,
    ) -> GithubComments:
        made.append(
            GithubComments(
                api_url=api_url,
                repository=repository,
                pull_request=pull_request,
                token=Secret(value=token),
                pace=pace,
            )
        )
        return made[-1]

    yield make
    for client in made:
        client.close()


def marked_runs(github: FakeGithub) -> list[int]:
    """The runs whose markers stand on the pull request, whoever put them there, oldest comment first."""
    return [found.run_id for c in github.comments.values() if (found := parse_marker(c.body))]


def methods(github: FakeGithub) -> list[str]:
    return [method for method, _ in github.requests]


def problem_of(outcome: Published) -> PublishError:
    assert outcome.problem is not None
    return outcome.problem


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def git_github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeGithub]:
    """A GitHub whose repository is a real one, with one commit on main."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeGithub(accounts=ACCOUNTS, git=tmp_path / "remote.git") as server:
        server.git_data.seed({"README.md": "# A project\n"})
        yield server


ConnectData = Callable[..., GithubData]


@pytest.fixture
def connect_data(git_github: FakeGithub) -> Iterator[ConnectData]:
    """Make clients for the git data of the server; they are closed before it is."""
    made: list[GithubData] = []

    def make(
        token: str = "ghs_workflow",  # noqa: S107  # no one's password
        *,
        repository: str = git_github.repository,
        pace: RetryPolicy = QUICK,
    ) -> GithubData:
        made.append(GithubData(api_url=git_github.url, repository=repository, token=Secret(value=token), pace=pace))
        return made[-1]

    yield make
    for client in made:
        client.close()
