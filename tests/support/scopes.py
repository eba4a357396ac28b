"""Changes of which it has to be told what is judged: one named scene for each way a file can be in or out of scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

USED = "def used():\n    return 1\n"
"""Two statements, both executed once `used` is called."""

UNTESTED = "def untested():\n    return 2\n"

TOOL = "import sys\n\nprint(sys.argv)\n"
"""Two statements that no test executes."""

TEST = "from shop.core import used\n\n\ndef test_used():\n    assert used() == 1\n"

FLAT = {"shop/__init__.py": "", "shop/core.py": USED, "tests/test_core.py": TEST, "conftest.py": ""}

SRC = {
    "src/shop/__init__.py": "",
    "src/shop/core.py": USED,
    "tests/test_core.py": TEST,
    "conftest.py": "import sys\n\nsys.path.insert(0, 'src')\n",
}

COPY = """\
import sys

sys.path.insert(0, "site")
try:
    import beta
except ImportError:
    pass
"""
"""Imports a package from a folder that git ignores, where there is one."""

DJANGO = {
    "manage.py": TOOL,
    "site1/__init__.py": "",
    "site1/settings.py": "DEBUG = True\n",
    "site1/wsgi.py": TOOL,
    "site1/asgi.py": TOOL,
    "polls/__init__.py": "",
    "polls/models.py": USED,
    "polls/tests.py": "from polls.models import used\n\n\ndef test_used():\n    assert used() == 1\n",
    "pytest.ini": "[pytest]\npython_files = tests.py\n",
    "conftest.py": "",
}


def source(value: str, more: str = "") -> dict[str, str]:
    """Return a coverage configuration with one `source`, on line 2."""
    return {"pyproject.toml": f"[tool.coverage.run]\nsource = {value}\n{more}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A project, a change of it, and what a gate that asks for 80 % of the change has to say. Each path by its why."""

    base: Mapping[str, str]
    change: Mapping[str, str]
    lines: tuple[int, int]
    """Covered and all changed lines."""
    unmeasured: tuple[str, ...] = ()
    """Files that count as uncovered; those of `undecided` are among them."""
    undecided: tuple[str, ...] = ()
    omitted: Mapping[str, str] = field(default_factory=dict)
    not_in_total: tuple[str, ...] = ()
    folder: str = "work"
    """The folder the checkout lies in."""

    @property
    def exit_code(self) -> int:
        return 1 if self.lines[0] * 100 < 80 * self.lines[1] else 0

    @property
    def headline(self) -> str:
        covered, total = self.lines
        if not total:
            return "Coverage passes: no changed line needs a test, total"
        if covered == total:
            all_of_it = "the one changed line is" if total == 1 else f"all {total} changed lines are"
            return f"Coverage passes: {all_of_it} covered, total"
        percent = f"{round(100 * covered / total, 1):g} %"
        return f"Coverage passes: diff {percent}, total" if not self.exit_code else f"Diff coverage {percent} is below"


def uncovered(
    base: Mapping[str, str], path: str, *, undecided: bool = False, in_total: bool = False, folder: str = "work"
) -> Scene:
    """Return the scene of one new file with two statements that no test loads."""
    named = (path,)
    return Scene(
        base=base,
        change={path: UNTESTED},
        lines=(0, 2),
        unmeasured=() if in_total else named,
        undecided=named if undecided else (),
        not_in_total=() if in_total else named,
        folder=folder,
    )


