"""What covgate asks of git about commits: dates, titles, files and what a clone holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from covgate.system.git import GitCommand, Since
from covgate.system.git_remote import GitRemote
from tests.support.git import ENVIRONMENT, Repository, make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repository")


def test_the_date_is_the_committers_in_utc(repository: Repository) -> None:
    repository.git("-c", "user.name=a", "commit", "--quiet", "--allow-empty", "--message=x", "--date=2020-01-01T00:00Z")
    assert repository.command.commit_date(repository.sha("HEAD")) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "title"),
    [
        pytest.param("one\n\ntwo", "one", id="a-body"),
        pytest.param("Grüße 🎉", "Grüße 🎉", id="not-ascii"),
        pytest.param("\x1b[31mred", "\x1b[31mred", id="as-it-is"),
        pytest.param("--format=x", "--format=x", id="like-an-option"),
    ],
)
def test_the_title_is_the_first_line_of_the_message(repository: Repository, message: str, title: str) -> None:
    sha = repository.commit(message)
    assert repository.command.title(sha) == title


def test_a_commit_without_a_message_has_an_empty_title(repository: Repository) -> None:
    repository.git("commit", "--quiet", "--allow-empty", "--allow-empty-message", "--message=")
    assert repository.command.title(repository.sha("HEAD")) == ""


def test_the_configuration_of_the_clone_moves_no_answer(repository: Repository) -> None:
    sha = repository.commit("title", m="1\n")
    for key, value in {
        "log.showSignature": "true",
        "log.date": "relative",
        "format.pretty": "%H nonsense",
        "color.ui": "always",
        "i18n.logOutputEncoding": "latin-1",
    }.items():
        repository.git("config", key, value)
    git = repository.command
    assert git.title(sha) == "title"
    assert git.commit_date(sha) == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_blobs_of_a_commit_are_those_of_its_regular_files(repository: Repository) -> None:
    repository.write("a b.py", "1\n")
    repository.write("sub/ü.py", "2\n")
    (repository.path / "link.py").symlink_to("a b.py")
    (repository.path / "sub" / "ü.py").chmod(0o755)
    sha = repository.commit("files")
    repository.commit("others", c="3\n")
    assert repository.command.blob_ids(sha) == {
        PurePosixPath("a b.py"): repository.git("hash-object", "a b.py"),
        PurePosixPath("sub/ü.py"): repository.git("hash-object", "sub/ü.py"),
    }
    inside = GitCommand(repository.path / "sub", ENVIRONMENT)
    assert len(inside.blob_ids(sha)) == 2


def test_a_file_behind_a_link_is_read_within_the_commit(repository: Repository) -> None:
    repository.write("plain.toml", "1\n")
    for name, target in {"sub/link.toml": "../plain.toml", "dangling": "gone", "out": "/etc/passwd"}.items():
        (repository.path / name).parent.mkdir(exist_ok=True)
        (repository.path / name).symlink_to(target)
    module = repository.commit("files")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{module},module")
    repository.git("commit", "--quiet", "--message=module")
    names = ["plain.toml", "sub/link.toml", "dangling", "out", "module", "absent"]
    found = repository.command.files_at(repository.sha("HEAD"), [PurePosixPath(name) for name in names])
    assert {str(path): text for path, text in found.items()} == {"plain.toml": b"1\n", "sub/link.toml": b"1\n"}


def test_what_a_commit_has_beyond_others(repository: Repository) -> None:
    one, two = repository.commit("one"), repository.commit("two")
    repository.branch("side", one)
    side = repository.commit("side", s="1\n")
    repository.git("merge", "--quiet", "--no-ff", "--message=merge", "main")
    merge = repository.sha("HEAD")
    git = repository.command
    assert git.list_since([two], merge) == Since(commits=frozenset({merge, side}), ends=frozenset({one, two}))
    assert git.list_since([side, two], merge) == Since(commits=frozenset({merge}), ends=frozenset({side, two}))
    assert git.list_since([merge], one).commits == frozenset()
    assert set(git.ancestors(merge)) == {one, two, side, merge}
    assert git.ancestors(merge, 1) == (merge,)


def test_a_linked_worktree_of_a_shallow_clone_knows_where_it_is_cut_off(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one")
    head = repository.commit("two")
    clone = repository.clone(tmp_path / "clone", "--depth=1")
    clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    assert Repository(tmp_path / "linked").command.shallow_commits() == {head}
    assert repository.command.shallow_commits() == frozenset()


@pytest.mark.parametrize(
    ("args", "partial"),
    [
        pytest.param([], False, id="complete"),
        pytest.param(["--single-branch"], True, id="of-one-branch"),
        pytest.param(["--depth=1"], True, id="shallow"),
        pytest.param(["--depth=1", "--no-single-branch"], False, id="shallow-of-every-branch"),
    ],
)
def test_a_clone_that_follows_one_branch_knows_that_there_may_be_others(
    repository: Repository, tmp_path: Path, args: list[str], *, partial: bool
) -> None:
    repository.commit("one")
    assert GitRemote(repository.clone(tmp_path / "clone", *args).command).partial is partial
    assert GitRemote(repository.command).partial is False


def test_what_nobody_wrote_to_is_as_it_was_checked_out(repository: Repository) -> None:
    repository.commit("one", old="1\n", new="1\n", other="1\n")
    repository.write("new.py", "2\n")
    repository.write("untracked.py", "1\n")
    names = [PurePosixPath(name) for name in ("old.py", "new.py", "untracked.py")]
    assert repository.command.as_checked_out(names) == {PurePosixPath("old.py")}
    assert repository.command.as_checked_out([]) == frozenset()
