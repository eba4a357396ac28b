"""The globs of components: which are allowed, and what each says of the files and folders it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 200
_BRACKETS = re.compile(r"\[[!^]?(?!\])-?(?:\w-\w|[\w. ])*-?\]")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Glob:
    """One glob, as `.gitignore` has them, but always anchored at the project's folder.

    `excludes` is whether it takes files out (`!`). `pattern` starts with a slash and holds no `.` and no empty part.
    """

    excludes: bool
    pattern: str

    @property
    def literal(self) -> str:
        """The path in front of the first wildcard: `backend/core` of `backend/core/**`; empty when there is none."""
        parts = self.pattern.strip("/").split("/")
        wild = next((n for n, part in enumerate(parts) if _WILD.search(part)), len(parts))
        return "/".join(parts[:wild])


def parse_glob(text: str) -> Glob:
    """Read a glob. Raises ValueError that says what is wrong with it and what to write instead."""
    excludes = text.lstrip().startswith("!")
    path = text.strip().removeprefix("!").strip()
    if not path:
        raise ValueError("a glob is not empty; the whole project is `**`")
    if len(path) > _LONGEST:
        raise ValueError(f"a glob has at most {_LONGEST} characters")
    if not path.isprintable():
        raise ValueError("a glob holds no line ends or control characters")
    if re.match(r"[A-Za-z]:", path):
        raise ValueError("a glob starts at the project's folder, not at a drive")
    if "\\" in path:
        raise ValueError("folders are parted by `/`, not by a backslash")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise ValueError("a glob stays inside the project's folder: it holds no `..`")
    if problem := _wrong_brackets(path):
        raise ValueError(problem)
    inside = "/" if parts and path.endswith("/") else ""
    return Glob(excludes=excludes, pattern=f"/{'/'.join(parts) or '**'}{inside}")


def _wrong_brackets(path: str) -> str:
    """Say what is wrong with `[a-z]` in a glob, or return an empty text.

    Only plain ones are let through: what Python's regular expressions see in the others differs from what git does.
    """
    found = _BRACKETS.findall(path)
    ranges = [pair for brackets in found for pair in re.findall(r"(\w)-(\w)", brackets)]
    if re.search(r"[\[\]]", _BRACKETS.sub("", path)):
        return "`[` and `]` hold letters, digits, `.`, `_`, `-` or a range such as `a-z`"
    backwards = next((f"{first}-{last}" for first, last in ranges if first > last), None)
    return f"the range `{backwards}` runs backwards" if backwards else ""
