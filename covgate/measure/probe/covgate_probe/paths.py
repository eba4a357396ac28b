"""Paths and coverage's patterns of paths."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from typing import Any

from coverage.files import GlobMatcher, prep_patterns


def relative(path: str, root: str) -> str:
    """Return `path` relative to the checkout with `/`, or absolute when it lies outside."""
    full = os.path.realpath(path)
    return os.path.relpath(full, root).replace(os.sep, "/") if full.startswith(root + os.sep) else full


def literal(path: str) -> str:
    """Return a pattern for a path that may hold a pattern's own characters: coverage has no way to quote them."""
    return re.sub(r"[*?\[\]]", "?", path)


class Patterns:
    """Patterns of coverage, of which one can tell which it was that matched."""

    def __init__(self, patterns: Any) -> None:
        self.given: tuple[str, ...] = tuple(dict.fromkeys(patterns or ()))
        self._all = GlobMatcher(prep_patterns(self.given), "covgate") if self.given else None

    def match(self, path: str) -> str:
        """Return the first pattern that fits `path`, empty when none does."""
        if self._all is None or not self._all.match(path):
            return ""
        return next(pattern for pattern in self.given if _matcher(pattern).match(path))

    def listed(self) -> str:
        """Return the patterns as they were written: prepared ones stand behind those they were made of."""
        return listed(p for p in self.given if not os.path.isabs(p)) or listed(self.given)


@functools.cache
def _matcher(pattern: str) -> GlobMatcher:
    return GlobMatcher(prep_patterns([pattern]), "covgate")


def listed(values: Iterable[str]) -> str:
    """Return the first three values, for people."""
    several = list(values)
    return ", ".join([*several[:3], *(["..."] if several[3:] else [])])
