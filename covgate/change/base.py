"""The commit a change is compared with: the first parent, the queue's base, or the merge base, and how it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from covgate.errors import GitError, InputError
from covgate.host import EventKind, RunContext
from covgate.model import Base, BaseHow, Sha, Unavailable


class History(Protocol):
    """What finding the base needs of git."""

    def first_commit(self, refs: Sequence[str]) -> tuple[str, Sha] | None: ...
    def head(self) -> Sha: ...
    def parents(self, commit: Sha) -> tuple[Sha, ...]: ...
    def has_commit(self, commit: Sha) -> bool: ...
    def is_shallow(self) -> bool: ...
    def merge_base(self, one: Sha, other: Sha) -> Sha | None: ...
    def cut_off_commits(self, one: Sha, other: Sha, base: Sha | None) -> tuple[Sha, ...]: ...
    def default_branch(self) -> tuple[str, Sha] | None: ...
    def remote_name(self) -> str | None: ...
    def current_branch(self) -> str | None: ...
    def branches(self) -> tuple[str, ...]: ...
    def remote_branches(self) -> tuple[str, ...]: ...


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

    What the clone lacks is fetched from `remote`, just as much as is needed; a laptop's clone of all branches never
    goes to the network. Raises InputError for a `--base` that does not exist, GitError when the base is unknown, when
    the clone lacks commits that cannot be fetched, and when an event's head is not what is checked out.
    """
    search = _Search(git=git, context=context, remote=remote)
    if context.kind in _HEADS:
        search.require_head()
    if given:
        return search.given(given, source)
    return _FINDERS[context.kind](search)


