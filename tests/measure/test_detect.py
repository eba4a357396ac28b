"""From files to a plan: pure, a row for each way people lay out a project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.measure.detect import find_plan
from covgate.measure.environment import show_command
from covgate.measure.plan import Asked
from covgate.measure.project_files import ProjectFiles, declares_project, is_project_file, read_project_files
from covgate.measure.python_wish import PythonWish, find_python
from covgate.measure.tool_answers import choose_extra, read_requirement_lines, read_tox_answer

BUILD = "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
PROJECT = "[project]\nname = 'x'\n"


def of(toml: str = "", *names: str, folders: str = "", **more: object) -> ProjectFiles:
    pyproject = tomllib.loads(toml)
    there = {*names, *(["pyproject.toml"] if toml else [])}
    tool = pyproject.get("tool", {})
    return ProjectFiles(
        names=frozenset(there),
        folders=frozenset(folders.split()),
        pyproject=pyproject,
        hatch=tool.get("hatch", {}),
        **more,  # type: ignore[arg-type]  # as the class has them
    )


def planned(files: ProjectFiles) -> list[str]:
    """Each step as people type it; a question to a tool with a question mark."""
    steps = find_plan(files).steps
    return [f"{show_command(step.arguments)}{'?' if step.asked else ''}" for step in steps]


EXTRAS = "[project.optional-dependencies]\n"
GROUPS = "[dependency-groups]\n"
ROWS = {
    "uv": (of(PROJECT, "uv.lock"), ["uv sync --locked --all-groups"]),
    "uv-with-an-extra": (
        of(PROJECT + EXTRAS + "docs = []\ndev = []\ntest = []\n", "uv.lock"),
        ["uv sync --locked --all-groups --extra=test"],
    ),
    "uv-whose-groups-exclude-each-other": (
        of(PROJECT + GROUPS + "a = []\ntest = []\n[tool.uv]\nconflicts = [[{group = 'a'}]]\n", "uv.lock"),
        ["uv sync --locked --group=test"],
    ),
    "uv-workspace": (
        of(PROJECT + "[tool.uv.workspace]\nmembers = ['a']\n", "uv.lock"),
        ["uv sync --locked --all-groups --all-packages"],
    ),
    "uv-member": (of(PROJECT, workspace="."), ["uv sync --locked --all-groups"]),
    "poetry-without-groups": (
        of("[tool.poetry]\nname = 'x'\n", "poetry.lock"),
        ["uvx poetry install --no-interaction --all-extras"],
    ),
    "poetry-with-groups": (
        of(
            "[tool.poetry.group.test]\noptional = true\n[tool.poetry.group.dev.dependencies]\na = '*'\n"
            "[tool.poetry.extras]\ntests = ['a']\n",
            "poetry.lock",
        ),
        ["uvx poetry install --no-interaction --extras=tests --with=test"],
    ),
    "poetry-not-locked": (
        of("[tool.poetry.group.dev.dependencies]\na = '*'\n" + BUILD),
        ["uvx poetry install --no-interaction"],
    ),
    "poetry-not-locked-and-plain": (of("[tool.poetry]\nname = 'x'\n" + BUILD), ["uv pip install --editable ."]),
    "pdm": (
        of(PROJECT + EXTRAS + "test = []\n" + BUILD, "pdm.lock"),
        ["uvx --from pdm[locked] pdm sync --group=test"],
    ),
    "pdm-not-a-package": (of(PROJECT, "pdm.lock"), ["uvx --from pdm[locked] pdm sync --no-self"]),
    "pdm-not-locked": (
        of(PROJECT + "[tool.pdm.dev-dependencies]\na = ['b']\n" + BUILD),
        ["uvx --from pdm[locked] pdm install"],
    ),
    "lock-of-the-tool-the-project-is-written-for": (
        of("[tool.poetry]\nname = 'x'\n", "uv.lock", "poetry.lock"),
        ["uvx poetry install --no-interaction --all-extras"],
    ),
    "lock-of-the-build-backends-tool": (
        of(PROJECT + "[build-system]\nbuild-backend = 'uv_build'\n", "uv.lock", "pdm.lock"),
        ["uv sync --locked --all-groups"],
    ),
    "lock-of-poetrys-backend": (
        of(PROJECT + "[build-system]\nbuild-backend = 'poetry.core.masonry.api'\n", "uv.lock", "poetry.lock"),
        ["uvx poetry install --no-interaction --all-extras"],
    ),
    "lock-of-pdms-backend": (
        of(PROJECT + "[build-system]\nbuild-backend = 'pdm.backend'\n", "pdm.lock", "poetry.lock"),
        ["uvx --from pdm[locked] pdm sync"],
    ),
    "poetry-with-a-standard-group": (
        of(GROUPS + "dev = []\n" + EXTRAS + "test = []\n", "poetry.lock"),
        ["uvx poetry install --no-interaction --extras=test"],
    ),
    "poetry-with-old-dependencies-for-development": (
        of("[tool.poetry.dev-dependencies]\na = '*'\n" + BUILD, "poetry.lock"),
        ["uvx poetry install --no-interaction"],
    ),
    "poetry-whose-optional-groups-are-others": (
        of("[tool.poetry.group.docs]\noptional = true\n[tool.poetry.group.Tests]\noptional = true\n", "poetry.lock"),
        ["uvx poetry install --no-interaction --with=Tests"],
    ),
    "poetry-whose-groups-are-others": (
        of("[tool.poetry.group.docs]\noptional = true\n", "poetry.lock"),
        ["uvx poetry install --no-interaction --all-extras"],
    ),
    "poetry-not-locked-with-old-dependencies": (
        of("[tool.poetry.dev-dependencies]\na = '*'\n" + BUILD),
        ["uvx poetry install --no-interaction"],
    ),
    "poetry-not-locked-without-a-backend": (
        of("[tool.poetry.dependencies]\na = '*'\n"),
        ["uvx poetry install --no-interaction --all-extras"],
    ),
    "poetry-not-locked-with-a-backend": (
        of("[tool.poetry.dependencies]\na = '*'\n" + BUILD),
        ["uv pip install --editable ."],
    ),
    "extra": (of(PROJECT + EXTRAS + "dev = []\nTests = []\n" + BUILD), ["uv pip install --editable .[Tests]"]),
    "extra-of-documentation": (of(PROJECT + EXTRAS + "docs = []\n" + BUILD), ["uv pip install --editable ."]),
    "group": (of(PROJECT + GROUPS + "docs = []\ndev = []\n" + BUILD), ["uv pip install --editable . --group=dev"]),
    "extra-and-group": (
        of(PROJECT + EXTRAS + "test = []\n" + GROUPS + "dev = []\n" + BUILD),
        ["uv pip install --editable .[test] --group=dev"],
    ),
    "extra-and-requirements": (
        of(PROJECT + EXTRAS + "test = []\n" + BUILD, "requirements.txt", "requirements-dev.txt"),
        ["uv pip install --editable .[test]"],
    ),
    "group-alone": (of(GROUPS + "dev = []\n"), ["uv pip install --group=dev"]),
    "no-build-system-and-one-package": (of(PROJECT, folders="x tests docs"), ["uv pip install --editable ."]),
    "no-build-system-and-src": (of(PROJECT, folders="src a b"), ["uv pip install --editable ."]),
    "no-build-system-and-several": (
        of(PROJECT + EXTRAS + "test = []\n", folders="a b"),
        ["uv pip install --requirements pyproject.toml --extra=test"],
    ),
    "no-package": (
        of(PROJECT + BUILD + "[tool.uv]\npackage = false\n", folders="x"),
        ["uv pip install --requirements pyproject.toml"],
    ),
    "requirements": (of("", "requirements.txt"), ["uv pip install --requirements requirements.txt"]),
    "requirements-of-tests-and-development": (
        of("", "requirements.txt", "requirements_dev.txt", "requirements-test.txt"),
        ["uv pip install --requirements requirements-test.txt --requirements requirements.txt"],
    ),
    "requirements-in-a-folder": (
        of("", "requirements/base.txt", "requirements/dev.txt"),
        ["uv pip install --requirements requirements/dev.txt --requirements requirements/base.txt"],
    ),
    "project-and-requirements": (
        of(PROJECT + BUILD, "requirements.txt", "dev-requirements.txt"),
        ["uv pip install --editable . --requirements dev-requirements.txt --requirements requirements.txt"],
    ),
    "hatch": (
        of(PROJECT + BUILD + "[tool.hatch.envs.test]\ndependencies = ['a', 'b>1']\nfeatures = ['c']\n"),
        ["uv pip install --editable .[c] a b>1"],
    ),
    "hatch-own": (
        of(PROJECT + BUILD + "[tool.hatch.envs.hatch-test]\nextra-dependencies = ['a']\n"),
        ["uv pip install --editable .", "uvx hatch --env hatch-test.py{version} dep show requirements --env-only?"],
    ),
    "hatch-with-overrides": (
        of(PROJECT + BUILD + "[tool.hatch.envs.test]\ndependencies = ['a']\noverrides = {}\n"),
        ["uv pip install --editable .", "uvx hatch --env test dep show requirements --env-only?"],
    ),
    "hatch-that-inherits": (
        of(
            PROJECT
            + BUILD
            + "[tool.hatch.envs.default]\ndependencies = ['b']\n[tool.hatch.envs.test.scripts]\nx = 'y'\n"
        ),
        ["uv pip install --editable .", "uvx hatch --env test dep show requirements --env-only?"],
    ),
    "setup-py": (of("", "setup.py"), ["uv pip install --editable .", "uv?"]),
    "setup-cfg": (
        of("", "setup.cfg", setup_cfg={"metadata": {"name": "x"}, "options.extras_require": {"testing": "a"}}),
        ["uv pip install --editable .[testing]"],
    ),
    "dynamic-extras": (
        of(PROJECT + "dynamic = ['optional-dependencies']\n" + BUILD),
        ["uv pip install --editable .", "uv?"],
    ),
    "tox-beside-setup-py": (
        of("", "setup.py", "tox.ini", tox={"testenv": {"deps": "pytest"}}),
        ["uv pip install --editable .", "uvx tox config -e py{digits} -k deps extras dependency_groups?", "uv?"],
    ),
    "tox-alone": (
        of("", "tox.ini", tox={"tox": {}}),
        ["uvx tox config -e py{digits} -k deps extras dependency_groups?"],
    ),
    "tox-for-one-python": (
        of("", "tox.ini", tox={"testenv:py313": {"deps": "pytest"}}),
        ["uvx tox config -e py{digits} -k deps extras dependency_groups?"],
    ),
    "tox-that-only-configures-others": (
        of(PROJECT + BUILD, "tox.ini", tox={"flake8": {}}),
        ["uv pip install --editable ."],
    ),
    "django": (of("", "requirements.txt", "manage.py"), ["uv pip install --requirements requirements.txt"]),
}


@pytest.mark.parametrize(("files", "steps"), ROWS.values(), ids=ROWS)
def test_a_plan(files: ProjectFiles, steps: list[str]) -> None:
    assert planned(files) == steps


def test_a_step_says_why() -> None:
    (step,) = find_plan(of(PROJECT + EXTRAS + "test = []\n" + GROUPS + "dev = []\n" + BUILD)).steps
    assert step.why == "pyproject.toml, its extra test, its dependency group dev"
    (step,) = find_plan(of("", "requirements.txt", "requirements-dev.txt")).steps
    assert step.why == "requirements-dev.txt, requirements.txt"
    (step,) = find_plan(of(PROJECT, "uv.lock")).steps
    assert step.why == "uv.lock"
    (step,) = find_plan(of(PROJECT, workspace="services")).steps
    assert step.why == "uv.lock of the workspace services"
    (_, question) = find_plan(of("", "setup.py")).steps
    assert (question.why, question.asked) == ("the extras of the installed project", Asked.EXTRAS)


def test_what_is_installed_of_a_project_that_is_no_package_is_told() -> None:
    (note,) = find_plan(of(PROJECT + "[tool.uv]\npackage = false\n")).notes
    assert note == "Only what the project needs is installed: pyproject.toml says that it is no package"


def test_a_lock_file_that_is_not_used_is_told() -> None:
    (note,) = find_plan(of("[tool.poetry]\nname = 'x'\n", "uv.lock", "poetry.lock")).notes
    assert note == "uv.lock is not used: pyproject.toml is written for poetry"


@pytest.mark.parametrize(
    "toml",
    [PROJECT, PROJECT + "[tool.uv]\npackage = true\n[tool.poetry]\nname = 'x'\n", ""],
    ids=["neither", "both", "no-pyproject"],
)
def test_two_lock_files_are_an_error_that_names_both(toml: str) -> None:
    with pytest.raises(InputError, match=r"there are poetry\.lock and uv\.lock") as caught:
        find_plan(of(toml, "uv.lock", "poetry.lock"))
    assert caught.value.slug == "two-lock-files"


UNKNOWN = " is of a tool that covgate does not know"
TOOLS_ALONE = "; pyproject.toml configures tools and has no [project]"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (of(), ""),
        (of("[tool.ruff]\nline-length = 9\n"), TOOLS_ALONE),
        (of("", "pyproject.toml"), TOOLS_ALONE),
        (of("[tool.poetry]\nname = 'x'\n"), ""),
        (of("", "Pipfile"), f"; Pipfile{UNKNOWN}"),
        (
            of("[tool.ruff]\n", "pixi.toml", "Pipfile", "conda-lock.yml", "environment.yml"),
            f"{TOOLS_ALONE}; Pipfile, environment.yml, conda-lock.yml and 1 more{UNKNOWN}",
        ),
        (of("", "setup.cfg", setup_cfg={"flake8": {}}), ""),
    ],
    ids=["empty", "tools-alone", "nothing-at-all", "poetry-without-more", "other-tool", "both", "setup-cfg-of-tools"],
)
def test_nothing_to_be_found_is_an_error_that_says_what_was_looked_for(files: ProjectFiles, said: str) -> None:
    with pytest.raises(InputError) as caught:
        find_plan(files, "backend")
    assert caught.value.message == f"nothing in backend says what the tests need{said}"
    assert caught.value.slug == "no-dependencies-found"
    assert "uv.lock" in caught.value.hint


PYTHONS = {
    "given": (of(PROJECT, python_version=("3.11", ".python-version")), "3.12", "3.12", "the input"),
    "file": (of(PROJECT + "requires-python = '>=3.9'\n", python_version=("3.11", "a")), None, "3.11", "a"),
    "file-of-pyenv": (of(python_version=("cpython-3.12.1", "a")), None, "3.12.1", "a"),
    "range": (
        of(PROJECT + "requires-python = '>=3.9, <3.13'\n"),
        None,
        ">=3.9,<3.13",
        "requires-python in pyproject.toml",
    ),
    "file-that-names-python": (of(python_version=("python3.12", "a")), None, "3.12", "a"),
    "range-with-blanks": (
        of(PROJECT + "requires-python = ' >= 3.9, '\n"),
        None,
        ">=3.9",
        "requires-python in pyproject.toml",
    ),
    "poetrys-range": (
        of("[tool.poetry.dependencies]\npython = '>=3.8,<4'\n"),
        None,
        ">=3.8,<4",
        "tool.poetry in pyproject.toml",
    ),
    "caret-with-blanks": (
        of("[tool.poetry.dependencies]\npython = ' ^ 3.10 '\n"),
        None,
        ">=3.10,<4",
        "tool.poetry in pyproject.toml",
    ),
    "tilde-of-a-major-version": (
        of("[tool.poetry.dependencies]\npython = '~3'\n"),
        None,
        ">=3,<4",
        "tool.poetry in pyproject.toml",
    ),
    "setup-cfg": (
        of(setup_cfg={"options": {"python_requires": ">=3.9"}}),
        None,
        ">=3.9",
        "python_requires in setup.cfg",
    ),
    "caret": (of("[tool.poetry.dependencies]\npython = '^3.10'\n"), None, ">=3.10,<4", "tool.poetry in pyproject.toml"),
    "tilde": (
        of("[tool.poetry.dependencies]\npython = '~3.10.2'\n"),
        None,
        ">=3.10.2,<3.11",
        "tool.poetry in pyproject.toml",
    ),
}


@pytest.mark.parametrize(("files", "given", "request_", "where"), PYTHONS.values(), ids=PYTHONS)
def test_the_python_that_is_asked_for(files: ProjectFiles, given: str | None, request_: str, where: str) -> None:
    assert find_python(files, given, "the input") == PythonWish(request=request_, where=where)


@pytest.mark.parametrize(
    "toml",
    ["", PROJECT + "requires-python = '--help'\n", "[tool.poetry.dependencies]\npython = '^3.8 || ^3.12'\n"],
    ids=["nothing", "an-option", "no-range"],
)
def test_where_no_python_is_asked_for_it_is_the_images(toml: str) -> None:
    assert find_python(of(toml), None, "") is None


@pytest.mark.parametrize("text", ["my-environment", "--python=/bin/sh", "../python", "3.12; x", "https://x/y"])
def test_a_python_version_file_names_a_version_and_nothing_else(text: str) -> None:
    with pytest.raises(InputError, match="which is no version") as caught:
        find_python(of(python_version=(text, ".python-version")), None, "")
    assert caught.value.slug == "python-not-found"


def test_what_tox_prints_is_read() -> None:
    said = "[testenv:py311]\ndeps =\n  pytest>8 # a comment\n  -r req.txt\n  -rmore.txt\nextras = testing,x\n"
    said += "dependency_groups = \n[testenv:other]\n  ignored\n"
    options = ("pytest>8", "-r", "req.txt", "-r", "more.txt", "--editable", ".[testing,x]")
    assert read_tox_answer(said) == options
    assert read_tox_answer("[testenv:py]\ndeps =\ndependency_groups =\n  test\n") == ("--group=test",)
    assert read_tox_answer("  a\nextras = ,x,, y,\n") == ("--editable", ".[x,y]")
    assert read_tox_answer("deps = a\n\n  -cb.txt \n  # none\n \n") == ("a", "-c", "b.txt")


def test_what_hatch_and_metadata_say_is_read() -> None:
    assert read_requirement_lines("a==1\n\nb[c]~=2 ; python_version > '3'\n") == (
        "a==1",
        "b[c]~=2 ; python_version > '3'",
    )
    assert choose_extra(["docs", "dev", "testing"]) == ("--editable", ".[testing]")
    assert choose_extra(["docs"]) == ()


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("pyproject.toml", b"[project]\nname='x'\n", True),
        ("pyproject.toml", b"[tool.ruff]\n", False),
        ("pyproject.toml", b"[dependency-groups]\n", True),
        ("pyproject.toml", b"\xff", True),
        ("setup.cfg", b"[metadata]\nname=x\n", True),
        ("setup.cfg", b"[flake8]\n", False),
        ("setup.py", b"", True),
        ("dev-requirements.txt", b"", True),
    ],
)
def test_a_file_that_makes_its_folder_a_project(name: str, text: bytes, *, is_one: bool) -> None:
    assert is_project_file(name)
    assert declares_project(name, text) is is_one


def test_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "backend" / "requirements").mkdir(parents=True)
    for name, text in {
        "uv.lock": "",
        "pyproject.toml": "[tool.uv.workspace]\nmembers = ['back*']\nexclude = ['other']\n",
        ".python-version": "# ours\n \n  3.12  # as deployed\n3.11\n",
        "backend/requirements/test.txt": "",
        "backend/pyproject.toml": "\ufeff[project]\nname = 'x'\n",
        "backend/hatch.toml": "[envs.test]\ndependencies = []\n",
        "backend/setup.cfg": "[a]\nb = %(c)s\n",
    }.items():
        (tmp_path / name).write_text(text)
    files = read_project_files(tmp_path / "backend", tmp_path)
    assert files.names == {"requirements/test.txt", "pyproject.toml", "hatch.toml", "setup.cfg"}
    assert files.folders == {"requirements"}
    assert files.python_version == ("3.12", ".python-version")
    assert files.workspace == "."
    assert files.hatch == {"envs": {"test": {"dependencies": []}}}
    assert files.setup_cfg == {"a": {"b": "%(c)s"}}


def test_what_lies_above_the_checkout_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "checkout" / "backend").mkdir(parents=True)
    (tmp_path / ".python-version").write_text("3.12\n")
    assert read_project_files(tmp_path / "checkout" / "backend", tmp_path / "checkout").python_version is None


def test_a_folder_that_is_no_member_has_no_part_in_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "uv.lock").touch()
    (tmp_path / "pyproject.toml").write_text("[tool.uv.workspace]\nmembers = ['a/*']\nexclude = ['a/b']\n")
    assert read_project_files(tmp_path / "a", tmp_path).workspace is None
    assert read_project_files(tmp_path / "a" / "b", tmp_path).workspace is None


SECRET = "do-not-quote"  # noqa: S105  # nobody's


@pytest.mark.parametrize("name", [".python-version", "pyproject.toml", "setup.cfg", "tox.ini", "hatch.toml"])
@pytest.mark.parametrize("target", ["../secret", ".git/config"])
def test_a_link_out_of_the_checkout_is_not_read(tmp_path: Path, name: str, target: str) -> None:
    top = tmp_path / "checkout"
    (top / ".git").mkdir(parents=True)
    for path in (tmp_path / "secret", top / ".git" / "config"):
        path.write_text(f"{SECRET}\n")
    (top / name).symlink_to(target)
    with pytest.raises(InputError, match="is a link that leads out of the checkout") as caught:
        read_project_files(top, top)
    assert SECRET not in caught.value.message


@pytest.mark.parametrize(
    ("name", "text", "slug"),
    [
        ("pyproject.toml", b"[project\n", "bad-toml"),
        ("pyproject.toml", b"\xff\xfe", "project-file"),
        ("setup.cfg", b"no section\n", "project-file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, text: bytes, slug: str) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(InputError, match=re.escape(name)) as caught:
        read_project_files(tmp_path, tmp_path)
    assert caught.value.slug == slug
