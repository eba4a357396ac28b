"""Comparisons at their edges: the last line, a file edited into the same states, how much is kept."""

from __future__ import annotations

from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from covgate.history.comparison.drop import compute_drop, find_deleted
from covgate.history.comparison.flapping import update_flaps
from covgate.history.comparison.indirect import find_indirect
from covgate.history.comparison.moved_lines import is_unedited
from covgate.history.line_states import EXECUTED, LineState, character_of, record_lines, tally_of, without_branches
from covgate.model.commit import Sha
from covgate.model.coverage import Span
from covgate.model.history import Flap, IndirectFile
from covgate.model.numbers import Counts, Tally
from covgate.model.verdict import Drop
from tests.support.shifted import digests_of, read_coverage, read_shifts, record_of

M = PurePosixPath("m.py")
NEXT = Sha("b" * 40)


@pytest.mark.parametrize(
    ("before", "after", "shifts", "expected"),
    [
        pytest.param(
            "m.py\n 1 missing\n 2-3\n 4 excluded", "m.py\n 1 missing\n 2", "m.py -2-3", 2 * EXECUTED,
            id="the-last-line-was-excluded-and-is-a-statement",
        ),
        pytest.param(
            "m.py\n 1 missing\n 2-3\n 4 text", "m.py\n 1-2 missing", "m.py -2-3 +2", EXECUTED,
            id="a-statement-in-the-place-of-two",
        ),
        pytest.param(
            # Of the two that went one was edited: the one with the most exits is taken for deleted.
            "m.py\n 1\n 2 partial 1/2\n 3 covered 2/2\n 4", "m.py\n 1\n 2 missing\n 3", "m.py -2-3 +2",
            character_of(LineState(executed=True, exits=2, taken=2)), id="most-exits-first",
        ),
        pytest.param(
            "m.py\n 1\n 2 covered 2/2\n 3 partial 1/3\n 4", "m.py\n 1\n 2 missing\n 3", "m.py -2-3 +2",
            character_of(LineState(executed=True, exits=3, taken=1)), id="exits-before-those-that-were-taken",
        ),
        pytest.param("m.py\n 1-2", "m.py\n 1-9 missing", "m.py -1-2 +1-9", "", id="more-than-there-were"),
    ],
)  # fmt: skip
def test_what_counts_as_deleted(before: str, after: str, shifts: str, expected: str) -> None:
    head = read_coverage(after)
    assert find_deleted(record_of(before), head, read_shifts(shifts), digests_of(head, "m.py")) == {M: expected}


def test_without_branches_each_line_keeps_whether_it_ran() -> None:
    old = record_of("m.py\n 1 partial 1/2\n 3 missing 0/3\n 4\n 6 covered 2/2\n 7 missing", (Flap(path=M, line=1),))
    bare = without_branches(old)
    assert bare.files[M].states == record_of("m.py\n 1\n 3 missing\n 4\n 6\n 7 missing").files[M].states
    assert (bare.files[M].digest, bare.flaps, bare.sha) == (old.files[M].digest, old.flaps, old.sha)


def test_states_are_counted_with_their_exits() -> None:
    text = "m.py\n 1 partial 1/2\n 2 partial 1/2\n 3 covered 3/3\n 5 missing 0/4\n 6-8\n 9 missing"
    found = tally_of(record_of(text).files[M].states)
    assert found == Tally(lines=Counts(covered=6, total=8), branches=Counts(covered=5, total=11))


def test_a_blob_of_zeros_is_none() -> None:
    """Git writes zeros for a file whose content it does not know."""
    coverage = read_coverage("m.py\n 1\nn.py\n 1")
    blobs = {M: "0" * 40, PurePosixPath("n.py"): f"0000{'12ab' * 9}"}
    files = record_lines(NEXT, coverage, blobs).files
    assert [file.digest for file in files.values()] == ["", "000012ab12ab"]


def test_without_flapping_lines_nothing_is_excused() -> None:
    before, after = read_coverage("m.py\n 1-2").total, read_coverage("m.py\n 1\n 2 missing").total
    assert compute_drop(before, after, []) == Drop(raw=Fraction(50), adjusted=Fraction(50), excused=Fraction(0))


def test_states_that_are_the_same_after_an_edit_are_of_other_lines() -> None:
    """A line on top is new, the last one is gone: each of the others has the state of the one before it."""
    before = "m.py\n 1-2\n 3 missing\n 4"
    head = read_coverage(before)
    files, _ = find_indirect(record_of(before), head, read_shifts("m.py +1 -4"), digests_of(head, "m.py"))
    assert files == (IndirectFile(path=M, lost=(Span(start=3, end=3),), gained=(Span(start=4, end=4),)),)


@pytest.mark.parametrize(("stable", "kept"), [(7, 8), (8, 9), (9, None)])
def test_a_line_is_watched_for_ten_records(stable: int, kept: int | None) -> None:
    coverage = read_coverage("m.py\n 1-3")
    old = record_of("m.py\n 1-3", (Flap(path=M, line=2, stable=stable, flips=2),))
    flaps = update_flaps(old, record_lines(NEXT, coverage, digests_of(coverage)), read_shifts(""))
    assert [flap.stable for flap in flaps] == ([] if kept is None else [kept])


def test_two_thousand_lines_are_watched() -> None:
    coverage = read_coverage("m.py\n 1-2100 missing")
    flaps = update_flaps(
        record_of("m.py\n 1-2100"), record_lines(NEXT, coverage, digests_of(coverage)), read_shifts("")
    )
    assert [flap.line for flap in flaps] == list(range(1, 2001))


@pytest.mark.parametrize(
    ("digest", "now", "unedited"),
    [
        pytest.param("0123456789ab", "0123456789ab" + 28 * "c", True, id="as-it-was"),
        pytest.param("0123456789ab", 28 * "c" + "0123456789ab", False, id="another"),
        pytest.param("", 40 * "c", False, id="not-known-then"),
        pytest.param("", None, False, id="not-known-at-all"),
        pytest.param("0123456789ab", None, False, id="not-known-now"),
    ],
)
def test_a_file_is_unedited_when_its_blob_is_known_to_be_the_same(
    digest: str, now: str | None, *, unedited: bool
) -> None:
    assert is_unedited(digest, M, {} if now is None else {M: now}) is unedited
