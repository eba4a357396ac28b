"""Where everything stands in trend.svg: lines as paths, labels at their ends, dates and percents at the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from covgate.model import figures
from covgate.report.trend.chart import PALETTE, spread, time_ticks
from covgate.report.trend.view import Line, TrendView

WIDTH, HEIGHT = 840, 330
_TOP, _BOTTOM, _LEFT = 22, 38, 58
_LINE = 15
"""The height of a label, in pixels."""
_CHARACTER = 6.8
"""About the width of a character of the labels' size, in pixels."""
_LONGEST = 24
_BESIDE = 12
_EDGE = 18
_DATES = 8
_DOTTED = 60
"""Up to so many points get a dot each."""
DASHES = ("", "7 4", "2 4")
"""More lines than colours differ by their dashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One line of the chart. Coordinates are in pixels, as text."""

    colour: int
    dash: str
    path: str
    dots: tuple[tuple[str, str], ...]
    end: tuple[str, str] | None
    label: str
    label_y: str
    label_width: str
    back_y: str
    """The top of what is behind the label, so that no line runs through it."""
    goal_y: str
    ramp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A label on an axis and where it stands."""

    at: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The whole chart; the total's line is the last, on top of the others."""

    right: int
    labels: str
    """Where the lines' labels begin: beside their ends."""
    lines: tuple[Drawn, ...]
    percents: tuple[Mark, ...]
    dates: tuple[Mark, ...]
    goal: Mark | None
    by: str
    description: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def draw(view: TrendView) -> Drawing:
    """Lay the chart out. The text is about as wide as `_CHARACTER` says in any font of the reader's system."""
    names = [_label(line) for line in view.lines]
    right = _right(view, max(len(name) for name in names) * _CHARACTER)
    place = _Place(view=view, right=right)
    heights = [place.y(value) if (value := _last(line)) is not None else 0.0 for line in view.lines]
    label_ys = spread(heights, _LINE, _TOP, HEIGHT - _BOTTOM)
    lines = [
        _drawn(n, line, place, name, label_y)
        for n, (line, name, label_y) in enumerate(zip(view.lines, names, label_ys, strict=True))
    ]
    total = view.lines[0]
    goal = None if total.target is None else Mark(at=_px(place.y(total.target)), text=f"target {total.target_text}")
    return Drawing(
        right=right,
        labels=_px(place.x(view.rows[-1].date) + _BESIDE) if view.rows else "",
        lines=tuple(reversed(lines)),
        percents=tuple(Mark(at=_px(place.y(tick)), text=figures.show_percent(tick)) for tick in view.axis.ticks),
        dates=tuple(
            Mark(at=_px(place.x(moment)), text=text)
            for moment, text in (time_ticks(view.first, view.last, _DATES) if view.rows else ())
        ),
        goal=goal,
        by=_px(place.x(view.by)) if view.by else "",
        description=_description(view),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    view: TrendView
    right: int

    def x(self, moment: datetime) -> float:
        share = (moment - self.view.first) / (self.view.last - self.view.first)
        return _LEFT + min(max(share, 0.0), 1.0) * (self.right - _LEFT)

    def y(self, percent: Decimal) -> float:
        axis = self.view.axis
        share = float((percent - axis.low) / (axis.high - axis.low))
        return HEIGHT - _BOTTOM - share * (HEIGHT - _BOTTOM - _TOP)


def _right(view: TrendView, label: float) -> int:
    """Return where the chart ends, so that the labels fit beside the newest point: a ramp may go on behind them."""
    if not view.rows:
        return WIDTH - _EDGE
    share = max((view.rows[-1].date - view.first) / (view.last - view.first), 0.1)
    return min(WIDTH - _EDGE, int(_LEFT + (WIDTH - _BESIDE - 6 - label - _LEFT) / share))


def _drawn(n: int, line: Line, place: _Place, label: str, label_y: float) -> Drawn:
    known = [
        (_px(place.x(row.date)), _px(place.y(value)))
        for row, value in zip(place.view.rows, line.values, strict=True)
        if value is not None
    ]
    ramp = [(_px(place.x(moment)), _px(place.y(value))) for moment, value in line.ramp or ()]
    return Drawn(
        colour=n % len(PALETTE),
        dash=DASHES[n // len(PALETTE) % len(DASHES)],
        path=_path(known),
        dots=tuple(known) if len(known) <= _DOTTED else (),
        end=known[-1] if known else None,
        label=label,
        label_y=_px(label_y + 4),
        label_width=_px(len(label) * _CHARACTER),
        back_y=_px(label_y - 7),
        goal_y="" if line.target is None else _px(place.y(line.target)),
        ramp=_path(ramp),
    )


def _path(points: Sequence[tuple[str, str]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points) if len(points) > 1 else ""


def _label(line: Line) -> str:
    value = _last(line)
    if value is None:
        return ""
    name = line.name if len(line.name) <= _LONGEST else line.name[: _LONGEST - 1] + "…"
    return f"{name} {line.latest}" if line.values[-1] is not None else name


def _last(line: Line) -> Decimal | None:
    return next((value for value in reversed(line.values) if value is not None), None)


def _description(view: TrendView) -> str:
    if not view.rows:
        return "Nothing has been recorded yet."
    first, last = view.rows[0].date, view.rows[-1].date
    figures = ", ".join(f"{line.name} {line.latest}" for line in view.lines if line.values[-1] is not None)
    return f"From {first:%Y-%m-%d} to {last:%Y-%m-%d}. At the end: {figures}." + (
        f" {view.sentence[:1].upper()}{view.sentence[1:]}." if view.sentence else ""
    )


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
