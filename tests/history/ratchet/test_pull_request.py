"""The ratchet's pull request, over HTTP and PyGithub against the fake GitHub, whose branches are real git."""

from __future__ import annotations

import pytest

from covgate.history.ratchet.pull_request import BRANCH, RatchetOutcome
from covgate.history.ratchet.words import parse_message
from tests.support.github.pulls import FakePulls
from tests.support.github.server import FakeGithub
from tests.support.ratchet import CONFIG, Run, only, proposed, text, tip, up, writes

pytestmark = pytest.mark.slow


def test_a_proposal_becomes_a_pull_request(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    outcome = run(up("84"), up("71", "api", "70"))
    pull = only(pulls)
    assert outcome == RatchetOutcome(note="Pull request #12: Raise min-total to 84 and 1 more floor.")
    assert proposed(git_github) == text(84, 71)
    assert (pull.head, pull.base, pull.title) == (BRANCH, "main", "Raise min-total to 84 and 1 more floor")
    assert "| `min-total` | 80 | 84 | 84.33 % | 0.14 |" in pull.body
    assert "| `components.api.min-total` | 70 | 71 | 71.33 % | 0.14 |" in pull.body
    git = git_github.git_data
    assert git.text("diff", "--name-only", "main", BRANCH) == CONFIG
    assert git.text("rev-list", "--count", f"main..{BRANCH}") == "1"
    message = git.text("show", "--no-patch", "--format=%B", BRANCH)
    assert parse_message(message) == (up("84"), up("71", "api", "70"))
    assert git.text("show", "--no-patch", "--format=%(trailers:key=Covgate-Ratchet,valueonly)", BRANCH) == "true"


def test_the_same_proposal_again_writes_nothing(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    first = run(up("84"))
    only(pulls).title = "Raise the bar (reworded by a person)"
    git_github.requests.clear()
    assert run(up("84")) == first
    assert writes(git_github) == []
    assert len(git_github.requests) == 9
    assert only(pulls).title.startswith("Raise the bar")


def test_a_further_rise_updates_the_one_pull_request(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    before = run(up("84"))
    old = tip(git_github, BRANCH)
    after = run(up("86"), up("75", "api", "70"))
    assert before.note == "Pull request #12: Raise min-total to 84."
    assert after.note == "Pull request #12: Raise min-total to 86 and 1 more floor."
    assert len(pulls.pulls) == 1
    assert only(pulls).title == "Raise min-total to 86 and 1 more floor"
    assert "84" not in only(pulls).body
    assert proposed(git_github) == text(86, 75)
    assert git_github.git_data.text("merge-base", old, BRANCH) == old


def test_a_proposal_that_shrank_is_updated_too(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    """What it proposed before would turn the gate red; the file's own floor is still not lowered."""
    run(up("86"))
    run(up("82"))
    assert only(pulls).title == "Raise min-total to 82"
    assert proposed(git_github) == text(82)


def test_nothing_to_raise_asks_nothing(git_github: FakeGithub, run: Run) -> None:
    assert run() == RatchetOutcome()
    assert git_github.requests == []


@pytest.mark.parametrize("total", ["84", "90"])
def test_the_default_branch_is_never_lowered(git_github: FakeGithub, pulls: FakePulls, run: Run, total: str) -> None:
    """What is proposed was computed from a checkout; the branch has moved on since."""
    pulls.push("main", CONFIG, text(total))
    assert run(up("84")) == RatchetOutcome()
    assert writes(git_github) == []


def test_the_text_comes_from_the_default_branch_as_it_is_now(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    run(up("84"))
    pulls.push("main", CONFIG, "# New first line\n" + text(82))
    pulls.push("main", "api/b.py", "2\n")
    run(up("84"))
    assert proposed(git_github) == "# New first line\n" + text(84)
    assert "api/b.py" in git_github.git_data.files(BRANCH)
    assert git_github.git_data.text("diff", "--name-only", f"main...{BRANCH}") == CONFIG
    assert git_github.git_data.text("rev-list", "--count", f"{BRANCH}..main") == "0"
    assert len(pulls.pulls) == 1


def test_other_files_moving_on_need_no_new_commit(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(up("84"))
    before = tip(git_github, BRANCH)
    pulls.push("main", "api/b.py", "2\n")
    run(up("84"))
    assert tip(git_github, BRANCH) == before


def test_line_ends_are_kept(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    windows = text().replace("\n", "\r\n")
    pulls.push("main", CONFIG, windows)
    run(up("84"))
    assert proposed(git_github) == windows.replace("= 80", "= 84")


@pytest.mark.parametrize("squash", [False, True], ids=["merge-commit", "squash"])
def test_after_a_merge_a_further_rise_is_a_new_pull_request(
    git_github: FakeGithub, pulls: FakePulls, run: Run, *, squash: bool
) -> None:
    run(up("84"))
    pulls.merge(only(pulls), squash=squash)
    assert run(up("84")) == RatchetOutcome()
    outcome = run(up("86", old="84"))
    assert outcome.note.startswith("Pull request #13: ")
    assert only(pulls).number == 13
    assert proposed(git_github) == text(86)
    pulls.merge(only(pulls), squash=squash)
    assert git_github.git_data.files("main")[CONFIG].decode() == text(86)


@pytest.mark.parametrize("squash", [False, True], ids=["merge-commit", "squash"])
def test_a_floor_lowered_by_hand_after_the_merge_is_proposed_again(
    git_github: FakeGithub, pulls: FakePulls, run: Run, *, squash: bool
) -> None:
    run(up("84"))
    pulls.merge(only(pulls), squash=squash)
    pulls.push("main", CONFIG, text(80))
    run(up("84"))
    assert only(pulls).number == 13
    pulls.merge(only(pulls), squash=squash)
    assert git_github.git_data.files("main")[CONFIG].decode() == text(84)


def test_the_branch_may_be_deleted_after_a_merge(git_github: FakeGithub, pulls: FakePulls, run: Run) -> None:
    run(up("84"))
    pulls.merge(only(pulls))
    git_github.git_data.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    run(up("86", old="84"))
    assert only(pulls).number == 13


def test_a_closed_proposal_waits_until_there_is_more_to_propose(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    run(up("84"))
    pulls.close(only(pulls))
    waits = "Pull request #12 was closed, so the ratchet waits until it can propose more."
    assert run(up("84")) == RatchetOutcome(note=waits)
    assert run(up("86")).note.startswith("Pull request #13: ")
    assert proposed(git_github) == text(86)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_a_persons_commit_is_named_while_its_pull_request_is_open(pulls: FakePulls, run: Run, *, closed: bool) -> None:
    run(up("84"))
    pulls.push(BRANCH, "api/a.py", "2\n")
    pulls.push("main", CONFIG, text(84))
    if closed:
        pulls.close(only(pulls))
    alone = f"The branch {BRANCH} has a commit of someone else's: it is left alone."
    assert run(up("84")) == RatchetOutcome(note="" if closed else alone)
