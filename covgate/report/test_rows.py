"""What a report says of the tests: which failed and where, which took longest, which ran before and not here.

Plain text: names, reasons and output are a stranger's, and whoever places them in a medium escapes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.model import FailedTest, GoneTests, Span, SuiteStatus, TestResults
from covgate.report.facts import Facts

NAMELESS = "a test"
"""Of another repository's pull request, a name that is no Python name is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRow:
    """One test that failed."""

    place: str
    """`tests/test_cart.py:41`, or the file alone; empty when it is not known."""
    link: str | None
    """The permalink of the place."""
    name: str
    reason: str
    """One short line, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneRow:
    """Tests that ran at the baseline and not here."""

    count: int
    sentence: str
    """`14 tests that ran on main did not run here`, without a full stop: a place may follow."""
    only_file: PurePosixPath | None
    """The one file they are all in: `, all in ...`."""
    names: tuple[str, ...]
    more: int
    """How many are not among the names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRows:
    """What there is to say of the tests. Every part may be empty."""

    __test__ = False

    failure: str = ""
    """`2 of 412 tests failed`; empty when none did or it is not known."""
    failed: tuple[FailedRow, ...] = ()
    more: int = 0
    """How many failed that are not among the rows."""
    output: str = ""
    """The output of those in the rows, one after the other."""
    slowest: tuple[tuple[str, str], ...] = ()
    """Name and time, `1.2 s`; slowest first."""
    gone: GoneRow | None = None


def make_test_rows(facts: Facts) -> TestRows:
    """Return the rows of a report; all of them, to be cut where they are placed."""
    suite = facts.verdict.suite
    gone = _gone(facts.gone, facts) if facts.gone else None
    if suite is None or suite.tests is None:
        return TestRows(gone=gone)
    tests = suite.tests
    slowest = tuple((name, show_seconds(seconds)) for name, seconds in tests.slowest)
    if suite.status is not SuiteStatus.FAILED:
        # A command that ends well in spite of its report is believed, and a note says so.
        return TestRows(slowest=slowest, gone=gone)
    return TestRows(
        failure=word_failure(tests),
        failed=tuple(_row(test, facts) for test in tests.failures),
        more=max(0, tests.broken - len(tests.failures)),
        output="\n\n".join(test.output for test in tests.failures if test.output),
        slowest=slowest,
        gone=gone,
    )


def word_failure(tests: TestResults) -> str:
    """Return `2 of 412 tests failed`; empty when none did."""
    if not tests.broken:
        return ""
    if tests.broken == tests.ran:
        return "The one test failed" if tests.ran == 1 else f"All {tests.ran:,} tests failed"
    return f"{tests.broken:,} of {tests.ran:,} tests failed"


def show_seconds(seconds: float) -> str:
    """Return `0.04 s`, `1.2 s`, `75 s`."""
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004


def _row(test: FailedTest, facts: Facts) -> FailedRow:
    link, place = None, ""
    if test.path is not None:
        span = None if test.line is None else Span(start=test.line, end=test.line)
        place = f"{test.path}" if test.line is None else f"{test.path}:{test.line}"
        # The measured text is what the line was counted in: head's may be numbered otherwise.
        link = facts.links.to_measured(test.path, span)
    return FailedRow(place=place, link=link, name=test.name or NAMELESS, reason=test.reason)


def _gone(gone: GoneTests, facts: Facts) -> GoneRow:
    base = facts.base
    named = base is not None and base.ref not in {"", "HEAD", base.sha}
    where = f"on {base.ref}" if base is not None and named else "at the baseline"
    only = gone.files[0][0] if gone.files and gone.files[0][1] == gone.count else None
    what = "1 test that ran" if gone.count == 1 else f"{gone.count:,} tests that ran"
    return GoneRow(
        count=gone.count,
        sentence=f"{what} {where} did not run here",
        only_file=only,
        names=gone.names,
        more=max(0, gone.count - sum(map(_cases, gone.names))),
    )


def _cases(name: str) -> int:
    """Return how many tests a name stands for: `test_each (2 of 3 cases)` for two."""
    match = re.search(r" \((\d{1,9}) of \d{1,9} cases\)\Z", name, re.ASCII)
    return int(match[1]) if match else 1
