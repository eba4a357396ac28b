"""The report in a terminal, and progress while covgate works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from covgate.errors import CovgateError
from covgate.model import VerdictKind
from covgate.report.plain import plain
from covgate.report.view import ReportView

_STYLES = {VerdictKind.PASS: "bold green", VerdictKind.FAIL: "bold red", VerdictKind.CANNOT_JUDGE: "bold yellow"}
_MARKS = {VerdictKind.PASS: "✔", VerdictKind.FAIL: "✘", VerdictKind.CANNOT_JUDGE: "?"}


class Terminal:
    """Prints for people: the report to `out`, progress and messages to `err`."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        # Names are printed as they are: no markup, colours, links or emoji guessed from what a repository holds.
        self._out = Console(file=out, highlight=False, emoji=False, markup=False, soft_wrap=True)
        self._err = Console(file=err, highlight=False, emoji=False, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show that a step is under way: a spinner in a terminal, a line in a log."""
        if not self._err.is_terminal:
            self.say(what)
            yield
            return
        with self._err.status(_text(what)):
            yield

    def say(self, text: str) -> None:
        """Print one line of information."""
        self._err.print(_text("covgate: ", text))

    def error(self, error: CovgateError) -> None:
        """Print what happened and what to change."""
        first, *others = error.message.splitlines() or [""]
        self._err.print(_text(("covgate:", "bold red"), " ", first))
        for line in others:  # what another program said
            self._err.print(_text("  | ", line))
        self._err.print(_text("  ", error.hint))
        self._err.print(_text("  ", (f"docs/troubleshooting.md#{error.slug}", "dim")))

    def report(self, view: ReportView, places: str) -> None:
        """Print the report; `places` says where its files are."""
        out = self._out
        out.print()
        out.print(_text((f"{_MARKS[view.kind]} {view.headline}", _STYLES[view.kind])))
        for reason in view.reasons:
            out.print(_text("  ", reason))
        out.print(_table(view))
        if view.todos:
            out.print(_text((view.todo_title, "bold")))
        for todo in view.todos:
            where = f" in {todo.function}" if todo.function else ""
            # The mark keeps a name that starts with :: from being taken for a workflow command.
            out.print(_text("  · ", (f"{todo.path}:{todo.lines}", "cyan"), where, ": ", todo.what))
        listed = {todo.path for todo in view.todos}
        for file in view.files:
            if file.note and file.path not in listed:
                out.print(_text("  · ", str(file.path), f": {file.note}, so its changed lines count as uncovered"))
        self._print_comparison(view)
        for left in view.omitted:
            files = " ".join(filter(None, (", ".join(left.names), left.others)))
            why = ", ".join(filter(None, (left.rule, left.where)))
            out.print(_text("Left out: ", files, f" ({why})"))
        for note in (*view.notes, " · ".join(view.footer), places):
            out.print(_text((note, "dim")))

    def _print_comparison(self, view: ReportView) -> None:
        out = self._out
        if view.components:
            out.print(_components(view))
        if view.indirect:
            out.print(_text(("Changed outside this change", "bold")))
        for row in view.indirect:
            parts = [f"{name} {lines}" for name, lines in (("lost", row.lost), ("gained", row.gained)) if lines != "–"]
            out.print(_text("  · ", (row.shown, "cyan"), ": ", "; ".join(parts)))
        if view.more_indirect:
            out.print(_text(f"  · and {view.more_indirect} more"))
        for flap in view.flaps:
            out.print(_text("Flapping: ", (flap.shown, "cyan"), ", ", flap.what))
        if view.more_flaps:
            out.print(_text(f"Flapping: {view.more_flaps} more lines"))


def _table(view: ReportView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("")
    for title in ("coverage", "required", "lines", *(["branches"] if view.has_branches else [])):
        table.add_column(title, justify="right", style="default", header_style="dim")
    for row in view.rows:
        value = _text((row.value, row.band.style))
        table.add_row(row.name, value, row.required, row.lines, *([row.branches] if view.has_branches else []))
    if view.drop:
        value = _text((view.drop.value, view.drop.band.style))
        table.add_row("Change of total", value, view.drop.required, "", *([""] if view.has_branches else []))
    return table


def _components(view: ReportView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("component", header_style="dim")
    for title in ("total", "required", "change", "diff", "required"):
        table.add_column(title, justify="right", style="default", header_style="dim")
    for row in view.components:
        total, diff = _text((row.total, row.band.style)), _text((row.diff, row.diff_band.style))
        table.add_row(_text(row.name), total, row.required, row.delta, diff, row.diff_required)
    return table


def _text(*parts: str | tuple[str, str]) -> Text:
    """Join parts, some with a style, into one printable line."""
    return Text.assemble(*(plain(part) if isinstance(part, str) else (plain(part[0]), part[1]) for part in parts))
