"""A shell command ends at its first failure, as a step of a workflow does."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.measure.environment import Environment, Workshop
from covgate.measure.project import find_project
from covgate.measure.shell import pytest_calls, shell_argv, split_options, words_of
from covgate.system.process import run_live

HERE = "cat <<'END' > made\n$HOME # kept\nEND\ngrep -q '^$HOME # kept$' made\n"


@pytest.fixture
def without_bash(tmp_path: Path) -> str:
    """A PATH with the tools of the table, and no bash."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("cat", "grep", "mkdir", "sleep"):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return str(folder)


ANY_SHELL = [
    pytest.param("exit 3\ntrue", 3, id="first-of-two-lines"),
    pytest.param("(exit 3); true", 3, id="first-of-two-commands"),
    pytest.param("true\nfalse\n", 1, id="last-of-two-lines"),
    pytest.param("false | cat || true\ntrue | false", 1, id="last-part-of-a-pipe"),
    pytest.param("nosuchtool\ntrue", 127, id="not-found"),
    pytest.param('echo "it\'s" \'a "b"\'\ntrue', 0, id="quotes"),
    pytest.param("# first\ntrue # second\n\n# third", 0, id="comments"),
    pytest.param(HERE, 0, id="here-document"),
    pytest.param("mkdir x\ncd x && false\ntrue", 1, id="cd-and-failure"),
    pytest.param('mkdir y\ncd y && true\n[ "$(pwd)" != / ]', 0, id="cd-and-success"),
    pytest.param("false || true\ntrue", 0, id="failure-that-is-meant"),
    pytest.param("if false; then false; fi\n! true || true", 0, id="failure-that-is-asked-for"),
    pytest.param("set +e\nfalse\ntrue", 0, id="switched-off-by-its-author"),
    pytest.param("sleep 0.01 &\ntrue", 0, id="something-in-the-background"),
    pytest.param("false &\nwait $!\ntrue", 1, id="background-that-is-waited-for"),
    pytest.param("kill -9 $$", 137, id="killed"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("command", "code"), ANY_SHELL)
@pytest.mark.parametrize("bash", [True, False], ids=["bash", "sh"])
def test_a_command_ends_at_its_first_failure(
    tmp_path: Path, without_bash: str, command: str, code: int, *, bash: bool
) -> None:
    env = {"PATH": os.defpath if bash else without_bash}
    argv = shell_argv(command, env)
    assert argv[0] == ("bash" if bash else "/bin/sh")
    assert run_live(argv, cwd=tmp_path, env=env, timeout=60).exit_code == code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("(exit 3) | cat", 3, id="first-part"),
        pytest.param("true | (exit 3) | cat", 3, id="middle-part"),
        pytest.param("(exit 3) | cat\ntrue", 3, id="first-part-of-the-first-line"),
        pytest.param("(exit 3) | cat || true", 0, id="meant"),
    ],
)
def test_a_pipe_fails_with_any_of_its_parts(tmp_path: Path, command: str, code: int) -> None:
    env = {"PATH": os.defpath}
    assert run_live(shell_argv(command, env), cwd=tmp_path, env=env, timeout=60).exit_code == code


def test_nothing_of_a_persons_start_up_files_is_read(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("exit 9\n")
    (tmp_path / ".bash_profile").write_text("exit 9\n")
    env = {"PATH": os.defpath, "HOME": str(tmp_path)}
    assert run_live(shell_argv("true", env), cwd=tmp_path, env=env, timeout=60).exit_code == 0


def test_a_command_is_read_as_a_shell_reads_it() -> None:
    words = {
        "a 'b c' \"d\"": ["a", "b c", "d"],
        "a&&b;c|d": ["a", "&&", "b", ";", "c", "|", "d"],
        "a\nb \\\n c\r": ["a", "\n", "b", "c"],
        "a b#c # d": ["a", "b#c", "#", "d"],
        # A quote that is not closed is the shell's to report.
        "a 'b c": ["a", "'b", "c"],
        "": [],
    }
    assert {command: words_of(command) for command in words} == words
    vector = ["a b", "&&"]
    assert (words_of(vector), words_of(tuple(vector))) == (vector, vector)
    assert words_of(vector) is not vector
    assert (split_options("-k 'a b' # c"), split_options("-k 'a")) == (["-k", "a b", "#", "c"], [])


def test_what_follows_each_pytest_is_its_own() -> None:
    calls = {
        "pytest": [[]],
        "cd a && .venv/bin/pytest -q pytest; py.test b\necho c": [["-q", "pytest"], ["b"]],
        "(python -mpytest a) || true": [["a"]],
        "python -m pytest a": [["a"]],
        "make -k pytest-all mypytest xpytest.py": [],
        "": [],
    }
    assert {command: pytest_calls(words_of(command)) for command in calls} == calls


@pytest.mark.parametrize("command", ["false\ntrue", "false | cat"], ids=["two-lines", "pipe"])
def test_an_installation_ends_at_its_first_failure(tmp_path: Path, command: str) -> None:
    project = find_project(directory=tmp_path, root=tmp_path, python=sys.executable, environment={"PATH": os.defpath})
    workshop = Workshop(
        tools=tmp_path / "tools",
        folder=tmp_path,
        cache=None,
        timeout_seconds=None,
        while_running=contextlib.nullcontext,
        say=print,
    )
    environment = Environment(project=project, workshop=workshop, uv=Path("uv"), version="3.13")
    with pytest.raises(InputError, match="install-command failed with exit code 1") as caught:
        environment.run_command(command)
    assert caught.value.slug == "install-failed"
