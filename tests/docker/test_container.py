"""The image, run as the runner runs it: folders mounted, another user's checkout, inputs as variables."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median

import pytest

from covgate.config.outputs import OUTPUT_NAMES
from covgate.errors import ExitCode
from tests.contract.test_action import passed_by_the_runner
from tests.docker.engine import Engine
from tests.docker.sample import CHANGE, NUMBER, PROJECT, REPOSITORY, Sample, git, make_sample
from tests.host.test_log import parse_outputs
from tests.support.github.answers import Account
from tests.support.github.server import FakeGithub

TOKEN = "ghs_the-token-of-this-run"
"""What must reach GitHub and nobody else."""

RUN = {
    "github-token": TOKEN,
    "install-command": "uv pip install --quiet coverage",
    "test-command": "python -m unittest -q",
}

SOMEBODY = 4711


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run of the container left."""

    exit_code: int
    log: str
    outputs: Mapping[str, str]
    summary: str
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step `uses: covgate` on a runner made of folders."""

    engine: Engine
    image: str
    github: FakeGithub
    folder: Path

    def run(self, sample: Sample, with_: Mapping[str, str], env: Mapping[str, str] | None = None) -> Run:
        commands, workflow = self.folder / "file_commands", self.folder / "workflow"
        for folder in (commands, workflow, self.folder / "home"):
            folder.mkdir(exist_ok=True)
        output, summary = commands / "output", commands / "summary"
        output.touch()
        summary.touch()
        sample.write_event(workflow / "event.json")
        _give_away(sample.folder)
        variables = {**_runner_variables(self.github.url), **passed_by_the_runner({**RUN, **with_}), **(env or {})}
        done = self.engine.docker(
            *("run", "--rm", "--network=host", "--workdir=/github/workspace"),
            *(f"--env={name}={value}" for name, value in variables.items()),
            *(f"--volume={sample.folder}:/github/workspace", f"--volume={commands}:/github/file_commands"),
            *(f"--volume={workflow}:/github/workflow", f"--volume={self.folder / 'home'}:/github/home"),
            self.image,
            timeout=300,
            check=False,
        )
        return Run(
            exit_code=done.returncode,
            log=done.stdout,
            outputs=parse_outputs(output.read_text(encoding="utf-8")),
            summary=summary.read_text(encoding="utf-8").replace("\u00a0", " "),
            comments=tuple(comment.body for comment in self.github.comments.values()),
        )


def _runner_variables(api_url: str) -> dict[str, str]:
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": api_url,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": "/github/workflow/event.json",
        "GITHUB_OUTPUT": "/github/file_commands/output",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "42",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_WORKSPACE": "/github/workspace",
        "HOME": "/github/home",
    }


def _give_away(folder: Path) -> None:
    """Make the checkout somebody else's, as it is on a runner; without being root it is not the container's anyway."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    accounts = {TOKEN: Account(login="github-actions[bot]")}
    with FakeGithub(repository=REPOSITORY, pull_request=NUMBER, accounts=accounts) as server:
        yield server


@pytest.fixture
def step(engine: Engine, image: str, github: FakeGithub, tmp_path: Path) -> Step:
    return Step(engine=engine, image=image, github=github, folder=tmp_path)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path / "checkout", CHANGE)


def test_a_red_gate(step: Step, sample: Sample) -> None:
    run = step.run(sample, {"min-diff": "80"})
    assert run.exit_code == ExitCode.RULE_BROKEN, run.log
    assert tuple(run.outputs) == OUTPUT_NAMES
    assert (run.outputs["verdict"], run.outputs["passed"]) == ("fail", "false")
    assert Decimal(run.outputs["diff-percent"]) == 50
    result = json.loads((sample.folder / run.outputs["result-path"]).read_text(encoding="utf-8"))
    assert (result["verdict"], result["base"]["sha"]) == ("fail", sample.base)
    assert len(run.comments) == 1
    assert "❌" in run.comments[0]
    assert run.outputs["comment-url"].startswith("http")
    assert "❌" in run.summary


READ = {"data": (".coverage", ()), "xml": ("coverage.xml", ("xml",)), "lcov": ("coverage.lcov", ("lcov",))}


@pytest.mark.parametrize(("name", "report"), READ.values(), ids=READ)
def test_data_of_an_earlier_job_is_read(step: Step, sample: Sample, name: str, report: tuple[str, ...]) -> None:
    """The image's interpreter for the tests has no coverage; covgate's own has."""
    for arguments in (("run", "-m", "unittest", "-q"), *([report] if report else [])):
        subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=sample.folder, check=True)
    run = step.run(sample, {"coverage-data": name, "install-command": "", "test-command": "", "min-diff": "80"})
    assert run.exit_code == ExitCode.RULE_BROKEN, run.log
    assert Decimal(run.outputs["diff-percent"]) == 50


