"""The lines a change adds or modifies, in files that can be measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from covgate.edges.git import REGULAR_FILE, Change
from covgate.model import ChangedFile, ChangedLines, Sha

PYTHON_SUFFIXES = frozenset({".py", ".pyw"})


class DiffSource(Protocol):
    """What the changed lines need of git."""

    root: Path

    def head(self) -> Sha: ...
    def changes(self, base: Sha, head: Sha | None) -> tuple[Change, ...]: ...
    def patch(self, base: Sha, head: Sha | None, paths: Sequence[PurePosixPath]) -> str: ...
    def untracked(self) -> tuple[PurePosixPath, ...]: ...
    def blobs(self, commit: Sha, paths: Iterable[PurePosixPath]) -> Mapping[PurePosixPath, bytes]: ...


def find_changed_lines(
    git: DiffSource, base: Sha, head: Sha | None, *, suffixes: frozenset[str] = PYTHON_SUFFIXES
) -> ChangedLines:
    """Return the lines added or modified between `base` and `head`, of files with one of `suffixes`.

    With `head` None the new side is the working tree: uncommitted edits and untracked files count, and are counted.
    Symbolic links and submodules have no lines.
    """
    # diff-cover takes a tenth of a second to import; the analysis of sources already runs beside it.
    from covgate.diff.adapter import parse_patch  # noqa: PLC0415

    changes = [
        change
        for change in git.changes(base, head)
        if change.mode.startswith(REGULAR_FILE) and change.path.suffix in suffixes
    ]
    renames = {change.path: change.old_path for change in changes if change.status == "R"}
    paths = list(dict.fromkeys(path for change in changes for path in (change.old_path, change.path)))
    lines = parse_patch(git.patch(base, head, paths)) if paths else {}
    lines = _as_python_counts(git, head, lines)
    files = {
        change.path: ChangedFile(
            path=change.path, lines=lines.get(change.path, frozenset()), old_path=renames.get(change.path)
        )
        for change in changes
    }
    if head is not None:
        return ChangedLines(files=files)
    new = [path for path in git.untracked() if path.suffix in suffixes]
    whole = {path: _whole_file(git.root, path) for path in outside_environments(git.root, new)}
    untracked = {path: file for path, file in whole.items() if file is not None}
    dirty = {change.path for change in git.changes(git.head(), None)} & set(files)
    return ChangedLines(files=files | untracked, uncommitted=len(dirty | set(untracked)))


def _whole_file(root: Path, path: PurePosixPath) -> ChangedFile | None:
    """All lines of an untracked file, counted as git counts them; None for a link."""
    full = root / path
    if full.is_symlink() or not full.is_file():
        return None
    data = full.read_bytes()
    count = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    return ChangedFile(path=path, lines=_split_at_returns(frozenset(range(1, count + 1)), data))


def outside_environments(root: Path, paths: Iterable[PurePosixPath]) -> Iterator[PurePosixPath]:
    """Yield the paths below `root` that are no virtual environment's: none of what one keeps beside its `pyvenv.cfg`.

    `python -m venv .` makes the project's own folder one.
    """
    environments: dict[PurePosixPath, bool] = {}
    for path in paths:
        for folder in path.parents:
            if folder not in environments:
                environments[folder] = (root / folder / "pyvenv.cfg").exists()
            if environments[folder] and _OF_ENVIRONMENT.match(str(path.relative_to(folder))):
                break
        else:
            yield path


_OF_ENVIRONMENT = re.compile(r"(bin|Scripts|Include|include|share|Lib|lib64|lib/(python|pypy)[\d.]+)/")
"""The folders a virtual environment has. `lib` alone is a project's own as often."""


# --- lines of git, lines of Python ---------------------------------------------------------------------------------

LONE_RETURN = re.compile(rb"\r(?!\n)")
"""What ends a line for Python and does not for git."""


def _as_python_counts(
    git: DiffSource, head: Sha | None, lines: Mapping[PurePosixPath, frozenset[int]]
) -> dict[PurePosixPath, frozenset[int]]:
    """Number the lines as Python does: a carriage return alone ends a line for it, and does not for git."""
    touched = [path for path, numbers in lines.items() if numbers]
    texts = git.blobs(head, touched) if head else {path: read_plain(git.root / path) for path in touched}
    return {path: _split_at_returns(numbers, texts.get(path, b"")) for path, numbers in lines.items()}


def _split_at_returns(lines: frozenset[int], text: bytes) -> frozenset[int]:
    """Return the Python lines that make up the given lines of git."""
    if not LONE_RETURN.search(text):
        return lines
    numbers: set[int] = set()
    start = 1
    for line, content in enumerate(text.split(b"\n"), start=1):
        # What a lone return at the end of the text ends is followed by nothing.
        after = start + len(LONE_RETURN.findall(content.removesuffix(b"\r"))) + 1
        if line in lines:
            numbers.update(range(start, after))
        start = after
    return frozenset(numbers)


def read_plain(path: Path) -> bytes:
    """Return what a file of the working tree holds; nothing for a symbolic link, or where there is no file."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
