"""What is drawn of a ramp: the part within the axis of time, at the heights it has there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from covgate.config.goals import Component, Target
from covgate.model.history import Aim, History, Point, Start
from covgate.report.bands import Bands
from covgate.report.trend.points import Trend
from covgate.report.trend.view import EMBEDDED, TrendView, build_trend_view
from tests.support.trend_samples import make_record

JANUARY = datetime(2026, 1, 1, 12, tzinfo=UTC)


def view_of(
    days: list[int], by: date | None, *, begins: int = 0, start: int = 40, goal: int = 80, ramp: bool = True
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
        pytest.param([0, 30], None, 0, None, id="without-a-day"),
    ],
)
def test_the_part_of_a_ramp_that_is_drawn(
    days: list[int], by: date | None, begins: int, ramp: tuple[tuple[float, str], tuple[float, str]] | None
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
        pytest.param([0, 30], date(2026, 2, 5), 0.5, 35.0, id="the-targets-day"),
        pytest.param([0, 30], date(2026, 12, 1), 0.5, 50.5, id="no-more-than-two-fifths-for-it"),
    ],
)
def test_where_the_axis_begins_and_ends(days: list[int], by: date | None, first: float, last: float) -> None:
    view = view_of(days, by)
    assert (view.first, view.last) == (day(0) + timedelta(days=first), day(0) + timedelta(days=last))


def test_the_first_of_the_points_that_are_drawn_says_what_it_changed() -> None:
    history = History(records=tuple(make_record(n, JANUARY + timedelta(days=n), 50) for n in range(EMBEDDED + 1)))
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    trend = Trend(history=history, target=None, components=(), bands=bands, today=date(2026, 1, 11))
    rows = build_trend_view(trend, repository_url=None, title="t").rows
    assert (len(rows), rows[0].delta) == (EMBEDDED, "0.00")
