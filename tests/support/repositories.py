"""Real repositories in a temporary folder, with real git, real coverage, real diff-cover and covgate as a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import covgate
from covgate.change.changed_lines import find_changed_lines
from covgate.model.change import ChangedLines
from covgate.model.commit import Sha, parse_sha
from covgate.system.git import GitCommand
from tests.support.git import UNATTENDED
from tests.support.measured import MEASURED
from tests.support.warm import run_python

Json = dict[str, object]

COVGATE = Path(covgate.__file__).resolve().parents[1]

RUN_EVERYTHING = "[run]\nsource = .\nomit = run.py\n"
"""A configuration that measures the whole repository but the script that stands for its tests."""

_TIMEOUT = 120

_MEASURE_AND_REPORT = """
import sys
from coverage.cmdline import main
sys.exit(main(sys.argv[2:]) or main(["xml", "-q"]))
"""
"""Two coverage commands in one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """How a run of `covgate check` ended, and what it left."""

    exit_code: int
    stdout: bytes
    stderr: str
    result: Json | None
    comment: str
    summary: str

    @property
    def verdict(self) -> str:
        return str(self.known["verdict"])

    @property
    def known(self) -> Json:
        """The result, which has to be there."""
        assert self.result is not None, self.stderr
        return self.result

    @property
    def diff(self) -> Json:
        return cast("Json", self.known["diff"])

    @property
    def lines(self) -> tuple[int, int]:
        """Covered and all changed lines."""
        return _pair(self.diff["lines"])

    @property
    def branches(self) -> tuple[int, int]:
        """Taken and all branches that leave changed lines."""
        return _pair(self.diff["branches"])

    @property
    def missing(self) -> dict[str, list[list[int]]]:
        """The missing ranges of each file with a changed statement."""
        return {str(file["path"]): cast("list[list[int]]", file["missing"]) for file in self.files}

    @property
    def partial(self) -> dict[str, list[int]]:
        return {str(file["path"]): cast("list[int]", file["partial"]) for file in self.files if file["partial"]}

    @property
    def unmeasured(self) -> list[str]:
        """The files that count as uncovered because nothing measured them."""
        return [str(file["path"]) for file in self.files if file["gap"]]

    @property
    def omitted(self) -> dict[str, str]:
        """The changed files that are not judged, and why."""
        files = cast("list[dict[str, str]]", self.diff["omitted"])
        return {file["path"]: file["why"] for file in files}

    @property
    def files(self) -> list[Json]:
        return cast("list[Json]", self.diff["files"])

    @property
    def texts(self) -> str:
        """Everything covgate wrote, in one text."""
        shown = self.stdout.decode("utf-8", "replace")
        return "\n".join([shown, self.stderr, json.dumps(self.result), self.comment, self.summary])


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffCover:
    """What bare diff-cover says: its exit code, percent, and the uncovered lines of each file it lists."""

    exit_code: int
    stderr: str
    lines: int
    missing: dict[str, list[int]]
    percent: float


