from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import PublishError
from covgate.host.github.repository import GithubData
from covgate.host.refusal import Refusal
from covgate.host.repository import Compared
from covgate.model.commit import Sha, parse_sha
from tests.support.git import Repository, make_repository
from tests.support.github.answers import READ_ONLY, SECONDARY_LIMIT, Answer, error
from tests.support.github.clients import ConnectData, methods
from tests.support.github.git_data import GitData
from tests.support.github.server import FakeGithub, Fault

pytestmark = pytest.mark.slow

NOTES = PurePosixPath("notes/today.txt")
ABSENT = Sha("ab" * 20)


def asked(github: FakeGithub) -> list[str]:
    """The requests so far, without the place they are all below."""
    place = f"/repos/{github.repository}/"
    return [f"{method} {path.replace(place, '')}" for method, path in github.requests]


def commit(data: GithubData, text: str, parents: tuple[Sha, ...] = (), *, branch: str = "notes") -> bool:
    return data.commit(branch, parents, {NOTES: text}, {}, "Take a note", new_branch=not parents)


# Reading


def test_a_branch_is_looked_up_in_one_request(git_github: FakeGithub, connect_data: ConnectData) -> None:
    data = connect_data()
    assert data.tip("main") == git_github.git_data.text("rev-parse", "main")
    assert asked(git_github) == ["GET git/ref/heads/main"]


@pytest.mark.parametrize("branch", ["mai", "main/more", "other"])
def test_a_branch_that_is_not_there_is_none(git_github: FakeGithub, connect_data: ConnectData, branch: str) -> None:
    data = connect_data()
    assert data.tip(branch) is None
    assert data.tree(branch) is None
    assert methods(git_github) == ["GET", "GET"]


def test_all_files_are_listed_in_one_request(git_github: FakeGithub, connect_data: ConnectData) -> None:
    head = git_github.git_data.seed({"a.txt": "1", "b/c/d.txt": "2"}, "deep/er")
    data = connect_data()
    by_name, by_commit = data.tree("deep/er"), data.tree(head)
    assert by_name is not None
    assert by_name == by_commit
    assert {str(path) for path in by_name.blobs} == {"a.txt", "b/c/d.txt"}
    assert asked(git_github) == ["GET git/trees/deep%2Fer?recursive=1", f"GET git/trees/{head}?recursive=1"]


def test_a_list_of_files_that_is_cut_off_is_an_error(git_github: FakeGithub, connect_data: ConnectData) -> None:
    body = {"sha": "ab" * 20, "url": "https://api.github.com", "tree": [], "truncated": True}
    git_github.faults.append(Fault(method="GET", answer=Answer(status=200, body=body)))
    with pytest.raises(PublishError, match="more than GitHub lists") as caught:
        connect_data().tree("main")
    assert caught.value.slug == Refusal.REFUSED


@pytest.mark.parametrize("size", [0, 1, 59, 60, 61, 10_000])
def test_a_blob_comes_back_as_it_was_stored(git_github: FakeGithub, connect_data: ConnectData, size: int) -> None:
    content = (hashlib.sha256(b"noise").digest() * (size // 32 + 1))[:size]
    data = connect_data()
    assert data.blob(data.add_blob(content)) == content
    assert methods(git_github) == ["POST", "GET"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "AAA", "size": 2},
        {"content": "%%%%", "size": 3},
        {"content": "AAAA", "size": 4},
        {"encoding": "none"},
    ],
    ids=["padding", "letters", "size", "encoding"],
)
def test_a_blob_that_is_not_whole_is_no_answer(
    git_github: FakeGithub, connect_data: ConnectData, wrong: dict[str, object]
) -> None:
    body = {"content": "AAAA", "size": 3, "encoding": "base64", "sha": "ab" * 20, "url": "https://x", "node_id": "B"}
    git_github.faults.append(Fault(method="GET", answer=Answer(status=200, body=body | wrong)))
    with pytest.raises(PublishError) as caught:
        connect_data().blob("ab" * 20)
    assert caught.value.slug == Refusal.UNREACHABLE


