"""The base where another commit than the event's is checked out, in clones that are cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.errors import ExitCode
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Base, BaseHow
from tests.support.clones import Scene


@pytest.mark.parametrize("depth", ["--depth=1", "--depth=2", "--no-single-branch"])
def test_another_commit_than_the_head_is_refused_at_any_depth(tmp_path: Path, depth: str) -> None:
    scene = Scene(tmp_path)
    error = scene.clone(depth, "--branch=main").refused(scene.pull_request())
    assert (error.slug, error.exit_code) == ("head-not-checked-out", ExitCode.GIT)


def test_a_head_that_the_branch_has_left_behind_is_found_below_the_cut(tmp_path: Path) -> None:
    """Pushed three times since the event: the clone of depth 1 does not show the event's head."""
    scene = Scene(tmp_path)
    scene.told.repository.checkout("topic")
    for number in range(3):
        scene.told.repository.commit(f"later {number}")
    clone = scene.clone("--depth=1", "--branch=topic")
    found = clone.find(scene.pull_request())
    assert found == Base(sha=scene.sha(scene.fork), how=BaseHow.MERGE_BASE, ref="main")


def test_a_merge_of_a_newer_head_into_a_newer_base_is_judged_by_its_first_parent(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    repository = scene.told.repository
    repository.checkout("topic")
    repository.commit("later")
    repository.checkout("main")
    base = repository.commit("main moved on")
    repository.git("merge", "--quiet", "--no-ff", "--message", "made anew", "topic")
    clone = scene.clone("--depth=2", "--branch=main")
    assert clone.find(scene.pull_request()) == Base(sha=base, how=BaseHow.FIRST_PARENT, ref="main")


def test_the_head_of_a_merge_commit_needs_no_fetch(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    clone = scene.clone("--depth=1", "--branch=merge")
    assert not clone.repository.command.has_commit(scene.sha(scene.topic))
    queue = RunContext(
        kind=EventKind.MERGE_GROUP, head_sha=scene.sha(scene.topic), base_sha=scene.sha(scene.main), base_ref="main"
    )
    assert clone.find(queue) == Base(sha=scene.sha(scene.main), how=BaseHow.EVENT, ref="main")
    assert clone.asked == ["fetch"]


@pytest.mark.parametrize("depth", ["--depth=1", "--depth=2", "--no-single-branch"])
def test_a_newer_base_that_was_merged_into_the_head_since_the_event_is_the_base_at_any_depth(
    tmp_path: Path, depth: str
) -> None:
    """`Update branch` on GitHub, and a checkout of the branch: at depth 1 the clone ends before the newer base."""
    scene = Scene(tmp_path)
    repository = scene.told.repository
    repository.checkout("topic")
    repository.git("merge", "--quiet", "--no-ff", "--message", "update branch", "late")
    clone = scene.clone(depth, "--branch=topic")
    expected = Base(sha=scene.sha(scene.late), how=BaseHow.MERGE_BASE, ref="main")
    assert clone.find(scene.pull_request()) == expected
