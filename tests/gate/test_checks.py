"""Which rules are judged, on what: the project's and the components', with a ramp on top."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from covgate.config.goals import Component, Target
from covgate.config.settings import resolve
from covgate.gate.checks import Figures, Ramp, compute_checks
from covgate.model.history import Aim, History, Point, Start
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable
from covgate.model.verdict import Drop, Status

HALF = Tally(lines=Counts(covered=50, total=100))
WHOLE = Figures(total=HALF, diff=HALF, drop=Drop(raw=Fraction(1), adjusted=Fraction(1, 2)))
COMPONENT = Component(name="api", paths=("api/**",), min_total=Decimal(60), min_diff=Decimal(40), max_drop=Decimal(0))
START = Point(date=datetime(2026, 1, 1, 12, tzinfo=UTC), total=Decimal(40), components={"api": Decimal(20)})
TARGET = Target(total=Decimal(80), by=date(2026, 1, 11), ramp=True)
HISTORY = History(start=Start(point=START, aim=Aim(total=Decimal(80), by=date(2026, 1, 11))))
RAMP = Ramp(target=TARGET, history=HISTORY, today=date(2026, 1, 6))
BROKEN = replace(RAMP, history=Unavailable(reason="it is broken"))
API = replace(COMPONENT, min_total=None, min_diff=None, max_drop=None, target=Decimal(30))


def judged(given: dict[str, str], what: Figures = WHOLE, ramp: Ramp | None = None) -> list[tuple[str, Decimal, Status]]:
    checks = compute_checks(resolve(command_line=given), what, *([ramp] if ramp else []))
    return [(check.rule, check.target, check.status) for check in checks]


def test_only_rules_that_are_set_are_judged() -> None:
    assert judged({}) == []
    assert judged({"min-total": "50", "min-diff": "51", "max-drop": "0.5"}) == [
        ("min-total", Decimal(50), Status.PASS),
        ("min-diff", Decimal(51), Status.FAIL),
        ("max-drop", Decimal("0.5"), Status.PASS),
    ]


BARE = replace(COMPONENT, min_total=None, min_diff=None, max_drop=None)
ONE_RULE = {
    "min-total": replace(BARE, min_total=Decimal(80)),
    "min-diff": replace(BARE, min_diff=Decimal(80)),
    "max-drop": replace(BARE, max_drop=Decimal(80)),
}


@pytest.mark.parametrize(
    ("rule", "what", "status", "why"),
    [
        ("min-diff", Figures(total=HALF, diff=None), Status.NOT_APPLICABLE, "the run has no change to judge"),
        (
            "min-diff",
            Figures(total=HALF, diff=Tally()),
            Status.NOT_APPLICABLE,
            "the change touches no measured statement",
        ),
        ("min-diff", Figures(total=HALF, diff=Unavailable(reason="no diff")), Status.UNAVAILABLE, "no diff"),
        ("min-total", Figures(total=Tally(), diff=None), Status.NOT_APPLICABLE, "there is no statement to cover"),
        ("max-drop", Figures(total=HALF, diff=None), Status.NOT_APPLICABLE, "the run has no change to judge"),
    ],
)
def test_what_is_not_there_is_not_what_is_unknown(rule: str, what: Figures, status: Status, why: str) -> None:
    for rules in (resolve(command_line={rule: "80"}), ONE_RULE[rule]):
        assert [(check.rule, check.target, check.status, check.why) for check in compute_checks(rules, what)] == [
            (rule, Decimal(80), status, why)
        ]


@pytest.mark.parametrize(
    ("what", "status", "why"),
    [
        (replace(WHOLE, drop=None, no_drop="nothing has been recorded yet"), Status.NOT_APPLICABLE, "nothing has been"),
        (replace(WHOLE, drop=Unavailable(reason="broken history")), Status.UNAVAILABLE, "broken history"),
    ],
)
def test_a_drop_that_is_not_there_says_why(what: Figures, status: Status, why: str) -> None:
    (check,) = compute_checks(resolve(command_line={"max-drop": "1"}), what)
    assert (check.status, check.why[: len(why)]) == (status, why)


def test_a_component_has_rules_of_its_own_which_carry_its_name() -> None:
    checks = compute_checks(COMPONENT, WHOLE)
    assert [(check.rule, check.component, check.status) for check in checks] == [
        ("min-total", "api", Status.FAIL),
        ("min-diff", "api", Status.PASS),
        ("max-drop", "api", Status.FAIL),
    ]
    assert all(" of api" in check.why for check in checks)


def test_a_ramp_raises_the_floor_and_never_lowers_it() -> None:
    assert judged({"min-total": "50"}, ramp=RAMP) == [("min-total", Decimal(60), Status.FAIL)]
    assert judged({"min-total": "70"}, ramp=RAMP) == [("min-total", Decimal(70), Status.FAIL)]
    assert judged({}, ramp=RAMP) == [("min-total", Decimal(60), Status.FAIL)]


def test_a_component_ramps_to_its_own_target() -> None:
    (check,) = compute_checks(API, WHOLE, RAMP)
    assert (check.target, check.status) == (Decimal(25), Status.PASS)
    assert compute_checks(replace(API, target=None), WHOLE, RAMP) == []


@pytest.mark.parametrize(
    ("parts", "target"),
    [({"api": replace(API, target=Decimal(70))}, Decimal(45)), ({"api": replace(API, target=None)}, None), ({}, None)],
    ids=["another-target", "no-target", "no-such-component"],
)
def test_a_ramp_leads_to_the_targets_of_the_file_it_stands_in(
    parts: dict[str, Component], target: Decimal | None
) -> None:
    checks = compute_checks(API, WHOLE, replace(RAMP, parts=parts))
    assert [check.target for check in checks] == ([] if target is None else [target])


@pytest.mark.parametrize("history", [HISTORY, Unavailable(reason="it is broken")], ids=["recorded", "broken"])
@pytest.mark.parametrize("target", [30, 90])
def test_of_an_unknown_ramp_the_target_of_its_own_file_is_the_most(history: History | Unavailable, target: int) -> None:
    """The component has 50: of a target of 30 nothing more can be asked."""
    parts = {"api": replace(API, target=Decimal(target))}
    (check,) = compute_checks(replace(API, target=Decimal(60)), WHOLE, replace(RAMP, history=history, parts=parts))
    known = isinstance(history, History)
    assert check.target == ((20 + target) / 2 if known else target)
    assert check.status is (Status.PASS if target == 30 else Status.FAIL if known else Status.UNAVAILABLE)


def test_a_component_that_was_never_recorded_begins_where_the_project_did() -> None:
    (check,) = compute_checks(replace(API, name="new", target=Decimal(70)), WHOLE, RAMP)
    assert (check.target, check.status) == (Decimal(55), Status.FAIL)


def test_a_ramp_that_has_not_begun_requires_nothing_and_says_so() -> None:
    ramp = replace(RAMP, history=History())
    assert judged({}, ramp=ramp) == []
    assert ramp.note == (
        "Of the ramp to 80 % by 2026-01-11: the ramp begins with the next record of the default branch."
    )
    assert RAMP.note == "Required of the total today, on the ramp to 80 % by 2026-01-11: 60 %."


def test_a_ramp_without_a_day_names_none() -> None:
    target = replace(TARGET, by=None)
    assert replace(RAMP, target=target, history=History()).note == (
        "Of the ramp to 80 %: the ramp begins with the next record of the default branch."
    )
    assert replace(BROKEN, target=target).note == "What the ramp to 80 % requires today cannot be known: it is broken."


IMPORTED = History(start=Start(point=replace(START, components={}), aim=Aim(total=Decimal(80), by=date(2026, 1, 11))))
"""Another tool's file, which has no components."""