SCENES: Mapping[str, Scene] = {
    # Nothing says what is measured.
    "new-package": uncovered(FLAT, "other/__init__.py", in_total=True),
    "backend-beside-src": uncovered(SRC, "backend/api.py", undecided=True),
    "package-in-backend-beside-src": Scene(
        base={**SRC, "backend/app/__init__.py": ""}, change={"backend/app/api.py": UNTESTED}, lines=(0, 2)
    ),
    "src-without-python": uncovered({**FLAT, "src/main.c": "int main;\n"}, "scripts/tool.py", undecided=True),
    "script": uncovered(FLAT, "scripts/tool.py", undecided=True),
    "script-with-branches-configured": uncovered(
        {**FLAT, ".coveragerc": "[run]\nbranch = true\n"}, "scripts/tool.py", undecided=True
    ),
    "omit-without-source": Scene(
        base={**FLAT, ".coveragerc": "[run]\nomit =\n    x/*\n    scripts/*\n"},
        change={"scripts/tool.py": UNTESTED, "tools/tool.py": UNTESTED, "setup.py": TOOL},
        lines=(0, 2),
        unmeasured=("tools/tool.py",),
        undecided=("tools/tool.py",),
        omitted={
            "scripts/tool.py": "`omit = scripts/*`, .coveragerc line 4",
            "setup.py": "`/setup.py`, a default: run by tools only",
        },
        not_in_total=("tools/tool.py",),
    ),
    # A source that is a module.
    "module-never-imported": uncovered(
        {**FLAT, **source('["shop", "beta.deep"]'), "lib/beta/__init__.py": "", "lib/beta/deep/__init__.py": ""},
        "lib/beta/deep/core.py",
    ),
    "package-never-imported": uncovered(
        {**FLAT, "pyproject.toml": '[tool.coverage.run]\nsource_pkgs = ["shop", "beta"]\n', "lib/beta/__init__.py": ""},
        "lib/beta/core.py",
    ),
    "namespace-in-two-folders": Scene(
        base={
            "one/ns/a.py": USED,
            "two/ns/b.py": USED,
            "tests/test_a.py": TEST.replace("shop.core", "ns.a"),
            "conftest.py": "import sys\n\nsys.path.insert(0, 'one')\n",
            **source('["ns"]'),
        },
        change={"two/ns/c.py": UNTESTED},
        lines=(0, 2),
        unmeasured=("two/ns/c.py",),
        not_in_total=("two/ns/b.py", "two/ns/c.py"),
    ),
    "module-named-like-a-part-of-another": uncovered(
        {
            **FLAT,
            "shop/beta/__init__.py": "",
            "shop/core.py": "import shop.beta\n\n\n" + USED,
            "lib/beta/__init__.py": "",
            **source('["shop", "beta"]'),
        },
        "lib/beta/core.py",
    ),
    "module-with-a-copy-in-an-environment": uncovered(
        {
            **FLAT,
            "lib/beta/__init__.py": "",
            "site/beta/__init__.py": "",
            ".gitignore": "site\n__pycache__\n",
            "conftest.py": COPY,
            **source('["shop", "beta"]'),
        },
        "lib/beta/core.py",
    ),
    "tests-named-like-the-package": Scene(
        base={**SRC, **source('["shop"]'), "tests/shop/test_more.py": TEST.replace("test_used", "test_more")},
        change={"tests/shop/helpers.py": UNTESTED, "src/shop/core.py": USED + "\n\nused()\n"},
        lines=(1, 1),
        omitted={"tests/shop/helpers.py": "`source = shop`, pyproject.toml line 2"},
    ),
    # Where the checkout lies.
    "below-a-folder-test": uncovered(FLAT, "shop/new.py", in_total=True, folder="test/testing/tests"),
    "below-a-folder-of-a-pattern": Scene(
        base=FLAT,
        change={"shop/new.py": UNTESTED, "tests/helpers.py": UNTESTED},
        lines=(0, 2),
        omitted={"tests/helpers.py": "`tests/`, a default: tests"},
        folder="x]*",
    ),
    "product-code-for-testing": uncovered(FLAT, "shop/testing/__init__.py", in_total=True),
    "tracked-build-folder": uncovered({**FLAT, "build/__init__.py": ""}, "build/steps.py", in_total=True),
    "environment-in-the-projects-own-folder": Scene(
        base={**FLAT, "pyvenv.cfg": "home = /usr\n", "env/pyvenv.cfg": "home = /usr\n"},
        change={"shop/new.py": UNTESTED, "lib/mine.py": UNTESTED, "env/other.py": UNTESTED},
        lines=(0, 4),
        unmeasured=("lib/mine.py",),
        undecided=("lib/mine.py",),
        omitted={"env/other.py": "`/env/`, a default: an environment"},
        not_in_total=("lib/mine.py",),
    ),
    "imported-at-the-start": Scene(
        base={**FLAT, ".coveragerc": "[run]\nbranch = true\n"},
        change={"site/sitecustomize.py": UNTESTED},
        lines=(0, 0),
        omitted={"site/sitecustomize.py": "`sitecustomize.py`, a default: Python's own start"},
    ),
    # What test runners collect.
    "django": Scene(
        base=DJANGO,
        change={
            "polls/tests.py": DJANGO["polls/tests.py"] + "\n\ndef test_again():\n    assert used() == 1\n" * 5,
            "polls/views.py": "def view():\n    a = 1\n    b = 2\n    c = 3\n    return a + b + c\n",
            "manage.py": TOOL + "print()\n",
            "site1/wsgi.py": TOOL + "print()\n",
            "site1/asgi.py": TOOL + "print()\n",
            "site1/settings.py": "DEBUG = False\n",
        },
        lines=(0, 6),
        omitted={
            "polls/tests.py": "`tests.py`, a default: tests",
            "manage.py": "`/manage.py`, a default: run by tools only",
            "site1/wsgi.py": "`wsgi.py`, a default: run by tools only",
            "site1/asgi.py": "`asgi.py`, a default: run by tools only",
        },
    ),
    "wsgi-without-django": uncovered(FLAT, "shop/wsgi.py", in_total=True),
    "python-files": Scene(
        base={**FLAT, "pytest.ini": "[pytest]\npython_files = check_*.py test_*.py\n"},
        change={"checks/check_a.py": TEST, "shop/new.py": UNTESTED},
        lines=(0, 2),
        omitted={"checks/check_a.py": "`check_*.py`, a default: tests"},
    ),
    # The line of the configuration.
    "omit-and-report-omit": Scene(
        base={
            **FLAT,
            **source(
                '["."]', 'omit = [\n    "docs/*",\n    "gen/*",\n]\n\n[tool.coverage.report]\nomit = ["shop/old*"]\n'
            ),
            "shop/old.py": "",
        },
        change={"gen/a.py": UNTESTED, "shop/old.py": UNTESTED, "shop/core.py": USED + "used()\n"},
        lines=(1, 1),
        omitted={
            "gen/a.py": "`omit = gen/*`, pyproject.toml line 5",
            "shop/old.py": "`[report] omit = shop/old*`, pyproject.toml line 9",
        },
    ),
    "outside-source": Scene(
        base={**FLAT, **source('["shop"]')},
        change={"setup.py": TOOL, "tests/test_core.py": TEST + "\n", "shop/core.py": USED + "used()\n"},
        lines=(1, 1),
        omitted=dict.fromkeys(["setup.py", "tests/test_core.py"], "`source = shop`, pyproject.toml line 2"),
    ),
    "outside-report-include": Scene(
        base={**FLAT, ".coveragerc": "[report]\ninclude = shop/*\n"},
        change={"conftest.py": "x = 1\n", "tool.py": TOOL, "shop/core.py": USED + "used()\n"},
        lines=(1, 1),
        omitted=dict.fromkeys(["conftest.py", "tool.py"], "`[report] include = shop/*`, .coveragerc line 2"),
    ),
    "outside-include": Scene(
        base={**FLAT, "setup.cfg": "[coverage:run]\nbranch = true\ninclude =\n    shop/*\n    lib/*\n"},
        change={"setup.py": TOOL, "shop/core.py": USED + "used()\n"},
        lines=(1, 1),
        omitted={"setup.py": "`include = shop/*, lib/*`, setup.cfg line 3"},
    ),
}
