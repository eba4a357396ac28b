"""diff-cover's two interfaces, filled with covgate's exact lines: its engine joins them, its own reports show them.

diff-cover calls this a plug-in's job, but documents none of its names: the pin in pyproject.toml is exact. To import it
takes a tenth of a second (jinja2, pygments, chardet): import this module late.
"""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from diff_cover.diff_reporter import BaseDiffReporter
from diff_cover.report_generator import TEMPLATE_ENV, JsonReportGenerator, TemplateReportGenerator
from diff_cover.snippets import Snippet
from diff_cover.violationsreporters.base import BaseViolationReporter, Violation
from pygments import lexers
from pygments.token import Token

from covgate.change.texts import shown_source
from covgate.config import ReportKind
from covgate.model import DiffCoverage, DiffFile, FileCoverage, spans_of

# --- the join ------------------------------------------------------------------------------------------------------


class ChangedStatements(BaseDiffReporter):  # type: ignore[misc]  # diff-cover is untyped
    """Which statements the change touches, by file."""

    def __init__(self, name: str, files: Mapping[str, frozenset[int]]) -> None:
        super().__init__(name)
        self.files = files
        self.paths = tuple(files)

    def src_paths_changed(self) -> tuple[str, ...]:
        """Return the paths. The engine asks several times a file: a sequence made anew each time would be slow."""
        return self.paths

    def lines_changed(self, src_path: str) -> list[int]:
        """Return the changed statements of a file, in order."""
        return sorted(self.files[src_path])


class MeasuredStatements(BaseViolationReporter):  # type: ignore[misc]  # diff-cover is untyped
    r"""Which statements were measured, and which of them are missing, by file.

    It has no `violations_batch`: with one, the engine would take `back\slash.py` for `back/slash.py`.
    """

    def __init__(self, name: str, files: Mapping[str, FileCoverage | DiffFile]) -> None:
        super().__init__(name)
        self.files = files

    def violations(self, src_path: str) -> list[Violation]:
        """Return the missing statements of a file."""
        return [Violation(line, None) for line in self.files[src_path].missing]

    def measured_lines(self, src_path: str) -> frozenset[int]:
        """Return the statements of a file."""
        return self.files[src_path].statements


def join_lines(
    changed: Mapping[PurePosixPath, frozenset[int]], measured: Mapping[PurePosixPath, FileCoverage]
) -> dict[PurePosixPath, tuple[frozenset[int], frozenset[int]]]:
    """Return the (covered, missing) statements among each file's `changed` lines, as diff-cover's engine has it."""
    engine = JsonReportGenerator(
        MeasuredStatements("", {str(path): measured[path] for path in changed}),
        ChangedStatements("", {str(path): lines for path, lines in changed.items()}),
    )
    return {
        path: (frozenset(engine.covered_lines(str(path))), frozenset(engine.violation_lines(str(path))))
        for path in changed
    }


# --- the reports ---------------------------------------------------------------------------------------------------

_TEMPLATES = {
    ReportKind.DIFF_COVER_HTML: "html_coverage_report.html",
    ReportKind.DIFF_COVER_MARKDOWN: "markdown_coverage_report.md",
}


def render_reports(
    kinds: Collection[ReportKind], diff: DiffCoverage, diff_name: str, texts: Mapping[PurePosixPath, bytes]
) -> dict[ReportKind, str]:
    """Render diff-cover's own reports of the statements in `diff`: statements only, it knows no branches.

    `texts` are the sources as they were measured; a file that is not in it is listed without its code. diff-cover opens
    no file: it would follow a link that the change made of a source, and print what it leads to.
    """
    files = {str(file.path): file for file in diff.files}
    changed = ChangedStatements(diff_name, {name: file.statements for name, file in files.items()})
    report = JsonReportGenerator(MeasuredStatements("covgate", files), changed).report_dict()
    rendered = {ReportKind.DIFF_COVER_JSON: json.dumps(report)} if ReportKind.DIFF_COVER_JSON in kinds else {}
    for kind in (kind for kind in kinds if kind in _TEMPLATES):
        is_html = kind is ReportKind.DIFF_COVER_HTML
        stats = {}
        for file in diff.files:
            found, name = report["src_stats"][str(file.path)], _visible(file.path)
            snippets = _make_snippets(file, texts[file.path], colour=is_html) if file.path in texts else []
            stats[name if is_html else _in_markdown(name)] = {
                # The template rounds to one decimal; a file with a missing line is never at 100 %.
                "percent_covered": min(found["percent_covered"], 99.9 if file.missing else 100.0),
                "violation_lines": TemplateReportGenerator.combine_adjacent_lines(sorted(file.missing)),
                "snippets_html": [snippet.html() for snippet in snippets] if is_html else [],
                "snippets_markdown": [] if is_html else [snippet.markdown() for snippet in snippets],
            }
        context = report | {"src_stats": stats, "css_url": None, "snippet_style": Snippet.style_defs()}
        rendered[kind] = TEMPLATE_ENV.get_template(_TEMPLATES[kind]).render(context)
    return rendered


def _visible(path: PurePosixPath) -> str:
    """Show control characters, undecodable bytes and backslashes as escapes: two paths never look the same."""
    return "".join(
        c if c.isprintable() and c != "\\" else c.encode("unicode_escape", "backslashreplace").decode()
        for c in str(path)
    )


def _in_markdown(name: str) -> str:
    """Set a name in code, with entities: diff-cover escapes nothing in Markdown but the full stop."""
    return f"<code>{''.join(c if c.isalnum() or c in '/.' else f'&#{ord(c)};' for c in name)}</code>"


# --- the code ------------------------------------------------------------------------------------------------------


def _make_snippets(file: DiffFile, source: bytes, *, colour: bool) -> list[Snippet]:
    """Cut the missing lines out of a source, each with a few lines around it.

    `Snippet.load_snippets` would read the file itself, and look at each token once for each missing range.
    """
    text = shown_source(source)
    around, count = Snippet.NUM_CONTEXT_LINES, text.removesuffix("\n").count("\n") + 1
    near = {line for missing in file.missing for line in range(missing - around, missing + around + 1)}
    spans = spans_of(line for line in near if 1 <= line <= count)
    # `lexers` loads a language when it is asked for.
    language = lexers.PythonLexer if file.path.suffix in {"", ".py", ".pyw"} else lexers.TextLexer
    lexer = language(stripnl=False)
    tokens = lexer.get_tokens(text) if colour else [(Token.Text, text)]
    lines = _split_tokens(tokens, spans[-1].end if spans else 0)
    return [
        Snippet(
            [token for line in lines[span.start - 1 : span.end] for token in line],
            # It becomes the name of anchors, which older pygments (2.19) puts into the page as it is.
            html.escape(_visible(file.path)),
            span.start,
            span.end,
            sorted(line for line in file.missing if span.start <= line <= span.end),
            lexer.name,
        )
        for span in spans
    ]


def _split_tokens(tokens: Iterable[tuple[object, str]], most: int) -> list[list[tuple[object, str]]]:
    """Return the tokens of each line, of at least `most` lines: to read tokens is what takes the time."""
    lines: list[list[tuple[object, str]]] = [[]]
    for kind, value in tokens:
        first, *others = value.split("\n")
        lines[-1].append((kind, first))
        for other in others:
            lines[-1].append((Token.Text, "\n"))
            lines.append([(kind, other)])
        if len(lines) > most:
            break
    return lines
