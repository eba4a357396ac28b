"""Where a report goes, and what happens when the host says no."""

from covgate.publish.artifact import MOST_ARCHIVE, unpack_result
from covgate.publish.deliver import TITLE, deliver, word_error
from covgate.publish.diff_cover import read_judged, write_diff_cover
from covgate.publish.failure import Unjudged, deliver_failure, mark_unjudged
from covgate.publish.marker import Marker
from covgate.publish.relay import relay, relay_nothing

__all__ = [
    "MOST_ARCHIVE", "TITLE", "Marker", "Unjudged", "deliver", "deliver_failure", "mark_unjudged",
    "read_judged", "relay", "relay_nothing", "unpack_result", "word_error", "write_diff_cover",
]  # fmt: skip
