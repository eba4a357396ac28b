"""What lies in a project's folder is read whole, and nothing that lies elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.measure.project_files import ProjectFiles, declares_project, is_project_file, read_project_files
from tests.measure.test_detect import of


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    pyproject = "[tool.hatch.envs.test]\n[tool.tox]\n"
    files = {
        "pyproject.toml": pyproject,
        "tox.ini": "[tox]\n[testenv]\ndeps = pytest\n[testenv]\nusedevelop = true\n",
        "setup.cfg": "[metadata]\nname = x\n",
        "requirements/dev.txt": "",
        "requirements/notes.md": "",
        "requirements/old.txt/dev.txt": "",
        "shop/a.py": "",
    }
    write(tmp_path, files)
    (tmp_path / "linked").symlink_to("shop")
    # A link that leads nowhere is no file, wherever that is; nor is a pipe, which would never end.
    (tmp_path / "hatch.toml").symlink_to("../nowhere")
    os.mkfifo(tmp_path / "setup.py")
    assert read_project_files(tmp_path, tmp_path) == ProjectFiles(
        names=frozenset({"pyproject.toml", "tox.ini", "setup.cfg", "requirements/dev.txt"}),
        folders=frozenset({"requirements", "shop"}),
        pyproject={"tool": {"hatch": {"envs": {"test": {}}}, "tox": {}}},
        hatch={"envs": {"test": {}}},
        setup_cfg={"metadata": {"name": "x"}},
        tox={"tox": {}, "testenv": {"deps": "pytest", "usedevelop": "true"}},
    )
    assert read_project_files(tmp_path, tmp_path, ("setup.cfg",)) == ProjectFiles(
        names=frozenset({"pyproject.toml", "tox.ini", "setup.cfg", "requirements/dev.txt"}),
        folders=frozenset({"requirements", "shop"}),
        setup_cfg={"metadata": {"name": "x"}},
    )


def test_hatchs_own_file_takes_the_place_of_its_table(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.hatch.envs.test]\n", "hatch.toml": "[envs.other]\n"})
    assert read_project_files(tmp_path, tmp_path).hatch == {"envs": {"other": {}}}


def test_an_empty_version_file_asks_for_nothing_and_hides_the_one_above(tmp_path: Path) -> None:
    write(tmp_path, {".python-version": "3.12\n", "app/.python-version": "\n # none\n"})
    assert read_project_files(tmp_path / "app", tmp_path).python_version is None
    assert read_project_files(tmp_path, tmp_path).python_version == ("3.12", ".python-version")


WORKSPACES: dict[str, tuple[str, str, str | None]] = {
    # members, exclude; the workspace of libs/shop/core
    "its-path": ("['libs/shop/core']", "[]", "."),
    "a-pattern": ("['other', 'libs/*/core']", "[]", "."),
    "one-star-is-one-folder": ("['libs/*']", "[]", None),
    "two-stars-are-any": ("['libs/**']", "[]", "."),
    "a-letter": ("['libs/sho?/core']", "[]", "."),
    "a-letter-is-no-slash": ("['libs?shop/core']", "[]", None),
    "a-dot-is-a-dot": ("['libs.shop/core']", "[]", None),
    "with-a-dot-before-and-a-slash-behind": ("['./libs/shop/core/']", "[]", "."),
    "excluded": ("['libs/**']", "['libs/*/core']", None),
    "another-excluded": ("['libs/**']", "['libs/*/more']", "."),
    "no-list": ("'libs/shop/core'", "[]", None),
    "what-is-no-text": ("[1, 'libs/shop/core']", "[2]", "."),
}


@pytest.mark.parametrize(("members", "exclude", "workspace"), WORKSPACES.values(), ids=WORKSPACES)
def test_a_folder_is_a_member_where_the_workspace_says_so(
    tmp_path: Path, members: str, exclude: str, workspace: str | None
) -> None:
    text = f"[tool.uv.workspace]\nmembers = {members}\nexclude = {exclude}\n"
    write(tmp_path, {"uv.lock": "", "pyproject.toml": text, "libs/shop/core/a.py": ""})
    assert read_project_files(tmp_path / "libs/shop/core", tmp_path).workspace == workspace


def test_a_workspace_is_one_above_with_both_of_its_files(tmp_path: Path) -> None:
    def workspace(folder: str = "a/b/c", root: str = "root") -> str | None:
        return read_project_files(tmp_path / "root" / folder, tmp_path / root).workspace

    every = "[tool.uv.workspace]\nmembers = ['**']\n"
    write(tmp_path / "root", {"pyproject.toml": every, "a/uv.lock": "", "a/b/c/pyproject.toml": every})
    assert workspace() is None
    write(tmp_path / "root", {"uv.lock": "", "a/b/pyproject.toml": every})
    assert workspace() == "."
    write(tmp_path / "root", {"a/b/uv.lock": ""})
    assert workspace() == "a/b"
    # A lock file of its own makes it a project by itself.
    write(tmp_path / "root", {"a/b/c/uv.lock": ""})
    assert workspace() is None
    # What lies above the checkout is none of its business; behind a link it is the same checkout.
    (tmp_path / "link").symlink_to("root")
    write(tmp_path / "root", {"x/y/z.py": ""})
    assert (workspace("x/y", "root/x"), workspace("x/y")) == (None, ".")
    assert workspace("x/y", "link") is not None
    assert read_project_files(tmp_path / "link" / "x" / "y", tmp_path / "root").workspace is not None


def test_a_checkout_behind_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "root", {"pyproject.toml": "[project]\nname = 'x'\n"})
    (tmp_path / "link").symlink_to("root")
    for directory in ("root", "link"):
        for root in ("root", "link"):
            assert read_project_files(tmp_path / directory, tmp_path / root).pyproject == {"project": {"name": "x"}}


def test_a_file_that_is_no_text_is_told_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "tox.ini").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"app/tox\.ini") as caught:
        read_project_files(tmp_path / "app", tmp_path)
    assert (caught.value.hint, caught.value.slug) == ("make it a text in UTF-8", "project-file")


def test_the_build_backend_is_the_named_one_or_else_setuptools() -> None:
    tables = {
        "[build-system]\nrequires = ['x']\nbuild-backend = 'x.y'\n": "x.y",
        "[build-system]\nrequires = ['x']\n": "setuptools.build_meta",
        "[build-system]\nrequires = ['x']\nbuild-backend = 1\n": "setuptools.build_meta",
        "[build-system]\n": "",
        "[project]\nname = 'x'\n": "",
        "build-system = 1\n": "",
    }
    assert {text: of(text).backend for text in tables} == tables


def test_the_names_of_files_that_may_make_a_project() -> None:
    ours = "pyproject.toml setup.cfg setup.py uv.lock poetry.lock pdm.lock requirements.txt requirements-dev.txt"
    ours += " dev-requirements.txt dev_requirements.txt requirementsX.txt"
    others = "tox.ini setup.pyx pyproject.tom requirements.in devrequirements.txt requirements txt hatch.toml Pipfile"
    assert [name for name in ours.split() if not is_project_file(name)] == []
    assert [name for name in others.split() if is_project_file(name)] == []


def test_which_text_declares_a_project() -> None:
    texts: dict[tuple[str, bytes], bool] = {
        ("setup.cfg", b"[metadata]\n"): True,
        ("setup.cfg", b"[flake8]\nmax = a b\n"): False,
        ("setup.cfg", b"[project]\n"): False,
        ("setup.cfg", b"metadata\n"): True,
        ("pyproject.toml", b"[metadata]\n"): False,
        ("pyproject.toml", b"[tool.poetry]\n"): True,
        ("pyproject.toml", b"[tool.flit.metadata]\n"): True,
        ("pyproject.toml", b"project = 1\n"): False,
        ("pyproject.toml", b"tool = 1\n"): False,
        ("pyproject.toml", b"[project\n"): True,
        ("setup.py", b"\xff"): True,
    }
    assert {key: declares_project(*key) for key in texts} == texts
