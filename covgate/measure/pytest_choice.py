"""Which tests pytest is told to run: all of the project's, a part of them, or none at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.measure.pytest_options import configured_words
from covgate.measure.shell import pytest_calls, split_options, words_of

_COLLECTS = frozenset({"--co", "--collect-only", "--collectonly", "--setup-plan", "--setup-only"})
_PARTIAL = _COLLECTS | {"--lf", "--last-failed", "--sw", "--stepwise", "--sw-skip", "--stepwise-skip"}
# pytest-testmon, pytest-picked, pytest-split, pytest-shard.
_PLUGINS = frozenset({"--testmon", "--picked", "--splits", "--shard-id"})
_FAILED_FIRST, _STOPS = frozenset({"--ff", "--failed-first"}), frozenset({"-x", "--exitfirst", "--maxfail"})
_CHOOSING = frozenset({"-k", "-m", "--deselect", "--ignore", "--ignore-glob"})
"""A project may choose its suite with these. On the command line, or in PYTEST_ADDOPTS, they choose for once."""

_WITHOUT_VALUE = frozenset(
    {
        "--strict",
        "--strict-markers",
        "--strict-config",
        "--verbose",
        "--quiet",
        "--no-header",
        "--no-summary",
        "--exitfirst",
        "--ff",
        "--failed-first",
        "--nf",
        "--new-first",
        "--lf",
        "--last-failed",
        "--cov-branch",
        "--cov-append",
        "--no-cov",
        "--showlocals",
        "--full-trace",
        "--runxfail",
        "--doctest-modules",
        "--cache-clear",
        "--disable-warnings",
        "--pyargs",
        "--noconftest",
        "--forked",
    }
)
"""Long options, of pytest and common plugins, after which a word is a place."""

_SHORT_FLAGS, _SHORT_WITH_VALUE = "qvxslhV", "kmrnpcoW"
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py")
"""pytest's own `python_files`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """How pytest is started: by the project's configuration and test command, and by who started this very run."""

    directory: Path
    command: str | Sequence[str]
    """A shell command, or an argument vector."""
    for_once: bool
    """The command stood on the command line: it is not the project's own."""
    variable: str
    """PYTEST_ADDOPTS."""

    def calls(self) -> list[list[str]]:
        """Return pytest's arguments at each place of the command; one call without, when it starts pytest unseen."""
        return pytest_calls(words_of(self.command)) or [[]]

    def added(self) -> list[str]:
        """Return the words of PYTEST_ADDOPTS."""
        return split_options(self.variable)

    def configured(self, call: Sequence[str], key: str = "addopts") -> list[str]:
        """Return the words that pytest's configuration has under a key."""
        return configured_words(self.directory, ["pytest", *self.added(), *call], key)

    def arguments(self, call: Sequence[str]) -> Arguments:
        """Return all that pytest is told by a call of it, in its order."""
        return read_arguments([*self.configured(call), *self.added(), *call])


def only_collects(run: Invocation) -> str | None:
    """Return the option with which pytest lists the tests and runs none of them, in every call of it; else None."""
    found = [run.arguments(call).first(_COLLECTS) for call in run.calls()]
    return found[0] if all(found) else None


def find_choice(run: Invocation, tracked: Iterable[PurePosixPath]) -> str | None:
    """Return the argument that makes a run of pytest a part of the project's suite, or None.

    `tracked` are the files of the project, relative to its folder; they are gone through only when places are named.
    """
    for call in run.calls():
        everything = run.arguments(call)
        if partial := everything.first(_PARTIAL | _PLUGINS):
            return partial
        first, stop = everything.first(_FAILED_FIRST), everything.first(_STOPS)
        if first and stop:
            return f"{first} with {stop}"
        once = read_arguments([*run.added(), *(call if run.for_once else ())])
        if chosen := once.first(_CHOOSING) or _narrow(run, once, tracked):
            return chosen
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """pytest's arguments: the options by name, and the other words."""

    options: tuple[str, ...]
    others: tuple[str, ...]

    def first(self, wanted: frozenset[str]) -> str | None:
        """Return the first option that is one of `wanted`."""
        return next((option for option in self.options if option in wanted), None)


def read_arguments(words: Sequence[str]) -> Arguments:
    """Tell options from other words. A word after a long option that may take a value is that value."""
    options: list[str] = []
    others: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            options.append(word.partition("=")[0])
            may_take = "=" not in word and word not in _WITHOUT_VALUE
            if may_take and rest and not rest[0].startswith("-") and not _is_test(rest[0]):
                rest.pop(0)
        elif word.startswith("-"):
            names, wants_value = _short(word)
            options += names
            if wants_value and rest:
                rest.pop(0)
        else:
            others.append(word)
    return Arguments(options=tuple(options), others=tuple(others))


def _short(word: str) -> tuple[list[str], bool]:
    """Return the options of a word such as `-qxk`, and whether the value of the last one is the next word."""
    names = []
    for at, letter in enumerate(word[1:], start=2):
        if letter not in _SHORT_FLAGS + _SHORT_WITH_VALUE:
            break
        names.append(f"-{letter}")
        if letter in _SHORT_WITH_VALUE:
            return names, at == len(word)
    return names, False


def _is_test(word: str) -> bool:
    return "::" in word or word.endswith(".py")


def _narrow(run: Invocation, arguments: Arguments, tracked: Iterable[PurePosixPath]) -> str | None:
    """Return a place among the arguments when tests of the project lie outside of all of them."""
    places = [word for word in arguments.others if (run.directory / word.partition("::")[0]).exists()]
    if not places:
        return None
    one = next((place for place in places if "::" in place), None)
    if one:
        return one
    named = [_relative(run.directory, place) for place in places]
    suite = [_relative(run.directory, place) for place in run.configured((), "testpaths")] or [PurePosixPath()]
    tests = [path for path in tracked if _TEST_FILE.fullmatch(path.name) and _within(path, suite)]
    return None if all(_within(path, named) for path in tests) else places[0]


def _relative(directory: Path, place: str) -> PurePosixPath:
    path = (directory / place).resolve()
    home = directory.resolve()
    return PurePosixPath(path.relative_to(home)) if path.is_relative_to(home) else PurePosixPath(path)


def _within(path: PurePosixPath, places: Iterable[PurePosixPath]) -> bool:
    return any(path.is_relative_to(place) for place in places)
