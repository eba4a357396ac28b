"""What a proposal to raise floors says: the commit's message, the pull request's title and body, and both read back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import cast

from covgate.history.ratchet.floors import RECORDS, WINDOW, Raise, floor_name
from covgate.history.ratchet.names import Proposal, Proposals
from covgate.model import floor_percent, show_number

_TRAILER = "Covgate-Ratchet: true"
_FLOORS = "Covgate-Floors: "
_NAMES = "Covgate-Names: "
_MARKER = "<!-- covgate:ratchet "
_MOST_ROWS = 100
"""GitHub: a body holds 65,536 characters."""
_NOTHING = (
    "There is nothing left to raise: coverage fell, another job holds the floors, or they were raised by hand. So "
    "covgate closed this, and opens another one when there is more."
)


def render_title(raises: Sequence[Raise]) -> str:
    """Render the title of the pull request and of the commit: `Raise min-total to 84`."""
    if not raises:
        return "Raise no floor for now"
    first, more = raises[0], len(raises) - 1
    others = f" and {more} more floor{'s' if more > 1 else ''}" if more else ""
    return f"Raise {_name(first.component)} to {show_number(first.new)}{others}"


def render_message(raises: Sequence[Raise], proposals: Proposals) -> str:
    """Render the commit's message.

    Its trailers say whose commit it is, and hold what it raises, for `parse_message`, and what each name proposes, for
    `parse_proposals`.
    """
    floors = [_fields(found) for found in raises]
    names = {
        name: {
            "seen": proposal.seen.isoformat(),
            "floors": [_fields(found) for found in proposal.raises],
            "held": list(proposal.held),
        }
        for name, proposal in proposals.items()
    }
    why = f"The last {RECORDS} records stayed above, by more than their noise." if raises else "Nothing is proposed."
    trailers = f"{_TRAILER}\n{_FLOORS}{json.dumps(floors)}\n{_NAMES}{json.dumps(names)}\n"
    return f"{render_title(raises)}\n\n{why}\n\n{trailers}"


def parse_message(message: str) -> tuple[Raise, ...] | None:
    """Return what a commit raises; None when the commit is not covgate's own."""
    trailers = _trailers(message)
    floors = _value(trailers, _FLOORS)
    return None if _TRAILER not in trailers or floors is None else _raises(_json(floors))


def parse_proposals(message: str) -> dict[str, Proposal]:
    """Return what each name proposes in a commit of covgate's own; empty when it can not be read."""
    names = _json(_value(_trailers(message), _NAMES) or "")
    found = {str(name): _proposal(item) for name, item in names.items()} if isinstance(names, dict) else {}
    return {name: proposal for name, proposal in found.items() if proposal}


def render_body(raises: Sequence[Raise], default_branch: str, proposals: Proposals) -> str:
    """Render the pull request's body, with a marker that `parse_marker` reads."""
    marker = render_marker({found.component: found.new for found in raises}, proposals)
    rows = [
        f"| `{_harmless(floor_name(found.component))}` | {show_number(found.old)} | {show_number(found.new)} "
        f"| {_shown(found.lowest)} % | {_shown(found.noise)} |"
        for found in raises[:_MOST_ROWS]
    ]
    more = [f"And {len(raises) - _MOST_ROWS} more."] if len(raises) > _MOST_ROWS else []
    head = [f"| floor | now | raised to | lowest of {RECORDS} records | noise |", "|---|--:|--:|--:|--:|"]
    reason = (
        f"{marker}\nCoverage of `{_harmless(default_branch)}` has stayed above what the gate asks for "
        f"in the last {RECORDS} records, so the gate can ask for it. Merging this is all there is to do."
    )
    rule = (
        f"A new floor is the lowest of the last {RECORDS} records less the noise (the largest drop, in percentage "
        f"points, from one record to the next within the last {WINDOW}), rounded down. Floors are never lowered."
    )
    several = [name for name in proposals if name]
    names = ", ".join(f"`{_harmless(name)}`" for name in several[:_MOST_ROWS])
    heard = [f"Runs of several names are held to these floors; of each the lowest counts. Heard so far: {names}."]
    upkeep = (
        "covgate keeps this pull request up to date, unless someone else pushes to its branch. Close it to leave the "
        "floors as they are: covgate comes back only when it can propose more than this. Where a workflow opened it, "
        "its checks may wait for an approval, or for the pull request to be closed and reopened."
    )
    return "\n\n".join([reason, "\n".join([*head, *rows]), *more, rule, *(heard if several else []), upkeep]) + "\n"


def render_retired_body(refused: Mapping[str | None, Decimal]) -> str:
    """Render the body of a pull request that covgate itself closes.

    Its marker says what a person refused before: that is still not to be proposed again.
    """
    return f"{render_marker(refused, {})}\n{_NOTHING}\n"


def render_marker(floors: Mapping[str | None, Decimal], proposals: Proposals) -> str:
    """Render the comment, unseen by readers, that says which floors a pull request proposes, and for which names."""
    pairs = [[component, str(floor)] for component, floor in floors.items()]
    text = json.dumps([*pairs, *({"name": name} for name in sorted(proposals) if name)])
    # What would end the comment is written as JSON's escapes.
    return f"{_MARKER}{text.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')} -->"


def parse_marker(body: str) -> dict[str | None, Decimal] | None:
    """Return the floors the marker of a pull request's body proposes, by component; None without a marker.

    It is found on any line of its own: people write above it.
    """
    lines = (line.strip() for line in body.splitlines() if line.startswith(_MARKER))
    return next((_floors(line) for line in lines if line.endswith(" -->")), None)


def _floors(line: str) -> dict[str | None, Decimal] | None:
    items = _json(line.removeprefix(_MARKER).removesuffix(" -->"))
    if not isinstance(items, list):
        return None
    floors: dict[str | None, Decimal] = {}
    for item in (item for item in items if not isinstance(item, dict)):
        component, percent = item if isinstance(item, list) and len(item) == 2 else (0, 0)  # noqa: PLR2004  # a pair
        floor = _percent(percent)
        if not isinstance(component, str | None) or floor is None:
            return None
        floors[component] = floor
    return floors


def _trailers(message: str) -> list[str]:
    return message.rstrip().rsplit("\n\n", maxsplit=1)[-1].splitlines()


def _value(trailers: Sequence[str], key: str) -> str | None:
    return next((line.removeprefix(key) for line in trailers if line.startswith(key)), None)


def _json(text: str) -> object:
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return None


def _fields(found: Raise) -> dict[str, str | None]:
    return {
        "component": found.component,
        "old": str(found.old),
        "new": str(found.new),
        "lowest": str(found.lowest),
        "noise": str(found.noise),
    }


def _proposal(item: object) -> Proposal | None:
    fields = cast("Mapping[str, object]", item) if isinstance(item, dict) else {}
    raises, held = _raises(fields.get("floors")), fields.get("held")
    try:
        seen = date.fromisoformat(str(fields.get("seen")))
    except ValueError:
        return None
    if raises is None or not isinstance(held, list) or not all(isinstance(name, str | None) for name in held):
        return None
    return Proposal(raises=raises, held=tuple(held), seen=seen)


def _raises(items: object) -> tuple[Raise, ...] | None:
    found = [_raise(item) for item in items] if isinstance(items, list) else [None]
    raises = tuple(item for item in found if item)
    return raises if len(raises) == len(found) else None


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
    return show_number(floor_percent(Decimal(value.numerator) / value.denominator))
