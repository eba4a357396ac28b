"""What was recorded: opened, looked back at, compared with, added to."""

from covgate.history.completeness import compare_tests, find_collection
from covgate.history.look_back import Past, compare_with, look_back
from covgate.history.open import Archive, history_folder, open_archive
from covgate.history.record import Recorder, RunFigures
from covgate.history.storage.places import Build
from covgate.history.storage.trending import parse_trending, render_trending
from covgate.history.trend import (
    NEWEST,
    NO_RAMP_YET,
    component_start,
    compute_pace,
    goal_of,
    points_of,
    ramp_start,
    required_on,
    value_at,
)

__all__ = [
    "NEWEST", "NO_RAMP_YET", "Archive", "Build", "Past", "Recorder", "RunFigures", "compare_tests",
    "compare_with", "component_start", "compute_pace", "find_collection", "goal_of", "history_folder", "look_back",
    "open_archive", "parse_trending", "points_of", "ramp_start", "render_trending", "required_on", "value_at",
]  # fmt: skip
