from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from covgate.errors import HistoryError
from covgate.history.storage.branch import LOST_ANSWERS, BranchPlace
from covgate.history.storage.entries import render_record
from covgate.history.storage.line_record import decode_record
from covgate.history.storage.places import RunToRecord
from covgate.history.storage.store import HistoryStore
from covgate.model.history import Aim, History, Point, Start
from tests.support.github.answers import PRIMARY_LIMIT, SECONDARY_LIMIT, Answer, error
from tests.support.github.clients import ConnectData, methods
from tests.support.github.git_data import GitData
from tests.support.github.server import FakeGithub, Fault
from tests.support.recorded import build, entry, record, sha

pytestmark = pytest.mark.slow

BRANCH = "covgate-data"

Open = Callable[..., HistoryStore]


@pytest.fixture
def git_data(git_github: FakeGithub) -> GitData:
    return git_github.git_data


@pytest.fixture
def open_store(connect_data: ConnectData) -> Open:
    def make(token: str = "ghs_workflow", *, limit: int = 30, name: str = "", branch: str = BRANCH) -> HistoryStore:  # noqa: S107  # no one's password
        place = BranchPlace(connect_data(token), branch)
        return HistoryStore(place, limit=limit, name=name, wait=lambda _: None, random=Random(1))

    return make


def recorded(git_data: GitData, path: str = "history.jsonl") -> list[int]:
    """The numbers of the commits that are recorded, as they lie on the branch."""
    return [int(json.loads(line)["sha"], 16) for line in git_data.files(BRANCH)[path].splitlines()]


def line_records(git_data: GitData) -> set[int]:
    return {int(name.removeprefix("lines/"), 16) for name in git_data.files(BRANCH) if name.startswith("lines/")}


def state(git_data: GitData) -> str:
    """All branches and what they point to."""
    return git_data.text("for-each-ref")


# One run


def test_a_place_that_is_not_there_yet_is_an_empty_history(git_github: FakeGithub, open_store: Open) -> None:
    store = open_store()
    assert store.read() == History()
    assert store.read_lines(sha(1)) is None
    # The second tells a branch that is not there from a repository that GitHub hides.
    assert methods(git_github) == ["GET", "GET"]
    assert store.where == "the branch covgate-data"


def test_a_repository_that_github_hides_holds_no_empty_history(git_github: FakeGithub, open_store: Open) -> None:
    git_github.faults.append(Fault(method="GET", path="/git/", answer=error(404, "Not Found"), times=99))
    with pytest.raises(HistoryError, match=r"cannot be read: GitHub does not know this, or hides it") as caught:
        open_store().read()
    assert caught.value.slug == "history-unreachable"


def test_the_first_record_makes_the_branch(git_github: FakeGithub, git_data: GitData, open_store: Open) -> None:
    open_store().append(entry(1), build)
    files = git_data.files(BRANCH)
    assert set(files) == {
        ".covgate-data",
        ".nojekyll",
        "README.md",
        "badge.svg",
        "history.jsonl",
        "trending.json",
        f"lines/{sha(1)}",
    }
    assert decode_record(files[f"lines/{sha(1)}"]) == entry(1).lines
    assert b"covgate" in files["README.md"]
    assert json.loads(files["trending.json"]) == {"records": [1], "imported": 0}
    assert git_data.text("rev-list", "--count", BRANCH) == "1"
    assert git_data.text("log", "--format=%s", BRANCH) == f"Record {sha(1)[:12]}: 79.41 %"
    assert methods(git_github) == ["GET", "POST", "POST", "POST", "POST"]


def test_the_next_record_is_one_commit_on_top(git_github: FakeGithub, git_data: GitData, open_store: Open) -> None:
    open_store().append(entry(1), build)
    git_github.requests.clear()
    open_store().append(entry(2), build)
    assert recorded(git_data) == [1, 2]
    assert json.loads(git_data.files(BRANCH)["trending.json"])["records"] == [1, 2]
    assert git_data.text("rev-list", "--count", BRANCH) == "2"
    # The tip, its files, the history; the lines, the tree, the commit, the branch.
    assert methods(git_github) == ["GET"] * 3 + ["POST"] * 3 + ["PATCH"]


def test_a_pull_request_reads_in_three_requests(git_github: FakeGithub, open_store: Open) -> None:
    for number in (1, 2):
        open_store().append(entry(number), build)
    git_github.requests.clear()
    store = open_store("ghs_fork")
    assert store.read().records == (record(1), record(2))
    assert store.read_lines(sha(2)) == entry(2).lines
    assert methods(git_github) == ["GET"] * 3
    assert store.read_lines(sha(3)) is None
    assert methods(git_github) == ["GET"] * 3


