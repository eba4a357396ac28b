"""Numbers and names in words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.coverage import Span
from covgate.model.numbers import Counts, Tally
from covgate.report.bands import Band, Bands
from covgate.report.words import counts_text, plural, share_text, short_path, span_text

BANDS = Bands(green=Decimal(80), orange=Decimal(60))


def tally(covered: int, total: int, branches: int = 0) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total), branches=Counts(covered=0, total=branches))


@pytest.mark.parametrize(
    ("covered", "total", "band"),
    [
        (0, 0, Band.NONE),
        (80, 100, Band.GREEN),
        (79_999, 100_000, Band.ORANGE),
        (60, 100, Band.ORANGE),
        (59_999, 100_000, Band.RED),
        (0, 1, Band.RED),
    ],
)
def test_a_band_begins_exactly_at_its_percent(covered: int, total: int, band: Band) -> None:
    assert BANDS.of(tally(covered, total)) is band


def test_a_percent_has_the_band_of_what_it_is_before_it_is_rounded() -> None:
    percents = [Decimal(text) for text in ("100", "80", "79.99", "60", "59.99", "0")]
    assert [BANDS.of(percent).dot for percent in percents] == ["🟢", "🟢", "🟠", "🟠", "🔴", "🔴"]


def test_no_figure_has_no_band() -> None:
    assert BANDS.of(None) is Band.NONE


@pytest.mark.parametrize(
    ("needed", "counted", "kind", "text"),
    [
        (3, tally(18, 25), "changed", "3 more of 25 changed lines"),
        (1, tally(0, 1), "changed", "the one changed line"),
        (1, tally(0, 1), "", "the one line"),
        (2, tally(0, 2), "changed", "all 2 changed lines"),
        (1, tally(0, 2), "", "1 more of 2 lines"),
        (3, tally(0, 1, 2), "", "all 3 lines and branches"),
        (1204, tally(0, 24_100), "", "1,204 more of 24,100 lines"),
    ],
)
def test_a_share(needed: int, counted: Tally, kind: str, text: str) -> None:
    assert share_text(needed, counted, kind) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 branches"), (1, "1 branch"), (2, "2 branches"), (1000, "1,000 branches")]
)
def test_a_count_with_its_noun(count: int, text: str) -> None:
    assert plural(count, "branch", "branches") == text


def test_counts() -> None:
    assert counts_text(Counts(covered=1, total=1000)) == "1 / 1,000"
    assert counts_text(Counts()) == "–"


@pytest.mark.parametrize(
    ("path", "width", "shown"),
    [
        ("src/a.py", 20, "src/a.py"),
        ("src/very/long/folder/module.py", 20, "src/very/…/module.py"),
        ("a_very_long_module_name.py", 10, "…/_name.py"),
    ],
)
def test_a_long_path_is_cut_in_the_middle(path: str, width: int, shown: str) -> None:
    assert short_path(PurePosixPath(path), width) == shown


def test_a_path_is_cut_only_where_it_is_longer_than_there_is_room_and_its_name_last() -> None:
    path = PurePosixPath("src/app/module.py")
    assert {width: short_path(path, width) for width in (17, 16, 12, 11, 10)} == {
        17: "src/app/module.py",
        16: "src/a…/module.py",
        12: "s…/module.py",
        11: "…/module.py",
        10: "…/odule.py",
    }
    assert len(short_path(PurePosixPath("a" * 61))) == 60
    assert short_path(PurePosixPath("a" * 60)) == "a" * 60


def test_a_range_of_one_line_is_its_number() -> None:
    assert [span_text(Span(start=start, end=end)) for start, end in ((12, 12), (12, 13))] == ["12", "12-13"]


@given(parts=st.lists(st.text("abc._", min_size=1, max_size=40), min_size=1, max_size=8))
def test_a_shown_path_fits_and_keeps_its_end(parts: list[str]) -> None:
    path = PurePosixPath(*parts)
    shown = short_path(path)
    assert len(shown) <= 60
    start, _, end = shown.rpartition("…/")
    assert str(path).startswith(start)
    assert str(path).endswith(end)
