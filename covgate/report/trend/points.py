"""The points of a history in words, and what they are held against: for the page and for `covgate history`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise

from covgate.config import Component, Target
from covgate.model import History, Point, figures, known
from covgate.report.bands import Band, Bands
from covgate.report.trend.words import towards


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A history, and what it is held against on one day."""

    history: History
    target: Target | None
    components: tuple[Component, ...]
    bands: Bands
    today: date

    def way(self, points: Sequence[Point]) -> str:
        """Say how far the target is; nothing without one, or without a point."""
        return (known(towards(points, self.target, self.today)) or "") if self.target else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """One point as text: a record, or an imported entry without a commit."""

    date: datetime
    """In UTC."""
    values: tuple[str, ...]
    """The total and the components, in percent, rounded."""
    band: Band
    delta: str
    """The change of the total since the point before, shown or not; empty for the first."""
    sha: str
    title: str


def point_rows(
    points: Sequence[Point], components: Sequence[str], bands: Bands, newest: int, cut: Callable[[str], str]
) -> tuple[PointRow, ...]:
    """Word the newest of the points, oldest first, with the components named; `cut` shortens titles."""
    shown = points[-newest:] if newest > 0 else ()
    rises = (Fraction(b.total) - Fraction(a.total) for a, b in pairwise(points[-newest - 1 :]))
    deltas = ["", *map(figures.show_signed, rises)]
    return tuple(
        PointRow(
            date=point.date.astimezone(UTC),
            values=tuple(
                figures.show_rounded(value, absent="–")
                for value in (point.total, *map(point.components.get, components))
            ),
            band=bands.of(point.total),
            delta=delta,
            sha=point.sha or "",
            title=cut(point.title),
        )
        for point, delta in zip(shown, deltas[-len(shown) :], strict=False)
    )
