"""`ReportView`: everything a report says, worded and sorted, built from the verdict and what it was judged on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from covgate.model import MIN_DIFF, MIN_TOTAL, Base, BaseHow, Status, Tally, Unavailable, VerdictKind, known
from covgate.report.against_baseline import (
    INDIRECT_LIMIT,
    ComponentRow,
    FigureCell,
    FlapRow,
    IndirectRow,
    baseline_text,
    component_row,
    drop_notes,
    drop_row,
    figure_cell,
    flap_rows,
    indirect_rows,
)
from covgate.report.facts import Facts
from covgate.report.gate_changes import GATE_LIMIT, gate_rows, word_lowering
from covgate.report.headline import word_headline
from covgate.report.todo import (
    FileRow,
    OmittedRow,
    Todo,
    file_row,
    next_steps,
    omitted_rows,
    undecided_files,
)
from covgate.report.words import SHOWN_DIGITS, counts_text, plural

_Row = TypeVar("_Row")

FILE_LIMIT = 50
"""How many files the folded table and list hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One line of the main table."""

    name: str
    figure: FigureCell
    lines: str
    branches: str


@dataclass(frozen=True, slots=True)
class Listed(Generic[_Row]):
    """The first of many: the `rows` that are shown, and how many there are in `total`."""

    rows: tuple[_Row, ...] = ()
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report. Everything in it is plain text: each rendering escapes for its own medium."""

    kind: VerdictKind
    icon: str
    headline: str
    reasons: tuple[str, ...]
    """Further sentences: every other broken or unknown rule, and what is counted although nothing names it."""
    gate: Listed[str]
    """What the change does to the gate itself, a sentence each."""
    gate_open: bool
    """It lowers the bar: the list is shown without a click."""
    rows: tuple[FigureRow, ...]
    drop: FigureCell | None
    """How the total compares with the baseline; None when nothing was recorded and no rule asks for it."""
    has_branches: bool
    """Whether branches were measured: without, the table has no column for them."""
    todo_title: str
    todos: Listed[Todo]
    files: Listed[FileRow]
    components: tuple[ComponentRow, ...]
    components_open: bool
    """A rule of a component is broken or unknown: its row is shown without a click."""
    indirect: Listed[IndirectRow]
    flaps: Listed[FlapRow]
    omitted: Listed[OmittedRow]
    """One row for each rule, and how many files there are in total."""
    notes: tuple[str, ...]
    footer: tuple[str, ...]
    """Base, baseline, trend, head and version, in this order."""
    run_url: str | None
    name: str
    quiet: bool
    """All is well: nothing a reader has to do."""

    def shorter(self) -> ReportView | None:
        """Return the view with its lowest section left out, or None when only the core is left."""
        nothing: Listed[Any] = Listed()
        shorter = (
            replace(self, omitted=nothing),
            replace(self, flaps=nothing),
            replace(self, indirect=nothing),
            replace(self, files=nothing),
            replace(self, components=()),
            # Where only the note about it is left of the notes, leaving them out would gain nothing.
            replace(self, notes=(LEFT_OUT,) if self.notes else ()),
            replace(self, todos=nothing),
            replace(self, gate=nothing),
        )
        view = next((view for view in shorter if view != self), None)
        return view and replace(view, notes=(*(note for note in view.notes if note != LEFT_OUT), LEFT_OUT))


LEFT_OUT = "Some sections were left out to fit GitHub's limit: the step summary has the whole report."


def build_view(facts: Facts) -> ReportView:
    """Word and sort a report."""
    icon, headline, reasons = word_headline(facts)
    left = [file for file in facts.known_diff.files if file.missing or file.partial]
    ranked = sorted(left, key=lambda f: (-f.tally.counts.missing, str(f.path)))
    steps = next_steps(facts, ranked)
    # Of one file the table would say what the list above it has said.
    rows = ranked if len(ranked) > 1 or not steps.everything else []
    indirect, flaps, gate = indirect_rows(facts), flap_rows(facts), gate_rows(facts.gate_changes)
    lowering = word_lowering(facts.gate_changes)
    return ReportView(
        kind=facts.verdict.kind,
        icon=icon,
        headline=f"{headline}. {lowering}" if lowering else headline,
        reasons=(*reasons, *undecided_files(facts)),
        gate=Listed(gate[:GATE_LIMIT], len(gate)),
        gate_open=bool(lowering),
        rows=(
            _row("Total coverage", facts, facts.total_tally, MIN_TOTAL),
            _row("Diff coverage", facts, facts.diff_tally, MIN_DIFF),
        ),
        drop=drop_row(facts),
        has_branches=not isinstance(facts.total, Unavailable) and facts.total.has_branches,
        todo_title=steps.title,
        todos=Listed(steps.rows, steps.among),
        files=Listed(tuple(file_row(file, facts) for file in rows[:FILE_LIMIT]), len(rows)),
        components=tuple(component_row(facts, part) for part in facts.components),
        components_open=any(
            c.component and c.status in {Status.FAIL, Status.UNAVAILABLE} for c in facts.verdict.checks
        ),
        indirect=Listed(indirect[:INDIRECT_LIMIT], len(indirect)),
        flaps=Listed(flaps[:INDIRECT_LIMIT], len(flaps)),
        omitted=Listed(omitted_rows(facts)[:FILE_LIMIT], len(facts.known_diff.omitted)),
        notes=(*(note for check in facts.verdict.checks for note in drop_notes(check)), *facts.notes),
        footer=_footer(facts),
        run_url=facts.run_url,
        name=facts.name,
        quiet=facts.verdict.kind is VerdictKind.PASS and not (left or lowering or isinstance(facts.diff, Unavailable)),
    )


# --- the table -----------------------------------------------------------------------------------------------------


def _row(name: str, facts: Facts, figure: Tally | Unavailable | None, rule: str) -> FigureRow:
    tally = known(figure) or Tally()
    return FigureRow(
        name=name,
        figure=figure_cell(facts, figure, rule),
        lines=counts_text(tally.lines),
        branches=counts_text(tally.branches),
    )


# --- the small print -----------------------------------------------------------------------------------------------


def _footer(facts: Facts) -> tuple[str, ...]:
    base = () if facts.base is None else (f"Base {facts.base.sha[:SHOWN_DIGITS]} ({_how(facts.base, facts)})",)
    edits = f" with uncommitted changes in {plural(facts.uncommitted, 'Python file')}" if facts.uncommitted else ""
    trend = (f"Trend {facts.trend}",) if facts.trend else ()
    return (*base, baseline_text(facts), *trend, f"Head {facts.head[:SHOWN_DIGITS]}{edits}", f"covgate {facts.version}")


def _how(base: Base, facts: Facts) -> str:
    is_id = len(base.ref) == len(base.sha) and set(base.ref) <= set("0123456789abcdef")
    name = base.ref[:SHOWN_DIGITS] if is_id else base.ref or "the base"
    if base.how is BaseHow.MERGE_BASE and base.sha == facts.head:
        return f"the last commit, which is part of {name}"
    return {
        BaseHow.FIRST_PARENT: f"first parent of the merge into {name}",
        BaseHow.MERGE_BASE: f"merge base with {name}",
        BaseHow.EVENT: f"what the merge queue adds to, on {name}",
        BaseHow.GIVEN: f"merge base with {name}, as asked for",
    }[base.how]
