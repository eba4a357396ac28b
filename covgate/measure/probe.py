"""The stand-alone script covgate runs in the project's interpreter: standard library and coverage only.

What a statement, an exclusion or a branch is depends on the interpreter, on coverage's plugins and on the project's
configuration, so the analysis runs where the project runs. One JSON request comes in on the standard input, one
JSON answer goes to the file the request names. Three commands:

prepare  reads the project's coverage configuration and answers it serialised, set up to measure every Python process
analyse  combines data files and answers, for each measured file, the numbers of its statements, of the missing and
         excluded ones, and its branches; for changed files also the first line of each line's statement, the
         functions, a digest of the text, and executed lines that it cannot have. A source is parsed once, whatever is
         rendered from it.

static   answers the same of changed files alone, for reports made elsewhere

coverage's private names used here are listed in PRIVATE_NAMES and held by a contract test.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import hashlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import re
import site
import sqlite3
import sys
import sysconfig
import tempfile
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import coverage

if coverage.version_info < (7, 13):
    # Said before anything is imported that an older one may not have.
    sys.exit(f"coverage {coverage.__version__} is too old")

from coverage import Coverage, CoverageData
from coverage.exceptions import ConfigError, CoverageException, NoDataError, NoSource, NotPython
from coverage.files import GlobMatcher, PathAliases, TreeMatcher, abs_file, prep_patterns, relative_filename
from coverage.python import PythonFileReporter

Json = dict[str, Any]
"""A request, an answer or a part of one."""

PRIVATE_NAMES = ("_analyze", "_get_file_reporters", "_get_file_reporter")
"""Methods of `Coverage` without a public equivalent: one parsed result for every report, and report's file choice."""

FORK_FROM = 40
"""Below this many files a second process costs more than it saves."""

DATA_PREFIX = ":data:"
"""coverage's own mark for a configuration that is passed as text (since coverage 7.13)."""


class Analyst(Coverage):
    """Coverage that parses each source once and remembers the result for every report made from it."""

    def __init__(self, *, data_file: str | None, config_file: str | bool) -> None:
        super().__init__(data_file=data_file, config_file=config_file, messages=False)
        self._kept: dict[Any, Any] = {}
        self._analyses: dict[str, object] | None = None

    def remember(self) -> None:
        """Keep every analysis: several reports will be made from them."""
        self._analyses = {}

    def _get_file_reporter(self, morf: Any) -> Any:
        # Analysing asks for it by name again; the one that has parsed its source is kept.
        if morf not in self._kept:
            reporter = super()._get_file_reporter(morf)
            self._kept[morf] = self._kept.setdefault(reporter.filename, reporter)
        return self._kept[morf]

    def _analyze(self, morf: Any, file_reporter: Any = None) -> Any:
        # Newer releases pass the reporter along, 7.13.0 takes none; what it finds by name is the same one.
        if self._analyses is None:
            return self._analyze_anew(morf)
        key = str(getattr(file_reporter, "filename", morf))
        if key not in self._analyses:
            self._analyses[key] = self._analyze_anew(morf)
        return self._analyses[key]

    def _analyze_anew(self, morf: Any) -> Any:
        try:
            return super()._analyze(morf)
        except CoverageException:
            # A reporter that failed to parse is left half made; asked again (a compiled template, which every report
            # passes over), it would fail in another way.
            broken = self._kept.get(morf)
            self._kept = {name: reporter for name, reporter in self._kept.items() if reporter is not broken}
            raise


# --- prepare -----------------------------------------------------------------------------------------------------


def prepare(request: Json) -> Json:
    """Answer what the run needs to know of this interpreter, and the configuration to measure with."""
    cov = Coverage(config_file=request.get("rcfile") or True)
    found = cov.config.config_file
    by_default = found is None and not request.get("scoped")
    if by_default:
        _use_defaults(cov, request)
    if request.get("source"):
        # pytest-cov's --cov overrides the configured source: the same project, measured by covgate, does too.
        cov.set_option("run:source", request["source"])
    if not any(cov.get_option(option) for option in (*_SOURCES, "run:include")):
        omit: Any = cov.get_option("run:omit") or []
        cov.set_option("run:omit", [*omit, *_START_UP])
    # What is asked again when the data is there: coverage keeps the options of plugins it does not know.
    said: Json = {"by_default": by_default, "source": request.get("source"), "tests": request.get("tests")}
    cov.config.plugin_options = {**cov.config.plugin_options, "covgate": said}
    if request.get("branch"):
        cov.set_option("run:branch", True)
    for option in ("run:omit", "run:include"):
        # Relative patterns mean this folder; a process started elsewhere would take them for its own.
        if patterns := cov.get_option(option):
            cov.set_option(option, prep_patterns(patterns))  # type: ignore[arg-type]  # a list of patterns
    _measure_copies(cov, request, defaults=found is None)
    cov.set_option("run:data_file", request["data_file"])
    cov.set_option("run:parallel", True)
    # A name relative to the folder a process was started in would be taken for one relative to the project's.
    cov.set_option("run:relative_files", False)
    # A process that measures names its settings' origin in some messages; any name will do.
    cov.config.config_file = found or os.path.abspath("(covgate's defaults)")
    _try_out(cov)
    return {
        "coverage": coverage.__version__,
        "hook": _has_start_up_hook(),
        "pytest_cov": importlib.util.find_spec("pytest_cov") is not None,
        "config_file": os.path.relpath(found) if found else None,
        "config": cov.config.serialize(),
        "plugins_here": _plugins_in_this_folder(cov),
    }


ALWAYS_ADDED = 20
"""So many packages are measured by name whether they are installed or not; every process looks each of them up."""


