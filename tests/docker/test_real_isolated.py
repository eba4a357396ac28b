"""Suites of well-known projects in the container: as a user of its own they count the same as beside covgate."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docker.sample import Sample, git
from tests.docker.test_hostile import Runner, github, runner, workspace_is_given_back
from tests.real.projects import COVERAGE, PROJECTS, Project
from tests.real.workshop import lay

__all__ = ["github", "runner"]

pytestmark = pytest.mark.real

FIGURES = ("total", "diff", "checks", "verdict", "head", "base")


def figures(runner: Runner, project: Project, variables: dict[str, str]) -> dict[str, object]:
    """Measure a fresh clone of a project in the container; return the numbers and the exit code."""
    runner.folder.mkdir()
    checkout = runner.path("checkout")
    lay(project, checkout)
    base, head = git(checkout, "rev-parse", "main"), git(checkout, "rev-parse", "next")
    sample = Sample(folder=checkout, base=base, head=head, merge=head)
    runner.prepare(sample)
    needed = " ".join((COVERAGE, *project.requirements))
    inputs = {
        "install-command": f"uv pip install --quiet {needed} --editable .",
        "test-command": f"python -m {' '.join(project.suite)}",
    }
    done = runner.run(inputs, variables)
    assert (checkout / ".covgate" / "result.json").is_file(), done.stdout + done.stderr
    result = json.loads((checkout / ".covgate" / "result.json").read_text(encoding="utf-8"))
    if not variables:
        workspace_is_given_back(sample)
    return {"exit code": done.returncode, **{name: result[name] for name in FIGURES}}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_isolation_moves_no_number(runner: Runner, tmp_path: Path, project: Project) -> None:
    alone = figures(replace(runner, folder=tmp_path / "alone"), project, {})
    beside = figures(replace(runner, folder=tmp_path / "beside"), project, {"COVGATE_TESTS_USER": ""})
    assert alone == beside
    assert alone["total"]
    assert alone["verdict"] in {"pass", "fail"}
