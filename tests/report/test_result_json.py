"""result.json whole: of a run that ended before its verdict, and what a run says beside its figures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from covgate import __version__
from covgate.errors import CovgateError, ExitCode
from covgate.model.verdict import SuiteRun, SuiteStatus
from covgate.report.facts import Facts
from covgate.report.render import render_failed_result, render_result
from tests.support.situations import SITUATIONS, facts
from tests.support.situations_compared import FLAPS, INDIRECT, compared


def result_of(made: Facts) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_result(made, "the headline", ExitCode.PASSED))
    return found


def test_a_run_that_ended_early_says_why_and_knows_nothing_else() -> None:
    error = CovgateError("no such branch: main", hint="fetch it", slug="no-base", exit_code=ExitCode.GIT)
    unknown = {"percent": None, "lines": None, "branches": None, "reason": "no such branch: main"}
    assert json.loads(render_failed_result(error, "Cannot judge: no such branch: main")) == {
        "schema": 1,
        "covgate": __version__,
        "verdict": "cannot-judge",
        "exit_code": 5,
        "headline": "Cannot judge: no such branch: main",
        "error": {"message": "no such branch: main", "hint": "fetch it", "slug": "no-base"},
        "head": None,
        "measured": None,
        "moved": [],
        "uncommitted": 0,
        "base": None,
        "total": unknown,
        "has_branches": False,
        "diff": unknown | {"files": [], "omitted": []},
        "baseline": {"unavailable": "no such branch: main"},
        "delta": None,
        "components": [],
        "indirect": [],
        "flapping": [],
        "checks": [],
        "to_cover": None,
        "gate_changes": {"strict": True, "rows": []},
        "suite": None,
        "gone_tests": None,
        "bands": None,
        "trend": "",
        "notes": [],
    }


def test_what_a_run_compared_with_is_told_line_by_line() -> None:
    made = compared(raw="-1.5", indirect=INDIRECT[1:2], flaps=FLAPS)
    moved = frozenset(PurePosixPath(f"src/{name}.py") for name in "hgfedcba")
    result = result_of(replace(made, links=replace(made.links, moved=moved)))
    assert result["moved"] == [f"src/{name}.py" for name in "abcdefgh"]
    assert result["delta"] == "1.50"
    assert result["indirect"] == [{"path": "src/app/jobs.py", "lost": [[12, 14], [30, 30]], "gained": [[2, 3]]}]
    assert result["flapping"] == [
        {"path": "src/app/jobs.py", "line": 44, "lost": True, "flips": 4},
        {"path": "src/app/pool.py", "line": 7, "lost": False, "flips": 2},
    ]
    assert (result["headline"], result["exit_code"]) == ("the headline", 0)


@pytest.mark.parametrize(
    ("made", "has_branches", "reasons"),
    [
        (SITUATIONS["pass"](), True, (None, None)),
        (SITUATIONS["lines-only"](), False, (None, None)),
        (SITUATIONS["push"](), True, (None, "this run has no change to judge")),
        (SITUATIONS["diff-not-applicable"](), False, (None, "there is nothing to measure")),
        (facts("", problem="the data is gone"), False, ("the data is gone",) * 2),
    ],
    ids=["branches", "lines", "no-change", "no-code", "no-data"],
)
def test_a_figure_has_counts_or_a_reason(
    made: Facts, reasons: tuple[str | None, str | None], *, has_branches: bool
) -> None:
    result = result_of(made)
    assert result["has_branches"] is has_branches
    assert (result["total"]["reason"], result["diff"]["reason"]) == reasons
    for figure, reason in zip((result["total"], result["diff"]), reasons, strict=True):
        assert (figure["percent"] is None) is (reason is not None)


def test_seconds_are_told_to_the_millisecond() -> None:
    suite = SuiteRun(command="pytest", status=SuiteStatus.PASSED, exit_code=0, seconds=1.23456)
    assert result_of(facts("m.py\n    1-9\n", suite=suite))["suite"]["seconds"] == 1.235