_HEADS = {EventKind.PULL_REQUEST: "pull request", EventKind.MERGE_GROUP: "merge group"}
"""What an event with a head of its own is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """A clone, the run it is asked for, and where to fetch what it lacks."""

    git: History
    context: RunContext
    remote: Deepen | None

    def require_head(self) -> None:
        """See that HEAD is the event's head, or holds it: a step may have merged it, or committed on top."""
        wanted, head = self.context.head_sha, self.git.head()
        if wanted is not None and self._holds(head, wanted):
            return
        what = _HEADS[self.context.kind]
        raise GitError(
            f"HEAD is {head[:_SHOWN]}, which does not hold the {what}'s head {(wanted or 'unknown')[:_SHOWN]}: "
            "another commit is checked out",
            hint="leave `ref:` out of actions/checkout, or set it to `${{ github.event.pull_request.head.sha }}`; "
            "`ref: ${{ github.head_ref }}` names a branch of this repository, also where the pull request is a fork's"
            if self.context.kind is EventKind.PULL_REQUEST
            else "leave `ref:` out of actions/checkout",
            slug="head-not-checked-out",
        )

    # --- the ways to a base

    def given(self, ref: str, source: str) -> Base:
        commit = self._named(ref) or self._elsewhere(ref, source)
        return Base(sha=self._merge_base(commit, self.git.head()), how=BaseHow.GIVEN, ref=ref)

    def pull_request(self) -> Base | None:
        """GitHub checks out a merge of the pull request into the base's tip: its first parent is the base, exactly.

        The merge is made anew whenever the base moves, so the event's own base commit may be older.
        """
        head, ref = self.git.head(), self.context.base_ref
        parents = self.git.parents(head)
        if len(parents) == 2 and parents[1] == self.context.head_sha:  # noqa: PLR2004  # a merge has two parents
            self._bring(parents[0], depth="2")
            return Base(sha=parents[0], how=BaseHow.FIRST_PARENT, ref=ref)
        commit = self._event_base(depth="0")
        if commit is None:
            return None
        newer = self._merged_base(parents, commit)
        if newer is not None:
            how = BaseHow.FIRST_PARENT if newer == parents[0] else BaseHow.MERGE_BASE
            return Base(sha=newer, how=how, ref=ref)
        return Base(sha=self._merge_base(commit, head), how=BaseHow.MERGE_BASE, ref=ref)

    def merge_group(self) -> Base | None:
        commit = self._event_base(depth="0")
        return None if commit is None else Base(sha=commit, how=BaseHow.EVENT, ref=self.context.base_ref)

    def local(self) -> Base:
        """A laptop has nothing but its clone, and the remote it is of."""
        head = self.git.head()
        ref, commit = self.git.default_branch() or self._unusual_branch()
        short = ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
        return Base(sha=self._merge_base(commit, head), how=BaseHow.MERGE_BASE, ref=short)

    # --- the steps

    def _unusual_branch(self) -> tuple[str, Sha]:
        """Return what a clone without a default branch is compared with: its only branch, or what its remote says."""
        branches, cut = self.git.branches(), self.git.is_shallow() or bool(self.git.remote_branches())
        if len(branches) == 1 and not cut and (only := self.git.first_commit([f"refs/heads/{branches[0]}"])):
            # A repository of one branch, whatever its name; a clone of one branch says nothing of the others.
            return only
        found = self.remote.default_branch() if self.remote is not None and cut else None
        if found is None or isinstance(found, Unavailable):
            self._refuse_unknown(branches, found)
        name, commit = found
        self._bring(commit, depth="0")
        return f"{self.git.remote_name()}/{name}", commit

    def _event_base(self, *, depth: str) -> Sha | None:
        if self.context.base_sha is not None:
            self._bring(self.context.base_sha, depth=depth)
        return self.context.base_sha

    def _merged_base(self, parents: Sequence[Sha], known: Sha) -> Sha | None:
        """Return the side of a merge that is the base branch, when the other side alone holds the head.

        So it is where a step merges the base into the head, or where the branch moved on after the event. `known` is
        the base branch's commit of the event: compared with that, what came after it on the base would be the change.
        """
        wanted = self.context.head_sha
        if len(parents) != 2 or wanted is None or wanted == self.git.head():  # noqa: PLR2004  # a merge has two parents
            return None
        for own, other in (parents, parents[::-1]):
            if not self._holds(own, wanted):
                continue
            # Where the head is one parent, a clone of depth 1 ends before the other: what that holds is not known yet.
            self._bring(other, depth="0")
            if not self._holds(other, wanted) and self._holds(other, known):
                return other
        return None

    def _holds(self, commit: Sha, wanted: Sha) -> bool:
        """Whether `wanted` is the commit or an ancestor of it, as far as can be found out."""
        if wanted == commit:
            return True
        if not self.git.has_commit(commit):
            return False
        # Where a shallow clone ends, the commit still names its parents.
        if wanted in self.git.parents(commit):
            return True
        if not self.git.has_commit(wanted) and self.remote is not None and self.git.is_shallow():
            self.remote.fetch([wanted])
        # A complete clone holds all that its commits stand on.
        return self.git.has_commit(wanted) and self._meet(wanted, commit)[0] == wanted

    def _named(self, ref: str) -> Sha | None:
        """Return the commit that a name has in this clone.

        A branch comes before a tag of the same name, as it does where a remote is asked; with git the tag would win.
        """
        names = [f"refs/heads/{ref}", f"refs/remotes/{ref}", f"refs/remotes/{self.git.remote_name()}/{ref}", ref]
        if ref == "HEAD":
            names = [ref]
        found = self.git.first_commit(names)
        return found[1] if found else None

    def _elsewhere(self, ref: str, source: str) -> Sha:
        """Return the commit of a name this clone does not know, fetched from the remote."""
        local, shallow = self.context.local, self.git.is_shallow()
        partial = self.remote is not None and self.remote.partial
        found: Sha | Unavailable | None = None
        # A laptop's clone of all branches has what its remote had when it was last fetched.
        if self.remote is not None and (shallow or partial or not local):
            found = self.remote.tip(ref)
        if isinstance(found, str):
            self._bring(found, depth="0")
            return found
        hint = "name an existing branch, tag or commit; `git branch --all` lists the branches"
        if shallow and not local:
            hint = "the clone is shallow: set `fetch-depth: 0` on actions/checkout, so that other branches are there"
        elif shallow or partial:
            remote = self.git.remote_name()
            short = ref.removeprefix(f"{remote}/")
            hint = (
                "the clone follows some branches only; when the remote has this one, "
                f"`git fetch {remote} {short}:refs/remotes/{remote}/{short}` brings it"
            )
        why = f": {found.reason}" if found is not None else ""
        raise InputError(
            f"the base {ref!r} (from {source}) does not exist in this clone{why}", hint=hint, slug="base-not-found"
        )

    def _bring(self, commit: Sha, *, depth: str) -> None:
        """See that the clone holds a commit. `depth` is the fetch-depth that would have brought it along."""
        if self.git.has_commit(commit):
            return
        shallow = self.git.is_shallow()
        problem = "" if self.remote is None else self.remote.fetch([commit]) or ""
        if self.remote is not None and self.git.has_commit(commit):
            return
        where = "this clone, which is shallow" if shallow else "this clone"
        self._refuse(f"the base commit {commit[:_SHOWN]} is not in {where}", depth, problem)

    def _merge_base(self, one: Sha, other: Sha) -> Sha:
        """Return the best common ancestor, deepening a shallow clone until it is certain that none better is hidden."""
        found, hidden, problem = self._meet(one, other)
        if hidden:
            what = "for certain the nearest common ancestor" if found else "a common ancestor"
            self._refuse(
                f"the clone is shallow and does not show {what} of {one[:_SHOWN]} and {other[:_SHOWN]}", "0", problem
            )
        if found is None:
            raise GitError(
                f"{one[:_SHOWN]} and {other[:_SHOWN]} have no common ancestor",
                hint="compare with a branch this one was made from (`--base`)",
                slug="no-merge-base",
            )
        return found

    def _meet(self, one: Sha, other: Sha) -> tuple[Sha | None, tuple[Sha, ...], str]:
        """Return the best common ancestor the clone knows, after deepening it as far as that helps.

        With it, the commits behind which a better one may still hide, and why the clone could not be deepened.
        """
        found, hidden = self._common(one, other)
        problem = None
        for step in _STEPS:
            if self.remote is None or not hidden or problem is not None:
                break
            problem = self.remote.deepen(hidden, step)
            found, hidden = self._common(one, other)
        return found, hidden, problem or ""

    def _common(self, one: Sha, other: Sha) -> tuple[Sha | None, tuple[Sha, ...]]:
        """Return the best common ancestor this clone knows, and the commits behind which a better one may hide."""
        found = self.git.merge_base(one, other)
        # Nothing is better than one of the two itself.
        return found, () if found in {one, other} else self.git.cut_off_commits(one, other, found)

    # --- no way to a base

    def _refuse(self, what: str, depth: str, problem: str) -> NoReturn:
        local = "run `git fetch --unshallow`, or `git fetch` in a complete clone"
        raise GitError(
            what + (f", and it could not be fetched: {problem}" if problem else ""),
            hint=local if self.context.local else f"set `fetch-depth: {depth}` on actions/checkout",
            slug="shallow-clone",
        )

    def _refuse_unknown(self, branches: Sequence[str], asked: Unavailable | None) -> NoReturn:
        others = [name for name in (*self.git.remote_branches(), *branches) if name != "HEAD"]
        shown = list(dict.fromkeys(others))
        remote = self.git.remote_name() if asked is not None else None
        current = self.git.current_branch()
        example = next((name for name in branches if name != current), "BRANCH")
        raise GitError(
            "the base is unknown: nothing says which branch is the main one"
            + (f", and the remote {remote} could not be asked: {asked.reason}" if asked is not None else "")
            + (f" (branches here: {_listed(shown)})" if shown else ""),
            hint=f"name it: `--base {example}`"
            + (f"; or `git remote set-head {remote} --auto` when {remote} can be reached" if remote else ""),
            slug="base-unknown",
        )


_SHOWN = 12
"""How many digits of a commit id a message shows."""

_LISTED = 5
"""How many branches a message lists."""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _no_base(search: _Search) -> None:
    del search


_FINDERS = {
    EventKind.LOCAL: _Search.local,
    EventKind.PULL_REQUEST: _Search.pull_request,
    EventKind.MERGE_GROUP: _Search.merge_group,
    EventKind.BRANCH: _no_base,
}
