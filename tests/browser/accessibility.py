"""What axe-core, the usual checker of accessibility, finds in a page."""

from __future__ import annotations

from importlib.resources import files
from typing import cast

from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def find_barriers(page: Page) -> list[str]:
    """Return a line for each finding: its weight, its rule, and the first element."""
    source = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    # Not as an element of the page, whose policy allows its own script alone.
    page.evaluate(f"() => {{ {source} }}")
    found = page.evaluate("rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES)
    violations = cast("list[dict[str, object]]", found["violations"])
    nodes = (cast("list[dict[str, str]]", one["nodes"]) for one in violations)
    return [f"{one['impact']}: {one['id']}: {first[0]['html']}" for one, first in zip(violations, nodes, strict=True)]
