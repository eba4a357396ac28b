"""Each workflow of docs/workflows, and the action built from a checkout, under act: comment, outputs, summary, exit.

Those for forks are in test_forks.py.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from covgate.model.commit import parse_sha
from covgate.publish.marker import Marker, parse_marker, render_marker
from tests.docker.act import TOKEN, action_files, artifact_server, documented, local_actions, of_sample, run_act
from tests.docker.engine import ROOT, Engine
from tests.docker.sample import CHANGE, NUMBER, PROJECT, REPOSITORY, Sample, git, make_sample
from tests.support.github import events
from tests.support.github.answers import Account
from tests.support.github.server import FakeGithub
from tests.support.pull_request import only_comment

PLACE = ".github/workflows/coverage.yml"
BOT = "github-actions[bot]"

COVERED = {
    **CHANGE,
    "test_calc.py": CHANGE["test_calc.py"] + "        self.assertEqual(calc.half(5), 2)\n",
}
BROKEN = {**COVERED, "test_calc.py": COVERED["test_calc.py"] + "        self.fail()\n"}


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    accounts = {TOKEN: Account(login=BOT)}
    with FakeGithub(repository=REPOSITORY, pull_request=NUMBER, accounts=accounts) as server:
        yield server


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a workflow runs."""

    engine: Engine
    image: str
    base: str | None
    github: FakeGithub
    folder: Path

    def sample(
        self, name: str, change: Mapping[str, str], *, also: Mapping[str, str] | None = None, workflow: str = ""
    ) -> Sample:
        workflows = {PLACE: workflow or documented(name)}
        return make_sample(self.folder / "checkout", change, also={**workflows, **(also or {})})

    def run(self, sample: Sample, event: str, payload: Mapping[str, object]) -> subprocess.CompletedProcess[str]:
        here = self.folder / event
        here.mkdir()
        file = here / "event.json"
        file.write_text(json.dumps(payload), encoding="utf-8")
        more = [*artifact_server(here / "artifacts"), *local_actions(here, self.image), "--workflows", PLACE]
        more += ["--env", f"GITHUB_RUN_ID={RUN}"]
        # Any image with bash and Python does for the job; only the action's own container is under test.
        image = self.base or self.image
        return run_act(self.engine, sample, file, self.github.url, *more, job_image=image, name=event)

    def pull_request(self, sample: Sample) -> subprocess.CompletedProcess[str]:
        return self.run(sample, "pull_request", events.pull_request(REPOSITORY, NUMBER, sample.head, sample.base))


RUN = 100


@pytest.fixture
def machine(engine: Engine, image: str, base: str | None, github: FakeGithub, tmp_path: Path) -> Machine:
    return Machine(engine=engine, image=image, base=base, github=github, folder=tmp_path)


@pytest.mark.parametrize(
    ("change", "code", "verdict", "diff", "headline"),
    [
        pytest.param(
            COVERED,
            0,
            "pass",
            "100.000",
            "✅ **Coverage passes: all 8 changed lines and branches are covered, total 100 %",
            id="green",
        ),
        pytest.param(CHANGE, 1, "fail", "50.000", "❌ **Diff coverage 50 % is below 80 %", id="red"),
        pytest.param(BROKEN, 3, "fail", "100.000", "❌ **The tests failed (exit code 1)", id="failing-suite"),
    ],
)
def test_a_pull_request(
    machine: Machine, github: FakeGithub, change: Mapping[str, str], code: int, verdict: str, diff: str, headline: str
) -> None:
    earlier = Marker(name="", run_id=50, run_attempt=1, head=parse_sha("a" * 40))
    github.add_comment(BOT, f"{render_marker(earlier)}\nAn earlier run's.\n")
    done = machine.pull_request(machine.sample("basic", change))
    outcome = "failure" if code else "success"
    passed = "false" if code else "true"
    said = f"{outcome}, verdict {verdict}, passed {passed} at {diff}, at [{github.url}"
    assert said in done.stdout, done.stdout
    assert f"Summary - {headline}" in done.stdout
    assert (done.returncode != 0) is bool(code)
    assert (f"exit with `FAILURE`: {code}" in done.stdout) is bool(code)
    assert only_comment(github).startswith(headline)
    assert [line.partition("::group::")[2] for line in done.stdout.splitlines() if "::group::" in line] == [
        "Environment",
        "Tests",
        "Report",
    ]
    assert done.stdout.count("::error ") == (1 if code else 0)


def test_a_merge_queue_is_judged_and_not_commented(machine: Machine, github: FakeGithub) -> None:
    sample = machine.sample("merge-queue", CHANGE)
    ref = f"refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{sample.base}"
    done = machine.run(sample, "merge_group", events.merge_group(REPOSITORY, sample.merge, sample.base, ref))
    assert "Judging pull request 7 in the merge queue of main" in done.stdout, done.stdout
    assert "failure, verdict fail, passed false at 50.000, at []" in done.stdout, done.stdout
    assert "Summary - ❌ **Diff coverage 50 % is below 80 %" in done.stdout
    assert done.returncode != 0
    assert not github.comments


