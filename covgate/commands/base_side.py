"""The base's side of a run that judges a change: the commit, and the settings that its own pyproject.toml gives."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

from covgate.change import Checkout, find_deleted_tests
from covgate.commands.place import Place, find_place_at
from covgate.config import (
    CoverageOptions,
    GuardPolicy,
    Settings,
    TomlFile,
    has_table,
    match_components,
)
from covgate.errors import InputError
from covgate.gate import REPORT_OPTIONS, Bar, Files, find_coverage_changes, own_bar, stricter_bar
from covgate.host import EventKind
from covgate.measure import SETTING_FILES, find_coverage_options, find_named_file
from covgate.model import Base, GateChange, GateChangeKind, GateChanges, Unavailable
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
    git: GitCommand
    """Of the folder that covgate was started in, or pointed at; without a user's own settings."""
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
        return BaseSide(base=base, place=place, settings=settings_of(place, place.toml), git=git)
    except InputError as error:
        return BaseSide(base=base, place=own, settings=settings_of(own, None), git=git, problem=error.message)


def find_bar(settings: Settings, base_side: BaseSide | None, change: Checkout, addopts: str) -> Bar:
    """Return what the run is judged by: the stricter of both sides' rules, its own, or its own with a list.

    `addopts` is the run's PYTEST_ADDOPTS, empty when it has none.
    """
    if base_side is None or settings.guard is GuardPolicy.OFF:
        return own_bar(settings)
    bar = _rules(settings, base_side, change)
    rows = bar.changes.rows if bar.changes else ()
    coverage, otherwise = _coverage_changes(settings, base_side, change, addopts)
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


def _coverage_changes(
    settings: Settings, base_side: BaseSide, change: Checkout, addopts: str
) -> tuple[tuple[GateChange, ...], CoverageOptions | None]:
    """Hold coverage's configuration against the base's, in whichever file each of them has it.

    With what differs the base's options, where the same data is counted in another way by them.
    """
    directory = change.git.root / change.prefix
    try:
        own = find_coverage_options(directory, settings.test_command, addopts)
        base = _base_options(base_side, change, addopts)
    except ValueError as error:
        # Of the base: a broken file of the change itself ends its run.
        reason = Unavailable(reason=f"the base's cannot be read: {error}")
        return (GateChange(kind=GateChangeKind.COVERAGE, name="the whole", effect=reason),), None
    rows = find_coverage_changes(own, base)
    return rows, base if any(row.name in REPORT_OPTIONS for row in rows) else None


def _base_options(base_side: BaseSide, change: Checkout, addopts: str) -> CoverageOptions:
    """Read the base's options from its own files, put into a folder of their own: nothing of it is checked out."""
    sha, prefix, command = base_side.base.sha, change.prefix, base_side.settings.test_command
    with tempfile.TemporaryDirectory(prefix="covgate-") as name:
        root = Path(name)
        _write(
            root,
            change.git.files_at(sha, [folder / file for folder in (prefix, *prefix.parents) for file in SETTING_FILES]),
        )
        (root / prefix).mkdir(parents=True, exist_ok=True)
        named = find_named_file(root / prefix, command, addopts)
        inside = PurePosixPath(os.path.normpath(prefix / named)) if named else prefix
        if named and not inside.is_absolute() and ".." not in inside.parts:
            _write(root, change.git.files_at(sha, [inside]))
        return find_coverage_options(root / prefix, command, addopts)


def _write(root: Path, files: Mapping[PurePosixPath, bytes]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text)


def _component_files(own: Settings, base: Settings, base_side: BaseSide, change: Checkout) -> tuple[Files, Files]:
    """Return the files of the change's own components, and of the base's.

    Of a component whose globs are not the base's any more, files that the change moved stay in it. With the same globs
    a move is a move: the rules of both folders were there before.
    """
    if not base.components:
        return {part.name: frozenset() for part in own.components}, {}
    here = frozenset((*change.git.tracked(), *change.git.untracked()))
    moves = {entry.old_path: entry.path for entry in change.git.changes(base_side.base.sha, change.tree)}
    before = match_components(base.components, {*here, *moves}, prefix=change.prefix)
    then = {name: frozenset(moves.get(path, path) for path in paths) & here for name, paths in before.items()}
    now = match_components(own.components, here, prefix=change.prefix)
    globs = {part.name: part.paths for part in own.components}
    same = {part.name: now[part.name] for part in base.components if globs.get(part.name) == part.paths}
    return now, then | same
