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

_TRAILER, _FLOORS, _NAMES = "Covgate-Ratchet", "Covgate-Floors", "Covgate-Names"
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
    trailers = f"{_TRAILER}: true\n{_FLOORS}: {json.dumps(floors)}\n{_NAMES}: {json.dumps(names)}\n"
    return f"{render_title(raises)}\n\n{why}\n\n{trailers}"


def parse_message(message: str) -> tuple[Raise, ...] | None:
    """Return what a commit raises; None when the commit is not covgate's own."""
    trailers = _trailers(message)
    floors = _read_json(trailers.get(_FLOORS))
    try:
        return tuple(map(_raise, floors)) if trailers.get(_TRAILER) == "true" and isinstance(floors, list) else None
    except ValueError:
        return None


def parse_proposals(message: str) -> dict[str, Proposal]:
    """Return what each name proposes in a commit of covgate's own; without those that can not be read."""
    names = _read_json(_trailers(message).get(_NAMES))
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
    text = json.dumps([*pairs, *({"name": name} for name in proposals if name)])
    # What would end the comment is written as JSON's escapes.
    return f"{_MARKER}{text.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')} -->"


def parse_marker(body: str) -> dict[str | None, Decimal] | None:
    """Return the floors the marker of a pull request's body proposes, by component; None without a marker.

    It is found on any line of its own: people write above it.
    """
    lines = (line.strip() for line in body.splitlines() if line.startswith(_MARKER))
    marker = next((line for line in lines if line.endswith(" -->")), "")
    items = _read_json(marker.removeprefix(_MARKER).removesuffix(" -->"))
    floors: dict[str | None, Decimal] = {}
    for item in items if isinstance(items, list) else [None]:
        match item:
            case [(str() | None) as component, percent] if (floor := _percent(percent)) is not None:
                floors[component] = floor
            case {}:
                # A name that is held to the floors: for readers of the marker's text only.
                pass
            case _:
                return None
    return floors


def _trailers(message: str) -> dict[str, str]:
    lines = message.rstrip().rsplit("\n\n", maxsplit=1)[-1].splitlines()
    # Of equal ones the first counts.
    return {key: value for key, _, value in (line.partition(": ") for line in reversed(lines))}


def _read_json(text: str | None) -> object:
    try:
        return cast("object", json.loads(text or ""))
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
    match item:
        case {"seen": str(seen), "floors": list(floors), "held": list(held)} if all(
            isinstance(name, str | None) for name in held
        ):
            try:
                return Proposal(raises=tuple(map(_raise, floors)), held=tuple(held), seen=date.fromisoformat(seen))
            except ValueError:
                pass
    return None


def _raise(item: object) -> Raise:
    """Read what `_fields` made; ValueError for anything else."""
    match item:
        case {"component": (str() | None) as component, "old": old, "new": new, "lowest": lowest, "noise": noise}:
            before, after = _percent(old), _percent(new)
            if before is not None and after is not None:
                return Raise(
                    component=component, old=before, new=after, lowest=_fraction(lowest), noise=_fraction(noise)
                )
    raise ValueError("no floor that is raised")


def _percent(value: object) -> Decimal | None:
    try:
        percent = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return percent if percent is not None and percent.is_finite() and 0 <= percent <= 100 else None  # noqa: PLR2004  # the ends of a percent


def _fraction(value: object) -> Fraction:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,40}(/[1-9]\d{0,39})?", value):
        raise ValueError("no fraction")
    return Fraction(value)


def _name(component: str | None) -> str:
    return "min-total" if component is None else f"min-total of {_harmless(component)}"


def _harmless(text: str) -> str:
    """Put a question mark for what could end a code span or a cell, or be a mention: a name is shown, not obeyed."""
    return re.sub(r"[^\w ./-]", "?", text[:90])


def _shown(value: Fraction) -> str:
    """Print an exact percent or difference, cut after two decimals."""
    return show_number(floor_percent(Decimal(value.numerator) / value.denominator))
