"""From what a run was asked for to what it is of, and whose settings it has."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from covgate.commands.start import RunRequest, open_run
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
    assert capsys.readouterr().out == ""
