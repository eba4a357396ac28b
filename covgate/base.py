"""The commit a change is compared with: the first parent, the queue's base, or the merge base, and how it was found."""

from __future__ import annotations

from typing import Protocol

from covgate.context import EventKind, RunContext
from covgate.errors import GitError, InputError
from covgate.model import Base, BaseHow, Sha


class History(Protocol):
    """What finding the base needs of git."""

    def resolve(self, ref: str) -> Sha | None: ...
    def head(self) -> Sha: ...
    def parents(self, commit: Sha) -> tuple[Sha, ...]: ...
    def has_commit(self, commit: Sha) -> bool: ...
    def is_shallow(self) -> bool: ...
    def merge_base(self, one: Sha, other: Sha) -> Sha | None: ...
    def default_branch(self) -> str | None: ...


def find_base(git: History, context: RunContext, given: str | None, source: str = "--base") -> Base | None:
    """Find the base of a run; None for a branch run without `--base`, which has no change to judge.

    Raises InputError for a `--base` that does not exist, GitError when the clone lacks the commits.
    """
    if given:
        return _given(git, given, source)
    return _FINDERS[context.kind](git, context)


def _given(git: History, ref: str, source: str) -> Base:
    commit = git.resolve(ref) or git.resolve(f"origin/{ref}")
    if commit is None:
        hint = "name an existing branch, tag or commit; `git branch --all` lists the branches"
        if git.is_shallow():
            hint = "the clone is shallow: set `fetch-depth: 0` on actions/checkout, so that other branches are there"
        raise InputError(
            f"the base {ref!r} (from {source}) does not exist in this clone", hint=hint, slug="base-not-found"
        )
    return Base(sha=_merge_base(git, commit, git.head()), how=BaseHow.GIVEN, ref=ref)


def _pull_request(git: History, context: RunContext) -> Base | None:
    """GitHub checks out a merge of the pull request into the base's tip: its first parent is the base, exactly.

    The merge is made anew whenever the base moves, so the event's own base commit may be older.
    """
    head = git.head()
    parents = git.parents(head)
    if len(parents) == 2 and parents[1] == context.head_sha:  # noqa: PLR2004  # a merge has two parents
        _require(git, parents[0], depth="2")
        return Base(sha=parents[0], how=BaseHow.FIRST_PARENT, ref=context.base_ref)
    return _event(git, context, how=BaseHow.MERGE_BASE)


def _event(git: History, context: RunContext, *, how: BaseHow = BaseHow.EVENT) -> Base | None:
    if context.base_sha is None:
        return None
    _require(git, context.base_sha, depth="0")
    if how is BaseHow.EVENT:
        return Base(sha=context.base_sha, how=how, ref=context.base_ref)
    return Base(sha=_merge_base(git, context.base_sha, git.head()), how=how, ref=context.base_ref)


def _merge_group(git: History, context: RunContext) -> Base | None:
    return _event(git, context)


def _local(git: History, context: RunContext) -> Base | None:
    del context  # a laptop has nothing but its clone
    head = git.head()
    branch = git.default_branch()
    commit = git.resolve(branch) if branch else None
    if branch is None or commit is None:
        # A lone branch of another name: what is not committed is the change.
        return Base(sha=head, how=BaseHow.MERGE_BASE, ref="HEAD")
    short = branch.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    return Base(sha=_merge_base(git, commit, head), how=BaseHow.MERGE_BASE, ref=short)


def _branch(git: History, context: RunContext) -> Base | None:
    del git, context
    return None


_FINDERS = {
    EventKind.LOCAL: _local,
    EventKind.PULL_REQUEST: _pull_request,
    EventKind.MERGE_GROUP: _merge_group,
    EventKind.BRANCH: _branch,
}


def _require(git: History, commit: Sha, *, depth: str) -> None:
    if git.has_commit(commit):
        return
    raise GitError(
        f"the base commit {commit[:12]} is not in this clone" + (", which is shallow" if git.is_shallow() else ""),
        hint=f"set `fetch-depth: {depth}` on actions/checkout",
        slug="shallow-clone",
    )


def _merge_base(git: History, one: Sha, other: Sha) -> Sha:
    found = git.merge_base(one, other)
    if found is not None:
        return found
    if git.is_shallow():
        raise GitError(
            f"the clone is shallow and holds no common ancestor of {one[:12]} and {other[:12]}",
            hint="set `fetch-depth: 0` on actions/checkout, or run `git fetch --unshallow`",
            slug="shallow-clone",
        )
    raise GitError(
        f"{one[:12]} and {other[:12]} have no common ancestor",
        hint="compare with a branch this one was made from (`--base`)",
        slug="no-merge-base",
    )
