"""What a project's pytest options ask of pytest-cov, so that covgate measures the same files, once."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast


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
    """Read them from the pytest configuration, PYTEST_ADDOPTS and the command, in pytest's order."""
    words = [*_configured_addopts(directory), *_split(addopts_variable), *command]
    return parse_cov_options(words)


def parse_cov_options(words: Iterable[str]) -> CovOptions:
    """Pick pytest-cov's options out of pytest's arguments, as its own parser would."""
    source: list[str] = []
    used = branch = False
    loadable = True
    config: str | None = None
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name == "--cov":
            used = True
            # `--cov` takes an optional value: the next word, unless that is an option.
            taken = value if equals else (rest.pop(0) if rest and not rest[0].startswith("-") else "")
            source += [taken] if taken else []
        elif name == "--cov-branch":
            branch = True
        elif name == "--cov-config":
            config = value if equals else (rest.pop(0) if rest else None)
        elif name == "--cov-reset":
            source = []
        elif name.removeprefix("-p") in _BLOCKED or (name == "-p" and rest and rest[0] in _BLOCKED):
            loadable = False
    return CovOptions(used=used, loadable=loadable, source=tuple(dict.fromkeys(source)), branch=branch, config=config)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        # pytest will report the unbalanced quote itself.
        return []


def _configured_addopts(directory: Path) -> list[str]:
    """`addopts` of the file pytest would use: the first of its candidates that configures pytest."""
    for name in ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        path = directory / name
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = _from_toml(name, text) if name.endswith(".toml") else _from_ini(name, text)
        if found is not None:
            return found
    return []


def _from_toml(name: str, text: str) -> list[str] | None:
    try:
        table: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    path = ["pytest"] if name != "pyproject.toml" else ["tool", "pytest", "ini_options"]
    if name == "pyproject.toml" and re.search(r"^\s*\[tool\.pytest\]", text, re.MULTILINE):
        path = ["tool", "pytest"]
    for key in path:
        table = cast("dict[str, object]", table).get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    value = cast("dict[str, object]", table).get("addopts", "")
    return [str(word) for word in value] if isinstance(value, list) else _split(str(value))


def _from_ini(name: str, text: str) -> list[str] | None:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    if not parser.has_section(section):
        # pytest.ini is pytest's own even when it is empty.
        return [] if name.lstrip(".") == "pytest.ini" else None
    return _split(parser.get(section, "addopts", fallback=""))
