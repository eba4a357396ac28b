"""The HTML folder and the Cobertura file: made when asked for, from one analysis of each source."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from tests.support.projects import Checkout, make_checkout
from tests.support.repositories import RUN_EVERYTHING, Repository

COUNTER = """
import os, pathlib
from coverage import CoveragePlugin
from coverage.parser import PythonParser

def coverage_init(reg, options):
    reg.add_noop(CoveragePlugin())
    parse = PythonParser.parse_source

    def counted(self):
        with open(os.environ["PARSED"], "a") as log:
            print(os.path.basename(self.filename), file=log)
        parse(self)

    PythonParser.parse_source = counted
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    files = {
        ".coveragerc": "[run]\nbranch = true\nsource = shop\nplugins = counter\n[report]\nfail_under = 100\n",
        "counter.py": COUNTER,
        "shop/__init__.py": "",
        "shop/cart.py": "def total(prices):\n    if not prices:\n        return 0\n    return sum(prices)\n",
        "shop/idle.py": "x = 1\n",
        "test_shop.py": "from shop.cart import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    }
    return make_checkout(tmp_path / "project", files)


def left(checkout: Checkout) -> set[str]:
    return {path.name for path in (checkout.path / ".covgate").iterdir()} - {".gitignore", ".covgate-exports"}


def test_nothing_is_made_that_was_not_asked_for(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.covgate(command=["pytest", "-q"], PARSED=str(tmp_path / "log")).code == 0
    assert left(checkout) == {"result.json", "comment.md", "summary.md"}


@pytest.mark.parametrize(
    "spelling", [("--report", "coverage-html,xml"), ("--report", "coverage-html", "--report", "xml")]
)
def test_html_and_xml_are_coverages_own(checkout: Checkout, tmp_path: Path, spelling: tuple[str, ...]) -> None:
    done = checkout.covgate(*spelling, command=["pytest", "-q"], PARSED=str(tmp_path / "log"))
    assert done.code == 0, done.err
    assert left(checkout) == {"result.json", "comment.md", "summary.md", "coverage-html", "coverage.xml"}
    page = (checkout.path / ".covgate/coverage-html/index.html").read_text(encoding="utf-8")
    assert "cart.py" in page
    root = ET.parse(checkout.path / ".covgate/coverage.xml").getroot()  # noqa: S314  # coverage has just written it
    result = checkout.result()["total"]
    assert int(root.attrib["lines-valid"]) == result["lines"]["total"]
    assert int(root.attrib["lines-covered"]) == result["lines"]["covered"]
    assert int(root.attrib["branches-covered"]) == result["branches"]["covered"]


def test_a_source_is_parsed_once_whatever_is_rendered_from_it(checkout: Checkout, tmp_path: Path) -> None:
    log = tmp_path / "log"
    checkout.write({"shop/more.py": "y = 2\n"})
    assert checkout.covgate("--report", "coverage-html,xml", command=["pytest", "-q"], PARSED=str(log)).code == 0
    parsed = Counter(log.read_text().split())
    assert parsed["cart.py"] == 1
    assert parsed["idle.py"] == 1


def test_a_template_that_was_compiled_to_python_disturbs_no_report(checkout: Checkout, tmp_path: Path) -> None:
    """Jinja2 names the template as the source of the code it makes: coverage measures it, and reports pass over it."""
    render = "import pathlib\nexec(compile('x = 1', str(pathlib.Path(__file__).with_name('page.j2')), 'exec'))\n"
    files = {"shop/page.j2": "{% if a %}\n<p>\n{% endif %}\n", "shop/cart.py": render}
    checkout.write({**files, "test_shop.py": "import shop.cart\n\n\ndef test_it():\n    pass\n"})
    done = checkout.covgate("--report", "coverage-html,xml", command=["pytest", "-q"], PARSED=str(tmp_path / "log"))
    assert done.code == 0, done.err
    assert {"coverage-html", "coverage.xml"} <= left(checkout)


# --- for other tools -----------------------------------------------------------------------------------------------

TWINS = {
    ".gitignore": "",
    "services/shop/.coveragerc": "[run]\nbranch = true\nsource =\n    one\n    two\n",
    "services/shop/one/main.py": "def half(x):\n    if x:\n        return 1\n    return 2\n",
    "services/shop/two/main.py": "def other():\n    return 3\n\n\ndef more():\n    return 4\n",
    "services/shop/run.py": "import runpy\nrunpy.run_path('one/main.py')['half'](1)\nrunpy.run_path('two/main.py')\n",
}
"""A project below the top of the repository, with two folders of sources that hold files of one name."""

FILES = {"services/shop/one/main.py", "services/shop/two/main.py"}


def exported(folder: Path) -> Checkout:
    made = make_checkout(folder, TWINS)
    assert made.coverage("run", "run.py", sub="services/shop").code == 0
    done = made.covgate("--data", ".coverage", "--report", "xml,lcov,json,markdown", sub="services/shop")
    assert done.code == 0, done.err
    return made


def test_every_file_has_its_name_in_the_repository(tmp_path: Path) -> None:
    made = exported(tmp_path)
    folder = made.path / "services/shop/.covgate"
    root = ET.parse(folder / "coverage.xml").getroot()  # noqa: S314  # coverage has just written it
    assert {one.attrib["filename"] for one in root.iter("class")} == FILES
    assert [one.text for one in root.iter("source")] == ["."]
    lcov = (folder / "coverage.lcov").read_text(encoding="utf-8")
    assert {line[3:] for line in lcov.splitlines() if line.startswith("SF:")} == FILES
    assert set(json.loads((folder / "coverage.json").read_text(encoding="utf-8"))["files"]) == FILES
    rows = (folder / "coverage.md").read_text(encoding="utf-8").replace("\\_", "_").splitlines()
    assert {row.split("|")[1].strip() for row in rows[2:-1]} == FILES


def test_the_exports_hold_the_figures_of_the_result(tmp_path: Path) -> None:
    """They are read back by covgate, somewhere else than where they were made."""
    made = exported(tmp_path / "there")
    folder = made.path / "services/shop/.covgate"
    total = json.loads((folder / "result.json").read_text(encoding="utf-8"))["total"]
    found = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))["totals"]
    assert found["num_statements"] == total["lines"]["total"]
    assert found["covered_branches"] == total["branches"]["covered"]
    for name in ("coverage.xml", "coverage.lcov"):
        other = make_checkout(tmp_path / name, TWINS)
        (other.path / name).write_bytes((folder / name).read_bytes())
        assert other.covgate("--data", name).code == 0
        assert other.result()["total"] == total, name


