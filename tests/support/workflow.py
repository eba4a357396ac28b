"""A project on the fake GitHub, and runs of covgate on it as a workflow starts them: push and pull request, shallow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from covgate.model.commit import Sha, parse_sha
from tests.support.git import UNATTENDED
from tests.support.github.server import FakeGithub
from tests.support.measured import MEASURED
from tests.support.projects import run_warm

ROOT = Path(__file__).parents[2]

BARE_TESTS = f"{sys.executable} {ROOT}/tests/support/bare_tests.py"
"""The test command of projects whose tests are functions, where nothing is about pytest."""

PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"

_IDENTITY = ("-c", "user.name=n", "-c", "user.email=n@example.invalid")
_TIMEOUT = 120
_FOREIGN = ("GITHUB_", "INPUT_", "COVERAGE_", "PYTEST_", "PYTHON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of the action: how it ended, and what it left."""

    exit_code: int
    log: str
    outputs: dict[str, str]
    summary: str
    result: dict[str, Any]
    comment: str
    requests: tuple[tuple[str, str], ...]
    """What it asked GitHub: method and address."""

    def check(self, rule: str, component: str | None = None) -> dict[str, Any]:
        """Return one check of result.json."""
        return next(c for c in self.result["checks"] if (c["rule"], c["component"]) == (rule, component))

    @property
    def footer(self) -> str:
        """The last line of the comment's file."""
        return self.comment.splitlines()[-1]


