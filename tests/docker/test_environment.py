"""The environment that the action makes, in its container: found, installed, measured, with no setting for it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from covgate.errors import ExitCode
from tests.docker.sample import Sample, commit, git
from tests.docker.test_hostile import Runner, github, home_is_the_runners, runner, workspace_is_given_back
from tests.integration.running.test_environments import uv
from tests.support.layouts import IGNORED, LAYOUTS, Layout, by_hand

__all__ = ["github", "runner"]

NOTHING_SET = {"install-command": "", "test-command": "", "min-diff": ""}


def lay(folder: Path, layout: Layout) -> Sample:
    """Commit a layout on main, an edit of its code on a branch, and check out their merge."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    base = commit(folder, {".gitignore": IGNORED, **layout.files}, "Begin")
    if layout.lock:
        uv(folder / layout.folder, *layout.lock)
        base = commit(folder, {}, "Lock")
    git(folder, "checkout", "--quiet", "-b", "half")
    (code,) = (path for path in folder.rglob("*.py") if "def unused" in path.read_text(encoding="utf-8"))
    edited = code.read_text(encoding="utf-8").replace('"many"', 'str("many")')
    head = commit(folder, {str(code.relative_to(folder)): edited}, "Edit")
    git(folder, "checkout", "--quiet", "--detach", "main")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "Merge", "half")
    git(folder, "clean", "-fdxq")
    return Sample(folder=folder, base=base, head=head, merge=git(folder, "rev-parse", "HEAD"))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_an_ordinary_project_needs_no_setting(runner: Runner, tmp_path: Path, layout: Layout) -> None:
    sample = lay(tmp_path / "checkout", layout)
    runner.prepare(sample)
    command = by_hand(layout.command) if layout.command else ""
    done = runner.run({**NOTHING_SET, "test-command": command, "min-diff": "100"}, {})
    log = done.stdout + done.stderr
    assert done.returncode == ExitCode.PASSED, log
    assert layout.found in log
    place = sample.folder / layout.folder
    result = json.loads((place / ".covgate" / "result.json").read_text(encoding="utf-8"))
    assert result["diff"]["lines"] == {"covered": 1, "total": 1}
    if not layout.command:
        again = runner.run({**NOTHING_SET, "test-command": by_hand("python manage.py test")}, {})
        assert again.returncode == ExitCode.PASSED, again.stdout + again.stderr
    by_coverage = Decimal((place / "total.txt").read_text(encoding="utf-8"))
    assert abs(Decimal(result["total"]["percent"]) - by_coverage) < Decimal("0.001")
    home_is_the_runners(runner)
    workspace_is_given_back(sample)