class Repository:
    """One repository, and the tools run in it with a clean environment. Names may be text or bytes.

    One that is there already (a clone) is taken as it is.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._home = Path(tempfile.mkdtemp(prefix="home-", dir=path.parent))
        if (path / ".git").exists():
            return
        self.git("init", "--quiet", "--initial-branch=main")
        # What measuring leaves must not become a part of the next commit.
        self.write({".git/info/exclude": ".coverage\n"})

    # --- files and commits

    def write(self, files: Mapping[str, str] | Mapping[str, bytes] | Mapping[bytes, bytes]) -> None:
        for name, content in files.items():
            path = self.path / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str] | Mapping[str, bytes] | Mapping[bytes, bytes] | None = None) -> Sha:
        """Write the files and commit everything there is."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.head()

    def start(self, files: Mapping[str, str] | Mapping[str, bytes] | Mapping[bytes, bytes]) -> None:
        """Commit the files on main and leave for a branch."""
        self.commit(files)
        self.git("checkout", "--quiet", "-b", "feature")

    def head(self) -> Sha:
        return parse_sha(self.git("rev-parse", "HEAD").decode().strip())

    def git(self, *args: str, directory: Path | None = None) -> bytes:
        return self._call("git", *UNATTENDED, *args, directory=directory)

    # --- tools

    def python(self, *args: str, directory: Path | None = None) -> bytes:
        return self._call(sys.executable, *args, directory=directory)

    def measure(self, *options: str, script: str = "run.py", directory: Path | None = None) -> None:
        """Run `coverage run` on the script that stands for the tests."""
        self.python("-m", "coverage", "run", *options, script, directory=directory)

    def report(self, kind: str, name: str, directory: Path | None = None) -> None:
        """Run `coverage xml` or `coverage lcov`."""
        self.python("-m", "coverage", kind, "-q", "-o", name, directory=directory)

    def check(
        self,
        *options: str,
        data: str = ".coverage",
        base: str = "main",
        ci: bool = False,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Gate:
        """Run `covgate check --data`. In CI the commit is judged, on a laptop the files as they lie there."""
        where = directory or self.path
        actions: dict[str, str] = {}
        if ci:
            event = self._home / "event.json"
            event.write_text("{}", encoding="utf-8")
            actions = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(event)}
        sources = [f"--data={data}"] if data else []
        done = self.run(
            *(sys.executable, "-m", "covgate", "check", *sources, f"--base={base}", "--min-diff=80", *options),
            directory=where,
            environment={**MEASURED, "PYTHONPATH": str(COVGATE), **actions, **(environment or {})},
        )
        folder = where / ".covgate"
        return Gate(
            exit_code=done.returncode,
            stdout=done.stdout,
            stderr=done.stderr.decode("utf-8", "replace"),
            result=json.loads(_text(folder / "result.json") or "null"),
            comment=_text(folder / "comment.md"),
            summary=_text(folder / "summary.md"),
        )

    def diff_cover(self, *reports: str, options: tuple[str, ...] = (), base: str = "main") -> DiffCover:
        """Run diff-cover as anyone would: the report, the branch, and nothing else."""
        answer = self._home / "diff-cover.json"
        answer.unlink(missing_ok=True)
        done = self.run(
            *(sys.executable, "-m", "diff_cover.diff_cover_tool", *(reports or ("coverage.xml",))),
            *(f"--compare-branch={base}", f"--format=json:{answer}", "--fail-under=80", *options),
        )
        found = json.loads(_text(answer) or "{}")
        return DiffCover(
            exit_code=done.returncode,
            stderr=done.stderr.decode("utf-8", "replace"),
            lines=found.get("total_num_lines", -1),
            missing={name: stats["violation_lines"] for name, stats in found.get("src_stats", {}).items()},
            percent=found.get("total_percent_covered", -1),
        )

    def both(self, *options: str) -> tuple[DiffCover, Gate]:
        """Measure, then ask diff-cover (through the XML report) and covgate (through the data) the same question."""
        argv = ["coverage", "run", *options, "run.py"]
        self.python("-c", _MEASURE_AND_REPORT, *argv)
        with ThreadPoolExecutor() as pool:
            bare, gate = pool.submit(self.diff_cover), pool.submit(self.check)
            return bare.result(), gate.result()

    def changed(self, base: str = "main", head: str | None = "HEAD") -> dict[str, list[int]]:
        """Ask covgate's own changed lines directly; None for `head` is the working tree."""
        return {str(path): sorted(file.lines) for path, file in self.lines(base, head).files.items()}

    def lines(self, base: str = "main", head: str | None = None) -> ChangedLines:
        """Return covgate's own changed lines; None for `head` is the working tree."""
        git = GitCommand(self.path, self.environment())
        start = git.resolve(base)
        assert start is not None
        return find_changed_lines(git, start, git.resolve(head) if head else None)

    def environment(self) -> dict[str, str]:
        """An environment that holds nothing of the machine the tests run on but PATH."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TEMPLATE_DIR": "",
            "GIT_AUTHOR_NAME": "Author",
            "GIT_AUTHOR_EMAIL": "author@example.org",
            "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
            "GIT_COMMITTER_NAME": "Committer",
            "GIT_COMMITTER_EMAIL": "committer@example.org",
            "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        }

    def _call(self, *argv: str, directory: Path | None = None) -> bytes:
        done = self.run(*argv, directory=directory)
        assert done.returncode == 0, f"{argv}: {done.stdout!r} {done.stderr!r}"
        return done.stdout

    def run(
        self, *argv: str, directory: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        where, variables = directory or self.path, self.environment() | dict(environment or {})
        if argv[0] == sys.executable:
            return run_python(argv[1:], cwd=where, env=variables, timeout=_TIMEOUT)
        return subprocess.run(
            argv,
            cwd=where,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
        )


def _pair(counts: object) -> tuple[int, int]:
    found = cast("dict[str, int]", counts)
    return found["covered"], found["total"]


def _text(path: Path) -> str:
    """Return a file's text as a person reads it: a no-break space looks like any other."""
    return path.read_text(encoding="utf-8").replace("\u00a0", " ") if path.exists() else ""
