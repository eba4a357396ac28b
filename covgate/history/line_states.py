"""The state of a line as one character, so that files are compared as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isqrt
from pathlib import PurePosixPath

from covgate.model import Counts, Coverage, FileCoverage, FileLines, LineRecord, Sha, Tally

NO_STATEMENT = " "

MOST_EXITS = 1000
"""A line with more exits is recorded with this many: there has to be a character for each way to take them."""

_FIRST = 0x21
_SURROGATES = range(0xD800, 0xE000)
"""Code points that are no characters; the states leave them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """What was known of one statement: whether it ran, how many exits its line has (0: not several), how many ran."""

    executed: bool
    exits: int = 0
    taken: int = 0

    @property
    def weight(self) -> int:
        """How much of it is covered: to compare two states of a line with the same number of exits."""
        return self.executed + self.taken


@lru_cache(maxsize=4096)
def character_of(state: LineState) -> str:
    """Return the state's character. Up to eight exits it is ASCII: `!` missing, `"` executed, then by exits."""
    exits = min(state.exits, MOST_EXITS)
    taken = min(state.taken, exits - (state.taken < state.exits))
    # There are 2 * (exits + 1) states with so many exits, and exits * (exits + 1) with fewer.
    code = _FIRST + exits * (exits + 1) + 2 * taken + state.executed
    return chr(code if code < _SURROGATES.start else code + len(_SURROGATES))


@lru_cache(maxsize=4096)
def state_of(character: str) -> LineState:
    """Return the state a character stands for; ValueError for one that stands for none."""
    code = ord(character)
    index = (code if code < _SURROGATES.start else code - len(_SURROGATES)) - _FIRST
    exits = (isqrt(4 * index + 1) - 1) // 2 if index >= 0 and code not in _SURROGATES else -1
    if not 0 <= exits <= MOST_EXITS:
        raise ValueError(f"no state of a line: {character!r}")
    taken, executed = divmod(index - exits * (exits + 1), 2)
    return LineState(executed=bool(executed), exits=exits, taken=taken)


EXECUTED = character_of(LineState(executed=True))
MISSING = character_of(LineState(executed=False))


def states_of(file: FileCoverage) -> str:
    """Return one character a line, from line 1 to the last statement: the states of the file's lines."""
    characters = [NO_STATEMENT] * max(file.statements, default=0)
    for line in file.statements:
        characters[line - 1] = EXECUTED
    for line in file.missing & file.statements:
        characters[line - 1] = MISSING
    for line, branch in file.branches.items():
        if line in file.statements:
            executed = line not in file.missing
            characters[line - 1] = character_of(LineState(executed=executed, exits=branch.total, taken=branch.taken))
    return "".join(characters)


def tally_of(text: str) -> Tally:
    """Return the counts of a file's states: those of `FileCoverage.tally()`."""
    executed = total = taken = exits = 0
    for character in set(text) - {NO_STATEMENT}:
        state, times = state_of(character), text.count(character)
        executed, total = executed + state.executed * times, total + times
        taken, exits = taken + state.taken * times, exits + state.exits * times
    return Tally(lines=Counts(covered=executed, total=total), branches=Counts(covered=taken, total=exits))


def without_branches(lines: LineRecord) -> LineRecord:
    """Return the line-level record as it is when branches are not measured."""
    return replace(lines, files={p: replace(f, states=_without_exits(f.states)) for p, f in lines.files.items()})


def _without_exits(states: str) -> str:
    plain = {ord(c): EXECUTED if state_of(c).executed else MISSING for c in set(states) - {NO_STATEMENT}}
    return states.translate(plain)


_DIGEST_LENGTH = 12


def record_lines(sha: Sha, coverage: Coverage, digests: Mapping[PurePosixPath, str]) -> LineRecord:
    """Return the record of a commit's measurement, without its flaps.

    `digests` are git's blob ids (their first 12 digits are kept); a file without one counts as edited, always.
    """
    files = {
        path: FileLines(digest=_digest(digests.get(path, "")), states=states_of(file))
        for path, file in sorted(coverage.files.items())
    }
    return LineRecord(sha=sha, files=files)


def _digest(blob: str) -> str:
    """The part of a blob's id that is kept; nothing of zeros, which is git's word for no blob."""
    kept = blob[:_DIGEST_LENGTH]
    return kept if kept.strip("0") else ""