def test_an_empty_repository_has_no_branch(git_github: FakeGithub, connect_data: ConnectData) -> None:
    git_github.git_data.git("update-ref", "-d", "refs/heads/main")
    data = connect_data()
    assert data.tip("main") is None
    assert data.tree("main") is None
    with pytest.raises(PublishError, match="Git Repository is empty"):
        data.add_blob(b"")


def test_a_repository_that_is_hidden_is_told_from_an_empty_one(
    git_github: FakeGithub, connect_data: ConnectData
) -> None:
    connect_data().confirm_visible()
    git_github.git_data.git("update-ref", "-d", "refs/heads/main")
    connect_data().confirm_visible()
    assert methods(git_github) == ["GET", "GET"]
    with pytest.raises(PublishError) as caught:
        connect_data(repository="octo/other").confirm_visible()
    assert caught.value.slug == Refusal.NOT_FOUND


# Comparing


@pytest.fixture
def project(tmp_path: Path, git_github: FakeGithub) -> Repository:
    """A fork of two lines of commits, pushed."""
    made = make_repository(tmp_path / "project")
    for name in ("one", "two"):
        made.commit(name)
    made.branch("side")
    made.commit("three")
    made.checkout("main")
    made.commit("four")
    made.git("push", "--quiet", "--force", str(git_github.git_data.path), "main", "side")
    return made


def test_two_lines_of_commits_are_compared_in_one_request(
    git_github: FakeGithub, connect_data: ConnectData, project: Repository
) -> None:
    main, side, fork = project.sha("main"), project.sha("side"), project.sha("side~1")
    assert connect_data().compare(main, side) == Compared(
        merge_base=fork, ahead_by=1, behind_by=1, commits={side: (fork,)}
    )
    assert asked(git_github) == [f"GET compare/{main}...{side}?page=1&per_page=250"]


def test_an_ancestor_is_behind_by_nothing(connect_data: ConnectData, project: Repository) -> None:
    first, last = project.sha("main~2"), project.sha("main")
    found = connect_data().compare(first, last)
    assert (found.merge_base, found.ahead_by, found.behind_by) == (first, 2, 0)
    assert found.commits == {last: (project.sha("main~1"),), project.sha("main~1"): (first,)}


def test_of_many_commits_the_first_250_are_known_for_one_request(
    git_github: FakeGithub, connect_data: ConnectData
) -> None:
    git_data = git_github.git_data
    first = commits_in_a_row(git_data, 300)
    found = connect_data().compare(first, parse_sha(git_data.text("rev-parse", "row")))
    assert (found.ahead_by, len(found.commits)) == (300, 250)
    assert methods(git_github) == ["GET"]


def commits_in_a_row(git_data: GitData, count: int) -> Sha:
    """Make a first commit and `count` more on the branch `row`; return the first."""
    made = [
        f"commit refs/heads/row\nmark :{number}\ncommitter a <a@example.org> {1_700_000_000 + number} +0000\n"
        f"data 1\nx\n"
        for number in range(1, count + 2)
    ]
    git_data.git("fast-import", "--quiet", stdin="".join(made).encode())
    return parse_sha(git_data.text("rev-list", "--max-parents=0", "row"))


def test_commits_without_a_common_ancestor_have_no_merge_base(
    git_github: FakeGithub, connect_data: ConnectData
) -> None:
    one, other = (parse_sha(git_github.git_data.seed({"a": name}, name)) for name in ("one", "other"))
    nothing = Compared(merge_base=None, ahead_by=0, behind_by=0, commits={})
    assert connect_data().compare(one, other) == nothing


def test_an_unknown_commit_can_not_be_compared(connect_data: ConnectData, project: Repository) -> None:
    with pytest.raises(PublishError) as caught:
        connect_data().compare(ABSENT, project.sha("main"))
    assert caught.value.slug == Refusal.NOT_FOUND


# Writing


def test_a_new_branch_starts_without_parents(git_github: FakeGithub, connect_data: ConnectData) -> None:
    assert commit(connect_data(), "hello")
    assert git_github.git_data.files("notes") == {str(NOTES): b"hello"}
    assert git_github.git_data.text("rev-list", "--count", "notes") == "1"
    assert asked(git_github) == ["POST git/trees", "POST git/commits", "POST git/refs"]


