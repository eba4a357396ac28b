"""The command line and the action: arguments and environment in, an exit code out."""

from covgate.cli.entry import action, main

__all__ = ["action", "main"]
