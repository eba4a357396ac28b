"""The base of a run, found in real repositories."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from covgate.base import find_base
from covgate.context import EventKind, RunContext
from covgate.errors import CovgateError, ExitCode, GitError, InputError
from covgate.model import Base, BaseHow, Sha
from tests.repository import Repository, make_repository

LOCAL = RunContext(kind=EventKind.LOCAL)


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """main has three commits; topic left it at the second and has two of its own; merge joins topic into main."""
    repository = make_repository(tmp_path_factory.mktemp("pattern") / "origin")
    repository.commit("one", m="1\n")
    repository.commit("two", m="2\n")
    repository.git("tag", "--annotate", "v1", "--message", "v1")
    repository.branch("topic")
    repository.commit("topic one", t="1\n")
    repository.commit("topic two", t="2\n")
    repository.checkout("main")
    repository.commit("three", m="3\n")
    repository.branch("merge")
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    repository.checkout("main")
    return repository.path


@pytest.fixture
def origin(pattern: Path, tmp_path: Path) -> Repository:
    """A copy of the pattern: quicker than making it anew."""
    return Repository(Path(shutil.copytree(pattern, tmp_path / "origin")))


def pull_request(origin: Repository, *, head: str = "topic", base: str = "main") -> RunContext:
    return RunContext(
        kind=EventKind.PULL_REQUEST, head_sha=origin.sha(head), base_sha=origin.sha(base), base_ref="main"
    )


def merge_group(base: Sha) -> RunContext:
    return RunContext(kind=EventKind.MERGE_GROUP, base_sha=base, base_ref="main")


def find(repository: Repository, context: RunContext = LOCAL, given: str | None = None) -> Base | None:
    return find_base(repository.command, context, given)


def refused(repository: Repository, context: RunContext = LOCAL, given: str | None = None) -> CovgateError:
    with pytest.raises(CovgateError) as caught:
        find(repository, context, given)
    return caught.value


# --- a pull request ------------------------------------------------------------------------------------------------


def test_the_first_parent_of_the_merge_commit_is_the_base(origin: Repository) -> None:
    origin.checkout("merge")
    expected = Base(sha=origin.sha("main"), how=BaseHow.FIRST_PARENT, ref="main")
    assert find(origin, pull_request(origin)) == expected


def test_the_merge_commit_outdoes_the_base_the_event_remembers(origin: Repository) -> None:
    """GitHub makes the merge anew when main moves; a re-run has the event of before."""
    origin.checkout("merge")
    found = find(origin, pull_request(origin, base="v1"))
    assert found == Base(sha=origin.sha("main"), how=BaseHow.FIRST_PARENT, ref="main")


def test_a_head_that_is_checked_out_itself_is_compared_with_the_merge_base(origin: Repository) -> None:
    origin.checkout("topic")
    expected = Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="main")
    assert find(origin, pull_request(origin)) == expected


def test_a_head_that_is_a_merge_itself_is_no_merge_commit_of_github(origin: Repository) -> None:
    """Main was merged into the topic: the first parent is the topic's own commit, not the base."""
    origin.checkout("topic")
    origin.git("merge", "--quiet", "--message", "main into topic", "main")
    found = find(origin, pull_request(origin))
    assert found == Base(sha=origin.sha("main"), how=BaseHow.MERGE_BASE, ref="main")


def test_a_merge_of_another_head_is_not_taken_for_ours(origin: Repository) -> None:
    origin.checkout("merge")
    found = find(origin, pull_request(origin, head="v1"))
    assert found is not None
    assert found.how is BaseHow.MERGE_BASE


@pytest.mark.parametrize(
    ("branch", "depth", "wanted"),
    [
        pytest.param("merge", "1", "fetch-depth: 2", id="the-merge-commit-alone"),
        pytest.param("topic", "1", "fetch-depth: 0", id="the-head-alone"),
        pytest.param("topic", "2", "fetch-depth: 0", id="the-head-and-one-more"),
    ],
)
def test_a_clone_too_shallow_is_told_which_depth(
    origin: Repository, tmp_path: Path, branch: str, depth: str, wanted: str
) -> None:
    clone = origin.clone(tmp_path / "clone", f"--depth={depth}", f"--branch={branch}")
    error = refused(clone, pull_request(origin))
    assert isinstance(error, GitError)
    assert error.exit_code is ExitCode.GIT
    assert error.slug == "shallow-clone"
    assert wanted in error.hint
    assert "shallow" in error.message