@pytest.mark.parametrize("read_first", [True, False])
def test_a_commit_adds_replaces_and_removes_in_three_requests(
    git_github: FakeGithub, connect_data: ConnectData, *, read_first: bool
) -> None:
    git_data = git_github.git_data
    before = parse_sha(git_data.seed({"keep": "1", "go": "2", "notes/today.txt": "3"}, "notes"))
    data = connect_data()
    if read_first:
        data.tree(before)
    stored = data.add_blob(b"\xff\x00")
    git_github.requests.clear()
    files = {NOTES: "schön", PurePosixPath("go"): None}
    assert data.commit("notes", (before,), files, {PurePosixPath("raw"): stored}, "Message", new_branch=False)
    assert git_data.files("notes") == {"keep": b"1", "notes/today.txt": "schön".encode(), "raw": b"\xff\x00"}
    assert git_data.text("rev-parse", "notes~1") == before
    assert asked(git_github) == ["POST git/trees", "POST git/commits", "PATCH git/refs/heads/notes"]


def test_a_branch_that_was_moved_meanwhile_is_not_touched(git_github: FakeGithub, connect_data: ConnectData) -> None:
    git_data = git_github.git_data
    before = parse_sha(git_data.seed({"a": "1"}, "notes"))
    moved = git_data.seed({"a": "2"}, "notes", before)
    assert not commit(connect_data(), "late", (before,))
    assert git_data.text("rev-parse", "notes") == moved


def test_a_branch_that_was_made_or_removed_meanwhile_is_no_error(
    git_github: FakeGithub, connect_data: ConnectData
) -> None:
    git_data = git_github.git_data
    made = parse_sha(git_data.seed({"a": "1"}, "notes"))
    assert not commit(connect_data(), "late")
    assert git_data.text("rev-parse", "notes") == made
    git_data.git("update-ref", "-d", "refs/heads/notes")
    assert not commit(connect_data(), "later", (made,))
    assert git_data.resolve("notes") is None


def test_a_token_that_can_only_read_is_told(git_github: FakeGithub, connect_data: ConnectData) -> None:
    with pytest.raises(PublishError, match="can only read") as caught:
        connect_data("ghs_fork").add_blob(b"")
    assert caught.value.slug == Refusal.READ_ONLY
    assert "`permissions: contents: write`" in caught.value.hint
    assert READ_ONLY in caught.value.message
    assert methods(git_github) == ["POST"]


def test_another_repository_is_not_found(connect_data: ConnectData) -> None:
    with pytest.raises(PublishError) as caught:
        connect_data(repository="octo/other").blob(ABSENT)
    assert caught.value.slug == Refusal.NOT_FOUND


def test_what_may_be_repeated_is_repeated(git_github: FakeGithub, connect_data: ConnectData) -> None:
    before = parse_sha(git_github.git_data.seed({"a": "1"}, "notes"))
    git_github.faults += [
        Fault(method="GET"),
        Fault(method="PATCH", carried_out=True),
        Fault(method="POST", path="git/commits", answer=error(429, SECONDARY_LIMIT, headers={"Retry-After": "0"})),
    ]
    data = connect_data()
    assert data.tip("notes") == before
    assert commit(data, "new", (before,))
    assert methods(git_github) == ["GET", "GET", "POST", "POST", "POST", "PATCH", "PATCH"]
    assert git_github.git_data.text("rev-list", "--count", "notes") == "2"


@pytest.mark.parametrize(("path", "times"), [("git/trees", 1), ("git/commits", 1), ("git/refs", 1)])
def test_a_post_without_an_answer_is_not_repeated(
    git_github: FakeGithub, connect_data: ConnectData, path: str, times: int
) -> None:
    git_github.faults.append(Fault(method="POST", path=path, carried_out=True))
    with pytest.raises(PublishError) as caught:
        commit(connect_data(), "hello")
    assert caught.value.slug == Refusal.UNREACHABLE
    assert sum(path in target for _, target in git_github.requests) == times
