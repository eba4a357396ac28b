"""The whole of it in a workflow: the default branch is recorded, pull requests are compared with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.github.answers import error
from tests.support.github.pulls import FakePulls
from tests.support.github.server import FakeGithub, Fault
from tests.support.workflow import Ran, Workflow

CART = "def total(prices):\n    return sum(prices)\n\n\ndef count(prices):\n    return len(prices)\n"
STOCK = "def left(n):\n    return n - 1\n\n\ndef sold(n):\n    return n + 1\n\n\ndef gone():\n    return 0\n"
TESTS = "from shop.cart import count, total\n\n\ndef test_cart():\n    assert (total([1, 2]), count([1])) == (3, 1)\n"
FILES = {
    "pyproject.toml": '[tool.coverage.run]\nbranch = true\nsource = ["shop"]\n',
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "shop/stock.py": STOCK,
    "tests/test_cart.py": TESTS,
}
"""Two modules: all of one is covered, and nothing of the other."""

MORE = {"shop/cart.py": CART + "\n\ndef mean(prices):\n    return total(prices) / count(prices)\n"}
MORE_TESTED = MORE | {
    "tests/test_cart.py": TESTS
    + "\n\ndef test_mean():\n    from shop.cart import mean\n\n    assert mean([1, 3]) == 2\n"
}


@pytest.fixture
def workflow(tmp_path: Path, github: FakeGithub) -> Workflow:
    return Workflow(tmp_path, github, FILES)


def history_lines(github: FakeGithub) -> list[dict[str, object]]:
    text = github.git_data.files("covgate-data")["history.jsonl"].decode()
    return [json.loads(line) for line in text.splitlines()]


def asked(ran: Ran) -> list[str]:
    """What a run asked for beside the comments, as `GET git/trees`."""
    paths = [(method, path.partition("/octo/project/")[2]) for method, path in ran.requests]
    return [f"{method} {path.split('?')[0]}" for method, path in paths if path.startswith(("git/", "compare/"))]


def test_the_default_branch_is_recorded_and_a_pull_request_is_compared_with_it(
    workflow: Workflow, github: FakeGithub
) -> None:
    pushed = workflow.run_push()
    assert pushed.exit_code == 0, pushed.log
    assert "Recorded in the branch covgate-data" in pushed.log
    main = workflow.sha("main")
    files = github.git_data.files("covgate-data")
    assert {
        "history.jsonl",
        f"lines/{main}",
        "trending.json",
        "badge.json",
        "badge.svg",
        "trend.svg",
        "index.html",
    } <= {*files}
    assert [line["sha"] for line in history_lines(github)] == [main]

    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(max_drop="0", min_diff="80")
    assert ran.exit_code == 0, ran.log
    assert (ran.result["baseline"]["sha"], ran.result["baseline"]["how"]) == (main, "exact")
    assert float(ran.result["delta"]) > 0
    assert ran.outputs["delta"] == ran.result["delta"]
    assert ran.check("max-drop")["status"] == "pass"
    assert f"compared with main at {main[:7]}" in ran.footer
    assert len(asked(ran)) <= 3, asked(ran)


def test_a_pull_request_that_loses_coverage_is_red_and_says_how_much(workflow: Workflow) -> None:
    workflow.run_push()
    workflow.open_pull_request({"tests/test_cart.py": TESTS.replace(", count([1])", "").replace("(3, 1)", "3")})
    ran = workflow.run_pull_request(max_drop="0.5")
    assert ran.exit_code == 1, ran.log
    check = ran.check("max-drop")
    assert check["status"] == "fail"
    assert check["drop"]["raw"] == check["actual"] == check["drop"]["adjusted"]
    assert "Total coverage fell by" in ran.comment.splitlines()[0]
    assert "cover 1 more line" in ran.comment.splitlines()[0]
    assert [file["path"] for file in ran.result["indirect"]] == ["shop/cart.py"]
    assert "1 line outside this change lost its coverage, in 1 file" in ran.comment


def test_a_near_baseline_costs_one_more_request_and_is_shown_as_near(workflow: Workflow) -> None:
    workflow.run_push()
    recorded = workflow.sha("main")
    workflow.push({"README.md": "A shop."}, "Say what it is")
    workflow.push({"README.md": "A shop in the web."}, "Say more")
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(max_drop="0")
    assert ran.exit_code == 0, ran.log
    baseline = ran.result["baseline"]
    assert (baseline["sha"], baseline["how"], baseline["behind"]) == (recorded, "near", 2)
    assert "2 commits older" in ran.footer
    assert len(asked(ran)) == 4, asked(ran)
    # The diff from the baseline's commit needs that commit, and the checkout has two.
    assert ran.check("max-drop")["drop"]["adjusted"] is not None


def test_nothing_but_the_merge_commit_is_needed(workflow: Workflow) -> None:
    workflow.run_push()
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(depth=1, max_drop="0", min_diff="80")
    assert ran.exit_code == 0, ran.log
    assert ran.result["base"] == {"sha": workflow.sha("main"), "how": "first-parent", "ref": "main"}
    assert ran.result["baseline"]["how"] == "exact"


def test_a_complete_clone_asks_for_no_comparison(workflow: Workflow) -> None:
    workflow.run_push()
    workflow.push({"README.md": "A shop."}, "Say what it is")
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(depth=0, max_drop="0")
    assert ran.result["baseline"]["behind"] == 1
    assert not [call for call in asked(ran) if "compare" in call]


def test_deleting_a_covered_module_is_no_drop(workflow: Workflow) -> None:
    """The project is at about a half; what goes is covered wholly."""
    workflow.run_push()
    kept = {"tests/test_cart.py": "def test_stock():\n    import shop.stock\n\n    assert shop.stock.gone\n"}
    workflow.push(kept | {"shop/cart.py": None, "shop/extra.py": CART}, "Move", branch="main")
    workflow.push({"tests/test_extra.py": TESTS.replace("shop.cart", "shop.extra")}, "Test it again", branch="main")
    workflow.run_push()
    workflow.open_pull_request({"shop/extra.py": None, "tests/test_extra.py": None})
    ran = workflow.run_pull_request(max_drop="0")
    drop = ran.check("max-drop")["drop"]
    assert ran.exit_code == 0, ran.log
    assert float(drop["raw"]) > 5
    assert drop["adjusted"] == "0.00"
    assert "Code that this change deletes is left out of the drop" in ran.comment


def test_the_first_run_of_all_has_nothing_to_compare_with(workflow: Workflow, github: FakeGithub) -> None:
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(max_drop="0")
    assert ran.exit_code == 0, ran.log
    assert ran.result["baseline"] == {"unavailable": "nothing has been recorded yet"}
    assert ran.check("max-drop")["status"] == "n/a"
    assert asked(ran) == ["GET git/trees/covgate-data", "GET git/matching-refs/heads"]
    assert github.git_data.resolve("covgate-data") is None


def test_a_repository_that_github_hides_is_no_beginning(workflow: Workflow, github: FakeGithub) -> None:
    """A token of another repository: each request is a 404, as for a branch that does not exist."""
    workflow.open_pull_request(MORE_TESTED)
    github.faults.append(Fault(method="GET", path="/git/", answer=error(404, "Not Found"), times=99))
    ran = workflow.run_pull_request(max_drop="0")
    assert ran.exit_code == 4, ran.log
    assert ran.check("max-drop")["status"] == "unavailable"
    assert "the branch covgate-data cannot be read" in ran.result["baseline"]["unavailable"]
    assert "the branch covgate-data cannot be read" in ran.comment.splitlines()[0]


LESS = {"tests/test_cart.py": TESTS.replace(", count([1])", "").replace("(3, 1)", "3")}


def test_a_run_of_a_branch_without_a_change_is_judged_against_the_newest_record(workflow: Workflow) -> None:
    """As workflow_dispatch starts it: the row of the drop says what its rule says."""
    workflow.run_push()
    workflow.git("checkout", "-q", "-b", "topic")
    workflow.push(LESS, "Test less", branch="topic")
    ran = workflow.run_push(branch="topic", max_drop="0", min_diff="80")
    assert ran.exit_code == 1, ran.log
    assert ran.check("max-drop")["status"] == "fail"
    assert ran.check("min-diff")["status"] == "n/a"
    assert "Total coverage fell by" in ran.comment.splitlines()[0]


def test_a_branch_without_a_record_before_it_has_no_drop(workflow: Workflow) -> None:
    workflow.run_push()
    workflow.git("checkout", "-q", "--orphan", "topic")
    workflow.commit(LESS, "Begin anew")
    workflow.git("push", "-q", "origin", "topic")
    ran = workflow.run_push(branch="topic", max_drop="0")
    assert ran.exit_code == 0, ran.log
    assert ran.check("max-drop")["status"] == "n/a"
    assert "is no ancestor" in ran.check("max-drop")["why"]
    assert ran.comment.count("is no ancestor") == 1
    assert ran.result["delta"] is None


def test_the_default_branch_is_judged_against_its_record_before_and_recorded_all_the_same(
    workflow: Workflow, github: FakeGithub
) -> None:
    workflow.run_push(max_drop="0")
    workflow.push(LESS, "Test less")
    ran = workflow.run_push(depth=2, max_drop="0")
    assert (ran.exit_code, ran.check("max-drop")["status"]) == (1, "fail"), ran.log
    assert len(history_lines(github)) == 2
    # Measured again, and from then on, it is what it is.
    assert workflow.run_push(depth=2, max_drop="0").exit_code == 0


# --- what is never recorded ----------------------------------------------------------------------------------------


def test_a_run_that_failed_is_not_recorded(workflow: Workflow, github: FakeGithub) -> None:
    workflow.push({"tests/test_cart.py": TESTS + "\n\ndef test_wrong():\n    assert False\n"}, "Break it")
    ran = workflow.run_push()
    assert ran.exit_code == 3
    assert "Not recorded: the tests did not pass." in ran.summary
    assert github.git_data.resolve("covgate-data") is None


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"test-command": "python -m pytest -q --lf"}, "--lf runs a part of the tests only"),
        ({"record": "false"}, ""),
    ],
    ids=["partial", "switched-off"],
)
def test_a_run_that_is_partial_or_not_wanted_is_not_recorded(
    workflow: Workflow, github: FakeGithub, inputs: dict[str, Any], why: str
) -> None:
    ran = workflow.run_push(**inputs)
    assert ran.exit_code == 0, ran.log
    assert why in ran.summary
    assert github.git_data.resolve("covgate-data") is None


KILLED = """

