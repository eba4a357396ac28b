"""Every order in which the calls of several runs can reach GitHub, and how it ends."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from covgate.errors import PublishError
from covgate.host.comments import PostedComment
from covgate.publish.comment import Published, publish_comment
from tests.support.github.comments import MemoryComments, report, with_comments

pytestmark = pytest.mark.slow


class _AtTheGate(BaseException):
    """A run wants to make its next call."""

    def __init__(self, call: Callable[[MemoryComments], object]) -> None:
        self.call = call


@dataclass
class _Replay:
    """Gives a run the answers it had so far, and stops it at its next call."""

    answers: Sequence[object]
    used: int = 0

    def _answer(self, call: Callable[[MemoryComments], object]) -> object:
        if self.used == len(self.answers):
            raise _AtTheGate(call)
        self.used += 1
        answer = self.answers[self.used - 1]
        if isinstance(answer, PublishError):
            raise answer
        return answer

    def read_all(self) -> Iterator[PostedComment]:
        return iter(self._answer(lambda memory: list(memory.read_all())))  # type: ignore[call-overload, no-any-return]  # as recorded

    def create(self, body: str) -> PostedComment:
        return self._answer(lambda memory: memory.create(body))  # type: ignore[return-value]  # as recorded

    def edit(self, comment_id: int, body: str) -> PostedComment:
        return self._answer(lambda memory: memory.edit(comment_id, body))  # type: ignore[return-value]  # as recorded

    def delete(self, comment_id: int) -> None:
        self._answer(lambda memory: memory.delete(comment_id))

    def viewer(self) -> str:
        return str(self._answer(lambda memory: memory.viewer()))


@dataclass(frozen=True)
class State:
    """Where a race stands: the comments, what each run was answered so far, and the calls in the order GitHub saw."""

    memory: MemoryComments
    answers: tuple[tuple[object, ...], ...]
    calls: tuple[tuple[int, str], ...] = ()

    def after(self, index: int, run: int, call: Callable[[MemoryComments], object]) -> State:
        memory = copy.copy(self.memory)
        memory.comments, memory.calls = dict(memory.comments), []
        try:
            answer = call(memory)
        except PublishError as problem:
            answer = problem
        answers = (*self.answers[:index], (*self.answers[index], answer), *self.answers[index + 1 :])
        return State(memory=memory, answers=answers, calls=(*self.calls, (run, memory.calls[-1])))


def _next(run: int, answers: Sequence[object]) -> _AtTheGate | Published:
    try:
        return publish_comment(_Replay(answers), report(run))
    except _AtTheGate as gate:
        return gate


def all_endings(memory: MemoryComments, runs: Sequence[int], *, same: Callable[[State], str]) -> list[State]:
    """Return how it ends for every order of the runs' calls; states that are the `same` are followed once."""
    found, seen = [], set()
    # What a run does next depends on its answers alone, and the same ones come up again and again.
    known: dict[tuple[int, str], _AtTheGate | Published] = {}
    ahead = [State(memory=memory, answers=((),) * len(runs))]
    while ahead:
        state = ahead.pop()
        if (key := same(state)) in seen:
            continue
        seen.add(key)
        waiting = len(ahead)
        for index, run in enumerate(runs):
            position = (index, repr(state.answers[index]))
            if position not in known:
                known[position] = _next(run, state.answers[index])
            then = known[position]
            if isinstance(then, _AtTheGate):
                ahead.append(state.after(index, run, then.call))
            else:
                assert then.problem is None
        if len(ahead) == waiting:
            found.append(state)
    return found


@pytest.mark.parametrize("runs", [(1, 2), (2, 1), (2, 2)], ids=str)
def test_two_runs_that_both_post_first_leave_one_comment_of_the_newer(runs: tuple[int, int]) -> None:
    found = all_endings(with_comments(), runs, same=repr)
    assert len(found) > 10
    assert {tuple(ending.memory.runs) for ending in found} == {(2,)}


@pytest.mark.parametrize("before", [(1,), (1, 2), (2, 1)], ids=str)
def test_two_runs_that_both_edit_leave_one_comment(before: tuple[int, ...]) -> None:
    found = all_endings(with_comments(*before), (3, 4), same=repr)
    assert len(found) > 10
    for ending in found:
        assert len(ending.memory.comments) == 1
        if ending.memory.runs != [4]:
            # The one gap: GitHub has no conditional edit.
            late_edit = max(n for n, call in enumerate(ending.calls) if call == (3, "edit"))
            last_look = max(n for n, call in enumerate(ending.calls) if call == (4, "read_all"))
            assert late_edit > last_look


def test_three_runs_that_all_post_first_leave_one_comment() -> None:
    found = all_endings(with_comments(), (1, 2, 3), same=lambda state: repr((state.memory.comments, state.answers)))
    assert {len(ending.memory.comments) for ending in found} == {1}
