"""The report's comparison with what was recorded: the drop, components, indirect changes, flaps, the baseline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from covgate.model import (
    MAX_DROP,
    MIN_DIFF,
    MIN_TOTAL,
    Baseline,
    BaselineHow,
    Check,
    ComponentFigures,
    Span,
    Status,
    Tally,
    Unavailable,
    figures,
    known,
)
from covgate.report.bands import Band
from covgate.report.facts import Facts
from covgate.report.words import (
    NOT_APPLICABLE,
    SHOWN_DIGITS,
    STATUS_MARK,
    UNAVAILABLE,
    listed_spans,
    plural,
    short_path,
)

INDIRECT_LIMIT = 20
"""How many files with indirect changes, and how many flapping lines, a report lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCell:
    """A figure in a table, with its colour and what is required of it."""

    band: Band
    value: str
    required: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRow:
    """One component: its figures."""

    name: str
    total: FigureCell
    delta: str
    diff: FigureCell


@dataclass(frozen=True, slots=True, kw_only=True)
class IndirectRow:
    """A file whose coverage changed outside the change."""

    shown: str
    url: str | None
    lost: str
    gained: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapRow:
    """A line that comes and goes without anyone's doing."""

    shown: str
    url: str | None
    what: str


def figure_cell(
    facts: Facts, figure: Tally | Unavailable | None, rule: str, component: str | None = None
) -> FigureCell:
    """Word the total or the diff, of the project or of a component. None is n/a."""
    check, tally = facts.check(rule, component), known(figure)
    absent = NOT_APPLICABLE if figure is None else UNAVAILABLE
    return FigureCell(
        band=facts.bands.of(tally),
        value=figures.show_cut(tally.percent) if tally else absent,
        required="–" if check is None else f"≥ {figures.show_percent(check.target)}{STATUS_MARK[check.status]}",
    )


def drop_row(facts: Facts) -> FigureCell | None:
    """Return the drop's figure, or None when nothing was recorded and no rule asks for it."""
    check = facts.check(MAX_DROP)
    if facts.comparison is None and check is None:
        return None
    if facts.comparison is not None:
        value = figures.show_change(facts.comparison.delta)
    else:
        value = NOT_APPLICABLE if check and check.status is Status.NOT_APPLICABLE else UNAVAILABLE
    required = "–" if check is None else f"drop ≤ {figures.show_number(check.target)}{STATUS_MARK[check.status]}"
    bands = {Status.PASS: Band.GREEN, Status.FAIL: Band.RED}
    return FigureCell(band=bands.get(check.status, Band.NONE) if check else Band.NONE, value=value, required=required)


def drop_notes(check: Check) -> Iterator[str]:
    """Say why a drop is judged smaller than it looks: deleted code, flapping lines."""
    drop, of = check.drop, f" of {check.component}" if check.component else ""
    if drop and drop.least < drop.raw and drop.raw > 0:
        fell = "did not fall" if drop.least <= 0 else f"fell by {figures.show_points(drop.least)}"
        yield f"Without the covered code this change deletes, total coverage{of} {fell}."
    if drop and drop.excused:
        yield f"Flapping lines excuse {figures.show_points(drop.excused)} of the drop{of}."


def component_row(facts: Facts, part: ComponentFigures) -> ComponentRow:
    """Word one component: its figures, and what is required of them."""
    drop = facts.check(MAX_DROP, part.name)
    delta = "–" if part.delta is None else figures.show_change(part.delta)
    if drop is not None:
        delta += f" (drop ≤ {figures.show_number(drop.target)}{STATUS_MARK[drop.status]})"
    return ComponentRow(
        name=part.name,
        total=figure_cell(facts, part.total, MIN_TOTAL, part.name),
        delta=delta,
        diff=figure_cell(facts, part.diff, MIN_DIFF, part.name),
    )


def indirect_rows(facts: Facts) -> tuple[IndirectRow, ...]:
    """Return the files with indirect changes, those that lost most first, all of them."""
    found = facts.comparison.indirect if facts.comparison else ()
    return tuple(
        IndirectRow(
            shown=short_path(file.path),
            url=facts.links.to_measured(file.path, (file.lost or file.gained)[0]),
            lost=listed_spans(file.lost),
            gained=listed_spans(file.gained),
        )
        for file in found
    )


def flap_rows(facts: Facts) -> tuple[FlapRow, ...]:
    """Return the flapping lines that differ from the baseline in this run."""
    found = facts.comparison.flaps if facts.comparison else ()
    return tuple(
        FlapRow(
            shown=f"{short_path(flap.path)}:{flap.line}",
            url=facts.links.to_measured(flap.path, Span(start=flap.line, end=flap.line)),
            what=f"{'lost' if flap.lost else 'gained'} this time",
        )
        for flap in found
    )


def baseline_text(facts: Facts) -> str:
    """Say which record the total is compared with, or why there is none, unless the first lines say that."""
    if isinstance(facts.baseline, Unavailable):
        told = any(c.status is Status.UNAVAILABLE and c.why == facts.baseline.reason for c in facts.verdict.checks)
        return "No baseline" if told else f"No baseline: {facts.baseline.reason}"
    return f"Baseline {facts.baseline.record.sha[:SHOWN_DIGITS]} ({_age(facts, facts.baseline)})"


def _age(facts: Facts, baseline: Baseline) -> str:
    value = figures.show_cut(baseline.record.total.percent)
    if baseline.how is BaselineHow.EXACT:
        return value if facts.base is None else f"{value}, the base itself"
    older = "this commit" if facts.base is None else "the base"
    return f"{value}, {plural(baseline.behind, 'commit')} older than {older}"
