"""The trend's arithmetic: points, blocks, pace, the way to the target, the ramp."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.goals import Component, Target
from covgate.history.trend import (
    NEWEST,
    NO_RAMP_YET,
    component_start,
    compute_pace,
    points_of,
    ramp_start,
    required_on,
)
from covgate.model.history import Aim, History, Point, Start
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable
from covgate.report.trend.words import BLOCKS, show_trend, sparkline, towards
from tests.support.trend_samples import make_record, sha_of

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOAL = Target(total=Decimal(85))
percents = st.decimals(min_value=0, max_value=100, places=3)


def series(*values: float | str, every: float = 7) -> tuple[Point, ...]:
    """One point every so many days, the last today."""
    start = NOON - timedelta(days=every * (len(values) - 1))
    return tuple(Point(date=start + timedelta(days=every * n), total=Decimal(str(v))) for n, v in enumerate(values))


# --- points ----------------------------------------------------------------------------------------------------------


def test_points_are_exact_and_sorted_by_date() -> None:
    late = replace(make_record(1, NOON, 50), total=Tally(lines=Counts(covered=1, total=3)))
    early = make_record(2, NOON - timedelta(days=1), 75, title="measured late")
    points = points_of(History(records=(late, early)))
    assert [(point.sha, point.title) for point in points] == [(sha_of(2), "measured late"), (sha_of(1), late.title)]
    assert points[0].total == 75
    assert points[1].total == Decimal(100) / 3
    assert points[1].lines == Counts(covered=1, total=3)


def test_a_commit_without_anything_to_measure_is_no_point() -> None:
    empty = replace(make_record(1, NOON, 50), total=Tally())
    assert points_of(History(records=(empty,))) == ()


def test_a_component_without_anything_to_measure_is_left_out() -> None:
    tallies = {"core": Tally(lines=Counts(covered=1, total=4)), "docs": Tally()}
    (point,) = points_of(History(records=(replace(make_record(1, NOON, 50), components=tallies),)))
    assert point.components == {"core": 25}


def test_an_imported_entry_gives_way_to_the_commits_own_record() -> None:
    record = make_record(1, NOON, 50)
    double = Point(date=NOON, total=Decimal(49), sha=record.sha)
    other = Point(date=NOON - timedelta(days=3), total=Decimal(40))
    points = points_of(History(records=(record,), imported=(double, other)))
    assert [point.total for point in points] == [40, 50]


@pytest.mark.parametrize("newest", [0, 1, 3, 30])
def test_only_the_newest_points_may_be_asked_for(newest: int) -> None:
    empty = replace(make_record(9, NOON + timedelta(days=9), 50), total=Tally())
    history = History(records=(*run_of(None, None, AIM).records, empty), imported=series(1, 2))
    whole = points_of(history)
    assert len(whole) == 5
    assert points_of(history, newest) == whole[len(whole) - min(newest, 5) :]


# --- blocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "blocks"),
    [
        ((), ""),
        ((50,), "▅"),
        ((0,), "▁"),
        ((100,), "█"),
        ((50, 50, 50), "▅▅▅"),
        ((0, 50, 100), "▁▅█"),
        ((20, 30, 40, 50, 60, 70, 80, 90), "▁▂▃▄▅▆▇█"),
        ((80, 81, 82, 83), "▃▄▅▆"),
        ((80, "80.4"), "▄▅"),
        ((99, 100), "▇█"),
    ],
)
def test_a_sparkline(values: tuple[float, ...], blocks: str) -> None:
    assert sparkline([Decimal(str(value)) for value in values]) == blocks


@pytest.mark.parametrize(
    ("values", "text"),
    [
        pytest.param((), "", id="nothing"),
        pytest.param((80,), "", id="one-is-no-trend"),
        pytest.param(("83.94", 84, 85, "84.96"), "last 4 records: 83.9 % ▄▄▅▅ 85 %", id="end-values-rounded"),
        pytest.param(("99.96", 100), "last 2 records: 99.96 % ██ 100 %", id="none-that-looks-like-100"),
        pytest.param((0, *[50] * NEWEST), f"last 30 records: 50 % {'▅' * NEWEST} 50 %", id="the-newest"),
    ],
)
def test_the_blocks_stand_between_their_end_values(values: tuple[float | str, ...], text: str) -> None:
    points = [Point(date=NOON + timedelta(days=n), total=Decimal(str(value))) for n, value in enumerate(values)]
    assert show_trend(points, None, TODAY) == text


def test_a_sparkline_shows_the_newest() -> None:
    assert sparkline([Decimal(0)] * 5 + [Decimal(100)] * 3, width=3) == "███"
    assert sparkline([Decimal(0)], width=0) == ""


@given(st.lists(percents, min_size=1, max_size=40))
def test_a_sparkline_never_exaggerates(values: list[Decimal]) -> None:
    blocks = [BLOCKS.index(block) for block in sparkline(values)]
    assert len(blocks) == min(len(values), 30)
    shown = values[-30:]
    if max(shown) - min(shown) < 1:
        assert max(blocks) - min(blocks) <= 1
    for value, block in zip(shown, blocks, strict=True):
        for other, other_block in zip(shown, blocks, strict=True):
            assert (value < other) <= (block <= other_block)


# --- pace ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "pace"),
    [
        (series(70, "70.3", "70.6", "70.9"), Fraction(3, 10)),
        (series(70, 71, 10, 73, 74), Fraction(1)),
        (series(70, 70, 70), Fraction(0)),
        (series(72, 71, 70), Fraction(-1)),
        (series(70, 71, 72, every=3.5), Fraction(2)),
        (series(*[0] * 20, *range(70, 79)), Fraction(1)),
    ],
    ids=["steady", "one bad measurement", "flat", "falling", "half weeks", "only the last eight weeks"],
)
def test_the_pace(points: tuple[Point, ...], pace: Fraction) -> None:
    assert compute_pace(points, TODAY) == pace


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ((), "fewer than 3 points in the last 8 weeks"),
        (series(70, 71), "fewer than 3 points in the last 8 weeks"),
        (series(70, 71, 72, every=60), "fewer than 3 points in the last 8 weeks"),
        (series(70, 71, 72, 73, every=2), "less than 7 days apart"),
        (series(70, 71, 72, every=0), "less than 7 days apart"),
    ],
    ids=["none", "two", "long ago", "six days", "one moment"],
)
def test_there_is_no_pace(points: tuple[Point, ...], reason: str) -> None:
    pace = compute_pace(points, TODAY)
    assert isinstance(pace, Unavailable)
    assert reason in pace.reason


def test_commits_of_one_afternoon_do_not_make_the_pace() -> None:
    """Half a point within an hour is 84 a week; nobody goes on like that."""
    hours = [Point(date=NOON + timedelta(hours=n), total=Decimal(n) / 2 + 72) for n in range(10)]
    pace = compute_pace([*series(70, 71, 72), *hours], TODAY)
    assert isinstance(pace, Fraction)
    assert pace < 4


def test_points_a_day_apart_say_something_of_the_pace() -> None:
    """Of the slopes 70, 8.75 and 0 a week the middle one; without the first it would be 4.375."""
    points = [Point(date=NOON - timedelta(days=ago), total=Decimal(total)) for ago, total in ((8, 0), (7, 10), (0, 10))]
    assert compute_pace(points, TODAY) == Fraction(35, 4)


def test_the_pace_looks_back_eight_weeks_to_the_day() -> None:
    days = (56, 49, 42)
    points = [Point(date=NOON - timedelta(days=ago), total=Decimal(60 - ago)) for ago in days]
    assert compute_pace(points, TODAY) == 7
    assert isinstance(compute_pace(points, TODAY + timedelta(days=1)), Unavailable)


def test_the_pace_is_that_of_the_newest_thirty_points() -> None:
    """Each rise is larger than the one before: of points 20 to 49 the middle slope is 0.69 a day."""
    rising = [str(Decimal(n * n) / 100) for n in range(50)]
    assert compute_pace(series(*rising, every=1), TODAY) == Fraction(69 * 7, 100)


# --- towards the target ----------------------------------------------------------------------------------------------

BY = date(2027, 1, 1)  # six weeks


@pytest.mark.parametrize(
    ("values", "by", "words"),
    [
        (("82.3", "82.6", "82.9", "83.2"), None, "to target 85 %: +0.3 a week, about 6 weeks"),
        (("82.6", "82.9", "83.2", "84.9"), None, "to target 85 %: +0.5 a week, about 1 week"),
        (("80.00", "80.04", "80.08"), None, "to target 85 %: +0.04 a week, more than 2 years"),
        (("80.8",), None, "to target 85 %: 4.2 to go"),
        (("84.999",), None, "to target 85 %: 0.1 to go"),
        (("80.8", "80.8", "80.8"), None, "to target 85 %: 4.2 to go, not rising at the moment"),
        (("82.8", "81.8", "80.8"), None, "to target 85 %: 4.2 to go, not rising at the moment"),
        (("85", "85"), None, "target 85 % reached"),
        (("99",), BY, "target 85 % reached"),
        (("79", "80", "81"), BY, "to target 85 %: +1 a week, on course for 2027-01-01"),
        (("79.6", "79.8", "80"), BY, "to target 85 %: +0.2 a week, behind: needs +0.9 a week until 2027-01-01"),
        (
            ("80", "80", "80"),
            BY,
            "to target 85 %: 5 to go, not rising at the moment: needs +0.9 a week until 2027-01-01",
        ),
        (("80.8",), BY, "to target 85 %: 4.2 to go by 2027-01-01, +0.7 a week"),
        (("79", "80", "81"), TODAY, "to target 85 %: +1 a week, due today"),
        (("81",), date(2026, 11, 1), "to target 85 %: 4 to go, was due on 2026-11-01"),
    ],
)
def test_the_way_to_the_target(values: tuple[str, ...], by: date | None, words: str) -> None:
    assert towards(series(*values), replace(GOAL, by=by), TODAY) == words


def test_the_words_of_a_target_with_decimals() -> None:
    assert towards(series(80), Target(total=Decimal("87.50")), TODAY) == "to target 87.5 %: 7.5 to go"


def test_nothing_recorded_is_no_way() -> None:
    assert towards((), GOAL, TODAY) == Unavailable(reason="nothing has been recorded yet")


@given(st.lists(percents, max_size=12), percents, st.integers(-30, 400), st.floats(0.1, 12))
def test_the_words_never_show_a_negative_zero(values: list[Decimal], goal: Decimal, days: int, every: float) -> None:
    for by in (None, TODAY + timedelta(days=days)):
        words = towards(series(*map(str, values), every=every), Target(total=goal, by=by), TODAY)
        if isinstance(words, str):
            assert "-0" not in words.replace(str(by), "")
            assert " 0 to go" not in words
            assert "+0 " not in words
            assert words.count(":") <= 2


# --- the ramp --------------------------------------------------------------------------------------------------------

TARGET = Target(total=Decimal(80), by=date(2027, 2, 28), ramp=True)
AIM = Aim(total=Decimal("80.0"), by=date(2027, 2, 28))
OTHER = Aim(total=Decimal(80), by=date(2027, 3, 28))


def run_of(*aims: Aim | None) -> History:
    start = NOON - timedelta(days=len(aims))
    return History(records=tuple(make_record(n, start + timedelta(days=n), 25 + n, aim=a) for n, a in enumerate(aims)))


@pytest.mark.parametrize(
    ("aims", "start"),
    [
        ((AIM,), 0),
        ((None, AIM, AIM), 1),
        ((None, OTHER, AIM, AIM), 2),
        ((AIM, AIM, OTHER, AIM, AIM), 3),
        ((AIM, AIM, OTHER), 0),
    ],
    ids=["the first record", "set later", "changed", "set again", "an older pull request's"],
)
def test_the_ramp_starts_where_the_target_was_set(aims: tuple[Aim | None, ...], start: int) -> None:
    found = ramp_start(run_of(*aims), TARGET)
    assert isinstance(found, Point)
    assert found.sha == sha_of(start)
    assert found.total == 25 + start


@pytest.mark.parametrize("aims", [(), (None, None), (OTHER,)], ids=["nothing", "no target then", "another target"])
def test_the_ramp_has_not_begun(aims: tuple[Aim | None, ...]) -> None:
    assert ramp_start(run_of(*aims), TARGET) == Unavailable(reason=NO_RAMP_YET)


def test_a_commit_that_is_measured_late_does_not_begin_the_ramp_anew() -> None:
    history = run_of(None, AIM, AIM, AIM)
    late = (*history.records[1:3], history.records[0], history.records[3])
    found = ramp_start(History(records=late), TARGET)
    assert isinstance(found, Point)
    assert found.sha == sha_of(1)


def test_a_record_without_anything_to_measure_is_no_start() -> None:
    history = run_of(AIM, AIM)
    empty = replace(history.records[0], total=Tally())
    found = ramp_start(History(records=(empty, history.records[1])), TARGET)
    assert isinstance(found, Point)
    assert found.sha == sha_of(1)


def test_the_imported_baseline_starts_the_ramp_of_the_imported_target() -> None:
    baseline = Point(date=NOON - timedelta(days=90), total=Decimal(20))
    history = replace(run_of(None, AIM), start=Start(point=baseline, aim=AIM))
    assert ramp_start(history, TARGET) == baseline
    found = ramp_start(replace(history, start=Start(point=baseline, aim=OTHER)), TARGET)
    assert isinstance(found, Point)
    assert found.sha == sha_of(1)


START = Point(date=datetime(2026, 11, 20, 23, 59, tzinfo=UTC), total=Decimal(25), components={"core": Decimal(40)})


@pytest.mark.parametrize(
    ("day", "required"),
    [
        (date(2026, 1, 1), "25"),
        (date(2026, 11, 20), "25"),
        (date(2026, 11, 21), "25.55"),
        (date(2027, 1, 9), "52.50"),
        (date(2027, 2, 27), "79.45"),
        (date(2027, 2, 28), "80"),
        (date(2030, 1, 1), "80"),
    ],
)
def test_the_ramp_rises_day_by_day(day: date, required: str) -> None:
    assert required_on(START, TARGET, day) == Decimal(required)


def test_without_a_day_the_target_is_required_at_once() -> None:
    assert required_on(START, Target(total=Decimal(80), ramp=True), date(2026, 1, 1)) == 80


def test_a_start_above_the_target_requires_the_target() -> None:
    assert required_on(replace(START, total=Decimal(90)), TARGET, date(2026, 1, 1)) == 80
    # Reached already: it is not cut to two decimals.
    goal = replace(TARGET, total=Decimal("84.125"))
    assert required_on(replace(START, total=goal.total), goal, date(2027, 1, 9)) == goal.total


def test_what_is_required_is_cut() -> None:
    start = replace(START, total=Decimal(100) / 3)
    assert required_on(start, TARGET, date(2026, 11, 20)) == Decimal("33.33")
    assert required_on(start, TARGET, date(2026, 11, 22)) == Decimal("34.26")


def test_a_start_after_the_end_requires_the_target_from_the_end_on() -> None:
    late = replace(START, date=datetime(2027, 5, 1, tzinfo=UTC))
    assert required_on(late, TARGET, date(2027, 2, 27)) == 25
    assert required_on(late, TARGET, date(2027, 2, 28)) == 80


CORE = Component(name="core", paths=("core/**",), target=Decimal(90))


def test_a_component_has_a_ramp_of_its_own() -> None:
    assert required_on(START, TARGET, date(2027, 1, 9), CORE) == 65
    assert required_on(START, TARGET, date(2027, 2, 28), CORE) == 90
    assert required_on(START, TARGET, date(2027, 1, 9), replace(CORE, name="api")) == Decimal("57.50")
    with pytest.raises(ValueError, match="no ramp"):
        required_on(START, TARGET, TODAY, replace(CORE, target=None))


def test_a_components_ramp_begins_where_it_was_first_recorded_under_its_name() -> None:
    start = Point(date=NOON - timedelta(days=90), total=Decimal(20))
    records = run_of(AIM, AIM, AIM).records
    tally = Tally(lines=Counts(covered=3, total=10))
    records = (records[0], *(replace(record, components={"core": tally}) for record in records[1:]))
    history = History(records=records, start=Start(point=start, aim=AIM))
    assert component_start(history, start, CORE).sha == sha_of(1)
    assert component_start(history, replace(start, components={"core": Decimal(1)}), CORE).sha is None
    assert component_start(history, start, replace(CORE, name="api")) == start
    assert component_start(history, replace(start, date=records[1].date), CORE).sha == sha_of(1)
    late = replace(start, date=records[-1].date + timedelta(days=1))
    assert component_start(history, late, CORE) == late


days = st.integers(0, 3000).map(lambda n: date(2025, 1, 1) + timedelta(days=n))


@given(percents, percents, days, days, days, days)
def test_the_ramp_only_rises_and_ends_at_the_target(
    value: Decimal, goal: Decimal, begin: date, by: date, one: date, other: date
) -> None:
    start = Point(date=datetime(begin.year, begin.month, begin.day, 18, tzinfo=UTC), total=value)
    target = Target(total=goal, by=by, ramp=True)
    early, late = sorted((one, other))
    assert required_on(start, target, early) <= required_on(start, target, late) <= goal
    assert required_on(start, target, by) == goal
    if begin < by:
        low = min(value, goal)
        assert low - Decimal("0.01") < required_on(start, target, begin) <= low
