"""Fetching releases, laying them as commits, making environments and running commands in them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.real.projects import COVERAGE, Project

ROOT = Path(__file__).resolve().parents[2]
WORKSHOP = ROOT / ".real"
"""Ignored by git: downloads and environments outlive a run, so that the next one is quick and needs no network."""

KEPT_VARIABLES = ("HOME", "LANG", "TMPDIR", "PIP_", "SSL_", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A project ready to be measured: `main` is the old release, the branch checked out the new one."""

    project: Project
    repository: Path
    python: Path
    scratch: Path
    """Outside the repository, for data and reports; empty."""

    def run(self, *argv: str | Path, codes: Iterable[int] = (0,), **variables: str) -> str:
        """Run a command in the repository, with the project's environment first on PATH; return its output."""
        path = os.pathsep.join([str(self.python.parent), os.environ["PATH"]])
        return run(argv, cwd=self.repository, codes=codes, variables={"PATH": path, **variables})


def prepare(project: Project) -> Laid:
    """Lay the two releases of a project, and make its environment unless that is there already."""
    place = WORKSHOP / project.name
    scratch = place / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    # Stops pytest's search for a configuration on the way up, which would end in covgate's own.
    (WORKSHOP / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    repository = place / "repository"
    lay(project, repository)
    return Laid(project=project, repository=repository, python=_environment(project, place), scratch=scratch)


def run(
    argv: Sequence[str | Path], *, cwd: Path, codes: Iterable[int] = (0,), variables: Mapping[str, str] | None = None
) -> str:
    """Run a command with a clean environment and return what it printed. Other exit codes are an error."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT_VARIABLES)}
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **kept, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    shown = " ".join(str(word) for word in argv)
    assert done.returncode in codes, (
        f"{shown} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    )
    return done.stdout


def _fetch(name: str, version: str) -> Path:
    """Return the source release, downloaded once."""
    folder = WORKSHOP / "releases"
    folder.mkdir(parents=True, exist_ok=True)

    def there() -> Path | None:
        # The file is named in the project's own spelling or in the normalised one.
        wanted = _normalised(f"{name}-{version}")
        return next((f for f in folder.iterdir() if _normalised(f.name.removesuffix(".tar.gz")) == wanted), None)

    if there() is None:
        # Not `--no-binary :all:`, which would build the build tools from source as well.
        command = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name)
        run((*command, "--dest", folder, f"{name}=={version}"), cwd=folder)
    path = there()
    assert path is not None, f"pip downloaded {name} {version} under an unforeseen name"
    return path


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lay(project: Project, repository: Path) -> None:
    """Make a repository of two commits whose ids are the same each time."""
    shutil.rmtree(repository, ignore_errors=True)
    repository.mkdir(parents=True)
    who = {f"GIT_{role}_{what}": "covgate" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    when = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}

    def git(*args: str) -> None:
        run(("git", *args), cwd=repository, variables={**who, **when, "GIT_CONFIG_GLOBAL": "/dev/null"})

    git("init", "--quiet", "--initial-branch=main")
    for version, branch in ((project.old, "main"), (project.new, "next")):
        if branch != "main":
            git("checkout", "--quiet", "-b", branch)
            git("rm", "--quiet", "-r", ".")
        _unpack(_fetch(project.name, version), repository)
        git("add", "--all", "--force")
        git("commit", "--quiet", "--message", f"{project.name} {version}")


def _unpack(release: Path, folder: Path) -> None:
    """Unpack a source release without its top folder."""
    with tarfile.open(release) as archive:
        for member in archive.getmembers():
            _, _, member.name = member.name.partition("/")
            if member.name:
                archive.extract(member, folder, filter="data")


def _environment(project: Project, place: Path) -> Path:
    """Return the interpreter of an environment with the project (editable) and what its tests need."""
    wanted = "\n".join((COVERAGE, *project.requirements, project.new, sys.version))
    folder = place / f"environment-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        packages = (COVERAGE, *project.requirements, "--editable", str(place / "repository"))
        run((str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages), cwd=place)
        complete.touch()
        # The build may have left files behind.
        lay(project, place / "repository")
    return python
