"""How git is called: an old git, one that hangs or cannot be started, and repositories of other users."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.base import find_base
from covgate.errors import ExitCode, GitError
from covgate.host.context import EventKind, RunContext
from covgate.model.unknown import Unavailable
from covgate.system.git import OLDEST_GIT, GitCommand
from covgate.system.git_call import GitCall
from covgate.system.git_remote import GitRemote
from tests.support.git import ENVIRONMENT, Repository, make_repository
from tests.support.histories import Story
from tests.support.old_git import install_git


def with_git(folder: Path) -> dict[str, str]:
    """Return an environment whose git is the one in `folder`."""
    return ENVIRONMENT | {"PATH": os.pathsep.join([os.fspath(folder), ENVIRONMENT["PATH"]])}


def install(folder: Path, text: str) -> Path:
    """Install a program `git`."""
    folder.mkdir()
    (folder / "git").write_text(text)
    (folder / "git").chmod(0o755)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.commit("one", m="1\n")
    return made


def test_a_call_of_the_users_has_the_users_settings_and_is_covgates_in_all_else(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("[covgate]\n\tx = mine\n")
    environment = ENVIRONMENT | {"GIT_CONFIG_GLOBAL": str(tmp_path / "mine"), "GIT_DIR": "/gone"}
    call = GitCall(directory=repository.path, environment=environment, of_user=True)
    assert call.run("config", "--get", "covgate.x").stdout == b"mine\n"
    found = call.run("-c", "alias.env=!env", "env").stdout.decode().splitlines()
    assert {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", f"GIT_CONFIG_GLOBAL={tmp_path / 'mine'}"} <= set(found)


# --- an old git ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("git version 2.31.8", True),
        ("git version 1.8.3.1", True),
        ("git version 2.32.0", False),
        ("git version 2.34.1", False),
        ("git version 2.39.5 (Apple Git-154)", False),
        ("git version 2.53.0.windows.1", False),
        ("git version 3.0.0-rc1", False),
        ("git version unknown", False),
    ],
)
def test_a_git_that_is_too_old_is_told_so(
    repository: Repository, tmp_path: Path, version: str, *, refused: bool
) -> None:
    environment = with_git(install_git(tmp_path / "bin", version))
    if not refused:
        assert GitCommand(repository.path, environment).head() == repository.sha("HEAD")
        return
    with pytest.raises(GitError) as caught:
        GitCommand(repository.path, environment)
    assert (caught.value.slug, caught.value.exit_code) == ("git-too-old", ExitCode.GIT)
    assert caught.value.message == f"{version} is too old for covgate"
    assert f"git {OLDEST_GIT[0]}.{OLDEST_GIT[1]} or newer" in caught.value.hint


def test_the_old_git_of_these_tests_refuses_what_is_newer(repository: Repository, tmp_path: Path) -> None:
    call = GitCall(directory=repository.path, environment=with_git(install_git(tmp_path / "bin", "git version 2.34.1")))
    for newer in (("cat-file", "--batch", "-z"), ("ls-tree", "--object-only", "HEAD"), ("merge-tree", "--write-tree")):
        with pytest.raises(GitError, match="usage: git"):
            call.run(*newer)


NAMES = (
    "plain.py",
    "with space.py",
    "two\nlines.py",
    "tab\t.py",
    ":(top)x.py",
    "st*r.py",
    "ünï.py",
    "-n.py",
    "a/b/c.py",
)


def test_an_old_git_reads_every_name(repository: Repository, tmp_path: Path) -> None:
    for name in (*NAMES, "a/b/other.py"):
        repository.write(name, f"{name}\n")
    (repository.path / os.fsdecode(b"b\xff.py")).write_text("bytes\n")
    (repository.path / "link.py").symlink_to("plain.py")
    commit = repository.commit("names")
    git = GitCommand(repository.path, with_git(install_git(tmp_path / "bin", "git version 2.34.1")))
    paths = [PurePosixPath(name) for name in (*NAMES, os.fsdecode(b"b\xff.py"), "link.py", "absent.py", "a/b")]
    found = git.blobs(commit, paths)
    assert {os.fspath(path): text.decode() for path, text in found.items()} == {
        **{name: f"{name}\n" for name in NAMES},
        os.fsdecode(b"b\xff.py"): "bytes\n",
    }
    assert git.blobs(commit, []) == {}


@pytest.mark.slow
def test_an_old_git_finds_the_base_of_a_shallow_clone(tmp_path: Path) -> None:
    story = Story()
    fork = story.line(None, 5)
    story.tips.update(main=story.line(fork, 3), topic=story.line(fork, 2))
    told = story.tell(tmp_path / "origin")
    clone = told.repository.clone(tmp_path / "clone", "--depth=1", "--branch=topic")
    git = GitCommand(clone.path, with_git(install_git(tmp_path / "bin", "git version 2.34.1")))
    for context in (
        RunContext(kind=EventKind.LOCAL),
        RunContext(
            kind=EventKind.PULL_REQUEST, head_sha=told.repository.sha("topic"), base_sha=told.repository.sha("main")
        ),
    ):
        found = find_base(git, context, None, "--base", GitRemote(git))
        assert found is not None
        assert found.sha == told.shas[fork]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("version", ["", "git version 2.34.1"], ids=["this-git", "old-git"])
def test_the_checkout_of_another_user_is_read(repository: Repository, tmp_path: Path, version: str) -> None:
    """An old git takes `safe.directory` from files only, and the user's file is not read."""
    head = repository.sha("HEAD")
    for path in (repository.path, repository.path / ".git"):
        os.chown(path, 12345, 12345)
    environment = with_git(install_git(tmp_path / "bin", version)) if version else ENVIRONMENT
    assert GitCommand(repository.path, environment).head() == head


