"""What a change does to what is counted, on real repositories: coverage's configuration, pragmas, deleted tests."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.guard.test_bar import says
from tests.integration.guard.test_whose_settings import config, first_comment
from tests.integration.history.test_history_workflow import CART, FILES, MORE_TESTED, TESTS
from tests.support.github.server import FakeGithub
from tests.support.workflow import Ran, Workflow

BASE = config("min-diff = 95", "min-total = 10")


def proposed(
    folder: Path, github: FakeGithub, files: Mapping[str, str | None], base: dict[str, str] | None = None
) -> Ran:
    workflow = Workflow(folder, github, FILES | {"pyproject.toml": BASE} | (base or {}))
    workflow.open_pull_request(files)
    return workflow.run_pull_request()


def row(ran: Ran, kind: str) -> dict[str, Any]:
    (found,) = [row for row in ran.result["gate_changes"]["rows"] if row["kind"] == kind]
    return dict(found)


def test_a_new_omit_is_named_and_commented_on(tmp_path: Path, github: FakeGithub) -> None:
    own = BASE.replace("branch = true", 'branch = true\nomit = ["shop/stock.py"]')
    ran = proposed(tmp_path, github, {"pyproject.toml": own, **MORE_TESTED})
    assert ran.exit_code == 0, ran.log
    change = row(ran, "coverage")
    assert (change["name"], change["before"], change["after"], change["lowers"]) == (
        "omit",
        None,
        "shop/stock.py",
        True,
    )
    assert change["effect_unknown"] == "the tests were measured with the changed configuration only"
    assert says(ran, "his change edits omit of coverage's configuration")
    assert "Coverage's configuration: omit gains shop/stock.py" in first_comment(github)


# The files of the base, those of the change, and what is listed: name, before, after, whether it lowers the bar.
CONFIGURATIONS: dict[str, tuple[dict[str, str], dict[str, str | None], tuple[str, str | None, str | None, bool]]] = {
    "moved-and-emptied": ({}, {".coveragerc": "[run]\nbranch = true\n"}, ("source", "shop", None, True)),
    "from-another-file": (
        {".coveragerc": "[run]\nbranch = true\nsource = shop\n"},
        {".coveragerc": None, "setup.cfg": "[coverage:run]\nbranch = true\nsource = shop\nomit = shop/stock.py\n"},
        ("omit", None, "shop/stock.py", True),
    ),
    "exclude-also": (
        {},
        {"pyproject.toml": BASE + '[tool.coverage.report]\nexclude_also = ["return"]\n'},
        ("exclude_also", None, "return", True),
    ),
    "fail-under": (
        {"pyproject.toml": BASE + "[tool.coverage.report]\nfail_under = 5\n"},
        {"pyproject.toml": BASE + "[tool.coverage.report]\nfail_under = 1\n"},
        ("fail_under", "5", "1", True),
    ),
    "another-file-by-pytest-cov": (
        {"pytest.ini": "[pytest]\naddopts = --strict-markers\n"},
        {
            "pytest.ini": "[pytest]\naddopts = -p pytest_cov --cov --cov-config=few.cfg\n",
            "few.cfg": "[run]\nbranch = true\nsource = shop\nomit = shop/stock.py\n",
        },
        ("omit", None, "shop/stock.py", True),
    ),
    "a-source-of-pytest-cov": (
        {"pytest.ini": "[pytest]\naddopts = -p pytest_cov --cov=shop --cov=tests\n"},
        {"pytest.ini": "[pytest]\naddopts = -p pytest_cov --cov=shop\n"},
        ("source", "tests", None, True),
    ),
    "plugins": (
        {},
        {
            "pyproject.toml": BASE.replace("branch = true", 'branch = true\nplugins = ["its_plugin"]'),
            "its_plugin.py": "def coverage_init(reg, options):\n    pass\n",
        },
        ("plugins", None, "its_plugin", True),
    ),
    "an-omit-that-goes": (
        {"pyproject.toml": BASE.replace("branch = true", 'branch = true\nomit = ["shop/stock.py"]')},
        {"pyproject.toml": BASE},
        ("omit", "shop/stock.py", None, False),
    ),
}


@pytest.mark.parametrize(("base", "own", "expected"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_changed_configuration_is_listed_from_whichever_file_holds_it(
    tmp_path: Path,
    github: FakeGithub,
    base: dict[str, str],
    own: dict[str, str | None],
    expected: tuple[str, str | None, str | None, bool],
) -> None:
    ran = proposed(tmp_path, github, {**MORE_TESTED, **own}, base)
    assert ran.exit_code == 0, ran.log
    change = row(ran, "coverage")
    assert (change["name"], change["before"], change["after"], change["lowers"]) == expected


SECTIONS = {
    "exclude-also": ("", 'exclude_also = ["return sum"]'),
    "exclude-lines": ("", 'exclude_lines = ["def left", "return sum"]'),
    "exclude-also-that-goes": ('exclude_also = ["def sold"]', ""),
    "omit": ("", 'omit = ["shop/stock.py"]'),
    "include": ('include = ["shop/stock.py", "shop/cart.py"]', 'include = ["shop/cart.py"]'),
    "partial-branches": ("", 'partial_branches = ["if prices"]'),
}


@pytest.mark.parametrize(("base", "own"), SECTIONS.values(), ids=SECTIONS)
def test_what_another_report_section_does_to_the_total_is_counted(
    tmp_path: Path, github: FakeGithub, base: str, own: str
) -> None:
    changed = {
        "shop/cart.py": CART + "\n\ndef first(prices):\n    if prices:\n        return prices[0]\n    return 0\n"
    }
    tests = {
        "tests/test_cart.py": TESTS
        + "\n\ndef test_first():\n    from shop.cart import first\n\n    assert first([1])\n"
    }
    texts = [f"{config('min-diff = 10')}[tool.coverage.report]\n{section}\n" for section in (base, own)]
    (tmp_path / "as-it-was").mkdir()
    was = proposed(tmp_path / "as-it-was", github, changed | tests, {"pyproject.toml": texts[0]})
    now = proposed(tmp_path, github, {"pyproject.toml": texts[1], **changed, **tests}, {"pyproject.toml": texts[0]})
    effect, totals = row(now, "coverage")["effect"], [Decimal(ran.result["total"]["percent"]) for ran in (now, was)]
    assert effect is not None, row(now, "coverage")["effect_unknown"]
    assert abs(Decimal(effect) - (totals[0] - totals[1])) < Decimal("0.00001")
    assert Decimal(effect)


def test_a_configuration_that_only_moves_is_not_listed(tmp_path: Path, github: FakeGithub) -> None:
    rc = "[run]\nbranch = true\nsource = shop\n"
    ran = proposed(tmp_path, github, {".coveragerc": rc, **MORE_TESTED})
    assert (ran.exit_code, ran.result["gate_changes"]["rows"]) == (0, []), ran.log
    assert not github.comments


def test_forty_new_pragmas_are_counted_in_statements(tmp_path: Path, github: FakeGithub) -> None:
    hidden = "".join(f"\n\ndef f{n}():  # pragma: no cover\n    return {n}\n" for n in range(40))
    ran = proposed(tmp_path, github, {"shop/cart.py": CART + hidden})
    assert ran.exit_code == 0, ran.log
    change = row(ran, "pragma")
    assert (change["count"], change["files"]) == (80, ["shop/cart.py"])
    assert says(ran, "his change excludes 80 statements by new pragmas")
    assert "80 statements are excluded by new pragmas, in `shop/cart.py`" in first_comment(github)


def test_deleted_tests_are_counted_and_their_files_named(tmp_path: Path, github: FakeGithub) -> None:
    more = "\n\ndef test_more():\n    assert True\n\n\ndef test_again():\n    assert True\n"
    base = {"tests/test_cart.py": TESTS + more, "tests/test_old.py": "def test_old():\n    assert True\n"}
    moved = {"tests/test_new.py": "def test_again():\n    assert True\n"}
    ran = proposed(tmp_path, github, {"tests/test_cart.py": TESTS, "tests/test_old.py": None, **moved}, base)
    assert ran.exit_code == 0, ran.log
    change = row(ran, "tests")
    assert (change["count"], change["files"]) == (2, ["tests/test_cart.py", "tests/test_old.py"])
    # Tests come and go: that alone is listed, and no reason for a comment.
    assert not github.comments


def test_nothing_is_listed_where_the_guard_is_off(tmp_path: Path, github: FakeGithub) -> None:
    workflow = Workflow(tmp_path, github, FILES | {"pyproject.toml": BASE})
    own = BASE.replace("branch = true", 'branch = true\nomit = ["shop/stock.py"]')
    workflow.open_pull_request({"pyproject.toml": own, "shop/cart.py": CART + "\n\nx = 1  # pragma: no cover\n"})
    assert workflow.run_pull_request(guard="off").result["gate_changes"]["rows"] == []
