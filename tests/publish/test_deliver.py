"""A report delivered: its files, the terminal, the step summary, the comment and the outputs tell one story."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from covgate.config.option_values import AnnotationPolicy, CommentPolicy, PublishPolicy
from covgate.config.options import Settings
from covgate.config.outputs import OUTPUT_NAMES
from covgate.config.settings import resolve
from covgate.errors import ExitCode, MeasureError, PublishError
from covgate.host.comments import PostedComment
from covgate.host.context import EventKind, RunContext
from covgate.host.finished_run import Artifacts
from covgate.host.github.log import SUMMARY_LIMIT, Runner
from covgate.host.pull_requests import PullRequests
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import RepositoryData
from covgate.model.history import Baseline, BaselineHow, Comparison, Record
from covgate.model.numbers import Tally
from covgate.model.secret import Secret
from covgate.model.verdict import Drop
from covgate.publish.comment import BODY_LIMIT
from covgate.publish.deliver import deliver
from covgate.publish.failure import deliver_failure
from covgate.publish.marker import Marker, parse_marker
from covgate.report.facts import Facts
from covgate.report.since import push_figures
from covgate.system.folders import make_report_folder
from covgate.system.screen import Screen
from tests.support.github.comments import MemoryComments, with_comments
from tests.support.situations import BASE, CORE, HEAD, SITUATIONS, facts
from tests.support.situations_guarded import GUARDED
from tests.support.workflow import read_outputs

PULL_REQUEST = RunContext(
    kind=EventKind.PULL_REQUEST, repository="octo/project", pull_request=7, run_id=5, run_attempt=2
)
TOKEN = Secret(value="ghs_workflow")
BEST_EFFORT = resolve()
REQUIRED = replace(BEST_EFFORT, publish=PublishPolicy.REQUIRED)
# A pass that starts a comment: the change lowers the bar.
GREEN, RED, QUIET = GUARDED["guard-lowered"], SITUATIONS["fail-diff"], SITUATIONS["pass"]
READ_ONLY = publish_error(Refusal.READ_ONLY, "posting")
REFUSED = publish_error(Refusal.REFUSED, "the place is locked")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryHost:
    """A forge that has nothing but the comments of pull request 7."""

    log: Runner
    context: RunContext = PULL_REQUEST
    token: Secret | None = TOKEN
    posted: MemoryComments = field(default_factory=MemoryComments)
    opened: list[int] = field(default_factory=list)

    @contextmanager
    def comments(self, pull_request: int) -> Iterator[MemoryComments]:
        self.opened.append(pull_request)
        yield self.posted

    @contextmanager
    def repository(self) -> Iterator[RepositoryData]:
        raise NotImplementedError
        yield

    @contextmanager
    def pull_requests(self) -> Iterator[PullRequests]:
        raise NotImplementedError
        yield

    @contextmanager
    def artifacts(self) -> Iterator[Artifacts]:
        raise NotImplementedError
        yield

    def load_ahead(self) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What is left of a delivery in `folder`, the project's."""

    code: ExitCode
    folder: Path
    out: str
    err: str
    annotated: list[str]
    host: MemoryHost

    def text(self, name: str) -> str:
        return (self.folder / ".covgate" / name).read_text(encoding="utf-8")

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text("result.json"))
        return found

    @property
    def outputs(self) -> dict[str, str]:
        return read_outputs((self.folder / "output").read_text(encoding="utf-8"))

    @property
    def summary(self) -> str:
        path = self.folder / "summary"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def bodies(self) -> list[str]:
        return [comment.body.rpartition("\n\n")[0] + "\n" for comment in self.host.posted.comments.values()]