def test_the_same_run_again_changes_nothing(git_github: FakeGithub, git_data: GitData, open_store: Open) -> None:
    open_store().append(entry(1), build)
    before = state(git_data)
    git_github.requests.clear()
    open_store().append(entry(1), build)
    assert state(git_data) == before
    # The tip, its files, the history and the lines.
    assert methods(git_github) == ["GET"] * 4


@pytest.mark.parametrize("again", [entry(1, covered=90), entry(1, states="+++")], ids=["other-counts", "other-lines"])
def test_another_run_of_a_commit_takes_the_place_of_the_first(
    git_data: GitData, open_store: Open, again: RunToRecord
) -> None:
    store = open_store()
    for one in (entry(1), entry(2), again):
        store.append(one, build)
    assert recorded(git_data) == [1, 2]
    assert store.read().records[0] == again.record
    assert store.read_lines(sha(1)) == again.lines


def test_lines_are_kept_for_the_last_records_and_texts_for_ever(git_data: GitData, open_store: Open) -> None:
    store = open_store(limit=3)
    for number in range(1, 8):
        store.append(entry(number), build)
    assert recorded(git_data) == [1, 2, 3, 4, 5, 6, 7]
    assert line_records(git_data) == {5, 6, 7}
    # A commit that is measured late keeps its lines until the next record.
    store.append(entry(2, covered=1), build)
    assert line_records(git_data) == {2, 5, 6, 7}
    store.append(entry(8), build)
    assert line_records(git_data) == {6, 7, 8}


def test_reports_with_names_keep_out_of_each_others_way(git_data: GitData, open_store: Open) -> None:
    for name in ("", "web", "../api"):
        open_store(name=name).append(entry(len(name) + 1), build)
    files = git_data.files(BRANCH)
    assert {name for name in files if "/" not in name} >= {".covgate-data", "history.jsonl"}
    assert recorded(git_data, "by-name/web/history.jsonl") == [4]
    assert recorded(git_data, "by-name/%2E.%2Fapi/history.jsonl") == [7]
    assert f"by-name/web/lines/{sha(4)}" in files
    assert "by-name/web/trending.json" in files
    assert open_store(name="web").read().records == (record(4),)
    assert open_store(name="none").read() == History()


def test_imported_points_are_one_commit_and_only_once(git_data: GitData, open_store: Open) -> None:
    points = tuple(Point(date=datetime(2025, month, 1, tzinfo=UTC), total=Decimal("62.5")) for month in (1, 2))
    start = Start(point=points[0], aim=Aim(total=Decimal(80)))
    store = open_store()
    store.append(entry(1), build)
    store.add_imported(History(imported=points, start=start), build)
    found = open_store().read()
    assert (found.imported, found.start) == (points, start)
    assert json.loads(git_data.files(BRANCH)["trending.json"])["imported"] == 2
    before = state(git_data)
    open_store().add_imported(History(imported=points[1:], start=start), build)
    assert state(git_data) == before


# What is not ours, or not whole


def broken(files: dict[str, str]) -> dict[str, str]:
    return {".covgate-data": "", **files}


GOOD = json.dumps({"schema": 1, "imported": True, "date": "2026-01-01T00:00:00Z", "total": "1", "components": {}})


@pytest.mark.parametrize(
    ("files", "slug", "says"),
    [
        ({"index.html": "<p>", "history.jsonl": GOOD}, "history-foreign", "history.jsonl, index.html"),
        (broken({"history.jsonl": f"{GOOD}\n{{"}), "history-broken", "line 2 of history.jsonl"),
        (broken({"history.jsonl": "\x00"}), "history-broken", "line 1 of history.jsonl"),
        (broken({"history.jsonl": '{"schema":2}'}), "history-newer", "newer covgate"),
        (broken({"history.jsonl": GOOD.replace("1", "0", 1)}), "history-broken", "`schema`"),
    ],
    ids=["foreign", "broken", "binary", "newer", "shape"],
)
def test_what_covgate_did_not_write_is_told_and_left_alone(
    git_data: GitData, open_store: Open, files: dict[str, str], slug: str, says: str
) -> None:
    git_data.seed(files, BRANCH)
    before = state(git_data)
    act: Callable[[], object]
    for act in (
        lambda: open_store().read(),
        lambda: open_store().append(entry(1), build),
        lambda: open_store().add_imported(History(), build),
    ):
        with pytest.raises(HistoryError) as caught:
            act()
        assert caught.value.slug == slug
        assert says in caught.value.message
        assert "covgate-data" in caught.value.message
    assert state(git_data) == before
    assert git_data.files(BRANCH) == {name: text.encode() for name, text in files.items()}


