"""The search for the nearest recorded ancestor, as comparisons with the base come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from covgate.edges.github_data import Compared
from covgate.model import Sha
from covgate.recorded import Record

Parents = Mapping[Sha, tuple[Sha, ...]]
"""Commits, each with its parents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A recorded ancestor of the base, and how many commits the base has that it has not."""

    record: Record
    behind: int


class Search:
    """What is known so far about the records of one base.

    Notation: A(x) is the set of x and its ancestors. A record r is as far behind as A(base) without A(r) is large, so
    the nearest ancestor is the one with the most ancestors of its own. For a record c that was compared, D is A(base)
    without A(c): a nearer record than an ancestor c is no ancestor of c, and so is in D.
    """

    def __init__(self, base: Sha, records: Sequence[Record]) -> None:
        self._base = base
        self._records = {record.sha: record for record in records}
        self._best: tuple[Sha, int] | None = None
        self._settled: set[Sha] = set()
        self._open: dict[Sha, int] = {}
        """Ancestors of which only the least they can be behind is known."""

    def result(self) -> Near | None:
        """Return the nearest ancestor so far."""
        return Near(record=self._records[self._best[0]], behind=self._best[1]) if self._best else None

    def next_open(self) -> Sha | None:
        """Return an ancestor that may be nearer than the nearest so far; None when there is none."""
        if not self._open:
            return None
        sha, least = min(self._open.items(), key=lambda item: self._rank(*item))
        return sha if self._best is None or self._rank(sha, least) < self._rank(*self._best) else None

    def add_ancestor(self, sha: Sha, commits: Parents, *, ahead: int) -> None:
        """Take in that `sha` is an ancestor, `ahead` commits behind the base, with as many of D as were listed."""
        self._settle(sha, ahead)
        if self._best != (sha, ahead):
            return
        if len(commits) != ahead:
            # All that is listed is an ancestor; how far behind, the gaps do not tell.
            self._suggest(dict.fromkeys(self._recorded(commits), 1))
            return
        self._open = {}
        for record, inside, outside in self._tops(commits):
            behind = ahead - len(inside)
            if sha in outside:
                # It has all of A(sha), which is everything outside of D.
                self._settle(record, behind)
            else:
                self._suggest({record: behind + 1})

    def add_stranger(self, sha: Sha, compared: Compared) -> None:
        """Take in that `sha` is no ancestor. The merge base is one, and so is all that was listed."""
        self._settled.add(sha)
        self._open.pop(sha, None)
        fork, commits, ahead = compared.merge_base, compared.commits, compared.ahead_by
        if len(commits) != ahead:
            self._suggest(dict.fromkeys(self._recorded(commits), 1))
            self._suggest(dict.fromkeys(self._recorded([fork] if fork else []), ahead))
            return
        beyond = {parent for parents in commits.values() for parent in parents} - set(commits)
        # With one way out of D, everything outside of it that belongs to the base is A(fork).
        sole = beyond <= {fork}
        for record, inside, outside in self._tops(commits):
            behind = ahead - len(inside)
            if sole and outside == beyond:
                self._settle(record, behind)
            else:
                self._suggest({record: behind})
        for record in self._recorded([fork] if fork else []):
            if sole:
                self._settle(record, ahead)
            else:
                self._suggest({record: ahead})

    def _settle(self, sha: Sha, behind: int) -> None:
        self._settled.add(sha)
        self._open.pop(sha, None)
        if self._best is None or self._rank(sha, behind) < self._rank(*self._best):
            self._best = (sha, behind)

    def _suggest(self, least: Mapping[Sha, int]) -> None:
        self._open.update({sha: behind for sha, behind in least.items() if sha not in self._settled})

    def _recorded(self, commits: Iterable[Sha]) -> list[Sha]:
        return [sha for sha in commits if sha in self._records]

    def _rank(self, sha: Sha, behind: int) -> tuple[int, float, str]:
        """Nearest first; of equals the newest, then by name, so that every run chooses the same."""
        return behind, -self._records[sha].date.timestamp(), sha

    def _tops(self, commits: Parents) -> list[tuple[Sha, set[Sha], set[Sha]]]:
        """Return the records among `commits` that are reached from the base without meeting another.

        The others are ancestors of one of these, and so further behind. Each comes with those of `commits` it has, and
        with the parents of these that are none of `commits`.
        """
        found: list[Sha] = []
        seen = {self._base}
        waiting = [self._base]
        while waiting:
            for parent in commits.get(waiting.pop(), ()):
                if parent in seen or parent not in commits:
                    continue
                seen.add(parent)
                (found if parent in self._records else waiting).append(parent)
        return [(sha, *_reach(sha, commits)) for sha in found]


def _reach(sha: Sha, commits: Parents) -> tuple[set[Sha], set[Sha]]:
    inside = {sha}
    outside: set[Sha] = set()
    waiting = [sha]
    while waiting:
        for parent in commits[waiting.pop()]:
            if parent not in commits:
                outside.add(parent)
            elif parent not in inside:
                inside.add(parent)
                waiting.append(parent)
    return inside, outside
