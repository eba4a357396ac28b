"""What to do next: the places and files of the change with work left, the largest first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.host import Links
from covgate.model import MIN_DIFF, DiffFile, Place, Span, Status, SuiteStatus, VerdictKind
from covgate.report.facts import Facts
from covgate.report.what_to_do import choose_places
from covgate.report.why import why_text
from covgate.report.words import plural, short_path, span_text

TODO_LIMIT = 5
"""How many places the list of next steps names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """One place to cover next. All but `url` is plain text: each rendering escapes for its own medium."""

    path: PurePosixPath
    shown: str
    span: Span
    lines: str
    """`12`, or `12-14`."""
    function: str
    """Empty at the top of a module."""
    why: str
    """Why it is missing: `never called`; empty where that is not known."""
    size: str
    """How much is missing: `3 lines, 2 branches`, and `4 of lines 31-35` where not every line counts."""
    enough: str
    """`any 1 of these 5 lines is enough`; empty where the whole place is meant."""
    url: str | None

    @property
    def what(self) -> str:
        """The three in one phrase."""
        said = f"{self.why} ({self.size})" if self.why else self.size
        return f"{said}, {self.enough}" if self.enough else said


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderLeft:
    """A folder in which much of the change is missing."""

    shown: str
    size: str
    """`402 lines in 98 files`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSteps:
    """The list of next steps: its heading, the rows shown under it, and how many there are `among`."""

    title: str
    """A sentence without its colon: `Covering this is enough`."""
    rows: tuple[Todo, ...]
    folders: tuple[FolderLeft, ...] = ()
    """In the place of rows: where most is missing, when more places are needed than can be named."""
    among: int
    everything: bool
    """Nothing is uncovered in the change beside the rows."""


def next_steps(facts: Facts, files: Sequence[DiffFile]) -> NextSteps:
    """Return the fewest places that are enough, where the diff's rule alone is in the way; else the largest ones.

    A list that is called enough holds every place it takes: of more than `TODO_LIMIT` it says how many that are.
    """
    listed, spots = list_todos(files, facts.links), _spots(files)
    needed = _needed(facts)
    choice = choose_places((needed,), [(place.size,) for _, place in spots]) if needed else None
    if choice is None:
        title, many = "Still uncovered in this change", f" (the {TODO_LIMIT} largest of {len(listed):,} places)"
        title += many if len(listed) > TODO_LIMIT else ""
        return NextSteps(title=title, rows=listed[:TODO_LIMIT], among=len(listed), everything=len(listed) <= TODO_LIMIT)
    count = len(choice.chosen)
    title = f"Covering {'this' if count == 1 else f'these {count}'} is enough"
    if count > TODO_LIMIT:
        title = f"That takes at least {choice.least:,} of {len(spots):,} places. Most is missing in"
    rows = tuple(_todo(*spots[at], facts.links) for at in choice.chosen[:TODO_LIMIT])
    return NextSteps(title=title, rows=rows, among=count, everything=len(rows) == len(spots))


def _needed(facts: Facts) -> int:
    """Return how much the diff's rule lacks; 0 where it passes, or where covering the change may not be enough."""
    suite, broken = facts.verdict.suite, {Status.FAIL, Status.UNAVAILABLE}
    if facts.verdict.kind is not VerdictKind.FAIL or (suite and suite.status is not SuiteStatus.PASSED):
        return 0
    checks = [check for check in facts.verdict.checks if check.status in broken]
    if len(checks) != 1 or (checks[0].rule, checks[0].component) != (MIN_DIFF, None) or checks[0].actual is None:
        return 0
    return checks[0].actual.counts.needed(checks[0].target)


def _spots(files: Iterable[DiffFile]) -> list[tuple[DiffFile, Place]]:
    return [(file, place) for file in sorted(files, key=lambda file: str(file.path)) for place in file.places]


def list_todos(files: Iterable[DiffFile], links: Links) -> tuple[Todo, ...]:
    """Return every place with work left, the largest first."""
    found = [(file, place) for file in files for place in file.places]
    found.sort(key=lambda one: (-one[1].size, str(one[0].path), one[1].span.start))
    return tuple(_todo(file, place, links) for file, place in found)


def _todo(file: DiffFile, place: Place, links: Links) -> Todo:
    return Todo(
        path=file.path,
        shown=short_path(file.path),
        span=place.span,
        lines=span_text(place.span),
        function=place.function,
        why=why_text(place.reasons),
        size=_size_text(place),
        enough="",
        url=links.to(file.path, place.span),
    )


def _size_text(place: Place) -> str:
    """Print how much is missing. Its lines are named again where not each of them is a missing statement."""
    branches, lines = place.branches.missing, place.span.end - place.span.start + 1
    if not place.statements:
        return f"{branches} of {plural(place.branches.total, 'branch', 'branches')} never taken"
    differs = place.statements != lines
    size = f"{place.statements:,} of lines {span_text(place.span)}" if differs else plural(place.statements, "line")
    return f"{size}, {plural(branches, 'branch', 'branches')}" if branches else size


NAMES = 5
"""How many names stand in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OmittedRow:
    """Changed files that one rule leaves out. Tests are counted, not named: most changes have some."""

    names: tuple[str, ...]
    others: str
    rule: str
    where: str


def omitted_rows(facts: Facts) -> tuple[OmittedRow, ...]:
    """Group the changed files nobody judges by what leaves them out, tests last."""
    groups: dict[tuple[bool, str, str], list[str]] = defaultdict(list)
    for file in facts.known_diff.omitted:
        is_test = bool(_TEST_FILE.search(str(file.path)))
        # Which of the patterns for tests it was helps nobody.
        rule = "" if is_test and file.where.startswith("a default") else file.rule
        groups[is_test, rule, file.where].append(short_path(file.path))
    return tuple(
        OmittedRow(
            names=() if is_test else tuple(names[:NAMES]),
            others=plural(len(names), "test file") if is_test else _and_more(names),
            rule=rule,
            where=where,
        )
        for (is_test, rule, where), names in sorted(groups.items(), key=lambda group: group[0][0])
    )


def _and_more(names: Sequence[str]) -> str:
    return f"and {len(names) - NAMES} more" if len(names) > NAMES else ""


_TEST_FILE = re.compile(r"(\A|/)(tests?/|test_[^/]*\Z|[^/]*_test\.py\Z|tests\.py\Z|conftest\.py\Z)")
