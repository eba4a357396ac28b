"""The edges of the words for a trend: what is just rising, just in time, just two years away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from covgate.report.trend.words import is_trend, show_trend, towards
from tests.history.test_trend import BY, GOAL, TODAY, series


def test_the_edges_of_the_way_to_the_target() -> None:
    """GOAL is 85 %; `BY` is in six weeks; the values are a week apart."""
    ways: list[tuple[tuple[str, ...], date | None, str]] = [
        (("83.94", "83.95", "83.96"), None, "+0.01 a week, about 104 weeks"),
        (("83.93", "83.94", "83.95"), None, "+0.01 a week, more than 2 years"),
        (("83.942", "83.951", "83.96"), None, "1.1 to go, not rising at the moment"),
        (("83.942", "83.951", "83.96"), BY, "1.1 to go, not rising at the moment: needs +0.2 a week until 2027-01-01"),
        (("84.96", "84.97", "84.98"), None, "+0.01 a week, about 2 weeks"),
        (("84.97", "84.98", "84.99"), None, "+0.01 a week, about 1 week"),
        (("81", "81.5", "82"), BY, "+0.5 a week, on course for 2027-01-01"),
        (("80.94", "81.44", "81.94"), BY, "+0.5 a week, behind: needs +0.6 a week until 2027-01-01"),
        # What does not rise is not on course, however little is needed.
        (("84.98", "84.985", "84.99"), BY, "0.1 to go, not rising at the moment: needs +0.1 a week until 2027-01-01"),
        (("79", "80", "81"), TODAY - timedelta(days=1), f"+1 a week, was due on {TODAY - timedelta(days=1)}"),
    ]
    for values, by, words in ways:
        assert towards(series(*values), replace(GOAL, by=by), TODAY) == f"to target 85 %: {words}"


def test_the_shape_and_the_way_stand_together_in_a_footer() -> None:
    rising = series("79", "80", "81")
    shape, way = "last 3 records: 79 % ▄▅▆ 81 %", "to target 85 %: +1 a week, on course for 2027-01-01"
    target = replace(GOAL, by=BY)
    footers = [
        (show_trend(rising, target, TODAY), f"{shape} · {way}"),
        (show_trend(rising, None, TODAY), shape),
        (show_trend(series("80"), target, TODAY), "to target 85 %: 5 to go by 2027-01-01, +0.9 a week"),
        (show_trend((), target, TODAY), ""),
    ]
    for text, expected in footers:
        assert text == expected
    assert all(is_trend(text) for text, _ in footers)
    assert not any(is_trend(text) for text in (f"{way} · {shape}", f"{shape} {way}", f"{shape} · <b>", f"{way}."))