def test_a_process_that_is_killed():
    import subprocess, sys

    code = "open(os.environ['COVERAGE_FILE'] + '.unfinished', 'w').close(); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", "import os;" + code]).returncode == -9
"""


def test_a_run_that_lost_the_data_of_a_process_is_not_recorded(workflow: Workflow, github: FakeGithub) -> None:
    workflow.push({"tests/test_cart.py": TESTS + KILLED}, "Kill")
    ran = workflow.run_push()
    assert ran.exit_code == 0, ran.log
    assert "Not recorded: a process of the run ended before writing coverage data." in ran.summary
    assert github.git_data.resolve("covgate-data") is None


def test_a_pull_request_whose_tests_were_only_collected_cannot_be_judged(workflow: Workflow) -> None:
    workflow.run_push()
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(test_command="python -m pytest -q --co", max_drop="0")
    assert (ran.exit_code, ran.outputs["verdict"]) == (4, "cannot-judge"), ran.log
    assert "--co makes pytest list the tests" in ran.comment.splitlines()[0]


def test_a_broken_floor_is_recorded_all_the_same(workflow: Workflow, github: FakeGithub) -> None:
    ran = workflow.run_push(min_total="99")
    assert ran.exit_code == 1
    assert len(history_lines(github)) == 1


def test_only_the_default_branch_is_recorded_and_a_renamed_one_is_told(workflow: Workflow, github: FakeGithub) -> None:
    ran = workflow.run_push(default="trunk")
    assert ran.exit_code == 0, ran.log
    assert "Not recorded: main is not the default branch (trunk)." in ran.summary
    assert github.git_data.resolve("covgate-data") is None


def test_a_pull_request_is_never_recorded(workflow: Workflow, github: FakeGithub) -> None:
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(record="true")
    assert "Not recorded: only a branch's own runs are recorded" in ran.summary
    assert github.git_data.resolve("covgate-data") is None


# --- history that is not as it should be ---------------------------------------------------------------------------


def broken(github: FakeGithub, **files: str) -> str:
    """Put the history of one commit aside and other files in its place; return the branch's tip."""
    there = github.git_data.files("covgate-data") if github.git_data.resolve("covgate-data") else {}
    return github.git_data.seed(
        {**there, **{name.replace("__", "."): text for name, text in files.items()}}, "covgate-data"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": 1,\n', "line 2"),
        ('{"schema": 2, "sha": "' + "a" * 40 + '"}\n', "newer covgate"),
    ],
    ids=["broken-json", "newer-schema"],
)
def test_history_that_cannot_be_read_is_told_and_left_as_it_is(
    workflow: Workflow, github: FakeGithub, text: str, words: str
) -> None:
    workflow.run_push()
    good = github.git_data.files("covgate-data")["history.jsonl"].decode()
    tip = broken(github, history__jsonl=good + text)
    workflow.open_pull_request(MORE_TESTED)
    green = workflow.run_pull_request(min_diff="80")
    assert green.exit_code == 0, green.log
    assert words in green.log
    assert words in green.result["baseline"]["unavailable"]
    # What limits a drop can not be judged, and that is not green.
    limited = workflow.run_pull_request(min_diff="80", max_drop="1")
    assert limited.exit_code == 4
    assert limited.check("max-drop")["status"] == "unavailable"
    assert limited.check("min-diff")["status"] == "pass"
    pushed = workflow.run_push()
    assert pushed.exit_code == 0, pushed.log
    assert "Not recorded" in pushed.summary
    assert github.git_data.resolve("covgate-data") == tip


