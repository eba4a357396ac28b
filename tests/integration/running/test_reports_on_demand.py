"""The HTML folder and the Cobertura file: made when asked for, from one analysis of each source."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from tests.support.projects import Checkout, make_checkout

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
    return {path.name for path in (checkout.path / ".covgate").iterdir()} - {".gitignore"}


def test_nothing_is_made_that_was_not_asked_for(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.covgate(command=["pytest", "-q"], PARSED=str(tmp_path / "log")).code == 0
    assert left(checkout) == {"result.json", "comment.md", "summary.md"}


@pytest.mark.parametrize("spelling", [("--report", "html,xml"), ("--report", "html", "--report", "xml")])
def test_html_and_xml_are_coverages_own(checkout: Checkout, tmp_path: Path, spelling: tuple[str, ...]) -> None:
    done = checkout.covgate(*spelling, command=["pytest", "-q"], PARSED=str(tmp_path / "log"))
    assert done.code == 0, done.err
    assert left(checkout) == {"result.json", "comment.md", "summary.md", "html", "coverage.xml"}
    page = (checkout.path / ".covgate/html/index.html").read_text(encoding="utf-8")
    assert "cart.py" in page
    root = ET.parse(checkout.path / ".covgate/coverage.xml").getroot()  # noqa: S314  # coverage has just written it
    result = checkout.result()["total"]
    assert int(root.attrib["lines-valid"]) == result["lines"]["total"]
    assert int(root.attrib["lines-covered"]) == result["lines"]["covered"]
    assert int(root.attrib["branches-covered"]) == result["branches"]["covered"]


def test_a_source_is_parsed_once_whatever_is_rendered_from_it(checkout: Checkout, tmp_path: Path) -> None:
    log = tmp_path / "log"
    checkout.write({"shop/more.py": "y = 2\n"})
    assert checkout.covgate("--report", "html,xml", command=["pytest", "-q"], PARSED=str(log)).code == 0
    parsed = Counter(log.read_text().split())
    assert parsed["cart.py"] == 1
    assert parsed["idle.py"] == 1


def test_a_template_that_was_compiled_to_python_disturbs_no_report(checkout: Checkout, tmp_path: Path) -> None:
    """Jinja2 names the template as the source of the code it makes: coverage measures it, and reports pass over it."""
    render = "import pathlib\nexec(compile('x = 1', str(pathlib.Path(__file__).with_name('page.j2')), 'exec'))\n"
    files = {"shop/page.j2": "{% if a %}\n<p>\n{% endif %}\n", "shop/cart.py": render}
    checkout.write({**files, "test_shop.py": "import shop.cart\n\n\ndef test_it():\n    pass\n"})
    done = checkout.covgate("--report", "html,xml", command=["pytest", "-q"], PARSED=str(tmp_path / "log"))
    assert done.code == 0, done.err
    assert {"html", "coverage.xml"} <= left(checkout)
