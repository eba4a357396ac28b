"""The report folder, and files that are read as text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.system.folders import make_report_folder, read_text_if_there


def test_a_new_report_folder_ignores_itself_in_git(tmp_path: Path) -> None:
    folder = make_report_folder(tmp_path / "a" / "b", "--report-dir")
    assert (folder.path / ".gitignore").read_text() == "*\n"
    make_report_folder(folder.path, "--report-dir")
    assert [path.name for path in folder.path.iterdir()] == [".gitignore"]


def test_a_report_folder_in_which_only_a_history_was_ignores_itself_too(tmp_path: Path) -> None:
    (tmp_path / ".covgate" / "history").mkdir(parents=True)
    make_report_folder(tmp_path / ".covgate", "--report-dir")
    assert (tmp_path / ".covgate" / ".gitignore").read_text() == "*\n"


def test_a_folder_of_the_users_keeps_its_own_ignore_file(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("build/\n")
    make_report_folder(tmp_path, "--report-dir")
    assert (tmp_path / ".gitignore").read_text() == "build/\n"


def test_a_file_in_the_place_of_the_folder_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match=r"from --report-dir"):
        make_report_folder(tmp_path / "out", "--report-dir")


def test_names_that_are_not_utf_8_are_written_as_escapes(tmp_path: Path) -> None:
    written = make_report_folder(tmp_path / "out", "x").write("comment.md", os.fsdecode(b"a\xff.py"))
    assert written.read_text(encoding="utf-8") == "a\\udcff.py"


def test_a_missing_file_has_no_text(tmp_path: Path) -> None:
    assert read_text_if_there(tmp_path / "pyproject.toml") is None


def test_a_folder_in_the_place_of_the_configuration_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_text_if_there(tmp_path)


def test_a_configuration_that_is_not_utf_8_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        read_text_if_there(tmp_path / "pyproject.toml")
