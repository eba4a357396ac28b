"""The files of history on a branch, in a commit of it that this clone has fetched."""

from __future__ import annotations

from pathlib import PurePosixPath

from covgate.errors import GitError, HistoryError
from covgate.history.storage.places import Seen
from covgate.model import Sha
from covgate.system import GitCommand


class FetchedPlace:
    """The commit `tip`, which is called `shown` in messages: `origin/covgate-data`. Read only."""

    def __init__(self, git: GitCommand, tip: Sha, shown: str) -> None:
        self._git = git
        self._tip = tip
        self.where = f"the branch {shown}"

    def look(self) -> Seen:
        """See `Place`: git objects."""
        try:
            return Seen(paths=self._git.names(self._tip), read=self._read)
        except GitError as problem:
            raise self._unreadable(problem) from None

    def _read(self, path: PurePosixPath) -> bytes | None:
        try:
            return self._git.blobs(self._tip, [path]).get(path)
        except GitError as problem:
            raise self._unreadable(problem) from None

    def _unreadable(self, problem: GitError) -> HistoryError:
        return HistoryError(
            f"{self.where} cannot be read: {problem.message}", hint=problem.hint, slug="history-unreachable"
        )
