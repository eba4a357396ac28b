"""A small repository with one pull request, checked out the way `actions/checkout` leaves it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NUMBER = 7
REPOSITORY = "octo/sample"

PROJECT = {
    ".gitignore": "__pycache__/\n.coverage*\n.covgate/\n.pytest_cache/\n",
    "pyproject.toml": "[tool.coverage.run]\nsource = ['calc']\nbranch = true\n",
    "calc/__init__.py": "def add(a, b):\n    return a + b\n",
    "test_calc.py": "import unittest\n\nimport calc\n\n\nclass Adds(unittest.TestCase):\n"
    "    def test_add(self):\n        self.assertEqual(calc.add(1, 2), 3)\n",
}
"""A project that is covered in full, and needs nothing but coverage."""

CHANGE = {
    "calc/__init__.py": PROJECT["calc/__init__.py"]
    + "\n\ndef half(a):\n    if a % 2:\n        a -= 1\n        a += 0\n        a += 0\n    return a // 2\n",
    "test_calc.py": PROJECT["test_calc.py"] + "\n    def test_half(self):\n        self.assertEqual(calc.half(4), 2)\n",
}
"""A function whose odd numbers no test knows: 3 of its 6 statements and 1 of its 2 branches are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A checkout of the merge commit of pull request 7: its parents are `base` and `head`."""

    folder: Path
    base: str
    head: str
    merge: str

    def event(self) -> dict[str, object]:
        """The part of the `pull_request` event that says which commits and whose."""
        repository = {"full_name": REPOSITORY, "name": "sample", "owner": {"login": "octo"}, "default_branch": "main"}
        return {
            "action": "synchronize",
            "number": NUMBER,
            "repository": repository,
            "pull_request": {
                "number": NUMBER,
                "head": {"ref": "half", "sha": self.head, "repo": repository},
                "base": {"ref": "main", "sha": self.base, "repo": repository},
            },
        }

    def write_event(self, path: Path) -> Path:
        path.write_text(json.dumps(self.event()), encoding="utf-8")
        return path


def make_sample(folder: Path, change: Mapping[str, str], *, also: Mapping[str, str] | None = None) -> Sample:
    """Commit the project (and `also`) on main, `change` on a branch of it, and check out their merge, detached."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    base = commit(folder, {**PROJECT, **(also or {})}, "Add")
    git(folder, "checkout", "--quiet", "-b", "half")
    head = commit(folder, change, "Halve")
    git(folder, "checkout", "--quiet", "--detach", "main")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "Merge", "half")
    return Sample(folder=folder, base=base, head=head, merge=git(folder, "rev-parse", "HEAD"))


def commit(folder: Path, files: Mapping[str, str], message: str) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, whatever the machine's configuration says; returns what it printed."""
    person = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _PERSON.items()}
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **person}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_PERSON = {"NAME": "A", "EMAIL": "a@example.com", "DATE": "2026-01-01T00:00:00Z"}
