"""The project's own coverage configuration decides what is measured: covgate's total is `coverage report`'s."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.projects import PRICES, Checkout, make_checkout, same

CHECK = """\
import sys

from shop.prices import price

sys.exit(price(1) != 3)
"""

SOURCES: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/prices.py": PRICES,
    "shop/unused.py": "def never():\n    return 1\n",
    "shop/deep/__init__.py": "",
    "shop/deep/empty.py": "",
    "shop/deep/words.py": "def word(n):\n    return 'apple' if n == 1 else 'apples'\n",
    "tools/make.py": "def make():\n    return 1\n",
    "check.py": CHECK,
}

HERE = {
    ".coveragerc": "[run]\nbranch = true\nsource = shop\nomit = */unused.py\n",
    ".coveragerc.toml": '[run]\nbranch = true\nsource = ["shop"]\nomit = ["*/unused.py"]\n',
    "setup.cfg": "[coverage:run]\nbranch = true\nsource = shop\nomit = */unused.py\n",
    "tox.ini": "[coverage:run]\nbranch = true\nsource = shop\nomit = */unused.py\n",
    "pyproject.toml": '[tool.coverage.run]\nbranch = true\nsource = ["shop"]\nomit = ["*/unused.py"]\n',
}

OPTIONS = {
    "nothing-but-branches": "[run]\nbranch = true\n",
    "lines-only": "[run]\nbranch = false\nsource = shop\n",
    "source-is-the-folder": "[run]\nbranch = true\nsource = .\n",
    "source-is-a-module": "[run]\nbranch = true\nsource = shop.prices\n",
    "namespace-packages": "[run]\nbranch = true\nsource =\n    shop\n    tools\n"
    "[report]\ninclude_namespace_packages = true\n",
    "source-packages": "[run]\nbranch = true\nsource_pkgs = shop\n",
    "include": "[run]\nbranch = true\ninclude = shop/pri*\n",
    "omit": "[run]\nbranch = true\nsource = .\nomit =\n    check.py\n    shop/deep/*\n",
    "report-include-and-omit": "[run]\nbranch = true\nsource = .\n[report]\ninclude = shop/*\nomit = shop/deep/*\n",
    "exclude-also-and-partial-also": "[run]\nbranch = true\nsource = shop\n"
    "[report]\nexclude_also =\n    def never\n    if amount < 0\npartial_also = if member\n",
    "exclude-lines": "[run]\nbranch = true\nsource = shop\n[report]\nexclude_lines = raise ValueError\n",
    "relative-files-and-contexts": "[run]\nbranch = true\nsource = shop\nrelative_files = true\n"
    "dynamic_context = test_function\n",
    "threads-and-patches": "[run]\nbranch = true\nsource = shop\nconcurrency = thread\n"
    "patch =\n    subprocess\n    _exit\n    fork\n",
    "what-does-not-change-the-figure": "[run]\nbranch = true\nsource = shop, nowhere\ncore = pytrace\ncontext = unit\n"
    "data_file = elsewhere/data\ndisable_warnings = module-not-imported\ndebug = config\ndebug_file = debug.txt\n"
    "[report]\nfail_under = 100\nskip_empty = true\nskip_covered = true\nprecision = 1\nshow_missing = true\n"
    "sort = cover\nformat = markdown\n",
}


def measured_by_coverage(checkout: Checkout, *, combine: bool = False, script: str = "check.py") -> None:
    done = checkout.coverage("run", script)
    assert done.code == 0, done.err
    if combine:
        done = checkout.coverage("combine")
        assert done.code == 0, done.err


def assert_measured_alike(checkout: Checkout, *, combine: bool = False, script: str = "check.py") -> None:
    done = checkout.covgate(command=["python", script])
    assert done.code == 0, done.out + done.err
    measured_by_coverage(checkout, combine=combine, script=script)
    assert same(checkout.total(), checkout.coverage_total())


@pytest.mark.parametrize("name", HERE)
def test_a_configuration_is_found_where_coverage_finds_it(tmp_path: Path, name: str) -> None:
    checkout = make_checkout(tmp_path, {**SOURCES, name: HERE[name]})
    assert_measured_alike(checkout)
    assert checkout.result()["total"]["lines"]["total"] == 12


@pytest.mark.parametrize("text", OPTIONS.values(), ids=OPTIONS)
def test_an_option_is_respected(tmp_path: Path, text: str) -> None:
    assert_measured_alike(make_checkout(tmp_path, {**SOURCES, ".coveragerc": text}))


def test_an_empty_coveragerc_hides_the_other_files(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SOURCES, ".coveragerc": "", "pyproject.toml": HERE["pyproject.toml"]})
    assert_measured_alike(checkout)


@pytest.mark.parametrize("option", ["parallel = true", "concurrency = multiprocessing\nsigterm = true"])
def test_a_project_that_combines_is_measured_alike(tmp_path: Path, option: str) -> None:
    text = f"[run]\nbranch = true\nsource = shop\n{option}\n"
    assert_measured_alike(make_checkout(tmp_path, {**SOURCES, ".coveragerc": text}), combine=True)


def test_no_file_of_the_project_is_left_or_changed_by_a_run(tmp_path: Path) -> None:
    text = "[run]\nbranch = true\nsource = shop\nparallel = true\n"
    checkout = make_checkout(tmp_path, {**SOURCES, ".coveragerc": text, ".gitignore": "__pycache__/\n"})
    checkout.write({".coverage": b"the developer's own", "elsewhere/data": b"too"}).commit()
    assert checkout.covgate(command=["python", "check.py"]).code == 0
    assert checkout.git("status", "--porcelain") == ""


def test_paths_unite_a_package_with_its_installed_copy(tmp_path: Path) -> None:
    run = "[run]\nbranch = true\nparallel = true\nsource_pkgs = shop\n"
    text = f"{run}[paths]\nsource =\n    shop/\n    */build/lib/shop/\n"
    script = "import sys\n\nsys.path.insert(0, 'build/lib')\n" + CHECK
    files = {**SOURCES, ".coveragerc": text, "check.py": script, ".gitignore": "build/\n"}
    files |= {f"build/lib/{name}": text for name, text in SOURCES.items() if name.startswith("shop/")}
    checkout = make_checkout(tmp_path, files)
    assert_measured_alike(checkout, combine=True)
    assert checkout.result()["total"]["lines"]["covered"] > 0


UPPER = '''\
"""A configuration plugin and a file tracer for `.txt` programs, living in the project."""

import coverage


class Configurer(coverage.CoveragePlugin):
    def configure(self, config):
        config.set_option("report:exclude_lines", ["def refund"])


class Programs(coverage.CoveragePlugin):
    def file_tracer(self, filename):
        return Tracer() if filename.endswith("runner.py") else None

    def file_reporter(self, filename):
        return Reporter(filename)

    def find_executable_files(self, folder):
        return []


class Tracer(coverage.FileTracer):
    def source_filename(self):
        return "unused"

    def has_dynamic_source_filename(self):
        return True

    def dynamic_source_filename(self, filename, frame):
        return frame.f_locals.get("program")

    def line_number_range(self, frame):
        number = frame.f_locals.get("number", -1)
        return number, number


class Reporter(coverage.FileReporter):
    def lines(self):
        return {1, 2, 3}


def coverage_init(reg, options):
    reg.add_configurer(Configurer()) if options.get("kind") == "configurer" else reg.add_file_tracer(Programs())
'''

RUNNER = """\
def run_program(program, number):
    return number


