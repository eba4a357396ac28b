"""coverage as the probe uses it, and its patterns of paths: all that has no public equivalent is in `Analyst`."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from coverage import Coverage
from coverage.exceptions import ConfigError, CoverageException, NotPython
from coverage.files import GlobMatcher, prep_patterns
from coverage.python import PythonFileReporter

from . import Json

PRIVATE_NAMES = ("_analyze", "_get_file_reporters", "_get_file_reporter")
"""Methods of `Coverage` that a contract test holds: one parsed result for every report, and report's file choice."""

DATA_PREFIX = ":data:"
"""coverage's own mark for a configuration that is passed as text (since coverage 7.13)."""

SOURCES = ("run:source", "run:source_pkgs", "run:source_dirs")


class Analyst(Coverage):
    """Coverage that parses each source once. Its reporters and analyses have no public type."""

    def __init__(self, *, data_file: str | None, config_file: str | bool) -> None:
        super().__init__(data_file=data_file, config_file=config_file, messages=False)
        self._kept: dict[Any, Any] = {}
        self._analyses: dict[str, Any] = {}
        self.remembers = False
        """Whether analyses are kept, because several reports are made from them."""

    def load(self) -> None:
        """Load the data, of the contexts that [report] contexts names only, as every report of coverage does."""
        super().load()
        self.get_data().set_query_contexts(self.config.report_contexts)

    def reported(self) -> list[Any]:
        """Return the reporters of the files `coverage report` would list: measured, after [report] include and omit."""
        include, omit = Patterns(self.config.report_include), Patterns(self.config.report_omit)
        reporters = [reporter for reporter, _ in self._get_file_reporters(None)]
        if include.given:
            reporters = [reporter for reporter in reporters if include.match(reporter.filename)]
        return sorted((r for r in reporters if not omit.match(r.filename)), key=lambda reporter: reporter.filename)

    def reporter_of(self, path: str) -> Any:
        """Return the one reporter of a file."""
        return self._get_file_reporter(path)

    def analysis_of(self, reporter: Any) -> Any:
        """Return coverage's analysis of a file."""
        return self._analyze(reporter.filename, file_reporter=reporter)

    def _get_file_reporter(self, morf: Any) -> Any:
        # Analysing asks for it by name again; the one that has parsed its source is kept.
        if morf not in self._kept:
            reporter = super()._get_file_reporter(morf)
            self._kept[morf] = self._kept.setdefault(reporter.filename, reporter)
        return self._kept[morf]

    def _analyze(self, morf: Any, file_reporter: Any = None) -> Any:
        # Newer releases pass the reporter along, 7.13.0 takes none; what it finds by name is the same one.
        key = str(getattr(file_reporter, "filename", morf))
        if key in self._analyses:
            return self._analyses[key]
        try:
            with source_errors(self._get_file_reporter(morf)):
                analysis = super()._analyze(morf)
        except CoverageException:
            # A reporter that failed to parse is left half made; asked again (a compiled template, which every report
            # passes over), it would fail in another way.
            broken = self._kept.get(morf)
            self._kept = {name: reporter for name, reporter in self._kept.items() if reporter is not broken}
            raise
        if self.remembers:
            self._analyses[key] = analysis
        return analysis


def open_data(request: Json, data_file: str) -> Analyst:
    """Return coverage over a data file, configured as the run was, or as the project is now."""
    config = request["config"]
    cov = Analyst(data_file=data_file, config_file=DATA_PREFIX + config if config else True)
    cov.config.data_file = data_file
    cov.config.parallel = False
    with configuration_errors():
        cov.get_data()
    return cov


def values_of(cov: Coverage, *options: str) -> list[str]:
    """Return the values of options that are lists, one after the other."""
    values: list[Any] = [cov.get_option(option) or [] for option in options]
    return [value for several in values for value in several]


@contextlib.contextmanager
def source_errors(reporter: Any) -> Iterator[None]:
    """Turn what Python says of a source, and coverage lets through, into coverage's own error: an unknown encoding."""
    try:
        yield
    except (SyntaxError, ValueError, RecursionError) as exc:
        if not isinstance(reporter, PythonFileReporter):
            raise
        raise NotPython(f"Couldn't parse {reporter.filename!r} as Python source: {exc}") from exc


@contextlib.contextmanager
def configuration_errors() -> Iterator[None]:
    """Turn whatever loading the configured plugins raises into coverage's own error."""
    try:
        yield
    except CoverageException:
        raise
    except Exception as exc:
        raise ConfigError(f"{type(exc).__name__}: {exc}") from exc


# --- paths ------------------------------------------------------------------------------------------------------------


def relative(path: str, root: str) -> str:
    """Return `path` relative to the checkout with `/`, or absolute when it lies outside."""
    full = os.path.realpath(path)
    return os.path.relpath(full, root).replace(os.sep, "/") if full.startswith(root + os.sep) else full


def literal(path: str) -> str:
    """Return a pattern for a path that may hold a pattern's own characters: coverage has no way to quote them."""
    return re.sub(r"[*?\[\]]", "?", path)


class Patterns:
    """Patterns of coverage, of which one can tell which it was that matched."""

    def __init__(self, patterns: Any) -> None:
        self.given: tuple[str, ...] = tuple(dict.fromkeys(patterns or ()))
        self._all = _matcher(*self.given) if self.given else None

    def match(self, path: str) -> str:
        """Return the first pattern that fits `path`, empty when none does."""
        if self._all is None or not self._all.match(path):
            return ""
        return next(pattern for pattern in self.given if _matcher(pattern).match(path))

    def listed(self) -> str:
        """Return the patterns as they were written: prepared ones stand behind those they were made of."""
        return listed(p for p in self.given if not os.path.isabs(p)) or listed(self.given)


@functools.cache
def _matcher(*patterns: str) -> GlobMatcher:
    # coverage takes a millisecond for each.
    return GlobMatcher(prep_patterns(patterns), "covgate")


def listed(values: Iterable[str]) -> str:
    """Return the first three values, for people."""
    several = list(values)
    return ", ".join([*several[:3], *(["..."] if several[3:] else [])])
