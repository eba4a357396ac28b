"""The base of a run, found in real repositories."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.base import find_base
from covgate.errors import CovgateError, ExitCode, GitError, InputError
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Base, BaseHow
from covgate.system.git import GitCommand
from covgate.system.git_remote import GitRemote
from tests.support.git import ENVIRONMENT, Repository, make_repository

# tests/change/test_base_of_part.py holds the same steps over a history in memory.
pytestmark = pytest.mark.slow

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


def merge_group(origin: Repository, *, head: str = "merge", base: str = "main") -> RunContext:
    return RunContext(kind=EventKind.MERGE_GROUP, head_sha=origin.sha(head), base_sha=origin.sha(base), base_ref="main")


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


# --- what is checked out on a pull request --------------------------------------------------------------------------


def merged_by_a_step(origin: Repository) -> None:
    origin.checkout("topic")
    origin.git("merge", "--quiet", "--no-ff", "--message", "main into topic", "main")


def merged_with_a_newer_base(origin: Repository) -> None:
    origin.checkout("main")
    origin.commit("four", m="4\n")
    merged_by_a_step(origin)


def committed_on_top(origin: Repository) -> None:
    origin.checkout("merge")
    origin.commit("formatted by a step", t="2 \n")


def pushed_after_the_event(origin: Repository) -> None:
    origin.checkout("topic")
    origin.commit("pushed later", t="3\n")


def pushed_twice_and_merged(origin: Repository) -> None:
    pushed_after_the_event(origin)
    origin.commit("and again", t="4\n")
    later = origin.sha("HEAD")
    origin.checkout("main")
    origin.commit("four", m="4\n")
    origin.git("merge", "--quiet", "--no-ff", "--message", "refs/pull/7/merge, made anew", later)


def octopus(origin: Repository) -> None:
    origin.git("branch", "other", "main")
    origin.checkout("other")
    origin.commit("other", o="1\n")
    origin.checkout("main")
    origin.commit("four", m="4\n")
    origin.git("merge", "--quiet", "--no-ff", "--message", "both", "topic", "other")


@pytest.mark.parametrize(
    ("check_out", "base", "how"),
    [
        pytest.param(merged_by_a_step, "main", BaseHow.MERGE_BASE, id="a-step-merged-the-base-into-the-head"),
        # Not the event's older base: what main gained since is no part of the change.
        pytest.param(merged_with_a_newer_base, "main", BaseHow.MERGE_BASE, id="a-step-merged-a-newer-base"),
        pytest.param(committed_on_top, "pattern", BaseHow.MERGE_BASE, id="a-step-committed-on-the-merge"),
        pytest.param(pushed_after_the_event, "v1", BaseHow.MERGE_BASE, id="the-branch-has-moved-on"),
        pytest.param(pushed_twice_and_merged, "HEAD^1", BaseHow.FIRST_PARENT, id="the-merge-was-made-anew"),
        pytest.param(octopus, "pattern", BaseHow.MERGE_BASE, id="an-octopus"),
    ],
)
def test_what_holds_the_head_is_judged(
    origin: Repository, check_out: Callable[[Repository], None], base: str, how: BaseHow
) -> None:
    """A verdict on more than the event's head; one on less would be green without having looked."""
    context = pull_request(origin)
    origin.git("tag", "pattern", "main")
    check_out(origin)
    assert find(origin, context) == Base(sha=origin.sha(base), how=how, ref="main")


def checked_out_main(origin: Repository) -> None:
    origin.checkout("main")


def head_amended(origin: Repository) -> None:
    origin.checkout("topic")
    origin.git("commit", "--quiet", "--amend", "--message", "topic two, said better")


def amended_and_merged(origin: Repository) -> None:
    head_amended(origin)
    origin.checkout("main")
    origin.git("merge", "--quiet", "--no-ff", "--message", "merge of the newer head", "topic")


def squashed(origin: Repository) -> None:
    origin.checkout("main")
    origin.git("merge", "--quiet", "--squash", "topic")
    origin.commit("squashed")


ELSEWHERE = pytest.mark.parametrize(
    "check_out",
    [checked_out_main, head_amended, amended_and_merged, squashed],
    ids=["the-base-itself", "an-amended-head", "the-merge-of-an-amended-head", "a-squash"],
)


@ELSEWHERE
@pytest.mark.parametrize("given", [None, "main", "v1"])
def test_another_commit_than_the_event_s_is_refused(
    origin: Repository, check_out: Callable[[Repository], None], given: str | None
) -> None:
    """`ref: ${{ github.head_ref }}` of a fork whose branch is called main checks out the base: nothing has changed."""
    context = pull_request(origin)
    assert context.head_sha is not None
    check_out(origin)
    error = refused(origin, context, given)
    assert (error.slug, error.exit_code) == ("head-not-checked-out", ExitCode.GIT)
    assert error.message == (
        f"HEAD is {origin.sha('HEAD')[:12]}, which does not hold the pull request's head {context.head_sha[:12]}: "
        "another commit is checked out"
    )
    assert "leave `ref:` out of actions/checkout" in error.hint
    assert "github.head_ref" in error.hint


