"""What coverage.py, diff-cover, git and Python's own grammar say, each asked on its own."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.real.workshop import Laid

FAILED_UNDER = 2
"""coverage's exit code when a project's own `fail_under` is not reached: the report is complete all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFile:
    """One file of `coverage json`: lines, and exits as (line, target)."""

    executed: frozenset[int]
    missing: frozenset[int]
    taken: frozenset[tuple[int, int]]
    not_taken: frozenset[tuple[int, int]]

    @property
    def statements(self) -> frozenset[int]:
        return self.executed | self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageAnswer:
    """What coverage.py says of a data file. `total` is text with three decimals."""

    total: str
    files: Mapping[str, CoverageFile]
    xml: Path


def measure(laid: Laid) -> tuple[Path, ...]:
    """Run the suite the project's own way, without covgate; return the data files."""
    folder = laid.scratch / "own"
    folder.mkdir()
    start = () if laid.project.pytest_cov else ("-m", "coverage", "run")
    laid.run(laid.python, *start, "-m", *laid.project.suite, COVERAGE_FILE=str(folder / ".coverage"))
    return tuple(sorted(folder.glob(".coverage*")))


def ask_coverage(laid: Laid, data: tuple[Path, ...]) -> CoverageAnswer:
    """Ask coverage.py for its total, its lines and its XML."""
    coverage = (laid.python, "-m", "coverage")
    file = str(data[0])
    if len(data) > 1 or data[0].name != ".coverage":
        file = str(laid.scratch / "combined")
        laid.run(*coverage, "combine", "--keep", "--quiet", *data, COVERAGE_FILE=file)
    report, xml = laid.scratch / "coverage.json", laid.scratch / "coverage.xml"
    codes = (0, FAILED_UNDER)
    total = laid.run(*coverage, "report", "--format=total", "--precision=3", codes=codes, COVERAGE_FILE=file)
    laid.run(*coverage, "json", "--quiet", "-o", report, codes=codes, COVERAGE_FILE=file)
    laid.run(*coverage, "xml", "--quiet", "-o", xml, codes=codes, COVERAGE_FILE=file)
    files = cast("dict[str, dict[str, list[int]]]", json.loads(report.read_text(encoding="utf-8"))["files"])
    return CoverageAnswer(total=total.strip(), files={path: _file(file) for path, file in files.items()}, xml=xml)


def _file(record: Mapping[str, object]) -> CoverageFile:
    def lines(key: str) -> frozenset[int]:
        return frozenset(cast("list[int]", record[key]))

    def exits(key: str) -> frozenset[tuple[int, int]]:
        return frozenset((line, target) for line, target in cast("list[list[int]]", record.get(key, [])))

    return CoverageFile(
        executed=lines("executed_lines"),
        missing=lines("missing_lines"),
        taken=exits("executed_branches"),
        not_taken=exits("missing_branches"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffCoverFile:
    """diff-cover's changed and measured lines of one file."""

    covered: frozenset[int] = frozenset()
    violations: frozenset[int] = frozenset()

    @property
    def lines(self) -> frozenset[int]:
        return self.covered | self.violations


def ask_diff_cover(laid: Laid, xml: Path) -> dict[str, DiffCoverFile]:
    """Ask diff-cover for the lines of the change, file by file."""
    answer = laid.scratch / "diff-cover.json"
    # It runs from covgate's own environment: the project's needs none.
    program = Path(sys.executable).with_name("diff-cover")
    laid.run(program, xml, "--compare-branch", "main", "--format", f"json:{answer}", "--quiet")
    stats = cast("dict[str, dict[str, list[int]]]", json.loads(answer.read_text(encoding="utf-8"))["src_stats"])
    return {
        path: DiffCoverFile(covered=frozenset(file["covered_lines"]), violations=frozenset(file["violation_lines"]))
        for path, file in stats.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class GitChange:
    """The lines of one file that the branch added or modified, and whether a side ends without a line end."""

    lines: frozenset[int]
    no_line_end: bool


def ask_git(laid: Laid, path: str) -> GitChange:
    """Ask git for the change of one file."""
    patch = laid.run("git", "diff", "--unified=0", "main", "next", "--", path)
    hunks = re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", patch, re.MULTILINE)
    lines = (n for start, count in hunks for n in range(int(start), int(start) + (int(count) if count else 1)))
    return GitChange(lines=frozenset(lines), no_line_end="\n\\ No newline" in patch)


def ask_grammar(source: str, lines: frozenset[int]) -> frozenset[int]:
    """Return the first lines of the statements that `lines` continue, by Python's own parser.

    A compound statement's own lines are those of its header; a decorator stands for itself.
    """
    texts = source.splitlines()
    owner: dict[int, int] = {}
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt | ast.match_case)]
    for first, last in sorted(span for node in nodes for span in _own_spans(node)):
        # Sorted by first line: what is nested comes later and wins.
        owner |= dict.fromkeys(range(first, last + 1), first)
    code = {line for line in lines if texts[line - 1].strip() and not texts[line - 1].strip().startswith("#")}
    return frozenset(owner[line] for line in code if owner.get(line, line) != line)


def _own_spans(node: ast.stmt | ast.match_case) -> list[tuple[int, int]]:
    """Return the spans (first line, last line) that belong to a statement and not to one inside it."""
    if isinstance(node, ast.match_case):
        return [(node.pattern.lineno, max(node.pattern.lineno, _start(node.body[0]) - 1))]
    decorators = cast("list[ast.expr]", getattr(node, "decorator_list", []))
    body = cast("list[ast.stmt]", getattr(node, "body", []))
    end = max(node.lineno, _start(body[0]) - 1) if body else cast("int", node.end_lineno)
    return [(node.lineno, end), *((d.lineno, cast("int", d.end_lineno)) for d in decorators)]


def _start(node: ast.stmt) -> int:
    decorators = cast("list[ast.expr]", getattr(node, "decorator_list", []))
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
