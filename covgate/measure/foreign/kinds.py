"""The kinds of data, and what the readers of all of them share."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from covgate.errors import MeasureError

MAX_REPORT_BYTES = 256 * 1024 * 1024
"""A Cobertura report of 400,000 lines is about 12 MiB; what is far above that is not a report."""

MAX_LINE = 1_000_000
"""A line number beyond it is an error: the longest generated Python files have some hundred thousand lines, and every
line up to the last takes room in memory and in a record."""


class DataKind(Enum):
    """What a file given as coverage data is, told by its first bytes."""

    DATA_FILE = "a coverage data file"
    COBERTURA = "a Cobertura report"
    LCOV = "an LCOV report"


@dataclass(slots=True, kw_only=True)
class ReportedFile:
    """One file of a report. `names` are the places it may lie at, best first, in the writer's own terms.

    `lines` maps a line to whether it was executed; `branches` a line to {exit: taken}.
    """

    names: tuple[str, ...]
    counted: bool = False
    """Cobertura counts the exits that were taken, and names only those that were not. LCOV names all."""
    lines: dict[int, bool] = field(default_factory=dict)
    branches: dict[int, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))

    def merge(self, other: ReportedFile) -> None:
        """Add another report of the same file: what either executed was executed."""
        for line, executed in other.lines.items():
            self.add_line(line, executed=executed)
        for line, exits in other.branches.items():
            self.add_exits(line, exits)

    def add_line(self, line: int, *, executed: bool) -> None:
        """Add what is said of a line: it was executed if it is said once."""
        self.lines[line] = self.lines.get(line, False) or executed

    def add_exits(self, line: int, exits: dict[str, bool]) -> None:
        """Add what is said of the exits of a line: one was taken if it is said once."""
        known = self.branches[line]
        if not self.counted:
            self.branches[line] = {name: known.get(name, False) or exits.get(name, False) for name in known | exits}
        else:
            self.branches[line] = _unite_counted(known, exits) if known else exits


_TAKEN, _MISSING = "+", "-"
"""How the made-up names of exits begin that Cobertura only counts. Its own are line numbers and `exit`."""


def _unite_counted(one: dict[str, bool], other: dict[str, bool]) -> dict[str, bool]:
    """Unite exits as Cobertura tells of them: an exit that one side misses, and the other does not, was taken there.

    `1/2, missing 5` and `1/2, missing exit` are 2 of 2. Where the missing ones have no names, or the numbers do not fit
    each other, the side that took more counts: whether the other took another exit is not known.
    """
    more = max((one, other), key=lambda exits: (len(exits), sum(exits.values())))
    if len(one) != len(other) or any(name.startswith(_MISSING) for name in one | other):
        return more
    united = {name: one.get(name, True) or other.get(name, True) for name in one | other if name[0] != _TAKEN}
    unnamed = len(one) - len(united)
    return more if unnamed < 0 else united | {f"{_TAKEN}{number}": True for number in range(unnamed)}


def counted_exits(taken: int, total: int, missing: str) -> dict[str, bool]:
    """Return the exits of a line in Cobertura's terms; `missing` is `missing-branches`, such as `5,exit`."""
    names = [name for word in missing.split(",") if (name := word.strip())]
    if len(names) != total - taken or not all(re.fullmatch(r"exit|\d{1,9}", name) for name in names):
        names = [f"{_MISSING}{number}" for number in range(total - taken)]
    # Two exits may have one name: both leave the code they are in.
    unlike = {f"{name}/{number}" if name in names[:number] else name: False for number, name in enumerate(names)}
    return unlike | {f"{_TAKEN}{number}": True for number in range(taken)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one report file."""

    files: tuple[ReportedFile, ...]
    has_branches: bool


def detect_kind(path: Path) -> DataKind:
    """Tell what a file is by its content. Raises MeasureError for anything covgate does not read."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as exc:
        raise MeasureError(
            f"{path} cannot be read: {exc.strerror or exc}",
            hint="see that the user covgate runs as may read it",
            slug="unreadable-data",
        ) from None
    if start.startswith(b"SQLite format 3\0"):
        return DataKind.DATA_FILE
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return DataKind.COBERTURA
    if re.match(rb"(TN|SF):", text):
        return DataKind.LCOV
    raise MeasureError(
        f"{path} is {'empty' if not start else 'neither coverage data nor a Cobertura or LCOV report'}",
        hint="give the files `coverage run`, `coverage xml` or `coverage lcov` wrote; make a damaged file again",
        slug="unreadable-data",
    )


def bad_report(path: Path, what: str) -> MeasureError:
    """Return the error for a report that cannot be read; `what` is said of the file."""
    return MeasureError(f"{path} {what}", hint="make the report again with coverage", slug="unreadable-data")


def require_line(line: int, name: str, path: Path, row: int) -> None:
    """Raise MeasureError for a line that file `name` cannot have; `row` is where the report says so."""
    if line > MAX_LINE:
        raise bad_report(path, f"names line {line} of {name[:200]}, more than covgate believes of a file (line {row})")


def add_lines_without_counts(file: ReportedFile, functions: Mapping[str, tuple[int, bool]]) -> None:
    """Add the lines that have exits, or the head of a function, and no count of their own, as Istanbul's reports do.

    coverage.py's have a count for each of them.
    """
    heads = {line: executed for line, executed in functions.values() if line not in file.lines}
    exits = {line: any(taken.values()) for line, taken in file.branches.items() if line not in file.lines}
    for line, executed in (heads | exits).items():
        if line:
            file.add_line(line, executed=executed)
