"""Whether a run without some of the baseline's tests is one of a part of the suite."""

from __future__ import annotations

import pytest

from covgate.history.completeness import compare_tests
from covgate.history.look_back import Past
from covgate.model.change import Shifts
from covgate.model.history import NOTHING_RECORDED, History, LineRecord
from covgate.model.test_results import TestResults
from covgate.model.verdict import SuiteRun, SuiteStatus
from tests.history.conftest import change_in
from tests.support.git import Repository

PART = "only 1 of the 10 tests of the baseline ran"
PYTEST = "[tool.pytest.ini_options]\naddopts = '{}'\n"


def part_of(repository: Repository, tests: str, changed: dict[str, str]) -> str:
    """Compare a run of one test with a baseline of ten in the file `tests`, after a commit of `changed`."""
    repository.write("tests/test_a.py", "")
    repository.write("pyproject.toml", PYTEST.format("-ra"))
    lines = LineRecord(sha=repository.commit("two"), files={}, tests={f"{tests}::test_{n}": 1 for n in range(10)})
    for name, text in changed.items():
        repository.write(name, text)
    repository.commit("three")
    past = Past(history=History(), baseline=NOTHING_RECORDED, lines=lines, shifts=Shifts())
    ran = TestResults(passed=1, names=frozenset({f"{tests}::test_0"}))
    suite = SuiteRun(command="pytest", status=SuiteStatus.PASSED, exit_code=0, seconds=1, tests=ran)
    return compare_tests(change_in(repository), past, suite).part


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        pytest.param({}, PART, id="nothing-changed"),
        pytest.param({"pyproject.toml": PYTEST.format("-ra") + "[project]\nname = 'x'\n"}, PART, id="another-table"),
        pytest.param({"pyproject.toml": PYTEST.format("-m fast")}, "", id="pytests-own-table"),
        pytest.param({"conftest.py": ""}, "", id="a-file-that-chooses-tests"),
    ],
)
def test_tests_that_are_gone_are_a_part_unless_the_change_chooses_them(
    repository: Repository, changed: dict[str, str], part: str
) -> None:
    assert part_of(repository, "tests/test_a.py", changed) == part


def test_tests_of_a_file_that_git_does_not_know_may_stay_away(repository: Repository) -> None:
    assert part_of(repository, "tests/test_made.py", {}) == ""
