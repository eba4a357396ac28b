"""The lines of a change as git and the working tree tell them: which files, which lines, and of which text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.changed_lines import find_changed_lines, read_texts
from covgate.model.change import ChangedLines
from covgate.model.commit import Sha
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.system.git import GitCommand
from tests.support.git import ENVIRONMENT, Repository, make_repository

M = PurePosixPath("m.py")
TEN = "".join(f"a{n} = 1\n" for n in range(1, 11))
"""Ten lines."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A branch one commit ahead of `main`, whose m.py and other.py have ten lines."""
    made = make_repository(tmp_path / "repository")
    made.commit("base", m=TEN, other=TEN)
    made.branch("work")
    return made


def write_bytes(repository: Repository, name: str, data: bytes) -> None:
    (repository.path / name).write_bytes(data)


def changed(
    repository: Repository, head: str | None = None, only: frozenset[PurePosixPath] | None = None
) -> ChangedLines:
    git = repository.command
    return find_changed_lines(git, repository.sha("main"), repository.sha(head) if head else None, only=only)


def lines_of(found: ChangedLines) -> dict[str, list[int]]:
    return {str(path): sorted(file.lines) for path, file in found.files.items()}


def edit_m(repository: Repository) -> None:
    repository.write("m.py", TEN.replace("a3 = 1", "a3 = 2").replace("a10 = 1\n", "a10 = 1\nb = 1\nc = 1\n"))


def add_python_of_windows(repository: Repository) -> None:
    repository.write("gui.pyw", "a = 1\nb = 1\n")


def add_text(repository: Repository) -> None:
    repository.write("notes.txt", "a\n")


def rename_with_an_edit(repository: Repository) -> None:
    repository.git("mv", "m.py", "n.py")
    repository.write("n.py", TEN.replace("a2 = 1", "a2 = 2"))


def delete(repository: Repository) -> None:
    repository.git("rm", "-q", "m.py")


def make_a_link(repository: Repository) -> None:
    (repository.path / "m.py").unlink()
    (repository.path / "m.py").symlink_to("other.py")


def only_mode(repository: Repository) -> None:
    (repository.path / "m.py").chmod(0o755)


def empty_it(repository: Repository) -> None:
    repository.write("m.py", "")


EDITS = [
    pytest.param(edit_m, {"m.py": [3, 11, 12]}, id="edited-and-appended"),
    pytest.param(add_python_of_windows, {"gui.pyw": [1, 2]}, id="pyw"),
    pytest.param(add_text, {}, id="no-python"),
    pytest.param(rename_with_an_edit, {"n.py": [2]}, id="renamed-with-an-edit"),
    pytest.param(delete, {}, id="deleted"),
    pytest.param(make_a_link, {}, id="a-link-now"),
    pytest.param(only_mode, {"m.py": []}, id="mode-alone"),
    pytest.param(empty_it, {"m.py": []}, id="emptied"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("edit", "expected"), EDITS)
@pytest.mark.parametrize("how", ["committed", "staged", "lies-there"])
def test_a_change_has_the_same_lines_wherever_it_stands(
    repository: Repository, edit: Callable[[Repository], None], expected: dict[str, list[int]], how: str
) -> None:
    edit(repository)
    if how == "committed":
        repository.commit("edit")
    elif how == "staged" or edit is rename_with_an_edit:
        repository.git("add", "--all")
    found = changed(repository, "HEAD" if how == "committed" else None)
    assert lines_of(found) == expected
    assert found.uncommitted == (0 if how == "committed" else len(expected))
    assert not [digest for digest in found.digests.values() if isinstance(digest, Unavailable)]
    assert {str(path) for path in found.digests} == {name for name, lines in expected.items() if lines}


# --- the working tree ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("committed", "dirty", "uncommitted"),
    [
        pytest.param("m", "", 0, id="all-is-committed"),
        pytest.param("m", "m", 1, id="and-edited-again"),
        pytest.param("m", "other", 1, id="one-is-clean-another-dirty"),
        pytest.param("", "m other", 2, id="nothing-is-committed"),
    ],
)
def test_the_files_with_uncommitted_edits_are_counted(
    repository: Repository, committed: str, dirty: str, uncommitted: int
) -> None:
    repository.commit("edit", **dict.fromkeys(committed.split(), TEN + "b = 1\n"))
    for name in dirty.split():
        repository.write(f"{name}.py", TEN + "b = 1\nc = 1\n")
    repository.write("notes.txt", "not counted: no Python\n")
    found = changed(repository)
    assert found.uncommitted == uncommitted
    assert found.files.keys() == {PurePosixPath(f"{name}.py") for name in {*committed.split(), *dirty.split()}}