def delivered(
    folder: Path,
    made: Facts,
    settings: Settings = BEST_EFFORT,
    *,
    start: str = ".",
    summary: bool = True,
    stream: io.StringIO | None = None,
    **host: Any,  # noqa: ANN401  # the fields of MemoryHost
) -> Delivered:
    """Deliver a report from a project in `folder`, where the runner's files lie too."""
    out, err, annotated = io.StringIO(), io.StringIO(), list[str]()
    log = Runner(stream=stream, output=folder / "output", summary=folder / "summary" if summary else None)
    forge = MemoryHost(log=log, **host)
    reports = make_report_folder(folder / ".covgate", "report-dir")
    screen = Screen(out, err, annotated.append)
    code = deliver(settings, forge, screen, made, reports, read=lambda _: {}, start=folder / start, root=folder)
    return Delivered(code=code, folder=folder, out=out.getvalue(), err=err.getvalue(), annotated=annotated, host=forge)


# --- beside the lines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", AnnotationPolicy)
def test_uncovered_lines_are_marked_where_that_is_asked_for(tmp_path: Path, policy: AnnotationPolicy) -> None:
    stream = io.StringIO()
    delivered(tmp_path, RED(), replace(BEST_EFFORT, annotations=policy), stream=stream)
    lines = [
        line for line in stream.getvalue().splitlines() if not line.startswith(("::group", "::endgroup", "::error"))
    ]
    assert bool(lines) == (policy is not AnnotationPolicy.OFF)
    assert all(line.startswith(f"::{policy} ") for line in lines)
    assert "file=src/app/core.py,line=59,endLine=63" in "".join(lines) or not lines


def test_a_laptop_prints_no_workflow_command(tmp_path: Path) -> None:
    done = delivered(tmp_path, RED(), replace(BEST_EFFORT, annotations=AnnotationPolicy.WARNING))
    assert "::warning" not in done.out + done.err


# --- one story everywhere -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "code", "verdict", "headline"),
    [
        pytest.param("pass", 0, "pass", "Coverage passes: diff 66.7 %, total 70.9 %", id="pass"),
        pytest.param("fail-diff", 1, "fail", "Diff coverage 66.7 % is below 80 %", id="a-rule-is-broken"),
        pytest.param("tests-failed", 3, "fail", "The tests failed", id="the-tests-failed"),
        pytest.param("total-unavailable", 4, "cannot-judge", "Cannot judge", id="no-data"),
    ],
)
@pytest.mark.parametrize("settings", [BEST_EFFORT, REQUIRED], ids=["best-effort", "required"])
def test_every_place_tells_of_one_verdict(
    tmp_path: Path, settings: Settings, situation: str, code: int, verdict: str, headline: str
) -> None:
    done = delivered(tmp_path, SITUATIONS[situation](), replace(settings, comment=CommentPolicy.ALWAYS))
    assert done.code == code
    assert (done.result["exit_code"], done.result["verdict"], done.result["error"]) == (code, verdict, None)
    assert (done.outputs["verdict"], done.outputs["passed"]) == (verdict, "true" if code == 0 else "false")
    assert done.result["headline"].startswith(headline)
    for text in (done.out, done.text("comment.md"), done.text("summary.md"), done.summary, *done.bodies):
        assert headline in text.replace("\u00a0", " ")
    assert done.bodies == [done.text("comment.md")]
    assert done.summary == done.text("summary.md")
    assert (done.err, done.annotated, done.host.opened) == ("", [], [7])


BASELINE = Baseline(
    record=Record(sha=BASE, parent=None, date=datetime(2026, 1, 1, tzinfo=UTC), total=Tally(), has_branches=True),
    how=BaselineHow.EXACT,
    behind=0,
)
FELL = Comparison(
    baseline=BASELINE, delta=Fraction(-21, 100), drop=Drop(raw=Fraction(21, 100), adjusted=Fraction(21, 100))
)


@pytest.mark.parametrize(
    ("made", "numbers"),
    [
        pytest.param(facts(CORE), ("70.866141", "66.666666", ""), id="known"),
        pytest.param(facts(CORE, comparison=FELL), ("70.866141", "66.666666", "-0.21"), id="compared"),
        pytest.param(SITUATIONS["push"](), ("96.842105", "", ""), id="no-change"),
        pytest.param(SITUATIONS["total-unavailable"](), ("", "", ""), id="unknown"),
    ],
)
def test_the_outputs_are_numbers_or_empty(tmp_path: Path, made: Facts, numbers: tuple[str, str, str]) -> None:
    outputs = delivered(tmp_path, made).outputs
    assert tuple(outputs) == OUTPUT_NAMES
    assert (outputs["total-percent"], outputs["diff-percent"], outputs["delta"]) == numbers
    assert outputs["result-path"] == ".covgate/result.json"


