"""Where a run happens: the nearest folder upward, within the repository, that has settings of covgate."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.commands.place import find_place
from covgate.errors import InputError

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
    make(tmp_path, {"../pyproject.toml": OURS, "src/x.py": ""})
    assert find_place(tmp_path / "src", ".").project == tmp_path / "src"


def test_what_was_given_at_the_start_is_taken_from_there(tmp_path: Path) -> None:
    root = make(tmp_path, {"pyproject.toml": OURS, "src/x.py": ""})
    assert find_place(root, ".").anchored("out") == "out"
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
