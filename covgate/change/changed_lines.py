"""The lines a change adds or modifies, in files that can be measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from covgate.change.patch import parse_patch
from covgate.change.texts import digest_of, is_blob
from covgate.model import PYTHON_SUFFIXES, ChangedFile, ChangedLines, Sha, Unavailable, UnknownKind
from covgate.system import REGULAR_FILE, ChangedPath, GitCommand


def find_changed_lines(
    git: GitCommand, base: Sha, head: Sha | None, *, only: frozenset[PurePosixPath] | None = None
) -> ChangedLines:
    """Return the lines added or modified between `base` and `head`, of Python files by their suffix, or of `only`.

    With `head` None the new side is the working tree: uncommitted edits and untracked files count, and are counted.
    Symbolic links and submodules have no lines.
    """
    regular = [change for change in git.changes(base, head) if change.mode.startswith(REGULAR_FILE)]
    changes = [change for change in regular if _is_judged(change.path, only)]
    untracked = () if head else git.untracked()
    paths = list(dict.fromkeys(path for change in changes for path in (change.old_path, change.path)))
    # Read before git reads them: what git says it compared is held against these texts afterwards.
    texts = {} if head else read_texts(git, None, [change.path for change in changes])
    hunks = parse_patch(git.patch(base, head, paths)) if paths else {}
    lines = {path: frozenset(line for hunk in found for line in hunk.new_lines) for path, found in hunks.items()}
    digests: dict[PurePosixPath, str | Unavailable] = {}
    if head:
        texts = read_texts(git, head, [path for path, numbers in lines.items() if numbers])
        digests |= {path: digest_of(text) for path, text in texts.items()}
    else:
        digests |= _digests_here(git, [change for change in changes if lines.get(change.path)], texts)
    files = {
        change.path: ChangedFile(
            path=change.path,
            # A carriage return alone ends a line for Python, and does not for git.
            lines=_split_at_returns(lines.get(change.path, frozenset()), texts.get(change.path, b"")),
        )
        for change in changes
    }
    others = [change.path for change in regular if change.path not in files]
    uncommitted = 0
    if head is None:
        fresh = outside_environments(git.root, (path for path in untracked if _is_judged(path, only)))
        whole = {path: text for path in fresh if (text := _untracked_text(git.root, path)) is not None}
        dirty = {change.path for change in git.changes(git.head(), None)} & set(files)
        uncommitted = len(dirty | set(whole))
        files |= {path: _whole_file(path, text) for path, text in whole.items()}
        digests |= {path: digest_of(text) for path, text in whole.items()}
        others += [path for path in untracked if path not in files]
    marks = {path: "" if head else state_of(git.root / path) for path in others} if only is None else {}
    return ChangedLines(files=files, digests=digests, others=marks, uncommitted=uncommitted)


def _is_judged(path: PurePosixPath, only: frozenset[PurePosixPath] | None) -> bool:
    return path.suffix in PYTHON_SUFFIXES if only is None else path in only


def state_of(path: Path) -> str:
    """Return time, size and inode of a file: another answer later means that it was written to. Empty: not known."""
    try:
        found = path.lstat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"


def _untracked_text(root: Path, path: PurePosixPath) -> bytes | None:
    """What an untracked file holds; None for a link."""
    full = root / path
    if full.is_symlink() or not full.is_file():
        return None
    return full.read_bytes()


def _whole_file(path: PurePosixPath, data: bytes) -> ChangedFile:
    """All lines of an untracked file, counted as git counts them."""
    count = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    return ChangedFile(path=path, lines=_split_at_returns(frozenset(range(1, count + 1)), data))


def outside_environments(root: Path, paths: Iterable[PurePosixPath]) -> Iterator[PurePosixPath]:
    """Yield the paths below `root` that do not belong to a virtual environment, such as `lib/` beside a `pyvenv.cfg`.

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


# --- the text whose lines these are --------------------------------------------------------------------------------


def _digests_here(
    git: GitCommand, changes: Sequence[ChangedPath], texts: Mapping[PurePosixPath, bytes]
) -> dict[PurePosixPath, str | Unavailable]:
    """Return the digests of files of the working tree, where git compared just what lies there."""
    # Git names the blob it took for the file when it knows it, and leaves it open when it read the file.
    ids = git.file_ids([change.path for change in changes if change.blob is None])
    digests: dict[PurePosixPath, str | Unavailable] = {}
    for change in changes:
        blob = change.blob or ids.get(change.path)
        text = texts[change.path]
        same = blob is not None and is_blob(text, blob)
        digests[change.path] = digest_of(text) if same else _explain_other_text(git, change.path, text)
    return digests


def _explain_other_text(git: GitCommand, path: PurePosixPath, text: bytes) -> Unavailable:
    if read_plain(git.root / path) != text:
        reason = f"{path} was edited while its changed lines were looked for: run again"
        return Unavailable(reason=reason, kind=UnknownKind.EDITED_MEANWHILE)
    if git.has_blind_mark(path):
        return Unavailable(
            reason=f"git was told not to look at {path}, so its changed lines are not known: "
            f"`git update-index --no-skip-worktree --no-assume-unchanged {path}`"
        )
    return Unavailable(
        reason=f"git keeps another text of {path} than the one that lies here (a clean filter or an encoding in "
        ".gitattributes), so its changed lines are not known"
    )


# --- lines of git, lines of Python ---------------------------------------------------------------------------------

LONE_RETURN = re.compile(rb"\r(?!\n)")
"""What ends a line for Python and does not for git."""


def _split_at_returns(lines: frozenset[int], text: bytes) -> frozenset[int]:
    """Return the Python lines that make up the given lines of git."""
    if not LONE_RETURN.search(text):
        return lines
    numbers: set[int] = set()
    start = 1
    for line, content in enumerate(text.split(b"\n"), start=1):
        # `a = 1\r` at the end of a text is one line: nothing follows the return.
        after = start + len(LONE_RETURN.findall(content.removesuffix(b"\r"))) + 1
        if line in lines:
            numbers.update(range(start, after))
        start = after
    return frozenset(numbers)


def read_texts(git: GitCommand, commit: Sha | None, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, bytes]:
    """Return what files hold at a commit, from git objects, or in the working tree; of a link, nothing."""
    return git.blobs(commit, paths) if commit else {path: read_plain(git.root / path) for path in paths}


def read_plain(path: Path) -> bytes:
    """Return what a file of the working tree holds; nothing for a symbolic link, or where there is no file."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
