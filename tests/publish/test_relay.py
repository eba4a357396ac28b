"""The report of another run: whether it had to be posted, and the exit code when it was not."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from covgate.config.outputs import OUTPUT_NAMES
from covgate.config.settings import resolve
from covgate.errors import ExitCode
from covgate.host.context import EventKind, RunContext
from covgate.host.finished_run import FinishedRun
from covgate.host.github.log import Runner
from covgate.host.pull_requests import BranchPull
from covgate.publish.marker import Marker, parse_marker
from covgate.publish.relay import relay, relay_nothing
from covgate.report.since import push_figures
from covgate.system.folders import make_report_folder
from covgate.system.screen import Screen
from tests.publish.test_deliver import GREEN, QUIET, RED, REFUSED, MemoryHost
from tests.support.github.comments import MemoryComments, report, with_comments
from tests.support.situations import HEAD
from tests.support.workflow import read_outputs

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
    note = f"The report could not be posted: {REFUSED.message}. To mend it: {REFUSED.hint}."
    assert err.getvalue().startswith(f"covgate: {note}\ncovgate: ")
    # A warning where posting may fail, else an error with what explains it.
    assert annotated == ([note] if code is ExitCode.PASSED else [])
    assert (f"docs/troubleshooting.md#{REFUSED.slug}\n" in err.getvalue()) is (code is ExitCode.PUBLISH_FAILED)


def test_a_report_is_shown_in_every_place_under_its_own_run(tmp_path: Path) -> None:
    settings = resolve(command_line={"name": "api", "report-dir": ".covgate"})
    folder, out, err = make_report_folder(tmp_path / ".covgate", "report-dir"), io.StringIO(), io.StringIO()
    host = MemoryHost(
        log=Runner(output=tmp_path / "output", summary=tmp_path / "summary"),
        context=RunContext(kind=EventKind.BRANCH, repository="octo/project", run_id=99),
    )
    assert relay(settings, host, Screen(out, err), RED(), folder, RUN, PULL) is ExitCode.PASSED
    assert (host.opened, err.getvalue()) == ([7], "")
    (comment,) = host.posted.comments.values()
    assert parse_marker(comment.body) == Marker(
        name="api", run_id=77, run_attempt=1, head=HEAD, now=push_figures(RED())
    )
    left = {path.name: path.read_text(encoding="utf-8") for path in folder.path.iterdir()}
    assert comment.body.startswith(left["comment.md"].rstrip())
    assert (tmp_path / "summary").read_text(encoding="utf-8") == left["summary.md"]
    result = json.loads(left["result.json"])
    assert (result["verdict"], result["exit_code"], result["error"]) == ("fail", 1, None)
    assert result["headline"].startswith("Diff coverage 66.7 % is below 80 %")
    assert out.getvalue().splitlines()[-1].endswith(" · The report of run 77")
    assert read_outputs((tmp_path / "output").read_text(encoding="utf-8")) == {
        "verdict": "fail",
        "passed": "false",
        "total-percent": "70.866141",
        "diff-percent": "66.666666",
        "delta": "",
        "comment-url": "https://example.test/1",
        "result-path": ".covgate/result.json",
    }


def test_without_a_pull_request_nothing_is_posted(tmp_path: Path) -> None:
    folder = make_report_folder(tmp_path / ".covgate", "report-dir")
    host = MemoryHost(log=Runner(output=tmp_path / "output"))
    screen = Screen(io.StringIO(), io.StringIO())
    assert relay(resolve(), host, screen, RED(), folder, RUN, None) is ExitCode.PASSED
    assert (host.opened, host.posted.calls) == ([], [])
    assert read_outputs((tmp_path / "output").read_text(encoding="utf-8"))["comment-url"] == ""


@pytest.mark.parametrize(
    ("policy", "posted"),
    [("always", [1, 1, 1]), ("on-change", [0, 1, 1]), ("on-failure", [0, 0, 1]), ("never", [0, 0, 0])],
)
def test_the_policy_of_comments_is_followed(tmp_path: Path, policy: str, posted: list[int]) -> None:
    found = []
    for made in (QUIET, GREEN, RED):
        folder = make_report_folder(tmp_path / ".covgate", "report-dir")
        host = MemoryHost(log=Runner(output=tmp_path / "output"))
        screen = Screen(io.StringIO(), io.StringIO())
        relay(resolve(command_line={"comment": policy}), host, screen, made(), folder, RUN, PULL)
        found.append(len(host.posted.comments))
        url = read_outputs((tmp_path / "output").read_text(encoding="utf-8"))["comment-url"]
        assert url == ("https://example.test/1" if found[-1] else "")
        (tmp_path / "output").unlink()
    assert found == posted


def test_a_comment_of_the_run_itself_is_left_as_it_is(tmp_path: Path) -> None:
    folder, posted = make_report_folder(tmp_path / ".covgate", "report-dir"), with_comments(77)
    screen = Screen(io.StringIO(), io.StringIO())
    relay(resolve(), MemoryHost(log=Runner(), posted=posted), screen, RED(), folder, RUN, PULL)
    assert [comment.body for comment in posted.comments.values()] == [report(77).comment]


def test_that_there_is_no_report_is_said_everywhere(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    host = MemoryHost(log=Runner(output=tmp_path / "output", summary=tmp_path / "summary"))
    assert relay_nothing(host, Screen(out, err), "The run left no report.") is ExitCode.PASSED
    assert (out.getvalue(), err.getvalue()) == ("", "covgate: The run left no report.\n")
    assert (tmp_path / "summary").read_text(encoding="utf-8") == "The run left no report.\n"
    nothing = dict.fromkeys(OUTPUT_NAMES, "") | {"verdict": "cannot-judge", "passed": "false"}
    assert read_outputs((tmp_path / "output").read_text(encoding="utf-8")) == nothing
