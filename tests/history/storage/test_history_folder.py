from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from random import Random

import pytest

from covgate.errors import HistoryError
from covgate.history.storage.fetched import FetchedPlace
from covgate.history.storage.folder import FolderPlace
from covgate.history.storage.merged import merge
from covgate.history.storage.store import HistoryReader, HistoryStore
from covgate.history.storage.trending import parse_trending, render_trending
from covgate.history.trend import points_of
from covgate.model.history import Aim, FileLines, History, Point, Start
from covgate.system.folders import DataFolder
from tests.support.git import Repository, make_repository
from tests.support.projects import run_at_once
from tests.support.recorded import build, entry, record, sha


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


def never(seconds: float) -> None:
    """Who has the lock need not wait."""
    raise AssertionError(seconds)


def open_store(folder: Path, *, limit: int = 30, name: str = "") -> HistoryStore:
    return HistoryStore(FolderPlace(folder, "history"), limit=limit, name=name, wait=never, random=Random(1))


def recorded(folder: Path) -> list[int]:
    lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [int(json.loads(line)["sha"], 16) for line in lines]


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# A folder


def test_a_folder_that_is_not_there_is_an_empty_history_and_stays_so(folder: Path) -> None:
    store = open_store(folder)
    assert store.read() == History()
    assert store.read_lines(sha(1)) is None
    assert store.where == "the folder history"
    assert not folder.exists()


def test_a_folder_holds_what_a_branch_holds_and_is_ignored_by_git(folder: Path) -> None:
    store = open_store(folder)
    for number in (1, 2):
        store.append(entry(number), build)
    assert set(content(folder)) - {".gitignore", ".covgate-lock"} == {
        ".covgate-data",
        ".nojekyll",
        "README.md",
        "badge.svg",
        "history.jsonl",
        f"lines/{sha(1)}",
        f"lines/{sha(2)}",
        "trending.json",
    }
    assert (folder / ".gitignore").read_text() == "*\n"
    assert store.read().records == (record(1), record(2))
    assert store.read_lines(sha(2)) == entry(2).lines
    assert (folder / "history.jsonl").stat().st_mode & 0o777 == 0o644


def test_the_lines_of_the_last_records_are_kept(folder: Path) -> None:
    store = open_store(folder, limit=2)
    for number in (1, 2, 3, 4):
        store.append(entry(number), build)
    assert recorded(folder) == [1, 2, 3, 4]
    assert sorted(path.name for path in (folder / "lines").iterdir()) == [sha(3), sha(4)]
    assert store.read_lines(sha(1)) is None


def test_the_same_again_changes_nothing_and_another_run_takes_its_place(folder: Path) -> None:
    store = open_store(folder, name="web")
    store.append(entry(1), build)
    before = content(folder)
    marks = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json*")}
    store.append(entry(1), build)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.json*")} == marks
    assert content(folder) == before
    store.append(entry(1, states="---"), build)
    assert store.read_lines(sha(1)) == entry(1, states="---").lines
    assert recorded(folder / "by-name/web") == [1]


def test_imported_points_are_taken_in_once(folder: Path) -> None:
    point = Point(date=datetime(2025, 1, 1, tzinfo=UTC), total=Decimal("62.5"))
    start = Start(point=point, aim=Aim(total=Decimal(80)))
    for _ in range(2):
        open_store(folder).add_imported(History(imported=(point,), start=start), build)
    found = open_store(folder).read()
    assert (found.imported, found.start) == ((point,), start)


@pytest.mark.parametrize(
    ("files", "slug"),
    [
        ({"notes.txt": "mine"}, "history-foreign"),
        ({"history.jsonl": ""}, "history-foreign"),
        ({".covgate-data": "", "history.jsonl": "{"}, "history-broken"),
        ({".covgate-data": "", "history.jsonl": '{"schema": 7}'}, "history-newer"),
    ],
    ids=["foreign", "no-marker", "broken", "newer"],
)
def test_what_covgate_did_not_write_is_told_and_left_alone(folder: Path, files: dict[str, str], slug: str) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    act: Callable[[], object]
    for act in (lambda: open_store(folder).read(), lambda: open_store(folder).append(entry(1), build)):
        with pytest.raises(HistoryError) as caught:
            act()
        assert caught.value.slug == slug
        assert "the folder history" in caught.value.message
    left = content(folder)
    left.pop(".covgate-lock", None)
    assert left == {name: text.encode() for name, text in files.items()}
    assert slug != "history-foreign" or not (folder / ".covgate-lock").exists()