def test_an_edit_of_the_working_tree_that_undoes_the_change_is_none(repository: Repository) -> None:
    repository.commit("edit", m=TEN + "b = 1\n")
    repository.write("m.py", TEN)
    found = changed(repository)
    assert (lines_of(found), found.uncommitted) == ({}, 0)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(b"a = 1\nb = 1\n", [1, 2], id="two-lines"),
        pytest.param(b"a = 1\nb = 1", [1, 2], id="without-a-line-end"),
        pytest.param(b"a = 1", [1], id="one-without-a-line-end"),
        pytest.param(b"", [], id="empty"),
        pytest.param(b"a = 1\r\nb = 1\r\n", [1, 2], id="windows"),
        pytest.param(b"a = 1\rb = 1\rc = 1\n", [1, 2, 3], id="lone-returns"),
        pytest.param(b"a = 1\rb = 1\r", [1, 2], id="a-lone-return-at-the-end"),
    ],
)
def test_all_lines_of_an_untracked_file_are_new(repository: Repository, text: bytes, lines: list[int]) -> None:
    write_bytes(repository, "new.py", text)
    found = changed(repository)
    assert (lines_of(found), found.uncommitted) == ({"new.py": lines}, 1)
    assert isinstance(found.digests[PurePosixPath("new.py")], str)


@pytest.mark.parametrize("target", ["m.py", "nowhere.py", "."])
def test_an_untracked_link_has_no_lines(repository: Repository, target: str) -> None:
    (repository.path / "l.py").symlink_to(target)
    found = changed(repository)
    assert (lines_of(found), found.uncommitted) == ({}, 0)
    assert [str(path) for path in found.others] == ["l.py"]


def test_an_untracked_repository_is_no_file_whatever_its_name(repository: Repository) -> None:
    make_repository(repository.path / "inner.py").commit("inner", x="x = 1\n")
    found = changed(repository)
    assert (lines_of(found), found.uncommitted) == ({}, 0)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("venv/lib/python3.12/site-packages/six.py", False),
        ("venv/lib64/six.py", False),
        ("venv/bin/activate_this.py", False),
        ("venv/lib/pypy3.10/six.py", False),
        ("venv/Lib/site-packages/six.py", False),
        ("venv/lib/shop.py", True),
        ("venv/library/six.py", True),
        ("lib/python3.12/six.py", True),
    ],
)
def test_what_a_virtual_environment_holds_is_not_the_projects(
    repository: Repository, name: str, *, counts: bool
) -> None:
    repository.write("venv/pyvenv.cfg", "home = /usr/bin\n")
    repository.write(name, "a = 1\n")
    assert lines_of(changed(repository)) == ({name: [1]} if counts else {})


def test_only_the_files_that_are_asked_for_have_lines(repository: Repository) -> None:
    """Whatever their suffix: what a plugin of coverage measures, say."""
    repository.write("page.html", "a\nb\n")
    edit_m(repository)
    repository.write("other.py", TEN + "b = 1\n")
    found = changed(repository, only=frozenset({PurePosixPath("page.html"), PurePosixPath("other.py")}))
    assert lines_of(found) == {"other.py": [11], "page.html": [1, 2]}
    assert not found.others


def test_changed_files_that_are_no_python_are_known_with_what_changes_when_they_do(repository: Repository) -> None:
    repository.write("page.html", "a\n")
    repository.commit("a page")
    repository.write("new.html", "a\n")
    repository.write("new.py", "a = 1\n")
    edit_m(repository)
    before = changed(repository)
    assert {str(path) for path in before.others} == {"page.html", "new.html"}
    assert all(before.others.values())
    repository.write("page.html", "a, and more\n")
    after = changed(repository)
    assert before.others[PurePosixPath("page.html")] != after.others[PurePosixPath("page.html")]
    assert before.others[PurePosixPath("new.html")] == after.others[PurePosixPath("new.html")]
    assert changed(repository, "HEAD").others == {PurePosixPath("page.html"): ""}


# --- lines of git, lines of Python ---------------------------------------------------------------------------------

