"""Where a report goes, and what happens when the host says no."""

from covgate.publish.deliver import deliver, deliver_failure
from covgate.publish.diff_cover import DIFF_COVER_FILES, write_diff_cover

__all__ = [
    "DIFF_COVER_FILES", "deliver", "deliver_failure", "write_diff_cover",
]  # fmt: skip
