"""What the pipeline is handed from outside, and the values its steps hand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from covgate.context import RunContext, Secret
from covgate.edges.actions import Level, Runner
from covgate.edges.git import GitCommand
from covgate.edges.git_remote import GitRemote
from covgate.edges.github import PullRequestComments
from covgate.edges.github_data import RepositoryData
from covgate.edges.github_pulls import PullRequests
from covgate.errors import CovgateError
from covgate.model import Base, ChangedLines, Measurement, Sha, SuiteRun
from covgate.report.view import ReportView


class Screen(Protocol):
    """What the pipeline shows to a person."""

    def step(self, what: str) -> AbstractContextManager[None]: ...
    def say(self, text: str) -> None: ...
    def error(self, error: CovgateError) -> None: ...
    def report(self, view: ReportView, places: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The outside world, handed in."""

    directory: Path
    """Where covgate was started; `working-directory` is taken from here."""
    environment: Mapping[str, str]
    screen: Screen
    runner: Runner
    now: datetime
    """When the run began, in UTC."""
    open_comments: Callable[[RunContext, int, Secret], AbstractContextManager[PullRequestComments]]
    open_data: Callable[[RunContext, Secret], AbstractContextManager[RepositoryData]]
    open_pulls: Callable[[RunContext, Secret], AbstractContextManager[PullRequests]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The checkout, and the change in it."""

    git: GitCommand
    remote: GitRemote
    prefix: PurePosixPath
    """The project's folder, relative to the checkout's root."""
    head: Sha
    tree: Sha | None
    """The commit that is measured; None is the working tree."""
    base: Base | None
    lines: ChangedLines | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the measurement gave, and the run it came from (None: made before)."""

    measurement: Measurement
    suite: SuiteRun | None


def warn(edges: Edges, text: str | None) -> None:
    """Say something that a person should see, in the log and as an annotation."""
    if text:
        edges.screen.say(text)
        edges.runner.annotate(Level.WARNING, text, title="covgate")


def shown_path(path: Path, start: Path) -> str:
    """Return `path` relative to `start` where it lies inside, for people and for other steps."""
    return str(path.relative_to(start.resolve())) if path.is_relative_to(start.resolve()) else str(path)
