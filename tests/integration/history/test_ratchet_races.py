"""The ratchet beside people and other runs: what they closed, wrote or did a moment before."""

from __future__ import annotations

import subprocess  # two runs at once are two processes
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from covgate.history.ratchet.floors import Raise
from covgate.history.ratchet.pull_request import BRANCH, RatchetOutcome
from covgate.history.ratchet.words import parse_message
from tests.support.github.answers import Account
from tests.support.github.pulls import FakePulls, interrupt
from tests.support.github.server import FakeGithub
from tests.support.ratchet import CONFIG, Run, only, other_run, proposed, text, tip, up, writes


@pytest.mark.parametrize("deleted", [False, True], ids=["branch-kept", "branch-deleted"])
def test_a_closed_proposal_is_not_made_again(
    git_github: FakeGithub, pulls: FakePulls, run: Run, *, deleted: bool
) -> None:
    run(up("84"), up("71", "api", "70"))
    pulls.close(only(pulls))
    if deleted:
        git_github.git_data.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    pulls.push("main", CONFIG, "# another change\n" + text())
    git_github.requests.clear()
    for raises in ([up("84"), up("71", "api", "70")], [up("84")], [up("83"), up("71", "api", "70")]):
        outcome = run(*raises)
        assert outcome.note == "Pull request #12 was closed, so the ratchet waits until it can propose more."
    assert writes(git_github) == []


@pytest.mark.parametrize("deleted", [False, True], ids=["branch-kept", "branch-deleted"])
@pytest.mark.parametrize("more", [(up("85"),), (up("84"), up("71", "api", "70"))], ids=["higher", "another-floor"])
def test_a_closed_proposal_comes_back_when_it_can_propose_more(
    git_github: FakeGithub, pulls: FakePulls, run: Run, *, deleted: bool, more: tuple[Raise, ...]
) -> None:
    run(up("84"))
    pulls.close(only(pulls))
    if deleted:
        git_github.git_data.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    run(*more)
    assert only(pulls).number == 13


