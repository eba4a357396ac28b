"""A test command: the process it becomes, its words, and where it starts pytest."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence


def shell_argv(command: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the argument vector that runs a shell command as a step of a workflow does.

    GitHub's `shell: bash` is `bash --noprofile --norc -eo pipefail`: it ends at the first command that fails, and a
    pipe fails with any part of it. Where `environment` has no bash on its PATH it is `sh -e`, which sees the last part
    of a pipe only (POSIX has no `pipefail` before 2024; Debian's dash 0.5.12 has none).
    """
    if shutil.which("bash", path=environment.get("PATH", "")):
        return ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command)
    return ("/bin/sh", "-e", "-c", command)


def words_of(command: str | Sequence[str]) -> list[str]:
    """Return the words of an argument vector, or of a shell command: operators such as `&&`, and line ends, are words.

    A shell command with a quote that is not closed is split at its blanks.
    """
    if not isinstance(command, str):
        return list(command)
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace_split, lexer.whitespace = True, " \t\r"
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return command.split()


def split_options(text: str) -> list[str]:
    """Return the words of `addopts` or PYTEST_ADDOPTS; none when a quote is not closed, which pytest itself reports."""
    try:
        return shlex.split(text)
    except ValueError:
        return []


_OPERATORS = re.compile(r"[;&|()<>\n]+")
_PYTEST = re.compile(r"(-m)?(.*/)?(pytest|py\.test)")


def pytest_calls(words: Sequence[str]) -> list[list[str]]:
    """Return what follows each `pytest` up to the end of its command. `make -k` has no word for pytest."""
    calls: list[list[str]] = []
    inside = False
    for word in words:
        if _OPERATORS.fullmatch(word):
            inside = False
        elif inside:
            calls[-1].append(word)
        elif _PYTEST.fullmatch(word):
            inside = True
            calls.append([])
    return calls
