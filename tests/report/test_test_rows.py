"""What a report says of the tests, and how much of a stranger's is said again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from covgate.gate.rules import exit_code
from covgate.model.commit import Base, BaseHow
from covgate.model.test_results import FailedTest, GoneTests, TestResults
from covgate.model.verdict import SuiteRun, SuiteStatus
from covgate.report.facts import Facts, Origin
from covgate.report.result_json import build_result, render_result
from covgate.report.stored.read import read_result
from covgate.report.stored.restore import restore_facts
from covgate.report.test_rows import NAMELESS, FailedRow, GoneRow, make_test_rows, show_seconds
from tests.support.situations import BASE, BLOB, COVERED, HEAD, PASSED, facts

CART = PurePosixPath("tests/test_cart.py")
SHIPPING = FailedTest(path=CART, line=41, name="test_shipping", reason="assert 490 == 0", output="E   assert 490 == 0")
VOUCHER = FailedTest(path=None, name="test_voucher[@team]", reason="KeyError: <b>", output="")
RESULTS = TestResults(
    passed=409,
    failed=2,
    errors=1,
    skipped=3,
    failures=(SHIPPING, VOUCHER),
    slowest=(("tests/test_cart.py::TestCart::test_a", 75.2), ("@team: buy here", 0.5)),
    seconds=80.25,
)
GONE = GoneTests(
    count=14,
    names=("tests/test_invoice.py::test_total", "x y z"),
    files=((PurePosixPath("tests/test_invoice.py"), 14),),
)


def failed(tests: TestResults | None = RESULTS, **others: Any) -> Facts:  # noqa: ANN401  # the fields of Facts
    run = SuiteRun(command="pytest", status=SuiteStatus.FAILED, exit_code=1, seconds=12.5, tests=tests)
    return facts(COVERED, min_diff="80", suite=run, **others)


def test_a_report_that_names_more_than_it_counts_leaves_none_out() -> None:
    assert make_test_rows(failed(replace(RESULTS, failed=1, errors=0))).more == 0


def test_failed_tests() -> None:
    rows = make_test_rows(failed())
    assert rows.failure == "3 of 412 tests failed"
    assert rows.failed == (
        FailedRow(
            place="tests/test_cart.py:41",
            link=f"{BLOB}/{HEAD}/tests/test_cart.py#L41",
            name="test_shipping",
            reason="assert 490 == 0",
        ),
        FailedRow(place="", link=None, name="test_voucher[@team]", reason="KeyError: <b>"),
    )
    assert (rows.more, rows.output) == (1, "E   assert 490 == 0")
    assert rows.slowest[0] == ("tests/test_cart.py::TestCart::test_a", "75 s")


def test_a_file_without_a_line() -> None:
    (row,) = make_test_rows(failed(TestResults(failed=1, failures=(replace(SHIPPING, line=None),)))).failed
    assert (row.place, row.link) == ("tests/test_cart.py", f"{BLOB}/{HEAD}/tests/test_cart.py")


@pytest.mark.parametrize(
    ("tests", "sentence"),
    [
        (TestResults(passed=411, failed=1), "1 of 412 tests failed"),
        (TestResults(failed=1), "The one test failed"),
        (TestResults(failed=1, errors=1, skipped=1), "All 2 tests failed"),
        (TestResults(passed=1999, errors=1), "1 of 2,000 tests failed"),
        (TestResults(passed=3), ""),
        (None, ""),
    ],
)
def test_how_many(tests: TestResults | None, sentence: str) -> None:
    assert make_test_rows(failed(tests)).failure == sentence


@pytest.mark.parametrize("status", [SuiteStatus.PASSED, SuiteStatus.NO_TESTS])
def test_no_failed_test_stands_beside_a_pass(status: SuiteStatus) -> None:
    """A command that ends well in spite of its report (`pytest || true`) is believed, and a note says so."""
    rows = make_test_rows(facts(COVERED, suite=replace(PASSED, status=status, tests=RESULTS)))
    assert (rows.failure, rows.failed, rows.output, rows.more) == ("", (), "", 0)
    assert rows.slowest


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.04 s"),
        (1.0, "1.0 s"),
        (1.25, "1.2 s"),
        (9.96, "10.0 s"),
        (10.0, "10 s"),
        (10.6, "11 s"),
        (75.2, "75 s"),
    ],
)
def test_times(seconds: float, text: str) -> None:
    assert show_seconds(seconds) == text


@pytest.mark.parametrize(
    ("ref", "where"),
    [("main", "on main"), ("HEAD", "at the baseline"), ("", "at the baseline"), (BASE, "at the baseline")],
)
def test_tests_that_did_not_run_here(ref: str, where: str) -> None:
    gone = make_test_rows(failed(gone=GONE, base=Base(sha=BASE, how=BaseHow.GIVEN, ref=ref))).gone
    assert gone is not None
    assert gone.sentence == f"14 tests that ran {where} did not run here"
    assert (gone.only_file, gone.names, gone.more) == (PurePosixPath("tests/test_invoice.py"), GONE.names, 12)


def test_gone_tests_without_a_base_or_a_name() -> None:
    one = GoneTests(count=1, names=(), files=((CART, 1), (PurePosixPath("b.py"), 0)))
    gone = make_test_rows(failed(gone=one, base=None)).gone
    assert gone == GoneRow(
        count=1, sentence="1 test that ran at the baseline did not run here", only_file=CART, names=(), more=1
    )
    many = GoneTests(count=1200, names=("test_each (2 of 3 cases)", "test_b (3 cases)", "test_c"), files=())
    gone = make_test_rows(failed(gone=many)).gone
    assert gone is not None
    assert (gone.sentence, gone.more) == ("1,200 tests that ran on main did not run here", 1196)
    assert make_test_rows(failed(gone=replace(many, count=3))).gone == replace(
        gone, count=3, sentence="3 tests that ran on main did not run here", more=0
    )


@pytest.mark.parametrize("files", [(), ((CART, 13),), ((CART, 7), (PurePosixPath("b.py"), 7))])
def test_tests_of_several_files(files: tuple[tuple[PurePosixPath, int], ...]) -> None:
    gone = make_test_rows(facts(COVERED, suite=None, gone=replace(GONE, files=files))).gone
    assert gone is not None
    assert gone.only_file is None


# --- stored, and read again -------------------------------------------------------------------------------------------


def stored(made: Facts, change: Callable[[Any], None] = lambda _: None) -> bytes:
    result = json.loads(render_result(build_result(made, headline="", exit_code=exit_code(made.verdict))))
    change(result)
    return json.dumps(result).encode()


def restored(data: bytes) -> Facts:
    found = restore_facts(read_result(data), Origin(head=HEAD, run_url="", blob=BLOB, base_ref="main"))
    assert isinstance(found, Facts)
    return found


def test_numbers_places_and_names_come_back_and_no_word() -> None:
    again = restored(stored(failed(gone=GONE)))
    assert again.verdict.suite is not None
    assert again.verdict.suite.tests == replace(
        RESULTS,
        failures=(
            replace(SHIPPING, reason="", output=""),
            replace(VOUCHER, name="test_voucher", reason=""),
        ),
        slowest=RESULTS.slowest[:1],
    )
    assert again.gone == replace(GONE, names=GONE.names[:1])


def test_nothing_comes_back_of_nothing() -> None:
    again = restored(stored(facts(COVERED, suite=PASSED)))
    assert (again.gone, again.verdict.suite and again.verdict.suite.tests) == (None, None)


@pytest.mark.parametrize("name", ["please visit example.org", "@team", "a.b c", "test_a; rm", "x" * 101, ""])
def test_a_name_that_is_none_is_not_told(name: str) -> None:
    made = failed(TestResults(failed=1, failures=(replace(SHIPPING, name=name),)))
    (row,) = make_test_rows(restored(stored(made))).failed
    assert row.name == NAMELESS


@pytest.mark.parametrize("name", ["TestCart.test_a", "test_ä", "Units.test_each (i=0)"])
def test_a_name_that_python_gives_is(name: str) -> None:
    made = failed(TestResults(failed=1, failures=(replace(SHIPPING, name=name),)))
    (row,) = make_test_rows(restored(stored(made))).failed
    assert row.name == (name if " " not in name else NAMELESS)


def _tests(result: Any) -> Any:  # noqa: ANN401  # parsed JSON
    return result["suite"]["tests"]


FORGED: dict[str, Callable[[Any], None]] = {
    "more-failures-than-failed": lambda r: _tests(r).update(failed=0, errors=1),
    "a-path-outside": lambda r: _tests(r)["failures"][0].update(path="../x.py"),
    "a-line-of-no-file": lambda r: _tests(r)["failures"][0].update(path=None),
    "a-line-no-file-has": lambda r: _tests(r)["failures"][0].update(line=10**8),
    "line-0": lambda r: _tests(r)["failures"][0].update(line=0),
    "a-negative-count": lambda r: _tests(r).update(passed=-1),
    "a-huge-count": lambda r: _tests(r).update(passed=10**10),
    "many-failures": lambda r: _tests(r).update(failed=60, failures=[_tests(r)["failures"][0]] * 51),
    "another-key": lambda r: _tests(r).update(more=1),
    "a-negative-time": lambda r: _tests(r).update(seconds=-1.0),
    "gone-none": lambda r: r["gone_tests"].update(count=0),
    "gone-more-in-files": lambda r: r["gone_tests"].update(count=13),
    "gone-a-path-outside": lambda r: r["gone_tests"].update(files=[["/etc/x.py", 1]]),
    "gone-less-than-none": lambda r: r["gone_tests"].update(files=[["a.py", 0]]),
    "gone-many-names": lambda r: r["gone_tests"].update(names=["a"] * 51),
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_what_covgate_would_not_have_written_is_refused(change: Callable[[Any], None]) -> None:
    data = stored(failed(gone=GONE), change)
    with pytest.raises(ValueError, match=r"^it "):
        restored(data)
