"""What a workflow run left: which artifact is meant, and its bytes, fetched from a host that gets no token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.errors import PublishError
from covgate.host.finished_run import Artifact
from covgate.host.github.artifacts import GithubArtifacts
from covgate.host.refusal import Refusal
from covgate.model.secret import Secret
from tests.support.github.answers import Answer, error
from tests.support.github.artifacts import FakeArtifacts, Storage
from tests.support.github.clients import QUICK
from tests.support.github.server import FakeGithub, Fault

pytestmark = pytest.mark.slow

TOKEN = "ghs_workflow"  # noqa: S105  # no one's password


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as storage:
        yield storage


@pytest.fixture
def fake(github: FakeGithub, storage: Storage) -> FakeArtifacts:
    return FakeArtifacts(github=github, storage=storage)


@pytest.fixture
def artifacts(github: FakeGithub, fake: FakeArtifacts) -> Iterator[GithubArtifacts]:
    assert not fake.stored
    token = Secret(value=TOKEN)
    with GithubArtifacts(api_url=github.url, repository=github.repository, token=token, pace=QUICK) as opened:
        yield opened


def refused(artifacts: GithubArtifacts, artifact: Artifact, most: int = 99) -> PublishError:
    with pytest.raises(PublishError) as caught:
        artifacts.download(artifact, most)
    return caught.value


def test_the_newest_artifact_of_the_name_and_the_run_is_found(
    github: FakeGithub, fake: FakeArtifacts, artifacts: GithubArtifacts
) -> None:
    assert artifacts.find(77, "covgate") is None
    fake.add(b"one")
    fake.add(b"two", expired=True, size=12)
    fake.add(b"three", run=78)
    fake.add(b"four", name="covgate-2")
    assert artifacts.find(77, "covgate") == Artifact(id=501, name="covgate", size=12, expired=True)
    assert artifacts.find(78, "covgate") == Artifact(id=502, name="covgate", size=5, expired=False)
    assert len(github.requests) == 3
    assert github.requests[-1][1].endswith("/actions/runs/78/artifacts?name=covgate&page=1&per_page=100")


@pytest.mark.parametrize(("others", "pages"), [(98, 1), (99, 2), (199, 3)])
def test_an_older_server_that_filters_nothing_is_read_page_by_page(
    github: FakeGithub, fake: FakeArtifacts, artifacts: GithubArtifacts, others: int, pages: int
) -> None:
    fake.filters = False
    # The newest come first.
    ours = fake.add(b"ours")
    for number in range(others):
        fake.add(b"", name=f"other-{number}")
    found = artifacts.find(77, "covgate")
    assert found is not None
    assert (found.id, len(github.requests)) == (ours.id, pages)


def test_a_list_without_end_ends_after_a_thousand(
    github: FakeGithub, fake: FakeArtifacts, artifacts: GithubArtifacts
) -> None:
    fake.filters = False
    fake.add(b"ours")
    for number in range(1000):
        fake.add(b"", name=f"other-{number}")
    assert artifacts.find(77, "covgate") is None
    assert len(github.requests) == 10


def test_an_archive_is_fetched_without_the_token_and_without_the_machines_own(
    fake: FakeArtifacts,
    storage: Storage,
    artifacts: GithubArtifacts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fake.add(b"0123456789" * 20_000)
    found = artifacts.find(77, "covgate")
    assert found is not None
    assert artifacts.download(found, 200_000) == b"0123456789" * 20_000
    # Of a longer one, one byte more: so that it is known to be longer.
    assert artifacts.download(found, 9) == b"0123456789"
    assert len(storage.headers) == 2
    for headers in storage.headers:
        assert not {"Authorization", "Cookie"} & set(headers)
        assert TOKEN not in str(headers)
        assert (headers["Accept-Encoding"], headers["User-Agent"]) == ("identity", "covgate")


def test_what_has_expired_meanwhile_is_none_and_what_is_not_there_is_an_error(
    github: FakeGithub, fake: FakeArtifacts, artifacts: GithubArtifacts
) -> None:
    gone = fake.add(b"x", gone=True)
    artifact = Artifact(id=gone.id, name="covgate", size=1, expired=False)
    assert artifacts.download(artifact, 9) is None
    problem = refused(artifacts, replace(artifact, id=9))
    assert problem.slug == Refusal.NOT_FOUND
    assert problem.message == (
        "GitHub does not know this, or hides it from this token (download an artifact, octo/project: "
        "HTTP 404: Not Found)"
    )
    assert problem.hint.startswith("give the job `permissions: actions: read`, ")
    github.faults.append(Fault(method="GET", answer=error(403, "Resource not accessible by integration")))
    assert refused(artifacts, artifact).slug == Refusal.READ_ONLY


@pytest.mark.parametrize(
    ("answers", "fetched"),
    [([503, 500, 502], 4), ([504], 2), ([403], None), ([302], None), ([204], None), ([503] * 9, None)],
    ids=["after-three-tries", "after-one", "no-key", "a-redirect-of-a-redirect", "nothing", "for-ever"],
)
def test_a_storage_that_is_not_well_is_asked_again_and_then_given_up(
    fake: FakeArtifacts, storage: Storage, artifacts: GithubArtifacts, answers: list[int], fetched: int | None
) -> None:
    stored = fake.add(b"archive")
    artifact = Artifact(id=stored.id, name="covgate", size=7, expired=False)
    storage.answers += answers
    if fetched:
        assert artifacts.download(artifact, 99) == b"archive"
        assert len(storage.headers) == fetched
        return
    problem = refused(artifacts, artifact)
    assert problem.slug == Refusal.UNREACHABLE
    # The address is a key.
    assert "sig=key" not in f"{problem.message}{problem.hint}{problem.__cause__}{problem.__context__}"
    assert len(storage.headers) == (1 if answers[0] != 503 else 1 + QUICK.retries)


def test_an_archive_without_end_is_read_to_the_most_or_given_up(
    github: FakeGithub, fake: FakeArtifacts, storage: Storage, artifacts: GithubArtifacts
) -> None:
    stored, storage.endless = fake.add(b"begin"), True
    artifact = Artifact(id=stored.id, name="covgate", size=7, expired=False)
    found = artifacts.download(artifact, 100_000)
    assert found is not None
    assert (len(found), found[:5]) == (100_001, b"begin")
    hasty = replace(QUICK, longest_download=0.05)
    token = Secret(value=TOKEN)
    with GithubArtifacts(api_url=github.url, repository=github.repository, token=token, pace=hasty) as opened:
        problem = refused(opened, artifact, 10**9)
    assert problem.slug == Refusal.UNREACHABLE
    assert problem.message == "GitHub gave no usable answer (download an artifact, octo/project: Timeout)"


def test_an_archive_that_is_cut_off_is_not_taken_for_a_whole_one(
    fake: FakeArtifacts, storage: Storage, artifacts: GithubArtifacts
) -> None:
    stored, storage.lost = fake.add(b"begin"), 1
    problem = refused(artifacts, Artifact(id=stored.id, name="covgate", size=6, expired=False))
    assert problem.slug == Refusal.UNREACHABLE
    assert problem.message == "GitHub gave no usable answer (download an artifact, octo/project: ConnectionError)"


def test_over_https_no_plain_address_is_followed(storage: Storage) -> None:
    token = Secret(value=TOKEN)
    with GithubArtifacts(api_url="https://api.example", repository="octo/project", token=token) as opened:
        for url in (storage.address(500), "ftp://localhost/x", "file:///etc/hostname", "//localhost/x", ""):
            with pytest.raises(ValueError, match="a redirect to no place of GitHub's"):
                opened.fetch_elsewhere(url, 9)
    assert storage.headers == []


ENTRY = {"id": 1, "name": "covgate", "size_in_bytes": 1, "expired": False}


@pytest.mark.parametrize(
    "body",
    [{"artifacts": [ENTRY | wrong]} for wrong in ({"id": "1"}, {"name": None}, {"size_in_bytes": "1"})]
    + [{"artifacts": [{"id": 1}]}, {}],
)
def test_a_list_that_is_none_is_no_answer_of_githubs(
    github: FakeGithub, artifacts: GithubArtifacts, body: object
) -> None:
    github.faults.append(Fault(method="GET", answer=Answer(status=200, body=body)))
    with pytest.raises(PublishError) as caught:
        artifacts.find(77, "covgate")
    assert caught.value.slug == Refusal.UNREACHABLE
    with pytest.raises(AssertionError, match="not an answer of GitHub's"):
        github.check()
    github.problems.clear()