@ELSEWHERE
def test_a_merge_queue_s_head_must_be_checked_out(origin: Repository, check_out: Callable[[Repository], None]) -> None:
    context = merge_group(origin, head="topic")
    check_out(origin)
    error = refused(origin, context)
    assert (error.slug, error.exit_code) == ("head-not-checked-out", ExitCode.GIT)
    assert "the merge group's head" in error.message
    assert "pull request" not in error.hint


def test_a_queue_that_rebases_has_no_merge_commit(origin: Repository) -> None:
    origin.branch("queue", "topic")
    origin.git("rebase", "--quiet", "main")
    found = find(origin, merge_group(origin, head="queue"))
    assert found == Base(sha=origin.sha("main"), how=BaseHow.EVENT, ref="main")


@pytest.mark.parametrize("depth", ["1", "2"])
def test_a_shallow_clone_of_another_commit_is_refused_without_its_remote(
    origin: Repository, tmp_path: Path, depth: str
) -> None:
    clone = origin.clone(tmp_path / "clone", f"--depth={depth}", "--branch=main")
    assert refused(clone, pull_request(origin)).slug == "head-not-checked-out"


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
    assert find(origin, merge_group(origin)) == Base(sha=origin.sha("main"), how=BaseHow.EVENT, ref="main")


def test_a_merge_queue_s_base_must_be_there(origin: Repository, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=merge")
    assert refused(clone, merge_group(origin)).slug == "shallow-clone"


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


def test_a_repository_of_one_branch_has_that_as_its_main(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "lone")
    repository.git("checkout", "--quiet", "--orphan", "develop")
    first = repository.commit("one", m="1\n")
    assert find(repository) == Base(sha=first, how=BaseHow.MERGE_BASE, ref="develop")
    repository.git("checkout", "--quiet", "--detach")
    repository.commit("two", m="2\n")
    assert find(repository) == Base(sha=first, how=BaseHow.MERGE_BASE, ref="develop")


@pytest.fixture
def trunk(tmp_path: Path) -> Repository:
    """`topic`, checked out, is made from `trunk`; there is no main, and no remote."""
    repository = make_repository(tmp_path / "trunk")
    repository.git("checkout", "--quiet", "--orphan", "trunk")
    repository.commit("one", m="1\n")
    repository.branch("topic")
    repository.commit("two", m="2\n")
    return repository


@pytest.mark.parametrize("dirty", [False, True], ids=["clean", "with-edits"])
def test_of_several_branches_none_is_guessed(trunk: Repository, *, dirty: bool) -> None:
    if dirty:
        trunk.write("m.py", "3\n")
    error = refused(trunk)
    assert (error.slug, error.exit_code) == ("base-unknown", ExitCode.GIT)
    assert error.message == (
        "the base is unknown: nothing says which branch is the main one (branches here: topic, trunk)"
    )
    assert error.hint == "name it: `--base trunk`"
    assert find(trunk, given="trunk") == Base(sha=trunk.sha("trunk"), how=BaseHow.GIVEN, ref="trunk")


def test_many_branches_are_not_all_listed(trunk: Repository) -> None:
    for number in range(1, 9):
        trunk.git("branch", f"b{number}")
    assert "(branches here: b1, b2, b3, b4, b5 and 5 more)" in refused(trunk).message


def test_the_branch_that_git_init_makes_is_the_main_one(trunk: Repository) -> None:
    trunk.git("config", "init.defaultBranch", "trunk")
    assert find(trunk) == Base(sha=trunk.sha("trunk"), how=BaseHow.MERGE_BASE, ref="trunk")


def test_the_users_own_word_for_the_main_branch_counts(trunk: Repository, tmp_path: Path) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text("[init]\n\tdefaultBranch = trunk\n")
    git = GitCommand(trunk.path, ENVIRONMENT | {"GIT_CONFIG_GLOBAL": str(settings)})
    assert find_base(git, LOCAL, None) == Base(sha=trunk.sha("trunk"), how=BaseHow.MERGE_BASE, ref="trunk")


@pytest.mark.parametrize("name", ["upstream", "elsewhere"])
def test_a_remote_of_another_name(origin: Repository, tmp_path: Path, name: str) -> None:
    origin.git("branch", "trunk", "main")
    origin.checkout("trunk")
    clone = origin.clone(tmp_path / "clone", f"--origin={name}")
    clone.checkout("topic")
    assert find(clone) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref=f"{name}/trunk")
    assert find(clone, given="main") == Base(sha=origin.sha("v1"), how=BaseHow.GIVEN, ref="main")


