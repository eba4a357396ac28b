"""The badge: what it says, and how wide it is without asking a font."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

from covgate.model import figures
from covgate.report.bands import Band

LABEL = "coverage"
_LABEL_WIDTH = 51
"""Of `coverage`, in Verdana at 11 pixels."""
_WIDTHS = {".": 4.0, " ": 3.9, "%": 11.8}
_DIGIT = 7.0
_PADDING = 5
_COLOURS = {
    Band.GREEN: ("brightgreen", "#1a7f37"),
    Band.ORANGE: ("orange", "#bc4c00"),
    Band.RED: ("red", "#cf222e"),
    Band.NONE: ("lightgrey", "#6e7781"),
}
"""The name shields.io knows, and a tone on which white text has a contrast of 4.5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A flat badge of two halves. Widths in pixels."""

    message: str
    colour: str
    right: int
    label: str = LABEL
    left: int = _LABEL_WIDTH + 2 * _PADDING

    @property
    def width(self) -> int:
        return self.left + self.right


def build_badge(percent: Decimal | None, band: Band) -> Badge:
    """Return the badge of a total; `unknown` without one."""
    message = figures.show_rounded(percent, absent="unknown")
    width = round(sum(_WIDTHS.get(character, _DIGIT) for character in message))
    return Badge(message=message, colour=_COLOURS[band][1], right=width + 2 * _PADDING)


def render_badge_json(percent: Decimal | None, band: Band) -> str:
    """Return the badge for shields.io's endpoint: schema version 1."""
    made = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": figures.show_rounded(percent, absent="unknown"),
        "color": _COLOURS[band][0],
    }
    return json.dumps(made, indent=2) + "\n"
