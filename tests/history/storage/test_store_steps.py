"""What one step of the store writes and in which order, how it tries again, and how several places are one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from random import Random

import pytest

from covgate.errors import HistoryError
from covgate.history.storage.history_file import FIRST_FILES
from covgate.history.storage.line_record import encode_record
from covgate.history.storage.merged import merge
from covgate.history.storage.places import Files, Seen
from covgate.history.storage.store import HistoryStore
from covgate.model.history import Aim, History, Point, Start
from covgate.model.numbers import Tally
from tests.support.recorded import build, entry, record, sha

DAY = datetime(2025, 1, 1, tzinfo=UTC)


class Memory:
    """A place in memory. So many times another run is faster: half of them before the look, the others after it."""

    where = "the branch covgate-data"

    def __init__(self, lost: int = 0) -> None:
        self.files: dict[PurePosixPath, bytes] = {}
        self.lost = lost
        self.looked_in: list[PurePosixPath] = []
        self.written: list[tuple[str, Files]] = []

    def look(self) -> Seen:
        return Seen(paths=self.files.keys(), read=self.files.get)

    @contextmanager
    def changing(self, folder: PurePosixPath) -> Iterator[Seen | None]:
        self.looked_in.append(folder)
        self.lost -= 1
        yield None if self.lost >= 0 and self.lost % 2 else self.look()

    def commit(self, _: Seen, files: Files, message: str) -> bool:
        if self.lost >= 0:
            return False
        self.written.append((message, files))
        for path, content in files.items():
            if content is None:
                del self.files[path]
            else:
                self.files[path] = content.encode() if isinstance(content, str) else content
        return True


class Longest(Random):
    """The longest pause there may be, each time."""

    def uniform(self, a: float, b: float) -> float:
        assert a == 0
        return b


def open_store(place: Memory, waits: list[float], *, limit: int = 30, name: str = "") -> HistoryStore:
    return HistoryStore(place, limit=limit, wait=waits.append, random=Longest(), name=name)


def test_the_lines_are_written_first_and_the_history_that_speaks_of_them_last() -> None:
    place, waits = Memory(), list[float]()
    store = open_store(place, waits, limit=1, name="web")
    folder = PurePosixPath("by-name/web")
    store.append(entry(1), build)
    ((message, files),) = place.written
    assert message == f"Record {sha(1)[:12]}: 79.41 %"
    assert list(files) == [
        *FIRST_FILES,
        folder / "lines" / sha(1),
        folder / "trending.json",
        folder / "badge.svg",
        folder / "history.jsonl",
    ]
    assert files[folder / "lines" / sha(1)] == encode_record(entry(1).lines)
    assert place.looked_in == [folder / "lines"]
    other = PurePosixPath("by-name/api/lines") / sha(9)
    place.files[other] = b"of another name"
    found = store.append(entry(2), build)
    assert found.records == (record(1), record(2))
    _, files = place.written[-1]
    assert next(iter(files)) == folder / "lines" / sha(2)
    assert list(files)[-1] == folder / "lines" / sha(1)
    assert files[folder / "lines" / sha(1)] is None
    assert other in place.files
    assert waits == []


def test_points_that_are_taken_in_leave_the_lines_as_they_are() -> None:
    place, waits = Memory(), list[float]()
    for number in (1, 2):
        open_store(place, waits, limit=2).append(entry(number), build)
    point = Point(date=DAY, total=Decimal(60))
    open_store(place, waits, limit=1).add_imported(History(imported=(point,)), build)
    message, files = place.written[-1]
    assert message == "Import what was measured before"
    assert [str(path) for path in files] == ["trending.json", "badge.svg", "history.jsonl"]
    assert open_store(place, waits).read_lines(sha(1)) == entry(1).lines
    open_store(place, waits).add_imported(History(imported=(point,)), build)
    assert len(place.written) == 3


def test_the_same_again_is_written_again_only_when_the_lines_are_others_or_gone() -> None:
    place, waits = Memory(), list[float]()
    store = open_store(place, waits)
    for _ in range(2):
        assert store.append(entry(1), build).records == (record(1),)
    assert len(place.written) == 1
    store.append(entry(1, states="---"), build)
    assert store.read_lines(sha(1)) == entry(1, states="---").lines
    del place.files[PurePosixPath("lines") / sha(1)]
    store.append(entry(1), build)
    assert len(place.written) == 3


def test_what_was_recorded_after_the_history_was_read_is_read_again() -> None:
    store = open_store(Memory(), [])
    assert store.read() == History()
    store.append(entry(1), build)
    assert store.read_lines(sha(1)) == entry(1).lines
    assert store.read_lines(sha(2)) is None


def test_a_record_of_nothing_to_cover_says_so() -> None:
    place = Memory()
    empty = entry(1)
    open_store(place, []).append(replace(empty, record=replace(empty.record, total=Tally())), build)
    assert place.written[0][0] == f"Record {sha(1)[:12]}: nothing to cover"


def test_a_store_tries_again_after_longer_and_longer_pauses() -> None:
    place, waits = Memory(lost=8), list[float]()
    assert open_store(place, waits).append(entry(1), build).records == (record(1),)
    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 4.0, 4.0, 4.0])
    assert len(place.written) == 1


def test_a_store_gives_up_after_a_hundred_and_twenty_tries() -> None:
    place, waits = Memory(lost=119), list[float]()
    open_store(place, waits).append(entry(1), build)
    assert len(place.written) == 1
    place, waits = Memory(lost=120), []
    with pytest.raises(HistoryError) as caught:
        open_store(place, waits).append(entry(1), build)
    assert caught.value.message == (
        "the branch covgate-data was moved by other runs each of the 120 times this one was about to"
    )
    assert caught.value.hint == "run the job again; if it goes on, see what else writes to the branch"
    assert caught.value.slug == "history-contended"
    assert len(waits) == 120
    assert place.files == {}


# --- several places --------------------------------------------------------------------------------------------------


def test_places_of_which_one_holds_something_are_that_one_with_whatever_ramp_was_set() -> None:
    start = Start(point=Point(date=DAY, total=Decimal(60)), aim=Aim(total=Decimal(80)))
    late_first = History(records=(record(2), record(1)))
    assert merge([History(start=start), late_first]) == replace(late_first, start=start)
    assert merge([late_first, History()]) == late_first
    assert merge([]) == History()


def test_several_places_are_told_by_date_and_of_equals_the_first_counts() -> None:
    mine, theirs = record(2, covered=50), record(2, covered=90)
    parts = {"a": Decimal(1), "b": Decimal(2)}
    old, new = (Point(date=DAY + timedelta(days=n), total=Decimal(60), components=parts) for n in (0, 1))
    turned = replace(old, components=dict(reversed(parts.items())), title="the same")
    other = replace(old, components={})
    starts = [Start(point=old, aim=None), Start(point=new, aim=None)]
    first = History(records=(record(3), mine), imported=(new, old), start=starts[0])
    second = History(records=(theirs, record(1)), imported=(turned, other), start=starts[1])
    found = merge([first, second])
    assert found.records == (record(1), mine, record(3))
    assert found.imported == (old, other, new)
    assert found.imported[0].title == ""
    assert found.start == starts[0]
    assert merge([replace(first, start=None), second]).start == starts[1]
