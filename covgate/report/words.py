"""Numbers and names in words: how covgate prints percents, counts, ranges and commits."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath

from covgate.model import Counts, DiffFile, Span, Status, Tally, floor_percent

NOT_APPLICABLE = "n/a"
UNAVAILABLE = "unavailable"


class Band(Enum):
    """The colour of a figure: its dot for Markdown and its style for a terminal."""

    GREEN = ("🟢", "green")
    ORANGE = ("🟠", "dark_orange")
    RED = ("🔴", "red")
    NONE = ("⚪", "dim")

    @property
    def dot(self) -> str:
        """The emoji."""
        return self.value[0]

    @property
    def style(self) -> str:
        """The rich style."""
        return self.value[1]


def choose_band(tally: Tally | None, *, green: Decimal, orange: Decimal) -> Band:
    """Return the band of a figure; no figure has none."""
    if tally is None or not tally.counts.total:
        return Band.NONE
    if tally.counts.reaches(green):
        return Band.GREEN
    return Band.ORANGE if tally.counts.reaches(orange) else Band.RED


def percent_text(tally: Tally) -> str:
    """Print a percent with two decimals, cut: 100 only when nothing is missing, 0 only when nothing is covered."""
    percent = tally.percent
    if percent is None:
        return NOT_APPLICABLE
    if percent in {0, 100}:
        return f"{int(percent)} %"
    return f"{floor_percent(percent)} %"


def target_text(target: Decimal) -> str:
    """Print a target as it was written."""
    return f"{target} %"


def counts_text(counts: Counts) -> str:
    """Print `covered / total`, or `–` when there is nothing."""
    return f"{counts.covered} / {counts.total}" if counts.total else "–"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Print a count with its noun: `1 line`, `3 lines`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def units(tally: Tally) -> str:
    """Name what a tally counts."""
    return "lines and branches" if tally.branches.total else "lines"


def span_text(span: Span) -> str:
    """Print `12` or `12-14`."""
    return str(span.start) if span.start == span.end else f"{span.start}-{span.end}"


def work_left(file: DiffFile) -> str:
    """Print the missing ranges and the partial lines of a file: `12-14, 20; partly 31`."""
    parts = [", ".join(span_text(span) for span in file.missing_spans)] if file.missing_spans else []
    if file.partial:
        parts.append("partly " + ", ".join(str(line) for line in sorted(file.partial)))
    return "; ".join(parts)


def short_path(path: PurePosixPath, width: int = 60) -> str:
    """Cut a long path in the middle, keeping its name: `src/very/…/module.py`."""
    text = str(path)
    if len(text) <= width:
        return text
    name = path.name if len(path.name) < width - 2 else path.name[-(width - 2) :]
    return f"{text[: max(0, width - len(name) - 2)]}…/{name}"


STATUS_MARK = {Status.PASS: "✅", Status.FAIL: "❌", Status.NOT_APPLICABLE: "⚪", Status.UNAVAILABLE: "⚠️"}
