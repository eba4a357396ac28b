"""When a floor can be raised without anyone thinking about it, and when it is too low to catch a drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from covgate.model import History, Tally, cut, floor_percent, show_number

RECORDS = 5
"""For so many records the total must have stayed above the floor plus its noise."""
WINDOW = 10
"""Noise is what was seen between so many records: longer ago, it was another suite."""
SLACK = 5
"""A floor more than so many points below the measured coverage would not catch a drop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A floor that can be raised from `old` to `new`, in percent.

    `lowest` is the lowest of the five records it rests on, `noise` how far a record fell below the one before it, in
    percentage points; both exact.
    """

    component: str | None
    """None for the whole project's `min-total`."""
    old: Decimal
    new: Decimal
    lowest: Fraction
    noise: Fraction


def floor_name(component: str | None) -> str:
    """Return what the floor is called under `[tool.covgate]`: `min-total`, `components.api.min-total`."""
    return "min-total" if component is None else f"components.{component}.min-total"


def propose_floors(history: History, floors: Mapping[str | None, Decimal]) -> tuple[Raise, ...]:
    """Return the floors that can be raised, in the order of `floors` (percents by component; None: the project).

    A new floor is the lowest of the last five records minus the noise, rounded down to as many decimals as the present
    floor has. It never is below or at the present one, nor above any of the five; so it is 100 only when in all of the
    five nothing was missing.

    Noise is the largest drop from one record to the next within the last ten. A steady rise has none, however steep; a
    line that flaps has its share. One single fall counts too, until it is ten records old: a floor that comes late
    costs nothing, one that turns a pull request red by chance costs the team's trust.

    Only records that can be compared count: those since branches were last switched on or off. Imported points do not.
    """
    raises = (_propose(component, old, _series(history, component)) for component, old in floors.items())
    return tuple(found for found in raises if found)


def slack_alarms(
    total: Tally, components: Mapping[str, Tally], floors: Mapping[str | None, Decimal]
) -> tuple[str, ...]:
    """Return a sentence for each floor that is more than 5 points below what is measured.

    `floors` are percents by component (None: the project); `components` what was measured of each.
    """
    measured = ((name, total if name is None else components.get(name), floor) for name, floor in floors.items())
    return tuple(
        _alarm(name, tally, floor)
        for name, tally, floor in measured
        if tally is not None and tally.counts.total and _gap(tally, floor) > SLACK
    )


def _propose(component: str | None, old: Decimal, series: Sequence[Fraction]) -> Raise | None:
    if len(series) < RECORDS:
        return None
    noise = max(Fraction(0), *(before - after for before, after in pairwise(series)))
    lowest = min(series[-RECORDS:])
    new = cut(lowest - noise, decimals_of(old))
    return Raise(component=component, old=old, new=new, lowest=lowest, noise=noise) if new > old else None


def _series(history: History, component: str | None) -> list[Fraction]:
    """Return the exact percents of the last records that measured this and are comparable with the newest of them."""
    found: list[Fraction] = []
    has_branches: bool | None = None
    for record in reversed(history.records):
        tally = record.total if component is None else record.components.get(component)
        if tally is None or not tally.counts.total:
            continue
        if has_branches not in {None, record.has_branches} or len(found) == WINDOW:
            break
        has_branches = record.has_branches
        found.append(exact_percent(tally))
    return found[::-1]


def exact_percent(tally: Tally) -> Fraction:
    """Return a tally's percent unrounded; there must be something to cover."""
    return Fraction(100 * tally.counts.covered, tally.counts.total)


def decimals_of(percent: Decimal) -> int:
    """Return how many decimals a percent is written with: 0 for 80, 2 for 80.50."""
    exponent = percent.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _gap(tally: Tally, floor: Decimal) -> Fraction:
    return exact_percent(tally) - Fraction(floor)


def _alarm(component: str | None, tally: Tally, floor: Decimal) -> str:
    measured = show_number(floor_percent(tally.percent or Decimal(0)))
    gap = show_number(cut(_gap(tally, floor), 1))
    return (
        f"{floor_name(component)} = {show_number(floor)} is {gap} points below the measured {measured} %: raise it, so "
        "that the gate holds what you have."
    )
