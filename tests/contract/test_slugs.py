"""Every error leads to a heading of docs/troubleshooting.md, and every heading to an error."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgate.errors import TROUBLESHOOTING, explained_at
from covgate.host.refusal import Refusal
from covgate.report.advice import ALL_SLUGS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"(?m)^## (.+)$", PAGE)
ENUMS = {"kind.value": tuple(refusal.value for refusal in Refusal), "error.slug": ()}
"""Slugs that are not written where the error is made."""


def slugs() -> Iterator[str]:
    for path in sorted((ROOT / "covgate").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "slug":
                yield from texts(node.value, path)


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


SLUGS = frozenset(slugs()) | ALL_SLUGS


def test_slugs_are_found() -> None:
    assert len(SLUGS) > 20


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_a_slug_is_a_heading(slug: str) -> None:
    assert HEADINGS.count(slug) == 1


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_a_slug(heading: str) -> None:
    assert heading in SLUGS
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", heading), "GitHub's anchor is the heading itself"


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_section_explains_in_a_few_sentences(heading: str) -> None:
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    prose = re.sub(r"```.*?```", "", section, flags=re.DOTALL)
    assert 2 <= len(re.findall(r"[.:](?:\s|$)", prose)) <= 8


def test_the_address_is_the_page_at_the_version_that_workflows_name() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (used,) = set(re.findall(r"uses: ([\w-]+/covgate[\w-]*@v\d+)", readme))
    repository, _, tag = used.partition("@")
    assert f"https://github.com/{repository}/blob/{tag}/docs/troubleshooting.md" == TROUBLESHOOTING
    assert explained_at("git-failed") == f"{TROUBLESHOOTING}#git-failed"
