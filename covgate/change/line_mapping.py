"""Where each line of an older state is in a newer one: lines mapped through a diff and its renames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from covgate.change.changed_lines import LONE_RETURN, read_texts
from covgate.change.patch import Hunk, parse_patch
from covgate.model import PYTHON_SUFFIXES, FileShift, Move, Sha, Shifts
from covgate.system import REGULAR_FILE, ChangedPath, GitCommand


def find_shifts(git: GitCommand, old: Sha, new: Sha | None, *, suffixes: frozenset[str] = PYTHON_SUFFIXES) -> Shifts:
    """Return where the lines of the commit `old` are in `new`, or in the working tree when `new` is None.

    Only files with one of `suffixes` are followed; of another file that changed every line counts as removed, as of one
    that was deleted, or became a link or a submodule. So does a file with a carriage return that ends a line alone, in
    either state: there git and Python number the lines differently. Raises GitError.
    """
    # A copy leaves the file it was made from as it is, and an added file has no old lines.
    changes = [change for change in git.changes(old, new) if change.status not in {"A", "C"}]
    followed = {change.old_path: change for change in changes if _is_followed(change, suffixes)}
    paths = list(dict.fromkeys(path for change in followed.values() for path in (change.old_path, change.path)))
    hunks = parse_patch(git.patch(old, new, paths)) if paths else {}
    before = git.blobs(old, followed)
    after = read_texts(git, new, [change.path for change in followed.values()])
    files: dict[PurePosixPath, FileShift] = {}
    for change in changes:
        path = None if change.status == "D" else change.path
        moves: tuple[Move, ...] = ()
        if change.old_path in followed:
            one, other = before.get(change.old_path, b""), after.get(change.path, b"")
            moves = _moves(hunks.get(change.path, ()), _line_count(one), _line_count(other))
        files[change.old_path] = FileShift(path=path, moves=moves)
    return Shifts(files=files)


def _is_followed(change: ChangedPath, suffixes: frozenset[str]) -> bool:
    known = {change.path.suffix, change.old_path.suffix} & suffixes
    return change.status in {"M", "R"} and change.mode.startswith(REGULAR_FILE) and bool(known)


def _line_count(text: bytes) -> int | None:
    """Count the lines as git does; None where Python would count others."""
    if LONE_RETURN.search(text):
        return None
    return text.count(b"\n") + (bool(text) and not text.endswith(b"\n"))


def _moves(hunks: Sequence[Hunk], old_count: int | None, new_count: int | None) -> tuple[Move, ...]:
    """Return the runs between the hunks; none at all when the hunks are not those of files with as many lines."""
    if old_count is None or new_count is None:
        return ()
    moves: list[Move] = []
    old = new = 1
    for hunk in (*hunks, Hunk(old=old_count, removed=0, new=new_count, added=0)):
        next_old = hunk.old + (hunk.removed == 0)
        next_new = hunk.new + (hunk.added == 0)
        length = next_old - old
        if length < 0 or next_new - new != length:
            return ()
        if length:
            moves.append(Move(old=old, new=new, length=length))
        old, new = next_old + hunk.removed, next_new + hunk.added
    return tuple(moves)
