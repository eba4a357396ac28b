"""A changed line is counted, or what leaves it out is named: on a laptop, and in a pull request's event."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.github.server import FakeGithub
from tests.support.projects import PLUGINS, clean_environment, make_checkout, run, same
from tests.support.scopes import FLAT, SCENES, UNTESTED, USED, Scene
from tests.support.workflow import PYTEST, Workflow

UNDECIDED = "Not measured, and nothing says whether"


def assert_told(scene: Scene, result: dict[str, Any], report: str) -> None:
    """The verdict, the counts, what counts as uncovered, what is left out by what, and what the total lacks."""
    diff = result["diff"]
    assert {file["path"]: file["why"] for file in diff["omitted"]} == scene.omitted
    assert (diff["lines"]["covered"], diff["lines"]["total"]) == scene.lines
    assert {f["path"] for f in diff["files"] if f["gap"]} == set(scene.unmeasured)
    assert {f["path"] for f in diff["files"] if f["gap"] == "undecided"} == set(scene.undecided)
    # On a laptop it says, too, that nothing but uncommitted edits was judged.
    assert re.sub(r" \((uncommitted|HEAD)[^)]*\)", "", result["headline"]).startswith(scene.headline)
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


def test_what_pytest_cov_leaves_out_is_told_in_a_run_and_of_its_data(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**FLAT, "pytest.ini": "[pytest]\naddopts = --cov=shop\n"})
    checkout.write({"scripts/tool.py": UNTESTED, "shop/core.py": USED + "used()\n", ".gitignore": ".coverage\n"})
    test_command = ["python", "-m", "pytest", "-q"]
    assert checkout.covgate("--min-diff", "80", command=test_command, **PLUGINS).code == 0
    in_a_run = checkout.result()
    assert run([sys.executable, *test_command[1:]], cwd=checkout.path, env=clean_environment(**PLUGINS)).code == 0
    assert checkout.covgate("--min-diff", "80", "--data", ".coverage").code == 0
    for result in (in_a_run, checkout.result()):
        assert result["diff"]["lines"] == {"covered": 1, "total": 1}
        assert result["diff"]["omitted"] == [
            {"path": "scripts/tool.py", "why": "`--cov=shop`, an option of pytest-cov"}
        ]


def test_what_lies_outside_the_projects_folder_is_left_out_and_told(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {f"backend/{name}": text for name, text in FLAT.items()})
    checkout.write({"backend/shop/core.py": USED + "used()\n", "frontend/tool.py": UNTESTED})
    done = checkout.covgate("--min-diff", "80", command=["python", "-m", "pytest", "-q"], sub="backend")
    assert done.code == 0, done.out + done.err
    assert checkout.result("backend")["diff"]["omitted"] == [
        {"path": "frontend/tool.py", "why": "it is outside the project's folder, backend"}
    ]
    assert "  - frontend/tool.py (it is outside the project's folder, backend)" in done.out


@pytest.mark.parametrize("kind", [".coverage", "coverage.xml", "coverage.lcov"])
def test_what_is_judged_is_told_of_data_that_was_there_before(tmp_path: Path, kind: str) -> None:
    scene = SCENES["omit-without-source"]
    checkout = make_checkout(tmp_path, {**scene.base, ".gitignore": "coverage.*\n.coverage\n"}).write(scene.change)
    assert checkout.coverage("run", "-m", "pytest", "-q").code == 0
    if kind != ".coverage":
        assert checkout.coverage(kind.rpartition(".")[2]).code == 0
    done = checkout.covgate("--min-diff", "80", "--data", kind)
    assert done.code == scene.exit_code, done.out + done.err
    assert_told(scene, checkout.result(), done.out)
    assert same(checkout.total(), checkout.coverage_total())


TOLD_ALIKE = (
    "new-package", "script", "omit-without-source", "namespace-in-two-folders", "below-a-folder-of-a-pattern",
    "django", "omit-and-report-omit",
)  # fmt: skip
"""A scene for each way in which a file is told of: what decides it is the same on a laptop."""


@pytest.mark.parametrize("scene", [SCENES[name] for name in TOLD_ALIKE], ids=TOLD_ALIKE)
def test_what_is_judged_is_told_on_a_pull_request(tmp_path: Path, git_github: FakeGithub, scene: Scene) -> None:
    folder = tmp_path / scene.folder
    folder.mkdir(parents=True)
    workflow = Workflow(folder, git_github, scene.base)
    workflow.open_pull_request(dict(scene.change))
    ran = workflow.run_pull_request(test_command=PYTEST, min_diff="80")
    assert ran.exit_code == scene.exit_code, ran.log
    assert_told(scene, ran.result, ran.comment)
    assert ran.outputs["verdict"] == ("fail" if scene.exit_code else "pass")
    assert ran.outputs["passed"] == ("false" if scene.exit_code else "true")
