"""The report in a terminal."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.table import Table

from covgate.model import VerdictKind
from covgate.report.view import ReportView
from covgate.system import open_console, styled

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
    if view.todos:
        out.print(styled((view.todo_title, "bold")))
    for todo in view.todos:
        where = f" in {todo.function}" if todo.function else ""
        # The mark keeps a name that starts with :: from being taken for a workflow command.
        out.print(styled("  · ", (f"{todo.path}:{todo.lines}", "cyan"), where, ": ", todo.what))
    listed = {todo.path for todo in view.todos}
    for file in view.files:
        if file.note and file.path not in listed:
            out.print(styled("  · ", str(file.path), f": {file.note}, so its changed lines count as uncovered"))
    _print_comparison(view, out)
    for left in view.omitted:
        files = " ".join(filter(None, (", ".join(left.names), left.others)))
        why = ", ".join(filter(None, (left.rule, left.where)))
        out.print(styled("Left out: ", files, f" ({why})"))
    for note in (*view.notes, " · ".join(view.footer), places):
        out.print(styled((note, "dim")))


def _print_comparison(view: ReportView, out: Console) -> None:
    if view.components:
        out.print(_components(view))
    if view.indirect:
        out.print(styled(("Changed outside this change", "bold")))
    for row in view.indirect:
        parts = [f"{name} {lines}" for name, lines in (("lost", row.lost), ("gained", row.gained)) if lines != "–"]
        out.print(styled("  · ", (row.shown, "cyan"), ": ", "; ".join(parts)))
    if view.more_indirect:
        out.print(styled(f"  · and {view.more_indirect} more"))
    for flap in view.flaps:
        out.print(styled("Flapping: ", (flap.shown, "cyan"), ", ", flap.what))
    if view.more_flaps:
        out.print(styled(f"Flapping: {view.more_flaps} more lines"))


def _table(view: ReportView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("")
    for title in ("coverage", "required", "lines", *(["branches"] if view.has_branches else [])):
        table.add_column(title, justify="right", style="default", header_style="dim")
    for row in view.rows:
        value = styled((row.value, row.band.style))
        table.add_row(row.name, value, row.required, row.lines, *([row.branches] if view.has_branches else []))
    if view.drop:
        value = styled((view.drop.value, view.drop.band.style))
        table.add_row("Change of total", value, view.drop.required, "", *([""] if view.has_branches else []))
    return table


def _components(view: ReportView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("component", header_style="dim")
    for title in ("total", "required", "change", "diff", "required"):
        table.add_column(title, justify="right", style="default", header_style="dim")
    for row in view.components:
        total, diff = styled((row.total, row.band.style)), styled((row.diff, row.diff_band.style))
        table.add_row(styled(row.name), total, row.required, row.delta, diff, row.diff_required)
    return table
