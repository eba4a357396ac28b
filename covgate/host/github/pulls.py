"""Pull requests that covgate opens itself, through PyGithub: find, open, edit."""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, cast

from covgate.host.github.session import GithubSession, unless
from covgate.host.pull_requests import BranchPull, PullRequest
from covgate.model import Sha, parse_sha

if TYPE_CHECKING:
    from github.PullRequest import PullRequest as GithubPull

_PAGE = 100


class GithubPulls(GithubSession):
    """`PullRequests` of GitHub: each call is one request."""

    permission = "pull-requests: write, contents: write"

    def find_open(self, head_branch: str, base: str) -> PullRequest | None:
        return self._ask("look for a pull request", lambda: self._first("open", head_branch, base))

    def find_closed(self, head_branch: str, base: str) -> PullRequest | None:
        return self._ask("look for a closed pull request", lambda: self._first("closed", head_branch, base))

    def of_branch(self, repository: str, branch: str) -> tuple[BranchPull, ...]:
        def ask() -> tuple[BranchPull, ...]:
            head = f"{repository.partition('/')[0]}:{branch}"
            for state in ("open", "closed"):
                listed = self._repo.get_pulls(state=state, sort="created", direction="desc", head=head)
                # GitHub filters by the owner, who may have two forks, and ignores a filter it does not understand.
                found = tuple(
                    one
                    for one in map(_of_branch, islice(listed, _PAGE))
                    if (one.repository, one.branch) == (repository, branch)
                )
                if found:
                    return found
            return ()

        return self._ask("look for the pull request", ask)

    def open(self, head_branch: str, base: str, title: str, body: str) -> PullRequest | None:
        def create() -> PullRequest:
            return _taken(self._repo.create_pull(base=base, head=head_branch, title=title, body=body))

        # GitHub says it in words only: `A pull request already exists for octo:covgate/ratchet.`.
        known = (HTTPStatus.UNPROCESSABLE_ENTITY, "pull request already exists")
        return self._ask("open a pull request", lambda: unless(create, known))

    def edit(self, number: int, title: str, body: str) -> None:
        self._ask("edit a pull request", lambda: self._repo.get_pull(number).edit(title=title, body=body))

    def retire(self, number: int, title: str, body: str) -> None:
        self._ask(
            "close a pull request",
            lambda: self._repo.get_pull(number).edit(title=title, body=body, state="closed"),
        )

    def commit_message(self, sha: Sha) -> str:
        def read() -> str:
            message = cast("object", self._repo.get_git_commit(sha).message)
            if not isinstance(message, str):
                raise TypeError("not a commit")
            return message

        return self._ask("read a commit", read)

    def _first(self, state: str, head_branch: str, base: str) -> PullRequest | None:
        # GitHub filters by `owner:branch` and ignores a filter of another form, so what comes back is looked at again.
        head = f"{self.repository.split('/', maxsplit=1)[0]}:{head_branch}"
        pulls = self._repo.get_pulls(state=state, sort="created", direction="desc", head=head, base=base)
        ours = (pull for pull in islice(pulls, _PAGE) if (pull.head.ref, pull.base.ref) == (head_branch, base))
        found = next(ours, None)
        return _taken(found) if found else None


def _of_branch(pull: GithubPull) -> BranchPull:
    number, open_ = cast("object", pull.number), cast("object", pull.state)
    if not isinstance(number, int) or not isinstance(open_, str):
        raise TypeError("not a pull request")
    merge = cast("str | None", pull.merge_commit_sha)
    return BranchPull(
        number=number,
        # A fork that was deleted is null.
        repository=pull.head.repo.full_name if pull.head.repo else "",
        branch=pull.head.ref,
        head=parse_sha(pull.head.sha),
        base=pull.base.ref,
        merge=parse_sha(merge) if merge else None,
        is_open=open_ == "open",
    )


def _taken(pull: GithubPull) -> PullRequest:
    """Take over what PyGithub read; TypeError or ValueError when the answer was no pull request."""
    number, url = cast("object", pull.number), cast("object", pull.html_url)
    if not isinstance(number, int) or not isinstance(url, str):
        raise TypeError("not a pull request")
    return PullRequest(
        number=number,
        url=url,
        title=pull.title,
        # GitHub gives null for an empty body.
        body=pull.body or "",
        head=parse_sha(pull.head.sha),
        merged=pull.merged_at is not None,
    )
