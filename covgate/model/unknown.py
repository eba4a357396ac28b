"""Unknown as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TypeVar

_Value = TypeVar("_Value")


class UnknownKind(StrEnum):
    """Why a value is not known, for who words it: the report has a short form and an advice for each but `OTHER`."""

    OTHER = "other"
    SYNTAX_ERROR = "syntax-error"
    """Of a changed file; it names the file and the line."""
    BROKEN_FILE = "broken-file"
    """A changed file that cannot be analysed, which it names."""
    EDITED_MEANWHILE = "edited-meanwhile"
    MEASURED_BEFORE = "measured-before"
    """The last edit of a file."""
    NO_RECORD = "no-record"
    """No recorded commit is an ancestor of the base."""
    SHALLOW_CLONE = "shallow-clone"
    HOST_SILENT = "host-silent"
    """The host did not say which commits are ancestors."""
    LINES_GONE = "lines-gone"
    """The baseline is too old for its lines to be kept."""
    COMPARING_FAILED = "comparing-failed"
    """A baseline is there, and comparing with it failed."""
    PART_OF_SUITE = "part-of-suite"
    RAMP = "ramp"
    """What a ramp requires today."""
    TOLD_ELSEWHERE = "told-elsewhere"
    """A stored report does not repeat the reason: it may hold words of a stranger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A value that could not be known, and why, in words for the person who reads the report."""

    reason: str
    hint: str = field(default="", compare=False)
    """What to change, where that is known; the report has words of its own for the rest."""
    slug: str = field(default="", compare=False)
    """The heading in docs/troubleshooting.md that explains it; empty for the report's own choice."""
    kind: UnknownKind = field(default=UnknownKind.OTHER, compare=False)
    names: tuple[str, ...] = field(default=(), compare=False)
    """What the kind is about: a file, a line."""


def broken_file(path: PurePosixPath, problem: str) -> Unavailable:
    """Return that a changed file cannot be analysed. `problem` is Python's, or coverage's, which is the same."""
    reason, line = f"the changed file {path} cannot be analysed: {problem}", _SYNTAX.search(problem)
    if line is None:
        return Unavailable(reason=reason, kind=UnknownKind.BROKEN_FILE, names=(str(path),))
    return Unavailable(reason=reason, kind=UnknownKind.SYNTAX_ERROR, names=(str(path), line[1]))


_SYNTAX = re.compile(r"syntax.*\bline (\d+)", re.DOTALL)


def known(value: _Value | Unavailable) -> _Value | None:
    """Return the value, or None when it is unavailable: for those who need no reason."""
    return None if isinstance(value, Unavailable) else value
