"""The probe beside the project's own modules, in a folder that is covgate's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from covgate.measure.probe_call import PROBE
from tests.support.projects import clean_environment

PLUGIN = """\
import json, sys

def coverage_init(reg, options):
    with open("seen.json", "w") as file:
        json.dump([sorted(sys.modules), sys.path], file)
"""


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    """A copy of the probe that nothing has compiled."""
    shutil.copytree(PROBE.parent, tmp_path / "covgate" / "probe", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "covgate" / "probe" / "__main__.py"


def ask(probe: Path, folder: Path, **environment: str) -> dict[str, object]:
    files: dict[str, list[str]] = {"changed": [], "measured": [], "tracked": [], "source": [], "tests": []}
    request = {"command": "static", "root": str(folder), **files}
    env = {**clean_environment(), **environment}
    env = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE" or name in environment}
    # Stands in for the pipe.
    with (folder / "answer.json").open("wb") as file:
        done = subprocess.run(
            [sys.executable, probe, str(file.fileno())],
            input=json.dumps(request).encode(),
            cwd=folder,
            env=env,
            capture_output=True,
            check=False,
            pass_fds=[file.fileno()],
        )
    assert (done.returncode, done.stderr) == (0, b"")
    answer: dict[str, object] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    return answer


@pytest.mark.parametrize("environment", [{}, {"PYTHONSAFEPATH": "1"}], ids=["as-ever", "safe-path"])
@pytest.mark.parametrize("name", ["scope", "record"])
def test_no_module_of_the_probe_hides_a_plugin(
    tmp_path: Path, probe: Path, name: str, environment: dict[str, str]
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".coveragerc").write_text(f"[run]\nplugins = {name}\n", encoding="utf-8")
    (project / f"{name}.py").write_text(PLUGIN, encoding="utf-8")
    assert "error" not in ask(probe, project, **environment)
    modules, path = json.loads((project / "seen.json").read_text(encoding="utf-8"))
    assert {"covgate_probe.scope", "covgate_probe.record"} <= set(modules)
    own = {file.stem for file in probe.parent.rglob("*.py")} - {"__main__"}
    assert not (own - {name, "covgate_probe"}) & set(modules)
    assert path[0] == str(project)
    assert str(probe.parent) not in path


@pytest.mark.parametrize("environment", [{}, {"PYTHONSAFEPATH": "1"}], ids=["as-ever", "safe-path"])
def test_no_module_of_the_project_stands_in_for_the_probe(
    tmp_path: Path, probe: Path, environment: dict[str, str]
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "covgate_probe.py").write_text("raise SystemExit('not covgate')\n", encoding="utf-8")
    assert "error" not in ask(probe, project, PYTHONPATH=str(project), **environment)


@pytest.mark.parametrize("environment", [{}, {"PYTHONDONTWRITEBYTECODE": "1"}], ids=["as-ever", "no-bytecode"])
def test_bytecode_is_written_in_the_project_only(tmp_path: Path, probe: Path, environment: dict[str, str]) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".coveragerc").write_text("[run]\nplugins = plug\n", encoding="utf-8")
    (project / "plug.py").write_text(PLUGIN, encoding="utf-8")
    ask(probe, project, **environment)
    assert not list(probe.parent.rglob("*.pyc"))
    assert bool(list(project.rglob("plug.*.pyc"))) is not bool(environment)


def test_a_probe_that_is_not_asked_ends(tmp_path: Path, probe: Path) -> None:
    done = subprocess.run([sys.executable, probe, "2"], input=b"", cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
