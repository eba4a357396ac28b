"""The history in a terminal: a table, the newest point last, and under it where the total is heading."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from covgate.model import plain
from covgate.report.history.view import HistoryRow, HistoryView

_WIDE = 400
"""Columns of what is no terminal."""


def print_history(view: HistoryView, out: TextIO) -> None:
    """Print the view. Names and titles are printed as they are: no markup, and no control character is obeyed."""
    # A file or a pipe has no width of its own: nothing is cut there.
    width = None if out.isatty() else _WIDE
    console = Console(file=out, width=width, highlight=False, emoji=False, markup=False, soft_wrap=True)
    if view.rows:
        console.print(_table(view))
    if view.spark:
        console.print(_text((view.spark, "cyan"), *([f"  {view.sentence}"] if view.sentence else [])))
    for note in view.notes:
        console.print(_text((note, "dim")))


def _table(view: HistoryView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    # Of all columns the title's gives way first.
    for name in ("date", "commit"):
        table.add_column(_text((name, "dim")), no_wrap=True)
    for name in ("total", "change", *view.components):
        table.add_column(_text((name, "dim")), justify="right", no_wrap=True)
    table.add_column(_text(("title", "dim")))
    for row in view.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: HistoryRow) -> list[Text]:
    title = _text(row.title)
    title.no_wrap, title.overflow = True, "ellipsis"
    return [
        _text(row.date),
        _text((row.commit or "–", "dim")),
        _text((row.total, row.band.style)),
        _text(row.delta),
        *(_text(value) for value in row.components),
        title,
    ]


def _text(*parts: str | tuple[str, str]) -> Text:
    return Text.assemble(*(plain(part) if isinstance(part, str) else (plain(part[0]), part[1]) for part in parts))
