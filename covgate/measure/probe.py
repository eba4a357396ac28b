"""The stand-alone script covgate runs in the project's interpreter: standard library and coverage only.

What a statement, an exclusion or a branch is depends on the interpreter, on coverage's plugins and on the project's
configuration, so the analysis runs where the project runs. One JSON request comes in on the standard input, one
JSON answer goes to the file the request names. Three commands:

prepare  reads the project's coverage configuration and answers it serialised, set up to measure every Python process
analyse  combines data files and answers, for each measured file, the numbers of its statements, of the missing and
         excluded ones, and its branches; for changed files also the first line of each line's statement and the
         functions. A source is parsed once, whatever is rendered from it.

static   answers the same of changed files alone, for reports made elsewhere

coverage's private names used here are listed in PRIVATE_NAMES and held by a contract test.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import site
import sqlite3
import sys
import sysconfig
import tempfile
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import coverage

if coverage.version_info < (7, 13):
    # Said before anything is imported that an older one may not have.
    sys.exit(f"coverage {coverage.__version__} is too old")

from coverage import Coverage, CoverageData
from coverage.exceptions import ConfigError, CoverageException, NoSource, NotPython
from coverage.files import GlobMatcher, TreeMatcher, prep_patterns, relative_filename

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
    if found is None and not request.get("scoped"):
        _use_defaults(cov)
    if request.get("source"):
        # pytest-cov's --cov overrides the configured source: the same project, measured by covgate, does too.
        cov.set_option("run:source", request["source"])
    if request.get("branch"):
        cov.set_option("run:branch", True)
    for option in ("run:omit", "run:include"):
        # Relative patterns mean this folder; a process started elsewhere would take them for its own.
        if patterns := cov.get_option(option):
            cov.set_option(option, prep_patterns(patterns))  # type: ignore[arg-type]  # a list of patterns
    cov.set_option("run:data_file", request["data_file"])
    cov.set_option("run:parallel", True)
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


def _use_defaults(cov: Coverage) -> None:
    """Set what a project without any coverage configuration would choose."""
    packages_in_src = os.path.isdir("src") and not os.path.exists(os.path.join("src", "__init__.py"))
    cov.set_option("run:branch", True)
    cov.set_option("run:source", [os.path.abspath("src" if packages_in_src else ".")])
    cov.set_option("run:omit", [*_DEFAULT_OMIT, *(f"{folder}/*" for folder in _environments())])
    cov.set_option("run:patch", ["_exit", "fork"])
    # A server that the tests end with SIGTERM, or leave running, writes what it executed.
    cov.set_option("run:sigterm", True)


_DEFAULT_OMIT = [
    "*/tests/*",
    "*/test/*",
    "*/testing/*",
    "test_*.py",
    "*/test_*.py",
    "*_test.py",
    "conftest.py",
    "*/conftest.py",
    "setup.py",
    "noxfile.py",
    "docs/*",
    "doc/*",
    "examples/*",
    "build/*",
    "dist/*",
    ".tox/*",
    ".nox/*",
    ".covgate/*",
    "*/site-packages/*",
]
"""Left out when a project has no coverage configuration: tests, environments, and what only tools execute."""


def _environments() -> list[str]:
    """Folders of this directory that are virtual environments, and this interpreter's own when it lies inside."""
    return [
        entry.path
        for entry in os.scandir(".")
        if entry.is_dir() and os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
    ]


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
    """Combine the data files, analyse every reported file and the changed ones, and render what was asked for."""
    usable = _usable(request)
    root = os.path.realpath(request["root"])
    with tempfile.TemporaryDirectory() as folder:
        # The suite's own processes are over, so this one need not hide from them; coverage wants the plain name.
        combined = os.path.join(folder, ".coverage")
        cov = _open(request, combined)
        cov.combine(usable, strict=True, keep=True)
        cov.save()
        if request.get("places"):
            combined, cov = _resettle(request, cov, folder)
        data = cov.get_data()
        measured = data.measured_files()
        answer = {"coverage": coverage.__version__, "branches": data.has_arcs(), "problems": [], "unresolved": []}
        answer["lost"] = len(request["data"]) - len(usable)
        if request.get("places") is None:
            answer["unresolved"] = sorted(f for f in measured if not os.path.exists(f))
            if answer["unresolved"]:
                return answer
        if request.get("html") or request.get("xml"):
            cov.remember()
        reported = _reported(cov)
        answer["files"], answer["problems"] = _analyse_all(request, cov, combined, reported, root)
        answer["changed"] = _unmeasured(request, cov, measured, root)
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


def _resettle(request: Json, cov: Analyst, folder: str) -> tuple[str, Analyst]:
    """Rename the files of another machine to where they lie here; return the new data file, and coverage over it."""
    places = request["places"]
    if cov.config.relative_files:
        places = {there: relative_filename(here) for there, here in places.items()}
    name = os.path.join(folder, "resettled", ".coverage")
    os.mkdir(os.path.dirname(name))
    data = CoverageData(name)
    data.update(cov.get_data(), map_path=lambda path: places.get(path, path))
    data.write()
    data.close()
    resettled = _open(request, name)
    resettled.load()
    return name, resettled


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
    """Return ({path: record}, [problem]) of all reported files, on every core when there are many."""
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
        except NotPython as exc:
            if reporter.should_be_python() and not ignore_errors:
                problems.append(["not-python", path, str(exc)])
        except NoSource as exc:
            if not ignore_errors:
                problems.append(["no-source", path, str(exc)])
    return files, problems


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
    return record


