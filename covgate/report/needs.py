"""What failing rules need: how many more statements and branches, and whether places bring them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from covgate.model import (
    MAX_DROP,
    MIN_DIFF,
    Check,
    ComponentFigures,
    Coverage,
    Spot,
    Status,
    SuiteStatus,
    Tally,
    Unavailable,
    Verdict,
    VerdictKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How many more statements and branches a failing rule needs covered: of the change, or of the total."""

    of_diff: bool
    component: str | None
    count: int

    def gain(self, spot: Spot) -> int:
        """Return what a spot adds to the counts of the rule."""
        if self.component is not None and self.component not in spot.components:
            return 0
        return spot.diff if self.of_diff else spot.total


def find_needs(
    verdict: Verdict, coverage: Coverage | Unavailable | Tally, components: Iterable[ComponentFigures]
) -> tuple[Need, ...]:
    """Return what each failing rule needs; nothing where more is wrong than rules that coverage can pass."""
    suite = verdict.suite
    if verdict.kind is not VerdictKind.FAIL or (suite is not None and suite.status is not SuiteStatus.PASSED):
        return ()
    if any(check.status is Status.UNAVAILABLE for check in verdict.checks):
        return ()
    total = coverage.total if isinstance(coverage, Coverage) else coverage
    totals: dict[str | None, Tally | Unavailable] = {None: total}
    totals |= {part.name: part.total for part in components}
    failing = [check for check in verdict.checks if check.status is Status.FAIL]
    counts = [_needed(check, totals.get(check.component)) for check in failing]
    if not all(counts):
        return ()
    return tuple(
        Need(of_diff=check.rule == MIN_DIFF, component=check.component, count=count)
        for check, count in zip(failing, counts, strict=True)
    )


def _needed(check: Check, total: Tally | Unavailable | None) -> int:
    """Return how many more have to be covered until a rule passes; 0 where that is not known."""
    if check.rule != MAX_DROP:
        return check.actual.counts.needed(check.target) if check.actual else 0
    if check.drop is None or not isinstance(total, Tally):
        return 0
    # What flapping lines excuse stays as it is: none of them is among the places.
    return math.ceil((check.drop.judged - Fraction(check.target)) * total.counts.total / 100)


def find_part(needs: Iterable[Need], chosen: Sequence[Spot]) -> int:
    """Return how many statements of the last place are enough beside the others, or branches where it has no other.

    0 where all of it is needed, or where it matters which.
    """
    *others, last = chosen
    size = last.place.statements or last.place.branches.missing
    part = 0
    for need in needs:
        rest = need.count - sum(need.gain(spot) for spot in others)
        if rest > 0:
            if need.gain(last) != last.place.size:
                return 0
            part = max(part, rest)
    return part if part < size else 0
