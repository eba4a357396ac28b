"""The environment of a run, by `install-command` or by the project's files; uv and its Python are scripts."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from covgate.config.settings import resolve
from covgate.errors import InputError
from covgate.measure.environment import Workshop
from covgate.measure.fill import Command
from covgate.measure.prepare import prepare_environment
from covgate.measure.project import Project
from tests.measure.test_make_environment import install_uv

# The environment's Python is 3.12.4, has the coverage that a file tells, and no pytest.
PYTHON = """#!/bin/sh
case "$3$4" in *coverage*) cat "$CALLED.coverage" ;; *find_spec*) exit 1 ;; *) echo 3.12.4 ;; esac"""
UV = f"""echo "$*" >> "$CALLED"
[ "$1" = venv ] || exit 0
for place; do :; done
mkdir -p "$place/bin"
cat > "$place/bin/python" <<'END'
{PYTHON}
END
chmod +x "$place/bin/python\""""
PYTEST = "pip install pytest"


def prepared(
    home: Path, files: dict[str, str], *, coverage: str = "7.99", **options: str
) -> tuple[list[str], Command, list[str]]:
    """Return the calls of uv that install something, the command that runs the tests, and what is said."""
    for name, text in files.items():
        (home / "project" / name).write_text(text)
    install_uv(home, UV)
    (home / "called.coverage").write_text(coverage)
    said: list[str] = []
    environment = {"PATH": "/usr/bin:/bin", "CALLED": str(home / "called")}
    project = Project(directory=home / "project", root=home, python=Path("/their/python"), environment=environment)
    workshop = Workshop(
        tools=home / "tools",
        folder=home / "work",
        cache=None,
        timeout_seconds=60,
        while_running=nullcontext,
        say=said.append,
    )
    settings = resolve(command_line={name.replace("_", "-"): value for name, value in options.items()})
    made, command = prepare_environment(project, settings, workshop, "backend")
    assert made.version == "3.12"
    calls = (home / "called").read_text().splitlines()
    assert calls[0].startswith("venv ")
    return calls[1:], command, said


def test_a_projects_files_say_what_is_installed_and_what_is_said(home: Path) -> None:
    files = {"requirements.txt": "", ".python-version": "3.12\n"}
    assert prepared(home, files) == (
        ["pip install --requirements requirements.txt", PYTEST],
        "pytest",
        [
            "Python 3.12.4, as project/.python-version asks for 3.12",
            "Found requirements.txt: uv pip install --requirements requirements.txt",
            "Nothing that was installed brings pytest: uv pip install pytest",
        ],
    )


def test_a_command_of_its_own_installs_and_nothing_else_does(home: Path) -> None:
    # What would be no plan, or cannot be read, is no matter then.
    files = {"uv.lock": "", "poetry.lock": "", "setup.cfg": "broken", "manage.py": ""}
    calls, command, said = prepared(home, files, install_command="uv mine", python_version="3.12")
    assert (calls, command) == (["mine"], "pytest")
    assert said == ["Python 3.12.4, as python-version asks for 3.12"]


def test_coverage_comes_last_where_nothing_that_was_installed_brought_it(home: Path) -> None:
    calls, _, _ = prepared(home, {"setup.cfg": "[metadata]\nname = x\n"}, coverage="")
    assert calls == ["pip install --editable .", PYTEST, "pip install --quiet coverage>=7.13"]


def test_only_the_default_command_gives_way_to_djangos(home: Path) -> None:
    files = {"requirements.txt": "", "manage.py": ""}
    assert prepared(home, files)[:2] == (["pip install --requirements requirements.txt"], "python manage.py test")


def test_a_command_that_is_named_stays(home: Path) -> None:
    files = {"requirements.txt": "", "manage.py": ""}
    calls, command, _ = prepared(home, files, test_command="pytest")
    assert (calls, command) == (["pip install --requirements requirements.txt", PYTEST], "pytest")


def test_where_nothing_says_what_is_needed_nothing_is_made(home: Path) -> None:
    with pytest.raises(InputError, match=r"^nothing in backend says what the tests need"):
        prepared(home, {})
    assert not (home / "called").exists()
