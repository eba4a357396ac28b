"""What a proposal to raise floors says: the commit's message, the pull request's title and body, and both read back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import cast

from covgate.history.ratchet import RECORDS, WINDOW, Raise, floor_name, plain
from covgate.model import floor_percent

_TRAILER = "Covgate-Ratchet: true"
_FLOORS = "Covgate-Floors: "
_MARKER = "<!-- covgate:ratchet "
_MOST_ROWS = 100
"""GitHub: a body holds 65,536 characters."""


def render_title(raises: Sequence[Raise]) -> str:
    """Render the title of the pull request and of the commit: `Raise min-total to 84`."""
    first, more = raises[0], len(raises) - 1
    others = f" and {more} more floor{'s' if more > 1 else ''}" if more else ""
    return f"Raise {_name(first.component)} to {plain(first.new)}{others}"


def render_message(raises: Sequence[Raise]) -> str:
    """Render the commit's message. Its trailers say whose commit it is and hold the proposal, for `parse_message`."""
    floors = [
        {
            "component": found.component,
            "old": str(found.old),
            "new": str(found.new),
            "lowest": str(found.lowest),
            "noise": str(found.noise),
        }
        for found in raises
    ]
    why = f"The last {RECORDS} records stayed above, by more than their noise."
    return f"{render_title(raises)}\n\n{why}\n\n{_TRAILER}\n{_FLOORS}{json.dumps(floors)}\n"


def parse_message(message: str) -> tuple[Raise, ...] | None:
    """Return the proposal a commit makes; None when the commit is not covgate's own."""
    trailers = message.rstrip().rsplit("\n\n", maxsplit=1)[-1].splitlines()
    floors = next((line.removeprefix(_FLOORS) for line in trailers if line.startswith(_FLOORS)), None)
    if _TRAILER not in trailers or floors is None:
        return None
    found = [_raise(item) for item in _items(floors)]
    raises = tuple(item for item in found if item)
    return raises if raises and len(raises) == len(found) else None


def render_body(raises: Sequence[Raise], default_branch: str) -> str:
    """Render the pull request's body, with a marker that `parse_marker` reads."""
    rows = [
        f"| `{_harmless(floor_name(found.component))}` | {plain(found.old)} | {plain(found.new)} "
        f"| {_shown(found.lowest)} % | {_shown(found.noise)} |"
        for found in raises[:_MOST_ROWS]
    ]
    more = [f"And {len(raises) - _MOST_ROWS} more."] if len(raises) > _MOST_ROWS else []
    head = [f"| floor | now | raised to | lowest of {RECORDS} records | noise |", "|---|--:|--:|--:|--:|"]
    reason = (
        f"{render_marker(raises)}\nCoverage of `{_harmless(default_branch)}` has stayed above what the gate asks for "
        f"in the last {RECORDS} records, so the gate can ask for it. Merging this is all there is to do."
    )
    rule = (
        f"A new floor is the lowest of the last {RECORDS} records less the noise (the largest drop, in percentage "
        f"points, from one record to the next within the last {WINDOW}), rounded down. Floors are never lowered."
    )
    upkeep = (
        "covgate keeps this pull request up to date, unless someone else pushes to its branch. Close it to leave the "
        "floors as they are: covgate comes back only when it can propose more than this. Where a workflow opened it, "
        "its checks may wait for an approval, or for the pull request to be closed and reopened."
    )
    return "\n\n".join([reason, "\n".join([*head, *rows]), *more, rule, upkeep]) + "\n"


def render_marker(raises: Sequence[Raise]) -> str:
    """Render the comment, unseen by readers, that says which floors a pull request proposes."""
    floors = json.dumps([[found.component, str(found.new)] for found in raises])
    # What would end the comment is written as JSON's escapes.
    return f"{_MARKER}{floors.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')} -->"


def parse_marker(body: str) -> dict[str | None, Decimal] | None:
    """Return the floors the marker of a pull request's body proposes, by component; None without a marker."""
    line = body.lstrip().splitlines()[0].rstrip() if body.strip() else ""
    if not line.startswith(_MARKER) or not line.endswith(" -->"):
        return None
    floors: dict[str | None, Decimal] = {}
    for item in _items(line.removeprefix(_MARKER).removesuffix(" -->")):
        component, percent = item if isinstance(item, list) and len(item) == 2 else (0, 0)  # noqa: PLR2004  # a pair
        floor = _percent(percent)
        if not isinstance(component, str | None) or floor is None:
            return None
        floors[component] = floor
    return floors or None


def _items(text: str) -> list[object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _raise(item: object) -> Raise | None:
    fields = cast("Mapping[str, object]", item) if isinstance(item, dict) else {}
    component, old, new = fields.get("component"), _percent(fields.get("old")), _percent(fields.get("new"))
    lowest, noise = _fraction(fields.get("lowest")), _fraction(fields.get("noise"))
    if not isinstance(component, str | None) or old is None or new is None or lowest is None or noise is None:
        return None
    return Raise(component=component, old=old, new=new, lowest=lowest, noise=noise)


def _percent(value: object) -> Decimal | None:
    try:
        percent = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return percent if percent is not None and percent.is_finite() and 0 <= percent <= 100 else None  # noqa: PLR2004  # the ends of a percent


def _fraction(value: object) -> Fraction | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,40}(/[1-9]\d{0,39})?", value):
        return None
    return Fraction(value)


def _name(component: str | None) -> str:
    return "min-total" if component is None else f"min-total of {_harmless(component)}"


def _harmless(text: str) -> str:
    """Put a question mark for what could end a code span or a cell, or be a mention: a name is shown, not obeyed."""
    return re.sub(r"[^\w ./-]", "?", text[:90])


def _shown(value: Fraction) -> str:
    """Print an exact percent or difference, cut after two decimals."""
    return plain(floor_percent(Decimal(value.numerator) / value.denominator))
