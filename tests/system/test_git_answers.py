"""What git says of a checkout, as values: names, branches, marks, ids, and what is between two commits."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import ExitCode, GitError
from covgate.system.git import ChangedPath, Files, GitCommand
from tests.support.git import ENVIRONMENT, Repository, make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repository")


def paths(*names: str) -> tuple[PurePosixPath, ...]:
    return tuple(map(PurePosixPath, names))


def test_outside_of_a_repository_and_before_the_first_commit_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(GitError) as caught:
        GitCommand(tmp_path / "empty", ENVIRONMENT)
    error = caught.value
    assert (error.slug, error.exit_code) == ("not-a-git-repository", ExitCode.GIT)
    assert error.message.startswith(f"{tmp_path}/empty is not in a git repository: fatal: not a git repository")
    assert error.hint == (
        "run covgate inside a clone; in a workflow, check the repository out first (actions/checkout)"
    )
    with pytest.raises(GitError) as caught:
        make_repository(tmp_path / "new").command.head()
    error = caught.value
    assert (error.message, error.hint, error.slug) == (
        "the repository has no commit yet", "commit first", "not-a-git-repository",
    )  # fmt: skip


def test_a_call_that_fails_tells_which_and_why(repository: Repository) -> None:
    with pytest.raises(GitError) as caught:
        repository.command.call.run("-c", "a.b=c", "cat-file", "-t", "gone")
    assert (caught.value.message, caught.value.hint, caught.value.slug) == (
        "git cat-file failed: fatal: Not a valid object name gone",
        "run the same command by hand in the checkout; a broken clone has to be made again",
        "git-failed",
    )
    answer = repository.command.call.run("cat-file", "-t", "gone", check=False)
    assert (answer.exit_code, answer.stdout) == (128, b"")


def test_a_name_stands_for_a_commit_or_for_none(repository: Repository) -> None:
    one = repository.commit("one", m="1\n")
    repository.git("tag", "--annotate", "--message=v1", "v1")
    two = repository.commit("two")
    git = repository.command
    found = {name: git.resolve(name) for name in ("v1", "HEAD", "main", "HEAD^", "^main", "gone", "HEAD:m.py", "--all")}
    assert found == {
        "v1": one,
        "HEAD": two,
        "main": two,
        "HEAD^": one,
        **dict.fromkeys(["^main", "gone", "HEAD:m.py", "--all"]),
    }
    assert git.first_commit(["gone", "v1", "main"]) == ("v1", one)
    assert git.first_commit(["HEAD:m.py", "gone"]) is None
    # One of them ends git, and one is no line: the others are found all the same.
    assert git.first_commit(["@{upstream}", "main"]) == ("main", two)
    assert git.first_commit(["a\nb", "v1"]) == ("v1", one)
    assert (git.parents(two), git.parents(one)) == ((one,), ())


def test_branches_and_remotes_are_told_by_their_short_names(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one")
    repository.branch("a/b")
    git = repository.command
    assert (git.branches(), git.remote_branches(), git.remote_name()) == (("a/b", "main"), (), None)
    assert git.current_branch() == "a/b"
    repository.git("checkout", "--quiet", "--detach")
    assert git.current_branch() is None
    clone = repository.clone(tmp_path / "clone", "--branch=main")
    assert (clone.command.branches(), clone.command.remote_branches()) == (("main",), ("HEAD", "a/b", "main"))
    for more, name in {"z": "origin", "upstream": "origin"}.items():
        clone.git("remote", "add", more, "/nowhere")
        assert clone.command.remote_name() == name
    clone.git("remote", "remove", "origin")
    assert clone.command.remote_name() == "upstream"
    clone.git("remote", "remove", "upstream")
    assert clone.command.remote_name() == "z"
    clone.git("remote", "add", "y", "/nowhere")
    assert clone.command.remote_name() is None


def test_the_files_of_a_checkout_are_told_from_its_root(repository: Repository) -> None:
    for name in ("a b.py", "sub/ü.py", "sub/two\nlines.py"):
        repository.write(name, "1\n")
    sha = repository.commit("files")
    (repository.path / "link.py").symlink_to("a b.py")
    repository.write("sub/new.py", "")
    repository.write(".gitignore", "*.log\n")
    repository.write("x.log", "")
    inside = GitCommand(repository.path / "sub", ENVIRONMENT)
    assert inside.root == repository.path
    tracked = paths("a b.py", "sub/two\nlines.py", "sub/ü.py")
    assert inside.files() == Files(tracked=tracked, untracked=paths(".gitignore", "link.py", "sub/new.py"))
    assert inside.names(sha) == tracked
    repository.git("add", "--all")
    assert repository.command.files().untracked == ()


def test_the_id_a_file_would_get_is_known_for_any_name(repository: Repository) -> None:
    names = ["plain.py", 'say "x".py', '"quoted".py', "two\nlines.py", 'a\n"b\\c.py', "back\\slash.py"]
    for name in names:
        repository.write(name, f"{name}\n")
    git = repository.command
    expected = {PurePosixPath(name): repository.git("hash-object", "--", name) for name in names}
    assert git.file_ids(paths(*names)) == expected
    assert git.file_ids(paths("plain.py", "gone.py")) == {}
    assert git.file_ids([]) == {}


def test_a_file_that_git_was_told_not_to_look_at_has_a_mark(repository: Repository) -> None:
    repository.commit("one", plain="", skipped="", assumed="", both="")
    repository.git("update-index", "--skip-worktree", "skipped.py", "both.py")
    repository.git("update-index", "--assume-unchanged", "assumed.py", "both.py")
    git = repository.command
    marked = {name: git.has_blind_mark(PurePosixPath(f"{name}.py")) for name in ("plain", "skipped", "assumed", "both")}
    assert marked == {"plain": False, "skipped": True, "assumed": True, "both": True}
    assert not git.has_blind_mark(PurePosixPath("gone.py"))


def test_what_became_of_each_path_is_told(repository: Repository) -> None:
    text = "".join(f"{number}\n" for number in range(20))
    base = repository.commit("one", old=text, changed="1\n", gone="1\n", link="1\n", script="1\n")
    repository.git("mv", "old.py", "new.py")
    for name in ("gone.py", "link.py"):
        (repository.path / name).unlink()
    (repository.path / "link.py").symlink_to("changed.py")
    (repository.path / "script.py").chmod(0o755)
    repository.write("changed.py", "2\n")
    repository.write("added.py", "new\n")
    head = repository.commit("two")
    found = {change.path.name: change for change in repository.command.changes(base, head)}

    def change(status: str, name: str, mode: str = "100644", old: str = "") -> ChangedPath:
        blob = None if status == "D" else repository.git("rev-parse", f"HEAD:{name}")
        one, other = PurePosixPath(old or name), PurePosixPath(name)
        return ChangedPath(status=status, old_path=one, path=other, mode=mode, blob=blob)

    assert found == {
        "added.py": change("A", "added.py"),
        "changed.py": change("M", "changed.py"),
        "gone.py": change("D", "gone.py", "000000"),
        "link.py": change("T", "link.py", "120000"),
        "new.py": change("R", "new.py", old="old.py"),
        "script.py": change("M", "script.py", "100755"),
    }
    repository.write("changed.py", "3\n")
    (edited,) = repository.command.changes(head, None)
    # Nobody has made an object of it yet.
    assert (edited.path.name, edited.status, edited.blob) == ("changed.py", "M", None)


def test_more_paths_than_a_command_line_takes_are_read_too(repository: Repository) -> None:
    base = repository.commit("one", a="1\n", b="1\n")
    head = repository.commit("two", a="2\n", b="2\n")
    git = repository.command
    wanted = paths("a.py", *(f"{number:05}{'x' * 200}.py" for number in range(2500)))
    assert git.blobs(head, wanted) == {PurePosixPath("a.py"): b"2\n"}
    assert "b.py" in git.patch(base, head, wanted)
    assert "b.py" not in git.patch(base, head, wanted[:3])
    assert git.blob_ids(head, wanted[:3]) == {PurePosixPath("a.py"): repository.git("rev-parse", "HEAD:a.py")}


def test_a_shallow_clone_knows_where_it_ends_and_what_that_may_hide(repository: Repository, tmp_path: Path) -> None:
    root = repository.commit("root")
    fork = repository.commit("fork")
    repository.branch("topic")
    topic = repository.commit("topic")
    repository.checkout("main")
    main = repository.commit("main")
    git = repository.command
    assert git.reachable() == {root, fork, topic, main}
    assert (git.merge_base(topic, main), git.merge_base(root, main)) == (fork, root)
    assert (git.is_shallow(), git.shallow_commits(), git.cut_off_commits(topic, main, None)) == (False, frozenset(), ())
    clone = repository.clone(tmp_path / "clone", "--depth=2", "--no-single-branch").command
    assert (clone.is_shallow(), clone.shallow_commits()) == (True, frozenset({fork}))
    assert clone.cut_off_commits(topic, main, None) == (fork,)
    # What the base holds hides nothing nearer than the base.
    assert clone.cut_off_commits(topic, main, fork) == ()
    assert (clone.merge_base(topic, main), clone.has_commit(root)) == (fork, False)
    assert clone.reachable() == {fork, topic, main}
    alone = repository.clone(tmp_path / "alone", "--depth=1", "--no-single-branch").command
    assert alone.merge_base(topic, main) is None
    assert alone.cut_off_commits(topic, main, None) == tuple(sorted([topic, main]))
    assert alone.own_path("shallow") == tmp_path / "alone" / ".git" / "shallow"


def test_names_that_are_no_utf_8_come_back_as_they_are(repository: Repository) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    repository.write(name, "1\n")
    sha = repository.commit("one")
    git = repository.command
    assert git.names(sha) == git.tracked() == paths(name)
    assert git.blobs(sha, paths(name)) == git.files_at(sha, paths(name)) == {PurePosixPath(name): b"1\n"}
    assert git.as_checked_out(paths(name)) == {PurePosixPath(name)}


def test_no_variable_of_gits_moves_an_answer(repository: Repository) -> None:
    """In a hook git sets some of them; in a workflow a step before may have."""
    sha = repository.commit("one", m="1\n")
    moved = {
        "GIT_DIR": "/gone",
        "GIT_WORK_TREE": "/gone",
        "GIT_INDEX_FILE": "/gone",
        "GIT_OBJECT_DIRECTORY": "/gone",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
        "GIT_NAMESPACE": "x",
        "GIT_CEILING_DIRECTORIES": "/",
    }
    git = GitCommand(repository.path, ENVIRONMENT | moved)
    assert (git.root, git.head(), git.tracked()) == (repository.path, sha, paths("m.py"))
