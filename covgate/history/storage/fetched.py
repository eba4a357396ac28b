"""History on a branch, read from a commit of it that this clone has fetched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from covgate.errors import GitError, HistoryError
from covgate.history.storage.history_file import MARKER, HistoryFile, Layout, check_ours, parse_history, parse_lines
from covgate.model import History, LineRecord, Sha
from covgate.system import GitCommand


class GitSource:
    """The history at the commit `tip`, which is called `shown` in messages: `origin/covgate-data`. Read only."""

    def __init__(self, git: GitCommand, tip: Sha, shown: str, *, name: str = "") -> None:
        self._git = git
        self._tip = tip
        self._shown = shown
        self._layout = Layout(name)

    @property
    def where(self) -> str:
        """The branch, as it was fetched."""
        return f"the branch {self._shown}"

    def read(self) -> History:
        """Return everything, from git objects."""
        found = self._blobs([MARKER, self._layout.history])
        if MARKER not in found:
            check_ours(self._names(), self.where)
        data = found.get(self._layout.history)
        return (HistoryFile() if data is None else parse_history(data, self._layout, self.where)).history

    def read_lines(self, sha: Sha) -> LineRecord | None:
        """Return a commit's line record, or None when it is not kept."""
        path = self._layout.lines(sha)
        data = self._blobs([path]).get(path)
        return None if data is None else parse_lines(data, sha, self._layout, self.where)

    def _blobs(self, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, bytes]:
        try:
            return self._git.blobs(self._tip, paths)
        except GitError as problem:
            raise self._unreadable(problem) from None

    def _names(self) -> tuple[PurePosixPath, ...]:
        try:
            return self._git.names(self._tip)
        except GitError as problem:
            raise self._unreadable(problem) from None

    def _unreadable(self, problem: GitError) -> HistoryError:
        return HistoryError(
            f"{self.where} cannot be read: {problem.message}", hint=problem.hint, slug="history-unreachable"
        )
