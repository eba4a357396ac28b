"""The base in a clone that holds a part of the history: what is asked of its remote, and what is said without it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from covgate.change.base import find_base
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Base, BaseHow, Sha
from tests.support.parts import ALL, BRANCH, GONE, LOCAL, SMALL, Clone, Remote, event, find, line, refused

# --- a pull request ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "asked"),
    [({"merge"}, ["fetch main"]), ({"merge", "main", "topic"}, []), (ALL, [])],
    ids=["alone", "with-its-parents", "with-all"],
)
def test_the_first_parent_of_the_merge_commit_is_fetched_where_it_is_not_there(
    held: set[str], asked: list[str]
) -> None:
    clone = Clone(history=SMALL, held=set(held), checked_out="merge")
    found = find(clone, event(base="old"), remote=Remote(clone))
    assert (found, clone.asked) == (Base(sha=Sha("main"), how=BaseHow.FIRST_PARENT, ref="main"), asked)


@pytest.mark.parametrize(
    ("held", "checked_out", "kind", "broken", "message", "hint"),
    [
        pytest.param(
            {"merge"}, "merge", EventKind.PULL_REQUEST, GONE,
            f"the base commit main is not in this clone, which is shallow, and it could not be fetched: {GONE}",
            "set `fetch-depth: 2` on actions/checkout", id="the-merge-alone",
        ),
        pytest.param(
            {"topic"}, "topic", EventKind.PULL_REQUEST, GONE,
            f"the base commit main is not in this clone, which is shallow, and it could not be fetched: {GONE}",
            "set `fetch-depth: 0` on actions/checkout", id="the-head-alone",
        ),
        pytest.param(
            ALL - {"main", "merge"}, "topic", EventKind.MERGE_GROUP, GONE,
            f"the base commit main is not in this clone, and it could not be fetched: {GONE}",
            "set `fetch-depth: 0` on actions/checkout", id="a-complete-clone-of-the-queue",
        ),
        pytest.param(
            {"topic"}, "topic", EventKind.PULL_REQUEST, None,
            "the base commit main is not in this clone, which is shallow", "set `fetch-depth: 0` on actions/checkout",
            id="without-a-remote",
        ),
    ],
)  # fmt: skip
def test_a_base_that_cannot_be_fetched(
    held: set[str], checked_out: str, kind: EventKind, broken: str | None, message: str, hint: str
) -> None:
    clone = Clone(history=SMALL, held=set(held), checked_out=checked_out, broken=broken or "")
    remote = None if broken is None else Remote(clone)
    assert refused(clone, event(kind), remote=remote) == ("shallow-clone", message, hint)


def test_what_a_fetch_brings_counts_whatever_it_says() -> None:
    clone = Clone(history=SMALL, held={"merge"}, checked_out="merge")
    remote = Remote(clone)
    assert find(clone, event(), remote=remote).sha == "main"
    other = Clone(history=SMALL, held={"merge"}, checked_out="merge", broken=GONE)
    other.held.add("main")
    assert find(other, event(), remote=Remote(other)).sha == "main"


def test_an_event_that_names_no_base_has_none() -> None:
    for kind in (EventKind.PULL_REQUEST, EventKind.MERGE_GROUP):
        clone = Clone(history=SMALL, held=set(ALL))
        assert find_base(clone, event(kind, base=None), None) is None


def test_the_base_of_a_merge_queue_is_fetched_alone() -> None:
    clone = Clone(history=SMALL, held={"merge"}, checked_out="merge")
    found = find(clone, event(EventKind.MERGE_GROUP, "merge", "old"), remote=Remote(clone))
    assert (found, clone.asked) == (Base(sha=Sha("old"), how=BaseHow.EVENT, ref="main"), ["fetch old"])


# --- deepening -----------------------------------------------------------------------------------------------------


def long(main: int, topic: int) -> dict[str, list[str]]:
    return {**line("old", 30), **line("main", main, "old"), **line("topic", topic, "old")}


@pytest.mark.parametrize(
    ("main", "topic", "steps"),
    [
        (2, 2, [50]),
        (40, 40, [50]),
        (60, 2, [50, 150]),
        (2, 300, [50, 150, 600]),
        (2, 2000, [50, 150, 600, 2400]),
        (2, 3300, [50, 150, 600, 2400, None]),
    ],
)
def test_both_sides_are_deepened_step_by_step_until_they_meet(main: int, topic: int, steps: list[int | None]) -> None:
    clone = Clone(history=long(main, topic), held={"topic"})
    found = find(clone, event(), remote=Remote(clone))
    assert found == Base(sha=Sha("old"), how=BaseHow.MERGE_BASE, ref="main")
    assert clone.asked == ["fetch main", *(f"deepen {step}" for step in steps)]


def test_what_hides_behind_another_side_is_not_looked_for_once_one_holds_the_other() -> None:
    history = {**SMALL, **line("side", 9, "old-1"), "topic": ["topic-1", "side"]}
    clone = Clone(history=history, held={"topic", "topic-1", "old", "old-1"})
    found = find(clone, event(base="old"), remote=Remote(clone))
    assert (found.sha, clone.asked) == ("old", [])


def test_what_holds_one_another_needs_no_deepening() -> None:
    clone = Clone(history=SMALL, held={"topic", "topic-1", "old"})
    found = find(clone, event(base="old"), remote=Remote(clone))
    assert (found.sha, found.how, clone.asked) == ("old", BaseHow.MERGE_BASE, [])


@pytest.mark.parametrize(
    ("held", "what"),
    [
        ({"topic", "main"}, "a common ancestor"),
        ({*ALL} - {"topic-1"}, "a common ancestor"),
        ({*ALL} - {"main-1", "merge"}, "a common ancestor"),
    ],
)
def test_a_clone_that_cannot_be_deepened_is_refused(held: set[str], what: str) -> None:
    clone = Clone(history=SMALL, held=set(held), broken=GONE)
    slug, message, hint = refused(clone, event(), remote=Remote(clone))
    assert slug == "shallow-clone"
    assert message == (
        f"the clone is shallow and does not show {what} of main and topic, and it could not be fetched: {GONE}"
    )
    assert hint == "set `fetch-depth: 0` on actions/checkout"
    # What failed once is not asked again.
    assert clone.asked == ["deepen 50"]


NEARER = {**line("old", 3), **line("near", 3, "old"), **line("side", 4, "near"), **line("part", 4, "near")}
NEARER |= {"topic": ["side", "old"], "main": ["part", "old"]}
"""main and topic have `near` in common, and `old`, which is nearer to look at."""


def test_a_common_ancestor_is_believed_only_when_no_nearer_one_may_be_hidden() -> None:
    held = {"topic", "main", "old", "old-1", "old-2", "side", "part"}
    clone = Clone(history=NEARER, held=set(held))
    assert find(clone, event(), remote=Remote(clone)).sha == "near"
    assert clone.asked == ["deepen 50"]
    cut = Clone(history=NEARER, held=set(held))
    assert refused(cut, event())[1] == (
        "the clone is shallow and does not show for certain the nearest common ancestor of main and topic"
    )


def test_two_histories_without_a_common_ancestor_are_fetched_to_their_ends_and_refused() -> None:
    clone = Clone(history={**line("main", 70), **line("topic", 70)}, held={"topic"})
    slug, message, _ = refused(clone, event(), remote=Remote(clone))
    assert (slug, message) == ("no-merge-base", "main and topic have no common ancestor")
    assert clone.asked == ["fetch main", "deepen 50", "deepen 150"]


def test_a_commit_is_named_by_twelve_digits() -> None:
    history = {**line("m" * 20, 2), **line("t" * 20, 2)}
    clone = Clone(history=history, held=set(history), checked_out="t" * 20)
    context = event(head="t" * 20, base="m" * 20)
    assert refused(clone, context)[1] == f"{'m' * 12} and {'t' * 12} have no common ancestor"
    other = Clone(history=history, held={"t" * 20}, checked_out="t" * 20)
    assert f"the base commit {'m' * 12} is not in" in refused(other, context)[1]


# --- what is checked out -------------------------------------------------------------------------------------------


def test_the_head_is_looked_for_below_what_is_checked_out() -> None:
    history = {**SMALL, **line("more", 60, "topic")}
    clone = Clone(history=history, held={"more"}, checked_out="more")
    found = find(clone, event(), remote=Remote(clone))
    assert found == Base(sha=Sha("old"), how=BaseHow.MERGE_BASE, ref="main")
    assert clone.asked[:3] == ["fetch topic", "deepen 50", "deepen 150"]


def test_a_shallow_clone_still_names_the_parent_that_is_the_head() -> None:
    history = {**SMALL, "more": ["topic"]}
    clone = Clone(history=history, held={"more", "main"}, checked_out="more")
    assert refused(clone, event())[0] == "shallow-clone"


@pytest.mark.parametrize("kind", [EventKind.PULL_REQUEST, EventKind.MERGE_GROUP])
def test_another_head_is_refused_by_its_first_digits(kind: EventKind) -> None:
    clone = Clone(history={**SMALL, "z" * 20: ["old"]}, held={*ALL, "z" * 20}, checked_out="z" * 20)
    slug, message, hint = refused(clone, event(kind), remote=Remote(clone))
    what = "pull request" if kind is EventKind.PULL_REQUEST else "merge group"
    assert slug == "head-not-checked-out"
    assert message == (
        f"HEAD is {'z' * 12}, which does not hold the {what}'s head topic: another commit is checked out"
    )
    assert ("github.head_ref" in hint) is (kind is EventKind.PULL_REQUEST)
    assert clone.asked == []
    unnamed = RunContext(kind=kind, base_sha=Sha("main"))
    assert "head unknown: another" in refused(clone, unnamed)[1]


@pytest.mark.parametrize("held", [{"more"}, {"more", "topic"}], ids=["not-there", "not-joined"])
def test_a_head_that_may_be_below_is_looked_for_as_far_as_that_goes(held: set[str]) -> None:
    history = {**SMALL, **line("more", 9, "topic")}
    alone = Clone(history=history, held=set(held), checked_out="more")
    assert refused(alone, event())[0] == "head-not-checked-out"
    clone = Clone(history=history, held=set(held), checked_out="more")
    assert find(clone, event(), remote=Remote(clone)).sha == "old"
    fetched = [] if "topic" in held else ["fetch topic"]
    assert clone.asked == [*fetched, "deepen 50", "fetch main", "deepen 50"]


def test_a_complete_clone_is_not_asked_for_a_head_it_does_not_hold() -> None:
    clone = Clone(history=SMALL, held={"old", *line("old", 5)}, checked_out="old")
    assert refused(clone, event(), remote=Remote(clone))[0] == "head-not-checked-out"
    assert clone.asked == []


NEWER = {**SMALL, "main+": ["main"], "topic+": ["topic"], "anew": ["main+", "topic+"], "by-step": ["topic", "main+"]}
NEWER |= {"main*": ["main", "topic"], "both": ["topic+", "main*"], "side": ["old"], "aside": ["topic", "side"]}


@pytest.mark.parametrize(
    ("checked_out", "base", "how"),
    [
        ("anew", "main+", BaseHow.FIRST_PARENT), ("by-step", "main+", BaseHow.MERGE_BASE),
        # The base has the head already, or the other side is none of the base's.
        ("both", "main", BaseHow.MERGE_BASE), ("aside", "old", BaseHow.MERGE_BASE),
    ],
)  # fmt: skip
def test_the_side_of_a_merge_that_is_the_base_branch_is_the_base(checked_out: str, base: str, how: BaseHow) -> None:
    for held in (set(NEWER), {checked_out}):
        clone = Clone(history=NEWER, held=held, checked_out=checked_out)
        assert find(clone, event(), remote=Remote(clone)) == Base(sha=Sha(base), how=how, ref="main")


def test_a_side_of_a_merge_that_cannot_be_fetched_is_not_taken_for_one_that_is_no_base() -> None:
    clone = Clone(history=NEWER, held={"by-step", "main"}, checked_out="by-step", broken=GONE)
    kind, message, hint = refused(clone, event(), remote=Remote(clone))
    assert (kind, hint) == ("shallow-clone", "set `fetch-depth: 0` on actions/checkout")
    assert message == (
        "the base commit main+ is not in this clone, which is shallow, and it could not be fetched: nobody answers"
    )


# --- --base --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "refs", "found"),
    [
        ("x", {"refs/heads/x": "main", "refs/remotes/x": "old", "x": "old"}, "main"),
        ("x", {"refs/remotes/x": "main", "refs/remotes/origin/x": "old", "x": "old"}, "main"),
        ("x", {"refs/remotes/origin/x": "main", "x": "old"}, "main"),
        ("x", {"x": "main"}, "main"),
        ("HEAD", {"refs/heads/HEAD": "old", "HEAD": "main"}, "main"),
    ],
)
def test_a_branch_comes_before_a_tag_of_its_name(given: str, refs: Mapping[str, str], found: str) -> None:
    clone = Clone(history=SMALL, held=set(ALL), checked_out="merge", refs=refs)
    assert find(clone, LOCAL, given) == Base(sha=Sha(found), how=BaseHow.GIVEN, ref=given)


SHALLOW, WHOLE = {"topic"}, ALL
LISTS = "`git branch --all` lists the branches"
DEPTH = "the clone is shallow: set `fetch-depth: 0`"
BRINGS = "`git fetch origin x:refs/remotes/origin/x` brings it"


@pytest.mark.parametrize(
    ("held", "partial", "context", "reached", "asked", "hint"),
    [
        pytest.param(WHOLE, False, LOCAL, True, False, LISTS, id="a-laptop-asks-nothing"),
        pytest.param(WHOLE, True, LOCAL, True, True, BRINGS, id="a-laptop-with-one-branch"),
        pytest.param(SHALLOW, False, LOCAL, True, True, BRINGS, id="a-laptop-with-few-commits"),
        pytest.param(SHALLOW, False, LOCAL, False, False, BRINGS, id="without-a-remote"),
        pytest.param(WHOLE, False, BRANCH, True, True, LISTS, id="a-workflow"),
        pytest.param(WHOLE, True, BRANCH, True, True, BRINGS, id="a-workflow-with-one-branch"),
        pytest.param(SHALLOW, False, BRANCH, True, True, DEPTH, id="a-workflow-with-few-commits"),
        pytest.param(WHOLE, False, BRANCH, False, False, LISTS, id="a-workflow-without-a-remote"),
    ],
)
@pytest.mark.parametrize("given", ["x", "origin/x"])
def test_a_name_that_the_clone_does_not_know(
    held: set[str], context: RunContext, hint: str, given: str, *, partial: bool, reached: bool, asked: bool
) -> None:
    clone = Clone(history=SMALL, held=set(held), partial=partial)
    slug, message, told = refused(clone, context, given, Remote(clone) if reached else None)
    why = ": it has none" if asked else ""
    assert (slug, message) == (
        "base-not-found",
        f"the base '{given}' (from --base) does not exist in this clone{why}",
    )
    assert hint in told
    assert clone.asked == ([f"tip {given}"] if asked else [])


def test_a_name_that_the_remote_knows_is_fetched_and_deepened() -> None:
    clone = Clone(history=SMALL, held={"topic"})
    found = find(clone, BRANCH, "x", Remote(clone, tips={"x": "main"}))
    assert found == Base(sha=Sha("old"), how=BaseHow.GIVEN, ref="x")
    assert clone.asked == ["tip x", "fetch main", "deepen 50"]
    lost = Clone(history=SMALL, held={"topic"}, broken=GONE)
    assert refused(lost, BRANCH, "x", Remote(lost, tips={"x": "main"}))[2] == (
        "set `fetch-depth: 0` on actions/checkout"
    )


# --- a laptop ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", ["refs/remotes/origin/main", "refs/heads/origin/main", "origin/main"])
def test_the_default_branch_is_named_in_short(ref: str) -> None:
    clone = Clone(history=SMALL, held=set(ALL), default=(ref, "main"))
    assert find(clone) == Base(sha=Sha("old"), how=BaseHow.MERGE_BASE, ref="origin/main")


@pytest.mark.parametrize(
    ("held", "there", "here", "asked"),
    [
        pytest.param(WHOLE, (), ("only",), False, id="the-only-branch-there-is"),
        pytest.param(WHOLE, ("origin/only",), ("only",), True, id="of-a-remote"),
        pytest.param({"topic", "main"}, (), ("only",), True, id="of-a-shallow-clone"),
        pytest.param(WHOLE, ("origin/only",), ("only", "other"), True, id="one-of-two"),
    ],
)
def test_without_a_default_branch_the_only_one_counts_or_what_the_remote_says(
    held: set[str], there: tuple[str, ...], here: tuple[str, ...], *, asked: bool
) -> None:
    refs = {"refs/heads/only": "old"}
    clone = Clone(history=SMALL, held=set(held), refs=refs, here=here, there=there)
    found = find(clone, remote=Remote(clone, main="main"))
    assert found.sha == "old"
    assert found.ref == ("origin/main" if asked else "only")
    assert clone.asked[:1] == (["default"] if asked else [])


def test_the_remotes_default_branch_is_fetched() -> None:
    clone = Clone(history=SMALL, held={"topic"})
    assert find(clone, remote=Remote(clone, main="main")).sha == "old"
    assert clone.asked == ["default", "fetch main", "deepen 50"]
    lost = Clone(history=SMALL, held={"topic"}, broken=GONE)
    assert refused(lost, remote=Remote(lost, main="main"))[2] == (
        "run `git fetch --unshallow`, or `git fetch` in a complete clone"
    )


UNKNOWN = "the base is unknown: nothing says which branch is the main one"


@pytest.mark.parametrize(
    ("here", "there", "current", "reached", "message", "hint"),
    [
        pytest.param((), (), None, True, UNKNOWN, "name it: `--base BRANCH`", id="no-branch"),
        pytest.param(
            ("a", "b"), (), "a", True, f"{UNKNOWN} (branches here: a, b)", "name it: `--base b`", id="two-branches"
        ),
        pytest.param(("a", "b"), (), "b", True, f"{UNKNOWN} (branches here: a, b)", "name it: `--base a`", id="other"),
        pytest.param(
            ("a",), ("HEAD", "o/a", "a"), "a", True,
            f"{UNKNOWN}, and the remote origin could not be asked: it is far away (branches here: o/a, a)",
            "name it: `--base BRANCH`; or `git remote set-head origin --auto` when origin can be reached",
            id="a-remote-that-does-not-answer",
        ),
        pytest.param(
            ("a",), ("o/a",), "a", False, f"{UNKNOWN} (branches here: o/a, a)", "name it: `--base BRANCH`",
            id="no-remote",
        ),
        pytest.param(
            tuple("abcde"), (), None, True, f"{UNKNOWN} (branches here: a, b, c, d, e)", "name it: `--base a`", id="5"
        ),
        pytest.param(
            tuple("abcdef"), (), None, True, f"{UNKNOWN} (branches here: a, b, c, d, e and 1 more)",
            "name it: `--base a`", id="6",
        ),
    ],
)  # fmt: skip
def test_where_nothing_says_which_branch_is_the_main_one(
    here: tuple[str, ...], there: tuple[str, ...], current: str | None, message: str, hint: str, *, reached: bool
) -> None:
    clone = Clone(history=SMALL, held=set(ALL), here=here, there=there, current=current)
    assert refused(clone, remote=Remote(clone) if reached else None) == ("base-unknown", message, hint)
