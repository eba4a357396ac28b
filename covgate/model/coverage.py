"""What was measured: files, their statements and exits, and the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import PurePosixPath

from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import SuiteRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Lines `start` to `end`, 1-based, both included."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 1 <= self.start <= self.end:
            raise ValueError(f"not a span of lines: {self.start} to {self.end}")


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
    """A function: its dotted name, the lines it spans with its decorators, and where its body begins."""

    name: str
    span: Span
    body: int = 0
    """The first line of the body; 0 where all of the span is the body."""


class ReasonKind(StrEnum):
    """Why something is missing. Each is literally true of the run: the measurement proves it."""

    NEVER_IMPORTED = "never-imported"
    """Nothing of the file ran."""
    LOST = "lost"
    """It ran at the baseline, and not here."""
    NEVER_CALLED = "never-called"
    NEVER_RUN = "never-run"
    """Of a generator or a coroutine, which a call alone does not run."""
    IF_NEVER_TRUE = "if-never-true"
    IF_NEVER_FALSE = "if-never-false"
    ELIF_NEVER_TRUE = "elif-never-true"
    ELIF_NEVER_FALSE = "elif-never-false"
    LOOP_NEVER_RUNS = "loop-never-runs"
    LOOP_NEVER_ENDS = "loop-never-ends"
    """It is never left but by a jump out of it."""
    EXCEPT_NEVER_REACHED = "except-never-reached"
    EXCEPT_NEVER_MATCHES = "except-never-matches"
    CASE_NEVER_REACHED = "case-never-reached"
    CASE_NEVER_MATCHES = "case-never-matches"
    CASE_ALWAYS_MATCHES = "case-always-matches"
    NEVER_PASSED = "never-passed"
    """What stands before it was begun and never ended: it raises, leaves or waits each time."""


WITHOUT_LINE = frozenset({ReasonKind.NEVER_IMPORTED, ReasonKind.LOST})
"""The reasons that no single line decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why lines are missing, and the line of the statement that decides it; 0 where no line does."""

    kind: ReasonKind
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCoverage:
    """One measured file. Lines are 1-based line numbers of the source as it was measured.

    `statements`, `missing` and `excluded` are coverage.py's; a statement is named by its first line. `branches` holds
    the lines with more than one exit. For changed files only, `first_lines` maps a continuation line to the first line
    of its statement, `functions` names the regions, and `reasons` says of missing and partial lines why they are, where
    that is known.
    """

    path: PurePosixPath
    statements: frozenset[int]
    missing: frozenset[int]
    excluded: frozenset[int] = frozenset()
    branches: Mapping[int, Branch] = field(default_factory=dict)
    first_lines: Mapping[int, int] = field(default_factory=dict)
    functions: tuple[Function, ...] = ()
    reasons: Mapping[int, Reason] = field(default_factory=dict)

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


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The measurement of a whole project at one state of its sources.

    Its sum is kept: it is asked for again and again.
    """

    files: Mapping[PurePosixPath, FileCoverage]
    has_branches: bool
    """Whether branches were measured (not: whether there are any)."""

    @cached_property
    def total(self) -> Tally:
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

    def without_branches(self) -> Coverage:
        """The measurement as it is when branches are not measured."""
        return Coverage(files={path: replace(f, branches={}) for path, f in self.files.items()}, has_branches=False)


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
    kind: UnknownKind = UnknownKind.OTHER
    names: tuple[str, ...] = ()
    """What the kind is about; see `Unavailable`."""


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
    otherwise: Tally | None = None
    """The whole as it is counted by another [report] section of coverage's configuration, where that was asked for."""
    suite: SuiteRun | None = None
    """The run it came from; None when an earlier job made the data."""
    notes: tuple[str, ...] = ()
    """What the reader should know about the measurement, one sentence each."""


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


PYTHON_SUFFIXES = frozenset({".py", ".pyw"})
