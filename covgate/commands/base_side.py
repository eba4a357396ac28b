"""The base's side of a run that judges a change: the commit, and the settings that its own pyproject.toml gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from covgate.change import Checkout, find_deleted_tests
from covgate.commands.place import Place, find_place_at
from covgate.config import (
    COVERAGE_FILES,
    CoverageOptions,
    GuardPolicy,
    Settings,
    TomlFile,
    has_table,
    match_components,
    read_coverage_options,
)
from covgate.errors import InputError
from covgate.gate import REPORT_OPTIONS, Bar, Files, find_coverage_changes, own_bar, stricter_bar
from covgate.host import EventKind
from covgate.model import Base, GateChange, GateChangeKind, GateChanges, Unavailable
from covgate.system import GitCommand, read_text

JUDGES_CHANGE = frozenset({EventKind.PULL_REQUEST, EventKind.MERGE_GROUP})
"""The events whose change does not set everything itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSide:
    """The base, and the settings of a run of it: what the workflow gives, and the file of the base.

    `problem` says why that file cannot be used; the settings are then those without a file.
    """

    base: Base
    place: Place
    settings: Settings
    problem: str = ""


class SettingsOf(Protocol):
    """Merges what the workflow or the command line gives with one file."""

    def __call__(self, place: Place, toml: TomlFile | None) -> Settings: ...


def read_base_side(base: Base, here: Path, own: Place, git: GitCommand, settings_of: SettingsOf) -> BaseSide:
    """Read the settings of the base, of which nothing is checked out.

    `own` is the place of the change, and covgate was started in `here`. The project's folder is the base's, unless the
    base has no settings of covgate.
    """
    try:
        place = find_place_at(here, own.start, git, base.sha)
        if place.toml is None or not has_table(place.toml):
            place = replace(own, toml=None)
        return BaseSide(base=base, place=place, settings=settings_of(place, place.toml))
    except InputError as error:
        return BaseSide(base=base, place=own, settings=settings_of(own, None), problem=error.message)


def find_bar(settings: Settings, base_side: BaseSide | None, change: Checkout) -> Bar:
    """Return what the run is judged by: the stricter of both sides' rules, its own, or its own with a list."""
    if base_side is None or settings.guard is GuardPolicy.OFF:
        return own_bar(settings)
    bar = _rules(settings, base_side, change)
    rows = bar.changes.rows if bar.changes else ()
    coverage, otherwise = _coverage_changes(base_side, change)
    tests = find_deleted_tests(change.git, base_side.base.sha, change.tree)
    strict = settings.guard is GuardPolicy.STRICT and not base_side.problem
    return replace(bar, changes=GateChanges(rows=(*rows, *coverage, *tests), strict=strict), otherwise=otherwise)


def _rules(settings: Settings, base_side: BaseSide, change: Checkout) -> Bar:
    if base_side.problem:
        row = GateChange(kind=GateChangeKind.UNKNOWN, name=base_side.problem)
        return own_bar(settings, GateChanges(rows=(row,)))
    own_files, base_files = _component_files(settings, base_side.settings, base_side, change)
    bar = stricter_bar(settings, base_side.settings, own_files, base_files)
    return bar if settings.guard is GuardPolicy.STRICT else own_bar(settings, bar.changes)


def _coverage_changes(base_side: BaseSide, change: Checkout) -> tuple[tuple[GateChange, ...], CoverageOptions | None]:
    """Hold coverage's configuration against the base's, in whichever file each of them has it.

    With what differs the base's options, where the same data is counted in another way by them.
    """
    paths = {change.prefix / name: name for name in COVERAGE_FILES}
    there = change.git.files_at(base_side.base.sha, tuple(paths))
    here = {path: text.encode() for path in paths if (text := _text(change.git.root / path)) is not None}
    if here == there:
        return (), None
    sides = [{paths[path]: text.decode(errors="replace") for path, text in side.items()} for side in (here, there)]
    try:
        own, base = map(read_coverage_options, sides)
    except ValueError as error:
        # Of the base: a broken file of the change itself ends its run.
        reason = Unavailable(reason=f"the base's cannot be read: {error}")
        return (GateChange(kind=GateChangeKind.COVERAGE, name="the whole", effect=reason),), None
    rows = find_coverage_changes(own, base)
    return rows, base if any(row.name in REPORT_OPTIONS for row in rows) else None


def _text(path: Path) -> str | None:
    try:
        return read_text(path)
    except ValueError:
        return None


def _component_files(own: Settings, base: Settings, base_side: BaseSide, change: Checkout) -> tuple[Files, Files]:
    """Return the files of the change's own components, and of the base's: those a change moved stay in theirs."""
    if not base.components:
        return {part.name: frozenset() for part in own.components}, {}
    here = frozenset((*change.git.tracked(), *change.git.untracked()))
    changes = change.git.changes(base_side.base.sha, change.tree)
    moved = {entry.old_path: entry.path for entry in changes if entry.status == "R"}
    before = match_components(base.components, {*here, *moved}, prefix=change.prefix)
    then = {name: frozenset(moved.get(path, path) for path in paths) & here for name, paths in before.items()}
    return match_components(own.components, here, prefix=change.prefix), then
