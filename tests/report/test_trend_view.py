"""What is drawn of a ramp: the part within the axis of time, at the heights it has there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from covgate.config.goals import Component, Target
from covgate.model.history import Aim, History, Point, Start
from covgate.model.numbers import Counts, Tally
from covgate.report.bands import Bands
from covgate.report.trend.points import Trend
from covgate.report.trend.view import EMBEDDED, TrendView, build_trend_view
from tests.support.trend_samples import make_record

JANUARY = datetime(2026, 1, 1, 12, tzinfo=UTC)


def view_of(
    days: list[float], by: date | None, *, begins: int = 0, start: int = 40, goal: int = 80, ramp: bool = True
) -> TrendView:
    """Draw records on some days of January (0: the first), with a ramp from `start` to `goal`."""
    target = Target(total=Decimal(goal), by=by, ramp=ramp)
    point = Point(date=JANUARY + timedelta(days=begins), total=Decimal(start))
    history = History(
        records=tuple(make_record(n, JANUARY + timedelta(days=day), 50) for n, day in enumerate(days)),
        start=Start(point=point, aim=Aim(total=Decimal(goal), by=by)),
    )
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    parts = (Component(name="api", paths=("api/**",)),)
    trend = Trend(history=history, target=target, components=parts, bands=bands, today=date(2026, 1, 11))
    return build_trend_view(trend, repository_url=None, title="t")


def day(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


@pytest.mark.parametrize(
    ("days", "by", "begins", "ramp"),
    [
        pytest.param([0, 30], date(2026, 1, 11), 0, ((0.5, "42"), (10.0, "80")), id="within-the-axis"),
        pytest.param([0, 30], date(2026, 1, 31), 10, ((10.0, "40"), (30.0, "80")), id="from-where-it-began"),
        pytest.param([0, 30], date(2026, 2, 10), 0, ((0.5, "40.5"), (40.0, "80")), id="beyond-the-newest-point"),
        # Thirty days of points leave room for twenty more.
        pytest.param([0, 30], date(2026, 3, 22), 0, ((0.5, "40.25"), (50.5, "65.25")), id="beyond-the-axis"),
        pytest.param([20, 30], date(2026, 1, 11), 0, None, id="before-the-axis"),
        pytest.param([0, 30], date(2026, 1, 11), 10, None, id="that-begins-on-its-last-day"),
        pytest.param([0, 30], None, 0, None, id="without-a-day"),
    ],
)
def test_the_part_of_a_ramp_that_is_drawn(
    days: list[float], by: date | None, begins: int, ramp: tuple[tuple[float, str], tuple[float, str]] | None
) -> None:
    total, api = view_of(days, by, begins=begins).lines
    assert total.ramp == (ramp and tuple((day(0) + timedelta(days=at), Decimal(height)) for at, height in ramp))
    # A component without a target has no ramp.
    assert (api.ramp, api.target, api.required) == (None, None, "")


def test_a_ramp_that_asks_for_no_more_than_there_was_is_not_drawn() -> None:
    assert view_of([0, 30], date(2026, 1, 11), start=80).lines[0].ramp is None
    assert view_of([0, 30], date(2026, 1, 11), start=79).lines[0].ramp is not None


def test_without_a_ramp_the_target_is_a_line_alone() -> None:
    total, _ = view_of([0, 30], date(2026, 1, 21), ramp=False).lines
    assert (total.ramp, total.required, total.target, total.target_text) == (None, "", Decimal(80), "80 %")


def test_what_the_ramp_requires_today_is_said() -> None:
    """The eleventh of January is half of the way to the twenty-first."""
    total, _ = view_of([0, 30], date(2026, 1, 21)).lines
    assert total.required == "60 %"


@pytest.mark.parametrize(
    ("by", "shown"),
    [(date(2026, 1, 21), day(20)), (date(2026, 3, 22), None), (date(2025, 12, 1), None), (None, None)],
    ids=["within", "after", "before", "none"],
)
def test_the_targets_day_is_shown_where_the_axis_reaches_it(by: date | None, shown: datetime | None) -> None:
    assert view_of([0, 30], by).by == shown


@pytest.mark.parametrize(
    ("days", "by", "first", "last"),
    [
        pytest.param([0, 30], None, 0.5, 30.5, id="the-points"),
        pytest.param([3], None, 0.0, 7.0, id="a-week-at-least"),
        pytest.param([0, 6], None, 0.0, 7.0, id="a-day-short-of-a-week"),
        pytest.param([0, 7.5], None, 0.5, 8.0, id="more-than-a-week"),
        pytest.param([0, 30], date(2026, 2, 5), 0.5, 35.0, id="the-targets-day"),
        pytest.param([0, 30], date(2026, 12, 1), 0.5, 50.5, id="no-more-than-two-fifths-for-it"),
    ],
)
def test_where_the_axis_begins_and_ends(days: list[float], by: date | None, first: float, last: float) -> None:
    view = view_of(days, by)
    assert (view.first, view.last) == (day(0) + timedelta(days=first), day(0) + timedelta(days=last))


def test_the_first_of_the_points_that_are_drawn_says_what_it_changed() -> None:
    history = History(records=tuple(make_record(n, JANUARY + timedelta(days=n), 50) for n in range(EMBEDDED + 1)))
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    trend = Trend(history=history, target=None, components=(), bands=bands, today=date(2026, 1, 11))
    rows = build_trend_view(trend, repository_url=None, title="t").rows
    assert (len(rows), rows[0].delta) == (EMBEDDED, "0.00")


def test_a_day_at_the_very_beginning_of_the_axis_is_shown() -> None:
    view = view_of([3], date(2026, 1, 1))
    assert (view.first, view.by) == (day(0), day(0))


def test_a_target_without_a_ramp_does_not_lengthen_the_axis() -> None:
    assert view_of([0, 30], date(2026, 2, 5), ramp=False).last == day(0) + timedelta(days=30.5)


def test_the_axis_of_percents_holds_the_ramp() -> None:
    assert view_of([0, 30], date(2026, 2, 10), start=5).axis.low <= 5


def test_nothing_is_drawn_on_a_day_long_ago() -> None:
    view = view_of([], None)
    assert (view.first, view.last) == (datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC))
    assert (view.rows, view.month, view.falls, [line.latest for line in view.lines]) == ((), "", (), ["–", "–"])


def test_of_components_that_are_not_configured_those_of_the_newest_point_are_drawn() -> None:
    tally = Tally(lines=Counts(covered=1, total=2))
    parts = ({"gone": tally, "api": tally}, {"web": tally, "api": tally, "cli": tally})
    records = tuple(
        replace(make_record(number, JANUARY + timedelta(days=number), 50), components=part)
        for number, part in enumerate(parts)
    )
    bands, api = Bands(green=Decimal(80), orange=Decimal(60)), Component(name="api", paths=("api/**",))
    trend = Trend(
        history=History(records=records), target=None, components=(api,), bands=bands, today=date(2026, 1, 11)
    )
    lines = build_trend_view(trend, repository_url=None, title="t").lines
    assert [line.name for line in lines] == ["total", "api", "cli", "web"]
    half = Decimal(50)
    assert [line.values for line in lines[1:]] == [(half, half), (None, half), (None, half)]
