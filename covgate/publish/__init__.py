"""Where a report goes, and what happens when the host says no."""

from covgate.publish.artifact import MOST_ARCHIVE, unpack_result
from covgate.publish.deliver import deliver, deliver_failure
from covgate.publish.diff_cover import read_judged, write_diff_cover
from covgate.publish.files import EXPORT_FILES, files_of
from covgate.publish.relay import relay, relay_nothing

__all__ = [
    "EXPORT_FILES", "MOST_ARCHIVE", "deliver", "deliver_failure", "files_of", "read_judged", "relay", "relay_nothing",
    "unpack_result", "write_diff_cover",
]  # fmt: skip
