"""How figures are printed: cut and never rounded up, and with as many decimals as it takes to look as they are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from covgate.model import figures
from covgate.model.coverage import Branch, Coverage, FileCoverage
from covgate.model.numbers import Counts, Tally


def tally(covered: int, total: int) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total))


@pytest.mark.parametrize(
    ("covered", "total", "target", "shown"),
    [
        (1, 2, "80", "50 %"),
        (2, 3, "80", "66.66 %"),
        (7999, 10000, "80", "79.99 %"),
        (79999, 100_000, "80", "79.99 %"),
        (1, 100_000, "0.01", "0.001 %"),
        (0, 5, "80", "0 %"),
    ],
)
def test_a_percent_below_a_target_looks_below_it(covered: int, total: int, target: str, shown: str) -> None:
    assert figures.show_below(tally(covered, total), Decimal(target)) == shown


@pytest.mark.parametrize(
    ("drop", "target", "shown"),
    [
        (Fraction(10), "1", "10 points"),
        (Fraction(5, 4), "1", "1.25 points"),
        (Fraction(1000_001, 1_000_000), "1", "1.000001 points"),
        (Fraction(1, 3), "0.33", "0.333 points"),
        (Fraction(1), "0.5", "1 point"),
        (Fraction(1) + Fraction(1, 10**90), "1", "a little more than 1 point"),
    ],
)
def test_a_drop_beyond_a_target_looks_beyond_it(drop: Fraction, target: str, shown: str) -> None:
    assert figures.show_above(drop, Decimal(target)) == shown


@pytest.mark.parametrize(
    ("points", "sign", "column", "program"),
    [
        (Fraction(0), "±0", "0.00", "0.00"),
        (Fraction(31, 100), "+0.31", "+0.31", "0.31"),
        (Fraction(-6, 5), "−1.2", "-1.20", "-1.20"),
        (Fraction(-1, 3), "−0.33", "-0.33", "-0.333333"),
        (Fraction(1, 3000), "+0.0003", "+0.01", "0.000333"),
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
