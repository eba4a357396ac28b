"""The comments of a pull request, as a forge offers them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedComment:
    """A comment as it stands on GitHub. `author` is the login, empty for an account that is gone."""

    id: int
    url: str
    author: str
    body: str


class PullRequestComments(Protocol):
    """What covgate needs of GitHub. Real: `GithubComments`. Methods raise PublishError, with a Refusal as slug."""

    def read_all(self) -> Iterator[PostedComment]:
        """Yield all comments, oldest first, page by page."""

    def create(self, body: str) -> PostedComment:
        """Post a new comment. Never repeated blindly: after UNREACHABLE it may be there all the same."""

    def edit(self, comment_id: int, body: str) -> PostedComment:
        """Replace the body of a comment."""

    def delete(self, comment_id: int) -> None:
        """Remove a comment."""

    def viewer(self) -> str:
        """Return the login the token belongs to."""
