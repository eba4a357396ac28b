"""What ended a run, left where its report would be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from covgate.commands.failure import leave_failure
from covgate.commands.start import RunRequest
from covgate.errors import InputError
from tests.commands.test_start import merged
from tests.support.git import ENVIRONMENT, make_repository
from tests.support.workflow import read_outputs

ERROR = InputError("min-diff is no number", hint="write one", slug="bad-value")


@pytest.mark.parametrize(
    ("environment", "followed"),
    [({}, True), ({"GITHUB_ACTIONS": "true"}, False)],
    ids=["on-a-laptop", "in-a-workflow"],
)
def test_a_link_in_the_place_of_the_reports_folder_is_followed_on_a_laptop_only(
    tmp_path: Path, environment: dict[str, str], *, followed: bool
) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.commit("one")
    (tmp_path / "elsewhere").mkdir()
    (repository.path / ".covgate").symlink_to(tmp_path / "elsewhere")
    leave_failure(ERROR, RunRequest(directory=repository.path, environment=ENVIRONMENT | environment))
    left = tmp_path / "elsewhere" / "result.json"
    assert left.exists() is followed
    assert not followed or json.loads(left.read_text())["error"]["slug"] == "bad-value"


def left_in(folder: Path) -> set[str]:
    """Where in a folder an error was left."""
    return {str(path.parent.relative_to(folder)) for path in folder.rglob("result.json")}


@pytest.mark.parametrize(
    ("here", "request_", "left"),
    [
        pytest.param(".", {}, "kept", id="as-the-file-says"),
        pytest.param("src", {}, "kept", id="as-the-file-above-says"),
        pytest.param("src", {"command_line": {"report-dir": " out "}}, "src/out", id="from-where-it-was-given"),
        pytest.param("src", {"inputs": {"INPUT_REPORT-DIR": "out"}}, "src/out", id="an-input"),
        pytest.param(".", {"command_line": {"working-directory": "src"}}, "src/kept", id="in-the-folder-it-names"),
        pytest.param(".", {"inputs": {"INPUT_WORKING-DIRECTORY": "nowhere"}}, ".covgate", id="a-folder-that-is-not"),
        pytest.param(".", {"configured": False}, ".covgate", id="where-no-file-counts"),
    ],
)
def test_an_error_is_left_where_the_report_would_be(
    tmp_path: Path, here: str, request_: dict[str, Any], left: str
) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("pyproject.toml", "[tool.covgate]\nreport-dir = 'kept'\nmin-diff = 'many'\n")
    repository.write("src/x.py", "")
    leave_failure(ERROR, RunRequest(directory=repository.path / here, environment=ENVIRONMENT, **request_))
    assert left_in(repository.path) == {left}
    assert not (repository.path / "nowhere").exists()


def test_a_pull_request_does_not_choose_where_its_error_is_left(tmp_path: Path) -> None:
    before, now = (f"[tool.covgate]\nreport-dir = '{name}'\n" for name in ("base", "own"))
    request = merged(tmp_path, "a", before=before, now=now)
    output = tmp_path / "output"
    environment = {**request.environment, "GITHUB_OUTPUT": str(output)}
    leave_failure(ERROR, replace(request, environment=environment))
    assert left_in(request.here) == {"base"}
    assert read_outputs(output.read_text())["result-path"] == "base/result.json"


@pytest.mark.parametrize("place", ["command_line", "inputs"])
def test_the_base_may_be_given(tmp_path: Path, place: str) -> None:
    before, now = (f"[tool.covgate]\nreport-dir = '{name}'\n" for name in ("base", "own"))
    request = merged(tmp_path, "a", before=before, now=now)
    given = {"base": "topic"} if place == "command_line" else {"INPUT_BASE": "topic"}
    leave_failure(ERROR, replace(request, **{place: given}))  # type: ignore[arg-type]  # either is a mapping
    assert left_in(request.here) == {"own"}


def test_the_result_is_named_from_the_top_of_the_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("src/x.py", "")
    output = tmp_path / "output"
    environment = {**ENVIRONMENT, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)}
    leave_failure(ERROR, RunRequest(directory=repository.path / "src", environment=environment))
    assert read_outputs(output.read_text())["result-path"] == "src/.covgate/result.json"
    (tmp_path / "bare").mkdir()
    output.unlink()
    leave_failure(ERROR, RunRequest(directory=tmp_path / "bare", environment=environment))
    assert read_outputs(output.read_text())["result-path"] == ".covgate/result.json"
    assert "".join(capsys.readouterr()) == ""
    leave_failure(
        ERROR, RunRequest(directory=tmp_path / "bare", environment={**environment, "GITHUB_OUTPUT": str(tmp_path)})
    )
    assert "output" in "".join(capsys.readouterr())


def test_where_the_base_cannot_be_told_no_file_is_believed(tmp_path: Path) -> None:
    request = merged(tmp_path, "a", now="[tool.covgate]\nreport-dir = 'own'\n")
    event = tmp_path / "event.json"
    event.write_text("no json")
    leave_failure(ERROR, request)
    assert left_in(request.here) == {".covgate"}


def test_a_push_is_told_by_the_file_it_brings(tmp_path: Path) -> None:
    request = merged(tmp_path, "a", before="[tool.covgate]\n", now="[tool.covgate]\nreport-dir = 'own'\n")
    leave_failure(ERROR, replace(request, environment={**request.environment, "GITHUB_EVENT_NAME": "push"}))
    assert left_in(request.here) == {"own"}
