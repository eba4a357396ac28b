"""Whether an environment's Python is the one that was asked for, and no older than covgate measures."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.measure.environment import Environment, Workshop, _verified
from covgate.measure.project import MINIMUM_COVERAGE, Project
from covgate.measure.python_wish import PythonWish

ANY = "^$"


@pytest.mark.parametrize(
    ("says", "asked", "problem"),
    [
        ("3.10.0", "", ANY),
        ("3.15.0a2", "", ANY),
        ("4.0.0", "", ANY),
        ("3.13.1", "3.13", ANY),
        ("3.14.0", "3.14t", ANY),
        ("3.12.4", ">=3.9", ANY),
        ("3.9.19", "", r"^Python 3\.9\.19 is older than any that covgate measures: 3\.10 and newer$"),
        ("2.7.18", "2.7", r"^Python 2\.7\.18, which x asks for \(2\.7\) is older"),
        ("3.13.1", "3.1", r"for 3\.1 \(from x\) says that it is 3\.13\.1$"),
        ("3.12.4", "3.12.5", r"says that it is 3\.12\.4$"),
        ("Python", "", r"^the Python that was found says that it is none$"),
    ],
)
def test_a_python_is_asked_for_its_version(tmp_path: Path, says: str, asked: str, problem: str) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {says}\n")
    python.chmod(0o755)
    project = Project(directory=tmp_path, root=tmp_path, python=python, environment={"PATH": os.defpath})
    wish = PythonWish(request=asked, where="x") if asked else None
    if problem == ANY:
        assert _verified(project, wish) == says
        return
    with pytest.raises(InputError, match=problem) as caught:
        _verified(project, wish)
    assert caught.value.slug == "python-not-found"


def made(folder: Path, uv: str, python: str, said: list[str]) -> Environment:
    """Return an environment whose uv and Python are scripts; what it says is put into `said`."""
    for name, script in {"uv": uv, "python": python}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    project = Project(directory=folder, root=folder, python=folder / "python", environment={"PATH": os.defpath})
    workshop = Workshop(
        tools=folder, folder=folder, cache=None, timeout_seconds=60, while_running=nullcontext, say=said.append
    )
    return Environment(project=project, workshop=workshop, uv=folder / "uv", version="3.12")


def test_uv_installs_what_it_is_told_to(tmp_path: Path) -> None:
    made(tmp_path, 'echo "$@" > called', "", []).install(("pip", "install", "-e", "."))
    assert (tmp_path / "called").read_text() == "pip install -e .\n"


@pytest.mark.parametrize(
    ("before", "installs", "says"),
    [
        ("", True, []),
        ("7.10.0", True, ["coverage 7.10.0 is replaced by 99.0"]),
        ("99.0", False, []),
        (MINIMUM_COVERAGE, False, []),
        ("7.9", True, ["coverage 7.9 is replaced by 99.0"]),
        # It is there, and cannot be used.
        ("99.0\nbroken", True, []),
    ],
    ids=["none", "too-old", "new-enough", "the-oldest", "one-digit", "broken"],
)
def test_an_environment_gets_a_coverage_that_is_new_enough(
    tmp_path: Path, before: str, says: list[str], *, installs: bool
) -> None:
    (tmp_path / "version").write_text(before)
    said: list[str] = []
    made(
        tmp_path, 'echo "$@" > called; echo 99.0 > version', "cat version; ! grep -q broken version", said
    ).add_coverage()
    assert (tmp_path / "called").exists() is installs
    assert [text.partition(":")[0] for text in said] == says


def test_a_coverage_that_cannot_be_had_is_told_in_uvs_words(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        made(tmp_path, "echo 'no disk' >&2; exit 1", "exit 1", []).add_coverage()
    assert (caught.value.message, caught.value.slug) == ("`uv pip install` failed: no disk", "install-failed")
