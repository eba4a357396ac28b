"""The smallest parts of a stored result: the longest and largest that is read, and the first that is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from covgate.model.coverage import Span
from covgate.model.guard import GateChange, GateChangeKind, GateChanges
from covgate.model.history import NOTHING_RECORDED
from covgate.model.test_results import FailedTest, GoneTests, TestResults
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.report.result_json import GateChangesJson, GoneTestsJson
from covgate.report.result_json import TestsJson as ResultsJson  # pytest takes Test... for a class of tests
from covgate.report.stored.gate import restore_gate
from covgate.report.stored.parts import (
    ELSEWHERE,
    own_reason,
    read_date,
    read_decimal,
    read_fraction,
    read_line,
    read_path,
    read_sha,
    read_spans,
)
from covgate.report.stored.tests import restore_gone, restore_tests


def refused(read: Callable[..., object], *values: object) -> dict[object, str]:
    """Return why each of the values is refused; empty for one that is not."""
    found = {}
    for value in values:
        try:
            read(value)
        except ValueError as exc:
            found[value] = str(exc)
        else:
            found[value] = ""
    return found


def test_a_path_is_one_inside_the_repository_as_git_spells_it() -> None:
    longest = "a" * 4096
    for text in ("a", "src/app/a b.py", ".coveragerc", "...", longest):
        assert read_path(text) == PurePosixPath(text)
    none = refused(read_path, "", longest + "a", "a\0b", "a//b", "./a", "a/", "a/.")
    assert set(none.values()) == {"it has a path that is none"}, none
    outside = refused(read_path, "/a", "..", "a/../b", "a/..")
    assert set(outside.values()) == {"it has a path that leads out of the repository"}, outside


def test_a_line_is_one_that_a_file_may_have() -> None:
    assert [read_line(line) for line in (1, 10**7)] == [1, 10**7]
    assert set(refused(read_line, 0, -1, 10**7 + 1).values()) == {"it has a line that no file has"}
    assert read_spans([(3, 3), (5, 9)]) == (Span(start=3, end=3), Span(start=5, end=9))
    for pair, why in {
        (4, 3): "it has lines that end before they begin",
        (0, 3): "it has a line that no file has",
        (1, 10**7 + 1): "it has a line that no file has",
    }.items():
        assert refused(read_spans, (pair,)) == {(pair,): why}


def test_a_number_is_digits_with_a_point_and_not_too_many() -> None:
    longest = "-" + "1" * 12 + "." + "2" * 30
    assert [read_decimal(text) for text in ("0", "-0.5", longest)] == [Decimal(0), Decimal("-0.5"), Decimal(longest)]
    others = ("", "1.", ".5", "+1", "1e5", "1" * 13, "0." + "1" * 31, "\u0663", "1\n", " 1", "1,5", "NaN")
    assert set(refused(read_decimal, *others).values()) == {"it has a number that is none"}


def test_a_fraction_is_two_whole_numbers() -> None:
    longest = "1" * 80 + "/" + "3" * 80
    assert [read_fraction(text) for text in ("31/100", "-1/3", longest)] == [
        Fraction(31, 100), Fraction(-1, 3), Fraction(longest),
    ]  # fmt: skip
    others = ("", "1", "1/0", "1/00", "1/-3", "1.5/2", "1" * 81 + "/1", "1/" + "1" * 81, "\u0663/1", "1/2\n")
    assert set(refused(read_fraction, *others).values()) == {"it has a fraction that is none"}


def test_a_commit_and_a_date_are_not_quoted_where_they_are_none() -> None:
    assert read_sha("a" * 40) == "a" * 40
    assert set(refused(read_sha, "main", "a" * 39, "").values()) == {"it has a commit id that is none"}
    assert read_date("2026-11-20T09:30:00+00:00") == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert set(refused(read_date, "yesterday", "").values()) == {"it has a date that is none"}


def test_a_reason_is_covgates_own_or_stands_elsewhere() -> None:
    no_ancestor = " ancestor of 9a8b7c6d5e4f: was the branch force-pushed, or recorded from another one?"
    known = {
        "there is nothing to measure": UnknownKind.OTHER,
        NOTHING_RECORDED.reason: UnknownKind.NO_RECORD,
        f"the one recorded commit is no{no_ancestor}": UnknownKind.NO_RECORD,
        f"none of 1,234 recorded commits is an{no_ancestor}": UnknownKind.NO_RECORD,
        "only 12 of the 1,410 tests of release/1.x ran": UnknownKind.PART_OF_SUITE,
        "only 12 of the 1,410 tests of the baseline ran": UnknownKind.PART_OF_SUITE,
    }
    for text, kind in known.items():
        assert own_reason(text) == Unavailable(reason=text, kind=kind)
    elsewhere = Unavailable(reason=ELSEWHERE, kind=UnknownKind.TOLD_ELSEWHERE)
    for text in ("", "only 12 of the 13 tests of @team and me ran", "nothing", *(f"{text} @team" for text in known)):
        assert own_reason(text) == elsewhere


# --- the tests ------------------------------------------------------------------------------------------------------


def restored_tests(results: TestResults) -> TestResults:
    return restore_tests(ResultsJson.model_validate(results))


def test_of_failed_tests_the_counts_the_places_and_the_names_are_taken_over() -> None:
    path = PurePosixPath("tests/test_a.py")
    failures = (
        FailedTest(path=path, line=7, name="TestA.test_b[evil]", reason="@team", output="@team"),
        FailedTest(path=path, name="see //evil", reason="assert 0"),
        FailedTest(name="test_c", reason=""),
    )
    slowest = (
        ("tests/test_a.py::TestA::test_b", 2.5),
        ("tests/test_a.py::test_c (2 of 3 cases)", 1.5),
        ("tests/test_a.py::test_b[@team]", 1.0),
        ("../a.py::test_b", 1.0),
        ("tests/test_a.py", 1.0),
    )
    given = TestResults(passed=5, failed=2, errors=1, skipped=4, seconds=9.5, failures=failures, slowest=slowest)
    assert restored_tests(given) == TestResults(
        passed=5,
        failed=2,
        errors=1,
        skipped=4,
        seconds=9.5,
        failures=(
            FailedTest(path=path, line=7, name="TestA.test_b", reason=""),
            FailedTest(path=path, name="", reason=""),
            FailedTest(name="test_c", reason=""),
        ),
        slowest=slowest[:2],
    )


@pytest.mark.parametrize(
    ("results", "why"),
    [
        (TestResults(failed=1, failures=(FailedTest(name="a", reason=""),) * 2), "more failed tests than there are"),
        (TestResults(errors=1, failures=(FailedTest(name="a", reason="", line=3),)), "a line of no file"),
    ],
)
def test_failed_tests_that_contradict_their_counts_are_refused(results: TestResults, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        restored_tests(results)


def test_of_tests_that_are_gone_those_with_a_proper_name_are_named() -> None:
    path = PurePosixPath("tests/test_a.py")
    names = ("tests/test_a.py::test_b", "see //evil", "/etc/a.py::test_b", "tests/test_a.py::TestA::test_c")
    given = GoneTestsJson.model_validate(GoneTests(count=3, names=names, files=((path, 2), (PurePosixPath("b.py"), 1))))
    assert restore_gone(given) == GoneTests(
        count=3, names=(names[0], names[3]), files=((path, 2), (PurePosixPath("b.py"), 1))
    )
    for counts in ((3, 1), (0,), (2, -1)):
        files = tuple((path, count) for count in counts)
        with pytest.raises(ValueError, match="other numbers of tests that are gone"):
            restore_gone(GoneTestsJson.model_validate(GoneTests(count=3, names=(), files=files)))


# --- the gate itself ------------------------------------------------------------------------------------------------


def test_changes_of_the_gate_are_taken_over_whole_where_they_hold_no_words() -> None:
    rows = (
        GateChange(kind=GateChangeKind.RULE, name="min-diff", component="api", before="80", after="60.5", lowers=True),
        GateChange(kind=GateChangeKind.TARGET, name="target", before="90 by 2027-12-31 (ramp)", after="90"),
        GateChange(kind=GateChangeKind.COMPONENT, name="core", before="there", count=4, lowers=True),
        GateChange(
            kind=GateChangeKind.COVERAGE, name="[run] omit", before="a/*, b.py", after="a/* and 3 more",
            lowers=True, effect=Fraction(7, 3),
        ),
        GateChange(kind=GateChangeKind.PRAGMA, name="no cover", count=2, files=(PurePosixPath("a.py"),)),
        GateChange(kind=GateChangeKind.UNKNOWN, name=ELSEWHERE, component="api", lowers=True),
    )  # fmt: skip
    for strict in (True, False):
        restored = restore_gate(GateChangesJson.model_validate(GateChanges(rows=rows, strict=strict)))
        # The effect is written with six places.
        cut = GateChange(
            kind=GateChangeKind.COVERAGE, name="[run] omit", before="a/*, b.py", after="a/* and 3 more",
            lowers=True, effect=Fraction("2.333333"),
        )  # fmt: skip
        assert restored == GateChanges(rows=(*rows[:3], cut, *rows[4:]), strict=strict)


def test_as_many_changes_of_the_gate_are_read_as_there_can_be() -> None:
    row = GateChange(kind=GateChangeKind.PRAGMA, name="no cover", count=1)
    stored = GateChangesJson.model_validate(GateChanges(rows=(row,) * 2000, strict=True))
    assert len(restore_gate(stored).rows) == 2000
    with pytest.raises(ValueError, match="more changes to the gate than there can be"):
        restore_gate(stored.model_copy(update={"rows": [*stored.rows, stored.rows[0]]}))
