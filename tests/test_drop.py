"""How far a total fell: against a count from scratch, and what is never punished."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covgate.history.drop import Exempt, Part, compute_drop, find_exempt, find_removed
from covgate.history.states import LineState
from covgate.model import Coverage, Drop, Tally, Unavailable
from tests.changed_projects import FileChange, ProjectChange, assemble, project_changes
from tests.shifted import digests_of, read_coverage, read_shifts, record_of

UNKNOWN = Unavailable(reason="no line-level record is kept of it")


def drop_of(change: ProjectChange) -> Drop:
    """The drop of the whole project, which has something to measure on both sides."""
    part = Part(baseline=change.baseline, head=change.head.total)
    drop = compute_drop(part, find_removed(change.old, change.shifts, change.digests))
    assume(drop is not None)
    assert drop is not None
    return drop


def percent(tally: Tally) -> Fraction:
    return Fraction(100 * tally.counts.covered, tally.counts.total)


def read_drop(before: str, after: str, shifts: str, edited: str = "") -> Drop | None:
    old, was, head = record_of(before), read_coverage(before), read_coverage(after)
    removed = find_removed(old, read_shifts(shifts), digests_of(head, edited))
    return compute_drop(Part(baseline=was.total, head=head.total), removed)


@given(project_changes())
def test_the_drop_is_what_a_count_from_scratch_says(change: ProjectChange) -> None:
    drop = drop_of(change)
    assert drop.raw == percent(change.baseline) - percent(change.head.total)
    if change.kept.counts.total:
        assert drop.adjusted == percent(change.kept) - percent(change.head.total)
    else:
        assert drop.adjusted == 0
    assert drop.judged <= drop.raw


@given(project_changes())
def test_equal_digests_only_save_time(change: ProjectChange) -> None:
    assert drop_of(change) == drop_of(replace(change, digests={}))


@given(project_changes(stays=True, kinds="kept kept gone"))
def test_removing_lines_and_nothing_else_is_an_adjusted_drop_of_exactly_zero(change: ProjectChange) -> None:
    drop = drop_of(change)
    assert drop.adjusted == 0
    assert drop.judged <= 0


@given(project_changes(stays=True, kinds="kept kept gone"), st.integers(1, 5))
def test_a_real_loss_beside_removed_lines_is_a_drop_of_its_size(change: ProjectChange, lost: int) -> None:
    """Removed lines excuse themselves only: what else is lost shows against what is left."""
    kept = [("kept", LineState(executed=True), LineState(executed=False))] * lost
    more = FileChange(old_path=PurePosixPath("z.py"), path=PurePosixPath("z.py"), lines=tuple(kept))
    change = assemble((*change.files, more))
    drop = drop_of(change)
    assert drop.adjusted == Fraction(100 * lost, change.head.total.counts.total)


@given(project_changes(stays=True, kinds="kept"), st.integers(1, 5))
def test_editing_uncovered_lines_that_stay_uncovered_is_no_drop(change: ProjectChange, edited: int) -> None:
    missing = LineState(executed=False)
    pairs = [("gone", missing, None), ("new", None, missing)] * edited
    more = FileChange(old_path=PurePosixPath("z.py"), path=PurePosixPath("z.py"), lines=tuple(pairs))
    drop = drop_of(assemble((*change.files, more)))
    assert drop.raw == 0
    assert drop.judged <= 0


def test_deleting_a_well_covered_module_of_a_project_at_half_is_no_drop() -> None:
    before = "good.py\n 1-50\nbad.py\n 1-25\n 26-100 missing"
    drop = read_drop(before, "bad.py\n 1-25\n 26-100 missing", "good.py deleted")
    assert drop == Drop(raw=Fraction(25), adjusted=Fraction(0))


def test_shrinking_a_covered_function_is_no_drop() -> None:
    drop = read_drop("m.py\n 1-5\n 6-10 missing", "m.py\n 1\n 2-6 missing", "m.py -2-5", edited="m.py")
    assert drop is not None
    assert drop.raw > 0
    assert drop.adjusted == 0
    assert drop.judged == 0


def test_the_branches_of_a_removed_line_go_with_it() -> None:
    drop = read_drop("m.py\n 1 covered 2/2\n 2\n 3 missing", "m.py\n 1\n 2 missing", "m.py -1", edited="m.py")
    assert drop == Drop(raw=Fraction(80 - 50), adjusted=Fraction(0))


def test_a_file_that_is_measured_no_more_is_not_removed() -> None:
    drop = read_drop("good.py\n 1-9\nbad.py\n 1 missing", "bad.py\n 1 missing", "")
    assert drop == Drop(raw=Fraction(90), adjusted=Fraction(90))


def test_a_project_of_which_nothing_is_left_has_nothing_to_be_compared_with() -> None:
    drop = read_drop("a.py\n 1-9", "b.py\n 1-9 missing", "a.py deleted")
    assert drop == Drop(raw=Fraction(100), adjusted=Fraction(0))


@pytest.mark.parametrize(("before", "after"), [("", "m.py\n 1"), ("m.py\n 1", ""), ("m.py\n 1", "m.py\n 1 excluded")])
def test_without_anything_to_measure_there_is_no_drop(before: str, after: str) -> None:
    assert read_drop(before, after, "") is None


def test_without_lines_the_drop_is_the_raw_one() -> None:
    part = Part(baseline=read_coverage("m.py\n 1-2").total, head=read_coverage("m.py\n 1\n 2 missing").total)
    drop = compute_drop(part, UNKNOWN)
    assert drop == Drop(raw=Fraction(50), adjusted=UNKNOWN)
    assert drop.judged == 50


def test_lines_that_do_not_fit_the_totals_adjust_nothing() -> None:
    path = PurePosixPath("m.py")
    part = Part(baseline=read_coverage("m.py\n 1-2").total, head=read_coverage("m.py\n 1\n 2 missing").total)
    for drop in (
        compute_drop(part, {path: read_coverage("m.py\n 1-3").total}),
        compute_drop(part, {path: read_coverage("m.py\n 1 missing").total}),
        compute_drop(part, {}, Exempt(old={path: read_coverage("m.py\n 1 partial").total})),
    ):
        assert drop is not None
        assert isinstance(drop.adjusted, Unavailable)
        assert drop.judged == 50


def test_a_components_drop_is_of_its_files_on_each_side() -> None:
    """`moved.py` was in the component, `came.py` is now; `gone.py` of another one is deleted."""
    before = "core/moved.py\n 1-4\ncore/m.py\n 1-5\n 6 missing\ngone.py\n 1-50\nout.py\n 1 missing"
    after = "out/moved.py\n 1-4\ncore/m.py\n 1-3\n 4 missing\ncore/came.py\n 1 missing"
    shifts = read_shifts("core/moved.py > out/moved.py\ncore/m.py -4-5\ngone.py deleted\nout.py > core/came.py")
    old, was, head = record_of(before), read_coverage(before), read_coverage(after)
    old_paths = {path for path in was.files if path.parts[0] == "core"}
    paths = {path for path in head.files if path.parts[0] == "core"}
    part = Part(baseline=_total(was, old_paths), head=_total(head, paths), old_paths=old_paths, paths=paths)
    removed = find_removed(old, shifts, digests_of(head, "core/m.py"))
    assert compute_drop(part, removed) == Drop(raw=Fraction(90) - 60, adjusted=Fraction(700, 8) - 60)


def test_exempt_lines_are_left_out_of_both_sides() -> None:
    before, after = "a.py\n 1-2\n 3 partial 1/2\nb.py\n 1-4", "c.py\n 1\n 3\n 4 missing 0/2\nb.py\n 1-3\n 4 missing"
    shifts = read_shifts("a.py > c.py +2")
    old, head = record_of(before), read_coverage(after)
    exempt = find_exempt(old, head, shifts, {PurePosixPath("a.py"): frozenset({3})})
    part = Part(baseline=read_coverage(before).total, head=head.total)
    drop = compute_drop(part, find_removed(old, shifts, digests_of(head, "c.py")), exempt)
    assert drop == Drop(raw=Fraction(100, 6), adjusted=Fraction(100, 6))


def _total(coverage: Coverage, paths: set[PurePosixPath]) -> Tally:
    return sum((coverage.files[path].tally() for path in paths), Tally())
