"""A fork's report in two halves: a run without rights leaves its result, and a second workflow posts it."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from covgate.config.outputs import OUTPUT_NAMES
from covgate.errors import PublishError
from covgate.host.finished_run import Artifact
from covgate.host.github.artifacts import GithubArtifacts
from covgate.host.github.pulls import GithubPulls
from covgate.host.refusal import Refusal
from covgate.model.commit import Sha, parse_sha
from covgate.model.numbers import Counts
from covgate.model.secret import Secret
from covgate.publish.marker import Marker, parse_marker, render_marker
from tests.contract.test_action import passed_by_the_runner
from tests.integration.conftest import QUICK, methods
from tests.support.github.answers import Account, Answer
from tests.support.github.artifacts import FakeArtifacts, Storage
from tests.support.github.pulls import FakePulls, Pull
from tests.support.github.server import FakeGithub, Fault
from tests.support.projects import run_warm
from tests.support.pull_request import COVERED, PullRequest, Ran, only_comment
from tests.support.workflow import ROOT, read_outputs, runner_environment

FORK = "stranger/project"
NO_FILES = {name: Path(os.devnull) for name in ("event", "output", "summary")}


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as storage:
        yield storage


@pytest.fixture
def artifacts(github: FakeGithub, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> FakeArtifacts:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    return FakeArtifacts(github=github, storage=storage)


@pytest.fixture
def pulls(github: FakeGithub) -> FakePulls:
    return FakePulls(github)


@pytest.fixture
def first(tmp_path: Path, github: FakeGithub) -> PullRequest:
    return PullRequest(tmp_path, github)


def pack(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


class Second:
    """The second workflow, started by the end of a run of the first."""

    def __init__(self, folder: Path, github: FakeGithub, artifacts: FakeArtifacts, pulls: FakePulls) -> None:
        self._folder = folder
        self.github = github
        self._artifacts = artifacts
        self._pulls = pulls
        self._runs = 900

    def open(self, number: int, head: str, *, fork: str | None = FORK, branch: str = "cheapest", **more: Any) -> Pull:  # noqa: ANN401  # its fields
        made = Pull(
            number=number, title="t", body="b", head=branch, base="main", author="stranger", fork=fork, sha=head
        )
        for name, value in more.items():
            setattr(made, name, value)
        self._pulls.pulls.append(made)
        return made

    def leave(self, first: PullRequest, run: int = 77) -> bytes:
        """Upload what the first half left, as actions/upload-artifact does; return the comment it would have posted."""
        report = first.folder / ".covgate"
        self._artifacts.add(pack({"result.json": (report / "result.json").read_bytes()}), run=run)
        return (report / "comment.md").read_bytes()

    def run(
        self, head: str, *, run: int = 77, token: str = "ghs_workflow", action: str = "completed",  # noqa: S107  # no one's password
        env: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None, **about: object,
    ) -> Ran:  # fmt: skip
        self._runs += 1
        names = {name: self._folder / f"second-{name}-{self._runs}" for name in ("event", "output", "summary")}
        self.place = place = self._folder / f"second-{self._runs}"
        place.mkdir()
        for name, text in (files or {}).items():
            (place / name).write_text(text)
        told = {
            "id": run,
            "run_attempt": 1,
            "name": "coverage",
            "path": ".github/workflows/coverage.yml",
            "event": "pull_request",
            "status": "completed",
            "conclusion": "failure",
            "head_sha": head,
            "head_branch": "cheapest",
            "head_repository": {"full_name": FORK},
            "repository": {"full_name": self.github.repository},
            "pull_requests": [],
            **about,
        }
        names["event"].write_text(json.dumps({"action": action, "workflow_run": told}))
        passed = {"mode": "publish", "github-token": token, **(inputs or {})}
        environment = runner_environment(self.github, names, {}) | passed_by_the_runner(passed)
        environment |= {"NO_PROXY": "127.0.0.1,localhost", "GITHUB_EVENT_NAME": "workflow_run"}
        environment |= {"GITHUB_RUN_ID": str(self._runs)} | dict(env or {})
        done = run_warm([ROOT / "entrypoint.py"], cwd=place, env=environment)
        return Ran(
            exit_code=done.code,
            log=done.out + done.err,
            errors=done.err,
            outputs=read_outputs(names["output"].read_text() if names["output"].exists() else ""),
            summary=names["summary"].read_text().replace("\u00a0", " ") if names["summary"].exists() else "",
        )


@pytest.fixture
def second(tmp_path: Path, github: FakeGithub, artifacts: FakeArtifacts, pulls: FakePulls) -> Second:
    return Second(tmp_path, github, artifacts, pulls)


def read_only(first: PullRequest, run_id: int = 77) -> Ran:
    return first.run(token="ghs_fork", fork=True, run_id=run_id)  # noqa: S106  # no one's password


def test_the_second_half_posts_what_the_first_could_not(
    first: PullRequest, second: Second, github: FakeGithub, storage: Storage
) -> None:
    assert read_only(first).exit_code == 1
    comment = second.leave(first).decode()
    second.open(7, first.head)
    ran = second.run(first.head)
    assert ran.exit_code == 0, ran.log
    marker = parse_marker(only_comment(github))
    assert marker is not None
    assert replace(marker, now=None) == Marker(name="", run_id=77, run_attempt=1, head=Sha(first.head))
    assert marker.now is not None
    assert marker.now.diff == Counts(covered=1, total=6)
    # The second half has no checkout, and so no code to show.
    body = re.sub(r"(?s)<details><summary>The code</summary>.*?</details>\n\n", "", comment)
    body = body.replace("\u00a0", " ").rstrip()
    assert only_comment(github) == f"{body}\n\n{render_marker(marker)}"
    assert tuple(ran.outputs) == OUTPUT_NAMES
    assert (ran.outputs["verdict"], ran.outputs["passed"]) == ("fail", "false")
    assert ran.outputs["diff-percent"] == "16.666666"
    assert ran.outputs["comment-url"].endswith(f"#issuecomment-{min(github.comments)}")
    assert ran.outputs["result-path"] == ".covgate/result.json"
    assert "Diff coverage 16.7 % is below 80 %" in ran.summary
    (asked,) = storage.headers
    assert not {name for name in asked if name.lower() in {"authorization", "cookie"}}
    assert "ghs_workflow" not in ran.log.replace("::add-mask::ghs_workflow", "")


def test_a_newer_run_edits_the_comment_and_an_older_one_leaves_it(
    first: PullRequest, second: Second, github: FakeGithub
) -> None:
    read_only(first)
    second.leave(first, 77)
    pull = second.open(7, first.head)
    old = first.head
    second.run(old, run=77)
    first.push(COVERED, "Test the cheapest")
    read_only(first, 88)
    second.leave(first, 88)
    pull.sha = first.head
    assert second.run(first.head, run=88).outputs["passed"] == "true"
    assert "✅" in only_comment(github)
    late = second.run(old, run=77)
    assert late.exit_code == 0, late.log
    assert "newer commit" in late.log
    assert "✅" in only_comment(github)


def test_an_older_run_of_the_same_commit_leaves_a_newer_ones_comment(
    first: PullRequest, second: Second, github: FakeGithub
) -> None:
    read_only(first)
    for run in (77, 78):
        second.leave(first, run)
    second.open(7, first.head)
    second.run(first.head, run=78)
    before = only_comment(github)
    ran = second.run(first.head, run=77)
    assert ran.exit_code == 0, ran.log
    assert "A newer run (78" in ran.log
    assert only_comment(github) == before


def test_where_the_first_half_could_comment_the_second_does_nothing_new(
    first: PullRequest, second: Second, github: FakeGithub
) -> None:
    first.run(run_id=77)
    second.leave(first)
    second.open(7, first.head, fork=github.repository)
    # A note of the first half's own, which the second has not.
    shown = github.comments[min(github.comments)]
    shown.body += "\nmore"
    before = only_comment(github)
    ran = second.run(first.head, head_repository={"full_name": github.repository})
    assert ran.exit_code == 0, ran.log
    assert only_comment(github) == before
    assert ran.outputs["comment-url"].endswith(f"#issuecomment-{shown.id}")


# --- which pull request ----------------------------------------------------------------------------------------------

OTHER = "b" * 40


def test_of_many_pull_requests_with_one_branch_name_the_forks_own_is_chosen(
    first: PullRequest, second: Second, github: FakeGithub
) -> None:
    read_only(first)
    second.leave(first)
    second.open(3, OTHER, fork="")
    second.open(4, first.head, fork="another/project")
    second.open(5, first.head, fork="stranger/project-two")
    second.open(6, OTHER, fork=FORK, last=OTHER)
    second.open(7, first.head, fork=FORK)
    second.open(8, first.head, fork=FORK, branch="another")
    ran = second.run(first.head)
    assert ran.exit_code == 0, ran.log
    assert parse_marker(only_comment(github))


def test_two_of_one_commit_are_told_by_the_branch_they_go_to(
    first: PullRequest, second: Second, github: FakeGithub
) -> None:
    read_only(first)
    second.leave(first)
    second.open(6, first.head, base="release")
    second.open(7, first.head)
    assert second.run(first.head).exit_code == 0
    assert only_comment(github)


@pytest.mark.parametrize(
    ("number", "more", "code", "said"),
    [
        pytest.param(7, {"sha": OTHER}, 0, "has a newer commit", id="pushed-again"),
        pytest.param(7, {"last": OTHER}, 0, "was closed", id="closed"),
        pytest.param(7, {"fork": "another/project"}, 2, "no pull request comes from the branch", id="none"),
        pytest.param(7, {"fork": None}, 2, "no pull request comes from the branch", id="deleted-fork"),
    ],
)
def test_a_report_without_its_pull_request(
    first: PullRequest, second: Second, github: FakeGithub, number: int, more: dict[str, Any], code: int, said: str
) -> None:
    read_only(first)
    second.leave(first)
    second.open(number, first.head, **{"fork": FORK, **more})
    ran = second.run(first.head)
    assert ran.exit_code == code, ran.log
    assert said in ran.log
    assert not github.comments
    assert set(ran.outputs) == set(OUTPUT_NAMES)
    assert ran.outputs["verdict"] == ("fail" if code == 0 else "cannot-judge")


def test_two_of_one_commit_that_go_to_no_known_branch(first: PullRequest, second: Second, github: FakeGithub) -> None:
    read_only(first)
    second.leave(first)
    for number in (6, 7):
        second.open(number, first.head, base="release")
    ran = second.run(first.head)
    assert ran.exit_code == 2
    assert "2 open pull requests are of the commit" in ran.log
    assert not github.comments


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "said"),
    [
        pytest.param({"event": "push"}, "was started by 'push'", id="of-a-push"),
        pytest.param({"event": "pull_request_target"}, "was started by 'pull_request_target'", id="of-a-target"),
        pytest.param({"name": "lint"}, "of the workflow 'lint' left no artifact covgate", id="another-workflow"),
        pytest.param({"name": "a\n::error::b"}, r"workflow 'a\\n::error::b' left no", id="a-name-that-speaks"),
        pytest.param({"action": "requested"}, "the run was requested", id="not-ended"),
        pytest.param({"repository": {"full_name": "x/y"}}, "is of x/y, not of this one", id="another-repository"),
        pytest.param({"head_sha": "main"}, "no usable workflow_run.head_sha", id="no-commit"),
    ],
)
def test_a_run_that_is_not_one_of_covgates(
    second: Second, github: FakeGithub, about: dict[str, Any], said: str
) -> None:
    ran = second.run(OTHER, **about)
    assert ran.exit_code == 2, ran.log
    assert said in ran.log
    assert not github.comments
    assert ran.outputs["verdict"] == "cannot-judge"


@pytest.mark.parametrize("conclusion", ["cancelled", "skipped", "action_required"])
def test_a_run_that_was_cut_off_left_nothing_and_nothing_is_wrong(second: Second, conclusion: str) -> None:
    ran = second.run(OTHER, conclusion=conclusion)
    assert ran.exit_code == 0, ran.log
    assert conclusion in ran.log
    assert ran.outputs["passed"] == "false"


GREEN = "✅ **Coverage passes: diff 100 %, total 100 %**"


def left_before(github: FakeGithub, run: int = 50) -> None:
    marker = Marker(name="", run_id=run, run_attempt=1, head=parse_sha("a" * 40))
    github.add_comment("github-actions[bot]", f"{render_marker(marker)}\n{GREEN}\n")


@pytest.mark.parametrize(
    ("archive", "about", "why", "code"),
    [
        pytest.param("own", {}, "the run ended without a verdict", 0, id="no-verdict"),
        pytest.param("", {"conclusion": "cancelled"}, "the run was cancelled before it had a result", 0, id="cut-off"),
        pytest.param("", {}, "bad input or configuration", 2, id="nothing-left"),
        pytest.param("forged", {}, "bad input or configuration", 2, id="forged"),
    ],
)
def test_the_comment_of_an_earlier_run_does_not_stand_for_one_without_a_verdict(
    first: PullRequest, second: Second, github: FakeGithub, artifacts: FakeArtifacts,
    archive: str, about: dict[str, Any], why: str, code: int,
) -> None:  # fmt: skip
    left_before(github)
    second.open(7, first.head)
    if archive == "own":
        ran = first.run(token="ghs_fork", fork=True, run_id=77, min_dif="80")  # noqa: S106  # no one's password
        assert (ran.exit_code, GREEN in only_comment(github)) == (2, True)
        second.leave(first)
    elif archive:
        artifacts.add(pack({"result.json": b'{"schema": 1, "headline": "@team"}'}), run=77)
    ran = second.run(first.head, **about)
    assert ran.exit_code == code, ran.log
    body = only_comment(github)
    assert f"⚠️ **Cannot judge: {why}**" in body
    assert "/actions/runs/77)" in body
    assert (GREEN in body, "team" in body) == (False, False)
    assert ran.log.count("::error") == (1 if code else 0)


@pytest.mark.parametrize(
    ("standing", "about"),
    [
        pytest.param({"run": 900}, {}, id="a-newer-comment"),
        pytest.param({}, {"head_sha": "b" * 40}, id="a-newer-commit"),
        pytest.param({}, {"event": "push"}, id="a-push"),
        pytest.param({}, {"inputs": {"comment": "never"}}, id="never"),
    ],
)
def test_a_run_without_a_verdict_leaves_what_is_not_about_it(
    first: PullRequest, second: Second, github: FakeGithub, standing: dict[str, int], about: dict[str, Any]
) -> None:
    left_before(github, **standing)
    second.open(7, first.head)
    arguments = {"head": first.head, **about}
    arguments["head"] = arguments.pop("head_sha", first.head)
    assert second.run(**arguments).exit_code == 2
    assert GREEN in only_comment(github)


def test_another_event_is_refused(second: Second) -> None:
    ran = second.run(OTHER, env={"GITHUB_EVENT_NAME": "pull_request"})
    assert ran.exit_code == 2
    assert "publishing is for the event workflow_run, and this is 'pull_request'" in ran.log


def test_a_rule_is_refused_where_nothing_is_judged(second: Second) -> None:
    ran = second.run(OTHER, inputs={"min-diff": "80"})
    assert ran.exit_code == 2
    assert "min-diff (from the input min-diff) means nothing to the mode `publish`" in ran.log


@pytest.mark.parametrize("how", ["expired", "gone"])
def test_an_expired_artifact(second: Second, artifacts: FakeArtifacts, how: str) -> None:
    setattr(artifacts.add(b"zip"), how, True)
    ran = second.run(OTHER)
    assert ran.exit_code == 2
    assert "the artifact covgate of run 77 has expired" in ran.log


@pytest.mark.parametrize(
    ("archive", "size", "said"),
    [
        pytest.param(b"no zip", None, "it is no zip archive", id="no-zip"),
        pytest.param(b"no zip", 9_000_000_000, "it has 9,000,000,000 bytes", id="listed-as-huge"),
        pytest.param(bytes(8 * 1024 * 1024 + 1), 10, "it has more than 8,388,608 bytes", id="huge"),
    ],
)
def test_an_archive_that_is_refused(
    second: Second, artifacts: FakeArtifacts, storage: Storage, archive: bytes, size: int | None, said: str
) -> None:
    artifacts.add(archive, size=size)
    ran = second.run(OTHER)
    assert ran.exit_code == 2
    assert said in ran.log
    assert bool(storage.headers) is (size != 9_000_000_000)


@pytest.mark.parametrize(
    ("account", "code", "said"),
    [
        pytest.param(Account(login="github-actions[bot]", sees_actions=False), 6, "actions: read", id="no-actions"),
        pytest.param(Account(login="github-actions[bot]", can_write=False), 6, "pull-requests: write", id="no-write"),
    ],
)
def test_a_missing_permission_is_named(
    first: PullRequest, second: Second, github: FakeGithub, account: Account, code: int, said: str
) -> None:
    read_only(first)
    second.leave(first)
    second.open(7, first.head)
    github.accounts["ghs_second"] = account
    ran = second.run(first.head, token="ghs_second")  # noqa: S106  # no one's password
    assert ran.exit_code == code, ran.log
    assert f"permissions: {said}" in ran.log


def test_a_comment_that_may_fail_is_a_matter_of_the_workflow(first: PullRequest, second: Second) -> None:
    read_only(first)
    second.leave(first)
    second.open(7, first.head)
    ran = second.run(first.head, token="ghs_fork", inputs={"publish": "best-effort"})  # noqa: S106  # no one's password
    assert ran.exit_code == 0, ran.log
    assert "::warning" in ran.log


def test_without_a_token_nothing_can_be_fetched(second: Second) -> None:
    ran = second.run(OTHER, token="")
    assert ran.exit_code == 2
    assert "no github-token was given" in ran.log


@pytest.mark.parametrize("conclusion", ["cancelled", "success"])
def test_the_settings_of_what_lies_there_are_not_read(second: Second, conclusion: str) -> None:
    """Neither when all is well nor when it is not."""
    toml = '[tool.covgate]\nname = "mine"\nreport-dir = "elsewhere"\nnonsense = 1\n'
    ran = second.run(OTHER, conclusion=conclusion, files={"pyproject.toml": toml})
    assert ran.exit_code == (0 if conclusion == "cancelled" else 2), ran.log
    assert "nonsense" not in ran.log
    assert {path.name for path in second.place.iterdir()} == {"pyproject.toml", ".covgate"}


def test_a_command_is_refused(second: Second) -> None:
    done = run_warm(
        ["-m", "covgate", "publish", "--", "pytest"], cwd=ROOT, env=runner_environment(second.github, NO_FILES, {})
    )
    assert done.code == 2
    assert "covgate publish runs no command" in done.err


def test_on_the_command_line_it_is_a_command(
    first: PullRequest, second: Second, github: FakeGithub, tmp_path: Path
) -> None:
    read_only(first)
    second.leave(first)
    second.open(7, first.head)
    second.run(first.head, inputs={"artifact": "another"})
    event = max(tmp_path.glob("second-event-*"))
    environment = runner_environment(github, {**NO_FILES, "event": event}, {})
    environment |= {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_TOKEN": "ghs_workflow", "GITHUB_RUN_ID": "1"}
    environment["NO_PROXY"] = "127.0.0.1,localhost"
    assert not github.comments
    done = run_warm(["-m", "covgate", "publish", "--comment", "always"], cwd=second.place, env=environment)
    assert done.code == 0, done.err
    assert only_comment(github)


# --- the download ----------------------------------------------------------------------------------------------------


@pytest.fixture
def client(github: FakeGithub, artifacts: FakeArtifacts) -> Iterator[GithubArtifacts]:
    del artifacts
    pace = replace(QUICK, longest_download=0.5)
    with GithubArtifacts(
        api_url=github.url, repository=github.repository, token=Secret(value="ghs_workflow"), pace=pace
    ) as made:
        yield made


def test_the_newest_of_a_name_is_found_behind_many_others(
    github: FakeGithub, artifacts: FakeArtifacts, client: GithubArtifacts
) -> None:
    artifacts.filters = False
    artifacts.add(b"old")
    newest = artifacts.add(b"new")
    for number in range(150):
        artifacts.add(b"", name=f"other-{number}")
    artifacts.add(b"", run=78)
    found = client.find(77, "covgate")
    assert found == Artifact(id=newest.id, name="covgate", size=3, expired=False)
    assert client.download(found, 10) == b"new"
    assert len(github.requests) == 3


def test_a_list_that_does_not_end_ends(artifacts: FakeArtifacts, client: GithubArtifacts, github: FakeGithub) -> None:
    artifacts.filters = False
    for number in range(1500):
        artifacts.add(b"", name=f"other-{number}")
    assert client.find(77, "covgate") is None
    assert methods(github) == ["GET"] * 10


def stored(artifacts: FakeArtifacts) -> Artifact:
    made = artifacts.add(b"zip")
    return Artifact(id=made.id, name=made.name, size=3, expired=False)


def test_no_more_is_read_than_was_asked_for(
    artifacts: FakeArtifacts, storage: Storage, client: GithubArtifacts
) -> None:
    storage.endless = True
    found = client.download(stored(artifacts), 100_000)
    assert found is not None
    assert len(found) == 100_001


def test_a_storage_that_stumbles_is_asked_again(
    artifacts: FakeArtifacts, storage: Storage, client: GithubArtifacts
) -> None:
    storage.answers = [503, 500]
    assert client.download(stored(artifacts), 100) == b"zip"


@pytest.mark.parametrize("status", [302, 403, 404])
def test_a_download_that_fails_is_one_error(
    artifacts: FakeArtifacts, storage: Storage, client: GithubArtifacts, status: int
) -> None:
    storage.answers = [status]
    with pytest.raises(PublishError, match="download an artifact") as caught:
        client.download(stored(artifacts), 100)
    assert caught.value.slug == Refusal.UNREACHABLE
    assert "sig=key" not in str(caught.value)


def test_an_endless_trickle_is_given_up(artifacts: FakeArtifacts, storage: Storage, client: GithubArtifacts) -> None:
    storage.endless = True
    with pytest.raises(PublishError, match="no usable answer"):
        client.download(stored(artifacts), 10**12)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/x", ""])
def test_a_redirect_to_no_storage_is_not_followed(
    github: FakeGithub, artifacts: FakeArtifacts, client: GithubArtifacts, location: str
) -> None:
    github.faults.append(Fault(method="GET", path="/zip", answer=Answer(status=302, headers={"Location": location})))
    with pytest.raises(PublishError):
        client.download(stored(artifacts), 100)


def test_an_unfiltered_list_of_pull_requests_is_filtered_here(github: FakeGithub, pulls: FakePulls) -> None:
    for number, fork in enumerate(["", "another/project", FORK], start=1):
        pulls.pulls.append(
            Pull(number=number, title="", body="", head="x", base="main", author="a", fork=fork, sha=OTHER)
        )
    every = pulls.answer_unfiltered(github.url)
    github.faults.append(Fault(method="GET", path="/pulls", answer=every))
    with GithubPulls(
        api_url=github.url, repository=github.repository, token=Secret(value="ghs_workflow"), pace=QUICK
    ) as client:
        assert [pull.number for pull in client.of_branch(FORK, "x")] == [3]
