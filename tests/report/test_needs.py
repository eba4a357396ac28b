"""What failing rules need: how much more has to be covered, of what, and what of the last place is enough."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.gate.rules import evaluate, evaluate_drop, judge
from covgate.model.coverage import Coverage, Span
from covgate.model.numbers import Counts, Tally
from covgate.model.places import Place
from covgate.model.steps import Spot
from covgate.model.unknown import Unavailable
from covgate.model.verdict import MIN_DIFF, MIN_TOTAL, Check, ComponentFigures, Drop, SuiteRun, SuiteStatus
from covgate.report.needs import Need, find_needs, find_part
from tests.support.coverage_text import read_files
from tests.support.situations import PASSED, ended

UNKNOWN = Unavailable(reason="nobody knows")
HUNDRED = Tally(lines=Counts(covered=50, total=100))
API = ComponentFigures(name="api", total=Tally(lines=Counts(covered=10, total=20)), diff=None)
GONE = ComponentFigures(name="gone", total=UNKNOWN, diff=None)


def minimum(rule: str, target: int, actual: Tally | Unavailable, part: str | None = None) -> Check:
    return evaluate(rule, Decimal(target), actual, nothing="", component=part)


def drop_of(points: str, allowed: str, part: str | None = None, *, excused: str = "0") -> Check:
    drop = Drop(raw=Fraction(points), adjusted=Fraction(points), excused=Fraction(excused))
    return evaluate_drop(Decimal(allowed), drop, nothing="", component=part)


def needs(
    *checks: Check, total: Coverage | Tally | Unavailable = HUNDRED, suite: SuiteRun | None = PASSED
) -> list[tuple[bool, str | None, int]]:
    found = find_needs(judge(checks, suite), total, (API, GONE))
    return [(need.of_diff, need.component, need.count) for need in found]


def test_each_failing_rule_needs_so_many_of_what_it_is_about() -> None:
    passing = minimum(MIN_DIFF, 50, HUNDRED, "api")
    assert needs(
        minimum(MIN_DIFF, 80, Tally(lines=Counts(covered=1, total=3))),
        passing,
        minimum(MIN_TOTAL, 53, HUNDRED),
        minimum(MIN_TOTAL, 75, API.total if isinstance(API.total, Tally) else Tally(), "api"),
        # A point of the project is one of its lines, of the component a fifth of one; nothing flapping is needed.
        drop_of("2.2", "0.1", excused="0.4"),
        drop_of("6", "1", "api"),
    ) == [(True, None, 2), (False, None, 3), (False, "api", 5), (False, None, 2), (False, "api", 1)]


def test_the_total_of_a_measurement_is_that_of_its_files() -> None:
    _, measurement = read_files("m.py\n    1-1500\n    1501-2000 missing\n")
    assert isinstance(measurement.coverage, Coverage)
    assert needs(drop_of("25", "0"), total=measurement.coverage) == [(False, None, 500)]


def test_nothing_is_promised_where_more_is_wrong_than_rules_that_coverage_can_pass() -> None:
    broken, unknown = minimum(MIN_DIFF, 80, HUNDRED), minimum(MIN_TOTAL, 80, UNKNOWN)
    assert needs(broken) == needs(broken, suite=None) == [(True, None, 30)]
    told = {
        "it passes": needs(minimum(MIN_DIFF, 50, HUNDRED)),
        "it passes without tests of its own": needs(minimum(MIN_DIFF, 50, HUNDRED), suite=None),
        "the tests failed": needs(broken, suite=ended(SuiteStatus.FAILED, 1)),
        "no test was found": needs(broken, suite=ended(SuiteStatus.NO_TESTS, 5)),
        "another rule is unknown": needs(broken, unknown),
        "the total of a drop is unknown": needs(drop_of("2", "0"), total=UNKNOWN),
        "the total of another drop is unknown": needs(broken, drop_of("2", "0", "gone")),
        "the component of a drop is not known": needs(drop_of("2", "0", "io"), broken),
    }
    assert {what: found for what, found in told.items() if found} == {}


# --- a part of the last place ----------------------------------------------------------------------------------------


def spot(statements: int, branches: int, *parts: str, diff: int | None = None, path: str = "m.py") -> Spot:
    """Return a place of a changed function, all of it in the change unless `diff` says how much of it is."""
    place = Place(
        span=Span(start=1, end=9), function="f", statements=statements, branches=Counts(covered=0, total=branches)
    )
    size = statements + branches
    return Spot(
        path=PurePosixPath(path), place=place, diff=size if diff is None else diff, total=size, components=parts
    )


def need(count: int, component: str | None = None, *, of_diff: bool = False) -> Need:
    return Need(of_diff=of_diff, component=component, count=count)


def test_a_place_counts_for_the_rules_of_the_project_and_of_the_components_that_hold_its_file() -> None:
    here = spot(4, 1, "api", diff=2)
    asked = [need(9, part, of_diff=of_diff) for part in (None, "api", "io") for of_diff in (False, True)]
    assert [one.gain(here) for one in asked] == [5, 2, 5, 2, 0, 0]


def test_so_many_statements_of_the_last_place_are_enough_beside_the_others() -> None:
    first, last = spot(6, 0), spot(5, 0)
    assert {
        "one": find_part([need(7)], [first, last]),
        "alone": find_part([need(3)], [last]),
        "the-most-of-two-rules": find_part([need(7), need(9, of_diff=True)], [first, last]),
        "a-rule-that-the-others-pass": find_part([need(6), need(8, of_diff=True)], [first, last]),
        "a-rule-that-the-others-just-pass": find_part([need(6, of_diff=True), need(8)], [first, spot(5, 0, diff=3)]),
        "all-but-one": find_part([need(10)], [first, last]),
        "all": find_part([need(11)], [first, last]),
        # With branches beside them, any of its statements will do.
        "more-statements-than-it-has": find_part([need(5)], [spot(4, 3)]),
        "statements-beside-branches": find_part([need(3)], [spot(4, 3)]),
        "branches-alone": find_part([need(2)], [spot(0, 3)]),
        # A part of the place is in the change: it matters which of it is covered.
        "it-matters-which": find_part([need(1, of_diff=True)], [spot(5, 0, diff=3)]),
        "it-matters-which-for-one-rule": find_part([need(1), need(1, of_diff=True)], [spot(5, 0, diff=3)]),
        "of-a-component": find_part([need(7), need(2, "api")], [first, spot(5, 0, "api")]),
        "not-of-the-component-that-needs": find_part([need(7), need(2, "io")], [spot(6, 0, "io"), spot(5, 0, "api")]),
    } == {
        "one": 1,
        "alone": 3,
        "the-most-of-two-rules": 3,
        "a-rule-that-the-others-pass": 2,
        "a-rule-that-the-others-just-pass": 2,
        "all-but-one": 4,
        "all": 0,
        "more-statements-than-it-has": 0,
        "statements-beside-branches": 3,
        "branches-alone": 2,
        "it-matters-which": 0,
        "it-matters-which-for-one-rule": 0,
        "of-a-component": 2,
        "not-of-the-component-that-needs": 1,
    }