def test_a_line_record_that_is_broken_is_told(git_data: GitData, open_store: Open) -> None:
    git_data.seed(broken({"history.jsonl": render_record(record(1)), f"lines/{sha(1)}": "hello"}), BRANCH)
    store = open_store()
    assert store.read() == History(records=(record(1),))
    with pytest.raises(HistoryError, match="no line record") as caught:
        store.read_lines(sha(1))
    assert caught.value.slug == "history-broken"


def test_files_of_others_beside_ours_are_kept(git_data: GitData, open_store: Open) -> None:
    git_data.seed(broken({"CNAME": "coverage.example.org", "docs/a.md": "a"}), BRANCH)
    open_store().append(entry(1), build)
    files = git_data.files(BRANCH)
    assert files["CNAME"] == b"coverage.example.org"
    assert files["docs/a.md"] == b"a"
    assert recorded(git_data) == [1]


# Trouble on the way


def test_a_token_that_can_only_read_is_told_what_it_takes(
    git_github: FakeGithub, git_data: GitData, open_store: Open
) -> None:
    before = state(git_data)
    with pytest.raises(HistoryError) as caught:
        open_store("ghs_fork").append(entry(1), build)
    assert caught.value.slug == "history-read-only"
    assert caught.value.message.startswith("the branch covgate-data cannot be written: the token can only read")
    assert caught.value.hint == (
        "give the job `permissions: contents: write`; where no token can have that, keep the history in a folder with "
        "history-dir"
    )
    assert state(git_data) == before
    assert methods(git_github) == ["GET", "POST"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (error(401, "Bad credentials"), "does not accept the token"),
        (error(403, "Resource not accessible by integration"), "the token may not"),
        (error(403, PRIMARY_LIMIT, headers={"Retry-After": "3600"}), "rate limit"),
        (Answer(status=200, body="<html>log in</html>"), "no usable answer"),
        (Answer(status=502, body="<html>Bad Gateway</html>"), "no usable answer"),
    ],
    ids=["401", "403", "rate-limit", "portal", "502"],
)
def test_a_branch_that_can_not_be_read_is_told(
    git_github: FakeGithub, open_store: Open, answer: Answer, says: str
) -> None:
    act: Callable[[], object]
    for act in (lambda: open_store().read(), lambda: open_store().append(entry(1), build)):
        git_github.faults[:] = [Fault(method="GET", answer=answer, times=9)]
        with pytest.raises(HistoryError, match=r"\Athe branch covgate-data cannot be read: ") as caught:
            act()
        assert caught.value.slug == "history-unreachable"
        assert says in caught.value.message
        advice = "give the job `permissions: contents: read` (to record: `contents: write`)"
        assert (caught.value.hint == advice) is (says == "the token may not")
        assert caught.value.hint
    assert "POST" not in methods(git_github)


WRITES = ("git/blobs", "git/trees", "git/commits", "git/refs")


@pytest.mark.parametrize("carried_out", [True, False], ids=["lost-answer", "not-done"])
@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("first", [True, False], ids=["new-branch", "moved-branch"])
def test_a_write_without_an_answer_is_looked_after(
    git_github: FakeGithub, git_data: GitData, open_store: Open, path: str, *, carried_out: bool, first: bool
) -> None:
    if not first:
        open_store().append(entry(1), build)
    # Repeated by the session, a PATCH is lost only when all of its tries are.
    method, times = ("PATCH", 4) if path == "git/refs" and not first else ("POST", 1)
    git_github.faults.append(Fault(method=method, path=path, times=times, carried_out=carried_out))
    open_store().append(entry(2), build)
    assert recorded(git_data) == ([2] if first else [1, 2])
    assert line_records(git_data) == ({2} if first else {1, 2})
    assert git_data.text("rev-list", "--count", BRANCH) == ("1" if first else "2")
    assert git_github.faults[0].times == 0


def test_an_answer_that_was_lost_and_a_race_that_followed_lose_nothing(
    git_github: FakeGithub, git_data: GitData, open_store: Open
) -> None:
    open_store().append(entry(1), build)
    git_github.faults.append(
        Fault(method="PATCH", times=1, carried_out=True, answer=error(422, "Update is not a fast forward"))
    )
    open_store().append(entry(2), build)
    assert recorded(git_data) == [1, 2]
    assert git_data.text("rev-list", "--count", BRANCH) == "2"


