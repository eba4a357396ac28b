"""The bookshop on a fake GitHub: its main and its pull request are written there, and the action runs on them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.support.bookshop import MEASURED_INPUTS, Commit, Edits, Files, Measured, write_commits
from tests.support.github.server import FakeGithub
from tests.support.measured import MEASURED
from tests.support.outcomes.model import Outcome
from tests.support.projects import clean_environment, run_warm
from tests.support.workflow import ROOT, Ran, Workflow


class Shop(Workflow):
    """The bookshop behind a fake GitHub, whose commits are written there at once, with fixed ids."""

    def __init__(self, folder: Path, github: FakeGithub) -> None:  # no clone: the commits are written upstream
        self.github = github
        self.upstream = self.clone = github.git_data.path
        self._folder = folder
        self._runs = 100
        # GitHub serves every commit it has, whoever asks for it by its id.
        self.git("config", "uploadpack.allowAnySHA1InWant", "true", folder=self.upstream)
        self.days = 0
        """How many there have been since the first commit."""

    def push_main(self, files: Files, message: str) -> None:
        """Put one more commit on main."""
        parents = ("refs/heads/main^0",) if self.days else ()
        self._write(Commit(branch="refs/heads/main", files=files, message=message, parents=parents))

    def push_topic(self, files: Files, message: str) -> None:
        """Set the pull request's branch to one commit on main, and have GitHub merge it."""
        main, merge = "refs/heads/main^0", "refs/pull/7/merge"
        self._write(
            Commit(branch="refs/heads/topic", files=files, message=message, parents=(main,)),
            Commit(branch=merge, files=files, message="Merge", parents=(main, ":1")),
        )

    def _write(self, *commits: Commit) -> None:
        self.days += 1
        write_commits(self.upstream, self.days, *commits)

    def act(self, outcome: Outcome, measured: Measured | None) -> Ran:
        """Run the action once, as the outcome wants it."""
        inputs = {name.replace("_", "-"): value for name, value in outcome.inputs.items()}
        if outcome.command:
            inputs["test-command"] = outcome.command.replace("python", sys.executable)
        elif measured:
            inputs = MEASURED_INPUTS | inputs
        prepare = measured.put if measured else None
        here = {"full_name": self.github.repository}
        payload: dict[str, Any] = {"repository": {"default_branch": "main", **here}}
        if outcome.event == "push":
            return self._run("push", payload, self.sha("main"), "refs/heads/main", 1, inputs, prepare=prepare)
        if outcome.event == "laptop":
            return self._check(outcome.edits, measured)
        head, base = self.sha("topic"), self.sha("main")
        if outcome.event == "merge_group":
            payload["merge_group"] = {"head_sha": head, "base_sha": base, "base_ref": "refs/heads/main"}
            return self._run("merge_group", payload, head, "refs/heads/topic", 2, inputs, prepare=prepare)
        if outcome.fork:
            inputs["github-token"] = "ghs_fork"
        payload["pull_request"] = {
            "number": self.github.pull_request,
            "head": {"sha": head, "repo": {"full_name": "reader/bookshop"} if outcome.fork else here},
            "base": {"sha": base, "ref": "main", "repo": here},
        }
        merge, ref = self.sha("refs/pull/7/merge"), "refs/pull/7/merge"
        return self._run("pull_request", payload, merge, ref, outcome.depth, inputs, prepare=prepare)

    def _check(self, edits: Edits, measured: Measured | None) -> Ran:
        """Run `covgate check` in a clone with edits that nobody has committed."""
        self._runs += 1
        path = self.checkout(self.sha("main"), "refs/heads/main", 0)
        for name, text in edits.items():
            assert text is not None
            (path / name).write_text(text, "utf-8")
        if measured:
            measured.put(path)
        argv = ["-m", "covgate", "check", f"--data={MEASURED_INPUTS['coverage-data']}"]
        done = run_warm(argv, cwd=path, env=clean_environment(**MEASURED, PYTHONPATH=str(ROOT)))
        result = json.loads((path / ".covgate/result.json").read_text("utf-8"))
        return Ran(
            exit_code=done.code,
            log=done.out,
            outputs={},
            summary="",
            result=result,
            comment="",
            requests=(),
        )

    @property
    def last_summary(self) -> str:
        """The step summary of the last run, as it was written."""
        path = self._folder / f"summary-{self._runs}"
        return path.read_text("utf-8") if path.exists() else ""
