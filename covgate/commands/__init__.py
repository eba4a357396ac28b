"""One module a command."""

from covgate.commands.check import run
from covgate.commands.demo.make import make_sample
from covgate.commands.failure import leave_failure, mark_failure
from covgate.commands.history import Request, run_history
from covgate.commands.publish import run_publish
from covgate.commands.start import RunRequest, annotator, open_publishing, open_run

__all__ = [
    "Request", "RunRequest", "annotator", "leave_failure", "make_sample", "mark_failure", "open_publishing", "open_run",
    "run", "run_history", "run_publish",
]  # fmt: skip
