"""The sample project of the golden reports, a bookshop: its files, its commits on a GitHub, what its tests cover."""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from covgate.model.commit import Sha, parse_sha
from tests.support.git import ENVIRONMENT
from tests.support.projects import clean_environment, run_warm

SAMPLE = Path(__file__).parents[1] / "golden" / "bookshop"
"""Each file ends in `.txt`, so that none is taken for a module or a test of covgate's own."""

Files = Mapping[str, str]
Edits = Mapping[str, str | None]
"""Files as they are to be; None: removed."""

AUTHOR = "Ada Reader <ada@example.org>"
FIRST_DAY = 1_709_629_200
"""Tuesday, 5 March 2024, 10:00 +0100: so long ago that no trend and no ramp depends on the day of the run."""
DAY = 24 * 60 * 60


@functools.cache
def read_sample() -> Files:
    """Return the bookshop, by the path of each file."""
    found = sorted(path for path in SAMPLE.rglob("*.txt") if path.is_file())
    return {path.relative_to(SAMPLE).as_posix().removesuffix(".txt"): path.read_text("utf-8") for path in found}


def edit(name: str, *changes: tuple[str, str], more: str = "") -> dict[str, str]:
    """Return a file of the bookshop with texts replaced, each of which is there, and with `more` at its end."""
    text = read_sample()[name]
    for old, new in changes:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return {name: text + more}


def apply(files: Files, edits: Edits) -> Files:
    """Return the files after edits."""
    return {name: text for name, text in {**files, **edits}.items() if text is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit to write: all its files, and the parents it has, of which the first may be one of the same writing."""

    branch: str
    files: Files
    message: str
    parents: Sequence[str] = ()
    """Names git knows, or `:N`: the N-th of the commits written with it."""


def write_commits(repository: Path, day: int, *commits: Commit) -> list[Sha]:
    """Write commits with the same ids on every machine, and set their branches; return the ids.

    `day` is how many days after the first of all they are made.
    """
    text, when = bytearray(), f"{AUTHOR} {FIRST_DAY + day * DAY} +0100"
    for mark, commit in enumerate(commits, start=1):
        text += f"commit {commit.branch}\nmark :{mark}\nauthor {when}\ncommitter {when}\n".encode()
        text += _data(commit.message)
        for word, parent in zip(("from", "merge"), commit.parents, strict=False):
            text += f"{word} {parent}\n".encode()
        text += b"deleteall\n"
        for name, content in commit.files.items():
            quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            text += f'M 100644 inline "{quoted}"\n'.encode("utf-8", "surrogateescape") + _data(content)
    with tempfile.NamedTemporaryFile() as marks:
        subprocess.run(
            ["git", "fast-import", "--quiet", "--force", f"--export-marks={marks.name}"],
            cwd=repository,
            env=ENVIRONMENT,
            input=bytes(text),
            check=True,
        )
        made = dict(line.split() for line in Path(marks.name).read_text("ascii").splitlines())
    return [parse_sha(made[f":{mark}"]) for mark in range(1, len(commits) + 1)]


def _data(text: str) -> bytes:
    raw = text.encode()
    return b"data %d\n%b\n" % (len(raw), raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """How the tests are run whose coverage a job before covgate's uploaded."""

    arguments: tuple[str, ...] = ()
    busy: bool = False
    """Whether the warehouse answers late: some lines run then that do not run on other days."""


ALL_TESTS = Tests()


@dataclass(frozen=True, slots=True)
class Measured:
    """What a job that ran the tests leaves: coverage's data, and the results as JUnit."""

    data: bytes = field(repr=False)
    junit: bytes = field(repr=False)

    def put(self, checkout: Path) -> None:
        """Put both where covgate is told that they are."""
        folder = checkout / "artifact"
        folder.mkdir()
        (folder / "coverage.data").write_bytes(self.data)
        (folder / "junit.xml").write_bytes(self.junit)


MEASURED_INPUTS = {"coverage-data": "artifact/coverage.data", "junit": "artifact/junit.xml"}


def measure(files: Files, tests: Tests) -> Measured:
    """Run the bookshop's tests under coverage, once for the same code, tests and configuration of both."""
    code = {name: text for name, text in files.items() if name.endswith(".py")}
    code["pyproject.toml"] = files["pyproject.toml"].partition("\n[tool.covgate")[0]
    return _measure(tuple(sorted(code.items())), tests)


@functools.cache
def _measure(files: tuple[tuple[str, str], ...], tests: Tests) -> Measured:
    with tempfile.TemporaryDirectory(prefix="bookshop-") as name:
        folder = Path(name)
        for path, text in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        argv = ["-m", "coverage", "run", "-m", "pytest", "-q", "--assert=plain", "-p", "no:cacheprovider"]
        busy = {"BUSY": "1"} if tests.busy else {}
        environment = clean_environment(PYTHONDONTWRITEBYTECODE="1", **busy)
        done = run_warm([*argv, "--junitxml=junit.xml", *tests.arguments], cwd=folder, env=environment)
        assert done.code in {0, 1, 5}, done.out + done.err
        return Measured((folder / ".coverage").read_bytes(), _fix_times((folder / "junit.xml").read_bytes()))


def _fix_times(junit: bytes) -> bytes:
    """Give each test a time that only its name decides."""
    return re.sub(
        rb'( name="([^"]*)" time=")[^"]*',
        lambda test: b"%b%.3f" % (test[1], zlib.crc32(test[2]) % 400 / 1000),
        junit,
    )