def test_a_file_outside_of_the_checkout_spoils_no_name(tmp_path: Path) -> None:
    made = make_checkout(tmp_path / "repo", TWINS)
    outside = tmp_path / "elsewhere.py"
    outside.write_text("x = 1\n", encoding="utf-8")
    (made.path / "services/shop/run.py").write_text(
        f"import runpy\nrunpy.run_path('one/main.py')\nrunpy.run_path({str(outside)!r})\n", encoding="utf-8"
    )
    (made.path / "services/shop/.coveragerc").write_text(f"[run]\nbranch = true\ninclude = */main.py, {outside}\n")
    assert made.coverage("run", "run.py", sub="services/shop").code == 0
    done = made.covgate("--data", ".coverage", "--report", "xml,lcov,json", sub="services/shop")
    assert done.code == 0, done.err
    folder = made.path / "services/shop/.covgate"
    root = ET.parse(folder / "coverage.xml").getroot()  # noqa: S314  # coverage has just written it
    assert {one.attrib["filename"] for one in root.iter("class")} == {"services/shop/one/main.py"}
    assert "elsewhere" not in (folder / "coverage.lcov").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["coverage-html", "xml", "lcov", "json", "markdown"])
def test_what_coverage_writes_needs_its_data(tmp_path: Path, kind: str) -> None:
    made = exported(tmp_path)
    done = made.covgate("--data", "services/shop/.covgate/coverage.xml", "--report", kind)
    assert done.code == 2
    problem = f"reports = {kind} (from --report) needs coverage data files, and coverage.xml is a Cobertura"
    assert problem in done.message


@pytest.mark.parametrize("ci", [False, True], ids=["laptop", "workflow"])
def test_a_link_is_the_report_folder_on_a_laptop_only(tmp_path: Path, *, ci: bool) -> None:
    """In a workflow it may be the pull request's, and lead anywhere."""
    repository = Repository(tmp_path / "repository")
    repository.start({".coveragerc": RUN_EVERYTHING, "run.py": "import m\n", "m.py": "x = 1\n"})
    repository.commit({"m.py": "x = 1\ny = 2\n"})
    repository.measure()
    there = tmp_path / "there"
    there.mkdir()
    (repository.path / ".covgate").symlink_to(there)
    gate = repository.check(ci=ci)
    assert gate.exit_code == (2 if ci else 0)
    assert (".covgate is a symbolic link" in gate.stderr) == ci
    assert any(there.iterdir()) != ci
