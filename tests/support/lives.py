"""Small projects that live: files change, move and go, tests come and go, some lines run by chance. And what a drop is.

What the rules say is counted here once more, line by line, by the names of the lines and not by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import PurePosixPath
from random import Random

from covgate.history.line_states import LineState
from covgate.model.coverage import Branch, Coverage, FileCoverage

FOLDERS = ("core", "web", "lib")
TESTS = range(5)
STEPS = ("insert", "edit", "edit", "cut", "cut", "rename", "delete", "add", "test", "test", "rest")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of source, which no other is like."""

    name: int
    test: int
    """The test that executes it; -1: none does, -2: chance does."""
    exits: int = 0
    """0: it has no more than one. Another test takes the others."""
    statement: bool = True

    @property
    def text(self) -> str:
        return f"line_{self.name} = {self.name * 7919 % 1_000_003}" if self.statement else f"# {self.name * 7919}"


@dataclass(frozen=True, slots=True)
class File:
    """A file with an identity that its name is not; `version` tells whether it was edited."""

    number: int
    lines: tuple[Line, ...]


Files = Mapping[str, File]
States = Mapping[str, tuple[LineState | None, ...]]
"""What was measured, by file and line."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of a life, and what its tests showed when they ran."""

    files: Files
    states: States

    @property
    def coverage(self) -> Coverage:
        return Coverage(
            files={PurePosixPath(n): _measured(n, lines) for n, lines in self.states.items()}, has_branches=True
        )


def _measured(name: str, lines: tuple[LineState | None, ...]) -> FileCoverage:
    found = {number: state for number, state in enumerate(lines, start=1) if state}
    return FileCoverage(
        path=PurePosixPath(name),
        statements=frozenset(found),
        missing=frozenset(line for line, state in found.items() if not state.executed),
        branches={line: Branch(total=s.exits, taken=s.taken) for line, s in found.items() if s.exits},
    )


