"""An honest project in the container: the same numbers with a user of its own as without."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from covgate.errors import ExitCode
from tests.docker.attacks import ATTACKS, FORGED, Attack, of_plugin, of_test
from tests.docker.test_container import TOKEN
from tests.docker.test_hostile import BASIC, Runner, checkout, git_files, github, runner, workspace_is_given_back

__all__ = ["github", "runner"]

TESTS = """
import multiprocessing
import os
import pathlib
import subprocess
import sys

import pytest

import calc

HERE = pathlib.Path(__file__).parent


def test_writes_beside_itself():
    (HERE / "calc" / "made.txt").write_text("made")
    (HERE / "snapshots").mkdir(exist_ok=True)
    (HERE / "snapshots" / "one").write_text("1")
    assert (HERE / "calc" / "made.txt").read_text() == "made"


def test_home_and_temporary_folder(tmp_path):
    pathlib.Path("~/.cache/calc").expanduser().mkdir(parents=True)
    (tmp_path / "x").write_text("")


def test_reads_git():
    said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")
    assert "half" in subprocess.run(["git", "show", "HEAD"], cwd=HERE, capture_output=True, text=True).stdout + "half"


def test_makes_a_clone_of_its_own(tmp_path):
    for words in (["init", "-q"], ["-c", "user.name=a", "-c", "user.email=b", "commit", "-qm", "x", "--allow-empty"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)


def test_a_process_of_its_own():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(calc.half, (4,)) == 2
    assert subprocess.run([sys.executable, "-c", "import calc; calc.add(1, 2)"], cwd=HERE).returncode == 0


@pytest.mark.parametrize("number", range(6))
def test_half(number):
    assert calc.half(number) == number // 2 or number % 2
"""

PROJECT = {
    "test_honest.py": TESTS,
    "setup.py": "from setuptools import setup\nsetup(name='calc', packages=['calc'])\n",
    ".gitignore": "__pycache__/\n.covgate/\n.pytest_cache/\n*.egg-info/\ncalc/made.txt\nsnapshots/\n",
}
INPUTS = {
    "install-command": "pip install --quiet pytest pytest-xdist coverage setuptools && python setup.py --quiet develop",
    "test-command": "python -m pytest -q -n 2",
    "reports": "coverage-html, xml",
}
NOT_ISOLATED = "Not isolated, as covgate is not in its container: "


def measured(runner: Runner) -> dict[str, object]:
    folder = runner.folder / "checkout" / ".covgate"
    assert (folder / "coverage-html" / "index.html").is_file()
    assert (folder / "coverage.xml").is_file()
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return {key: result[key] for key in ("total", "diff", "checks", "verdict", "head", "base")}


def test_an_honest_project_has_the_same_numbers(runner: Runner, tmp_path: Path) -> None:
    sample = checkout(tmp_path / "checkout", Attack(files=PROJECT))
    runner.prepare(sample)
    alone = runner.run(INPUTS, {})
    assert alone.returncode == ExitCode.PASSED, alone.stdout + alone.stderr
    assert "Not isolated" not in alone.stdout
    isolated = measured(runner)
    beside = runner.run(INPUTS, {"COVGATE_TESTS_USER": ""})
    assert beside.returncode == ExitCode.PASSED, beside.stdout + beside.stderr
    assert beside.stdout.count(NOT_ISOLATED) == 1
    assert measured(runner) == isolated


def test_data_is_read_as_the_tests_user_too(runner: Runner, tmp_path: Path) -> None:
    """The plugin of coverage that the project brings is a stranger's code where data is read as well."""
    plugin = (
        "import os\n\n\ndef coverage_init(reg, options):\n    open('/tmp/loot/users', 'a').write(f'{os.getuid()}\\n')\n"
    )
    config = "[tool.coverage.run]\nsource = ['calc']\nbranch = true\nplugins = ['who']\n"
    sample = checkout(tmp_path / "checkout", Attack(files={"who.py": plugin, "pyproject.toml": config}))
    arguments = ("run", "--rcfile=/dev/null", "--branch", "--source=calc", "-m", "unittest", "-q")
    subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=sample.folder, check=True)
    runner.prepare(sample)
    done = runner.run({"coverage-data": ".coverage", "install-command": "", "test-command": ""}, {})
    assert done.returncode == ExitCode.RULE_BROKEN, done.stdout + done.stderr
    assert set(runner.loot("users").split()) == {b"60606"}


WAITS = "import os, time\n\nopen('/tmp/loot/ready', 'w').close()\ntime.sleep(200)\n"


WAITS_ONCE = f"import os\n\nif not os.path.exists('/tmp/loot/ready'):\n    exec({WAITS!r})\n"


