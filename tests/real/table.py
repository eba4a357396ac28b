"""The table of docs/real-projects.md, made from the rows the tests left."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.real.compare import Row
from tests.real.projects import COVERAGE, PROJECTS
from tests.real.workshop import ROOT, WORKSHOP

ROWS = WORKSHOP / "rows"
PAGE = ROOT / "docs" / "real-projects.md"
START, END = "<!-- table: start -->", "<!-- table: end -->"


def forget_rows() -> None:
    """Drop the rows of an earlier run."""
    for path in ROWS.glob("*.json"):
        path.unlink()


def load_rows() -> list[Row]:
    """Return the rows of the projects that came through, in the order of the list."""
    paths = [ROWS / f"{project.name}.json" for project in PROJECTS]
    return [Row.load(path) for path in paths if path.exists()]


def render(rows: Sequence[Row]) -> str:
    """Render the versions, the numbers and the explained differences as Markdown."""
    versions = (
        f"Python {platform.python_version()}, {COVERAGE.replace('==', ' ')}, diff-cover {version('diff-cover')}, "
        "two successive releases of each project from PyPI."
    )
    sections = [
        versions,
        _numbers(rows),
        "### Lines that only one of covgate and diff-cover counts",
        _differences(rows),
        "### Where a run under covgate measures more or less than the project's own way",
        _runs(rows),
        "### Why these projects",
        "\n".join(f"- {row.name}: {row.why}." for row in rows),
    ]
    return "\n\n".join(sections)


def write(text: str, page: Path = PAGE) -> None:
    """Put the table where the page has its markers."""
    before, _, rest = page.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _numbers(rows: Sequence[Row]) -> str:
    titles = (
        *("project", "releases", "files", "statements", "branches"),
        *("total: coverage", "total: covgate", "diff: diff-cover", "diff: covgate", "explained", "run: covgate"),
    )
    cells = (
        (
            *(row.name, row.releases, row.files, row.statements, row.branches or "–"),
            *(f"{row.coverage_total} %", f"{row.covgate_total} %", row.diff.diff_cover, row.diff.covgate),
            *(sum(d.statements for d in row.diff.differences) or "–", f"{row.run_total} %"),
        )
        for row in rows
    )
    return _table(titles, cells)


def _differences(rows: Sequence[Row]) -> str:
    cells = (
        (row.name, f"`{difference.path}`", difference.lines, f"{difference.statements:+d}", difference.why)
        for row in rows
        for difference in row.diff.differences
    )
    return _table(("project", "file", "lines", "statements", "why"), cells)


def _runs(rows: Sequence[Row]) -> str:
    cells = (
        (row.name, f"{row.covgate_total} %", f"{row.run_total} %", row.run_differs) for row in rows if row.run_differs
    )
    return _table(("project", "its own way", "`covgate check -- …`", "why"), cells)


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
