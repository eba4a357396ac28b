"""The probe's process: what is told when the interpreter cannot run it, or what comes is no answer."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.errors import CovgateError, InputError, MeasureError
from covgate.measure.probe_call import Probe
from covgate.measure.project import MINIMUM_COVERAGE, OLDEST_PYTHON, NoCoverageError, Project

ROOT = Path(__file__).parents[2]
ASKED = {"command": "static"}
ANSWER = '{"changed": {}, "unloaded": [], "warnings": []}'

Install = Callable[[str], Probe]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Start a probe in a shell script that stands in for the project's interpreter.

    It is called as Python is: `python -c CODE` for its version, else `python PROBE PIPE` with a question to read.
    """

    def make(script: str) -> Probe:
        python = tmp_path / "python"
        tells = 'if [ "$1" = -c ]; then version() { echo "$1 $2"; }; else version() { :; }; fi'
        python.write_text(f"#!/bin/sh\n{tells}\n{script}\n")
        python.chmod(0o755)
        environment = {"PATH": os.environ["PATH"], "COVERAGE_PROCESS_START": "x", "OTHER": "kept"}
        return Probe(Project(directory=tmp_path, root=tmp_path, python=python, environment=environment))

    return make


def answers(text: str) -> str:
    """Return a script that reads the question and puts an answer into the pipe."""
    return f"cat >question\ncat >/dev/fd/$2 <<'END'\n{text}\nEND"


def test_the_answer_is_what_came_through_the_pipe(install: Install, tmp_path: Path) -> None:
    probe = install(f"env >environment\n{answers(ANSWER)}")
    assert probe.ask(ASKED) == {"changed": {}, "unloaded": [], "warnings": []}
    assert (tmp_path / "question").read_text() == '{"command": "static"}'
    # A suite that runs covgate under coverage is not to measure the probe.
    environment = (tmp_path / "environment").read_text()
    assert ("COVERAGE_PROCESS_START" in environment, "OTHER=kept" in environment) == (False, True)
    with pytest.raises(RuntimeError, match="one question"):
        probe.ask(ASKED)


def test_a_probe_that_is_not_needed_is_ended(install: Install) -> None:
    probe = install("cat")
    probe.close()
    probe.close()


@pytest.mark.parametrize("text", ["", "[]", "{", '"text"', "1", "[" * 100_000])
def test_what_is_no_answer_is_an_error(install: Install, text: str) -> None:
    with pytest.raises((MeasureError, InputError)) as caught:
        install(answers(text) if text else "cat >/dev/null; version 3 12").ask(ASKED)
    assert caught.value.slug in {"unreadable-data", "interpreter-not-usable"}


def test_an_answer_of_another_shape_is_none(install: Install) -> None:
    with pytest.raises(MeasureError, match=r"cannot be read \(changed\)"):
        install(answers('{"changed": 1, "unloaded": [], "warnings": []}')).ask(ASKED)


def test_what_a_probe_answered_before_it_failed_does_not_count(install: Install) -> None:
    with pytest.raises(InputError, match=r"did not run in .*/python \(exit code 3\)"):
        install(f"{answers(ANSWER)}\nversion 3 12; exit 3").ask(ASKED)


def refused(probe: Probe) -> CovgateError:
    with pytest.raises(CovgateError) as caught:
        probe.ask(ASKED)
    return caught.value


def test_a_probe_that_does_not_end_is_an_error(install: Install) -> None:
    with pytest.raises(MeasureError, match="the analysis did not end") as caught:
        install("exec sleep 60").ask(ASKED, timeout=0.2)
    assert caught.value.slug == "unreadable-data"


@pytest.mark.parametrize(
    ("script", "message", "reader_helps"),
    [
        pytest.param("exit 3", "is not a Python interpreter: it ended with exit code 3 and no", False, id="no"),
        pytest.param("version 3 9; exit 3", "is Python 3.9, and covgate measures 3.10 and newer", True, id="old"),
        pytest.param("version 2 7; exit 3", "is Python 2.7, and covgate measures 3.10 and newer", True, id="older"),
        pytest.param("version 3 10; exit 3", "(exit code 3)", False, id="the-oldest"),
        pytest.param(
            "version 3 12; echo first >&2; echo 'coverage 6.5 is too old' >&2; exit 1",
            "coverage 6.5 is too old in ", True, id="old-coverage",
        ),
        pytest.param(
            "version 3 12; echo \"ModuleNotFoundError: No module named 'coverage'\" >&2; exit 1",
            "coverage is not installed for ", True, id="no-coverage",
        ),
        pytest.param("version 3 12; echo broken >&2; exit 1", "(exit code 1): broken", False, id="anything-else"),
        pytest.param("version 3 12; exit 0", "(exit code 0)", False, id="no-answer"),
    ],
)  # fmt: skip
def test_why_an_interpreter_cannot_be_used(install: Install, script: str, message: str, *, reader_helps: bool) -> None:
    error = refused(install(script))
    assert message in error.message
    # Then data that is there can be read by covgate's own interpreter.
    assert isinstance(error, NoCoverageError) is reader_helps
    assert error.slug == "interpreter-not-usable"
    if "coverage " in message and reader_helps:
        assert f"`coverage>={MINIMUM_COVERAGE}`" in error.hint


@pytest.mark.parametrize(
    ("kind", "slug"), [("ConfigError", "coverage-configuration"), ("DataError", "unreadable-data")]
)
def test_what_coverage_refuses_is_told_in_its_words_up_to_a_length(install: Install, kind: str, slug: str) -> None:
    error = refused(install(answers(f'{{"error": "{"x" * 3000}", "kind": "{kind}"}}')))
    assert (error.slug, error.message.count("x" * 2000), "x" * 2001 in error.message) == (slug, 1, False)


def test_an_interpreter_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Probe(Project(directory=tmp_path, root=tmp_path, python=tmp_path / "none", environment={}))
    assert caught.value.message == f"{tmp_path}/none is not a Python interpreter: No such file or directory"
    assert caught.value.slug == "interpreter-not-usable"


def test_the_oldest_python_is_what_the_probe_is_written_for() -> None:
    shown = ".".join(map(str, OLDEST_PYTHON))
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert set(ruff["per-file-target-version"].values()) == {f"py{shown.replace('.', '')}"}
    assert re.search(rf"on Python {re.escape(shown)} and newer", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
