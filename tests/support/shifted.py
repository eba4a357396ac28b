"""Two states of a project and the diff between them, in a line or two of text.

    read_shifts('''
        app/core.py -3 -10-12 +7
        app/old.py > app/new.py
        app/gone.py deleted
    ''')

Of the file `app/core.py` the old lines 3 and 10 to 12 are gone, and line 7 of the new side is new. `>` is a rename.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from textwrap import dedent

from covgate.history.line_states import record_lines
from covgate.model.change import FileShift, Move, Shifts
from covgate.model.commit import Sha
from covgate.model.coverage import Coverage
from covgate.model.history import Flap, LineRecord
from tests.support.coverage_text import read_files

LONGEST = 2000
"""No file of these tests has more lines."""

OLD = Sha("a" * 40)


def made_shift(path: PurePosixPath | None, lines: Mapping[int, int]) -> FileShift:
    """Return the shift that keeps the old lines of `lines`, and no other."""
    moves: list[Move] = []
    for old, new in sorted(lines.items()):
        last = moves[-1] if moves else None
        length = 1
        if last and last.length and (last.old + last.length, last.new + last.length) == (old, new):
            length += moves.pop().length or 0
        moves.append(Move(old=old - length + 1, new=new - length + 1, length=length))
    return FileShift(path=path, moves=tuple(moves))


def shift_lines(path: PurePosixPath, gone: frozenset[int], new: frozenset[int]) -> FileShift:
    """Return the shift that removes the old lines `gone` and adds the lines `new` of the new side."""
    kept = (line for line in range(1, LONGEST) if line not in gone)
    there = (line for line in range(1, LONGEST) if line not in new)
    return made_shift(path, dict(zip(kept, there, strict=False)))


def read_shifts(text: str) -> Shifts:
    """Return the diff that `text` describes."""
    files = {}
    for line in dedent(text).strip().splitlines():
        match = re.fullmatch(r"(\S+)(?: > (\S+))?( deleted)?((?: [-+]\d+(?:-\d+)?)*)", line.strip())
        assert match, f"cannot read {line!r}"
        old = PurePosixPath(match[1])
        lines: dict[str, set[int]] = {"-": set(), "+": set()}
        for sign, start, end in re.findall(r"([-+])(\d+)(?:-(\d+))?", match[4]):
            lines[sign] |= set(range(int(start), int(end or start) + 1))
        shift = shift_lines(PurePosixPath(match[2] or old), frozenset(lines["-"]), frozenset(lines["+"]))
        files[old] = made_shift(None, {}) if match[3] else shift
    return Shifts(files=files)


def read_coverage(text: str) -> Coverage:
    """Return the measurement that `text` describes, measured with branches."""
    _, measurement = read_files(text)
    assert isinstance(measurement.coverage, Coverage)
    return Coverage(files=measurement.coverage.files, has_branches=True)


def digests_of(coverage: Coverage, edited: str = "") -> dict[PurePosixPath, str]:
    """Return a blob id for each file: the same as ever but for the `edited` ones, separated by blanks."""
    changed = {PurePosixPath(name) for name in edited.split()}
    return {path: ("e" if path in changed else "d") * 40 for path in coverage.files}


def record_of(text: str, flaps: tuple[Flap, ...] = (), sha: Sha = OLD) -> LineRecord:
    """Return the record of the measurement that `text` describes."""
    coverage = read_coverage(text)
    return replace(record_lines(sha, coverage, digests_of(coverage)), flaps=flaps)
