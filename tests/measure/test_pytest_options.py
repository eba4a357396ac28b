"""pytest-cov's options, found where pytest finds them and read as its parser reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.measure.pytest_options import CovOptions, find_cov_options, parse_cov_options
from covgate.measure.shell import words_of

WORDS = {
    "nothing": ("-q tests", CovOptions()),
    "equals": ("--cov=shop", CovOptions(used=True, source=("shop",))),
    "next-word": ("--cov shop -q", CovOptions(used=True, source=("shop",))),
    "bare-beside-a-source": ("--cov --cov=shop", CovOptions(used=True)),
    "bare-and-reset": ("--cov --cov-reset --cov=shop", CovOptions(used=True, source=("shop",))),
    "takes-a-path-of-tests": ("--cov tests -q", CovOptions(used=True, source=("tests",))),
    "bare": ("--cov -q", CovOptions(used=True)),
    "bare-at-the-end": ("-q --cov", CovOptions(used=True)),
    "empty-value": ("--cov= -q", CovOptions(used=True)),
    "repeated": ("--cov=a --cov=b --cov=a", CovOptions(used=True, source=("a", "b"))),
    "reset": ("--cov=a --cov-reset --cov=b", CovOptions(used=True, source=("b",))),
    "branch": ("--cov=a --cov-branch", CovOptions(used=True, source=("a",), branch=True)),
    "config": ("--cov=a --cov-config=x.ini", CovOptions(used=True, source=("a",), config="x.ini")),
    "config-next-word": ("--cov-config x.ini --cov=a", CovOptions(used=True, source=("a",), config="x.ini")),
    "config-at-the-end": ("--cov-config", CovOptions()),
    "neighbours": ("--cov-report=xml --cov-fail-under 90 --cov-append --covx=1", CovOptions()),
    "switched-off": ("--cov=a --no-cov", CovOptions(used=True, source=("a",))),
    "several-options-off-again": ("--cov=a --cov-reset", CovOptions(used=True)),
}


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS)
def test_words_are_read_as_pytest_cov_reads_them(text: str, expected: CovOptions) -> None:
    assert parse_cov_options(text.split()) == expected


@given(st.lists(st.text()))
def test_no_word_makes_parsing_fail(words: list[str]) -> None:
    assert isinstance(parse_cov_options(words), CovOptions)


@given(st.lists(st.sampled_from(["--cov=a", "--cov=b", "--cov", "c", "--cov-reset", "-q"])))
def test_the_sources_are_named_once_each(words: list[str]) -> None:
    source = parse_cov_options(words).source
    assert len(set(source)) == len(source)


INI = "[pytest]\naddopts = --cov=found\n"
FILES: dict[str, dict[str, str]] = {
    "pytest.toml": {"pytest.toml": '[pytest]\naddopts = ["--cov=found"]\n', "pytest.ini": "[pytest]\n"},
    ".pytest.toml": {".pytest.toml": '[pytest]\naddopts = ["--cov=found"]\n'},
    "pytest.ini": {"pytest.ini": INI, "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--cov=other"\n'},
    ".pytest.ini": {".pytest.ini": INI},
    "pyproject-text": {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-q --cov=found"\n', "tox.ini": INI},
    "pyproject-list": {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-q", "--cov=found"]\n'},
    "pyproject-native": {"pyproject.toml": '[tool.pytest]\naddopts = ["--cov=found"]\n'},
    "pyproject-native-dotted": {"pyproject.toml": '[tool]\npytest.addopts = ["--cov=found"]\n'},
    "pyproject-of-others": {"pyproject.toml": "[tool.other]\nx = 1\n", "tox.ini": INI},
    "tox.ini": {"tox.ini": "[tox]\n" + INI, "setup.cfg": "[tool:pytest]\naddopts = --cov=other\n"},
    "setup.cfg": {"setup.cfg": "[metadata]\nname = x\n[tool:pytest]\naddopts =\n    # ours\n    -q\n    --cov=found\n"},
    "setup.cfg-after-others": {"tox.ini": "[tox]\n", "setup.cfg": "[tool:pytest]\naddopts = --cov=found\n"},
    "quoted": {"pytest.ini": "[pytest]\naddopts = '--cov=found' -k 'a and b'\n"},
    "percent": {"pytest.ini": "[pytest]\nlog_format = %(message)s\naddopts = --cov=found\n"},
}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_options_are_read_from_the_file_pytest_uses(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
    assert find_cov_options(tmp_path, ["pytest"], "").source == ("found",)


NOT_READ: dict[str, dict[str, str]] = {
    "nothing": {},
    "empty-pytest-ini-ends-the-search": {"pytest.ini": "", "tox.ini": INI},
    "setup.cfg-without-the-prefix": {"setup.cfg": INI},
    "broken-toml": {"pyproject.toml": "[tool"},
    "broken-ini": {"tox.ini": "[pytest\naddopts"},
    "tool-is-no-table": {"pyproject.toml": "tool = 1\n"},
    "unbalanced-quote": {"pytest.ini": "[pytest]\naddopts = --cov=x '\n"},
}


@pytest.mark.parametrize("files", NOT_READ.values(), ids=NOT_READ)
def test_where_pytest_reads_no_option_none_is_found(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
    assert find_cov_options(tmp_path, ["pytest"], "") == CovOptions()


def test_a_folder_without_a_configuration_of_its_own_uses_the_one_above(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": INI, "sub/deep/setup.py": ""})
    assert find_cov_options(tmp_path / "sub" / "deep", ["pytest"], "").source == ("found",)


def test_the_configuration_the_variable_and_the_command_are_joined_in_this_order(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\naddopts = --cov=a --cov-config=a.ini\n"})
    options = find_cov_options(tmp_path, ["pytest", "--cov=c", "--cov-config=c.ini"], "--cov=b --cov-config=b.ini")
    assert options == CovOptions(used=True, source=("a", "b", "c"), config="c.ini")


COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pytest": ("pytest", ()),
    "its-path": (".venv/bin/pytest -q", ()),
    "as-a-module": ("python -m pytest -q", ()),
    "a-runner": ("uv run --frozen pytest", ()),
    "coverage-run": ("coverage run -m pytest", ()),
    "another-program": ("make test", ()),
    "a-program-of-the-project": ("./run-tests", ()),
    "another-interpreter": ("python -c ''", ()),
    "what-follows-it": ("pytest && echo done", ()),
    "a-path-of-tests-is-the-value": ("pytest tests", ("tests",)),
    "the-next-line": ("pytest\necho done", ()),
    "a-line-that-goes-on": ("pytest \\\n  tests", ("tests",)),
    "two-calls": ("pytest a && pytest b", ("a", "b")),
    "two-calls-one-bare": ("pytest a; pytest -q", ()),
}


@pytest.mark.parametrize(("command", "source"), COMMANDS.values(), ids=COMMANDS)
def test_the_program_is_no_argument_of_its_own(tmp_path: Path, command: str, source: tuple[str, ...]) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\naddopts = -q --cov\n"})
    options = find_cov_options(tmp_path, words_of(command), "")
    assert options == CovOptions(used=True, source=source)


def test_one_call_of_several_that_measures_is_enough(tmp_path: Path) -> None:
    options = find_cov_options(tmp_path, words_of("pytest --cov=shop a && pytest b"), "")
    assert options == CovOptions(used=True)


@pytest.mark.parametrize("command", [["./run-tests", "--cov", "shop"], ["tox", "--", "--cov=shop"]], ids=["own", "tox"])
def test_options_a_program_may_hand_on_are_read(tmp_path: Path, command: list[str]) -> None:
    assert find_cov_options(tmp_path, command, "").source == ("shop",)


@pytest.mark.parametrize("override", [["-o", "addopts="], ["--override-ini=addopts="], ["-oaddopts=-q"]])
def test_options_the_command_overrides_are_not_read(tmp_path: Path, override: list[str]) -> None:
    write(tmp_path, {"pytest.ini": INI})
    assert find_cov_options(tmp_path, ["pytest", *override], "") == CovOptions()


@pytest.mark.parametrize("named", [["-c", "other.ini"], ["--config-file=other.ini"], ["-cother.ini"]])
def test_a_configuration_the_command_names_is_the_one_that_is_read(tmp_path: Path, named: list[str]) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\naddopts = --cov=not_this\n", "other.ini": INI})
    assert find_cov_options(tmp_path, ["pytest", *named], "").source == ("found",)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
