"""The README names every input, output and exit code, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from covgate.config.options import OPTIONS
from covgate.config.outputs import OUTPUT_NAMES
from covgate.config.settings import resolve
from covgate.config.toml_file import TomlFile
from covgate.errors import ExitCode
from tools.generate import main, render_readme

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
INPUTS = [option.name for option in OPTIONS if option.action]


def table(name: str) -> list[str]:
    """The first cells of a generated table."""
    block = README.split(f"<!-- generated: {name} -->\n")[1].split("<!-- end generated -->")[0]
    _, rule, *rows = block.splitlines()
    columns = rule.count("|")
    assert all(row.count("|") == columns for row in rows)
    return [row.split("|")[1].strip().strip("`") for row in rows]


def test_the_tables_are_whole() -> None:
    assert table("inputs") == INPUTS
    assert table("outputs") == list(OUTPUT_NAMES)
    assert table("exit-codes") == [str(code.value) for code in ExitCode]


def test_every_exit_code_has_a_meaning_of_its_own() -> None:
    assert len({code.meaning for code in ExitCode}) == len(ExitCode)


def test_a_check_says_that_all_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["inputs", "outputs", "exit-codes"])
def test_a_lost_marker_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        render_readme(README.replace(f"<!-- generated: {name} -->", ""))


def test_a_stale_table_is_made_anew() -> None:
    stale = README.replace("| 0 | passed, or nothing to judge |\n", "")
    assert stale != README
    assert render_readme(stale) == README


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", README, re.DOTALL))
def test_toml_in_the_readme_is_read(block: str) -> None:
    assert resolve(toml=TomlFile(name="README.md", text=block)).sources


@pytest.mark.parametrize("name", sorted(set(re.findall(r"(?m)^ {10}([a-z-]+): ", README))))
def test_inputs_in_the_workflows_of_the_readme_exist(name: str) -> None:
    known = {"fetch-depth", "persist-credentials", "name", "path", "include-hidden-files", "if-no-files-found"}
    assert name in {*INPUTS, *known}
