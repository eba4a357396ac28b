"""The files drawn from the history: trending.json, the badge, the chart and the page, equal for equal history."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from covgate.history import render_trending
from covgate.model import floor_percent
from covgate.report.trend.badge import build_badge, render_badge_json
from covgate.report.trend.chart import PALETTE
from covgate.report.trend.points import Trend
from covgate.report.trend.svg import DASHES, draw
from covgate.report.trend.view import LISTED, Segment, TrendView, build_trend_view


def render_trend_files(trend: Trend, *, repository_url: str | None, title: str) -> dict[str, str]:
    """Return the derived files, name to text. `title` is the repository's name.

    `repository_url` is the repository's page, to link commits with; None links nothing. Equal arguments give equal
    texts: a branch that holds them does not change for nothing.
    """
    view = build_trend_view(trend, repository_url=repository_url, title=title)
    newest = view.lines[0].values[-1] if view.rows else None
    # The palette as CSS variables.
    light, dark = (Markup("".join(f"--c{n}:{pair[theme]};" for n, pair in enumerate(PALETTE))) for theme in (0, 1))  # noqa: S704  # covgate's own
    colours = {"light": light, "dark": dark, "palette": len(PALETTE)}
    return {
        "trending.json": render_trending(trend.history, trend.target, trend.components),
        "badge.json": render_badge_json(newest, view.band),
        "badge.svg": _render("badge.svg.j2", badge=build_badge(newest, view.band)),
        "trend.svg": _render("trend.svg.j2", view=view, drawing=draw(view), **colours),
        "index.html": _render_page(view, light, dark),
    }


def _render_page(view: TrendView, light: str, dark: str) -> str:
    colours = f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    lines = "".join(f".c{n}{{--c:var(--c{n})}}" for n in range(len(PALETTE)))
    style, script = colours + lines + _source("trend.css"), _source("trend.js")
    return _render(
        "trend.html.j2",
        view=view,
        listed=view.rows[-LISTED:][::-1],
        data=_data(view),
        style=Markup(style),  # noqa: S704  # covgate's own
        script=Markup(script),  # noqa: S704  # covgate's own
        style_hash=_hash(style),
        script_hash=_hash(script),
        palette=len(PALETTE),
        dashes=DASHES,
    )


def _hash(text: str) -> str:
    """Return what a content security policy names an inline style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(view: TrendView) -> dict[str, object]:
    """Return what the page's script draws. Times are seconds since 1970."""
    axis = view.axis
    return {
        "x": [_seconds(view.first), _seconds(view.last)],
        "y": [float(axis.low), float(axis.high), float(axis.step)],
        "by": view.by and _seconds(view.by),
        "lines": [
            {
                "name": line.name,
                "target": None if line.target is None else float(line.target),
                "ramp": _segment(line.ramp),
            }
            for line in view.lines
        ],
        "commits": view.commits,
        "points": [
            [_seconds(row.date), [_figure(line.values[n]) for line in view.lines], row.delta, row.sha, row.title]
            for n, row in enumerate(view.rows)
        ],
    }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _figure(percent: Decimal | None) -> float | None:
    return None if percent is None else float(floor_percent(percent))


def _segment(segment: Segment | None) -> list[list[float]] | None:
    return segment and [[_seconds(moment), float(percent)] for moment, percent in segment]


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values).strip() + "\n"


def _source(name: str) -> str:
    return (files("covgate.report") / "templates" / name).read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("covgate.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Text in other scripts takes a third of the room this way; `tojson` still escapes what could end the element.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment
