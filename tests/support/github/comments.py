"""The comments of a pull request, in memory: an implementation of the Protocol for tests of what publish decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from covgate.config.option_values import CommentPolicy
from covgate.errors import PublishError
from covgate.host.comments import PostedComment
from covgate.host.refusal import Refusal, publish_error
from covgate.model.commit import Sha
from covgate.publish.marker import Marker, parse_marker
from covgate.publish.plan import ACTIONS_BOT, CommentDraft, OwnComment

HEAD = Sha("a" * 40)


def marker(run: int = 5, attempt: int = 1, name: str = "") -> Marker:
    return Marker(name=name, run_id=run, run_attempt=attempt, head=HEAD)


def report(run: int = 5, attempt: int = 1, name: str = "", body: str = "") -> CommentDraft:
    return CommentDraft(
        body=body or f"report of run {run}",
        marker=marker(run, attempt, name),
        policy=CommentPolicy.ALWAYS,
        quiet=False,
        failing=True,
    )


def posted(number: int, body: str, author: str = ACTIONS_BOT) -> PostedComment:
    return PostedComment(id=number, url=f"https://example.test/{number}", author=author, body=body)


def own(number: int, run: int, attempt: int = 1) -> OwnComment:
    return OwnComment(posted=posted(number, report(run, attempt).comment), marker=marker(run, attempt))


@dataclass
class MemoryComments:
    """The comments of a pull request, in memory.

    `trouble` names calls to come, in order, and the error each is answered with; None lets it through.
    """

    comments: dict[int, PostedComment] = field(default_factory=dict)
    login: str = ACTIONS_BOT
    calls: list[str] = field(default_factory=list)
    trouble: list[tuple[str, PublishError | None]] = field(default_factory=list)
    last: int = 0

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.trouble and self.trouble[0][0] == name:
            _, problem = self.trouble.pop(0)
            if problem is not None:
                raise problem

    def read_all(self) -> Iterator[PostedComment]:
        self._called("read_all")
        return iter(list(self.comments.values()))

    def create(self, body: str) -> PostedComment:
        self._called("create")
        self.last += 1
        self.comments[self.last] = posted(self.last, body, self.login)
        return self.comments[self.last]

    def edit(self, comment_id: int, body: str) -> PostedComment:
        self._called("edit")
        self._known(comment_id)
        self.comments[comment_id] = replace(self.comments[comment_id], body=body)
        return self.comments[comment_id]

    def delete(self, comment_id: int) -> None:
        self._called("delete")
        self._known(comment_id)
        del self.comments[comment_id]

    def viewer(self) -> str:
        self._called("viewer")
        return self.login

    def _known(self, comment_id: int) -> None:
        if comment_id not in self.comments:
            raise publish_error(Refusal.NOT_FOUND, "gone")

    @property
    def runs(self) -> list[int]:
        return [found.run_id for c in self.comments.values() if (found := parse_marker(c.body))]


def with_comments(*runs: int) -> MemoryComments:
    memory = MemoryComments()
    for run in runs:
        memory.create(report(run).comment)
    memory.calls.clear()
    return memory