def _measure_copies(cov: Coverage, request: Json, *, defaults: bool) -> None:
    """Have the project's packages measured wherever they are imported from: a copy that is not measured is not seen.

    Only where folders are configured: a `source_pkgs` would be a scope of its own elsewhere.
    """
    packages, root = request["packages"], request["root"]
    names = _packages_in_source(cov, packages, root)
    elsewhere = {name: found for name in names if (found := _found_elsewhere(name, root, packages))}
    if defaults and names:
        # The defaults leave out environments, where a copy lies; coverage ignores what else is installed by itself.
        patterns: Any = cov.get_option("run:omit") or []
        places = [*elsewhere.values(), *(f"/venv/site-packages/{name}/__init__.py" for name in names)]
        hiding = {p for p in patterns for place in places if GlobMatcher(prep_patterns([p])).match(place)}
        cov.set_option("run:omit", [p for p in patterns if p not in hiding])
    added = [name for number, name in enumerate(names) if number < ALWAYS_ADDED or name in elsewhere]
    if not added:
        return
    given: Any = cov.get_option("run:source_pkgs") or []
    more = [name for name in added if name not in given]
    cov.set_option("run:source_pkgs", [*given, *more])
    cov.config.plugin_options["covgate"] = {**cov.config.plugin_options.get("covgate", {}), "added": more}
    disabled: Any = cov.get_option("run:disable_warnings") or []
    # Not every process imports every package.
    cov.set_option(
        "run:disable_warnings", [*disabled, "module-not-imported", "module-not-measured", "module-not-python"]
    )


def _packages_in_source(cov: Coverage, packages: dict[str, str], root: str) -> list[str]:
    """Return the names of `packages` ({name: path in the checkout}) that configured source folders hold."""
    sources = _source_folders(cov)
    omit = _globs(cov.get_option("run:omit"))
    tree = TreeMatcher([os.path.realpath(source) for source in sources], "source")
    places = {name: os.path.join(os.path.realpath(root), path) for name, path in packages.items()}
    return [
        name
        for name, place in places.items()
        if sources and tree.match(place) and not (omit and omit.match(_source_of(place)))
    ]


def _source_folders(cov: Coverage) -> list[str]:
    option: Any = cov.get_option
    return [s for s in [*(option("run:source") or []), *(option("run:source_dirs") or [])] if os.path.isdir(s)]


def _source_of(place: str) -> str:
    return place if place.endswith(".py") else os.path.join(place, "__init__.py")


def _found_elsewhere(name: str, root: str, packages: dict[str, str]) -> str:
    """Return where this interpreter finds a package when that is not the checkout's own place; else nothing.

    The working directory is left out: it comes first here, and not in every process of a suite.
    """
    before, here = list(sys.path), os.path.realpath(".")
    sys.path[:] = [entry for entry in before if os.path.realpath(entry or ".") != here]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return ""
    finally:
        sys.path[:] = before
    found = os.path.realpath(spec.origin) if spec and spec.has_location and spec.origin else ""
    return "" if found == _source_of(os.path.join(os.path.realpath(root), packages[name])) else found


def _try_out(cov: Coverage) -> None:
    """Start and stop a measurement: plugins, patches and concurrency are looked at only then.

    In the processes of the suite an error of theirs would be a traceback of Python's start-up each, and no data.
    """
    trial = Coverage(data_file=None, config_file=DATA_PREFIX + cov.config.serialize(), messages=False)
    with _configuration_errors():
        trial.start()
        trial.stop()


@contextlib.contextmanager
def _configuration_errors() -> Iterator[None]:
    """Turn whatever loading the configured plugins raises into coverage's own error."""
    try:
        yield
    except CoverageException:
        raise
    except Exception as exc:
        msg = f"{type(exc).__name__}: {exc}"
        raise ConfigError(msg) from exc


def _use_defaults(cov: Coverage, request: Json) -> None:
    """Set what a project without any coverage configuration would choose."""
    cov.set_option("run:branch", True)
    cov.set_option("run:source", [os.path.realpath(".")])
    # Of a source, coverage looks for files that nothing loaded only in packages: `src` is none, what it holds may be.
    cov.set_option("run:source_dirs", _package_folders(request))
    cov.set_option("run:omit", [*_default_patterns(request)])
    cov.set_option("run:patch", ["_exit", "fork"])
    # A server that the tests end with SIGTERM, or leave running, writes what it executed.
    cov.set_option("run:sigterm", True)


def _package_folders(request: Json) -> list[str]:
    """Return the folders below this one, itself no package, that hold a tracked package: `src`, `backend`."""
    root, here = os.path.realpath(request["root"]), os.path.realpath(".")
    tracked = set(request["tracked"])
    left_out = GlobMatcher(list(_default_patterns(request)), "defaults")
    folders = set()
    for path in tracked:
        package, _, name = path.rpartition("/")
        parent = os.path.dirname(package)
        if name != "__init__.py" or f"{parent}/__init__.py" in tracked or left_out.match(os.path.join(root, path)):
            continue
        folder = os.path.join(root, parent)
        if folder.startswith(here + os.sep) and os.path.isdir(folder):
            folders.add(folder)
    return sorted(folders, key=lambda folder: (folder.count(os.sep), folder))[:_MAX_FOLDERS]


_MAX_FOLDERS = 200
"""The configuration travels in one environment variable, which Linux limits to 128 KiB."""


def _has_start_up_hook() -> bool:
    """Whether coverage's .pth file is where this interpreter looks for such files."""
    folders = {*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_path("purelib")}
    return any(os.path.exists(os.path.join(folder, "a1_coverage.pth")) for folder in folders)


