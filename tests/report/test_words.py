"""Numbers and names in words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.change.diff_coverage import compute_diff_coverage
from covgate.model.change import DiffCoverage
from covgate.model.figures import show_cut
from covgate.model.numbers import Counts, Tally
from covgate.report.bands import Band, Bands
from covgate.report.words import counts_text, plural, share_text, short_path, work_left
from tests.support.coverage_text import read_files

BANDS = Bands(green=Decimal(80), orange=Decimal(60))


def tally(covered: int, total: int, branches: int = 0) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total), branches=Counts(covered=0, total=branches))


@pytest.mark.parametrize(
    ("covered", "total", "text"),
    [
        (0, 0, "n/a"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (1, 2, "50 %"),
        (2, 3, "66.66 %"),
        (367, 400, "91.75 %"),
        (19_999, 20_000, "99.99 %"),
        (999_999, 1_000_000, "99.99 %"),
        (1, 1_000_000, "0.01 %"),
    ],
)
def test_a_percent(covered: int, total: int, text: str) -> None:
    assert show_cut(tally(covered, total).percent) == text


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


def test_no_figure_has_no_band() -> None:
    assert BANDS.of(None) is Band.NONE


@pytest.mark.parametrize(
    ("needed", "counted", "kind", "text"),
    [
        (3, tally(18, 25), "changed", "3 more of 25 changed lines"),
        (1, tally(0, 1), "changed", "the changed line"),
        (1, tally(0, 1), "", "the line"),
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
    ("text", "left"),
    [
        pytest.param("+ 12-14 missing\n15\n+ 20 missing\n+ 31 partial", "12-14, 20; partly 31", id="all-kinds"),
        pytest.param("+ 3 partial\n+ 1 partial", "partly 1, 3", id="partial-only"),
        pytest.param("+ 1 missing", "1", id="missing-only"),
        pytest.param("+ 1", "", id="nothing"),
        pytest.param(
            "\n".join(f"+ {2 * n} missing\n{2 * n + 1}" for n in range(1, 14)),
            "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26",
            id="thirteen",
        ),
        pytest.param(
            "\n".join(f"+ {2 * n} missing\n{2 * n + 1}" for n in range(1, 41)),
            "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 28 more",
            id="forty",
        ),
    ],
)
def test_what_is_left_of_a_file(text: str, left: str) -> None:
    diff = compute_diff_coverage(*read_files("m.py\n" + "\n".join(f"    {line}" for line in text.splitlines())))
    assert isinstance(diff, DiffCoverage)
    assert work_left(diff.files[0]) == left


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


@given(parts=st.lists(st.text("abc._", min_size=1, max_size=40), min_size=1, max_size=8))
def test_a_shown_path_fits_and_keeps_its_end(parts: list[str]) -> None:
    path = PurePosixPath(*parts)
    shown = short_path(path)
    assert len(shown) <= 60
    start, _, end = shown.rpartition("…/")
    assert str(path).startswith(start)
    assert str(path).endswith(end)
