"""The report in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from covgate.model import VerdictKind
from covgate.report.folds import Bullets, Grid, Paragraph
from covgate.report.prose import Prose
from covgate.report.view import ReportView
from covgate.system import open_console, styled

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STYLES = {VerdictKind.PASS: "bold green", VerdictKind.FAIL: "bold red", VerdictKind.CANNOT_JUDGE: "bold yellow"}
_MARKS = {VerdictKind.PASS: "✔", VerdictKind.FAIL: "✘", VerdictKind.CANNOT_JUDGE: "?"}
_WORDS = {"fail": "FAIL", "unknown": "UNKNOWN"}


def print_report(view: ReportView, places: str, stream: TextIO) -> None:
    """Print the report; `places` says where its files are."""
    out = open_console(stream)
    out.print()
    for fold in view.folds if view.kind is not VerdictKind.PASS else view.comment.folds:
        out.print(styled((str(fold.title), "bold")))
        for block in fold.blocks:
            _print_block(block, out)
    _print_rules(view, out)
    out.print(styled((f"{_MARKS[view.kind]} {view.headline}", _STYLES[view.kind])))
    for sentence in filter(None, (*view.advice, view.lead, *view.remarks, view.since)):
        out.print(styled("  ", str(sentence)))
    if view.steps:
        out.print(styled("  ", f"{view.steps.title}:"))
    for row in (*(view.failed.rows if view.failed else ()), *view.step_rows):
        # The mark keeps a name that starts with :: from being taken for a workflow command.
        out.print(styled("  · ", str(row)))
    for note in (" · ".join(map(str, view.footer)), places):
        out.print(styled((f"  {note}", "dim")))


def _print_rules(view: ReportView, out: Console) -> None:
    if view.components and view.tables:
        _print_block(view.tables, out)
    elif view.rules:
        table = _new_table(4)
        for row in view.rules:
            required = f"required {row.required}" if row.required and row.name != "Drop" else row.required
            table.add_row(f"  {row.name}", row.now, required, _WORDS.get(row.result, row.result))
        out.print(table)


def _print_block(block: object, out: Console) -> None:
    if isinstance(block, Paragraph):
        out.print(styled("  ", str(block.prose)))
    elif isinstance(block, Bullets):
        for row in block.rows:
            out.print(styled("  · ", str(row)))
    elif isinstance(block, Grid):
        table = _new_table(len(block.columns))
        for cells in block.rows:
            table.add_row(*(styled("  " if not at else "", _plain(cell)) for at, cell in enumerate(cells)))
        out.print(table)


def _plain(cell: Prose) -> str:
    return str(cell).removeprefix("✅ ").removeprefix("❌ ").removeprefix("⚠️ ")


def _new_table(columns: int) -> Table:
    table = open_table()
    for at in range(columns):
        table.add_column(justify="right" if 0 < at < columns - 1 else "left")
    table.show_header = False
    return table


def open_table() -> Table:
    """Return a table without lines."""
    from rich.table import Table  # noqa: PLC0415  # rich takes 40 ms, which a room's face must not cost

    return Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
