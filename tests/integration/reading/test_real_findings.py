"""Wrong numbers that real projects showed, each as the smallest repository that shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

ROOT = Path(__file__).resolve().parents[3]


def run(folder: Path, *argv: str | Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "GIT_", "GITHUB_"))}
    environment = {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}src", "GIT_CONFIG_GLOBAL": "/dev/null"}
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check(folder: Path) -> dict[str, object]:
    run(folder, sys.executable, "-m", "covgate", "check", "--data", ".coverage", "--base", "main")
    result = json.loads((folder / ".covgate" / "result.json").read_text(encoding="utf-8"))
    return cast("dict[str, object]", result)


def commit(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    run(folder, "git", "add", "--all")
    run(folder, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "a")


def test_clone_named_like_its_package_does_not_widen_the_source(tmp_path: Path) -> None:
    # itsdangerous: `source = ["itsdangerous", "tests"]`, cloned into a folder `itsdangerous`. The package was taken
    # for that folder, so a changed docs/conf.py counted as uncovered although no source names it.
    clone = tmp_path / "sample" / "repository"
    clone.mkdir(parents=True)
    run(clone, "git", "init", "--quiet", "--initial-branch=main")
    configuration = '[tool.coverage.run]\nsource = ["sample"]\n'
    commit(clone, {"pyproject.toml": configuration, "src/sample/__init__.py": "A = 1\n", "docs/conf.py": "name = 1\n"})
    run(clone, "git", "checkout", "--quiet", "-b", "change")
    commit(clone, {"src/sample/__init__.py": "A = 2\n", "docs/conf.py": "name = 2\n"})

    run(clone, sys.executable, "-m", "coverage", "run", "-m", "sample.__init__")
    diff = cast("dict[str, object]", check(clone)["diff"])

    assert [file["path"] for file in cast("list[dict[str, object]]", diff["files"])] == ["src/sample/__init__.py"]
    assert diff["omitted"] == [{"path": "docs/conf.py", "why": "`source = sample`, pyproject.toml line 2"}]


@pytest.mark.parametrize("names", ["absolute", "relative"])
def test_files_analysed_by_several_processes_keep_their_executed_lines(tmp_path: Path, names: str) -> None:
    # A coverage data object that finds itself in a forked process erases its file.
    run(tmp_path, "git", "init", "--quiet", "--initial-branch=main")
    modules = {
        f"module_{number}.py": "def used(x):\n    if x:\n        return 1\n    return 2\n" for number in range(60)
    }
    calls = "".join(f"import module_{number}\nmodule_{number}.used(1)\n" for number in range(60))
    configuration = f"[tool.coverage.run]\nbranch = true\nrelative_files = {str(names == 'relative').lower()}\n"
    commit(tmp_path, {**modules, "pyproject.toml": configuration, "calls.py": calls})
    run(tmp_path, sys.executable, "-m", "coverage", "run", "calls.py")

    total = cast("dict[str, object]", check(tmp_path)["total"])

    assert total["lines"] == {"covered": 60 * 3 + 120, "total": 60 * 4 + 120}
    assert total["branches"] == {"covered": 60, "total": 120}
