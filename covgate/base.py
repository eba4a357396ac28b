"""The commit a change is compared with: the first parent, the queue's base, or the merge base, and how it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from covgate.context import EventKind, RunContext
from covgate.errors import GitError, InputError
from covgate.model import Base, BaseHow, Sha, Unavailable


class History(Protocol):
    """What finding the base needs of git."""

    def resolve(self, ref: str) -> Sha | None: ...
    def head(self) -> Sha: ...
    def parents(self, commit: Sha) -> tuple[Sha, ...]: ...
    def has_commit(self, commit: Sha) -> bool: ...
    def is_shallow(self) -> bool: ...
    def merge_base(self, one: Sha, other: Sha) -> Sha | None: ...
    def hidden(self, one: Sha, other: Sha, base: Sha | None) -> tuple[Sha, ...]: ...
    def default_branch(self) -> str | None: ...


class Deepen(Protocol):
    """The remote a clone came from. What goes wrong on the way is returned in words, never raised."""

    def fetch(self, commits: Sequence[Sha]) -> str | None: ...
    def deepen(self, cut: Sequence[Sha], by: int | None) -> str | None: ...
    def tip(self, name: str) -> Sha | Unavailable: ...
    def default_branch(self) -> tuple[str, Sha] | Unavailable: ...
    @property
    def partial(self) -> bool: ...


_STEPS = (50, 150, 600, 2400, None)
"""By how many more commits a shallow clone is deepened, one after the other; None: by all there are."""


def find_base(
    git: History, context: RunContext, given: str | None, source: str = "--base", remote: Deepen | None = None
) -> Base | None:
    """Find the base of a run; None for a branch run without `--base`, which has no change to judge.

    What a shallow clone lacks is fetched from `remote`, just as much as is needed; a complete clone on a laptop never
    goes to the network. Raises InputError for a `--base` that does not exist, GitError when the clone lacks the commits
    and they cannot be fetched.
    """
    search = _Search(git=git, context=context, remote=remote)
    if given:
        return search.given(given, source)
    return _FINDERS[context.kind](search)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """A clone, the run it is asked for, and where to fetch what it lacks."""

    git: History
    context: RunContext
    remote: Deepen | None

    # --- the ways to a base

    def given(self, ref: str, source: str) -> Base:
        commit = self.git.resolve(ref) or self.git.resolve(f"origin/{ref}") or self._elsewhere(ref, source)
        return Base(sha=self._merge_base(commit, self.git.head()), how=BaseHow.GIVEN, ref=ref)

    def pull_request(self) -> Base | None:
        """GitHub checks out a merge of the pull request into the base's tip: its first parent is the base, exactly.

        The merge is made anew whenever the base moves, so the event's own base commit may be older.
        """
        parents = self.git.parents(self.git.head())
        if len(parents) == 2 and parents[1] == self.context.head_sha:  # noqa: PLR2004  # a merge has two parents
            self._bring(parents[0], depth="2")
            return Base(sha=parents[0], how=BaseHow.FIRST_PARENT, ref=self.context.base_ref)
        commit = self._event_base(depth="0")
        if commit is None:
            return None
        base = self._merge_base(commit, self.git.head())
        return Base(sha=base, how=BaseHow.MERGE_BASE, ref=self.context.base_ref)

    def merge_group(self) -> Base | None:
        commit = self._event_base(depth="0")
        return None if commit is None else Base(sha=commit, how=BaseHow.EVENT, ref=self.context.base_ref)

    def local(self) -> Base:
        """A laptop has nothing but its clone."""
        head = self.git.head()
        branch = self.git.default_branch()
        commit = self.git.resolve(branch) if branch else None
        short = branch.removeprefix("refs/remotes/").removeprefix("refs/heads/") if branch else "HEAD"
        if commit is None and self.remote is not None and self.git.is_shallow():
            # A shallow clone follows one branch: that there is no other here says nothing.
            found = self.remote.default_branch()
            if isinstance(found, Unavailable):
                _refuse("the clone is shallow and holds no branch to compare with", "0", found.reason)
            short, commit = f"origin/{found[0]}", found[1]
            self._bring(commit, depth="0")
        if commit is None:
            # A lone branch of another name: what is not committed is the change.
            return Base(sha=head, how=BaseHow.MERGE_BASE, ref="HEAD")
        return Base(sha=self._merge_base(commit, head), how=BaseHow.MERGE_BASE, ref=short)

    # --- the steps

    def _event_base(self, *, depth: str) -> Sha | None:
        if self.context.base_sha is not None:
            self._bring(self.context.base_sha, depth=depth)
        return self.context.base_sha

    def _elsewhere(self, ref: str, source: str) -> Sha:
        """Return the commit of a name this clone does not know, fetched from the remote."""
        shallow = self.git.is_shallow()
        found: Sha | Unavailable | None = None
        if self.remote is not None and (shallow or (not self.context.local and self.remote.partial)):
            found = self.remote.tip(ref)
        if isinstance(found, str):
            self._bring(found, depth="0")
            return found
        hint = "name an existing branch, tag or commit; `git branch --all` lists the branches"
        if shallow:
            hint = "the clone is shallow: set `fetch-depth: 0` on actions/checkout, so that other branches are there"
        why = f": {found.reason}" if found is not None else ""
        raise InputError(
            f"the base {ref!r} (from {source}) does not exist in this clone{why}", hint=hint, slug="base-not-found"
        )

    def _bring(self, commit: Sha, *, depth: str) -> None:
        """See that the clone holds a commit. `depth` is the fetch-depth that would have brought it along."""
        if self.git.has_commit(commit):
            return
        shallow = self.git.is_shallow()
        problem = ""
        if self.remote is not None and (shallow or not self.context.local):
            problem = self.remote.fetch([commit]) or ""
            if self.git.has_commit(commit):
                return
        where = "this clone, which is shallow" if shallow else "this clone"
        _refuse(f"the base commit {commit[:12]} is not in {where}", depth, problem)

    def _merge_base(self, one: Sha, other: Sha) -> Sha:
        """Return the best common ancestor, deepening a shallow clone until it is certain that none better is hidden."""
        found, hidden = self._common(one, other)
        problem = None
        for step in _STEPS:
            if self.remote is None or not hidden or problem is not None:
                break
            problem = self.remote.deepen(hidden, step)
            found, hidden = self._common(one, other)
        if hidden:
            what = "for certain the nearest common ancestor" if found else "a common ancestor"
            _refuse(f"the clone is shallow and does not show {what} of {one[:12]} and {other[:12]}", "0", problem or "")
        if found is None:
            raise GitError(
                f"{one[:12]} and {other[:12]} have no common ancestor",
                hint="compare with a branch this one was made from (`--base`)",
                slug="no-merge-base",
            )
        return found

    def _common(self, one: Sha, other: Sha) -> tuple[Sha | None, tuple[Sha, ...]]:
        """Return the best common ancestor this clone knows, and the commits behind which a better one may hide."""
        found = self.git.merge_base(one, other)
        return found, self.git.hidden(one, other, found)


def _no_base(search: _Search) -> None:
    del search


_FINDERS = {
    EventKind.LOCAL: _Search.local,
    EventKind.PULL_REQUEST: _Search.pull_request,
    EventKind.MERGE_GROUP: _Search.merge_group,
    EventKind.BRANCH: _no_base,
}


def _refuse(what: str, depth: str, problem: str) -> NoReturn:
    raise GitError(
        what + (f", and it could not be fetched: {problem}" if problem else ""),
        hint=f"set `fetch-depth: {depth}` on actions/checkout"
        + (", or run `git fetch --unshallow`" if depth == "0" else ""),
        slug="shallow-clone",
    )
