"""What a project's pytest options ask of pytest-cov, so that covgate measures the same files, once."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import cast

from covgate.measure.shell import pytest_calls, split_options


@dataclass(frozen=True, slots=True, kw_only=True)
class CovOptions:
    """pytest-cov's options: `--cov=SOURCE` (repeatable), `--cov-branch`, `--cov-config=FILE`."""

    used: bool = False
    loadable: bool = True
    """False when `-p no:pytest_cov` keeps the plugin out, and its options with it."""
    source: tuple[str, ...] = ()
    branch: bool = False
    config: str | None = None


_BLOCKED = frozenset({"no:pytest_cov", "no:cov"})


def find_cov_options(directory: Path, command: Iterable[str], addopts_variable: str) -> CovOptions:
    """Read them from the pytest configuration, PYTEST_ADDOPTS and the command's arguments, in pytest's order.

    Of a command that calls pytest several times, each call is read, and what any of them measures is measured.
    """
    found = []
    for arguments in _arguments_of_pytest(list(command)):
        given = [*split_options(addopts_variable), *arguments]
        found.append(parse_cov_options([*configured_words(directory, given, "addopts"), *given]))
    sources = [one.source for one in found]
    return CovOptions(
        used=any(one.used for one in found),
        loadable=all(one.loadable for one in found),
        # A call without one measures what the configuration says, and that is more than the others name.
        source=tuple(dict.fromkeys(chain.from_iterable(sources))) if all(sources) else (),
        branch=any(one.branch for one in found),
        config=next((one.config for one in found if one.config), None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JunitOption:
    """Where pytest writes its results. `own` are the files the project's options name."""

    may_add: bool = False
    """Whether an option of covgate's would name the one file there is: of one call of pytest that names none."""
    own: tuple[str, ...] = ()


def find_junit_option(directory: Path, command: Iterable[str], addopts_variable: str) -> JunitOption:
    """Find pytest's `--junitxml` as pytest would, for a command that calls pytest itself.

    `make test` and `tox` are no calls. Where one of several calls names no file, the others' are a part of the results.
    """
    calls, own = pytest_calls(list(command)), []
    for arguments in calls:
        given = [*split_options(addopts_variable), *arguments]
        words = [*configured_words(directory, given, "addopts"), *given]
        if any(word.removeprefix("-p") in {"no:junitxml", "no:_pytest.junitxml"} for word in words):
            return JunitOption()
        own.append(_last_junit(words))
    named = tuple(dict.fromkeys(filter(None, own)))
    return JunitOption(may_add=own == [""], own=named if all(own) else ())


def _last_junit(words: list[str]) -> str:
    """Return the file that `--junitxml` names last, or an empty string."""
    found = ""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        if name in {"--junitxml", "--junit-xml"}:
            found = value if equals else following
    return found


_HANDED_ON = ("--cov", "-p", "-o", "--override-ini")
"""The options that matter here; others of an unknown program (`python -c ...`) mean something else."""


def _arguments_of_pytest(command: list[str]) -> list[list[str]]:
    """Return the arguments of each pytest of a command: the program, and what stands before it, is none of them.

    `addopts = "--cov"` and the command `pytest` are `pytest --cov`, not `--cov=pytest`. What a program of another name
    hands on to pytest is not known: its own options are read as if they were.
    """
    first = next((n for n, word in enumerate(command) if word.startswith(_HANDED_ON)), len(command))
    return pytest_calls(command) or [command[first:]]


def configured_words(directory: Path, given: Sequence[str], key: str) -> list[str]:
    """Return what pytest's configuration has under `key` (`addopts`, `testpaths`) when it is started with `given`.

    It is in the file pytest would use: the first of the candidates that configures pytest.
    """
    if key == "addopts" and _overrides_addopts(given):
        return []
    for path in _candidates(directory, given):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = (_from_toml if path.suffix == ".toml" else _from_ini)(key, path.name, text)
        if found is not None:
            return found
    return []


def find_test_names(directory: Path, command: Iterable[str], addopts_variable: str) -> tuple[str, ...]:
    """Return the `python_files` of the pytest configuration: patterns of names; empty where pytest's own hold."""
    return tuple(configured_words(directory, [*split_options(addopts_variable), *command], "python_files"))


def parse_cov_options(words: Iterable[str]) -> CovOptions:
    """Pick pytest-cov's options out of pytest's arguments, as its own parser would."""
    source: list[str] = []
    used = bare = branch = False
    loadable = True
    config: str | None = None
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name == "--cov":
            used = True
            # `--cov` takes an optional value: the next word, a path of tests too, unless that is an option.
            taken = value if equals else (rest.pop(0) if rest and not rest[0].startswith("-") else "")
            source += [taken] if taken else []
            bare = bare or not (taken or equals)
        elif name == "--cov-branch":
            branch = True
        elif name == "--cov-config":
            config = value if equals else (rest.pop(0) if rest else None)
        elif name == "--cov-reset":
            source, bare = [], False
        elif name.removeprefix("-p") in _BLOCKED:  # a word of its own behind `-p`, or one with it
            loadable = False
    # pytest-cov: `--cov --cov=shop` is `--cov`, which measures what coverage's configuration says.
    named = () if bare else tuple(dict.fromkeys(source))
    return CovOptions(used=used, loadable=loadable, source=named, branch=branch, config=config)


def _overrides_addopts(words: Sequence[str]) -> bool:
    """Whether `-o addopts=...` is among the words: it takes the place of the configured ones."""
    return any(re.fullmatch(r"(-o|--override-ini=)?addopts=.*", word, re.DOTALL) for word in words)


def _candidates(directory: Path, words: Sequence[str]) -> Iterator[Path]:
    """Yield the files pytest would look at: the one `-c` names, else those of its names here and in every parent."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        named = following if word in {"-c", "--config-file"} else re.sub(r"^(-c|--config-file=)", "", word)
        if named != word and named:
            yield directory / named
            return
    for folder in (directory, *directory.parents):
        yield from (folder / name for name in CONFIGURATIONS)


CONFIGURATIONS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""In the order pytest 9 looks for them."""


def _from_toml(option: str, name: str, text: str) -> list[str] | None:
    try:
        table: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    for part in ("tool", "pytest") if name == "pyproject.toml" else ("pytest",):
        table = cast("dict[str, object]", table).get(part) if isinstance(table, dict) else None
    if isinstance(table, dict) and "ini_options" in table:
        table = table["ini_options"]
    if not isinstance(table, dict):
        return None
    value = cast("dict[str, object]", table).get(option, "")
    return [str(word) for word in value] if isinstance(value, list) else split_options(str(value))


def _from_ini(option: str, name: str, text: str) -> list[str] | None:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    if not parser.has_section(section):
        # pytest.ini is pytest's own even when it is empty.
        return [] if name.lstrip(".") == "pytest.ini" else None
    return split_options(parser.get(section, option, fallback=""))
