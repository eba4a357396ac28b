"""Verbs whose modules are imported when they are called: a run of the tests begins without them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from covgate.commands.edges import Edges
from covgate.commands.start import RunRequest
from covgate.config import Settings
from covgate.errors import CovgateError, ExitCode
from covgate.host import FinishedRun


def leave_failure(error: CovgateError, request: RunRequest) -> None:
    """Leave what ended the run where its report would be: its files, the step's summary and outputs."""
    from covgate.commands import failure  # noqa: PLC0415  # see the module

    failure.leave_failure(error, request)


def mark_failure(error: CovgateError, request: RunRequest) -> None:
    """Have an earlier comment of this report, if there is one, say that the run has no verdict. Raises CovgateError."""
    from covgate.commands import failure  # noqa: PLC0415  # see the module

    failure.mark_failure(error, request)


def make_sample(directory: Path, environment: Mapping[str, str]) -> None:
    """Make the sample project. Raises InputError."""
    from covgate.commands.demo import make  # noqa: PLC0415  # see the module

    make.make_sample(directory, environment)


def run_history(settings: Settings, edges: Edges, *, as_json: bool, take: Path | None, limit: int) -> ExitCode:
    """Show or import the history. Raises CovgateError for what cannot be read or written."""
    from covgate.commands import history  # noqa: PLC0415  # see the module

    return history.run_history(settings, edges, history.Request(as_json=as_json, take=take, limit=limit))


def run_publish(settings: Settings, edges: Edges, run: FinishedRun) -> ExitCode:
    """Post what another run found. Raises CovgateError."""
    from covgate.commands import publish  # noqa: PLC0415  # see the module

    return publish.run_publish(settings, edges, run)
