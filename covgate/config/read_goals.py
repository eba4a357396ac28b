"""Reads what a team wants of its coverage: `[tool.covgate.components.NAME]` and `[tool.covgate.target]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from covgate.config.globs import parse_glob
from covgate.config.goals import Component, Target
from covgate.config.option_values import did_you_mean, parse_percent, parse_points, parse_switch
from covgate.config.options import bad_value
from covgate.config.toml_file import Document, show_value
from covgate.errors import InputError

GOALS = ("components", "target")
"""The tables in `[tool.covgate]` that are read here."""

MOST_COMPONENTS = 100
_MOST_GLOBS = 100

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_TAKEN = "overall"
"""trending.json has `overall_coverage` for the total, and `NAME_coverage` for a component."""

_COMPONENT_KEYS = {
    "paths": "the globs of its files, as in paths = ['core/**']",
    "min-total": "fail when the coverage of its files is below this, in percent",
    "min-diff": "fail when the coverage of their changed lines is below this, in percent",
    "max-drop": "fail when the coverage of its files fell by more than this, in percentage points",
    "target": "where its coverage is to be, in percent",
}
_TARGET_KEYS = {
    "total": "where total coverage is to be, in percent",
    "by": "the day it is to be there, as in by = 2027-02-28",
    "ramp": "whether the required total rises in a straight line until then: `true` or `false`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """Components in the order of the file, the target, and where each of their values stands.

    `sources` has `components.api`, `components.api.min-total`, `target`, `target.by`, …
    """

    components: tuple[Component, ...] = ()
    target: Target | None = None
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table of `[tool.covgate]`, and the keys it may have with what they mean."""

    path: tuple[str, ...]
    values: Mapping[str, object]
    document: Document
    meanings: Mapping[str, str]

    def name(self, *keys: str) -> str:
        return ".".join((*self.path, *keys))

    def where(self, *keys: str) -> str:
        return self.document.where("tool", "covgate", *self.path, *keys)

    def bad(self, key: str, problem: str) -> InputError:
        text, hint = show_value(self.values[key]), f"{key}: {self.meanings[key]}"
        return bad_value(self.name(key), text, self.where(key), problem, hint=hint)

    def sources(self) -> dict[str, str]:
        return {self.name(): self.where(), **{self.name(key): self.where(key) for key in self.values}}

    def percent(self, key: str, parse: Callable[[str], Decimal] = parse_percent) -> Decimal | None:
        if key not in self.values:
            return None
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
            raise self.bad(key, "expected a number from 0 to 100")
        try:
            return parse(value if isinstance(value, str) else show_value(value))
        except ValueError as exc:
            raise self.bad(key, str(exc)) from None


def read_goals(table: Mapping[str, object], document: Document) -> Goals:
    """Read the components and the target of `[tool.covgate]`. Raises InputError that names the value and its line."""
    components, sources = _read_components(table.get("components", {}), document)
    target = None
    if "target" in table:
        values = _open("target", table["target"], document, _TARGET_KEYS, "put `total = 80` below it")
        target = _read_target(values)
        sources |= values.sources()
    return Goals(components=components, target=target, sources=sources)


def _open(dotted: str, value: object, document: Document, meanings: Mapping[str, str], hint: str) -> _Table:
    """Return a table whose keys are all known."""
    path = tuple(dotted.split("."))
    where = document.where("tool", "covgate", *path)
    if not isinstance(value, dict):
        raise InputError(
            f"{dotted} = {show_value(value)} (from {where}): expected a table",
            hint=f"write `[tool.covgate.{dotted}]` on a line of its own and {hint}",
            slug="bad-toml",
        )
    table = _Table(path=path, values=cast("dict[str, object]", value), document=document, meanings=meanings)
    for key in table.values:
        if key not in meanings:
            raise InputError(
                f"unknown option {table.name(key)!r} in {table.where(key)}{did_you_mean(key, meanings)}",
                hint=f"the options of {dotted} are: {', '.join(meanings)}",
                slug="unknown-option",
            )
    return table


