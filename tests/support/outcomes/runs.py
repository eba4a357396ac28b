"""Runs of the action on the bookshop: one for each golden outcome, and the texts that people see of it."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import sys
import tempfile
from atexit import register
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import covgate
from covgate.model.commit import Sha
from tests.support.bookshop import (
    MEASURED_INPUTS,
    Commit,
    Edits,
    Files,
    Measured,
    Tests,
    apply,
    measure,
    read_sample,
    write_commits,
)
from tests.support.github.answers import READ_ONLY, Account, error
from tests.support.github.server import FakeGithub, Fault
from tests.support.measured import MEASURED
from tests.support.outcomes.model import MainPush, Outcome
from tests.support.projects import clean_environment, run_warm
from tests.support.workflow import ROOT, Ran, Workflow

REPOSITORY = "acme/bookshop"
ACCOUNTS = {
    "ghs_workflow": Account(login="github-actions[bot]"),
    "ghs_fork": Account(login="github-actions[bot]", can_write=False),
}
MAIN = (
    ("A bookshop", MainPush(edits={"tests/test_report.py": None})),
    ("Open the warehouse", MainPush(edits={"tests/test_report.py": None}, tests=Tests(busy=True))),
    ("Test the report", MainPush(edits={})),
)
"""main, oldest first: what its commits lack of the sample, and how busy the day was on which they were tested."""


class Shop(Workflow):
    """The bookshop behind a fake GitHub, whose commits are written there at once, with fixed ids."""

    def __init__(self, folder: Path, github: FakeGithub) -> None:  # no clone: the commits are written upstream
        self.github = github
        self.upstream = self.clone = github.git_data.path
        self.folder = self._folder = folder
        self._runs = 100
        self.days = 0
        """How many there have been since the first commit."""

    def push_main(self, files: Files, message: str) -> Sha:
        """Put one more commit on main."""
        parents = ("refs/heads/main^0",) if self.days else ()
        (sha,) = self._write(Commit(branch="refs/heads/main", files=files, message=message, parents=parents, day=0))
        return sha

    def push_topic(self, files: Files, message: str) -> None:
        """Set the pull request's branch to one commit on main, and have GitHub merge it."""
        topic = Commit(branch="refs/heads/topic", files=files, message=message, parents=("refs/heads/main^0",), day=0)
        merge = Commit(
            branch="refs/pull/7/merge", files=files, message="Merge", parents=("refs/heads/main^0", ":1"), day=0
        )
        self._write(topic, merge)

    def _write(self, *commits: Commit) -> list[Sha]:
        self.days += 1
        return write_commits(
            self.upstream,
            [
                Commit(branch=c.branch, files=c.files, message=c.message, parents=c.parents, day=self.days)
                for c in commits
            ],
        )

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


@functools.cache
def recorded_shop() -> Path:
    """Return a repository with main, and covgate's records of its commits, made once by runs of the action."""
    folder = tempfile.TemporaryDirectory(prefix="shop-")
    register(folder.cleanup)
    path = Path(folder.name)
    with FakeGithub(repository=REPOSITORY, accounts=ACCOUNTS, git=path / "git") as github:
        shop = Shop(path, github)
        shop.git("config", "uploadpack.allowAnySHA1InWant", "true", folder=shop.upstream)
        for message, push in MAIN:
            _push_main(shop, apply(read_sample(), push.edits), message, push)
    return path / "git"


def _push_main(shop: Shop, files: Files, message: str, push: MainPush) -> None:
    shop.push_main(files, message)
    if push.recorded:
        ran = shop.act(Outcome(why="", event="push"), measure(files, push.tests))
        assert ran.exit_code in {0, 1}, ran.log


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is to be seen of a run."""

    comment: str | None
    """None: there is none."""
    summary: str
    terminal: str
    result: dict[str, Any]
    exit_code: int


def run_outcome(outcome: Outcome, folder: Path) -> Seen:
    """Make the repository of an outcome, run the action, and return what people see, scrubbed."""
    git = folder / "git"
    if outcome.past != "first run":
        shutil.copytree(recorded_shop(), git)
    with FakeGithub(repository=REPOSITORY, accounts=ACCOUNTS, git=git) as github:
        shop = Shop(folder, github)
        shop.git("config", "uploadpack.allowAnySHA1InWant", "true", folder=shop.upstream)
        files = read_sample()
        if outcome.past == "recorded":
            shop.days = len(MAIN)
        else:
            shop.push_main(files, "A bookshop, begun anew")
        for push in outcome.main:
            files = apply(files, push.edits)
            _push_main(shop, files, "More", push)
        for edits in filter(None, (outcome.before, outcome.edits)):
            ran = _run_edits(shop, outcome, files, edits)
        comments = [comment.body for comment in github.comments.values()]
    assert len(comments) <= 1
    return Seen(
        comment=scrub(comments[0], folder) if comments else None,
        summary=scrub(shop.last_summary, folder),
        terminal=scrub(_report_of(ran.log), folder),
        result=ran.result,
        exit_code=ran.exit_code,
    )


def _run_edits(shop: Shop, outcome: Outcome, main: Files, edits: Edits) -> Ran:
    files = apply(main, edits)
    if outcome.event == "laptop":
        pass
    elif outcome.event == "push":
        shop.push_main(files, "A change")
    else:
        shop.push_topic(files, "A change")
    if outcome.unreachable:
        shop.github.faults.append(Fault(method="GET", path="/git/", times=99, answer=error(403, READ_ONLY)))
    wanted = files if outcome.measured is None else apply(main, outcome.measured)
    return shop.act(outcome, None if outcome.command else measure(wanted, outcome.tests))


def _report_of(log: str) -> str:
    """Return what a log shows of the report: from its group on, or everything where it came to none."""
    _, group, rest = log.partition("::group::Report\n")
    return "\n".join(line.rstrip() for line in (group + rest or log).strip().splitlines()) + "\n"


SCRUBBED = (
    # Of tests that covgate ran itself, as all times are: those of JUnit files are fixed (tests.support.bookshop).
    (
        re.compile(
            r"(?<=\*\*The slowest tests\*\*\n\n\| Test \| Time \|\n\| :-- \| --: \|\n)(?:\|.*\| 0\.0\d.s \|\n)+"
        ),
        "| … | 0.01 s |\n",
    ),
    (re.compile(rf"\bcovgate {re.escape(covgate.__version__)}"), "covgate 1.2.3"),
    (re.compile(re.escape(sys.executable)), "python"),
)
"""What differs by the machine or the release, and what stands in its place. Nothing else is changed."""


def scrub(text: str, folder: Path) -> str:
    """Return a text as it is on every machine."""
    text = text.replace(os.fspath(folder), "/home/runner/work/bookshop")
    for pattern, instead in SCRUBBED:
        text = pattern.sub(instead, text)
    return text
