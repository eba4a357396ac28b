"""After the run: the records of all reported files, and what is known of the changed ones."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from coverage import Coverage
from coverage.exceptions import CoverageException, NoSource, NotPython
from coverage.files import prep_patterns

from . import Json
from .analyst import Analyst, open_data, relative, values_of
from .data_files import Settler, unite, usable
from .exports import write_exports
from .packages import hidden_packages
from .record import looks_like_python, record
from .unmeasured import find_unmeasured

Records = tuple[Json, list[list[str]]]
"""({path: record}, [problem]): a problem is [kind, path, why].

Its kind is empty for a changed file whose errors the configuration ignores.
"""

FORK_FROM = 40
"""Below this many files a second process costs more than it saves."""


def analyse(request: Json) -> Json:
    """Unite the data files, analyse every reported file and the changed ones, and render what was asked for.

    Where files were measured that are none of the checkout's, the answer is what is known of them (`foreign`, for each
    data file) and nothing else: covgate settles where they belong, and asks again with their `places`.
    """
    data_files = usable(request)
    with tempfile.TemporaryDirectory() as folder:
        # The suite has ended, so the file may be called .coverage, as `Coverage.combine` expects.
        combined = os.path.join(folder, ".coverage")
        cov = open_data(request, combined)
        settler = Settler(cov, request)
        settled = [settler.settle(path) for path in data_files]
        if request["places"] is None and any(found["foreign"] for found in settled):
            return {"foreign": settled}
        cov = unite(request, cov, settled, combined)
        data = cov.get_data()
        answer: Json = {
            "branches": data.has_arcs(),
            "foreign": [],
            "lost": len(request["data"]) - len(data_files),
            "gone": [name for found in settled for name in found["gone"]],
            "hidden": hidden_packages(cov, request),
        }
        if request.get("otherwise") is not None:
            answer["otherwise"] = count_otherwise(request, combined)
        cov.remembers = bool(request["exports"])
        answer["files"], problems = _analyse_all(request, cov, combined)
        answer["changed"], answer["unloaded"] = find_unmeasured(request, cov, data.measured_files())
        # coverage goes on without what `ignore_errors` is about; a changed file is named all the same.
        answer["changed"].update({path: {"gap": "unparsable", "why": why} for kind, path, why in problems if not kind})
        answer["problems"] = [problem for problem in problems if problem[0]]
        if not answer["problems"]:
            write_exports(request, cov)
        return answer


def count_otherwise(request: Json, data_file: str) -> list[int] | None:
    """Return [covered statements, statements, taken branches, branches] as another [report] section would count them.

    None when a file could not be analysed that way.
    """
    cov = open_data(request, data_file)
    given, usual = request["otherwise"], Coverage(data_file=None, config_file=False)
    for name, more in (("exclude_lines", "exclude_also"), ("partial_branches", "partial_also")):
        # coverage adds what is in the second option to the first when it reads its file.
        first = given.get(name) or values_of(usual, f"report:{name}")
        cov.set_option(f"report:{name}", [*first, *given.get(more, ())])
    for name in ("omit", "include"):
        # An empty list of `include` would let nothing through.
        cov.set_option(f"report:{name}", prep_patterns(given.get(f"[report] {name}", ())) or None)
    cov.set_option("report:contexts", list(given.get("contexts", ())) or None)
    cov.load()
    counts = [0, 0, 0, 0]
    try:
        for reporter in cov.reported():
            analysis = cov.analysis_of(reporter)
            exits = analysis.branch_stats().values() if analysis.has_arcs else ()
            counts[0] += len(analysis.statements) - len(analysis.missing)
            counts[1] += len(analysis.statements)
            counts[2] += sum(taken for _, taken in exits)
            counts[3] += sum(total for total, _ in exits)
    except (CoverageException, re.error):
        return None
    return counts


def _analyse_all(request: Json, cov: Analyst, combined: str) -> Records:
    """Return the records of all reported files, on every core when there are many."""
    reporters = cov.reported()
    has_cores = hasattr(os, "sched_getaffinity") and len(reporters) >= FORK_FROM and not cov.remembers
    workers = min(8, len(os.sched_getaffinity(0))) if has_cores else 1
    if workers == 1:
        return _analyse_some(request, cov, reporters)
    names = [reporter.filename for reporter in reporters]
    cov.get_data().close()
    parts = list(_forked(request, combined, [names[n::workers] for n in range(workers)]))
    files = {path: record for files, _ in parts for path, record in files.items()}
    return files, [problem for _, problems in parts for problem in problems]


def _forked(request: Json, combined: str, parts: list[list[str]]) -> Iterator[Records]:
    """Analyse each part in a process of its own."""
    children = []
    for number, names in enumerate(parts):
        out = f"{combined}-part-{number}.json"
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                # A data object that finds itself in another process starts anew, and erases its file.
                cov = open_data(request, combined)
                cov.load()
                records = _analyse_some(request, cov, map(cov.reporter_of, names))
                with open(out, "w", encoding="utf-8") as file:
                    json.dump(records, file)
                status = 0
            finally:
                os._exit(status)
        children.append((pid, out))
    for pid, out in children:
        _, status = os.waitpid(pid, 0)
        if status:
            raise RuntimeError(f"a process that analysed sources ended with status {status}")
        with open(out, encoding="utf-8") as file:
            yield json.load(file)


def _analyse_some(request: Json, cov: Analyst, reporters: Iterable[Any]) -> Records:
    files: Json = {}
    problems: list[list[str]] = []
    ignore_errors, changed = cov.get_option("report:ignore_errors"), set(request["changed"])
    for reporter in reporters:
        path = relative(reporter.filename, request["root"])
        try:
            files[path] = record(cov, reporter, detailed=path in changed)
        except (NotPython, NoSource) as exc:
            gone = isinstance(exc, NoSource)
            # What a template was compiled to, say, runs under the template's name; every report passes over it.
            if not ignore_errors and (gone or reporter.should_be_python()):
                problems.append(["no-source" if gone else "not-python", path, str(exc)])
            elif path in changed and looks_like_python(reporter):
                problems.append(["", path, str(exc)])
    return files, problems
