"""History on a branch of the repository, read and written through GitHub's Git data API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from random import Random

from covgate.errors import HistoryError, PublishError
from covgate.history.storage.history_file import HistoryFile, Layout, check_ours, parse_history, parse_lines
from covgate.history.storage.places import Build, Commit, Plan, RunToRecord, plan_import, plan_record
from covgate.host import Refusal, RepositoryData, Tree
from covgate.model import History, LineRecord, Point, Sha

TRIES = 120
"""Of fifty runs that write at once, the last to win needs about half as many."""
LOST_ANSWERS = 3
"""How many writes may end without an answer before GitHub counts as unreachable."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 4.0
"""Seconds; a pause is anything up to a bound that doubles from the one to the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What the branch holds at one commit; no tip: there is no branch."""

    tip: Sha | None
    ours: bool
    file: HistoryFile
    blobs: dict[PurePosixPath, str]
    lines: frozenset[PurePosixPath]

    def same(self, path: PurePosixPath, content: bytes) -> bool:
        """Compare by the id git gives to content."""
        return (
            self.blobs.get(path)
            == hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        )


class BranchStore:
    """The history on `branch`; `limit` is for how many records the lines are kept, `name` the report's."""

    def __init__(
        self,
        data: RepositoryData,
        branch: str,
        *,
        limit: int,
        wait: Callable[[float], None],
        random: Random,
        name: str = "",
    ) -> None:
        self._data = data
        self._branch = branch
        self._limit = limit
        self._wait = wait
        self._random = random
        self._layout = Layout(name)
        self._tree: Tree | None = None
        self._known: dict[str, HistoryFile] = {}
        """The history that was read last, by its blob."""
        self._uploaded: dict[bytes, str] = {}

    @property
    def where(self) -> str:
        """The branch."""
        return f"the branch {self._branch}"

    def read(self) -> History:
        """Return everything: two requests, also when there is no branch."""
        try:
            self._tree = self._data.tree(self._branch)
            if self._tree is None:
                # A repository the token may not see has no branch for it either: not to be taken for a beginning.
                self._data.confirm_visible()
                self._tree = Tree(blobs={})
            check_ours(self._tree.blobs.keys(), self.where)
            return self._file(self._tree).history
        except PublishError as problem:
            raise self._not_read(problem) from None

    def read_lines(self, sha: Sha) -> LineRecord | None:
        """Return a commit's line record, or None when it is not kept: one request more than `read`."""
        if self._tree is None:
            self.read()
        blob = self._tree.blobs.get(self._layout.lines(sha)) if self._tree else None
        if blob is None:
            return None
        try:
            return parse_lines(self._data.blob(blob), sha, self._layout, self.where)
        except PublishError as problem:
            raise self._not_read(problem) from None

    def append(self, entry: RunToRecord, build: Build) -> None:
        """Record a run in one commit: seven requests, eight the first time, four more for each race that is lost."""
        self._write(plan_record(entry, build, self._layout, self._limit))

    def add_imported(self, points: tuple[Point, ...], start: History, build: Build) -> None:
        """Take imported points in, in one commit."""
        self._write(plan_import(points, start, build, self._layout))

    def _write(self, plan: Plan) -> None:
        """Look, plan and commit until the branch moved from the commit that was looked at to ours."""
        lost = 0
        bound = FIRST_PAUSE
        for _ in range(TRIES):
            try:
                if self._try(plan):
                    return
            except PublishError as problem:
                # It may have been done all the same: the next look tells.
                lost += 1
                if problem.slug != Refusal.UNREACHABLE or lost > LOST_ANSWERS:
                    raise self._not_written(problem) from None
            self._wait(self._random.uniform(0, bound))
            bound = min(2 * bound, LONGEST_PAUSE)
        raise HistoryError(
            f"{self.where} was moved by other runs each of the {TRIES} times this one was about to",
            hint="run the job again; if it goes on, see what else writes to the branch",
            slug="history-contended",
        )

    def _try(self, plan: Plan) -> bool:
        """Look, plan and commit once; True when nothing is left to do. Raises PublishError when the write failed."""
        try:
            held = self._look()
        except PublishError as problem:
            raise self._not_read(problem) from None
        if held is None:
            return False
        change = plan(held)
        return change is None or self._commit(held, change)

    def _look(self) -> _Held | None:
        """Return what is there; None when the branch was moved away while it was looked at."""
        # What is read again later is what will be there then.
        self._tree = None
        tip = self._data.tip(self._branch)
        tree = self._data.tree(tip) if tip else Tree(blobs={})
        if tree is None:
            # Never to be taken for an empty branch: its history would be replaced.
            return None
        ours = check_ours(tree.blobs.keys(), self.where)
        lines = frozenset(path for path in tree.blobs if path.parent == self._layout.lines_folder)
        return _Held(tip=tip, ours=ours, file=self._file(tree), blobs=dict(tree.blobs), lines=lines)

    def _file(self, tree: Tree) -> HistoryFile:
        blob = tree.blobs.get(self._layout.history)
        if blob is None:
            return HistoryFile()
        if blob not in self._known:
            self._known = {blob: parse_history(self._data.blob(blob), self._layout, self.where)}
        return self._known[blob]

    def _commit(self, held: _Held, change: Commit) -> bool:
        for content in change.contents.values():
            if content not in self._uploaded:
                self._uploaded[content] = self._data.add_blob(content)
        return self._data.commit(
            self._branch,
            (held.tip,) if held.tip else (),
            {**change.texts, **dict.fromkeys(change.removed)},
            {path: self._uploaded[content] for path, content in change.contents.items()},
            change.message,
            new_branch=held.tip is None,
        )

    def _not_read(self, problem: PublishError) -> HistoryError:
        forbidden = problem.slug == Refusal.READ_ONLY
        hint = (
            "give the job `permissions: contents: read` (to record: `contents: write`)" if forbidden else problem.hint
        )
        why = "the token may not" if forbidden else problem.message
        return HistoryError(f"{self.where} cannot be read: {why}", hint=hint, slug="history-unreachable")

    def _not_written(self, problem: PublishError) -> HistoryError:
        if problem.slug == Refusal.READ_ONLY:
            return HistoryError(
                f"{self.where} cannot be written: {problem.message}",
                hint="give the job `permissions: contents: write`; where no token can have that, keep the history in a "
                "folder with history-dir",
                slug="history-read-only",
            )
        return HistoryError(
            f"{self.where} cannot be written: {problem.message}", hint=problem.hint, slug="history-unreachable"
        )