import os
for number in (1, 2):
    run_program(os.path.abspath("shop/program.txt"), number)
"""


def test_a_configuration_plugin_of_the_project_is_used(tmp_path: Path) -> None:
    text = "[run]\nbranch = true\nsource = shop\nplugins = ours.plugin\n[ours.plugin]\nkind = configurer\n"
    checkout = make_checkout(tmp_path, {**SOURCES, ".coveragerc": text, "ours/plugin.py": UPPER})
    assert_measured_alike(checkout)
    assert checkout.result()["total"]["lines"]["total"] == 10


def test_a_file_tracer_of_the_project_is_used(tmp_path: Path) -> None:
    text = "[run]\nplugins = ours.plugin\nsource = shop\n"
    files = {
        **SOURCES,
        ".coveragerc": text,
        "ours/plugin.py": UPPER,
        "runner.py": RUNNER,
        "shop/program.txt": "a\nb\nc\n",
    }
    checkout = make_checkout(tmp_path, files)
    assert_measured_alike(checkout, script="runner.py")
    assert checkout.result()["total"]["lines"]["covered"] == 2


def test_a_measured_file_that_is_gone_is_left_out_where_errors_are_ignored(tmp_path: Path) -> None:
    script = CHECK.replace("\n\nsys.exit", "\nimport os, gone\nos.remove(gone.__file__)\nsys.exit")
    text = "[run]\nbranch = true\n[report]\nignore_errors = true\n"
    checkout = make_checkout(tmp_path, {**SOURCES, ".coveragerc": text, "check.py": script, "gone.py": "x = 1\n"})
    done = checkout.covgate(command=["python", "check.py"])
    assert done.code == 0, done.err
    checkout.write({"gone.py": "x = 1\n"})
    measured_by_coverage(checkout)
    assert same(checkout.total(), checkout.coverage_total())


BROKEN = {
    "bad-regex": ("[report]\nexclude_also = (\n", "exclude_also"),
    "unknown-concurrency": ("[run]\nconcurrency = magic\n", "magic"),
    "missing-plugin": ("[run]\nplugins = not_there\n", "not_there"),
    "unknown-patch": ("[run]\npatch = everything\n", "everything"),
    "not-ini": ("[run\nbranch\n", ".coveragerc"),
    "not-a-boolean": ("[run]\nbranch = perhaps\n", "perhaps"),
}


@pytest.mark.parametrize(("text", "named"), BROKEN.values(), ids=BROKEN)
def test_an_invalid_configuration_is_one_clear_message(tmp_path: Path, text: str, named: str) -> None:
    done = make_checkout(tmp_path, {**SOURCES, ".coveragerc": text}).covgate(command=["python", "check.py"])
    assert done.code == 2, done.err
    assert named in done.message
    assert "Traceback" not in done.err + done.out


def test_a_configuration_that_is_not_toml_is_one_clear_message(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SOURCES, ".coveragerc.toml": "[run\n"})
    done = checkout.covgate(command=["python", "check.py"])
    assert done.code == 2, done.err
    assert ".coveragerc.toml" in done.message
    assert "Traceback" not in done.err + done.out


def test_without_a_configuration_branches_are_measured_and_tests_left_out(tmp_path: Path) -> None:
    files = {
        **SOURCES,
        "tests/__init__.py": "",
        "tests/test_prices.py": "from shop.prices import price\nassert price(1) == 3\n",
        "conftest.py": "",
        "setup.py": "",
    }
    checkout = make_checkout(tmp_path, files)
    assert checkout.covgate(command=["python", "-m", "tests.test_prices"]).code == 0
    total = checkout.result()["total"]
    # shop/prices.py 10, shop/unused.py 2, shop/deep/words.py 2, check.py 3
    assert total["lines"] == {"covered": 5, "total": 17}
    assert total["branches"]["total"] == 6


def test_without_a_configuration_a_virtual_environment_in_the_checkout_is_left_out(tmp_path: Path) -> None:
    files = {**SOURCES, "venv/pyvenv.cfg": "home = /usr\n", "venv/lib/python3.11/site-packages/other.py": "x = 1\n"}
    files["venv/bin/tool.py"] = "x = 1\n"
    script = (
        "import sys\n\nsys.path += ['venv/bin', 'venv/lib/python3.11/site-packages']\nimport other\nimport tool\n"
        + CHECK
    )
    checkout = make_checkout(tmp_path, {**files, "check.py": script})
    assert checkout.covgate(command=["python", "check.py"]).code == 0
    assert checkout.result()["total"]["lines"]["total"] == 14 + 7


def test_without_a_configuration_a_src_layout_measures_src_and_what_lies_beside_it(tmp_path: Path) -> None:
    files = {f"src/{name}": text for name, text in SOURCES.items() if name.startswith("shop/")}
    script = "import sys\n\nsys.path.insert(0, 'src')\n" + CHECK
    checkout = make_checkout(tmp_path, {**files, "check.py": script, "helper.py": "x = 1\n"})
    assert checkout.covgate(command=["python", "check.py"]).code == 0
    # The package in src, check.py, and helper.py.
    assert checkout.result()["total"]["lines"] == {"covered": 5 + 5, "total": 14 + 5 + 1}


MADE_IN_ITS_OWN_FOLDER = {
    "pyvenv.cfg": "home = /usr\n",
    "bin/activate_this.py": "x = 1\n",
    "lib/python3.11/site-packages/other.py": "x = 1\n",
}
"""What `python -m venv .` leaves in a checkout."""


@pytest.mark.parametrize("top", ["", "src/"], ids=["flat", "src"])
def test_a_virtual_environment_in_the_projects_own_folder_hides_none_of_the_project(tmp_path: Path, top: str) -> None:
    files = {f"{top}shop/{name}": text for name, text in (("__init__.py", ""), ("prices.py", PRICES))}
    script = f"import sys\n\nsys.path.insert(0, {str(tmp_path / top)!r})\n" + CHECK
    checkout = make_checkout(tmp_path, {**files, "check.py": script})
    new = {f"{top}shop/new.py": "x = 1\n", "lib/mine.py": "y = 1\n", "tools/t.py": "z = 1\n"}
    checkout.write({**MADE_IN_ITS_OWN_FOLDER, **new})
    done = checkout.covgate(command=["python", "check.py"])
    assert done.code == 0, done.out + done.err
    result = checkout.result()
    assert {file["path"] for file in result["diff"]["files"]} == set(new)
    assert result["diff"]["lines"] == {"covered": 0, "total": 3}
    assert result["diff"]["omitted"] == []
    assert "2 files that no test loads are not in the total: lib/mine.py, tools/t.py." in result["notes"]


CONTEXTS = """\
import importlib


