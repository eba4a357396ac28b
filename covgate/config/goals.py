"""What a team wants of its coverage: components with rules of their own, and a target with a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A named group of paths with rules of its own. Percents; `max_drop` in percentage points; None: no such rule."""

    name: str
    paths: tuple[str, ...]
    """Globs relative to the project's folder, as in `.gitignore`: `**` crosses folders."""
    also: frozenset[PurePosixPath] = frozenset()
    """More of its files, whatever the globs say: those a change moved away; relative to the repository."""
    min_total: Decimal | None = None
    min_diff: Decimal | None = None
    max_drop: Decimal | None = None
    target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the total is to be, in percent, and when.

    With `ramp` the required total rises in a straight line from where the team stood when it set the target.
    """

    total: Decimal
    by: date | None = None
    ramp: bool = False