def test_depth_2_is_enough_for_the_merge_commit(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=2", "--branch=merge")
    assert clone.command.is_shallow()
    assert find(clone, pull_request(origin)) == Base(sha=origin.sha("main"), how=BaseHow.FIRST_PARENT, ref="main")


def test_a_shallow_clone_that_holds_both_ends_but_nothing_common(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=topic")
    clone.git("fetch", "--quiet", "--depth=1", "origin", "main")
    error = refused(clone, pull_request(origin))
    assert (error.slug, "fetch-depth: 0" in error.hint) == ("shallow-clone", True)


# --- a merge queue, a branch ---------------------------------------------------------------------------------------


def test_a_merge_queue_names_its_base(origin: Repository) -> None:
    origin.checkout("merge")
    base = origin.sha("main")
    assert find(origin, merge_group(base)) == Base(sha=base, how=BaseHow.EVENT, ref="main")


def test_a_merge_queue_s_base_must_be_there(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=merge")
    assert refused(clone, merge_group(origin.sha("main"))).slug == "shallow-clone"


def test_a_branch_run_has_no_base_unless_one_is_given(origin: Repository) -> None:
    run = RunContext(kind=EventKind.BRANCH)
    assert find(origin, run) is None
    assert find(origin, run, "v1") == Base(sha=origin.sha("v1"), how=BaseHow.GIVEN, ref="v1")


# --- a laptop ------------------------------------------------------------------------------------------------------


def test_a_clone_is_compared_with_the_default_branch_of_its_origin(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone")
    clone.checkout("topic")
    assert find(clone) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="origin/main")


def test_a_default_branch_of_another_name(origin: Repository, tmp_path: Path) -> None:
    origin.git("branch", "trunk", "main")
    origin.checkout("trunk")
    clone = origin.clone(tmp_path / "clone")
    clone.checkout("topic")
    assert find(clone) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="origin/trunk")


def test_an_origin_that_does_not_say_its_default_branch(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone")
    clone.git("remote", "set-head", "origin", "--delete")
    clone.checkout("topic")
    assert find(clone) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="origin/main")


def test_without_an_origin_the_local_main_is_the_base(origin: Repository) -> None:
    origin.checkout("topic")
    assert find(origin) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="main")


def test_on_main_itself_what_is_not_pushed_is_the_change(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone")
    clone.commit("not pushed", m="4\n")
    assert find(clone) == Base(sha=origin.sha("main"), how=BaseHow.MERGE_BASE, ref="origin/main")


def test_on_main_without_an_origin_what_is_not_committed_is_the_change(origin: Repository) -> None:
    assert find(origin) == Base(sha=origin.sha("main"), how=BaseHow.MERGE_BASE, ref="main")


def test_a_lone_branch_of_another_name_is_compared_with_itself(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "lone")
    repository.git("checkout", "--quiet", "--orphan", "develop")
    head = repository.commit("one", m="1\n")
    assert find(repository) == Base(sha=head, how=BaseHow.MERGE_BASE, ref="HEAD")


# --- --base --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["main", "v1", "refs/heads/main", "main~1"])
def test_a_base_that_is_given_is_met_at_the_merge_base(origin: Repository, name: str) -> None:
    origin.checkout("topic")
    assert find(origin, given=name) == Base(sha=origin.sha("v1"), how=BaseHow.GIVEN, ref=name)


def test_a_base_may_be_a_commit(origin: Repository) -> None:
    origin.checkout("topic")
    sha = origin.sha("topic~1")
    assert find(origin, given=sha) == Base(sha=sha, how=BaseHow.GIVEN, ref=sha)
    assert find(origin, given=sha[:10]) == Base(sha=sha, how=BaseHow.GIVEN, ref=sha[:10])


def test_a_branch_that_only_the_origin_has(origin: Repository, tmp_path: Path) -> None:
    """actions/checkout leaves origin/main, and no main."""
    clone = origin.clone(tmp_path / "clone", "--branch=topic")
    assert find(clone, given="main") == Base(sha=origin.sha("v1"), how=BaseHow.GIVEN, ref="main")


@pytest.mark.parametrize("name", ["mian", "--output=x", "main..topic", "@{upstream}", "HEAD:m.py"])
def test_a_base_that_does_not_exist(origin: Repository, name: str) -> None:
    error = refused(origin, given=name)
    assert isinstance(error, InputError)
    assert error.message == f"the base {name!r} (from --base) does not exist in this clone"
    assert "git branch --all" in error.hint


def test_a_base_that_a_shallow_clone_lacks(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=topic")
    assert "fetch-depth: 0" in refused(clone, given="main").hint


def test_a_base_of_another_history(origin: Repository) -> None:
    origin.git("checkout", "--quiet", "--orphan", "other")
    origin.commit("an end of its own", o="1\n")
    error = refused(origin, given="main")
    assert (error.slug, error.exit_code) == ("no-merge-base", ExitCode.GIT)
    assert "no common ancestor" in error.message
