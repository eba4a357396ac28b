"""Where a report goes: the one comment on the pull request, found again by a hidden marker and its author."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, auto

from covgate.edges.github import PostedComment, PullRequestComments
from covgate.edges.github_session import Refusal, publish_error
from covgate.errors import PublishError
from covgate.model import Sha, parse_sha
from covgate.settings import CommentPolicy

COMMENT_LIMIT = 65_536
"""GitHub: "Body is too long (maximum is 65536 characters)". Held in UTF-8 bytes, of which there are never fewer."""
_MARKER_ROOM = 536
BODY_LIMIT = COMMENT_LIMIT - _MARKER_ROOM
"""UTF-8 bytes a rendered report may have; the rest is for the marker's line."""

ACTIONS_BOT = "github-actions[bot]"
"""Who posts with a workflow's own token. Nobody can register a login with brackets."""

_ROUNDS = 5
_POSTS = 2
_MARKER = re.compile(r"<!-- covgate (\{.{0,2000}?\}) -->[ \t]*\Z")
_QUOTED = re.compile(r" {0,3}>| {4}|\t")
"""How a line of a quotation begins, or of an indented block of code."""
_FENCE = re.compile(r" {0,3}(?:`{3}|~{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What a comment says about its making, out of sight. `name` is the report's (empty: the only one)."""

    name: str = ""
    run_id: int
    run_attempt: int
    head: Sha

    @property
    def order(self) -> tuple[int, int]:
        """Later runs, and later attempts of one run, are greater."""
        return (self.run_id, self.run_attempt)


def render_marker(marker: Marker) -> str:
    """Return the marker as one line of HTML comment; nothing in it can end the comment early."""
    text = json.dumps(asdict(marker), separators=(",", ":"))
    for unsafe, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("--", "-\\u002d")):
        text = text.replace(unsafe, escaped)
    return f"<!-- covgate {text} -->"


def parse_marker(body: str) -> Marker | None:
    """Read the marker of a comment, or None when there is none that covgate would write.

    It is the first one that ends a line, wherever that line stands: people write above it. Later ones are part of the
    report, which shows what strangers wrote. One in a quotation (`> <!-- …`) or a block of code shows a comment of
    ours, and one in the middle of a sentence is another program's, of a pull request's title, say.
    """
    in_fence = False
    for line in body.splitlines():
        if _FENCE.match(line):
            in_fence = not in_fence
        elif not in_fence and not _QUOTED.match(line) and (marker := _read_marker(line)):
            return marker
    return None


def _read_marker(line: str) -> Marker | None:
    match = _MARKER.search(line)
    if match is None:
        return None
    try:
        data = json.loads(match[1])
        name, numbers = data["name"], (data["run_id"], data["run_attempt"])
        head = parse_sha(str(data["head"]))
    except (ValueError, LookupError, RecursionError):
        return None
    if not isinstance(name, str) or any(type(number) is not int or number < 0 for number in numbers):
        return None
    return Marker(name=name, run_id=numbers[0], run_attempt=numbers[1], head=head)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A rendered report and the circumstances that decide whether it becomes a comment.

    `body` has at most BODY_LIMIT bytes. `quiet`: all is well, there is nothing to say. `failing`: the verdict is not
    a pass. `fork`: the run's token is expected to be read-only.
    """

    body: str
    marker: Marker
    policy: CommentPolicy
    quiet: bool
    failing: bool
    fork: bool = False

    @property
    def comment(self) -> str:
        """The whole comment, marker first."""
        return f"{render_marker(self.marker)}\n{self.body}"

    @property
    def starts_comment(self) -> bool:
        """Whether this report may be the first one on a pull request; one that stands is always brought up to date."""
        return {
            CommentPolicy.ALWAYS: True,
            CommentPolicy.ON_CHANGE: not self.quiet,
            CommentPolicy.ON_FAILURE: self.failing,
            CommentPolicy.NEVER: False,
        }[self.policy]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """How publishing went. `problem` is set whenever the report is not on the pull request although it should be."""

    url: str | None = None
    """The comment people see, also when a newer run's was left alone."""
    notes: tuple[str, ...] = ()
    """Whole sentences for the log."""
    problem: PublishError | None = None

    @property
    def read_only(self) -> bool:
        """The token may not write: how it is for every pull request from a fork, so not worth an alarm."""
        return self.problem is not None and self.problem.slug == Refusal.READ_ONLY

    @property
    def failed(self) -> bool:
        """Something went wrong that should not have; `publish: required` looks at `problem` instead."""
        return self.problem is not None and not self.read_only


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
class Plan:
    """What to do next, for one reading of the comments. `fold`: duplicates to delete, once nothing is to be written."""

    step: Step
    stands: OwnComment | None = None
    """The comment to edit, or the one people see."""
    fold: tuple[int, ...] = ()