def test_a_branch_of_someone_elses_is_not_written_to(workflow: Workflow, github: FakeGithub) -> None:
    tip = github.git_data.seed({"index.html": "<h1>My pages</h1>", "src/app.py": ""}, "covgate-data")
    pushed = workflow.run_push()
    assert pushed.exit_code == 0, pushed.log
    assert "history-branch" in pushed.log
    assert github.git_data.resolve("covgate-data") == tip
    workflow.open_pull_request(MORE_TESTED)
    assert workflow.run_pull_request(min_diff="80").exit_code == 0


def test_a_default_branch_that_was_force_pushed_has_no_baseline(workflow: Workflow) -> None:
    workflow.run_push()
    workflow.git("checkout", "-q", "--orphan", "rewritten")
    workflow.commit({}, "Begin again")
    workflow.git("branch", "-f", "main", "rewritten")
    workflow.git("push", "-qf", "origin", "main")
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(min_diff="80", max_drop="0")
    assert ran.exit_code == 4
    assert "force-pushed" in ran.result["baseline"]["unavailable"]
    assert ran.check("min-diff")["status"] == "pass"


def test_a_token_that_may_not_write_contents_is_told_what_it_lacks(workflow: Workflow, github: FakeGithub) -> None:
    ran = workflow.run_push(github_token="ghs_fork")  # noqa: S106  # no one's password
    assert ran.exit_code == 0, ran.log
    assert "contents: write" in ran.log
    assert "Not recorded" in ran.summary
    assert github.git_data.resolve("covgate-data") is None
    # Nobody asked for a history yet: no annotation on every run. Once there is one, or on demand, there is.
    assert "::warning" not in ran.log
    asked_for = workflow.run_push(github_token="ghs_fork", record="true")  # noqa: S106  # no one's password
    assert "::warning title=covgate::Not recorded" in asked_for.log


