"""The environment that covgate makes for a project, by what lies there: as in the image, with the real uv."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.running.test_interpreters import find_python
from tests.support.layouts import CODE, HATCHLING, IGNORED, IN_THE_GATE, LAYOUTS, TESTS, TOX, Layout, by_hand, project
from tests.support.measured import MEASURED
from tests.support.projects import REPOSITORY, Checkout, Ended, clean_environment, make_checkout, run_warm, same

OWN = f"3.{sys.version_info.minor}"
UV = Path(sysconfig.get_path("scripts")) / "uv"


@pytest.fixture(scope="session")
def image_python() -> str:
    """Stands for the image's: the interpreter that covgate's own environment was made of, with nothing in it."""
    return str(Path(sys.base_prefix) / "bin" / "python3")


def act(checkout: Checkout, python: str, inputs: dict[str, str], **variables: str) -> Ended:
    """Run the action as in the image, without its user of the tests."""
    environment = {
        **MEASURED,
        "COVGATE_PYTHON": python,
        "COVGATE_TESTS_USER": "",
        "UV_CACHE_DIR": cache(),
        "HOME": str(checkout.path.parent),
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        **variables,
    }
    cleaned = clean_environment(**environment)
    del cleaned["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
    done = run_warm([REPOSITORY / "entrypoint.py"], cwd=checkout.path, env=cleaned, timeout=300)
    # The action writes to one stream.
    return replace(done, err=done.out + done.err)


def cache() -> str:
    """The machine's own cache: the tests of a run, and the next run, fetch nothing twice."""
    return os.environ.get("UV_CACHE_DIR") or uv(Path.cwd(), "cache", "dir").strip()


