"""Which places to cover: the fewest that pass every failing rule at once. Values in, a chosen set out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate
from math import prod

MOST_STEPS = 500_000
"""How many places the exact search looks at, again and again, before greedy's set has to do."""

Gains = Sequence[int]
"""What one place adds to each failing rule: covered lines and branches, in the order of the rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The `chosen` places, by index, the largest first. No set of fewer than `least` places passes every rule."""

    chosen: tuple[int, ...]
    least: int

    @property
    def exact(self) -> bool:
        """Whether fewer cannot do; without, a text says "at most" of their number and "at least" of `least`."""
        return len(self.chosen) == self.least


def choose_places(needed: Gains, places: Sequence[Gains]) -> Choice | None:
    """Return the fewest places whose gains reach `needed` in every rule; of sets as small, the largest.

    Beyond `MOST_STEPS` it is greedy's set, which passes every rule but may not be the smallest. None where all places
    together are not enough. Each of `needed` is at least 1, and there is at least one rule.
    """
    if not needed or min(needed) < 1 or any(len(gains) != len(needed) for gains in places):
        raise ValueError(f"not one gain for each of {len(needed)} rules that need some: {needed}")
    fewest = [_fewest(need, [gains[rule] for gains in places]) for rule, need in enumerate(needed)]
    if None in fewest:
        return None
    # Each rule alone is passed soonest by its largest places; all of them together take at least as many.
    least = max(size for size in fewest if size is not None)
    order = sorted(range(len(places)), key=lambda place: (-sum(places[place]), place))
    greedy = _greedy(needed, places)
    search = _Search(needed, [places[place] for place in order])
    for size in range(least, len(greedy) + 1):
        found = search.of_size(size)
        if search.steps > MOST_STEPS:
            break
        if found is not None:
            return Choice(chosen=tuple(order[at] for at in found), least=size)
        least = size + 1
    return Choice(chosen=tuple(sorted(greedy, key=lambda place: (-sum(places[place]), place))), least=least)


def _fewest(need: int, gains: Sequence[int]) -> int | None:
    """Return how many of the largest gains reach `need`; None when all do not."""
    sums = accumulate(sorted(gains, reverse=True))
    return next((size for size, reached in enumerate(sums, start=1) if reached >= need), None)


def _greedy(needed: Gains, places: Sequence[Gains]) -> list[int]:
    """Take the place that brings the rules furthest, again and again, then leave out what the later ones made needless.

    What a place brings only shrinks as others are taken, so only the top of the heap has to be weighed anew.
    """
    scales = [prod(needed) // need for need in needed]
    missing = list(needed)

    def brings(place: int) -> int:
        return sum(min(gain, rest) * scale for gain, rest, scale in zip(places[place], missing, scales, strict=True))

    heap = [(-brings(place), -sum(gains), place) for place, gains in enumerate(places)]
    heapify(heap)
    taken: list[int] = []
    while any(missing):
        _, size, place = heappop(heap)
        now = (-brings(place), size, place)
        if heap and now > heap[0]:
            heappush(heap, now)
            continue
        taken.append(place)
        missing = [max(rest - gain, 0) for rest, gain in zip(missing, places[place], strict=True)]
    spare = [sum(places[p][rule] for p in taken) - need for rule, need in enumerate(needed)]
    for place in sorted(taken, key=lambda p: sum(places[p])):
        if all(gain <= rest for gain, rest in zip(places[place], spare, strict=True)):
            taken.remove(place)
            spare = [rest - gain for gain, rest in zip(places[place], spare, strict=True)]
    return taken


class _Search:
    """Every set of one size, the largest places first, without those that cannot pass or cannot be larger."""

    def __init__(self, needed: Gains, places: Sequence[Gains]) -> None:
        self.steps = 0
        self._needed, self._places = needed, places
        self._sizes = [sum(gains) for gains in places]
        # By rule, all places by their gain in it.
        self._ranked = [sorted(range(len(places)), key=lambda p: -places[p][rule]) for rule in range(len(needed))]
        self._best: tuple[int, tuple[int, ...]] | None = None

    def of_size(self, size: int) -> tuple[int, ...] | None:
        """Return the largest set of `size` places that passes, or None; `steps` says when it gave up."""
        self._best = None
        # A chain of calls is as deep as the set is large: beyond this nobody reads the names anyway.
        if size > _DEEPEST:
            self.steps = MOST_STEPS + 1
        else:
            self._extend((), 0, size, tuple(self._needed), 0)
        return self._best and self._best[1]

    def _extend(self, taken: tuple[int, ...], start: int, left: int, missing: tuple[int, ...], size: int) -> None:
        if not left:
            if max(missing) <= 0 and (self._best is None or size > self._best[0]):
                self._best = (size, taken)
            return
        for place in range(start, len(self._places) - left + 1):
            self.steps += 1
            # The places are sorted by size: no later one makes a larger set, nor passes what these cannot.
            most = size + sum(self._sizes[place : place + left])
            too_small = self._best is not None and most <= self._best[0]
            if self.steps > MOST_STEPS or too_small or not self._can_pass(place, left, missing):
                return
            rest = tuple(need - gain for need, gain in zip(missing, self._places[place], strict=True))
            self._extend((*taken, place), place + 1, left - 1, rest, size + self._sizes[place])

    def _can_pass(self, start: int, left: int, missing: tuple[int, ...]) -> bool:
        """Whether the `left` best places from `start` on reach each rule, taken by itself."""
        for rule, need in enumerate(missing):
            if need <= 0:
                continue
            reached, used = 0, 0
            for place in self._ranked[rule]:
                self.steps += 1
                if place < start:
                    continue
                reached += self._places[place][rule]
                used += 1
                if reached >= need or used == left:
                    break
            if reached < need:
                return False
        return True


_DEEPEST = 12
