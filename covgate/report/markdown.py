"""The report as Markdown: the comment within GitHub's limit, and the step summary; what is not ours is escaped."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from covgate import __version__
from covgate.model import Sha, visible
from covgate.report.view import ReportView
from covgate.report.why import KEYWORD
from covgate.report.words import SHOWN_DIGITS

if TYPE_CHECKING:
    from jinja2 import Template


def render_comment(view: ReportView, limit: int) -> str:
    """Render the comment in at most `limit` bytes of UTF-8: whole sections go, the lowest first."""
    current: ReportView | None = view
    while current is not None:
        text = _render("comment.md.j2", current)
        if len(text.encode("utf-8", "replace")) <= limit:
            return text
        current = current.shorter()
    headline = escape_text(view.headline[: limit // 20])
    return f"{view.icon} **{headline} …**\n\nThe report is in the step summary.\n"


def render_summary(view: ReportView) -> str:
    """Render the step summary: the same report, unfolded."""
    return _render("summary.md.j2", view)


def render_failure(headline: str, hint: str) -> str:
    """Render what stands in the place of a report when a run ended without one."""
    return f"⚠️ **{escape_text(headline)}**\n\n{escape_text(hint)}\n"


def render_unjudged(why: str, head: Sha, *, name: str, run_url: str | None) -> str:
    """Render the comment of a run that has no verdict: `why` in a few words, and where the rest is told."""
    whose = f" · {escape_text(name)}" if name else ""
    run = link("The run", run_url)
    return (
        f"⚠️ **Cannot judge: {escape_text(why)}**{whose}\n\n"
        f"No verdict of an earlier run holds for this commit. {run} says what happened and what to change.\n\n"
        f"<sub>Head {head[:SHOWN_DIGITS]} · covgate {__version__}</sub>\n"
    )


def escape_text(text: str) -> str:
    """Escape prose for Markdown: no markup, no HTML, no mention, no link, no line end, whatever a file name holds.

    It stays legible as it is: a mail shows it that way.
    """
    flat = _part(" ".join(visible(text).split()))
    marked = re.sub(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", flat.replace("&", "&amp;"))
    safe = marked.replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    # At the start of a line or of a list's item these begin a list.
    return re.sub(r"\A([-+=]|\d+[.)])", lambda m: f"{m[1][:-1]}\\{m[1][-1]}", safe)


def prose(text: str) -> str:
    """Escape words of ours about Python, with its keywords as code."""
    return KEYWORD.sub(r"`\g<0>`", escape_text(text))


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


def _render(name: str, view: ReportView) -> str:
    return _template(name).render(view=view).strip() + "\n"


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # takes 70 ms

    environment = Environment(  # noqa: S701  # Markdown: the filters below escape, and every value passes through one
        loader=PackageLoader("covgate.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": escape_text, "prose": prose, "code": code, "link": link}
    return environment.get_template(name)
