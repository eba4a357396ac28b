"""The ratchet's one pull request for each configuration file: kept up to date, and left alone once a person says so."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.errors import CovgateError, InputError, PublishError
from covgate.history.ratchet.floors import Raise, floor_name
from covgate.history.ratchet.names import Proposal, Proposals, combine, differ, held_back, unite
from covgate.history.ratchet.toml_edit import Edited, raise_in_toml
from covgate.history.ratchet.words import (
    parse_marker,
    parse_message,
    parse_proposals,
    render_body,
    render_marker,
    render_message,
    render_retired_body,
    render_title,
)
from covgate.host import PullRequest, PullRequests, Refusal, RepositoryData
from covgate.model import Sha

BRANCH = "covgate/ratchet"
"""The branch of the pull request for the configuration file at the top of the repository."""
_ROUNDS = 10
"""One round makes one step and looks again; two or three are the rule, more when several runs meet."""
_MOST_BYTES = 1_000_000
"""No pyproject.toml is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatchetOutcome:
    """What became of the proposal: a sentence for the summary and the log."""

    note: str = ""
    """Empty when there was nothing to do."""
    problem: CovgateError | None = None
    """What went wrong; `note` says it too, with what to change."""


def branch_of(config_path: PurePosixPath) -> str:
    """Return the branch of a configuration file's pull request: `covgate/ratchet-services-api-fe3b7a`.

    The digits keep `a/b` and `a-b` apart. There is no further slash: git keeps no branch `x/y` beside a branch `x`.
    """
    folder = str(config_path.parent)
    if folder == ".":
        return BRANCH
    digest = hashlib.sha256(folder.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return "-".join([BRANCH, *re.findall("[A-Za-z0-9]+", folder[:60]), digest])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the proposal goes, and what it is."""

    data: RepositoryData
    pulls: PullRequests
    default_branch: str
    config_path: PurePosixPath
    name: str
    mine: Proposal

    @property
    def branch(self) -> str:
        return branch_of(self.config_path)

    def content(self, commit: Sha) -> bytes:
        """Return the configuration as it is in a commit; nothing when it is not there."""
        tree = self.data.tree(commit)
        blob = tree.blobs.get(self.config_path) if tree else None
        return self.data.blob(blob) if blob is not None else b""

    def text(self, commit: Sha) -> str:
        """Return it as text; InputError when there is none that can be read."""
        content = self.content(commit)
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
class _Standing:
    """What the branch holds: its tip, and, when the tip is covgate's own, what it raises and what each name says."""

    tip: Sha | None
    own: tuple[Raise, ...] | None = None
    """None when the tip is a person's."""
    proposals: Proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a round found: what is on the branch, and what is to be there: the proposals, and the text they make."""

    base: Sha
    edited: Edited
    proposals: Proposals
    standing: _Standing
    same: bool
    """Whether the branch holds just this."""
    pull: PullRequest | None
    """The open one."""
    left: str
    """Which floors stay as they are, and why; empty when there are none."""


def publish_ratchet(
    data: RepositoryData,
    pulls: PullRequests,
    *,
    default_branch: str,
    config_path: PurePosixPath,
    name: str,
    proposal: Proposal,
) -> RatchetOutcome:
    """Have one open pull request that raises the floors in `config_path` as the default branch has them now.

    What it raises is what the runs of every name can live with: each leaves its proposal in the branch's last commit.
    Never raises: what went wrong is in the outcome. Nothing is forced. A proposal that a person closed is not made
    again until it would be higher, and a branch a person pushed to is left alone. When two runs of one name meet, the
    proposal that got onto the branch stands, and the pull request's text is made from it.
    """
    if not proposal.says:
        return RatchetOutcome()
    place = _Place(
        data=data, pulls=pulls, default_branch=default_branch, config_path=config_path, name=name, mine=proposal
    )
    first: _Standing | None = None
    try:
        for _ in range(_ROUNDS):
            standing = _read_standing(place)
            first = first or standing
            step = _round(place, standing, _unite(place, first, standing))
            if step is not None:
                return step
    except (PublishError, InputError) as exc:
        return RatchetOutcome(note=f"The ratchet could not raise the floors: {exc.message}. {exc.hint}", problem=exc)
    return RatchetOutcome(note=f"Other runs kept changing the branch {place.branch}; the next run looks at it again.")


def _read_standing(place: _Place) -> _Standing:
    tip = place.data.tip(place.branch)
    message = place.pulls.commit_message(tip) if tip else ""
    own = parse_message(message) if tip else None
    return _Standing(tip=tip, own=own, proposals=parse_proposals(message) if own is not None else {})


def _unite(place: _Place, first: _Standing, standing: _Standing) -> Proposals:
    """Put this run's proposal among the others', unless another run of its name has put one there meanwhile."""
    known = [proposal.says for proposal in (place.mine, first.proposals.get(place.name)) if proposal]
    there = standing.proposals.get(place.name)
    if there is not None and there.says not in known:
        return standing.proposals
    return unite(standing.proposals, place.name, place.mine)


def _round(place: _Place, standing: _Standing, proposals: Proposals) -> RatchetOutcome | None:
    """Make the next step towards the pull request; None when the next round is to look at what there is then."""
    raises = combine(proposals)
    if standing.tip is None and not raises:
        return RatchetOutcome()
    pull = place.pulls.find_open(place.branch, place.default_branch)
    known = len(proposals) == 1 or not differ(proposals, standing.proposals)
    if pull is None and not raises and known:
        return RatchetOutcome(note=held_back(proposals, place.mine))
    base = place.data.tip(place.default_branch)
    if base is None:
        return RatchetOutcome(note=f"The ratchet found no branch {place.default_branch}.")
    edited = raise_in_toml(place.text(base), raises)
    reasons = "; ".join(f"{floor_name(floor.component)}: {floor.reason}" for floor in edited.left)
    left = f"Not raised: {reasons}." if reasons else ""
    if standing.tip is None and not edited.raised:
        return RatchetOutcome(note=left)
    found = _Found(
        base=base,
        edited=edited,
        proposals=proposals,
        standing=standing,
        same=not differ(proposals, standing.proposals)
        and standing.tip is not None
        and place.content(standing.tip) == edited.text.encode(),
        pull=pull,
        left=left,
    )
    return _step(place, found) if edited.raised else _rest(place, found)


def _step(place: _Place, found: _Found) -> RatchetOutcome | None:
    """Bring the branch, and then the pull request, to what there is to raise."""
    tip = found.standing.tip
    closed = None if found.pull else place.pulls.find_closed(place.branch, place.default_branch)
    if closed and not closed.merged and _covers(closed, found):
        note = f"Pull request #{closed.number} was closed, so the ratchet waits until it can propose more."
        return RatchetOutcome(note=note)
    # What a merged branch holds has been taken over: a pull request needs a new commit, whoever made the last one.
    is_merged = closed is not None and closed.merged and closed.head == tip
    if tip is not None and not is_merged and found.standing.own is None:
        return _leave_alone(place)
    if tip is not None and not is_merged and found.same:
        return _have_pull(place, found, tip)
    _commit(place, found)
    return None


def _rest(place: _Place, found: _Found) -> RatchetOutcome | None:
    """There is nothing to raise: see that no open pull request says otherwise, and that the other names know it."""
    if found.standing.own is None:
        return _leave_alone(place) if found.pull else RatchetOutcome(note=found.left)
    several = len(found.proposals) > 1
    if differ(found.proposals, found.standing.proposals) and (several or found.pull):
        _commit(place, found)
        return None
    if found.pull:
        closed = place.pulls.find_closed(place.branch, place.default_branch)
        refused = parse_marker(closed.body) if closed and not closed.merged else None
        place.pulls.retire(found.pull.number, render_title(()), render_retired_body(refused or {}))
        note = f"Pull request #{found.pull.number} is closed: there is nothing left to raise."
        return RatchetOutcome(note=f"{note} {found.left}".strip())
    return RatchetOutcome(note=" ".join(filter(None, (found.left, held_back(found.proposals, place.mine)))))


def _leave_alone(place: _Place) -> RatchetOutcome:
    return RatchetOutcome(note=f"The branch {place.branch} has a commit of someone else's: it is left alone.")


def _covers(closed: PullRequest, found: _Found) -> bool:
    """Whether a pull request that a person closed proposed as much as there is to propose now."""
    floors = parse_marker(closed.body)
    if floors is None:
        # Its body was rewritten; the branch still tells, unless it has moved on.
        own = found.standing.own if closed.head == found.standing.tip else None
        floors = {raised.component: raised.new for raised in own or ()}
    return all(raised.new <= floors.get(raised.component, -1) for raised in found.edited.raised)


def _commit(place: _Place, found: _Found) -> None:
    """Put the proposal on the branch.

    The tree is the default branch's with the edited file, so that nothing else is in the difference; the branch's tip
    is a parent too, so that it is a fast-forward.
    """
    tip = found.standing.tip
    parents = (found.base,) if tip is None else (found.base, tip)
    files = {place.config_path: found.edited.text}
    message = render_message(found.edited.raised, found.proposals)
    # Whether another run was first, the next round sees.
    place.data.commit(place.branch, parents, files, {}, message, new_branch=tip is None)


def _have_pull(place: _Place, found: _Found, tip: Sha) -> RatchetOutcome | None:
    """Open or edit the pull request so that it says what the branch's tip proposes."""
    own, names = found.standing.own or (), found.standing.proposals
    title, body = render_title(own), render_body(own, place.default_branch, names)
    pull = found.pull or _open(place, title, body)
    if pull is None:
        return None
    if render_marker({found.component: found.new for found in own}, names) not in pull.body:
        place.pulls.edit(pull.number, title, body)
    if place.data.tip(place.branch) != tip:
        # Another run put its own proposal there while this text was on its way.
        return None
    return RatchetOutcome(note=f"Pull request #{pull.number}: {title}. {found.left}".strip())


def _open(place: _Place, title: str, body: str) -> PullRequest | None:
    try:
        return place.pulls.open(place.branch, place.default_branch, title, body)
    except PublishError as exc:
        if exc.slug != Refusal.UNREACHABLE:
            raise
        # It may have been opened all the same.
        return None
