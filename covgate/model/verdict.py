"""Rules that were evaluated, and what the gate says."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from covgate.model.numbers import Tally
from covgate.model.test_results import TestResults
from covgate.model.unknown import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """How far a total fell, in percentage points; negative when it rose.

    `raw` is the baseline's percent minus head's. `adjusted` is the same with the baseline taken without the covered
    statements (and their branches) that the change deletes; Unavailable when the lines are not known. `excused` is the
    part of the smaller one that is put down to flapping lines.
    """

    raw: Fraction
    adjusted: Fraction | Unavailable
    excused: Fraction = Fraction(0)

    @property
    def least(self) -> Fraction:
        """The smaller of the two: deleting covered code is no regression."""
        return self.raw if isinstance(self.adjusted, Unavailable) else min(self.raw, self.adjusted)

    @property
    def judged(self) -> Fraction:
        """What `max-drop` is held against."""
        return self.least - self.excused


class Status(StrEnum):
    """The outcome of one rule."""

    PASS = "pass"  # noqa: S105  # not a password
    FAIL = "fail"
    NOT_APPLICABLE = "n/a"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One evaluated rule. `target` is in percent (of `max-drop`: in percentage points)."""

    rule: str
    component: str | None = None
    """The component it is about; None for the whole project."""
    target: Decimal
    actual: Tally | None
    """The counts a minimum was judged on."""
    drop: Drop | None = None
    """What `max-drop` was judged on."""
    status: Status
    why: str
    """One sentence: the gap, or why there is no number."""
    unknown: Unavailable | None = field(compare=False)
    """What could not be known, with `why` as its reason, of a check that is `UNAVAILABLE`."""


class VerdictKind(StrEnum):
    """All checks together."""

    PASS = "pass"  # noqa: S105  # not a password
    FAIL = "fail"
    CANNOT_JUDGE = "cannot-judge"


class SuiteStatus(StrEnum):
    """How the test command ended."""

    PASSED = "passed"
    FAILED = "failed"
    KILLED = "killed"
    TIMED_OUT = "timed-out"
    NO_TESTS = "no-tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """One run of the test command."""

    command: str
    """Empty when an earlier job ran the tests, and its JUnit files say how they ended."""
    status: SuiteStatus
    exit_code: int
    """As the shell would give it: 128 + signal when a signal ended it."""
    seconds: float
    tests: TestResults | None = None
    """None when the tests left no report that could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate says."""

    kind: VerdictKind
    checks: tuple[Check, ...]
    suite: SuiteRun | None = None
    """None when the measurement was made by an earlier job."""


MIN_TOTAL = "min-total"
MIN_DIFF = "min-diff"
MAX_DROP = "max-drop"

FAILED_SUITES = frozenset({SuiteStatus.FAILED, SuiteStatus.KILLED, SuiteStatus.TIMED_OUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFigures:
    """What was measured of one component. `diff` is None when the run has no change to judge."""

    name: str
    total: Tally | Unavailable
    diff: Tally | Unavailable | None
    delta: Fraction | None = None
    """In percentage points; None when the baseline does not hold the component."""
    target: Decimal | None = None
    """In percent."""