def test_a_green_gate(step: Step, sample: Sample) -> None:
    run = step.run(sample, {"min-diff": "50", "comment": "always", "install-command": "pip install --quiet coverage"})
    assert run.exit_code == ExitCode.PASSED, run.log
    assert (run.outputs["verdict"], run.outputs["passed"]) == ("pass", "true")
    assert len(run.comments) == 1


def test_failing_tests(step: Step, tmp_path: Path) -> None:
    broken = CHANGE["test_calc.py"].replace("calc.half(4), 2", "calc.half(4), 3")
    run = step.run(make_sample(tmp_path / "checkout", {**CHANGE, "test_calc.py": broken}), {"min-diff": "50"})
    assert run.exit_code == ExitCode.TESTS_FAILED, run.log
    assert run.outputs["passed"] == "false"
    assert run.summary


@pytest.mark.parametrize(
    ("with_", "said"),
    [({"min-diff": "120"}, "min-diff = 120"), ({"orange": "90"}, "orange = 90")],
    ids=["out-of-range", "contradiction"],
)
def test_bad_input(step: Step, sample: Sample, with_: dict[str, str], said: str) -> None:
    run = step.run(sample, with_)
    assert run.exit_code == ExitCode.BAD_INPUT, run.log
    assert said in run.log
    assert run.comments == ()


def test_a_misspelt_input(step: Step, sample: Sample) -> None:
    run = step.run(sample, {}, env={"INPUT_MIN-DIF": "80"})
    assert run.exit_code == ExitCode.BAD_INPUT, run.log
    assert "min-diff" in run.log


SPY = """
import importlib.util
import os
import pathlib
import unittest

NEEDLE = os.environ["NEEDLE"][::-1]


class Sees(unittest.TestCase):
    def test_nothing_of_covgate(self):
        for name in ("covgate", "github", "pydantic", "diff_cover", "jinja2", "rich", "uv"):
            self.assertIsNone(importlib.util.find_spec(name), name)

    def test_no_token(self):
        self.assertEqual([name for name, value in os.environ.items() if NEEDLE in value], [])

    def test_no_token_in_the_environment_of_another_process(self):
        for file in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                content = file.read_bytes()
            except OSError:
                continue
            self.assertNotIn(NEEDLE.encode(), content, file)
"""


def test_the_tests_see_neither_covgate_nor_the_token(step: Step, tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "checkout", {**CHANGE, "test_spy.py": SPY})
    run = step.run(sample, {"test-command": "python -m unittest -v"}, env={"NEEDLE": TOKEN[::-1]})
    assert run.exit_code == ExitCode.PASSED, run.log
    assert "Ran 5 tests" in run.log


def test_the_checkout_cannot_lend_covgate_modules(step: Step, tmp_path: Path) -> None:
    """What runs beside the token comes from the image, whatever PYTHONPATH and the working folder offer."""
    trap = "import os\nos._exit(99)\n"
    traps = {f"{folder}{name}.py": trap for folder in ("", "traps/") for name in ("covgate", "pydantic", "github")}
    home = tmp_path / "home" / ".local" / "lib"
    for version in range(11, 16):
        site = home / f"python3.{version}" / "site-packages"
        site.mkdir(parents=True)
        (site / "pydantic.py").write_text(trap)
    sample = make_sample(tmp_path / "checkout", {**CHANGE, **traps})
    run = step.run(sample, {"min-diff": "80"}, env={"PYTHONPATH": "/github/workspace/traps"})
    assert run.exit_code == ExitCode.RULE_BROKEN, run.log


def test_the_checkout_is_left_clean(step: Step, sample: Sample) -> None:
    step.run(sample, {})
    untracked = git(sample.folder, "-c", "safe.directory=*", "status", "--porcelain")
    assert untracked == ""


def test_the_image_is_not_root_only(engine: Engine, image: str) -> None:
    """A suite that runs as another user still starts covgate's probe."""
    script = "find /opt/covgate/app ! -perm -o=r; find /opt/covgate/app -name '*.pyc' | head -1; git config --system -l"
    done = engine.docker("run", "--rm", "--entrypoint=/bin/sh", image, "-c", script)
    compiled, trust = done.stdout.split()
    assert compiled.endswith(".pyc")
    assert trust == "safe.directory=*"