def test_writes_that_never_get_an_answer_end(git_github: FakeGithub, git_data: GitData, open_store: Open) -> None:
    git_github.faults.append(Fault(method="POST", path="git/trees", times=99))
    with pytest.raises(HistoryError, match="cannot be written: GitHub gave no usable answer") as caught:
        open_store().append(entry(1), build)
    assert caught.value.slug == "history-unreachable"
    assert sum("git/trees" in target and method == "POST" for method, target in git_github.requests) == LOST_ANSWERS + 1
    # The lines were stored once.
    assert sum("git/blobs" in target for _, target in git_github.requests) == 1
    assert git_data.resolve(BRANCH) is None


def test_a_secondary_rate_limit_is_waited_for(git_github: FakeGithub, git_data: GitData, open_store: Open) -> None:
    slow_down = error(403, SECONDARY_LIMIT, headers={"Retry-After": "0"})
    git_github.faults += [Fault(method=method, answer=slow_down, times=2) for method in ("GET", "POST", "PATCH")]
    for number in (1, 2):
        open_store().append(entry(number), build)
    assert recorded(git_data) == [1, 2]


def test_a_protected_branch_is_told_as_github_says_it(git_github: FakeGithub, open_store: Open) -> None:
    open_store().append(entry(1), build)
    rule = error(422, "Repository rule violations found: Changes must be made through a pull request.")
    git_github.faults.append(Fault(method="PATCH", answer=rule))
    with pytest.raises(HistoryError, match="Changes must be made through a pull request") as caught:
        open_store().append(entry(2), build)
    assert caught.value.slug == "history-unreachable"
    assert "history-dir" not in caught.value.hint


# Races


class MovedMeanwhile:
    """Moves the branch each time a commit is about to be put on it."""

    def __init__(self, store: Open, times: int) -> None:
        self.left = times
        self._store = store
        self._numbers = itertools.count(100)

    def build(self, history: History) -> dict[str, str]:
        if self.left:
            self.left -= 1
            self._store().append(entry(next(self._numbers)), build)
        return build(history)


@pytest.mark.parametrize("begun", [True, False], ids=["branch-is-there", "both-make-it"])
def test_a_run_that_lost_a_race_starts_from_the_new_tip(
    git_github: FakeGithub, git_data: GitData, open_store: Open, *, begun: bool
) -> None:
    if begun:
        open_store().append(entry(1), build)
    store = open_store()
    store.append(entry(2), MovedMeanwhile(open_store, 3).build)
    assert recorded(git_data) == [1, 100, 101, 102, 2][0 if begun else 1 :]
    assert line_records(git_data) == set(recorded(git_data))
    assert json.loads(git_data.files(BRANCH)["trending.json"])["records"] == recorded(git_data)
    assert set(git_data.text("log", "--format=%p", BRANCH).split("\n")[:-1]) != {""}
    # The lines of each of the four or five runs were stored once.
    assert sum("git/blobs" in target for method, target in git_github.requests if method == "POST") == 4 + begun


def test_a_branch_that_was_replaced_meanwhile_is_the_new_truth(git_data: GitData, open_store: Open) -> None:
    open_store().append(entry(1), build)

    def replaced(history: History) -> dict[str, str]:
        if [mine.sha for mine in history.records] == [sha(1), sha(2)]:
            git_data.git("update-ref", "-d", f"refs/heads/{BRANCH}")
            open_store().append(entry(7), build)
        return build(history)

    open_store().append(entry(2), replaced)
    assert recorded(git_data) == [7, 2]


def test_a_tip_whose_files_are_not_there_yet_is_never_taken_for_an_empty_branch(
    git_github: FakeGithub, git_data: GitData, open_store: Open
) -> None:
    open_store().append(entry(1), build)
    git_github.faults.append(Fault(method="GET", path="git/trees", answer=error(404, "Not Found"), times=2))
    open_store().append(entry(2), build)
    assert recorded(git_data) == [1, 2]


def test_a_race_that_never_ends_is_given_up(
    git_github: FakeGithub, connect_data: ConnectData, open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("covgate.history.storage.store.TRIES", 12)
    open_store().append(entry(1), build)
    git_github.faults.append(Fault(method="PATCH", answer=error(422, "Update is not a fast forward"), times=99))
    pauses: list[float] = []
    store = HistoryStore(BranchPlace(connect_data(), BRANCH), limit=30, wait=pauses.append, random=Random(7))
    with pytest.raises(HistoryError, match="moved by other runs each of the") as caught:
        store.append(entry(2), build)
    assert caught.value.slug == "history-contended"
    assert len(set(pauses)) == 12
    assert pauses[0] <= 0.2
    assert 2 < max(pauses) <= 4
