"""The nearest recorded ancestor, as far as GitHub's comparisons with the base tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from covgate.host import Compared
from covgate.model import Record, Sha

Parents = Mapping[Sha, tuple[Sha, ...]]
"""Commits, each with its parents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A recorded ancestor of the base, and how many commits the base has that it has not."""

    record: Record
    behind: int

    def rank(self) -> tuple[int, float, str]:
        """Sort key: nearest first; of equals the newest, then by name, so that every run chooses the same."""
        return self.behind, -self.record.date.timestamp(), self.record.sha


class Search:
    """The recorded ancestors of one base that comparisons have shown so far."""

    def __init__(self, base: Sha, records: Sequence[Record]) -> None:
        self._base = base
        self._records = {record.sha: record for record in records}
        self._counted: dict[Sha, Near] = {}
        self._open: dict[Sha, Near] = {}
        """Ancestors that were not counted yet: they are at least so far behind."""

    def result(self) -> Near | None:
        """Return the nearest ancestor so far."""
        return min(self._counted.values(), key=Near.rank, default=None)

    def next_open(self) -> Sha | None:
        """Return an ancestor that may be nearer than the nearest so far; None when there is none."""
        nearest = min([*self._open.values(), *self._counted.values()], key=Near.rank, default=None)
        return nearest.record.sha if nearest and nearest.record.sha in self._open else None

    def add(self, compared: Compared) -> None:
        """Take in the comparison of a record with the base; their merge base is the record itself, if an ancestor.

        The merge base and all listed commits are ancestors of the base.
        """
        fork, commits, ahead = compared.merge_base, compared.commits, compared.ahead_by
        if len(commits) != ahead:
            # GitHub lists 250 commits at most. How far behind these are, the rest of the list would tell.
            for sha in commits:
                self._note(sha, 1, counted=False)
            self._note(fork, ahead, counted=compared.behind_by == 0)
            return
        # Usually the base has the listed commits, the merge base and its ancestors, and nothing else:
        #
        #     o --- fork --- a --- b --- base       listed: a, b, base
        #              `---- record
        #
        # Otherwise a listed commit has a parent that is neither listed nor the merge base. It is missing from the list
        # because the record has merged it too:
        #
        #     o --- fork --- a ------- base         listed: a, base; x is an ancestor of both
        #        `-- x --------------'
        #              `---- record (merged fork and x)
        parents = {parent for parents in commits.values() for parent in parents}
        is_all = compared.behind_by == 0 or parents <= {fork, *commits}
        if is_all:
            # What is not listed is the merge base or an ancestor of it, and so never nearer than what was found here.
            self._open = {}
        self._note(fork, ahead, counted=is_all)
        for sha in self._find_first_records(commits):
            own = _with_ancestors(sha, commits)
            behind = ahead - len(own & commits.keys())
            # Without the merge base it is a side line that began further back, and lacks more than is listed.
            self._note(sha, behind, counted=is_all and fork in own)

    def _note(self, sha: Sha | None, behind: int, *, counted: bool) -> None:
        """Keep an ancestor, if it is recorded."""
        if sha is None or sha not in self._records or sha in self._counted:
            return
        near = Near(record=self._records[sha], behind=behind)
        self._open.pop(sha, None)
        (self._counted if counted else self._open)[sha] = near

    def _find_first_records(self, commits: Parents) -> Iterable[Sha]:
        """Find the records that are reached from the base without meeting another.

        The others are ancestors of one of these, and so further behind.
        """
        seen = {self._base}
        waiting = [self._base]
        while waiting:
            for parent in commits.get(waiting.pop(), ()):
                if parent in seen or parent not in commits:
                    continue
                seen.add(parent)
                if parent in self._records:
                    yield parent
                else:
                    waiting.append(parent)


def _with_ancestors(sha: Sha, commits: Parents) -> set[Sha]:
    """Return a commit and its ancestors, as far as they are listed, and the parents at which the list ends."""
    found = {sha}
    waiting = [sha]
    while waiting:
        new = [parent for parent in commits.get(waiting.pop(), ()) if parent not in found]
        found.update(new)
        waiting += new
    return found
