"""Which comparisons GitHub is asked for, in which order, and what is said when they do not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from covgate.history.ancestry import nearest_by_comparing, none_is_ancestor
from covgate.history.nearest import Near, Search
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import Compared
from covgate.model.commit import Sha
from covgate.model.history import Record
from covgate.model.numbers import Tally
from covgate.model.unknown import Unavailable, UnknownKind

BASE_DATE = datetime(2026, 11, 1, tzinfo=UTC)
BASE = Sha("b" * 40)
SHALLOW = (
    "no ancestor of bbbbbbbbbbbb was found among the newest of {} recorded commits, and this clone is shallow: with "
    "`fetch-depth: 0` on actions/checkout all of them are looked at"
)
Answer = Callable[[Sha, Sha], Compared]


def commit(number: int) -> Sha:
    return Sha(f"{number:040x}")


def recorded(number: int, before: float | None = None) -> Record:
    """A record of so many days before the base, as many as its number when it is not said."""
    date = BASE_DATE - timedelta(days=number if before is None else before)
    return Record(sha=commit(number), parent=None, date=date, total=Tally(), has_branches=False)


def gone(_one: Sha, _other: Sha) -> Compared:
    raise publish_error(Refusal.NOT_FOUND, "comparing two commits")


def ask(answer: Answer, records: Sequence[Record]) -> tuple[Near | Unavailable, list[tuple[Sha, Sha]]]:
    asked: list[tuple[Sha, Sha]] = []

    def compare(one: Sha, other: Sha) -> Compared:
        asked.append((one, other))
        return answer(one, other)

    return nearest_by_comparing(compare, BASE_DATE, BASE, records), asked


def same(_one: Sha, _other: Sha) -> Compared:
    """Two commits that share nothing."""
    return Compared(merge_base=None, ahead_by=3, behind_by=25, commits={})


@pytest.mark.parametrize("answer", [gone, same], ids=["gone", "of-another-root"])
@pytest.mark.parametrize(
    ("count", "numbers", "all_asked"),
    [
        (1, [1], True),
        (2, [1, 2], True),
        (3, [1, 3], False),
        (9, [1, 9], False),
        (10, [1, 9, 10], False),
        (73, [1, 9, 73], False),
        (1200, [1, 9, 73], False),
    ],
)
def test_after_a_commit_that_tells_nothing_seven_are_passed_over_and_then_sixty_three(
    answer: Answer, count: int, numbers: list[int], *, all_asked: bool
) -> None:
    found, asked = ask(answer, [recorded(number) for number in range(1, count + 1)])
    assert asked == [(commit(number), BASE) for number in numbers]
    assert isinstance(found, Unavailable)
    if all_asked:
        assert found == none_is_ancestor(BASE, count)
        assert found.kind is UnknownKind.NO_RECORD
    else:
        assert found.reason == SHALLOW.format(f"{count:,}")
        assert found.kind is UnknownKind.SHALLOW_CLONE


def test_that_none_is_an_ancestor_is_said_with_how_many_there_are() -> None:
    why = "was the branch force-pushed, or recorded from another one?"
    assert none_is_ancestor(BASE, 1).reason == f"the one recorded commit is no ancestor of bbbbbbbbbbbb: {why}"
    assert (
        none_is_ancestor(BASE, 1200).reason == f"none of 1,200 recorded commits is an ancestor of bbbbbbbbbbbb: {why}"
    )


def test_the_newest_before_the_base_is_asked_for_first_and_what_looks_newer_last() -> None:
    """A commit of the base's very second is before it; of those after it the oldest is the likeliest."""
    records = [recorded(1, before=-2), recorded(2, before=-1), recorded(3, before=5), recorded(4, before=0)]
    for left in (records, records[::-1]):
        assert ask(gone, left)[1] == [(commit(4), BASE), (commit(1), BASE)]
        assert ask(gone, [one for one in left if one.sha != commit(3)])[1] == [(commit(4), BASE), (commit(1), BASE)]
    assert ask(gone, records[3:])[1] == [(commit(4), BASE)]
    assert ask(gone, records[:2])[1] == [(commit(2), BASE), (commit(1), BASE)]


def test_a_github_that_fails_in_the_middle_is_said() -> None:
    def fail(one: Sha, other: Sha) -> Compared:
        if one == commit(1):
            return gone(one, other)
        raise publish_error(Refusal.UNREACHABLE, "HTTP 502")

    found, asked = ask(fail, [recorded(1), recorded(2)])
    assert len(asked) == 2
    assert isinstance(found, Unavailable)
    assert found.reason.startswith("GitHub did not say which recorded commits are ancestors: ")
    assert "HTTP 502" in found.reason
    assert found.kind is UnknownKind.HOST_SILENT


