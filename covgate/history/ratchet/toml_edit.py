"""Raising floors in the text of a pyproject.toml: the numbers change, and not a byte beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import islice

from covgate.config import TomlFile, parse_toml, show_value
from covgate.errors import InputError
from covgate.history.ratchet.floors import Raise, decimals_of
from covgate.model import cut

_NAME = "pyproject.toml"
_PLACE = re.compile(
    r"""min-total["']?[ \t]*=[ \t]*(?P<quote>"{3}|'{3}|["']|)\s*(?P<number>[-+\d._eE]+)\s*%?\s*(?P=quote)"""
)
"""A floor as it is mostly written: `min-total = 80`, `"min-total"="80.5 %"`."""
_MOST_PLACES = 500
"""So many lines that look like a floor are tried: no file has more of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInFile:
    """A floor that was left as it is because the file does not say it, or not as a plain number."""

    component: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The new text, the floors that were raised in it (`old` as the file had it), and those it does not hold.

    A floor that is as high already, or higher, is in neither.
    """

    text: str
    raised: tuple[Raise, ...] = ()
    left: tuple[NotInFile, ...] = ()


def raise_in_toml(text: str, raises: Iterable[Raise]) -> Edited:
    """Raise the floors under `[tool.covgate]` in the text of a pyproject.toml, however they are written there.

    What the file says counts, not `Raise.old`: it is never lowered, it keeps its decimals, and text stays text. Raises
    InputError for a text that is not TOML.
    """
    edited = Edited(text=text)
    for wanted in raises:
        edited = _raise_one(edited, wanted)
    return edited


def _raise_one(edited: Edited, wanted: Raise) -> Edited:
    value = _floor(edited.text, wanted.component)
    old = _number(value)
    if old is None:
        shown = repr(value) if isinstance(value, str) else show_value(value)
        told = "does not set it" if value is None else f"sets it to {shown}, which is no number"
        return _leave(edited, wanted, f"{_NAME} {told}")
    new = cut(Fraction(wanted.new), decimals_of(old))
    if new <= old:
        return edited
    # Such a place may be another table's, or stand in a comment or a text: it is ours when this floor changes with it.
    for place in islice(_PLACE.finditer(edited.text), _MOST_PLACES):
        start, end = place.span("number")
        text = f"{edited.text[:start]}{new:f}{edited.text[end:]}"
        if _number(place["number"]) == old and _is_raised(text, wanted.component, new):
            return replace(edited, text=text, raised=(*edited.raised, replace(wanted, old=old, new=new)))
    return _leave(edited, wanted, f"it stands in {_NAME} in an unusual spelling")


def _leave(edited: Edited, wanted: Raise, why: str) -> Edited:
    return replace(edited, left=(*edited.left, NotInFile(component=wanted.component, reason=why)))


def _floor(text: str, component: str | None) -> object:
    """Return a floor's value; None when it is not there. Raises InputError for a text that is not TOML."""
    value: object = parse_toml(TomlFile(name=_NAME, text=text)).root
    for key in ("tool", "covgate", *(("components", component) if component is not None else ()), "min-total"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _is_raised(text: str, component: str | None, new: Decimal) -> bool:
    try:
        return _number(_floor(text, component)) == new
    except InputError:
        return False


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value.strip().removesuffix("%").rstrip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
