"""The ratchet's repository, and its runs, as fixtures: a conftest takes those its tests need."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath

import pytest

from covgate.history.ratchet.floors import Raise
from covgate.history.ratchet.names import Proposal
from covgate.history.ratchet.pull_request import RatchetOutcome, publish_ratchet
from covgate.host.github.pulls import GithubPulls
from covgate.host.github.repository import GithubData
from covgate.model.secret import Secret
from tests.support.github.clients import QUICK
from tests.support.github.pulls import FakePulls
from tests.support.github.server import FakeGithub
from tests.support.ratchet import CONFIG, TODAY, Run, text, tip


@pytest.fixture
def pulls(git_github: FakeGithub) -> FakePulls:
    git_github.git_data.seed({CONFIG: text(), "api/a.py": "1\n"}, parent=tip(git_github, "main"))
    return FakePulls(git_github)


@pytest.fixture
def run(git_github: FakeGithub, pulls: FakePulls) -> Run:
    """Publish proposals, each time as another run with connections of its own."""
    assert not pulls.pulls

    def publish(
        *raises: Raise,
        token: str = "ghs_workflow",  # noqa: S107  # no one's password
        name: str = "",
        held: tuple[str | None, ...] = (),
        config: str = CONFIG,
        today: date = TODAY,
    ) -> RatchetOutcome:
        where = {"api_url": git_github.url, "repository": git_github.repository}
        secret = Secret(value=token)
        with (
            GithubData(**where, token=secret, pace=QUICK) as data,
            GithubPulls(**where, token=secret, pace=QUICK) as ours,
        ):
            path, proposal = PurePosixPath(config), Proposal(raises=raises, held=held, seen=today)
            return publish_ratchet(data, ours, default_branch="main", config_path=path, name=name, proposal=proposal)

    return publish
