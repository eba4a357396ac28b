"""The comment where there is one already: what it is compared with, what is told, and the marker that finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from covgate.config.option_values import CommentPolicy
from covgate.host.comments import PostedComment
from covgate.host.refusal import Refusal, publish_error
from covgate.model.commit import Sha
from covgate.model.numbers import Counts
from covgate.publish.comment import COMMENT_LIMIT, Published, publish_comment
from covgate.publish.marker import parse_marker, render_marker
from covgate.publish.plan import CommentDraft, CommentPlan, OwnComment, Step, compute_plan
from covgate.report import PushFigures
from tests.support.github.comments import MemoryComments, marker, own, posted, report, with_comments

FIGURES = {run: PushFigures(diff=Counts(covered=run, total=9)) for run in range(1, 9)}


def pushed(run: int) -> CommentDraft:
    """Return the draft of a push, which says how much was covered at the one it is compared with."""
    made = report(run, body=f"push {run}")
    head = Sha(str(run) * 40)
    return replace(
        made,
        marker=replace(made.marker, head=head, now=FIGURES[run]),
        body_since=lambda before: f"push {run} since {before.diff.covered}",
    )


def bodies(memory: MemoryComments) -> list[str]:
    return [comment.body.splitlines()[0] for comment in memory.comments.values()]


def with_pushes(*runs: int) -> MemoryComments:
    memory = MemoryComments()
    for run in runs:
        memory.create(pushed(run).comment)
    return memory


# --- what it is compared with ---------------------------------------------------------------------------------------


def test_of_several_comments_the_newest_is_the_one_to_compare_with() -> None:
    for runs in ((2, 4), (4, 2)):
        memory = with_pushes(*runs)
        assert publish_comment(memory, pushed(5)).body == "push 5 since 4"
        assert bodies(memory) == ["push 5 since 4"]


def test_what_appears_after_the_first_look_is_not_compared_with() -> None:
    memory = MemoryComments()
    read_all = memory.read_all

    def read_what_an_older_run_wrote() -> Iterator[PostedComment]:
        if memory.calls.count("create") and "edit" not in memory.calls:
            memory.comments[1] = posted(1, pushed(3).comment)
        return read_all()

    memory.read_all = read_what_an_older_run_wrote  # type: ignore[method-assign]  # it edits before the second look
    assert publish_comment(memory, pushed(5)).problem is None
    assert bodies(memory) == ["push 5"]


def test_a_report_that_compares_nothing_replaces_one_that_does() -> None:
    memory = with_pushes(4)
    assert publish_comment(memory, replace(pushed(5), body_since=None)).body == "push 5"
    assert bodies(memory) == ["push 5"]


# --- what is told ---------------------------------------------------------------------------------------------------


def test_what_was_not_written_has_no_body_and_a_newer_comment_is_told_of() -> None:
    assert publish_comment(with_comments(5), report(5)).body == ""
    stands = publish_comment(with_comments(6), report(5))
    assert stands == Published(
        url="https://example.test/1", notes=("A newer run (6, attempt 1) has commented: its comment stands.",)
    )
    assert stands.body == ""


def test_a_comment_as_long_as_github_takes_is_posted_and_one_byte_more_is_not() -> None:
    room = COMMENT_LIMIT - len(report(body="x").comment) + 1
    assert publish_comment(with_comments(), report(body="x" * room)) == Published(url="https://example.test/1")
    memory = with_comments()
    outcome = publish_comment(memory, report(body="x" * (room + 1)))
    assert outcome.problem is not None
    assert (outcome.problem.slug, outcome.url, memory.calls) == (Refusal.TOO_LONG, None, [])
    assert "65,537 bytes of 65,536" in outcome.notes[0]


def test_another_refusal_is_told_as_such_to_a_fork_too() -> None:
    refused = publish_error(Refusal.REFUSED, "locked")
    memory = MemoryComments(trouble=[("create", refused)])
    outcome = publish_comment(memory, replace(report(), fork=True))
    assert outcome.notes == (f"The report could not be posted: {refused.message}. To mend it: {refused.hint}.",)


def test_a_report_that_was_overwritten_and_cannot_be_put_back_is_a_failure() -> None:
    gone = publish_error(Refusal.NOT_FOUND, "gone")
    memory = MemoryComments(trouble=[("create", None), *[("edit", gone)] * 9])
    read_all = memory.read_all

    def read_what_an_older_run_wrote() -> Iterator[PostedComment]:
        if "create" in memory.calls:
            memory.comments[1] = posted(1, report(3).comment)
        return read_all()

    memory.read_all = read_what_an_older_run_wrote  # type: ignore[method-assign]  # it edits before each look
    outcome = publish_comment(memory, report(5))
    assert outcome.problem is gone
    assert outcome.failed


# --- what is to be done ---------------------------------------------------------------------------------------------


def test_what_may_begin_no_comment_brings_up_to_date_the_one_there_is() -> None:
    draft = replace(report(), policy=CommentPolicy.ALWAYS, begins=False)
    assert compute_plan([], draft, written=False) == CommentPlan(step=Step.REST)
    assert compute_plan([own(1, 4)], draft, written=False).step is Step.EDIT


def test_what_the_run_itself_has_said_stands_where_another_run_tells_of_it() -> None:
    theirs = OwnComment(posted=posted(1, report(5, body="the run's own").comment), marker=marker(5))
    relayed = replace(report(5), relayed=True)
    assert compute_plan([theirs], relayed, written=False) == CommentPlan(step=Step.REST, shown=theirs)
    assert compute_plan([own(1, 4)], relayed, written=False).step is Step.EDIT


def test_beside_a_newer_comment_all_that_are_no_newer_than_the_first_go() -> None:
    plan = compute_plan([own(1, 5), own(2, 7), own(3, 5), own(4, 6), own(5, 4)], report(5), written=True)
    assert plan == CommentPlan(step=Step.YIELD, shown=own(2, 7), duplicates=(3, 5))


# --- the marker -----------------------------------------------------------------------------------------------------

LINE = render_marker(marker())


def test_a_fence_ends_as_github_ends_it() -> None:
    inside = (
        f"```\n``` text\n{LINE}\n",
        f"````\n```\n{LINE}\n",
        f"~~~\n```\n{LINE}\n",
        f"~~~ a`b\n{LINE}\n",
        f"```\n    ```\n{LINE}\n",
    )
    assert [parse_marker(body) for body in inside] == [None] * len(inside)
    outside = (
        f"```\nx\n```  \n{LINE}\n",
        f"```\nx\n````\n{LINE}\n",
        f"~~~ a`b\nx\n~~~\n{LINE}\n",
        f"``` a`b\n{LINE}\n",
    )
    assert [parse_marker(body) for body in outside] == [marker()] * len(outside)


def test_the_first_run_and_the_smallest_figures_are_read() -> None:
    for run, attempt in ((0, 0), (0, 1), (1, 0)):
        assert parse_marker(render_marker(marker(run, attempt))) == marker(run, attempt)
    for wrong in ("-1", "true", "1.0", '"1"', "null"):
        assert parse_marker(LINE.replace('"run_id":5', f'"run_id":{wrong}')) is None
        assert parse_marker(LINE.replace('"run_attempt":1', f'"run_attempt":{wrong}')) is None
    for covered, total in ((0, 1), (1, 1), (10**9, 10**9)):
        now = PushFigures(diff=Counts(covered=covered, total=total))
        assert parse_marker(render_marker(replace(marker(), now=now))) == replace(marker(), now=now)
    for covered, total in ((0, 0), (-1, 1), (2, 1), (1, 10**9 + 1)):
        line = LINE.replace("} -->", f',"now":[{covered},{total},[],true]}} -->')
        assert parse_marker(line) == marker(), line
