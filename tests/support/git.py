"""Real git repositories in temporary folders, untouched by the git configuration of the machine."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from covgate.model.commit import Sha, parse_sha
from covgate.system.git import GitCommand

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    # No sample hooks: they are most of the files of a new repository.
    "GIT_TEMPLATE_DIR": "",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}

UNATTENDED = ("-c", "maintenance.auto=false")
"""git looks after a repository at each commit, in a process of its own: half of a commit's time."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A checkout to work in."""

    path: Path

    def git(self, *args: str) -> str:
        """Run git here and return what it printed."""
        done = subprocess.run(
            ["git", *UNATTENDED, *args], cwd=self.path, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"git {' '.join(args)}: {done.stderr}"
        return done.stdout.strip()

    def write(self, name: str, text: str) -> Path:
        """Write a file of the working tree."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def commit(self, message: str, **files: str) -> Sha:
        """Commit everything; `files` are written first, by name (`m` is m.py)."""
        for name, text in files.items():
            self.write(f"{name}.py", text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.sha("HEAD")

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Make a branch and check it out."""
        self.git("checkout", "--quiet", "-b", name, start)

    def checkout(self, name: str) -> None:
        """Check out a branch or commit."""
        self.git("checkout", "--quiet", name)

    def sha(self, ref: str) -> Sha:
        """Return the commit a name stands for."""
        return parse_sha(self.git("rev-parse", f"{ref}^{{commit}}"))

    def clone(self, path: Path, *args: str) -> Repository:
        """Clone this one as over a network: depth counts."""
        self.git("clone", "--quiet", *args, self.path.as_uri(), str(path))
        return Repository(path)

    @property
    def command(self) -> GitCommand:
        """Covgate's own git, here."""
        return GitCommand(self.path, ENVIRONMENT)


def make_repository(path: Path) -> Repository:
    """Make an empty repository whose branch is `main`."""
    path.mkdir(parents=True)
    repository = Repository(path)
    repository.git("init", "--quiet", "--initial-branch=main")
    return repository