@pytest.mark.parametrize(
    "history",
    [HISTORY, IMPORTED, History(), Unavailable(reason="it is broken")],
    ids=["recorded", "imported", "empty", "broken"],
)
def test_after_its_day_the_target_is_required_whatever_the_history_says(history: History | Unavailable) -> None:
    ramp = replace(RAMP, history=history, today=date(2026, 1, 11))
    assert judged({}, ramp=ramp) == [("min-total", Decimal(80), Status.FAIL)]
    (check,) = compute_checks(replace(API, target=Decimal(51)), WHOLE, ramp)
    assert (check.target, check.status) == (Decimal(51), Status.FAIL)


@pytest.mark.parametrize(
    ("floor", "goal", "covered", "expected"),
    [
        pytest.param("", 80, 50, (Decimal(80), Status.UNAVAILABLE), id="between-nothing-and-the-target"),
        pytest.param("40", 80, 50, (Decimal(80), Status.UNAVAILABLE), id="between-the-floor-and-the-target"),
        pytest.param("51", 80, 50, (Decimal(51), Status.FAIL), id="below-the-floor"),
        pytest.param("40", 80, 80, (Decimal(80), Status.PASS), id="no-ramp-asks-for-more-than-the-target"),
        pytest.param("90", 80, 85, (Decimal(90), Status.FAIL), id="below-a-floor-above-the-target"),
        pytest.param("90", 80, 90, (Decimal(90), Status.PASS), id="a-floor-above-the-target"),
    ],
)
def test_a_history_that_cannot_be_read_leaves_a_ramp_unknown_where_it_matters(
    floor: str, goal: int, covered: int, expected: tuple[Decimal, Status]
) -> None:
    what = replace(WHOLE, total=Tally(lines=Counts(covered=covered, total=100)))
    ramp = replace(BROKEN, target=replace(TARGET, total=Decimal(goal)))
    (check,) = compute_checks(resolve(command_line={"min-total": floor} if floor else {}), what, ramp)
    assert (check.target, check.status) == expected
    if check.status is Status.UNAVAILABLE:
        assert check.why == "what the ramp to 80 % by 2026-01-11 requires today cannot be known: it is broken"


