"""Permalinks to lines of the change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from covgate.model import Sha, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where files of the change can be looked at. `blob` is the address of the tree, or None on a laptop.

    `moved` are files whose lines differ between the pull request's head and what was measured (the base changed them
    too): their links lead to the measured commit, so that the line numbers are right.
    """

    blob: str | None = None
    head: Sha | None = None
    measured: Sha | None = None
    moved: frozenset[PurePosixPath] = frozenset()

    def to(self, path: PurePosixPath, span: Span | None = None) -> str | None:
        """Return the permalink of a file's lines, or None."""
        return self._at(self.measured if path in self.moved else self.head, path, span)

    def to_measured(self, path: PurePosixPath, span: Span | None = None) -> str | None:
        """Return the permalink of lines as they were measured: of files that the change may not touch."""
        return self._at(self.measured, path, span)

    def _at(self, commit: Sha | None, path: PurePosixPath, span: Span | None) -> str | None:
        if self.blob is None or commit is None:
            return None
        lines = "" if span is None else f"#L{span.start}" + (f"-L{span.end}" if span.end > span.start else "")
        return f"{self.blob}/{commit}/{quote(str(path).encode('utf-8', 'surrogateescape'))}{lines}"
