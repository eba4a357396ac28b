"""What actions/checkout may leave on a pull request or in a merge queue, run through the action's entry point."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.github.server import FakeGithub
from tests.support.old_git import install_git
from tests.support.pull_request import BASE, CHANGE, COVERED
from tests.support.workflow import Ran, Workflow

UNTESTED = "Diff coverage 16.7 % is below 80 %"


@pytest.fixture
def shop(tmp_path: Path, github: FakeGithub) -> Workflow:
    """A pull request that is red, and a main branch that went on after it was made."""
    workflow = Workflow(tmp_path, github, BASE)
    workflow.open_pull_request(CHANGE)
    workflow.git("checkout", "-q", "main")
    return workflow


def assert_refused(ran: Ran, *, wanted: str, got: str, what: str = "pull request") -> None:
    assert ran.exit_code == 5, ran.log
    assert f"HEAD is {got[:12]}, which does not hold the {what}'s head {wanted[:12]}" in ran.log
    assert "leave `ref:` out of actions/checkout" in ran.log
    assert "docs/troubleshooting.md#head-not-checked-out" in ran.log
    assert ran.outputs.get("passed") != "true"
    assert ran.outputs.get("verdict") != "pass"


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("base", ["", "main"], ids=["no-base", "base-main"])
def test_a_checkout_of_the_base_instead_of_the_fork_s_main(shop: Workflow, depth: int, base: str) -> None:
    """`ref: ${{ github.head_ref }}`, and the fork's branch is called main."""
    ran = shop.run_pull_request(depth=depth, checked_out="refs/heads/main", base=base)
    assert_refused(ran, wanted=shop.sha("topic"), got=shop.sha("main"))


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_checkout_of_the_head_itself(shop: Workflow, depth: int) -> None:
    """`ref: ${{ github.event.pull_request.head.sha }}`."""
    shop.push({"shop/other.py": "x = 1\n"}, "main goes on")
    ran = shop.run_pull_request(depth=depth, checked_out="refs/heads/topic")
    assert ran.exit_code == 1, ran.log
    assert UNTESTED in ran.summary
    assert ran.result["base"] == {"sha": shop.sha("main~1"), "how": "merge-base", "ref": "main"}
    assert ran.outputs["passed"] == "false"


@pytest.mark.parametrize("depth", [0, 1])
def test_a_checkout_of_a_branch_that_has_moved_on(shop: Workflow, depth: int) -> None:
    """Pushed after the event: what is checked out holds the event's head, and more is judged than the event knew."""
    head = shop.sha("topic")
    shop.push({"shop/more.py": "def more():\n    return 1\n"}, "More", "topic")
    shop.git("branch", "-f", "later", "topic")
    shop.git("checkout", "-q", "-B", "topic", head)
    ran = shop.run_pull_request(depth=depth, checked_out="refs/heads/topic")
    assert ran.exit_code == 1, ran.log
    assert {file["path"] for file in ran.result["diff"]["files"]} == {"shop/cart.py", "shop/more.py"}
    assert ran.result["base"]["sha"] == shop.sha("main")


def test_a_branch_that_was_rewritten_since_the_event(shop: Workflow) -> None:
    head = shop.sha("topic")
    shop.git("checkout", "-q", "-B", "topic", "main")
    newer = shop.push({"shop/more.py": "y = 1\n"}, "Begin again", "topic")
    shop.git("checkout", "-q", "-B", "topic", head)
    ran = shop.run_pull_request(depth=1, checked_out="refs/heads/topic")
    assert_refused(ran, wanted=head, got=newer)


def _commit(shop: Workflow) -> Callable[[Path], None]:
    def step(path: Path) -> None:
        (path / "VERSION").write_text("2\n")
        shop.git("add", "-A", folder=path)
        shop.git("commit", "-qm", "Bump", folder=path)

    return step


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("ref", ["", "refs/heads/topic"], ids=["merge", "head"])
def test_a_step_that_commits_on_top(shop: Workflow, depth: int, ref: str) -> None:
    ran = shop.run_pull_request(depth=depth, checked_out=ref, prepare=_commit(shop))
    assert ran.exit_code == 1, ran.log
    assert UNTESTED in ran.summary
    assert ran.result["base"]["sha"] == shop.sha("main")


