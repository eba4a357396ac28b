"""A workflow run that ended, and what it left: what a second workflow, started by its end, is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from covgate.model import Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """The run a `workflow_run` event is about, as the forge tells it.

    `head_branch`, and the workflow's name, are a stranger's text.
    """

    id: int
    attempt: int
    workflow: str
    event: str
    """What started it."""
    conclusion: str
    """How it ended: `success`, `failure`, `cancelled`, …"""
    head: Sha
    """Of a pull request's run the pull request's head, not the merge commit that was checked out."""
    head_repository: str
    """`owner/name`; empty when the fork was deleted."""
    head_branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """An archive that a run left. `size` is in bytes."""

    id: int
    name: str
    size: int
    expired: bool


class Artifacts(Protocol):
    """What covgate needs of artifacts. Real: `GithubArtifacts`. Methods raise PublishError, with a Refusal as slug."""

    def find(self, run: int, name: str) -> Artifact | None:
        """Return the newest artifact of that name that a run left."""

    def download(self, artifact: Artifact, most: int) -> bytes | None:
        """Return the archive's bytes, at most `most` and one; None when it has expired."""
