"""What is installed where no lock file says it, whole: each call, the reason that is told for it, and the notes."""

from __future__ import annotations

import pytest

from covgate.measure.detect import find_plan
from covgate.measure.environment import show_command
from covgate.measure.project_files import ProjectFiles
from tests.measure.test_detect import BUILD, EXTRAS, GROUPS, PROJECT, of

ENVS = PROJECT + BUILD + "[tool.hatch.envs."
SEVERAL = (
    "Only what the project needs is installed: pyproject.toml has no [build-system], and its folders are not those of "
    "one package"
)
NO_PACKAGE = "Only what the project needs is installed: pyproject.toml says that it is no package"
TOX = "uvx tox config -e py{digits} -k deps extras dependency_groups? (tox's environment of this Python)"
HATCH_TEST = "uvx hatch --env hatch-test.py{version} dep show requirements --env-only? (hatch's environment hatch-test)"
ALL_THREE = "pyproject.toml, hatch's environment test, requirements.txt"
ASKED = "uv? (the extras of the installed project)"
EDITABLE = "uv pip install --editable . (pyproject.toml)"
ASKS_HATCH = (EDITABLE, "uvx hatch --env test dep show requirements --env-only? (hatch's environment test)")


def told(files: ProjectFiles) -> tuple[str, ...]:
    """What is done and why, and what is noted; a question to another tool has a question mark."""
    plan = find_plan(files)
    calls = [f"{show_command(step.arguments)}{'?' if step.asked else ''} ({step.why})" for step in plan.steps]
    return (*calls, *plan.notes)


