"""Whose settings a run has: those of the folder it is started in, and of a change's base."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from covgate.commands.start import RunRequest, open_run
from tests.support.git import ENVIRONMENT, make_repository


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
