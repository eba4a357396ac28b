"""The ratchet's one pull request: opened, kept up to date, and left alone once a person has had a say in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.edges.github_data import RepositoryData
from covgate.edges.github_pulls import PullRequest, PullRequests
from covgate.edges.github_session import Refusal
from covgate.errors import CovgateError, InputError, PublishError
from covgate.history.ratchet import Raise, floor_name
from covgate.history.ratchet_toml import Edited, raise_in_toml
from covgate.history.ratchet_words import (
    parse_marker,
    parse_message,
    render_body,
    render_marker,
    render_message,
    render_title,
)
from covgate.model import Sha

BRANCH = "covgate/ratchet"
"""The branch of the pull request."""
_ROUNDS = 8
"""One round makes one step and looks again; two or three are the rule, more when several runs meet."""
_MOST_BYTES = 1_000_000
"""No pyproject.toml is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatchetOutcome:
    """What became of the proposal: a sentence for the summary and the log, and the pull request that stands."""

    note: str = ""
    """Empty when there was nothing to do."""
    url: str | None = None
    problem: CovgateError | None = None
    """What went wrong; `note` says it too, with what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the proposal goes, and what it is."""

    data: RepositoryData
    pulls: PullRequests
    default_branch: str
    config_path: PurePosixPath
    raises: Sequence[Raise]

    def text(self, commit: Sha) -> str:
        """Return the configuration as it is in a commit; InputError when there is none that can be read."""
        tree = self.data.tree(commit)
        blob = tree.blobs.get(self.config_path) if tree else None
        content = self.data.blob(blob) if blob is not None else b""
        try:
            if content and len(content) <= _MOST_BYTES:
                return content.decode("utf-8")
        except UnicodeDecodeError:
            pass
        what = "is longer than 1 MB" if len(content) > _MOST_BYTES else "is not UTF-8" if content else "is not there"
        raise InputError(
            f"{self.config_path} {what} (commit {commit[:10]}), so its floors cannot be raised",
            hint="set the floors in a pyproject.toml of the default branch, or `ratchet = false`",
            slug="bad-toml",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a round found: the default branch's tip, the text to propose there, and the proposal on the branch."""

    base: Sha
    edited: Edited
    tip: Sha | None
    own: tuple[Raise, ...] | None
    """What the branch's last commit proposes; None when that is a person's."""
    same: bool
    """Whether the branch holds just the edited text."""
    pull: PullRequest | None
    """The open one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """A step was made, or another run was first: the next round starts from what there is then."""

    met: bool
    """Whether it was another run."""


def publish_ratchet(
    data: RepositoryData,
    pulls: PullRequests,
    *,
    default_branch: str,
    config_path: PurePosixPath,
    raises: Sequence[Raise],
) -> RatchetOutcome:
    """Have one open pull request that raises the floors in `config_path` as the default branch has them now.

    Never raises: what went wrong is in the outcome. Nothing is forced. A proposal that a person closed is not made
    again until it would be higher, and a branch a person pushed to is left alone. When two runs meet, the proposal
    that got onto the branch stands, and the pull request's text is made from it.
    """
    if not raises:
        return RatchetOutcome()
    place = _Place(data=data, pulls=pulls, default_branch=default_branch, config_path=config_path, raises=raises)
    met = False
    try:
        for _ in range(_ROUNDS):
            step = _round(place, met=met)
            if isinstance(step, RatchetOutcome):
                return step
            met = met or step.met
    except (PublishError, InputError) as exc:
        return RatchetOutcome(note=f"The ratchet could not raise the floors: {exc.message}. {exc.hint}", problem=exc)
    return RatchetOutcome(note=f"Other runs kept changing the branch {BRANCH}; the next run looks at it again.")


def _round(place: _Place, *, met: bool) -> RatchetOutcome | _Again:
    """Make the next step towards the pull request; `met` is whether another run has changed the branch meanwhile."""
    base = place.data.tip(place.default_branch)
    if base is None:
        return RatchetOutcome(note=f"The ratchet found no branch {place.default_branch}.")
    edited = raise_in_toml(place.text(base), place.raises)
    if not edited.raised:
        return RatchetOutcome(note=_left(edited))
    return _step(place, _look(place, base, edited), met=met)


def _step(place: _Place, found: _Found, *, met: bool) -> RatchetOutcome | _Again:
    closed = None if found.pull else place.pulls.find_closed(BRANCH, place.default_branch)
    if closed and not closed.merged and _covers(closed, found):
        note = f"Pull request #{closed.number} was closed, so the ratchet waits until it can propose more."
        return RatchetOutcome(note=note, url=closed.url)
    if found.tip is None or (closed and closed.merged and closed.head == found.tip):
        # What a merged branch holds has been taken over: a pull request needs a new commit, whoever made the last one.
        return _commit(place, found)
    if found.own is None:
        url = found.pull.url if found.pull else None
        return RatchetOutcome(note=f"The branch {BRANCH} has a commit of someone else's: it is left alone.", url=url)
    if not found.same and not met:
        return _commit(place, found)
    return _have_pull(place, found, found.tip, found.own)


def _look(place: _Place, base: Sha, edited: Edited) -> _Found:
    tip = place.data.tip(BRANCH)
    return _Found(
        base=base,
        edited=edited,
        tip=tip,
        own=parse_message(place.pulls.commit_message(tip)) if tip else None,
        same=tip is not None and _same(place, tip, edited.text),
        pull=place.pulls.find_open(BRANCH, place.default_branch),
    )


def _same(place: _Place, tip: Sha, text: str) -> bool:
    try:
        return place.text(tip) == text
    except InputError:
        return False


def _covers(closed: PullRequest, found: _Found) -> bool:
    """Whether a pull request that a person closed proposed as much as there is to propose now."""
    floors = parse_marker(closed.body)
    if floors is None:
        # Its body was rewritten; the branch still tells.
        return found.same and closed.head == found.tip
    return all(raised.new <= floors.get(raised.component, -1) for raised in found.edited.raised)


def _commit(place: _Place, found: _Found) -> _Again:
    """Put the proposal on the branch.

    The tree is the default branch's with the edited file, so that nothing else is in the difference; the branch's tip
    is a parent too, so that it is a fast-forward.
    """
    parents = (found.base,) if found.tip is None else (found.base, found.tip)
    files = {place.config_path: found.edited.text}
    message = render_message(found.edited.raised)
    done = place.data.commit(BRANCH, parents, files, {}, message, new_branch=found.tip is None)
    return _Again(met=not done)


def _have_pull(place: _Place, found: _Found, tip: Sha, own: tuple[Raise, ...]) -> RatchetOutcome | _Again:
    """Open or edit the pull request so that it says what the branch's tip proposes."""
    title, body = render_title(own), render_body(own, place.default_branch)
    pull = found.pull or _open(place, title, body)
    if isinstance(pull, _Again):
        return pull
    if not pull.body.startswith(render_marker(own)):
        place.pulls.edit(pull.number, title, body)
    if place.data.tip(BRANCH) != tip:
        # Another run put its own proposal there while this text was on its way.
        return _Again(met=True)
    return RatchetOutcome(note=f"Pull request #{pull.number}: {title}. {_left(found.edited)}".strip(), url=pull.url)


def _open(place: _Place, title: str, body: str) -> PullRequest | _Again:
    try:
        return place.pulls.open(BRANCH, place.default_branch, title, body) or _Again(met=True)
    except PublishError as exc:
        if exc.slug != Refusal.UNREACHABLE:
            raise
        # It may have been opened all the same.
        return _Again(met=False)


def _left(edited: Edited) -> str:
    """Say which floors the file does not hold; empty when there are none."""
    reasons = "; ".join(f"{floor_name(floor.component)}: {floor.reason}" for floor in edited.left)
    return f"Not raised: {reasons}." if reasons else ""
