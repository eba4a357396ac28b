"""Whatever the layout, the configuration, the data and the clone: nothing that was not looked at is green.

A changed executable line is counted, or named with the setting that leaves it out, or the verdict is not green. And
what is honest is judged: a gate that refuses everything would keep the first rule, too.
"""

from __future__ import annotations

import json
import os
from typing import cast

import pytest
from hypothesis import HealthCheck, example, given, settings

from covgate.errors import ExitCode
from tests.support.blind_spots import CHANGED, LEAVES_OUT, Scene, Stage, scenes
from tests.support.repositories import Gate, Json

EXAMPLES = int(os.environ.get("COVGATE_EXAMPLES", "16"))
"""Each takes one to three seconds; a thorough search (`COVGATE_EXAMPLES=500`) is for a change of the rules."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scene=scenes())
# One of each way to be green without looking.
@example(scene=Scene(layout="src", configuration="source_pkgs", copy="other-copy"))
@example(scene=Scene(layout="src", configuration="source-package", copy="other-checkout", way="data"))
@example(scene=Scene(layout="flat", configuration="none", copy="namesake", way="data", tested=False))
@example(scene=Scene(layout="src", configuration="none", copy="machine", way="lcov"))
@example(scene=Scene(layout="flat", configuration="none", way="xml", age="moved-since"))
@example(scene=Scene(layout="src", configuration="source-folder", way="data", age="replaced-since"))
@example(scene=Scene(layout="src", configuration="none", way="lcov", age="moved-since", workflow=True))
@example(scene=Scene(layout="flat", configuration="none", clone="no-main"))
@example(scene=Scene(layout="namespace", configuration="source-package", tested=False, new_file=True))
@example(scene=Scene(layout="src", configuration="omit-changed"))
@example(scene=Scene(layout="sub-folder", configuration="none", clone="shallow", workflow=True))
def test_nothing_is_green_that_was_not_looked_at(stage: Stage, scene: Scene) -> None:
    gate = stage.play(scene)
    if gate.exit_code == ExitCode.PASSED:
        # Left out by name, or counted as covered; and covered only where the tests ran this very text.
        assert left_out(gate, scene) or (scene.covered and counted(gate, scene)), gate.texts
    if scene.truthful and scene.seen:
        assert gate.exit_code in expected(scene), gate.texts


def counted(gate: Gate, scene: Scene) -> bool:
    """Whether all the changed statements are in the diff, and every one is covered."""
    return [file["path"] for file in gate.files] == [scene.place.path] and gate.lines == (changed_lines(scene),) * 2


def changed_lines(scene: Scene) -> int:
    return len(CHANGED) + (2 if scene.new_file else 0)


def left_out(gate: Gate, scene: Scene) -> bool:
    """Whether the changed file is named together with the setting that leaves it out."""
    setting = LEAVES_OUT.get(scene.configuration)
    named = cast("list[Json]", gate.diff["omitted"])
    reasons = [str(entry["why"]) for entry in named if entry["path"] == scene.place.path]
    return setting is not None and len(reasons) == 1 and setting in reasons[0] and ".coveragerc" in json.dumps(reasons)


def expected(scene: Scene) -> set[ExitCode]:
    """Return how covgate may end when nothing is hidden from it."""
    if scene.configuration in LEAVES_OUT or scene.tested:
        return {ExitCode.PASSED}
    # Where only the changed file is measured and nothing loads it, there is no measurement, and coverage no report.
    return {ExitCode.RULE_BROKEN, ExitCode.CANNOT_JUDGE, ExitCode.BAD_INPUT}
