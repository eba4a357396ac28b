"""Reads `[tool.covgate]` of a pyproject.toml, and says on which line a value stands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from covgate.errors import InputError
from covgate.options import OPTIONS, unknown_option


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """The text of a pyproject.toml and the name to call it by."""

    name: str
    text: str


def read_toml(toml: TomlFile) -> dict[str, tuple[str, str]]:
    """Return the text of every option that `[tool.covgate]` sets, with the place it stands at."""
    try:
        # Decimal keeps 99.95 exact: a gate compares exact numbers.
        document = cast("dict[str, object]", tomllib.loads(toml.text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as exc:
        raise InputError(f"{toml.name} is not valid TOML: {exc}", hint="mend the file", slug="bad-toml") from None
    tool = document.get("tool")
    table = tool.get("covgate") if isinstance(tool, dict) else None
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise InputError(
            f"tool.covgate in {toml.name} is not a table",
            hint="write `[tool.covgate]` on a line of its own",
            slug="bad-toml",
        )
    known = [o.name for o in OPTIONS if o.toml]
    given: dict[str, tuple[str, str]] = {}
    for key, value in cast("dict[str, object]", table).items():
        source = f"{toml.name}{_line_of(toml.text, key)}"
        if key not in known:
            raise unknown_option(key, source, known)
        given[key] = (_toml_text(key, value, source), source)
    return given


def _toml_text(key: str, value: object, source: str) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(cast("list[str]", value))
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        return str(value)
    raise InputError(
        f"{key} = {value!r} (from {source}): expected text, a number or a list of texts",
        hint=next(f"{o.name}: {o.help}" for o in OPTIONS if o.name == key),
        slug="bad-option-value",
    )


def _line_of(text: str, key: str) -> str:
    """`, line N` of `key` under `[tool.covgate]`, for messages; empty when it is written another way."""
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            inside = header[1].replace(" ", "") == "tool.covgate"
        elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f", line {number}"
    return ""
