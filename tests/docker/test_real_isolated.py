"""Suites of well-known projects in the container: as a user of its own they count the same as beside covgate."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.errors import ExitCode
from tests.docker.sample import Sample, git
from tests.docker.test_hostile import Runner, github, runner, workspace_is_given_back
from tests.real.projects import CHILDREN, COVERAGE, PROJECTS, Project
from tests.real.workshop import lay

__all__ = ["github", "runner"]

pytestmark = pytest.mark.real

PATIENCE = 900
"""Seconds: a suite and what it needs are downloaded and run twice, on a machine that may do other work."""

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
    done = runner.run(inputs, variables, timeout=PATIENCE)
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


FOUND = {
    "itsdangerous": "Found pyproject.toml, requirements/tests.txt: ",
    "python-dotenv": "Found tox's environment of this Python: ",
    "structlog": "Found pyproject.toml, its dependency group tests: ",
    "boltons": "Found pyproject.toml, requirements-test.txt: ",
    "async-timeout": "Found setup.py, requirements.txt: ",
}
"""What each of them says its tests need."""

LEFT_OUT = {"async-timeout": ("--deselect=tests/test_timeout.py::test_enter_twice",)}
"""What fails on the Python of a base made of Debian's packages: asyncio of 3.11.2 lets a timeout be entered twice."""


@pytest.mark.parametrize("project", [p for p in PROJECTS if p.name in FOUND], ids=lambda project: project.name)
def test_no_install_command_is_needed(runner: Runner, tmp_path: Path, project: Project) -> None:
    """As released: the environment is made of what the files say, and the counts are those of coverage in it."""
    checkout = tmp_path / "checkout"
    lay(project, checkout)
    base, head = git(checkout, "rev-parse", "main"), git(checkout, "rev-parse", "next")
    sample = Sample(folder=checkout, base=base, head=head, merge=head)
    runner.prepare(sample)
    # pytest-cov measures by itself where it is configured.
    suite = " ".join((*project.suite, *LEFT_OUT.get(project.name, ())))
    program = "python" if project.pytest_cov else "coverage run"
    by_hand = (
        "(unset COVERAGE_PROCESS_CONFIG PYTEST_ADDOPTS; export COVERAGE_FILE=$(mktemp -d)/data; "
        f"{program} -m {suite}; coverage combine || true; coverage json -q -o total.json)"
    )
    command = f"{suite} && {by_hand}"
    done = runner.run({"install-command": "", "test-command": command, "min-diff": ""}, {}, timeout=PATIENCE)
    log = done.stdout + done.stderr
    assert done.returncode == ExitCode.PASSED, log
    assert FOUND[project.name] in log
    total = json.loads((checkout / ".covgate" / "result.json").read_text(encoding="utf-8"))["total"]
    expected = json.loads((checkout / "total.json").read_text(encoding="utf-8"))["totals"]
    if not project.run_differs:
        assert total["lines"] == {"covered": expected["covered_lines"], "total": expected["num_statements"]}, log
        branches = {"covered": expected.get("covered_branches", 0), "total": expected.get("num_branches", 0)}
        assert (total["branches"] or {"covered": 0, "total": 0}) == branches, log
    elif project.run_differs == CHILDREN:
        assert total["lines"]["total"] == expected["num_statements"]
        assert total["lines"]["covered"] >= expected["covered_lines"]
    workspace_is_given_back(sample)
