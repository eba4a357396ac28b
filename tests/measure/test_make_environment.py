"""An environment is made of the wished Python, for the project's own variables alone; uv is a script that obeys."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.measure.environment import TOOLS, Environment, Workshop, make_environment
from covgate.measure.project import Project
from covgate.measure.python_wish import PythonWish
from tests.measure.test_environment import made

MAKES = """echo "$@" >> "$CALLED"
for place; do :; done
mkdir -p "$place/bin"
printf '#!/bin/sh\\necho 3.12.4\\n' > "$place/bin/python"
chmod +x "$place/bin/python\""""
WISH = PythonWish(request=">=3.9", where="pyproject.toml")


def install_uv(home: Path, script: str, *, names: tuple[str, ...] = ("uv", "uvx")) -> None:
    for name in names:
        (home / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (home / "bin" / name).chmod(0o755)


def environment_of(
    home: Path, wish: PythonWish | None, said: list[str], cache: Path | None = None, **variables: str
) -> Environment:
    seen = {"PATH": os.defpath, "CALLED": f"{home}/called", **variables}
    project = Project(directory=home / "project", root=home, python=Path("/their/python"), environment=seen)
    workshop = Workshop(
        tools=home / "tools",
        folder=home / "work",
        cache=cache,
        timeout_seconds=60,
        while_running=nullcontext,
        say=said.append,
    )
    return make_environment(project, wish, workshop)


def test_an_environment_is_made_of_the_projects_interpreter(home: Path) -> None:
    install_uv(home, MAKES)
    said: list[str] = []
    found = environment_of(home, None, said)
    place = f"{home}/work/environment"
    assert (home / "called").read_text() == (
        f"venv --quiet --no-project --seed --python-preference system --python /their/python {place}\n"
    )
    assert (str(found.project.python), found.version, said) == (f"{place}/bin/python", "3.12", ["Python 3.12.4"])
    assert found.uv == home / "tools" / "uv"
    assert found.project.environment == {
        "CALLED": f"{home}/called",
        "PATH": os.pathsep.join([f"{place}/bin", f"{home}/tools", os.defpath, f"{home}/tools/fetched"]),
        "VIRTUAL_ENV": place,
        "UV_PROJECT_ENVIRONMENT": place,
        "UV_PYTHON": "3.12.4",
        "UV_LINK_MODE": "copy",
        "UV_NO_PROGRESS": "1",
        "PDM_CHECK_UPDATE": "false",
        "PDM_IGNORE_SAVED_PYTHON": "1",
    }


def test_a_wished_python_is_asked_for_and_told(home: Path) -> None:
    install_uv(home, MAKES)
    said: list[str] = []
    environment_of(home, WISH, said)
    assert " --python >=3.9 " in (home / "called").read_text()
    assert said == ["Python 3.12.4, as pyproject.toml asks for >=3.9"]


def test_what_the_workflow_sets_counts_and_another_pythons_variables_do_not(home: Path) -> None:
    install_uv(home, MAKES)
    own = {"UV_LINK_MODE": "hardlink", "UV_CACHE_DIR": "/theirs", "VIRTUAL_ENV": "/old", "UV_PYTHON": "3.9"}
    seen = environment_of(home, None, [], home / "cache", PYTHONHOME="/usr", **own).project.environment
    assert "PYTHONHOME" not in seen
    names = ("UV_LINK_MODE", "UV_CACHE_DIR", "VIRTUAL_ENV", "UV_PYTHON")
    assert [seen[name] for name in names] == ["hardlink", "/theirs", f"{home}/work/environment", "3.12.4"]
    kept = {name: value for name, value in seen.items() if value.startswith(f"{home}/cache/")}
    assert kept == {
        "UV_PYTHON_INSTALL_DIR": f"{home}/cache/python",
        "PIP_CACHE_DIR": f"{home}/cache/pip",
        "POETRY_CACHE_DIR": f"{home}/cache/poetry",
        "PDM_CACHE_DIR": f"{home}/cache/pdm",
    }


def test_uv_itself_is_told_no_other_python_by_a_variable(home: Path) -> None:
    install_uv(home, f'echo "${{UV_PYTHON-none}} ${{PYTHONHOME-none}}" > "{home}/variables"\n{MAKES}')
    environment_of(home, None, [], UV_PYTHON="3.9", PYTHONHOME="/usr")
    assert (home / "variables").read_text() == "none none\n"


def test_a_uv_that_is_a_link_has_its_neighbour_where_the_link_leads(home: Path) -> None:
    install_uv(home, MAKES)
    (home / "bin").rename(home / "real")
    (home / "bin").mkdir()
    (home / "bin" / "uv").symlink_to(home / "real" / "uv")
    environment_of(home, None, [])
    laid = {name: (home / "tools" / name).resolve() for name in ("uv", "uvx")}
    assert laid == {name: home / "real" / name for name in laid}


def test_only_uv_and_what_it_can_fetch_are_laid_out(home: Path) -> None:
    install_uv(home, MAKES, names=("uv", "python", "covgate"))
    environment_of(home, None, [])
    laid = sorted(str(path.relative_to(home / "tools")) for path in (home / "tools").rglob("*"))
    assert laid == ["fetched", *sorted(f"fetched/{name}" for name in TOOLS), "uv"]
    assert (home / "tools" / "uv").resolve() == home / "bin" / "uv"
    poetry = home / "tools" / "fetched" / "poetry"
    assert poetry.read_text() == f'#!/bin/sh\nexec "{home}/tools/uv" tool run poetry "$@"\n'
    assert os.access(poetry, os.X_OK)


def test_a_uv_on_the_path_does_where_covgate_has_none(home: Path) -> None:
    install_uv(home, MAKES)
    (home / "bin").rename(home / "elsewhere")
    found = environment_of(home, None, [], PATH=f"{home}/elsewhere{os.pathsep}{os.defpath}")
    assert found.uv.resolve() == home / "elsewhere" / "uv"


def refusal(home: Path, wish: PythonWish | None, **variables: str) -> tuple[str, str, str]:
    with pytest.raises(InputError) as caught:
        environment_of(home, wish, [], None, **variables)
    return caught.value.message, caught.value.hint, caught.value.slug


def test_without_uv_no_environment_is_made(home: Path) -> None:
    assert refusal(home, None, PATH=f"{home}/bin") == (
        "uv was not found, which covgate makes environments with",
        "install uv, or prepare the environment yourself and leave install-command out",
        "install-failed",
    )


def test_a_python_that_cannot_be_had_is_told_with_where_it_is_asked_for(home: Path) -> None:
    install_uv(home, "echo 'error: No interpreter found for Python 3.99' >&2; exit 2")
    plain = "failed with exit code 2: the environment's Python does not suit the project"
    message, _, slug = refusal(home, WISH)
    assert (message, slug) == (
        f"there is no Python >=3.9 (from pyproject.toml) that uv can find or fetch: `uv venv --python >=3.9` {plain}",
        "python-not-found",
    )


def test_a_python_that_nobody_asks_for_is_the_projects(home: Path) -> None:
    install_uv(home, "echo 'error: No interpreter found for Python 3.99' >&2; exit 2")
    message, _, slug = refusal(home, None)
    plain = "failed with exit code 2: the environment's Python does not suit the project"
    assert (message, slug) == (f"`uv venv --python /their/python` {plain}", "python-not-found")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "exit code 3"),
        ("echo ' out of space ' >&2; exit 3", "out of space"),
        ("for n in 1 2 3 4 5 6 7; do echo $n https://me:key@host/ >&2; done; exit 3",
         "\n".join(f"{n} https://****@host/" for n in range(3, 8))),
    ],
    ids=["nothing", "a-line", "more"],
)  # fmt: skip
def test_another_failure_is_told_in_the_tools_last_words(home: Path, script: str, said: str) -> None:
    install_uv(home, script)
    assert refusal(home, WISH) == (
        f"`uv venv --python >=3.9` failed: {said}",
        "check that the package index can be reached and that the interpreter works",
        "install-failed",
    )


