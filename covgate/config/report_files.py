"""The reports made on demand, and what their files in the report folder are called."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class ReportKind(StrEnum):
    """The reports made on demand: covgate's page, what coverage writes of the whole project, diff-cover's reports."""

    HTML = "html"
    COVERAGE_HTML = "coverage-html"
    XML = "xml"
    LCOV = "lcov"
    JSON = "json"
    MARKDOWN = "markdown"
    DIFF_COVER_JSON = "diff-cover-json"
    DIFF_COVER_HTML = "diff-cover-html"
    DIFF_COVER_MARKDOWN = "diff-cover-markdown"


PAGE = "index.html"
"""covgate's own page."""

EXPORT_FILES = {
    ReportKind.COVERAGE_HTML: "coverage-html",
    ReportKind.XML: "coverage.xml",
    ReportKind.LCOV: "coverage.lcov",
    ReportKind.JSON: "coverage.json",
    ReportKind.MARKDOWN: "coverage.md",
}
"""What coverage writes of the whole project; the first is a folder."""

DIFF_COVER_FILES = {
    ReportKind.DIFF_COVER_JSON: "diff-cover.json",
    ReportKind.DIFF_COVER_HTML: "diff-cover.html",
    ReportKind.DIFF_COVER_MARKDOWN: "diff-cover.md",
}

_FILES = EXPORT_FILES | DIFF_COVER_FILES | {ReportKind.HTML: PAGE}


ALL_EXPORTS = frozenset(_FILES.values())


def names_of(kinds: Iterable[ReportKind]) -> tuple[str, ...]:
    """Return the files, and the folder, that these kinds of reports are."""
    return tuple(_FILES[kind] for kind in kinds)
