"""The comments of one pull request, through PyGithub: what is there, and create, edit, delete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from covgate.host.comments import PostedComment
from covgate.host.github.session import GithubSession

if TYPE_CHECKING:
    from github.Issue import Issue
    from github.IssueComment import IssueComment

_MOST_COMMENTS = 10_000
"""A list that does not end by itself ends here (GitHub: a pull request holds 2,500 comments)."""


@dataclass(kw_only=True)
class GithubComments(GithubSession):
    """`PullRequestComments` of GitHub: each call is one request, and each page of 100 comments is one."""

    pull_request: int

    @property
    def _place(self) -> str:
        return f"{self.repository}#{self.pull_request}"

    def read_all(self) -> Iterator[PostedComment]:
        comments = self._ask("list the comments", lambda: map(_posted, self._issue.get_comments()))
        for _ in range(_MOST_COMMENTS):
            comment = self._ask("list the comments", lambda: next(comments, None))
            if comment is None:
                return
            yield comment

    def create(self, body: str) -> PostedComment:
        return self._ask("post a comment", lambda: _posted(self._issue.create_comment(body)))

    def edit(self, comment_id: int, body: str) -> PostedComment:
        def edit() -> PostedComment:
            comment = self._issue.get_comment(comment_id)
            comment.edit(body)
            return _posted(comment)

        return self._ask("edit a comment", edit)

    def delete(self, comment_id: int) -> None:
        self._ask("delete a comment", lambda: self._issue.get_comment(comment_id).delete())

    def viewer(self) -> str:
        def ask() -> str:
            # REST has no answer for an Actions token.
            _, answer = self._github.requester.graphql_query("query { viewer { login } }", {})
            return cast("str", answer["data"]["viewer"]["login"])

        return self._ask("ask whose token this is", ask)

    @property
    def _issue(self) -> Issue:
        # A pull request's conversation belongs to the issue of the same number.
        return self._repo.get_issue(self.pull_request)


def _posted(comment: IssueComment) -> PostedComment:
    """Take over what PyGithub read; TypeError when the answer was no comment (it takes a 307 for success)."""
    number, url = cast("object", comment.id), cast("object", comment.html_url)
    if not isinstance(number, int) or not isinstance(url, str):
        raise TypeError("not a comment")
    # GitHub gives null for the user of an account that was deleted.
    author = comment.user.login if comment.user else ""
    return PostedComment(id=number, url=url, author=author, body=comment.body or "")
