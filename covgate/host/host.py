"""The forge a run belongs to, as the rest of covgate sees it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from covgate.host.comments import PullRequestComments
from covgate.host.context import RunContext
from covgate.host.finished_run import Artifacts
from covgate.host.github.log import Runner
from covgate.host.pull_requests import PullRequests
from covgate.host.repository import RepositoryData
from covgate.model import Secret


class Host(Protocol):
    """A forge and its CI. What is opened needs the token; without one nothing may be opened."""

    @property
    def context(self) -> RunContext:
        """What started the run."""

    @property
    def log(self) -> Runner:
        """The channels of the CI's log, step outputs and summary."""

    @property
    def token(self) -> Secret | None:
        """What the forge is asked with; None on a laptop, or when the workflow handed none."""

    def comments(self, pull_request: int) -> AbstractContextManager[PullRequestComments]:
        """Open the comments of a pull request."""

    def repository(self) -> AbstractContextManager[RepositoryData]:
        """Open the repository's branches, commits and files."""

    def pull_requests(self) -> AbstractContextManager[PullRequests]:
        """Open the repository's pull requests."""

    def artifacts(self) -> AbstractContextManager[Artifacts]:
        """Open what the repository's workflow runs left."""

    def load_ahead(self) -> None:
        """Import what the methods above need: it takes most of half a second."""
