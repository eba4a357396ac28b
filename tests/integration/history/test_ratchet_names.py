"""Several projects and names that share the ratchet's branch."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import PurePosixPath

import pytest

from covgate.history.ratchet.names import Proposal
from covgate.history.ratchet.pull_request import BRANCH, RatchetOutcome, branch_of
from covgate.history.ratchet.words import parse_proposals, render_message
from tests.support.github.pulls import FakePulls, interrupt
from tests.support.github.server import FakeGithub
from tests.support.ratchet import CONFIG, TODAY, Run, only, proposed, text, tip, up, writes


def message(github: FakeGithub) -> str:
    return github.git_data.text("show", "--no-patch", "--format=%B", BRANCH)


@pytest.mark.parametrize("names", [("py310", "py313"), ("py313", "py310"), ("", "py313")], ids="-".join)
def test_of_names_that_share_a_file_the_lowest_counts_whoever_comes_first(
    git_github: FakeGithub, pulls: FakePulls, run: Run, names: tuple[str, str]
) -> None:
    totals = {"py310": "88", "": "88", "py313": "92"}
    for _ in range(2):
        for name in names:
            run(up(totals[name]), up("75", "api", "70"), name=name)
        assert proposed(git_github) == text(88, 75)
        assert only(pulls).title == "Raise min-total to 88 and 1 more floor"
        git_github.requests.clear()
    assert len(pulls.pulls) == 1
    assert {name: str(p.says[None]) for name, p in parse_proposals(message(git_github)).items()} == {
        name: totals[name] for name in names
    }
    assert all(f"`{name}`" in only(pulls).body for name in names if name)
    for name in names:
        git_github.requests.clear()
        run(up(totals[name]), up("75", "api", "70"), name=name)
        assert writes(git_github) == []


def test_names_with_floors_of_their_own_keep_each_others(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(up("84"), name="unit")
    run(up("75", "api", "70"), name="api")
    run(up("86"), name="unit")
    assert proposed(git_github) == text(86, 75)
    assert len(pulls.pulls) == 1


def test_a_name_that_cannot_raise_holds_the_others_back(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(up("92"), name="py313")
    closed = run(name="py310", held=(None,))
    assert closed.note == "Pull request #12 is closed: there is nothing left to raise."
    assert not pulls.open
    assert proposed(git_github) == text()
    git_github.requests.clear()
    assert run(up("92"), name="py313").note == "Not raised: min-total: py310 cannot take more."
    assert run(name="py310", held=(None,)).note == ""
    assert writes(git_github) == []
    run(up("88"), name="py310")
    assert (only(pulls).number, only(pulls).title) == (13, "Raise min-total to 88")
    assert proposed(git_github) == text(88)


def test_a_name_holds_one_floor_only(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(name="py310", held=(None,))
    run(up("92"), up("75", "api", "70"), name="py313")
    run(up("73", "api", "70"), name="py310", held=(None,))
    assert proposed(git_github) == text(80, 73)
    assert only(pulls).title == "Raise min-total of api to 73"


def test_what_can_no_longer_be_raised_is_closed_and_comes_back(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    run(up("84"))
    outcome = run(held=(None,))
    assert "#12 is closed" in outcome.note
    assert not pulls.open
    git_github.requests.clear()
    assert run(held=(None,)) == RatchetOutcome()
    assert writes(git_github) == []
    assert len(git_github.requests) == 3
    run(up("83"))
    assert (only(pulls).number, only(pulls).title) == (13, "Raise min-total to 83")
    assert proposed(git_github) == text(83)


def test_what_a_person_refused_is_remembered_beyond_one_that_covgate_closed(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    run(up("84"))
    pulls.close(only(pulls))
    run(up("86"))
    run(held=(None,))
    git_github.requests.clear()
    assert "was closed" in run(up("84")).note
    assert writes(git_github) == []
    run(up("85"))
    assert (only(pulls).number, proposed(git_github)) == (14, text(85))


def test_a_floor_that_was_raised_by_hand_needs_no_pull_request(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    run(up("84"))
    pulls.push("main", CONFIG, text(85))
    assert "nothing left to raise" in run(up("84", old="85")).note
    assert not pulls.open
    run(up("86", old="85"))
    assert (only(pulls).number, proposed(git_github)) == (13, text(86))


def test_floors_that_cannot_rise_cost_one_request(git_github: FakeGithub, run: Run) -> None:
    assert run(held=(None, "api"), name="py310") == RatchetOutcome()
    assert git_github.requests == [("GET", f"/repos/octo/project/git/ref/heads/{BRANCH}")]


@pytest.mark.parametrize(("days", "expected"), [(90, "88"), (91, "92")])
def test_a_name_not_heard_of_for_long_is_forgotten(git_github: FakeGithub, run: Run, days: int, expected: str) -> None:
    run(up("88"), name="py310")
    run(up("92"), name="py313", today=TODAY + timedelta(days=days))
    assert proposed(git_github) == text(expected)


def test_a_name_that_is_there_is_not_forgotten(git_github: FakeGithub, run: Run) -> None:
    for days in range(0, 400, 20):
        today = TODAY + timedelta(days=days)
        for name, total in (("py310", "88"), ("py313", "92")):
            run(up(total), name=name, today=today)
            assert proposed(git_github) == text(88) or days == 0
    assert int(git_github.git_data.text("rev-list", "--count", f"main..{BRANCH}")) < 30


def test_a_closed_proposal_of_several_names_comes_back_when_the_lowest_rises(pulls: FakePulls, run: Run) -> None:
    run(up("88"), name="py310")
    run(up("92"), name="py313")
    pulls.close(only(pulls))
    assert "was closed" in run(up("95"), name="py313").note
    assert not pulls.open
    run(up("90"), name="py310")
    assert (only(pulls).number, only(pulls).title) == (13, "Raise min-total to 90")


def test_two_projects_keep_a_pull_request_each(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    files = {"pyproject.toml": text(), "a/pyproject.toml": text(50), "a/b/pyproject.toml": text(60)}
    git_github.git_data.seed(files, parent=tip(git_github, "main"))
    for _ in range(2):
        run(up("55"), name="a", config="a/pyproject.toml")
        run(up("66"), name="b", config="a/b/pyproject.toml")
        run(up("84"))
    assert len(pulls.open) == len(pulls.pulls) == 3
    for config, total in (("pyproject.toml", 84), ("a/pyproject.toml", 55), ("a/b/pyproject.toml", 66)):
        branch = branch_of(PurePosixPath(config))
        assert git_github.git_data.files(branch)[config].decode() == text(total)
        assert git_github.git_data.text("diff", "--name-only", "main", branch) == config


@pytest.mark.parametrize("attempt", range(2))
def test_names_at_once_end_with_the_lowest(git_github: FakeGithub, pulls: FakePulls, run: Run, attempt: int) -> None:
    start = threading.Barrier(4)

    def race(number: int) -> RatchetOutcome:
        start.wait(30)
        return run(up(str(84 + (number + attempt) % 4)), name=f"py31{number}")

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(race, range(4)))
    assert not [outcome.problem for outcome in outcomes if outcome.problem]
    assert len(parse_proposals(message(git_github))) == 4
    assert proposed(git_github) == text(84)
    assert len(pulls.pulls) == 1
    assert only(pulls).title == "Raise min-total to 84"
    assert all(f"`py31{number}`" in only(pulls).body for number in range(4))


def test_another_names_commit_is_joined_not_overwritten(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(up("86"), name="py310")

    def other_name() -> None:
        proposals = {"py310": ("86", TODAY), "py313": ("83", TODAY)}
        made = {name: Proposal(raises=(up(total),), seen=day) for name, (total, day) in proposals.items()}
        pulls.push(BRANCH, CONFIG, text(83), render_message([up("83")], made))

    interrupt(git_github, "PATCH", r"/git/refs/(?P<ref>heads/.+)", other_name)
    run(up("87"), name="py310")
    assert {name: str(p.says[None]) for name, p in parse_proposals(message(git_github)).items()} == {
        "py310": "87",
        "py313": "83",
    }
    assert only(pulls).title == "Raise min-total to 83"


@pytest.mark.parametrize(
    ("config", "branch"),
    [
        ("pyproject.toml", "covgate/ratchet"),
        ("services/api/pyproject.toml", "covgate/ratchet-services-api-fe3b7a"),
        ("services-api/pyproject.toml", "covgate/ratchet-services-api-9050bd"),
        ("a..b.lock/~^: *[/pyproject.toml", "covgate/ratchet-a-b-lock-bc8fda"),
        ("\u0444/pyproject.toml", "covgate/ratchet-754309"),
    ],
)
def test_every_file_has_a_branch_of_its_own(git_github: FakeGithub, config: str, branch: str) -> None:
    assert branch_of(PurePosixPath(config)) == branch
    assert git_github.git_data.text("check-ref-format", "--branch", branch) == branch
