"""The values of history: what is recorded of a commit, the baseline, and how a measurement differs from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.model.commit import Sha
from covgate.model.coverage import Span
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The target that was set when a record was made: it tells when a ramp began."""

    total: Decimal
    """In percent."""
    by: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept for ever of one measured commit of the default branch: one line of history.jsonl."""

    sha: Sha
    parent: Sha | None
    """The commit's first parent, recorded or not; None for the first commit."""
    date: datetime
    """When the commit was made (its committer's date), in UTC."""
    title: str = ""
    """The first line of the commit's message."""
    total: Tally
    has_branches: bool
    """Whether branches were measured: without, percents are not comparable with those that were."""
    components: Mapping[str, Tally] = field(default_factory=dict)
    tests: int | None = None
    """How many tests ran; None when it is not known."""
    seconds: float | None = None
    """How long the tests took; None when an earlier job ran them."""
    aim: Aim | None = None

    def without_branches(self) -> Record:
        """The record as it is when branches are not measured."""
        parts = {name: Tally(lines=tally.lines) for name, tally in self.components.items()}
        return replace(self, total=Tally(lines=self.total.lines), has_branches=False, components=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the trend, in percent: a record, or an entry of an imported trending.json, which names no commit."""

    date: datetime
    total: Decimal
    components: Mapping[str, Decimal] = field(default_factory=dict)
    lines: Counts | None = None
    sha: Sha | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a ramp begins, and the target it leads to."""

    point: Point
    aim: Aim | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that was recorded, in the order of the file: oldest first, unless commits were measured late.

    `imported` are the entries taken from other tools' files, and `start` is the ramp of such a file.
    """

    records: tuple[Record, ...] = ()
    imported: tuple[Point, ...] = ()
    start: Start | None = None

    @property
    def empty(self) -> bool:
        return not self.records and not self.imported


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """The line-level record of one file.

    `digest` tells whether the file changed (the first 12 hexadecimal digits of git's blob id); empty when it is not
    known. `states` holds one character a line, from line 1; `covgate.history.line_states` says what they mean. Equal
    characters are equal states.
    """

    digest: str
    states: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flap:
    """A line that changed its state between two records although nobody had edited its file.

    Once is no flapping yet: tests that were added cover lines of files nobody edited. It is when the line goes back.
    """

    path: PurePosixPath
    line: int
    stable: int = 0
    """How many records it has kept its state since; at ten it is no flap any more."""
    flips: int = 1
    """How many times it changed its state, each time the other way than before."""
    lost: bool = False
    """Which way it went last: covered before and not since, else the other way round."""

    @property
    def flapping(self) -> bool:
        return self.flips > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecord:
    """What is kept of every line of one measured commit, for the last commits only."""

    sha: Sha
    files: Mapping[PurePosixPath, FileLines]
    flaps: tuple[Flap, ...] = ()
    tests: Mapping[str, int] = field(default_factory=dict)
    """The functions of tests that ran, `tests/test_a.py::test_b`, each with its number of cases; empty when unknown."""


class BaselineHow(StrEnum):
    """How the baseline relates to the base."""

    EXACT = "exact"
    """It is the base's own record."""
    NEAR = "near"
    """It is the record of an ancestor of the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The recorded measurement a total is compared with."""

    record: Record
    how: BaselineHow
    behind: int
    """How many commits the base has that the record's commit has not; 0 when exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndirectFile:
    """Lines of one file, outside the change, whose coverage differs from the baseline's. Lines are those of head.

    A line that is executed as before and whose branches were taken more or less often counts as gained or lost too.
    """

    path: PurePosixPath
    lost: tuple[Span, ...] = ()
    gained: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapShown:
    """A flapping line that differs from the baseline in this run."""

    path: PurePosixPath
    line: int
    """As head numbers it."""
    change: int
    """How many more of the statement and its exits are covered than in the baseline; negative: fewer."""
    flips: int = 2
    """How many times it had changed its state in the records; once is no flapping."""

    @property
    def lost(self) -> bool:
        return self.change < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A measurement held against its baseline."""

    baseline: Baseline
    delta: Fraction
    """Total at head minus the baseline's, in percentage points."""
    drop: Drop
    component_deltas: Mapping[str, Fraction] = field(default_factory=dict)
    component_drops: Mapping[str, Drop | Unavailable] = field(default_factory=dict)
    """Of the components that have statements on both sides, or of which that is not known."""
    indirect: tuple[IndirectFile, ...] = ()
    """Without the flapping lines."""
    flaps: tuple[FlapShown, ...] = ()


NOTHING_RECORDED = Unavailable(reason="nothing has been recorded yet", kind=UnknownKind.NO_RECORD)