def test_places_are_shown_from_where_covgate_was_started_and_to_other_steps_from_the_top(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    done = delivered(tmp_path, GREEN(), start="shop")
    assert f" · {tmp_path / '.covgate'}\n" in done.out
    assert done.outputs["result-path"] == ".covgate/result.json"
    assert " · .covgate\n" in delivered(tmp_path, GREEN()).out


def test_outputs_that_cannot_be_written_are_a_warning(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    done = delivered(tmp_path, GREEN())
    assert (done.code, [text.partition(" to /")[0] for text in done.annotated]) == (
        0,
        ["the step's outputs could not be written"],
    )


# --- the step summary ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "which"),
    [
        pytest.param(0, "summary.md", id="just-enough"),
        pytest.param(-1, "comment.md", id="a-byte-too-little"),
    ],
)
@pytest.mark.parametrize("settings", [BEST_EFFORT, REQUIRED], ids=["best-effort", "required"])
def test_where_the_summary_has_no_room_the_comment_stands_there(
    tmp_path: Path, settings: Settings, room: int, which: str
) -> None:
    made = SITUATIONS["over-the-budget"]()
    (tmp_path / "first").mkdir()
    size = len(delivered(tmp_path / "first", made).text("summary.md").encode())
    (tmp_path / "summary").write_bytes(b"x" * (SUMMARY_LIMIT - size - room))
    done = delivered(tmp_path, made, settings)
    assert done.summary.lstrip("x") == done.text(which)
    assert len(done.text("comment.md").encode()) <= BODY_LIMIT < size
    assert done.annotated == []


def test_a_summary_that_is_full_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "summary").write_bytes(b"x" * SUMMARY_LIMIT)
    done = delivered(tmp_path, GREEN())
    assert (done.code, len(done.annotated)) == (0, 1)
    assert "the step summary was left out" in done.annotated[0]
    assert done.summary == "x" * SUMMARY_LIMIT


def test_without_a_summary_nothing_is_said_of_it(tmp_path: Path) -> None:
    done = delivered(tmp_path, GREEN(), summary=False)
    assert (done.code, done.err, done.summary) == (0, "", "")


# --- the comment --------------------------------------------------------------------------------------------------


def test_the_comment_says_whose_it_is(tmp_path: Path) -> None:
    done = delivered(tmp_path, RED(), replace(BEST_EFFORT, name="api"))
    (comment,) = done.host.posted.comments.values()
    assert parse_marker(comment.body) == Marker(name="api", run_id=5, run_attempt=2, head=HEAD, now=push_figures(RED()))
    unnamed = delivered(tmp_path, RED())
    (comment,) = unnamed.host.posted.comments.values()
    assert parse_marker(comment.body) == Marker(name="", run_id=5, run_attempt=2, head=HEAD, now=push_figures(RED()))


@pytest.mark.parametrize(
    ("policy", "quiet", "green", "red"),
    [
        (CommentPolicy.ALWAYS, 1, 1, 1),
        (CommentPolicy.ON_CHANGE, 0, 1, 1),
        (CommentPolicy.ON_FAILURE, 0, 0, 1),
        (CommentPolicy.NEVER, 0, 0, 0),
    ],
)
def test_the_policy_is_followed(tmp_path: Path, policy: CommentPolicy, quiet: int, green: int, red: int) -> None:
    made = {QUIET: quiet, GREEN: green, RED: red, SITUATIONS["total-unavailable"]: red}
    for situation, count in made.items():
        done = delivered(tmp_path, situation(), replace(BEST_EFFORT, comment=policy))
        assert len(done.bodies) == count
        assert done.outputs["comment-url"] == ("https://example.test/1" if count else "")
        assert done.err == ""