def _plugins_in_this_folder(cov: Coverage) -> bool:
    """Whether a configured plugin can be imported from the working directory only."""
    here = os.getcwd()
    elsewhere = [entry for entry in sys.path if os.path.abspath(entry) != here]
    return any(
        importlib.machinery.PathFinder.find_spec(top, [here])
        and not importlib.machinery.PathFinder.find_spec(top, elsewhere)
        for top in {plugin.split(".")[0] for plugin in cov.config.plugins}
    )


# --- analyse -----------------------------------------------------------------------------------------------------


def analyse(request: Json) -> Json:
    """Unite the data files, analyse every reported file and the changed ones, and render what was asked for.

    Where files were measured that are none of the checkout's, the answer is what is known of them (`foreign`, for each
    data file) and nothing else: covgate settles where they belong, and asks again with their `places`.
    """
    usable = _usable(request)
    root = os.path.realpath(request["root"])
    with tempfile.TemporaryDirectory() as folder:
        # The suite's own processes are over, so this one need not hide from them; coverage wants the plain name.
        combined = os.path.join(folder, ".coverage")
        cov = _open(request, combined)
        settler = _Settler(cov, request, root)
        settled = [settler.settle(path) for path in usable]
        if request["places"] is None and any(data["foreign"] for data in settled):
            return {"foreign": settled}
        cov = _unite(request, cov, usable, settled, combined)
        _limit_contexts(cov)
        data = cov.get_data()
        measured = data.measured_files()
        answer: Json = {"coverage": coverage.__version__, "branches": data.has_arcs(), "problems": [], "foreign": []}
        answer["lost"] = len(request["data"]) - len(usable)
        answer["gone"] = [name for found in settled for name in found["gone"]]
        answer["hidden"] = _hidden_packages(request, cov, root)
        if request.get("html") or request.get("xml"):
            cov.remember()
        reported = _reported(cov)
        answer["files"], problems = _analyse_all(request, cov, combined, reported, root)
        answer["changed"], answer["unloaded"] = _unmeasured(request, cov, measured, root)
        # coverage goes on without what `ignore_errors` is about; a changed file is named all the same.
        answer["changed"].update({path: {"gap": "unparsable", "why": why} for kind, path, why in problems if not kind})
        answer["problems"] = [problem for problem in problems if problem[0]]
        if not answer["problems"]:
            _render(request, cov)
        return answer


def _usable(request: Json) -> list[str]:
    """Return the data files to combine. One that can not be read is an error, unless covgate's own run left it.

    There it is a process that was killed before it could write, as some tests do on purpose.
    """
    if request["own_run"]:
        return [path for path in request["data"] if _is_data_file(path)]
    for path in request["data"]:
        _check_data_file(path)
    return list(request["data"])


def _is_data_file(path: str) -> bool:
    try:
        _check_data_file(path)
    except CoverageException:
        return False
    return True


def _check_data_file(path: str) -> None:
    """Raise when `path` is not a readable data file: coverage's combine would go on without it."""
    _require_schema(path)
    data = CoverageData(path)
    data.read()
    data.close()


def _require_schema(path: str) -> None:
    """Raise for another program's database: coverage would take it for an empty data file, and write to it."""
    address = f"{pathlib.Path(path).absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("SELECT version FROM coverage_schema").fetchone()
    except sqlite3.Error as exc:
        msg = f"{path!r} is no coverage data file: {exc}"
        raise CoverageException(msg) from None


def _open(request: Json, data_file: str) -> Analyst:
    config = request.get("config")
    cov = Analyst(data_file=data_file, config_file=DATA_PREFIX + config if config else True)
    cov.config.data_file = data_file
    cov.config.parallel = False
    with _configuration_errors():
        cov.get_data()
    return cov


LEFT_OUT = ":left out:"
"""Stands before the names of files that are left out, until their rows are deleted."""


class _Settler:
    """Where the files of each data file lie, as far as this checkout's names say it."""

    def __init__(self, cov: Analyst, request: Json, root: str) -> None:
        self._root = root
        self._own_run = request["own_run"]
        self._local = set(request["local"])
        self._keys = {_key(path) for path in self._local}
        self._given = request["places"] or {}
        added = _packages_in_source(cov, request["packages"], root)
        self._added = [os.sep + name.replace(".", os.sep) for name in added]
        self._sources = TreeMatcher([os.path.realpath(source) for source in _source_folders(cov)], "source")
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
        relative = [name.replace("\\", os.sep) for name in names if not os.path.isabs(name)]
        folders.sort(key=lambda folder: -sum(os.path.isfile(os.path.join(folder, name)) for name in relative))
        given = self._given.get(data_file, {})
        answer: Json = {"data": data_file, "places": {}, "foreign": [], "gone": [], "known": 0, "executed": []}
        for name, executed in names.items():
            if name in given:
                answer["places"][name] = given[name]
                continue
            candidates = (
                [name] if os.path.isabs(name) else [os.path.join(f, name.replace("\\", os.sep)) for f in folders]
            )
            place = next((path for path in candidates if os.path.exists(path)), None)
            self._settle_name(answer, name, place, executed=executed)
        return answer

    def _settle_name(self, answer: Json, name: str, place: str | None, *, executed: bool) -> None:
        inside = _relative(place or name, self._root)
        mapped = self._aliases.map(place or name)
        alias = os.path.realpath(mapped) if mapped not in {place, name} else None
        here = place is not None and inside in self._local
        if here:
            answer["known"] += 1
            answer["executed"] += [inside] if executed else []
        answer["places"][name] = place or name
        added = place is not None and not here and self._is_added(place)
        if alias is None and (here or (place is not None and _key(inside) not in self._keys)):
            answer["places"][name] = None if added else place
            return
        if place is None and alias is None and not os.path.isabs(inside) and os.path.isabs(name):
            # It was in this checkout, and is gone: coverage has its own rules for that.
            return
        if place is None and alias is None and self._own_run:
            # A file this run measured elsewhere and that is gone now was a temporary one.
            answer["places"][name] = None
            answer["gone"].append(name)
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
    address = f"{pathlib.Path(data_file).absolute().as_uri()}?mode=ro"
    query = (
        "select path, exists (select 1 from arc where file_id = file.id) or "
        "exists (select 1 from line_bits where file_id = file.id and length(numbits)) from file"
    )
    with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
        return {path: bool(executed) for path, executed in database.execute(query)}


