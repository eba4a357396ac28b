"""A pyproject.toml as it is read: its values, the lines they stand on, and how a value is shown in a message."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import cast

from covgate.errors import InputError

_Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """The text of a pyproject.toml and the name to call it by."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that was read. `headers` and `keys` map the path of a table or of a value to its line, from 1."""

    name: str
    root: Mapping[str, object]
    headers: Mapping[_Keys, int]
    keys: Mapping[_Keys, int]

    def where(self, *path: str) -> str:
        """Return where a table or a value stands: `pyproject.toml, line 31`, or the name of the file alone.

        What an inline table holds stands where that table is; a table without a header where its first key is.
        """
        line = self.headers.get(path) or self.keys.get(path) or self._near(path)
        return f"{self.name}, line {line}" if line else self.name

    def _near(self, path: _Keys) -> int | None:
        inside = [line for keys, line in (*self.keys.items(), *self.headers.items()) if keys[: len(path)] == path]
        around = (self.keys.get(path[:length]) for length in range(len(path) - 1, 0, -1))
        return min(inside, default=None) or next(filter(None, around), None)


def parse_toml(toml: TomlFile) -> Document:
    """Read the file; its fractions become Decimals, so that 99.95 stays exact. Raises InputError when it is no TOML."""
    try:
        root = cast("dict[str, object]", tomllib.loads(toml.text, parse_float=Decimal))
    except (ValueError, RecursionError) as exc:  # TOMLDecodeError is a ValueError, and so is what int() says of itself
        raise InputError(f"{toml.name} is not valid TOML: {exc}", hint="mend the file", slug="bad-toml") from None
    headers: dict[_Keys, int] = {}
    keys: dict[_Keys, int] = {}
    table: _Keys = ()
    for number, line in enumerate(toml.text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _split(header[1])
            headers.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            keys.setdefault((*table, *_split(assignment[1])), number)
    return Document(name=toml.name, root=root, headers=headers, keys=keys)


_KEY = r"(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')"
_DOTTED = rf"({_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)"
_HEADER = re.compile(rf"[ \t]*\[\[?[ \t]*{_DOTTED}[ \t]*\]\]?\s*(?:#.*)?\Z", re.DOTALL)
_ASSIGNMENT = re.compile(rf"[ \t]*{_DOTTED}[ \t]*=")


def _split(dotted: str) -> _Keys:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, dotted))


_LONGEST = 80
"""Characters of a value that a message shows."""

_DIGITS = 4000
"""More bits than this no number of a configuration has; Python itself refuses to print one of 4,300 digits."""


def show_value(value: object) -> str:
    """Return a TOML value as a message shows it, in one line of the file's own spelling, cut where it is long."""
    text = value.strip() if isinstance(value, str) else _spell(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _spell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_spell(item) for item in value)}]"
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, int) and value.bit_length() > _DIGITS:
        return "a number of thousands of digits"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
