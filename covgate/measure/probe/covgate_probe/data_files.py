"""Data files: which can be used, where their files lie, and all of them as one."""

from __future__ import annotations

import contextlib
import os
import pathlib
import sqlite3

from coverage import CoverageData
from coverage.exceptions import CoverageException, NoDataError
from coverage.files import PathAliases, abs_file, relative_filename

from . import Json
from .analyst import Analyst, open_data, relative
from .packages import packages_in_source, source_tree

LEFT_OUT = ":left out:"
"""Stands before the names of files that are left out, until their rows are deleted."""


def usable(request: Json) -> list[str]:
    """Return the data files to combine. One that can not be read is an error, unless covgate's own run left it.

    There it is a process that was killed before it could write, as some tests do on purpose.
    """
    problems = {path: _problem(path) for path in request["data"]}
    for problem in filter(None, problems.values()):
        if not request["own_run"]:
            raise problem
    if all(problems.values()):
        raise NoDataError("no data file of this run is whole")
    return [path for path, problem in problems.items() if problem is None]


def _problem(path: str) -> CoverageException | None:
    """Return why `path` is no readable data file: coverage's combine would go on without it.

    Another program's database it would take for an empty data file, and write to it.
    """
    try:
        with _read_only(path) as database:
            database.execute("SELECT version FROM coverage_schema").fetchone()
        data = CoverageData(path)
        data.read()
        data.close()
    except sqlite3.Error as exc:
        return CoverageException(f"{path!r} is no coverage data file: {exc}")
    except CoverageException as exc:
        return exc
    return None


def _read_only(path: str) -> contextlib.closing[sqlite3.Connection]:
    address = f"{pathlib.Path(path).absolute().as_uri()}?mode=ro"
    return contextlib.closing(sqlite3.connect(address, uri=True))


class Settler:
    """Where the files of each data file lie, as far as this checkout's names say it."""

    def __init__(self, cov: Analyst, request: Json) -> None:
        self._root, self._own_run = request["root"], request["own_run"]
        self._local = set(request["local"])
        self._keys = {_key(path) for path in self._local}
        self._given = request["places"] or {}
        self._added = [os.sep + name.replace(".", os.sep) for name in packages_in_source(cov, request)]
        self._sources = source_tree(cov)
        self._aliases = PathAliases()
        for result, *patterns in cov.config.paths.values():
            for pattern in patterns:
                self._aliases.add(pattern, result)

    def settle(self, data_file: str) -> Json:
        """Answer {recorded name: place} of a data file, the names that are to be settled elsewhere, and those gone.

        A relative name is taken from the folder of the data file or from the working directory: from the one below
        which more of the names exist, and from the other where it does not exist there.
        """
        names = _recorded_names(data_file)
        folders = [os.path.dirname(os.path.realpath(data_file)), os.path.realpath(".")]
        paths = {name: name if os.path.isabs(name) else name.replace("\\", os.sep) for name in names}
        below = [path for path in paths.values() if not os.path.isabs(path)]
        folders.sort(key=lambda folder: -sum(os.path.isfile(os.path.join(folder, path)) for path in below))
        given = self._given.get(data_file, {})
        answer: Json = {"data": data_file, "places": {}, "foreign": [], "gone": [], "known": 0, "executed": []}
        for name, executed in names.items():
            if name in given:
                answer["places"][name] = given[name]
                continue
            candidates = (os.path.join(folder, paths[name]) for folder in folders)
            place = next(filter(os.path.exists, candidates), None)
            self._settle_name(answer, name, place, executed=executed)
        return answer

    def _settle_name(self, answer: Json, name: str, place: str | None, *, executed: bool) -> None:
        inside = relative(place or name, self._root)
        mapped = self._aliases.map(place or name)
        alias = os.path.realpath(mapped) if mapped not in {place, name} else None
        here = place is not None and inside in self._local
        if here:
            answer["known"] += 1
            answer["executed"] += [inside] if executed else []
        answer["places"][name] = place or name
        added = place is not None and not here and self._is_added(place)
        if alias is None and place is None:
            if os.path.isabs(name) and not os.path.isabs(inside):
                # It was in this checkout, and is gone: coverage has its own rules for that.
                return
            if self._own_run:
                # A file this run measured elsewhere and that is gone now was a temporary one.
                answer["places"][name] = None
                answer["gone"].append(name)
                return
        elif alias is None and (here or _key(inside) not in self._keys):
            answer["places"][name] = None if added else place
            return
        facts = {"place": place, "alias": alias, "executed": executed, "here": here, "added": added}
        answer["foreign"].append({"name": name, **facts})

    def _is_added(self, place: str) -> bool:
        """Whether a file was measured for its package's name only, which covgate added to the configuration."""
        if self._sources.match(place) and not {"site-packages", "dist-packages"} & set(place.split(os.sep)):
            return False
        return any(f"{name}{os.sep}" in place or place.endswith(f"{name}.py") for name in self._added)


def _key(path: str) -> str:
    """Return what two copies of a file have in common at least: the name, with its package's for `__init__.py`."""
    parts = path.split("/")
    return "/".join(parts[-2:]) if parts[-1] == "__init__.py" else parts[-1]


def _recorded_names(data_file: str) -> dict[str, bool]:
    """Return {name: whether anything of it was executed} of a data file, as they were recorded."""
    query = (
        "select path, exists (select 1 from arc where file_id = file.id) or "
        "exists (select 1 from line_bits where file_id = file.id and length(numbits)) from file"
    )
    with _read_only(data_file) as database:
        return {path: bool(executed) for path, executed in database.execute(query)}


def unite(request: Json, cov: Analyst, settled: list[Json], combined: str) -> Analyst:
    """Unite the data files with every file at its place, in `combined`; return coverage over the result."""
    place_of = relative_filename if cov.config.relative_files else abs_file
    data = cov.get_data()
    for found in settled:
        places = {
            name: LEFT_OUT + name if place is None else place_of(place) for name, place in found["places"].items()
        }
        part = CoverageData(found["data"])
        part.read()
        data.update(part, map_path=places.__getitem__)
        part.close()
    cov.save()
    if any(place is None for found in settled for place in found["places"].values()):
        data.close()
        _delete_left_out(combined)
        cov = open_data(request, combined)
    cov.load()
    return cov


def _delete_left_out(data_file: str) -> None:
    with contextlib.closing(sqlite3.connect(data_file)) as database, database:
        which = "file_id in (select id from file where substr(path, 1, ?) = ?)"
        mark = (len(LEFT_OUT), LEFT_OUT)
        for table in ("arc", "line_bits", "tracer"):
            database.execute(f"delete from {table} where {which}", mark)  # noqa: S608  # a name of the line above
        database.execute("delete from file where substr(path, 1, ?) = ?", mark)
