"""The history in one place: read, and added to in steps that lose nothing when several runs write at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from random import Random

from covgate.errors import HistoryError
from covgate.history.storage.history_file import (
    FIRST_FILES,
    MARKER,
    HistoryFile,
    Layout,
    check_ours,
    parse_history,
    parse_lines,
)
from covgate.history.storage.line_record import encode_record
from covgate.history.storage.merged import merge
from covgate.history.storage.places import Build, Files, Place, RunToRecord, Seen, WritablePlace
from covgate.model import History, LineRecord, Sha, floor_percent

TRIES = 120
"""Of fifty runs that write at once, the last to win needs about half as many."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 4.0
"""Seconds; a pause is anything up to a bound that doubles from the one to the other."""


class HistoryReader:
    """The history in one place, or in several as one; `name` is the report's."""

    def __init__(self, *places: Place, name: str = "") -> None:
        self._places = places
        self._layout = Layout(name)
        self._found: tuple[tuple[Seen, History], ...] = ()
        """Of each place, what was read last."""
        self._parsed = (b"", HistoryFile())

    @property
    def where(self) -> str:
        """The places in words: `the branch covgate-data`, `the folder .covgate/history`."""
        return " and ".join(place.where for place in self._places)

    def read(self) -> History:
        """Return everything; an empty History when there is no such place yet.

        Methods raise HistoryError for a place that cannot be read or holds what covgate did not write.
        """
        looks = [(place.look(), place.where) for place in self._places]
        self._found = tuple((seen, self._file(seen, where).history) for seen, where in looks)
        return merge([history for _, history in self._found])

    def read_lines(self, sha: Sha) -> LineRecord | None:
        """Return a commit's line-level record as of the last `read`, or None when it is not (or no longer) kept.

        It is looked for where the commit's record counts: lines of another run would not fit it.
        """
        if not self._found:
            self.read()
        for (seen, history), place in zip(self._found, self._places, strict=True):
            if any(record.sha == sha for record in history.records):
                data = seen.read(self._layout.lines(sha))
                return None if data is None else parse_lines(data, sha, self._layout, place.where)
        return None

    def _file(self, seen: Seen, where: str) -> HistoryFile:
        check_ours(seen.paths, where)
        data = seen.read(self._layout.history) or b""
        # A run reads the history before it adds to it; 5,000 records take a tenth of a second.
        if data != self._parsed[0]:
            self._parsed = data, parse_history(data, self._layout, where)
        return self._parsed[1]


class HistoryStore(HistoryReader):
    """The history in a place, to be added to. `limit` is for how many records the lines are kept."""

    def __init__(
        self, place: WritablePlace, *, limit: int, wait: Callable[[float], None], random: Random, name: str = ""
    ) -> None:
        super().__init__(place, name=name)
        self._place = place
        self._limit = limit
        self._wait = wait
        self._random = random

    def append(self, entry: RunToRecord, build: Build) -> History:
        """Record a run, replacing an earlier record of the same commit, and renew the derived files with `build`.

        Returns the history with it. Raises HistoryError also for lines that could not be read again.
        """
        sha, percent = entry.record.sha, entry.record.total.percent
        shown = "nothing to cover" if percent is None else f"{floor_percent(percent)} %"
        lines = {self._layout.lines(sha): _encode(entry)}
        return self._change(f"Record {sha[:12]}: {shown}", lambda file: file.with_record(entry.record), lines, build)

    def add_imported(self, taken: History, build: Build) -> History:
        """Take in its imported points and its start of a ramp, once: the same again change nothing."""
        return self._change("Import what was measured before", lambda file: file.with_imported(taken), {}, build)

    def _change(
        self,
        message: str,
        change: Callable[[HistoryFile], HistoryFile],
        lines: Mapping[PurePosixPath, bytes],
        build: Build,
    ) -> History:
        """Look, change and commit until what was looked at was still there; return the history as it is then."""
        # What is read again later is what will be there then.
        self._found = ()
        bound = FIRST_PAUSE
        for _ in range(TRIES):
            with self._place.changing(self._layout.lines_folder) as seen:
                if seen is not None:
                    before = self._file(seen, self.where)
                    after = change(before)
                    there = after == before and all(seen.read(path) == lines[path] for path in lines)
                    if there or self._place.commit(seen, self._files(seen, after, lines, build), message):
                        return after.history
            self._wait(self._random.uniform(0, bound))
            bound = min(2 * bound, LONGEST_PAUSE)
        raise HistoryError(
            f"{self.where} was moved by other runs each of the {TRIES} times this one was about to",
            hint="run the job again; if it goes on, see what else writes to the branch",
            slug="history-contended",
        )

    def _files(self, seen: Seen, after: HistoryFile, lines: Mapping[PurePosixPath, bytes], build: Build) -> Files:
        """Return what to write: what the history speaks of first, so that whoever reads meanwhile sees no gap.

        With new lines, those of records older than the last `limit` are removed.
        """
        kept = {self._layout.lines(record.sha) for record in after.history.records[-self._limit :]} | lines.keys()
        old = {path for path in seen.paths if path.parent == self._layout.lines_folder} - kept if lines else set()
        return {
            **({} if MARKER in seen.paths else FIRST_FILES),
            **lines,
            **{self._layout.folder / name: text for name, text in build(after.history).items()},
            self._layout.history: after.text,
            **dict.fromkeys(old),
        }


def _encode(entry: RunToRecord) -> bytes:
    try:
        return encode_record(entry.lines)
    except ValueError as exc:
        raise HistoryError(
            f"the lines of {entry.record.sha[:12]} cannot be kept: {exc}",
            hint="leave out with `omit` what is not this project's code",
            slug="history-too-large",
        ) from None
