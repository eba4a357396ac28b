"""The report of another run: whether it had to be posted, and the exit code when it was not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from covgate.config.settings import resolve
from covgate.errors import ExitCode
from covgate.host.context import EventKind, RunContext
from covgate.host.finished_run import FinishedRun
from covgate.host.github.log import Runner
from covgate.host.pull_requests import BranchPull
from covgate.publish.relay import relay
from covgate.system.folders import make_report_folder
from covgate.system.screen import Screen
from tests.publish.test_deliver import RED, REFUSED, MemoryHost
from tests.support.github.comments import MemoryComments
from tests.support.situations import HEAD

RUN = FinishedRun(
    id=77,
    attempt=1,
    workflow="tests",
    event="pull_request",
    conclusion="failure",
    head=HEAD,
    head_repository="fork/project",
    head_branch="topic",
)
PULL = BranchPull(number=7, repository="fork/project", branch="topic", head=HEAD, base="main", merge=None, is_open=True)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, ExitCode.PUBLISH_FAILED),
        ({"publish": "required"}, ExitCode.PUBLISH_FAILED),
        ({"publish": "best-effort"}, ExitCode.PASSED),
    ],
    ids=["by-default", "required", "best-effort"],
)
def test_posting_is_what_the_run_is_for_unless_it_is_told_otherwise(
    tmp_path: Path, given: dict[str, str], code: ExitCode
) -> None:
    settings, folder = resolve(command_line=given), make_report_folder(tmp_path / ".covgate", "report-dir")
    err, annotated = io.StringIO(), list[str]()
    for trouble, expected in ([("create", REFUSED)], code), ([], ExitCode.PASSED):
        host = MemoryHost(
            log=Runner(),
            context=RunContext(kind=EventKind.BRANCH, repository="octo/project"),
            posted=MemoryComments(trouble=[*trouble]),
        )
        screen = Screen(io.StringIO(), err, annotated.append)
        assert relay(settings, host, screen, RED(), folder, RUN, PULL) == expected
        assert len(host.posted.comments) == (0 if trouble else 1)
    assert "The report could not be posted" in err.getvalue()
