"""Imports go one way: a module knows only rows above its own, and the outside is touched where it may be."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "covgate"

ROWS = {
    "covgate": 0,
    "covgate.model": 0,
    "covgate.recorded": 0,
    "covgate.goals": 0,
    "covgate.errors": 0,
    "covgate.settings": 1,
    "covgate.settings_toml": 1,
    "covgate.settings_goals": 1,
    "covgate.toml_file": 1,
    "covgate.globs": 1,
    "covgate.options": 1,
    "covgate.option_values": 1,
    "covgate.context": 1,
    "covgate.outputs": 1,
    "covgate.edges": 2,
    "covgate.measure": 3,
    "covgate.diff": 2.5,
    "covgate.base": 3,
    "covgate.components": 3,
    "covgate.history": 3,
    "covgate.rules": 3,
    "covgate.report": 4,
    "covgate.publish": 4,
    "covgate.checks": 4,
    "covgate.place": 3,
    "covgate.ports": 5,
    "covgate.archive": 6,
    "covgate.look_back": 7,
    "covgate.completeness": 7,
    "covgate.assess": 8,
    "covgate.recording": 8,
    "covgate.delivery": 8,
    "covgate.app": 9,
    "covgate.history_command": 9,
    "covgate.demo": 9,
    "covgate.cli": 10,
    "covgate.__main__": 11,
    "entrypoint": 11,
}
"""The design's rows, by the longest prefix."""

OUTSIDE = {
    "subprocess": {"covgate.edges.process"},
    "github": {
        "covgate.edges.github",
        "covgate.edges.github_session",
        "covgate.edges.github_data",
        "covgate.edges.github_pulls",
    },
    "requests": {"covgate.edges.github_session"},
    "urllib3": {"covgate.edges.github_session"},
    "os.environ": {"covgate.cli"},
    "os.getenv": set(),
    "datetime.now": {"covgate.cli"},
    "date.today": set(),
    "diff_cover": {"covgate.diff.diff_cover_reporters"},
    "pygments": {"covgate.diff.diff_cover_reporters"},
    "coverage": {"covgate.measure.probe"},
    "jinja2": {"covgate.report.markdown", "covgate.report.trend_files"},
    "pydantic": {"covgate.report.result"},
    "rich": {"covgate.report.terminal", "covgate.report.history_terminal"},
    "tomlkit": {"covgate.history.ratchet_toml"},
    "click": {"covgate.cli"},
    "pathspec": {"covgate.components"},
}
"""What only some modules may use."""

PURE = (
    "covgate.model",
    "covgate.recorded",
    "covgate.goals",
    "covgate.errors",
    "covgate.rules",
    "covgate.globs",
    "covgate.components",
    "covgate.base",
    "covgate.report",
)
"""Modules that compute and touch nothing."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in [*sorted(PACKAGE.rglob("*.py")), ROOT / "entrypoint.py"]}


def row(module: str) -> float:
    prefixes = [prefix for prefix in ROWS if module == prefix or module.startswith(f"{prefix}.")]
    longest = max(prefixes, key=len)
    assert longest != "covgate" or module == "covgate", f"{module} has no row: give it one in the design's table"
    return ROWS[longest]


def imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            # `from covgate.edges import git` imports the module covgate.edges.git.
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES or full in OUTSIDE else node.module
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used = f"{node.value.id}.{node.attr}"
            if used in OUTSIDE:
                yield used


@pytest.mark.parametrize("module", MODULES)
def test_a_module_knows_only_rows_above_its_own(module: str) -> None:
    for other in imports(module):
        if other.split(".", maxsplit=1)[0] != "covgate":
            continue
        # Rooms of several modules: they may know their own.
        same_room = module.split(".")[:2] == other.split(".")[:2]
        same_row_of_values = row(module) <= 1 and row(other) == row(module)
        assert row(other) < row(module) or same_room or same_row_of_values, f"{module} imports {other}"


@pytest.mark.parametrize("module", MODULES)
def test_the_outside_is_touched_where_it_may_be(module: str) -> None:
    for other in imports(module):
        for name, places in OUTSIDE.items():
            if other == name or other.startswith(f"{name}."):
                assert module in places, f"{module} uses {other}"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(PURE)])
def test_a_pure_module_touches_nothing(module: str) -> None:
    found = {other.split(".", maxsplit=1)[0] for other in imports(module)}
    assert not found & {"os", "sys", "shutil", "socket", "tempfile", "time", "random", "glob"}


def test_the_probe_needs_the_standard_library_and_coverage_only() -> None:
    found = {other.split(".", maxsplit=1)[0] for other in imports("covgate.measure.probe")}
    assert found <= {*sys.stdlib_module_names, "coverage"}
    assert "coverage" in found


def test_nobody_imports_the_probe() -> None:
    assert not [module for module in MODULES if "covgate.measure.probe" in imports(module)]


def test_every_exception_is_caught_in_one_place_of_each_program() -> None:
    """The command has one, and so has the probe, in which the project's coverage plugins run."""
    broad = [
        (module, node.lineno)
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]
    assert [module for module, _ in broad] == ["covgate.cli", "covgate.measure.probe"]
