"""The ratchet's pull request, over HTTP and PyGithub against the fake GitHub, whose branches are real git."""

from __future__ import annotations

import subprocess  # two runs at once are two processes
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import PublishError
from covgate.history.ratchet.floors import Raise
from covgate.history.ratchet.names import Proposal
from covgate.history.ratchet.pull_request import BRANCH, RatchetOutcome, branch_of, publish_ratchet
from covgate.history.ratchet.words import parse_message, parse_proposals, render_message
from covgate.host.github.pulls import GithubPulls
from covgate.host.github.repository import GithubData
from covgate.host.refusal import Refusal
from covgate.model.secret import Secret
from tests.integration.conftest import QUICK
from tests.support.github.answers import Account, Answer
from tests.support.github.pulls import FakePulls, Pull, interrupt
from tests.support.github.server import FakeGithub, Fault

CONFIG = "pyproject.toml"
TODAY = date(2026, 11, 24)
TEXT = """\
# The project
[tool.covgate]  # the gate
min-total = {total}  # raised by hand so far
min-diff = 90

[tool.covgate.components.api]
paths = ["api/**"]
min-total = "{api} %"
"""


def text(total: str | int = 80, api: str | int = 70) -> str:
    return TEXT.format(total=total, api=api)


def up(new: str, component: str | None = None, old: str = "80") -> Raise:
    return Raise(
        component=component,
        old=Decimal(old),
        new=Decimal(new),
        lowest=Fraction(Decimal(new)) + Fraction(1, 3),
        noise=Fraction(1, 7),
    )


@pytest.fixture
def pulls(git_github: FakeGithub) -> FakePulls:
    git_github.git_data.seed({CONFIG: text(), "api/a.py": "1\n"}, parent=tip(git_github, "main"))
    return FakePulls(git_github)


Run = Callable[..., RatchetOutcome]


@pytest.fixture
def run(git_github: FakeGithub, pulls: FakePulls) -> Run:
    """Publish proposals, each time as another run with connections of its own."""
    assert not pulls.pulls

    def publish(
        *raises: Raise,
        token: str = "ghs_workflow",  # noqa: S107  # no one's password
        name: str = "",
        held: tuple[str | None, ...] = (),
        config: str = CONFIG,
        today: date = TODAY,
    ) -> RatchetOutcome:
        where = {"api_url": git_github.url, "repository": git_github.repository}
        secret = Secret(value=token)
        with (
            GithubData(**where, token=secret, pace=QUICK) as data,
            GithubPulls(**where, token=secret, pace=QUICK) as ours,
        ):
            path, proposal = PurePosixPath(config), Proposal(raises=raises, held=held, seen=today)
            return publish_ratchet(data, ours, default_branch="main", config_path=path, name=name, proposal=proposal)

    return publish


def tip(github: FakeGithub, branch: str) -> str:
    return github.git_data.text("rev-parse", "--verify", f"refs/heads/{branch}")


def proposed(github: FakeGithub) -> str:
    return github.git_data.files(BRANCH)[CONFIG].decode()


def only(pulls: FakePulls) -> Pull:
    (pull,) = pulls.open
    return pull


def writes(github: FakeGithub) -> list[str]:
    return [method for method, _ in github.requests if method != "GET"]


