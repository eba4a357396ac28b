"""Where covgate is entered: as a command, and as the action."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from covgate.cli.ending import check, guarded, of_container, publish
from covgate.commands import RunRequest
from covgate.config import Mode


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `covgate` command and return its exit code."""
    from covgate.cli.arguments import invoke  # noqa: PLC0415  # with click, which the action does not need

    return guarded(lambda: invoke(sys.argv[1:] if argv is None else argv))


def action() -> int:
    """Run as the GitHub action: every setting comes from the action's inputs and the project's configuration."""
    publishes = os.environ.get("INPUT_MODE", "").strip() == Mode.PUBLISH
    request = RunRequest(environment=dict(os.environ), inputs=os.environ, configured=not publishes)
    return guarded(lambda: (publish if publishes else check)(request), streams=of_container)
