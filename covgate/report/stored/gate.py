"""What a stored result says of changes to the gate itself, taken over without a stranger's words."""

from __future__ import annotations

import re
from fractions import Fraction

from covgate.model import GateChange, GateChangeKind, GateChanges, Unavailable
from covgate.report.result_json import GateChangeJson, GateChangesJson
from covgate.report.stored.parts import COMPONENT, ELSEWHERE, PATTERNS, read_decimal, read_path

_MOST = 2000
"""Rows: a few for each of a hundred components."""
_OTHERS = "values that the summary of the run names"

_NUMBER = r"\d{1,12}(?:\.\d{1,30})?"
_NAMES = {
    GateChangeKind.RULE: r"min-total|min-diff|max-drop|target",
    GateChangeKind.TARGET: r"target",
    GateChangeKind.COMPONENT: COMPONENT,
    GateChangeKind.COVERAGE: r"(?:\[\w{3,8}\] |--)?[a-z_-]{1,20}|the whole",
    GateChangeKind.PRAGMA: r"no cover",
    GateChangeKind.TESTS: r"tests",
}
_VALUES = {
    GateChangeKind.RULE: _NUMBER,
    GateChangeKind.TARGET: rf"{_NUMBER}(?: by \d{{4}}-\d\d-\d\d)?(?: \(ramp\))?",
    GateChangeKind.COMPONENT: r"there",
}
"""What stands before and after; of the other kinds it is anybody's text."""


def restore_gate(stored: GateChangesJson) -> GateChanges:
    """Make the changes anew. Raises ValueError, in words, for what covgate would not have written."""
    if len(stored.rows) > _MOST:
        raise ValueError("it has more changes to the gate than there can be")
    return GateChanges(rows=tuple(map(_row, stored.rows)), strict=stored.strict)


def _row(stored: GateChangeJson) -> GateChange:
    kind = stored.kind
    if stored.component is not None:
        _match(COMPONENT, stored.component)
    if kind is GateChangeKind.UNKNOWN:
        return GateChange(kind=kind, name=ELSEWHERE, component=stored.component, lowers=stored.lowers)
    return GateChange(
        kind=kind,
        name=_match(_NAMES[kind], stored.name),
        component=stored.component,
        before=_value(kind, stored.before),
        after=_value(kind, stored.after),
        lowers=stored.lowers,
        count=stored.count,
        files=tuple(map(read_path, stored.files)),
        effect=_effect(stored),
    )


def _match(pattern: str, text: str) -> str:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError("it has a change to the gate that is none")
    return text


def _value(kind: GateChangeKind, text: str | None) -> str | None:
    if text is None:
        return None
    if kind in _VALUES:
        return _match(_VALUES[kind], text)
    return text if re.fullmatch(rf"{PATTERNS}(?: and \d{{1,4}} more)?", text, re.ASCII) else _OTHERS


def _effect(stored: GateChangeJson) -> Fraction | Unavailable | None:
    if stored.effect is not None:
        return Fraction(read_decimal(stored.effect))
    return None if stored.effect_unknown is None else Unavailable(reason=ELSEWHERE)
