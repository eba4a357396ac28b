"""Git in memory: a clone that holds a part of a history, and its remote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from covgate.change.base import find_base
from covgate.errors import CovgateError
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Base, Sha
from covgate.model.unknown import Unavailable

History = Mapping[str, Sequence[str]]
"""The parents of each commit."""

LOCAL = RunContext(kind=EventKind.LOCAL)
BRANCH = RunContext(kind=EventKind.BRANCH)


def line(name: str, count: int, start: str = "") -> dict[str, list[str]]:
    """Return commits `name-1`, `name-2`, … of which the first stands on `start`, and the tip is `name`."""
    names = [*(f"{name}-{number}" for number in range(1, count)), name]
    return {one: [before] if before else [] for before, one in zip([start, *names], names, strict=False)}


@dataclass(kw_only=True)
class Clone:
    """Git in memory: the commits a clone holds of a history, and its names. What its remote is asked is kept."""

    history: History
    held: set[str]
    checked_out: str = "topic"
    refs: Mapping[str, str] = field(default_factory=dict)
    default: tuple[str, str] | None = None
    here: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    current: str | None = None
    broken: str = ""
    partial: bool = False
    asked: list[str] = field(default_factory=list)

    def _above(self, commit: str | None) -> set[str]:
        found: set[str] = set()
        waiting = [commit] if commit in self.held else []
        while waiting:
            one = waiting.pop()
            if one in self.held and one not in found:
                found.add(one)
                waiting += self.history[one]
        return found

    def first_commit(self, refs: Sequence[str]) -> tuple[str, Sha] | None:
        return next(((ref, Sha(self.refs[ref])) for ref in refs if ref in self.refs), None)

    def head(self) -> Sha:
        return Sha(self.checked_out)

    def parents(self, commit: Sha) -> tuple[Sha, ...]:
        return tuple(map(Sha, self.history[commit]))

    def has_commit(self, commit: Sha) -> bool:
        assert commit in self.history, "git takes no other name"
        return commit in self.held

    def is_shallow(self) -> bool:
        return any(not self.held.issuperset(self.history[commit]) for commit in self.held)

    def merge_base(self, one: Sha, other: Sha) -> Sha | None:
        assert {one, other} <= self.held, "git does not know it"
        common = self._above(one) & self._above(other)
        best = [commit for commit in common if not any(commit in self._above(c) - {c} for c in common)]
        return Sha(min(best)) if best else None

    def cut_off_commits(self, one: Sha, other: Sha, base: Sha | None) -> tuple[Sha, ...]:
        reached = (self._above(one) | self._above(other)) - self._above(base)
        return tuple(Sha(c) for c in sorted(reached) if not self.held.issuperset(self.history[c]))

    def default_branch(self) -> tuple[str, Sha] | None:
        return None if self.default is None else (self.default[0], Sha(self.default[1]))

    def remote_name(self) -> str | None:
        return "origin"

    def current_branch(self) -> str | None:
        return self.current

    def branches(self) -> tuple[str, ...]:
        return self.here

    def remote_branches(self) -> tuple[str, ...]:
        return self.there


@dataclass(frozen=True)
class Remote:
    """What a clone was made from; `broken` says why it does not answer."""

    clone: Clone
    tips: Mapping[str, str] = field(default_factory=dict)
    main: str = ""

    def fetch(self, commits: Sequence[Sha]) -> str | None:
        self.clone.asked.append(f"fetch {' '.join(commits)}")
        if not self.clone.broken:
            self.clone.held |= set(commits) & set(self.clone.history)
        return self.clone.broken or None

    def deepen(self, cut: Sequence[Sha], by: int | None) -> str | None:
        self.clone.asked.append(f"deepen {by}")
        if self.clone.broken:
            return self.clone.broken
        edge: set[str] = set(cut)
        for _ in range(by or len(self.clone.history)):
            edge = {parent for one in edge for parent in self.clone.history[one]}
            self.clone.held |= edge
        return None

    def tip(self, name: str) -> Sha | Unavailable:
        self.clone.asked.append(f"tip {name}")
        return Sha(self.tips[name]) if name in self.tips else Unavailable(reason="it has none")

    def default_branch(self) -> tuple[str, Sha] | Unavailable:
        self.clone.asked.append("default")
        return (self.main, Sha(self.main)) if self.main else Unavailable(reason="it is far away")

    @property
    def partial(self) -> bool:
        return self.clone.partial


def find(clone: Clone, context: RunContext = LOCAL, given: str | None = None, remote: Remote | None = None) -> Base:
    found = find_base(clone, context, given, "--base", remote)
    assert found is not None
    return found


def refused(
    clone: Clone, context: RunContext = LOCAL, given: str | None = None, remote: Remote | None = None
) -> tuple[str, str, str]:
    """Return the kind of the error, its message and its hint."""
    with pytest.raises(CovgateError) as caught:
        find_base(clone, context, given, "--base", remote)
    return caught.value.slug, caught.value.message, caught.value.hint


def event(kind: EventKind = EventKind.PULL_REQUEST, head: str = "topic", base: str | None = "main") -> RunContext:
    return RunContext(kind=kind, head_sha=Sha(head), base_sha=Sha(base) if base else None, base_ref="main")


SMALL = {**line("old", 5), **line("main", 3, "old"), **line("topic", 2, "old"), "merge": ["main", "topic"]}
"""main and topic, which left it at `old`, and what GitHub makes of both."""

ALL = set(SMALL)
GONE = "nobody answers"
