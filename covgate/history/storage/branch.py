"""The files of history on a branch of the repository, through GitHub's Git data API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from covgate.errors import HistoryError, PublishError
from covgate.history.storage.places import Files, Seen
from covgate.host import Refusal, RepositoryData, Tree
from covgate.model import Sha

LOST_ANSWERS = 3
"""How many writes may end without an answer before GitHub counts as unreachable."""


class BranchPlace:
    """The branch `branch`. A first write takes eight requests, others seven, and four more for each race lost."""

    def __init__(self, data: RepositoryData, branch: str) -> None:
        self._data = data
        self._branch = branch
        self._contents: dict[str, bytes] = {}
        """What was read, by blob."""
        self._uploaded: dict[bytes, str] = {}
        self._lost = 0
        """How many writes ended without an answer."""
        self.where = f"the branch {branch}"

    def look(self) -> Seen:
        """See `Place`: one request, two when there is no branch, and one for each file that is read."""
        with self._told_unreadable():
            tree = self._data.tree(self._branch)
            if tree is None:
                # A repository the token may not see has no branch for it either: not to be taken for a beginning.
                self._data.confirm_visible()
        return self._seen(tree or Tree(blobs={}), None)

    @contextmanager
    def changing(self, folder: PurePosixPath) -> Iterator[Seen | None]:
        """See `WritablePlace`: what the branch's tip holds."""
        del folder
        with self._told_unreadable():
            tip = self._data.tip(self._branch)
            tree = self._data.tree(tip) if tip else Tree(blobs={})
        # A tip without files was moved away just now. It is no empty branch: that one's history would be replaced.
        yield None if tree is None else self._seen(tree, tip)

    def commit(self, seen: Seen, files: Files, message: str) -> bool:
        """See `WritablePlace`: one commit on top of the one that was seen."""
        try:
            for content in files.values():
                if isinstance(content, bytes) and content not in self._uploaded:
                    self._uploaded[content] = self._data.add_blob(content)
            return self._data.commit(
                self._branch,
                (seen.tip,) if seen.tip else (),
                {path: content for path, content in files.items() if not isinstance(content, bytes)},
                {path: self._uploaded[content] for path, content in files.items() if isinstance(content, bytes)},
                message,
                new_branch=seen.tip is None,
            )
        except PublishError as problem:
            # It may have been done all the same: the next look tells.
            self._lost += 1
            if problem.slug != Refusal.UNREACHABLE or self._lost > LOST_ANSWERS:
                raise self._not_written(problem) from None
            return False

    def _seen(self, tree: Tree, tip: Sha | None) -> Seen:
        blobs = tree.blobs
        self._contents = {blob: self._contents[blob] for blob in blobs.values() if blob in self._contents}

        def read(path: PurePosixPath) -> bytes | None:
            blob = blobs.get(path)
            if blob is not None and blob not in self._contents:
                with self._told_unreadable():
                    self._contents[blob] = self._data.blob(blob)
            return None if blob is None else self._contents[blob]

        return Seen(paths=blobs.keys(), read=read, tip=tip)

    @contextmanager
    def _told_unreadable(self) -> Iterator[None]:
        try:
            yield
        except PublishError as problem:
            forbidden = problem.slug == Refusal.READ_ONLY
            raise HistoryError(
                f"{self.where} cannot be read: {'the token may not' if forbidden else problem.message}",
                hint="give the job `permissions: contents: read` (to record: `contents: write`)"
                if forbidden
                else problem.hint,
                slug="history-unreachable",
            ) from None

    def _not_written(self, problem: PublishError) -> HistoryError:
        forbidden = problem.slug == Refusal.READ_ONLY
        return HistoryError(
            f"{self.where} cannot be written: {problem.message}",
            hint="give the job `permissions: contents: write`; where no token can have that, keep the history in a "
            "folder with history-dir"
            if forbidden
            else problem.hint,
            slug="history-read-only" if forbidden else "history-unreachable",
        )
