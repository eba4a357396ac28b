"""GitHub's compare endpoint, answered by a real repository."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from covgate.edges.github_data import Compared, Tree
from covgate.edges.github_session import Refusal, publish_error
from covgate.model import Sha, parse_sha
from tests.repository import Repository


class ComparedByGit:
    """Answers `compare` as GitHub does: a list of at most `limit` commits, and 404 for a commit that is gone.

    The rest of RepositoryData is there for its type; nothing that compares asks for it.
    """

    def __init__(self, repository: Repository, *, limit: int = 250, gone: Collection[Sha] = ()) -> None:
        self._repository = repository
        self._limit = limit
        self._gone = frozenset(gone)
        self.asked: list[tuple[Sha, Sha]] = []
        self.refusal: Refusal | None = None
        """What every request is refused with, when it is set."""

    def compare(self, base: Sha, head: Sha) -> Compared:
        self.asked.append((base, head))
        if self.refusal or self._gone & {base, head}:
            raise publish_error(self.refusal or Refusal.NOT_FOUND, "comparing two commits")
        git = self._repository.command
        merge_base = git.merge_base(base, head)
        # GitHub: of a long list, the newest commits are given, the oldest of them first.
        commits = list(git.between(base, head).items())
        return Compared(
            merge_base=merge_base,
            ahead_by=len(commits),
            behind_by=int(self._repository.git("rev-list", "--count", f"{head}..{base}")),
            commits=dict(reversed(commits[: self._limit])),
        )

    def tip(self, branch: str) -> Sha | None:
        return parse_sha(self._repository.git("rev-parse", branch))

    def tree(self, ref: str) -> Tree | None:
        raise NotImplementedError(ref)

    def blob(self, blob: str) -> bytes:
        raise NotImplementedError(blob)

    def add_blob(self, content: bytes) -> str:
        raise NotImplementedError(content)

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
        raise NotImplementedError(branch)
