"""The colour bands of a percentage."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from covgate.model import Tally


class Band(Enum):
    """The colour of a figure: its dot for Markdown and its style for a terminal."""

    GREEN = ("🟢", "green")
    ORANGE = ("🟠", "dark_orange")
    RED = ("🔴", "red")
    NONE = ("⚪", "dim")

    def __init__(self, dot: str, style: str) -> None:
        self.dot = dot
        self.style = style


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """The percents from which a figure is green, or orange."""

    green: Decimal
    orange: Decimal

    def of(self, figure: Tally | Decimal | None) -> Band:
        """Return the band of counts, or of a percent that is not rounded; where there is nothing, none."""
        if figure is None or (isinstance(figure, Tally) and not figure.counts.total):
            return Band.NONE
        reaches = figure.counts.reaches if isinstance(figure, Tally) else figure.__ge__
        return Band.GREEN if reaches(self.green) else Band.ORANGE if reaches(self.orange) else Band.RED
