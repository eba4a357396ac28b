"""The files of history in a folder, the same as on a branch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from covgate.errors import HistoryError
from covgate.history.storage.history_file import MOST_HISTORY_BYTES, check_ours
from covgate.history.storage.places import Files, Seen
from covgate.system import DataFolder


class FolderPlace:
    """The folder `path`, which is called `shown` in messages. Whoever writes waits for the others that do."""

    def __init__(self, path: Path, shown: str = "") -> None:
        self._folder = DataFolder(path=path)
        self.where = f"the folder {shown or path}"

    def look(self) -> Seen:
        """See `Place`. Nothing is waited for, as files are replaced as a whole."""
        with self._told("read"):
            return Seen(paths=self._folder.names(), read=self._read)

    @contextmanager
    def changing(self, folder: PurePosixPath) -> Iterator[Seen]:
        """See `WritablePlace`: with the folder's lock."""
        with self._told("written"):
            # Looked at before anything is made in a folder of someone else's.
            check_ours(self._folder.names(), self.where)
            with self._folder.locked() as locked:
                if not locked:
                    raise HistoryError(
                        f"{self.where} is being written to by another run, and goes on being so",
                        hint="run covgate again when the other run is over",
                        slug="history-contended",
                    )
                yield Seen(paths=self._folder.names() | self._folder.names(folder), read=self._read)

    def commit(self, seen: Seen, files: Files, message: str) -> bool:
        """See `WritablePlace`: always done, as nobody else writes meanwhile."""
        del seen, message
        for path, content in files.items():
            if content is None:
                self._folder.remove(path)
            else:
                self._folder.write(path, content.encode() if isinstance(content, str) else content)
        return True

    def _read(self, path: PurePosixPath) -> bytes | None:
        with self._told("read"):
            return self._folder.read(path, MOST_HISTORY_BYTES)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn trouble with files into an error that says what cannot be done with the folder."""
        try:
            yield
        except OSError as exc:
            raise HistoryError(
                f"{self.where} cannot be {what}: {exc.strerror or exc}",
                hint="set history-dir to a folder that can be read and written",
                slug="history-unreachable",
            ) from None
