"""How far a total fell: what deleting code excuses, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covgate.history.comparison.drop import compute_drop, find_deleted
from covgate.history.line_states import LineState
from covgate.model.unknown import Unavailable
from covgate.model.verdict import Drop
from tests.support.changed_projects import FileChange, ProjectChange, assemble, project_changes
from tests.support.shifted import digests_of, read_coverage, read_shifts, record_of

UNKNOWN = Unavailable(reason="no line-level record is kept of it")


def drop_of(change: ProjectChange) -> Drop:
    """The drop of the whole project, which has something to measure on both sides."""
    deleted = find_deleted(change.old, change.head, change.shifts, change.digests)
    drop = compute_drop(change.baseline, change.head.total, deleted.values())
    assume(drop is not None)
    assert drop is not None
    return drop


def read_drop(before: str, after: str, shifts: str = "", edited: str = "", flapped: int = 0) -> Drop | None:
    old, was, head = record_of(before), read_coverage(before), read_coverage(after)
    deleted = find_deleted(old, head, read_shifts(shifts), digests_of(head, edited))
    return compute_drop(was.total, head.total, deleted.values(), flapped)


@given(project_changes())
def test_equal_digests_only_save_time(change: ProjectChange) -> None:
    assert drop_of(change) == drop_of(replace(change, digests={}))


@given(project_changes(stays=True, kinds="kept kept gone"))
def test_deleting_lines_and_nothing_else_is_no_drop(change: ProjectChange) -> None:
    assert drop_of(change).judged <= 0


@given(project_changes(stays=True, kinds="kept kept gone"), st.integers(1, 5))
def test_deleted_lines_make_no_loss_larger_than_it_is(change: ProjectChange, lost: int) -> None:
    kept = [("kept", LineState(executed=True), LineState(executed=False))] * lost
    more = FileChange(old_path=PurePosixPath("z.py"), path=PurePosixPath("z.py"), lines=tuple(kept))
    change = assemble((*change.files, more))
    assert drop_of(change).judged <= Fraction(100 * lost, change.head.total.counts.total)


@given(project_changes(stays=True, kinds="kept"), st.integers(1, 5))
def test_editing_uncovered_lines_that_stay_uncovered_is_no_drop(change: ProjectChange, edited: int) -> None:
    missing = LineState(executed=False)
    pairs = [("gone", missing, None), ("new", None, missing)] * edited
    more = FileChange(old_path=PurePosixPath("z.py"), path=PurePosixPath("z.py"), lines=tuple(pairs))
    assert drop_of(assemble((*change.files, more))).raw == 0


EIGHTY = "m.py\n 1-80\n 81-100 missing"


@pytest.mark.parametrize(
    ("before", "after", "shifts", "raw", "adjusted"),
    [
        pytest.param(
            "good.py\n 1-50\nbad.py\n 1-25\n 26-100 missing", "bad.py\n 1-25\n 26-100 missing", "good.py deleted",
            Fraction(25), Fraction(0), id="a-covered-module-is-deleted",
        ),
        pytest.param(
            "m.py\n 1-5\n 6-10 missing", "m.py\n 1\n 2-6 missing", "m.py -2-5",
            50 - Fraction(100, 6), Fraction(0), id="a-covered-function-shrinks",
        ),
        pytest.param(
            "m.py\n 1 covered 2/2\n 2\n 3 missing", "m.py\n 1\n 2 missing", "m.py -1",
            Fraction(80 - 50), Fraction(0), id="the-branches-of-a-deleted-line-go-with-it",
        ),
        pytest.param(
            EIGHTY, "m.py\n 1-70\n 71-90 missing", "m.py -70-79 -85 +75",
            80 - Fraction(7000, 90), Fraction(0), id="ten-covered-lines-deleted-and-an-uncovered-one-edited",
        ),
        pytest.param(
            EIGHTY, "m.py\n 1-70\n 71-90 missing", "m.py -71-81 +71",
            80 - Fraction(7000, 90), Fraction(0), id="the-same-in-one-hunk",
        ),
        pytest.param(
            EIGHTY, "m.py\n 1-70\n 71-90 missing", "m.py -91-100",
            80 - Fraction(7000, 90), 80 - Fraction(7000, 90), id="ten-uncovered-deleted-and-ten-lose-their-tests",
        ),
        pytest.param(
            EIGHTY, "m.py\n 1-70\n 71-100 missing", "m.py -71-80 +71-80",
            Fraction(10), Fraction(10), id="covered-code-is-edited-into-uncovered",
        ),
        pytest.param(
            EIGHTY, "n.py\n 1-70\n 71-100 missing", "m.py > n.py -71-80 +71-80",
            Fraction(10), Fraction(10), id="and-renamed",
        ),
        pytest.param(
            EIGHTY, "n.py\n 1-100 missing", "m.py deleted",
            Fraction(80), Fraction(80), id="a-file-is-written-anew-elsewhere",
        ),
        pytest.param(
            "m.py\n 1-80\n 81-100 missing", "m.py\n 1-60\n 61-90 missing", "m.py -61-80 +61-70",
            80 - Fraction(6000, 90), Fraction(7000, 90) - Fraction(6000, 90), id="twenty-become-ten-uncovered",
        ),
        pytest.param(
            EIGHTY, "m.py\n 1-70\n 71-80 excluded\n 81-100 missing", "m.py -71-80 +71-80",
            80 - Fraction(7000, 90), 80 - Fraction(7000, 90), id="excluding-covered-code-is-no-deleting",
        ),
        pytest.param(
            EIGHTY, "m.py\n 1-69\n 70 of 69\n 71-90 missing", "m.py -70-80 +70",
            80 - Fraction(6900, 89), Fraction(0), id="statements-count-not-lines",
        ),
        pytest.param(
            "good.py\n 1-9\nbad.py\n 1 missing", "bad.py\n 1 missing", "",
            Fraction(90), Fraction(90), id="a-file-that-is-measured-no-more-is-not-deleted",
        ),
        pytest.param(
            "a.py\n 1-9", "b.py\n 1-9 missing", "a.py deleted", Fraction(100), Fraction(100), id="all-is-other",
        ),
        pytest.param(
            "m.py\n 1-8\n 9-10 missing", "m.py\n 2-5\n 6-9 missing", "m.py -5-8 +6-7",
            80 - Fraction(400, 8), Fraction(600, 8) - Fraction(400, 8), id="no-more-than-it-shrank-by",
        ),
        pytest.param(
            "m.py\n 1\n 2 covered 3/3\n 3-10 missing", "m.py\n 1-8 missing\n 9 missing", "m.py -1-2 +9",
            Fraction(500, 13), Fraction(100, 9), id="those-with-most-exits-first",
        ),
        pytest.param(
            "m.py\n 1-2\na.py\n 1 missing", "m.py\n 1\n 2 text\n 3 missing", "m.py -2 +3\na.py deleted",
            Fraction(200, 3) - 50, Fraction(0), id="new-code-after-a-comment-at-the-end-replaces-nothing",
        ),
        pytest.param(
            "m.py\n 1-10\na.py\n 1 missing", "m.py\n 1 missing\n 2-10", "m.py -1 +1\na.py deleted",
            Fraction(1000, 11) - 90, Fraction(1000, 11) - 90, id="nor-is-an-edited-beginning",
        ),
        pytest.param(
            "m.py\n 1\n 2 text\n 3-10\na.py\n 1-2 missing", "m.py\n 1 missing\n 2-9", "m.py -1-2 +1\na.py deleted",
            Fraction(900, 11) - Fraction(800, 9), Fraction(900, 11) - Fraction(800, 9), id="nor-is-a-comment",
        ),
        pytest.param(
            "m.py\n 1-10\na.py\n 1-4 missing", "m.py\n 1-3 missing\n 4-11", "m.py -1-2 +1-3\na.py deleted",
            Fraction(1000, 14) - Fraction(800, 11), Fraction(1000, 14) - Fraction(800, 11), id="nor-what-grew",
        ),
        pytest.param(
            "m.py\n 1-9\n 10 excluded\na.py\n 1 missing", "m.py\n 1-8\n 9 excluded\na.py\n 1 missing", "m.py -9",
            90 - Fraction(800, 9), Fraction(0), id="an-excluded-line-at-the-end-replaces-nothing",
        ),
        pytest.param(
            "m.py\n 1-10\na.py\n 1-10 missing", "m.py\n 1-5\n 6-10 missing", "m.py -6-10 +6-10\na.py deleted",
            Fraction(0), Fraction(0), id="an-edited-end-is-not-deleted-while-another-file-is",
        ),
    ],
)  # fmt: skip
def test_what_is_taken_off_the_baseline(
    before: str, after: str, shifts: str, raw: Fraction, adjusted: Fraction
) -> None:
    edited = "" if before.startswith("good") and not shifts else "m.py n.py"
    assert read_drop(before, after, shifts, edited) == Drop(raw=raw, adjusted=adjusted)


@pytest.mark.parametrize(
    ("after", "flapped", "excused"),
    [
        pytest.param("m.py\n 1-996\n 997-1000 missing", 4, Fraction(4, 10), id="all-of-it"),
        pytest.param("m.py\n 1-996\n 997-1000 missing", 2, Fraction(2, 10), id="half-of-it"),
        pytest.param("m.py\n 1-990\n 991-1000 missing", 10, Fraction(1, 2), id="half-a-point"),
        pytest.param("m.py\n 1-999\n 1000 missing", 4, Fraction(1, 10), id="no-more-than-there-is"),
        pytest.param("m.py\n 1-1000", 4, Fraction(0), id="nothing-fell"),
    ],
)
def test_what_flapping_lines_excuse(after: str, flapped: int, excused: Fraction) -> None:
    drop = read_drop("m.py\n 1-1000", after, flapped=flapped)
    assert drop is not None
    assert drop.excused == excused
    assert drop.judged == drop.raw - excused


def test_flapping_lines_excuse_nothing_of_a_rise() -> None:
    drop = read_drop("m.py\n 1-9\n 10 missing", "m.py\n 1-10", flapped=4)
    assert drop == Drop(raw=Fraction(-10), adjusted=Fraction(-10))
    assert drop.excused == 0


@pytest.mark.parametrize(("before", "after"), [("", "m.py\n 1"), ("m.py\n 1", ""), ("m.py\n 1", "m.py\n 1 excluded")])
def test_without_anything_to_measure_there_is_no_drop(before: str, after: str) -> None:
    assert read_drop(before, after) is None


def test_without_lines_the_drop_is_the_raw_one() -> None:
    before, after = read_coverage("m.py\n 1-2").total, read_coverage("m.py\n 1\n 2 missing").total
    drop = compute_drop(before, after, UNKNOWN)
    assert drop == Drop(raw=Fraction(50), adjusted=UNKNOWN)
    assert drop.judged == 50
