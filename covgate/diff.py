"""diff-cover's changed lines, each known fault of it overridden here, joined with a measurement into `DiffCoverage`.

diff-cover's words (violations, src_path) stop in this module.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from covgate.edges.git import REGULAR_FILE, Change
from covgate.errors import GitError
from covgate.model import (
    ChangedFile,
    ChangedLines,
    DiffCoverage,
    DiffFile,
    FileCoverage,
    Gap,
    Measurement,
    Sha,
    Unavailable,
    spans_of,
)

PYTHON_SUFFIXES = frozenset({".py", ".pyw"})


class DiffSource(Protocol):
    """What the changed lines need of git."""

    root: Path

    def head(self) -> Sha: ...
    def changes(self, base: Sha, head: Sha | None) -> tuple[Change, ...]: ...
    def patch(self, base: Sha, head: Sha | None, paths: Sequence[PurePosixPath]) -> str: ...
    def untracked(self) -> tuple[PurePosixPath, ...]: ...


def find_changed_lines(
    git: DiffSource, base: Sha, head: Sha | None, *, suffixes: frozenset[str] = PYTHON_SUFFIXES
) -> ChangedLines:
    """Return the lines added or modified between `base` and `head`, of files with one of `suffixes`.

    With `head` None the new side is the working tree: uncommitted edits and untracked files count, and are counted.
    Symbolic links and submodules have no lines.
    """
    changes = [
        change
        for change in git.changes(base, head)
        if change.mode.startswith(REGULAR_FILE) and change.path.suffix in suffixes
    ]
    renames = {change.path: change.old_path for change in changes if change.status == "R"}
    paths = list(dict.fromkeys(path for change in changes for path in (change.old_path, change.path)))
    lines = parse_patch(git.patch(base, head, paths)) if paths else {}
    files = {
        change.path: ChangedFile(
            path=change.path, lines=lines.get(change.path, frozenset()), old_path=renames.get(change.path)
        )
        for change in changes
    }
    if head is not None:
        return ChangedLines(files=files)
    new = {path: _whole_file(git.root, path) for path in git.untracked() if path.suffix in suffixes}
    untracked = {path: file for path, file in new.items() if file is not None}
    dirty = {change.path for change in git.changes(git.head(), None)} & set(files)
    return ChangedLines(files=files | untracked, uncommitted=len(dirty | set(untracked)))


def _whole_file(root: Path, path: PurePosixPath) -> ChangedFile | None:
    """All lines of an untracked file, counted as git counts them; None for a link, or inside an environment."""
    full = root / path
    if full.is_symlink() or not full.is_file():
        return None
    if any((root / parent / "pyvenv.cfg").exists() for parent in path.parents):
        return None
    data = full.read_bytes()
    count = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    return ChangedFile(path=path, lines=frozenset(range(1, count + 1)))


def parse_patch(text: str) -> dict[PurePosixPath, frozenset[int]]:
    """Return the added and modified lines of each file of a patch made with `--unified=0`.

    Raises GitError when the patch is not one git would write.
    """
    # diff-cover takes a tenth of a second to import, and not every command needs it.
    from diff_cover.diff_reporter import GitDiffError, GitDiffReporter  # noqa: PLC0415
    from diff_cover.git_diff import GitDiffTool  # noqa: PLC0415

    class PatchText(GitDiffTool):  # type: ignore[misc]  # diff-cover is untyped
        """diff-cover's git, already answered: the patch was made with covgate's flags, between two commit ids."""

        def __init__(self) -> None:
            super().__init__(range_notation="..", ignore_whitespace=False)

        def diff_committed(self, compare_branch: str = "") -> str:
            del compare_branch
            return text

    class ExactReporter(GitDiffReporter):  # type: ignore[misc]  # diff-cover is untyped
        """diff-cover's reporter, with its parsing of names and hunks made exact.

        As of diff-cover 11.0.1 the original takes the name from the `diff --git` line (wrong for ` b/` inside a name),
        strips white space and turns `\\` into `/`, counts the marker of a missing last line end as a line, and sees a
        header in an added line that looks like one. A hunk says how many lines it has: exactly these are read.
        """

        def _parse_source_sections(self, diff_str: str) -> dict[str, list[str]]:
            return _sections(diff_str, GitDiffError)

        def _parse_lines(self, diff_lines: list[str]) -> tuple[list[int], list[int]]:
            added: list[int] = []
            deleted: list[int] = []
            new = old = 0
            for line in diff_lines:
                if hunk := _HUNK.match(line):
                    old, new = int(hunk["old"]), int(hunk["new"])
                elif line.startswith("+"):
                    added.append(new)
                    new += 1
                elif line.startswith("-"):
                    deleted.append(old)
                    old += 1
            return added, deleted

        def changed(self) -> dict[str, list[int]]:
            sections = self._parse_diff_str(self._get_included_diff_results()[0])
            return {path: self._unique_ordered_lines(added) for path, (added, _) in sections.items()}

    reporter = ExactReporter(git_diff=PatchText(), ignore_staged=True, ignore_unstaged=True)
    try:
        changed: dict[str, list[int]] = reporter.changed()
    except GitDiffError as exc:
        raise GitError(f"the diff could not be read: {exc}", hint="report this with the diff", slug="git-failed") from None
    return {PurePosixPath(path): frozenset(lines) for path, lines in changed.items()}


_HUNK = re.compile(r"@@ -(?P<old>\d+)(?:,(?P<olds>\d+))? \+(?P<new>\d+)(?:,(?P<news>\d+))? @@")


def _sections(patch: str, error: type[Exception]) -> dict[str, list[str]]:
    """Split a patch into {path of the new side: its hunks' lines}; sections without a new side are dropped."""
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    remaining_old = remaining_new = 0
    for line in patch.split("\n"):
        if remaining_old or remaining_new:
            if line[:1] not in {"+", "-", "\\"}:
                msg = f"a hunk without context holds the line {line[:60]!r}"
                raise error(msg)
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
            remaining_old = int(hunk["olds"] if hunk["olds"] is not None else 1)
            remaining_new = int(hunk["news"] if hunk["news"] is not None else 1)
            if current is not None:
                current.append(line)
    return sections


def _new_name(text: str) -> str | None:
    """Read the name of a `+++` line: quoted as C strings are, or plain with a tab after it when it holds spaces."""
    name = _unquote(text[1:-1]) if text.startswith('"') and text.endswith('"') else text.removesuffix("\t")
    return None if name == "/dev/null" else name.removeprefix("b/")


_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


def _unquote(text: str) -> str:
    """Undo git's quoting of a path: octal bytes and the escapes of C."""

    def byte(match: re.Match[bytes]) -> bytes:
        escape = match[1].decode("ascii")
        return bytes([int(escape, 8) if escape.isdecimal() else _ESCAPES[escape]])

    raw = text.encode("utf-8", "surrogateescape")
    return re.sub(rb'\\([0-7]{3}|[abtnvfr"\\])', byte, raw).decode("utf-8", "surrogateescape")


# --- joining with the measurement ------------------------------------------------------------------------------------


def compute_diff_coverage(changed: ChangedLines, measurement: Measurement) -> DiffCoverage | Unavailable:
    """Join changed lines with the measurement.

    A changed line belongs to its statement; blank and comment lines belong to none. A changed Python file the
    measurement should have seen counts as uncovered. Unavailable when a changed file could not be analysed, or when
    there is no measurement at all.
    """
    if isinstance(measurement.coverage, Unavailable):
        return measurement.coverage
    measured = measurement.coverage.files
    files: list[DiffFile] = []
    omitted: list[PurePosixPath] = []
    for path, change in sorted(changed.files.items()):
        gap = measurement.unmeasured.get(path)
        if path in measured:
            file, reason = measured[path], None
        elif gap is None or not change.lines:
            continue
        elif gap.gap is Gap.OMITTED:
            omitted.append(path)
            continue
        elif gap.file is None:
            return Unavailable(reason=f"the changed file {path} is not valid Python: {gap.why}")
        else:
            file, reason = gap.file, gap.gap
        touched = _touched(file, change.lines)
        if touched:
            files.append(_diff_file(file, touched, reason))
    return DiffCoverage(files=tuple(files), omitted=tuple(omitted))


def _touched(file: FileCoverage, lines: Iterable[int]) -> frozenset[int]:
    """Return the statements that changed lines belong to."""
    return frozenset(file.first_lines.get(line, line) for line in lines) & file.statements


def _diff_file(file: FileCoverage, touched: frozenset[int], gap: Gap | None) -> DiffFile:
    missing = touched & file.missing
    between = frozenset(range(min(touched), max(touched))) - file.statements
    return DiffFile(
        path=file.path,
        statements=touched,
        missing=missing,
        partial=touched & file.partial,
        tally=file.tally(touched),
        missing_spans=spans_of(missing, bridge=between),
        exits={line: branch for line, branch in file.branches.items() if line in touched},
        functions=file.functions,
        gap=gap,
    )


def find_moved_sources(
    changed: ChangedLines, measurement: Measurement, committed: Mapping[PurePosixPath, bytes]
) -> tuple[PurePosixPath, ...]:
    """Return changed files whose measured text is not the committed one: their line numbers can not be joined."""
    moved = []
    for path in sorted(set(changed.files) & set(measurement.digests) & set(committed)):
        digest = hashlib.sha256(committed[path].replace(b"\r\n", b"\n")).hexdigest()
        if digest != measurement.digests[path]:
            moved.append(path)
    return tuple(moved)
