"""Raising floors in the text of a pyproject.toml: the numbers change, and not a byte beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import islice

from covgate.errors import InputError
from covgate.history.ratchet.floors import Raise, cut, decimals_of

_KEY = "min-total"
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
    from tomlkit import parse  # noqa: PLC0415  # only a run that has something to raise needs it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415  # as above

    edited = Edited(text=text)
    for wanted in raises:
        try:
            written = _find(parse(edited.text), wanted.component)
        except TOMLKitError as exc:
            raise InputError(
                f"pyproject.toml is not valid TOML: {exc}", hint="mend the file", slug="bad-toml"
            ) from None
        edited = _raise_one(edited, wanted, written)
    return edited


def _raise_one(edited: Edited, wanted: Raise, written: str | None) -> Edited:
    if written is None:
        left = NotInFile(component=wanted.component, reason="pyproject.toml does not set it")
        return replace(edited, left=(*edited.left, left))
    found = re.fullmatch(r"""(\"\"\"|'''|["']|)(\s*)([-+\d._eE]+?)(\s*%?\s*)\1""", written)
    old = _number(found[3]) if found else None
    if found is None or old is None:
        left = NotInFile(component=wanted.component, reason=f"pyproject.toml sets it to {written}, which is no number")
        return replace(edited, left=(*edited.left, left))
    new = cut(Fraction(*wanted.new.as_integer_ratio()), decimals_of(old))
    if new <= old:
        return edited
    quote, before, _, after = found.groups()
    text = _splice(edited.text, wanted.component, written, f"{quote}{before}{new:f}{after}{quote}")
    if text is None:
        left = NotInFile(component=wanted.component, reason="it stands in pyproject.toml in an unusual spelling")
        return replace(edited, left=(*edited.left, left))
    return replace(edited, text=text, raised=(*edited.raised, replace(wanted, old=old, new=new)))


def _path(component: str | None) -> tuple[str, ...]:
    return ("tool", "covgate", *(("components", component) if component is not None else ()), _KEY)


def _find(document: object, component: str | None) -> str | None:
    """Return a floor as it is written, quotes and all; None when it is not there."""
    from tomlkit.items import Item  # noqa: PLC0415  # see raise_in_toml

    found = _at(document, _path(component))
    return found.as_string() if isinstance(found, Item) else None


def _at(document: object, path: tuple[str, ...]) -> object:
    for key in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _splice(text: str, component: str | None, written: str, new: str) -> str | None:
    """Put `new` where this floor's value stands; None when that place is not found.

    tomlkit tells how the value is written, not where, and what it prints can have tables in another order (0.15:
    arrays of tables between parts of one table). So the place is tried out: it is the one where another value changes
    this floor.
    """
    places = re.finditer(rf"""{_KEY}["']?[ \t]*=[ \t]*({re.escape(written)})""", text)
    for place in islice(places, _MOST_PLACES):
        candidate = text[: place.start(1)] + new + text[place.end(1) :]
        if _changes(text, candidate, component):
            return candidate
    return None


def _changes(text: str, candidate: str, component: str | None) -> bool:
    """Whether the two texts differ in this floor's value."""
    try:
        before, after = (_at(tomllib.loads(version), _path(component)) for version in (text, candidate))
    except tomllib.TOMLDecodeError:
        return False
    return before != after