RETURNS = b"a = 1\rb = 1\rc = 1\nd = 1\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(RETURNS.replace(b"b = 1", b"b = 2"), [1, 2, 3], id="a-line-of-git-is-three-of-python"),
        pytest.param(RETURNS.replace(b"d = 1", b"d = 2"), [4], id="lines-below-are-counted-on"),
        pytest.param(RETURNS + b"e = 1\rf = 1\r", [5, 6], id="a-return-at-the-end-begins-no-line"),
        pytest.param(RETURNS + b"e = 1\rf = 1\r\n", [5, 6], id="a-return-before-a-line-end-is-part-of-it"),
    ],
)
def test_a_carriage_return_alone_ends_a_line(repository: Repository, text: bytes, lines: list[int]) -> None:
    write_bytes(repository, "m.py", RETURNS)
    repository.commit("with returns")
    repository.git("branch", "--force", "main")
    write_bytes(repository, "m.py", text)
    assert lines_of(changed(repository)) == {"m.py": lines}
    repository.commit("edit")
    # What lies in the working tree now has no say in what the commit holds.
    repository.write("m.py", TEN)
    assert lines_of(changed(repository, "HEAD")) == {"m.py": lines}


# --- the text whose lines these are --------------------------------------------------------------------------------


def test_the_digest_of_a_commit_is_of_its_text_not_of_what_lies_there(repository: Repository) -> None:
    edit_m(repository)
    repository.commit("edit")
    here = changed(repository).digests[M]
    repository.write("m.py", TEN + "z = 1\n")
    assert changed(repository, "HEAD").digests == {M: here}
    assert changed(repository).digests[M] != here


@pytest.mark.parametrize(("mark", "undo"), [("--skip-worktree", "no-skip"), ("--assume-unchanged", "no-assume")])
def test_a_file_that_git_does_not_look_at_has_no_known_lines(repository: Repository, mark: str, undo: str) -> None:
    edit_m(repository)
    repository.commit("edit")
    repository.git("update-index", mark, "m.py")
    repository.write("m.py", TEN + "z = 1\n")
    digest = changed(repository).digests[M]
    assert isinstance(digest, Unavailable)
    assert digest.reason.startswith("git was told not to look at m.py, so its changed lines are not known: ")
    assert undo in digest.reason


def test_a_file_of_a_sparse_checkout_that_is_not_there_has_no_known_lines(repository: Repository) -> None:
    edit_m(repository)
    repository.commit("edit")
    repository.git("update-index", "--skip-worktree", "m.py")
    (repository.path / "m.py").unlink()
    found = changed(repository)
    assert lines_of(found) == {"m.py": [3, 11, 12]}
    assert isinstance(found.digests[M], Unavailable)


def test_a_file_that_a_filter_makes_another_text_of_has_no_known_lines(repository: Repository) -> None:
    repository.git("config", "filter.upper.clean", "tr a-z A-Z")
    repository.write(".gitattributes", "m.py filter=upper\n")
    repository.commit("filtered")
    repository.write("m.py", TEN + "z = 1\n")
    digest = changed(repository).digests[M]
    assert isinstance(digest, Unavailable)
    assert digest.reason.startswith("git keeps another text of m.py than the one that lies here (a clean filter or an ")


@pytest.mark.parametrize("attributes", ["*.py text eol=crlf", "*.py ident"], ids=["line-ends", "ident"])
def test_what_a_checkout_writes_into_a_text_makes_it_no_other(repository: Repository, attributes: str) -> None:
    repository.write(".gitattributes", attributes + "\n")
    repository.commit("edit", m=TEN + "# $Id$\n")
    for path in repository.path.glob("*.py"):
        path.unlink()
    repository.git("checkout", "--", ".")
    assert (repository.path / "m.py").read_bytes() != (TEN + "# $Id$\n").encode()
    found = changed(repository)
    assert (lines_of(found)["m.py"], found.uncommitted) == ([11], 0)
    assert found.digests == changed(repository, "HEAD").digests


class EditedMeanwhile(GitCommand):
    """Git, while somebody else writes into the checkout."""

    def patch(self, base: Sha, head: Sha | None, paths: Sequence[PurePosixPath]) -> str:
        (self.root / "m.py").write_text("z = 1\n")
        return super().patch(base, head, paths)


def test_a_file_that_is_edited_while_it_is_looked_at_has_no_known_lines(repository: Repository) -> None:
    edit_m(repository)
    git = EditedMeanwhile(repository.path, ENVIRONMENT)
    assert find_changed_lines(git, repository.sha("main"), None).digests[M] == Unavailable(
        reason="m.py was edited while its changed lines were looked for: run again", kind=UnknownKind.EDITED_MEANWHILE
    )


def test_of_a_link_and_of_what_is_no_file_nothing_is_read(repository: Repository) -> None:
    (repository.path / "l.py").symlink_to("m.py")
    (repository.path / "folder.py").mkdir()
    paths = [PurePosixPath(name) for name in ("m.py", "l.py", "folder.py", "gone.py")]
    texts = read_texts(repository.command, None, paths)
    assert [bool(text) for text in texts.values()] == [True, False, False, False]
