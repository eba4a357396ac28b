from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.option_values import CommentPolicy
from covgate.host.comments import PostedComment
from covgate.host.refusal import Refusal, publish_error
from covgate.model.commit import Sha
from covgate.model.numbers import Counts
from covgate.publish.comment import BODY_LIMIT, COMMENT_LIMIT, Published, publish_comment
from covgate.publish.marker import Marker, parse_marker, render_marker
from covgate.publish.plan import CommentDraft, CommentPlan, OwnComment, Step, compute_plan, find_own
from covgate.report import MOST_PLACES, PLACE_DIGITS, PushFigures
from tests.support.github.comments import MemoryComments, marker, own, posted, report, with_comments

# The marker


@given(
    name=st.text(max_size=60),
    run=st.integers(0, 10**18),
    attempt=st.integers(0, 1000),
    head=st.text("0123456789abcdef", min_size=40, max_size=40),
    rest=st.text(),
)
def test_a_marker_survives_the_comment_it_stands_in(name: str, run: int, attempt: int, head: str, rest: str) -> None:
    made = Marker(name=name, run_id=run, run_attempt=attempt, head=Sha(head))
    line = render_marker(made)
    assert "\n" not in line
    inside = line.removeprefix("<!--").removesuffix("-->")
    assert "--" not in inside
    assert ">" not in inside
    assert parse_marker(f"{line}\n{rest}") == made
    assert parse_marker(f"{line}\r\n{rest}") == made
    assert parse_marker(line) == made


LINE = render_marker(marker())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("looks good", id="someone-talks"),
        pytest.param(f"> {LINE}\n> ❌ 72 %\n\nwhy?", id="quoted"),
        pytest.param(f"we had:\n\n  > {LINE}\n", id="quoted-below-a-line"),
        pytest.param(f"    {LINE}\n", id="indented-as-code"),
        pytest.param(f"\t{LINE}\n", id="indented-by-a-tab"),
        pytest.param(f"```\n{LINE}\n```", id="code-block"),
        pytest.param(f"look\n~~~html\n\n{LINE}\n~~~\n", id="code-block-below-a-line"),
        pytest.param(f"The title `{LINE}` has no type.\n", id="in-a-sentence"),
        pytest.param(f"{LINE} and more\n", id="text-after-it"),
        pytest.param("<!-- covgate -->\n", id="no-data"),
        pytest.param("<!-- covgate {} -->\n", id="nothing-in-it"),
        pytest.param("<!-- covgate {not json} -->\n", id="not-json"),
        pytest.param(LINE.replace('"run_id":5', '"run_id":"5"'), id="run-is-text"),
        pytest.param(LINE.replace('"run_id":5', '"run_id":true'), id="run-is-a-truth"),
        pytest.param(LINE.replace('"run_id":5', '"run_id":5.5'), id="run-is-a-fraction"),
        pytest.param(LINE.replace('"run_id":5', '"run_id":-5'), id="run-is-negative"),
        pytest.param(LINE.replace('"run_id":5', f'"run_id":{"9" * 5000}'), id="run-is-huge"),
        pytest.param(LINE.replace('"name":""', '"name":null'), id="name-is-nothing"),
        pytest.param(LINE.replace('"name":""', f'"name":{"[" * 1900}'), id="deep"),
        pytest.param(LINE.replace("a" * 40, "main"), id="head-is-no-commit"),
    ],
)
def test_what_only_shows_a_marker_or_is_none_is_no_marker(body: str) -> None:
    assert parse_marker(body) is None


OLDER, OTHER = render_marker(marker(4)), render_marker(marker(9, name="other"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"@dana please look\n{LINE}\n### ❌ 72 %", id="a-line-above"),
        pytest.param(f"\r\n\r\nlook\r\n\r\n{LINE}\r\n### ❌", id="windows-line-ends"),
        pytest.param(f"look: {LINE}\n### ❌ 72 %", id="words-before-it"),
        pytest.param(f" {LINE} \n### ❌ 72 %", id="spaces-around-it"),
        pytest.param(f"```\nmake\n```\n{LINE}\n### ❌ 72 %", id="below-a-code-block"),
        pytest.param(f"> {OLDER}\n> ✅ 80 %\n\nIt fell:\n{LINE}\n### ❌ 72 %", id="below-a-quotation-of-ours"),
        pytest.param(f"<!-- covgate {{}} -->\n{LINE}\n### ❌ 72 %", id="below-what-is-none"),
        pytest.param(f"### ❌ 72 %\n{OTHER}\n{OLDER}\n{LINE}\n", id="below-a-strangers-text"),
        pytest.param(f"### ❌\n```text\n~~~\n```\n\n{LINE}", id="below-code-with-another-fence-in-it"),
        pytest.param(f"### ❌\n````text\n```\n````\n\n{LINE}", id="below-code-with-a-shorter-fence-in-it"),
        pytest.param(f"### ❌\n``` no `fence`\n\n{LINE}", id="below-backticks-that-open-nothing"),
    ],
)
def test_a_marker_counts_wherever_it_stands_and_the_last_one_only(body: str) -> None:
    assert parse_marker(body) == marker()