def test_never_touches_no_comment_that_is_there(tmp_path: Path) -> None:
    done = delivered(tmp_path, RED(), replace(REQUIRED, comment=CommentPolicy.NEVER), posted=with_comments(4))
    assert (done.code, done.bodies, done.host.opened, done.err) == (1, ["report of run 4\n"], [], "")


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind is not EventKind.PULL_REQUEST])
@pytest.mark.parametrize("token", [TOKEN, None], ids=["token", "no-token"])
def test_only_a_pull_request_gets_a_comment(tmp_path: Path, kind: EventKind, token: Secret | None) -> None:
    done = delivered(tmp_path, GREEN(), REQUIRED, context=replace(PULL_REQUEST, kind=kind), token=token)
    assert (done.code, done.bodies, done.host.opened, done.err) == (0, [], [], "")
    assert done.summary == done.text("summary.md")


@pytest.mark.parametrize(
    ("settings", "code", "head"),
    [(BEST_EFFORT, 0, ""), (REQUIRED, 6, "could not be posted")],
    ids=["best-effort", "required"],
)
@pytest.mark.parametrize(
    "without",
    [{"token": None}, {"context": replace(PULL_REQUEST, pull_request=None)}],
    ids=["no-token", "no-number"],
)
def test_without_a_token_the_report_is_in_the_summary(
    tmp_path: Path, settings: Settings, code: int, head: str, without: dict[str, Any]
) -> None:
    done = delivered(tmp_path, GREEN(), settings, **without)
    assert (done.code, done.host.opened, done.annotated) == (code, [], [])
    assert "covgate: No github-token was given: the report is in the step summary only.\n" in done.err
    assert ("no-github-token" in done.err) is bool(code)
    assert head in done.summary


# --- when GitHub says no ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "annotated"),
    [
        pytest.param(REFUSED, True, id="refused"),
        pytest.param(READ_ONLY, False, id="a-token-that-can-only-read"),
    ],
)
def test_a_report_that_was_not_posted_is_a_note_and_an_alarm_where_it_should_have_been(
    tmp_path: Path, problem: PublishError, *, annotated: bool
) -> None:
    done = delivered(tmp_path, GREEN(), posted=MemoryComments(trouble=[("create", problem)]))
    note = f"The report could not be posted: {problem.message}. To mend it: {problem.hint}."
    assert done.code == 0
    assert done.err.count(f"covgate: {note}\n") == 1 + annotated
    assert done.annotated == [note] * annotated
    assert (done.outputs["passed"], done.outputs["comment-url"], done.result["error"]) == ("true", "", None)
    assert done.summary == done.text("summary.md")
    assert done.summary.startswith("✅")


def test_a_pull_request_from_a_fork_is_told_apart(tmp_path: Path) -> None:
    context = replace(PULL_REQUEST, fork=True)
    done = delivered(tmp_path, RED(), context=context, posted=MemoryComments(trouble=[("create", READ_ONLY)]))
    assert done.err == (
        "covgate: The token can only read (a pull request from a fork): the report is in the step summary.\n"
    )


@pytest.mark.parametrize(("made", "code", "old"), [(GREEN(), 6, 0), (RED(), 1, 1)], ids=["green", "red"])
@pytest.mark.parametrize("problem", [REFUSED, READ_ONLY], ids=["refused", "read-only"])
def test_a_report_that_must_be_posted_and_was_not_is_never_green(
    tmp_path: Path, made: Facts, code: int, old: int, problem: PublishError
) -> None:
    done = delivered(tmp_path, made, REQUIRED, posted=MemoryComments(trouble=[("create", problem)]))
    assert done.code == code
    assert (done.result["exit_code"], done.result["error"]["slug"]) == (code, problem.slug)
    assert done.result["verdict"] == done.outputs["verdict"] == ("fail" if old else "pass")
    assert done.outputs["passed"] == "false"
    assert f"docs/troubleshooting.md#{problem.slug}\n" in done.err
    # What went wrong comes first, and the report after it, once.
    head, report = done.summary.split("\n\n✅" if code == 6 else "\n\n❌")
    assert head.startswith(f"⚠️ **The report could not be posted: {problem.message}**\n\n")
    assert done.summary == done.text("summary.md")
    plain = delivered(tmp_path, made, summary=False)
    assert plain.text("summary.md").endswith(report)
    assert done.text("comment.md") == plain.text("comment.md")


