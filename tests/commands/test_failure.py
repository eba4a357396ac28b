"""What ended a run, left where its report would be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covgate.commands.failure import leave_failure
from covgate.commands.start import RunRequest
from covgate.errors import InputError
from tests.support.git import ENVIRONMENT, make_repository

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
