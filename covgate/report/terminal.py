"""The report in a terminal: places, rules, the verdict last, because the last lines are what one sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from covgate.errors import TROUBLESHOOTING
from covgate.model import VerdictKind, plain
from covgate.report.folds import Block, Bullets, Fold, Grid, Listing, Paragraph
from covgate.report.headline import INFORMATION
from covgate.report.prose import Prose, say
from covgate.report.rules_table import RESULTS, ComponentRow, RuleRow
from covgate.report.todo import Todo
from covgate.report.view import ReportView
from covgate.system import open_console, styled

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

MOST_PLACES = 10
"""Places, and rows of what else there is to list: a laptop's screen has room for so many."""

_STYLES = {VerdictKind.PASS: "bold green", VerdictKind.FAIL: "bold red", VerdictKind.CANNOT_JUDGE: "bold yellow"}
_MARKS = {VerdictKind.PASS: "✔", VerdictKind.FAIL: "✘", VerdictKind.CANNOT_JUDGE: "?"}
_RESULTS = {"fail": ("FAIL", "bold red"), "unknown": ("UNKNOWN", "bold yellow"), "pass": ("pass", "green")}
"""Capitals for what is no pass: it reads without colour."""
_WIDEST = (60, 40, 60, 40)
"""Columns of a table line up as far as this; what is wider pushes the rest of its line to the right."""

Cell = str | tuple[str, str]
"""Text, or text with its style."""


def print_report(view: ReportView, report: str, stream: TextIO) -> None:
    """Print the report; `report` is the file or folder to open."""
    out = open_console(stream)
    out.print()
    _print_places(view, out)
    if view.failed:
        _print_fold(Fold(title=say("Failed tests"), blocks=(view.failed,)).limited(MOST_PLACES), out)
    for fold in view.folds:
        # Who reads this has the code, and the tests' output, at hand.
        is_told = (fold.in_comment or fold.in_terminal) and not fold.repeats
        if is_told and not any(isinstance(block, Listing) for block in fold.blocks):
            _print_fold(fold.limited(MOST_PLACES), out)
    if view.kind is not VerdictKind.PASS:
        _print_rules(view, out)
    mark, style = _MARKS[view.kind], _STYLES[view.kind]
    if view.mark == INFORMATION:
        mark, style = "•", "bold"
    out.print(styled((f"{mark} {view.headline}", style)))
    for sentence in filter(None, (*view.advice, view.lead, *view.remarks, view.since)):
        out.print(styled("  ", _told(sentence)))
    _print_steps(view, out)
    # Not the version, nor a link.
    small_print = [str(part) for part in view.footer[:-1] if not (len(part.pieces) == 1 and part.pieces[0].url)]
    out.print(styled((f"  {' · '.join([*small_print, report])}", "dim")))


# --- places -----------------------------------------------------------------------------------------------------------


def _print_places(view: ReportView, out: Console) -> None:
    # Coverage of tests that failed is no news.
    if not view.places or not (view.open_tables or view.kind is VerdictKind.PASS):
        return
    out.print(styled(("Uncovered in this change", "bold")))
    _print_rows([_place_cells(todo) for todo in view.places[:MOST_PLACES]], out)
    if (more := len(view.places) - MOST_PLACES) > 0:
        out.print(styled(f"  and {more:,} more: --report html"))
    out.print()


def _place(todo: Todo) -> str:
    """Return what editors open: a path and one line."""
    return f"{todo.path}:{todo.span.start}"


def _place_cells(todo: Todo) -> tuple[Cell, ...]:
    return (_place(todo), "cyan"), todo.function, todo.why, todo.size


def _print_steps(view: ReportView, out: Console) -> None:
    """Say which of the places are enough; those that are not listed above with their reasons."""
    steps = view.steps
    if steps is None:
        return
    if steps.folders:
        out.print(styled("  ", f"{steps.title}:"))
        _print_rows([(folder.shown, folder.size) for folder in steps.folders], out)
        return
    listed = {(todo.path, todo.span) for todo in view.places[:MOST_PLACES]}
    if any((todo.path, todo.span) not in listed for todo in steps.rows):
        out.print(styled("  ", f"{steps.title}:"))
        _print_rows([(*_place_cells(todo), todo.enough) for todo in steps.rows], out)
    elif not steps.promises:
        return
    elif len(steps.rows) == 1:
        part = f": {steps.rows[0].enough}" if steps.rows[0].enough else " is enough"
        out.print(styled("  ", f"Covering {_place(steps.rows[0])}{part}."))
    else:
        places = (_place(todo) + (f" ({todo.enough})" if todo.enough else "") for todo in steps.rows)
        out.print(styled("  ", f"{steps.title}: {', '.join(places)}."))


