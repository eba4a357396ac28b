"""The history in a terminal: a table, the newest point last, and under it where the total is heading."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from covgate.report.history.view import HistoryView
from covgate.report.terminal import open_table
from covgate.report.trend.points import PointRow
from covgate.system import open_console, styled

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_WIDE = 400
"""Columns of what is no terminal."""


def print_history(view: HistoryView, out: TextIO) -> None:
    """Print the view. Names and titles are printed as they are: no markup, and no control character is obeyed."""
    # A file or a pipe has no width of its own: nothing is cut there.
    console = open_console(out, width=None if out.isatty() else _WIDE)
    if view.rows:
        console.print(_table(view))
    if view.spark:
        console.print(styled((view.spark, "cyan"), *([f"  {view.sentence}"] if view.sentence else [])))
    for note in view.notes:
        console.print(styled((note, "dim")))


def _table(view: HistoryView) -> Table:
    table = open_table()
    # Of all columns the title's gives way first.
    for name in ("date", "commit"):
        table.add_column(styled((name, "dim")), no_wrap=True)
    for name in ("total", "change", *view.components):
        table.add_column(styled((name, "dim")), justify="right", no_wrap=True)
    table.add_column(styled(("title", "dim")))
    for row in view.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: PointRow) -> list[Text]:
    total, *components = row.values
    title = styled(row.title)
    title.no_wrap, title.overflow = True, "ellipsis"
    return [
        styled(f"{row.date:%Y-%m-%d}"),
        styled((row.sha[:7] or "–", "dim")),
        styled((total, row.band.style)),
        styled(row.delta),
        *map(styled, components),
        title,
    ]
