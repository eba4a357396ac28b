"""Every outcome of a run of covgate that a golden file shows, as a change of the bookshop."""

from __future__ import annotations

from tests.support.outcomes.compared import COMPARED
from tests.support.outcomes.guarded import GUARDED
from tests.support.outcomes.judged import JUDGED
from tests.support.outcomes.unjudged import UNJUDGED

OUTCOMES = JUDGED | COMPARED | UNJUDGED | GUARDED
"""Every outcome by its name."""
