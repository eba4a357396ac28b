"""What the tests themselves came to: how many passed, which failed and where, and which ran before and not now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

MOST_FAILURES = 50
"""How many failed tests are told of one by one."""

MOST_GONE = 50
"""How many tests that are gone, and of their files, are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTest:
    """One test that failed. Every text is the tests' own: a stranger's, without control characters, cut to a limit."""

    path: PurePosixPath | None = None
    """The test's file, relative to the repository; None when it is not known."""
    line: int | None = None
    """Where in that file it failed, 1-based; None when it is not known, as it is without a path."""
    name: str
    """`test_shipping`, `TestCart.test_shipping`, `test_shipping[free]`."""
    reason: str
    """One short line, `assert 490 == 0`; empty when the tests gave none."""
    output: str = ""
    """Lines of the traceback; empty when there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResults:
    """What the tests reported of one run of theirs. It never says more than the exit code does about pass and fail."""

    __test__: ClassVar[bool] = False
    """Not for pytest to collect."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    """Tests that broke outside of their own code: in a fixture, at their import."""
    skipped: int = 0
    failures: tuple[FailedTest, ...] = ()
    """Those that failed or broke, in the order of the report; the first ones only, when there are many."""
    seconds: float = 0.0
    """Of all tests together: those that ran side by side took less."""
    slowest: tuple[tuple[str, float], ...] = ()
    """Name and seconds, slowest first."""
    names: frozenset[str] = frozenset()
    """All that ran, `tests/test_cart.py::TestCart::test_shipping`; empty when there are too many to keep."""
    left_out: frozenset[str] = frozenset()
    """Those that were skipped, by the same names."""

    @property
    def ran(self) -> int:
        """How many ran: skipped ones did not."""
        return self.passed + self.failed + self.errors

    @property
    def broken(self) -> int:
        """How many did not pass."""
        return self.failed + self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneTests:
    """Tests that ran at the baseline and did not run here: deleted, renamed, skipped, or not chosen."""

    count: int
    names: tuple[str, ...] = ()
    """Sorted; the first ones only, when there are many."""
    files: tuple[tuple[PurePosixPath, int], ...] = ()
    """The files they are in, with how many of them, most first; tests whose file is not known are in none."""
