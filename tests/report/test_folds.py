"""Folds that are cut: so many rows of each list, table and listing, and how many are left out."""

from __future__ import annotations

from covgate.report.folds import Bullets, Column, Fold, Grid, Listing, Paragraph
from covgate.report.prose import say

ROWS = tuple(say(str(n)) for n in range(5))
LINES = tuple(map(str, range(20)))
COLUMNS = (Column(title="File"),)
CELLS = tuple((row,) for row in ROWS)


def fold(*blocks: Bullets | Grid | Listing | Paragraph, among: str = "") -> Fold:
    return Fold(title=say("Title"), blocks=blocks, among=among)


def test_the_rows_of_a_fold_are_those_of_its_longest_block() -> None:
    text = Paragraph(prose=say("a sentence"))
    grid, listing = Grid(columns=COLUMNS, rows=CELLS[:3]), Listing(language="text", lines=LINES)
    assert [
        one.rows
        for one in (
            fold(),
            fold(text),
            fold(text, Bullets(rows=ROWS[:2]), grid),
            fold(grid, listing),
            fold(Listing(language="text", lines=LINES[:6])),
            fold(Listing(language="text", lines=LINES[:7])),
        )
    ] == [0, 0, 3, 4, 1, 2]


def test_a_fold_that_is_cut_counts_what_it_leaves_out_in_each_block() -> None:
    text = Paragraph(prose=say("a sentence"))
    whole = fold(
        text,
        Bullets(rows=ROWS, more=2),
        Grid(columns=COLUMNS, rows=CELLS, more=1),
        Listing(language="python", lines=LINES, more=4),
        Bullets(rows=ROWS[:2], more=7),
        Bullets(rows=ROWS[:4]),
        Grid(columns=COLUMNS, rows=CELLS[:2], more=7),
        Grid(columns=COLUMNS, rows=CELLS[:4]),
        Listing(language="python", lines=LINES[:18]),
        among="9 files",
    )
    assert whole.limited(3) == Fold(
        title=say("The 3 largest of 9 files"),
        blocks=(
            text,
            Bullets(rows=ROWS[:3], more=4),
            Grid(columns=COLUMNS, rows=CELLS[:3], more=3),
            Listing(language="python", lines=LINES[:18], more=6),
            Bullets(rows=ROWS[:2], more=7),
            Bullets(rows=ROWS[:3], more=1),
            Grid(columns=COLUMNS, rows=CELLS[:2], more=7),
            Grid(columns=COLUMNS, rows=CELLS[:3], more=1),
            Listing(language="python", lines=LINES[:18]),
        ),
        among="9 files",
    )
    assert whole.limited(5) == whole
    assert fold(Bullets(rows=ROWS)).limited(4).title == say("Title")