def _end_when_ready(runner: Runner, folder: Path, number: str) -> None:
    deadline = time.monotonic() + 100
    while not (runner.path("loot") / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    names = runner.engine.docker("ps", "--quiet", f"--filter=volume={folder}").stdout.split()
    runner.engine.docker("kill", f"--signal={number}", *names)


READS_ELSEWHERE = """
def attack():
    for path in pathlib.Path("/github/runner_temp/repository").rglob("*"):
        attempt(lambda p: loot(p.read_bytes()), path)
    loot(subprocess.run(["git", "config", "--list"], capture_output=True).stdout)
"""

LINKS_ITS_REPORTS = """
def attack():
    import coverage
    def report(self, directory=None, **more):
        os.makedirs(directory)
        os.symlink("/etc/passwd", os.path.join(directory, "link.html"))
        os.mkdir(os.path.join(directory, "folder"))
        pathlib.Path(directory, "index.html").write_text("")
    coverage.Coverage.html_report = report
    attempt(overwrite, "/github/runner_temp/reports/result.json", FORGED)
"""


@pytest.mark.parametrize(("number", "code"), [("TERM", ExitCode.TERMINATED), ("INT", ExitCode.INTERRUPTED)])
def test_a_run_that_is_ended_gives_everything_back(runner: Runner, tmp_path: Path, number: str, code: ExitCode) -> None:
    """The runner cancels a job with SIGINT, and SIGTERM some seconds later; docker hands both on."""
    sample = checkout(tmp_path / "checkout", Attack(files={"test_waits.py": WAITS}))
    runner.prepare(sample)
    before = git_files(sample.folder)

    with ThreadPoolExecutor() as pool:
        ending = pool.submit(_end_when_ready, runner, sample.folder, number)
        done = runner.run({}, {})
        ending.result()
    assert done.returncode == code, done.stdout + done.stderr
    assert git_files(sample.folder) == before
    workspace_is_given_back(sample)


@pytest.mark.parametrize("variable", ["60606", ""], ids=["isolated", "not-isolated"])
def test_a_workspace_that_is_read_only_is_said(runner: Runner, tmp_path: Path, variable: str) -> None:
    sample = checkout(tmp_path / "checkout", Attack())
    runner.prepare(sample)
    done = runner.run({}, {"COVGATE_TESTS_USER": variable}, read_only=True)
    assert done.returncode == ExitCode.BAD_INPUT, done.stdout + done.stderr
    assert "report-folder-not-writable" in done.stdout


def test_a_run_that_was_killed_is_given_back_by_the_next(runner: Runner, tmp_path: Path) -> None:
    sample = checkout(tmp_path / "checkout", Attack(files={"test_waits.py": WAITS_ONCE}))
    runner.prepare(sample)
    before = git_files(sample.folder)
    with ThreadPoolExecutor() as pool:
        ending = pool.submit(_end_when_ready, runner, sample.folder, "KILL")
        killed = runner.run({}, {})
        ending.result()
    assert killed.returncode == 128 + 9
    assert git_files(sample.folder) != before
    done = runner.run({}, {})
    assert done.returncode == ExitCode.RULE_BROKEN, done.stdout + done.stderr
    assert "An earlier run was killed while the workspace was the tests'" in done.stdout
    assert git_files(sample.folder) == before
    workspace_is_given_back(sample)


def test_credentials_of_a_git_folder_elsewhere_are_hidden(runner: Runner, tmp_path: Path) -> None:
    """As `git init --separate-git-dir` leaves it: `.git` is a file that says where."""
    sample = checkout(tmp_path / "checkout", of_test(READS_ELSEWHERE))
    runner.prepare(sample)
    elsewhere = runner.path("runner_temp") / "repository"
    (sample.folder / ".git").rename(elsewhere)
    (sample.folder / ".git").write_text("gitdir: /github/runner_temp/repository\n")
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in elsewhere.glob("config*")}
    done = runner.run({}, {})
    assert done.returncode == ExitCode.RULE_BROKEN, done.stdout + done.stderr
    assert b"[core]" in runner.loot("loot")
    assert TOKEN.encode() not in runner.loot("loot")
    assert BASIC.encode() not in runner.loot("loot")
    assert {path: (path.read_bytes(), path.stat().st_mode) for path in elsewhere.glob("config*")} == before


def test_a_report_folder_outside_of_the_workspace_is_not_the_tests(runner: Runner, tmp_path: Path) -> None:
    sample = checkout(tmp_path / "checkout", of_plugin(LINKS_ITS_REPORTS))
    runner.prepare(sample)
    done = runner.run({"report-dir": "/github/runner_temp/reports", "reports": "coverage-html, xml"}, {})
    assert done.returncode == ExitCode.RULE_BROKEN, done.stdout + done.stderr
    folder = runner.path("runner_temp") / "reports"
    assert (folder / "coverage-html" / "index.html").is_file()
    assert (folder / "coverage.xml").is_file()
    assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["verdict"] == "fail"
    assert not any(path.is_symlink() or path.stat().st_uid for path in folder.rglob("*"))


def test_a_container_that_is_not_root_says_so(runner: Runner, tmp_path: Path) -> None:
    sample = checkout(tmp_path / "checkout", Attack())
    runner.prepare(sample)
    done = runner.run({}, {}, options=["--user=1001:1001"])
    assert done.returncode == ExitCode.RULE_BROKEN, done.stdout + done.stderr
    assert done.stdout.count("Not isolated, as covgate is not root in its container: ") == 1


WITHOUT_LANDLOCK = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["landlock_create_ruleset"], "action": "SCMP_ACT_ERRNO"}],
}
ONE_WALL = "One wall around the project's code, not two: "


@pytest.mark.parametrize("walls", [2, 1], ids=["landlock", "an-engine-without-landlock"])
def test_the_second_wall_holds_where_the_first_has_a_hole(runner: Runner, tmp_path: Path, walls: int) -> None:
    """A runner of one's own whose files everybody may write to, as under `umask 0`."""
    sample = checkout(tmp_path / "checkout", ATTACKS["runner-files"])
    runner.prepare(sample)
    for name in ("file_commands", "workflow", "home"):
        for path in (runner.path(name), *runner.path(name).iterdir()):
            path.chmod(0o777)
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps(WITHOUT_LANDLOCK), encoding="utf-8")
    done = runner.run({}, {}, options=[] if walls > 1 else [f"--security-opt=seccomp={profile}"])
    assert done.returncode == ExitCode.RULE_BROKEN, done.stdout + done.stderr
    assert done.stdout.count(ONE_WALL) == 2 - walls
    forged = FORGED in (runner.path("file_commands") / "env").read_text(encoding="utf-8")
    assert (forged, bool(runner.loot("written"))) == (walls == 1, walls == 1)