def _unite(request: Json, cov: Analyst, usable: list[str], settled: list[Json], combined: str) -> Analyst:
    """Unite the data files with every file at its place; return coverage over the result."""
    if not usable:
        msg = "no data file of this run is whole"
        raise NoDataError(msg)
    relative = cov.config.relative_files
    data = cov.get_data()
    for path, found in zip(usable, settled, strict=True):
        places = {
            name: LEFT_OUT + name if place is None else relative_filename(place) if relative else abs_file(place)
            for name, place in found["places"].items()
        }
        part = CoverageData(path)
        part.read()
        data.update(part, map_path=places.__getitem__)
        part.close()
    cov.save()
    if all(place is not None for found in settled for place in found["places"].values()):
        return cov
    data.close()
    _delete_left_out(combined)
    united = _open(request, combined)
    united.load()
    return united


def _delete_left_out(data_file: str) -> None:
    with contextlib.closing(sqlite3.connect(data_file)) as database, database:
        which = "file_id in (select id from file where substr(path, 1, ?) = ?)"
        mark = (len(LEFT_OUT), LEFT_OUT)
        for table in ("arc", "line_bits", "tracer"):
            database.execute(f"delete from {table} where {which}", mark)  # noqa: S608  # a name of the line above
        database.execute("delete from file where substr(path, 1, ?) = ?", mark)


def _hidden_packages(request: Json, cov: Analyst, root: str) -> list[list[str]]:
    """Return [path, found at] of the project's packages whose copy coverage would not have seen where it is found.

    Only of those that no executed file is of: what ran in them may have been the copy.
    """
    packages = request["packages"]
    option: Any = cov.get_option
    by_name = set(option("run:source_pkgs") or [])
    include, omit = _globs(option("run:include")), _globs(option("run:omit"))
    sources = [*(option("run:source") or []), *(option("run:source_dirs") or [])]
    wanted = _packages_in_source(cov, packages, root) if sources else list(packages)
    hidden = []
    for name in wanted:
        path = packages[name]
        source = _source_of(os.path.join(root, path))
        if (omit and omit.match(source)) or (include and not sources and not include.match(source)):
            continue
        found = _found_elsewhere(name, root, packages)
        if (
            not found
            or _relative(found, root) in request["local"]
            or (name in by_name and not (omit and omit.match(found)))
        ):
            continue
        if not any(file == path or file.startswith(path + "/") for file in _executed(cov, root)):
            hidden.append([path, found])
    return hidden


def _executed(cov: Analyst, root: str) -> Iterator[str]:
    """Yield the measured files of which anything was executed."""
    data = cov.get_data()
    return (_relative(path, root) for path in data.measured_files() if data.lines(path))


def _limit_contexts(cov: Analyst) -> None:
    """Read the lines of the contexts that [report] contexts names only, as every report of coverage does."""
    cov.get_data().set_query_contexts(cov.config.report_contexts)


def _reported(cov: Analyst) -> list[Any]:
    """Return the file reporters `coverage report` would use: measured files after [report] include and omit."""
    reporters = [fr for fr, _ in cov._get_file_reporters(None)]  # noqa: SLF001  # see PRIVATE_NAMES
    include, omit = cov.config.report_include, cov.config.report_omit
    if include:
        matcher = GlobMatcher(prep_patterns(include), "include")
        reporters = [fr for fr in reporters if matcher.match(fr.filename)]
    if omit:
        matcher = GlobMatcher(prep_patterns(omit), "omit")
        reporters = [fr for fr in reporters if not matcher.match(fr.filename)]
    return sorted(reporters, key=lambda fr: fr.filename)


def _analyse_all(request: Json, cov: Analyst, combined: str, reporters: list[Any], root: str) -> tuple[Json, list[Any]]:
    """Return ({path: record}, [problem]) of all reported files, on every core when there are many.

    A problem is [kind, path, why]; its kind is empty for a changed file whose errors the configuration ignores.
    """
    alone = request.get("html") or request.get("xml") or len(reporters) < FORK_FROM or not hasattr(os, "fork")
    workers = 1 if alone else min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    changed = set(request["changed"])
    if workers == 1:
        return _analyse_some(cov, reporters, changed, root)
    names = [reporter.filename for reporter in reporters]
    cov.get_data().close()
    files: Json = {}
    problems: list[Any] = []
    for part_files, part_problems in _forked(request, combined, [names[n::workers] for n in range(workers)], root):
        files.update(part_files)
        problems += part_problems
    return files, problems


def _forked(request: Json, combined: str, parts: list[list[str]], root: str) -> Iterator[tuple[Json, list[Any]]]:
    """Analyse each part in a process of its own; yields what `_analyse_some` returns for it."""
    folder = os.path.dirname(combined)
    children = []
    for number, names in enumerate(parts):
        out = os.path.join(folder, f"part-{number}.json")
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                # A data object that finds itself in another process starts anew, and erases its file.
                cov = _open(request, combined)
                cov.load()
                _limit_contexts(cov)
                reporters = [cov._get_file_reporter(name) for name in names]  # noqa: SLF001  # see PRIVATE_NAMES
                _write(out, _analyse_some(cov, reporters, set(request["changed"]), root))
                status = 0
            finally:
                os._exit(status)
        children.append((pid, out))
    for pid, out in children:
        _, status = os.waitpid(pid, 0)
        if status:
            msg = f"a process that analysed sources ended with status {status}"
            raise RuntimeError(msg)
        with open(out, encoding="utf-8") as file:
            yield json.load(file)


