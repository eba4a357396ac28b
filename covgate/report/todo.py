"""What to do next: the places and files of the change with work left, the largest first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from covgate.host import Links
from covgate.model import MOST_CHOSEN, DiffFile, FolderGap, Place, Span, Steps
from covgate.report.facts import Facts
from covgate.report.why import why_text
from covgate.report.words import plural, short_path, span_text

TODO_LIMIT = MOST_CHOSEN
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
    promises: bool = True
    """Covering the rows passes every failing rule; else they are what is uncovered, and no more is known."""


def next_steps(facts: Facts, files: Sequence[DiffFile]) -> NextSteps:
    """Word the places that are enough, where that could be known; else the largest ones of the change."""
    steps = facts.steps
    if steps is None:
        listed = list_todos(files, facts.links)
        title, many = "Still uncovered in this change", f" (the {TODO_LIMIT} largest of {len(listed):,} places)"
        title += many if len(listed) > TODO_LIMIT else ""
        return NextSteps(
            title=title,
            rows=listed[:TODO_LIMIT],
            among=len(listed),
            everything=len(listed) <= TODO_LIMIT,
            promises=False,
        )
    if not steps.chosen:
        folders = tuple(map(_folder, steps.folders))
        return NextSteps(title=_needed(steps), rows=(), folders=folders, among=0, everything=False)
    rows = tuple(_step(steps, at, facts) for at in range(len(steps.chosen)))
    named = {(spot.path, spot.place.span) for spot in steps.chosen}
    everything = all((file.path, place.span) in named for file in files for place in file.places)
    return NextSteps(title=_enough(steps), rows=rows, among=len(rows), everything=everything)


def _enough(steps: Steps) -> str:
    if steps.count == 1:
        return "Covering this is enough"
    if steps.least < steps.count:
        # Whether fewer would do took too long to find out.
        return f"At most these {steps.count} have to be covered"
    return f"Covering these {steps.count} is enough"


def _needed(steps: Steps) -> str:
    most = f" and at most {steps.count:,}" if steps.least < steps.count and steps.among else ""
    among = f" of {steps.among:,}" if steps.among else ""
    return f"That takes at least {steps.least:,}{most}{among} {'functions' if steps.functions else 'places'}. " + _MOST


_MOST = "Most is missing in"


def _folder(folder: FolderGap) -> FolderLeft:
    noun = plural(folder.lines + folder.branches, "line")
    if folder.branches:
        noun = f"{folder.lines + folder.branches:,} lines and branches"
    return FolderLeft(shown=short_path(folder.path), size=f"{noun} in {plural(folder.files, 'file')}")


def _step(steps: Steps, at: int, facts: Facts) -> Todo:
    """Word one of the places that are enough; of the last one a part may be."""
    spot = steps.chosen[at]
    inside = any(file.path == spot.path for file in facts.known_diff.files)
    url = (facts.links.to if inside else facts.links.to_measured)(spot.path, spot.place.span)
    todo = _todo(spot.path, spot.place, url, _where_it_ran(facts))
    if not steps.part or at < len(steps.chosen) - 1:
        return todo
    place = spot.place
    branches = plural(place.branches.missing, "branch", "branches")
    whole = plural(place.statements, "line") if place.statements else branches
    return replace(todo, enough=f"any {steps.part:,} of these {whole} {'is' if steps.part == 1 else 'are'} enough")


def _where_it_ran(facts: Facts) -> str:
    """Name the branch of the baseline, as people know it."""
    ref = facts.base.ref.removeprefix("origin/") if facts.base else ""
    is_name = re.fullmatch(r"[A-Za-z][\w./-]{0,59}", ref, re.ASCII) and not re.fullmatch("[0-9a-f]{40,64}", ref)
    return ref if is_name else ""


def list_todos(files: Iterable[DiffFile], links: Links) -> tuple[Todo, ...]:
    """Return every place with work left, the largest first."""
    found = [(file, place) for file in files for place in file.places]
    found.sort(key=lambda one: (-one[1].size, str(one[0].path), one[1].span.start))
    return tuple(_todo(file.path, place, links.to(file.path, place.span)) for file, place in found)


def _todo(path: PurePosixPath, place: Place, url: str | None, branch: str = "") -> Todo:
    return Todo(
        path=path,
        shown=short_path(path),
        span=place.span,
        lines=span_text(place.span),
        function=place.function,
        why=why_text(place.reasons, branch),
        size=_size_text(place),
        enough="",
        url=url,
    )


def _size_text(place: Place) -> str:
    """Print how much is missing. Its lines are named again where not each of them is a missing statement."""
    branches, lines = place.branches.missing, place.span.end - place.span.start + 1
    if not place.statements:
        return f"{branches} of {plural(place.branches.total, 'branch', 'branches')} never taken"
    # A line of which a branch was taken is no missing one, and counted among the branches.
    differs = lines > place.statements + place.branches.covered
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
