"""What a clone asks of where it came from: a tip, the default branch, a commit, more of the history."""

from __future__ import annotations

import base64
import socket
from pathlib import Path

import pytest

from covgate.model.secret import Secret
from covgate.model.unknown import Unavailable
from covgate.system.git_remote import Access, GitRemote
from tests.support.git import Repository, make_repository


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    """main with five commits, and topic with two more on top of the third."""
    made = make_repository(tmp_path / "origin")
    # GitHub hands out any commit it has.
    made.git("config", "uploadpack.allowAnySHA1InWant", "true")
    for name in "abcde":
        made.commit(name)
    made.branch("topic", "HEAD~2")
    made.commit("f")
    made.commit("g")
    made.checkout("main")
    return made


def shallow(origin: Repository, path: Path) -> Repository:
    return origin.clone(path, "--depth=1", "--branch=topic")


def known(clone: Repository) -> set[str]:
    """Return what is said by the commits that the clone holds of HEAD."""
    return set(clone.git("log", "--format=%s").split())


def test_a_branch_comes_before_a_tag_and_a_tag_is_the_commit_it_stands_for(origin: Repository, tmp_path: Path) -> None:
    origin.git("tag", "--annotate", "--message=v1", "v1", "main~1")
    origin.git("tag", "topic", "main~3")
    remote = GitRemote(shallow(origin, tmp_path / "clone").command)
    main, topic = origin.sha("main"), origin.sha("refs/heads/topic")
    found = {
        name: remote.tip(name)
        for name in ("main", "origin/main", "refs/heads/main", "v1", "refs/tags/v1", "topic", "refs/tags/topic", main)
    }
    assert found == {
        **dict.fromkeys(["main", "origin/main", "refs/heads/main", main], main),
        **dict.fromkeys(["v1", "refs/tags/v1"], origin.sha("main~1")),
        "topic": topic,
        "refs/tags/topic": origin.sha("main~3"),
    }
    # Any commit id is taken as it is: whether there is one shows when it is fetched.
    assert remote.tip("a" * 40) == "a" * 40
    assert remote.tip("origin/gone") == Unavailable(reason="the remote has no branch or tag 'gone'")
    assert remote.tip("refs/heads/v1") == Unavailable(reason="the remote has no branch or tag 'refs/heads/v1'")
    assert remote.tip("a..b") == Unavailable(reason="'a..b' is no name of a branch or tag")


def test_the_default_branch_is_what_the_remote_says(origin: Repository, tmp_path: Path) -> None:
    clone = shallow(origin, tmp_path / "clone")
    remote = GitRemote(clone.command)
    assert remote.default_branch() == ("main", origin.sha("main"))
    origin.git("symbolic-ref", "HEAD", "refs/heads/topic")
    assert remote.default_branch() == ("topic", origin.sha("topic"))
    origin.git("checkout", "--quiet", "--detach")
    assert remote.default_branch() == Unavailable(reason="the remote does not say its default branch")
    origin.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert remote.default_branch() == Unavailable(reason="the remote does not say its default branch")


def test_a_commit_comes_alone_into_a_shallow_clone_and_with_its_history_into_a_complete_one(
    origin: Repository, tmp_path: Path
) -> None:
    main = origin.sha("main")
    origin.git("tag", "v1", "main")
    for clone, held in (
        (shallow(origin, tmp_path / "shallow"), [True, False]),
        (origin.clone(tmp_path / "complete", "--single-branch", "--branch=topic", "--no-tags"), [True, True]),
    ):
        before = clone.git("for-each-ref"), clone.command.is_shallow()
        assert GitRemote(clone.command).fetch([main]) is None
        assert [clone.command.has_commit(commit) for commit in (main, origin.sha("main~1"))] == held
        # Nothing of it has a name, a tag neither.
        assert (clone.git("for-each-ref"), clone.command.is_shallow()) == before
        assert not (clone.path / ".git/FETCH_HEAD").exists()


def test_a_clone_is_deepened_below_its_cut_by_so_many_commits_or_to_the_end(origin: Repository, tmp_path: Path) -> None:
    clone = shallow(origin, tmp_path / "clone")
    remote, git = GitRemote(clone.command), clone.command
    assert known(clone) == {"g"}
    assert remote.deepen(sorted(git.shallow_commits()), 1) is None
    assert (known(clone), git.is_shallow()) == ({"f", "g"}, True)
    assert remote.deepen(sorted(git.shallow_commits()), 2) is None
    assert known(clone) == {"b", "c", "f", "g"}
    assert remote.deepen(sorted(git.shallow_commits()), None) is None
    assert (known(clone), git.is_shallow()) == ({"a", "b", "c", "f", "g"}, False)


def test_what_goes_wrong_on_the_way_is_told_in_words(origin: Repository, tmp_path: Path) -> None:
    clone = shallow(origin, tmp_path / "clone")
    absent = origin.sha("main")
    clone.git("remote", "set-url", "origin", f"{tmp_path.as_uri()}/gone")
    remote = GitRemote(clone.command)
    said = f"fatal: '{tmp_path}/gone' does not appear to be a git repository"
    for problem in (remote.fetch([absent]), remote.deepen([clone.sha("HEAD")], 1)):
        assert problem is not None
        assert problem.startswith(said)
        assert "\n" not in problem
    found = remote.tip("main")
    assert isinstance(found, Unavailable)
    assert found.reason.startswith(said)
    assert known(clone) == {"g"}
    clone.git("remote", "remove", "origin")
    assert remote.fetch([absent]) == "the clone has no remote"
    assert remote.default_branch() == Unavailable(reason="the clone has no remote")
    assert remote.partial is False


def test_a_remote_that_cannot_be_reached_with_the_token_tells_nothing_of_it(origin: Repository, tmp_path: Path) -> None:
    clone = shallow(origin, tmp_path / "clone")
    clone.git("remote", "remove", "origin")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        access = Access(server_url=url, repository="o/r", token=Secret(value="ghs_very"))
        assert access.url == f"{url}/o/r"
        assert base64.b64decode(access.credentials) == b"x-access-token:ghs_very"
        before = (clone.path / ".git/shallow").read_text()
        problem = GitRemote(clone.command, access).fetch([origin.sha("main")])
    assert problem is not None
    assert problem.startswith(f"fatal: unable to access '{url}/o/r/': ")
    assert not any(secret in problem for secret in ("ghs_very", access.credentials))
    assert (clone.path / ".git/shallow").read_text() == before
    # What the server or the address repeats of it is masked; without a token nothing is.
    for token, shown in {"ghs_very": "o/***", "": "o/ghs_very"}.items():
        access = Access(server_url=url, repository="o/ghs_very", token=Secret(value=token))
        problem = GitRemote(clone.command, access).fetch([origin.sha("main")])
        assert problem is not None
        assert problem.startswith(f"fatal: unable to access '{url}/{shown}/': ")
