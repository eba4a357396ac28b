"""From what a run was asked for to what it is of, and whose settings it has."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from covgate.commands.start import RunRequest, open_publishing, open_run
from covgate.errors import InputError
from tests.support.git import ENVIRONMENT, make_repository


def merged(folder: Path, change: str, *, before: str = "", now: str = "") -> RunRequest:
    """A pull request whose base has its only project in the folder a; the action runs on it as in its image.

    `before` and `now` are the settings of the base and of the change, where there are any.
    """
    repository = make_repository(folder / "checkout")
    repository.write("a/setup.py", "# one\n")
    repository.write("pyproject.toml", before)
    repository.commit("base")
    repository.branch("topic")
    repository.git("mv", "a", "moved")
    repository.git("mv", "moved", change)
    repository.write("pyproject.toml", now)
    repository.commit("move", m="1\n")
    repository.checkout("main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    sides = {"head": {"sha": repository.sha("topic")}, "base": {"sha": repository.sha("main^"), "ref": "main"}}
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, **sides}}))
    environment = {
        **ENVIRONMENT,
        "COVGATE_TESTS_USER": "",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "org/app",
    }
    return RunRequest(environment=environment, directory=repository.path)


def test_a_pull_request_is_judged_by_the_project_that_its_base_has(tmp_path: Path) -> None:
    settings, _, base_side = open_run(merged(tmp_path, "a"))
    assert settings.working_directory == "a"
    assert base_side is not None


def test_a_pull_request_does_not_choose_another_project_to_be_judged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the project was in a at the base") as caught:
        open_run(merged(tmp_path, "b"))
    assert caught.value.slug == "several-projects"


def test_what_a_pull_request_sets_and_its_base_does_too_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, now = (f'[tool.covgate]\nname = "{name}"\n' for name in ("base", "own"))
    settings, _, base_side = open_run(merged(tmp_path, "a", before=before, now=now))
    assert settings.name == "base"
    assert base_side is not None
    said = f"own settings, as the base {base_side.base.sha[:7]} sets these: name (pyproject.toml, line 2)\n"
    assert said in "".join(capsys.readouterr())


@pytest.mark.parametrize("given", [{}, {"guard": "strict"}], ids=["without-a-guard", "with-one"])
def test_on_a_laptop_the_working_trees_settings_are_the_runs_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: dict[str, str]
) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("pyproject.toml", "[tool.covgate]\nmin-diff = 95\n")
    repository.commit("base")
    repository.branch("topic")
    repository.write("pyproject.toml", "[tool.covgate]\nmin-diff = 60\nname = 'api'\n")
    repository.commit("change")
    request = RunRequest(directory=repository.path, environment=ENVIRONMENT, command_line={"base": "main", **given})
    settings, _, base_side = open_run(request)
    assert (settings.min_diff, settings.name) == (Decimal(60), "api")
    assert (base_side is not None and base_side.settings.min_diff) == (Decimal(95) if given else False)
    assert "".join(capsys.readouterr()) == ""


def started(folder: Path, event: str, payload: object, **environment: str) -> RunRequest:
    """A run of a workflow, in a repository of one commit."""
    repository = make_repository(folder / "checkout")
    repository.commit("one")
    file = folder / "event.json"
    file.write_text(json.dumps(payload))
    given = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(file), **environment}
    return RunRequest(directory=repository.path, environment=ENVIRONMENT | given)


OWNED = {"repository": {"default_branch": "main"}}


@pytest.mark.parametrize(
    ("event", "ref", "said"),
    [
        ("push", "refs/heads/main", "Measuring the branch main, the default one (push)"),
        ("push", "refs/heads/topic", "Measuring the branch topic (push)"),
        ("push", "refs/tags/v1", "Measuring a commit that the event names no branch for (push)"),
    ],
)
def test_a_run_says_what_it_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], event: str, ref: str, said: str
) -> None:
    _, _, base_side = open_run(started(tmp_path, event, OWNED, GITHUB_REF=ref))
    assert base_side is None
    assert f"covgate: {said}\n" in "".join(capsys.readouterr())


def test_a_run_says_what_it_judges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = merged(tmp_path, "a")
    event = tmp_path / "event.json"
    pull = json.loads(event.read_text())["pull_request"]
    sides = {"head_sha": pull["head"]["sha"], "base_sha": pull["base"]["sha"], "base_ref": "refs/heads/main"}
    queued = f"refs/heads/gh-readonly-queue/main/pr-9-{pull['base']['sha']}"
    one, other = ({"repo": {"full_name": name}} for name in ("org/app", "stranger/app"))
    payloads: list[tuple[str, object, str]] = [
        (
            "pull_request",
            {"pull_request": {**pull, "head": {**pull["head"], **one}, "base": {**pull["base"], **one}}},
            "Judging pull request 7 into main",
        ),
        (
            "pull_request",
            {"pull_request": {**pull, "head": {**pull["head"], **other}, "base": {**pull["base"], **one}}},
            "Judging pull request 7 into main, which comes from a fork",
        ),
        (
            "merge_group",
            {"merge_group": {**sides, "head_ref": queued}},
            "Judging pull request 9 in the merge queue of main",
        ),
        (
            "merge_group",
            {"merge_group": {**sides, "head_ref": "refs/heads/x"}},
            "Judging what is queued in the merge queue of main",
        ),
    ]
    for name, payload, said in payloads:
        event.write_text(json.dumps(payload))
        open_run(replace(request, environment={**request.environment, "GITHUB_EVENT_NAME": name}))
        lines = "".join(capsys.readouterr()).splitlines()
        assert [line for line in lines if "Judging" in line] == [f"covgate: {said}"]
        assert (
            "covgate: Found one project in the checkout, in a: the run is of it, as with `working-directory`" in lines
        )


def test_paths_that_are_given_below_the_project_are_taken_from_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("pyproject.toml", "[tool.covgate]\nmin-diff = 95\nhistory-dir = 'kept'\n")
    repository.write("src[1]/x.py", "")
    here = repository.path / "src[1]"
    request = RunRequest(
        directory=here,
        environment=ENVIRONMENT,
        command_line={"report-dir": "out", "coverage-data": "*.xml\n/abs/*.xml"},
    )
    settings, edges, _ = open_run(request, judges=False)
    root = repository.path
    assert (settings.working_directory, edges.directory) == ("..", here)
    assert (settings.report_dir, settings.history_dir) == (f"{root}/src[1]/out", "kept")
    assert settings.coverage_data == (f"{root}/src[[]1]/*.xml", "/abs/*.xml")
    assert settings.min_diff == Decimal(95)
    assert "".join(capsys.readouterr()) == "covgate: The project is .., where pyproject.toml has [tool.covgate]\n"
    at_the_top = replace(request, directory=root, inputs={"INPUT_HISTORY-DIR": "records"}, command_line={})
    settings, _, _ = open_run(at_the_top, judges=False)
    assert (settings.working_directory, settings.report_dir, settings.history_dir) == (".", ".covgate", "records")


def test_a_run_that_posts_another_ones_report_reads_no_file_of_the_folder(tmp_path: Path) -> None:
    finished = {
        "repository": {"full_name": "org/app"},
        "id": 77,
        "run_attempt": 2,
        "name": "tests",
        "event": "pull_request",
        "conclusion": "failure",
        "head_sha": "a" * 40,
        "head_branch": "topic",
        "head_repository": {"full_name": "stranger/app"},
    }
    event = {"action": "completed", "workflow_run": finished}
    request = started(tmp_path, "workflow_run", event, GITHUB_REPOSITORY="org/app")
    (request.here / "pyproject.toml").write_text("[tool.covgate]\nname = 'of-a-stranger'\n= =")
    settings, edges, run = open_publishing(replace(request, inputs={"INPUT_ARTIFACT": "half"}))
    assert (settings.name, settings.artifact, settings.where("artifact")) == (None, "half", "the input artifact")
    assert (run.id, run.attempt, run.head_repository, run.head_branch) == (77, 2, "stranger/app", "topic")
    assert (edges.directory, edges.host.context.repository) == (request.here, "org/app")


def test_the_token_is_masked_before_anything_else_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = started(tmp_path, "push", OWNED, GITHUB_REF="refs/heads/main")
    open_run(replace(request, inputs={"INPUT_GITHUB-TOKEN": "ghs_own"}), judges=False)
    # What judges nothing does not say what it measures.
    assert "".join(capsys.readouterr()) == "::add-mask::ghs_own\n"


def test_a_project_is_looked_for_where_nobody_said_which(tmp_path: Path) -> None:
    request = merged(tmp_path, "a")
    cases: tuple[tuple[dict[str, str], str], ...] = (
        ({}, "a"),
        # The runner hands the default on.
        ({"INPUT_WORKING-DIRECTORY": "."}, "a"),
        ({"INPUT_COVERAGE-DATA": "*.xml"}, "."),
        ({"INPUT_INSTALL-COMMAND": "make"}, "."),
        ({"INPUT_WORKING-DIRECTORY": "moved"}, "moved"),
    )
    for inputs, folder in cases:
        settings, _, _ = open_run(replace(request, inputs=inputs))
        assert settings.working_directory == folder


def test_a_project_is_looked_for_in_the_image_only_and_by_what_judges(tmp_path: Path) -> None:
    request = merged(tmp_path, "a")
    outside = {name: text for name, text in request.environment.items() if name != "COVGATE_TESTS_USER"}
    settings, _, _ = open_run(replace(request, environment=outside))
    assert settings.working_directory == "."
    settings, _, _ = open_run(request, judges=False)
    assert settings.working_directory == "."


def test_a_guard_asks_for_the_base_where_there_is_one_and_something_is_judged(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.commit("only")
    repository.branch("topic")
    repository.commit("change")
    given = {"guard": "strict", "base": "main"}
    request = RunRequest(directory=repository.path, environment=ENVIRONMENT, command_line=given)
    assert open_run(request)[2] is not None
    assert open_run(request, judges=False)[2] is None
    pushed = started(tmp_path, "push", OWNED, GITHUB_REF="refs/heads/main")
    assert open_run(replace(pushed, command_line={"guard": "strict"}))[2] is None


def test_covgate_starts_where_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    assert RunRequest(environment={}).here == (tmp_path / "there").resolve()
    assert RunRequest(environment={}, directory=tmp_path / "link").here == (tmp_path / "there").resolve()


def test_settings_of_the_base_that_cannot_be_used_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, base_side = open_run(merged(tmp_path, "a", before="[tool.covgate]\nmin-dif = 1\n"))
    assert base_side is not None
    sha = base_side.base.sha[:7]
    said = f"covgate: The settings of the base {sha} cannot be used: unknown option 'min-dif' in "
    assert said in "".join(capsys.readouterr())
