"""The base's side of a run that judges a change: the commit, and the settings that its own pyproject.toml gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from covgate.change import Checkout
from covgate.commands.place import Place, find_place_at
from covgate.config import GuardPolicy, Settings, TomlFile, has_table, match_components
from covgate.errors import InputError
from covgate.gate import Bar, Files, own_bar, stricter_bar
from covgate.host import EventKind
from covgate.model import Base, GateChange, GateChangeKind, GateChanges
from covgate.system import GitCommand

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
    if base_side.problem:
        row = GateChange(kind=GateChangeKind.UNKNOWN, name=base_side.problem)
        return own_bar(settings, GateChanges(rows=(row,), strict=False))
    base = base_side.settings
    own_files, base_files = _component_files(settings, base, base_side, change)
    bar = stricter_bar(settings, base, own_files, base_files)
    if settings.guard is GuardPolicy.STRICT:
        return bar
    return own_bar(settings, replace(bar.changes, strict=False))


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
