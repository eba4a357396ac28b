"""Runs of the action on the bookshop: one for each golden outcome, and the texts that people see of it."""

from __future__ import annotations

import functools
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
from tests.support.bookshop import Edits, Files, Tests, apply, measure, read_sample
from tests.support.github.answers import READ_ONLY, Account, error
from tests.support.github.server import FakeGithub, Fault
from tests.support.outcomes.model import MainPush, Outcome
from tests.support.outcomes.shop import Shop
from tests.support.workflow import Ran

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


@functools.cache
def recorded_shop() -> Path:
    """Return a repository with main, and covgate's records of its commits, made once by runs of the action."""
    folder = tempfile.TemporaryDirectory(prefix="shop-")
    register(folder.cleanup)
    path = Path(folder.name)
    with FakeGithub(repository=REPOSITORY, accounts=ACCOUNTS, git=path / "git") as github:
        shop = Shop(path, github)
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
        comment=scrub(comments[0], outcome, folder) if comments else None,
        summary=scrub(shop.last_summary, outcome, folder),
        terminal=scrub(_report_of(ran.log), outcome, folder),
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
    (re.compile(rf"\bcovgate {re.escape(covgate.__version__)}"), "covgate 1.2.3"),
    (re.compile(re.escape(sys.executable)), "python"),
)
"""What differs by the release or the machine, and what stands in its place."""
TIMES = (
    re.compile(r"(?<=\*\*The slowest tests\*\*\n\n\| Test \| Time \|\n\| :-- \| --: \|\n)(?:\|.*\|\n)+"),
    "| … | 0.01 s |\n",
)
"""What differs by the run, where covgate ran the tests itself; the times of JUnit files are fixed (see `measure`)."""


def scrub(text: str, outcome: Outcome, folder: Path) -> str:
    """Return a text as it is on every machine; nothing but this is changed in it."""
    text = text.replace(os.fspath(folder), "/home/runner/work/bookshop")
    for pattern, instead in (*SCRUBBED, *([TIMES] if outcome.command else [])):
        text = pattern.sub(instead, text)
    return text
