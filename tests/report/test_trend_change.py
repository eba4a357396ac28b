"""How the total has changed: over a month, and where it fell most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from covgate.model.history import Point
from covgate.report.trend.change import FALLS, largest_falls, month_text

NEWEST = datetime(2026, 11, 20, 16, 4, tzinfo=UTC)


def points(*pairs: tuple[float, str]) -> list[Point]:
    """Points as (days before the newest, total)."""
    return [Point(date=NEWEST - timedelta(days=days), total=Decimal(total)) for days, total in pairs]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([(0, "80")], "", id="one-point"),
        pytest.param([(100, "70"), (30, "78"), (10, "79"), (0, "80.5")], "+2.50 in 30 days", id="on-the-day"),
        pytest.param([(100, "70"), (31, "78"), (29, "60"), (0, "77")], "-1.00 in 30 days", id="what-stood-then"),
        pytest.param([(200, "70"), (0, "70")], "0.00 in 30 days", id="long-ago-and-the-same"),
        pytest.param([(12, "79.7"), (3, "60"), (0, "80")], "+0.30 since 2026-11-08", id="a-short-history"),
    ],
)
def test_a_month_is_from_the_point_that_stood_then(pairs: list[tuple[float, str]], said: str) -> None:
    assert month_text(points(*pairs)) == said


def test_the_largest_falls_come_first_and_of_equal_ones_the_newest() -> None:
    totals = ["80", "79", "82", "78", "79", "78", "78.05", "78", "90"]
    assert largest_falls(points(*((10 - at, total) for at, total in enumerate(totals)))) == (3, 5, 1)


def test_what_any_commit_does_is_no_fall() -> None:
    assert largest_falls(points((3, "80"), (2, "79.95"), (1, "79.9"), (0, "81"))) == ()
    assert largest_falls(points((1, "80"), (0, "79.9"))) == (1,)


def test_at_most_a_few_are_named() -> None:
    totals = [str(80 - at % 2 * (at + 1)) for at in range(30)]
    found = largest_falls(points(*((30 - at, total) for at, total in enumerate(totals))))
    assert found == (29, 27, 25, 23, 21)
    assert len(found) == FALLS