def test_a_summary_without_room_tells_of_the_failure_too(tmp_path: Path) -> None:
    made = SITUATIONS["over-the-budget"]()
    (tmp_path / "summary").write_bytes(b"x" * (SUMMARY_LIMIT - 2 * BODY_LIMIT))
    done = delivered(tmp_path, made, REQUIRED, posted=MemoryComments(trouble=[("create", REFUSED)]))
    head, report = done.summary.lstrip("x").split("\n\n❌")
    assert head.startswith("⚠️ **The report could not be posted")
    assert done.text("comment.md") == f"❌{report}"


def test_the_summary_does_not_wait_for_github(tmp_path: Path) -> None:
    """A job that is cancelled while GitHub does not answer has its summary."""

    class Cancelled(MemoryComments):
        def read_all(self) -> Iterator[PostedComment]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        delivered(tmp_path, GREEN(), posted=Cancelled())
    assert (tmp_path / "summary").read_text() == (tmp_path / ".covgate/summary.md").read_text()


# --- a run that ended with an error -------------------------------------------------------------------------------

ERROR = MeasureError("no data\n  was left", hint="run `coverage`", slug="nothing-measured")


def test_an_error_stands_in_every_place_of_a_report(tmp_path: Path) -> None:
    earlier = delivered(tmp_path, GREEN())
    assert earlier.outputs["verdict"] == "pass"
    (tmp_path / "output").unlink()
    (tmp_path / "summary").unlink()
    runner = Runner(output=tmp_path / "output", summary=tmp_path / "summary")
    assert deliver_failure(ERROR, runner, tmp_path / ".covgate", tmp_path) == ()
    left = replace(earlier, out="")
    assert (left.result["exit_code"], left.result["verdict"]) == (4, "cannot-judge")
    assert left.result["headline"] == "Cannot judge: no data was left"
    assert left.result["error"]["slug"] == "nothing-measured"
    text = "⚠️ **Cannot judge: no data was left**\n\nRun `coverage`\n"
    assert left.text("comment.md") == left.text("summary.md") == left.summary == text
    assert left.outputs == dict.fromkeys(OUTPUT_NAMES, "") | {
        "verdict": "cannot-judge",
        "passed": "false",
        "result-path": ".covgate/result.json",
    }


@pytest.mark.parametrize("name", [pytest.param("file", id="a-file"), pytest.param("a\0b", id="no-name-of-a-folder")])
def test_a_folder_that_cannot_be_written_to_leaves_the_outputs(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    runner = Runner(output=tmp_path / "output", summary=tmp_path / "summary")
    assert deliver_failure(ERROR, runner, tmp_path / name, tmp_path) == ()
    assert read_outputs((tmp_path / "output").read_text()) == dict.fromkeys(OUTPUT_NAMES, "") | {
        "verdict": "cannot-judge",
        "passed": "false",
    }
    assert "no data was left" in (tmp_path / "summary").read_text()
    assert (tmp_path / "file").read_text() == "mine"


def test_what_cannot_be_said_of_an_error_is_told(tmp_path: Path) -> None:
    runner = Runner(output=tmp_path / "no/output", summary=tmp_path / "no/summary")
    notes = deliver_failure(ERROR, runner, tmp_path / ".covgate", tmp_path)
    assert [note.partition(" could")[0] for note in notes] == ["the step summary", "the step's outputs"]
    assert json.loads((tmp_path / ".covgate/result.json").read_text())["exit_code"] == 4


def test_an_error_that_nobody_can_render_leaves_the_outputs(tmp_path: Path) -> None:
    broken = MeasureError(None, hint="h", slug="nothing-measured")  # type: ignore[arg-type]  # a bug in an error
    with pytest.raises(AttributeError):
        deliver_failure(broken, Runner(output=tmp_path / "output"), tmp_path / ".covgate", tmp_path)
    assert read_outputs((tmp_path / "output").read_text())["passed"] == "false"
