"""What to do next: the places and files of the change with work left, the largest first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.host import Links
from covgate.model import MIN_DIFF, DiffFile, Gap, Place, Status, figures
from covgate.report.bands import Band
from covgate.report.facts import Facts
from covgate.report.words import plural, short_path, span_text, work_left

TODO_LIMIT = 5
"""How many places the list of next steps names."""

NOT_LOADED = "no test loads this file"
"""Of a file that was measured without having been executed: all of it counts as uncovered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """One place to cover next."""

    path: PurePosixPath
    shown: str
    lines: str
    function: str
    what: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A changed file with work left."""

    path: PurePosixPath
    shown: str
    url: str | None
    band: Band
    value: str
    left: str
    note: str


def todo_title(facts: Facts, places: int) -> str:
    """Return the heading of the list of next steps; `places` is how many there are."""
    failing = any(c.rule == MIN_DIFF and c.status is Status.FAIL for c in facts.verdict.checks)
    title = "To reach green" if failing else "Still uncovered in this change"
    return title if places <= TODO_LIMIT else f"{title} (the {TODO_LIMIT} largest of {places} places)"


def list_todos(files: Iterable[DiffFile], links: Links) -> tuple[Todo, ...]:
    """Return every place with work left, the largest first."""
    found = [(file, place) for file in files for place in file.places]
    found.sort(key=lambda one: (-_size(one[1]), str(one[0].path), one[1].span.start))
    return tuple(_todo(file, place, links) for file, place in found)


def _size(place: Place) -> int:
    """Count what is missing: statements with their branches, or the branches never taken."""
    return place.statements + (place.branches.total if place.statements else place.branches.missing)


def _todo(file: DiffFile, place: Place, links: Links) -> Todo:
    branches = place.branches
    if place.statements:
        what = plural(place.statements, "line")
        what += f", {plural(branches.total, 'branch', 'branches')}" if branches.total else ""
        what += f" ({NOT_LOADED})" if file.gap else ""
    else:
        what = f"{branches.missing} of {plural(branches.total, 'branch', 'branches')} never taken"
    return Todo(
        path=file.path,
        shown=short_path(file.path),
        lines=span_text(place.span),
        function=place.function,
        what=what,
        url=links.to(file.path, place.span),
    )


def file_row(file: DiffFile, facts: Facts) -> FileRow:
    """Word one file of the table of files."""
    return FileRow(
        path=file.path,
        shown=short_path(file.path),
        url=facts.links.to(file.path),
        band=facts.bands.of(file.tally),
        value=figures.show_cut(file.tally.percent),
        left=work_left(file),
        note=NOT_LOADED if file.gap else "",
    )


def undecided_files(facts: Facts) -> tuple[str, ...]:
    """Say, above everything else, which files count as uncovered although nothing names them; nothing for none."""
    names = [short_path(file.path) for file in facts.known_diff.files if file.gap is Gap.UNDECIDED]
    if not names:
        return ()
    it = "it" if len(names) == 1 else "they"
    listed = " ".join(filter(None, (", ".join(names[:NAMES]), _and_more(names))))
    what = "set `source` in the coverage configuration, or leave it out with `omit`"
    return (f"Not measured, and nothing says whether {it} should be: {listed} ({what})",)


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
