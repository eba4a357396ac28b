"""Reads `[tool.covgate]` of a pyproject.toml: the options here, components and target in `settings_goals`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from covgate.config.options import OPTIONS, Option, unknown_option
from covgate.config.read_goals import GOALS, Goals, read_goals
from covgate.config.toml_file import Document, TomlFile, parse_toml, show_value
from covgate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlSettings:
    """What the table holds. `options` are the texts of options, each with the place it stands at.

    `command` is a `test-command` that was given as a list: an argument vector; among the options it stands as text.
    """

    options: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    goals: Goals = field(default_factory=Goals)
    command: tuple[str, ...] = ()


def read_toml(toml: TomlFile) -> TomlSettings:
    """Read `[tool.covgate]`. Raises InputError for an unknown key or a value that makes no sense, with its line."""
    document = parse_toml(toml)
    table = _table_of(document)
    if table is None:
        return TomlSettings()
    if not isinstance(table, dict):
        raise InputError(
            f"tool.covgate in {toml.name} is not a table",
            hint="write `[tool.covgate]` on a line of its own",
            slug="bad-toml",
        )
    known = {o.name: o for o in OPTIONS if o.toml}
    options: dict[str, tuple[str, str]] = {}
    for key, value in cast("dict[str, object]", table).items():
        source = document.where("tool", "covgate", key)
        if key in known:
            options[key] = (_text(known[key], value, source), source)
        elif key in {o.name for o in OPTIONS}:
            # Without its value: that may be a token.
            raise InputError(
                f"option {key!r} does not belong in {source}: no file of the repository sets it",
                hint="set it in the workflow's `with:` or on the command line",
                slug="unknown-option",
            )
        elif key not in GOALS:
            raise unknown_option(key, source, [*known, *GOALS])
    vector = table.get(_COMMAND)
    command = tuple(cast("list[str]", vector)) if isinstance(vector, list) else ()
    return TomlSettings(options=options, goals=read_goals(table, document), command=command)


_COMMAND = "test-command"


def has_table(toml: TomlFile) -> bool:
    """Whether the file has anything at `tool.covgate`. Raises InputError when it might, and is no TOML."""
    return "covgate" in toml.text and _table_of(parse_toml(toml)) is not None


def peek(toml: TomlFile, key: str) -> str:
    """Return the text at one key of `[tool.covgate]`, whatever else is wrong there; empty when there is none."""
    try:
        table = _table_of(parse_toml(toml))
    except InputError:
        return ""
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, str) else ""


def _table_of(document: Document) -> object:
    """Return what stands at `tool.covgate`, a table or not; None when there is nothing."""
    tool = document.root.get("tool")
    return tool.get("covgate") if isinstance(tool, dict) else None


def _text(option: Option, value: object, source: str) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return (shlex.join if option.name == _COMMAND else "\n".join)(cast("list[str]", value))
    if isinstance(value, str):
        return value
    if isinstance(value, bool) is option.boolean and isinstance(value, (int, Decimal)):
        return show_value(value)
    expected = "`true` or `false`" if option.boolean else "text, a number or a list of texts"
    raise option.bad(show_value(value), source, f"expected {expected}")