def test_a_main_of_ones_own_is_no_default_branch_that_went_away(origin: Repository, tmp_path: Path) -> None:
    """main was renamed to trunk over there; `git fetch --prune` leaves origin/HEAD pointing at nothing."""
    clone = origin.clone(tmp_path / "clone")
    clone.checkout("topic")
    origin.git("branch", "--move", "main", "trunk")
    clone.git("fetch", "--quiet", "--prune")
    error = refused(clone)
    assert error.slug == "base-unknown"
    assert "origin" not in error.hint
    found = find_base(clone.command, LOCAL, None, "--base", GitRemote(clone.command))
    assert found is not None
    assert found.sha == origin.sha("v1")


# --- names that mislead ---------------------------------------------------------------------------------------------


def test_a_tag_is_no_branch_of_the_same_name(origin: Repository, tmp_path: Path) -> None:
    """With git the tag wins: the base would be the head itself, and nothing would have changed."""
    for name in ("main", "origin/main", "heads/main"):
        origin.git("tag", name, "topic")
    clone = origin.clone(tmp_path / "clone", "--branch=topic")
    origin.checkout("topic")
    assert clone.sha("origin/main") == clone.sha("HEAD")
    for repository, given in ((origin, "main"), (clone, "main"), (clone, "origin/main")):
        assert find(repository, given=given) == Base(sha=origin.sha("v1"), how=BaseHow.GIVEN, ref=given)
    assert find(origin) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="main")
    assert find(clone) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="origin/main")


def test_a_branch_called_head_is_not_head(origin: Repository) -> None:
    origin.git("update-ref", "refs/heads/HEAD", origin.sha("v1"))
    origin.checkout("topic")
    assert find(origin, given="HEAD") == Base(sha=origin.sha("topic"), how=BaseHow.GIVEN, ref="HEAD")
    assert find(origin) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="main")


def test_a_branch_that_looks_like_an_option(trunk: Repository) -> None:
    trunk.git("update-ref", "refs/heads/--output=x", "trunk")
    assert find(trunk, given="--output=x") == Base(sha=trunk.sha("trunk"), how=BaseHow.GIVEN, ref="--output=x")
    assert not (trunk.path / "x").exists()


def test_a_linked_worktree(origin: Repository, tmp_path: Path) -> None:
    origin.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "topic")
    linked = Repository(tmp_path / "tree")
    assert find(linked) == Base(sha=origin.sha("v1"), how=BaseHow.MERGE_BASE, ref="main")


def test_commits_with_longer_ids(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.mkdir()
    repository = Repository(path)
    repository.git("init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    base = repository.commit("one", m="1\n")
    repository.branch("topic")
    head = repository.commit("two", m="2\n")
    assert len(base) == 64
    context = RunContext(kind=EventKind.PULL_REQUEST, head_sha=head, base_sha=base, base_ref="main")
    assert find(repository, context) == Base(sha=base, how=BaseHow.MERGE_BASE, ref="main")
    assert repository.command.blobs(head, [PurePosixPath("m.py")]) == {PurePosixPath("m.py"): b"2\n"}


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


@pytest.mark.parametrize("name", ["v1", "main~1", "@", "^main", ":/x", "HEAD^{tree}", "@{u}", "a\nmain", "main\n", ""])
def test_names_are_looked_up_together_as_each_is_alone(origin: Repository, name: str) -> None:
    alone = origin.command.resolve(name)
    assert (alone is not None) == (name in {"v1", "main~1", "@"})
    assert origin.command.first_commit([name]) == (None if alone is None else (name, alone))
    last = alone or origin.sha("topic")
    assert origin.command.first_commit(["refs/heads/none", name, "topic"]) == (name if alone else "topic", last)


@pytest.mark.parametrize("name", ["mian", "--output=x", "main..topic", "@{upstream}", "HEAD:m.py"])
def test_a_base_that_does_not_exist(origin: Repository, name: str) -> None:
    error = refused(origin, given=name)
    assert isinstance(error, InputError)
    assert error.message == f"the base {name!r} (from --base) does not exist in this clone"
    assert "git branch --all" in error.hint
    # A complete clone of a workflow holds no more.
    assert refused(origin, RunContext(kind=EventKind.BRANCH), given=name).hint == error.hint


@pytest.mark.parametrize(
    ("context", "hint"),
    [
        pytest.param(RunContext(kind=EventKind.BRANCH), "`fetch-depth: 0` on actions/checkout", id="workflow"),
        pytest.param(LOCAL, "`git fetch origin main:refs/remotes/origin/main` brings it", id="laptop"),
    ],
)
def test_a_base_that_a_shallow_clone_lacks(origin: Repository, tmp_path: Path, context: RunContext, hint: str) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=topic")
    assert hint in refused(clone, context, "main").hint


def test_a_base_of_another_history(origin: Repository) -> None:
    origin.git("checkout", "--quiet", "--orphan", "other")
    origin.commit("an end of its own", o="1\n")
    error = refused(origin, given="main")
    assert (error.slug, error.exit_code) == ("no-merge-base", ExitCode.GIT)
    assert "no common ancestor" in error.message