@dataclass(slots=True)
class Project:
    """What a life is made with. `chance` is whether some lines run by chance."""

    random: Random
    chance: bool
    size: int
    names: int = 0
    files: dict[str, File] = field(default_factory=dict)
    tests: set[int] = field(default_factory=set)

    def begin(self) -> None:
        self.tests = set(self.random.sample(TESTS, 3))
        for _ in range(self.random.randint(2, 5)):
            self._add()

    def _fresh(self, count: int) -> tuple[Line, ...]:
        made = []
        for _ in range(count):
            self.names += 1
            by_chance = self.chance and self.random.random() < 0.08
            test = -2 if by_chance else self.random.choice((*TESTS, 0, 1, -1))
            exits = self.random.choice((0, 0, 0, 2, 3))
            made.append(Line(self.names, test, exits, self.random.random() < 0.8))
        return tuple(made)

    def _name(self) -> str:
        self.names += 1
        return f"{self.random.choice(FOLDERS)}/m{self.names}.py"

    def _add(self) -> None:
        self.files[self._name()] = File(self.names, self._fresh(self.random.randint(1, self.size)))

    def live(self) -> None:
        """Make one step."""
        name = self.random.choice(sorted(self.files))
        file = self.files[name]
        lines, few = list(file.lines), self.random.randint(1, max(1, len(file.lines) // 4))
        at = self.random.randrange(len(lines) + 1)
        match self.random.choice(STEPS):
            case "insert":
                lines[at:at] = self._fresh(few)
            case "edit":
                # As many lines as before, fewer or more.
                lines[at : at + few] = self._fresh(max(1, few + self.random.randint(-2, 2)))
            case "cut":
                del lines[at : at + few]
            case "rename":
                del self.files[name]
                name = self._name()
            case "delete" if len(self.files) > 1:
                del self.files[name]
                return
            case "add":
                self._add()
            case "test":
                self.tests ^= {self.random.choice(TESTS)}
            case _:
                pass
        self.files[name] = File(file.number, tuple(lines) or file.lines)

    def commit(self, steps: int) -> Commit:
        for _ in range(steps):
            self.live()
        states = {name: tuple(map(self._run, file.lines)) for name, file in self.files.items()}
        return Commit(dict(self.files), states)

    def _run(self, line: Line) -> LineState | None:
        if not line.statement:
            return None
        executed = self.random.random() < 0.5 if line.test == -2 else line.test in self.tests
        taken = min(line.exits, 1 + ((line.test + 1) % len(TESTS) in self.tests)) if executed else 0
        return LineState(executed=executed, exits=line.exits, taken=taken)


@dataclass(frozen=True, slots=True)
class Life:
    """Recorded commits of main, oldest first, and a change to the last: `head`."""

    main: tuple[Commit, ...]
    head: Commit
    globs: Mapping[str, tuple[str, ...]]
    """The folders of each component, as head's configuration has them."""


def live(random: Random, *, chance: bool, size: int = 12) -> Life:
    """Make a life. A pull request starts at some commit of main, and main goes on without it."""
    project = Project(random, chance, size)
    project.begin()
    main = [project.commit(0)]
    # A commit is measured again, or it holds what a merged branch did.
    main += [project.commit(random.choice((0, 0, 1, 2, 5))) for _ in range(random.randint(1, 6))]
    head = project.commit(random.randint(1, 4))
    folders = {name: (name, *random.choice(((), (), (random.choice(FOLDERS),)))) for name in FOLDERS}
    renamed = {random.choice((name, f"{name}2")): paths for name, paths in folders.items()}
    return Life(tuple(main), head, renamed)


# --- what the rules say, line by line ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Truth:
    """What a part lost: the raw and the adjusted drop in points, and how much of it went on lines that flap."""

    raw: Fraction
    adjusted: Fraction
    flapped: Fraction

    @property
    def real(self) -> Fraction:
        return min(self.raw, self.adjusted)


def count_drop(life: Life, component: str | None) -> Truth | None:
    """Count the drop of the project (None) or of a component; None when there is nothing to measure on a side."""
    old, head = life.main[-1], life.head
    where = {file.number: name for name, file in head.files.items()}
    folders = FOLDERS if component is None else life.globs[component]
    chosen = {
        old_name for old_name, file in old.files.items() if where.get(file.number, old_name).split("/")[0] in folders
    }
    names = {name for name in head.files if name.split("/")[0] in folders}
    before = [state for name in chosen for state in old.states[name] if state]
    after = [state for name in names for state in head.states[name] if state]
    if not before or not after:
        return None
    deleted = [state for name in chosen for state in _deleted(life, name, where)]
    gone = sorted(deleted, key=lambda state: (-state.exits, -state.taken))[: max(0, len(before) - len(after))]
    rest = list(before)
    for state in gone:
        rest.remove(state)
    flapped = sum(lost for name, lost in _flapped(life) if name in names)
    return Truth(
        raw=_percent(before) - _percent(after),
        adjusted=_percent(rest) - _percent(after),
        flapped=Fraction(100 * flapped, _units(after)),
    )


def _units(states: list[LineState]) -> int:
    return sum(1 + state.exits for state in states)


def _percent(states: list[LineState]) -> Fraction:
    return Fraction(100 * sum(state.executed + state.taken for state in states), _units(states))


def _deleted(life: Life, name: str, where: Mapping[int, str]) -> Iterator[LineState]:
    """Yield the covered statements of a file that the change deletes."""
    old, head = life.main[-1], life.head
    file = old.files[name]
    states = dict(zip(file.lines, old.states[name], strict=True))
    if file.number not in where:
        yield from (state for state in states.values() if state and state.executed)
        return
    now = head.files[where[file.number]].lines
    kept = [line for line in file.lines if line in now]
    for start, end in pairwise([None, *kept, None]):
        run = [states[line] for line in _between(file.lines, start, end)]
        fewer = sum(state is not None for state in run) - sum(line.statement for line in _between(now, start, end))
        covered = sorted((s for s in run if s and s.executed), key=lambda state: (-state.exits, -state.taken))
        yield from covered[: max(0, fewer)]


def _between(lines: tuple[Line, ...], start: Line | None, end: Line | None) -> tuple[Line, ...]:
    return lines[lines.index(start) + 1 if start else 0 : lines.index(end) if end else len(lines)]


def _flapped(life: Life) -> Iterator[tuple[str, int]]:
    """Yield what each line lost that the records show going back and forth, with its file at head."""
    measured = [_by_line(commit) for commit in (*life.main, life.head)]
    for line, (name, _, now) in measured[-1].items():
        if line not in measured[-2]:
            continue
        ways: list[bool] = []
        for one, other in pairwise(measured[:-1]):
            if line in one and line in other and one[line][1] == other[line][1] and one[line][2] != other[line][2]:
                ways.append(_weight(other[line][2]) < _weight(one[line][2]))
        flips = bool(ways) + sum(one != other for one, other in pairwise(ways))
        lost = _weight(measured[-2][line][2]) - _weight(now)
        if flips > 1 and lost > 0:
            yield name, lost


def _by_line(commit: Commit) -> dict[Line, tuple[str, tuple[Line, ...], LineState]]:
    """Return where each statement is, the text of its file, and its state."""
    return {
        line: (name, file.lines, state)
        for name, file in commit.files.items()
        for line, state in zip(file.lines, commit.states[name], strict=True)
        if state
    }


def _weight(state: LineState) -> int:
    return state.executed + state.taken
