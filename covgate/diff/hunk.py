"""One hunk of a patch without context, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines `old` to `old + removed - 1` gave way to lines `new` to `new + added - 1`; 1-based.

    Where a side has no lines, its number is that of the line before.
    """

    old: int
    removed: int
    new: int
    added: int