def _analyse_some(cov: Analyst, reporters: Iterable[Any], changed: set[str], root: str) -> tuple[Json, list[Any]]:
    files: Json = {}
    problems: list[Any] = []
    ignore_errors = cov.get_option("report:ignore_errors")
    for reporter in reporters:
        path = _relative(reporter.filename, root)
        try:
            files[path] = _record(cov, reporter, detailed=path in changed)
        except (NotPython, NoSource) as exc:
            gone = isinstance(exc, NoSource)
            # What a template was compiled to, say, runs under the template's name; every report passes over it.
            if not ignore_errors and (gone or reporter.should_be_python()):
                problems.append(["no-source" if gone else "not-python", path, str(exc)])
            elif path in changed and _looks_like_python(reporter):
                problems.append(["", path, str(exc)])
    return files, problems


def _looks_like_python(reporter: Any) -> bool:
    return bool(reporter.should_be_python()) or os.path.splitext(reporter.filename)[1] in _SCRIPTS


_SCRIPTS = {".wsgi", ".cgi", ".fcgi"}
"""Suffixes of what a web server runs as Python, which coverage takes for templates when it cannot parse them."""


def _record(cov: Analyst, reporter: Any, *, detailed: bool) -> Json:
    """Return one file's record; the keys are short because there are thousands of them."""
    analysis = cov._analyze(reporter.filename, file_reporter=reporter)  # noqa: SLF001  # see PRIVATE_NAMES
    stats = analysis.branch_stats() if analysis.has_arcs else {}
    record = {
        "s": sorted(analysis.statements),
        "m": sorted(analysis.missing),
        "x": sorted(analysis.excluded),
        "b": [[line, total, taken] for line, (total, taken) in sorted(stats.items())],
    }
    if detailed:
        record.update(_details(reporter, analysis.statements))
        executed = cov.get_data().lines(reporter.filename) or []
        record["stray"] = sorted(_strays(reporter, reporter.translate_lines(executed)))
    return record


def _details(reporter: Any, statements: set[int]) -> Json:
    """What only changed files need: statements of continuation lines, functions, and which text was analysed."""
    regions = [
        [region.name, min(region.lines), max(region.lines)]
        for region in reporter.code_regions()
        if region.kind == "function" and region.lines
    ]
    with open(reporter.filename, "rb") as file:
        digest = _digest(file.read())
    return {"first": _first_lines(reporter, statements), "functions": regions, "sha256": digest}


def _digest(text: bytes) -> str:
    """Return what `covgate.change.texts.digest_of` makes of the text that was diffed."""
    return hashlib.sha256(re.sub(rb"\$Id:[^$\n]*\$", b"$Id$", text.replace(b"\r\n", b"\n"))).hexdigest()


def _first_lines(reporter: Any, statements: set[int]) -> list[tuple[int, int]]:
    """Return (line, first line of its statement) of the lines that continue one of `statements`."""
    source = reporter.source()
    texts = source.split("\n")
    first = {
        line: start
        for line in range(1, len(texts) + 1)
        for start in reporter.translate_lines([line])
        if start != line and start in statements
    }
    # Reading tokens takes longer than all of the above; only such a line can be none of its statement's.
    if any(texts[line - 1].strip()[:1] in {"", "#"} for line in first):
        code = _lines_of_code(source)
        first = {line: start for line, start in first.items() if line in code}
    return sorted(first.items())