def uv(folder: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "UV_PYTHON"}}
    done = subprocess.run(
        [UV, *arguments], cwd=folder, env=kept, capture_output=True, text=True, timeout=240, check=False
    )
    if done.returncode and "error sending request" in done.stderr:
        pytest.skip(f"the package index cannot be reached: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def lay(folder: Path, layout: Layout) -> Checkout:
    checkout = make_checkout(folder, {".gitignore": IGNORED, **layout.files})
    if layout.lock:
        uv(checkout.path / layout.folder, *layout.lock)
        checkout.commit("lock")
    return checkout


# They fetch their tools and build back ends from the package index. The other layouts are tested in the container.
@pytest.mark.real
@pytest.mark.parametrize(
    "layout", [pytest.param(LAYOUTS[name], id=name) for name in sorted(LAYOUTS.keys() - IN_THE_GATE)]
)
def test_an_ordinary_project_needs_no_install_command(tmp_path: Path, image_python: str, layout: Layout) -> None:
    checkout = lay(tmp_path / "checkout", layout)
    inputs = {"test-command": by_hand(layout.command)} if layout.command else {}
    done = act(checkout, image_python, inputs)
    assert done.code == 0, done.out + done.err
    assert layout.found in done.message, done.err
    assert Decimal(0) < checkout.total(layout.folder) < Decimal(100)
    if not layout.command:
        done = act(checkout, image_python, {"test-command": by_hand("python manage.py test")})
        assert done.code == 0, done.out + done.err
    expected = Decimal((checkout.path / layout.folder / "total.txt").read_text())
    assert same(checkout.total(layout.folder), expected)


@pytest.mark.real
def test_tox_is_asked_where_nothing_else_says_what_the_tests_need(tmp_path: Path, image_python: str) -> None:
    checkout = lay(tmp_path / "checkout", TOX)
    done = act(checkout, image_python, {})
    assert done.code == 0, done.out + done.err
    assert TOX.found in done.message, done.err


def test_install_and_tests_see_uv_and_nothing_of_covgates_environment(tmp_path: Path, image_python: str) -> None:
    script = """
for name in covgate diff-cover; do if command -v $name; then exit 9; fi; done
test "$VIRTUAL_ENV" = "$UV_PROJECT_ENVIRONMENT"
test "$(command -v python)" = "$VIRTUAL_ENV/bin/python"
test "$(ls "$(dirname "$(command -v uv)")")" = "$(printf 'fetched\\nuv\\nuvx')"
for name in poetry pdm hatch tox nox; do command -v $name; done
test "$(uv run --no-project python -c 'import sys; print(sys.prefix)')" = "$VIRTUAL_ENV"
"""
    files = {"calc.py": CODE, "run.py": "import calc\n", ".python-version": "3.98\n"}
    checkout = make_checkout(tmp_path / "checkout", files)
    install = f"{script}\nuv pip install six"
    inputs = {"install-command": install, "test-command": f"{script}\npython run.py", "python-version": OWN}
    path = os.pathsep.join([str(Path(image_python).parent), "/usr/bin", "/bin"])
    done = act(checkout, image_python, inputs, PATH=path)
    assert done.code == 0, done.out + done.err


BROKEN = {
    "no-such-python": (
        {"requirements.txt": ""}, {"python-version": "3.99"}, "python-not-found",
        "there is no Python 3.99 (from the input python-version)",
    ),
    "no-such-python-in-a-file": (
        {"requirements.txt": "", ".python-version": "3.99\n"}, {}, "python-not-found",
        "there is no Python 3.99 (from .python-version)",
    ),
    "a-number-of-yaml": ({}, {"python-version": "3.1"}, "bad-option-value", "without quotes YAML reads 3.10 as"),
    "an-install-that-fails": (
        {"requirements.txt": "six==99\n"}, {}, "install-failed",
        "`uv pip install --requirements requirements.txt` failed with exit code 1",
    ),
    "an-install-command-that-fails": ({}, {"install-command": "exit 3"}, "install-failed", "failed with exit code 3"),
    "a-lock-file-of-a-newer-tool": (
        {"pyproject.toml": project("calc"), "uv.lock": "version = 9\nrevision = 1\n"}, {}, "lock-file-too-new",
        "`uv sync --locked --all-groups` failed",
    ),
    "a-lock-file-that-is-out-of-date": (
        {"pyproject.toml": project("calc"), "uv.lock": "version = 1\nrequires-python = '>=3.10'\n"}, {},
        "lock-file-outdated", "does not fit pyproject.toml",
    ),
    "two-lock-files": (
        {"pyproject.toml": project("calc"), "uv.lock": "", "pdm.lock": ""}, {}, "two-lock-files",
        "there are pdm.lock and uv.lock",
    ),
    "a-requirement-that-is-no-argument": (
        {"pyproject.toml": project("calc", '[tool.hatch.envs.test]\ndependencies = ["a\\u0000b"]\n')}, {},
        "install-failed", "could not be started: embedded null byte",
    ),
    "nothing": ({"calc.py": CODE}, {}, "no-dependencies-found", "nothing in . says what the tests need"),
    "several-projects": (
        {"a/setup.py": "", "b/c/requirements.txt": "", "b/setup.cfg": "[flake8]\n", "docs/setup.py": ""}, {},
        "several-projects", "there are 2 projects in the checkout, and none at its top: a, b/c",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "inputs", "slug", "said"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_made_is_bad_input_with_a_message(
    tmp_path: Path, image_python: str, files: dict[str, str], inputs: dict[str, str], slug: str, said: str
) -> None:
    checkout = make_checkout(tmp_path / "checkout", files)
    done = act(checkout, image_python, inputs)
    assert done.code == 2, done.out + done.err
    assert said in done.message
    assert f"docs/troubleshooting.md#{slug}" in done.message
    assert checkout.result()["error"]["slug"] == slug
    assert "Traceback" not in done.err


def test_an_index_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path, image_python: str) -> None:
    checkout = make_checkout(tmp_path / "checkout", {"requirements.txt": "six\n"})
    index = "http://me:pa55word@127.0.0.1:9/simple"
    cold = {"UV_HTTP_RETRIES": "0", "UV_CACHE_DIR": f"{tmp_path}/uv"}
    for inputs in ({}, {"install-command": f"echo {index}; exit 1"}):
        done = act(checkout, image_python, inputs, UV_DEFAULT_INDEX=index, PIP_INDEX_URL=index, **cold)
        assert done.code == 2, done.out + done.err
        assert "127.0.0.1:9 could not be reached" in done.message
        assert "docs/troubleshooting.md#package-index-unreachable" in done.message
        assert "pa55word" not in done.out + done.err + str(checkout.result())


def test_another_python_is_made_where_the_project_asks_for_it(tmp_path: Path, image_python: str) -> None:
    newer = find_python("3.12")
    if newer is None:
        pytest.skip("there is no Python 3.12 on this machine")
    files = {
        "pyproject.toml": project("calc", "[dependency-groups]\ntest = ['pytest', 'idna']\n") + HATCHLING,
        ".python-version": "3.11\n",
        "calc/__init__.py": CODE + "\n\ntype Number = int\n",
        "tests/test_calc.py": TESTS.format("calc"),
    }
    checkout = make_checkout(tmp_path / "checkout", {".gitignore": IGNORED, **files})
    path = f"{Path(newer).parent}{os.pathsep}{os.environ['PATH']}"
    inputs = {"python-version": "3.12", "test-command": "uv run --no-sync pytest -q"}
    done = act(checkout, image_python, inputs, PATH=path)
    assert done.code == 0, done.out + done.err
    assert "as the input python-version asks for 3.12" in done.message


def test_an_older_coverage_of_the_project_is_replaced_and_that_is_said(tmp_path: Path, image_python: str) -> None:
    files = {"requirements.txt": "coverage==7.12.0\nsix\n", "calc.py": CODE, "run.py": "import calc\n"}
    checkout = make_checkout(tmp_path / "checkout", files)
    done = act(checkout, image_python, {"test-command": "python run.py"})
    assert done.code == 0, done.out + done.err
    assert "coverage 7.12.0 is replaced by 7." in done.message


NEWER = "from calc import pick\n\ntype Number = int\npick(2)\n"
"""Syntax of Python 3.12."""


@pytest.mark.parametrize("there", [True, False], ids=["to-be-had", "not-to-be-had"])
def test_data_of_another_python_is_read_by_a_matching_one(tmp_path: Path, image_python: str, *, there: bool) -> None:
    newer = find_python("3.12")
    if newer is None or OWN >= "3.12":
        pytest.skip("needs a Python older than 3.12, and 3.12 beside it")
    files = {"calc.py": CODE.replace("import six", "import enum as six"), "run.py": NEWER, ".python-version": "3.12\n"}
    checkout = make_checkout(tmp_path / "checkout", {**files, ".coveragerc": "[run]\nbranch = true\nsource = .\n"})
    checkout.write({"calc.py": files["calc.py"].replace('six.text_type("many")', '"many"')}).commit()
    uv(tmp_path, "venv", "--python", newer, "made")
    uv(tmp_path, "pip", "install", "--python", "made", "coverage")
    python = str(tmp_path / "made" / "bin" / "python")
    other = Checkout(path=checkout.path, python=python)
    assert other.coverage("run", "run.py").code == 0
    path = os.environ["PATH"] if not there else f"{Path(newer).parent}{os.pathsep}{os.environ['PATH']}"
    wanted = {} if there else {"python-version": "3.98"}
    done = act(checkout, image_python, {"coverage-data": ".coverage", **wanted}, PATH=path)
    if there:
        assert done.code == 0, done.out + done.err
        assert same(checkout.total(), other.coverage_total())
    else:
        assert f"Sources are read by Python {OWN}, covgate's own, and not by 3.98" in done.message
        assert "run.py" in done.message
        assert done.code == 4, done.out + done.err


def test_on_a_laptop_nothing_is_made(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout", {"calc.py": "a = 1\n", "run.py": "import calc\n"})
    done = checkout.covgate(command=["python", "run.py"])
    assert done.code == 0, done.err
    assert "Preparing the environment" not in done.out + done.err
