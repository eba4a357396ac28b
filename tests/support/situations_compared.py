"""What reports say about the past: a baseline, a drop, components, indirect changes, flapping lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from covgate.gate.rules import evaluate, evaluate_drop, judge
from covgate.model.coverage import Span
from covgate.model.history import Baseline, BaselineHow, Comparison, FlapShown, IndirectFile, Record
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MIN_TOTAL, Check, ComponentFigures, Drop, Status
from covgate.report.facts import Facts
from tests.support.situations import BASE, CORE, PASSED, facts, with_steps

BASELINE = Baseline(
    record=Record(
        sha=BASE,
        parent=None,
        date=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        title="Add refunds",
        total=Tally(lines=Counts(covered=90, total=110), branches=Counts(covered=2, total=4)),
        has_branches=True,
    ),
    how=BaselineHow.EXACT,
    behind=0,
)

LINES_GONE = Unavailable(reason="the baseline's lines are no longer kept", kind=UnknownKind.LINES_GONE)


def compared(
    *,
    max_drop: str = "",
    raw: str = "0.31",
    adjusted: str = "0.31",
    excused: str = "0",
    baseline: Baseline = BASELINE,
    indirect: tuple[IndirectFile, ...] = (),
    flaps: tuple[FlapShown, ...] = (),
    **others: Any,  # noqa: ANN401  # the fields of Facts
) -> Facts:
    """Judge CORE held against a baseline: the drops are given, in percentage points; no `adjusted` is unknown."""
    known = Fraction(adjusted) if adjusted else LINES_GONE
    drop = Drop(raw=Fraction(raw), adjusted=known, excused=Fraction(excused))
    comparison = Comparison(baseline=baseline, delta=-Fraction(raw), drop=drop, indirect=indirect, flaps=flaps)
    made = facts(CORE, min_diff="60")
    verdict = made.verdict
    if max_drop:
        check = evaluate_drop(Decimal(max_drop), drop, nothing="nothing has been recorded yet")
        verdict = judge((*verdict.checks, check), PASSED)
    return with_steps(replace(made, verdict=verdict, baseline=baseline, comparison=comparison, **others))


def nothing_recorded() -> Facts:
    """A drop is limited, and this is the first run of all."""
    made = facts(CORE, min_diff="60")
    check = evaluate_drop(Decimal("0.5"), None, nothing="nothing has been recorded yet")
    return replace(made, verdict=judge((*made.verdict.checks, check), PASSED))


def no_baseline() -> Facts:
    """A drop is limited, and history is there but holds no ancestor."""
    made = facts(CORE, min_diff="60")
    reason = Unavailable(
        reason="none of the 12 recorded commits is an ancestor of the base 9a8b7c6d5e4f", kind=UnknownKind.NO_RECORD
    )
    check = evaluate_drop(Decimal("0.5"), reason, nothing="")
    return replace(made, verdict=judge((*made.verdict.checks, check), PASSED), baseline=reason)


def ramp_unknown() -> Facts:
    """A ramp leads to a target, and the history it begins in cannot be read."""
    made = facts(CORE, min_diff="60")
    why = "what the ramp to 80 % by 2027-12-31 requires today cannot be known: history.jsonl is broken"
    assert not isinstance(made.total, Unavailable)
    actual = made.total.total
    unknown = Unavailable(reason=why, kind=UnknownKind.RAMP)
    check = Check(
        rule=MIN_TOTAL, target=Decimal(80), actual=actual, status=Status.UNAVAILABLE, why=why, unknown=unknown
    )
    baseline = Unavailable(reason="history.jsonl is broken")
    return replace(made, verdict=judge((*made.verdict.checks, check), PASSED), baseline=baseline)


def with_components() -> Facts:
    """A project in three parts: one that passes, one that breaks its rule, one nobody measured."""
    api = Tally(lines=Counts(covered=30, total=35), branches=Counts(covered=0, total=2))
    core = Tally(lines=Counts(covered=59, total=90), branches=Counts(covered=1, total=2))
    parts = (
        ComponentFigures(name="api", total=api, diff=Tally(), delta=Fraction(1, 3), target=Decimal(90)),
        ComponentFigures(name="core", total=core, diff=core, delta=Fraction(-5, 4)),
        ComponentFigures(name="legacy_import", total=Unavailable(reason="no file of it was measured"), diff=Tally()),
    )
    made = compared(
        components=parts, trend="last 5 records: 81.2 % ▂▃▅▆▇ 84.9 % · to target 85 %: +0.3 a week, about 6 weeks"
    )
    floors = {"api": "75", "core": "70", "legacy_import": "10"}
    checks = [
        evaluate(MIN_TOTAL, Decimal(floors[part.name]), part.total, component=part.name, nothing="") for part in parts
    ]
    return replace(made, verdict=judge((*made.verdict.checks, *checks), PASSED))


INDIRECT = tuple(
    IndirectFile(
        path=PurePosixPath(f"src/app/{name}.py"),
        lost=(Span(start=12, end=14), Span(start=30, end=30)),
        gained=(Span(start=n + 1, end=n + 2),) if n % 2 else (),
    )
    for n, name in enumerate(["cache", "jobs", "mail", *(f"part_{n:02}" for n in range(20))])
)
FLAPS = (
    FlapShown(path=PurePosixPath("src/app/jobs.py"), line=44, change=-1, flips=4),
    FlapShown(path=PurePosixPath("src/app/pool.py"), line=7, change=1),
)

COMPARED: dict[str, Callable[[], Facts]] = {
    "compared": lambda: compared(max_drop="0.5"),
    "compared-near": lambda: compared(
        max_drop="0.5", baseline=replace(BASELINE, how=BaselineHow.NEAR, behind=3), raw="-0.4", adjusted="-0.4"
    ),
    "drop": lambda: compared(max_drop="0", raw="1.25", adjusted="1.2"),
    "drop-adjusted": lambda: compared(max_drop="0.5", raw="4.2", adjusted="0"),
    "drop-unknown": lambda: compared(max_drop="0.2", adjusted=""),
    "nothing-recorded": nothing_recorded,
    "no-baseline": no_baseline,
    "indirect": lambda: compared(max_drop="0", excused="0.31", indirect=INDIRECT[:2], flaps=FLAPS),
    "indirect-many": lambda: compared(indirect=INDIRECT),
    "components": with_components,
    "ramp-unknown": ramp_unknown,
}
"""Every situation by its name."""