def test_a_closed_proposal_whose_text_was_rewritten_is_known_by_its_branch(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    run(up("84"))
    only(pulls).body = "No, thank you."
    pulls.close(only(pulls))
    git_github.requests.clear()
    assert "was closed" in run(up("84")).note
    assert writes(git_github) == []


def test_what_a_person_writes_above_the_text_of_a_pull_request_stays(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    run(up("84"))
    only(pulls).body = written = f"Let us wait for the release.\n\n{only(pulls).body}"
    git_github.requests.clear()
    run(up("84"))
    assert only(pulls).body == written
    pulls.close(only(pulls))
    assert "was closed" in run(up("83")).note
    assert writes(git_github) == []


@pytest.mark.parametrize("name", ["", "py310"])
def test_a_persons_commit_is_left_alone_when_there_is_nothing_to_raise(
    git_github: FakeGithub, pulls: FakePulls, run: Run, name: str
) -> None:
    run(up("84"))
    pulls.push(BRANCH, CONFIG, text(83))
    git_github.requests.clear()
    assert "someone else's" in run(held=(None,), name=name).note
    assert writes(git_github) == []
    assert len(pulls.open) == 1


def test_a_persons_commit_on_the_branch_is_left_alone(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(up("84"))
    pulls.push(BRANCH, CONFIG, text(83))
    git_github.requests.clear()
    outcome = run(up("86"))
    assert outcome.note == f"The branch {BRANCH} has a commit of someone else's: it is left alone."
    assert writes(git_github) == []
    assert only(pulls).title == "Raise min-total to 84"


def test_a_merged_branch_is_nobodys_any_more(pulls: FakePulls, run: Run) -> None:
    run(up("84"))
    pulls.push(BRANCH, CONFIG, text(83))
    pulls.merge(only(pulls))
    run(up("86", old="83"))
    assert only(pulls).number == 13


def test_a_branch_of_that_name_that_covgate_did_not_make_is_left_alone(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    git_github.git_data.git("update-ref", f"refs/heads/{BRANCH}", tip(git_github, "main"))
    assert "someone else's" in run(up("84")).note
    assert not pulls.pulls


def test_another_runs_branch_stands_and_its_text_is_told(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    interrupt(git_github, "POST", r"/git/refs", lambda: other_run(git_github, "85"))
    outcome = run(up("84"))
    assert only(pulls).title == "Raise min-total to 85"
    assert outcome.note == "Pull request #12: Raise min-total to 85."
    assert proposed(git_github) == text(85)


def test_another_runs_commit_stands_and_its_text_is_told(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(up("84"))
    interrupt(git_github, "PATCH", r"/git/refs/(?P<ref>heads/.+)", lambda: other_run(git_github, "87"))
    run(up("86"))
    assert only(pulls).title == "Raise min-total to 87"
    assert proposed(git_github) == text(87)


def test_another_runs_pull_request_is_found(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    def open_first() -> None:
        pulls.add(Account(login="github-actions[bot]"), head=BRANCH, base="main", title="Raise", body="")

    interrupt(git_github, "POST", r"/pulls", open_first)
    assert run(up("84")).note.startswith("Pull request #12: ")
    assert only(pulls).title == "Raise min-total to 84"


def test_a_text_that_was_overtaken_is_put_right(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    """The other run's proposal gets onto the branch while this one's text is on its way."""
    interrupt(git_github, "POST", r"/pulls", lambda: other_run(git_github, "87"))
    run(up("84"))
    assert only(pulls).title == "Raise min-total to 87"
    assert proposed(git_github) == text(87)


def test_a_branch_that_never_stands_still_ends_the_run(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    numbers = iter(range(81, 100))
    interrupt(
        git_github,
        "GET",
        r"/git/commits/(?P<sha>[0-9a-f]{40})",
        lambda: other_run(git_github, str(next(numbers))),
        times=99,
    )
    assert "the next run" in run(up("84")).note
    assert len(pulls.open) <= 1
    assert len(git_github.requests) <= 100


@pytest.mark.parametrize("attempt", range(3))
def test_runs_at_once_end_with_one_branch_and_one_fitting_pull_request(
    git_github: FakeGithub, pulls: FakePulls, run: Run, attempt: int
) -> None:
    start = threading.Barrier(3)

    def race(total: int) -> RatchetOutcome:
        start.wait(30)
        return run(up(str(total)))

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(race, (84 + attempt, 85 + attempt, 86 + attempt)))
    assert {outcome.note.split(":")[0] for outcome in outcomes} == {"Pull request #12"}
    assert not [outcome.problem for outcome in outcomes if outcome.problem]
    own = parse_message(git_github.git_data.text("show", "--no-patch", "--format=%B", BRANCH))
    assert own is not None
    assert proposed(git_github) == text(str(own[0].new))
    assert len(pulls.pulls) == 1
    assert only(pulls).title == f"Raise min-total to {own[0].new}"
    assert f"| 80 | {own[0].new} |" in only(pulls).body


_ONE_RUN = """
import sys
from covgate.model.secret import Secret
from covgate.host.github.repository import GithubData
from covgate.host.github.pulls import GithubPulls
from pathlib import PurePosixPath
from tests.integration.conftest import QUICK
from covgate.history.ratchet.names import Proposal
from covgate.history.ratchet.pull_request import publish_ratchet
from tests.support.ratchet import TODAY, up
url, total, *names = sys.argv[1:]
where = dict(api_url=url, repository="octo/project", token=Secret(value="ghs_workflow"), pace=QUICK)
print("ready", flush=True)
sys.stdin.readline()
with GithubData(**where) as data, GithubPulls(**where) as pulls:
    print(publish_ratchet(data, pulls, default_branch="main", config_path=PurePosixPath("pyproject.toml"),
                          name="".join(names), proposal=Proposal(raises=(up(total),), seen=TODAY)).note)
"""


def test_two_processes_end_with_one_branch_and_one_pull_request(git_github: FakeGithub, pulls: FakePulls) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _ONE_RUN, git_github.url, total],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for total in ("84", "85")
    ]
    for one in runs:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in runs:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    notes = {one.communicate(timeout=60)[0].split(":")[0] for one in runs}
    assert notes == {"Pull request #12"}
    assert proposed(git_github) in {text(84), text(85)}
    assert only(pulls).title in {"Raise min-total to 84", "Raise min-total to 85"}
    assert only(pulls).title.removeprefix("Raise min-total to ") in proposed(git_github)
