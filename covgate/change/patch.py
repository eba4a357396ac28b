"""Reading git's patch: the hunks of each file, by its new name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.errors import GitError


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines `old` to `old + removed - 1` gave way to lines `new` to `new + added - 1`; 1-based.

    Where a side has no lines, its number is that of the line before.
    """

    old: int
    removed: int
    new: int
    added: int

    @property
    def new_lines(self) -> range:
        """The numbers of the lines that were added or modified."""
        return range(self.new, self.new + self.added)


def parse_patch(patch: str) -> dict[PurePosixPath, tuple[Hunk, ...]]:
    """Return the hunks, in order, of each file that a patch made with `--unified=0` leaves, by the file's new name.

    A hunk says how many lines it has, and exactly these are passed over: an added line may read `+++ b/other.py` or
    `@@ -1 +1 @@`. Raises GitError when the patch is not one git would write.
    """
    files: dict[PurePosixPath, list[Hunk]] = {}
    hunks: list[Hunk] = []
    removed = added = 0
    for line in patch.split("\n"):
        if removed or added:
            # `\ No newline at end of file` is a line of the patch, not of the file.
            kind = line[:1]
            if not {"+": added, "-": removed, "\\": True}.get(kind):
                raise _unreadable(f"a hunk without context holds the line {line[:60]!r}")
            removed -= kind == "-"
            added -= kind == "+"
        elif line.startswith("+++ "):
            # Of a deleted file the new side is /dev/null: its hunks are collected in a list that nobody keeps.
            name = _parse_name(line.removeprefix("+++ "))
            hunks = [] if name is None else files.setdefault(name, [])
        elif found := _HUNK.match(line):
            old, removed, new, added = (int(text) if text else 1 for text in found.groups())
            hunks.append(Hunk(old=old, removed=removed, new=new, added=added))
    if removed or added:
        raise _unreadable("it ends inside a hunk")
    return {name: tuple(found) for name, found in files.items()}


_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
"""Git leaves out a number of lines that is 1."""


def _unreadable(problem: str) -> GitError:
    return GitError(f"the diff could not be read: {problem}", hint="report this with the diff", slug="git-failed")


def _parse_name(text: str) -> PurePosixPath | None:
    """Read the name of a `+++` line: plain, or quoted as C strings are; git puts a tab after one that holds spaces."""
    plain = text.removesuffix("\t")
    name = _unquote(plain[1:-1]) if plain.startswith('"') else plain
    return None if name == "/dev/null" else PurePosixPath(name.removeprefix("b/"))


_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


def _unquote(text: str) -> str:
    """Undo git's quoting of a path: octal bytes and the escapes of C."""

    def byte(match: re.Match[bytes]) -> bytes:
        escape = match[1].decode("ascii")
        return bytes([int(escape, 8) if escape.isdecimal() else _ESCAPES[escape]])

    raw = text.encode("utf-8", "surrogateescape")
    return re.sub(rb'\\([0-7]{3}|[abtnvfr"\\])', byte, raw).decode("utf-8", "surrogateescape")