@pytest.mark.parametrize(("behind", "other_way"), [(19, False), (20, True)])
def test_of_a_branch_with_twenty_commits_of_its_own_all_commits_are_left_out_at_once(
    behind: int, *, other_way: bool
) -> None:
    """Records 1 to 30 are of another branch, 31 is the fork, which is not recorded, and 32 the ancestor."""
    line = {commit(n): (commit(n + 1),) for n in range(1, 31)}

    def answer(one: Sha, _other: Sha) -> Compared:
        if one == BASE:
            return Compared(merge_base=commit(31), ahead_by=30, behind_by=1, commits=line)
        if one == commit(32):
            return Compared(merge_base=one, ahead_by=2, behind_by=0, commits={commit(31): (one,), BASE: (commit(31),)})
        return Compared(merge_base=commit(31), ahead_by=1, behind_by=behind, commits={BASE: (commit(31),)})

    ancestor = recorded(32)
    found, asked = ask(answer, [*(recorded(n) for n in range(1, 31)), ancestor])
    if other_way:
        assert asked == [(commit(1), BASE), (BASE, commit(1)), (commit(32), BASE)]
        assert found == Near(record=ancestor, behind=2)
    else:
        assert asked[:2] == [(commit(1), BASE), (commit(9), BASE)]


def test_the_other_way_round_is_one_of_three_requests() -> None:
    def answer(one: Sha, other: Sha) -> Compared:
        if one == commit(1):
            return Compared(merge_base=commit(900), ahead_by=1, behind_by=20, commits={BASE: (commit(900),)})
        return gone(one, other)

    found, asked = ask(answer, [recorded(number) for number in range(1, 100)])
    # Its answer tells nothing: no commit is left out.
    assert asked == [(commit(1), BASE), (BASE, commit(1)), (commit(2), BASE)]
    assert isinstance(found, Unavailable)
    assert found.kind is UnknownKind.SHALLOW_CLONE


def test_strangers_that_were_not_all_asked_about_are_not_said_to_be_none() -> None:
    """Each is of a long branch of its own: nothing is passed over, and three requests do not reach the rest."""

    def answer(_one: Sha, _other: Sha) -> Compared:
        return Compared(merge_base=commit(900), ahead_by=1, behind_by=20, commits={BASE: (commit(900),)})

    found, asked = ask(answer, [recorded(number) for number in range(1, 10)])
    assert asked == [(commit(1), BASE), (BASE, commit(1)), (commit(2), BASE)]
    assert found == Unavailable(reason=SHALLOW.format(9))


def test_an_ancestor_that_a_strangers_list_shows_is_asked_about_before_the_strangers_branch() -> None:
    ancestor = recorded(5)

    def answer(one: Sha, _other: Sha) -> Compared:
        if one == ancestor.sha:
            return Compared(merge_base=one, ahead_by=1, behind_by=0, commits={BASE: (one,)})
        return Compared(merge_base=commit(900), ahead_by=300, behind_by=20, commits={BASE: (), ancestor.sha: ()})

    found, asked = ask(answer, [recorded(1), ancestor, recorded(7)])
    assert asked == [(commit(1), BASE), (ancestor.sha, BASE)]
    assert found == Near(record=ancestor, behind=1)


def test_once_all_is_known_no_further_commit_is_asked_about() -> None:
    far, near = recorded(1), recorded(2)
    search = Search(BASE, (far, near))
    cut = Compared(merge_base=commit(9), ahead_by=300, behind_by=1, commits={BASE: (), far.sha: ()})
    search.add(cut)
    assert (search.next_open(), search.result()) == (far.sha, None)
    # A commit of the base with a parent that is not listed: there is more than this list tells.
    search.add(Compared(merge_base=commit(9), ahead_by=1, behind_by=1, commits={BASE: (commit(7),)}))
    assert (search.next_open(), search.result()) == (far.sha, None)
    # Nothing but these two commits is there beyond the nearer one: the other is an ancestor of it.
    line = {BASE: (commit(8),), commit(8): (near.sha,)}
    search.add(Compared(merge_base=near.sha, ahead_by=2, behind_by=0, commits=line))
    assert (search.next_open(), search.result()) == (None, Near(record=near, behind=2))


def test_of_equally_near_commits_the_newest_is_taken_and_then_the_first_by_name() -> None:
    older, newer, twin = recorded(1, before=2), recorded(2, before=1), recorded(3, before=1)
    commits = {BASE: tuple(one.sha for one in (older, newer, twin)), **{one.sha: () for one in (older, newer, twin)}}
    search = Search(BASE, (older, newer, twin))
    assert search.result() is None
    assert search.next_open() is None
    search.add(Compared(merge_base=commit(9), ahead_by=4, behind_by=0, commits=commits))
    # None of them leads to the merge base: how far behind they are is not known, only that it is so far at least.
    assert search.result() is None
    assert search.next_open() == newer.sha
    linked = {BASE: commits[BASE], **{one.sha: (commit(9),) for one in (older, newer, twin)}}
    search.add(Compared(merge_base=commit(9), ahead_by=4, behind_by=0, commits=linked))
    assert search.result() == Near(record=newer, behind=3)
    assert search.next_open() is None
