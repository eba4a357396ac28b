"""Fetching over HTTP: with what the checkout persisted, with the token, and never with the token in the open."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgate.change.base import find_base
from covgate.errors import GitError
from covgate.host.context import EventKind, RunContext
from covgate.model.commit import Sha
from covgate.model.secret import Secret
from covgate.system.git import GitCommand
from covgate.system.git_remote import Access, GitRemote
from tests.support.git import ENVIRONMENT, Repository
from tests.support.github.git_http import GitServer
from tests.support.histories import Story, Told

pytestmark = pytest.mark.slow

TOKEN = "ghs_SecretOfTheWorkflow"  # noqa: S105  # no one's


@pytest.fixture
def told(tmp_path: Path) -> Told:
    story = Story()
    fork = story.line(None, 30)
    topic, main = story.line(fork, 3), story.line(fork, 4)
    story.tips.update(main=main, topic=topic, merge=story.commit(main, topic), fork=fork)
    (tmp_path / "served" / "team").mkdir(parents=True)
    return story.tell(tmp_path / "served" / "team" / "project")


@pytest.fixture
def server(told: Told) -> Iterator[GitServer]:
    with GitServer(told.repository.path.parents[1], TOKEN) as server:
        yield server


def clone_of(told: Told, server: GitServer, path: Path, branch: str, depth: str = "1") -> Repository:
    """A shallow clone as a runner has it: its remote is the server, and it holds no credentials."""
    clone = told.repository.clone(path, f"--depth={depth}", f"--branch={branch}")
    clone.git("remote", "set-url", "origin", f"{server.url}/team/project")
    return clone


def access(server: GitServer, token: str = TOKEN) -> Access:
    return Access(server_url=server.url, repository="team/project", token=Secret(value=token))


def pull_request(told: Told) -> RunContext:
    sha = told.repository.sha
    return RunContext(kind=EventKind.PULL_REQUEST, head_sha=sha("topic"), base_sha=sha("main"), base_ref="main")


def base_of(clone: Repository, told: Told, way: Access | None) -> Sha | None:
    found = find_base(clone.command, pull_request(told), None, "--base", GitRemote(clone.command, way))
    return found.sha if found else None


@pytest.mark.parametrize(("branch", "base"), [("merge", "main"), ("topic", "fork")])
def test_the_token_is_used_when_the_clone_has_no_credentials(
    told: Told, server: GitServer, tmp_path: Path, branch: str, base: str
) -> None:
    clone = clone_of(told, server, tmp_path / "clone", branch)
    assert base_of(clone, told, access(server)) == told.repository.sha(base)
    assert server.authorizations[0] is None
    assert server.authorizations[-1] == server.expected
    # What the other folder learnt is known to the clone: git finds nothing amiss in it.
    clone.git("fsck", "--connectivity-only")
    assert TOKEN not in (clone.path / ".git" / "config").read_text()


def test_a_clone_that_was_fetched_to_its_end_is_complete(told: Told, server: GitServer, tmp_path: Path) -> None:
    clone = clone_of(told, server, tmp_path / "clone", "topic")
    remote = GitRemote(clone.command, access(server))
    assert remote.deepen([clone.sha("HEAD")], None) is None
    assert not clone.command.is_shallow()
    assert clone.git("rev-list", "--count", "HEAD") == "33"
    clone.git("fsck", "--connectivity-only")


def test_credentials_that_the_checkout_persisted_come_first(told: Told, server: GitServer, tmp_path: Path) -> None:
    clone = clone_of(told, server, tmp_path / "clone", "merge")
    clone.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {server.expected}")
    assert base_of(clone, told, None) == told.repository.sha("main")


def test_a_public_repository_needs_no_token(told: Told, server: GitServer, tmp_path: Path) -> None:
    server.public = True
    clone = clone_of(told, server, tmp_path / "clone", "merge")
    assert base_of(clone, told, access(server)) == told.repository.sha("main")
    assert set(server.authorizations) == {None}


def test_the_names_of_branches_are_asked_with_the_token_too(told: Told, server: GitServer, tmp_path: Path) -> None:
    clone = clone_of(told, server, tmp_path / "clone", "topic")
    remote = GitRemote(clone.command, access(server))
    assert remote.tip("merge") == told.repository.sha("merge")
    assert remote.default_branch() == ("main", told.repository.sha("main"))


@pytest.mark.parametrize("token", ["ghs_expired", ""])
def test_a_token_the_server_does_not_take_is_not_shown(
    told: Told, server: GitServer, tmp_path: Path, token: str
) -> None:
    clone = clone_of(told, server, tmp_path / "clone", "merge")
    with pytest.raises(GitError) as caught:
        base_of(clone, told, access(server, token))
    shown = f"{caught.value.message} {caught.value.hint} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert "could not be fetched: fatal: could not read Username" in shown
    assert "fetch-depth: 2" in shown
    way = access(server, token)
    assert way.credentials not in shown
    assert not token or token not in shown


def test_a_password_in_the_address_of_the_remote_is_not_shown(told: Told, server: GitServer, tmp_path: Path) -> None:
    clone = clone_of(told, server, tmp_path / "clone", "merge")
    clone.git("remote", "set-url", "origin", server.url.replace("://", "://me:hunter2@") + "/team/project")
    with pytest.raises(GitError) as caught:
        base_of(clone, told, None)
    assert "hunter2" not in caught.value.message


def test_the_token_does_not_follow_a_redirect(told: Told, server: GitServer, tmp_path: Path) -> None:
    clone = clone_of(told, server, tmp_path / "clone", "merge")
    with GitServer(server.folder, TOKEN, public=True) as other:
        clone.git("remote", "set-url", "origin", "file:///nowhere")
        server.location = other.url
        with pytest.raises(GitError, match="returned error: 301"):
            base_of(clone, told, access(server))
        assert other.authorizations == []


def test_the_token_goes_nowhere_near_the_configuration_of_the_clone(
    told: Told, server: GitServer, tmp_path: Path
) -> None:
    """A step before covgate may have run a stranger's code, which wrote into .git/config."""
    clone = clone_of(told, server, tmp_path / "clone", "merge")
    seen = tmp_path / "seen"
    spy = tmp_path / "spy.sh"
    spy.write_text(f"#!/bin/sh\nenv >> {seen}\nexit 1\n")
    spy.chmod(0o755)
    with GitServer(server.folder, TOKEN) as thief:
        clone.git("config", f"url.{thief.url}/.insteadOf", f"{server.url}/")
        clone.git("config", "http.proxy", thief.url)
        clone.git("config", "credential.helper", f"!{spy}")
        clone.git("config", "core.askPass", str(spy))
        assert base_of(clone, told, access(server)) == told.repository.sha("main")
        assert set(thief.authorizations) == {None}
    text = seen.read_text() if seen.exists() else ""
    assert TOKEN not in text
    assert access(server).credentials not in text


def test_no_command_line_holds_the_token(told: Told, server: GitServer, tmp_path: Path) -> None:
    """A git of our own writes down how it is called, and calls the real one."""
    clone = clone_of(told, server, tmp_path / "clone", "merge")
    calls = tmp_path / "calls"
    folder = tmp_path / "bin"
    folder.mkdir()
    wrapper = folder / "git"
    wrapper.write_text(
        f"#!{sys.executable} -I\n"
        "import os, sys\n"
        f"open({os.fspath(calls)!r}, 'a').write(repr(sys.argv) + chr(10))\n"
        f"os.environ['PATH'] = {ENVIRONMENT['PATH']!r}\n"
        "os.execvp('git', ['git', *sys.argv[1:]])\n"
    )
    wrapper.chmod(0o755)
    path = os.pathsep.join([os.fspath(folder), ENVIRONMENT["PATH"]])
    git = GitCommand(clone.path, ENVIRONMENT | {"PATH": path})
    found = find_base(git, pull_request(told), None, "--base", GitRemote(git, access(server)))
    assert found is not None
    text = calls.read_text()
    assert "'fetch'" in text
    assert TOKEN not in text
    assert access(server).credentials not in text