@pytest.mark.parametrize("floor", ["2.5", "7.75", "49.5", "61.25", "99.9", "100"])
def test_the_highest_of_the_floor_and_of_two_ramps_judges(floor: str) -> None:
    lower = replace(RAMP, target=replace(TARGET, total=Decimal(45)))
    (check,) = compute_checks(resolve(command_line={"min-total": floor}), WHOLE, lower, RAMP)
    assert check.target == max(Decimal(60), Decimal(floor))


ENDED = replace(BROKEN, target=Target(total=Decimal(60), by=date(2026, 1, 6), ramp=True))
LESS = replace(BROKEN, target=replace(TARGET, total=Decimal(70)))


@pytest.mark.parametrize(
    ("floor", "ramps", "expected"),
    [
        pytest.param("", [BROKEN, LESS], (80, Status.UNAVAILABLE), id="both-unknown"),
        pytest.param("40", [LESS, BROKEN], (80, Status.UNAVAILABLE), id="both-unknown-above-a-floor"),
        pytest.param("51", [BROKEN, LESS], (51, Status.FAIL), id="below-the-floor"),
        pytest.param("51", [BROKEN, ENDED], (60, Status.FAIL), id="below-the-floor-and-a-ramp-that-ended"),
        pytest.param("55", [ENDED, BROKEN], (60, Status.FAIL), id="in-either-order"),
    ],
)
def test_of_two_ramps_that_are_unknown_nothing_fails_but_what_surely_does(
    floor: str, ramps: list[Ramp], expected: tuple[int, Status]
) -> None:
    (check,) = compute_checks(resolve(command_line={"min-total": floor} if floor else {}), WHOLE, *ramps)
    assert (int(check.target), check.status) == expected


def test_a_total_that_is_unknown_is_unknown_for_its_own_reason() -> None:
    (check,) = compute_checks(resolve(), replace(WHOLE, total=Unavailable(reason="no data")), BROKEN)
    assert (check.status, check.why) == (Status.UNAVAILABLE, "no data")
    (check,) = compute_checks(resolve(), replace(WHOLE, total=Tally()), BROKEN)
    assert check.status is Status.NOT_APPLICABLE
