"""Looks back before the tests run: the history, the baseline, its lines, and how they moved since."""

from __future__ import annotations

from dataclasses import dataclass

from covgate.archive import Archive
from covgate.diff.shifts import Shifts, find_shifts
from covgate.edges.git import GitCommand
from covgate.edges.git_fetch import Access
from covgate.errors import CovgateError, HistoryError
from covgate.history.baseline import Ancestry, ComparedAncestry, LocalAncestry, ShallowAncestry, find_baseline
from covgate.model import Sha, Unavailable
from covgate.ports import Edges
from covgate.recorded import Baseline, History, LineRecord
from covgate.report.facts import NOTHING_RECORDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was recorded, as one run needs it. Whatever could not be known is Unavailable, with the reason."""

    history: History
    baseline: Baseline | Unavailable
    lines: LineRecord | Unavailable
    """The baseline's line-level record."""
    shifts: Shifts | Unavailable
    """How the lines of the baseline's commit moved up to what is measured."""

    @property
    def begins(self) -> bool:
        """Whether nothing has ever been recorded: then there is nothing to compare with, which is no fault."""
        return self.baseline is NOTHING_RECORDED


def look_back(
    archive: Archive, edges: Edges, git: GitCommand, at: Sha, tree: Sha | None, access: Access | None
) -> Past:
    """Read the history and find the baseline for the commit `at`: its own record, or its nearest recorded ancestor's.

    `tree` is the commit that will be measured; None is the working tree. Raises nothing: history that cannot be read
    is shown as an error once, and is a reason from there on.
    """
    history = History()
    if archive.source is None:
        return _without(history, Unavailable(reason=archive.absent))
    try:
        history = archive.source.read()
        if not history.records:
            return _without(history, NOTHING_RECORDED)
        baseline = find_baseline(history, at, _ancestry(archive, git, at))
        if isinstance(baseline, Unavailable):
            return _without(history, baseline)
        lines = archive.source.read_lines(baseline.record.sha)
    except HistoryError as error:
        edges.screen.error(error)
        return _without(history, Unavailable(reason=error.message))
    except CovgateError as error:
        edges.screen.error(error)
        return _without(history, Unavailable(reason=error.message))
    if lines is None:
        gone = Unavailable(
            reason=f"the lines of {baseline.record.sha[:12]} are no longer kept (`history-limit`)".replace("`", "")
        )
        return Past(history=history, baseline=baseline, lines=gone, shifts=gone)
    return Past(history=history, baseline=baseline, lines=lines, shifts=_shifts(git, baseline.record.sha, tree, access))
