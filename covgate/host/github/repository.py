"""Branches, trees, commits and pull requests as data, through GitHub's Git data API."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from covgate.host.github.session import GithubSession, unless
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import MOST_COMMITS, Compared, Tree
from covgate.model import Sha, parse_sha

if TYPE_CHECKING:
    from github.Comparison import Comparison

_NO_COMMIT = (HTTPStatus.CONFLICT, "empty")
_NOTHING_THERE = ((HTTPStatus.NOT_FOUND, ""), _NO_COMMIT)
_LOST_RACES = tuple(
    (HTTPStatus.UNPROCESSABLE_ENTITY, words)
    for words in ("not a fast forward", "reference already exists", "reference does not exist")
)
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
            ref = unless(lambda: self._repo.get_git_ref(f"heads/{branch}").complete(), *_NOTHING_THERE)
            return None if ref is None else parse_sha(ref.object.sha)

        return self._ask(f"look up the branch {branch}", ask)

    def tree(self, ref: str) -> Tree | None:
        step = f"list the files of {ref}"

        def ask() -> Tree | None:
            found = unless(lambda: self._repo.get_git_tree(ref, recursive=True), *_NOTHING_THERE)
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
            unless(lambda: next(iter(self._repo.get_git_matching_refs("heads")), None), _NO_COMMIT)

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
            return _compared(self._repo.compare(base, head, comparison_commits_per_page=MOST_COMMITS))

        unrelated = (HTTPStatus.NOT_FOUND, "no common ancestor")
        found = self._ask(f"compare {base[:12]} with {head[:12]}", lambda: unless(ask, unrelated))
        return found or Compared(merge_base=None, ahead_by=0, behind_by=0, commits={})

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
        # A commit's id stands for its tree too; its own id is what the documentation asks for.
        base = {"base_tree": self._tree_ids.get(parents[0], parents[0])} if parents else {}
        content = [_element(path, {"sha": None} if text is None else {"content": text}) for path, text in files.items()]
        content += [_element(path, {"sha": blob}) for path, blob in blobs.items()]
        tree = self._store("the files", "trees", {"tree": content, **base})
        commit = self._store("a commit", "commits", {"message": message, "tree": tree, "parents": parents})
        ref = f"refs/heads/{branch}"

        def move() -> object:
            if new_branch:
                return self._send("POST", "refs", {"ref": ref, "sha": commit})["ref"]
            return self._send("PATCH", ref, {"sha": commit, "force": False})["ref"]

        step = f"{'make' if new_branch else 'move'} the branch {branch}"
        return self._ask(step, lambda: unless(move, *_LOST_RACES)) is not None

    def _store(self, what: str, kind: str, body: dict[str, object]) -> Sha:
        return self._ask(f"store {what}", lambda: parse_sha(str(self._send("POST", kind, body)["sha"])))

    def _send(self, method: str, place: str, body: dict[str, object]) -> dict[str, object]:
        """Write git data: PyGithub's own methods want an object for each id."""
        url = f"{self._repo.url}/git/{place}"
        return cast("dict[str, object]", self._github.requester.requestJsonAndCheck(method, url, input=body)[1])


def _element(path: PurePosixPath, content: Mapping[str, str | None]) -> dict[str, str | None]:
    return {"path": str(path), "mode": "100644", "type": "blob", **content}


def _compared(comparison: Comparison) -> Compared:
    """Take over the first page; reading on would cost a request for each further page."""
    base = parse_sha(comparison.merge_base_commit.sha)
    ahead, behind = comparison.ahead_by, comparison.behind_by
    listed = islice(comparison.commits, min(ahead, MOST_COMMITS))
    commits = {parse_sha(c.sha): tuple(parse_sha(parent.sha) for parent in c.parents) for c in listed}
    return Compared(merge_base=base, ahead_by=ahead, behind_by=behind, commits=commits)
