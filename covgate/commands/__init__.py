"""One module a command."""

from covgate.commands.check import run
from covgate.commands.late import leave_failure, make_sample, mark_failure, run_history, run_publish
from covgate.commands.start import RunRequest, annotator, open_publishing, open_run

__all__ = [
    "RunRequest", "annotator", "leave_failure", "make_sample", "mark_failure", "open_publishing", "open_run", "run",
    "run_history", "run_publish",
]  # fmt: skip
