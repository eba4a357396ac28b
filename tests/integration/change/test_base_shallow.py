"""The base of a run in clones that are cut off: what is fetched, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.errors import ExitCode, GitError, InputError
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Base, BaseHow
from tests.support.clones import BRANCH, LOCAL, Clone, Scene
from tests.support.histories import Node, Story, Told

# --- the merge commit of a pull request ----------------------------------------------------------------------------


def test_depth_1_of_the_merge_commit_costs_one_fetch_of_one_commit(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=merge")
    assert clone.find(scene.pull_request()) == Base(sha=scene.sha(scene.main), how=BaseHow.FIRST_PARENT, ref="main")
    assert clone.asked == ["fetch"]
    # The diff from the base needs its files, and nothing older.
    assert clone.repository.command.changes(scene.sha(scene.main), scene.sha(scene.merge)) == ()
    assert not clone.repository.command.has_commit(scene.sha(scene.fork))


@pytest.mark.parametrize("depth", ["--depth=2", "--depth=5", "--no-single-branch"])
def test_nothing_is_asked_for_when_the_first_parent_is_there(tmp_path: Path, depth: str) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone(depth, "--branch=merge")
    clone.lose_the_remote()
    assert clone.find(scene.pull_request()) == Base(sha=scene.sha(scene.main), how=BaseHow.FIRST_PARENT, ref="main")
    assert clone.asked == []


def test_a_merge_commit_whose_base_cannot_be_fetched_names_depth_2(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=merge")
    clone.lose_the_remote()
    error = clone.refused(scene.pull_request())
    assert isinstance(error, GitError)
    assert (error.slug, error.exit_code) == ("shallow-clone", ExitCode.GIT)
    assert error.hint == "set `fetch-depth: 2` on actions/checkout"
    assert "is not in this clone, which is shallow, and it could not be fetched: " in error.message
    assert "does not appear to be a git repository" in error.message


def test_a_clone_without_any_remote_is_told_so(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=merge")
    clone.repository.git("remote", "remove", "origin")
    assert "could not be fetched: the clone has no remote" in clone.refused(scene.pull_request()).message


def test_the_only_remote_may_have_another_name(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=merge", "--origin=upstream")
    found = clone.find(scene.pull_request())
    assert found is not None
    assert found.sha == scene.sha(scene.main)


# --- the head itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "main_only", "topic_only", "asked"),
    [
        pytest.param(10, 3, 2, ["fetch", "deepen 50"], id="near"),
        pytest.param(90, 45, 45, ["fetch", "deepen 50"], id="within-the-first-step"),
        pytest.param(90, 60, 2, ["fetch", "deepen 50", "deepen 150"], id="one-side-further"),
        pytest.param(50, 3, 420, ["fetch", "deepen 50", "deepen 150", "deepen 600"], id="the-other-side-much-further"),
    ],
)
def test_both_sides_are_deepened_until_they_meet(
    tmp_path: Path, old: int, main_only: int, topic_only: int, asked: list[str]
) -> None:
    scene = Scene(tmp_path, old=old, main_only=main_only, topic_only=topic_only)
    clone = scene.clone("--depth=1", "--branch=topic")
    assert clone.find(scene.pull_request()) == Base(sha=scene.sha(scene.fork), how=BaseHow.MERGE_BASE, ref="main")
    assert clone.asked == asked


def test_what_is_deep_enough_is_not_deepened(tmp_path: Path) -> None:
    scene = Scene(tmp_path, old=100)
    clone = scene.clone("--depth=8", "--no-single-branch", "--branch=topic")
    clone.lose_the_remote()
    found = clone.find(scene.pull_request())
    assert found == Base(sha=scene.sha(scene.fork), how=BaseHow.MERGE_BASE, ref="main")
    assert clone.asked == []


def test_deepening_takes_nothing_away(tmp_path: Path) -> None:
    """`--depth` counted from the other tip could cut the history of this one off where it was complete enough."""
    scene = Scene(tmp_path, old=400, main_only=60, topic_only=3)
    clone = scene.clone("--depth=300", "--branch=topic")
    assert clone.known() == 300
    assert clone.find(scene.pull_request()) is not None
    assert clone.known() >= 300


def test_a_history_without_common_ancestor_is_fetched_to_its_end(tmp_path: Path) -> None:
    story = Story()
    one, other = story.line(None, 70), story.line(None, 70)
    story.tips.update(main=one, topic=other)
    told = story.tell(tmp_path / "origin")
    clone = Clone(told, tmp_path / "clone", "--depth=1", "--branch=topic")
    context = RunContext(kind=EventKind.PULL_REQUEST, head_sha=told.shas[other], base_sha=told.shas[one])
    assert clone.refused(context).slug == "no-merge-base"
    assert clone.asked == ["fetch", "deepen 50", "deepen 150"]


def test_a_head_that_cannot_be_deepened_names_depth_0(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--no-single-branch", "--branch=topic")
    clone.lose_the_remote()
    error = clone.refused(scene.pull_request())
    assert (error.slug, error.exit_code) == ("shallow-clone", ExitCode.GIT)
    assert "`fetch-depth: 0`" in error.hint
    assert "does not show a common ancestor" in error.message
    assert "does not appear to be a git repository" in error.message


def shortcut(tmp_path: Path) -> tuple[Told, RunContext, Node]:
    """At depth 4 an old common ancestor shows, a nearer one is hidden behind a long branch."""
    story = Story()
    root = story.line(None, 5)
    near = story.line(root, 5)
    topic = story.commit(story.line(near, 8), root)
    main = story.commit(story.line(near, 9), root)
    story.tips.update(main=main, topic=topic)
    told = story.tell(tmp_path / "origin")
    context = RunContext(kind=EventKind.PULL_REQUEST, head_sha=told.shas[topic], base_sha=told.shas[main])
    return told, context, near


def test_a_common_ancestor_is_not_taken_while_a_nearer_one_may_be_hidden(tmp_path: Path) -> None:
    told, context, near = shortcut(tmp_path)
    clone = Clone(told, tmp_path / "clone", "--depth=4", "--no-single-branch", "--branch=topic")
    assert context.base_sha is not None
    seen = clone.repository.command.merge_base(clone.repository.sha("HEAD"), context.base_sha)
    assert seen not in {None, told.shas[near]}
    found = clone.find(context)
    assert found is not None
    assert found.sha == told.shas[near]
    assert clone.asked == ["deepen 50"]


def test_an_uncertain_common_ancestor_is_refused_when_nothing_can_be_fetched(tmp_path: Path) -> None:
    told, context, _ = shortcut(tmp_path)
    clone = Clone(told, tmp_path / "clone", "--depth=4", "--no-single-branch", "--branch=topic")
    clone.lose_the_remote()
    assert "does not show for certain the nearest common ancestor" in clone.refused(context).message


@pytest.mark.parametrize("seed", range(12))
def test_at_any_depth_the_merge_base_is_that_of_the_whole_history(tmp_path: Path, seed: int) -> None:
    """Random histories in which everything is merged into everything: criss-cross, shortcuts, several bases."""
    story = Story(seed)
    lanes = [story.line(None, 2)] * 3
    for _ in range(80):
        lane = story.random.randrange(3)
        with_other = [lanes[story.random.randrange(3)]] if story.random.random() < 0.2 else []
        others = [node for node in with_other if not lanes[lane].has(node)]
        lanes[lane] = story.commit(lanes[lane], *others)
    story.tips.update(main=lanes[0], topic=story.commit(lanes[1]))
    told = story.tell(tmp_path / "origin")
    main, topic = told.shas[lanes[0]], told.shas[story.tips["topic"]]
    context = RunContext(kind=EventKind.PULL_REQUEST, head_sha=topic, base_sha=main)
    best = told.repository.git("merge-base", "--all", main, topic).split()
    for depth in (1, 2, 3, 7, 20):
        clone = Clone(told, tmp_path / f"clone-{depth}", f"--depth={depth}", "--branch=topic")
        found = clone.find(context)
        assert found is not None
        assert found.sha == told.repository.command.merge_base(main, topic)
        assert found.sha in best


# --- a merge queue -------------------------------------------------------------------------------------------------


def test_the_base_of_a_merge_queue_costs_one_fetch(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=merge")
    queue = RunContext(
        kind=EventKind.MERGE_GROUP,
        head_sha=scene.sha(scene.merge),
        base_sha=scene.sha(scene.fork),
        base_ref="main",
    )
    assert clone.find(queue) == Base(sha=scene.sha(scene.fork), how=BaseHow.EVENT, ref="main")
    assert clone.asked == ["fetch"]
    assert not clone.repository.command.has_commit(scene.sha(scene.main))


# --- --base --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["late", "origin/late", "refs/heads/late", "v1", "refs/tags/v1", "v2"])
def test_a_base_that_a_shallow_clone_lacks_is_fetched(tmp_path: Path, name: str) -> None:
    scene = Scene(tmp_path)
    scene.told.repository.git("tag", "v1", "late")
    scene.told.repository.git("tag", "--annotate", "--message=v2", "v2", "late")
    clone = scene.clone("--depth=1", "--branch=topic")
    assert clone.find(BRANCH, name) == Base(sha=scene.sha(scene.fork), how=BaseHow.GIVEN, ref=name)
    assert clone.asked == ["tip", "fetch", "deepen 50"]


def test_a_commit_that_a_shallow_clone_lacks_is_fetched(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=topic")
    sha = scene.sha(scene.late)
    assert clone.find(BRANCH, sha) == Base(sha=scene.sha(scene.fork), how=BaseHow.GIVEN, ref=sha)


def test_a_clone_of_one_branch_fetches_another_and_stays_complete(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--single-branch", "--branch=topic")
    assert clone.find(BRANCH, "late") == Base(sha=scene.sha(scene.fork), how=BaseHow.GIVEN, ref="late")
    assert clone.asked == ["tip", "fetch"]
    assert not clone.repository.command.is_shallow()


@pytest.mark.parametrize(
    ("args", "context", "asked"),
    [
        pytest.param(["--no-single-branch"], LOCAL, [], id="complete-on-a-laptop"),
        pytest.param(["--single-branch"], LOCAL, ["tip"], id="one-branch-on-a-laptop"),
        # An earlier step, or covgate itself, may have completed a shallow clone that never saw another branch.
        pytest.param(["--no-single-branch"], BRANCH, ["tip"], id="complete-in-a-workflow"),
    ],
)
def test_a_name_that_does_not_exist_is_asked_for_where_a_branch_may_be_missing(
    tmp_path: Path, args: list[str], context: RunContext, asked: list[str]
) -> None:
    clone = Scene(tmp_path).clone(*args, "--branch=topic")
    error = clone.refused(context, "lat")
    assert isinstance(error, InputError)
    assert clone.asked == asked


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("mian", "the remote has no branch or tag 'mian'", id="misspelt"),
        pytest.param("--upload-pack=touch x", "is no name of a branch or tag", id="an-option"),
        pytest.param("--upload-pack=x", "the remote has no branch or tag", id="an-option-that-could-be-a-name"),
        pytest.param("main..topic", "is no name of a branch or tag", id="a-range"),
        pytest.param("main:refs/heads/x", "is no name of a branch or tag", id="a-refspec"),
        pytest.param("+late~1", "is no name of a branch or tag", id="an-expression"),
        pytest.param("mai*", "is no name of a branch or tag", id="a-pattern"),
    ],
)
def test_a_base_that_the_remote_lacks_too(tmp_path: Path, name: str, why: str) -> None:
    clone = Scene(tmp_path).clone("--depth=1", "--branch=topic")
    error = clone.refused(BRANCH, name)
    assert (type(error), error.slug) == (InputError, "base-not-found")
    assert why in error.message
    assert "fetch-depth: 0" in error.hint


def test_a_remote_that_does_not_answer_is_quoted(tmp_path: Path) -> None:
    clone = Scene(tmp_path).clone("--depth=1", "--branch=topic")
    clone.lose_the_remote()
    assert "does not appear to be a git repository" in clone.refused(BRANCH, "late").message


# --- a laptop ------------------------------------------------------------------------------------------------------


def test_a_shallow_clone_of_a_topic_is_compared_with_the_default_branch_of_its_remote(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=topic")
    clone.repository.commit("not pushed")
    assert clone.find() == Base(sha=scene.sha(scene.fork), how=BaseHow.MERGE_BASE, ref="origin/main")
    assert clone.asked == ["default", "fetch", "deepen 50"]


def test_a_shallow_clone_without_network_says_so(tmp_path: Path) -> None:
    clone = Scene(tmp_path).clone("--depth=1", "--branch=topic")
    clone.lose_the_remote()
    error = clone.refused()
    assert (error.slug, error.exit_code) == ("base-unknown", ExitCode.GIT)
    assert "the remote origin could not be asked: fatal: " in error.message
    assert "does not appear to be a git repository" in error.message
    assert "--base" in error.hint


def test_work_on_a_shallow_main_needs_no_network(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=main")
    clone.repository.commit("not pushed")
    clone.lose_the_remote()
    assert clone.find() == Base(sha=scene.sha(scene.main), how=BaseHow.MERGE_BASE, ref="origin/main")


def test_a_complete_clone_on_a_laptop_never_goes_to_the_network(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--branch=topic")
    clone.lose_the_remote()
    assert clone.find() == Base(sha=scene.sha(scene.fork), how=BaseHow.MERGE_BASE, ref="origin/main")
    assert clone.asked == []


# --- once more ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, "main", "origin/main"])
@pytest.mark.parametrize("between", ["nothing", "gc", "fetch", "unshallow"])
@pytest.mark.parametrize("args", [["--depth=1"], ["--depth=4"], ["--single-branch"]], ids=lambda args: args[0][2:])
def test_the_same_command_twice_gives_the_same_answer(
    tmp_path: Path, args: list[str], between: str, given: str | None
) -> None:
    """What was fetched has no reference: it is found, or fetched again."""
    scene = Scene(tmp_path)
    clone = scene.clone(*args, "--branch=topic")
    references = clone.repository.git("for-each-ref")
    first = clone.find(given=given)
    assert first is not None
    assert first.sha == scene.sha(scene.fork)
    if between == "gc":
        clone.repository.git("reflog", "expire", "--expire=now", "--all")
        clone.repository.git("gc", "--quiet", "--prune=now")
    elif between == "fetch":
        clone.repository.git("fetch", "--quiet")
    elif between == "unshallow" and clone.repository.command.is_shallow():
        clone.repository.git("fetch", "--quiet", "--unshallow")
    assert clone.find(given=given) == first
    assert clone.repository.git("for-each-ref") == references
    clone.repository.git("fsck", "--connectivity-only")


@pytest.mark.parametrize("given", [None, "origin/main"])
@pytest.mark.parametrize("args", [["--depth=1"], ["--single-branch"]], ids=lambda args: args[0][2:])
def test_without_its_remote_the_second_answer_is_an_error_not_another_base(
    tmp_path: Path, args: list[str], given: str | None
) -> None:
    clone = Scene(tmp_path).clone(*args, "--branch=topic")
    assert clone.find(given=given) is not None
    clone.lose_the_remote()
    error = clone.refused(given=given)
    assert error.slug == ("base-not-found" if given else "base-unknown")
    if given:
        # `git fetch origin main` alone would leave it in FETCH_HEAD.
        assert "`git fetch origin main:refs/remotes/origin/main`" in error.hint


def test_the_command_in_the_hint_brings_the_base(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--single-branch", "--branch=topic")
    clone.repository.git("fetch", "--quiet", "origin", "main:refs/remotes/origin/main")
    clone.lose_the_remote()
    assert clone.find(given="origin/main") == Base(sha=scene.sha(scene.fork), how=BaseHow.GIVEN, ref="origin/main")
    assert clone.find() == Base(sha=scene.sha(scene.fork), how=BaseHow.MERGE_BASE, ref="origin/main")


def test_a_clone_of_one_branch_asks_for_the_default_branch(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.told.repository.git("branch", "--move", "main", "trunk")
    clone = scene.clone("--single-branch", "--branch=topic")
    assert clone.find() == Base(sha=scene.sha(scene.fork), how=BaseHow.MERGE_BASE, ref="origin/trunk")
    assert clone.asked == ["default", "fetch"]
    assert not clone.repository.command.is_shallow()
