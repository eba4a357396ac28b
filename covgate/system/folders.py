"""Folders on disk, for reports and for data, and the files covgate reads as text."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFolder:
    """Where reports are written. A new one ignores itself in git, so that it never becomes part of a change."""

    path: Path
    anchor: Path | None = None
    """Below it no link is followed: a folder that a stranger's code may write to. None where all is the user's own."""

    def write(self, name: str, text: str) -> Path:
        """Write one report; bytes of file names that are not UTF-8 are written as escapes."""
        content = text.encode("utf-8", "backslashreplace")
        try:
            if self.anchor is None:
                (self.path / name).write_bytes(content)
            else:
                with self._opened() as folder:
                    _replace(folder, name, content)
        except OSError as exc:
            raise _not_writable(self.path / name, exc) from None
        return self.path / name

    def clear(self, exports: Collection[str] = (), asked: Collection[str] = ()) -> None:
        """Remove what an earlier run left: its verdict, and those of `exports`, files or folders, that it noted.

        Whatever happens to this run, nothing is taken for its own that is not. Of `asked`, which it is to make, files
        go too; they are noted. Any other file of such a name is the user's.
        """
        noted = self._noted()
        for name in (*_VERDICT, *exports, _NOTES):
            was_ours = name in noted
            if name in exports and not was_ours and name not in asked:
                continue
            try:
                with self._opened() as folder:
                    _remove(folder, name, trees=was_ours or self.anchor is not None)
            except OSError as exc:
                # A folder that covgate did not make stays; who writes into it meets what is there.
                if name not in asked or not isinstance(exc, IsADirectoryError):
                    raise _not_writable(self.path / name, exc) from None
        if asked:
            self.write(_NOTES, "".join(f"{name}\n" for name in asked))

    def _noted(self) -> frozenset[str]:
        """Return what earlier runs noted. A stranger's code may have written it: each name is looked up."""
        try:
            return frozenset(read_foreign(self.path / _NOTES, _MOST_NOTES).decode("utf-8", "replace").splitlines())
        except OSError:
            return frozenset()

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Open the folder; what was put in the place of one on the way to it, below the anchor, goes."""
        start = self.path if self.anchor is None else self.anchor
        folder = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in self.path.relative_to(start).parts:
                folder, above = _enter(folder, part), folder
                os.close(above)
            yield folder
        finally:
            os.close(folder)


def _enter(folder: int, name: str) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError:
        _remove(folder, name, trees=False)
        os.mkdir(name, dir_fd=folder)
        return os.open(name, flags, dir_fd=folder)


def _replace(folder: int, name: str, content: bytes) -> None:
    """Put a file in the place of whatever is there: a link, a pipe, a folder."""
    fresh = f".{name}.{secrets.token_hex(8)}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder), "wb") as file:
        file.write(content)
    try:
        os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except IsADirectoryError:
        _remove(folder, name, trees=True)
        os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)


def _remove(folder: int, name: str, *, trees: bool) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        if not trees:
            raise
        shutil.rmtree(name, dir_fd=folder)


def read_foreign(path: Path, most: int) -> bytes:
    """Read a file that a stranger's code may have put there. Raises OSError for a link, a pipe, or more than `most`."""
    # Without O_NONBLOCK, opening a pipe waits for whoever writes to it.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return content


_VERDICT = ("result.json", "comment.md", "summary.md")
_NOTES = ".covgate-exports"
"""The names of the exports in the folder that covgate made, a line each."""
_MOST_NOTES = 4096


def make_report_folder(path: Path, source: str, anchor: Path | None = None) -> ReportFolder:
    """Create the folder, before anything slow is done.

    Raises InputError when it can not be written to, or when a link leads to it from `anchor`.
    """
    path = Path(os.path.normpath(path))
    if anchor is not None and not path.is_relative_to(anchor):
        anchor = None
    on_the_way = [] if anchor is None else [path, *path.parents][: len(path.relative_to(anchor).parts)]
    if link := next((folder for folder in reversed(on_the_way) if folder.is_symlink()), None):
        raise _not_writable(path, OSError(f"{link.name} is a symbolic link"), source)
    try:
        path.mkdir(parents=True, exist_ok=True)
        # A folder that holds anything else is the user's, and so is what git ignores there. `history` is covgate's: a
        # history can be there before the first report.
        if {entry.name for entry in path.iterdir()} <= {"history"}:
            (path / ".gitignore").write_text("*\n", encoding="utf-8")
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as exc:
        raise _not_writable(path, exc, source) from None
    return ReportFolder(path=path, anchor=anchor)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for the block. What strangers left in it may be deeper than it can be removed, and stays then."""
    folder = Path(tempfile.mkdtemp(prefix="covgate-"))
    try:
        yield folder
    finally:
        with suppress(RecursionError):
            shutil.rmtree(folder, ignore_errors=True)


def copy_files(source: Path, target: Path) -> None:
    """Copy a file, or what lies directly in a folder: files only, which a stranger made and no longer writes to."""
    about = source.lstat() if source.exists() else None
    if about is not None and stat.S_ISDIR(about.st_mode):
        target.mkdir(exist_ok=True)
        for entry in source.iterdir():
            if stat.S_ISREG(entry.lstat().st_mode):
                shutil.copyfile(entry, target / entry.name)
    elif about is not None and stat.S_ISREG(about.st_mode):
        shutil.copyfile(source, target)


def read_text_if_there(path: Path) -> str | None:
    """Return a file's text, or None when there is no such file. Raises InputError when it can not be read as UTF-8."""
    try:
        return read_text(path)
    except ValueError as exc:
        raise InputError(str(exc), hint="make it a file that can be read, in UTF-8", slug="bad-toml") from None


