"""GitHub's compare endpoint, answered by a real repository."""

from __future__ import annotations

from collections.abc import Collection

from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import Compared
from covgate.model.commit import Sha
from tests.support.git import Repository


class ComparedByGit:
    """Answers `compare` as GitHub does: a list of at most `limit` commits, and 404 for a commit that is gone."""

    def __init__(self, repository: Repository, *, limit: int = 250, gone: Collection[Sha] = ()) -> None:
        self._repository = repository
        self._git = repository.command
        self._limit = limit
        self._gone = frozenset(gone)
        self.asked: list[tuple[Sha, Sha]] = []
        self.refusal: Refusal | None = None
        """What every request is refused with, when it is set."""

    def compare(self, base: Sha, head: Sha) -> Compared:
        self.asked.append((base, head))
        if self.refusal or self._gone & {base, head}:
            raise publish_error(self.refusal or Refusal.NOT_FOUND, "comparing two commits")
        ahead, behind = self._sides(base, head)
        merge_base = self._git.merge_base(base, head) if behind else base
        # GitHub: of a long list, the newest commits are given, the oldest of them first.
        commits = dict(reversed(list(ahead.items())[: self._limit]))
        return Compared(merge_base=merge_base, ahead_by=len(ahead), behind_by=behind, commits=commits)

    def _sides(self, base: Sha, head: Sha) -> tuple[dict[Sha, tuple[Sha, ...]], int]:
        """Return what head has and base has not, and how many commits it is the other way round."""
        out = self._repository.git("rev-list", "--left-right", "--parents", f"{base}...{head}")
        lines = [line.split() for line in out.splitlines()]
        ahead = {Sha(sha[1:]): tuple(map(Sha, parents)) for sha, *parents in lines if sha.startswith(">")}
        return ahead, len(lines) - len(ahead)