def compute_plan(own: Sequence[OwnComment], report: Report, *, written: bool) -> Plan:
    """Decide what to do about our comments of this report's name.

    The oldest comment is kept and holds what the newest run said, so that links to it stay good. Whoever races, the
    oldest comment is deleted by no one: a pull request can not end without one. `written` says that GitHub has accepted
    this run's report already.
    """
    if not own:
        # A list can lag behind a write: what GitHub said it accepted is not posted again.
        return Plan(step=Step.CREATE if report.starts_comment and not written else Step.REST)
    keep, *others = sorted(own, key=lambda comment: comment.posted.id)
    newest = max(own, key=lambda comment: comment.marker.order)
    if newest.marker.order > report.marker.order:
        # A comment newer than the one that is kept is left to its own run, which moves the text over.
        stale = [comment for comment in others if comment.marker.order <= keep.marker.order]
        return Plan(step=Step.YIELD, stands=newest, fold=_ids(stale))
    # Of two jobs of one run with one name (a matrix) either may stay; they must not take turns for ever.
    settled = written and keep.marker.order == report.marker.order
    if settled or keep.posted.body == report.comment:
        return Plan(step=Step.REST, stands=keep, fold=_ids(others))
    return Plan(step=Step.EDIT, stands=keep)


def _ids(comments: Iterable[OwnComment]) -> tuple[int, ...]:
    return tuple(comment.posted.id for comment in comments)


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


def publish_comment(comments: PullRequestComments, report: Report) -> Published:
    """Bring the pull request's comment up to date, as the policy says. Raises nothing: the outcome is a value.

    Reads, writes at most once, and reads again until nothing is left to do, so that runs that race end with one
    comment of the newest run. One gap stays, as GitHub has no conditional edit: an older run whose edit arrives after a
    newer run has looked a second time wins until the next run.
    """
    if report.policy is CommentPolicy.NEVER:
        return Published()
    size = len(report.comment.encode("utf-8", "surrogatepass"))
    if size > COMMENT_LIMIT:
        problem = publish_error(Refusal.TOO_LONG, f"{size:,} bytes of {COMMENT_LIMIT:,}")
        return Published(notes=(_note(problem, report),), problem=problem)
    run = _Run(comments, report)
    try:
        return run.settle()
    except PublishError as problem:
        if run.written:
            return Published(
                url=run.url, notes=(f"The comment was posted, but not looked at again: {problem.message}.",)
            )
        return Published(url=run.url, notes=(_note(problem, report),), problem=problem)


class _Run:
    """One run's attempt to get its report onto the pull request."""

    def __init__(self, comments: PullRequestComments, report: Report) -> None:
        self._comments = comments
        self._report = report
        self._viewer: str | None = None
        self._posts = 0
        self._trouble: PublishError | None = None
        self.written = False
        """GitHub has accepted this run's report, and no older run is known to have overwritten it."""
        self.url: str | None = None

    def settle(self) -> Published:
        """Follow the plan until it says to rest. Raises PublishError when the report did not get there."""
        for _ in range(_ROUNDS):
            own = find_own(self._comments.read_all(), self._report.marker.name, self._ask_viewer)
            plan = compute_plan(own, self._report, written=self.written)
            if plan.step in {Step.REST, Step.YIELD}:
                return self._finish(plan)
            self._write(plan)
        if self._trouble and not self.written:
            raise self._trouble
        return self._published("Other runs kept changing the comment: it may show one of theirs.")

    def _write(self, plan: Plan) -> None:
        """Create or edit. A failure that the next look at the list can explain or undo is kept for later."""
        self.written = False
        if plan.stands is None and self._posts == _POSTS and self._trouble:
            raise self._trouble
        try:
            if plan.stands is not None:
                posted = self._comments.edit(plan.stands.posted.id, self._report.comment)
            else:
                self._posts += 1
                posted = self._comments.create(self._report.comment)
        except PublishError as problem:
            # An edit of a comment that was deleted meanwhile; a post that got no answer and may have worked.
            expected = Refusal.NOT_FOUND if plan.stands is not None else Refusal.UNREACHABLE
            if problem.slug != expected:
                raise
            self._trouble = problem
        else:
            self.written, self.url = True, posted.url

    def _finish(self, plan: Plan) -> Published:
        notes: list[str] = []
        if plan.stands is not None:
            self.url = plan.stands.posted.url
            if plan.step is Step.YIELD:
                number, attempt = plan.stands.marker.order
                notes.append(f"A newer run ({number}, attempt {attempt}) has commented: its comment stands.")
        return self._published(*notes, *filter(None, map(self._fold, plan.fold)))

    def _fold(self, comment_id: int) -> str:
        """Delete a duplicate; return what to tell, if anything."""
        try:
            self._comments.delete(comment_id)
        except PublishError as problem:
            if problem.slug != Refusal.NOT_FOUND:  # not there: another run folded it
                return f"A second comment of ours ({comment_id}) could not be removed: {problem.message}."
        return ""

    def _published(self, *notes: str) -> Published:
        return Published(url=self.url, notes=notes)

    def _ask_viewer(self) -> str:
        if self._viewer is None:
            self._viewer = self._comments.viewer()
        return self._viewer


def _note(problem: PublishError, report: Report) -> str:
    """The problem as a sentence for the log; a fork's read-only token is how it should be."""
    if problem.slug == Refusal.READ_ONLY and report.fork:
        return "The token can only read (a pull request from a fork): the report is in the step summary."
    return f"The report could not be posted: {problem.message}. To mend it: {problem.hint}."
