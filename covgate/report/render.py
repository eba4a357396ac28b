"""The room's heavy libraries behind light functions: pydantic and the charts are imported when they are needed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from covgate.config import PAGE, ReportKind, Settings
from covgate.errors import CovgateError, ExitCode
from covgate.history import Build
from covgate.host import RunContext
from covgate.model import History, Unavailable
from covgate.report.bands import Bands
from covgate.report.facts import Facts, Origin
from covgate.report.trend.points import Trend
from covgate.report.view import ReportView

if TYPE_CHECKING:
    from covgate.report.result_json import ResultJson


Texts = Mapping[PurePosixPath, bytes]


def load_renderers() -> None:
    """Import what renders a report: a quarter of a second, as long as the analysis of a small project."""
    importlib.import_module("covgate.report.result_json")
    importlib.import_module("jinja2")


def render_result(facts: Facts, headline: str, exit_code: ExitCode, error: CovgateError | None = None) -> str:
    """Render `result.json`; `error` is what went wrong with publishing."""
    from covgate.report import result_json  # noqa: PLC0415

    return result_json.render_result(
        result_json.build_result(facts, headline=headline, exit_code=exit_code, error=error)
    )


def render_reports(
    kinds: Collection[ReportKind], facts: Facts, view: ReportView, read: Callable[[Sequence[PurePosixPath]], Texts]
) -> Iterator[tuple[str, str]]:
    """Yield covgate's own reports of these kinds: the name of the file, and what it holds.

    `read` returns sources of changed files as they were measured.
    """
    if ReportKind.HTML in kinds:
        from covgate.report.page import render  # noqa: PLC0415

        left = [file.path for file in facts.known_diff.files if file.missing or file.partial]
        yield PAGE, render.render_page(facts, view, read(left))


def read_result(data: bytes) -> ResultJson:
    """Read a `result.json` of another run strictly; ValueError, in words, for what is none."""
    from covgate.report.stored import read  # noqa: PLC0415

    return read.read_result(data)


def restore_facts(result: ResultJson, origin: Origin) -> Facts | Unavailable:
    """Make the facts of a report anew from what a run stored; see `stored.restore`."""
    from covgate.report.stored import restore  # noqa: PLC0415

    return restore.restore_facts(result, origin)


def render_failed_result(error: CovgateError, headline: str) -> str:
    """Render the `result.json` of a run that ended without a report."""
    from covgate.report import result_json  # noqa: PLC0415

    return result_json.render_result(result_json.build_failure(error, headline))


def make_trend(settings: Settings, history: History, today: date) -> Trend:
    """Put a history beside what it is held against."""
    return Trend(
        history=history,
        target=settings.target,
        components=settings.components,
        bands=Bands(green=settings.green, orange=settings.orange),
        today=today,
    )


def make_build(settings: Settings, context: RunContext, today: date) -> Build:
    """Return what draws the files beside the history: the trend, the badge, the page."""

    def build(history: History) -> Mapping[str, str]:
        # Only a run that records needs the charts.
        from covgate.report.trend.files import render_trend_files  # noqa: PLC0415

        place = f"{context.server_url}/{context.repository}" if context.repository else None
        title = settings.name or context.repository.partition("/")[2] or "coverage"
        return render_trend_files(make_trend(settings, history, today), repository_url=place, title=title)

    return build
