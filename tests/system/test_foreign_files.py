"""Files that a stranger may have made: how much is read, what is copied, and what is said when it cannot be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.system.folders import (
    ReportFolder,
    copy_files,
    find_checkout,
    make_report_folder,
    read_foreign,
    read_text,
    scratch_folder,
    shown_path,
)


def refused(action: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(InputError) as caught:
        action()
    return caught.value.message, caught.value.hint, caught.value.slug


def test_a_foreign_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1234")
    assert read_foreign(path, 4) == b"1234"
    with pytest.raises(OSError, match="it has more than 3 bytes"):
        read_foreign(path, 3)
    path.write_bytes(b"x" * 1001)
    with pytest.raises(OSError, match="it has more than 1,000 bytes"):
        read_foreign(path, 1000)


def test_what_is_no_file_is_not_read_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    said = {"link": "Too many levels of symbolic links", "pipe": "it is no file", "gone": "No such file"}
    for name, words in said.items():
        with pytest.raises(OSError, match=words):
            read_foreign(tmp_path / name, 9)
    # A folder is opened, and is no file either.
    with pytest.raises(OSError, match=r"it is no file|Is a directory"):
        read_foreign(tmp_path, 9)


def test_a_report_that_cannot_be_written_says_where_and_why(tmp_path: Path) -> None:
    hint = "set report-dir to a folder that can be written to"
    (tmp_path / "out" / "result.json").mkdir(parents=True)
    assert refused(lambda: ReportFolder(path=tmp_path / "out").write("result.json", "x")) == (
        f"the report cannot be written to {tmp_path}/out/result.json (from report-dir): Is a directory",
        hint,
        "report-folder-not-writable",
    )
    assert refused(ReportFolder(path=tmp_path / "out").clear) == (
        f"the report cannot be written to {tmp_path}/out/result.json (from report-dir): Is a directory",
        hint,
        "report-folder-not-writable",
    )
    (tmp_path / "file").touch()
    assert refused(lambda: make_report_folder(tmp_path / "file" / "in", "report-dir (from covgate.toml)")) == (
        f"the report cannot be written to {tmp_path}/file/in (from report-dir (from covgate.toml)): Not a directory",
        hint,
        "report-folder-not-writable",
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path)
    assert refused(lambda: make_report_folder(tmp_path / "a" / "link" / "b", "report-dir", tmp_path)) == (
        f"the report cannot be written to {tmp_path}/a/link/b (from report-dir): link is a symbolic link",
        hint,
        "report-folder-not-writable",
    )


def test_a_link_above_the_anchor_is_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "checkout").symlink_to("real")
    folder = make_report_folder(tmp_path / "checkout" / "out", "report-dir", tmp_path / "checkout")
    assert folder == ReportFolder(path=tmp_path / "checkout" / "out", anchor=tmp_path / "checkout")
    # So is a folder that is not below it.
    elsewhere = make_report_folder(tmp_path / "real" / "out", "report-dir", tmp_path / "checkout")
    assert elsewhere == ReportFolder(path=tmp_path / "real" / "out")


def test_a_verdict_of_an_earlier_run_goes_and_other_files_stay(tmp_path: Path) -> None:
    folder = make_report_folder(tmp_path / "out", "report-dir")
    for name in ("result.json", "comment.md", "summary.md", "page.html", "old.xml", "other.txt"):
        folder.write(name, "of the first run")
    folder.clear(("page.html", "old.xml"), ("page.html",))
    left = {path.name: path.read_text() for path in folder.path.iterdir()}
    assert left == {
        ".gitignore": "*\n",
        ".covgate-exports": "page.html\n",
        "old.xml": "of the first run",
        "other.txt": "of the first run",
    }
    # Of 4,096 bytes of notes each name counts, and of more none.
    for size, kept in ((4096, False), (4097, True)):
        folder.write("old.xml", "")
        (folder.path / ".covgate-exports").write_text("old.xml\n".ljust(size, "x"))
        folder.clear(("old.xml",))
        assert (folder.path / "old.xml").exists() is kept


def test_one_file_is_copied_and_a_link_or_a_pipe_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("file", "link", "pipe", "gone"):
        copy_files(tmp_path / name, tmp_path / f"{name}-copy")
    assert [path.name for path in tmp_path.glob("*-copy")] == ["file-copy"]
    assert (tmp_path / "file-copy").read_text() == "one"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "new").write_text("two")
    (tmp_path / "there").mkdir()
    copy_files(tmp_path / "folder", tmp_path / "there")
    assert (tmp_path / "there" / "new").read_text() == "two"


def test_a_text_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    most = 64 * 1024 * 1024
    path = tmp_path / "text"
    assert read_text(path) is None
    path.write_text("é")
    assert read_text(path) == "é"
    # Below a file there is none.
    assert read_text(path / "below") is None
    with path.open("wb") as file:
        file.truncate(most + 1)
    with pytest.raises(ValueError, match=f"^{path} cannot be read: it is {most + 1} bytes long$"):
        read_text(path)
    with pytest.raises(ValueError, match=f"^{tmp_path} cannot be read: Is a directory$"):
        read_text(tmp_path)


def test_a_scratch_folder_goes_with_what_is_in_it_also_after_an_error() -> None:
    def fail(seen: list[Path]) -> None:
        with scratch_folder() as folder:
            (folder / "a" / "b").mkdir(parents=True)
            (folder / "a" / "file").touch()
            seen.append(folder)
            raise KeyError

    seen: list[Path] = []
    with pytest.raises(KeyError):
        fail(seen)
    assert seen[0].name.startswith("covgate-")
    assert not seen[0].exists()


def test_a_checkout_is_the_nearest_folder_with_a_repository(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    (inner / "below").mkdir(parents=True)
    (tmp_path / "outer" / ".git").mkdir()
    # A worktree or a submodule has a file.
    (inner / ".git").write_text("gitdir: elsewhere\n")
    assert find_checkout(inner / "below") == find_checkout(inner) == inner
    assert find_checkout(tmp_path / "outer" / "gone") == tmp_path / "outer"
    assert shown_path(inner, inner) == "."
