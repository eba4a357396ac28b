"""The branches, commits and files of a repository, as a forge offers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from covgate.model import Sha

MOST_COMMITS = 250
"""How many commits one answer of the compare endpoint lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How `head` relates to `base`, as GitHub's compare endpoint says."""

    merge_base: Sha | None
    """The best common ancestor; None when there is none: then the counts are unknown, and 0."""
    ahead_by: int
    """How many commits head has that base has not."""
    behind_by: int
    """How many commits base has that head has not: 0 when base is an ancestor of head."""
    commits: Mapping[Sha, tuple[Sha, ...]]
    """The commits that head has and base has not, with their parents. GitHub lists at most 250 in one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files of a branch or commit: the blob of each path."""

    blobs: Mapping[PurePosixPath, str]


class RepositoryData(Protocol):
    """What covgate needs of a repository beside comments. Methods raise PublishError, with a Refusal as slug."""

    def tip(self, branch: str) -> Sha | None:
        """Return the commit a branch points to, or None when there is no such branch."""

    def tree(self, ref: str) -> Tree | None:
        """Return all files of a branch or commit in one request, or None when there is no such thing.

        More files than GitHub lists at once (100,000) are a PublishError, REFUSED.
        """

    def confirm_visible(self) -> None:
        """Raise PublishError, NOT_FOUND, when the token may not see the repository: one request."""

    def blob(self, blob: str) -> bytes:
        """Return a blob's content, of up to 100 MB (GitHub's limit)."""

    def compare(self, base: Sha, head: Sha) -> Compared:
        """Compare two commits in one request. An unknown commit is a PublishError, NOT_FOUND."""

    def add_blob(self, content: bytes) -> str:
        """Store a blob that a commit will use, and return its id."""

    def commit(
        self,
        branch: str,
        parents: tuple[Sha, ...],
        files: Mapping[PurePosixPath, str | None],
        blobs: Mapping[PurePosixPath, str],
        message: str,
        *,
        new_branch: bool,
    ) -> bool:
        """Commit on top of `parents` and move the branch there, as a fast-forward or as a new branch.

        The tree is the first parent's with `files` (text; None removes the file, which has to be there) and `blobs`
        (ids of stored blobs) put in; without parents it holds nothing else. False when another run moved or made the
        branch first: nothing was changed. Never forces.
        """
