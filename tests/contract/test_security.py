"""docs/security.md promises what a test holds: whatever it names is there, and no attack is left unnamed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docker.attacks import ATTACKS

ROOT = Path(__file__).resolve().parents[2]
PROMISES = [
    line
    for line in (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| promise")
]


def test_every_attack_is_named_and_there() -> None:
    named = {name for line in PROMISES for group in re.findall(r"\[([^]]+)\]", line) for name in group.split(", ")}
    assert named == set(ATTACKS)


def test_every_promise_names_a_test_that_is_there() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for line in PROMISES:
        held = line.rsplit("|", 2)[1]
        assert held.strip(), line
        for name in re.findall(r"`(test_\w+)`", held):
            assert f"def {name}(" in texts, name


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / ".github").rglob("*.yml"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_workflow_keeps_the_token_out_of_the_clone(page: Path) -> None:
    steps = re.findall(r"uses: actions/checkout@.*\n(\s+)with:\n((?:\1  .*\n)+)", page.read_text(encoding="utf-8"))
    assert len(steps) == page.read_text(encoding="utf-8").count("uses: actions/checkout@")
    assert all("persist-credentials: false\n" in inputs for _, inputs in steps)
