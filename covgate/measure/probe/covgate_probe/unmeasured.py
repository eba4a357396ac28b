"""Sources alone: of files without data, and beside a report that was made elsewhere, which holds lines only."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable
from typing import Any

from coverage.exceptions import NoSource, NotPython

from . import Json
from .analyst import Analyst, relative, source_errors
from .reasons import Ran
from .record import details, digest_of, looks_like_python, of_other_versions, record
from .scope import Scope


def find_unmeasured(request: Json, cov: Analyst, measured: Iterable[str]) -> tuple[Json, list[str]]:
    """Say of each changed Python file without data why, with its statements when it should have been measured.

    Returned beside it are the files with code, changed or not, that should have been measured and are in no data.
    """
    root = request["root"]
    known = {relative(path, root) for path in measured}
    scope = Scope(cov, measured, request)
    changed: Json = {}
    for path in request["changed"]:
        full = os.path.join(root, path)
        if os.path.islink(full) or (path not in known and not path.endswith((".py", ".pyw"))):
            continue
        # A file with data is in scope, whatever is configured now, unless reports leave it out.
        rule = scope.dropped(full) if path in known else scope.left_out(full)
        if rule is not None:
            changed[path] = {"gap": "omitted", "rule": rule.text, "where": rule.where}
        elif path not in known:
            changed[path] = _record(cov, full, "unmeasured" if scope.named else "undecided")
    unloaded = {path: os.path.join(root, path) for path in request["tracked"] if path not in known}
    return changed, _with_code({path: full for path, full in unloaded.items() if scope.left_out(full) is None})


def _record(cov: Analyst, full: str, gap: str) -> Json:
    if not os.path.isfile(full):
        return {"gap": "unparsable", "why": "it is not in the working folder"}
    try:
        return {"gap": gap, **record(cov, cov.reporter_of(full), detailed=True)}
    except NotPython as exc:
        return {"gap": "unparsable", "why": str(exc)}


def _with_code(paths: dict[str, str]) -> list[str]:
    """Return the files that hold more than comments and a docstring; of very many, those that hold anything.

    `paths` are {name: full path}.
    """
    there = {path: full for path, full in paths.items() if os.path.isfile(full) and not os.path.islink(full)}
    is_wanted = _has_code if len(there) <= _PARSED else os.path.getsize
    return [path for path, full in there.items() if is_wanted(full)]


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
    """Answer the statements of changed files, and which files are not in the report."""
    root = request["root"]
    measured = {os.path.join(root, path) for path in request["measured"]}
    cov = Analyst(data_file=None, config_file=True)
    # Branches of files without data are wanted too; the caller drops them when its report has none.
    cov.get_data().add_arcs({os.path.join(root, "(nothing measured)"): []})
    changed, unloaded = find_unmeasured(request, cov, measured)
    for path in request["changed"]:
        full = os.path.join(root, path)
        if full in measured and os.path.isfile(full):
            ran = request["ran"].get(path, [[], []])
            changed[path] = {"gap": "measured", **static_record(cov.reporter_of(full), *ran)}
    return {"changed": changed, "unloaded": unloaded}


def static_record(reporter: Any, missing: Iterable[int], executed: Iterable[int]) -> Json:
    """Return what a report of this file has to agree with; only a digest for what is no Python (a template).

    `missing` and `executed` are the lines of the report.
    """
    try:
        with source_errors(reporter):
            statements, excluded = reporter.lines(), reporter.excluded_lines()
    except (NotPython, NoSource) as exc:
        why = {"why": f"{exc} (Python {sys.version_info[0]}.{sys.version_info[1]})"}
        return {"sha256": digest_of(reporter.filename), **(why if looks_like_python(reporter) else {})}
    known = details(reporter, statements, Ran(missing=missing, executed=executed, untold=excluded))
    if not looks_like_python(reporter):
        # A template may happen to be Python, too: its plugin finds other statements.
        return known
    other = of_other_versions(reporter.source())
    return {
        **known,
        "s": sorted(statements),
        "maybe": sorted(excluded | other["added"] | reporter.translate_lines(other["added"])),
        "optional": sorted(reporter.translate_lines(other["left out"])),
    }
