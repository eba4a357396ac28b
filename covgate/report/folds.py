"""The blocks a report is made of below its first lines: paragraphs, lists, tables, code; and folds around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from covgate.report.prose import Prose, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A sentence or two."""

    kind: ClassVar[str] = "paragraph"
    prose: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list. `more` rows are not among them."""

    kind: ClassVar[str] = "bullets"
    rows: tuple[Prose, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's title; figures stand at the right."""

    title: str
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: each row has a cell for each column. `more` rows are not among them."""

    kind: ClassVar[str] = "grid"
    columns: tuple[Column, ...]
    rows: tuple[tuple[Prose, ...], ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Lines to be shown letter by letter: code of the repository, or the output of its tests."""

    kind: ClassVar[str] = "listing"
    language: str
    lines: tuple[str, ...]


Block = Paragraph | Bullets | Grid | Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What stands behind a click: its title says what is in it, and how many."""

    title: Prose
    blocks: tuple[Block, ...]
    among: str = ""
    """`200 files`: what the first rows are the largest of, where the title is about all of them."""
    open: bool = False
    """It is shown without a click."""
    in_comment: bool = True
    """Whether the comment has it; the summary has all."""

    @property
    def rows(self) -> int:
        """The rows of its longest block."""
        return max((len(b.rows) for b in self.blocks if isinstance(b, Bullets | Grid)), default=0)

    def limited(self, limit: int) -> Fold:
        """Return it with at most `limit` rows in each list and table."""
        if self.rows <= limit:
            return self
        blocks = tuple(_limited(block, limit) for block in self.blocks)
        return replace(self, blocks=blocks, title=self._first_title(limit))

    def _first_title(self, limit: int) -> Prose:
        """Say of how many the rows are the first."""
        return say(f"The {limit} largest of {self.among}") if self.among else self.title


def _limited(block: Block, limit: int) -> Block:
    if not isinstance(block, Bullets | Grid) or len(block.rows) <= limit:
        return block
    return replace(block, rows=block.rows[:limit], more=block.more + len(block.rows) - limit)
