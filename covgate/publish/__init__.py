"""Where a report goes, and what happens when the host says no."""

from covgate.publish.artifact import MOST_ARCHIVE, unpack_result
from covgate.publish.deliver import deliver, deliver_failure
from covgate.publish.diff_cover import DIFF_COVER_FILES, write_diff_cover
from covgate.publish.relay import relay, relay_nothing

__all__ = [
    "DIFF_COVER_FILES", "MOST_ARCHIVE", "deliver", "deliver_failure", "relay", "relay_nothing", "unpack_result",
    "write_diff_cover",
]  # fmt: skip