def test_an_empty_folder_and_one_that_only_ignores_itself_are_taken(folder: Path) -> None:
    folder.mkdir()
    (folder / ".gitignore").write_text("# mine\n")
    open_store(folder).append(entry(1), build)
    assert recorded(folder) == [1]
    assert (folder / ".gitignore").read_text() == "# mine\n"


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_can_be_no_folder_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    store = open_store(tmp_path / place)
    for act, what in (
        (store.read, "read"),
        (lambda: store.append(entry(1), build), "written"),
        (lambda: store.read_lines(sha(1)), "read"),
    ):
        with pytest.raises(HistoryError) as caught:
            act()
        assert caught.value.message == f"the folder history cannot be {what}: Not a directory"
        assert caught.value.hint == "set history-dir to a folder that can be read and written"
        assert caught.value.slug == "history-unreachable"


def test_a_write_that_fails_leaves_the_history_whole(folder: Path) -> None:
    store = open_store(folder)
    store.append(entry(1), build)
    # A folder where a file is to be put.
    (folder / "badge.svg").unlink()
    (folder / "badge.svg").mkdir()
    with pytest.raises(HistoryError):
        store.append(entry(2), build)
    assert recorded(folder) == [1]
    assert not [path for path in folder.iterdir() if "new" in path.name]


