"""Whether tests can get at the token: run beside covgate, as the same user, without the right to trace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOKEN = "ghs_" + "x1" * 18

SPY = """
import os, pathlib
found = [name for name, value in os.environ.items() if "TOKEN_VALUE" in value]
pid = os.getppid()
while pid > 1:
    try:
        if b"TOKEN_VALUE" in pathlib.Path(f"/proc/{pid}/environ").read_bytes():
            found.append(f"environ of {pid}")
    except OSError:
        pass
    pid = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
pathlib.Path("found.txt").write_text("\\n".join(found))
import shop
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists() or shutil.which("setpriv") is None, reason="needs /proc and setpriv"
)


def _git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.invalid"]
    return subprocess.run(
        ["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_tests_find_the_token_neither_in_their_environment_nor_in_covgates(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "shop.py").write_text("x = 1\n")
    (project / "spy.py").write_text(SPY.replace("TOKEN_VALUE", TOKEN))
    _git(project, "init", "-qb", "main")
    _git(project, "add", "-A")
    _git(project, "commit", "-qm", "one")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/main"}))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "INPUT_"))},
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_TOKEN": TOKEN,
        "INPUT_GITHUB-TOKEN": TOKEN,
        "ACTIONS_RUNTIME_TOKEN": TOKEN,
    }
    # As in a container: root, but without the capabilities that read another process's memory.
    missing = "-sys_ptrace,-sys_admin,-perfmon"
    limits = ["setpriv", "--bounding-set", missing, "--inh-caps", missing] if os.geteuid() == 0 else []
    code = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); from covgate.cli import main; sys.exit(main())"
    done = subprocess.run(
        [*limits, sys.executable, "-c", code, "check", "--", sys.executable, "spy.py"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # covgate is the parent of the spy and was started with the token in its environment.
    assert (project / "found.txt").read_text() == ""
    assert TOKEN not in done.stderr
    assert TOKEN not in done.stdout.replace(f"::add-mask::{TOKEN}", "")