def test_a_body_of_the_limit_fits_with_the_longest_marker() -> None:
    figures = PushFigures(
        diff=Counts(covered=10**9, total=10**9), places=("f" * PLACE_DIGITS,) * MOST_PLACES, complete=False
    )
    widest = Marker(name="-" * 60, run_id=10**20, run_attempt=10**6, head=Sha("f" * 64), now=figures, before=figures)
    assert parse_marker(render_marker(widest)) == widest
    full = replace(report(body="ä" * (BODY_LIMIT // 2)), marker=widest)
    assert len(full.body.encode()) == BODY_LIMIT
    assert len(full.comment.encode()) <= COMMENT_LIMIT


# What the last push did

NOW = PushFigures(diff=Counts(covered=3, total=4), places=("0123456789",))
BEFORE = PushFigures(diff=Counts(covered=1, total=4), complete=False)


def since(run: int, head: str, now: PushFigures | None = NOW) -> CommentDraft:
    """Return a draft that says what it is compared with."""
    made = replace(report(run), body_since=lambda before: f"since {before.diff.covered}")
    return replace(made, marker=replace(marker(run), head=Sha(head * 40), now=now))


def body_of(memory: MemoryComments) -> str:
    (comment,) = memory.comments.values()
    return comment.body.splitlines()[0]


def test_a_comment_says_what_changed_since_the_one_it_replaces() -> None:
    memory = MemoryComments()
    assert publish_comment(memory, since(5, "a", BEFORE)).body == "report of run 5"
    assert publish_comment(memory, since(6, "b")).body == "since 1"
    assert body_of(memory) == "since 1"
    # Another run for the same push is compared as the first one was; the next push with that one.
    publish_comment(memory, since(7, "b"))
    assert body_of(memory) == "since 1"
    publish_comment(memory, since(8, "c"))
    assert body_of(memory) == "since 3"


def test_without_figures_nothing_is_said_of_the_last_push() -> None:
    memory = with_comments(4)
    publish_comment(memory, since(5, "b"))
    assert body_of(memory) == "report of run 5"


def test_a_stranger_s_figures_are_not_compared_with() -> None:
    memory = MemoryComments()
    memory.comments[1] = posted(1, since(4, "a", BEFORE).comment, "stranger")
    memory.last = 1
    publish_comment(memory, since(5, "b"))
    assert memory.comments[2].body.startswith("report of run 5")


@pytest.mark.parametrize(
    "figures",
    ["[]", "[1,2,[],1]", "[3,2,[],true]", "[-1,2,[],true]", "[0,0,[],true]", '[1,2,["x"],true]', "[1,2,[5],true]",
     "null", f"[1,{10**10},[],true]", '[1,2,["' + '","'.join(["0" * 10] * 21) + '"],true]', "{}", "[true,2,[],true]"],
)  # fmt: skip
def test_figures_that_covgate_would_not_write_are_none(figures: str) -> None:
    body = LINE.replace("} -->", f',"now":{figures}}} -->')
    assert parse_marker(body) == marker()


def test_the_marker_stands_in_the_last_line() -> None:
    assert report(5).comment.splitlines()[-1] == LINE
    assert report(5).comment.startswith("report of run 5\n")


# Whose comment it is


@pytest.mark.parametrize(
    ("comments", "viewer", "expected", "asked"),
    [
        pytest.param([], "me", [], 0, id="none"),
        pytest.param([posted(1, "hello", "stranger")], "me", [], 0, id="no-marker-no-question"),
        pytest.param([posted(1, LINE)], "me", [1], 0, id="the-bot-is-trusted-unasked"),
        pytest.param([posted(1, LINE, "stranger")], "me", [], 1, id="a-stranger-is-not"),
        pytest.param([posted(1, LINE, "me")], "me", [1], 1, id="the-owner-of-the-token-is"),
        pytest.param([posted(1, LINE, "x"), posted(2, LINE, "me"), posted(3, LINE)], "me", [2, 3], 1, id="asked-once"),
        pytest.param([posted(1, LINE, "")], "", [], 1, id="a-deleted-account-is-nobody"),
        pytest.param([posted(1, render_marker(marker(name="b")), "x")], "me", [], 0, id="another-report-is-not-ours"),
    ],
)
def test_our_comments_are_told_by_marker_and_author(
    comments: list[PostedComment], viewer: str, expected: list[int], asked: int
) -> None:
    questions: list[str] = []

    def ask() -> str:
        questions.append("who?")
        return viewer

    assert [comment.posted.id for comment in find_own(comments, "", ask)] == expected
    assert len(questions) == asked


# What to do


@pytest.mark.parametrize(
    ("comments", "written", "expected"),
    [
        pytest.param([], False, CommentPlan(step=Step.CREATE), id="first"),
        pytest.param([], True, CommentPlan(step=Step.REST), id="accepted-but-the-list-lags"),
        pytest.param([own(1, 4)], False, CommentPlan(step=Step.EDIT, shown=own(1, 4)), id="older-is-edited"),
        pytest.param([own(1, 5)], False, CommentPlan(step=Step.REST, shown=own(1, 5)), id="the-same-again"),
        pytest.param([own(1, 5, 0)], False, CommentPlan(step=Step.EDIT, shown=own(1, 5, 0)), id="earlier-attempt"),
        pytest.param([own(1, 5, 2)], False, CommentPlan(step=Step.YIELD, shown=own(1, 5, 2)), id="later-attempt"),
        pytest.param([own(1, 6)], False, CommentPlan(step=Step.YIELD, shown=own(1, 6)), id="newer-stands"),
        pytest.param([own(1, 6)], True, CommentPlan(step=Step.YIELD, shown=own(1, 6)), id="newer-came-meanwhile"),
        pytest.param([own(1, 4)], True, CommentPlan(step=Step.EDIT, shown=own(1, 4)), id="older-overwrote-us"),
        pytest.param([own(3, 4), own(1, 2)], False, CommentPlan(step=Step.EDIT, shown=own(1, 2)), id="oldest-is-kept"),
        pytest.param(
            [own(2, 5), own(1, 5), own(3, 1)],
            True,
            CommentPlan(step=Step.REST, shown=own(1, 5), duplicates=(2, 3)),
            id="the-rest-is-folded",
        ),
        pytest.param(
            [own(1, 6), own(2, 5), own(3, 4)],
            True,
            CommentPlan(step=Step.YIELD, shown=own(1, 6), duplicates=(2, 3)),
            id="ours-is-folded-into-a-newer",
        ),
        pytest.param(
            [own(1, 5), own(2, 6), own(3, 4)],
            True,
            CommentPlan(step=Step.YIELD, shown=own(2, 6), duplicates=(3,)),
            id="a-newer-one-is-left-to-its-run",
        ),
    ],
)
def test_the_plan_for_what_is_there(comments: list[OwnComment], written: bool, expected: CommentPlan) -> None:  # noqa: FBT001  # a table's column
    assert compute_plan(comments, report(5), written=written) == expected


def test_two_jobs_of_one_run_do_not_take_turns_for_ever() -> None:
    theirs = OwnComment(posted=posted(1, report(5, body="the other job's").comment), marker=marker(5))
    assert compute_plan([theirs], report(5), written=False).step is Step.EDIT
    assert compute_plan([theirs], report(5), written=True).step is Step.REST


@pytest.mark.parametrize(
    ("policy", "starts_when_quiet", "starts_when_passing", "starts_when_failing"),
    [
        (CommentPolicy.ALWAYS, True, True, True),
        (CommentPolicy.ON_CHANGE, False, True, True),
        (CommentPolicy.ON_FAILURE, False, False, True),
        (CommentPolicy.NEVER, False, False, False),
    ],
)
def test_the_policy_decides_about_the_first_comment_only(
    policy: CommentPolicy,
    starts_when_quiet: bool,  # noqa: FBT001  # a table's column
    starts_when_passing: bool,  # noqa: FBT001  # a table's column
    starts_when_failing: bool,  # noqa: FBT001  # a table's column
) -> None:
    cases = (
        (True, False, starts_when_quiet),
        (False, False, starts_when_passing),
        (False, True, starts_when_failing),
    )
    for quiet, failing, starts in cases:
        given_report = replace(report(), policy=policy, quiet=quiet, failing=failing)
        assert (compute_plan([], given_report, written=False).step is Step.CREATE) is starts
        assert compute_plan([own(1, 4)], given_report, written=False).step is Step.EDIT


# Against comments in memory


def test_never_asks_github_nothing() -> None:
    memory = with_comments(1)
    assert publish_comment(memory, replace(report(), policy=CommentPolicy.NEVER)) == Published()
    assert memory.calls == []


def test_a_quiet_report_where_nothing_was_posted_only_looks() -> None:
    memory = with_comments()
    quiet = replace(report(), policy=CommentPolicy.ON_CHANGE, quiet=True, failing=False)
    assert publish_comment(memory, quiet) == Published()
    assert memory.calls == ["read_all"]


def test_the_same_report_again_is_not_written_again() -> None:
    memory = with_comments(5)
    outcome = publish_comment(memory, report(5))
    assert outcome == Published(url="https://example.test/1")
    assert not outcome.failed
    assert not outcome.read_only
    assert memory.calls == ["read_all"]


@pytest.mark.parametrize("above", ["@dana look\n", "look: ", "\n\n"])
def test_a_comment_that_a_person_wrote_into_stays_the_one_comment(above: str) -> None:
    memory = with_comments(1)
    memory.comments[1] = replace(memory.comments[1], body=above + memory.comments[1].body)
    assert publish_comment(memory, report(5)) == Published(url="https://example.test/1")
    assert [comment.body for comment in memory.comments.values()] == [report(5).comment]


def test_names_keep_one_comment_each() -> None:
    memory = with_comments()
    for run in (1, 2):
        for name in ("", "api", "web"):
            assert publish_comment(memory, report(run, name=name)).problem is None
    markers = [parse_marker(comment.body) for comment in memory.comments.values()]
    assert markers == [marker(2, name=name) for name in ("", "api", "web")]


def test_a_body_that_is_too_long_is_not_sent() -> None:
    memory = with_comments()
    outcome = publish_comment(memory, report(body="ä" * 40_000))
    assert outcome.failed
    assert outcome.problem is not None
    assert outcome.problem.slug == "github-body-too-long"
    assert "of 65,536" in outcome.problem.message
    assert memory.calls == []


def test_a_post_without_an_answer_is_tried_twiceshow_at_most() -> None:
    no_answer = publish_error(Refusal.UNREACHABLE, "time-out")
    memory = MemoryComments(trouble=[("create", no_answer)] * 9)
    outcome = publish_comment(memory, report())
    assert outcome.problem is no_answer
    assert memory.calls == ["read_all", "create", "read_all", "create", "read_all"]


def test_after_two_posts_without_an_answer_an_older_runs_comment_is_edited() -> None:
    """Neither post worked; meanwhile another run's did, and that is the one comment there is."""
    memory = MemoryComments(trouble=[("create", publish_error(Refusal.UNREACHABLE, "time-out"))] * 2)
    read_all = memory.read_all

    def read_with_another_run() -> Iterator[PostedComment]:
        if memory.calls.count("create") == 2 and not memory.comments:
            memory.comments[1] = posted(1, report(3).comment)
        return read_all()

    memory.read_all = read_with_another_run  # type: ignore[method-assign]  # its post arrives between two looks
    assert publish_comment(memory, report(5)) == Published(url="https://example.test/1")
    assert memory.runs == [5]


def test_a_post_without_an_answer_that_worked_is_not_made_again() -> None:
    memory = MemoryComments()
    create = memory.create

    def create_in_silence(body: str) -> PostedComment:
        create(body)
        raise publish_error(Refusal.UNREACHABLE, "time-out")

    memory.create = create_in_silence  # type: ignore[method-assign]  # the answer is lost, not the post
    assert publish_comment(memory, report(5)) == Published(url="https://example.test/1")
    assert memory.runs == [5]


def test_a_comment_that_others_keep_changing_is_left_after_five_rounds_with_a_note() -> None:
    memory = with_comments(1)
    read_all = memory.read_all

    def read_what_an_older_run_wrote() -> Iterator[PostedComment]:
        memory.comments[1] = posted(1, report(1).comment)
        return read_all()

    memory.read_all = read_what_an_older_run_wrote  # type: ignore[method-assign]  # it edits before each look
    outcome = publish_comment(memory, report(5))
    assert (outcome.problem, outcome.url) == (None, "https://example.test/1")
    assert outcome.notes == ("Other runs kept changing the comment: it may show one of theirs.",)
    assert memory.calls == ["read_all", "edit"] * 5


def test_a_post_that_was_refused_is_not_tried_again() -> None:
    refused = publish_error(Refusal.REFUSED, "locked")
    memory = MemoryComments(trouble=[("create", refused)])
    outcome = publish_comment(memory, report())
    assert outcome.problem is refused
    assert outcome.failed
    assert memory.calls == ["read_all", "create"]


def test_a_comment_that_vanishes_before_the_edit_is_posted_anew() -> None:
    memory = with_comments(1)
    memory.trouble = [("edit", publish_error(Refusal.NOT_FOUND, "gone"))]
    read_all = memory.read_all

    def read_then_lose() -> Iterator[PostedComment]:
        found = read_all()
        memory.comments.pop(1, None)
        return found

    memory.read_all = read_then_lose  # type: ignore[method-assign]  # someone deletes it right after we looked
    outcome = publish_comment(memory, report(5))
    assert outcome == Published(url="https://example.test/2")
    assert memory.runs == [5]


def test_a_comment_that_is_never_there_to_edit_ends_in_an_error() -> None:
    gone = publish_error(Refusal.NOT_FOUND, "gone")
    memory = with_comments(1)
    memory.trouble = [("edit", gone)] * 99
    outcome = publish_comment(memory, report(5))
    assert outcome.problem is gone
    assert len(memory.calls) <= 10


def test_a_duplicate_that_cannot_be_removed_is_a_note_not_a_failure() -> None:
    memory = with_comments(1, 2)
    memory.trouble = [("delete", publish_error(Refusal.REFUSED, "no"))]
    outcome = publish_comment(memory, report(5))
    assert outcome.problem is None
    assert outcome.url == "https://example.test/1"
    assert "could not be removed" in outcome.notes[0]


def test_a_first_post_without_an_answer_is_no_problem_once_the_report_was_written() -> None:
    memory = MemoryComments(trouble=[("create", publish_error(Refusal.UNREACHABLE, "time-out"))])
    read_all = memory.read_all

    def read_what_an_older_run_wrote() -> Iterator[PostedComment]:
        if "create" in memory.calls:
            memory.comments[1] = posted(1, report(1).comment)
        return read_all()

    memory.read_all = read_what_an_older_run_wrote  # type: ignore[method-assign]  # it edits before each look
    outcome = publish_comment(memory, report(5))
    assert outcome.problem is None
    assert outcome.notes == ("Other runs kept changing the comment: it may show one of theirs.",)


@pytest.mark.parametrize(
    ("fork", "said"),
    [(True, "in the step summary"), (False, "permissions: pull-requests: write")],
    ids=["fork", "same-repository"],
)
def test_a_read_only_token_is_no_failure_but_is_known(fork: bool, said: str) -> None:  # noqa: FBT001  # a table's column
    memory = MemoryComments(trouble=[("create", publish_error(Refusal.READ_ONLY, "HTTP 403"))])
    outcome = publish_comment(memory, replace(report(), fork=fork))
    assert outcome.read_only
    assert not outcome.failed
    assert outcome.problem is not None
    assert len(outcome.notes) == 1
    assert said in outcome.notes[0]


def test_a_posted_report_that_can_not_be_looked_at_again_is_posted() -> None:
    memory = with_comments()
    memory.trouble = [("create", None), ("read_all", publish_error(Refusal.UNREACHABLE, "HTTP 502"))]
    outcome = publish_comment(memory, report())
    assert outcome.problem is None
    assert outcome.url == "https://example.test/1"
    assert "HTTP 502" in outcome.notes[0]


def test_half_a_character_in_the_body_is_no_crash() -> None:
    assert publish_comment(with_comments(), report(body="\ud83d")).problem is None
