"""How figures are printed: rounded, with as many decimals as it takes to tell the truth beside what is required."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model import figures
from covgate.model.coverage import Branch, Coverage, FileCoverage
from covgate.model.numbers import Counts, Tally


def tally(covered: int, total: int) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total))


@pytest.mark.parametrize(
    ("covered", "total", "target", "shown"),
    [
        (1, 2, "80", "50 %"),
        (2, 3, "80", "66.7 %"),
        (7996, 10_000, "80", "79.96 %"),
        (79_999, 100_000, "80", "79.999 %"),
        (8004, 10_000, "80", "80 %"),
        (8004, 10_000, "80.02", "80.04 %"),
        (1, 100_000, "0.01", "0.001 %"),
        (0, 5, "80", "0 %"),
        (5, 5, "100", "100 %"),
        (19_999, 20_000, "100", "99.995 %"),
    ],
)
def test_a_percent_is_on_the_side_of_its_target(covered: int, total: int, target: str, shown: str) -> None:
    assert figures.show_rounded(tally(covered, total), Decimal(target)) == shown


@pytest.mark.parametrize(
    ("covered", "total", "text"),
    [
        (0, 0, "n/a"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (1, 2, "50 %"),
        (2, 3, "66.7 %"),
        (1, 3, "33.3 %"),
        (367, 400, "91.8 %"),
        (999_999, 1_000_000, "99.9999 %"),
        (1, 1_000_000, "0.0001 %"),
    ],
)
def test_a_percent_without_a_target(covered: int, total: int, text: str) -> None:
    assert figures.show_rounded(tally(covered, total)) == text


def test_an_absent_percent_has_a_word() -> None:
    assert figures.show_rounded(None, absent="–") == "–"


@given(total=st.integers(1, 10**12), data=st.data(), target=st.decimals(0, 100, places=3))
def test_a_rounded_percent_tells_the_truth(total: int, data: st.DataObject, target: Decimal) -> None:
    covered = data.draw(st.integers(0, total))
    exact = Fraction(100 * covered, total)
    shown = Fraction(figures.show_rounded(tally(covered, total), target).removesuffix(" %"))
    assert (shown < Fraction(target)) == (exact < Fraction(target))
    assert (shown == 100, shown == 0) == (exact == 100, exact == 0)
    assert abs(shown - exact) <= Fraction(1, 20)


@given(drop=st.fractions(0, 100), target=st.decimals(0, 100, places=2))
def test_a_rounded_drop_tells_the_truth(drop: Fraction, target: Decimal) -> None:
    shown = Fraction(figures.show_drop(drop, target))
    assert (shown > Fraction(target)) == (drop > Fraction(target))
    assert (shown == 0) == (drop == 0)
    assert abs(shown - drop) <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("drop", "target", "shown"),
    [
        (Fraction(10), "1", "10 points"),
        (Fraction(5, 4), "1", "1.25 points"),
        (Fraction(1000_001, 1_000_000), "1", "1.000001 points"),
        (Fraction(1, 3), "0.33", "0.333 points"),
        (Fraction(1), "0.5", "1 point"),
        (Fraction(1, 200), "0.5", "0.01 points"),
    ],
)
def test_a_drop_beyond_a_target_looks_beyond_it(drop: Fraction, target: str, shown: str) -> None:
    assert figures.show_points(drop, Decimal(target)) == shown


@pytest.mark.parametrize(
    ("points", "sign", "column", "program"),
    [
        (Fraction(0), "±0", "0.00", "0.00"),
        (Fraction(31, 100), "+0.31", "+0.31", "0.31"),
        (Fraction(-6, 5), "−1.2", "-1.20", "-1.20"),
        (Fraction(-1, 3), "−0.33", "-0.33", "-0.333333"),
        (Fraction(1, 3000), "+0.0003", "+0.01", "0.000333"),
        (Fraction(7, 1000), "+0.01", "+0.01", "0.007"),
        (Fraction(-1, 10**7), "−0.0000001", "-0.01", "0.00"),
        (Fraction(100), "+100", "+100.00", "100.00"),
    ],
)  # fmt: skip
def test_a_difference_has_its_sign(points: Fraction, sign: str, column: str, program: str) -> None:
    assert figures.show_change(points) == sign
    assert figures.show_signed(points) == column
    assert figures.points_json(points) == program


@pytest.mark.parametrize(
    ("figure", "program"),
    [
        (None, None),
        (Tally(), None),
        (tally(0, 3), "0.000"),
        (tally(1, 2), "50.000"),
        (tally(1, 3), "33.333333"),
        (tally(1, 10**9), "0.000001"),
        (tally(3, 3), "100.000"),
    ],
)
def test_a_percent_for_programs(figure: Tally | None, program: str | None) -> None:
    assert figures.percent_json(figure) == program


def test_a_number_is_printed_with_the_decimals_it_has() -> None:
    for number, shown in (
        ("80", "80"),
        ("80.0", "80"),
        ("8E+1", "80"),
        ("99.50", "99.5"),
        ("0.00", "0"),
        ("1E-7", "0.0000001"),
    ):
        assert figures.show_number(Decimal(number)) == shown
        assert figures.show_percent(Decimal(number)) == f"{shown} %"


def test_one_point_is_one() -> None:
    points = [figures.show_points(Decimal(points)) for points in ("0", "0.5", "1", "1.00", "1.5", "11")]
    assert points == ["0 points", "0.5 points", "1 point", "1 point", "1.5 points", "11 points"]


def test_halves_are_rounded_up_and_each_target_is_told_from() -> None:
    assert [figures.show_drop(Fraction(n, 1000)) for n in (4, 5, 14, 15, 1234, 1235)] == [
        *("0.004", "0.01", "0.01", "0.02", "1.23", "1.24"),
    ]
    assert figures.show_rounded(Decimal("84.25")) == "84.3 %"
    assert figures.show_rounded(Decimal("84.249")) == "84.2 %"
    # Above the one, below the other.
    targets = Decimal("84.21"), Decimal("84.25")
    assert figures.show_rounded(Decimal("84.249"), *targets) == "84.249 %"
    assert figures.show_drop(Fraction("0.1249"), Decimal("0.12"), Decimal("0.125")) == "0.125"


def test_a_target_of_thirty_decimals_is_told_from() -> None:
    """Two thirds are less than 66.6...7, by an amount that shows in the thirtieth decimal."""
    assert figures.show_rounded(tally(2, 3), Decimal(f"66.{'6' * 29}7")) == f"66.{'6' * 30}7 %"
    assert figures.show_drop(Fraction(2, 3), Decimal(f"0.{'6' * 29}7")) == f"0.{'6' * 29}7"


def test_a_percent_of_more_than_six_places_is_cut_for_programs() -> None:
    assert figures.percent_json(tally(1999_9999, 2000_0000)) == "99.999995"
    assert figures.percent_json(tally(19_999_999_999, 20_000_000_000)) == "99.999999"
    assert figures.points_json(Fraction(-1_999_999_999, 1_000_000_000)) == "-1.999999"
    assert figures.points_json(Fraction(9, 8)) == "1.125"


def test_without_branches_nothing_is_left_of_them() -> None:
    path = PurePosixPath("m.py")
    file = FileCoverage(
        path=path,
        statements=frozenset({1, 2}),
        missing=frozenset({2}),
        branches={1: Branch(total=2, taken=1)},
    )
    left = Coverage(files={path: file}, has_branches=True).without_branches()
    assert (left.has_branches, left.total) == (False, tally(1, 2))
    assert left.files[path].missing == frozenset({2})