def test_a_lock_that_is_never_let_go_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covgate.system.folders._LOCK_TRIES", 2)
    open_store(folder).append(entry(1), build)
    before = content(folder)
    with (folder / ".covgate-lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(HistoryError) as caught:
            open_store(folder).append(entry(2), build)
    assert caught.value.message == "the folder history is being written to by another run, and goes on being so"
    assert caught.value.hint == "run covgate again when the other run is over"
    assert caught.value.slug == "history-contended"
    assert content(folder) == before
    open_store(folder).append(entry(2), build)
    assert recorded(folder) == [1, 2]


def test_while_the_first_record_is_written_the_folder_is_nobody_else_s(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run that began a moment later was told that covgate had not written the files."""
    write, seen = DataFolder.write, []

    def write_and_look(self: DataFolder, name: PurePosixPath, content: bytes) -> None:
        write(self, name, content)
        seen.append(len(open_store(folder).read().records))

    monkeypatch.setattr(DataFolder, "write", write_and_look)
    open_store(folder).append(entry(1), build)
    assert sorted(seen) == seen
    assert set(seen) == {0, 1}


WRITER = """
import sys
from pathlib import Path
from tests.history.storage.test_history_folder import open_store
from tests.support.recorded import build, entry
open_store(Path(sys.argv[1]), limit=5).append(entry(int(sys.argv[2])), build)
"""


@pytest.mark.slow
def test_twenty_processes_at_once_lose_nothing(folder: Path) -> None:
    runs = range(1, 21)
    ended = run_at_once(WRITER, [[str(folder), str(number)] for number in runs])
    assert [(one.code, one.err) for one in ended] == [(0, "")] * 20
    numbers = recorded(folder)
    assert sorted(numbers) == [*runs]
    assert {int(path.name, 16) for path in (folder / "lines").iterdir()} == set(numbers[-5:])
    assert json.loads((folder / "trending.json").read_text())["records"] == numbers


# A branch that was fetched


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repository")


def test_a_fetched_branch_is_read_from_git(repository: Repository) -> None:
    store = open_store(repository.path)
    (repository.path / ".covgate-data").touch()
    for number in (1, 2):
        store.append(entry(number), build)
    tip = repository.commit("history")
    for name in os.listdir(repository.path):  # noqa: PTH208  # names are wanted
        if name != ".git":
            repository.git("rm", "-rq", "--ignore-unmatch", name)
    source = HistoryReader(FetchedPlace(repository.command, tip, "origin/covgate-data"))
    assert source.where == "the branch origin/covgate-data"
    assert source.read().records == (record(1), record(2))
    assert source.read_lines(sha(2)) == entry(2).lines
    assert source.read_lines(sha(3)) is None
    assert HistoryReader(FetchedPlace(repository.command, tip, "x"), name="web").read() == History()


@pytest.mark.parametrize(
    ("files", "slug"),
    [
        ({"src/a.py": "1"}, "history-foreign"),
        ({".covgate-data": "", "history.jsonl": "?"}, "history-broken"),
        ({".covgate-data": "", "history.jsonl": '{"schema": 2}'}, "history-newer"),
    ],
)
def test_a_fetched_branch_of_something_else_is_told(repository: Repository, files: dict[str, str], slug: str) -> None:
    for name, text in files.items():
        repository.write(name, text)
    with pytest.raises(HistoryError, match="origin/covgate-data") as caught:
        HistoryReader(FetchedPlace(repository.command, repository.commit("x"), "origin/covgate-data")).read()
    assert caught.value.slug == slug


def test_a_commit_that_git_does_not_have_is_told(repository: Repository) -> None:
    with pytest.raises(HistoryError, match=r"\Athe branch origin/covgate-data cannot be read: .*git") as caught:
        HistoryReader(FetchedPlace(repository.command, sha(1), "origin/covgate-data")).read()
    assert caught.value.slug == "history-unreachable"
    assert FolderPlace(Path("/srv/notes")).where == "the folder /srv/notes"


@pytest.mark.parametrize("first", ["records", "points"])
def test_of_a_commit_that_is_recorded_and_imported_the_record_counts(folder: Path, first: str) -> None:
    """A trending.json of covgate's own, taken in where it came from, or before its commits are recorded again."""
    store, other = open_store(folder), open_store(folder.with_name("other"))
    for number in (1, 2, 3):
        other.append(entry(number, covered=70 + number), build)
    taken = parse_trending(render_trending(other.read(), None, ()), "trending.json")
    assert len(taken.imported) == 3
    for step in (["records", "points"], ["points", "records"])[first == "points"]:
        if step == "points":
            store.add_imported(taken, build)
        else:
            for number in (1, 2):
                store.append(entry(number, covered=70 + number), build)
    found = points_of(store.read())
    assert [(point.sha, point.title) for point in found] == [(sha(1), "Change 1"), (sha(2), "Change 2"), (sha(3), "")]
    before = content(folder)
    store.add_imported(taken, build)
    assert content(folder) == before


def test_points_that_were_kept_without_their_commit_are_not_taken_in_again(folder: Path) -> None:
    point = Point(date=datetime(2025, 1, 1, tzinfo=UTC), total=Decimal(50))
    store = open_store(folder)
    store.add_imported(History(imported=(point,)), build)
    before = content(folder)
    store.add_imported(History(imported=(replace(point, sha=sha(9)),)), build)
    assert content(folder) == before


def test_lines_that_could_not_be_read_again_are_refused_and_nothing_is_written(folder: Path) -> None:
    outside = replace(entry(1).lines, files={PurePosixPath("/etc/x.py"): FileLines(digest="", states="+")})
    with pytest.raises(HistoryError, match=r"the lines of 000000000000 cannot be kept: no name of a file") as caught:
        open_store(folder).append(replace(entry(1), lines=outside), build)
    assert caught.value.slug == "history-too-large"
    assert not folder.exists()


# Both


def test_the_first_of_several_places_counts(tmp_path: Path) -> None:
    here, there = (open_store(tmp_path / name) for name in ("here", "there"))
    point = Point(date=datetime(2025, 1, 1, tzinfo=UTC), total=Decimal(50))
    start = Start(point=point, aim=None)
    there.add_imported(History(imported=(point,), start=start), build)
    for number in (1, 3):
        there.append(entry(number), build)
    for number in (3, 2):
        here.append(entry(number, covered=50, states="---"), build)
    merged = HistoryReader(*(FolderPlace(tmp_path / name, "history") for name in ("here", "there")))
    assert merged.read_lines(sha(1)) == entry(1).lines
    found = merged.read()
    assert found.records == (record(1), record(2, covered=50), record(3, covered=50))
    assert (found.imported, found.start) == ((point,), start)
    assert merged.read_lines(sha(3)) == entry(3, states="---").lines
    assert merged.read_lines(sha(4)) is None
    assert merged.where == "the folder history and the folder history"


def test_one_place_alone_keeps_its_order_and_lends_no_lines(tmp_path: Path) -> None:
    here, there = (open_store(tmp_path / name, limit=1) for name in ("here", "there"))
    for number in (2, 1):
        here.append(entry(number), build)
    merged = HistoryReader(*(FolderPlace(tmp_path / name, "history") for name in ("there", "here")))
    assert merged.read() == here.read()
    there.append(entry(2), build)
    # The record of the first place counts, and it has lines of its own only.
    assert merged.read_lines(sha(2)) is None
    merged.read()
    assert merged.read_lines(sha(2)) == entry(2).lines
    assert HistoryReader().read() == History()


class Compared(Decimal):
    """A percent that counts how often it is compared."""

    times: list[int] = []  # noqa: RUF012  # counts for all of them

    def __eq__(self, other: object) -> bool:
        self.times.append(1)
        return super().__eq__(other)

    __hash__ = Decimal.__hash__


def test_many_imported_points_of_several_places_are_not_compared_each_with_each() -> None:
    day = datetime(2025, 1, 1, tzinfo=UTC)
    points = tuple(Point(date=day, total=Compared(number)) for number in range(500))
    found = merge([History(imported=points), History(imported=points)])
    assert found.imported == points
    assert len(Compared.times) < 5 * len(points)
