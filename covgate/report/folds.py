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

    def limited(self, limit: int) -> Bullets:
        """Return it with at most `limit` rows."""
        left = len(self.rows) - limit
        return replace(self, rows=self.rows[:limit], more=self.more + left) if left > 0 else self


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
    """Lines to be shown letter by letter: code of the repository, or the output of its tests; `more` are left out."""

    kind: ClassVar[str] = "listing"
    language: str
    lines: tuple[str, ...]
    more: int = 0


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
    in_terminal: bool = False
    """A terminal has it even where the comment has not."""
    repeats: bool = False
    """It says in another way what places and rules say, or the tests have said: a terminal has that already."""

    on_page: bool = True
    """The page has it; else the page shows the same in its own way."""

    @property
    def rows(self) -> int:
        """The rows of its longest block; some lines count as one row."""
        return max(map(_rows, self.blocks), default=0)

    def limited(self, limit: int) -> Fold:
        """Return it with at most `limit` rows in each list and table."""
        if self.rows <= limit:
            return self
        blocks = tuple(_limited(block, limit) for block in self.blocks)
        return replace(self, blocks=blocks, title=self._first_title(limit))

    def _first_title(self, limit: int) -> Prose:
        """Say of how many the rows are the first."""
        return say(f"The {limit} largest of {self.among}") if self.among else self.title


_LINES_PER_ROW = 6


def _rows(block: Block) -> int:
    if isinstance(block, Listing):
        return -(-len(block.lines) // _LINES_PER_ROW)
    return 0 if isinstance(block, Paragraph) else len(block.rows)


def _limited(block: Block, limit: int) -> Block:
    if isinstance(block, Listing):
        kept = block.lines[: limit * _LINES_PER_ROW]
        return replace(block, lines=kept, more=block.more + len(block.lines) - len(kept))
    if isinstance(block, Grid) and len(block.rows) > limit:
        return replace(block, rows=block.rows[:limit], more=block.more + len(block.rows) - limit)
    return block.limited(limit) if isinstance(block, Bullets) else block
