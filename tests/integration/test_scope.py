"""A changed line is counted, or what leaves it out is named: on a laptop, and in a pull request's event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fake_github import FakeGithub
from tests.projects import make_checkout
from tests.scopes import SCENES, Scene
from tests.workflow import Workflow

UNDECIDED = "Not measured, and nothing says whether"


def assert_told(scene: Scene, result: dict[str, Any], report: str) -> None:
    """The verdict, the counts, what counts as uncovered, what is left out by what, and what the total lacks."""
    diff = result["diff"]
    assert {file["path"]: file["why"] for file in diff["omitted"]} == scene.omitted
    assert (diff["lines"]["covered"], diff["lines"]["total"]) == scene.lines
    assert {f["path"] for f in diff["files"] if f["gap"]} == set(scene.unmeasured)
    assert {f["path"] for f in diff["files"] if f["gap"] == "undecided"} == set(scene.undecided)
    assert result["headline"].startswith(scene.headline)
    assert (UNDECIDED in report) == bool(scene.undecided)
    notes = [note for note in result["notes"] if "not in the total" in note]
    assert [note.partition("total: ")[2] for note in notes] == ([f"{', '.join(scene.not_in_total)}."] if notes else [])
    assert bool(notes) == bool(scene.not_in_total)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_what_is_judged_is_told_on_a_laptop(tmp_path: Path, scene: Scene) -> None:
    checkout = make_checkout(tmp_path / scene.folder / "shop", scene.base)
    checkout.git("checkout", "--quiet", "-b", "topic")
    checkout.write(scene.change)
    done = checkout.covgate("--base", "main", "--min-diff", "80", command=["python", "-m", "pytest", "-q"])
    assert done.code == scene.exit_code, done.out + done.err
    assert_told(scene, checkout.result(), done.out)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_what_is_judged_is_told_on_a_pull_request(tmp_path: Path, git_github: FakeGithub, scene: Scene) -> None:
    folder = tmp_path / scene.folder
    folder.mkdir(parents=True)
    workflow = Workflow(folder, git_github, scene.base)
    workflow.open_pull_request(dict(scene.change))
    ran = workflow.run_pull_request(min_diff="80")
    assert ran.exit_code == scene.exit_code, ran.log
    assert_told(scene, ran.result, ran.comment)
    assert ran.outputs["verdict"] == ("fail" if scene.exit_code else "pass")
    assert ran.outputs["passed"] == ("false" if scene.exit_code else "true")
