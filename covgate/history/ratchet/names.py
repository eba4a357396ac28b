"""What each name proposes for the floors of one configuration file, and what they propose together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from covgate.history.ratchet.floors import Raise, floor_name

_FRESH = timedelta(days=30)
"""So long a name's proposal is not written anew only to say that the name is still there."""
_FORGOTTEN = timedelta(days=90)
"""A name that was not heard of for so long (a job that left the matrix) holds nothing back any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the runs of one name (the input `name`) say of the floors they are held to.

    `held` are the floors (components; None: the project) that they can not raise, `seen` is when they said so.
    """

    raises: tuple[Raise, ...]
    held: tuple[str | None, ...] = ()
    seen: date

    @property
    def says(self) -> dict[str | None, Decimal | None]:
        """How high each floor may be in this name's view, in percent; None: as it is."""
        return dict.fromkeys(self.held) | {found.component: found.new for found in self.raises}


Proposals = Mapping[str, Proposal]
"""By name; the empty one is of runs without a name."""


def combine(proposals: Proposals) -> tuple[Raise, ...]:
    """Return the raises that every name can live with: of each floor the lowest, none where one name holds it."""
    held = {component for proposal in proposals.values() for component in proposal.held}
    lowest: dict[str | None, Raise] = {}
    for found in (found for proposal in proposals.values() for found in proposal.raises):
        known = lowest.get(found.component)
        if found.component not in held and (known is None or found.new < known.new):
            lowest[found.component] = found
    return tuple(lowest.values())


def unite(standing: Proposals, name: str, mine: Proposal) -> Proposals:
    """Return the proposals with this run's among them, and without those of names not heard of for long."""
    others = {
        other: proposal
        for other, proposal in standing.items()
        if other != name and mine.seen - proposal.seen <= _FORGOTTEN
    }
    before = standing.get(name)
    fresh = before is not None and mine.seen - before.seen <= _FRESH
    # Of runs without a name, alone, nobody asks when it was said.
    if before is not None and before.says == mine.says and (fresh or not (name or others)):
        mine = replace(mine, seen=before.seen)
    # In one order, whoever comes first.
    return dict(sorted((others | {name: mine}).items()))


def differ(one: Proposals, other: Proposals) -> bool:
    """Whether two sets of proposals say different things; what a proposal rests on may be another."""
    return {name: (p.says, p.seen) for name, p in one.items()} != {name: (p.says, p.seen) for name, p in other.items()}


def held_back(proposals: Proposals, mine: Proposal) -> str:
    """Say which of this run's raises other names hold back; empty when none."""
    sentences = []
    for found in mine.raises:
        holders = [name or "the runs without a name" for name, p in proposals.items() if found.component in p.held]
        if holders:
            sentences.append(f"{floor_name(found.component)}: {', '.join(holders)} cannot take more")
    return f"Not raised: {'; '.join(sentences)}." if sentences else ""
