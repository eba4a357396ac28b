"""Hostile pull requests in the container, started as the runner starts it: none gets the token or steers anything."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from covgate.config.outputs import OUTPUT_NAMES
from tests.contract.test_action import passed_by_the_runner
from tests.docker.attacks import ATTACKS, FORGED, Attack
from tests.docker.engine import Engine
from tests.docker.sample import CHANGE, REPOSITORY, Sample, git, make_sample
from tests.docker.test_container import RUN, TOKEN, _runner_variables, github
from tests.host.test_log import parse_outputs
from tests.support.github.server import FakeGithub

__all__ = ["github"]

RUNNER = 1001
"""The user of hosted runners: the checkout is its, and so are the runner's own files."""

BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
"""The token, as `actions/checkout` with `persist-credentials: true` leaves it in the clone's configuration."""

COMMAND_FILES = ("env", "path", "output", "state", "summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Folders as the runner makes them, owned as it owns them."""

    engine: Engine
    image: str
    github: FakeGithub
    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name

    def prepare(self, sample: Sample) -> None:
        """Make the runner's folders around a checkout, and give all of it to the runner's user."""
        for name in ("file_commands", "workflow", "home", "runner_temp", "loot"):
            self.path(name).mkdir()
        for name in COMMAND_FILES:
            (self.path("file_commands") / name).touch()
        sample.write_event(self.path("workflow") / "event.json")
        give(self.folder)
        self.path("loot").chmod(0o1777)

    def run(
        self,
        inputs: dict[str, str],
        variables: dict[str, str],
        *,
        read_only: bool = False,
        options: Sequence[str] = (),
        timeout: float = 200,
    ) -> subprocess.CompletedProcess[str]:
        host = {**os.environ, **self.engine.environment}.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        environment = {
            **_runner_variables(self.github.url),
            **passed_by_the_runner({**RUN, "min-diff": "80", **inputs}),
            "GITHUB_ENV": "/github/file_commands/env",
            "GITHUB_PATH": "/github/file_commands/path",
            "GITHUB_STATE": "/github/file_commands/state",
            "RUNNER_TEMP": "/github/runner_temp",
            "ACTIONS_RUNTIME_TOKEN": TOKEN,
            **variables,
        }
        mounts = ("file_commands", "workflow", "home", "runner_temp")
        workspace = f"--volume={self.path('checkout')}:/github/workspace{':ro' if read_only else ''}"
        return subprocess.run(
            [
                *(
                    "docker",
                    "run",
                    "--rm",
                    "--network=host",
                    "--workdir=/github/workspace",
                    workspace,
                    *options,
                ),
                *(f"--env={name}={value}" for name, value in environment.items()),
                *(f"--volume={self.path(name)}:/github/{name}" for name in mounts),
                *(
                    f"--volume={self.path('loot')}:/tmp/loot",
                    f"--volume={host.removeprefix('unix://')}:/var/run/docker.sock",
                ),
                self.image,
            ],
            env={**os.environ, **self.engine.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def loot(self, name: str) -> bytes:
        path = self.path("loot") / name
        return path.read_bytes() if path.exists() else b""


def give(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, RUNNER, RUNNER, follow_symlinks=False)


def obeyed(log: str) -> list[str]:
    """Return the lines of a log that the runner takes for commands, with its own rules."""
    found, stop = [], ""
    for line in map(str.strip, log.splitlines()):
        if stop:
            stop = "" if line == f"::{stop}::" else stop
        elif line.startswith("::stop-commands::"):
            stop = line.removeprefix("::stop-commands::")
        elif line.startswith("::") or "##[" in line:
            found.append(line)
    return found


@pytest.fixture
def runner(engine: Engine, image: str, github: FakeGithub, tmp_path: Path) -> Runner:
    if os.geteuid() != 0:
        pytest.skip("needs root: the checkout and the runner's files belong to another user")
    tmp_path.chmod(0o755)
    return Runner(engine=engine, image=image, github=github, folder=tmp_path)


def checkout(folder: Path, attack: Attack) -> Sample:
    sample = make_sample(folder, {**CHANGE, **attack.files})
    for name, target in attack.links.items():
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
        git(folder, "add", "--force", name)
    if attack.pushed:
        git(folder, "checkout", "--quiet", "-B", "main", sample.head)
    config = folder / ".git" / "config"
    config.write_text(
        config.read_text(encoding="utf-8")
        + f'[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic {BASIC}\n'
        f'[remote "origin"]\n\turl = https://x:{TOKEN}@github.com/{REPOSITORY}\n'
        '[includeIf "gitdir:/github/workspace/.git"]\n\tpath = /github/runner_temp/git-credentials-1.config\n'
    )
    return sample


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_gets_nothing_and_stops_nothing(runner: Runner, tmp_path: Path, attack: Attack) -> None:
    sample = checkout(tmp_path / "checkout", attack)
    runner.prepare(sample)
    credentials = runner.path("runner_temp") / "git-credentials-1.config"
    credentials.write_text(f'[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic {BASIC}\n')
    git_before = git_files(sample.folder)
    event = (runner.path("workflow") / "event.json").read_bytes()
    variables = {}
    if attack.pushed:
        variables = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": sample.head}
        payload = {"ref": "refs/heads/main", "after": sample.head, "repository": sample.event()["repository"]}
        (runner.path("workflow") / "event.json").write_text(json.dumps(payload))
        event = (runner.path("workflow") / "event.json").read_bytes()
    done = runner.run(dict(attack.inputs), variables)
    log = f"{done.stdout}\n--- stderr\n{done.stderr}\n--- refused\n{runner.loot('refused').decode()}"

    assert done.returncode == attack.ends, log
    assert bool(runner.loot("ran")) is attack.runs, log
    everything = b"".join(path.read_bytes() for path in runner.path("loot").iterdir())
    assert TOKEN.encode() not in everything, log
    assert BASIC.encode() not in everything, log
    assert runner.loot("written") == b"", log
    assert runner.loot("program") == b"", log
    # What covgate says of it in an annotation of its own is quoted there.
    own = ("::error title=covgate::", "::warning title=covgate::")
    assert not [line for line in obeyed(done.stdout) if FORGED in line and not line.startswith(own)], log
    assert obeyed(done.stderr) == [], log
    assert_nothing_leaked(sample.folder, log)
    _runner_is_untouched(runner, event, attack)
    assert git_files(sample.folder) == git_before, log
    _reports_are_covgates(runner, sample, attack)
    workspace_is_given_back(sample)


def assert_nothing_leaked(folder: Path, log: str) -> None:
    """The token and the clone's credentials stand in `.git` alone: a later step may upload what lies beside it."""
    for secret in (TOKEN, BASIC):
        argv = ["grep", "-rlF", "--devices=skip", "--exclude-dir=.git", secret, "."]
        found = subprocess.run(argv, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        assert found.stdout == "", log


def _runner_is_untouched(runner: Runner, event: bytes, attack: Attack) -> None:
    commands = {name: (runner.path("file_commands") / name).read_text(encoding="utf-8") for name in COMMAND_FILES}
    assert {name: commands[name] for name in ("env", "path", "state")} == {"env": "", "path": "", "state": ""}
    assert tuple(parse_outputs(commands["output"])) == OUTPUT_NAMES
    assert commands["summary"]
    assert FORGED not in commands["output"] + ("" if attack.quoted else commands["summary"])
    assert {path.name for path in runner.path("file_commands").iterdir()} == {*COMMAND_FILES}
    assert (runner.path("workflow") / "event.json").read_bytes() == event
    home_is_the_runners(runner)


def home_is_the_runners(runner: Runner) -> None:
    """Nothing lies there but the folder for downloads, which its user may save: nothing of root's, and no pipe."""
    home = runner.path("home")
    for path in home.rglob("*"):
        place, about = path.relative_to(home), path.lstat()
        assert place.is_relative_to(".cache/covgate") or place == Path(".cache"), place
        assert about.st_uid == RUNNER, place
        assert stat.S_ISDIR(about.st_mode) or not about.st_mode & stat.S_ISUID, place
        assert not stat.S_ISFIFO(about.st_mode), place


def _reports_are_covgates(runner: Runner, sample: Sample, attack: Attack) -> None:
    outputs = parse_outputs((runner.path("file_commands") / "output").read_text(encoding="utf-8"))
    bodies = [comment.body for comment in runner.github.comments.values()]
    assert attack.quoted or not any(FORGED in body for body in bodies)
    assert not any("](https://example.com)" in body or "@all" in body for body in bodies), bodies
    if not outputs["result-path"]:
        return
    path = sample.folder / outputs["result-path"]
    assert not path.is_symlink()
    assert json.loads(path.read_text(encoding="utf-8"))["verdict"] == outputs["verdict"]
    for name in ("result.json", "comment.md", "summary.md"):
        assert attack.quoted or FORGED not in path.with_name(name).read_text(encoding="utf-8"), name
    for record in sample.folder.glob("records/*.json*"):
        assert FORGED not in record.read_text(encoding="utf-8")


def git_files(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything in `.git`, but for the index, in which covgate's git notes times: mode, owner, content."""
    found = {}
    for path in sorted((folder / ".git").rglob("*")):
        about = path.lstat()
        text = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        if path.name != "index":
            found[str(path.relative_to(folder))] = (about.st_mode, about.st_uid, text)
    return found


def workspace_is_given_back(sample: Sample) -> None:
    """Everything is the runner's again, but for what covgate, as root, has written itself."""
    top = sample.folder.stat()
    assert (top.st_uid, stat.S_IMODE(top.st_mode) | 0o777) == (RUNNER, 0o777)
    # A tree may be deeper than a path may be long.
    listed = subprocess.run(["find", ".", "-printf", "%U %m %p\\0"], cwd=sample.folder, capture_output=True, check=True)
    for entry in listed.stdout.decode("utf-8", "replace").split("\0")[:-1]:
        owner, mode, name = entry.split(" ", 2)
        own = "/.covgate" in name or name.startswith(("./records", "./.git/index"))
        assert int(owner) == RUNNER or (own and owner == "0"), name
        assert not int(mode, 8) & stat.S_ISUID, name
