"""The ratchet in trouble: refusals, lost answers, texts that are none."""

from __future__ import annotations

import pytest

from covgate.errors import PublishError
from covgate.history.ratchet.pull_request import BRANCH, RatchetOutcome
from covgate.host.github.pulls import GithubPulls
from covgate.host.refusal import Refusal
from covgate.model.secret import Secret
from tests.integration.conftest import QUICK
from tests.support.github.answers import Account, Answer
from tests.support.github.pulls import FakePulls
from tests.support.github.server import FakeGithub, Fault
from tests.support.ratchet import CONFIG, Run, only, tip, up, writes


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
