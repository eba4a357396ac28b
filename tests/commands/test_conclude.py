"""What of a run is recorded."""

from __future__ import annotations

from dataclasses import replace

from covgate.commands.conclude import figures
from covgate.history.record import RunFigures
from covgate.model.coverage import Coverage
from covgate.model.unknown import Unavailable
from tests.support.situations import CORE, facts
from tests.support.situations_compared import compared


def test_a_record_is_made_of_what_was_measured() -> None:
    made = compared(max_drop="0.2", raw="4.2")
    measured = Coverage(files={}, has_branches=False)
    assert figures(made, measured) == RunFigures(
        coverage=measured,
        diff=made.diff,
        components=made.components,
        suite=made.verdict.suite,
        lost=made.lost,
        head=made.head,
        compared=True,
    )


def test_nothing_is_recorded_of_a_run_that_was_judged_to_have_measured_nothing() -> None:
    nothing = Unavailable(reason="no test ran")
    found = figures(replace(facts(CORE), total=nothing), Coverage(files={}, has_branches=False))
    assert (found.coverage, found.compared) == (nothing, False)