def other_run(github: FakeGithub, total: str) -> None:
    """Put a proposal on the branch as a run of the same name would that was a moment faster."""
    message = render_message([up(total)], {"": Proposal(raises=(up(total),), seen=TODAY)})
    git = github.git_data
    parent = git.resolve(f"refs/heads/{BRANCH}") or tip(github, "main")
    tree = git.text("rev-parse", f"{git.seed({CONFIG: text(total), 'api/a.py': '1' + chr(10)}, 'scratch')}^{{tree}}")
    git.git("update-ref", "-d", "refs/heads/scratch")
    person = {f"GIT_{role}_{key}": "bot" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    made = git.git("commit-tree", tree, "-p", parent, stdin=message.encode(), environment=person).decode().strip()
    git.git("update-ref", f"refs/heads/{BRANCH}", made)


# One pull request


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


# Several names, several files


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


# What people said


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


# Races


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
from tests.integration.history.test_ratchet import TODAY, Proposal, publish_ratchet, up
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


# What goes wrong


def test_a_repository_that_lets_no_workflow_open_pull_requests_is_told_where_to_change_it(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    pulls.permitted = False
    outcome = run(up("84"))
    assert outcome.problem is not None
    assert outcome.problem.slug == "ratchet-not-permitted"
    assert "Settings → Actions → General" in outcome.note
    assert not pulls.pulls
    pulls.permitted = True
    run(up("84"))
    assert only(pulls).title == "Raise min-total to 84"
    assert git_github.git_data.text("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_a_read_only_token_changes_nothing_and_says_what_it_takes(
    git_github: FakeGithub, pulls: FakePulls, run: Run
) -> None:
    outcome = run(up("84"), token="ghs_fork")  # noqa: S106  # no one's password
    assert outcome.problem is not None
    assert outcome.problem.slug == Refusal.READ_ONLY
    assert "contents: write" in outcome.note
    assert git_github.git_data.resolve(f"refs/heads/{BRANCH}") is None
    assert not pulls.pulls


@pytest.mark.parametrize("carried_out", [False, True])
def test_an_answer_that_got_lost_leaves_one_pull_request(
    git_github: FakeGithub, pulls: FakePulls, run: Run, *, carried_out: bool
) -> None:
    git_github.faults.append(Fault(method="POST", path="/pulls", carried_out=carried_out))
    assert run(up("84")).note.startswith("Pull request #12: ")
    assert len(pulls.pulls) == 1


@pytest.mark.parametrize("path", ["/git/ref/", "/git/trees", "/pulls", "/git/commits"])
def test_no_trouble_with_github_ends_the_run(git_github: FakeGithub, run: Run, path: str) -> None:
    run(up("84"))
    git_github.faults.append(Fault(method="GET", path=path, times=99))
    outcome = run(up("86"))
    assert outcome.problem is not None
    assert outcome.problem.slug == Refusal.UNREACHABLE
    assert outcome.problem.hint in outcome.note


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/pulls", [{"number": "x"}]),
        ("/pulls", [{"number": 3, "head": {"ref": BRANCH, "sha": "?"}, "base": {"ref": "main"}}]),
        ("/pulls", [3]),
        ("/git/commits", {}),
        ("/git/commits", []),
        ("/git/commits", {"message": 3}),
    ],
)
def test_an_answer_of_another_shape_is_no_answer(git_github: FakeGithub, run: Run, path: str, body: object) -> None:
    run(up("84"))
    git_github.requests.clear()
    git_github.faults.append(Fault(method="GET", path=path, answer=Answer(status=200, body=body)))
    outcome = run(up("86"))
    git_github.problems.clear()
    assert outcome.problem is not None
    assert outcome.problem.slug == Refusal.UNREACHABLE
    assert writes(git_github) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not there"),
        (b"# caf\xe9\n", "is not UTF-8"),
        (b"# long\n" * 200_000, "is longer than 1 MB"),
        (b"[tool.covgate\n", "is not valid TOML"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_said(
    git_github: FakeGithub, pulls: FakePulls, run: Run, content: bytes, words: str
) -> None:
    files: dict[str, str | bytes] = {"a.py": "1\n", **({CONFIG: content} if content else {})}
    git_github.git_data.seed(files, parent=tip(git_github, "main"))
    outcome = run(up("84"))
    assert outcome.problem is not None
    assert outcome.problem.slug == "bad-toml"
    assert words in outcome.note
    assert not pulls.pulls


def test_floors_the_file_does_not_hold_are_named(pulls: FakePulls, run: Run) -> None:
    missing = "components.web.min-total: pyproject.toml does not set it"
    assert run(up("50", "web", "40")) == RatchetOutcome(note=f"Not raised: {missing}.")
    assert run(up("84"), up("50", "web", "40")).note == (
        f"Pull request #12: Raise min-total to 84. Not raised: {missing}."
    )
    assert only(pulls).title == "Raise min-total to 84"


def test_a_default_branch_that_is_not_there_is_said(git_github: FakeGithub, run: Run) -> None:
    git_github.git_data.git("update-ref", "-d", "refs/heads/main")
    git_github.git_data.seed({"x": "1"}, branch="trunk")
    assert run(up("84")).note == "The ratchet found no branch main."


# The edge itself


def test_a_pull_request_of_another_base_is_not_taken(git_github: FakeGithub, pulls: FakePulls) -> None:
    pulls.add(Account(login="someone"), head="main", base="other", title="x", body="")
    with GithubPulls(
        api_url=git_github.url, repository="octo/project", token=Secret(value="ghs_workflow"), pace=QUICK
    ) as ours:
        assert ours.find_open("main", "main") is None
        assert ours.find_closed("main", "other") is None
        found = ours.find_open("main", "other")
        assert found is not None
        assert (found.number, found.title, found.body, found.head) == (12, "x", "", tip(git_github, "main"))
        with pytest.raises(PublishError, match="Validation Failed") as caught:
            ours.open("gone", "main", "x", "y")
        assert caught.value.slug == Refusal.REFUSED
    assert len(git_github.requests) == 4


def test_a_list_that_was_not_filtered_is_looked_through(git_github: FakeGithub, pulls: FakePulls) -> None:
    """GitHub answers with every pull request when it does not understand the filter."""
    for head in ("feature", BRANCH, "other"):
        pulls.add(Account(login="someone"), head=head, base="main", title=head, body="")
        git_github.git_data.git("update-ref", f"refs/heads/{head}", tip(git_github, "main"))
    every = pulls.answer_unfiltered(git_github.url)
    git_github.faults.append(Fault(method="GET", path="/pulls", answer=every))
    with GithubPulls(
        api_url=git_github.url, repository="octo/project", token=Secret(value="ghs_workflow"), pace=QUICK
    ) as ours:
        found = ours.find_open(BRANCH, "main")
    assert found is not None
    assert found.title == BRANCH
