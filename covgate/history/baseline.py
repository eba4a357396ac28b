"""The baseline of a run: the record of the base itself, or of its nearest recorded ancestor, never of a sibling."""

from __future__ import annotations

from covgate.history.ancestry import FindNearest
from covgate.model import NOTHING_RECORDED, Baseline, BaselineHow, History, Sha, Unavailable


def find_baseline(history: History, base: Sha, find_nearest: FindNearest) -> Baseline | Unavailable:
    """Return the record to compare with, exact or near; Unavailable, and why, when there is none."""
    # A commit that was recorded twice counts as it was recorded last.
    records = {record.sha: record for record in history.records}
    if not records:
        return NOTHING_RECORDED
    if base in records:
        return Baseline(record=records[base], how=BaselineHow.EXACT, behind=0)
    near = find_nearest(base, tuple(records.values()))
    if isinstance(near, Unavailable):
        return near
    return Baseline(record=near.record, how=BaselineHow.NEAR, behind=near.behind)
