"""One file's record: what coverage knows of its lines, and what a changed file needs besides."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tokenize
from typing import Any

from coverage.python import PythonFileReporter

from . import Json
from .analyst import Analyst
from .other_versions import of_other_versions


def record(cov: Analyst, reporter: Any, *, detailed: bool) -> Json:
    """Return one file's record; the keys are short because there are thousands of them."""
    analysis = cov.analysis_of(reporter)
    stats = analysis.branch_stats() if analysis.has_arcs else {}
    lines = {
        "s": sorted(analysis.statements),
        "m": sorted(analysis.missing),
        "x": sorted(analysis.excluded),
        "b": [[line, total, taken] for line, (total, taken) in sorted(stats.items())],
    }
    if not detailed:
        return lines
    executed = cov.get_data().lines(reporter.filename) or []
    stray = sorted(_strays(reporter, reporter.translate_lines(executed)))
    return {**lines, **details(reporter, analysis.statements), "stray": stray}


def details(reporter: Any, statements: set[int]) -> Json:
    """What only changed files need: statements of continuation lines, functions, and which text was analysed."""
    regions = [
        [region.name, min(region.lines), max(region.lines)]
        for region in reporter.code_regions()
        if region.kind == "function" and region.lines
    ]
    digest = digest_of(reporter.filename)
    return {"first": _first_lines(reporter, statements), "functions": regions, "sha256": digest}


def digest_of(path: str) -> str:
    """Return what `covgate.change.texts.digest_of` makes of the text that was diffed."""
    with open(path, "rb") as file:
        text = file.read().replace(b"\r\n", b"\n")
    return hashlib.sha256(re.sub(rb"\$Id:[^$\n]*\$", b"$Id$", text)).hexdigest()


def looks_like_python(reporter: Any) -> bool:
    """Whether a file that may be a template is Python by its name."""
    return bool(reporter.should_be_python()) or os.path.splitext(reporter.filename)[1] in _SCRIPTS


_SCRIPTS = {".wsgi", ".cgi", ".fcgi"}
"""Suffixes of what a web server runs as Python, which coverage takes for templates when it cannot parse them."""


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


def _strays(reporter: Any, executed: set[int]) -> set[int]:
    """Return executed lines (first lines of statements) that the source of now cannot have executed."""
    # Python 3.10 executes line 1 of a file that holds nothing.
    if not executed or not isinstance(reporter, PythonFileReporter) or not reporter.lines():
        return set()
    found = {line for line in executed if line > 0} - reporter.lines() - reporter.excluded_lines()
    if found:
        # Looked at only then: it costs as much as parsing the file.
        found -= reporter.translate_lines(of_other_versions(reporter.source())["added"])
    return found
