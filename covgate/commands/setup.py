"""`setup-command`: what the workflow has run as root, before any of the project's code."""

from __future__ import annotations

from pathlib import Path

from covgate.commands.edges import Edges
from covgate.config import Settings
from covgate.errors import InputError
from covgate.measure import shell_argv
from covgate.model import without_credentials
from covgate.system import child_environment, relayed, run_live

_HOME = "/root"
"""Not the runner's home: nothing of root's is left there, and nothing that is kept there is read."""


def run_setup(settings: Settings, edges: Edges) -> None:
    """Run it outside of the checkout, without the token. Raises InputError when it fails or does not end."""
    command = settings.setup_command or ""
    environment = {**child_environment(edges.environment), "HOME": _HOME}
    minutes = settings.timeout_minutes
    seconds = float(minutes) * 60 if minutes is not None else None
    edges.screen.say(f"Running setup-command: {without_credentials(command)}")
    with edges.host.log.stopped_commands(), relayed(without_credentials) as relay:
        argv = shell_argv(command, environment)
        # In the checkout a file of a pull request could configure what runs as root.
        done = run_live(argv, cwd=Path("/"), env=environment, timeout=seconds, stdout=relay.stdout)
    if done.timed_out or done.exit_code:
        how = f"did not end within {seconds:g} seconds" if done.timed_out else f"failed with exit code {done.exit_code}"
        raise InputError(
            f"setup-command {how}: {without_credentials(command)}",
            hint="its output above says why; it runs in `/` of the image, which is Debian's: `apt-get update && "
            "apt-get install -y NAME`",
            slug="setup-failed",
        )
