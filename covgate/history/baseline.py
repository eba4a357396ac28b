"""The baseline of a run: the record of the base itself, or of its nearest recorded ancestor, never of a sibling."""

from __future__ import annotations

from covgate.history.ancestry import Ancestry
from covgate.model import Baseline, BaselineHow, History, Sha, Unavailable


def find_baseline(
    history: History, base: Sha, ancestry: Ancestry, *, has_branches: bool | None = None
) -> Baseline | Unavailable:
    """Return the record to compare with, exact or near; Unavailable, and why, when there is none.

    With `has_branches`, only records that were measured that way count: the percents of others mean something else.
    """
    if not history.records:
        return Unavailable(reason="nothing has been recorded yet")
    # A commit that was recorded twice counts as it was recorded last.
    records = {record.sha: record for record in history.records}
    fitting = {
        sha: record for sha, record in records.items() if has_branches is None or record.has_branches is has_branches
    }
    if not fitting:
        way, other = ("with", "without") if has_branches else ("without", "with")
        return Unavailable(
            reason=f"this run was measured {way} branches and everything recorded {other}, and such percents "
            "cannot be compared"
        )
    if base in fitting:
        return Baseline(record=fitting[base], how=BaselineHow.EXACT, behind=0)
    near = ancestry.nearest(base, tuple(fitting.values()))
    if isinstance(near, Unavailable):
        return near
    return Baseline(record=near.record, how=BaselineHow.NEAR, behind=near.behind)
