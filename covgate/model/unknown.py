"""Unknown as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A value that could not be known, and why, in words for the person who reads the report."""

    reason: str
