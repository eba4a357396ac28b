"""Small projects laid out in the ways people lay theirs out: each needs one package to run, another for its tests."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

INDEX = (
    os.environ.get("UV_DEFAULT_INDEX")
    or os.environ.get("PIP_INDEX_URL")
    or importlib.import_module("pip._internal.models.index").PyPI.simple_url
)
"""The index that pip asks: poetry alone would ask for pages that a mirror need not have."""

CODE = """\
import six


def pick(number):
    if number > 1:
        return six.text_type("many")
    return "one"


def unused():
    return None
"""

TESTS = """\
import idna
from {} import pick


def test_pick():
    assert pick(2) == "many"
    assert idna.encode("a") == b"a"
"""

IGNORED = (
    "__pycache__/\n.coverage\n.coverage.*\n.covgate/\n.pytest_cache/\n*.egg-info/\n.pdm-build/\n.pdm-python\nbuild/\n"
)
RUN = "\n[tool.coverage.run]\nbranch = true\nsource = ['.']\nomit = ['tests/*', 'setup.py', 'manage.py']\n"
HATCHLING = "\n[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"


def project(name: str, more: str = "", needs: str = "'six'") -> str:
    return (
        f"[project]\nname = '{name}'\nversion = '1'\nrequires-python = '>=3.10'\ndependencies = [{needs}]\n{more}{RUN}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Files; how they are locked, where they are; and what the log says was found."""

    files: Mapping[str, str]
    found: str
    lock: tuple[str, ...] = ()
    """Arguments of uv, run where the project is."""
    folder: str = "."
    command: str = "pytest -q"
    inputs: Mapping[str, str] = field(default_factory=dict)


EXTRA = "[project.optional-dependencies]\ndocs = ['no-such-thing-for-docs']\ntest = ['pytest', 'idna']\n"

IN_THE_GATE = frozenset({"src", "uv-workspace", "requirements", "monorepo"})
"""One of each way to find what to install: what of LAYOUTS the container's tests have time for in `.ci/run`."""