# --- what is run in it ------------------------------------------------------------------------------------------------


def test_a_question_to_uv_or_to_python_is_answered_by_what_is_printed(tmp_path: Path) -> None:
    environment = made(tmp_path, 'echo "uv $@"', 'echo "python $@"', [])
    assert environment.ask(("tool", "run", "tox")) == "uv tool run tox\n"
    assert environment.ask(("-c", "1"), of_python=True) == "python -c 1\n"
    failing = made(tmp_path, "exit 1", "exit 2", [])
    for of_python, shown in ((False, "`uvx tox` failed: exit code 1"), (True, "`python` failed: exit code 2")):
        with pytest.raises(InputError) as caught:
            failing.ask(("tool", "run", "tox"), of_python=of_python)
        assert caught.value.message == shown


def test_a_module_is_looked_for_and_not_imported(tmp_path: Path) -> None:
    real = made(tmp_path, "", "", [])
    python = replace(real.project, python=Path(sys.executable))
    found = replace(real, project=python)
    assert [found.has(name) for name in ("pytest", "no_such_module")] == [True, False]


STALE = "the lock file does not fit pyproject.toml any more"


def failure(environment: Environment, *, seconds: float = 60, command: str = "") -> tuple[str, str]:
    """What is said when uv, or a command, does not do."""
    environment = replace(environment, workshop=replace(environment.workshop, timeout_seconds=seconds))
    with pytest.raises(InputError) as caught:
        environment.run_command(command) if command else environment.install(("pip", "install", "https://me:key@host/"))
    return caught.value.message, caught.value.slug


def test_a_step_that_fails_is_told_by_what_it_printed_and_without_passwords(tmp_path: Path) -> None:
    stale = "echo 'error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.'; exit 2"
    assert failure(made(tmp_path, "exit 7", "", [])) == (
        "`uv pip install https://****@host/` failed with exit code 7",
        "install-failed",
    )
    assert failure(made(tmp_path, stale, "", [])) == (
        f"`uv pip install https://****@host/` failed with exit code 2: {STALE}",
        "lock-file-outdated",
    )
    environment = made(tmp_path, "exec sleep 60", "", [])
    assert failure(environment, seconds=0.05) == (
        "uv did not end within 0.05 seconds (timeout-minutes): uv pip install https://****@host/",
        "install-failed",
    )
    assert failure(environment, command="exit 4 # https://me:key@host/") == (
        "install-command failed with exit code 4: exit 4 # https://****@host/",
        "install-failed",
    )
    assert failure(environment, command=stale)[1] == "lock-file-outdated"
    assert failure(environment, command="exec sleep 60", seconds=0.05)[0] == (
        "install-command did not end within 0.05 seconds (timeout-minutes): exec sleep 60"
    )


def test_a_step_that_cannot_be_started_is_told_in_a_few_words(tmp_path: Path) -> None:
    environment = replace(made(tmp_path, "", "", []), uv=tmp_path / "gone")
    with pytest.raises(InputError) as caught:
        environment.install(("pip", "install", "x" * 1000))
    shown = f"uv pip install {'x' * 482}…"
    assert caught.value.message == f"`{shown}` could not be started: No such file or directory"
    with pytest.raises(InputError) as caught:
        environment.ask(("a\0b",))
    assert caught.value.message == "`uv a\0b` could not be started: embedded null byte"
    assert caught.value.slug == "install-failed"
