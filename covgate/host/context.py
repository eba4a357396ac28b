"""What started a run, whatever the forge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from covgate.model import Secret, Sha
from covgate.system import Access


class EventKind(StrEnum):
    """The kinds of run covgate can judge."""

    LOCAL = "local"
    PULL_REQUEST = "pull-request"
    MERGE_GROUP = "merge-group"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """Where and why covgate runs.

    `head_sha` is the commit people see (the pull request's head, which is not the merge commit GitHub checks out).
    `run_id` and `run_attempt` order racing runs; both are 0 on a laptop.
    """

    kind: EventKind
    event: str = ""
    repository: str = ""
    """`owner/name`, or empty on a laptop."""
    server_url: str = "https://github.com"
    api_url: str = "https://api.github.com"
    head_sha: Sha | None = None
    base_sha: Sha | None = None
    base_ref: str = ""
    pull_request: int | None = None
    """Of a merge group the one it ends with, where its branch tells."""
    fork: bool = False
    """The pull request comes from another repository: GitHub gives its runs a token that can only read."""
    run_id: int = 0
    run_attempt: int = 0
    commit: Sha | None = None
    """The commit GitHub started the run for (GITHUB_SHA); None on a laptop."""
    branch: str = ""
    """The branch the run is of, for a run that has no change to judge; empty for a tag, or on a laptop."""
    default_branch: str = ""
    """The repository's default branch when the event happened; empty when the event does not say."""

    @property
    def on_default_branch(self) -> bool:
        """Whether what is measured here is the default branch itself: the runs that are recorded."""
        return self.kind is EventKind.BRANCH and bool(self.branch) and self.branch == self.default_branch

    @property
    def local(self) -> bool:
        """On a laptop, where uncommitted changes belong to the change."""
        return self.kind is EventKind.LOCAL

    @property
    def run_url(self) -> str | None:
        """The page of this workflow run, or None on a laptop."""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}" if self.run_id else None


def access_of(context: RunContext, token: Secret | None) -> Access | None:
    """Return the way to the repository of a workflow run; None on a laptop, or without a token."""
    if token is None or not context.repository or urlsplit(context.server_url).scheme not in {"http", "https"}:
        return None
    return Access(server_url=context.server_url, repository=context.repository, token=token)