def test_the_image_does_not_grow_unseen(
    engine: Engine, image: str, base: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if base is None:
        pytest.skip("the base was not made here")
    whole, below = (int(engine.docker("image", "inspect", "--format={{.Size}}", tag).stdout) for tag in (image, base))
    with capsys.disabled():
        print(f"\nthe image: {whole / 1e6:.0f} MB, {(whole - below) / 1e6:.0f} MB over its base")  # noqa: T201  # a figure
    assert whole - below <= 110_000_000
    history = engine.docker("history", "--no-trunc", "--format={{.Size}} {{.CreatedBy}}", image).stdout.splitlines()
    # After a change of covgate alone nothing else is made, or fetched, again.
    own = [line for line in history if "COPY dir:" in line or "compileall" in line]
    assert all(float(re.match(r"[\d.]+", line)[0]) < 10 for line in own)  # type: ignore[index]  # each begins with its size


def test_the_suite_starts_soon(step: Step, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the start of the container's first process to the first line of the tests, in an environment that exists.

    A second on a machine that does nothing else; what is held here is what no machine is too busy for.
    """
    own = '[tool.covgate]\npython = "/opt/covgate/bin/python"\n'
    sample = make_sample(tmp_path / "soon", CHANGE, also={"pyproject.toml": PROJECT["pyproject.toml"] + own})
    clock = "echo started $(cut -d' ' -f22 /proc/1/stat) $(cut -d' ' -f1 /proc/uptime)"
    settings = {"install-command": "", "test-command": f"{clock}; python -m unittest -q"}
    seconds = []
    for _ in range(5):
        run = step.run(sample, settings)
        match = re.search(r"started (\d+) ([\d.]+)", run.log)
        assert match, run.log
        seconds.append(float(match[2]) - int(match[1]) / os.sysconf("SC_CLK_TCK"))
    parts = step.engine.docker("run", "--rm", "--entrypoint=/opt/covgate/bin/python", step.image, "-I", "-c", PARTS)
    with capsys.disabled():
        print(f"\nfrom the container's start to the suite's first line: {median(seconds):.2f} s")  # noqa: T201  # a figure
        print(parts.stdout.rstrip())  # noqa: T201  # figures
    assert 0 < min(seconds) < BUSY


BUSY = 10
"""Seconds."""

PARTS = """
import statistics, subprocess, sys, time

def seconds(*argv):
    begin = time.monotonic()
    subprocess.run(argv, cwd="/opt/covgate/app", check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin

own = (sys.executable, "-I", "-c")
for name, argv in {
    "Python": (*own, "pass"),
    "Python and covgate": (*own, "import gc; gc.set_threshold(100_000, 50, 100); import covgate.cli"),
    "Python and PyGithub": (*own, "import github"),
    "Python and coverage": (*own, "import coverage"),
    "one call of git": ("git", "version"),
    "one program as the tests' user": ("setpriv", "--reuid=60606", "--regid=60606", "--clear-groups", "--", "true"),
}.items():
    print(f"  {name}: {statistics.median(seconds(*argv) for _ in range(5)) * 1000:.0f} ms")
"""


def test_the_image_holds_no_compiler_and_no_cache(engine: Engine, image: str) -> None:
    script = "command -v cc gcc make; ls -d ~/.cache /var/lib/apt/lists/*_Packages /tmp/* /var/cache/apt/*.bin 2>&1"
    done = engine.docker("run", "--rm", "--entrypoint=/bin/sh", image, "-c", script, check=False)
    found = [line for line in done.stdout.splitlines() if "No such file" not in line]
    assert found == []


def test_a_run_of_the_default_branch_is_recorded_and_the_next_pull_request_compared(step: Step, sample: Sample) -> None:
    """The record, its line-level part and the files drawn from it are made inside the image."""
    git(sample.folder, "checkout", "--quiet", "--detach", sample.base)
    push = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": sample.base}
    run = step.run(sample, {}, push)
    assert run.exit_code == ExitCode.PASSED, run.log
    assert "Recorded in the branch covgate-data" in run.summary
    files = step.github.git_data.files("covgate-data")
    assert {"history.jsonl", f"lines/{sample.base}", "index.html", "trend.svg", "badge.svg"} <= set(files)
    # By now the checkout is somebody else's.
    git(sample.folder, "-c", "safe.directory=*", "checkout", "--quiet", "--detach", sample.merge)
    run = step.run(sample, {"max-drop": "0"})
    assert run.exit_code == ExitCode.RULE_BROKEN, run.log
    assert Decimal(run.outputs["delta"]) < 0
    assert "Total coverage fell by" in run.comments[0]
