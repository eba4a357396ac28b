"""The table of rules, and that of components: what was measured, what is required, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from covgate.model import (
    MAX_DROP,
    MIN_DIFF,
    MIN_TOTAL,
    Check,
    ComponentFigures,
    Status,
    Tally,
    Unavailable,
    figures,
    known,
)
from covgate.report.facts import Facts
from covgate.report.folds import Column, Grid
from covgate.report.prose import Prose, name, say
from covgate.report.words import NOT_APPLICABLE, UNKNOWN, counts_text

MARKS = {Status.PASS: "✅", Status.FAIL: "❌", Status.UNAVAILABLE: "⚠️", Status.NOT_APPLICABLE: ""}
RESULTS = {Status.PASS: "pass", Status.FAIL: "fail", Status.UNAVAILABLE: "unknown", Status.NOT_APPLICABLE: "n/a"}
"""The word beside each mark: a mark alone says nothing to who cannot see its shape."""

_ORDER = {Status.FAIL: 0, Status.UNAVAILABLE: 1, Status.PASS: 2, Status.NOT_APPLICABLE: 3, None: 4}

COMPONENTS_SHOWN = 5
"""Beyond so many components only those with a broken or unknown rule are shown without a click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One figure of the project: `Diff`, `Total` or `Drop`. Without a rule the last three are empty."""

    name: str
    now: str
    required: str
    status: Status | None
    mark: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRow:
    """One component, or the project beside them. Requirement and result stand in the cells: `64.3 % < 90 %`."""

    name: str
    is_project: bool
    status: Status | None
    """The worst of its rules; None without any."""
    mark: str
    diff: str
    total: str
    change: str


def rule_rows(facts: Facts) -> tuple[RuleRow, ...]:
    """Return the figures of the project: those whose rules fail first, then unknown ones, then those that pass."""
    rows = sorted(_rule_rows(facts), key=lambda row: _ORDER[row.status])
    return tuple(rows) if any(row.now[:1].isdigit() for row in rows) else ()


def _rule_rows(facts: Facts) -> Iterator[RuleRow]:
    diff, total, drop = (facts.check(rule) for rule in (MIN_DIFF, MIN_TOTAL, MAX_DROP))
    if facts.diff_tally is not None or diff is not None:
        yield _row("Diff", _percent(facts.diff_tally, diff), diff)
    delta = f" ({figures.show_change(facts.comparison.delta)})" if facts.comparison and drop is None else ""
    yield _row("Total", _percent(facts.total_tally, total) + delta, total)
    if drop is not None:
        yield _row("Drop", drop_text(drop), drop)


def _row(what: str, now: str, check: Check | None) -> RuleRow:
    if check is None:
        return RuleRow(name=what, now=now, required="", status=None, mark="", result="")
    required = figures.show_percent(check.target)
    if check.rule == MAX_DROP:
        required = f"at most {figures.show_number(check.target)}"
    status = check.status
    return RuleRow(name=what, now=now, required=required, status=status, mark=MARKS[status], result=RESULTS[status])


def _percent(figure: Tally | Unavailable | None, check: Check | None) -> str:
    if isinstance(figure, Unavailable):
        return UNKNOWN
    targets = [] if check is None else [check.target]
    return figures.show_rounded(figure, *targets, absent=NOT_APPLICABLE)


def drop_text(check: Check) -> str:
    """Print the drop that was judged: without what is excused or deleted, unless that is what is not known."""
    if check.drop is None:
        return NOT_APPLICABLE if check.status is Status.NOT_APPLICABLE else UNKNOWN
    drop = check.drop.raw if check.status is Status.UNAVAILABLE else check.drop.judged
    return figures.show_drop(drop, check.target) if drop > 0 else "none"


def drop_notes(facts: Facts) -> tuple[str, ...]:
    """Say why a drop is judged smaller than the totals are apart: code that was deleted, lines that flap."""
    return tuple(note for check in facts.verdict.checks if check.drop for note in _drop_notes(check, facts))


def _drop_notes(check: Check, facts: Facts) -> Iterator[str]:
    drop, of = check.drop, f" of {check.component}" if check.component else ""
    if drop and drop.least < drop.raw and drop.raw > 0:
        yield f"Code that this change deletes is left out of the drop{of} ({figures.show_drop(drop.raw)} with it)."
    if drop and drop.excused and (check.component or not facts.comparison or not facts.comparison.flaps):
        yield f"Flapping lines are left out of the drop{of} ({figures.show_drop(drop.least)} with them)."


# --- components -------------------------------------------------------------------------------------------------------


def component_rows(facts: Facts) -> tuple[ComponentRow, ...]:
    """Return the components, those with a broken rule first, and the project last; nothing without components."""
    if not facts.components:
        return ()
    rows = sorted((_component_row(facts, part) for part in facts.components), key=lambda row: _ORDER[row.status])
    delta = facts.comparison.delta if facts.comparison else None
    total, diff = facts.total_tally, facts.diff_tally
    project = ComponentFigures(name="the project", total=total, diff=diff, delta=delta)
    return (*rows, _component_row(facts, project, is_project=True))


def _component_row(facts: Facts, part: ComponentFigures, *, is_project: bool = False) -> ComponentRow:
    asked = None if is_project else part.name
    checks = {rule: facts.check(rule, asked) for rule in (MIN_DIFF, MIN_TOTAL, MAX_DROP)}
    statuses = [check.status for check in checks.values() if check]
    status = min(statuses, key=lambda one: _ORDER[one], default=None)
    return ComponentRow(
        name=part.name,
        is_project=is_project,
        status=status,
        mark=MARKS[status] if status else "",
        diff=_held_against(part.diff, checks[MIN_DIFF]),
        total=_held_against(part.total, checks[MIN_TOTAL]),
        change=_change(part, checks[MAX_DROP]),
    )


def _held_against(figure: Tally | Unavailable | None, check: Check | None) -> str:
    """Print a figure with what is required of it: `<` or `≥` says what came of it."""
    shown = _percent(figure, check)
    if check is None or not shown[:1].isdigit():
        return shown
    sign = {Status.PASS: "≥", Status.FAIL: "<"}.get(check.status)
    return f"{shown} {sign} {figures.show_percent(check.target)}" if sign else f"{shown} ({UNKNOWN})"


def _change(part: ComponentFigures, check: Check | None) -> str:
    delta = "" if part.delta is None else figures.show_change(part.delta)
    if check is None or check.status is Status.NOT_APPLICABLE:
        return delta
    sign = {Status.PASS: "≤", Status.FAIL: ">"}.get(check.status)
    if sign is None:
        return f"{delta} ({UNKNOWN})".strip()
    return f"drop {drop_text(check)} {sign} {figures.show_number(check.target)}"


def component_grid(rows: tuple[ComponentRow, ...]) -> Grid:
    """Make the table of components: four columns, which a phone has room for."""
    columns = (
        Column(title="Component"),
        Column(title="Diff", right=True),
        Column(title="Total", right=True),
        Column(title="Change", right=True),
    )
    return Grid(columns=columns, rows=tuple(map(_cells, rows)))


def _cells(row: ComponentRow) -> tuple[Prose, ...]:
    mark = f"{row.mark} " if row.mark else ""
    return say(mark, row.name if row.is_project else name(row.name)), say(row.diff), say(row.total), say(row.change)


# --- all counts -------------------------------------------------------------------------------------------------------


def counts_grid(facts: Facts) -> Grid | None:
    """Make the table of lines and branches, which the summary has; None where nothing is known."""
    parts = [("Diff", facts.diff_tally), ("Total", facts.total_tally)]
    named = [(say(what), known(figure)) for what, figure in parts]
    for part in facts.components:
        named += [
            (say(name(part.name), " diff"), known(part.diff)),
            (say(name(part.name), " total"), known(part.total)),
        ]
    rows = tuple(
        (what, say(figures.show_rounded(tally)), say(counts_text(tally.lines)), say(counts_text(tally.branches)))
        for what, tally in named
        if tally is not None and tally.counts.total
    )
    titles = ("Lines", "Branches") if any(str(row[3]) != counts_text(Tally().branches) for row in rows) else ("Lines",)
    columns = (Column(title="Coverage"), *(Column(title=title, right=True) for title in ("Now", *titles)))
    return Grid(columns=columns, rows=tuple(row[: len(columns)] for row in rows)) if rows else None
