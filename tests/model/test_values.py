"""What the values of the model say of themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from covgate.model import (
    ChangedLines,
    DiffCoverage,
    DiffFile,
    Drop,
    FileShift,
    Flap,
    FlapShown,
    GateChange,
    GateChangeKind,
    GateChanges,
    History,
    Move,
    Point,
    Record,
    Secret,
    Shifts,
    Unavailable,
    UnknownKind,
    broken_file,
    known,
    parse_sha,
)
from covgate.model.numbers import Counts, Tally
from covgate.model.test_results import TestResults

DAY = datetime(2026, 1, 1, tzinfo=UTC)
M = PurePosixPath("m.py")
WHOLE = Tally(lines=Counts(covered=1, total=2), branches=Counts(covered=3, total=4))
RECORD = Record(
    sha=parse_sha("a" * 64), parent=None, date=DAY, total=WHOLE, has_branches=True, components={"api": WHOLE}, tests=7
)


@pytest.mark.parametrize("length", [1, 39, 41, 63, 65])
def test_a_commit_id_has_forty_or_sixty_four_digits(length: int) -> None:
    with pytest.raises(ValueError, match=f"not a full commit id: '{'a' * length}'"):
        parse_sha("a" * length)


def test_a_record_without_branches_keeps_its_lines_and_all_else() -> None:
    bare = RECORD.without_branches()
    lines = Tally(lines=WHOLE.lines)
    assert (bare.total, bare.has_branches, bare.components) == (lines, False, {"api": lines})
    assert (bare.sha, bare.date, bare.tests) == (RECORD.sha, RECORD.date, 7)


def test_a_history_is_empty_without_a_record_and_an_imported_point() -> None:
    assert History().empty
    assert not History(records=(RECORD,)).empty
    assert not History(imported=(Point(date=DAY, total=Decimal(1)),)).empty


def test_a_line_flaps_when_it_went_back() -> None:
    assert [Flap(path=M, line=1, flips=flips).flapping for flips in (1, 2, 3)] == [False, True, True]
    assert [FlapShown(path=M, line=1, change=change).lost for change in (-1, 0, 1)] == [True, False, False]


def test_a_drop_is_judged_by_the_smaller_figure_less_what_is_excused() -> None:
    half, unknown = Fraction(1, 2), Unavailable(reason="the lines are too old")
    for raw, adjusted, least, judged in (
        (3, Fraction(1), 1, half),
        (1, Fraction(3), 1, half),
        (3, Fraction(-1), -1, -1 - half),
        (3, unknown, 3, 3 - half),
    ):
        drop = Drop(raw=Fraction(raw), adjusted=adjusted, excused=half)
        assert (drop.least, drop.judged) == (Fraction(least), Fraction(judged))
    assert Drop(raw=Fraction(3), adjusted=unknown).judged == 3


def test_of_all_tests_those_that_were_skipped_did_not_run() -> None:
    results = TestResults(passed=1000, failed=200, errors=30, skipped=4)
    assert (results.ran, results.broken) == (1230, 230)


def test_a_token_is_shown_nowhere_and_revealed_when_asked_for() -> None:
    secret = Secret(value="ghp_1")
    assert [repr(secret), str(secret), f"{secret}", f"{[secret]}"] == [*["Secret(***)"] * 3, "[Secret(***)]"]
    assert secret.reveal() == "ghp_1"


def test_the_changes_that_lower_the_gate_are_told_apart() -> None:
    lowers, other = (GateChange(kind=GateChangeKind.RULE, name="min-diff", lowers=lowers) for lowers in (True, False))
    assert GateChanges(rows=(other, lowers)).lowering == (lowers,)
    effects = (Unavailable(reason="why"), Fraction(1), None)
    changes = [GateChange(kind=GateChangeKind.COVERAGE, effect=effect) for effect in effects]
    assert [change.effect_unknown for change in changes] == ["why", None, None]


def test_the_files_of_a_change_add_up() -> None:
    def file(name: str, covered: int, total: int) -> DiffFile:
        tally, none = Tally(lines=Counts(covered=covered, total=total)), frozenset[int]()
        return DiffFile(path=PurePosixPath(name), statements=none, missing=none, partial=none, tally=tally)

    assert DiffCoverage().tally == Tally()
    assert DiffCoverage(files=(file("a.py", 1, 2), file("b.py", 3, 5))).tally.lines == Counts(covered=4, total=7)


def test_a_file_that_cannot_be_analysed_is_named_with_its_line_when_that_is_known() -> None:
    for problem, kind, names in (
        ("invalid syntax at line 12", UnknownKind.SYNTAX_ERROR, ("m.py", "12")),
        ("a syntax error,\nsee line 3", UnknownKind.SYNTAX_ERROR, ("m.py", "3")),
        ("it is no text, line 3", UnknownKind.BROKEN_FILE, ("m.py",)),
        ("a syntax error on byline 3", UnknownKind.BROKEN_FILE, ("m.py",)),
    ):
        found = broken_file(M, problem)
        assert found.reason == f"the changed file m.py cannot be analysed: {problem}"
        assert (found.kind, found.names) == (kind, names)


def test_two_reasons_are_equal_whatever_is_advised() -> None:
    """Tests and callers compare what is said, not where it leads."""
    told = Unavailable(reason="why", hint="do", slug="heading", kind=UnknownKind.RAMP, names=("m.py",))
    assert told == Unavailable(reason="why") != Unavailable(reason="why not")
    plain = Unavailable(reason="why")
    assert (plain.hint, plain.slug, plain.kind, plain.names) == ("", "", UnknownKind.OTHER, ())


def test_what_is_not_said_is_nothing() -> None:
    results, flap = TestResults(), Flap(path=M, line=1)
    assert (results.passed, results.failed, results.errors, results.skipped, results.seconds) == (0, 0, 0, 0, 0)
    assert (flap.stable, flap.flips, flap.lost, flap.flapping) == (0, 1, False, False)
    assert FlapShown(path=M, line=1, change=1).flips == 2
    change = GateChange(kind=GateChangeKind.RULE)
    assert (change.lowers, change.count, change.before, change.after) == (False, 0, None, None)
    assert GateChanges().strict
    assert ChangedLines(files={}).uncommitted == 0


def test_what_is_unknown_is_none_for_who_needs_no_reason() -> None:
    assert known(Unavailable(reason="why")) is None
    assert known(0) == 0


# --- where lines went ------------------------------------------------------------------------------------------------


def test_each_line_is_followed_both_ways() -> None:
    """Old lines 3 and 6 are gone; lines 1, 2 and 6 to 8 are new."""
    moves = (Move(old=1, new=3, length=2), Move(old=4, new=5, length=1), Move(old=5, new=9, length=1))
    shift = FileShift(path=M, moves=(*moves, Move(old=7, new=10, length=None)))
    assert [shift.to_new(line) for line in range(1, 10)] == [3, 4, None, 5, 9, None, 10, 11, 12]
    assert [shift.to_old(line) for line in range(1, 13)] == [None, None, 1, 2, 4, None, None, None, 5, 7, 8, 9]
    assert FileShift(path=None, moves=()).to_new(1) is None
    assert FileShift(path=None, moves=()).to_old(1) is None


def test_a_file_that_is_not_in_the_diff_did_not_change() -> None:
    gone = FileShift(path=None, moves=())
    shifts = Shifts(files={M: gone})
    assert shifts.of(M) == gone
    other = shifts.of(PurePosixPath("n.py"))
    assert (other.path, other.to_new(1), other.to_old(1), other.to_new(900)) == (PurePosixPath("n.py"), 1, 1, 900)
