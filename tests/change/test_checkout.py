"""A checkout: its Python files, and changed files that no longer lie where they lay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.checkout import Checkout, find_change
from covgate.config.settings import resolve
from covgate.host.context import EventKind, RunContext
from covgate.model.change import ChangedFile, ChangedLines
from covgate.model.commit import Base, BaseHow
from covgate.system.git import Files
from covgate.system.git_remote import GitRemote
from tests.support.git import Repository, make_repository

A, B = PurePosixPath("pkg/a.py"), PurePosixPath("pkg/b.py")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    for path in (A, B):
        made.write(str(path), "a = 1\n")
    made.commit("all")
    return made


def checkout_of(
    repository: Repository,
    changed: dict[PurePosixPath, set[int]] | None = None,
    *,
    committed: bool = True,
    prefix: str = ".",
) -> Checkout:
    files = {path: ChangedFile(path=path, lines=frozenset(lines)) for path, lines in (changed or {}).items()}
    git = repository.command
    return Checkout(
        git=git,
        remote=GitRemote(git),
        prefix=PurePosixPath(prefix),
        head=git.head(),
        tree=git.head() if committed else None,
        base=None,
        lines=None if changed is None else ChangedLines(files=files),
    )


# --- its Python files ---------------------------------------------------------------------------------------------

TRACKED = ("pkg/a.py", "pkg/gui.pyw", "pkg/a.txt", "top.py")
UNTRACKED = ("pkg/new.py", "pkg/notes.md", "env/bin/tool.py")


@pytest.mark.parametrize(
    ("committed", "prefix", "expected"),
    [
        pytest.param(True, ".", ["pkg/a.py", "pkg/gui.pyw", "top.py"], id="of-a-commit"),
        pytest.param(False, ".", ["pkg/a.py", "pkg/gui.pyw", "top.py", "pkg/new.py"], id="on-a-laptop"),
        pytest.param(True, "pkg", ["pkg/a.py", "pkg/gui.pyw"], id="of-a-folder"),
        pytest.param(False, "pkg", ["pkg/a.py", "pkg/gui.pyw", "pkg/new.py"], id="of-a-folder-on-a-laptop"),
    ],
)
def test_the_python_files_of_the_project(
    repository: Repository, prefix: str, expected: list[str], *, committed: bool
) -> None:
    repository.write("env/pyvenv.cfg", "")
    files = Files(tracked=tuple(map(PurePosixPath, TRACKED)), untracked=tuple(map(PurePosixPath, UNTRACKED)))
    found = checkout_of(repository, committed=committed, prefix=prefix).python_files(files)
    assert list(map(str, found)) == expected


# --- what no longer lies there ------------------------------------------------------------------------------------


def leave(_: Path) -> None:
    """Touch nothing."""


def delete(root: Path) -> None:
    (root / A).unlink()


def link(root: Path) -> None:
    (root / A).unlink()
    (root / A).symlink_to("b.py")


def link_nowhere(root: Path) -> None:
    (root / A).unlink()
    (root / A).symlink_to("gone.py")


def link_the_folder(root: Path) -> None:
    (root / "pkg").rename(root / "elsewhere")
    (root / "pkg").symlink_to("elsewhere")


def make_a_folder(root: Path) -> None:
    (root / A).unlink()
    (root / A).mkdir()


@pytest.mark.parametrize(
    ("act", "marked", "hidden"),
    [
        pytest.param(leave, False, None, id="as-it-was"),
        pytest.param(delete, False, A, id="deleted"),
        pytest.param(delete, True, None, id="left-out-by-a-sparse-checkout"),
        pytest.param(link, False, A, id="a-link"),
        pytest.param(link, True, A, id="a-link-in-the-place-of-one-that-was-left-out"),
        pytest.param(link_nowhere, True, A, id="a-link-to-nothing"),
        pytest.param(link_the_folder, False, A, id="a-link-instead-of-its-folder"),
        pytest.param(make_a_folder, False, A, id="a-folder"),
    ],
)
def test_a_changed_file_that_no_longer_lies_there_is_found(
    repository: Repository, act: Callable[[Path], None], hidden: PurePosixPath | None, *, marked: bool
) -> None:
    if marked:
        repository.git("update-index", "--skip-worktree", str(A))
    act(repository.path)
    assert checkout_of(repository, {B: {1}, A: {1}}).find_hidden() == hidden


def test_only_files_with_changed_lines_are_looked_at(repository: Repository) -> None:
    delete(repository.path)
    assert checkout_of(repository, {A: set(), B: {1}}).find_hidden() is None
    assert checkout_of(repository, {}).find_hidden() is None
    assert checkout_of(repository).find_hidden() is None


def test_the_first_of_several_is_named(repository: Repository) -> None:
    for path in (A, B):
        (repository.path / path).unlink()
    assert checkout_of(repository, {B: {1}, A: {1}}).find_hidden() == A


def test_a_checkout_that_is_entered_through_a_link_is_the_same(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repository.path.name)
    linked = Repository(tmp_path / "link")
    assert checkout_of(linked, {A: {1}}).find_hidden() is None


# --- the change in it ---------------------------------------------------------------------------------------------

LOCAL, BRANCH = RunContext(kind=EventKind.LOCAL), RunContext(kind=EventKind.BRANCH)


def changed_in(repository: Repository, context: RunContext, given: str = "", known: Base | None = None) -> Checkout:
    settings = resolve(command_line={"base": given} if given else {})
    return find_change(settings, context, repository.command, PurePosixPath("pkg"), known)


def test_on_a_laptop_what_lies_there_is_the_change(repository: Repository) -> None:
    repository.write(str(A), "a = 1\nb = 1\n")
    found = changed_in(repository, LOCAL)
    head = repository.sha("HEAD")
    assert (found.head, found.tree, found.prefix) == (head, None, PurePosixPath("pkg"))
    assert found.base == Base(sha=head, how=BaseHow.MERGE_BASE, ref="main")
    assert found.lines is not None
    assert {path: set(file.lines) for path, file in found.lines.files.items()} == {A: {2}}


def test_in_a_workflow_what_is_committed_is_the_change(repository: Repository) -> None:
    base = repository.sha("HEAD")
    repository.write(str(A), "a = 1\nb = 1\n")
    head = repository.commit("more")
    repository.write(str(A), "a = 1\nb = 1\nc = 1\n")
    found = changed_in(repository, BRANCH, base)
    assert (found.head, found.tree, found.base) == (head, head, Base(sha=base, how=BaseHow.GIVEN, ref=base))
    assert found.lines is not None
    assert {path: set(file.lines) for path, file in found.lines.files.items()} == {A: {2}}


def test_a_branch_without_a_base_has_no_change(repository: Repository) -> None:
    found = changed_in(repository, BRANCH)
    assert (found.base, found.lines, found.tree) == (None, None, repository.sha("HEAD"))


def test_a_base_that_is_known_is_not_looked_for(repository: Repository) -> None:
    known = Base(sha=repository.sha("HEAD"), how=BaseHow.EVENT, ref="known")
    repository.commit("more", x="x = 1\n")
    found = changed_in(repository, BRANCH, "no-such-name", known)
    assert found.base is known
    assert found.lines is not None
    assert list(found.lines.files) == [PurePosixPath("x.py")]