LAYOUTS = {
    "src": Layout(
        files={
            "pyproject.toml": project("calc", EXTRA) + HATCHLING,
            "src/calc/__init__.py": CODE,
            "tests/test_calc.py": TESTS.format("calc"),
        },
        found="Found pyproject.toml, its extra test: uv pip install --editable .[test]",
    ),
    "flat": Layout(
        files={
            # setuptools, as nothing says otherwise; pytest comes from nowhere.
            "pyproject.toml": project("calc", "[dependency-groups]\ndev = ['idna']\n"),
            "calc/__init__.py": CODE,
            "tests/test_calc.py": TESTS.format("calc"),
        },
        found="Found pyproject.toml, its dependency group dev: uv pip install --editable . --group=dev",
    ),
    "poetry": Layout(
        files={
            "pyproject.toml": "[tool.poetry]\nname = 'calc'\nversion = '1'\ndescription = ''\nauthors = []\n"
            "[tool.poetry.dependencies]\npython = '>=3.10,<4.0'\nsix = '*'\n"
            "[tool.poetry.group.dev.dependencies]\nidna = '*'\npytest = '*'\n"
            f"[[tool.poetry.source]]\nname = 'index'\nurl = '{INDEX}'\npriority = 'primary'\n"
            "[build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n" + RUN,
            "calc/__init__.py": CODE,
            "tests/test_calc.py": TESTS.format("calc"),
        },
        lock=("tool", "run", "poetry", "lock", "--no-interaction"),
        found="Found poetry.lock: uvx poetry install --no-interaction",
    ),
    "pdm": Layout(
        files={
            "pyproject.toml": project(
                "calc",
                "[project.optional-dependencies]\ntest = ['idna']\n[tool.pdm.dev-dependencies]\ndev = ['pytest']\n",
            )
            + "[build-system]\nrequires = ['pdm-backend']\nbuild-backend = 'pdm.backend'\n",
            "src/calc/__init__.py": CODE,
            "tests/test_calc.py": TESTS.format("calc"),
        },
        lock=("tool", "run", "--from", "pdm[locked]", "pdm", "lock", "--group=:all"),
        found="Found pdm.lock: uvx --from pdm[locked] pdm sync --group=test",
    ),
    "hatch": Layout(
        files={
            "pyproject.toml": project("calc", "[tool.hatch.envs.test]\ndependencies = ['pytest', 'idna']\n")
            + HATCHLING,
            "calc/__init__.py": CODE,
            "tests/test_calc.py": TESTS.format("calc"),
        },
        found="Found pyproject.toml, hatch's environment test: uv pip install --editable . pytest idna",
    ),
    "uv-workspace": Layout(
        files={
            "pyproject.toml": project("calc", "[dependency-groups]\ndev = ['pytest', 'idna']\n", needs="'inner'")
            + "[tool.uv.workspace]\nmembers = ['packages/*']\n[tool.uv.sources]\ninner = { workspace = true }\n"
            + HATCHLING,
            "calc/__init__.py": "from inner import pick\n",
            "packages/inner/pyproject.toml": project("inner") + HATCHLING,
            "packages/inner/src/inner/__init__.py": CODE,
            "tests/test_calc.py": TESTS.format("calc"),
        },
        lock=("lock",),
        found="Found uv.lock: uv sync --locked --all-groups --all-packages",
    ),
    "setup-py": Layout(
        files={
            "setup.py": "from setuptools import setup\n\nsetup(name='calc', version='1', packages=['calc'], "
            "install_requires=['six'], extras_require={'testing': ['pytest', 'idna']})\n",
            ".coveragerc": "[run]\nbranch = True\nsource = .\nomit =\n    tests/*\n    setup.py\n",
            "calc/__init__.py": CODE,
            "tests/test_calc.py": TESTS.format("calc"),
        },
        found="Found the extras of the installed project: uv pip install --editable .[testing]",
    ),
    "requirements": Layout(
        files={
            "requirements.txt": "six\n",
            "requirements-dev.txt": "pytest\nidna\n",
            "pyproject.toml": RUN,
            "calc.py": CODE,
            "conftest.py": "",
            "tests/test_calc.py": TESTS.format("calc"),
        },
        found="Found requirements-dev.txt, requirements.txt: uv pip install --requirements requirements-dev.txt "
        "--requirements requirements.txt",
    ),
    "django": Layout(
        files={
            "requirements.txt": "django\nsix\nidna\n",
            "pyproject.toml": RUN,
            "manage.py": "import os\nimport sys\n\nfrom django.core.management import execute_from_command_line\n\n"
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\nexecute_from_command_line(sys.argv)\n",
            "site1/__init__.py": "",
            "site1/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['calc']\n"
            "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n",
            "calc/__init__.py": CODE,
            "calc/tests.py": "from django.test import TestCase\n\nfrom calc import pick\n\n\nclass Picks(TestCase):\n"
            "    def test_pick(self):\n        self.assertEqual(pick(2), 'many')\n",
        },
        found="Found manage.py, and no pytest: the tests are run by `python manage.py test`",
        command="",
    ),
    "monorepo": Layout(
        files={
            "README.md": "# Services\n",
            "docs/requirements.txt": "no-such-thing-for-docs\n",
            "services/api/pyproject.toml": project("calc", EXTRA) + HATCHLING,
            "services/api/calc/__init__.py": CODE,
            "services/api/tests/test_calc.py": TESTS.format("calc"),
        },
        folder="services/api",
        found="Found one project in the checkout, in services/api",
    ),
}
"""The ways that the README lists: what is found and what is run for each of them."""

TOX = Layout(
    files={
        "setup.py": "from setuptools import setup\n\nsetup(name='calc', version='1', packages=['calc'])\n",
        "tox.ini": "[tox]\nenvlist = py\n[testenv]\ndeps =\n    pytest\n    -r needs.txt\ncommands = pytest\n",
        "needs.txt": "six\nidna\n",
        "calc/__init__.py": CODE,
        "tests/test_calc.py": TESTS.format("calc"),
    },
    found="Found tox's environment of this Python: uv pip install pytest -r needs.txt",
)


def by_hand(command: str) -> str:
    """Return a test command that also does by hand, in the same environment, what is to be compared: `total.txt`."""
    program = command.partition(" ")[2] if command.startswith("python ") else f"-m {command}"
    return (
        f"{command} && (unset COVERAGE_PROCESS_CONFIG; export COVERAGE_FILE=$(mktemp -d)/data; "
        f"coverage run {program} && coverage report --format=total --precision=6 > total.txt)"
    )