# --- rules ------------------------------------------------------------------------------------------------------------


def _print_rules(view: ReportView, out: Console) -> None:
    if not view.open_tables or not (view.components or view.rules):
        return
    if view.components:
        titles = [(title, "dim") for title in ("Component", "Diff", "Total", "Change")]
        _print_rows([titles, *map(_component_cells, view.components)], out)
    else:
        width = max(len(row.now) for row in view.rules)
        _print_rows([_rule_cells(row, width) for row in view.rules], out)
    out.print()


def _rule_cells(row: RuleRow, width: int) -> tuple[Cell, ...]:
    # A drop's requirement says `at most` itself.
    required = f"required {row.required}" if row.required[:1].isdigit() else row.required
    return row.name, row.now.rjust(width), required, _RESULTS.get(row.result, row.result)


def _component_cells(row: ComponentRow) -> tuple[Cell, ...]:
    result = RESULTS[row.status] if row.status else ""
    return row.name, row.diff, row.total, row.change, _RESULTS.get(result, result)


# --- the rest ---------------------------------------------------------------------------------------------------------


def _print_fold(fold: Fold, out: Console) -> None:
    out.print(styled((str(fold.title), "bold")))
    for block in fold.blocks:
        _print_block(block, out)
    out.print()


def _print_block(block: Block, out: Console) -> None:
    if isinstance(block, Paragraph):
        out.print(styled("  ", _told(block.prose)))
    elif isinstance(block, Bullets):
        # The mark keeps a name that starts with :: from being taken for a workflow command.
        for row in block.rows:
            out.print(styled("  - ", _told(row)))
    elif isinstance(block, Grid):
        titles: list[Sequence[Cell]] = [[(column.title, "dim") for column in block.columns]]
        _print_rows([*titles, *([_cell(cell) for cell in cells] for cells in block.rows)], out)
    if isinstance(block, Bullets | Grid) and block.more:
        out.print(styled(f"  and {block.more:,} more"))


def _told(prose: Prose) -> str:
    """Return a sentence with the address of what explains it in the place of the link to it."""
    return "".join(p.url if p.url and p.url.startswith(TROUBLESHOOTING) else p.text for p in prose.pieces)


def _cell(prose: Prose) -> str:
    text = str(prose)
    return next((text.removeprefix(mark).lstrip() for mark in _EMOJI if text.startswith(mark)), text)


_EMOJI = ("✅", "❌", "⚠️", "ℹ️")
"""Marks of the comment, whose width differs from terminal to terminal; a word beside them says the same."""


def _print_rows(rows: Sequence[Sequence[Cell]], out: Console) -> None:
    """Print rows whose columns line up, each indented; nothing is cut: names are to be copied."""
    shown = [[cell if isinstance(cell, tuple) else (cell, "") for cell in row] for row in rows]
    texts = [[(plain(text), style) for text, style in row] for row in shown]
    widths = [
        max((_width(row[at][0]) for row in texts if at < len(row) and _width(row[at][0]) <= widest), default=0)
        for at, widest in enumerate(_WIDEST)
    ]
    for row in texts:
        padded: list[Cell] = ["  "]
        for (text, style), width in zip(row, (*widths, *[0] * len(row)), strict=False):
            padded += [(text, style), " " * (max(width - _width(text), 0) + 3)]
        out.print(_stripped(padded))


def _stripped(parts: Iterable[Cell]) -> Text:
    line = styled(*parts)
    line.rstrip()
    return line


def _width(text: str) -> int:
    from rich.cells import cell_len  # noqa: PLC0415  # see open_table

    return cell_len(text)


def open_table() -> Table:
    """Return a table without lines."""
    from rich.table import Table  # noqa: PLC0415  # rich takes 40 ms, which a room's face must not cost

    return Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
