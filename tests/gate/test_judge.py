"""From a run to its verdict: what the project and its components are held against, and why a figure is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from covgate.config.goals import Component, Target
from covgate.config.options import Settings
from covgate.config.settings import resolve
from covgate.gate.guard import own_bar
from covgate.gate.judge import Measured, judge_run
from covgate.history.look_back import Past
from covgate.model.change import DiffCoverage, DiffFile
from covgate.model.commit import Sha
from covgate.model.coverage import Coverage, FileCoverage
from covgate.model.history import (
    NOTHING_RECORDED,
    Aim,
    Baseline,
    BaselineHow,
    Comparison,
    History,
    Point,
    Record,
    Start,
)
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable
from covgate.model.verdict import ComponentFigures, Drop, Status, SuiteRun, SuiteStatus, VerdictKind

PASS, FAIL, NA, UNKNOWN = Status.PASS, Status.FAIL, Status.NOT_APPLICABLE, Status.UNAVAILABLE
TODAY = date(2026, 1, 6)


def tally(covered: int, total: int) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total))


def measured_file(covered: int, total: int) -> Coverage:
    path = PurePosixPath("shop/a.py")
    lines = range(1, total + 1)
    file = FileCoverage(path=path, statements=frozenset(lines), missing=frozenset(lines[covered:]))
    return Coverage(files={path: file}, has_branches=False)


RECORD = Record(
    sha=Sha("a" * 40), parent=None, date=datetime(2026, 1, 1, tzinfo=UTC), total=tally(60, 100), has_branches=False
)
BASELINE = Baseline(record=RECORD, how=BaselineHow.EXACT, behind=0)
GONE = Unavailable(reason="not needed here")
PAST = Past(history=History(records=(RECORD,)), baseline=BASELINE, lines=GONE, shifts=GONE)
LOST = Unavailable(reason="the history branch is broken")
DIFF_FILE = DiffFile(
    path=PurePosixPath("shop/a.py"),
    statements=frozenset({1, 2, 3, 4}),
    missing=frozenset({2, 3, 4}),
    partial=frozenset(),
    tally=tally(1, 4),
)
DIFF = DiffCoverage(files=(DIFF_FILE,))
DROP = Drop(raw=Fraction(10), adjusted=Fraction(10))
COMPARISON = Comparison(baseline=BASELINE, delta=Fraction(-10), drop=DROP)
RUN = Measured(coverage=measured_file(50, 100), diff=DIFF, components=(), comparison=COMPARISON, past=PAST, suite=None)
RULES = {"min-total": "40", "min-diff": "30", "max-drop": "1"}
UNUSABLE = Unavailable(reason="the tests left no data")


def judged(run: Measured, settings: Settings | None = None) -> tuple[VerdictKind, list[tuple[str, Status, str]]]:
    verdict, _ = judge_run(own_bar(settings or resolve(command_line=RULES)), run, TODAY)
    return verdict.kind, [
        (f"{c.component}: {c.rule}" if c.component else c.rule, c.status, c.why) for c in verdict.checks
    ]


NO_CHANGE = "the run has no change to judge"
TOTAL = ("min-total", PASS, "total coverage is at least 40 %")
DIFFERENCE = ("min-diff", FAIL, "diff coverage 25 % is below 30 %")
FELL = ("max-drop", FAIL, "total coverage fell by 10 points, more than 1")
NO_DIFF = ("min-diff", NA, NO_CHANGE)


@pytest.mark.parametrize(
    ("run", "kind", "checks"),
    [
        pytest.param(RUN, VerdictKind.FAIL, [TOTAL, DIFFERENCE, FELL], id="everything-is-known"),
        pytest.param(
            replace(RUN, diff=None), VerdictKind.FAIL, [TOTAL, NO_DIFF, FELL], id="a-branch-falls-without-a-change"
        ),
        pytest.param(
            replace(RUN, coverage=UNUSABLE, diff=UNUSABLE, comparison=None), VerdictKind.CANNOT_JUDGE,
            [(rule, UNKNOWN, UNUSABLE.reason) for rule in RULES], id="no-data",
        ),
        pytest.param(
            # Only the total is lost: the change was judged.
            replace(RUN, coverage=UNUSABLE, comparison=None), VerdictKind.FAIL,
            [("min-total", UNKNOWN, UNUSABLE.reason), DIFFERENCE, ("max-drop", UNKNOWN, UNUSABLE.reason)],
            id="no-total",
        ),
        pytest.param(
            replace(RUN, coverage=UNUSABLE, diff=None, comparison=None), VerdictKind.CANNOT_JUDGE,
            [("min-total", UNKNOWN, UNUSABLE.reason), NO_DIFF, ("max-drop", UNKNOWN, UNUSABLE.reason)],
            id="no-total-of-a-branch",
        ),
        pytest.param(
            replace(RUN, comparison=None, past=replace(PAST, baseline=LOST)), VerdictKind.FAIL,
            [TOTAL, DIFFERENCE, ("max-drop", UNKNOWN, LOST.reason)], id="no-baseline",
        ),
        pytest.param(
            # A branch is compared where there is something to compare with, and has no base that must be known.
            replace(RUN, comparison=None, diff=None, past=replace(PAST, baseline=LOST)), VerdictKind.PASS,
            [TOTAL, NO_DIFF, ("max-drop", NA, LOST.reason)], id="no-baseline-of-a-branch",
        ),
        pytest.param(
            replace(RUN, comparison=None, past=replace(PAST, baseline=NOTHING_RECORDED)), VerdictKind.FAIL,
            [TOTAL, DIFFERENCE, ("max-drop", NA, NOTHING_RECORDED.reason)], id="the-first-run",
        ),
        pytest.param(
            replace(RUN, comparison=None), VerdictKind.FAIL,
            [TOTAL, DIFFERENCE, ("max-drop", NA, "there is no statement to cover")], id="nothing-to-compare",
        ),
    ],
)  # fmt: skip
def test_the_project_is_held_against_what_is_known_of_it(
    run: Measured, kind: VerdictKind, checks: list[tuple[str, Status, str]]
) -> None:
    assert judged(run) == (kind, checks)


def test_data_that_cannot_be_used_is_never_green_even_without_a_rule() -> None:
    assert judged(RUN, resolve()) == (VerdictKind.PASS, [])
    assert judged(replace(RUN, coverage=UNUSABLE), resolve()) == (VerdictKind.CANNOT_JUDGE, [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (SuiteStatus.PASSED, VerdictKind.PASS),
        (SuiteStatus.FAILED, VerdictKind.FAIL),
        (SuiteStatus.NO_TESTS, VerdictKind.CANNOT_JUDGE),
    ],
)
def test_how_the_tests_ended_counts(status: SuiteStatus, kind: VerdictKind) -> None:
    suite = SuiteRun(command="pytest", status=status, exit_code=0, seconds=1.0)
    verdict, _ = judge_run(own_bar(resolve()), replace(RUN, suite=suite), TODAY)
    assert (verdict.kind, verdict.suite) == (kind, suite)


# --- components ---------------------------------------------------------------------------------------------------

API = Component(name="api", paths=("api/**",), max_drop=Decimal(1))
PART = ComponentFigures(name="api", total=tally(8, 10), diff=tally(1, 2))
LEFT_OUT = Unavailable(reason="no file of component api was measured")
API_DROP = Drop(raw=Fraction(1, 2), adjusted=Fraction(1, 2))


def compared(drops: Mapping[str, Drop | Unavailable]) -> Comparison:
    return replace(COMPARISON, component_drops=drops)


@pytest.mark.parametrize(
    ("run", "part", "status", "why"),
    [
        pytest.param(
            replace(RUN, comparison=compared({"api": API_DROP})), PART,
            PASS, "total coverage of api fell by at most 1 point", id="its-own-drop",
        ),
        pytest.param(
            replace(RUN, comparison=compared({"api": DROP})), PART,
            FAIL, "total coverage of api fell by 10 points, more than 1", id="it-fell",
        ),
        pytest.param(
            replace(RUN, comparison=compared({"other": DROP})), PART,
            NA, "the baseline has no statement of api", id="new",
        ),
        pytest.param(
            replace(RUN, comparison=compared({})), replace(PART, total=Tally()),
            NA, "there is no statement to cover", id="empty",
        ),
        pytest.param(
            replace(RUN, comparison=compared({"api": API_DROP})), replace(PART, total=LEFT_OUT),
            UNKNOWN, LEFT_OUT.reason, id="its-total-is-unknown",
        ),
        pytest.param(
            replace(RUN, comparison=compared({"api": LOST})), PART, UNKNOWN, LOST.reason, id="its-drop-is-unknown"
        ),
        pytest.param(
            replace(RUN, comparison=None, past=replace(PAST, baseline=LOST)), PART,
            UNKNOWN, LOST.reason, id="no-baseline",
        ),
        pytest.param(
            replace(RUN, comparison=None, past=replace(PAST, baseline=LOST), diff=None), PART,
            NA, LOST.reason, id="no-baseline-of-a-branch",
        ),
        pytest.param(
            replace(RUN, comparison=None, past=replace(PAST, baseline=NOTHING_RECORDED)), PART,
            NA, NOTHING_RECORDED.reason, id="the-first-run",
        ),
        pytest.param(
            # The reason is the project's, not that of the part.
            replace(RUN, comparison=None, past=replace(PAST, baseline=NOTHING_RECORDED)),
            replace(PART, total=LEFT_OUT), NA, NOTHING_RECORDED.reason, id="the-first-run-of-an-unknown-total",
        ),
        pytest.param(
            replace(RUN, coverage=UNUSABLE, comparison=None), replace(PART, total=UNUSABLE),
            UNKNOWN, UNUSABLE.reason, id="no-data",
        ),
    ],
)  # fmt: skip
def test_the_drop_of_a_component(run: Measured, part: ComponentFigures, status: Status, why: str) -> None:
    _, checks = judged(replace(run, components=(part,)), replace(resolve(), components=(API,)))
    assert checks == [("api: max-drop", status, why)]


def test_a_component_is_held_against_its_own_total_and_diff() -> None:
    floors = replace(API, max_drop=None, min_total=Decimal(80), min_diff=Decimal("50.5"))
    other = replace(floors, name="web", min_diff=None)
    run = replace(RUN, components=(PART, replace(PART, name="web", total=tally(7, 10))))
    assert judged(run, replace(resolve(), components=(floors, other))) == (
        VerdictKind.FAIL,
        [
            ("api: min-total", PASS, "total coverage of api is at least 80 %"),
            ("api: min-diff", FAIL, "diff coverage of api 50 % is below 50.5 %"),
            ("web: min-total", FAIL, "total coverage of web 70 % is below 80 %"),
        ],
    )
    # Without a comparison, or where it has none of the part, they are the same.
    alone = replace(run, comparison=None, past=replace(PAST, baseline=NOTHING_RECORDED))
    assert judged(alone, replace(resolve(), components=(floors, other))) == judged(
        run, replace(resolve(), components=(floors, other))
    )
    unknown = replace(run, components=(replace(PART, total=LEFT_OUT), run.components[1]))
    assert judged(unknown, replace(resolve(), components=(floors, other)))[1][:2] == [
        ("api: min-total", UNKNOWN, LEFT_OUT.reason),
        ("api: min-diff", FAIL, "diff coverage of api 50 % is below 50.5 %"),
    ]


def test_each_component_is_judged() -> None:
    with pytest.raises(ValueError, match="zip"):
        judge_run(own_bar(replace(resolve(), components=(API,))), RUN, TODAY)


# --- the ramp -----------------------------------------------------------------------------------------------------

TARGET = Target(total=Decimal(80), by=date(2026, 1, 11), ramp=True)
POINT = Point(date=datetime(2026, 1, 1, tzinfo=UTC), total=Decimal(40))
HISTORY = History(start=Start(point=POINT, aim=Aim(total=Decimal(80), by=date(2026, 1, 11))))
NOTE = "Required of the total today, on the ramp to 80 % by 2026-01-11: 60 %."


@pytest.mark.parametrize(
    ("target", "note", "checks"),
    [
        pytest.param(None, "", [], id="no-target"),
        pytest.param(replace(TARGET, ramp=False), "", [], id="a-target-without-a-ramp"),
        pytest.param(TARGET, NOTE, [("min-total", FAIL, "total coverage 50 % is below 60 %")], id="a-ramp"),
    ],
)
def test_a_ramp_asks_for_what_it_requires_today(
    target: Target | None, note: str, checks: list[tuple[str, Status, str]]
) -> None:
    settings = replace(resolve(), target=target)
    run = replace(RUN, past=replace(PAST, history=HISTORY))
    assert judge_run(own_bar(settings), run, TODAY)[1] == ((note,) if note else ())
    assert judged(run, settings)[1] == checks
