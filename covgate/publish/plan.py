"""What is to be done with the comments that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from covgate.config import CommentPolicy
from covgate.host import PostedComment
from covgate.publish.marker import Marker, parse_marker, render_marker
from covgate.report import PushFigures

ACTIONS_BOT = "github-actions[bot]"
"""Who posts with a workflow's own token. Nobody can register a login with brackets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDraft:
    """A rendered report and the circumstances that decide whether it becomes a comment.

    `body` has at most BODY_LIMIT bytes. `quiet`: all is well, there is nothing to say. `failing`: the verdict is not
    a pass. `fork`: the run's token is expected to be read-only. `relayed`: it is the report of another run, whose own
    comment, where it could post one, says more. `begins`: whether it may be the first comment at all.
    """

    body: str
    marker: Marker
    policy: CommentPolicy
    quiet: bool
    failing: bool
    fork: bool = False
    relayed: bool = False
    begins: bool = True
    body_since: Callable[[PushFigures], str] | None = None
    """Renders the report with what changed since other figures; it has at most BODY_LIMIT bytes, too."""

    @property
    def comment(self) -> str:
        """The whole comment, marker last: it is out of sight, but for a mail in plain text."""
        return f"{self.body.rstrip()}\n\n{render_marker(self.marker)}"

    def replacing(self, shown: Marker) -> CommentDraft:
        """Return the draft that also says what changed since the comment it replaces, where that holds figures.

        A second run for one push is compared with the push before, as the first one was.
        """
        before = shown.before if shown.head == self.marker.head else shown.now
        if self.body_since is None or before is None:
            return self
        return replace(self, body=self.body_since(before), marker=replace(self.marker, before=before))

    @property
    def starts_comment(self) -> bool:
        """Whether this report may be the first one on a pull request; one that stands is always brought up to date."""
        return (
            self.begins
            and {
                CommentPolicy.ALWAYS: True,
                CommentPolicy.ON_CHANGE: not self.quiet,
                CommentPolicy.ON_FAILURE: self.failing,
                CommentPolicy.NEVER: False,
            }[self.policy]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnComment:
    """A comment with a marker of ours."""

    posted: PostedComment
    marker: Marker


class Step(Enum):
    """What to do about the comment."""

    CREATE = auto()
    EDIT = auto()
    REST = auto()
    """It is as it should be (or there is none and need not be)."""
    YIELD = auto()
    """A newer run wrote it: leave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPlan:
    """What to do next, for one reading of the comments."""

    step: Step
    shown: OwnComment | None = None
    """The comment to edit, or the one people see."""
    duplicates: tuple[int, ...] = ()
    """Comments to delete, once nothing is to be written."""


def compute_plan(own: Sequence[OwnComment], draft: CommentDraft, *, written: bool) -> CommentPlan:
    """Decide what to do about our comments of this report's name.

    The oldest comment is kept and holds what the newest run said, so that links to it stay good. No run deletes the
    oldest comment, so a race cannot leave the pull request without one. `written` says that GitHub has accepted this
    run's report already.
    """
    if not own:
        # A list can lag behind a write: what GitHub said it accepted is not posted again.
        return CommentPlan(step=Step.CREATE if draft.starts_comment and not written else Step.REST)
    keep, *others = sorted(own, key=lambda comment: comment.posted.id)
    newest = max(own, key=lambda comment: comment.marker.order)
    if newest.marker.order > draft.marker.order:
        # The run that wrote a comment newer than the one that is kept will copy its text to that one.
        stale = [comment for comment in others if comment.marker.order <= keep.marker.order]
        return CommentPlan(step=Step.YIELD, shown=newest, duplicates=tuple(comment.posted.id for comment in stale))
    # Of two jobs of one run with one name (a matrix) either may stay; they must not take turns for ever.
    settled = (written or draft.relayed) and keep.marker.order == draft.marker.order
    if settled or keep.posted.body == draft.comment:
        return CommentPlan(step=Step.REST, shown=keep, duplicates=tuple(comment.posted.id for comment in others))
    return CommentPlan(step=Step.EDIT, shown=keep)


def find_own(comments: Iterable[PostedComment], name: str, viewer: Callable[[], str]) -> tuple[OwnComment, ...]:
    """Pick the comments with a marker of this name that we made ourselves.

    `viewer` returns the login of our token; it is asked only when a marker stands in a comment that the workflow's own
    bot did not make. A stranger can copy a marker; such a comment is not obeyed and not touched.
    """
    marked = [
        OwnComment(posted=comment, marker=marker)
        for comment in comments
        if (marker := parse_marker(comment.body)) is not None and marker.name == name
    ]
    trusted = {ACTIONS_BOT}
    if any(comment.posted.author != ACTIONS_BOT for comment in marked):
        trusted |= {viewer()} - {""}
    return tuple(comment for comment in marked if comment.posted.author in trusted)
