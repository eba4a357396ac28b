"""The bar: a pull request is judged by the stricter of the base's rules and its own, and the report lists both."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.integration.guard.test_whose_settings import config, opened
from tests.integration.history.test_history_workflow import FILES, MORE, MORE_TESTED, TESTS
from tests.support.github.server import FakeGithub
from tests.support.projects import make_checkout
from tests.support.workflow import Ran, Workflow

CORE = '[tool.covgate.components.core]\npaths = ["shop/**"]\n'


def rows(ran: Ran) -> list[tuple[str, str, str | None, str | None, bool]]:
    changes = ran.result["gate_changes"]["rows"]
    return [(row["kind"], row["name"], row["before"], row["after"], row["lowers"]) for row in changes]


def headline(ran: Ran) -> str:
    return str(ran.result["headline"])


def says(ran: Ran, sentence: str) -> bool:
    """Whether the first line says what the change does to the gate; where it has no room for that, that it does."""
    return sentence in headline(ran) or headline(ran).endswith("this change lowers the bar")


# The base's rules, the change's own, and which rule judges with which value.
LOWERED = {
    "min-diff-to-nothing": (
        "min-diff = 95",
        "min-diff = 0",
        "min-diff",
        "95",
        "lowers min-diff from 95 to 0; judged by 95",
    ),
    "min-diff-removed": ("min-diff = 95", "", "min-diff", "95", "removes min-diff; judged by 95"),
    "min-total-lowered": (
        "min-total = 80",
        "min-total = 20",
        "min-total",
        "80",
        "lowers min-total from 80 to 20; judged by 80",
    ),
    "max-drop-raised": (
        "max-drop = 0.5",
        "max-drop = 50",
        "max-drop",
        "0.5",
        "raises max-drop from 0.5 to 50; judged by 0.5",
    ),
}


@pytest.mark.parametrize(("base", "own", "rule", "target", "sentence"), LOWERED.values(), ids=LOWERED)
def test_a_lowered_rule_judges_as_it_was_and_the_headline_says_so(
    tmp_path: Path, github: FakeGithub, base: str, own: str, rule: str, target: str, sentence: str
) -> None:
    workflow = Workflow(tmp_path, github, FILES | {"pyproject.toml": config(base)})
    workflow.run_push()
    untested = {"tests/test_cart.py": TESTS.replace(", count([1])", "").replace("(3, 1)", "3")}
    workflow.open_pull_request({"pyproject.toml": config(own), **MORE, **untested})
    ran = workflow.run_pull_request()
    assert ran.exit_code == 1, ran.log
    assert (ran.check(rule)["target"], ran.check(rule)["status"]) == (target, "fail")
    assert says(ran, sentence)
    assert [row[:2] for row in rows(ran)] == [("rule", rule)]
    for text in (ran.comment, ran.summary, ran.log):
        assert "to the gate itself" in text


def test_the_table_removed_as_a_whole_changes_nothing(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(
        tmp_path, github, config("min-diff = 95", "min-total = 10"), FILES["pyproject.toml"]
    ).run_pull_request()
    assert ran.exit_code == 1, ran.log
    assert ran.check("min-diff")["status"] == "fail"
    assert ran.check("min-total")["status"] == "pass"
    assert says(ran, "his change lowers the bar in 2 ways; the old rules judge")


def test_a_file_that_is_renamed_away_still_judges(tmp_path: Path, github: FakeGithub) -> None:
    workflow = Workflow(tmp_path, github, FILES | {"pyproject.toml": config("min-diff = 95")})
    workflow.open_pull_request({"pyproject.toml": None, "pyproject.old": config("min-diff = 95"), **MORE})
    ran = workflow.run_pull_request()
    assert (ran.exit_code, ran.check("min-diff")["target"]) == (1, "95"), ran.log


def test_a_raised_rule_judges_at_once_and_is_no_reason_for_a_comment(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(tmp_path, github, config("min-diff = 10"), config("min-diff = 95")).run_pull_request()
    assert (ran.exit_code, ran.check("min-diff")["target"]) == (1, "95"), ran.log
    assert rows(ran) == [("rule", "min-diff", "10", "95", False)]
    assert "This change" not in headline(ran)
    quiet = opened(tmp_path / "2", github, config("min-diff = 10"), config("min-diff = 95"), MORE_TESTED)
    github.comments.clear()
    assert quiet.run_pull_request().exit_code == 0
    assert not github.comments


def test_a_lowered_bar_is_commented_on_although_everything_passes(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(tmp_path, github, config("min-diff = 95"), config("min-diff = 90"), MORE_TESTED).run_pull_request()
    assert ran.exit_code == 0, ran.log
    (comment,) = github.comments.values()
    assert "**This change lowers `min-diff` from 95 to 90; judged by 95, coverage passes:" in comment.body
    assert "<details><summary>1 change to the gate itself</summary>" in comment.body


def test_what_the_workflow_sets_wins_over_both(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(tmp_path, github, config("min-diff = 95"), config("min-diff = 90")).run_pull_request(min_diff="5")
    assert (ran.exit_code, ran.check("min-diff")["target"], rows(ran)) == (0, "5", []), ran.log


GUARDS = {"strict": (1, "95", True), "warn": (0, "0", True), "off": (0, "0", False)}


@pytest.mark.parametrize(("guard", "expected"), GUARDS.items(), ids=GUARDS)
def test_the_workflow_says_how_strict_the_guard_is(
    tmp_path: Path, github: FakeGithub, guard: str, expected: tuple[int, str, bool]
) -> None:
    ran = opened(tmp_path, github, config("min-diff = 95"), config("min-diff = 0")).run_pull_request(guard=guard)
    listed = "change to the gate itself" in ran.comment
    assert (ran.exit_code, ran.check("min-diff")["target"], listed) == expected, ran.log
    if guard == "warn":
        assert headline(ran).startswith("This change lowers min-diff from 95 to 0, coverage passes: ")


def test_a_file_of_the_repository_does_not_set_the_guard(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(tmp_path, github, config("min-diff = 95"), config('guard = "off"')).run_pull_request()
    assert ran.exit_code == 2, ran.log
    assert "option 'guard' does not belong in pyproject.toml, line 6" in ran.log


# --- components ------------------------------------------------------------------------------------------------------


def test_a_component_that_is_removed_is_judged_as_it_was(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(tmp_path, github, config(CORE + "min-diff = 95"), config()).run_pull_request()
    assert (ran.exit_code, ran.check("min-diff", "core")["target"]) == (1, "95"), ran.log
    assert says(ran, "his change removes component core; judged as it was")


def test_a_component_that_is_narrowed_is_judged_as_it_was_and_as_it_is(tmp_path: Path, github: FakeGithub) -> None:
    narrow = CORE.replace('"shop/**"', '"shop/**", "!shop/cart.py"')
    ran = opened(tmp_path, github, config(CORE + "min-diff = 95"), config(narrow + "min-diff = 95")).run_pull_request()
    assert ran.exit_code == 1, ran.log
    assert ran.check("min-diff", "core")["status"] == "fail"
    assert ran.check("min-diff", "core (as changed)")["status"] == "n/a"
    assert says(ran, "his change takes 1 file out of component core; judged as it was")


def test_files_that_are_moved_out_of_a_component_stay_in_it(tmp_path: Path, github: FakeGithub) -> None:
    moved = {"shop/cart.py": None, "store/__init__.py": "", "store/cart.py": MORE["shop/cart.py"]}
    tests = {"tests/test_cart.py": TESTS.replace("shop", "store")}
    workflow = Workflow(tmp_path, github, FILES | {"pyproject.toml": config(CORE + "min-diff = 95")})
    own = config().replace('["shop"]', '["shop", "store"]')
    workflow.open_pull_request({"pyproject.toml": own, **moved, **tests})
    ran = workflow.run_pull_request()
    assert (ran.exit_code, ran.check("min-diff", "core")["status"]) == (1, "fail"), ran.log


def test_a_move_beside_the_same_globs_is_no_change_of_the_gate(tmp_path: Path, github: FakeGithub) -> None:
    text = config(CORE.replace("shop/**", "shop/s*") + "min-total = 0")
    workflow = Workflow(tmp_path, github, FILES | {"pyproject.toml": text, "shop/shelf.py": "x = 1\n"})
    workflow.open_pull_request({"shop/stock.py": None, "shop/depot.py": FILES["shop/stock.py"]})
    ran = workflow.run_pull_request()
    assert (ran.exit_code, rows(ran)) == (0, []), ran.log


def test_a_component_that_goes_with_its_files_is_not_judged(tmp_path: Path, github: FakeGithub) -> None:
    stock = CORE.replace("shop/**", "shop/stock.py") + "min-total = 10"
    workflow = Workflow(tmp_path, github, FILES | {"pyproject.toml": config(stock)})
    workflow.open_pull_request({"pyproject.toml": config(), "shop/stock.py": None})
    ran = workflow.run_pull_request()
    assert (ran.exit_code, ran.result["checks"]) == (0, []), ran.log
    assert rows(ran) == [("component", "core", "there", None, False)]
    assert not github.comments


# --- the target ------------------------------------------------------------------------------------------------------

TODAY = date.today()  # noqa: DTZ011  # the day of the run
RAMP = f"[tool.covgate.target]\ntotal = 90\nby = {TODAY - timedelta(days=1)}\nramp = true\n"
TARGETS = {
    "put-off": RAMP.replace(str(TODAY - timedelta(days=1)), str(TODAY + timedelta(days=900))),
    "lowered": RAMP.replace("90", "10"),
    "without-its-ramp": RAMP.replace("true", "false"),
    "removed": "",
}


@pytest.mark.parametrize("own", TARGETS.values(), ids=TARGETS)
def test_a_target_that_is_made_easier_judges_as_it_was(tmp_path: Path, github: FakeGithub, own: str) -> None:
    ran = opened(tmp_path, github, config(RAMP), config(own)).run_pull_request()
    assert (ran.exit_code, ran.check("min-total")["target"]) == (1, "90"), ran.log
    assert says(ran, "; the old one judges, too")


# --- where the file lies ---------------------------------------------------------------------------------------------


def test_in_a_monorepo_a_nearer_table_does_not_hide_the_one_above(tmp_path: Path, github: FakeGithub) -> None:
    files = {f"backend/{name}": text for name, text in FILES.items()}
    workflow = Workflow(tmp_path, github, files | {"pyproject.toml": "[tool.covgate]\nmin-diff = 95\n"})
    changed = {f"backend/{name}": text for name, text in MORE.items()}
    workflow.open_pull_request({"backend/pyproject.toml": config("min-diff = 0"), **changed})
    ran = workflow.run_pull_request(working_directory="backend", report_dir="../.covgate")
    assert (ran.exit_code, ran.check("min-diff")["target"]) == (1, "95"), ran.log


def test_a_base_whose_rules_cannot_be_read_is_named(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(tmp_path, github, "[tool.covgate]\nmin-diff = = 3\n", config("min-diff = 95")).run_pull_request()
    assert (ran.exit_code, ran.check("min-diff")["target"]) == (1, "95"), ran.log
    row = ran.result["gate_changes"]["rows"][0]
    assert (row["kind"], "is not valid TOML" in row["name"]) == ("unknown", True)


def test_on_a_laptop_the_guard_judges_where_it_is_given(tmp_path: Path) -> None:
    shop = make_checkout(tmp_path / "shop", FILES | {"pyproject.toml": config("min-diff = 95")})
    shop.git("checkout", "-qb", "topic")
    shop.write({"pyproject.toml": config("min-diff = 0"), **MORE}).commit()
    pytest_here = [sys.executable, "-m", "pytest", "-q"]
    codes = [shop.covgate(*args, command=pytest_here).code for args in ((), ("--guard=strict",), ("--guard=warn",))]
    assert codes == [0, 1, 0]
