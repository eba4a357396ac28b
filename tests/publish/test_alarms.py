"""What a workflow's page shows of a run: one alarm where it is no pass, the first line where it is."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from covgate.config.option_values import CommentPolicy
from covgate.config.options import Settings
from covgate.config.report_files import ReportKind
from covgate.report.facts import Facts
from tests.publish.test_deliver import BEST_EFFORT, GREEN, QUIET, RED, REFUSED, REQUIRED, delivered
from tests.support.github.comments import MemoryComments, report, with_comments
from tests.support.situations import CORE, SITUATIONS, facts

PAGE = "https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md"
FALLEN = (
    "::error title=covgate::Diff coverage 66.7 %25 is below 80 %25: cover 4 more of 30 changed lines and branches%0A"
    "Covering this is enough: src/app/api.py:31-35"
)
NOT_POSTED = (
    "::error title=covgate::GitHub refused (the place is locked)%0A"
    "see the reason GitHub gave; a locked or archived place takes no comments%0A"
    f"{PAGE}#github-refused"
)
LOWERED = (
    "covgate: This change lowers min-diff from 80 to 60; judged by 80, coverage passes: diff 100 %, total 96.8 %\n"
)


def shown(folder: Path, made: Facts, settings: Settings, *, refused: bool = False) -> tuple[list[str], str]:
    """Return the workflow commands of a run, and what stands on standard error."""
    folder.mkdir()
    stream = io.StringIO()
    posted = MemoryComments(trouble=[("create", REFUSED)] if refused else [])
    done = delivered(folder, made, settings, stream=stream, posted=posted)
    return stream.getvalue().splitlines(), done.err


def test_what_is_no_pass_is_one_alarm_and_a_pass_its_first_line(tmp_path: Path) -> None:
    group = ["::group::Report", "::endgroup::"]
    assert shown(tmp_path / "red", RED(), BEST_EFFORT) == ([*group, FALLEN], "")
    assert shown(tmp_path / "green", GREEN(), BEST_EFFORT) == (group, LOWERED)
    unknown, err = shown(tmp_path / "unknown", SITUATIONS["no-tests"](), BEST_EFFORT)
    assert (unknown[2].partition("%0A")[0], err) == ("::error title=covgate::Cannot judge: no test was found", "")


def test_a_report_that_had_to_be_posted_is_the_alarm_of_a_pass_alone(tmp_path: Path) -> None:
    pass_, err = shown(tmp_path / "green", GREEN(), REQUIRED, refused=True)
    assert pass_[2:] == [NOT_POSTED]
    assert not err.endswith(LOWERED)
    assert shown(tmp_path / "red", RED(), REQUIRED, refused=True)[0][2:] == [FALLEN]
    best_effort, err = shown(tmp_path / "best-effort", GREEN(), BEST_EFFORT, refused=True)
    assert best_effort[2:] == []
    assert err.endswith(LOWERED)


def test_the_page_is_left_where_it_is_asked_for_and_named_as_what_to_open(tmp_path: Path) -> None:
    done = delivered(tmp_path, RED(), replace(BEST_EFFORT, reports=(ReportKind.HTML,)))
    assert done.text("index.html").startswith("<!doctype html>")
    assert done.out.splitlines()[-1].endswith(" · .covgate/index.html")
    (tmp_path / "other").mkdir()
    other = delivered(tmp_path / "other", RED())
    assert not (tmp_path / "other/.covgate/index.html").exists()
    assert other.out.splitlines()[-1].endswith(" · .covgate")


def test_the_comment_s_file_is_the_comment_that_was_posted(tmp_path: Path) -> None:
    """A second push says what it changed since the first."""
    always = replace(BEST_EFFORT, comment=CommentPolicy.ALWAYS)
    (tmp_path / "first").mkdir()
    posted = delivered(tmp_path / "first", RED(), always).host.posted
    (comment,) = posted.comments.values()
    earlier = replace(comment, body=comment.body.replace('"run_id":5', '"run_id":4').replace("1f2e3d4c", "2f2e3d4c"))
    posted.comments[1] = earlier
    (tmp_path / "second").mkdir()
    better = facts(CORE.replace("34-35 missing", "34-35"), min_diff="80")
    done = delivered(tmp_path / "second", better, always, posted=posted)
    assert done.bodies == [done.text("comment.md")]
    assert "Since the last push: diff 66.7\u00a0% → 73.3\u00a0%." in done.text("comment.md")
    assert "Since the last push" not in done.summary
    (tmp_path / "third").mkdir()
    left = delivered(tmp_path / "third", QUIET(), always, posted=with_comments(9))
    assert left.bodies == [f"{report(9).body}\n"]
    assert left.text("comment.md").startswith("✅")