def _details(reporter: Any, statements: set[int]) -> Json:
    """What only changed files need: statements of continuation lines, functions, and which text was analysed."""
    regions = [
        [region.name, min(region.lines), max(region.lines)]
        for region in reporter.code_regions()
        if region.kind == "function" and region.lines
    ]
    with open(reporter.filename, "rb") as file:
        digest = hashlib.sha256(file.read().replace(b"\r\n", b"\n")).hexdigest()
    return {"first": _first_lines(reporter, statements), "functions": regions, "sha256": digest}


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


def _unmeasured(request: Json, cov: Analyst, measured: set[str], root: str) -> Json:
    """For each changed Python file without data: why, and its statements when it should have been measured."""
    known = {_relative(path, root) for path in measured}
    judge = _Scope(cov, measured)
    found: Json = {}
    for path in request["changed"]:
        full = os.path.join(root, path)
        if path in known or not path.endswith((".py", ".pyw")) or os.path.islink(full):
            continue
        if not judge.includes(full):
            found[path] = {"gap": "omitted"}
            continue
        if not os.path.isfile(full):
            found[path] = {"gap": "unparsable", "why": "it is not in the working folder"}
            continue
        try:
            reporter = cov._get_file_reporter(full)  # noqa: SLF001  # see PRIVATE_NAMES
            found[path] = {"gap": "unmeasured", **_record(cov, reporter, detailed=True)}
        except NotPython as exc:
            found[path] = {"gap": "unparsable", "why": str(exc)}
    for path in sorted(set(request["changed"]) & known):
        # Measured, but left out by [report] include or omit.
        if not judge.reports(os.path.join(root, path)):
            found[path] = {"gap": "omitted"}
    return found


def static(request: Json) -> Json:
    """Answer the statements of changed files for a report that was made elsewhere, which holds lines only."""
    root = os.path.realpath(request["root"])
    measured = {os.path.join(root, path) for path in request["measured"]}
    cov = Analyst(data_file=None, config_file=True)
    # Branches of files without data are wanted too; the caller drops them when its report has none.
    cov.get_data().add_arcs({os.path.join(root, "(nothing measured)"): []})
    found = _unmeasured(request, cov, measured, root)
    for path in request["changed"]:
        full = os.path.join(root, path)
        if full in measured and os.path.isfile(full):
            with contextlib.suppress(NotPython, NoSource):
                reporter = cov._get_file_reporter(full)  # noqa: SLF001
                found[path] = {"gap": "measured", **_details(reporter, reporter.lines())}
    return {"changed": found}


class _Scope:
    """Which files the configuration wants measured: coverage's own rules, asked of a file it never saw.

    Without `source` or `include` coverage measures what is imported, wherever it lies; then the scope is the folders
    at the top of the working directory in which at least one file was measured.
    """

    def __init__(self, cov: Analyst, measured: Iterable[str]) -> None:
        option: Any = cov.get_option
        self._run_include = _globs(option("run:include"))
        self._run_omit = _globs(option("run:omit"))
        self._report_include = _globs(option("report:include"))
        self._report_omit = _globs(option("report:omit"))
        self._here = os.path.realpath(".")
        sources = [*(option("run:source") or []), *(option("run:source_dirs") or [])]
        packages = [*(option("run:source_pkgs") or []), *(s for s in sources if not os.path.isdir(s))]
        folders = [os.path.realpath(s) for s in sources if os.path.isdir(s)]
        folders += [place for package in packages for place in _places(package, measured)]
        self._sources = TreeMatcher(folders, "source") if folders or sources or packages else None
        self._tops = {self._top(path) for path in measured}

    def _top(self, path: str) -> str:
        relative = os.path.relpath(os.path.realpath(path), self._here)
        head, _, rest = relative.partition(os.sep)
        return head if rest else ""

    def reports(self, path: str) -> bool:
        """Whether [report] include and omit let `path` through."""
        if self._report_include and not self._report_include.match(path):
            return False
        return not (self._report_omit and self._report_omit.match(path))

    def includes(self, path: str) -> bool:
        """Whether `path` is a file the measurement should have seen."""
        if not self.reports(path) or (self._run_omit and self._run_omit.match(path)):
            return False
        if self._sources is not None:
            return self._sources.match(path)
        if self._run_include:
            return self._run_include.match(path)
        return self._top(path) != os.pardir and self._top(path) in self._tops


def _globs(patterns: Any) -> GlobMatcher | None:
    return GlobMatcher(prep_patterns(patterns), "covgate") if patterns else None


def _places(package: str, measured: Iterable[str]) -> list[str]:
    """Return where an importable name lies, without importing it: where its files were measured, or are found."""
    tail = package.replace(".", os.sep)
    here = os.path.realpath(".") + os.sep
    places = set()
    for path in measured:
        full = os.path.realpath(path)
        # Folders above the project may have the package's name too: a clone of `click` lies in a folder `click`.
        above = len(here) - 1 if full.startswith(here) else 0
        at = full.find(os.sep + tail + os.sep, above)
        if at >= 0:
            places.add(full[:at] + os.sep + tail)
        elif full.endswith(os.sep + tail + ".py"):
            places.add(full)
    if not places:
        with contextlib.suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(package.split(".", maxsplit=1)[0])
            places.update(os.path.realpath(p) for p in (spec and spec.submodule_search_locations) or [])
    return sorted(places)


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
