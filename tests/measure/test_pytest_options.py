"""pytest-cov's options, found where pytest finds them and read as its parser reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.measure.pytest_options import (
    CovOptions,
    JunitOption,
    configured_words,
    find_cov_options,
    find_junit_option,
    find_test_names,
    parse_cov_options,
)
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
    "empty-value-beside-a-source": ("--cov= --cov=shop", CovOptions(used=True, source=("shop",))),
    "repeated": ("--cov=a --cov=b --cov=a", CovOptions(used=True, source=("a", "b"))),
    "reset": ("--cov=a --cov-reset --cov=b", CovOptions(used=True, source=("b",))),
    "branch": ("--cov=a --cov-branch", CovOptions(used=True, source=("a",), branch=True)),
    "config": ("--cov=a --cov-config=x.ini", CovOptions(used=True, source=("a",), config="x.ini")),
    "config-next-word": ("--cov-config x.ini --cov=a", CovOptions(used=True, source=("a",), config="x.ini")),
    "config-at-the-end": ("--cov-config", CovOptions()),
    "neighbours": ("--cov-report=xml --cov-fail-under 90 --cov-append --covx=1", CovOptions()),
    "switched-off": ("--cov=a --no-cov", CovOptions(used=True, source=("a",))),
    "reset-and-bare": ("--cov=a --cov-reset --cov", CovOptions(used=True)),
    "bare-before-an-option": ("--cov --cov-branch", CovOptions(used=True, branch=True)),
    "kept-out": ("-p no:pytest_cov", CovOptions(loadable=False)),
    "kept-out-in-a-word": ("--cov=a -pno:cov", CovOptions(used=True, source=("a",), loadable=False)),
    "another-plugin-kept-out": ("-p no:cover -pno:xdist", CovOptions()),
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
    "sections-twice": {"pytest.ini": "[pytest]\naddopts = --cov=other\n[pytest]\naddopts = --cov=found\n"},
    "no-utf-8-beside-it": {"pytest.ini": "[pytest]\n# \udcff\naddopts = --cov=found\n"},
    "percent": {"pytest.ini": "[pytest]\nlog_format = %(message)s\naddopts = --cov=found\n"},
}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_options_are_read_from_the_file_pytest_uses(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
    assert find_cov_options(tmp_path, ["pytest"], "").source == ("found",)


NOT_READ: dict[str, dict[str, str]] = {
    "nothing": {},
    "empty-pytest-ini-ends-the-search": {"pytest.ini": "", "tox.ini": INI},
    "empty-hidden-pytest-ini-does-too": {".pytest.ini": "[other]\n", "tox.ini": INI},
    "a-table-ends-the-search": {"pyproject.toml": "[tool.pytest.ini_options]\nx = 1\n", "tox.ini": INI},
    "settings-that-are-no-table": {"pyproject.toml": "[tool.pytest]\nini_options = 1\n"},
    "pytest-that-is-no-table": {"pyproject.toml": "[tool]\npytest = 1\n"},
    "another-files-table": {"pytest.toml": '[tool.pytest]\naddopts = ["--cov=found"]\n'},
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


def test_a_variable_whose_quote_is_not_closed_names_nothing(tmp_path: Path) -> None:
    assert find_cov_options(tmp_path, ["pytest", "--cov=a"], "--cov='b") == CovOptions(used=True, source=("a",))


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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pytest", "-c", "other.ini"], ["ini"]),
        (["pytest", "-c", "other.toml"], ["toml"]),
        (["pytest", "--config-file", "sub/setup.cfg"], ["cfg"]),
        (["pytest", "--config-file=tool/pyproject.toml"], ["tool"]),
        # A file that is named is the only one: pytest reads no other beside it.
        (["pytest", "-c", "none.ini"], []),
        (["pytest", "-c", "empty.ini"], []),
        (["pytest", "-c"], ["here"]),
        (["pytest", "-q", "-c="], []),
        (["pytest", "-o", "addopts=-q"], ["here"]),
        (["pytest"], ["here"]),
    ],
)
def test_a_value_is_that_of_the_file_the_command_names(tmp_path: Path, words: list[str], expected: list[str]) -> None:
    files = {
        "pytest.ini": "[pytest]\npython_files = here\naddopts = -q\n",
        "other.ini": "[pytest]\npython_files = ini\n",
        "other.toml": "[pytest]\npython_files = ['toml']\n",
        "sub/setup.cfg": "[tool:pytest]\npython_files = cfg\n[pytest]\npython_files = no\n",
        "tool/pyproject.toml": "[tool.pytest.ini_options]\npython_files = 'tool'\n",
        "empty.ini": "[other]\n",
    }
    write(tmp_path, files)
    assert configured_words(tmp_path, words, "python_files") == expected
    assert find_test_names(tmp_path, words[1:], words[0]) == tuple(expected)


def test_a_list_is_taken_as_it_is_and_a_text_is_split(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.pytest.ini_options]\na = ['b c', 1]\nd = 'e \"f g\"'\nh = 2\n"})
    found = {key: configured_words(tmp_path, [], key) for key in "adhx"}
    assert found == {"a": ["b c", "1"], "d": ["e", "f g"], "h": ["2"], "x": []}


def test_only_the_options_are_overridden_by_words_of_that_form(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": INI})
    overriding = [["-oaddopts="], ["-o", "addopts=a\nb"], ["--override-ini=addopts=-q"]]
    others = [["-oaddoptsx="], ["-o", "xaddopts="], ["--override-ini=x=addopts="], ["addopts"]]
    assert [configured_words(tmp_path, words, "addopts") for words in overriding] == [[]] * 3
    assert [configured_words(tmp_path, words, "addopts") for words in others] == [["--cov=found"]] * 4


# A command, and whether covgate may add the option; the files that are named.
JUNIT: dict[str, tuple[bool, tuple[str, ...]]] = {
    "pytest": (True, ()),
    "pytest --junitxml=a.xml": (False, ("a.xml",)),
    "pytest --junit-xml a.xml tests": (False, ("a.xml",)),
    "pytest --junitxml=a.xml --junit-xml=b.xml": (False, ("b.xml",)),
    "pytest --junitxmlx=a.xml": (True, ()),
    "pytest --junitxml": (True, ()),
    "pytest && pytest": (False, ()),
    "pytest --junitxml=a.xml; pytest --junitxml=b.xml": (False, ("a.xml", "b.xml")),
    "pytest --junitxml=a.xml; pytest --junitxml=a.xml": (False, ("a.xml",)),
    "pytest --junitxml=a.xml; pytest": (False, ()),
    "pytest --junitxml=a.xml; pytest -p no:junitxml": (False, ()),
    "pytest -pno:_pytest.junitxml": (False, ()),
    "pytest -p no:other": (True, ()),
    "make test": (False, ()),
    "tox -- --junitxml=a.xml": (False, ()),
}


def test_where_pytest_writes_its_results(tmp_path: Path) -> None:
    found = {command: find_junit_option(tmp_path, words_of(command), "") for command in JUNIT}
    assert found == {command: JunitOption(may_add=may, own=own) for command, (may, own) in JUNIT.items()}


def test_the_last_file_that_pytest_is_told_is_the_one_it_writes(tmp_path: Path) -> None:
    def own(command: str, variable: str = "") -> tuple[str, ...]:
        return find_junit_option(tmp_path, words_of(command), variable).own

    write(tmp_path, {"pytest.ini": "[pytest]\naddopts = --junitxml=configured.xml\n"})
    assert own("pytest") == ("configured.xml",)
    assert own("pytest", "--junitxml=variable.xml") == ("variable.xml",)
    assert own("pytest --junitxml=named.xml", "--junitxml=variable.xml") == ("named.xml",)
    assert own("pytest -o addopts= && pytest") == ()


def test_of_several_calls_the_first_configuration_that_is_named_counts(tmp_path: Path) -> None:
    command = (
        "pytest --cov=a --cov-branch && pytest --cov=b --cov-config=b.ini -p no:cov; pytest --cov=a --cov-config=c"
    )
    assert find_cov_options(tmp_path, words_of(command), "") == CovOptions(
        used=True, source=("a", "b"), branch=True, config="b.ini", loadable=False
    )


def test_what_stands_before_the_options_of_another_program_is_none_of_them(tmp_path: Path) -> None:
    words = {
        "./run --cov": CovOptions(used=True),
        "./run --verbose x --cov=a -p no:cov": CovOptions(used=True, source=("a",), loadable=False),
        "./run -o x --cov-branch": CovOptions(branch=True),
        "./run no:cov": CovOptions(),
    }
    assert {text: find_cov_options(tmp_path, text.split(), "") for text in words} == words


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
