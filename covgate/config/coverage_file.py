"""What a coverage configuration says of what is counted, read as text: nothing in it is executed or expanded.

coverage itself replaces `${NAME}` in it by what the environment holds, a token say, and the report shows these values.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping
from typing import cast

COVERAGE_FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")
"""Where coverage looks, in this order; the first two count when they are there, the others when they hold settings."""

_OWN = COVERAGE_FILES[:2]

CoverageOptions = Mapping[str, tuple[str, ...]]
"""The values of an option by its name: `omit`, `[report] omit`."""

_LISTS = {
    "run": ("omit", "include", "source", "source_pkgs", "source_dirs", "plugins"),
    "report": ("omit", "include", "contexts"),
}
_LINES = {"report": ("exclude_lines", "exclude_also", "partial_branches", "partial_also")}
"""Lists of regular expressions: a comma parts none of them."""
_SINGLE = {"run": ("branch",), "report": ("fail_under",)}

_Tables = Mapping[str, Mapping[str, object]]


def read_coverage_options(files: Mapping[str, str], named: str | None = None) -> CoverageOptions:
    """Return the options of the file that coverage would use; `files` are the texts of those that are there.

    `named` is another file that the run names. Raises ValueError for a file that cannot be parsed.
    """
    for name in (named,) if named else COVERAGE_FILES:
        if name not in files:
            continue
        own = bool(named) or name in _OWN
        tables = _toml(files[name], own=own) if name.endswith(".toml") else _ini(files[name], own=own)
        if own or any(tables.values()):
            return _options(tables)
    return {}


def _toml(text: str, *, own: bool) -> _Tables:
    root = cast("dict[str, object]", tomllib.loads(text.removeprefix("\ufeff")))
    tool = root.get("tool")
    tables = tool.get("coverage") if isinstance(tool, dict) else None
    found = {key: value for key, value in (tables or {}).items() if isinstance(value, dict)}
    return found or ({key: value for key, value in root.items() if isinstance(value, dict)} if own else {})


def _ini(text: str, *, own: bool) -> _Tables:
    parser = configparser.RawConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as exc:
        raise ValueError(str(exc)) from None
    plain = {name: dict(parser[name]) for name in parser.sections()} if own else {}
    marked = {name.removeprefix("coverage:"): dict(parser[name]) for name in parser.sections() if ":" in name}
    return plain | {name: table for name, table in marked.items() if f"coverage:{name}" in parser}


def _options(tables: _Tables) -> CoverageOptions:
    found: dict[str, tuple[str, ...]] = {}
    for kind, parted in ((_LISTS, True), (_LINES, False), (_SINGLE, False)):
        for section, names in kind.items():
            for name in names:
                value = tables.get(section, {}).get(name)
                title = f"[report] {name}" if section == "report" and name in _LISTS["run"] else name
                if value is not None and (values := _values(value, parted=parted)):
                    found[title] = values
    return found


def _values(value: object, *, parted: bool) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(item).strip() for item in value)
    if isinstance(value, bool):
        # As an INI file spells it.
        return (str(value).lower(),)
    text = str(value).replace(",", "\n") if parted else str(value)
    return tuple(line.strip() for line in text.splitlines() if line.strip())
