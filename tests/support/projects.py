"""Small real projects in real repositories, covgate run on them as a command, and coverage.py as the oracle."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.git import UNATTENDED
from tests.support.measured import MEASURED
from tests.support.warm import run_python

REPOSITORY = Path(__file__).resolve().parents[2]

_LAUNCHER = (
    f"import runpy, sys; sys.path.insert(0, {str(REPOSITORY)!r}); runpy.run_module('covgate', run_name='__main__')"
)
"""`python -m covgate` of this checkout, without a PYTHONPATH the projects' tests would see too."""

PRICES = '''\
def price(amount, *, member=False):
    """The price of some apples."""
    if member:
        return amount * 2
    if amount > 10:
        return amount * 3 - 5
    return amount * 3


def refund(amount):
    if amount < 0:
        raise ValueError(amount)
    return -price(amount)
'''

TEST_PRICES = """\
from shop.prices import price


def test_price():
    assert price(1) == 3


def test_price_of_many():
    assert price(20) == 55
"""

FAILING = "\n\ndef test_that_fails():\n    assert price(1) == 4\n"

SHOP: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/prices.py": PRICES,
    "shop/unused.py": "def never():\n    return 1\n",
    "tests/test_prices.py": TEST_PRICES,
    # Without it the folder of the tests, not the checkout, is what pytest puts on sys.path.
    "conftest.py": "",
}
"""A package of which a part is executed and a module is never imported."""

_FOREIGN = ("COVERAGE_", "COV_", "COVGATE_", "PYTEST_", "GITHUB_", "INPUT_", "ACTIONS_", "PYTHON", "RUNNER_", "GIT_")
_FOREIGN_NAMES = frozenset({"CI", "VIRTUAL_ENV", "CONDA_PREFIX", "FORCE_COLOR", "NO_COLOR", "TOX_ENV_DIR"})


PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}
"""Has pytest load the plugins of this environment, for projects that use pytest-cov or pytest-xdist."""


def clean_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without what configures Python, coverage, pytest, git or a runner.

    pytest loads no plugins in it: those of this environment are none of the projects', and double its start.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN) and k not in _FOREIGN_NAMES}
    git = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TEMPLATE_DIR": ""}
    return {**kept, **git, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **extra}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """What covgate told the person, as one line."""
        return " ".join(self.err.split())


def run(argv: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120) -> Ended:
    done = subprocess.run(
        [str(arg) for arg in argv],
        cwd=cwd,
        env=dict(env if env is not None else clean_environment()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def run_warm(arguments: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], timeout: float = 120) -> Ended:
    """Run `python ARGUMENTS` in a process that has imported covgate and coverage already (tests.support.warm)."""
    done = run_python([str(arg) for arg in arguments], cwd=cwd, env=env, timeout=timeout)
    out, err = (io.StringIO(text.decode("utf-8", "replace"), None).read() for text in (done.stdout, done.stderr))
    return Ended(code=done.returncode, out=out, err=err)


def run_at_once(code: str, each: Sequence[Sequence[str]]) -> list[Ended]:
    """Run `python -c CODE` in a process for each list of arguments, all of them at the same time; it may use tests."""

    def run(arguments: Sequence[str]) -> Ended:
        return run_warm(["-c", code, *arguments], cwd=REPOSITORY, env=clean_environment(), timeout=600)

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(run, each))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A repository with a project in it; `python` is the interpreter its tests run in."""

    path: Path
    python: str = sys.executable

    def write(self, files: Mapping[str, str | bytes]) -> Checkout:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def git(self, *args: str) -> str:
        identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "init.defaultBranch=main")
        done = run(["git", *UNATTENDED, *identity, *args], cwd=self.path)
        assert done.code == 0, done.err
        return done.out.strip()

    def commit(self, message: str = "a commit") -> Checkout:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self

    def covgate(self, *args: str, command: Sequence[str] = (), sub: str = ".", **extra: str) -> Ended:
        """Run `covgate check` with the folder `sub` as the working directory; `extra` are environment variables."""
        argv = [*covgate_command(*args), *(["--", *command] if command else [])]
        return run_warm(argv[1:], cwd=self.path / sub, env=clean_environment(**MEASURED, **extra))

    def result(self, sub: str = ".") -> dict[str, Any]:
        text = (self.path / sub / ".covgate" / "result.json").read_text(encoding="utf-8")
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    def total(self, sub: str = ".") -> Decimal:
        """Total coverage of the last run, in percent."""
        total = self.result(sub)["total"]
        assert total["percent"] is not None, total["reason"]
        return Decimal(total["percent"])

    def coverage(self, *args: str, sub: str = ".", **extra: str) -> Ended:
        argv = ["-m", "coverage", *args]
        if self.python == sys.executable:
            return run_warm(argv, cwd=self.path / sub, env=clean_environment(**extra))
        return run([self.python, *argv], cwd=self.path / sub, env=clean_environment(**extra))

    def coverage_total(self, *args: str, sub: str = ".") -> Decimal:
        """Return what `coverage report` says of the data in `sub`, in percent, to six decimals."""
        done = self.coverage("report", "--format=total", "--precision=6", *args, sub=sub)
        # 2: the project's own fail_under was not reached; the figure is printed all the same.
        assert done.code in {0, 2}, done.err
        return Decimal(done.out.split()[0])


def make_checkout(path: Path, files: Mapping[str, str | bytes] = SHOP, *, python: str = sys.executable) -> Checkout:
    """Make a repository in `path` with `files` committed on main; the report folder of a run ignores itself."""
    path.mkdir(parents=True, exist_ok=True)
    checkout = Checkout(path=path, python=python)
    checkout.git("init", "--quiet")
    return checkout.write(files).commit("the project")


def covgate_command(*args: str) -> list[str]:
    return [sys.executable, "-c", _LAUNCHER, "check", *args]


def same(one: Decimal, other: Decimal) -> bool:
    """Whether two percents are equal to five decimals: covgate cuts where coverage rounds."""
    return abs(one - other) < Decimal("0.00001")


@contextmanager
def started(argv: Sequence[str], *, cwd: Path, **extra: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command whose output is read while it runs; whatever is left of it is killed in the end."""
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        env=clean_environment(**extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def alive(pid: int) -> bool:
    """Whether a process still runs; a zombie nobody waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}
