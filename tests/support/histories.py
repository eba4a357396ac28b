"""Histories of hundreds of commits, thought up in memory and written into real repositories in one go."""

from __future__ import annotations

import atexit
import functools
import hashlib
import random
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from covgate.model.commit import Sha, parse_sha
from tests.support.git import ENVIRONMENT, Repository, make_repository

Files = Mapping[str, tuple[str, ...]]
"""The lines of each file."""

_START = 1_767_225_600  # 2026-01-01


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One commit of a story."""

    number: int
    parents: tuple[Node, ...] = field(repr=False)
    files: Files = field(repr=False)
    seconds: int
    family: int = field(repr=False)
    """Its own number and those of its ancestors, as bits."""

    @property
    def date(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, tz=UTC)

    def has(self, other: Node) -> bool:
        """Whether `other` is this commit or an ancestor of it."""
        return bool(self.family >> other.number & 1)

    def behind(self, base: Node) -> int:
        """How many commits `base` has that this one has not."""
        return (base.family & ~self.family).bit_count()


class Story:
    """Commits in the order they are made, a while apart."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)  # a story, no secret
        self.nodes: list[Node] = []
        self.tips: dict[str, Node] = {}
        self._seconds = _START

    def commit(self, *parents: Node, files: Files | None = None) -> Node:
        """Make a commit; without `files` it holds what its first parent holds."""
        self._seconds += self.random.randint(1, 4000)
        number = len(self.nodes) + 1
        held = files if files is not None else parents[0].files if parents else {"m.py": ("one",)}
        family = 1 << number
        for parent in parents:
            family |= parent.family
        node = Node(number, parents, held, self._seconds, family)
        self.nodes.append(node)
        return node

    def line(self, start: Node | None, length: int) -> Node:
        """Make `length` commits, one after the other, on top of `start`."""
        tip = start
        for _ in range(length):
            tip = self.commit(*([tip] if tip else []))
        assert tip is not None
        return tip

    def tell(self, path: Path) -> Told:
        """Write everything into a new repository, with a branch for each of `tips`."""
        text = "".join([*map(_told, self.nodes), *map(_branch, self.tips, self.tips.values())])
        shutil.copytree(_written(text), path)
        told = (line.split() for line in (path / ".git" / "story").read_text().splitlines())
        shas = {int(mark[1:]): parse_sha(sha) for mark, sha in told}
        return Told(repository=Repository(path), shas={node: shas[node.number] for node in self.nodes})


@functools.cache
def _written(text: str) -> Path:
    """Return a repository into which a text for `git fast-import` was written: many tests tell the same story."""
    path = _shelf() / hashlib.sha256(text.encode()).hexdigest()
    repository = make_repository(path)
    # GitHub hands out any commit it has.
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    done = subprocess.run(
        ["git", "fast-import", "--quiet", "--force", "--export-marks=.git/story"],
        cwd=path,
        env=ENVIRONMENT,
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    repository.git("reset", "--quiet", "--hard", "main")
    return path


@functools.cache
def _shelf() -> Path:
    """Return a folder that lasts as long as the tests."""
    folder = tempfile.TemporaryDirectory(prefix="stories-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@dataclass(frozen=True, slots=True)
class Told:
    """A story as a repository."""

    repository: Repository
    shas: Mapping[Node, Sha]


def _told(node: Node) -> str:
    lines = [
        # Without a parent, a commit would go on top of what the reference holds.
        f"commit refs/story/{'work' if node.parents else node.number}",
        f"mark :{node.number}",
        f"committer C <c@example.org> {node.seconds} +0000",
        _data(f"commit {node.number}"),
        *(f"{word} :{parent.number}" for word, parent in zip(_WORDS, node.parents, strict=False)),
        "deleteall",
    ]
    for name, text in node.files.items():
        lines += [f"M 100644 inline {name}", _data("".join(f"{line}\n" for line in text))]
    return "\n".join(lines) + "\n"


_WORDS = ("from", "merge", "merge", "merge")


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}"


def _branch(name: str, node: Node) -> str:
    return f"reset refs/heads/{name}\nfrom :{node.number}\n\n"
