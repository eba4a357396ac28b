"""History in a folder, with the same files as on a branch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.errors import HistoryError
from covgate.history.storage.history_file import (
    MARKER,
    MOST_HISTORY_BYTES,
    HistoryFile,
    Layout,
    check_ours,
    parse_history,
    parse_lines,
)
from covgate.history.storage.line_record import MOST_BYTES
from covgate.history.storage.places import Build, Commit, Plan, RunToRecord, plan_import, plan_record
from covgate.model import History, LineRecord, Point, Sha
from covgate.system import DataFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What the folder holds."""

    folder: DataFolder
    ours: bool
    file: HistoryFile
    lines: frozenset[PurePosixPath]

    def same(self, path: PurePosixPath, content: bytes) -> bool:
        """Compare with what the file holds, and not with a byte more."""
        return self.folder.read(path, len(content)) == content


class FolderStore:
    """The history in the folder `path`, which is called `shown` in messages; see BranchStore for the others."""

    def __init__(self, path: Path, *, limit: int, name: str = "", shown: str = "") -> None:
        self._folder = DataFolder(path=path)
        self._limit = limit
        self._layout = Layout(name)
        self._shown = shown or str(path)

    @property
    def where(self) -> str:
        """The folder."""
        return f"the folder {self._shown}"

    def read(self) -> History:
        """Return everything; nothing is waited for, as files are replaced as a whole."""
        try:
            check_ours(self._folder.names(), self.where)
            return self._file().history
        except OSError as exc:
            raise self._unusable("read", exc) from None

    def read_lines(self, sha: Sha) -> LineRecord | None:
        """Return a commit's line record, or None when it is not kept."""
        try:
            data = self._folder.read(self._layout.lines(sha), MOST_BYTES)
        except OSError as exc:
            raise self._unusable("read", exc) from None
        return None if data is None else parse_lines(data, sha, self._layout, self.where)

    def append(self, entry: RunToRecord, build: Build) -> None:
        """Record a run, while others that write wait."""
        self._write(plan_record(entry, build, self._layout, self._limit))

    def add_imported(self, points: tuple[Point, ...], start: History, build: Build) -> None:
        """Take imported points in, while others that write wait."""
        self._write(plan_import(points, start, build, self._layout))

    def _write(self, plan: Plan) -> None:
        try:
            # Looked at before anything is made in a folder of someone else's.
            check_ours(self._folder.names(), self.where)
            with self._folder.locked() as locked:
                if not locked:
                    raise HistoryError(
                        f"{self.where} is being written to by another run, and goes on being so",
                        hint="run covgate again when the other run is over",
                        slug="history-contended",
                    )
                ours = check_ours(self._folder.names(), self.where)
                lines = self._folder.names(self._layout.lines_folder)
                change = plan(_Held(folder=self._folder, ours=ours, file=self._file(), lines=lines))
                if change is not None:
                    self._apply(change)
        except OSError as exc:
            raise self._unusable("written", exc) from None

    def _apply(self, change: Commit) -> None:
        """Write whose folder it is, then what the history speaks of, and the history last: who reads sees no gap.

        Without the marker, a run that looks meanwhile would take the first files of a new folder for someone else's.
        """
        history = self._layout.history
        files = {**change.contents, **{path: text.encode() for path, text in change.texts.items()}}
        for path, content in sorted(files.items(), key=lambda item: (item[0] != MARKER, item[0] == history)):
            self._folder.write(path, content)
        for path in change.removed:
            self._folder.remove(path)

    def _file(self) -> HistoryFile:
        data = self._folder.read(self._layout.history, MOST_HISTORY_BYTES)
        return HistoryFile() if data is None else parse_history(data, self._layout, self.where)

    def _unusable(self, what: str, exc: OSError) -> HistoryError:
        return HistoryError(
            f"{self.where} cannot be {what}: {exc.strerror or exc}",
            hint="set history-dir to a folder that can be read and written",
            slug="history-unreachable",
        )
