"""Branches, trees, commits and pull requests as data, through GitHub's Git data API."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar, cast

from covgate.host.github.session import GithubSession
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import MOST_COMMITS, Compared, Tree
from covgate.model import Sha, parse_sha

if TYPE_CHECKING:
    from github import GithubException
    from github.Comparison import Comparison
    from github.InputGitTreeElement import InputGitTreeElement

_Answer = TypeVar("_Answer")

_REGULAR_FILE = "100644"
_LOST_RACES = ("not a fast forward", "reference already exists", "reference does not exist")
"""What GitHub says when another run moved, made or removed the branch meanwhile."""


class GithubData(GithubSession):
    """`RepositoryData` of GitHub: each call is one request, a commit three."""

    permission = "contents: write"

    @cached_property
    def _tree_ids(self) -> dict[str, str]:
        """The ids GitHub gave for the trees of the commits that were read."""
        return {}

    def tip(self, branch: str) -> Sha | None:
        def ask() -> Sha | None:
            ref = _unless_missing(lambda: self._repo.get_git_ref(f"heads/{branch}").complete())
            return None if ref is None else parse_sha(ref.object.sha)

        return self._ask(f"look up the branch {branch}", ask)

    def tree(self, ref: str) -> Tree | None:
        step = f"list the files of {ref}"

        def ask() -> Tree | None:
            found = _unless_missing(lambda: self._repo.get_git_tree(ref, recursive=True))
            if found is None:
                return None
            if found.truncated:
                raise publish_error(Refusal.REFUSED, f"{step}: more than GitHub lists at once", self.permission)
            self._tree_ids[ref] = found.sha
            return Tree(blobs={PurePosixPath(e.path): e.sha for e in found.tree if e.type == "blob"})

        return self._ask(step, ask)

    def confirm_visible(self) -> None:
        def ask() -> None:
            # GitHub answers 404 for all that a hidden repository holds, as for a branch that does not exist. This is
            # one page of references: an empty list where there is none, and 404 for a hidden repository only.
            _unless_empty(lambda: next(iter(self._repo.get_git_matching_refs("heads")), None))

        self._ask("look for branches", ask)

    def blob(self, blob: str) -> bytes:
        def ask() -> bytes:
            found = self._repo.get_git_blob(blob)
            # Lines of 60 characters; anything else that is no base64, or not whole, is no answer of GitHub's.
            content = base64.b64decode(found.content.replace("\n", ""), validate=True)
            if found.encoding != "base64" or len(content) != found.size:
                raise ValueError("not the whole blob")
            return content

        return self._ask(f"read the file {blob[:12]}", ask)

    def compare(self, base: Sha, head: Sha) -> Compared:
        def ask() -> Compared:
            comparison = self._repo.compare(base, head, comparison_commits_per_page=MOST_COMMITS)
            try:
                return _compared(comparison)
            except _github_exception() as exc:
                if exc.status != HTTPStatus.NOT_FOUND or "no common ancestor" not in _said(exc):
                    raise
            return Compared(merge_base=None, ahead_by=0, behind_by=0, commits={})

        return self._ask(f"compare {base[:12]} with {head[:12]}", ask)

    def add_blob(self, content: bytes) -> str:
        text = base64.b64encode(content).decode("ascii")
        return self._ask("store a file", lambda: parse_sha(self._repo.create_git_blob(text, "base64").sha))

    def commit(
        self,
        branch: str,
        parents: tuple[Sha, ...],
        files: Mapping[PurePosixPath, str | None],
        blobs: Mapping[PurePosixPath, str],
        message: str,
        *,
        new_branch: bool,
    ) -> bool:
        elements = _elements(files, blobs)
        tree = self._ask("store the files", lambda: self._add_tree(elements, parents))
        commit = self._ask("store a commit", lambda: self._add_commit(message, tree, parents))
        if new_branch:
            return self._ask(f"make the branch {branch}", lambda: self._make_branch(branch, commit))
        return self._ask(f"move the branch {branch}", lambda: self._move_branch(branch, commit))

    def _add_tree(self, elements: list[InputGitTreeElement], parents: tuple[Sha, ...]) -> str:
        from github.GitTree import GitTree  # noqa: PLC0415  # see GithubSession._github

        if not parents:
            return parse_sha(self._repo.create_git_tree(elements).sha)
        # A commit's id stands for its tree too; its own id is what the documentation asks for.
        known = self._tree_ids.get(parents[0], parents[0])
        base = GitTree(self._github.requester, attributes={"sha": known}, completed=True)
        return parse_sha(self._repo.create_git_tree(elements, base).sha)

    def _add_commit(self, message: str, tree: str, parents: tuple[Sha, ...]) -> str:
        from github.GitCommit import GitCommit  # noqa: PLC0415  # see GithubSession._github
        from github.GitTree import GitTree  # noqa: PLC0415  # see GithubSession._github

        requester = self._github.requester
        made = self._repo.create_git_commit(
            message,
            GitTree(requester, attributes={"sha": tree}, completed=True),
            [GitCommit(requester, attributes={"sha": parent}, completed=True) for parent in parents],
        )
        return parse_sha(made.sha)

    def _make_branch(self, branch: str, commit: str) -> bool:
        return _unless_beaten(lambda: self._repo.create_git_ref(f"refs/heads/{branch}", commit))

    def _move_branch(self, branch: str, commit: str) -> bool:
        from github.GitRef import GitRef  # noqa: PLC0415  # see GithubSession._github

        url = f"{self._repo.url}/git/refs/heads/{branch}"
        ref = GitRef(self._github.requester, attributes={"url": url}, completed=True)
        return _unless_beaten(lambda: ref.edit(commit, force=False))


def _elements(
    files: Mapping[PurePosixPath, str | None], blobs: Mapping[PurePosixPath, str]
) -> list[InputGitTreeElement]:
    from github.InputGitTreeElement import InputGitTreeElement  # noqa: PLC0415  # see GithubSession._github

    return [
        InputGitTreeElement(str(path), _REGULAR_FILE, "blob", sha=None)
        if text is None
        else InputGitTreeElement(str(path), _REGULAR_FILE, "blob", content=text)
        for path, text in files.items()
    ] + [InputGitTreeElement(str(path), _REGULAR_FILE, "blob", sha=blob) for path, blob in blobs.items()]


def _compared(comparison: Comparison) -> Compared:
    """Take over the first page; reading on would cost a request for each further page."""
    base = parse_sha(comparison.merge_base_commit.sha)
    ahead, behind = comparison.ahead_by, comparison.behind_by
    listed = islice(comparison.commits, min(ahead, MOST_COMMITS))
    commits = {parse_sha(c.sha): tuple(parse_sha(parent.sha) for parent in c.parents) for c in listed}
    return Compared(merge_base=base, ahead_by=ahead, behind_by=behind, commits=commits)


def _unless_missing(ask: Callable[[], _Answer]) -> _Answer | None:
    """Run `ask`; None when GitHub knows no such thing, or the repository has no commit at all."""
    try:
        return _unless_empty(ask)
    except _github_exception() as exc:
        if exc.status != HTTPStatus.NOT_FOUND:
            raise
    return None


def _unless_empty(ask: Callable[[], _Answer]) -> _Answer | None:
    """Run `ask`; None when the repository has no commit at all."""
    try:
        return ask()
    except _github_exception() as exc:
        if exc.status != HTTPStatus.CONFLICT or "empty" not in _said(exc):
            raise
    return None


def _unless_beaten(ask: Callable[[], object]) -> bool:
    """Run `ask`; False when another run was first."""
    try:
        ask()
    except _github_exception() as exc:
        if exc.status != HTTPStatus.UNPROCESSABLE_ENTITY or not any(words in _said(exc) for words in _LOST_RACES):
            raise
        return False
    return True


def _github_exception() -> type[GithubException]:
    from github import GithubException  # noqa: PLC0415  # see GithubSession._github

    return GithubException


def _said(exc: GithubException) -> str:
    data = cast("object", exc.data)
    return str(data.get("message") or "").lower() if isinstance(data, dict) else ""
