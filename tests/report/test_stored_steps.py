"""What a stored result says is enough to cover is believed where its numbers say so, too."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from covgate.model.steps import FolderGap, Steps
from covgate.report.facts import Facts
from covgate.report.stored.read import read_result
from covgate.report.stored.restore import restore_facts
from tests.report.test_from_result import ORIGIN, stored
from tests.support.situations import CORE, facts, many_files

PLACE = {"lines": [31, 35], "function": "create", "statements": 4, "branches": {"covered": 0, "total": 2}, "why": []}
CREATE = {"path": "src/app/api.py", "place": PLACE, "diff": 6, "total": 6, "components": []}
"""The place that CORE's diff needs: 4 more for 80 %."""
ONE = {"places": [CREATE], "count": 1, "least": 1, "among": 2, "functions": True, "part": 0, "folders": []}
FOLDER = {"path": "src", "lines": 43, "branches": 0, "files": 12}
MANY = {"places": [], "count": 8, "least": 8, "among": 12, "functions": True, "part": 0, "folders": [FOLDER]}


def restored(made: Facts, to_cover: dict[str, Any] | None) -> Steps | None:
    result = json.loads(stored(made)) | {"to_cover": to_cover}
    found = restore_facts(read_result(json.dumps(result).encode()), ORIGIN)
    assert isinstance(found, Facts)
    return found.steps


NOT_ENOUGH = r"^it names places to cover that are not enough$"
DIFF_FAILS, BOTH_FAIL = facts(CORE, min_diff="80"), facts(CORE, min_diff="80", min_total="73")
FAR_BELOW = facts(many_files(12, "src"), min_diff="90")


def spots(*changed: dict[str, object], **more: object) -> dict[str, Any]:
    """Name CORE's place once for each of `changed`, with what it changes."""
    return ONE | {"places": [CREATE | one for one in changed], "count": len(changed), "least": 1, "among": 0} | more


def test_steps_that_are_enough_are_taken_over() -> None:
    steps = restored(DIFF_FAILS, ONE)
    assert steps == DIFF_FAILS.steps
    assert restored(DIFF_FAILS, spots({"diff": 4})) is not None
    assert restored(DIFF_FAILS, spots({}, {"diff": 0, "path": "other.py"})) is not None
    assert restored(BOTH_FAIL, spots({})) is not None
    assert restored(DIFF_FAILS, None) is None


def test_folders_stand_where_more_places_are_needed_than_are_named() -> None:
    assert restored(FAR_BELOW, MANY) == FAR_BELOW.steps
    for values in ({"among": 0}, {"among": 8}, {"least": 5}):
        assert restored(FAR_BELOW, MANY | values) is not None
    root = restored(FAR_BELOW, MANY | {"folders": [FOLDER | {"path": "."}]})
    assert root
    assert root.folders == (FolderGap(path=PurePosixPath(), lines=43, branches=0, files=12),)


def test_steps_that_contradict_themselves_or_their_rules_are_refused() -> None:
    longer = PLACE | {"lines": [30, 35]}
    for made, to_cover in (
        (FAR_BELOW, MANY | {"least": 9}),
        (FAR_BELOW, MANY | {"among": 7}),
        (FAR_BELOW, MANY | {"folders": []}),
        (DIFF_FAILS, ONE | {"folders": [FOLDER]}),
        (DIFF_FAILS, ONE | {"count": 2, "among": 0}),
        # Too little for the diff, or for one of the two rules.
        (DIFF_FAILS, spots({"diff": 3})),
        (BOTH_FAIL, spots({"total": 0})),
        (BOTH_FAIL, spots({"diff": 0})),
        # The same place twice, and more of a file than it misses.
        (DIFF_FAILS, spots({"diff": 3}, {"diff": 3})),
        (DIFF_FAILS, spots({"diff": 4}, {"diff": 3, "place": longer})),
        (DIFF_FAILS, spots({"diff": 4, "path": "other.py"})),
        (DIFF_FAILS, spots({}, {"diff": 1, "path": "other.py"})),
        # Nothing fails, and something that no line mends does.
        (facts(CORE, min_diff="60"), ONE),
        (facts(CORE, min_diff="80", suite=None, problem="the data is gone"), ONE),
    ):
        with pytest.raises(ValueError, match=NOT_ENOUGH):
            restored(made, to_cover)
    beyond: tuple[dict[str, object], ...] = ({"diff": 7}, {"total": 7}, {"components": ["core"]})
    for wrong in beyond:
        with pytest.raises(ValueError, match=r"^it names a place to cover that is none$"):
            restored(DIFF_FAILS, spots(wrong))


def test_places_outside_the_change_mend_a_total_of_which_the_diff_is_unknown() -> None:
    text = "src/app/api.py\n    1-30\n    31-40 missing\nbroken.py (unparsable)\n    + 1"
    made = facts(text, min_total="80")
    assert made.known_diff.files == ()
    assert restored(made, spots({"diff": 0}, part=2)) is not None
    with pytest.raises(ValueError, match=NOT_ENOUGH):
        restored(made, spots({"diff": 1}, part=2))
