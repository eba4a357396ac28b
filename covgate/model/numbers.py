"""Exact counts, and the one formula for a percentage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many of something were covered. Adds up; knows no rounding."""

    covered: int = 0
    total: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(covered=self.covered + other.covered, total=self.total + other.total)

    @property
    def missing(self) -> int:
        return self.total - self.covered

    @property
    def percent(self) -> Decimal | None:
        """Percent, 0 to 100, or None when there is nothing to cover. For display; judge with `reaches`."""
        return Decimal(100 * self.covered) / self.total if self.total else None

    def reaches(self, target: Decimal) -> bool:
        """Whether the exact fraction is at least `target` percent; an empty count reaches everything."""
        # Fractions: arithmetic on Decimals is rounded to 28 digits.
        return 100 * self.covered >= Fraction(target) * self.total

    def needed(self, target: Decimal) -> int:
        """How many more of the missing must be covered before `target` percent is reached."""
        return max(0, math.ceil(Fraction(target) * self.total / 100) - self.covered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The two pairs every figure is made of: statements and branches."""

    lines: Counts = Counts()
    branches: Counts = Counts()

    def __add__(self, other: Tally) -> Tally:
        return Tally(lines=self.lines + other.lines, branches=self.branches + other.branches)

    @property
    def counts(self) -> Counts:
        """Statements and branches together: what coverage.py's own percent is made of."""
        return self.lines + self.branches

    @property
    def percent(self) -> Decimal | None:
        """(executed statements + taken branches) / (statements + branches), coverage.py's formula, times 100."""
        return self.counts.percent


def floor_percent(percent: Decimal, places: int = 2) -> Decimal:
    """`percent` cut (never rounded up) to `places` decimals, except that a little more than 0 never shows as 0."""
    step = Decimal(1).scaleb(-places)
    cut = percent.quantize(step, rounding=ROUND_DOWN)
    return step if cut == 0 and percent > 0 else cut


def cut(value: Fraction, places: int = 2) -> Decimal:
    """`value`, which is not negative, cut after `places`; from text, as arithmetic on Decimals stops at 28 digits."""
    return Decimal(f"{value * 10**places // 1}E-{places}")
