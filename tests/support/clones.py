"""Real clones that are cut off, and what is asked of their remote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from covgate.change.base import find_base
from covgate.errors import CovgateError
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Base, Sha
from covgate.model.unknown import Unavailable
from covgate.system.git_remote import GitRemote
from tests.support.git import Repository
from tests.support.histories import Node, Story, Told

LOCAL = RunContext(kind=EventKind.LOCAL)
BRANCH = RunContext(kind=EventKind.BRANCH, event="push", branch="topic", default_branch="main")


class Counted:
    """The real remote of a clone, and what was asked of it."""

    def __init__(self, clone: Repository) -> None:
        self._remote = GitRemote(clone.command)
        self.asked: list[str] = []

    def fetch(self, commits: Sequence[Sha]) -> str | None:
        self.asked.append("fetch")
        return self._remote.fetch(commits)

    def deepen(self, cut: Sequence[Sha], by: int | None) -> str | None:
        self.asked.append(f"deepen {by}")
        return self._remote.deepen(cut, by)

    def tip(self, name: str) -> Sha | Unavailable:
        self.asked.append("tip")
        return self._remote.tip(name)

    def default_branch(self) -> tuple[str, Sha] | Unavailable:
        self.asked.append("default")
        return self._remote.default_branch()

    @property
    def partial(self) -> bool:
        return self._remote.partial


class Clone:
    """A clone of a told story, as actions/checkout makes one."""

    def __init__(self, told: Told, path: Path, *args: str) -> None:
        self.told = told
        self.repository = told.repository.clone(path, *args)
        self.remote = Counted(self.repository)

    def find(self, context: RunContext = LOCAL, given: str | None = None) -> Base | None:
        return find_base(self.repository.command, context, given, "--base", self.remote)

    def refused(self, context: RunContext = LOCAL, given: str | None = None) -> CovgateError:
        with pytest.raises(CovgateError) as caught:
            self.find(context, given)
        return caught.value

    @property
    def asked(self) -> list[str]:
        return self.remote.asked

    def lose_the_remote(self) -> None:
        self.repository.git("remote", "set-url", "origin", "file:///nowhere/to/be/found")

    def known(self) -> int:
        """How many commits the clone knows of HEAD."""
        return int(self.repository.git("rev-list", "--count", "HEAD"))


class Scene:
    """main with `old` commits, then `main_only` more; topic left it in between and has `topic_only` of its own."""

    def __init__(self, path: Path, *, old: int = 10, main_only: int = 3, topic_only: int = 2) -> None:
        story = Story()
        self.path = path
        self.fork = story.line(None, old)
        self.topic = story.line(self.fork, topic_only)
        self.main = story.line(self.fork, main_only)
        self.merge = story.commit(self.main, self.topic)
        self.late = story.commit(self.main)
        story.tips.update(main=self.main, topic=self.topic, merge=self.merge, late=self.late)
        self.told = story.tell(path / "origin")

    def sha(self, node: Node) -> Sha:
        return self.told.shas[node]

    def clone(self, *args: str) -> Clone:
        return Clone(self.told, self.path / "clone", *args)

    def pull_request(self, base: Node | None = None) -> RunContext:
        return RunContext(
            kind=EventKind.PULL_REQUEST,
            head_sha=self.sha(self.topic),
            base_sha=self.sha(base or self.main),
            base_ref="main",
        )
