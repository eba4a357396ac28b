"""What reports say of a change that changes the gate itself."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.model.guard import GateChange, GateChangeKind, GateChanges
from covgate.model.unknown import Unavailable
from covgate.report.facts import Facts
from tests.support.situations import CORE, COVERED, facts

LOWERED = GateChange(kind=GateChangeKind.RULE, name="min-diff", before="80", after="60", lowers=True)
REMOVED = GateChange(kind=GateChangeKind.COMPONENT, name="core", before="there", count=4, lowers=True)
OMIT = GateChange(
    kind=GateChangeKind.COVERAGE,
    name="omit",
    after="src/app/legacy/*",
    lowers=True,
    effect=Unavailable(reason="the tests were measured with the changed configuration only"),
)
PRAGMAS = GateChange(
    kind=GateChangeKind.PRAGMA,
    name="no cover",
    count=40,
    files=tuple(PurePosixPath(f"src/app/part_{n}.py") for n in range(7)),
    lowers=True,
)
EVERYTHING = (
    GateChange(kind=GateChangeKind.RULE, name="min-total", before="70", after="75"),
    LOWERED,
    GateChange(kind=GateChangeKind.RULE, name="max-drop", component="api", before="0.5", after="2", lowers=True),
    GateChange(kind=GateChangeKind.RULE, name="min-diff", component="api", before="50", lowers=True),
    GateChange(kind=GateChangeKind.RULE, name="min-total", component="api", after="50"),
    GateChange(
        kind=GateChangeKind.TARGET,
        name="target",
        before="90 by 2027-12-31 (ramp)",
        after="90 by 2031-12-31 (ramp)",
        lowers=True,
    ),
    REMOVED,
    GateChange(kind=GateChangeKind.COMPONENT, name="jobs", before="there"),
    GateChange(kind=GateChangeKind.COMPONENT, name="io", before="there", after="there", count=1, lowers=True),
    GateChange(kind=GateChangeKind.COMPONENT, name="new", after="there"),
    OMIT,
    GateChange(
        kind=GateChangeKind.COVERAGE,
        name="exclude_also",
        before="`nocov` | <b>@someone</b>",
        after="return",
        lowers=True,
        effect=Fraction(7, 3),
    ),
    PRAGMAS,
    GateChange(kind=GateChangeKind.TESTS, name="tests", count=1, files=(PurePosixPath("tests/test_core.py"),)),
)

UNREADABLE = GateChange(
    kind=GateChangeKind.UNKNOWN, name="pyproject.toml of the base 9a8b7c6 is not valid TOML: Invalid value (at line 2)"
)


def guarded(*rows: GateChange, text: str = COVERED, min_diff: str = "80", strict: bool = True) -> Facts:
    """Judge `text` by the old rule, of a change with these rows."""
    return facts(text, min_diff=min_diff, gate_changes=GateChanges(rows=rows, strict=strict))


GUARDED: dict[str, Callable[[], Facts]] = {
    "guard-lowered": lambda: guarded(LOWERED),
    "guard-lowered-and-red": lambda: guarded(LOWERED, text=CORE),
    "guard-warns": lambda: guarded(LOWERED, min_diff="60", strict=False),
    "guard-component": lambda: guarded(REMOVED),
    "guard-omit": lambda: guarded(OMIT),
    "guard-everything": lambda: guarded(*EVERYTHING),
    "guard-unreadable": lambda: guarded(UNREADABLE, strict=False),
}
"""Every situation by its name."""
