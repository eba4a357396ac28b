"""The project's interpreter as it is named: absolute, not resolved, first on PATH; and its version."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.measure.project import Project, find_project, with_own_python, with_python


def interpreter(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(0o755)
    return str(path)


def found(root: Path, python: str | None = None, **environment: str) -> tuple[str, bool]:
    """Return the interpreter of the project in `root`/app, and whether covgate found it where nobody named it."""
    (root / "app").mkdir(exist_ok=True)
    project = find_project(directory=root / "app", root=root, python=python, environment=environment)
    return str(project.python), project.is_found


def test_an_interpreter_that_cannot_be_run_is_not_found_where_nobody_named_it(tmp_path: Path) -> None:
    below, above = (interpreter(tmp_path / name / "bin" / "python") for name in ("app/.venv", ".venv"))
    assert found(tmp_path) == (below, True)
    Path(below).chmod(0o644)
    assert found(tmp_path) == (above, True)
    assert found(tmp_path, COVGATE_PYTHON=above, VIRTUAL_ENV="/none") == (above, False)


def test_an_interpreter_is_looked_for_on_the_path_and_comes_first_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = interpreter(tmp_path / "tools" / "python3")
    environment = {"PATH": f"{tmp_path}/tools", "GITHUB_TOKEN": "secret", "HOME": "/home/me"}
    project = find_project(directory=tmp_path, root=tmp_path, python="python3", environment=environment)
    assert str(project.python) == python
    path = os.pathsep.join([f"{tmp_path}/tools"] * 2)
    # A token is none of the project's business.
    assert project.environment == {"PATH": path, "HOME": "/home/me"}
    # Processes start in the project's folder: what is relative to covgate's own would lead elsewhere.
    monkeypatch.chdir(tmp_path)
    assert found(tmp_path, "tools/python3") == (python, False)


def test_a_link_to_an_interpreter_stays_one(tmp_path: Path) -> None:
    """A virtual environment's python is a link, and its folder is the one that counts."""
    interpreter(tmp_path / "usr" / "python")
    (tmp_path / "python").symlink_to("usr/python")
    assert found(tmp_path, f"{tmp_path}/python") == (f"{tmp_path}/python", False)


@pytest.mark.parametrize(
    ("named", "message", "hint"),
    [
        (
            "{root}/none",
            "the interpreter {root}/none does not exist or cannot be run",
            "set `--python` to the project's interpreter, or activate its virtual environment",
        ),
        (
            "{root}/app",
            "{root}/app is not a Python interpreter: it is a folder",
            "set `--python` to the project's interpreter, such as `.venv/bin/python`",
        ),
    ],
)
def test_an_interpreter_that_is_none_is_bad_input(tmp_path: Path, named: str, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        found(tmp_path, named.format(root=tmp_path))
    assert (caught.value.message, caught.value.hint) == (message.format(root=tmp_path), hint)
    assert caught.value.slug == "interpreter-not-usable"


def project_of(tmp_path: Path, **environment: str) -> Project:
    python = tmp_path / "env" / "bin" / "python"
    return Project(directory=tmp_path, root=tmp_path, python=python, environment=environment, is_found=True)


def test_another_interpreter_comes_first_on_the_path(tmp_path: Path) -> None:
    project = project_of(tmp_path, PATH="/usr/bin", PYTHONHOME="/usr", HOME="/home/me")
    other = with_python(project, Path("/x/bin/python"))
    assert (str(other.python), other.is_found) == ("/x/bin/python", True)
    assert other.environment == {"PATH": f"/x/bin{os.pathsep}/usr/bin", "PYTHONHOME": "/usr", "HOME": "/home/me"}
    own = with_own_python(project)
    assert (own.python, own.is_found) == (Path(sys.executable), False)
    path = f"{Path(sys.executable).parent}{os.pathsep}/usr/bin"
    # Another Python's library would be no use to it.
    assert own.environment == {"PATH": path, "HOME": "/home/me"}
    assert with_python(project_of(tmp_path), Path("/x/bin/python")).environment == {"PATH": "/x/bin"}


def test_a_version_is_told_by_what_lies_in_the_environment(tmp_path: Path) -> None:
    def version(config: bytes | None, *folders: str) -> str:
        (tmp_path / "env").mkdir(exist_ok=True)
        if config is not None:
            (tmp_path / "env" / "pyvenv.cfg").write_bytes(config)
        for folder in folders:
            (tmp_path / "env" / "lib" / folder).mkdir(parents=True)
        return project_of(tmp_path).version

    assert version(None) == ""
    assert version(b"home = /usr\nversion = 3.12.4\n") == "3.12"
    assert version(b"version_info = 3.11.2.final.0\n") == "3.11"
    assert version(b"uv=0.9\nversion=3.10\n") == "3.10"
    assert version(b"my-version = 3.10\n# version = 3.9\n") == ""
    assert version(b"my-version = 3.10\n", "python3.13", "other") == "3.13"
    # A file that cannot be read says nothing.
    assert version(b"\xff\xfe", "nothing") == "3.13"
    assert version(b"", "python3.9") == ""


def test_the_projects_folder_is_told_from_the_top_of_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "root" / "app").mkdir(parents=True)
    (tmp_path / "link").symlink_to("root")
    for directory in (tmp_path / "link" / "app", tmp_path / "root" / "app"):
        for root in (tmp_path / "root", tmp_path / "link"):
            project = Project(directory=directory, root=root, python=Path("/python"), environment={})
            assert str(project.prefix) == "app"
