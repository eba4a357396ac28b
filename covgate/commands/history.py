"""`covgate history`: shows what was recorded, as a table or as JSON, and takes an existing file in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from covgate.commands.edges import Edges
from covgate.config import Settings
from covgate.errors import ExitCode, HistoryError, InputError
from covgate.history import Archive, open_archive, parse_trending
from covgate.report import build_history_view, history_json, make_build, make_trend, print_history
from covgate.system import GitCommand, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `covgate history` was asked for. `take` is a file to import; `limit` how many points the table shows."""

    as_json: bool = False
    take: Path | None = None
    limit: int = 30


def run_history(settings: Settings, edges: Edges, request: Request) -> ExitCode:
    """Show or import. Raises CovgateError for what cannot be read or written."""
    directory = (edges.directory / settings.working_directory).resolve()
    git = GitCommand(directory, edges.environment)
    with open_archive(settings, edges.host, git, directory) as archive:
        if request.take is not None:
            _take(settings, edges, archive, request.take)
        else:
            _show(settings, edges, archive, request, edges.screen.out)
    return ExitCode.PASSED


def _take(settings: Settings, edges: Edges, archive: Archive, path: Path) -> None:
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
    archive.store.add_imported(taken, make_build(settings, edges.host.context, edges.now.date()))
    count = len(taken.imported)
    edges.screen.say(f"{count} {'entry' if count == 1 else 'entries'} of {path} stand in {archive.store.where}")


def _show(settings: Settings, edges: Edges, archive: Archive, request: Request, out: TextIO) -> None:
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
    trend = make_trend(settings, history, edges.now.date())
    print_history(build_history_view(trend, request.limit), out)
