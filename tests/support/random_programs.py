"""Random Python programs, one statement a line: conditions, loops and calls say themselves what became of them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

ORACLE = '''
"""What a program's conditions, loops and calls came to, said by themselves."""
import random, sys

events = []
rng = random.Random()


class One(Exception):
    pass


class Two(Exception):
    pass


def say(what, depth=2):
    frame = sys._getframe(depth)
    events.append([frame.f_code.co_filename, frame.f_lineno, what])


def c():
    """A statement."""
    if rng.random() < 0.08:
        raise rng.choice([One, Two])
    say("done")


def t():
    """A condition."""
    say("asked")
    chance = rng.random()
    if chance < 0.05:
        raise One
    say("true" if chance < bias else "false")
    return chance < bias


def w():
    """The condition of a `while`."""
    more = rng.random() < 0.5
    say("goes on" if more else "ends")
    return more


def r():
    """What a loop goes through."""
    rounds = rng.choice([0, 0, 1, 2])
    if rng.random() < 0.05:
        raise Two
    return Rounds(rounds)


class Rounds:
    def __init__(self, rounds):
        self.left = rounds

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            say("ends")
            raise StopIteration
        self.left -= 1
        say("goes on")
        return self.left


def e(kind):
    """What an `except` names."""
    say("asked")
    return kind


class cm:
    """A context that swallows one in three."""
    def __enter__(self):
        if rng.random() < 0.05:
            raise One

    def __exit__(self, kind, value, trace):
        return kind in (One, Two) and rng.random() < 0.3


def use(function):
    """Call it, go on with what it suspended a little, or leave it alone."""
    if rng.random() < 0.3:
        return
    try:
        result = function()
        for _ in range(rng.choice([0, 1, 3])):
            if hasattr(result, "send"):
                result.send(None)
    except (One, Two, StopIteration):
        pass
'''
"""The module `oracle` the programs import; its `events` are [file, line, what]."""


class Writer:
    """A program of random statements."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._lines = ["from oracle import *", f"rng.seed({seed})", "import oracle", f"oracle.bias = {seed % 5 / 4}"]
        self._names = 0
        self._loops = 0
        self._leave = ["return"]

    def text(self) -> str:
        for _ in range(4):
            self._function(0)
        return "\n".join(self._lines) + "\n"

    def _add(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)

    def _maybe(self, chance: float, depth: int, text: str) -> None:
        """Add a clause with its block, or do not."""
        if self._random.random() < chance:
            self._clause(depth, text)

    def _clause(self, depth: int, text: str) -> None:
        self._add(depth, text)
        self._block(depth + 1)

    def _block(self, depth: int) -> None:
        for _ in range(self._random.choice([1, 2, 2, 3])):
            kinds = (*_SIMPLE, *_COMPOUND) if depth < _DEEPEST else _SIMPLE
            self._random.choice(kinds)(self, depth)
        jumps = ["break", "continue"] if self._loops else []
        if self._random.random() < 0.25:
            self._add(depth, self._random.choice([self._leave[-1], "raise One", *jumps]))

    def _call(self, depth: int) -> None:
        self._add(depth, self._random.choice(["c()", "c()", "c()  # pragma: no cover"]))

    def _one_line_if(self, depth: int) -> None:
        self._add(depth, f"if t(): {self._random.choice([self._leave[-1], 'raise Two', 'c()'])}")

    def _if(self, depth: int) -> None:
        self._clause(depth, self._random.choice(["if t():"] * 5 + ["if t():  # pragma: no cover"]))
        self._maybe(0.3, depth, "elif t():")
        self._maybe(0.4, depth, "else:")

    def _loop(self, depth: int) -> None:
        self._loops += 1
        self._clause(depth, self._random.choice(["for _ in r():", "while w():"]))
        self._loops -= 1
        self._maybe(0.3, depth, "else:")

    def _with(self, depth: int) -> None:
        self._clause(depth, "with cm():")

    def _match(self, depth: int) -> None:
        self._add(depth, "match rng:")
        for _ in range(self._random.choice([1, 2, 3])):
            self._clause(depth + 1, "case _ if t():")

    def _try(self, depth: int) -> None:
        self._clause(depth, "try:")
        for kind in self._random.choice([["One"], ["Two"], ["Two", "One"]]):
            self._add(depth, f"except e({kind}):")
            self._add(depth + 1, "say('body', 1)")
            self._block(depth + 1)
        self._maybe(0.3, depth, "else:")
        if self._random.random() < 0.4:
            self._add(depth, "finally:")
            self._add(depth + 1, "c()")

    def _function(self, depth: int) -> None:
        self._names += 1
        name, kind = f"f{self._names}", self._random.choice(["", "", "generator", "async"])
        self._add(depth, f"{'async ' if kind == 'async' else ''}def {name}():")
        self._add(depth + 1, "say('body', 1)")
        loops, self._loops = self._loops, 0
        self._leave.append("yield" if kind == "generator" else "return")
        self._block(depth + 1)
        self._leave.pop()
        self._loops = loops
        if kind == "generator":
            self._add(depth + 1, "yield")
        self._add(depth, f"use({name})")


_DEEPEST = 5
_SIMPLE: tuple[Callable[[Writer, int], None], ...] = (Writer._call, Writer._call)  # its own
_COMPOUND: tuple[Callable[[Writer, int], None], ...] = (
    Writer._one_line_if,
    Writer._if,
    Writer._loop,
    Writer._with,
    Writer._match,
    Writer._try,
    Writer._function,
)
