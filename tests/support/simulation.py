"""A project's life in commits: pull requests that lag and merge in every way, reverts, renames, and its records."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.model.commit import Sha
from covgate.model.coverage import Coverage, FileCoverage
from covgate.model.history import Record
from covgate.model.numbers import Tally
from tests.support.histories import Files, Node, Story, Told


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as it stood when its checks ran."""

    main: Node
    """The tip of main: the first parent of the merge commit."""
    head: Node
    merge: Node


class Life:
    """`length` commits on main. All of it is decided by the seed."""

    def __init__(self, seed: int, length: int = 200) -> None:
        self.story = Story(seed)
        self.random = self.story.random
        start = {f"p/m{n}.py": tuple(f"line {n}.{k}" for k in range(12)) for n in range(6)}
        self.main = [self.story.commit(files=start)]
        self.pull_requests: list[PullRequest] = []
        self.strangers: list[Node] = []
        """Commits that no main ever gets: forced away, or of another branch."""
        while len(self.main) < length:
            self._live()
        self.story.tips["main"] = self.main[-1]

    def _live(self) -> None:
        event = self.random.random()
        tip = self.main[-1]
        if event < 0.25:
            self.main.append(self.story.commit(tip, files=self._edited(tip.files)))
        elif event < 0.32 and len(self.main) > 1:
            # A revert: what the commit before held.
            self.main.append(self.story.commit(tip, files=self.main[-2].files))
        elif event < 0.38:
            self._go_astray()
        else:
            self._pull_request()

    def _go_astray(self) -> None:
        """A main that was pushed and then forced away, or a branch that nobody merges."""
        start = self.random.choice(self.main[-20:])
        for _ in range(self.random.randint(1, 4)):
            start = self.story.commit(start, files=self._edited(start.files))
            self.strangers.append(start)

    def _pull_request(self) -> None:
        start = self.random.choice(self.main[-15:])
        head = start
        commits = []
        for _ in range(self.random.randint(1, 5)):
            if self.random.random() < 0.15 and not head.has(self.main[-1]):
                head = self.story.commit(head, self.main[-1], files=self._joined(head, self.main[-1]))
            else:
                head = self.story.commit(head, files=self._edited(head.files))
            commits.append(head)
        if self.random.random() < 0.4:
            # Main moves on while the pull request is open.
            self.main.append(self.story.commit(self.main[-1], files=self._edited(self.main[-1].files)))
        tip = self.main[-1]
        merge = self.story.commit(tip, head, files=self._joined(tip, head))
        self.pull_requests.append(PullRequest(tip, head, merge))
        match self.random.choice(["merge", "squash", "rebase", "close"]):
            case "merge":
                # GitHub makes the commit anew when the button is pressed.
                self.main.append(self.story.commit(tip, head, files=merge.files))
            case "squash":
                self.main.append(self.story.commit(tip, files=merge.files))
                self.strangers += commits
            case "rebase":
                for commit in commits:
                    self.main.append(self.story.commit(self.main[-1], files=self._joined(self.main[-1], commit)))
                self.strangers += commits
            case _:
                self.strangers += commits

    def _joined(self, one: Node, other: Node) -> Files:
        """A merge that takes each file from where it was touched last; it only has to be the same every time."""
        names = sorted({*one.files, *other.files})
        return {name: (other.files if name in other.files else one.files)[name] for name in names}

    def _edited(self, files: Files) -> Files:
        edited = dict(files)
        name = self.random.choice(sorted(edited))
        lines = list(edited[name])
        fresh = [f"line {self.random.randrange(10**6)}" for _ in range(self.random.randint(1, 4))]
        at = self.random.randrange(len(lines) + 1)
        match self.random.choice(["insert", "insert", "replace", "cut", "rename", "delete", "add"]):
            case "insert":
                lines[at:at] = fresh
            case "replace":
                lines[at : at + len(fresh)] = fresh
            case "cut":
                del lines[at : at + 3]
            case "rename":
                del edited[name]
                name = f"p/r{self.random.randrange(10**6)}.py"
            case "delete" if len(edited) > 3:
                del edited[name]
                return edited
            case _:
                name, lines = f"p/n{self.random.randrange(10**6)}.py", fresh * 3
        edited[name] = tuple(lines or fresh)
        return edited

    def records(self, told: Told, share: float, *, wrong: float) -> tuple[Record, ...]:
        """A share of main's commits, and as many more times `wrong` that should never have been recorded."""
        chosen = [node for node in self.main if self.random.random() < share]
        merged = [node for node in self.story.nodes if self.main[-1].has(node) and node not in self.main]
        count = 1 + int(len(chosen) * wrong)
        chosen += self.random.sample(self.strangers, count) + self.random.sample(merged, count)
        return tuple(record_of(told, node) for node in sorted(chosen, key=lambda node: node.number))


def record_of(told: Told, node: Node) -> Record:
    texts = {name: "".join(f"{line}\n" for line in lines).encode() for name, lines in node.files.items()}
    return Record(
        sha=told.shas[node],
        parent=told.shas[node.parents[0]] if node.parents else None,
        date=node.date,
        total=coverage_of(texts).total,
        has_branches=False,
    )


def coverage_of(texts: dict[str, bytes]) -> Coverage:
    """A measurement that depends on nothing but the files: which line is executed is in its text."""
    files = {}
    for name, data in texts.items():
        lines = data.splitlines()
        missing = frozenset(n for n, line in enumerate(lines, start=1) if zlib.crc32(line) % 3 == 0)
        path = PurePosixPath(name)
        files[path] = FileCoverage(path=path, statements=frozenset(range(1, len(lines) + 1)), missing=missing)
    return Coverage(files=files, has_branches=False)


def tell(seed: int, path: Path) -> tuple[Life, Told]:
    """Live a life and write it down."""
    life = Life(seed)
    return life, life.story.tell(path)


def brute_force(told: Told, records: tuple[Record, ...], base: Node) -> tuple[Sha, int] | None:
    """Return the nearest recorded ancestor and how far behind it is, by looking at every record."""
    nodes = {sha: node for node, sha in told.shas.items()}
    found = [
        (node.behind(base), -record.date.timestamp(), record.sha)
        for record in records
        if (node := nodes.get(record.sha)) is not None and base.has(node)
    ]
    if not found:
        return None
    behind, _, sha = min(found)
    return sha, behind


def total_of(told: Told, sha: Sha) -> Tally:
    """Measure a commit's files as git holds them."""
    git = told.repository.command
    blobs = git.blobs(sha, git.blob_ids(sha))
    return coverage_of({str(path): data for path, data in blobs.items()}).total
