"""How the total has changed: over a month, and where it fell most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from covgate.model import Point, figures

MONTH = timedelta(days=30)
FALLS = 5
"""How many falls are named."""
_NOTABLE = Fraction(1, 10)
"""Points from which on a fall is one: less is what any commit does."""


def month_text(points: Sequence[Point]) -> str:
    """Say how the newest total compares with that of a month before; of a shorter history, with its first.

    `+1.25 in 30 days`, `-0.3 since 2026-11-02`; empty for fewer than two points. It is the point that stood a month
    before: the newest of those that are old enough.
    """
    if len(points) < 2:  # noqa: PLR2004  # a change is between two
        return ""
    newest = points[-1]
    before = [point for point in points[:-1] if point.date <= newest.date - MONTH]
    then = before[-1] if before else points[0]
    change = figures.show_signed(Fraction(newest.total) - Fraction(then.total))
    return f"{change} in 30 days" if before else f"{change} since {then.date.date()}"


def largest_falls(points: Sequence[Point]) -> tuple[int, ...]:
    """Return the positions of the points before which the total fell most, the largest fall first.

    Of equal ones the newest comes first.
    """
    falls = [(Fraction(b.total) - Fraction(a.total), at) for at, (a, b) in enumerate(pairwise(points), start=1)]
    notable = sorted((fall, -at) for fall, at in falls if fall <= -_NOTABLE)
    return tuple(-at for _, at in notable[:FALLS])
