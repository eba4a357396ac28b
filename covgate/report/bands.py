"""The colour bands of a percentage."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from covgate.model import Tally


class Band(Enum):
    """The colour of a figure: its dot for Markdown and its style for a terminal."""

    GREEN = ("🟢", "green")
    ORANGE = ("🟠", "dark_orange")
    RED = ("🔴", "red")
    NONE = ("⚪", "dim")

    @property
    def dot(self) -> str:
        """The emoji."""
        return self.value[0]

    @property
    def style(self) -> str:
        """The rich style."""
        return self.value[1]


def choose_band(tally: Tally | None, *, green: Decimal, orange: Decimal) -> Band:
    """Return the band of a figure; no figure has none."""
    if tally is None or not tally.counts.total:
        return Band.NONE
    if tally.counts.reaches(green):
        return Band.GREEN
    return Band.ORANGE if tally.counts.reaches(orange) else Band.RED


def band_of(percent: Decimal | None, *, green: Decimal, orange: Decimal) -> Band:
    """Return the band of a percent, which must not be rounded; none has none."""
    if percent is None:
        return Band.NONE
    return Band.GREEN if percent >= green else Band.ORANGE if percent >= orange else Band.RED