def _lines_of_code(source: str) -> set[int]:
    """Return the lines that hold a part of a statement: not the blank and comment lines inside a long call."""
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in layout:
                lines.update(range(token.start[0], token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):
        # Not Python (a template, say): every line may belong to a statement.
        return set(range(1, source.count("\n") + 2))
    return lines


def _unmeasured(request: Json, cov: Analyst, measured: set[str], root: str) -> tuple[Json, list[str]]:
    """Say of each changed Python file without data why, with its statements when it should have been measured.

    Returned beside it are the files with code, changed or not, that should have been measured and are in no data.
    """
    known = {_relative(path, root) for path in measured}
    scope = _Scope(cov, measured, request)
    found: Json = {}
    for path in request["changed"]:
        full = os.path.join(root, path)
        if os.path.islink(full) or (path not in known and not path.endswith(_PYTHON)):
            continue
        # A file with data is in scope, whatever is configured now, unless reports leave it out.
        rule = scope.dropped(full) if path in known else scope.left_out(full)
        if rule is not None:
            found[path] = {"gap": "omitted", "rule": rule.text, "where": rule.where}
        elif path not in known:
            found[path] = _unmeasured_record(cov, full, "unmeasured" if scope.named else "undecided")
    unloaded = [
        path
        for path in request["tracked"]
        if path not in known and path.endswith(_PYTHON) and scope.left_out(os.path.join(root, path)) is None
    ]
    return found, _with_code(root, unloaded)


def _unmeasured_record(cov: Analyst, full: str, gap: str) -> Json:
    if not os.path.isfile(full):
        return {"gap": "unparsable", "why": "it is not in the working folder"}
    try:
        reporter = cov._get_file_reporter(full)  # noqa: SLF001  # see PRIVATE_NAMES
        return {"gap": gap, **_record(cov, reporter, detailed=True)}
    except NotPython as exc:
        return {"gap": "unparsable", "why": str(exc)}


def _with_code(root: str, paths: list[str]) -> list[str]:
    """Return the files that hold more than comments and a docstring; of very many, those that hold anything."""
    full = {path: os.path.join(root, path) for path in paths}
    there = [path for path in paths if os.path.isfile(full[path]) and not os.path.islink(full[path])]
    if len(there) > _PARSED:
        return [path for path in there if os.path.getsize(full[path])]
    return [path for path in there if _has_code(full[path])]


_PARSED = 500
"""How many files that nothing loaded are looked into: a second's work."""


def _has_code(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            body = ast.parse(file.read()).body
    except OSError:
        return False
    except (SyntaxError, ValueError, RecursionError):
        return True
    return not all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def static(request: Json) -> Json:
    """Answer the statements of changed files for a report that was made elsewhere, which holds lines only."""
    root = os.path.realpath(request["root"])
    measured = {os.path.join(root, path) for path in request["measured"]}
    cov = Analyst(data_file=None, config_file=True)
    # Branches of files without data are wanted too; the caller drops them when its report has none.
    cov.get_data().add_arcs({os.path.join(root, "(nothing measured)"): []})
    found, unloaded = _unmeasured(request, cov, measured, root)
    for path in request["changed"]:
        full = os.path.join(root, path)
        if full in measured and os.path.isfile(full):
            found[path] = {"gap": "measured", **_static_record(cov._get_file_reporter(full))}  # noqa: SLF001
    return {"changed": found, "unloaded": unloaded}


def _static_record(reporter: Any) -> Json:
    """Return what a report of this file has to agree with; only a digest for what is no Python (a template)."""
    try:
        statements, excluded = reporter.lines(), reporter.excluded_lines()
    except (NotPython, NoSource) as exc:
        with open(reporter.filename, "rb") as file:
            digest = _digest(file.read())
        why = {"why": f"{exc} (Python {sys.version_info[0]}.{sys.version_info[1]})"}
        return {"sha256": digest, **(why if _looks_like_python(reporter) else {})}
    if not _looks_like_python(reporter):
        # A template may happen to be Python, too: its plugin finds other statements.
        return _details(reporter, statements)
    known = _of_other_versions(reporter.source())
    return {
        **_details(reporter, statements),
        "s": sorted(statements),
        "maybe": sorted(excluded | known["added"] | reporter.translate_lines(known["added"])),
        "optional": sorted(reporter.translate_lines(known["left out"])),
    }


# --- what only versions explain --------------------------------------------------------------------------------------

_ADDED, _LEFT_OUT = {"added"}, {"left out"}

OTHER_VERSIONS: dict[str, tuple[str, set[str]]] = {
    "docstring": ("coverage before 7.0 counts a module's docstring that stands below a comment", _ADDED | _LEFT_OUT),
    "string": ("coverage before 7.0 takes a statement that begins with a string for a docstring", _LEFT_OUT),
    "nothing": (
        "`pass`, `...`, `global` and constants: some versions of Python make no code of them",
        _ADDED | _LEFT_OUT,
    ),
    "constant-test": (
        "`if 0:`, `while 1:`, `if __debug__:`: Python leaves a side out, with -O another one",
        _ADDED | _LEFT_OUT,
    ),
    "clause": ("`try:`, `else:`, `finally:`: recorded by some versions of Python", _ADDED),
    "decorated": ("decorators and what they decorate: Python before 3.8 records the first line only", _LEFT_OUT),
    "typing": ("`if TYPE_CHECKING:` and bodies of `...`: excluded since coverage 7.10 and 7.6", _ADDED | _LEFT_OUT),
    "inner": (
        "a line inside a statement: which lines of it are recorded depends on the version of Python",
        _ADDED | _LEFT_OUT,
    ),
}
"""Kinds of lines by which honest measurements of one text differ: why, and which way.

`added` ones may be named without being statements here, `left out` ones may be statements here without being named.
"""


def _of_other_versions(source: str) -> dict[str, set[int]]:
    """Return the lines of `OTHER_VERSIONS` in a source that can be parsed."""
    lines: dict[str, set[int]] = {"added": set(), "left out": set()}
    for node in ast.walk(ast.parse(source)):
        for kind, found in _kinds_of(node):
            for way in OTHER_VERSIONS[kind][1]:
                lines[way].update(found)
    for number, text in enumerate(source.split("\n"), start=1):
        if re.match(r"\s*(try|else|finally)\s*:", text):
            lines["added"].add(number)
    return lines


def _kinds_of(node: Any) -> Iterator[tuple[str, range]]:
    """Yield (kind, lines) of one node of the syntax tree."""
    body = getattr(node, "body", None)
    if isinstance(body, list) and body and _is_text(body[0]):
        yield "docstring", range(body[0].lineno, body[0].lineno + 1)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        if node.decorator_list:
            yield "decorated", range(first, node.lineno + 1)
        if all(_is_nothing(statement) for statement in node.body):
            yield "typing", range(first, _span(node).stop)
    elif isinstance(node, (ast.If, ast.While)):
        words = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node.test)}
        if isinstance(node.test, ast.Constant) or "__debug__" in words:
            yield "constant-test", _span(node)
        if "TYPE_CHECKING" in words:
            yield "typing", range(node.lineno, _span(node.body[-1]).stop)
    elif isinstance(node, ast.stmt) and body is None:
        yield from _kinds_of_simple(node)


def _kinds_of_simple(node: ast.stmt) -> Iterator[tuple[str, range]]:
    yield "inner", range(node.lineno + 1, _span(node).stop)
    if _is_nothing(node):
        yield "nothing", _span(node)
    elif isinstance(node, ast.Expr) and _starts_with_text(node.value):
        yield "string", _span(node)


def _span(node: Any) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_nothing(node: Any) -> bool:
    if isinstance(node, ast.Expr):
        return all(isinstance(part, (ast.Constant, ast.BinOp, ast.operator)) for part in ast.walk(node.value))
    return isinstance(node, (ast.Pass, ast.Global, ast.Nonlocal))


