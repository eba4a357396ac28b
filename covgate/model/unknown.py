"""Unknown as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A value that could not be known, and why, in words for the person who reads the report."""

    reason: str
    hint: str = field(default="", compare=False)
    """What to change, where that is known; the report has words of its own for the rest."""
    slug: str = field(default="", compare=False)
    """The heading in docs/troubleshooting.md that explains it; empty for the report's own choice."""


def known(value: _Value | Unavailable) -> _Value | None:
    """Return the value, or None when it is unavailable: for those who need no reason."""
    return None if isinstance(value, Unavailable) else value