def test_main_is_recorded_and_a_pull_request_compared_with_it(machine: Machine, github: FakeGithub) -> None:
    sample = machine.sample("trend", CHANGE)
    git(sample.folder, "checkout", "--quiet", "main")
    done = machine.run(sample, "push", events.push(REPOSITORY, "refs/heads/main", sample.base))
    assert done.returncode == 0, done.stdout
    assert "success, verdict pass, passed true at , at []" in done.stdout, done.stdout
    assert "Recorded in the branch covgate-data" in done.stdout
    files = github.git_data.files("covgate-data")
    assert sample.base in files["history.jsonl"].decode()
    assert f"lines/{sample.base}" in files
    assert not github.comments
    git(sample.folder, "checkout", "--quiet", "--detach", sample.merge)
    done = machine.pull_request(sample)
    assert "failure, verdict fail, passed false at 50.000" in done.stdout, done.stdout
    assert "| Drop | 40 | at most 0.5 | ❌ fail |" in only_comment(github)


@pytest.mark.slow
def test_a_monorepo_has_a_gate_and_a_comment_for_each_project(machine: Machine, github: FakeGithub) -> None:
    def inside(project: str, files: Mapping[str, str]) -> dict[str, str]:
        return {f"services/{project}/{name}": text for name, text in files.items()}

    projects = {**inside("api", PROJECT), **inside("worker", PROJECT)}
    sample = machine.sample("monorepo", {**inside("api", CHANGE), **inside("worker", COVERED)}, also=projects)
    done = machine.pull_request(sample)
    assert done.returncode != 0, done.stdout
    assert "failure, verdict fail, passed false at 50.000" in done.stdout, done.stdout
    assert "success, verdict pass, passed true at 100.000" in done.stdout, done.stdout
    body = only_comment(github)
    marker = parse_marker(body)
    assert marker is not None
    assert marker.name == "api"
    assert "services/api/calc/__init__.py" in body


@pytest.mark.slow
def test_several_pythons_and_one_gate(machine: Machine, github: FakeGithub) -> None:
    done = machine.pull_request(machine.sample("matrix", CHANGE))
    assert "downloaded coverage-3.12" in done.stdout, done.stdout
    assert "downloaded coverage-3.13" in done.stdout, done.stdout
    assert "failure, verdict fail, passed false at 50.000" in done.stdout, done.stdout
    assert done.returncode != 0
    assert "❌ **Diff coverage 50 % is below 80 %" in only_comment(github)


@pytest.mark.skipif(not (ROOT / "docs/workflows/cache.yml").exists(), reason="there is no such workflow")
@pytest.mark.slow
def test_downloads_are_kept_where_the_action_has_them(machine: Machine) -> None:
    done = machine.pull_request(machine.sample("cache", COVERED))
    assert "_github_home/.cache/covgate as covgate-" in done.stdout, done.stdout
    assert "success, verdict pass, passed true at 100.000" in done.stdout, done.stdout
    assert done.returncode == 0


def test_every_workflow_of_the_documentation_is_run() -> None:
    here = Path(__file__).parent
    tests = "".join((here / name).read_text(encoding="utf-8") for name in ("test_workflows.py", "test_forks.py"))
    names = [path.stem for path in (ROOT / "docs/workflows").glob("*.yml")]
    assert [name for name in names if f'"{name}"' not in tests] == []


BUILT_HERE = """
on: pull_request
permissions: {}
jobs:
  gate:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: write
    steps:
      # act copies the folder instead.
      - uses: actions/checkout@v6
        with:
          fetch-depth: 2
      - id: covgate
        uses: ./
        with:
          install-command: uv pip install --quiet coverage
          test-command: python -m unittest
          min-diff: 80
          comment: on-failure
      - if: always()
        env:
          VERDICT: ${{ steps.covgate.outputs.verdict }}
          DIFF: ${{ steps.covgate.outputs.diff-percent }}
        run: echo "verdict is $VERDICT at $DIFF"
"""


@pytest.mark.slow
def test_the_action_is_built_from_the_checkout(machine: Machine, github: FakeGithub) -> None:
    sample = machine.sample("", CHANGE, also=action_files(machine.base), workflow=BUILT_HERE)
    done = machine.pull_request(sample)
    assert "verdict is fail at 50" in done.stdout, done.stdout
    assert done.returncode != 0, done.stdout
    assert len(github.comments) == 1


NEVER_RUN = {"calc/old.py": "def old():\n    return 1\n"}
"""Lines of main that no test knows: a change may be covered in full, and the total is not."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("also", "red", "joined"),
    [
        pytest.param(NEVER_RUN, "outcome failure, verdict fail, passed false", "success", id="as-it-should-be"),
        pytest.param({}, "outcome success, verdict pass, passed true", "failure", id="a-rule-that-holds"),
    ],
)
def test_the_self_test(machine: Machine, github: FakeGithub, also: Mapping[str, str], red: str, joined: str) -> None:
    """A gate that is green, one whose red is awaited, and one check that says whether both came out so."""
    workflow = of_sample((ROOT / ".github/workflows/self-test.yml").read_text(encoding="utf-8"))
    # A module of covgate's has a name that unittest looks for.
    workflow = workflow.replace("python -m unittest", "python -m unittest test_calc")
    sample = machine.sample("", COVERED, also={**action_files(machine.base), **also}, workflow=workflow)
    done = machine.pull_request(sample)
    assert red in done.stdout, done.stdout
    assert f"the gate: success, a rule that cannot hold: {joined}" in done.stdout, done.stdout
    assert ("❌ **Total coverage 83.3 % is below 100 %" in done.stdout) is (joined == "success"), done.stdout
    assert "uploaded " in done.stdout, done.stdout
    assert (done.returncode == 0) is (joined == "success"), done.stdout
    assert not github.comments
