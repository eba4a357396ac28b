"""What the files of the report folder are called that are made on demand."""

from __future__ import annotations

from collections.abc import Iterable

from covgate.config.option_values import ReportKind

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
