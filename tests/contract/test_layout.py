"""Rooms: what may import what is read from the tree, and the outside is touched where it may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "covgate"

MAP = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ORDER = re.findall(r"^\| `(\w+)` \|", MAP.split("<!-- rooms")[1].split("<!-- end of rooms -->")[0], flags=re.MULTILINE)
"""The rooms and the modules at the top, lowest first. A room imports from rooms below it."""

STRANGERS = {"measure", "change"}
"""Rooms that do not know each other."""

OUTSIDE = {
    "subprocess": {"covgate.system.process", "covgate.system.process_group", "covgate.system.quiet"},
    "github": {
        "covgate.host.github.comments",
        "covgate.host.github.pulls",
        "covgate.host.github.repository",
        "covgate.host.github.session",
    },
    "requests": {"covgate.host.github.session"},
    "urllib3": {"covgate.host.github.session"},
    "os.environ": {"covgate.cli.arguments", "covgate.cli.ending", "covgate.cli.entry"},
    "os.getenv": set(),
    "datetime.now": {"covgate.commands.start"},
    "date.today": set(),
    "diff_cover": {"covgate.change.diff_cover_reporters"},
    "pygments": {"covgate.change.diff_cover_reporters", "covgate.report.page.code"},
    "jinja2": {"covgate.report.markdown", "covgate.report.page.render", "covgate.report.trend.files"},
    "pydantic": {"covgate.report.result_json"},
    "rich": {"covgate.system.screen", "covgate.report.terminal", "covgate.report.history.terminal"},
    "click": {"covgate.cli.arguments"},
    "pathspec": {"covgate.config.components"},
    "junitparser": {"covgate.measure.junit.cases"},
}
"""What only some modules may use."""

PURE = ("covgate.model", "covgate.errors", "covgate.gate", "covgate.config.globs", "covgate.config.goals")
PURE_REPORT = "covgate.report"
"""Rooms and modules that compute and touch nothing."""

PROBE = "covgate.measure.probe"
"""A script of its own, for another interpreter: nobody imports it."""


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in [*sorted(PACKAGE.rglob("*.py")), ROOT / "entrypoint.py"]}
OF_PROBE = {name for name in MODULES if name == PROBE or name.startswith(f"{PROBE}.")}
OWN = [name for name in MODULES if name not in OF_PROBE]
OUTSIDE["coverage"] = OF_PROBE
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


@dataclass(frozen=True)
class Import:
    """`from module import name`, or `import module`."""

    module: str
    name: str = ""

    @property
    def full(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(module))


def _imports(module: str) -> Iterator[Import]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or module.startswith(f"{PROBE}.covgate_probe"), "imports are absolute"
            if node.level == 0:
                assert node.module is not None
                yield from (Import(node.module, alias.name) for alias in node.names)


def attributes(module: str) -> set[str]:
    nodes = (node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Attribute))
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def room_of(module: str) -> str:
    """Return the second part of a dotted name: the room, or a module at the top; `covgate` alone is its own."""
    return (*module.split("."), "")[1]


def own_imports(module: str) -> Iterator[Import]:
    """Yield the imports of covgate itself; the version, which stands in `covgate`, may be read anywhere."""
    yield from (one for one in imports(module) if one.module.startswith("covgate."))


def test_a_room_imports_from_rooms_below_it() -> None:
    for module in filter(lambda name: name.startswith("covgate."), OWN):
        here = room_of(module)
        for one in own_imports(module):
            there = room_of(one.module)
            assert here == there or ORDER.index(there) < ORDER.index(here), f"{module} imports {one.module}"
            assert {here, there} != STRANGERS, f"{module} imports {one.module}"


def test_the_map_of_contributing_names_every_room_and_no_other() -> None:
    assert sorted(ORDER) == sorted({room_of(module) for module in MODULES} - {""})


def test_what_contributing_names_is_there() -> None:
    named = set(re.findall(r"`((?:covgate|tests|host|measure|history|report|commands)/[\w/.]*)`", MAP))
    gone = [name for name in named if not any((start / name).exists() for start in (ROOT, PACKAGE))]
    assert len(named) > 15
    assert not gone


def test_a_room_is_entered_by_its_face() -> None:
    for module, one in [(name, one) for name in OWN for one in own_imports(name)]:
        inside = room_of(one.module) == room_of(module)
        if inside:
            assert one.module != f"covgate.{room_of(module)}" or one.full in MODULES, (
                f"{module} imports its own room's face: name the module"
            )
        else:
            assert one.module.count(".") == 1, f"{module} reaches into a room: from {one.module} import {one.name}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_face_names_what_others_use_and_nothing_else(room: str) -> None:
    face = f"covgate.{room}"
    (listed,) = [
        ast.literal_eval(node.value)
        for node in tree_of(face).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    elsewhere = [module for module in OWN if room_of(module) != room]
    used = {one.name for module in elsewhere for one in own_imports(module) if one.module == face}
    assert set(listed) == used
    assert not [name for name in listed if name.startswith("_")]


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
def test_a_face_loads_no_library(room: str) -> None:
    """A command that needs none of a room's libraries does not wait for them."""
    code = (
        f"import sys; before = set(sys.modules); import covgate.{room}; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {*sys.stdlib_module_names, "covgate"}


def test_the_action_begins_without_what_comes_after_the_tests() -> None:
    """Most of the time before the tests' first line is imports."""
    code = "import sys; import covgate.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    late = ("click", "covgate.report", "covgate.publish", "covgate.commands.assess", "covgate.commands.failure")
    assert [name for name in done.stdout.split() if name.startswith(late)] == []


def test_the_outside_is_touched_where_it_may_be() -> None:
    for module in OWN:
        imported, attributes_ = {one.full for one in imports(module)}, attributes(module)
        for name, places in OUTSIDE.items():
            if name in attributes_ or any(one == name or one.startswith(f"{name}.") for one in imported):
                assert module in places, f"{module} uses {name}"


def test_a_pure_module_touches_nothing() -> None:
    for module in filter(lambda name: name.startswith((*PURE, PURE_REPORT)), OWN):
        found = {one.module.split(".", maxsplit=1)[0] for one in imports(module)}
        assert not found & {"os", "sys", "shutil", "socket", "tempfile", "time", "random", "glob"}, module


def test_the_probe_needs_the_standard_library_and_coverage_only() -> None:
    found = {one.module.split(".")[0] for name in OF_PROBE for one in imports(name)}
    assert "coverage" in found
    assert found <= {*sys.stdlib_module_names, "coverage", "covgate_probe"}
    # By no other name is it seen by a project.
    assert {path.name for path in MODULES[PROBE].parent.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_an_old_python_can_read_the_probes_start() -> None:
    """It says that coverage is missing or too old, and no more."""
    ast.parse(MODULES[f"{PROBE}.__main__"].read_text(encoding="utf-8"), feature_version=(3, 7))


def test_nobody_imports_the_probe() -> None:
    assert not [module for module in OWN for one in own_imports(module) if one.full.startswith(f"{PROBE}.")]
    assert not [module for module in OWN for one in own_imports(module) if one.full == PROBE]


def test_every_exception_is_caught_in_one_module_of_each_program() -> None:
    """The command has one, and so has the probe, in which the project's coverage plugins run.

    The entry point of the image has one for a command that cannot be loaded.
    """
    broad = {
        PROBE if module in OF_PROBE else module
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    }
    assert broad == {"covgate.cli.ending", "entrypoint", PROBE}