def test_without_a_token_a_run_is_recorded_in_a_folder_and_no_baseline_is_made_up(workflow: Workflow) -> None:
    pushed = workflow.run_push(github_token="")
    assert pushed.exit_code == 0, pushed.log
    assert "Recorded in the folder .covgate/history" in pushed.summary
    assert pushed.requests == ()
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(min_diff="80", max_drop="0", github_token="")
    assert ran.exit_code == 4, ran.log
    assert ran.result["baseline"] == {"unavailable": "there is no github-token to read the history with"}


def test_without_a_token_what_a_ramp_requires_is_unknown(workflow: Workflow) -> None:
    ramp = "[tool.covgate.target]\ntotal = 90\nby = 2999-01-01\nramp = true\n"
    workflow.open_pull_request({**MORE_TESTED, "pyproject.toml": FILES["pyproject.toml"] + ramp})
    ran = workflow.run_pull_request(github_token="")
    assert ran.exit_code == 4, ran.log
    assert ran.check("min-total")["status"] == "unavailable"
    assert "there is no github-token to read the history with" in ran.check("min-total")["why"]


def test_a_github_that_does_not_answer_costs_the_baseline_only(workflow: Workflow, github: FakeGithub) -> None:
    workflow.run_push()
    workflow.open_pull_request(MORE_TESTED)
    ran = workflow.run_pull_request(min_diff="80", github_token="ghs_unknown")  # noqa: S106  # no one's password
    assert ran.exit_code == 0, ran.log
    assert "does not accept the token" in ran.result["baseline"]["unavailable"]
    assert github.git_data.resolve("covgate-data")