def read_text(path: Path) -> str | None:
    """Return a file's text, or None when there is no such file. Raises ValueError that says why it can not be read."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            # Who opens a pipe waits for somebody to write, and a device may never end.
            raise ValueError(f"{path} cannot be read: it is a pipe, a socket or a device")
        if about.st_size > _LONGEST_TEXT:
            raise ValueError(f"{path} cannot be read: it is {about.st_size} bytes long")
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as exc:
        raise ValueError(f"{path} is not UTF-8: {exc}") from None
    except OSError as exc:
        raise ValueError(f"{path} cannot be read: {exc.strerror or exc}") from None


_LONGEST_TEXT = 64 * 1024 * 1024
"""GitHub: the payload of an event has at most 25 MB."""


def _not_writable(path: Path, exc: OSError, source: str = "report-dir") -> InputError:
    return InputError(
        f"the report cannot be written to {path} (from {source}): {exc.strerror or exc}",
        hint="set report-dir to a folder that can be written to",
        slug="report-folder-not-writable",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFolder:
    """A folder of data that several runs read and write at once. Methods raise OSError.

    Its lock and the files it is about to put in place lie beside the others, and so does the `.gitignore` that a new
    folder gets: `names` does not list them.
    """

    path: Path

    def names(self, folder: PurePosixPath | None = None) -> frozenset[PurePosixPath]:
        """List what lies directly in the folder, or in one below it; nothing when there is no such folder."""
        inner = folder or PurePosixPath()
        try:
            names = [entry.name for entry in (self.path / inner).iterdir()]
        except FileNotFoundError:
            return frozenset()
        hidden = {_LOCK, ".gitignore"}
        return frozenset(inner / name for name in names if name not in hidden and not name.startswith(_FRESH))

    def read(self, name: PurePosixPath, limit: int) -> bytes | None:
        """Return a file's content, or None when there is no such file; of a longer one, one byte more than `limit`."""
        try:
            with (self.path / name).open("rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            return None

    def write(self, name: PurePosixPath, content: bytes) -> None:
        """Put a file in its place as a whole: whoever reads finds the old one or the new one."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # In this folder: only within one file system is it replaced at once.
        handle, fresh = tempfile.mkstemp(prefix=_FRESH, dir=self.path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(fresh).chmod(_FILE_MODE)
            Path(fresh).replace(path)
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise

    def remove(self, name: PurePosixPath) -> None:
        """Remove a file, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the folder's lock in the block, making the folder if need be; False when it was not to be had."""
        import fcntl  # noqa: PLC0415  # not on Windows, where everything else here works

        self.path.mkdir(parents=True, exist_ok=True)
        if not any(self.path.iterdir()):
            (self.path / ".gitignore").write_text("*\n", encoding="utf-8")
        with (self.path / _LOCK).open("ab") as file:
            yield _locked(lambda: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB))


_LOCK, _FRESH = ".covgate-lock", ".covgate-new-"
_FILE_MODE = 0o644
_LOCK_TRIES, _LOCK_PAUSE = 600, 0.05


def _locked(lock: Callable[[], None]) -> bool:
    """Try for half a minute; the end of the process or of the file's use unlocks."""
    for _ in range(_LOCK_TRIES):
        try:
            lock()
        except BlockingIOError:
            time.sleep(_LOCK_PAUSE)
        else:
            return True
    return False


def shown_path(path: Path, start: Path) -> str:
    """Return `path` relative to `start` where it lies inside, for people and for other steps."""
    return str(path.relative_to(start.resolve())) if path.is_relative_to(start.resolve()) else str(path)


def find_checkout(folder: Path) -> Path | None:
    """Return the nearest folder upward that is a repository's, told by its `.git`; None outside of one."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)
