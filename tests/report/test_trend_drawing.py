"""Where everything stands in trend.svg: worked out by hand for one small history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from covgate.config.goals import Component, Target
from covgate.model.history import Aim, History, Point, Start
from covgate.model.numbers import Counts, Tally
from covgate.report.bands import Bands
from covgate.report.trend.points import Trend
from covgate.report.trend.svg import Drawing, Drawn, Mark, draw
from covgate.report.trend.view import build_trend_view
from tests.support.trend_samples import make_record

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BY = date(2026, 2, 10)
LONG = "a-name-of-26-characters-at"


def test_a_chart() -> None:
    """Forty days on 600 pixels, from 58; twenty to a hundred percent on 270, up from 292."""
    days: tuple[tuple[int, int, dict[str, int]], ...] = (
        (0, 40, {LONG: 90, "api": 41}),
        (20, 50, {"api": 45}),
        (40, 60, {"api": 50}),
    )
    records = tuple(
        replace(
            make_record(number, BEGIN + timedelta(days=day), total),
            components={name: Tally(lines=Counts(covered=part, total=100)) for name, part in parts.items()},
        )
        for number, (day, total, parts) in enumerate(days)
    )
    goal = Decimal(80)
    start = Start(point=Point(date=BEGIN, total=Decimal(40)), aim=Aim(total=goal, by=BY))
    trend = Trend(
        history=History(records=records, start=start),
        target=Target(total=goal, by=BY, ramp=True),
        components=(
            Component(name="api", paths=("a",)),
            # It is not measured any more; the other one never was.
            Component(name=LONG, paths=("b",), target=Decimal(95)),
            Component(name="none", paths=("c",)),
        ),
        bands=Bands(green=goal, orange=Decimal(60)),
        today=date(2026, 2, 1),
    )
    nothing = Drawn(
        colour=3, dash="", path="", dots=(), end=None, label="", label_y="26", label_width="0", back_y="15",
        goal_y="", ramp="",
    )  # fmt: skip
    long = Drawn(
        colour=2, dash="", path="", dots=(("58", "55.8"),), end=("58", "55.8"), label="a-name-of-26-characters…",
        label_y="59.8", label_width="163.2", back_y="48.8", goal_y="38.9", ramp="M58 55.8L658 38.9",
    )  # fmt: skip
    api = Drawn(
        colour=1, dash="", path="M58 221.1L358 207.6L658 190.8",
        dots=(("58", "221.1"), ("358", "207.6"), ("658", "190.8")), end=("658", "190.8"), label="api 50 %",
        label_y="194.8", label_width="54.4", back_y="183.8", goal_y="", ramp="",
    )  # fmt: skip
    total = Drawn(
        colour=0, dash="", path="M58 224.5L358 190.8L658 157",
        dots=(("58", "224.5"), ("358", "190.8"), ("658", "157")), end=("658", "157"), label="total 60 %",
        label_y="161", label_width="68", back_y="150", goal_y="89.5", ramp="M58 224.5L658 89.5",
    )  # fmt: skip
    assert draw(build_trend_view(trend, repository_url=None, title="t")) == Drawing(
        right=658,
        labels="670",
        lines=(nothing, long, api, total),
        percents=tuple(
            Mark(at=at, text=f"{percent} %")
            for at, percent in (("292", 20), ("224.5", 40), ("157", 60), ("89.5", 80), ("22", 100))
        ),
        dates=(
            Mark(at="118", text="5 Jan 2026"),
            Mark(at="223", text="12 Jan"),
            Mark(at="328", text="19 Jan"),
            Mark(at="433", text="26 Jan"),
            Mark(at="538", text="2 Feb"),
            Mark(at="643", text="9 Feb"),
        ),
        goal=Mark(at="89.5", text="target 80 %"),
        by="658",
        description="From 2026-01-01 to 2026-02-10. At the end: total 60 %, api 50 %. To target 80 %: +3.5 a week, "
        "behind: needs +15.6 a week until 2026-02-10.",
    )


def test_a_chart_of_nothing() -> None:
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    trend = Trend(history=History(), target=None, components=(), bands=bands, today=date(2026, 2, 1))
    drawing = draw(build_trend_view(trend, repository_url=None, title="t"))
    assert (drawing.right, drawing.labels, drawing.dates, drawing.goal, drawing.by) == (822, "", (), None, "")
    assert drawing.description == "Nothing has been recorded yet."
    assert [mark.text for mark in drawing.percents] == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
    assert [line.path for line in drawing.lines] == [""]


def test_a_name_that_just_fits_is_whole() -> None:
    names = ("n" * 24, "m" * 25)
    parts = {name: Tally(lines=Counts(covered=1, total=2)) for name in names}
    record = replace(make_record(1, BEGIN, 50), components=parts)
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    trend = Trend(history=History(records=(record,)), target=None, components=(), bands=bands, today=date(2026, 2, 1))
    drawing = draw(build_trend_view(trend, repository_url=None, title="t"))
    assert {line.label for line in drawing.lines} == {"total 50 %", f"{'n' * 24} 50 %", f"{'m' * 23}… 50 %"}


def test_labels_of_lines_at_the_bottom_stay_in_the_chart() -> None:
    nothing = Tally(lines=Counts(covered=0, total=2))
    record = replace(make_record(1, BEGIN, 0), components=dict.fromkeys("abc", nothing))
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    trend = Trend(history=History(records=(record,)), target=None, components=(), bands=bands, today=date(2026, 2, 1))
    drawing = draw(build_trend_view(trend, repository_url=None, title="t"))
    # Four below the height of a line: the text stands on it.
    assert sorted(float(line.label_y) for line in drawing.lines) == [251, 266, 281, 296]
