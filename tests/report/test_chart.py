"""The chart's geometry: axes hold what they show, labels do not overlap, colours can be told from their background."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.report.trend.chart import PALETTE, choose_axis, spread, time_ticks

percents = st.decimals(min_value=0, max_value=100, places=2)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2990, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ((), (0, 20, 40, 60, 80, 100)),
        ((85,), (82, 83, 84, 85, 86, 87, 88)),
        ((100,), (97, 98, 99, 100)),
        ((0, 100), (0, 20, 40, 60, 80, 100)),
        ((43, 90), (40, 50, 60, 70, 80, 90, 100)),
        ((70, 80), (65, 70, 75, 80, 85)),
    ],
)
def test_an_axis(values: tuple[int, ...], labels: tuple[int, ...]) -> None:
    assert choose_axis(map(Decimal, values)).ticks == labels


@given(st.lists(percents, min_size=1, max_size=20))
def test_an_axis_holds_every_value_and_never_shows_less_than_it_should(values: list[Decimal]) -> None:
    axis = choose_axis(values)
    assert 0 <= axis.low <= min(values)
    assert max(values) <= axis.high <= 100
    assert axis.ticks[0] == axis.low
    assert axis.ticks[-1] == axis.high
    assert 2 <= len(axis.ticks) <= 7
    assert axis.high - axis.low >= Decimal("2.5")


@given(st.lists(st.floats(0, 300), max_size=15))
def test_labels_do_not_overlap_and_keep_their_order(wanted: list[float]) -> None:
    placed = spread(wanted, 15, 0, 300)
    assert len(placed) == len(wanted)
    for low, high in pairwise(sorted(placed)):
        assert high - low >= 15 - 1e-6
    for one, other in pairwise(sorted(range(len(wanted)), key=lambda n: wanted[n])):
        assert placed[one] < placed[other]
    assert all(-1e-6 <= y <= 300 + 1e-6 for y in placed)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([100, 20, 60], 15, 0, 300) == (100, 20, 60)


@pytest.mark.parametrize(
    ("first", "days", "labels"),
    [
        pytest.param("2026-11-16", 6, "16 Nov 2026, 17 Nov, 18 Nov, 19 Nov, 20 Nov, 21 Nov, 22 Nov", id="a-week"),
        pytest.param(
            "2026-11-16", 8,
            "16 Nov 2026, 17 Nov, 18 Nov, 19 Nov, 20 Nov, 21 Nov, 22 Nov, 23 Nov, 24 Nov", id="both-ends-of-eight-days",
        ),
        pytest.param(
            "2026-12-20", 40, "21 Dec 2026, 28 Dec, 4 Jan 2027, 11 Jan, 18 Jan, 25 Jan", id="weeks-over-the-new-year"
        ),
        pytest.param(
            "2026-10-15", 100, "26 Oct 2026, 9 Nov, 23 Nov, 7 Dec, 21 Dec, 4 Jan 2027, 18 Jan", id="fortnights"
        ),
        pytest.param("2026-10-15", 150, "Nov 2026, Dec, Jan 2027, Feb, Mar", id="months"),
        pytest.param("2026-10-15", 168, "Nov 2026, Dec, Jan 2027, Feb, Mar, Apr", id="months-to-the-first-day-of-one"),
        pytest.param("2025-01-15", 500, "Mar 2025, May, Jul, Sep, Nov, Jan 2026, Mar, May", id="every-second-month"),
        pytest.param("2025-01-15", 600, "Apr 2025, Jul, Oct, Jan 2026, Apr, Jul", id="quarters"),
        pytest.param("2024-06-01", 900, "Jul 2024, Jan 2025, Jul, Jan 2026, Jul", id="half-years"),
        pytest.param(
            "2024-07-01", 870, "Jul 2024, Jan 2025, Jul, Jan 2026, Jul", id="half-years-from-the-first-day-of-one"
        ),
        pytest.param("2018-06-01", 2000, "Jan 2019, Jan 2020, Jan 2021, Jan 2022, Jan 2023", id="years"),
        pytest.param(
            "2010-06-01", 5800,
            "Jan 2012, Jan 2014, Jan 2016, Jan 2018, Jan 2020, Jan 2022, Jan 2024, Jan 2026", id="every-second-year",
        ),
        pytest.param("1992-06-01", 9000, "Jan 1995, Jan 2000, Jan 2005, Jan 2010, Jan 2015", id="every-fifth-year"),
        pytest.param("1985-06-01", 18_000, "Jan 1990, Jan 2000, Jan 2010, Jan 2020, Jan 2030", id="decades"),
        pytest.param("1985-06-01", 90_000, "Jan 2000, Jan 2100, Jan 2200", id="centuries"),
    ],
)  # fmt: skip
def test_dates_at_the_axis(first: str, days: int, labels: str) -> None:
    begin = datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert ", ".join(label for _, label in time_ticks(begin, begin + timedelta(days=days), 8)) == labels


@given(moments, st.floats(1, 300_000), st.integers(2, 12))
def test_dates_are_few_sorted_and_within_the_axis(first: datetime, days: float, room: int) -> None:
    last = min(first + timedelta(days=min(days, 3000 * 30)), datetime(2999, 12, 31, tzinfo=UTC))
    ticks = [moment for moment, _ in time_ticks(first, last, room)]
    assert ticks == sorted(set(ticks))
    assert all(first <= tick <= last for tick in ticks)
    assert len(ticks) <= room + 1


def linear(colour: str) -> list[float]:
    """Red, green and blue of #rrggbb, as light."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    return [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("light", "dark"), PALETTE)
def test_a_line_and_its_label_stand_out(light: str, dark: str) -> None:
    for background in ("#ffffff", "#f6f8fa"):
        assert contrast(light, background) >= 4.5
    for background in ("#0d1117", "#151b23"):
        assert contrast(dark, background) >= 4.5


# Machado, Oliveira and Fernandes 2009: full protanopia, deuteranopia and tritanopia, on linear RGB.
SIGHTS = {
    "full sight": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def seen(colour: str, sight: str) -> tuple[float, float, float]:
    """The colour in CIELAB, as an eye of this sight takes it."""
    red, green, blue = (sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in SIGHTS[sight])
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (max(t, 0) ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_colour_blind_can_tell_the_lines_apart(theme: int, sight: str) -> None:
    colours = [seen(pair[theme], sight) for pair in PALETTE]
    for (one, first), (other, second) in combinations(enumerate(colours), 2):
        assert math.dist(first, second) >= (25 if max(one, other) < 4 else 15)
