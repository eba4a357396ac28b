"""`ReportView`: everything a report says, worded and sorted, built from the verdict and what it was judged on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from covgate.model import (
    MIN_DIFF,
    MIN_TOTAL,
    Base,
    BaseHow,
    Coverage,
    Status,
    Tally,
    Unavailable,
    VerdictKind,
    show_percent,
)
from covgate.report.against_baseline import (
    INDIRECT_LIMIT,
    ComponentRow,
    DropRow,
    FlapRow,
    IndirectRow,
    baseline_text,
    component_rows,
    drop_notes,
    drop_row,
    flap_rows,
    indirect_rows,
)
from covgate.report.bands import Band, choose_band
from covgate.report.facts import Facts
from covgate.report.headline import word_headline
from covgate.report.todo import (
    TODO_LIMIT,
    FileRow,
    OmittedRow,
    Todo,
    file_row,
    list_todos,
    omitted_rows,
    todo_title,
    undecided_files,
    weight,
)
from covgate.report.words import (
    NOT_APPLICABLE,
    SHOWN_DIGITS,
    STATUS_MARK,
    UNAVAILABLE,
    counts_text,
    percent_text,
    plural,
)

FILE_LIMIT = 50
"""How many files the folded table and list hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the main table."""

    name: str
    band: Band
    value: str
    required: str
    lines: str
    branches: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report. Everything in it is plain text: each rendering escapes for its own medium."""

    kind: VerdictKind
    icon: str
    headline: str
    reasons: tuple[str, ...]
    """Further sentences: every other broken or unknown rule, and what is counted although nothing names it."""
    rows: tuple[Row, ...]
    drop: DropRow | None
    """How the total compares with the baseline; None when nothing was recorded and no rule asks for it."""
    has_branches: bool
    """Whether branches were measured: without, the table has no column for them."""
    todo_title: str
    todos: tuple[Todo, ...]
    files: tuple[FileRow, ...]
    more_files: int
    components: tuple[ComponentRow, ...]
    components_open: bool
    """A rule of a component is broken or unknown: its row is shown without a click."""
    indirect: tuple[IndirectRow, ...]
    more_indirect: int
    flaps: tuple[FlapRow, ...]
    more_flaps: int
    omitted: tuple[OmittedRow, ...]
    omitted_files: int
    """How many files the rows are about."""
    notes: tuple[str, ...]
    footer: tuple[str, ...]
    """Base, baseline, trend, head and version, in this order."""
    run_url: str | None
    name: str
    quiet: bool
    """All is well: nothing a reader has to do."""

    def shorter(self) -> ReportView | None:
        """Return the view with its lowest section left out, or None when only the core is left."""
        for section in ("omitted", "flaps", "indirect", "files", "components", "notes", "todos"):
            if getattr(self, section):
                kept = () if section == "notes" else tuple(note for note in self.notes if note != LEFT_OUT)
                notes = (*kept, LEFT_OUT)
                # The note itself is no reason to go round again.
                if section == "notes" and self.notes == (LEFT_OUT,):
                    continue
                return replace(self, **{section: (), "notes": notes})  # type: ignore[arg-type]  # each is a tuple
        return None


LEFT_OUT = "Some sections were left out to fit GitHub's limit: the step summary has the whole report."


def build_view(facts: Facts) -> ReportView:
    """Word and sort a report."""
    icon, headline, reasons = word_headline(facts)
    left = [file for file in facts.known_diff.files if file.missing or file.partial]
    ranked = sorted(left, key=lambda f: (-weight(f), str(f.path)))
    todos = list_todos(ranked, facts.links)
    # Of one file the table would say what the list above it has said.
    rows = ranked[:FILE_LIMIT] if len(ranked) > 1 or len(todos) > TODO_LIMIT else []
    absent = NOT_APPLICABLE if facts.diff is None else UNAVAILABLE
    indirect, flaps = indirect_rows(facts), flap_rows(facts)
    return ReportView(
        kind=facts.verdict.kind,
        icon=icon,
        headline=headline,
        reasons=(*reasons, *undecided_files(facts)),
        rows=(
            _row("Total coverage", MIN_TOTAL, facts.total_tally, UNAVAILABLE, facts),
            _row("Diff coverage", MIN_DIFF, facts.diff_tally, absent, facts),
        ),
        drop=drop_row(facts),
        has_branches=isinstance(facts.total, Coverage) and facts.total.has_branches,
        todo_title=todo_title(facts, len(todos)),
        todos=todos[:TODO_LIMIT],
        files=tuple(file_row(file, facts) for file in rows),
        more_files=max(0, len(ranked) - FILE_LIMIT),
        components=component_rows(facts),
        components_open=any(c.component and c.status in _TROUBLE for c in facts.verdict.checks),
        indirect=indirect[:INDIRECT_LIMIT],
        more_indirect=max(0, len(indirect) - INDIRECT_LIMIT),
        flaps=flaps[:INDIRECT_LIMIT],
        more_flaps=max(0, len(flaps) - INDIRECT_LIMIT),
        omitted=omitted_rows(facts)[:FILE_LIMIT],
        omitted_files=len(facts.known_diff.omitted),
        notes=(*drop_notes(facts), *facts.notes),
        footer=_footer(facts),
        run_url=facts.run_url,
        name=facts.name,
        quiet=facts.verdict.kind is VerdictKind.PASS and not left and not isinstance(facts.diff, Unavailable),
    )


_TROUBLE = frozenset({Status.FAIL, Status.UNAVAILABLE})


# --- the table -----------------------------------------------------------------------------------------------------


def _row(name: str, rule: str, tally: Tally | None, absent: str, facts: Facts) -> Row:
    check = facts.check(rule)
    return Row(
        name=name,
        band=choose_band(tally, green=facts.green, orange=facts.orange),
        value=percent_text(tally) if tally else absent,
        required="–" if check is None else f"≥ {show_percent(check.target)}{STATUS_MARK[check.status]}",
        lines=counts_text(tally.lines) if tally else "–",
        branches=counts_text(tally.branches) if tally else "–",
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
