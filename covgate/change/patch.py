"""diff-cover, with each known fault of its parsing overridden here; its words (src_path, violations) stop here too."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from diff_cover.diff_reporter import GitDiffError, GitDiffReporter
from diff_cover.git_diff import GitDiffTool

from covgate.errors import GitError
from covgate.model import Hunk


class PatchText(GitDiffTool):  # type: ignore[misc]  # diff-cover is untyped
    """diff-cover's git, already answered: the patch was made with covgate's flags, between two commit ids."""

    def __init__(self, patch: str) -> None:
        super().__init__(range_notation="..", ignore_whitespace=False)
        self._patch = patch

    def diff_committed(self, compare_branch: str = "") -> str:
        """Return the patch, whatever branch is named."""
        del compare_branch
        return self._patch


class ExactReporter(GitDiffReporter):  # type: ignore[misc]  # diff-cover is untyped
    """diff-cover's reporter, with its parsing of names and hunks made exact.

    As of diff-cover 11.0.1 the original takes the name from the `diff --git` line (wrong for ` b/` inside a name),
    strips white space and turns a backslash into a slash, counts the marker of a missing last line end as a line, and
    sees a header in an added line that looks like one. A hunk says how many lines it has: exactly these are read.
    """

    def __init__(self, patch: str) -> None:
        super().__init__(git_diff=PatchText(patch), ignore_staged=True, ignore_unstaged=True)

    def changed(self) -> dict[str, list[int]]:
        """Return the added and modified lines of each file, in order."""
        sections = self._parse_diff_str(self._get_included_diff_results()[0])
        return {path: self._unique_ordered_lines(added) for path, (added, _) in sections.items()}

    def _parse_source_sections(self, diff_str: str) -> dict[str, list[str]]:
        return _sections(diff_str)

    def _parse_lines(self, diff_lines: list[str]) -> tuple[list[int], list[int]]:
        added: list[int] = []
        deleted: list[int] = []
        new = old = 0
        for line in diff_lines:
            if line.startswith("+"):
                added.append(new)
                new += 1
            elif line.startswith("-"):
                deleted.append(old)
                old += 1
            elif hunk := _HUNK.match(line):
                old, new = int(hunk["old"]), int(hunk["new"])
        return added, deleted


def parse_patch(patch: str) -> dict[PurePosixPath, frozenset[int]]:
    """Return the added and modified lines, 1-based, of each file of a patch made with `--unified=0`.

    Raises GitError when the patch is not one git would write.
    """
    try:
        changed = ExactReporter(patch).changed()
    except GitDiffError as exc:
        raise _unreadable(exc) from None
    return {PurePosixPath(path): frozenset(lines) for path, lines in changed.items()}


def parse_hunks(patch: str) -> dict[PurePosixPath, tuple[Hunk, ...]]:
    """Return the hunks, in order, of each file that a patch made with `--unified=0` leaves, by the file's new name.

    Raises GitError when the patch is not one git would write.
    """
    try:
        sections = _sections(patch)
    except GitDiffError as exc:
        raise _unreadable(exc) from None
    return {
        PurePosixPath(name): tuple(_hunk(found) for line in lines if (found := _HUNK.match(line)))
        for name, lines in sections.items()
    }


def _hunk(found: re.Match[str]) -> Hunk:
    return Hunk(
        old=int(found["old"]), removed=_count(found["olds"]), new=int(found["new"]), added=_count(found["news"])
    )


def _count(text: str | None) -> int:
    """Read the number of lines of a hunk's side: git leaves out a 1."""
    return 1 if text is None else int(text)


def _unreadable(problem: GitDiffError) -> GitError:
    return GitError(f"the diff could not be read: {problem}", hint="report this with the diff", slug="git-failed")


_HUNK = re.compile(r"@@ -(?P<old>\d+)(?:,(?P<olds>\d+))? \+(?P<new>\d+)(?:,(?P<news>\d+))? @@")


def _sections(patch: str) -> dict[str, list[str]]:
    """Split a patch into {path of the new side: its hunks' lines}; sections without a new side are dropped."""
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    remaining_old = remaining_new = 0
    for line in patch.split("\n"):
        if remaining_old or remaining_new:
            if line[:1] not in {"+", "-", "\\"}:
                msg = f"a hunk without context holds the line {line[:60]!r}"
                raise GitDiffError(msg)
            remaining_new -= line.startswith("+")
            remaining_old -= line.startswith("-")
            if current is not None and not line.startswith("\\"):
                current.append(line)
        elif line.startswith("diff --git "):
            current = None
        elif line.startswith("+++ "):
            name = _new_name(line[len("+++ ") :])
            current = sections.setdefault(name, []) if name is not None else None
        elif hunk := _HUNK.match(line):
            remaining_old = _count(hunk["olds"])
            remaining_new = _count(hunk["news"])
            if current is not None:
                current.append(line)
    return sections


def _new_name(text: str) -> str | None:
    """Read the name of a `+++` line: plain, or quoted as C strings are; git puts a tab after one that holds spaces."""
    plain = text.removesuffix("\t")
    name = _unquote(plain[1:-1]) if plain.startswith('"') else plain
    return None if name == "/dev/null" else name.removeprefix("b/")


_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


def _unquote(text: str) -> str:
    """Undo git's quoting of a path: octal bytes and the escapes of C."""

    def byte(match: re.Match[bytes]) -> bytes:
        escape = match[1].decode("ascii")
        return bytes([int(escape, 8) if escape.isdecimal() else _ESCAPES[escape]])

    raw = text.encode("utf-8", "surrogateescape")
    return re.sub(rb'\\([0-7]{3}|[abtnvfr"\\])', byte, raw).decode("utf-8", "surrogateescape")
