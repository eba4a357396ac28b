"""The base's side of a run that judges a change: the commit, and the settings that its own pyproject.toml gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from covgate.commands.place import Place, find_place_at
from covgate.config import Settings, TomlFile, has_table
from covgate.errors import InputError
from covgate.host import EventKind
from covgate.model import Base
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
