"""The page: its parts put into one file that loads nothing and runs only its own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import PurePosixPath

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from covgate.model import visible
from covgate.report.facts import Facts
from covgate.report.folds import Bullets, Fold, Grid
from covgate.report.page.gaps import EXCLUDED, MISSING, PARTIAL, CodeLine, Gaps, build_gaps, count_gaps
from covgate.report.prose import Prose
from covgate.report.view import ReportView

_MOST_ROWS = 200
"""Rows of a fold."""

_CLASSES = {MISSING: "m", PARTIAL: "p", EXCLUDED: "x"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the template prints, from top to bottom. All of it is plain text and prose but the code in `gaps`."""

    title: str
    mark: str
    headline: Prose
    sentences: tuple[Prose, ...]
    failed: Bullets | None
    steps_title: str
    steps: tuple[Prose, ...]
    tables: tuple[Grid, ...]
    remarks: tuple[Prose, ...]
    folds: tuple[Fold, ...]
    footer: tuple[Prose, ...]
    count: str
    gaps: Gaps


def render_page(facts: Facts, view: ReportView, texts: Mapping[PurePosixPath, bytes]) -> str:
    """Render the page. `texts` are the sources of changed files as they were measured, where they are there."""
    gaps = build_gaps(facts, texts)
    page = Page(
        title=view.headline,
        mark=view.mark,
        headline=view.first_line,
        sentences=tuple(filter(None, (*view.advice, view.lead))),
        failed=view.failed,
        steps_title=view.steps.title if view.steps else "",
        steps=view.step_rows,
        tables=(view.tables,) if view.tables else (),
        remarks=tuple(filter(None, (*view.remarks, view.since))),
        folds=tuple(fold.limited(_MOST_ROWS) for fold in view.folds if fold.on_page and not fold.repeats),
        footer=view.footer,
        count=count_gaps(gaps),
        gaps=gaps,
    )
    style, script = _source("page.css"), _source("page.js")
    text = _template().render(
        page=page,
        style=Markup(style),  # noqa: S704  # covgate's own
        script=Markup(script),  # noqa: S704  # covgate's own
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return text.strip() + "\n"


def _text(text: str) -> str:
    return escape(visible(text))


def _prose(prose: Prose) -> Markup:
    """Render a sentence: names are set in code, addresses become links. No address but of the web does."""
    made = []
    for piece in prose.pieces:
        text = f"<code>{_text(piece.text)}</code>" if piece.code else _text(piece.text)
        is_link = piece.url and piece.url.startswith(("https://", "http://"))
        made.append(f'<a href="{_text(piece.url or "")}" rel="noreferrer">{text}</a>' if is_link else text)
    return Markup("".join(made))  # noqa: S704  # escaped piece by piece


def _lines(piece: Sequence[CodeLine]) -> Markup:
    """Render a run of lines: Jinja takes ten times as long for the same, and there are tens of thousands."""
    width = len(str(piece[-1].number))
    made = ['<div class="code">']
    for line in piece:
        name = _CLASSES.get(line.sign)
        kind = f' class="{name}"' if name else ""
        made += [f'<span class="gap" tabindex="-1">{_text(note)}</span>' for note in line.notes]
        made.append(f"<code{kind}><i>{line.sign or ' '} {line.number:>{width}}</i>{line.html}\n</code>")
    return Markup("".join((*made, "</div>")))  # noqa: S704  # the code is escaped where it is coloured


def _source(name: str) -> str:
    return files("covgate.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return what a Content-Security-Policy allows the text by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("covgate.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "lines": _lines, "shown": visible}
    return environment.get_template("page.html.j2")
