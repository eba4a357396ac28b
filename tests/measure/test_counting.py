"""What decides what is counted: the file that coverage would read, and pytest-cov's options over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from covgate.measure.counting import SETTING_FILES, find_coverage_options, find_named_file

COVERAGERC = {".coveragerc": "[run]\nsource = shop\nomit = a.py\n"}
NAMED = {**COVERAGERC, "cov.ini": "[run]\nomit = b.py\n"}
PYTEST = {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--cov=lib"\n'}
USUAL = {"source": ("shop",), "omit": ("a.py",)}


@pytest.mark.parametrize(
    ("files", "command", "addopts", "expected"),
    [
        pytest.param({}, "pytest", "", {}, id="nothing"),
        pytest.param(COVERAGERC, "pytest", "", USUAL, id="coverages-own-file"),
        pytest.param(COVERAGERC, "pytest --cov=lib", "", {**USUAL, "source": ("lib",)}, id="a-source-of-the-command"),
        pytest.param(COVERAGERC, ["pytest", "--cov=lib"], "", {**USUAL, "source": ("lib",)}, id="a-list-of-words"),
        pytest.param(COVERAGERC, "pytest --cov", "", USUAL, id="no-source-of-its-own"),
        pytest.param(COVERAGERC, "pytest", "--cov=lib", {**USUAL, "source": ("lib",)}, id="of-the-variable"),
        pytest.param({**COVERAGERC, **PYTEST}, "pytest", "", {**USUAL, "source": ("lib",)}, id="of-pytests-own"),
        pytest.param(COVERAGERC, "pytest --cov-branch", "", {**USUAL, "branch": ("true",)}, id="branches"),
        pytest.param(NAMED, "pytest --cov-config=cov.ini", "", {"omit": ("b.py",)}, id="a-file-that-is-named"),
        pytest.param(COVERAGERC, "pytest --cov-config=cov.ini", "", USUAL, id="a-named-file-that-is-gone"),
        pytest.param(
            {**COVERAGERC, "cov.ini/x": ""}, "pytest --cov-config=cov.ini", "", USUAL, id="a-folder-that-is-named"
        ),
        pytest.param({".coveragerc": "", **NAMED}, "pytest", "", USUAL, id="not-named"),
        pytest.param({**COVERAGERC, "setup.cfg": "\udcff"}, "pytest", "", USUAL, id="another-that-is-no-text"),
    ],
)
def test_what_is_counted(
    tmp_path: Path,
    files: Mapping[str, str],
    command: str | Sequence[str],
    addopts: str,
    expected: Mapping[str, Sequence[str]],
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    assert find_coverage_options(tmp_path, command, addopts) == expected


def test_an_empty_file_of_coverages_own_is_the_one_that_counts(tmp_path: Path) -> None:
    (tmp_path / ".coveragerc").write_text("")
    (tmp_path / "setup.cfg").write_text("[coverage:run]\nomit = a.py\n")
    assert find_coverage_options(tmp_path, "pytest", "") == {}


def test_a_file_that_cannot_be_parsed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".coveragerc").write_text("omit = a.py\n")
    with pytest.raises(ValueError, match="no section headers"):
        find_coverage_options(tmp_path, "pytest", "")


@pytest.mark.parametrize(
    ("command", "addopts", "named"),
    [
        ("pytest --cov-config=cov.ini", "", "cov.ini"),
        ("pytest", "--cov-config=cov.ini", "cov.ini"),
        (["pytest", "--cov-config", "cov.ini"], "", "cov.ini"),
        ("pytest --cov", "", None),
    ],
)
def test_the_file_that_is_named(tmp_path: Path, command: str | Sequence[str], addopts: str, named: str | None) -> None:
    assert find_named_file(tmp_path, command, addopts) == named


def test_the_files_that_say_it_are_those_of_coverage_and_of_pytest() -> None:
    assert {".coveragerc", "pytest.ini"} <= set(SETTING_FILES)
    assert len(SETTING_FILES) == len(set(SETTING_FILES))
