"""The Python to read data with, where the project asks for another than covgate's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from covgate.measure.matching import OWN, find_wish, matching_python
from covgate.measure.project import Project
from covgate.measure.python_wish import PythonWish


def project_in(folder: Path) -> Project:
    environment = {"PATH": str(folder), "UV_PYTHON_INSTALL_DIR": str(folder), "UV_PYTHON_DOWNLOADS": "never"}
    return Project(directory=folder, root=folder, python=Path(sys.executable), environment=environment)


@pytest.mark.parametrize(
    ("given", "files", "request_", "where"),
    [
        pytest.param(None, {}, None, "", id="nothing"),
        pytest.param("3.98", {}, "3.98", "the option", id="another"),
        pytest.param("3.98.1", {}, "3.98.1", "the option", id="to-the-digit"),
        pytest.param("3.98t", {}, "3.98t", "the option", id="without-a-lock"),
        pytest.param(OWN, {}, None, "", id="covgates-own"),
        pytest.param(f"{OWN}.1", {}, None, "", id="covgates-own-to-the-digit"),
        pytest.param(f"{OWN}t", {}, None, "", id="covgates-own-without-a-lock"),
        pytest.param(">=3.98", {}, None, "", id="a-range"),
        pytest.param(None, {".python-version": "3.98\n"}, "3.98", ".python-version", id="of-a-file"),
        pytest.param(OWN, {".python-version": "3.98\n"}, None, "", id="the-option-before-a-file"),
        pytest.param(
            None, {"pyproject.toml": '[project]\nrequires-python = "==3.98"\n'}, None, "", id="one-as-a-range"
        ),
    ],
)
def test_another_python_is_wished_for_where_one_version_is_asked_for(
    tmp_path: Path, given: str | None, files: dict[str, str], request_: str | None, where: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    wish = find_wish(project_in(tmp_path), given, "the option")
    assert wish == (PythonWish(request=request_, where=where) if request_ else None)


def test_it_is_said_when_there_is_no_such_python(tmp_path: Path) -> None:
    said: list[str] = []
    wish = PythonWish(request="3.98", where="the option")
    with matching_python(project_in(tmp_path), wish, None, said.append) as found:
        assert found is None
    (note,) = said
    assert note.startswith(
        f"Sources are read by Python {OWN}, covgate's own, and not by 3.98: there is no Python 3.98 "
    )
