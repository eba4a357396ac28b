"""The stated defaults, and where a setting stands in the file coverage is configured in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.changed_lines import outside_environments
from covgate.measure.probe.covgate_probe.defaults import DEFAULTS, names_tests
from covgate.measure.probe.covgate_probe.scope import Configuration
from tools.generate import default_rows

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_states_each_default_with_its_reason() -> None:
    block = README.split("<!-- generated: defaults -->\n")[1].split("<!-- end generated -->")[0]
    assert block.splitlines()[2:] == list(default_rows())
    for default in DEFAULTS:
        assert default.reason in block
        assert f"`{default.shown}`" in block


@pytest.mark.parametrize(
    ("pattern", "known"),
    [
        ("check_*.py", True),
        ("*_spec.py", True),
        ("tests.py", True),
        ("it/*.py", True),
        ("*.py", False),
        ("*", False),
        ("?*.py", False),
        ("[!_]*.py", False),
        ("**/x.py", False),
        ("/abs/test_*.py", False),
        ("a(b).py", False),
    ],
)
def test_a_pattern_of_pytest_that_fits_any_module_is_none_of_tests(pattern: str, *, known: bool) -> None:
    assert names_tests(pattern) is known


@pytest.mark.parametrize(
    ("name", "text", "section", "setting", "value", "line"),
    [
        pytest.param(".coveragerc", "[run]\nomit = a/*\n", "run", "omit", "a/*", 2, id="one-line"),
        pytest.param(".coveragerc", "[run]\nomit =\n  a/*\n  b/*\n", "run", "omit", "b/*", 4, id="of-several"),
        pytest.param(".coveragerc", "[report]\nomit = a\n[run]\nomit: a\n", "run", "omit", "a", 4, id="its-section"),
        pytest.param("tox.ini", "[run]\nomit=a\n[coverage:run]\nomit=a\n", "run", "omit", "a", 2, id="ini"),
        pytest.param("x.toml", '[tool.coverage.run]\nomit = [\n  "a"\n]\n', "run", "omit", "a", 3, id="toml"),
        pytest.param("x.toml", '[tool.coverage.run]\nomit = ["a"]\nb = 1\n', "run", "source", "a", 0, id="not-there"),
        pytest.param("x.toml", '[tool.coverage]\nrun.omit = ["a"]\n', "run", "omit", "a", 0, id="dotted"),
        pytest.param("x", "[run]\nomit = ${X}\n[x]\na = 1\n", "run", "omit", "a", 2, id="of-the-environment"),
        pytest.param("x", "[run]\nomit =\nsource = a\n", "run", "omit", "a", 2, id="not-the-next-setting"),
    ],
)
def test_a_setting_is_found_in_the_configuration(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    section: str,
    setting: str,
    value: str,
    line: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = Configuration(str(tmp_path / name)).find(section, setting, value)
    assert found == (f"{name} line {line}" if line else name)


@pytest.mark.parametrize(
    ("environment", "of_it", "not_of_it"),
    [
        (".", ["bin/x.py", "lib/python3.11/a.py", "lib64/a.py", "Lib/a.py", "Scripts/a.py"], ["a.py", "lib/a.py"]),
        ("e", ["e/bin/x.py", "e/lib/pypy3.10/a.py"], ["bin/x.py", "e/src/a.py", "lib/python3.11/a.py"]),
    ],
)
def test_only_its_own_folders_are_an_environments(
    tmp_path: Path, environment: str, of_it: Iterable[str], not_of_it: Iterable[str]
) -> None:
    (tmp_path / environment).mkdir(exist_ok=True)
    (tmp_path / environment / "pyvenv.cfg").touch()
    left = outside_environments(tmp_path, map(PurePosixPath, [*of_it, *not_of_it]))
    assert [str(path) for path in left] == list(not_of_it)
