"""What a change does to the gate that judges it: its rules, what coverage leaves out, the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.model.unknown import Unavailable


class GateChangeKind(StrEnum):
    """What is changed."""

    RULE = "rule"
    TARGET = "target"
    COMPONENT = "component"
    COVERAGE = "coverage"
    PRAGMA = "pragma"
    TESTS = "tests"
    UNKNOWN = "unknown"
    """The base's settings cannot be read, so nothing can be held against them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChange:
    """One change of the gate. `before` and `after` are as a file spells them; None is for what is not set."""

    kind: GateChangeKind
    name: str = ""
    """`min-diff`, `omit`; of a component that is gone or holds other files, its own."""
    component: str | None = None
    """Whose rule it is; None is the project's."""
    before: str | None = None
    after: str | None = None
    lowers: bool = False
    """Whether it lets more through."""
    count: int = 0
    """Of a component: how many files left it. Of pragmas: how many statements. Of tests: how many functions."""
    files: tuple[PurePosixPath, ...] = ()
    effect: Fraction | Unavailable | None = None
    """What a changed configuration of coverage alone does to the total, in percentage points; None elsewhere."""

    @property
    def effect_unknown(self) -> str | None:
        return self.effect.reason if isinstance(self.effect, Unavailable) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChanges:
    """All of them, in the order they are told in. `strict`: the old rules judge where they are the stricter ones."""

    rows: Sequence[GateChange] = ()
    strict: bool = True

    @property
    def lowering(self) -> tuple[GateChange, ...]:
        return tuple(change for change in self.rows if change.lowers)


NO_GATE_CHANGES = GateChanges()