PLANS: dict[str, tuple[ProjectFiles, tuple[str, ...]]] = {
    "a-group-takes-the-place-of-requirements": (
        of(PROJECT + GROUPS + "dev = []\n" + BUILD, "requirements.txt"),
        ("uv pip install --editable . --group=dev (pyproject.toml, its dependency group dev)",),
    ),
    "a-group-of-documentation-does-not": (
        of(PROJECT + GROUPS + "docs = []\n" + BUILD, "requirements.txt", "requirements/base.txt"),
        ("uv pip install --editable . --requirements requirements.txt (pyproject.toml, requirements.txt)",),
    ),
    "what-hatch-lists-does-not": (
        of(ENVS + "test]\ndependencies = ['a']\n", "requirements.txt"),
        (f"uv pip install --editable . a --requirements requirements.txt ({ALL_THREE})",),
    ),
    "the-extras-of-poetry": (
        of("[tool.poetry]\nname = 'x'\n[tool.poetry.extras]\ntests = []\n" + BUILD),
        ("uv pip install --editable .[tests] (pyproject.toml, its extra tests)",),
    ),
    "no-package-for-poetry": (
        of("[tool.poetry]\nname = 'x'\npackage-mode = false\n" + BUILD + PROJECT),
        ("uv pip install --requirements pyproject.toml ([project] in pyproject.toml)", NO_PACKAGE),
    ),
    "poetry-that-says-it-is-one": (of("[tool.poetry]\nname = 'x'\npackage-mode = true\n" + BUILD), (EDITABLE,)),
    "flit": (of("[tool.flit.metadata]\nmodule = 'x'\n" + BUILD), (EDITABLE,)),
    "a-package-for-uv": (of(PROJECT + "[tool.uv]\npackage = true\n", folders="a b"), (EDITABLE,)),
    "several-folders": (
        of(PROJECT, folders="a b"),
        ("uv pip install --requirements pyproject.toml ([project] in pyproject.toml)", SEVERAL),
    ),
    "no-folder-of-code": (
        of(PROJECT, folders="tests docs scripts _private some-data unit_tests"),
        ("uv pip install --requirements pyproject.toml ([project] in pyproject.toml)", SEVERAL),
    ),
    "one-folder-beside-those-that-are-no-packages": (
        of(PROJECT, folders="shop _private some-data manpages unittests"),
        (EDITABLE,),
    ),
    "requirements-alone-are-no-half-project": (
        of("", "requirements.txt", folders="a b"),
        ("uv pip install --requirements requirements.txt (requirements.txt)",),
    ),
    "no-package-whose-setup-py-is-not-asked": (
        of("[tool.uv]\npackage = false\n", "setup.py", "requirements.txt"),
        ("uv pip install --requirements requirements.txt (requirements.txt)", NO_PACKAGE),
    ),
    "setup-py-with-an-extra-that-is-read": (
        of(PROJECT + EXTRAS + "test = []\n", "setup.py"),
        ("uv pip install --editable .[test] (setup.py, its extra test)",),
    ),
    "setup-cfg-without-a-name": (
        of("", "setup.cfg", "requirements.txt", setup_cfg={"metadata": {"version": "1"}}),
        ("uv pip install --requirements requirements.txt (requirements.txt)",),
    ),
    "dynamic-and-not-the-extras": (of(PROJECT + "dynamic = ['version']\n" + BUILD), (EDITABLE,)),
    "dynamic-and-no-list": (of(PROJECT + "dynamic = 'optional-dependencies'\n" + BUILD), (EDITABLE,)),
    "a-backend-alone-makes-no-project": (
        of(BUILD, "requirements.txt", folders="shop"),
        ("uv pip install --requirements requirements.txt (requirements.txt)",),
    ),
    "hatch-with-what-is-no-text": (
        of(ENVS + "test]\ndependencies = ['a', 1]\n"),
        ("uv pip install --editable . a (pyproject.toml, hatch's environment test)",),
    ),
    "hatch-with-a-group": (
        of(ENVS + "test]\ndependency-groups = ['t']\nextra-dependencies = ['b']\ndependencies = ['a']\n"),
        ("uv pip install --editable . --group=t a b (pyproject.toml, hatch's environment test)",),
    ),
    "hatch-with-a-feature-alone": (
        of(ENVS + "test]\nfeatures = ['a', 'b']\n"),
        ("uv pip install --editable .[a,b] (pyproject.toml, hatch's environment test)",),
    ),
    "hatch-whose-environment-inherits": (
        of(ENVS + "dev]\ndependencies = []\n[tool.hatch.envs.default]\ndependencies = ['a']\n"),
        (EDITABLE, "uvx hatch --env dev dep show requirements --env-only? (hatch's environment dev)"),
    ),
    "hatch-whose-default-is-all": (
        of(ENVS + "docs]\n[tool.hatch.envs.default]\ndependencies = ['a']\n"),
        ("uv pip install --editable . a (pyproject.toml, hatch's environment default)",),
    ),
    "hatch-whose-tests-need-nothing": (of(ENVS + "test]\n[tool.hatch.envs.docs]\ndependencies = ['a']\n"), (EDITABLE,)),
    "hatch-whose-first-environment-needs-nothing": (
        of(ENVS + "dev]\n[tool.hatch.envs.hatch-test]\n"),
        (EDITABLE, HATCH_TEST),
    ),
    "hatch-test-comes-before-the-default": (
        of(ENVS + "hatch-test]\n[tool.hatch.envs.default]\ndependencies = ['a']\n"),
        (EDITABLE, HATCH_TEST),
    ),
    "hatch-with-a-matrix": (
        of(ENVS + "test]\ndependencies = ['a {matrix:python}']\n[[tool.hatch.envs.test.matrix]]\npython = ['3.12']\n"),
        (
            EDITABLE,
            "uvx hatch --env test.py{version} dep show requirements --env-only? (hatch's environment test)",
        ),
    ),
    "hatch-with-a-template": (of(ENVS + "test]\ntemplate = 'test'\ndependencies = ['a']\n"), ASKS_HATCH),
    "hatch-with-a-type": (of(ENVS + "test]\ntype = 'pip'\ndependencies = ['a']\n"), ASKS_HATCH),
    "hatch-with-one-that-is-formatted": (of(ENVS + "test]\ndependencies = ['a', 'b @ {root:uri}/b']\n"), ASKS_HATCH),
    "hatch-with-one-more-that-is": (
        of(ENVS + "test]\ndependencies = ['a']\nextra-dependencies = ['b @ {root:uri}/b']\n"),
        ASKS_HATCH,
    ),
    "hatch-with-a-text-for-a-list": (of(ENVS + "test]\ndependencies = 'a'\n"), ASKS_HATCH),
    "tox-in-setup-cfg": (
        of(PROJECT + BUILD, "setup.cfg", setup_cfg={"tox:tox": {"envlist": "py"}, "flake8": {}}),
        (EDITABLE, TOX),
    ),
    "tox-in-pyproject": (of(PROJECT + BUILD + "[tool.tox]\nenv_list = []\n"), (EDITABLE, TOX)),
    "a-section-of-setup-cfg-that-ends-so": (
        of(PROJECT + BUILD, "setup.cfg", setup_cfg={"not-tox:": {}, "tool:pytest": {}}),
        (EDITABLE,),
    ),
    "setup-py-beside-all": (
        of("", "setup.py", "tox.ini", "requirements.txt", tox={"tox": {}}),
        ("uv pip install --editable . --requirements requirements.txt (setup.py, requirements.txt)", TOX, ASKED),
    ),
    "two-extras-of-tests": (
        of(PROJECT + EXTRAS + "dev = []\ntest = []\n" + GROUPS + "docs = []\n" + BUILD),
        ("uv pip install --editable .[test] (pyproject.toml, its extra test)",),
    ),
}


@pytest.mark.parametrize(("files", "expected"), PLANS.values(), ids=PLANS)
def test_what_is_installed_and_the_reason_for_it(files: ProjectFiles, expected: tuple[str, ...]) -> None:
    assert told(files) == expected
