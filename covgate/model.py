"""The values covgate computes with, and their arithmetic: exact counts, unknown as a value, no rounding."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import PurePosixPath
from typing import NewType

Sha = NewType("Sha", str)
"""A full commit id: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits."""

_SHA = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


def parse_sha(text: str) -> Sha:
    """Return `text` as a commit id; ValueError when it is anything else."""
    if not _SHA.match(text):
        msg = f"not a full commit id: {text!r}"
        raise ValueError(msg)
    return Sha(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A value that could not be known, and why, in words for the person who reads the report."""

    reason: str


def _exact(target: Decimal) -> Fraction:
    """`target` as a fraction: arithmetic on Decimals is rounded to 28 digits."""
    return Fraction(*target.as_integer_ratio())


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many of something were covered. Adds up; knows no rounding."""

    covered: int = 0
    total: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(covered=self.covered + other.covered, total=self.total + other.total)

    @property
    def missing(self) -> int:
        """How many were not covered."""
        return self.total - self.covered

    @property
    def percent(self) -> Decimal | None:
        """Percent, 0 to 100, or None when there is nothing to cover. For display; judge with `reaches`."""
        return Decimal(100 * self.covered) / self.total if self.total else None

    def reaches(self, target: Decimal) -> bool:
        """Whether the exact fraction is at least `target` percent; an empty count reaches everything."""
        return 100 * self.covered >= _exact(target) * self.total

    def needed(self, target: Decimal) -> int:
        """How many more of the missing must be covered before `target` percent is reached."""
        return max(0, math.ceil(_exact(target) * self.total / 100) - self.covered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The two pairs every figure is made of: statements and branches."""

    lines: Counts = Counts()
    branches: Counts = Counts()

    def __add__(self, other: Tally) -> Tally:
        return Tally(lines=self.lines + other.lines, branches=self.branches + other.branches)

    @property
    def counts(self) -> Counts:
        """Statements and branches together: what coverage.py's own percent is made of."""
        return self.lines + self.branches

    @property
    def percent(self) -> Decimal | None:
        """(executed statements + taken branches) / (statements + branches), coverage.py's formula, times 100."""
        return self.counts.percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Lines `start` to `end`, 1-based, both included."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 1 <= self.start <= self.end:
            msg = f"not a span of lines: {self.start} to {self.end}"
            raise ValueError(msg)


