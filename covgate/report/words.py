"""Figures, counts and places in words."""

from __future__ import annotations

from pathlib import PurePosixPath

from covgate.model import Counts, Span, Tally

NOT_APPLICABLE = "n/a"
UNKNOWN = "–"
"""In a table, of a figure that could not be known."""


def counts_text(counts: Counts) -> str:
    """Print `covered / total`, or `–` when there is nothing."""
    return f"{counts.covered:,} / {counts.total:,}" if counts.total else "–"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Print a count with its noun: `1 line`, `3 lines`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def share_text(needed: int, tally: Tally, kind: str = "") -> str:
    """Print how much of a tally is still to be covered: `3 more of 25 changed lines`, `all 4 lines`.

    `kind` goes before the noun.
    """
    total = tally.counts.total
    noun = "lines and branches" if tally.branches.total else "line" if total == 1 else "lines"
    noun = f"{kind} {noun}" if kind else noun
    if needed < total:
        return f"{needed:,} more of {total:,} {noun}"
    return f"the one {noun}" if total == 1 else f"all {total:,} {noun}"


def span_text(span: Span) -> str:
    """Print `12` or `12-14`."""
    return str(span.start) if span.start == span.end else f"{span.start}-{span.end}"


SHOWN_DIGITS = 7
"""Of a commit id: enough to be unique, and GitHub makes a link of them."""

RANGES = 12
"""How many ranges of one file are listed: a row is read at a glance."""


def short_path(path: PurePosixPath, width: int = 60) -> str:
    """Cut a long path in the middle, keeping its name: `src/very/…/module.py`."""
    text = str(path)
    if len(text) <= width:
        return text
    name = path.name if len(path.name) < width - 2 else path.name[-(width - 2) :]
    return f"{text[: max(0, width - len(name) - 2)]}…/{name}"