# --- components ----------------------------------------------------------------------------------------------------


def _read_components(value: object, document: Document) -> tuple[tuple[Component, ...], dict[str, str]]:
    if not isinstance(value, dict):
        raise InputError(
            f"components = {show_value(value)} (from {document.where('tool', 'covgate', 'components')}): "
            "expected a table for each component",
            hint="write `[tool.covgate.components.NAME]` on a line of its own and put `paths = ['NAME/**']` below it",
            slug="bad-toml",
        )
    if len(value) > MOST_COMPONENTS:
        raise InputError(
            f"{document.name} has {len(value)} components: at most {MOST_COMPONENTS} are judged",
            hint="join some of them",
            slug="component",
        )
    components: list[Component] = []
    sources: dict[str, str] = {}
    for name, values in value.items():
        _check_name(name, [component.name for component in components], document)
        table = _open(f"components.{name}", values, document, _COMPONENT_KEYS, "put `paths = ['core/**']` below it")
        components.append(_read_component(name, table))
        sources |= table.sources()
    return tuple(components), sources


def _check_name(name: str, before: list[str], document: Document) -> None:
    twin = next((other for other in before if other.casefold() == name.casefold()), None)
    if not _NAME.fullmatch(name):
        problem = "a name has at most 40 letters, digits, - and _, and starts with a letter or a digit"
    elif name.casefold() == _TAKEN:
        problem = f"`{_TAKEN}` stands for the total in trending.json"
    elif twin is not None:
        problem = f"it differs from {twin!r} in capitals only"
    else:
        return
    raise InputError(
        f"component {name[:80]!r} (from {document.where('tool', 'covgate', 'components', name)}): {problem}",
        hint="give the component another name",
        slug="component",
    )


def _read_component(name: str, table: _Table) -> Component:
    if "paths" not in table.values:
        raise InputError(
            f"component {name!r} (from {table.where()}) has no paths",
            hint=f"paths: {table.meanings['paths']}",
            slug="component",
        )
    return Component(
        name=name,
        paths=_read_paths(table),
        min_total=table.percent("min-total"),
        min_diff=table.percent("min-diff"),
        max_drop=table.percent("max-drop", parse_points),
        target=table.percent("target"),
    )


def _read_paths(table: _Table) -> tuple[str, ...]:
    value = table.values["paths"]
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise table.bad("paths", "expected a list of at least one glob")
    if len(value) > _MOST_GLOBS:
        raise table.bad("paths", f"at most {_MOST_GLOBS} globs are read")
    globs = [text.strip() for text in cast("list[str]", value)]
    for glob in globs:
        try:
            parse_glob(glob)
        except ValueError as exc:
            raise table.bad("paths", f"{show_value(glob)!r}: {exc}") from None
    if all(parse_glob(glob).excludes for glob in globs):
        raise table.bad("paths", "every glob leaves files out, and none takes any in")
    return tuple(globs)


# --- the target ----------------------------------------------------------------------------------------------------


def _read_target(table: _Table) -> Target:
    total, by, ramp = table.percent("total"), _read_date(table), _read_ramp(table)
    if total is None:
        raise InputError(
            f"target (from {table.where()}) has no total",
            hint=f"total: {_TARGET_KEYS['total']}",
            slug="bad-option-value",
        )
    if ramp and by is None:
        raise table.bad("ramp", "a ramp leads to a day, and `by` is not set")
    return Target(total=total, by=by, ramp=ramp)


def _read_date(table: _Table) -> date | None:
    value = table.values.get("by")
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise table.bad("by", "there is no such day") from None
    raise table.bad("by", "expected a day as in 2027-02-28")


def _read_ramp(table: _Table) -> bool:
    value = table.values.get("ramp", False)
    if isinstance(value, bool):
        return value
    try:
        return parse_switch(value if isinstance(value, str) else "")
    except ValueError as exc:
        raise table.bad("ramp", str(exc)) from None