# --- a git that does not answer ---------------------------------------------------------------------------------------


def test_a_git_that_hangs_is_an_error_of_git(repository: Repository, tmp_path: Path) -> None:
    slow = install(tmp_path / "bin", "#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(GitError) as caught:
        GitCall(directory=repository.path, environment=with_git(slow)).run("-c", "gc.auto=0", "fetch", timeout=0.2)
    assert (caught.value.slug, caught.value.exit_code) == ("git-failed", ExitCode.GIT)
    assert caught.value.message == "git did not end within 0 seconds: git fetch"


def test_a_remote_that_hangs_is_told_in_words(repository: Repository, tmp_path: Path) -> None:
    slow = tmp_path / "ssh"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    repository.git("remote", "add", "origin", "ssh://example.invalid/x")
    repository.git("config", "core.sshCommand", str(slow))
    found = GitRemote(repository.command, timeout=0.2).default_branch()
    assert isinstance(found, Unavailable)
    assert "did not end within" in found.reason


@pytest.mark.parametrize(
    ("text", "mode", "message"),
    [
        pytest.param("no program\n", 0o755, "git cannot be started: Exec format error", id="no-program"),
        pytest.param("#!/nowhere/sh\n", 0o755, "git was not found", id="no-interpreter"),
        pytest.param(f"#!{sys.executable}\nimport sys; sys.exit(3)\n", 0o755, "git version failed: ", id="breaks"),
    ],
)
def test_a_git_that_cannot_be_used(repository: Repository, tmp_path: Path, text: str, mode: int, message: str) -> None:
    folder = install(tmp_path / "bin", text)
    (folder / "git").chmod(mode)
    with pytest.raises(GitError) as caught:
        GitCommand(repository.path, ENVIRONMENT | {"PATH": os.fspath(folder)})
    assert caught.value.message == message


def test_contents_that_a_clone_lacks_are_an_error(repository: Repository) -> None:
    """Left out, a file would have no lines."""
    blob = repository.git("rev-parse", "HEAD:m.py")
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match=r"does not hold the contents of m\.py at "):
        repository.command.blobs(repository.sha("HEAD"), [PurePosixPath("m.py")])


# --- the user's own settings ------------------------------------------------------------------------------------------


def test_a_laptop_reaches_its_remote_as_its_user_does(tmp_path: Path) -> None:
    """A credential helper or `insteadOf` stands in the user's configuration; a workflow has what the clone says."""
    origin = make_repository(tmp_path / "origin")
    head = origin.commit("one", m="1\n")
    clone = origin.clone(tmp_path / "clone")
    clone.git("remote", "set-url", "origin", "work:origin")
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "{tmp_path.as_uri()}/"]\n\tinsteadOf = work:\n[protocol "ssh"]\n\tallow = never\n')
    git = GitCommand(clone.path, ENVIRONMENT | {"GIT_CONFIG_GLOBAL": os.fspath(settings)})
    assert GitRemote(git, of_user=True).default_branch() == ("main", head)
    clone.git("config", "protocol.ssh.allow", "never")
    assert isinstance(GitRemote(git).default_branch(), Unavailable)


def test_what_git_says_of_a_remote_is_cut(repository: Repository) -> None:
    repository.git("remote", "add", "origin", f"/{'x' * 200}/{'y' * 200}")
    found = GitRemote(repository.command).default_branch()
    assert isinstance(found, Unavailable)
    assert (len(found.reason), found.reason[:8]) == (300, "fatal: '")
