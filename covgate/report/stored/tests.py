"""The tests of a stored result: counts, places and names. What the tests said is a stranger's text and stays away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from covgate.model import FailedTest, GoneTests, TestResults
from covgate.report.result_json import FailedTestJson, GoneTestsJson, TestsJson
from covgate.report.stored.parts import read_line, read_path

_NAME = r"[^\W\d]\w{0,99}"
_SHOWN = re.compile(rf"{_NAME}(\.{_NAME}){{0,9}}")
_FULL = re.compile(rf"(?P<path>[\w./-]{{1,200}}\.py)(::{_NAME}){{1,9}}( \(\d{{1,6}} of \d{{1,6}} cases\))?")
"""Names Python could have given: too little for a sentence."""


def restore_tests(stored: TestsJson) -> TestResults:
    """Make the results anew. Raises ValueError, in words, for what covgate would not have written."""
    if len(stored.failures) > stored.failed + stored.errors:
        raise ValueError("it names more failed tests than there are")
    return TestResults(
        passed=stored.passed,
        failed=stored.failed,
        errors=stored.errors,
        skipped=stored.skipped,
        seconds=stored.seconds,
        failures=tuple(map(_failed, stored.failures)),
        slowest=tuple((name, seconds) for name, seconds in stored.slowest if _is_full(name)),
    )


def _failed(stored: FailedTestJson) -> FailedTest:
    if stored.path is None and stored.line is not None:
        raise ValueError("it has a line of no file")
    # Without its parameters: those may be any text.
    name = stored.test.partition("[")[0]
    return FailedTest(
        path=None if stored.path is None else read_path(stored.path),
        line=None if stored.line is None else read_line(stored.line),
        name=name if _SHOWN.fullmatch(name) else "",
        reason="",
    )


def restore_gone(stored: GoneTestsJson) -> GoneTests:
    """Make anew which tests are gone. Raises ValueError, in words, for what covgate would not have written."""
    files = tuple((read_path(path), count) for path, count in stored.files)
    if any(count < 1 for _, count in files) or sum(count for _, count in files) > stored.count:
        raise ValueError("it has other numbers of tests that are gone than it says")
    return GoneTests(count=stored.count, names=tuple(_full(stored.names)), files=files)


def _full(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if _is_full(name))


def _is_full(name: str) -> bool:
    found = _FULL.fullmatch(name)
    try:
        return found is not None and bool(read_path(found["path"]))
    except ValueError:
        return False
