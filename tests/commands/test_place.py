"""Where a run happens: the nearest folder upward, within the repository, that has settings of covgate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from covgate.commands.place import Place, find_place, find_place_at, find_project_below
from covgate.config.toml_file import TomlFile
from covgate.errors import InputError
from tests.support.git import make_repository

OURS = "[tool.covgate]\nmin-diff = 80\n"
OTHER = '[project]\nname = "x"\n'

# The files there are, where covgate is started, the folder it is pointed at; the project's folder, and its file's name.
PLACES: dict[str, tuple[dict[str, str], str, str, str, str | None]] = {
    "the-root": ({"pyproject.toml": OURS}, ".", ".", ".", "pyproject.toml"),
    "a-sub-folder": ({"pyproject.toml": OURS, "src/shop/x.py": ""}, "src/shop", ".", ".", "../../pyproject.toml"),
    "a-project-of-its-own": (
        {"pyproject.toml": OURS, "backend/pyproject.toml": OURS},
        "backend",
        ".",
        "backend",
        "pyproject.toml",
    ),
    "past-one-without-the-table": (
        {"pyproject.toml": OURS, "backend/pyproject.toml": OTHER},
        "backend",
        ".",
        ".",
        "../pyproject.toml",
    ),
    "pointed-at": ({"backend/pyproject.toml": OURS}, ".", "backend", "backend", "backend/pyproject.toml"),
    "pointed-at-a-sub-folder": ({"pyproject.toml": OURS, "src/x.py": ""}, ".", "src", "src", "pyproject.toml"),
    "no-table-anywhere": ({"pyproject.toml": OTHER, "src/pyproject.toml": OTHER}, "src", ".", "src", "pyproject.toml"),
    "no-file-anywhere": ({"src/x.py": ""}, "src", ".", "src", None),
    "beyond-the-repository": ({"../pyproject.toml": OURS, "src/x.py": ""}, "src", ".", "src", None),
    "a-broken-file-of-others": (
        {"pyproject.toml": OURS, "src/pyproject.toml": "x = = 1\n"},
        "src",
        ".",
        ".",
        "../pyproject.toml",
    ),
    "a-folder-that-is-not-there": ({"pyproject.toml": OURS}, ".", "nowhere", "nowhere", None),
}


@pytest.mark.parametrize(("files", "here", "directory", "project", "name"), PLACES.values(), ids=PLACES)
def test_the_project_is_found(
    tmp_path: Path, files: dict[str, str], here: str, directory: str, project: str, name: str | None
) -> None:
    root = make(tmp_path, files)
    place = find_place((root / here).resolve(), directory)
    assert place.project == (root / project).resolve()
    assert (place.toml and place.toml.name) == name


def test_a_file_that_may_hold_the_table_and_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    root = make(tmp_path, {"pyproject.toml": OURS, "src/pyproject.toml": "[tool.covgate]\nx = = 1\n"})
    with pytest.raises(InputError, match="is not valid TOML"):
        find_place(root / "src", ".")


def test_outside_of_a_repository_no_other_folder_is_looked_at(tmp_path: Path) -> None:
    make(tmp_path, {"../pyproject.toml": OURS, "../outside/x.py": ""})
    assert find_place(tmp_path / "outside", ".").project == tmp_path / "outside"


def test_what_was_given_at_the_start_is_taken_from_there(tmp_path: Path) -> None:
    root = make(tmp_path, {"pyproject.toml": OURS, "src/x.py": ""})
    assert find_place(root, ".").anchored("out") == "out"
    assert find_place(root, ".").anchored_glob("*.cov") == "*.cov"
    assert find_place(root / "src", "..").start == root
    assert find_place(root / "src", ".").anchored("out") == str(root / "src" / "out")
    assert find_place(root / "src", ".").anchored("/out") == "/out"
    (root / "[x]").mkdir()
    assert find_place(root / "[x]", ".").anchored("out") == str(root / "[x]" / "out")
    assert find_place(root / "[x]", ".").anchored_glob("*.cov") == f"{root}/[[]x]/*.cov"
    assert find_place(root / "[x]", ".").anchored_glob("/y/*.cov") == "/y/*.cov"


def make(folder: Path, files: dict[str, str]) -> Path:
    root = folder / "checkout"
    (root / ".git").mkdir(parents=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


# --- in a commit that is not checked out ----------------------------------------------------------------------------


def test_a_place_in_a_commit_is_found_by_the_same_rule_whatever_lies_in_the_folders_now(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("pyproject.toml", OURS)
    repository.write("backend/pyproject.toml", OTHER)
    base = repository.commit("base")
    repository.write("backend/pyproject.toml", OURS)
    repository.write("pyproject.toml", "= =")
    (tmp_path / "pyproject.toml").write_text(OURS)
    root, git = repository.path.resolve(), repository.command
    found = find_place_at(root / "backend", root / "backend", git, base)
    assert found == Place(
        start=root / "backend",
        project=root,
        toml=TomlFile(name=f"pyproject.toml of the base {base[:7]}", text=OURS),
    )
    # A folder that was named is the project, wherever its settings are; one that the commit does not have, too.
    for name in ("backend", "new"):
        assert find_place_at(root, root / name, git, base) == replace(found, start=root / name, project=root / name)


def test_where_a_commit_has_no_settings_the_folders_own_file_is_the_one(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("src/pyproject.toml", OTHER)
    base = repository.commit("base")
    root = repository.path.resolve()
    place = find_place_at(root / "src", root / "src", repository.command, base)
    assert (place.project, place.toml and place.toml.name) == (
        root / "src",
        f"src/pyproject.toml of the base {base[:7]}",
    )
    assert find_place_at(root, root, repository.command, base).toml is None


def test_a_file_of_a_commit_that_is_not_utf_8_is_named_with_the_commit(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    (repository.path / "pyproject.toml").write_bytes(b"# \xff\n[tool.covgate]\n")
    base, root = repository.commit("base"), repository.path.resolve()
    with pytest.raises(InputError) as caught:
        find_place_at(root, root, repository.command, base)
    assert caught.value.message.startswith(f"pyproject.toml of the base {base[:7]} is not UTF-8: ")
    assert (caught.value.hint, caught.value.slug) == ("make it a file in UTF-8", "bad-toml")


# --- the only project of a checkout ---------------------------------------------------------------------------------


def test_the_project_that_is_judged_is_the_one_that_the_base_has(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    empty = repository.commit("nothing")
    repository.write("a/setup.py", "# one\n")
    one = repository.commit("one")
    repository.write("b/setup.py", "# two\n")
    two = repository.commit("two")
    repository.git("rm", "--quiet", "-r", "b")
    repository.commit("one again")
    git = repository.command
    # A base without a project had none judged, and in one with two the gate could not run.
    assert {find_project_below(git, base) for base in (None, empty, one, two)} == {PurePosixPath("a")}
    repository.git("mv", "a/setup.py", "setup.py")
    repository.commit("to the top")
    with pytest.raises(InputError) as caught:
        find_project_below(repository.command, one)
    assert caught.value.message == (
        f"the project was in a at the base {one[:7]}, and is at the top of the checkout in this change"
    )
