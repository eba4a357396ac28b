"""Measured files in a line or two of text: what each line is, instead of pages of sets.

    files = read_files('''
        app/core.py
            1
            + 2
            + 12 missing
            + 13 partial 1/2
            14 excluded
            + 15 of 13
        def run 10-20
    ''')

Under a file's name stands one line for each line of source that matters. A number alone is an executed statement;
`missing`, `excluded` and `partial` are coverage.py's words. `partial T/N` says how many of N exits were taken (1/2
when left out), `missing 0/N` gives a statement that never ran its exits, and `covered T/N` one that did. `of N` is
a continuation line of the statement that begins on line N, `text` a line of no statement. `+` marks a changed line,
and `a-b` stands for each line from a to b. `def NAME a-b` is a function (`from N`: its body begins there), and `why
a-b KIND N` the reason of these lines, which line N decides. A word after the file's name says what the measurement
knows of it: `omitted`, `unmeasured`, `undecided`, `unparsable` or `absent`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from textwrap import dedent

from covgate.model.change import ChangedFile, ChangedLines
from covgate.model.coverage import (
    Branch,
    Coverage,
    FileCoverage,
    Function,
    Gap,
    Measurement,
    Reason,
    ReasonKind,
    Span,
    UnmeasuredFile,
)

_LINE = re.compile(
    r"(?P<added>\+ ?)?(?P<start>\d+)(?:-(?P<end>\d+))?"
    r"(?: (?P<what>missing|partial|excluded|covered|text|of (?P<first>\d+)))?(?: (?P<taken>\d+)/(?P<total>\d+))?"
)
_DEF = re.compile(r"def (?P<name>\S+) (?P<start>\d+)-(?P<end>\d+)(?: from (?P<body>\d+))?")
_WHY = re.compile(r"why (?P<start>\d+)-(?P<end>\d+) (?P<kind>\S+) (?P<line>\d+)")
_FILE = re.compile(r"(?P<path>.+?)(?: \((?P<state>omitted|unmeasured|undecided|unparsable|absent)\))?")


@dataclass(slots=True)
class _File:
    path: PurePosixPath
    state: str | None
    changed: set[int] = field(default_factory=set)
    statements: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)
    excluded: set[int] = field(default_factory=set)
    branches: dict[int, Branch] = field(default_factory=dict)
    first_lines: dict[int, int] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    reasons: dict[int, Reason] = field(default_factory=dict)

    def coverage(self) -> FileCoverage:
        return FileCoverage(
            path=self.path,
            statements=frozenset(self.statements),
            missing=frozenset(self.missing),
            excluded=frozenset(self.excluded),
            branches=self.branches,
            first_lines=self.first_lines,
            functions=tuple(self.functions),
            reasons=self.reasons,
        )


def read_files(text: str) -> tuple[ChangedLines, Measurement]:
    """Return the change and the measurement that `text` describes."""
    files = list(_files(text))
    measured = {file.path: file.coverage() for file in files if file.state is None}
    unmeasured = {
        file.path: UnmeasuredFile(
            gap=Gap(file.state),
            file=file.coverage() if file.state in {Gap.UNMEASURED, Gap.UNDECIDED} else None,
            why="invalid syntax at line 1" if file.state == Gap.UNPARSABLE else "",
            rule="omit = gen/*" if file.state == Gap.OMITTED else "",
            where="pyproject.toml line 12" if file.state == Gap.OMITTED else "",
        )
        for file in files
        if file.state not in {None, "absent"}
    }
    changed = {file.path: ChangedFile(path=file.path, lines=frozenset(file.changed)) for file in files}
    has_branches = any(file.branches for file in files)
    coverage = Coverage(files=measured, has_branches=has_branches)
    digests = {path: f"the text of {path}" for path in changed}
    return (
        ChangedLines(files={path: file for path, file in changed.items() if file.lines}, digests=digests),
        Measurement(coverage=coverage, unmeasured=unmeasured, digests=digests),
    )


def read_file(text: str) -> FileCoverage:
    """Return the measured file that the lines of `text` describe."""
    _, measurement = read_files("m.py\n" + "\n".join(f"    {line}" for line in dedent(text).strip().splitlines()))
    assert isinstance(measurement.coverage, Coverage)
    return measurement.coverage.files[PurePosixPath("m.py")]


def _files(text: str) -> Iterator[_File]:
    current: _File | None = None
    for line in dedent(text).strip("\n").splitlines():
        if not line.strip():
            continue
        if not line.startswith(" "):
            if current is not None:
                yield current
            match = _match(_FILE, line)
            current = _File(PurePosixPath(match["path"]), match["state"])
        else:
            assert current is not None, "a line before the first file's name"
            _read_line(current, line.strip())
    if current is not None:
        yield current


def _read_line(file: _File, line: str) -> None:
    if line.startswith("def "):
        match = _match(_DEF, line)
        span, body = Span(start=int(match["start"]), end=int(match["end"])), int(match["body"] or 0)
        file.functions.append(Function(name=match["name"], span=span, body=body))
        return
    if line.startswith("why "):
        match = _match(_WHY, line)
        reason = Reason(kind=ReasonKind(match["kind"]), line=int(match["line"]))
        file.reasons |= dict.fromkeys(range(int(match["start"]), int(match["end"]) + 1), reason)
        return
    match = _match(_LINE, line)
    for number in range(int(match["start"]), int(match["end"] or match["start"]) + 1):
        _add(file, number, match)


def _add(file: _File, number: int, match: re.Match[str]) -> None:
    what = match["what"] or "covered"
    if match["added"]:
        file.changed.add(number)
    if match["first"]:
        file.first_lines[number] = int(match["first"])
    elif what == "excluded":
        file.excluded.add(number)
    elif what != "text":
        file.statements.add(number)
        if what == "missing":
            file.missing.add(number)
        if match["total"]:
            file.branches[number] = Branch(total=int(match["total"]), taken=int(match["taken"]))
        elif what == "partial":
            file.branches[number] = Branch(total=2, taken=1)


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    match = pattern.fullmatch(line)
    assert match, f"cannot read {line!r}"
    return match
