"""Many processes that record at once, on a branch of a GitHub that holds a real repository."""

from __future__ import annotations

import json

from tests.history.storage.test_history_branch import BRANCH, line_records, recorded
from tests.support.github.git_data import GitData
from tests.support.github.server import FakeGithub
from tests.support.projects import run_at_once
from tests.support.recorded import sha

WRITER = """
import sys, time
from random import Random
from covgate.model.secret import Secret
from covgate.host.github.repository import GithubData
from covgate.host.github.session import RetryPolicy
from covgate.history.storage.branch import BranchPlace
from covgate.history.storage.store import HistoryStore
from tests.support.recorded import build, entry
url, number, pace = sys.argv[1], int(sys.argv[2]), RetryPolicy(timeout=60, between_writes=0)
with GithubData(api_url=url, repository="octo/project", token=Secret(value="ghs_workflow"), pace=pace) as data:
    store = HistoryStore(BranchPlace(data, "covgate-data"), limit=30, wait=time.sleep, random=Random(number))
    store.append(entry(number), build)
"""


def test_fifty_processes_at_once_lose_nothing(git_github: FakeGithub) -> None:
    git_data: GitData = git_github.git_data
    runs = range(1, 51)
    ended = run_at_once(WRITER, [[git_github.url, str(number)] for number in runs])
    assert [(one.code, one.err) for one in ended] == [(0, "")] * 50
    numbers = recorded(git_data)
    assert sorted(numbers) == [*runs]
    assert line_records(git_data) == set(numbers[-30:])
    assert json.loads(git_data.files(BRANCH)["trending.json"])["records"] == numbers
    # One line of commits from one first commit, in the order of the file, each with one record more.
    assert git_data.text("rev-list", "--count", BRANCH) == "50"
    assert git_data.text("rev-list", "--count", "--first-parent", BRANCH) == "50"
    titles = git_data.text("log", "--reverse", "--format=%s", BRANCH).splitlines()
    assert [title.split()[1] for title in titles] == [f"{sha(number)[:12]}:" for number in numbers]
    moves = [method for method, target in git_github.requests if "git/refs" in target]
    assert moves.count("PATCH") >= 49
    assert git_github.problems == []
    git_data.git("fsck", "--strict", "--no-dangling")
