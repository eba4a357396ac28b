"""What a run without a verdict does to what an earlier one left: its files go, its comment says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from covgate import __version__
from covgate.config.option_values import CommentPolicy
from covgate.config.report_files import ALL_EXPORTS
from covgate.errors import MeasureError
from covgate.host.github.log import Runner
from covgate.host.refusal import Refusal, publish_error
from covgate.publish.failure import Unjudged, deliver_failure, mark_unjudged
from covgate.publish.marker import Marker, parse_marker
from covgate.system.folders import make_report_folder
from tests.publish.test_deliver import MemoryHost
from tests.support.github.comments import MemoryComments, report, with_comments
from tests.support.situations import HEAD

RUN_URL = "https://github.com/org/app/actions/runs/5"
UNJUDGED = Unjudged(
    marker=Marker(name="", run_id=5, run_attempt=1, head=HEAD),
    policy=CommentPolicy.ON_CHANGE,
    why="the tests left no data",
    run_url=RUN_URL,
)
BODY = (
    "⚠️ **Cannot judge: the tests left no data**\n\n"
    f"No verdict of an earlier run holds for this commit. [The run]({RUN_URL}) says what happened and what to change."
    "\n\n"
    f"<sub>Head 1f2e3d4 · covgate {__version__}</sub>"
)


def marked(run: Unjudged, posted: MemoryComments) -> tuple[tuple[str, ...], list[str]]:
    """Return the notes, and the comments that stand."""
    host = MemoryHost(log=Runner(), posted=posted)
    notes = mark_unjudged(host, 7, run)
    assert host.opened == [7]
    return notes, [comment.body.rpartition("\n\n<!--")[0] for comment in posted.comments.values()]


def test_the_comment_of_an_earlier_run_says_that_there_is_no_verdict() -> None:
    posted = with_comments(4)
    assert marked(UNJUDGED, posted) == ((), [BODY])
    assert parse_marker(posted.comments[1].body) == UNJUDGED.marker
    assert marked(replace(UNJUDGED, relayed=True), with_comments(4)) == ((), [BODY])


def test_no_comment_is_begun_whatever_the_policy() -> None:
    for policy in CommentPolicy:
        host = MemoryHost(log=Runner())
        assert mark_unjudged(host, 7, replace(UNJUDGED, policy=policy)) == ()
        assert not host.posted.comments


def test_what_the_run_or_a_newer_one_has_said_itself_stands() -> None:
    own = report(5).body
    assert marked(replace(UNJUDGED, relayed=True), with_comments(5)) == ((), [own])
    notes, bodies = marked(UNJUDGED, with_comments(6))
    assert notes == ("A newer run (6, attempt 1) has commented: its comment stands.",)
    assert bodies == [report(6).body]
    never = replace(UNJUDGED, policy=CommentPolicy.NEVER)
    assert marked(never, with_comments(4)) == ((), [report(4).body])


def test_a_fork_that_may_not_write_is_told_apart() -> None:
    problem = publish_error(Refusal.READ_ONLY, "HTTP 403")
    for fork, said in ((True, "The token can only read (a pull request from a fork)"), (False, "could not be posted")):
        posted = with_comments(4)
        posted.trouble = [("edit", problem)]
        (note,), _ = marked(replace(UNJUDGED, fork=fork), posted)
        assert said in note


def test_reports_of_an_earlier_run_are_gone_and_what_is_the_users_stays(tmp_path: Path) -> None:
    folder = make_report_folder(tmp_path / ".covgate", "report-dir")
    folder.clear(ALL_EXPORTS, asked=("index.html",))
    for name in ("index.html", "comment.md"):
        folder.write(name, "an earlier run's")
    (folder.path / "coverage.xml").write_text("the user's")
    error = MeasureError("no data", hint="run it", slug="nothing-measured")
    assert deliver_failure(error, Runner(), folder.path, tmp_path) == ()
    left = {path.name for path in folder.path.iterdir()} - {".gitignore"}
    assert left == {"result.json", "comment.md", "summary.md", "coverage.xml"}
    assert (folder.path / "comment.md").read_text(encoding="utf-8") == ("⚠️ **Cannot judge: no data**\n\nRun it\n")