# --- what a team wants ---------------------------------------------------------------------------------------------

GOALS = """
[tool.covgate]
min-total = 10

[tool.covgate.components.cart]
paths = ["shop/cart.py"]
min-total = 90
max-drop = 0
target = 100

[tool.covgate.components.all]
paths = ["shop/**"]

[tool.covgate.target]
total = 100
by = 2126-01-01
ramp = true
"""


def test_components_target_and_ramp_are_recorded_judged_and_shown(workflow: Workflow, github: FakeGithub) -> None:
    workflow.push({"pyproject.toml": FILES["pyproject.toml"] + GOALS}, "Want more")
    pushed = workflow.run_push()
    assert pushed.exit_code == 0, pushed.log
    (line,) = history_lines(github)
    assert set(line["components"]) == {"cart", "all"}  # type: ignore[call-overload]
    assert line["target"] == {"total": "100", "by": "2126-01-01"}
    trending = json.loads(github.git_data.files("covgate-data")["trending.json"])
    assert trending["history"][0]["cart_coverage"] == 100
    workflow.open_pull_request(MORE)
    ran = workflow.run_pull_request()
    assert ran.exit_code == 1, ran.log
    assert ran.check("min-total", "cart")["status"] == "fail"
    assert ran.check("max-drop", "cart")["status"] == "fail"
    assert "| Component | Diff | Total | Change |" in ran.comment
    assert "the ramp to 100 % by 2126-01-01" in ran.comment
    assert [part["name"] for part in ran.result["components"]] == ["cart", "all"]


def test_a_component_that_matches_nothing_stops_before_the_tests(workflow: Workflow) -> None:
    text = FILES["pyproject.toml"] + GOALS.replace("shop/cart.py", "shop/crat.py")
    workflow.push({"pyproject.toml": text}, "Misspell it")
    ran = workflow.run_push()
    assert ran.exit_code == 2
    assert "did you mean 'shop/cart.py'?" in ran.log
    assert "pytest" not in ran.log.replace("pyproject", "")


def test_a_floor_far_below_is_told_on_the_default_branch(workflow: Workflow) -> None:
    ran = workflow.run_push(min_total="10")
    assert "min-total = 10 is" in ran.summary


# --- the ratchet ---------------------------------------------------------------------------------------------------


def test_the_ratchet_opens_one_pull_request_and_keeps_it_up_to_date(workflow: Workflow, github: FakeGithub) -> None:
    pulls = FakePulls(github)
    gate = "\n[tool.covgate]\n# Never below this.\nmin-total = 30  # for now\nratchet = true\n"
    config = FILES["pyproject.toml"] + gate
    workflow.push({"pyproject.toml": config}, "Have a floor")
    for number in range(5):
        assert not pulls.pulls
        workflow.push({"README.md": f"{number}"}, f"Commit {number}")
        ran = workflow.run_push()
        assert ran.exit_code == 0, ran.log
    (pull,) = pulls.open
    assert pull.base == "main"
    assert "min-total" in pull.title
    proposed = github.git_data.files(pull.head)["pyproject.toml"].decode()
    assert proposed == config.replace("min-total = 30 ", "min-total = 40 ")
    assert f"#{pull.number}" in ran.summary or "min-total" in ran.summary
    again = workflow.run_push()
    assert again.exit_code == 0, again.log
    assert len(pulls.pulls) == 1
    # A job of another name, of which one record is known, holds it back.
    other = workflow.run_push(name="py310")
    assert "is closed: there is nothing left to raise" in other.summary
    assert not pulls.open
    assert "py310 cannot take more" in workflow.run_push().summary
