"""The environment that the action makes, in its container: found, installed, measured, with no setting for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from covgate.errors import ExitCode
from tests.docker.attacks import TOOLS
from tests.docker.sample import CHANGE, Sample, commit, git, make_sample
from tests.docker.test_container import TOKEN
from tests.docker.test_hostile import Runner, github, home_is_the_runners, obeyed, runner, workspace_is_given_back
from tests.integration.running.test_environments import uv
from tests.support.layouts import HATCHLING, IGNORED, IN_THE_GATE, LAYOUTS, TOX, Layout, by_hand, project

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


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(one, id=name, marks=[] if name in IN_THE_GATE else pytest.mark.slow)
        for name, one in LAYOUTS.items()
    ],
)
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


HATCH_SCRIPT = """\
[tool.hatch.envs.default]
dependencies = ['pytest', 'idna', 'coverage>=7.13']
[tool.hatch.envs.default.scripts]
test = 'pytest -q'
"""
TOX_INI = """\
[tox]
envlist = py
[testenv]
package = editable
pass_env = COVERAGE_*
deps =
    pytest
    coverage>=7.13
    -r needs.txt
commands = pytest -q
"""
TYPED: Mapping[str, tuple[Layout, Mapping[str, str]]] = {
    "uv": (
        LAYOUTS["uv-workspace"],
        {"install-command": "uv sync --all-packages", "test-command": "uv run pytest -q"},
    ),
    "poetry": (LAYOUTS["poetry"], {"install-command": "poetry install", "test-command": "poetry run pytest -q"}),
    "hatch": (
        replace(
            LAYOUTS["hatch"],
            files={**LAYOUTS["hatch"].files, "pyproject.toml": project("calc", HATCH_SCRIPT) + HATCHLING},
        ),
        {"test-command": "hatch run test"},
    ),
    "tox": (replace(TOX, files={**TOX.files, "tox.ini": TOX_INI}), {"test-command": "tox"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("tool", TYPED)
def test_what_people_type_first_works(runner: Runner, tmp_path: Path, tool: str) -> None:
    layout, inputs = TYPED[tool]
    sample = lay(tmp_path / "checkout", layout)
    runner.prepare(sample)
    done = runner.run({**NOTHING_SET, **inputs, "min-diff": "100"}, {}, timeout=400)
    assert done.returncode == ExitCode.PASSED, done.stdout + done.stderr
    result = json.loads((sample.folder / ".covgate" / "result.json").read_text(encoding="utf-8"))
    assert result["diff"]["lines"] == {"covered": 1, "total": 1}
    home_is_the_runners(runner)
    workspace_is_given_back(sample)


FORGER = f"""
{TOOLS}
import unittest

class Forges(unittest.TestCase):
    def test_forges(self):
        cache = pathlib.Path(os.environ["UV_CACHE_DIR"]).parent
        program = "#!/bin/sh\\nid -u >> /tmp/loot/users\\nexec /usr/local/bin/python3 \\"$@\\"\\n"
        python = cache / "python" / "cpython-3.99.0-linux-x86_64-gnu" / "bin" / "python3.99"
        for path in (python, *cache.rglob("bin/*"), *cache.rglob("*.so")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(program)
            path.chmod(0o4755)
"""


def test_a_cache_that_a_stranger_filled_runs_as_the_tests_user_only(runner: Runner, tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "checkout", {**CHANGE, "test_forger.py": FORGER})
    runner.prepare(sample)
    first = runner.run({"min-diff": ""}, {})
    assert first.returncode == ExitCode.PASSED, first.stdout + first.stderr
    assert runner.loot("ran")
    home_is_the_runners(runner)
    assert list(runner.path("home").rglob("python3.99"))
    second = runner.run({"min-diff": "", "python-version": "3.99"}, {})
    assert second.returncode == ExitCode.BAD_INPUT, second.stdout + second.stderr
    assert set(runner.loot("users").split()) == {b"60606"}
    home_is_the_runners(runner)


def test_what_was_downloaded_is_kept_for_the_next_run(runner: Runner, tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "checkout", CHANGE)
    runner.prepare(sample)
    assert runner.run({"min-diff": ""}, {}).returncode == ExitCode.PASSED
    # No index answers any more.
    nowhere = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    done = runner.run({"min-diff": "", "install-command": "uv pip install coverage"}, {"UV_OFFLINE": "1"})
    assert done.returncode == ExitCode.PASSED, done.stdout + done.stderr
    done = runner.run({"install-command": "uv pip install --refresh coverage"}, nowhere)
    assert done.returncode == ExitCode.BAD_INPUT
    assert "127.0.0.1:9 could not be reached" in done.stdout + done.stderr


def test_a_home_that_cannot_be_used_costs_the_cache_only(runner: Runner, tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "checkout", CHANGE)
    runner.prepare(sample)
    runner.path("home").chmod(0o700)
    done = runner.run({"min-diff": ""}, {})
    assert done.returncode == ExitCode.PASSED, done.stdout + done.stderr


def test_a_setup_command_runs_as_root_before_everything_and_without_the_token(runner: Runner, tmp_path: Path) -> None:
    """What it brings is there for the tests."""
    sees = "import os, pathlib, unittest\n\nclass Sees(unittest.TestCase):\n    def test(self):\n"
    sees += "        self.assertEqual(pathlib.Path('/opt/brought').read_text(), '0 /\\n')\n"
    sample = make_sample(tmp_path / "checkout", {**CHANGE, "test_sees.py": sees})
    runner.prepare(sample)
    setup = 'echo "$(id -u) $(pwd)" > /opt/brought; env > /tmp/loot/environment; echo "::error::forged"; touch ~/x'
    done = runner.run({"min-diff": "", "setup-command": setup}, {})
    assert done.returncode == ExitCode.PASSED, done.stdout + done.stderr
    assert b"GITHUB_SHA" in runner.loot("environment") or b"GITHUB_ACTIONS" in runner.loot("environment")
    assert TOKEN.encode() not in runner.loot("environment")
    assert not [line for line in obeyed(done.stdout) if "forged" in line]
    home_is_the_runners(runner)


BROKEN = {
    "setup-command": ({"setup-command": "exit 7"}, "setup-failed", "setup-command failed with exit code 7: exit 7"),
    "endless-setup-command": (
        {"setup-command": "sleep 300", "timeout-minutes": "0.02"},
        "setup-failed",
        "setup-command did not end within 1.2 seconds",
    ),
    "no-such-python": ({"python-version": "3.99"}, "python-not-found", "there is no Python 3.99"),
    "install-command": ({"install-command": "exit 3"}, "install-failed", "install-command failed with exit code 3"),
    "nothing-to-be-found": ({"install-command": ""}, "no-dependencies-found", "pyproject.toml configures tools"),
}


@pytest.mark.parametrize(("inputs", "slug", "said"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_made_is_said(
    runner: Runner, tmp_path: Path, inputs: dict[str, str], slug: str, said: str
) -> None:
    sample = make_sample(tmp_path / "checkout", CHANGE)
    runner.prepare(sample)
    done = runner.run(inputs, {})
    assert done.returncode == ExitCode.BAD_INPUT, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert f"docs/troubleshooting.md#{slug}" in done.stdout + done.stderr
    assert said in (runner.path("file_commands") / "summary").read_text(encoding="utf-8")
    workspace_is_given_back(sample)
