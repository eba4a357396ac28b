"""diff-cover's two interfaces, filled with covgate's exact lines: its engine joins them, its own reports show them.

diff-cover calls this a plug-in's job, but documents none of its names: the pin in pyproject.toml is exact. To import it
takes a tenth of a second (jinja2, pygments, chardet): import this module late.
"""

from __future__ import annotations

import html
import io
import json
import re
import tokenize
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from diff_cover.diff_reporter import BaseDiffReporter
from diff_cover.report_generator import TEMPLATE_ENV, JsonReportGenerator, TemplateReportGenerator
from diff_cover.snippets import Snippet
from diff_cover.violationsreporters.base import BaseViolationReporter, Violation
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer
from pygments.token import Token

from covgate.model import DiffCoverage, DiffFile, spans_of
from covgate.option_values import ReportKind

# --- the join ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """What is known of one changed file, before the join; statements are named by their first line."""

    changed: frozenset[int]
    measured: frozenset[int]
    missing: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedLines:
    """The statements of one file that are both changed and measured."""

    covered: frozenset[int]
    missing: frozenset[int]


class ChangedStatements(BaseDiffReporter):  # type: ignore[misc]  # diff-cover is untyped
    """Which statements the change touches, in diff-cover's words."""

    def __init__(self, name: str, files: Mapping[str, FileLines]) -> None:
        super().__init__(name)
        self.files = files
        self.paths = tuple(files)

    def src_paths_changed(self) -> tuple[str, ...]:
        """Return the paths. The engine asks several times a file: a sequence made anew each time would be slow."""
        return self.paths

    def lines_changed(self, src_path: str) -> list[int]:
        """Return the changed statements of a file, in order."""
        return sorted(self.files[src_path].changed)


class MeasuredStatements(BaseViolationReporter):  # type: ignore[misc]  # diff-cover is untyped
    r"""Which statements were measured, and which of them are missing, in diff-cover's words.

    It has no `violations_batch`: with one, the engine would take `back\slash.py` for `back/slash.py`.
    """

    def __init__(self, name: str, files: Mapping[str, FileLines]) -> None:
        super().__init__(name)
        self.files = files

    def violations(self, src_path: str) -> list[Violation]:
        """Return the missing statements of a file."""
        return [Violation(line, None) for line in self.files[src_path].missing]

    def measured_lines(self, src_path: str) -> frozenset[int]:
        """Return the statements of a file."""
        return self.files[src_path].measured


def _engine(files: Mapping[PurePosixPath, FileLines], diff_name: str = "") -> JsonReportGenerator:
    named = {str(path): lines for path, lines in files.items()}
    return JsonReportGenerator(MeasuredStatements("covgate", named), ChangedStatements(diff_name, named))


def join_lines(files: Mapping[PurePosixPath, FileLines]) -> dict[PurePosixPath, JoinedLines]:
    """Return what diff-cover's engine makes of the lines, for each file."""
    engine = _engine(files)
    return {
        path: JoinedLines(
            covered=frozenset(engine.covered_lines(str(path))), missing=frozenset(engine.violation_lines(str(path)))
        )
        for path in files
    }


# --- the reports ---------------------------------------------------------------------------------------------------

_TEMPLATES = {
    ReportKind.DIFF_COVER_HTML: "html_coverage_report.html",
    ReportKind.DIFF_COVER_MARKDOWN: "markdown_coverage_report.md",
}


def render_diff_cover(
    kinds: Collection[ReportKind], diff: DiffCoverage, diff_name: str, texts: Mapping[PurePosixPath, bytes]
) -> dict[ReportKind, str]:
    """Render diff-cover's own reports of the statements in `diff`: statements only, it knows no branches.

    `texts` are the sources as they were measured; a file that is not in it is listed without its code. diff-cover opens
    no file: it would follow a link that the change made of a source, and print what it leads to.
    """
    lines = {f.path: FileLines(changed=f.statements, measured=f.statements, missing=f.missing) for f in diff.files}
    report = _engine(lines, diff_name).report_dict()
    rendered = {ReportKind.DIFF_COVER_JSON: json.dumps(report)} if ReportKind.DIFF_COVER_JSON in kinds else {}
    wanted = [kind for kind in kinds if kind in _TEMPLATES]
    snippets = {f.path: _make_snippets(f, texts[f.path]) for f in diff.files if f.path in texts} if wanted else {}
    for kind in wanted:
        stats = {}
        for file in diff.files:
            found, shown = report["src_stats"][str(file.path)], snippets.get(file.path, ())
            name = _in_markdown(_visible(file.path)) if kind is ReportKind.DIFF_COVER_MARKDOWN else _visible(file.path)
            stats[name] = {
                # The template rounds to one decimal; a file with a missing line is never at 100 %.
                "percent_covered": min(found["percent_covered"], 99.9 if file.missing else 100.0),
                "violation_lines": TemplateReportGenerator.combine_adjacent_lines(sorted(file.missing)),
                "snippets_html": [s.html() for s in shown] if kind is ReportKind.DIFF_COVER_HTML else [],
                "snippets_markdown": [s.markdown() for s in shown] if kind is ReportKind.DIFF_COVER_MARKDOWN else [],
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

_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, what `str.splitlines` takes for the end of a line and Python does not, and what turns text."""


def _make_snippets(file: DiffFile, source: bytes) -> list[Snippet]:
    """Cut the missing lines out of a source, each with a few lines around it.

    `Snippet.load_snippets` would read the file itself, and look at each token once for each missing range.
    """
    if not file.missing:
        return []
    text = _UNSHOWN.sub("\ufffd", re.sub(r"\r\n?", "\n", _decode(source)))
    python = file.path.suffix in {"", ".py", ".pyw"}
    lexer = PythonLexer(stripnl=False) if python else TextLexer(stripnl=False)
    lines: list[list[tuple[object, str]]] = [[]]
    for kind, value in lexer.get_tokens(text):
        first, *others = value.split("\n")
        lines[-1].append((kind, first))
        for other in others:
            lines[-1].append((Token.Text, "\n"))
            lines.append([(kind, other)])
    around = Snippet.NUM_CONTEXT_LINES
    near = {line for missing in file.missing for line in range(missing - around, missing + around + 1)}
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
        for span in spans_of(line for line in near if 1 <= line < len(lines))
    ]


def _decode(source: bytes) -> str:
    """Decode a source as Python does; what cannot be decoded is shown as such."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding, "replace")
    except (SyntaxError, LookupError):
        return source.decode("utf-8", "replace")
