"""`covgate history`: shows what was recorded, as a table or as JSON, and takes an existing file in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from covgate.archive import Archive, open_archive
from covgate.context import RunContext
from covgate.edges.files import read_text
from covgate.edges.git import GitCommand
from covgate.errors import ExitCode, HistoryError, InputError
from covgate.history.trending import parse_trending
from covgate.ports import Edges
from covgate.recording import make_build
from covgate.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `covgate history` was asked for. `take` is a file to import; `limit` how many points the table shows."""

    as_json: bool = False
    take: Path | None = None
    limit: int = 30


def run_history(settings: Settings, context: RunContext, edges: Edges, request: Request, out: TextIO) -> ExitCode:
    """Show or import; `out` takes the answer. Raises CovgateError for what cannot be read or written."""
    directory = (edges.directory / settings.working_directory).resolve()
    git = GitCommand(directory, edges.environment)
    with open_archive(settings, context, edges, git, directory) as archive:
        if request.take is not None:
            _take(settings, context, edges, archive, request.take)
        else:
            _show(settings, edges, archive, request, out)
    return ExitCode.PASSED


def _take(settings: Settings, context: RunContext, edges: Edges, archive: Archive, path: Path) -> None:
    try:
        text = read_text(edges.directory / path)
    except ValueError as exc:
        raise InputError(str(exc), hint="name a trending.json in UTF-8", slug="import-file") from None
    if text is None:
        raise InputError(
            f"there is no file {path} to import (from --import)",
            hint="name a trending.json: a `history` list whose entries have `date` and `overall_coverage`",
            slug="import-file",
        )
    taken = parse_trending(text, str(path))
    archive.store.add_imported(taken.imported, taken, make_build(settings, context, edges.now.date()))
    count = len(taken.imported)
    edges.screen.say(f"{count} {'entry' if count == 1 else 'entries'} of {path} stand in {archive.store.where}")


def _show(settings: Settings, edges: Edges, archive: Archive, request: Request, out: TextIO) -> None:
    # pydantic and rich's tables: only this command needs them here.
    from covgate.report.history_terminal import print_history  # noqa: PLC0415
    from covgate.report.history_view import build_history_view, history_json  # noqa: PLC0415

    if archive.source is None:
        raise HistoryError(
            f"there is no history to show: {archive.absent}",
            hint="set `github-token`, fetch the branch, or name a folder with --history-dir",
            slug="history-no-place",
        )
    history = archive.source.read()
    if request.as_json:
        out.write(history_json(history))
        return
    if history.empty:
        edges.screen.say(f"nothing has been recorded yet in {archive.source.where}")
        edges.screen.say(f"`git fetch origin {settings.history_branch}` brings a branch that others record in")
        return
    view = build_history_view(
        history,
        target=settings.target,
        components=settings.components,
        today=edges.now.date(),
        limit=request.limit,
        green=settings.green,
        orange=settings.orange,
    )
    print_history(view, out)
