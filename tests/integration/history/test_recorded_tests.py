"""The tests by name in a workflow: recorded on the default branch, and missed where they did not run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covgate.history.storage.line_record import decode_record
from tests.support.github.server import FakeGithub
from tests.support.workflow import PYTEST, Workflow

CART = "def total(prices):\n    return sum(prices)\n\n\ndef count(prices):\n    return len(prices)\n"
TEST_CART = "from shop.cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
TEST_COUNT = "import pytest\nfrom shop.cart import count\n\n\n" + "\n\n".join(
    f"def test_count_{n}():\n    assert count([1] * {n}) == {n}\n" for n in range(6)
)
EACH = '\n\n@pytest.mark.parametrize("n", [1, 2, 3])\ndef test_each(n):\n    assert count([n]) == 1\n'
FILES = {
    "pyproject.toml": '[tool.coverage.run]\nsource = ["shop"]\n',
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "tests/test_cart.py": TEST_CART,
    "tests/test_count.py": TEST_COUNT + EACH,
}
PART = "only 1 of the 10 tests of main ran"


@pytest.fixture
def workflow(tmp_path: Path, github: FakeGithub) -> Workflow:
    made = Workflow(tmp_path, github, FILES)
    assert made.run_push(test_command=PYTEST).exit_code == 0
    return made


def test_what_ran_is_recorded_and_what_is_gone_is_named(workflow: Workflow, github: FakeGithub) -> None:
    files = github.git_data.files("covgate-data")
    assert json.loads(files["history.jsonl"])["tests"] == 10
    tests = decode_record(files[f"lines/{workflow.sha('main')}"]).tests
    assert tests["tests/test_count.py::test_each"] == 3
    assert sum(tests.values()) == 10

    less = {"tests/test_count.py": TEST_COUNT + EACH.replace("[1, 2, 3]", "[1]"), "tests/test_cart.py": None}
    workflow.open_pull_request(less)
    ran = workflow.run_pull_request(test_command=PYTEST, max_drop="100")
    assert ran.exit_code == 0, ran.log
    assert ran.result["gone_tests"] == {
        "count": 3,
        "names": ["tests/test_cart.py::test_total", "tests/test_count.py::test_each (2 of 3 cases)"],
        "files": [["tests/test_count.py", 2], ["tests/test_cart.py", 1]],
    }


def test_a_part_of_the_suite_cannot_be_judged(workflow: Workflow) -> None:
    workflow.open_pull_request({"shop/cart.py": CART.replace("len(", "len(  ")})
    part = f"{PYTEST} tests/test_cart.py"
    ran = workflow.run_pull_request(test_command=part, min_total="10")
    assert (ran.exit_code, ran.result["verdict"]) == (4, "cannot-judge")
    assert ran.result["total"]["reason"] == PART
    assert PART in ran.comment
    # Where nothing of the tests is known, nothing is said.
    ran = workflow.run_pull_request(test_command=part, min_total="10", junit="off")
    assert (ran.exit_code, ran.result["gone_tests"]) == (0, None)

    # No record is made of one either.
    workflow.push({"README.md": "more\n"}, "More")
    ran = workflow.run_push(test_command=part)
    assert ran.exit_code == 4
    assert any(note.startswith("Not recorded: ") for note in ran.result["notes"])


def test_what_the_change_says_of_its_tests_is_no_part(workflow: Workflow) -> None:
    """Deleted, skipped, deselected by the change itself: the report names them, and what is left is judged."""
    workflow.open_pull_request({"tests/test_count.py": None})
    ran = workflow.run_pull_request(test_command=PYTEST, min_total="10")
    assert (ran.exit_code, ran.result["gone_tests"]["count"]) == (0, 9)
    workflow.open_pull_request({"tests/conftest.py": 'collect_ignore = ["test_count.py"]\n'})
    ran = workflow.run_pull_request(test_command=PYTEST, min_total="10")
    assert (ran.exit_code, ran.result["gone_tests"]["count"]) == (0, 9)
