"""Which files should be measured, and what leaves out the others."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from . import Json
from .analyst import SOURCES, Analyst, Patterns, listed, values_of
from .defaults import START_UP, default_patterns


class Rule(NamedTuple):
    """What leaves a file out, `omit = docs/*`, and where that stands, `pyproject.toml line 12`."""

    text: str
    where: str


class Scope:
    """Which files should be measured: coverage's own rules, asked of files it never saw, and what breaks each.

    Without `source` and `include` coverage measures whatever is executed; then it is every file of the project's folder
    that neither the configured `omit` nor a stated default leaves out.
    """

    def __init__(self, cov: Analyst, measured: Iterable[str], request: Json) -> None:
        # Of a run, what `prepare` was told; of data that was there before, what pytest's configuration says now.
        told: Json = dict(cov.config.plugin_options.get("covgate") or {})
        said = told or request
        self._root, self._here = request["root"], os.path.realpath(".")
        self._configuration = Configuration(cov.config.config_file)
        self._defaults = default_patterns(said)
        self._default = Patterns(self._defaults)
        self._omit, self._include = Patterns(values_of(cov, "run:omit")), Patterns(values_of(cov, "run:include"))
        self._report_omit = Patterns(values_of(cov, "report:omit"))
        self._report_include = Patterns(values_of(cov, "report:include"))
        added = told.get("added", ())
        values = {name: [value for value in values_of(cov, name) if value not in added] for name in SOURCES}
        # In a run these were the `source`; data made before may come from another command, so the configured one wins.
        given = said["source"] if told or not any(values.values()) else []
        values["run:source"] = values["run:source"] or given
        named = {} if said.get("by_default") else {name: value for name, value in values.items() if value}
        self._sources = self._source_places(named, measured, request["tracked"]) if named else None
        self._source_rule = self._word_sources(named, given)
        self.named = bool(named or self._include.given)
        """Whether the configuration names what is measured."""

    def dropped(self, path: str) -> Rule | None:
        """Return the setting of [report] that leaves `path` out of every report, or None."""
        if self._report_include.given and not self._report_include.match(path):
            return self._rule("report", "include", self._report_include.listed())
        pattern = self._report_omit.match(path)
        return self._rule("report", "omit", pattern) if pattern else None

    def left_out(self, path: str) -> Rule | None:
        """Return why `path` is not to be measured, or None when it is."""
        return self.dropped(path) or self._omitted(path) or self._outside(path)

    def _omitted(self, path: str) -> Rule | None:
        pattern = self._omit.match(path)
        # What covgate added to it itself are defaults.
        configured = pattern and pattern not in self._defaults and pattern not in START_UP
        return self._rule("run", "omit", pattern) if configured else None

    def _outside(self, path: str) -> Rule | None:
        if self._sources is not None:
            inside = path in self._sources or path.startswith(tuple(f"{place}{os.sep}" for place in self._sources))
            return None if inside else self._source_rule
        if self._include.given:
            return None if self._include.match(path) else self._rule("run", "include", self._include.listed())
        if not path.startswith(self._here + os.sep):
            folder = os.path.relpath(self._here, self._root)
            return Rule("", f"it is outside the project's folder, {folder}")
        default = self._defaults.get(self._default.match(path))
        return Rule(default.shown, f"a default: {default.what}") if default else None

    def _rule(self, section: str, name: str, value: str) -> Rule:
        shown = value.removeprefix(self._here + os.sep)
        title = name if section == "run" else f"[{section}] {name}"
        return Rule(f"{title} = {shown}", self._configuration.find(section, name, shown))

    def _word_sources(self, named: dict[str, list[str]], given: list[str]) -> Rule:
        if given:
            return Rule(" ".join(f"--cov={source}" for source in given), "an option of pytest-cov")
        for option, values in named.items():
            section, name = option.split(":")
            shown = listed(os.path.relpath(v, self._here) if os.path.isabs(v) else v for v in values)
            return Rule(f"{name} = {shown}", self._configuration.find(section, name, shown))
        return Rule("", "")

    def _source_places(
        self, named: dict[str, list[str]], measured: Iterable[str], tracked: Sequence[str]
    ) -> frozenset[str]:
        """Return the folders and files the sources stand for, those of modules too."""
        sources = named.get("run:source", [])
        folders = [*named.get("run:source_dirs", []), *filter(os.path.isdir, sources)]
        packages = [*named.get("run:source_pkgs", []), *(s for s in sources if not os.path.isdir(s))]
        modules = Modules(self._here, measured, [os.path.join(self._root, path) for path in tracked], self._default)
        return frozenset(map(os.path.realpath, folders)).union(*map(modules.find, packages))


class Configuration:
    """The file coverage is configured in, as text: where a setting stands in it, as well as can be told."""

    def __init__(self, path: str | None) -> None:
        self._lines: list[str] = []
        self._name = os.path.relpath(path) if path else "the coverage configuration"
        if path and os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                self._lines = file.read().splitlines()

    def find(self, section: str, name: str, value: str) -> str:
        """Return file and line of `value` in a setting; of the setting when the value is not found; or the file."""
        titles = {section, f"coverage:{section}", f"tool.coverage.{section}"}
        inside, setting = False, 0
        for number, line in enumerate(self._lines, start=1):
            if header := re.match(r"\s*\[\s*([\w.:\" -]+?)\s*\]", line):
                if setting:
                    break
                inside = header[1].replace('"', "") in titles
            elif inside and re.match(r"[\w\"-]+\s*[=:]", line):
                if setting:
                    break
                setting = number if re.match(rf'"?{name}"?\s*[=:]', line) else 0
            if setting and value in line:
                return f"{self._name} line {number}"
        return f"{self._name} line {setting}" if setting else self._name


class Modules:
    """Where importable names lie, found without importing any."""

    def __init__(self, here: str, measured: Iterable[str], tracked: Sequence[str], tests: Patterns) -> None:
        self._here, self._tracked, self._tests = here, tracked, tests
        self._measured = [os.path.realpath(path) for path in measured]

    def find(self, name: str) -> set[str]:
        """Return the folders (of a module: the file) that `name` stands for.

        A package is one folder: where its files were measured, where Python would find it, or else a tracked folder of
        its name. A namespace package is all of these; a folder of tests called like it is none of it.
        """
        tail = os.sep + name.replace(".", os.sep)
        measured = {place for full in self._measured for place in self._places_in(full, tail)}
        known = measured | set(self._places_by_import(name))
        # A copy in an environment, or `app.shop` where `shop` is asked for, is not the one package.
        if any(_is_package(place) and self._is_own(place, tail) for place in known):
            return known
        tracked = {p for full in self._tracked if not self._tests.match(full) for p in self._places_in(full, tail)}
        own = {place for place in tracked if self._is_own(place, tail)} or tracked
        return known | ({place for place in own if _is_package(place)} or own)

    def _places_in(self, full: str, tail: str) -> Iterator[str]:
        # Folders above the project may have the package's name too: a clone of `click` lies in a folder `click`.
        at = full.find(tail + os.sep, len(self._here) if full.startswith(self._here + os.sep) else 0)
        while at >= 0:
            yield full[:at] + tail
            at = full.find(tail + os.sep, at + 1)
        if full.endswith(f"{tail}.py"):
            yield full

    def _is_own(self, place: str, tail: str) -> bool:
        """Whether a place holds tracked files, and lies below no package, where it would have a longer name."""
        above = place.removesuffix(".py").removesuffix(tail)
        below = place + os.sep
        return not _is_package(above) and any(full == place or full.startswith(below) for full in self._tracked)

    def _places_by_import(self, name: str) -> Iterator[str]:
        top, *rest = name.split(".")
        spec = None
        with contextlib.suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(top)
        if spec is None:
            return
        for folder in spec.submodule_search_locations or ():
            place = os.path.join(os.path.realpath(folder), *rest)
            yield from (p for p in (place, f"{place}.py") if os.path.exists(p))
        if spec.has_location and spec.origin and spec.submodule_search_locations is None and not rest:
            yield os.path.realpath(spec.origin)


def _is_package(place: str) -> bool:
    """Whether a folder is a package of its own, or a file a module: nothing else has its name then."""
    return place.endswith(".py") or os.path.exists(os.path.join(place, "__init__.py"))