def _starts_with_text(node: Any) -> bool:
    return any(
        isinstance(part, (ast.Constant, ast.JoinedStr))
        and (part.lineno, part.col_offset) == (node.lineno, node.col_offset)
        for part in ast.walk(node)
        if isinstance(part, (ast.Constant, ast.JoinedStr))
    )


def _strays(reporter: Any, executed: set[int]) -> set[int]:
    """Return executed lines (first lines of statements) that the source of now cannot have executed."""
    # Python 3.10 executes line 1 of a file that holds nothing.
    if not executed or not isinstance(reporter, PythonFileReporter) or not reporter.lines():
        return set()
    found = {line for line in executed if line > 0} - reporter.lines() - reporter.excluded_lines()
    if found:
        # Looked at only then: it costs as much as parsing the file.
        found -= reporter.translate_lines(_of_other_versions(reporter.source())["added"])
    return found


# --- scope: which files should be measured, and what leaves out the others -----------------------------------------

_PYTHON = (".py", ".pyw")

_SOURCES = ("run:source", "run:source_pkgs", "run:source_dirs")


class Default(NamedTuple):
    """Files that covgate leaves out where neither `source` nor `include` says what is measured."""

    pattern: str
    """As in coverage's `omit`, from the project's folder."""
    what: str
    reason: str
    beside: str = ""
    """A file of the project's folder without which the default does not hold."""

    @property
    def shown(self) -> str:
        """The pattern as `.gitignore` has it: `tests/` anywhere, `/docs/` at the top only."""
        path = self.pattern if self.pattern.startswith("**/") else f"/{self.pattern}"
        return re.sub(r"^\*\*/|(?<=/)\*$", "", path)


DEFAULTS = (
    Default("**/test_*.py", "tests", "pytest collects them"),
    Default("**/*_test.py", "tests", "pytest collects them"),
    Default("**/tests.py", "tests", "the tests of a Django app, as `startapp` makes them"),
    Default("**/tests/*", "tests", "tests, their helpers and what they read"),
    Default("**/test/*", "tests", "tests, their helpers and what they read"),
    Default("**/conftest.py", "tests", "pytest loads it, and nothing else does"),
    Default("setup.py", "run by tools only", "the build executes it, no test does"),
    Default("noxfile.py", "run by tools only", "nox executes it, no test does"),
    Default("manage.py", "run by tools only", "Django's command line (its `settings.py` counts)", "manage.py"),
    Default("**/wsgi.py", "run by tools only", "of a Django project: a web server executes it", "manage.py"),
    Default("**/asgi.py", "run by tools only", "of a Django project: a web server executes it", "manage.py"),
    Default("docs/*", "documentation", "Sphinx executes `conf.py`; the rest is read"),
    Default("doc/*", "documentation", "Sphinx executes `conf.py`; the rest is read"),
    Default("examples/*", "documentation", "readers run them"),
    Default("**/site-packages/*", "an environment", "other people's code"),
    Default(".tox/*", "an environment", "made by tox or nox"),
    Default(".nox/*", "an environment", "made by tox or nox"),
    Default("**/sitecustomize.py", "Python's own start", "Python imports them before any test"),
    Default("**/usercustomize.py", "Python's own start", "Python imports them before any test"),
)
"""The stated defaults; the README has the same table. Folders with a `pyvenv.cfg` join."""

_START_UP = ("*/sitecustomize.py", "*/usercustomize.py")
"""Python imports them at its own start, Debian's from /etc: coverage is there before them, started by its hook."""


def _default_patterns(request: Json) -> dict[str, Default]:
    """Return the stated defaults by their patterns below this folder, as coverage matches them."""
    environments = [
        Default(f"{_literal(name)}/*", "an environment", "it holds `pyvenv.cfg`")
        for name in os.listdir(".")
        if os.path.exists(os.path.join(name, "pyvenv.cfg"))
    ]
    collected = [
        Default(f"**/{pattern}", "tests", "pytest's `python_files`")
        for pattern in request.get("tests") or ()
        if _names_tests(pattern)
    ]
    here = _literal(os.path.realpath("."))
    return {
        f"{here}/{default.pattern}": default
        for default in (*DEFAULTS, *collected, *environments)
        if os.path.exists(default.beside or ".")
    }


def _literal(path: str) -> str:
    """Return a pattern for a path that may hold a pattern's own characters: coverage has no way to quote them."""
    return re.sub(r"[*?\[\]]", "?", path)


def _names_tests(pattern: str) -> bool:
    """Whether one of pytest's `python_files` tells tests from other modules, in a way coverage's patterns know."""
    plain = re.fullmatch(r"[\w.*?/-]+", pattern) and "**" not in pattern and not pattern.startswith("/")
    any_module = GlobMatcher([pattern], "python_files") if plain and "/" not in pattern else None
    return bool(plain) and not (any_module and any(map(any_module.match, ("a.py", "prices.py", "__init__.py"))))


class Rule(NamedTuple):
    """What leaves a file out, `omit = docs/*`, and where that stands, `pyproject.toml line 12`."""

    text: str
    where: str


