"""Both workflows of docs/workflows under act: a fork's run that can only read, and the one its end starts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.docker.act import TOKEN, artifact_server, documented, local_actions, run_act
from tests.docker.engine import Engine
from tests.docker.sample import CHANGE, NUMBER, REPOSITORY, Sample, make_sample
from tests.support.github.answers import Account
from tests.support.github.artifacts import FakeArtifacts, Storage
from tests.support.github.pulls import FakePulls, Pull
from tests.support.github.server import FakeGithub
from tests.support.pull_request import only_comment

FORK = "stranger/sample"
FORK_TOKEN = "fork-token"  # no one's password
RUN = 42


def first_half(engine: Engine, sample: Sample, folder: Path, url: str, image: str, base: str | None) -> bytes:
    """Run the first workflow as a fork's, and return the artifact it left."""
    event = folder / "event.json"
    told = sample.event()
    told["pull_request"]["head"]["repo"] = {"full_name": FORK}  # type: ignore[index]  # a plain dictionary
    event.write_text(json.dumps(told), encoding="utf-8")
    store = folder / "artifacts"
    server = artifact_server(store)
    which = ("--workflows", ".github/workflows/coverage.yml", "--env", f"GITHUB_RUN_ID={RUN}")
    done = run_act(
        engine, sample, event, url, *server, *which, *local_actions(folder, image),
        job_image=base or image, token=FORK_TOKEN,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "failure, verdict fail, passed false at 50" in done.stdout, done.stdout
    assert "at []" in done.stdout, done.stdout
    assert "The token can only read (a pull request from a fork)" in done.stdout
    (archive,) = store.rglob("*.zip")
    return archive.read_bytes()


def second_half(
    engine: Engine, sample: Sample, folder: Path, url: str, image: str, base: str | None, **about: object
) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    event = folder / "event.json"
    run = {
        "id": RUN,
        "run_attempt": 1,
        "name": "coverage",
        "event": "pull_request",
        "conclusion": "failure",
        "head_sha": sample.head,
        "head_branch": "half",
        "head_repository": {"full_name": FORK},
        "repository": {"full_name": REPOSITORY},
        "pull_requests": [],
        **about,
    }
    repository = {"full_name": REPOSITORY, "name": "sample", "owner": {"login": "octo"}, "default_branch": "main"}
    told = {"action": "completed", "workflow_run": run, "repository": repository}
    event.write_text(json.dumps(told), encoding="utf-8")
    more = ("--workflows", ".github/workflows/coverage-comment.yml", *local_actions(folder, image))
    return run_act(engine, sample, event, url, *more, job_image=base or image, name="workflow_run")


def test_a_fork_in_two_halves(engine: Engine, image: str, base: str | None, tmp_path: Path) -> None:
    workflows = {
        ".github/workflows/coverage.yml": documented("fork-safe"),
        ".github/workflows/coverage-comment.yml": documented("fork-safe-publish"),
    }
    sample = make_sample(tmp_path / "checkout", CHANGE, also=workflows)
    bot = "github-actions[bot]"
    accounts = {TOKEN: Account(login=bot), FORK_TOKEN: Account(login=bot, can_write=False)}
    with (
        Storage() as storage,
        FakeGithub(repository=REPOSITORY, pull_request=NUMBER, accounts=accounts) as github,
    ):
        artifacts, pulls = FakeArtifacts(github=github, storage=storage), FakePulls(github)
        one = Pull(
            number=NUMBER, title="", body="", head="half", base="main", author="stranger", fork=FORK, sha=sample.head
        )
        pulls.pulls.append(one)
        archive = first_half(engine, sample, tmp_path, github.url, image, base)
        assert not github.comments
        artifacts.add(archive, run=RUN)
        done = second_half(engine, sample, tmp_path / "second", github.url, image, base)
        assert done.returncode == 0, done.stdout
        (comment,) = github.comments.values()
        assert f"success, verdict fail, passed false at 50.000, at [{github.url}" in done.stdout, done.stdout
        assert "Summary - ❌ **Diff coverage 50 % is below 80 %" in done.stdout, done.stdout
        assert comment.author == bot
        body = only_comment(github)
        assert body.startswith("❌ **Diff coverage 50 % is below 80 %")
        assert f'"run_id":{RUN}' in body
        assert f"https://github.com/{REPOSITORY}/blob/{sample.head}/calc/__init__.py" in body

        forged = second_half(engine, sample, tmp_path / "forged", github.url, image, base, head_sha="0" * 40)
        assert forged.returncode != 0, forged.stdout
        assert "exit with `FAILURE`: 2" in forged.stdout, forged.stdout
        assert "is of another commit than the run's head" in forged.stdout
        skipped = second_half(engine, sample, tmp_path / "push", github.url, image, base, event="push")
        assert skipped.returncode == 0, skipped.stdout
        assert "verdict" not in skipped.stdout
        assert len(github.comments) == 1