def test_a_step_that_merges_a_newer_main_into_the_head(shop: Workflow) -> None:
    """What main gained since the event is no part of the change."""
    event = shop.sha("main")

    def step(path: Path) -> None:
        shop.git("merge", "-q", "--no-edit", "refs/remotes/origin/late", folder=path)

    shop.git("checkout", "-q", "-b", "late")
    late = shop.push({"shop/other.py": "def other():\n    return 1\n"}, "main goes on", "late")
    ran = shop.run_pull_request(depth=0, checked_out="refs/heads/topic", prepare=step)
    assert shop.sha("main") == event
    assert ran.exit_code == 1, ran.log
    assert [file["path"] for file in ran.result["diff"]["files"]] == ["shop/cart.py"]
    assert ran.result["base"]["sha"] == late


# --- a merge queue -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("how", ["merge", "rebase"])
def test_a_merge_queue(shop: Workflow, depth: int, how: str) -> None:
    base = shop.push({"shop/other.py": "x = 1\n"}, "main goes on")
    shop.git("checkout", "-q", "-B", "queue", "topic" if how == "rebase" else "main")
    shop.git("rebase", "-q", "main") if how == "rebase" else shop.git("merge", "-q", "--no-edit", "topic")
    shop.git("push", "-qf", "origin", "queue")
    ran = shop.run_merge_group(shop.sha("queue"), base, depth=depth)
    assert ran.exit_code == 1, ran.log
    assert UNTESTED in ran.summary
    assert ran.result["base"] == {"sha": base, "how": "event", "ref": "main"}
    wrong = shop.run_merge_group(shop.sha("queue"), base, depth=depth, checked_out="refs/heads/main")
    assert_refused(wrong, wanted=shop.sha("queue"), got=base, what="merge group")


# --- two steps in one checkout -------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["main", "origin/main"])
def test_a_base_that_an_earlier_step_fetched_is_found_again(shop: Workflow, base: str) -> None:
    """The first step completes the clone, which still has no branch of that name."""

    def step(path: Path) -> None:
        shop.git("fetch", "-q", "--unshallow", folder=path)
        shop.git("fetch", "-q", "origin", "refs/heads/main", folder=path)

    for prepare in (None, step):
        ran = shop.run_pull_request(depth=1, checked_out="refs/heads/topic", prepare=prepare, base=base)
        assert ran.exit_code == 1, ran.log
        assert ran.result["base"] == {"sha": shop.sha("main"), "how": "given", "ref": base}


# --- an old git ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "code", "text"),
    [
        pytest.param("git version 2.34.1", 1, UNTESTED, id="ubuntu-22.04"),
        pytest.param("git version 2.25.1", 5, "git version 2.25.1 is too old for covgate", id="ubuntu-20.04"),
    ],
)
def test_the_git_of_a_runner(
    shop: Workflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, code: int, text: str
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([os.fspath(install_git(tmp_path / "bin", version)), os.environ["PATH"]]))
    ran = shop.run_pull_request(depth=1)
    assert ran.exit_code == code, ran.log
    assert text in ran.log + ran.summary
    assert ("docs/troubleshooting.md#git-too-old" in ran.log) == (code == 5)


def test_a_change_that_is_tested_is_green_with_an_old_git(
    shop: Workflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.open_pull_request(CHANGE | COVERED)
    old = install_git(tmp_path / "bin", "git version 2.34.1")
    monkeypatch.setenv("PATH", os.pathsep.join([os.fspath(old), os.environ["PATH"]]))
    ran = shop.run_pull_request(depth=1)
    assert (ran.exit_code, ran.outputs["passed"]) == (0, "true"), ran.log
    assert "all 6 changed lines and branches are covered" in ran.summary
