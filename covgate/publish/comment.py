"""Puts the one comment on the pull request: follows the plan, and looks again after racing runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from covgate.config import CommentPolicy
from covgate.errors import PublishError
from covgate.host import PullRequestComments, Refusal, publish_error
from covgate.publish.plan import CommentDraft, CommentPlan, OwnComment, Step, compute_plan, find_own

COMMENT_LIMIT = 65_536
"""GitHub: "Body is too long (maximum is 65536 characters)". Held in UTF-8 bytes, of which there are never fewer."""
_MARKER_ROOM = 1536
BODY_LIMIT = COMMENT_LIMIT - _MARKER_ROOM
"""UTF-8 bytes a rendered report may have; the rest is for the marker's line."""

_ROUNDS = 5
_POSTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """How publishing went. `problem` is set whenever the report is not on the pull request although it should be."""

    url: str | None = None
    """The comment people see, also when a newer run's was left alone."""
    notes: tuple[str, ...] = ()
    """Whole sentences for the log."""
    body: str = field(default="", compare=False)
    """What this run's report says in the comment; empty when it did not come to that."""
    problem: PublishError | None = None

    @property
    def read_only(self) -> bool:
        """The token may not write: how it is for every pull request from a fork, so not worth an alarm."""
        return self.problem is not None and self.problem.slug == Refusal.READ_ONLY

    @property
    def failed(self) -> bool:
        """Something went wrong that should not have; `publish: required` looks at `problem` instead."""
        return self.problem is not None and not self.read_only


def publish_comment(comments: PullRequestComments, draft: CommentDraft) -> Published:
    """Bring the pull request's comment up to date, as the policy says. Raises nothing: the outcome is a value.

    Reads, writes at most once, and reads again until nothing is left to do, so that runs that race end with one
    comment of the newest run. One gap stays, as GitHub has no conditional edit: an older run whose edit arrives after a
    newer run has looked a second time wins until the next run.
    """
    if draft.policy is CommentPolicy.NEVER:
        return Published()
    size = len(draft.comment.encode("utf-8", "surrogatepass"))
    if size > COMMENT_LIMIT:
        problem = publish_error(Refusal.TOO_LONG, f"{size:,} bytes of {COMMENT_LIMIT:,}")
        return Published(notes=(_note(problem, draft),), problem=problem)
    run = _Run(comments, draft)
    try:
        return run.settle()
    except PublishError as problem:
        if run.written:
            return Published(
                url=run.url, notes=(f"The comment was posted, but not looked at again: {problem.message}.",)
            )
        return Published(url=run.url, notes=(_note(problem, draft),), problem=problem)


class _Run:
    """One run's attempt to get its report onto the pull request."""

    def __init__(self, comments: PullRequestComments, draft: CommentDraft) -> None:
        self._comments = comments
        self._draft = draft
        self._viewer = cache(comments.viewer)
        self._posts = 0
        self._trouble: PublishError | None = None
        self.written = False
        """GitHub has accepted this run's report, and no older run is known to have overwritten it."""
        self.url: str | None = None

    def settle(self) -> Published:
        """Follow the plan until it says to rest. Raises PublishError when the report did not get there."""
        for number in range(_ROUNDS):
            own = find_own(self._comments.read_all(), self._draft.marker.name, self._viewer)
            if own and not number:
                self._draft = self._draft.replacing(max(own, key=lambda one: one.marker.order).marker)
            plan = compute_plan(own, self._draft, written=self.written)
            if plan.step in {Step.REST, Step.YIELD}:
                return self._finish(plan)
            self._write(plan.shown)
        if self._trouble and not self.written:
            raise self._trouble
        return Published(url=self.url, notes=("Other runs kept changing the comment: it may show one of theirs.",))

    def _write(self, shown: OwnComment | None) -> None:
        """Create or edit. A failure that the next look at the list can explain or undo is kept for later."""
        self.written = False
        if shown is None and self._posts == _POSTS and self._trouble:
            raise self._trouble
        try:
            if shown:
                self.url = self._comments.edit(shown.posted.id, self._draft.comment).url
            else:
                self._posts += 1
                self.url = self._comments.create(self._draft.comment).url
            self.written = True
        except PublishError as problem:
            # An edit of a comment that was deleted meanwhile; a post that got no answer and may have worked.
            if problem.slug != (Refusal.NOT_FOUND if shown else Refusal.UNREACHABLE):
                raise
            self._trouble = problem

    def _finish(self, plan: CommentPlan) -> Published:
        notes: list[str] = []
        if plan.shown is not None:
            self.url = plan.shown.posted.url
            if plan.step is Step.YIELD:
                number, attempt = plan.shown.marker.order
                notes.append(f"A newer run ({number}, attempt {attempt}) has commented: its comment stands.")
        for duplicate in plan.duplicates:
            try:
                self._comments.delete(duplicate)
            except PublishError as problem:
                if problem.slug != Refusal.NOT_FOUND:  # not there: another run deleted it
                    notes.append(f"A second comment of ours ({duplicate}) could not be removed: {problem.message}.")
        return Published(url=self.url, notes=tuple(notes), body=self._draft.body if self.written else "")


def _note(problem: PublishError, draft: CommentDraft) -> str:
    """The problem as a sentence for the log; a fork's read-only token is how it should be."""
    if problem.slug == Refusal.READ_ONLY and draft.fork:
        return "The token can only read (a pull request from a fork): the report is in the step summary."
    return f"The report could not be posted: {problem.message}. To mend it: {problem.hint}."
