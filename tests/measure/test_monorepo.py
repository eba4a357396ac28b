"""The one project of a commit that has none at its top; of a change it is the base's, too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from covgate.commands.place import find_project_below
from covgate.errors import InputError
from covgate.measure.monorepo import find_only_project
from covgate.model.commit import Sha
from covgate.system.git import GitCommand
from tests.support.repositories import Repository

P = "[project]\nname = 'x'\n"
T = "[tool.ruff]\nline-length = 9\n"

FOLDERS: dict[str, tuple[Mapping[str, str], str | None]] = {
    "at-the-top": ({"pyproject.toml": P, "a/setup.py": ""}, None),
    "requirements-at-the-top": ({"requirements/dev.txt": "", "a/setup.py": ""}, None),
    "lock-at-the-top": ({"uv.lock": "", "a/setup.py": ""}, None),
    "none": ({"README.md": "", "a/b.py": ""}, None),
    "one": ({"README.md": "", "a/b/pyproject.toml": P}, "a/b"),
    "beside-settings-of-tools": ({"pyproject.toml": T, "tox.ini": "", "setup.cfg": "[x]\n", "a/setup.py": ""}, "a"),
    "and-a-part-of-it": ({"a/setup.py": "", "a/plugins/b/pyproject.toml": P}, "a"),
    "and-others-data": ({"a/setup.py": "", "docs/requirements.txt": "", "a.b/tests/x/setup.py": ""}, "a"),
    "requirements-below": ({"a/requirements/test.txt": ""}, "a"),
    "requirements-that-are-none": ({"a/requirements/test.in": "", "a/more/test.txt": "", "b/setup.py": ""}, "b"),
    "a-deep-one-in-requirements": ({"a/b/requirements/x.txt": "", "a/b/c/setup.py": ""}, "a/b"),
    "settings-of-tools-beside-requirements": ({"a/pyproject.toml": T, "a/requirements.txt": ""}, "a"),
    "names-that-only-begin-so": ({"docs2/setup.py": "", "test/setup.py": "", ".hidden/setup.py": ""}, "docs2"),
    "a-broken-file": ({"a/pyproject.toml": "[", "b/pyproject.toml": T}, "a"),
}


def commit(tmp_path: Path, files: Mapping[str, str]) -> tuple[GitCommand, Sha]:
    repository = Repository(tmp_path / "repository")
    repository.commit(dict(files))
    git = GitCommand(repository.path, os.environ)
    return git, git.head()


@pytest.mark.parametrize(("files", "expected"), FOLDERS.values(), ids=FOLDERS)
def test_the_only_project_is_found(tmp_path: Path, files: Mapping[str, str], expected: str | None) -> None:
    found = find_only_project(*commit(tmp_path, files))
    assert (found and str(found)) == expected


def test_several_projects_are_named(tmp_path: Path) -> None:
    git, head = commit(tmp_path, {"b/setup.py": "", "a/x/pyproject.toml": P, "a/y/pyproject.toml": T})
    with pytest.raises(InputError, match="there are 2 projects in the checkout, and none at its top: b, a/x") as caught:
        find_only_project(git, head)
    assert caught.value.slug == "several-projects"


def test_of_many_projects_eight_are_named(tmp_path: Path) -> None:
    git, head = commit(tmp_path, {f"{folder}/{name}/setup.py": "" for folder in "ab" for name in "vwxyz"})
    with pytest.raises(InputError) as caught:
        find_only_project(git, head)
    named = "a/v, a/w, a/x, a/y, a/z, b/v, b/w, b/x and 2 more"
    assert caught.value.message == f"there are 10 projects in the checkout, and none at its top: {named}"
    assert caught.value.hint == (
        "set `working-directory` to one of them; docs/workflows/monorepo.yml has a job for each"
    )


CHANGES: dict[str, tuple[Mapping[str, str], Mapping[str, str | None], str | None]] = {
    "the-same": ({"a/setup.py": ""}, {"a/x.py": ""}, "a"),
    "moved": ({"a/setup.py": ""}, {"a/setup.py": None, "b/setup.py": ""}, "error"),
    "to-the-top": ({"a/setup.py": ""}, {"setup.py": ""}, "error"),
    "removed": ({"a/setup.py": "", "x.py": ""}, {"a/setup.py": None}, "error"),
    "the-first-one": ({"x.py": ""}, {"a/setup.py": ""}, "a"),
    "from-several-to-one": ({"a/setup.py": "", "b/setup.py": ""}, {"b/setup.py": None}, "a"),
    "at-the-top": ({"setup.py": ""}, {"x.py": ""}, None),
}


@pytest.mark.parametrize(("before", "change", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_change_does_not_choose_another_project(
    tmp_path: Path, before: Mapping[str, str], change: Mapping[str, str | None], expected: str | None
) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit(dict(before))
    git = GitCommand(repository.path, os.environ)
    base = git.head()
    for name, text in change.items():
        if text is None:
            (repository.path / name).unlink()
    repository.commit({name: text for name, text in change.items() if text is not None})
    if expected != "error":
        found = find_project_below(git, base)
        assert (found and str(found)) == expected
        return
    with pytest.raises(InputError, match="the project was in a at the base") as caught:
        find_project_below(git, base)
    assert "working-directory" in caught.value.hint
