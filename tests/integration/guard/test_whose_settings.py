"""Whose settings count: a pull request sets neither programs nor publishing nor places in its own file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.history.test_history_workflow import FILES, MORE, MORE_TESTED
from tests.support.github.server import FakeGithub
from tests.support.workflow import Ran, Workflow

COVERAGE = FILES["pyproject.toml"]


def config(*lines: str) -> str:
    return "\n".join([COVERAGE, "[tool.covgate]", *lines, ""])


def first_comment(github: FakeGithub) -> str:
    return next(iter(github.comments.values())).body


def opened(folder: Path, github: FakeGithub, base: str, own: str, files: dict[str, str] | None = None) -> Workflow:
    """A pull request that changes pyproject.toml from `base` to `own`, and the code as `files`."""
    folder.mkdir(exist_ok=True)
    workflow = Workflow(folder, github, FILES | {"pyproject.toml": base})
    workflow.open_pull_request({"pyproject.toml": own, **(MORE if files is None else files)})
    return workflow


# What the change writes into its own file, and what must be so all the same.
OWN: dict[str, tuple[str, Callable[[Ran, FakeGithub], bool]]] = {
    "comment": ('comment = "never"', lambda _, github: len(github.comments) == 1),
    "publish": ('publish = "required"', lambda ran, _: ran.exit_code == 1),
    "name": (
        'name = "other"',
        lambda _, github: "other" not in first_comment(github).splitlines()[-1],
    ),
    "python": ('python = "./evil"', lambda ran, _: "evil" not in ran.log.replace("pyproject.toml", "")),
    "coverage-data": ('coverage-data = "forged.lcov"', lambda ran, _: ran.result["suite"] is not None),
    "report-dir": ('report-dir = "elsewhere"', lambda ran, _: ran.outputs["result-path"] == ".covgate/result.json"),
    "history-dir": ('history-dir = "forged"', lambda ran, _: any("git/" in path for _, path in ran.requests)),
    "history-branch": ('history-branch = "mine"', lambda ran, _: not any("mine" in path for _, path in ran.requests)),
    "record": ("record = true", lambda _, github: github.git_data.resolve("covgate-data") is None),
}


@pytest.mark.parametrize(("line", "holds"), OWN.values(), ids=OWN)
def test_what_the_changes_own_file_says_has_no_effect_and_the_run_says_so(
    tmp_path: Path, github: FakeGithub, line: str, holds: Callable[[Ran, FakeGithub], bool]
) -> None:
    workflow = opened(tmp_path, github, config("min-diff = 80"), config("min-diff = 80", line))
    ran = workflow.run_pull_request()
    assert ran.exit_code == 1, ran.log
    assert holds(ran, github), ran.log
    name = line.partition(" ")[0]
    (said,) = [text for text in ran.log.splitlines() if "Not used of this change's own settings" in text]
    assert said.endswith(f": {name} (pyproject.toml, line 7)")


def test_the_base_commits_file_counts_for_it_also_when_the_change_takes_the_table_away(
    tmp_path: Path, github: FakeGithub
) -> None:
    workflow = opened(tmp_path, github, config('report-dir = ".covgate/deep"', 'name = "shop"'), COVERAGE, MORE_TESTED)
    ran = workflow.run_pull_request(comment="always")
    assert ran.exit_code == 0, ran.log
    assert ran.outputs["result-path"] == ".covgate/deep/result.json"
    assert '{"name":"shop"' in first_comment(github)
    assert "report-dir (the default), name (the default)" in ran.log


def test_what_the_workflow_sets_counts(tmp_path: Path, github: FakeGithub) -> None:
    workflow = opened(tmp_path, github, config('name = "base"'), config('name = "own"'))
    ran = workflow.run_pull_request(name="given")
    assert "Not used" not in ran.log
    assert '{"name":"given"' in first_comment(github)


def test_a_link_in_the_base_commit_is_followed_within_it(tmp_path: Path, github: FakeGithub) -> None:
    workflow = Workflow(tmp_path, github, FILES | {"settings/shop.toml": config('report-dir = ".covgate/deep"')})
    (workflow.clone / "pyproject.toml").unlink()
    (workflow.clone / "pyproject.toml").symlink_to("settings/shop.toml")
    workflow.push({}, "Share the settings")
    workflow.open_pull_request({"settings/shop.toml": COVERAGE, **MORE_TESTED})
    ran = workflow.run_pull_request()
    assert ran.outputs["result-path"] == ".covgate/deep/result.json", ran.log


def test_the_settings_of_a_folder_above_are_the_base_commits_too(tmp_path: Path, github: FakeGithub) -> None:
    files = {f"backend/{name}": text for name, text in FILES.items()}
    workflow = Workflow(tmp_path, github, files | {"pyproject.toml": config('report-dir = "deep"')})
    # A nearer table, which the base does not have.
    workflow.open_pull_request({"backend/pyproject.toml": config('report-dir = "mine"')})
    ran = workflow.run_pull_request(working_directory="backend")
    assert ran.exit_code == 0, ran.log
    assert ran.outputs["result-path"] == "backend/deep/result.json"
    assert "report-dir (backend/pyproject.toml, line 6)" in ran.log


BROKEN = '[tool.covgate]\nreport-dir = "mine"\nmin-dif = 80\n'


def test_a_base_whose_settings_are_broken_does_not_keep_the_change_that_mends_them_out(
    tmp_path: Path, github: FakeGithub
) -> None:
    workflow = opened(tmp_path, github, BROKEN, config("min-diff = 80"), MORE_TESTED)
    ran = workflow.run_pull_request()
    assert ran.exit_code == 0, ran.log
    assert "cannot be used: unknown option 'min-dif' in pyproject.toml of the base" in ran.log
    assert ran.outputs["result-path"] == ".covgate/result.json"


def test_a_change_that_breaks_its_settings_leaves_its_failure_where_the_base_says(
    tmp_path: Path, github: FakeGithub
) -> None:
    ran = opened(tmp_path, github, config("min-diff = 80"), BROKEN).run_pull_request()
    assert ran.exit_code == 2, ran.log
    assert ran.outputs["result-path"] == ".covgate/result.json"
    assert ran.result["error"]["slug"] == "unknown-option"


def test_a_value_that_is_not_used_is_checked_all_the_same(tmp_path: Path, github: FakeGithub) -> None:
    ran = opened(tmp_path, github, config(), config('comment = "nevre"')).run_pull_request()
    assert ran.exit_code == 2, ran.log
    assert "comment = nevre (from pyproject.toml, line 6)" in ran.log


def test_a_merge_queue_is_judged_with_the_base_commits_settings(tmp_path: Path, github: FakeGithub) -> None:
    workflow = opened(tmp_path, github, config(), config('report-dir = "mine"'), MORE_TESTED)
    head, base = workflow.sha("HEAD"), workflow.sha("main")
    workflow.git("push", "-qf", "origin", "HEAD:refs/heads/queue")
    ran = workflow.run_merge_group(head, base)
    assert ran.outputs["result-path"] == ".covgate/result.json", ran.log


def test_on_a_push_the_working_trees_file_counts(tmp_path: Path, github: FakeGithub) -> None:
    workflow = Workflow(tmp_path, github, FILES)
    workflow.push({"pyproject.toml": config('report-dir = "mine"')}, "Move the report")
    ran = workflow.run_push()
    assert ran.outputs["result-path"] == "mine/result.json", ran.log
