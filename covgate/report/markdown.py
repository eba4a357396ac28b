"""The report as Markdown: the comment within GitHub's limit, and the step summary; what is not ours is escaped."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from covgate.report.view import ReportView

_SAFE_NAME = re.compile(r"[\w./: -]+", re.ASCII)


def render_comment(view: ReportView, limit: int) -> str:
    """Render the comment in at most `limit` bytes of UTF-8: whole sections go, the lowest first."""
    current: ReportView | None = view
    while current is not None:
        text = _template("comment.md.j2").render(view=current)
        if len(text.encode("utf-8", "replace")) <= limit:
            return text
        current = current.shorter()
    return f"{view.icon} {escape_text(view.headline)[: limit // 8]}\n\nThe report is in the step summary.\n"


def render_summary(view: ReportView) -> str:
    """Render the step summary: the same report, unfolded."""
    return _template("summary.md.j2").render(view=view)


def escape_text(text: str) -> str:
    """Escape prose for Markdown: no markup, no HTML, no mention, no link, no line end, whatever a file name holds."""
    flat = " ".join(_visible(text).split())
    escaped = re.sub(r"([\\`*_\[\]<>#|~&$])", lambda m: f"&#{ord(m[1])};", flat)
    # A zero-width space parts what GitHub would link: @names, addresses.
    return re.sub(r"(?<=@)|(?<=:)(?=//)|(?<=www)(?=\.)", "\u200b", escaped)


def code(text: str) -> str:
    """Set a name in code: in backticks when it is an ordinary name, else with every special character as an entity."""
    shown = _visible(text)
    if _SAFE_NAME.fullmatch(shown) and shown == shown.strip():
        return f"`{shown}`"
    safe = "".join(c if c.isalnum() or c in "/. " else f"&#{ord(c)};" for c in shown)
    return f"<code>{safe}</code>"


def link(text: str, url: str | None) -> str:
    """Link rendered Markdown; `url` is already quoted, and its parentheses are the only ones that could end it."""
    return f"[{text}]({url.replace('(', '%28').replace(')', '%29')})" if url else text


def _visible(text: str) -> str:
    """Show control characters and undecodable bytes as escapes, so that nothing in a name is a line end or hidden."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


@cache
def _template(name: str) -> Template:
    environment = Environment(  # noqa: S701  # Markdown: the filters below escape, and every value passes through one
        loader=PackageLoader("covgate.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": escape_text, "code": code, "link": link}
    return environment.get_template(name)
