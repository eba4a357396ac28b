"""docs/security.md promises what a test holds: whatever it names is there, and no attack is left unnamed."""

from __future__ import annotations

import re
from pathlib import Path

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
