"""The whole program on a pull request, as the action runs it: inputs and event in, comment, summary and outputs out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from covgate.config.outputs import OUTPUT_NAMES
from covgate.publish.marker import parse_marker
from tests.support.github.answers import Answer, error
from tests.support.github.server import FakeGithub, Fault
from tests.support.pull_request import BASE, COVERED, PullRequest, Ran, only_comment
from tests.support.workflow import PYTEST, ROOT


@pytest.fixture
def pull_request(tmp_path: Path, github: FakeGithub) -> PullRequest:
    return PullRequest(tmp_path, github)


def test_a_red_gate_comments_and_the_next_push_turns_the_same_comment_green(
    pull_request: PullRequest, github: FakeGithub
) -> None:
    red = pull_request.run(min_total="10")
    assert red.exit_code == 1, red.log
    body = only_comment(github)
    assert "❌ **Diff coverage 16.7 % is below 80 %: cover 4 more of 6 changed lines and branches**" in body
    blob = f"https://github.example/{github.repository}/blob/{pull_request.head}/shop/cart.py"
    assert f"[`shop/cart.py:6-8`]({blob}#L6-L8) in `cheapest`: never called (3 lines, 2 branches)" in body
    assert pull_request.base[:7] in body
    assert red.outputs["verdict"] == "fail"
    assert red.outputs["passed"] == "false"
    assert red.outputs["diff-percent"] == "16.666666"
    assert red.outputs["comment-url"].endswith(f"#issuecomment-{min(github.comments)}")
    result = json.loads((pull_request.folder / red.outputs["result-path"]).read_text())
    assert result["base"] == {"sha": pull_request.base, "how": "first-parent", "ref": "main"}
    assert result["head"] == pull_request.head
    assert "Diff coverage 16.7 %" in red.summary
    assert len(github.requests) <= 5

    pull_request.push(COVERED, "Test the cheapest")
    green = pull_request.run(min_total="10")
    assert green.exit_code == 0, green.log
    assert "✅ **Coverage passes: all 6 changed lines and branches are covered, total 100 %**" in only_comment(github)
    assert green.outputs["passed"] == "true"
    assert green.outputs["comment-url"] == red.outputs["comment-url"]


def test_nothing_is_posted_when_all_is_well_and_nothing_was_posted_before(
    pull_request: PullRequest, github: FakeGithub
) -> None:
    pull_request.push(COVERED, "Test the cheapest")
    assert pull_request.run().exit_code == 0
    assert not github.comments


def test_a_hundred_comments_cost_no_more_than_seven_requests(pull_request: PullRequest, github: FakeGithub) -> None:
    for number in range(100):
        github.add_comment("someone", f"comment {number}")
    pull_request.run()
    assert len(github.requests) <= 7
    before = len(github.requests)
    pull_request.run(min_diff="90")
    assert len(github.requests) - before <= 7
    assert "below 90 %" in only_comment(github)


def test_a_fork_gets_its_verdict_and_its_summary_and_one_line_that_says_so(
    pull_request: PullRequest, github: FakeGithub
) -> None:
    ran = pull_request.run(token="ghs_fork", fork=True)  # noqa: S106  # no one's password
    assert ran.exit_code == 1
    assert not github.comments
    assert ran.log.count("The token can only read") == 1
    assert "::warning" not in ran.log
    assert "Diff coverage 16.7 %" in ran.summary


@pytest.mark.parametrize(("publish", "code"), [("best-effort", 0), ("required", 6)])
def test_a_comment_that_cannot_be_posted_is_fatal_only_when_required(
    pull_request: PullRequest, github: FakeGithub, publish: str, code: int
) -> None:
    github.faults.append(Fault(method="GET", times=1000, answer=error(404, "Not Found")))
    ran = pull_request.run(min_diff="0", publish=publish, comment="always")
    assert ran.exit_code == code, ran.log
    assert f"::{'error' if code else 'warning'} title=covgate::" in ran.log
    assert "Coverage passes" in ran.summary


@pytest.mark.parametrize(
    ("publish", "token", "fault", "code"),
    [
        ("best-effort", "", None, 0),
        ("required", "", None, 6),
        ("required", "ghs_workflow", error(404, "Not Found"), 6),
        ("required", "ghs_workflow", error(401, "Bad credentials"), 6),
    ],
    ids=["best-effort", "no-token", "not-found", "bad-credentials"],
)
def test_a_report_that_had_to_be_posted_and_was_not_is_no_pass_anywhere(
    pull_request: PullRequest, github: FakeGithub, publish: str, token: str, fault: Answer | None, code: int
) -> None:
    if fault:
        github.faults.append(Fault(method="GET", times=1000, answer=fault))
    ran = pull_request.run(min_diff="0", publish=publish, token=token)
    result = json.loads((pull_request.folder / ran.outputs["result-path"]).read_text())
    assert (ran.exit_code, result["exit_code"]) == (code, code), ran.log
    assert ran.outputs["passed"] == ("false" if code else "true")
    assert (result["error"] is not None) is bool(code)
    assert ran.summary.startswith("⚠️ **The report could not be posted: " if code else "✅ **")
    if code:
        assert f"docs/troubleshooting.md#{result['error']['slug']}" in ran.log


def test_a_red_gate_stays_red_when_its_report_cannot_be_posted(pull_request: PullRequest) -> None:
    ran = pull_request.run(publish="required", token="")
    result = json.loads((pull_request.folder / ran.outputs["result-path"]).read_text())
    assert (ran.exit_code, result["exit_code"], result["error"]["slug"]) == (1, 1, "no-github-token")


FAILURES = {
    "bad-setting": (2, {"min_diff": "most"}, "bad-option-value"),
    "unknown-input": (2, {"min_dif": "80"}, "unknown-option"),
    "no-such-folder": (2, {"working_directory": "nowhere"}, "bad-option-value"),
    "no-such-base": (2, {"base": "mian"}, "base-not-found"),
    "no-such-command": (2, {"test_command": "no-such-command"}, "test-command-not-found"),
    "install-command-fails": (2, {"install_command": "exit 3"}, "install-failed"),
}


@pytest.mark.parametrize(("code", "inputs", "slug"), FAILURES.values(), ids=FAILURES)
def test_a_run_without_a_verdict_replaces_the_report_and_sets_every_output(
    pull_request: PullRequest, code: int, inputs: dict[str, Any], slug: str
) -> None:
    pull_request.push(COVERED, "Test the cheapest")
    assert pull_request.run().outputs["passed"] == "true"
    ran = pull_request.run(**inputs)
    assert ran.exit_code == code, ran.log
    assert_failed(pull_request, ran, slug)


def test_a_failure_of_git_replaces_the_report_and_sets_every_output(pull_request: PullRequest) -> None:
    assert pull_request.run().exit_code == 1
    pull_request.git("branch", "other", pull_request.git("commit-tree", "-m", "an end of its own", "HEAD^{tree}"))
    ran = pull_request.run(base="other")
    assert ran.exit_code == 5, ran.log
    assert_failed(pull_request, ran, "no-merge-base")


@pytest.mark.parametrize(
    ("library", "path"),
    [("github", ".covgate/result.json"), ("jinja2", ".covgate/result.json"), ("pydantic", "")],
    ids=["while-posting", "while-rendering", "while-rendering-what-takes-its-place"],
)
def test_a_bug_replaces_the_report_and_sets_every_output(
    pull_request: PullRequest, tmp_path: Path, library: str, path: str
) -> None:
    assert pull_request.run().exit_code == 1
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / f"{library}.py").write_text("raise RuntimeError('broken')\n")
    ran = pull_request.run(extra={"PYTHONPATH": f"{broken}:{ROOT}"})
    assert ran.exit_code == 70, ran.log
    expected = {"verdict": "cannot-judge", "passed": "false", "result-path": path}
    assert ran.outputs == dict.fromkeys(OUTPUT_NAMES, "") | expected
    if path:
        result = json.loads((pull_request.folder / path).read_text())
        assert (result["exit_code"], result["error"]["slug"]) == (70, "bug")
    else:
        assert not (pull_request.folder / ".covgate/result.json").exists()


def test_a_report_folder_that_cannot_be_written_to_leaves_the_outputs(pull_request: PullRequest) -> None:
    ran = pull_request.run(report_dir="shop/cart.py")
    assert ran.exit_code == 2
    assert ran.outputs == dict.fromkeys(OUTPUT_NAMES, "") | {"verdict": "cannot-judge", "passed": "false"}


def assert_failed(pull_request: PullRequest, ran: Ran, slug: str) -> None:
    path = ".covgate/result.json"
    expected = {"verdict": "cannot-judge", "passed": "false", "result-path": path}
    assert ran.outputs == dict.fromkeys(OUTPUT_NAMES, "") | expected
    result = json.loads((pull_request.folder / path).read_text())
    assert (result["verdict"], result["exit_code"], result["error"]["slug"]) == ("cannot-judge", ran.exit_code, slug)
    assert result["headline"].startswith("Cannot judge: ")
    assert ran.summary.startswith("⚠️ **Cannot judge: ")
    for name in ("comment.md", "summary.md"):
        assert (pull_request.folder / ".covgate" / name).read_text().startswith("⚠️ **Cannot judge: ")


def test_a_bare_cov_at_the_end_of_addopts_measures_what_the_configuration_says(pull_request: PullRequest) -> None:
    """Not the module that has the name of the program."""
    options = '[tool.pytest.ini_options]\naddopts = "-q --cov"\n'
    pull_request.push({"pyproject.toml": BASE["pyproject.toml"] + options, "conftest.py": ""}, "Use pytest-cov")
    ran = pull_request.run(test_command="pytest", extra={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""})
    assert ran.exit_code == 1, ran.log
    assert ran.outputs["diff-percent"] == "16.666666"


def test_a_folder_of_a_monorepo_is_judged_by_the_settings_above_it(pull_request: PullRequest) -> None:
    command = f"PYTHONPATH=.. {sys.executable} -m pytest -q -p no:cacheprovider ../tests"
    ran = pull_request.run(working_directory="shop", test_command=command)
    assert ran.exit_code == 1, ran.log
    assert (ran.outputs["diff-percent"], ran.outputs["result-path"]) == ("16.666666", "shop/.covgate/result.json")
    assert "❌ **Diff coverage 16.7 % is below 80 %" in ran.summary


def test_an_older_run_leaves_a_newer_comment_alone(pull_request: PullRequest, github: FakeGithub) -> None:
    pull_request.run(run_id=900)
    newer = only_comment(github)
    ran = pull_request.run(run_id=800, min_diff="99")
    assert only_comment(github) == newer
    assert "newer run" in ran.log


def test_failing_tests_are_reported_on_the_pull_request(pull_request: PullRequest, github: FakeGithub) -> None:
    pull_request.push({"tests/test_broken.py": "def test_broken():\n    assert False\n"}, "Break")
    ran = pull_request.run(test_command=PYTEST)
    assert ran.exit_code == 3
    assert "1 of 2 tests failed: coverage is not judged" in only_comment(github)
    # Coverage of tests that failed is no news.
    assert "`shop/cart.py:6-8`" not in only_comment(github)


def test_tests_that_print_workflow_commands_are_not_obeyed(pull_request: PullRequest) -> None:
    pull_request.push(
        {"tests/test_loud.py": "def test_loud():\n    print('::error::gotcha')\n    assert False\n"}, "Shout"
    )
    lines = pull_request.run().log.splitlines()
    stop = next(n for n, line in enumerate(lines) if line.startswith("::stop-commands::"))
    token = lines[stop].removeprefix("::stop-commands::")
    end = lines.index(f"::{token}::")
    assert stop < next(n for n, line in enumerate(lines) if "gotcha" in line and n > stop) < end


def test_a_source_rewritten_before_the_tests_makes_the_diff_unavailable_not_green(pull_request: PullRequest) -> None:
    cart = pull_request.folder / "shop/cart.py"
    cart.write_text("# stamped\n" * 20 + cart.read_text())
    ran = pull_request.run()
    assert ran.exit_code == 4
    assert ran.outputs["verdict"] == "cannot-judge"
    assert ran.outputs["diff-percent"] == ""
    assert "shop/cart.py was measured in another state" in ran.summary


def test_a_changed_file_a_step_deleted_makes_the_diff_unavailable_not_green(pull_request: PullRequest) -> None:
    pull_request.push({**COVERED, "shop/extra.py": "x = 1\n"}, "More")
    (pull_request.folder / "shop/extra.py").unlink()
    ran = pull_request.run()
    assert ran.exit_code == 4
    assert "shop/extra.py" in ran.summary


def test_links_lead_to_the_measured_commit_where_the_base_changed_the_same_file(
    pull_request: PullRequest, github: FakeGithub
) -> None:
    pull_request.git("checkout", "-q", "main")
    pull_request.commit({"shop/cart.py": '"""Sums."""\n\n' + BASE["shop/cart.py"]}, "Say what it is")
    pull_request.merge()
    merge = pull_request.git("rev-parse", "HEAD")
    pull_request.run()
    assert f"/blob/{merge}/shop/cart.py#L8-L10" in only_comment(github)


def test_two_projects_of_one_repository_keep_a_comment_each(pull_request: PullRequest, github: FakeGithub) -> None:
    pull_request.run(name="backend")
    pull_request.run(name="frontend")
    pull_request.run(name="backend")
    names = sorted(m.name for c in github.comments.values() if (m := parse_marker(c.body)))
    assert names == ["backend", "frontend"]
