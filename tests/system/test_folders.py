"""The report folder, and files that are read as text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.system.folders import ReportFolder, copy_files, make_report_folder, read_text_if_there, shown_path


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


def test_a_payload_of_the_most_that_github_sends_is_read(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_bytes(b" " * 25_000_000)
    assert read_text_if_there(tmp_path / "event.json") == " " * 25_000_000


def test_a_folder_in_the_place_of_the_configuration_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_text_if_there(tmp_path)


def test_a_configuration_that_is_not_utf_8_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        read_text_if_there(tmp_path / "pyproject.toml")


def test_of_a_folder_its_own_files_are_copied_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "made" / "inner").mkdir(parents=True)
    (tmp_path / "made" / "one.xml").write_text("one")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "made" / "link.xml").symlink_to(tmp_path / "secret")
    copy_files(tmp_path / "made", tmp_path / "kept")
    assert {path.name: path.read_text() for path in (tmp_path / "kept").iterdir()} == {"one.xml": "one"}


PLACES = {
    "nothing": Path.exists,
    "a-file": lambda path: path.write_text("old"),
    "a-link": lambda path: path.symlink_to(path.parents[1] / "elsewhere" / "file"),
    "a-dangling-link": lambda path: path.symlink_to(path.parents[1] / "gone"),
    "a-hard-link": lambda path: path.hardlink_to(path.parents[1] / "elsewhere" / "file"),
    "a-pipe": os.mkfifo,
    "a-folder": lambda path: (path / "inner").mkdir(parents=True),
}


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
def test_whatever_stands_in_the_place_of_a_report_is_replaced(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("theirs")
    folder = make_report_folder(tmp_path / "out", "report-dir", tmp_path)
    make(folder.path / "result.json")
    folder.write("result.json", "ours")
    assert (folder.path / "result.json").read_text() == "ours"
    assert sorted(path.name for path in folder.path.iterdir()) == [".gitignore", "result.json"]
    assert not (folder.path / "result.json").is_symlink()
    assert (tmp_path / "elsewhere" / "file").read_text() == "theirs"
    assert not (tmp_path / "gone").exists()


EXPORTS = ("index.html", "coverage.xml", "pages")


def names_in(folder: ReportFolder) -> set[str]:
    return {path.name for path in folder.path.iterdir() if not path.name.startswith(".")}


@pytest.mark.parametrize("in_workflow", [False, True])
def test_exports_of_an_earlier_run_go_whatever_is_asked(tmp_path: Path, *, in_workflow: bool) -> None:
    anchor = tmp_path if in_workflow else None
    folder = make_report_folder(tmp_path / "out", "report-dir", anchor)
    folder.clear(EXPORTS, ("index.html", "pages"))
    folder.write("index.html", "of the first run")
    (folder.path / "pages").mkdir()
    (folder.path / "pages" / "a.html").touch()
    folder.write("result.json", "of the first run")
    folder = make_report_folder(tmp_path / "out", "report-dir", anchor)
    folder.clear(EXPORTS)
    assert names_in(folder) == set()
    assert not (folder.path / ".covgate-exports").exists()


def test_a_file_of_the_users_stays_unless_an_export_takes_its_place(tmp_path: Path) -> None:
    folder = make_report_folder(tmp_path, "report-dir")
    (tmp_path / "index.html").write_text("theirs")
    (tmp_path / "coverage.xml").write_text("theirs")
    (tmp_path / "pages").mkdir()
    folder.clear(EXPORTS, ("coverage.xml", "pages"))
    assert names_in(folder) == {"index.html", "pages"}
    folder.clear(("index.html", "coverage.xml"))
    assert names_in(folder) == {"index.html", "pages"}


@pytest.mark.parametrize("notes", ["../kept", "kept", "/etc/hostname", "\x00", "x\n" * 4096])
def test_notes_of_a_stranger_name_nothing_but_exports(tmp_path: Path, notes: str) -> None:
    (tmp_path / "kept").touch()
    folder = make_report_folder(tmp_path / "out", "report-dir", tmp_path)
    (folder.path / "kept").touch()
    (folder.path / ".covgate-exports").write_text(notes)
    folder.clear(EXPORTS)
    assert names_in(folder) == {"kept"}
    assert (tmp_path / "kept").exists()


def test_notes_that_are_a_link_are_not_followed(tmp_path: Path) -> None:
    folder = make_report_folder(tmp_path / "out", "report-dir", tmp_path)
    (tmp_path / "notes").write_text("index.html")
    (folder.path / ".covgate-exports").symlink_to(tmp_path / "notes")
    (folder.path / "index.html").touch()
    folder.clear(EXPORTS, ("coverage.xml",))
    assert names_in(folder) == {"index.html"}
    assert (tmp_path / "notes").read_text() == "index.html"


@pytest.mark.parametrize("name", ["out", "out/inner"])
def test_what_took_the_place_of_the_folder_goes(tmp_path: Path, name: str) -> None:
    folder = make_report_folder(tmp_path / name, "report-dir", tmp_path)
    (tmp_path / "elsewhere" / "inner").mkdir(parents=True)
    (tmp_path / "out").rename(tmp_path / "moved")
    (tmp_path / "out").symlink_to("elsewhere")
    folder.write("result.json", "ours")
    assert (tmp_path / name / "result.json").read_text() == "ours"
    assert not (tmp_path / "out").is_symlink()
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*")] == ["inner"]


@pytest.mark.parametrize("link", ["out", "out/inner"])
def test_a_link_on_the_way_to_the_folder_is_refused_in_a_workflow(tmp_path: Path, link: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a symbolic link"):
        make_report_folder(tmp_path / "out" / "inner" / "most", "report-dir", tmp_path)
    # On a laptop it is the user's own.
    make_report_folder(tmp_path / "out" / "inner" / "most", "report-dir").write("result.json", "ours")
    assert list((tmp_path / "elsewhere").rglob("result.json"))


def test_a_path_is_shown_from_where_covgate_was_started(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "link").symlink_to("checkout")
    for start in (tmp_path / "checkout", tmp_path / "link"):
        assert shown_path(tmp_path / "checkout" / "out", start) == "out"
        assert shown_path(tmp_path / "out", start) == str(tmp_path / "out")


def test_a_folder_elsewhere_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    folder = make_report_folder(tmp_path / "checkout" / ".." / "out", "report-dir", tmp_path / "checkout")
    assert folder.write("result.json", "ours") == tmp_path / "out" / "result.json"


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


NO_TEXTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a-pipe": (os.mkfifo, "it is a pipe"),
    "a-device-without-end": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "a-file-without-end": (sparse, "1099511627776 bytes long"),
}


@pytest.mark.parametrize(("make", "said"), NO_TEXTS.values(), ids=NO_TEXTS)
def test_what_never_ends_is_no_text(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    make(tmp_path / "pyproject.toml")
    with pytest.raises(InputError, match=said):
        read_text_if_there(tmp_path / "pyproject.toml")
