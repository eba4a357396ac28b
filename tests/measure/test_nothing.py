"""Why nothing was measured: what pytest's exit code, tox's configuration or a script's first line tell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from covgate.errors import MeasureError
from covgate.measure.junit.files import JunitFiles
from covgate.measure.nothing import explain_nothing
from covgate.measure.project import Project
from covgate.measure.suite import SuitePlan
from covgate.model.verdict import SuiteRun, SuiteStatus

NOTHING = MeasureError("no measured file", hint="h", slug="nothing-measured")
OTHER = MeasureError("unreadable", hint="h", slug="unreadable-data")
USAGE = "pytest could not start (exit code 4): an option or a path of its command line is wrong"
NONE = "pytest collected no tests (exit code 5)"
TOX = "nothing of what tox ran was measured: it hands on only the variables that `pass_env` names"
FOREIGN = (
    "the test command runs {root}/bin/{tool}, which belongs to /opt/py/bin/python3, "
    "and covgate measures {root}/v/python"
)
OPT = "#!/opt/py/bin/python3\n"
LONG = '#!/bin/sh\n\'\'\'exec\' "/opt/py/bin/python3" "$0" "$@"\n'


def explain(
    root: Path, command: str, exit_code: int, files: Mapping[str, str], error: MeasureError = NOTHING
) -> MeasureError:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.replace("{root}", str(root)))
        (root / name).chmod(0o755)
    environment = {"PATH": str(root / "bin")}
    project = Project(directory=root, root=root, python=root / "v/python", environment=environment)
    junit = JunitFiles(directory=root)
    plan = SuitePlan(shown=command, argv=(), environment=environment, config="", folder=root, notes=(), junit=junit)
    run = SuiteRun(command=command, status=SuiteStatus.FAILED, exit_code=exit_code, seconds=1.0)
    return explain_nothing(project, plan, run, error)


@pytest.mark.parametrize(
    ("command", "exit_code", "files", "message"),
    [
        pytest.param("pytest -q", 4, {}, USAGE, id="usage"),
        pytest.param("pytest -q", 5, {}, NONE, id="no-tests"),
        pytest.param("cd a && /v/bin/pytest", 5, {}, NONE, id="a-path-of-pytest"),
        pytest.param("make test", 5, {}, "", id="no-pytest"),
        pytest.param("pytest -q", 1, {}, "", id="another-exit-code"),
        pytest.param("tox -q", 0, {}, TOX, id="tox"),
        pytest.param("tox", 0, {"tox.ini": "[testenv]\npass_env = HOME\n"}, TOX, id="tox-hands-on-something-else"),
        pytest.param("tox", 0, {"tox.ini": "[testenv]\npass_env = COVERAGE_*\n"}, "", id="tox-hands-it-on"),
        pytest.param("tox", 0, {"tox.ini": "x", "pyproject.toml": "COVERAGE_X"}, "", id="in-the-last-of-the-files"),
        pytest.param("tox", 0, {"tox.toml": "COVERAGE_X"}, "", id="in-toml"),
        pytest.param("tox", 0, {"setup.cfg": "COVERAGE_X"}, "", id="in-setup-cfg"),
        pytest.param("run -q", 0, {"bin/run": OPT}, FOREIGN, id="a-script-of-another-python"),
        pytest.param("run -q", 0, {"bin/run": LONG}, FOREIGN, id="whose-first-line-was-too-long"),
        pytest.param("tox && run", 0, {"tox.ini": "COVERAGE_", "bin/run": OPT}, FOREIGN, id="beside-tox"),
        pytest.param("pytest && run", 1, {"bin/run": OPT}, FOREIGN, id="beside-pytest"),
        pytest.param("run", 0, {"bin/run": "#!{root}/v/python3\n"}, "", id="of-the-projects-folder"),
        pytest.param("run", 0, {"bin/run": "#!/bin/sh\necho\n"}, "", id="of-the-shell"),
        pytest.param("run", 0, {"bin/run": "\n#!/opt/py/bin/python3\n"}, "", id="not-in-the-first-line"),
        pytest.param("run", 0, {"bin/run": "#!/bin/sh\n\n/opt/py/bin/python3\n"}, "", id="in-the-third-line"),
        pytest.param("run", 0, {"bin/run": ""}, "", id="an-empty-script"),
        pytest.param("run", 0, {}, "", id="no-such-script"),
    ],
)
def test_what_is_known_of_why_nothing_was_measured(
    tmp_path: Path, command: str, exit_code: int, files: Mapping[str, str], message: str
) -> None:
    found = explain(tmp_path, command, exit_code, files)
    assert found.message == (message.format(root=tmp_path, tool="run") or NOTHING.message)
    assert found.slug == "nothing-measured"
    if message == FOREIGN:
        assert found.hint == "install run beside the project, or set `--python /opt/py/bin/python3`"


def test_the_first_foreign_script_is_named(tmp_path: Path) -> None:
    files = {"bin/one": "#!{root}/v/python\n", "bin/two": OPT, "bin/three": "#!/third/bin/python\n"}
    assert f"{tmp_path}/bin/two," in explain(tmp_path, "one && two && three", 0, files).message


def test_another_error_says_what_it_says(tmp_path: Path) -> None:
    assert explain(tmp_path, "pytest", 5, {}, OTHER) is OTHER


def test_a_configuration_of_tox_that_cannot_be_read_hands_on_nothing(tmp_path: Path) -> None:
    (tmp_path / "tox.ini").mkdir()
    # Who reads a pipe that nobody writes to waits for ever.
    os.mkfifo(tmp_path / "tox.toml")
    assert explain(tmp_path, "tox", 0, {}).message == TOX
