"""Records to keep, as short as a test wants to write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from covgate.history.storage.places import RunToRecord
from covgate.model.commit import Sha
from covgate.model.history import FileLines, History, LineRecord, Record
from covgate.model.numbers import Counts, Tally

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def sha(number: int) -> Sha:
    """The made-up commit of this number."""
    return Sha(f"{number:040x}")


def record(number: int, covered: int = 80, total: int = 100) -> Record:
    """The record of a made-up commit, a day after the one before."""
    return Record(
        sha=sha(number),
        parent=sha(number - 1) if number > 1 else None,
        date=FIRST_DAY + timedelta(days=number),
        title=f"Change {number}",
        total=Tally(lines=Counts(covered=covered, total=total), branches=Counts(covered=1, total=2)),
        has_branches=True,
        components={"core": Tally(lines=Counts(covered=3, total=4))},
        seconds=1.5,
    )


def entry(number: int, covered: int = 80, states: str = "++-") -> RunToRecord:
    """A run at that commit, with one file of three lines."""
    files = {PurePosixPath("a.py"): FileLines(digest="0123456789ab", states=states)}
    return RunToRecord(record=record(number, covered), lines=LineRecord(sha=sha(number), files=files))


def build(history: History) -> dict[str, str]:
    """Derived files that tell what they were made from."""
    numbers = [int(mine.sha, 16) for mine in history.records]
    return {"trending.json": json.dumps({"records": numbers, "imported": len(history.imported)}), "badge.svg": "<svg/>"}
