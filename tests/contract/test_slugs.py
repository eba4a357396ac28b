"""Every error leads to a heading of docs/troubleshooting.md, and every heading to an error."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from covgate.errors import TROUBLESHOOTING, explained_at
from covgate.host.refusal import Refusal
from covgate.report.advice import ALL_SLUGS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"(?m)^## (.+)$", PAGE)
ENUMS = {"kind.value": tuple(refusal.value for refusal in Refusal), "error.slug": ()}
"""Slugs that are not written where the error is made."""


@functools.cache
def slugs() -> frozenset[str]:
    found = set(ALL_SLUGS)
    for path in sorted((ROOT / "covgate").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "slug":
                found.update(texts(node.value, path))
    return frozenset(found)


def texts(value: ast.expr, path: Path) -> Iterator[str]:
    if isinstance(value, ast.Constant):
        yield str(value.value)
    elif isinstance(value, ast.IfExp):
        yield from texts(value.body, path)
        yield from texts(value.orelse, path)
    else:
        written = ast.unparse(value)
        assert written in ENUMS, f"{path.name}:{value.lineno}: cannot tell which slugs {written} stands for"
        yield from ENUMS[written]


def test_slugs_are_found() -> None:
    assert len(slugs()) > 20


def test_every_slug_is_a_heading_and_every_heading_a_slug() -> None:
    assert sorted(HEADINGS) == sorted(slugs())


def test_an_anchor_is_the_heading_itself() -> None:
    assert [heading for heading in HEADINGS if not re.fullmatch(r"[a-z]+(-[a-z]+)*", heading)] == []


def test_a_section_explains_in_a_few_sentences() -> None:
    sentences = {}
    for heading in HEADINGS:
        section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
        prose = re.sub(r"```.*?```", "", section, flags=re.DOTALL)
        sentences[heading] = len(re.findall(r"[.:](?:\s|$)", prose))
    assert {heading: number for heading, number in sentences.items() if not 2 <= number <= 8} == {}


def test_the_address_is_the_page_at_the_version_that_workflows_name() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (used,) = set(re.findall(r"uses: ([\w-]+/covgate[\w-]*@v\d+)", readme))
    repository, _, tag = used.partition("@")
    assert f"https://github.com/{repository}/blob/{tag}/docs/troubleshooting.md" == TROUBLESHOOTING
    assert explained_at("git-failed") == f"{TROUBLESHOOTING}#git-failed"