def spans_of(lines: Iterable[int], *, bridge: frozenset[int] = frozenset()) -> tuple[Span, ...]:
    """Runs of consecutive lines, in order. A gap made only of lines in `bridge` does not end a run."""
    spans: list[Span] = []
    for line in sorted(set(lines)):
        if spans and all(between in bridge for between in range(spans[-1].end + 1, line)):
            spans[-1] = Span(start=spans[-1].start, end=line)
        else:
            spans.append(Span(start=line, end=line))
    return tuple(spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """The exits of one line that has more than one: how many there are, how many were taken."""

    total: int
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function or class body: its dotted name and the lines it spans."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCoverage:
    """One measured file. Lines are 1-based line numbers of the source as it was measured.

    `statements`, `missing` and `excluded` are coverage.py's; a statement is named by its first line. `branches` holds
    the lines with more than one exit. `first_lines` maps a continuation line to the first line of its statement, and
    `functions` names the regions; both are filled for changed files only.
    """

    path: PurePosixPath
    statements: frozenset[int]
    missing: frozenset[int]
    excluded: frozenset[int] = frozenset()
    branches: Mapping[int, Branch] = field(default_factory=dict)
    first_lines: Mapping[int, int] = field(default_factory=dict)
    functions: tuple[Function, ...] = ()
    imported: bool = True
    """False for a file no test ever loaded: covgate analysed it because it was changed."""

    def tally(self, lines: frozenset[int] | None = None) -> Tally:
        """Counts of the whole file, or of the statements in `lines` and the branches that leave them."""
        statements = self.statements if lines is None else self.statements & lines
        exits = [branch for line, branch in self.branches.items() if line in statements]
        return Tally(
            lines=Counts(covered=len(statements - self.missing), total=len(statements)),
            branches=Counts(covered=sum(b.taken for b in exits), total=sum(b.total for b in exits)),
        )

    @property
    def partial(self) -> frozenset[int]:
        """Executed lines with an exit that was never taken."""
        return frozenset(n for n, b in self.branches.items() if b.taken < b.total and n not in self.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The measurement of a whole project at one state of its sources."""

    files: Mapping[PurePosixPath, FileCoverage]
    has_branches: bool
    """Whether branches were measured (not: whether there are any)."""

    @property
    def total(self) -> Tally:
        """Counts of all measured files."""
        return sum((f.tally() for f in self.files.values()), Tally())

    @property
    def outside(self) -> tuple[PurePosixPath, ...]:
        """The measured files outside the checkout: their paths are absolute."""
        return tuple(sorted(path for path in self.files if path.is_absolute()))

    @property
    def inside(self) -> Coverage:
        """The measurement without them: what another machine, or another commit, can be compared with."""
        gone = frozenset(self.outside)
        if not gone:
            return self
        files = {path: file for path, file in self.files.items() if path not in gone}
        return Coverage(files=files, has_branches=self.has_branches)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """The lines one file gained or had modified. `lines` are 1-based lines of the new side."""

    path: PurePosixPath
    lines: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLines:
    """What a change adds or modifies, file by file; deleted files are not in it."""

    files: Mapping[PurePosixPath, ChangedFile]
    digests: Mapping[PurePosixPath, str | Unavailable] = field(default_factory=dict)
    """SHA-256 of the text whose lines these are, made as `Measurement.digests` are, of each file with a changed line.

    Unavailable where git compared another text than the one that lies in the working tree.
    """
    others: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """Changed files whose name says nothing of Python, without their lines: a script or a template may be measured.

    The value tells whether the file was written to since (on a laptop).
    """
    uncommitted: int = 0
    """How many of the files hold edits that are not committed yet (only on a laptop)."""


class Gap(StrEnum):
    """Why a changed Python file has no measurement of its own."""

    OMITTED = "omitted"
    """The coverage configuration leaves it out: `omit`, `include`, or outside every `source`; or a stated default."""
    UNMEASURED = "unmeasured"
    """The measurement should have seen it and did not: it counts as uncovered."""
    UNDECIDED = "undecided"
    """As UNMEASURED, but only because nothing leaves it out: no `source` or `include` says what is measured."""
    UNPARSABLE = "unparsable"
    """Its statements could not be found: it is not valid Python for the interpreter that measures, or not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmeasuredFile:
    """A changed Python file the measurement holds nothing of. `file` is its analysis when it counts as uncovered."""

    gap: Gap
    file: FileCoverage | None = None
    why: str = ""
    """Of an UNPARSABLE file: what is wrong with it."""
    rule: str = ""
    """Of an OMITTED file: the setting or pattern that leaves it out, such as `omit = docs/*`; may be empty."""
    where: str = ""
    """Where the rule stands, such as `pyproject.toml line 12`, or which default it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A sign that what was measured is another text. `reason` says which, and what to do.

    It counts when the change touches one of `lines` (first lines of statements); None is any line.
    """

    reason: str
    lines: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was learnt about the sources: the coverage, and the changed files that are not in it."""

    coverage: Coverage | Unavailable
    unmeasured: Mapping[PurePosixPath, UnmeasuredFile] = field(default_factory=dict)
    digests: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """SHA-256 of the changed files as they were analysed, line ends read as LF and `$Id: ...$` as `$Id$`."""
    doubts: Mapping[PurePosixPath, tuple[Doubt, ...]] = field(default_factory=dict)
    """What speaks against the measurement of changed files being one of the text that lies here."""
    lost: int = 0
    """How many processes of covgate's own run ended before writing their data."""
    notes: tuple[str, ...] = ()
    """What the reader should know about the measurement, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffFile:
    """Diff coverage of one file: the statements the change touches."""

    path: PurePosixPath
    statements: frozenset[int]
    missing: frozenset[int]
    partial: frozenset[int]
    tally: Tally
    missing_spans: tuple[Span, ...] = ()
    """Runs of missing statements; blank lines and comments between them do not end a run."""
    exits: Mapping[int, Branch] = field(default_factory=dict)
    """The branches that leave the statements."""
    functions: tuple[Function, ...] = ()
    gap: Gap | None = None
    """UNMEASURED or UNDECIDED when the file was counted as uncovered because no test loaded it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OmittedFile:
    """A changed Python file that is not judged, and what leaves it out: see UnmeasuredFile."""

    path: PurePosixPath
    rule: str = ""
    where: str = ""

    @property
    def why(self) -> str:
        """The rule and where it stands, in one line."""
        return ", ".join(filter(None, (f"`{self.rule}`" if self.rule else "", self.where)))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffCoverage:
    """Coverage of the statements a change adds or modifies. Files without a changed statement are not listed."""

    files: tuple[DiffFile, ...] = ()
    omitted: tuple[OmittedFile, ...] = ()
    """Changed Python files that the coverage configuration, or a stated default, leaves out."""

    @property
    def tally(self) -> Tally:
        """Counts of all files."""
        return sum((f.tally for f in self.files), Tally())


class BaseHow(StrEnum):
    """How the base commit was found."""

    FIRST_PARENT = "first-parent"
    MERGE_BASE = "merge-base"
    EVENT = "event"
    GIVEN = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit a change is compared with, and how it was found."""

    sha: Sha
    how: BaseHow
    ref: str = ""
    """The branch or reference it came from, for people; may be empty."""


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
    status: SuiteStatus
    exit_code: int
    """As the shell would give it: 128 + signal when a signal ended it."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate says."""

    kind: VerdictKind
    checks: tuple[Check, ...]
    suite: SuiteRun | None = None
    """None when the measurement was made by an earlier job."""


def floor_percent(percent: Decimal, places: int = 2) -> Decimal:
    """`percent` cut (never rounded up) to `places` decimals, except that a little more than 0 never shows as 0."""
    step = Decimal(1).scaleb(-places)
    cut = percent.quantize(step, rounding=ROUND_DOWN)
    return step if cut == 0 and percent > 0 else cut
