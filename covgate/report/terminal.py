"""The report in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from covgate.model import VerdictKind
from covgate.report.against_baseline import FigureCell
from covgate.report.view import ReportView
from covgate.system import open_console, styled

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_STYLES = {VerdictKind.PASS: "bold green", VerdictKind.FAIL: "bold red", VerdictKind.CANNOT_JUDGE: "bold yellow"}
_MARKS = {VerdictKind.PASS: "✔", VerdictKind.FAIL: "✘", VerdictKind.CANNOT_JUDGE: "?"}


def print_report(view: ReportView, places: str, stream: TextIO) -> None:
    """Print the report; `places` says where its files are."""
    out = open_console(stream)
    out.print()
    out.print(styled((f"{_MARKS[view.kind]} {view.headline}", _STYLES[view.kind])))
    for reason in view.reasons:
        out.print(styled("  ", reason))
    out.print(_table(view))
    _print_gate(view, out)
    if view.todos.rows:
        out.print(styled((view.todo_title, "bold")))
    for todo in view.todos.rows:
        where = f" in {todo.function}" if todo.function else ""
        # The mark keeps a name that starts with :: from being taken for a workflow command.
        out.print(styled("  · ", (f"{todo.path}:{todo.lines}", "cyan"), where, ": ", todo.what))
    listed = {todo.path for todo in view.todos.rows}
    for file in view.files.rows:
        if file.note and file.path not in listed:
            out.print(styled("  · ", str(file.path), f": {file.note}, so its changed lines count as uncovered"))
    _print_comparison(view, out)
    for left in view.omitted.rows:
        files = " ".join(filter(None, (", ".join(left.names), left.others)))
        why = ", ".join(filter(None, (left.rule, left.where)))
        out.print(styled("Left out: ", files, f" ({why})"))
    for note in (*view.notes, " · ".join(view.footer), places):
        out.print(styled((note, "dim")))


def _print_gate(view: ReportView, out: Console) -> None:
    if view.gate.rows:
        out.print(styled(("Changes to the gate itself", "bold")))
    for row in view.gate.rows:
        out.print(styled("  · ", row))
    if view.gate.more:
        out.print(styled(f"  · and {view.gate.more} more"))


def _print_comparison(view: ReportView, out: Console) -> None:
    if view.components:
        out.print(_components(view))
    if view.indirect.rows:
        out.print(styled(("Changed outside this change", "bold")))
    for row in view.indirect.rows:
        parts = [f"{name} {lines}" for name, lines in (("lost", row.lost), ("gained", row.gained)) if lines != "–"]
        out.print(styled("  · ", (row.shown, "cyan"), ": ", "; ".join(parts)))
    if view.indirect.more:
        out.print(styled(f"  · and {view.indirect.more} more"))
    for flap in view.flaps.rows:
        out.print(styled("Flapping: ", (flap.shown, "cyan"), ", ", flap.what))
    if view.flaps.more:
        out.print(styled(f"Flapping: {view.flaps.more} more lines"))


def _table(view: ReportView) -> Table:
    width = 5 if view.has_branches else 4
    table = _new_table(*("", "coverage", "required", "lines", "branches")[:width])
    for row in view.rows:
        table.add_row(*(row.name, *_cells(row.figure), row.lines, row.branches)[:width])
    if view.drop:
        table.add_row(*("Change of total", *_cells(view.drop), "", "")[:width])
    return table


def _components(view: ReportView) -> Table:
    table = _new_table("component", "total", "required", "change", "diff", "required")
    for row in view.components:
        table.add_row(styled(row.name), *_cells(row.total), row.delta, *_cells(row.diff))
    return table


def _new_table(name: str, *titles: str) -> Table:
    table = open_table()
    table.add_column(name, header_style="dim")
    for title in titles:
        table.add_column(title, justify="right", style="default", header_style="dim")
    return table


def open_table() -> Table:
    """Return a table without lines."""
    from rich.table import Table  # noqa: PLC0415  # rich takes 40 ms, which a room's face must not cost

    return Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))


def _cells(figure: FigureCell) -> tuple[Text, str]:
    return styled((figure.value, figure.band.style)), figure.required
