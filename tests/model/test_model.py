"""Counts, tallies and spans: exact, whatever the target's number of places."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.commit import Sha, parse_sha
from covgate.model.coverage import Branch, Coverage, FileCoverage, OmittedFile, Span, spans_of
from covgate.model.numbers import Counts, Tally, cut, floor_percent
from tests.support.coverage_text import read_files

totals = st.integers(min_value=0, max_value=10**7)
counts = totals.flatmap(
    lambda total: st.builds(Counts, covered=st.integers(min_value=0, max_value=total), total=st.just(total))
)
targets = st.one_of(
    st.integers(min_value=0, max_value=100).map(Decimal),
    st.integers(min_value=0, max_value=10**34).map(lambda n: Decimal(n).scaleb(-32)),
    st.integers(min_value=0, max_value=10**4).map(lambda n: Decimal(n).scaleb(-2)),
)
tallies = st.builds(Tally, lines=counts, branches=counts)


def exact(decimal: Decimal) -> Fraction:
    return Fraction(*decimal.as_integer_ratio())


def reaches_by_fractions(count: Counts, target: Decimal) -> bool:
    return count.total == 0 or Fraction(100 * count.covered, count.total) >= exact(target)


@given(one=tallies, other=tallies, third=tallies)
def test_tallies_add_up_in_any_order(one: Tally, other: Tally, third: Tally) -> None:
    assert one + other == other + one
    assert (one + other) + third == one + (other + third)
    assert one + Tally() == one
    assert (one + other).counts == one.counts + other.counts


@given(count=counts)
def test_missing_is_what_is_not_covered(count: Counts) -> None:
    assert count.missing + count.covered == count.total
    assert count.missing >= 0


@given(count=counts, target=targets)
def test_reaching_a_target_is_decided_exactly(count: Counts, target: Decimal) -> None:
    assert count.reaches(target) is reaches_by_fractions(count, target)


@pytest.mark.parametrize(
    ("covered", "total", "target", "reached"),
    [
        pytest.param(896, 1000, "90", False, id="89.6-is-not-90"),
        pytest.param(19_999, 20_000, "100", False, id="99.995-is-not-100"),
        pytest.param(2, 3, "66." + "6" * 40, True, id="below-two-thirds-in-forty-places"),
        pytest.param(2, 3, "66." + "6" * 40 + "7", False, id="above-two-thirds-in-forty-places"),
        pytest.param(1, 1, "100", True, id="all"),
        pytest.param(0, 1, "0", True, id="nothing-of-nothing-asked"),
        pytest.param(0, 0, "100", True, id="empty"),
    ],
)
def test_reaching_at_the_edge(covered: int, total: int, target: str, *, reached: bool) -> None:
    assert Counts(covered=covered, total=total).reaches(Decimal(target)) is reached


@given(count=counts, target=targets)
def test_needed_is_the_smallest_number_that_reaches_the_target(count: Counts, target: Decimal) -> None:
    needed = count.needed(target)
    assert Counts(covered=count.covered + needed, total=count.total).reaches(target)
    assert needed <= count.missing
    if needed:
        assert not Counts(covered=count.covered + needed - 1, total=count.total).reaches(target)


@given(tally=tallies)
def test_percent_is_that_of_lines_and_branches_together(tally: Tally) -> None:
    total = tally.lines.total + tally.branches.total
    if not total:
        assert tally.percent is None
        return
    assert tally.percent is not None
    oracle = Fraction(100 * (tally.lines.covered + tally.branches.covered), total)
    assert math.isclose(tally.percent, oracle, abs_tol=1e-20)


@given(count=counts, places=st.integers(min_value=0, max_value=6))
def test_a_shown_percent_is_cut_and_is_100_or_0_only_when_it_is_exactly_that(count: Counts, places: int) -> None:
    percent = count.percent
    if percent is None:
        return
    shown = floor_percent(percent, places)
    step = Decimal(1).scaleb(-places)
    assert (shown == 100) is (count.missing == 0)
    assert (shown == 0) is (count.covered == 0)
    assert -step < percent - shown < step
    if shown > percent:
        assert shown == step, "only a little more than 0 is shown as more than it is"


def test_a_number_is_cut_after_two_decimals_unless_others_are_asked_for() -> None:
    assert [str(floor_percent(Decimal("66.66666"), *places)) for places in ((), (1,), (3,))] == [
        "66.66",
        "66.6",
        "66.666",
    ]
    assert [str(cut(Fraction(200, 3), *places)) for places in ((), (1,), (3,))] == ["66.66", "66.6", "66.666"]
    assert str(cut(Fraction(2, 3), 30)) == f"0.{'6' * 30}"


lines = st.frozensets(st.integers(min_value=1, max_value=60))


@given(lines=lines, bridge=lines)
def test_spans_hold_the_lines_and_only_bridges_between_them(lines: frozenset[int], bridge: frozenset[int]) -> None:
    spans = spans_of(lines, bridge=bridge)
    inside = {line for span in spans for line in range(span.start, span.end + 1)}
    assert lines <= inside <= lines | bridge
    assert {span.start for span in spans} | {span.end for span in spans} <= lines
    for before, after in itertools.pairwise(spans):
        assert set(range(before.end + 1, after.start)) - bridge, "two spans that could be one"


@pytest.mark.parametrize(
    ("lines", "bridge", "expected"),
    [
        pytest.param([], [], [], id="none"),
        pytest.param([3], [], [(3, 3)], id="one"),
        pytest.param([3, 1, 2, 2], [], [(1, 3)], id="unordered-and-twice"),
        pytest.param([1, 3], [], [(1, 1), (3, 3)], id="gap"),
        pytest.param([1, 4], [2, 3], [(1, 4)], id="bridged"),
        pytest.param([1, 4], [2], [(1, 1), (4, 4)], id="half-a-bridge"),
        pytest.param([2], [1, 3], [(2, 2)], id="bridges-do-not-stick-out"),
    ],
)
def test_spans(lines: list[int], bridge: list[int], expected: list[tuple[int, int]]) -> None:
    assert [(s.start, s.end) for s in spans_of(lines, bridge=frozenset(bridge))] == expected


@pytest.mark.parametrize(("start", "end"), [(0, 1), (2, 1), (-1, -1)])
def test_a_span_is_made_of_lines(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a span of lines"):
        Span(start=start, end=end)


def test_a_file_counts_the_branches_of_the_lines_asked_for() -> None:
    file = FileCoverage(
        path=PurePosixPath("m.py"),
        statements=frozenset({1, 2, 3, 5}),
        missing=frozenset({3}),
        branches={2: Branch(total=2, taken=1), 5: Branch(total=2, taken=2), 3: Branch(total=2, taken=0)},
    )
    assert file.tally() == Tally(lines=Counts(covered=3, total=4), branches=Counts(covered=3, total=6))
    two_and_four = file.tally(frozenset({2, 4}))
    assert two_and_four == Tally(lines=Counts(covered=1, total=1), branches=Counts(covered=1, total=2))
    assert file.partial == {2}, "a line that never ran is missing, not partial"


@pytest.mark.parametrize("text", ["a" * 40, "0" * 64])
def test_a_commit_id_is_whole(text: str) -> None:
    assert parse_sha(text) == Sha(text)


@pytest.mark.parametrize("text", ["", "a" * 39, "A" * 40, "g" * 40, "a" * 40 + "\n", "HEAD", "--output=x"])
def test_anything_else_is_no_commit_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a full commit id"):
        parse_sha(text)


def test_files_outside_the_checkout_are_told_apart() -> None:
    _, measurement = read_files("m.py\n 1 partial\n/usr/lib/b.py\n 1\n/usr/lib/a.py\n 1")
    whole = measurement.coverage
    assert isinstance(whole, Coverage)
    assert whole.outside == (PurePosixPath("/usr/lib/a.py"), PurePosixPath("/usr/lib/b.py"))
    assert list(whole.inside.files) == [PurePosixPath("m.py")]
    assert whole.inside.has_branches
    assert whole.inside.inside == whole.inside


def test_a_measurement_without_its_branches_counts_statements_alone() -> None:
    _, measurement = read_files("m.py\n 1 partial\n 2 missing")
    assert isinstance(measurement.coverage, Coverage)
    bare = measurement.coverage.without_branches()
    assert (bare.total, bare.has_branches) == (Tally(lines=Counts(covered=1, total=2)), False)


@pytest.mark.parametrize(
    ("rule", "where", "why"),
    [
        ("omit = a/*", "pyproject.toml line 2", "`omit = a/*`, pyproject.toml line 2"),
        ("omit = a/*", "", "`omit = a/*`"),
        ("", "outside the project", "outside the project"),
        ("", "", ""),
    ],
)
def test_why_a_file_is_left_out(rule: str, where: str, why: str) -> None:
    assert OmittedFile(path=PurePosixPath("a/m.py"), rule=rule, where=where).why == why
