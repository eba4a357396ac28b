"""`covgate publish`: what of another run is posted, where, and what is said where nothing can be."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from covgate.commands.edges import Edges
from covgate.commands.publish import run_publish
from covgate.config.options import OPTIONS
from covgate.config.settings import resolve
from covgate.errors import CovgateError, ExitCode, InputError, PublishError
from covgate.host.context import EventKind, RunContext
from covgate.host.finished_run import Artifact, Artifacts, FinishedRun
from covgate.host.github.log import Runner
from covgate.host.pull_requests import BranchPull, PullRequests
from covgate.host.refusal import Refusal, publish_error
from covgate.model.commit import Sha
from covgate.publish.artifact import MOST_ARCHIVE
from covgate.publish.marker import Marker, parse_marker
from covgate.report.render import render_failed_result
from covgate.system.folders import make_report_folder
from covgate.system.screen import Screen
from tests.contract.test_action import passed_by_the_runner
from tests.publish.test_deliver import REFUSED, MemoryHost
from tests.publish.test_forged import pack
from tests.publish.test_relay import PULL, RUN
from tests.report.test_from_result import stored
from tests.support.github.comments import MemoryComments, report
from tests.support.situations import HEAD, SITUATIONS
from tests.support.workflow import read_outputs

RESULT = stored(SITUATIONS["fail-diff"]())
NEWER = Sha("9" * 40)
GIVEN = {"github-token": "ghs_workflow"}
WORKFLOW = RunContext(kind=EventKind.BRANCH, repository="octo/project")
LEFT = Artifact(id=1, name="covgate", size=MOST_ARCHIVE, expired=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryForge(MemoryHost):
    """A forge that has pull requests, and what one run left."""

    context: RunContext = WORKFLOW
    pulls: tuple[BranchPull, ...] = (PULL,)
    archive: bytes | None = field(default_factory=lambda: pack(RESULT))
    """None: it expired after it was listed."""
    left: Artifact | None = LEFT
    problem: PublishError | None = None
    asked: list[object] = field(default_factory=list)

    @contextmanager
    def pull_requests(self) -> Iterator[PullRequests]:
        yield cast("PullRequests", self)

    @contextmanager
    def artifacts(self) -> Iterator[Artifacts]:
        yield self

    def of_branch(self, repository: str, branch: str) -> tuple[BranchPull, ...]:
        self.asked.append((repository, branch))
        return self.pulls

    def find(self, run: int, name: str) -> Artifact | None:
        self.asked.append((run, name))
        if self.problem:
            raise self.problem
        return self.left

    def download(self, artifact: Artifact, most: int) -> bytes | None:
        self.asked.append((artifact.id, most))
        return self.archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    code: ExitCode
    said: str
    outputs: dict[str, str]
    result: dict[str, Any]


class Second:
    """The workflow that posts."""

    def __init__(self, folder: Path, **forge: object) -> None:
        self.folder, self.out = folder, io.StringIO()
        self.host = MemoryForge(log=Runner(stream=io.StringIO(), output=folder / "output"), **forge)  # type: ignore[arg-type]  # each caller names fields

    def run(self, run: FinishedRun = RUN, given: Mapping[str, str] = GIVEN) -> Published:
        edges = Edges(
            directory=self.folder,
            environment={},
            screen=Screen(self.out, self.out),
            host=self.host,
            now=datetime(2026, 11, 22, tzinfo=UTC),
        )
        code = run_publish(resolve(command_line=GIVEN | dict(given)), edges, run)
        result = self.folder / ".covgate/result.json"
        return Published(
            code=code,
            said=self.out.getvalue(),
            outputs=read_outputs((self.folder / "output").read_text(encoding="utf-8")),
            result=json.loads(result.read_text(encoding="utf-8")) if result.exists() else {},
        )

    def refused(self, run: FinishedRun = RUN, given: Mapping[str, str] = GIVEN) -> CovgateError:
        with pytest.raises(CovgateError) as caught:
            self.run(run, given)
        assert self.host.posted.comments == {}
        return caught.value


def test_the_report_of_the_run_is_posted_on_its_pull_request(tmp_path: Path) -> None:
    folder = make_report_folder(tmp_path / ".covgate", "report-dir")
    folder.clear((), ["coverage.xml"])
    folder.write("coverage.xml", "of an earlier run")
    second = Second(tmp_path)
    done = second.run(given={"name": "api", "artifact": "half"})
    assert (done.code, second.host.opened) == (ExitCode.PASSED, [7])
    assert second.host.asked == [(77, "half"), (1, MOST_ARCHIVE), ("fork/project", "topic")]
    (comment,) = second.host.posted.comments.values()
    assert "https://github.com/octo/project/actions/runs/77" in comment.body
    assert f"https://github.com/octo/project/blob/{HEAD}/" in comment.body
    assert (done.outputs["verdict"], done.outputs["comment-url"]) == ("fail", comment.url)
    posted = parse_marker(comment.body)
    assert posted is not None
    assert replace(posted, now=None) == Marker(name="api", run_id=77, run_attempt=1, head=HEAD)
    assert (done.result["verdict"], done.result["base"]["ref"]) == ("fail", "main")
    assert not (tmp_path / ".covgate/coverage.xml").exists()
    assert isinstance(second.host.log.stream, io.StringIO)
    assert "::add-mask::ghs_workflow" in second.host.log.stream.getvalue()


def test_the_pull_request_is_the_one_that_has_the_commit(tmp_path: Path) -> None:
    closed, newer = replace(PULL, is_open=False, number=1), replace(PULL, head=NEWER, number=2)
    other = replace(PULL, base="release", number=3)
    only_release = replace(PULL, base="release", number=4)
    for number, pulls in ((7, (closed, newer, PULL)), (7, (other, PULL)), (4, (only_release,))):
        second = Second(tmp_path, pulls=pulls)
        second.run()
        assert second.host.opened == [number]


@pytest.mark.parametrize(
    ("pull", "why"),
    [
        (replace(PULL, head=NEWER), f"the pull request has a newer commit than {HEAD[:12]}, with a run of its own"),
        (replace(PULL, is_open=False), "the pull request was closed"),
    ],
    ids=["newer", "closed"],
)
def test_what_is_not_posted_is_reported_all_the_same(tmp_path: Path, pull: BranchPull, why: str) -> None:
    second = Second(tmp_path, pulls=(pull,))
    done = second.run()
    assert f"covgate: Not posted: {why}.\n" in done.said
    assert (done.code, second.host.posted.calls) == (ExitCode.PASSED, [])
    assert (done.outputs["verdict"], done.outputs["comment-url"]) == ("fail", "")
    assert done.result["verdict"] == "fail"


def test_a_report_of_no_pull_request_or_of_two_is_refused(tmp_path: Path) -> None:
    error = Second(tmp_path, pulls=()).refused()
    assert error.message == f"no pull request comes from the branch of run 77 with the commit {HEAD[:12]}"
    twins = (replace(PULL, base="a"), replace(PULL, base="b", number=8))
    twice = Second(tmp_path, pulls=twins).refused()
    assert twice.message == (f"2 open pull requests are of the commit {HEAD[:12]}, and the result does not tell which")
    assert {error.slug, twice.slug} == {"pull-request-not-found"}
    gone = Second(tmp_path)
    for run in (replace(RUN, head_repository=""), replace(RUN, head_branch="")):
        assert gone.refused(run).message == error.message
    assert ("fork/project", "topic") not in gone.host.asked


# --- what the workflow set ------------------------------------------------------------------------------------------

MEANT = {"mode", "artifact", "name", "comment", "publish", "report-dir", "github-token", "working-directory"}
VALUES = {
    "test-command": "make", "coverage-data": "x", "junit": "x", "install-command": "x", "setup-command": "x",
    "python-version": "3.12", "base": "main", "min-total": "1", "min-diff": "0", "max-drop": "1", "guard": "off",
    "green": "90", "orange": "50", "reports": "xml", "annotations": "notice", "record": "no", "history-branch": "x",
    "history-dir": "x", "history-limit": "1", "ratchet": "on", "timeout-minutes": "1", "python": "x",
}  # fmt: skip


def test_a_rule_is_refused_where_nothing_is_judged(tmp_path: Path) -> None:
    assert {option.name for option in OPTIONS} == {*VALUES, *MEANT}
    second = Second(tmp_path)
    for option in OPTIONS:
        if option.name in VALUES:
            error = second.refused(given={option.name: VALUES[option.name]})
            assert error.message == (
                f"{option.name} (from {option.flag or option.name}) means nothing to the mode `publish`"
            )
            assert error.hint == ("set it in the workflow that runs the tests: what that one found is posted as it is")
    assert second.host.asked == []


def test_the_defaults_that_the_runner_hands_on_are_no_rules(tmp_path: Path) -> None:
    names = {option.variable: option.name for option in OPTIONS}
    handed = {names[variable]: text for variable, text in passed_by_the_runner({}).items() if variable in names}
    handed |= {"mode": "publish", "github-token": "x", "comment": "always", "report-dir": ".covgate"}
    assert Second(tmp_path).run(given=handed).code is ExitCode.PASSED


def test_a_run_that_has_no_pull_request_is_refused(tmp_path: Path) -> None:
    second = Second(tmp_path)
    error = second.refused(replace(RUN, event="push"))
    assert error.message == "the run 77 was started by 'push': it has no pull request to post to"
    assert error.slug == "run-without-pull-request"
    assert second.refused(given={"github-token": " "}).slug == "no-github-token"
    assert second.host.asked == []


# --- what the run left ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conclusion", "nothing"),
    [
        *((name, True) for name in ("cancelled", "skipped", "action_required", "neutral", "stale", "startup_failure")),
        *((name, False) for name in ("success", "failure", "timed_out")),
    ],
)
def test_a_run_that_was_cut_off_may_have_left_nothing(tmp_path: Path, conclusion: str, *, nothing: bool) -> None:
    run, second = replace(RUN, conclusion=conclusion), Second(tmp_path, left=None)
    if nothing:
        done = second.run(run)
        said = f"covgate: Nothing to post: the run 77 was {conclusion} before covgate had a result.\n"
        assert (done.code, done.said, done.result) == (ExitCode.PASSED, said, {})
        assert (done.outputs["verdict"], done.outputs["passed"]) == ("cannot-judge", "false")
        assert second.host.posted.comments == {}
    else:
        error = second.refused(run)
        assert error.message == "the run 77 of the workflow 'tests' left no artifact covgate"
        assert error.slug == "artifact-not-found"


@pytest.mark.parametrize("name", ["", "api"])
def test_the_report_of_an_earlier_run_does_not_stand_for_a_run_without_one(tmp_path: Path, name: str) -> None:
    posted = MemoryComments()
    posted.create(report(5, name=name).comment)
    second = Second(tmp_path, left=None, posted=posted, pulls=(replace(PULL, is_open=False, number=1), PULL))
    second.run(replace(RUN, conclusion="cancelled"), {"name": name})
    (comment,) = posted.comments.values()
    assert second.host.opened == [7]
    assert "the run was cancelled before it had a result" in comment.body
    assert "https://github.com/octo/project/actions/runs/77" in comment.body
    assert posted.runs == [77]


def test_a_comment_that_cannot_be_looked_for_is_said(tmp_path: Path) -> None:
    posted = MemoryComments(trouble=[("read_all", REFUSED)])
    done = Second(tmp_path, left=None, posted=posted).run(replace(RUN, conclusion="cancelled"))
    said = done.said.splitlines()
    assert "the place is locked" in said[0]
    assert said[-1].startswith("covgate: Nothing to post: ")


def test_a_run_without_a_verdict_is_said_to_have_none(tmp_path: Path) -> None:
    error = InputError("min-diff is no number", hint="write one", slug="bad-value")
    failed = render_failed_result(error, "Cannot judge: min-diff is no number")
    second = Second(tmp_path, archive=pack(failed.encode()))
    done = second.run()
    assert done.said == (
        "covgate: Nothing to post: the run ended before it had a verdict. The log of run 77 says why.\n"
    )
    assert (done.code, done.outputs["verdict"], done.result) == (ExitCode.PASSED, "cannot-judge", {})
    assert second.host.posted.comments == {}


def test_an_artifact_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path) -> None:
    huge = Second(tmp_path, left=replace(LEFT, size=MOST_ARCHIVE + 1))
    expired = Second(tmp_path, left=replace(LEFT, expired=True))
    cases = (
        (huge, "the artifact covgate of run 77 is refused: it has 8,388,609 bytes, more than 8,388,608"),
        (Second(tmp_path, archive=b"no zip"), "refused: it is no zip archive, or a damaged one"),
        (Second(tmp_path, archive=pack(b"[]")), "the artifact covgate of run 77 is refused: "),
        (expired, "the artifact covgate of run 77 has expired"),
        (Second(tmp_path, archive=None), "the artifact covgate of run 77 has expired"),
    )
    for second, part in cases:
        assert part in second.refused().message
    assert not any((1, MOST_ARCHIVE) in second.host.asked for second in (huge, expired))


@pytest.mark.parametrize("refusal", Refusal)
def test_a_token_that_may_not_read_artifacts_is_told_as_such_and_other_trouble_as_it_is(
    tmp_path: Path, refusal: Refusal
) -> None:
    problem = publish_error(refusal, "listing")
    error = Second(tmp_path, problem=problem).refused()
    if refusal in {Refusal.READ_ONLY, Refusal.NOT_FOUND}:
        assert error.message == f"the token may not read what the run 77 left: {problem.message}"
        assert (error.hint, error.slug) == ("give the job `permissions: actions: read`", "artifact-not-readable")
    else:
        assert error is problem
