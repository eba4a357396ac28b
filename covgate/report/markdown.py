"""The report as Markdown: the comment within GitHub's limit, and the step summary; what is not ours is escaped."""

from __future__ import annotations

import html
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from covgate import __version__
from covgate.model import Sha, visible
from covgate.report.advice import word_reason
from covgate.report.folds import Listing
from covgate.report.prose import Piece, Prose
from covgate.report.view import ReportView
from covgate.report.words import SHOWN_DIGITS

if TYPE_CHECKING:
    from jinja2 import Environment


COMMENT_ROWS = 10
"""Rows of a fold in a comment: mail programs show folds open."""
SUMMARY_LIMIT = 1024 * 1024
"""GitHub: a step summary holds 1 MiB."""
_SUMMARY_ROWS = (10**6, 1000, 200, 50, COMMENT_ROWS)


def render_comment(view: ReportView, limit: int) -> str:
    """Render the comment in at most `limit` bytes of UTF-8: whole folds go, the lowest first."""
    return _within(view.comment.limited(COMMENT_ROWS), "comment.md.j2", limit)


def render_summary(view: ReportView, limit: int = SUMMARY_LIMIT) -> str:
    """Render the step summary: the comment with its folds open and all rows, as many as there is room for."""
    for rows in _SUMMARY_ROWS:
        text = _render("summary.md.j2", view.limited(rows))
        if _size(text) <= limit:
            return text
    return _within(view.limited(COMMENT_ROWS), "summary.md.j2", limit)


def _within(view: ReportView, template: str, limit: int) -> str:
    current: ReportView | None = view
    while current is not None:
        text = _render(template, current)
        if _size(text) <= limit:
            return text
        current = current.shorter()
    headline = _prose(view.first_line.cut(limit // 20))
    return f"{view.mark} **{headline}**\n\nThe report is in the step summary.\n"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def render_failure(headline: str, hint: str) -> str:
    """Render what stands in the place of a report when a run ended without one."""
    return f"⚠️ **{_prose(word_reason(headline))}**\n\n{_prose(word_reason(hint).capital)}\n"


def render_unjudged(why: str, head: Sha, *, name: str, run_url: str | None) -> str:
    """Render the comment of a run that has no verdict: `why` in a few words, and where the rest is told."""
    whose = f" · {escape_text(name)}" if name else ""
    run = link("The run", run_url)
    return (
        f"⚠️ **Cannot judge: {escape_text(why)}**{whose}\n\n"
        f"No verdict of an earlier run holds for this commit. {run} says what happened and what to change.\n\n"
        f"<sub>Head {head[:SHOWN_DIGITS]} · covgate {__version__}</sub>\n"
    )


@lru_cache(maxsize=4096)  # the summary says what the comment says
def escape_text(text: str) -> str:
    """Escape prose for Markdown: no markup, no HTML, no mention, no link, no line end, whatever a file name holds.

    It stays legible as it is: a mail shows it that way.
    """
    flat = _part(" ".join(visible(text).split()))
    marked = re.sub(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", flat.replace("&", "&amp;"))
    # A sign between two blanks, such as in `64 % < 90 %`, begins no tag.
    safe = re.sub(r"(?<! )<|<(?! )", "&lt;", marked)
    safe = re.sub(r"(?<! )>|\A>|>(?! )", "&gt;", safe).replace("$", "&#36;")
    # At the start of a line or of a list's item these begin a list.
    return re.sub(r"\A(?:([-=])|(\+|\d+[.)])(?=\s|\Z))", lambda m: f"{m[0][:-1]}\\{m[0][-1]}", safe)


def _part(text: str) -> str:
    """Part by a zero-width space what GitHub would link or replace: @names, addresses, #1, GH-1, :emoji:."""
    return re.sub(
        r"(?<=@)|(?<=:)(?=//|[\w+-]+:)|(?<=www)(?=\.)|(?<=#)(?=\d)|(?<=gh-)(?=\d)", "\u200b", text, flags=re.IGNORECASE
    )


def code(text: str) -> str:
    """Set a name in code: between backticks, in which nothing is markup; with entities where those would not hold.

    A backtick ends the code, and in a table a bar ends the cell before anything else is looked at.
    """
    shown = visible(text)
    if shown and shown == shown.strip() and not re.search(r"[`|\\]", shown):
        return f"`{shown}`"
    safe = "".join(c if c.isalnum() or c in "/ " else f"&#{ord(c)};" for c in _part(shown))
    return f"<code>{safe}</code>"


def link(text: str, url: str | None) -> str:
    """Link rendered Markdown; `url` is already quoted, and its parentheses are the only ones that could end it."""
    return f"[{text}]({url.replace('(', '%28').replace(')', '%29')})" if url else text


# --- what templates print with ---------------------------------------------------------------------------------------


def _prose(prose: Prose) -> str:
    """Render a sentence; what belongs together is held on one line."""
    return "".join(map(_piece, prose.pieces))


def _piece(piece: Piece) -> str:
    if piece.code:
        return link(code(piece.text), piece.url)
    # Escaping takes the blanks off the ends, which part this piece from its neighbours.
    bare = piece.text.strip(" ")
    before, after = piece.text.partition(bare)[::2] if bare else (piece.text, "")
    return _held(before + link(escape_text(bare), piece.url) + after)


def _held(text: str) -> str:
    """Keep a figure beside its unit, `at most` beside its figure, and a mark beside its word, with no-break spaces."""
    return re.sub(r"(?<=\d) (?=%)|(?<=\bat) (?=most \d)|(?<=\bat most) (?=\d)|(?<=[✅❌]) ", "\u00a0", text)


def _title(prose: Prose) -> str:
    """Render a sentence as HTML: GitHub reads no Markdown in the title of a fold."""
    parts = []
    for piece in prose.pieces:
        text = html.escape(_held(_part(visible(piece.text))))
        parts.append(f"<code>{text}</code>" if piece.code else text)
    return "".join(parts)


def _fence(listing: Listing) -> str:
    """Set lines in a fence that none of them can end; control characters are shown as escapes."""
    lines = [visible(line.expandtabs(4)) for line in listing.lines]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    return "\n".join((f"{mark}{listing.language}", *lines, mark))


def _render(name: str, view: ReportView) -> str:
    return _environment().get_template(name).render(view=view).strip() + "\n"


@cache
def _environment() -> Environment:
    """Return what keeps the templates once they are compiled; most of the time that a small report takes goes there."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # takes 70 ms

    environment = Environment(  # noqa: S701  # Markdown: the filters below escape, and every value passes through one
        loader=PackageLoader("covgate.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "code": code,
        "fence": _fence,
        "link": link,
        "prose": _prose,
        "text": escape_text,
        "title": _title,
    }
    return environment
