"""`setup-command`: where it runs, what it does not see, and how its failure is told."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from covgate.commands.edges import Edges
from covgate.commands.setup import run_setup
from covgate.config.settings import resolve
from covgate.errors import InputError
from covgate.host.context import EventKind, RunContext
from covgate.host.github.log import Runner
from covgate.system.screen import Screen
from tests.publish.test_deliver import MemoryHost
from tests.support.git import ENVIRONMENT


def set_up(folder: Path, command: str, minutes: str = "") -> str:
    """Run it as the action does; return what covgate says."""
    out = io.StringIO()
    edges = Edges(
        directory=folder,
        environment={**ENVIRONMENT, "HOME": str(folder), "GITHUB_TOKEN": "ghs_workflow"},
        screen=Screen(out, out),
        host=MemoryHost(log=Runner(), context=RunContext(kind=EventKind.LOCAL)),
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )
    run_setup(resolve(command_line={"setup-command": command, "timeout-minutes": minutes}), edges)
    return out.getvalue()


def test_it_runs_at_the_top_of_the_image_at_roots_home_and_without_the_token(tmp_path: Path) -> None:
    command = f'echo "$PWD $HOME [$GITHUB_TOKEN]" > {tmp_path}/seen'
    assert set_up(tmp_path, command) == f"covgate: Running setup-command: {command}\n"
    assert (tmp_path / "seen").read_text() == "/ /root []\n"


@pytest.mark.parametrize(
    ("command", "minutes", "how"),
    [
        ("exit 3", "", "failed with exit code 3"),
        ("false; true", "", "failed with exit code 1"),
        ("sleep 9", "0.001", "did not end within 0.06 seconds"),
    ],
)
def test_a_failure_ends_the_run_before_the_tests(tmp_path: Path, command: str, minutes: str, how: str) -> None:
    with pytest.raises(InputError) as caught:
        set_up(tmp_path, command, minutes)
    assert (caught.value.message, caught.value.slug) == (f"setup-command {how}: {command}", "setup-failed")


def test_a_password_in_the_command_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        set_up(tmp_path, "exit 1 # https://someone:secret@example.org/x")
    assert "secret" not in caught.value.message
