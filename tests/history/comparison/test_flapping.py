"""Lines that flip by themselves: found in the records, shown, and never an excuse for a real loss."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.history.comparison.compare import compare
from covgate.history.comparison.flapping import FLAP_RECORDS, MOST_FLAPS, make_line_record, update_flaps
from covgate.history.comparison.indirect import find_indirect
from covgate.history.line_states import record_lines
from covgate.history.storage.line_record import decode_record, encode_record
from covgate.model.commit import Sha
from covgate.model.coverage import Coverage, FileCoverage
from covgate.model.history import Baseline, BaselineHow, Comparison, Flap, FlapShown, LineRecord, Record
from covgate.model.unknown import Unavailable
from tests.support.shifted import digests_of, read_coverage, read_shifts, record_of

M = PurePosixPath("m.py")
UNKNOWN = Unavailable(reason="the clone is too shallow")
NEXT = Sha("b" * 40)


def flap(line: int, stable: int = 0, flips: int = 2, *, lost: bool = False, path: PurePosixPath = M) -> Flap:
    return Flap(path=path, line=line, stable=stable, flips=flips, lost=lost)


def after(
    before: str, now: str, flaps: Iterable[Flap] = (), *, shifts: str | None = "", edited: str = "", sha: Sha = NEXT
) -> tuple[Flap, ...]:
    """Return the flaps of a record that is made after the one of `before`."""
    coverage = read_coverage(now)
    current = record_lines(sha, coverage, digests_of(coverage, edited))
    return update_flaps(record_of(before, tuple(flaps)), current, UNKNOWN if shifts is None else read_shifts(shifts))


HIT, MISSED = "m.py\n 1-3", "m.py\n 1\n 2 missing\n 3"


# --- when a run is recorded ----------------------------------------------------------------------------------------


def test_the_first_record_has_no_flaps() -> None:
    coverage = read_coverage(MISSED)
    assert make_line_record(None, NEXT, coverage, digests_of(coverage), UNKNOWN).flaps == ()


@pytest.mark.parametrize(
    ("before", "now", "flaps", "expected"),
    [
        pytest.param(HIT, HIT, [], [], id="nothing-happened"),
        pytest.param(HIT, MISSED, [], [flap(2, flips=1, lost=True)], id="once-is-a-line-to-watch"),
        pytest.param(MISSED, HIT, [flap(2, 3, 1, lost=True)], [flap(2, flips=2)], id="back-again-is-flapping"),
        pytest.param(HIT, MISSED, [flap(2, 9, 2)], [flap(2, flips=3, lost=True)], id="and-again"),
        pytest.param(HIT, HIT, [flap(2, 3, 2)], [flap(2, 4, 2)], id="stable-for-one-more"),
        pytest.param(HIT, HIT, [flap(2, FLAP_RECORDS - 1)], [], id="stable-for-ten"),
        pytest.param(
            "m.py\n 1 partial 1/3", "m.py\n 1 covered 3/3", [flap(1, 2, 1)], [flap(1, 0, 1)], id="the-same-way-twice"
        ),
        pytest.param(
            "m.py\n 1 covered 3/3", "m.py\n 1 partial 1/3", [flap(1, 2, 1)], [flap(1, flips=2, lost=True)], id="exits"
        ),
        pytest.param(
            "m.py\n 1 partial", "m.py\n 1 partial 1/3", [flap(1, 2)], [flap(1, 2)], id="of-another-interpreter"
        ),
        pytest.param(HIT, "m.py\n 1\n 2 excluded\n 3", [flap(2)], [], id="a-statement-no-more"),
        pytest.param(HIT, "other.py\n 1", [flap(2)], [], id="measured-no-more"),
    ],
)
@pytest.mark.parametrize("shifts", [None, ""], ids=["diff-unknown", "diff-known"])
def test_flaps_of_unedited_files(
    before: str, now: str, flaps: list[Flap], expected: list[Flap], shifts: str | None
) -> None:
    assert after(before, now, flaps, shifts=shifts) == tuple(expected)


@pytest.mark.parametrize(
    ("now", "shifts", "flaps", "expected"),
    [
        pytest.param("m.py\n 1-4", "m.py +1", [flap(2, 3)], [flap(3, 4)], id="moves-with-its-line"),
        pytest.param("m.py\n 1-2\n 3 missing\n 4", "m.py +1", [flap(2, 3)], [flap(3, 3)], id="the-edit-may-be-why"),
        pytest.param("m.py\n 1-3", "m.py -2 +2", [flap(2, 3)], [], id="an-edited-line"),
        pytest.param("m.py\n 1-4", "m.py +1", [flap(2, 9)], [], id="stable-for-ten"),
        pytest.param("m.py\n 1-2\n 3 text", "m.py +1", [flap(2, 3)], [], id="a-statement-no-more"),
        pytest.param("m.py\n 1-2 missing\n 3", "m.py -3 +3", [], [], id="no-flip"),
        pytest.param("m.py\n 1-4", None, [flap(2, 3)], [], id="diff-unknown"),
    ],
)
def test_flaps_of_edited_files(now: str, shifts: str | None, flaps: list[Flap], expected: list[Flap]) -> None:
    assert after(HIT, now, flaps, shifts=shifts, edited="m.py") == tuple(expected)


def test_a_flap_goes_with_a_renamed_file() -> None:
    there = PurePosixPath("n.py")
    flaps = after(HIT, "n.py\n 1-3 missing", [flap(2)], shifts="m.py > n.py")
    lost = [flap(line, flips=1, lost=True, path=there) for line in (1, 3)]
    assert flaps == (lost[0], flap(2, flips=3, lost=True, path=there), lost[1])


def test_a_commit_measured_again_is_one_more_record() -> None:
    same = record_of(HIT).sha
    once = after(HIT, MISSED, sha=same, shifts=None)
    assert once == (flap(2, flips=1, lost=True),)
    assert after(MISSED, HIT, once, sha=same) == (flap(2, flips=2),)


def test_a_file_of_unknown_content_has_no_flips() -> None:
    coverage = read_coverage(MISSED)
    old = record_lines(record_of(HIT).sha, read_coverage(HIT), {})
    assert update_flaps(old, record_lines(NEXT, coverage, {}), read_shifts("")) == ()


def test_a_record_keeps_the_most_telling_flaps() -> None:
    flaps = after(
        f"a.py\n 1-{MOST_FLAPS}\nm.py\n 1-3",
        f"a.py\n 1-{MOST_FLAPS} missing\nm.py\n 1-3",
        [flap(1, 3, 2), flap(2, 3, 1)],
    )
    assert len(flaps) == MOST_FLAPS
    assert flap(1, 4, 2) in flaps
    assert flap(2, 4, 1) not in flaps


# --- when a run is judged ------------------------------------------------------------------------------------------


def judge(
    before: str, now: str, flaps: Iterable[Flap], shifts: str = "", edited: str = ""
) -> list[tuple[str, int, int]]:
    """Return the flapping lines that differ, and by how many statements and exits."""
    head = read_coverage(now)
    _, shown = find_indirect(record_of(before, tuple(flaps)), head, read_shifts(shifts), digests_of(head, edited))
    return [(str(s.path), s.line, s.change) for s in shown]


@pytest.mark.parametrize(
    ("before", "now", "flaps", "shifts", "edited", "expected"),
    [
        pytest.param(HIT, MISSED, [flap(2, 5)], "", "", [("m.py", 2, -1)], id="lost"),
        pytest.param(MISSED, HIT, [flap(2)], "", "", [("m.py", 2, 1)], id="gained"),
        pytest.param(HIT, HIT, [flap(2)], "", "", [], id="as-it-was"),
        pytest.param(HIT, MISSED, [flap(1)], "", "", [], id="another-line"),
        pytest.param(HIT, MISSED, [flap(2, 5, 1)], "", "", [], id="watched-and-goes-back-in-this-run"),
        pytest.param(HIT, MISSED, [flap(2, 5, 1, lost=True)], "", "", [], id="watched-and-goes-on"),
        pytest.param(
            HIT, "m.py\n 1-2\n 3 missing\n 4", [flap(2)], "m.py +1", "m.py", [("m.py", 3, -1)], id="moved"
        ),
        pytest.param(
            HIT, "m.py\n 1-2\n 3 missing\n 4", [flap(2, 5, 1)], "m.py +1", "m.py", [], id="watched-in-an-edited-file"
        ),
        pytest.param(HIT, MISSED, [flap(2)], "m.py -2 +2", "m.py", [], id="in-the-change"),
        pytest.param(
            HIT, "m.py\n 1\n 2 missing\n 3 of 2\n 4", [flap(2)], "m.py +3", "m.py", [], id="a-line-of-it-in-the-change"
        ),
        pytest.param(
            HIT, "n.py\n 1\n 2-3 missing", [flap(2)], "m.py > n.py", "", [("n.py", 2, -1)], id="renamed"
        ),
        pytest.param(HIT, "", [flap(2)], "m.py deleted", "", [], id="deleted"),
        pytest.param(HIT, "n.py\n 1-3", [flap(2)], "", "", [], id="measured-no-more"),
        pytest.param(HIT, "m.py\n 1\n 2 excluded\n 3", [flap(2)], "", "", [], id="a-statement-no-more"),
        pytest.param(
            "m.py\n 1 covered 2/2\n 2-3", "m.py\n 1 missing 0/2\n 2 missing\n 3", [flap(2), flap(1)], "", "",
            [("m.py", 1, -3), ("m.py", 2, -1)], id="exits-count",
        ),
        pytest.param(
            "m.py\n 1 missing\n 2", "m.py\n 1\n 2 missing", [flap(1), flap(2)], "", "",
            [("m.py", 2, -1), ("m.py", 1, 1)], id="what-was-lost-stands-first",
        ),
    ],
)  # fmt: skip
def test_which_flaps_are_shown(
    before: str,
    now: str,
    flaps: list[Flap],
    shifts: str,
    edited: str,
    expected: list[tuple[str, int, int]],
) -> None:
    assert judge(before, now, flaps, shifts, edited) == expected


# --- a suite with a random line ------------------------------------------------------------------------------------

RANDOM = (PurePosixPath("cache.py"), 7)
"""What a test covers in some orders only."""


def measure(*, hit: bool, lost: int = 0) -> Coverage:
    """250 statements of which 220 are covered; `lost` more are not, and line 7 of cache.py is by chance."""
    cache = FileCoverage(
        path=RANDOM[0], statements=frozenset(range(1, 51)), missing=frozenset() if hit else frozenset({RANDOM[1]})
    )
    core = FileCoverage(
        path=PurePosixPath("core.py"),
        statements=frozenset(range(1, 201)),
        missing=frozenset(range(171 - lost, 201)),
    )
    return Coverage(files={file.path: file for file in (cache, core)}, has_branches=True)


def record_main(hits: Iterable[bool]) -> LineRecord | None:
    """Record one commit after the other, as each is read again from where it is kept; each edits core.py."""
    record = None
    for number, hit in enumerate(hits):
        coverage = measure(hit=hit)
        digests = digests_of(coverage) | {PurePosixPath("core.py"): f"{number + 1:040x}"}
        made = make_line_record(record, Sha(f"{number:040x}"), coverage, digests, read_shifts("core.py"))
        record = decode_record(encode_record(made))
    return record


def fall(old: LineRecord, was: Coverage, head: Coverage) -> tuple[Fraction, list[FlapShown]]:
    """Return what max-drop judges of a pull request that edits core.py, and the flapping lines."""
    baseline = Baseline(record=_record(old.sha, was), how=BaselineHow.EXACT, behind=0)
    digests = digests_of(head, "core.py")
    found = compare(baseline, old, head, read_shifts("core.py"), digests=digests, components={})
    assert isinstance(found, Comparison)
    return found.drop.judged, list(found.flaps)


def _record(sha: Sha, coverage: Coverage) -> Record:
    made = datetime(2026, 11, 1, tzinfo=UTC)
    return Record(sha=sha, parent=None, date=made, total=coverage.total, has_branches=True)


def _goes_back_and_forth(hits: list[bool]) -> bool:
    return sum(one != other for one, other in pairwise(hits[-10:])) > 1


@pytest.mark.slow
@given(st.lists(st.booleans(), min_size=12, max_size=12).filter(_goes_back_and_forth))
def test_a_random_line_stays_green_and_a_real_loss_of_its_size_is_red(hits: list[bool]) -> None:
    """Twelve commits on main, then a pull request: whichever way the line goes, the verdict is of the real loss."""
    old = record_main(hits)
    assert old is not None
    (found,) = old.flaps
    assert (found.path, found.line) == RANDOM
    assert found.flapping
    for hit in (True, False):
        gained = hit - hits[-1]
        shown = [FlapShown(path=RANDOM[0], line=RANDOM[1], change=gained, flips=found.flips)] if gained else []
        was = measure(hit=hits[-1])
        judged, flaps = fall(old, was, measure(hit=hit))
        assert (max(judged, Fraction(0)), flaps) == (Fraction(0), shown)
        judged, flaps = fall(old, was, measure(hit=hit, lost=1 + (gained > 0)))
        assert judged > 0
        assert flaps == shown


def test_a_line_that_stood_still_for_ten_records_is_judged_again() -> None:
    nine = record_main([True, False, True, *[True] * 9])
    assert nine is not None
    assert [flap.flapping for flap in nine.flaps] == [True]
    old = record_main([True, False, True, *[True] * 10])
    assert old is not None
    assert old.flaps == ()
    judged, flaps = fall(old, measure(hit=True), measure(hit=False))
    assert judged == Fraction(100, 250)
    assert flaps == []


def test_lines_that_new_tests_covered_once_may_not_be_lost_again_in_silence() -> None:
    """Tests alone were added and cover 50 lines elsewhere; a pull request that loses them is red."""
    before, now = "m.py\n 1-50 missing\n 51-100", "m.py\n 1-100"
    watched = after(before, now)
    assert len(watched) == 50
    assert not [line for line in watched if line.flapping]
    assert judge(now, before, watched) == []
