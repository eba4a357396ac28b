"""Which golden comments the README's pictures show; needs no browser, so that a test can ask whether they still do."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMENTS = {"comment-failing": "fail-diff", "comment-passing": "pass"}
"""The name of a picture, and the outcome it shows."""
SUMS = ROOT / "docs" / "pictures.sha256"
"""What the pictures were taken of: `sha256sum -c docs/pictures.sha256` in the checkout."""


def golden(outcome: str) -> Path:
    """Return the comment of a real run (tests/integration/test_golden_runs.py)."""
    return ROOT / "tests" / "golden" / "runs" / outcome / "comment.md"


def sum_up() -> str:
    """Return the digests of the golden comments that are shown."""
    paths = [golden(outcome) for outcome in COMMENTS.values()]
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT)}\n" for path in paths)