class _Scope:
    """Which files should be measured: coverage's own rules, asked of files it never saw, and what breaks each.

    Without `source` and `include` coverage measures whatever is executed; then it is every file of the project's folder
    that neither the configured `omit` nor a stated default leaves out.
    """

    def __init__(self, cov: Analyst, measured: Iterable[str], request: Json) -> None:
        option: Any = cov.get_option
        # Of a run, what `prepare` was told; of data that was there before, what pytest's configuration says now.
        told: Json = dict(cov.config.plugin_options.get("covgate") or {})
        said = told or request
        self._root, self._here = os.path.realpath(request["root"]), os.path.realpath(".")
        self._configuration = _Configuration(cov.config.config_file)
        self._defaults = _default_patterns(said)
        self._omit = _Patterns(option("run:omit"))
        self._include = _Patterns(option("run:include"))
        self._report_include = _Patterns(option("report:include"))
        self._report_omit = _Patterns(option("report:omit"))
        self._default = _Patterns(list(self._defaults))
        added = told.get("added", ())
        values: dict[str, list[str]] = {name: [v for v in option(name) or [] if v not in added] for name in _SOURCES}
        # In a run these were the `source`; data made before may come from another command, so the configured one wins.
        given = list(said.get("source") or ()) if told or not any(values.values()) else []
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
        configured = pattern and pattern not in self._defaults and pattern not in _START_UP
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
            shown = _listed(os.path.relpath(v, self._here) if os.path.isabs(v) else v for v in values)
            return Rule(f"{name} = {shown}", self._configuration.find(section, name, shown))
        return Rule("", "")

    def _source_places(
        self, named: dict[str, list[str]], measured: Iterable[str], tracked: Sequence[str]
    ) -> frozenset[str]:
        """Return the folders and files the sources stand for, those of modules too."""
        sources = named.get("run:source", [])
        packages = [*named.get("run:source_pkgs", []), *(s for s in sources if not os.path.isdir(s))]
        folders = [*named.get("run:source_dirs", []), *(s for s in sources if os.path.isdir(s))]
        places = [os.path.realpath(folder) for folder in folders]
        names = _Modules(self._root, self._here, measured, tracked, self._default)
        return frozenset([*places, *(place for package in packages for place in names.find(package))])


def _listed(values: Iterable[str]) -> str:
    several = list(values)
    return ", ".join(several[:_LISTED]) + (", ..." if len(several) > _LISTED else "")


_LISTED = 3


class _Patterns:
    """Patterns of coverage, of which one can tell which it was that matched."""

    def __init__(self, patterns: Any) -> None:
        self.given: tuple[str, ...] = tuple(dict.fromkeys(patterns or ()))
        self._all = GlobMatcher(prep_patterns(self.given), "covgate") if self.given else None

    def match(self, path: str) -> str:
        """Return the first pattern that fits `path`, empty when none does."""
        if self._all is None or not self._all.match(path):
            return ""
        return next(p for p in self.given if GlobMatcher(prep_patterns([p]), "covgate").match(path))

    def listed(self) -> str:
        """Return the patterns as they were written: prepared ones stand behind those they were made of."""
        return _listed(p for p in self.given if not os.path.isabs(p)) or _listed(self.given)


class _Configuration:
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


class _Modules:
    """Where importable names lie, found without importing any."""

    def __init__(self, root: str, here: str, measured: Iterable[str], tracked: Sequence[str], tests: _Patterns) -> None:
        self._root, self._here, self._tests = root, here + os.sep, tests
        self._measured = [os.path.realpath(path) for path in measured]
        self._tracked = [os.path.join(root, path) for path in tracked]

    def find(self, name: str) -> list[str]:
        """Return the folders (of a module: the file) that `name` stands for.

        A package is one folder: where its files were measured, where Python would find it, or else a tracked folder of
        its name. A namespace package is all of these; a folder of tests called like it is none of it.
        """
        tail = os.sep + name.replace(".", os.sep)
        measured = {place for full in self._measured for place in self._places_in(full, tail)}
        known = measured | set(self._places_by_import(name))
        # A copy in an environment, or `app.shop` where `shop` is asked for, is not the one package.
        if any(_is_package(place) and self._is_own(place, tail) for place in known):
            return sorted(known)
        tracked = {p for full in self._tracked if not self._tests.match(full) for p in self._places_in(full, tail)}
        own = {place for place in tracked if self._is_own(place, tail)} or tracked
        return sorted(known | ({place for place in own if _is_package(place)} or own))

    def _places_in(self, full: str, tail: str) -> Iterator[str]:
        # Folders above the project may have the package's name too: a clone of `click` lies in a folder `click`.
        at = full.find(tail + os.sep, len(self._here) - 1 if full.startswith(self._here) else 0)
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


def _globs(patterns: Any) -> GlobMatcher | None:
    return GlobMatcher(prep_patterns(patterns), "covgate") if patterns else None


def _render(request: Json, cov: Analyst) -> None:
    if request.get("html"):
        cov.html_report(directory=request["html"])
    if request.get("xml"):
        cov.xml_report(outfile=request["xml"])


def _relative(path: str, root: str) -> str:
    """Return `path` relative to the checkout with `/`, or absolute when it lies outside."""
    full = os.path.realpath(path)
    return os.path.relpath(full, root).replace(os.sep, "/") if full.startswith(root + os.sep) else full


# --- the frame -----------------------------------------------------------------------------------------------------


def _write(path: str, value: object) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, separators=(",", ":"))


def main(question: str) -> None:
    """Answer the question, a request as JSON; an error coverage words itself becomes part of the answer."""
    if not question:
        # covgate ended without one.
        return
    request = json.loads(question)
    # Parsing makes many small objects and few cycles: looking for those less often saves a tenth of the time.
    gc.set_threshold(100_000, 50, 100)
    # Python put this script's folder first; coverage puts the working directory there, where plugins may live.
    sys.path[:] = [os.getcwd(), *(entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__)))]
    commands = {"prepare": prepare, "analyse": analyse, "static": static}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = commands[request["command"]](request)
        except CoverageException as exc:
            answer = {"error": str(exc), "kind": type(exc).__name__}
    answer["warnings"] = list(dict.fromkeys(str(w.message) for w in caught if "Coverage" in w.category.__name__))
    _write(request["answer"], answer)


if __name__ == "__main__":
    main(sys.stdin.read())
