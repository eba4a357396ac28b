"""The tests' own results, from a whole run: what pytest writes, what is named, what an earlier job left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import FAILING, SHOP, TEST_PRICES, Checkout, Ended, make_checkout

PYTEST = [sys.executable, "-m", "pytest", "-q"]


def counted(checkout: Checkout) -> Any:  # noqa: ANN401  # parsed JSON
    return checkout.result()["suite"]["tests"]


def test_a_suite_that_passes(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)
    assert checkout.covgate(command=PYTEST).code == 0
    tests = counted(checkout)
    assert (tests["passed"], tests["failed"], tests["failures"]) == (2, 0, [])
    assert {name for name, _ in tests["slowest"]} <= {
        "tests/test_prices.py::test_price",
        "tests/test_prices.py::test_price_of_many",
    }
    assert "xml" not in checkout.git("status", "--porcelain")


def test_a_suite_that_fails_in_a_folder_of_a_monorepo(tmp_path: Path) -> None:
    files = {f"api/{name}": text for name, text in SHOP.items()}
    checkout = make_checkout(tmp_path, {**files, "api/tests/test_prices.py": TEST_PRICES + FAILING})
    assert checkout.covgate("--directory", "api", command=PYTEST).code == 3
    (failed,) = checkout.result("api")["suite"]["tests"]["failures"]
    line = (TEST_PRICES + FAILING).count("\n")
    assert (failed["path"], failed["line"], failed["test"]) == ("api/tests/test_prices.py", line, "test_that_fails")
    assert failed["reason"] == "assert 3 == 4"
    assert "E        +  where 3 = price(1)" in failed["output"]


def test_the_files_of_a_script_that_are_named(tmp_path: Path) -> None:
    """Of a wrapper nothing is known without; a file of an earlier run is not of this one."""
    script = f"{sys.executable} -m pytest -q tests --junitxml=out/new.xml\n"
    checkout = make_checkout(tmp_path, {**SHOP, "run.sh": script, ".gitignore": "out\n__pycache__\n"})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old.xml").write_text("<testsuite><testcase name='old'/></testsuite>")
    assert checkout.covgate(command=["sh", "run.sh"]).code == 0
    assert counted(checkout) is None
    assert checkout.covgate("--junit", "out/*.xml", command=["sh", "run.sh"]).code == 0
    assert counted(checkout)["passed"] == 2
    assert checkout.covgate("--junit", "reports/*.xml", command=["sh", "run.sh"]).code == 0
    assert counted(checkout) is None
    assert "`junit` (from --junit) names no file that this run has: no tests are counted." in checkout.result()["notes"]


HOSTILE = """
import os, pathlib
def test_forge():
    path = pathlib.Path([a for a in os.environ["PYTEST_ADDOPTS"].split() if "junitxml" in a][0].partition("=")[2])
    import atexit
    atexit.register(path.write_text, {content!r})
"""
NO_FAILURE = "<testsuite><testcase name='all_is_well'/></testsuite>"


@pytest.mark.parametrize("content", [NO_FAILURE, "<!DOCTYPE a><testsuite/>", "\0"], ids=["green", "doctype", "nothing"])
def test_what_a_suite_writes_into_its_report_makes_no_failure_a_pass(tmp_path: Path, content: str) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "tests/test_x.py": HOSTILE.format(content=content) + "    assert 0\n"})
    assert checkout.covgate(command=PYTEST).code == 3
    assert checkout.result()["verdict"] == "fail"
    tests, notes = counted(checkout), [note for note in checkout.result()["notes"] if "JUnit" in note]
    if content == NO_FAILURE:
        assert (tests["passed"], tests["failed"], notes) == (1, 0, [])
    else:
        assert (tests, len(notes)) == (None, 1)


def test_a_report_that_says_of_failures_where_the_command_does_not(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "tests/test_prices.py": TEST_PRICES + FAILING})
    assert checkout.covgate(command=["sh", "-c", f"{' '.join(PYTEST)} --junitxml=x.xml || true"]).code == 0
    # `sh -c` is a wrapper: what it starts is not looked into.
    assert counted(checkout) is None
    done = checkout.covgate("--junit", "x.xml", command=["sh", "-c", f"{' '.join(PYTEST)} --junitxml=x.xml || true"])
    assert done.code == 0
    note = "1 of the tests failed by their report, and the test command ended as if none had."
    assert note in checkout.result()["notes"]


def earlier(tmp_path: Path, tests: str, *args: str) -> tuple[Checkout, Ended]:
    """Run a suite under coverage as an earlier job does, and covgate on what it left."""
    checkout = make_checkout(tmp_path, {**SHOP, "tests/test_prices.py": tests, ".gitignore": "*.xml\n__pycache__\n"})
    checkout.coverage("run", "--source=shop", "-m", "pytest", "-q", "--junitxml=tests.xml")
    return checkout, checkout.covgate("--data", ".coverage", *args)


def test_tests_of_an_earlier_job(tmp_path: Path) -> None:
    checkout, done = earlier(tmp_path, TEST_PRICES + FAILING, "--junit", "tests.xml")
    assert (done.code, checkout.result()["verdict"]) == (3, "fail")
    assert counted(checkout)["failed"] == 1


def test_of_an_earlier_job_without_a_report_nothing_is_known(tmp_path: Path) -> None:
    checkout, done = earlier(tmp_path, TEST_PRICES + FAILING)
    assert (done.code, checkout.result()["suite"]) == (0, None)
    assert not any("JUnit" in note or "junit" in note for note in checkout.result()["notes"])
