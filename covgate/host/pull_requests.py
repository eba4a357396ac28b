"""The pull requests of a repository, as a forge offers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from covgate.model import Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request as it stands on GitHub."""

    number: int
    url: str
    title: str
    body: str
    head: Sha
    """The commit its branch points to, or pointed to when it was closed."""
    merged: bool = False
    """Of a closed one: whether it was merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPull:
    """A pull request by where it comes from: a branch of this repository, or of a fork."""

    number: int
    repository: str
    """`owner/name` of its branch; empty when the fork was deleted."""
    branch: str
    head: Sha
    base: str
    """The branch it goes to."""
    merge: Sha | None
    """The commit GitHub made of both last, for workflows to check out."""
    is_open: bool


class PullRequests(Protocol):
    """What covgate needs of pull requests. Real: `GithubPulls`. Methods raise PublishError, with a Refusal as slug."""

    def find_open(self, head_branch: str, base: str) -> PullRequest | None:
        """Return the open pull request from `head_branch` of this repository into `base`; there is at most one."""

    def find_closed(self, head_branch: str, base: str) -> PullRequest | None:
        """Return the newest one of the same branches that was closed or merged."""

    def of_branch(self, repository: str, branch: str) -> tuple[BranchPull, ...]:
        """Return the open pull requests from a branch of `repository` (`owner/name`), else the closed ones."""

    def open(self, head_branch: str, base: str, title: str, body: str) -> PullRequest | None:
        """Open a pull request; None when there is one already. After UNREACHABLE it may be there all the same."""

    def edit(self, number: int, title: str, body: str) -> None:
        """Replace the title and the body."""

    def retire(self, number: int, title: str, body: str) -> None:
        """Close, and replace the title and the body."""

    def commit_message(self, sha: Sha) -> str:
        """Return the whole message of a commit."""