def test_one():
    for number in range(NUMBER):
        assert importlib.import_module(f"shop.m{number}").twice(1) == 2


import shop.m0

shop.m0.never(False)
test_one()
"""


@pytest.mark.parametrize("number", [2, 45], ids=["one-process", "several-processes"])
def test_only_the_contexts_that_reports_are_made_of_count(tmp_path: Path, number: int) -> None:
    text = "[run]\nbranch = true\nsource = shop\ndynamic_context = test_function\n[report]\ncontexts = test_one\n"
    module = "def twice(x):\n    return 2 * x\n\n\ndef never(x):\n    if x:\n        return 1\n    return 2\n"
    files = {f"shop/m{n}.py": module for n in range(number)}
    script = CONTEXTS.replace("NUMBER", str(number))
    checkout = make_checkout(tmp_path, {**files, "shop/__init__.py": "", ".coveragerc": text, "check.py": script})
    assert_measured_alike(checkout)
    assert checkout.result()["total"]["lines"]["covered"] == 3 * number - 2


def test_what_python_imports_at_its_own_start_is_not_measured(tmp_path: Path) -> None:
    site = make_checkout(tmp_path / "site", {"sitecustomize.py": "x = 1\nif not x:\n    y = 1\n"})
    checkout = make_checkout(tmp_path / "shop", {**SOURCES, ".coveragerc": "[run]\nbranch = true\n"})
    done = checkout.covgate(command=["python", "check.py"], PYTHONPATH=str(site.path))
    assert done.code == 0, done.out + done.err
    measured_by_coverage(checkout)
    assert same(checkout.total(), checkout.coverage_total())