class Workflow:
    """The repository behind a fake GitHub, and a developer's clone of it in which commits are made."""

    def __init__(self, folder: Path, github: FakeGithub, files: Mapping[str, str]) -> None:
        self.github = github
        self.upstream = github.git_data.path
        self.clone = folder / "clone"
        self._folder = folder
        self._runs = 100
        self._days = 0
        self.clone.mkdir()
        # GitHub serves every commit it has, whoever asks for it by its id.
        self.git("config", "uploadpack.allowAnySHA1InWant", "true", folder=self.upstream)
        self.git("init", "-qb", "main")
        self.git("remote", "add", "origin", self.upstream.as_uri())
        self.commit(files, "Begin")
        self.git("push", "-qf", "origin", "main")

    def git(self, *args: str, folder: Path | None = None, date: str = "") -> str:
        """Run git, in the developer's clone unless told otherwise."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
        done = subprocess.run(
            ["git", *UNATTENDED, *_IDENTITY, *args],
            cwd=folder or self.clone,
            env={**kept, **dates, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TEMPLATE_DIR": ""},
            check=False,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
        assert done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.strip()

    def sha(self, ref: str = "HEAD") -> Sha:
        """Return the commit a name stands for in the developer's clone."""
        return parse_sha(self.git("rev-parse", f"{ref}^{{commit}}"))

    def commit(self, files: Mapping[str, str | None], message: str) -> Sha:
        """Commit files (None removes one) on what is checked out, a day later than the commit before."""
        for name, text in files.items():
            path = self.clone / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self._days += 1
        date = f"2026-{8 + self._days // 28:02}-{1 + self._days % 28:02}T12:00:00+02:00"
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, date=date)
        return self.sha()

    def push(self, files: Mapping[str, str | None], message: str, branch: str = "main") -> Sha:
        """Commit on a branch and push it."""
        self.git("checkout", "-q", branch)
        sha = self.commit(files, message)
        self.git("push", "-qf", "origin", branch)
        return sha

    def open_pull_request(self, files: Mapping[str, str | None], start: str = "main") -> Sha:
        """Commit on the branch `topic`, made anew from `start`, and have GitHub merge it; return the merge."""
        self.git("checkout", "-q", "-B", "topic", start)
        self.commit(files, "A change")
        return self.merge()

    def merge(self) -> Sha:
        """Make the merge commit of `topic` into main as GitHub does, and put it where a workflow finds it."""
        self.git("checkout", "-q", "--detach", "main")
        self.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
        self.git("push", "-qf", "origin", "HEAD:refs/pull/7/merge", "topic:refs/heads/topic")
        return self.sha()

    # --- runs

    def run_push(self, *, depth: int = 1, branch: str = "main", default: str = "main", **inputs: str) -> Ran:
        """Run on the tip of a branch, as `on: push` does."""
        payload = {"repository": {"default_branch": default, "full_name": self.github.repository}}
        return self._run("push", payload, self.sha(branch), f"refs/heads/{branch}", depth, inputs)

    def run_pull_request(
        self, *, depth: int = 2, checked_out: str = "", prepare: Callable[[Path], None] | None = None, **inputs: str
    ) -> Ran:
        """Run on the pull request's merge commit, or with another `ref:` for actions/checkout.

        `prepare` stands for a step in between: it is handed the checkout.
        """
        repository = {"full_name": self.github.repository}
        payload = {
            "repository": {"default_branch": "main", **repository},
            "pull_request": {
                "number": self.github.pull_request,
                "head": {"sha": self.sha("topic"), "repo": repository},
                "base": {"sha": self.sha("main"), "ref": "main", "repo": repository},
            },
        }
        merge = parse_sha(self.git("rev-parse", "refs/pull/7/merge", folder=self.upstream))
        return self._run(
            "pull_request", payload, merge, "refs/pull/7/merge", depth, inputs, ref=checked_out, prepare=prepare
        )

    def run_merge_group(self, head: Sha, base: Sha, *, depth: int = 1, checked_out: str = "", **inputs: str) -> Ran:
        """Run in a merge queue, whose branch is `queue`."""
        payload = {
            "repository": {"default_branch": "main", "full_name": self.github.repository},
            "merge_group": {"head_sha": head, "base_sha": base, "base_ref": "refs/heads/main"},
        }
        return self._run("merge_group", payload, head, "refs/heads/queue", depth, inputs, ref=checked_out)

    def run_event(
        self, event: str, payload: Mapping[str, object], commit: Sha, ref: str, *, depth: int = 2, **inputs: str
    ) -> Ran:
        """Run on any event: `commit` and `ref` are what GitHub starts the run for, and what is checked out."""
        return self._run(event, payload, commit, ref, depth, inputs)

    def checkout(self, commit: Sha, ref: str, depth: int) -> Path:
        """Make a clone as actions/checkout does: one commit of one reference; depth 0 is everything."""
        path = self._folder / f"checkout-{self._runs}"
        path.mkdir()
        self.git("init", "-q", folder=path)
        self.git("remote", "add", "origin", self.upstream.as_uri(), folder=path)
        place = ref.replace("refs/heads/", "refs/remotes/origin/").replace("refs/pull/", "refs/remotes/pull/")
        wanted = [] if depth else ["+refs/heads/*:refs/remotes/origin/*"]
        if depth or not ref.startswith("refs/heads/"):
            wanted.append(f"+{commit}:{place}")
        flags = [f"--depth={depth}"] if depth else []
        self.git("fetch", "-q", "--no-tags", *flags, "origin", *wanted, folder=path)
        self.git("checkout", "-q", "--detach", commit, folder=path)
        return path

    def _run(
        self,
        event: str,
        payload: Mapping[str, object],
        commit: Sha,
        event_ref: str,
        depth: int,
        inputs: Mapping[str, str],
        *,
        ref: str = "",
        prepare: Callable[[Path], None] | None = None,
    ) -> Ran:
        self._runs += 1
        there = parse_sha(self.git("rev-parse", ref, folder=self.upstream)) if ref else commit
        path = self.checkout(there, ref or event_ref, depth)
        if prepare is not None:
            prepare(path)
        files = {name: self._folder / f"{name}-{self._runs}" for name in ("event", "output", "summary")}
        files["event"].write_text(json.dumps(payload), encoding="utf-8")
        passed = {"github-token": "ghs_workflow", "test-command": BARE_TESTS}
        passed |= {name.replace("_", "-"): value for name, value in inputs.items()}
        environment = runner_environment(self.github, files, passed) | {
            "GITHUB_EVENT_NAME": event,
            "GITHUB_RUN_ID": str(self._runs),
            "GITHUB_SHA": commit,
            "GITHUB_REF": event_ref,
        }
        before = len(self.github.requests)
        done = run_warm([ROOT / "entrypoint.py"], cwd=path, env=environment)
        ran = Ran(
            exit_code=done.code,
            log=done.out + done.err,
            outputs=read_outputs(_text(files["output"])),
            summary=_text(files["summary"]),
            result=cast("dict[str, Any]", json.loads(_text(path / ".covgate/result.json") or "{}")),
            comment=_text(path / ".covgate/comment.md"),
            requests=tuple(self.github.requests[before:]),
        )
        shutil.rmtree(path)
        return ran


def runner_environment(github: FakeGithub, files: Mapping[str, Path], inputs: Mapping[str, str]) -> dict[str, str]:
    """The variables of a step on a pull request; `files` are the runner's: event, output and summary."""
    return {
        **{n: v for n, v in os.environ.items() if not n.startswith(_FOREIGN)},
        **MEASURED,
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1",
        # The plugins of covgate's own tests are none of the sample's.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(files["event"]),
        "GITHUB_REPOSITORY": github.repository,
        "GITHUB_API_URL": github.url,
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_OUTPUT": str(files["output"]),
        "GITHUB_STEP_SUMMARY": str(files["summary"]),
        **{f"INPUT_{name.upper().replace('_', '-')}": value for name, value in inputs.items()},
    }


def read_outputs(text: str) -> dict[str, str]:
    """Read what a step left in GITHUB_OUTPUT, as the runner does."""
    lines = text.splitlines()
    found: dict[str, str] = {}
    at = 0
    while at < len(lines):
        name, _, delimiter = lines[at].partition("<<")
        end = lines.index(delimiter, at + 1)
        found[name] = "\n".join(lines[at + 1 : end])
        at = end + 1
    return found


def _text(path: Path) -> str:
    """Return a file's text as a person reads it: a no-break space looks like any other."""
    return path.read_text(encoding="utf-8").replace("\u00a0", " ") if path.exists() else ""
