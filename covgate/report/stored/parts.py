"""The smallest parts of a stored result: a path, a line, a number, a reason, each as covgate would have written it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.model import NOTHING_RECORDED, Sha, Span, Unavailable, UnknownKind, parse_sha
from covgate.report.result_json import NOTHING

_LONGEST_PATH = 4096
_LONGEST_FILE = 10**7
"""Lines of one file."""

ELSEWHERE = "the summary of the run says why"
"""In the place of a reason: reasons hold names and messages from the repository."""

COMPONENT = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
"""The name of a component."""

_PATTERN = r"[\w./*?-]{1,60}"
PATTERNS = rf"{_PATTERN}(?:, {_PATTERN}){{0,9}}"
"""Globs and names with commas between them: too little for a sentence."""


def own_reason(text: str) -> Unavailable:
    """Return a reason of covgate's own that holds no word of the repository's; for any other, where it stands.

    Its kind follows from its words: what a stranger stores names none.
    """
    if text == NOTHING:
        return Unavailable(reason=text)
    if text == NOTHING_RECORDED.reason or _NO_ANCESTOR.fullmatch(text):
        return Unavailable(reason=text, kind=UnknownKind.NO_RECORD)
    if _PART.fullmatch(text):
        return Unavailable(reason=text, kind=UnknownKind.PART_OF_SUITE)
    return Unavailable(reason=ELSEWHERE, kind=UnknownKind.TOLD_ELSEWHERE)


_NO_ANCESTOR = re.compile(
    r"(?:the one recorded commit is no|none of [\d,]{1,11} recorded commits is an) ancestor of [0-9a-f]{12}: "
    r"was the branch force-pushed, or recorded from another one\?",
    re.ASCII,
)

_PART = re.compile(r"only [\d,]{1,11} of the [\d,]{1,11} tests of (?:[\w./-]{1,100}|the baseline) ran", re.ASCII)
"""A branch has a name without blanks: too little for a sentence."""


def read_path(text: str) -> PurePosixPath:
    """Return a path inside the repository; ValueError for any other."""
    path = PurePosixPath(text)
    if not text or len(text) > _LONGEST_PATH or "\0" in text or str(path) != text:
        raise ValueError("it has a path that is none")
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("it has a path that leads out of the repository")
    return path


def read_line(line: int) -> int:
    """Return a line number; ValueError for one no file has."""
    if not 1 <= line <= _LONGEST_FILE:
        raise ValueError("it has a line that no file has")
    return line


def read_spans(pairs: Iterable[tuple[int, int]]) -> tuple[Span, ...]:
    """Return ranges of lines, 1-based, both ends included; ValueError for what is none."""
    found = []
    for start, end in pairs:
        if start > end:
            raise ValueError("it has lines that end before they begin")
        found.append(Span(start=read_line(start), end=read_line(end)))
    return tuple(found)


def read_sha(text: str) -> Sha:
    """Return a commit id; ValueError for any other text, which is not quoted."""
    try:
        return parse_sha(text)
    except ValueError:
        raise ValueError("it has a commit id that is none") from None


def read_date(text: str) -> datetime:
    """Return a time; ValueError for any other text, which is not quoted."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("it has a date that is none") from None


def read_decimal(text: str) -> Decimal:
    """Return a decimal number of a sensible length; ValueError for any other text."""
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,30})?", text, re.ASCII):
        raise ValueError("it has a number that is none")
    return Decimal(text)


def read_fraction(text: str) -> Fraction:
    """Return a fraction such as `31/100`; ValueError for any other text."""
    if not re.fullmatch(r"-?\d{1,80}/\d{1,80}", text, re.ASCII) or not int(text.partition("/")[2]):
        raise ValueError("it has a fraction that is none")
    return Fraction(text)
