"""Histories of a made-up project: plausible, of any length, the same each time."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from covgate.config.goals import Component, Target
from covgate.model.commit import Sha
from covgate.model.history import Aim, History, Record
from covgate.model.numbers import Counts, Tally

NOW = datetime(2026, 11, 20, 16, 4, tzinfo=UTC)
TODAY = NOW.date()
TARGET = Target(total=Decimal(80), by=date(2027, 2, 28), ramp=True)
COMPONENTS = (
    Component(name="checkout", paths=("shop/checkout/**",), target=Decimal(90)),
    Component(name="catalogue", paths=("shop/catalogue/**",)),
    Component(name="admin", paths=("shop/admin/**",)),
)
_TITLES = (
    "Let a basket be shared",
    "Refund what a voucher paid",
    "Sort the catalogue by what sells",
    "Remove the old importer",
    "Count stock by warehouse",
    "Add tests for the tax tables",
    "Show prices with the customer's tax",
    "Retry a payment that timed out",
    "Split orders by supplier",
    "Keep the search when paging",
)


def sha_of(number: int) -> Sha:
    return Sha(hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest())


def make_record(number: int, when: datetime, percent: float, *, aim: Aim | None = None, title: str = "") -> Record:
    """A record of 4,000 statements of which `percent` are executed."""
    return Record(
        sha=sha_of(number),
        parent=sha_of(number - 1) if number else None,
        date=when,
        title=title or _TITLES[number % len(_TITLES)],
        total=Tally(lines=Counts(covered=round(percent * 40), total=4000)),
        has_branches=True,
        aim=aim,
    )


def sample_history(length: int, *, days: float = 300, target: Target | None = TARGET) -> History:
    """`length` commits over about `days` days up to `NOW`, with a ramp that began in the second half."""
    chance = random.Random(7)  # a sample
    sizes = {"checkout": 1500, "catalogue": 1700, "admin": 900}
    covered = {"checkout": 1010.0, "catalogue": 960.0, "admin": 390.0}
    gaps = [chance.expovariate(1) for _ in range(max(1, length - 1))]
    scale = days / sum(gaps)
    moments = [NOW]
    for gap in gaps[: length - 1]:
        moments.append(moments[-1] - timedelta(days=gap * scale))
    records = []
    for number, when in enumerate(reversed(moments)):
        working = number / max(1, length) > 0.45
        for name, size in list(sizes.items()):
            grown = chance.choice((0, 0, 4, 9)) * 60 / max(60, length)
            sizes[name] = size + int(grown)
            tests = (chance.choice((0, 0, 0, 24)) if working else chance.choice((0, 3))) * 60 / length
            covered[name] = min(sizes[name] * 0.97, covered[name] + grown * chance.uniform(0.3, 1) + tests)
        if number == int(length * 0.3):
            covered["catalogue"] -= 90
        tallies = {
            name: Tally(
                lines=Counts(covered=int(covered[name] * 0.8), total=int(sizes[name] * 0.8)),
                branches=Counts(covered=int(covered[name] * 0.2), total=int(sizes[name] * 0.2)),
            )
            for name in sizes
        }
        records.append(
            Record(
                sha=sha_of(number),
                parent=sha_of(number - 1) if number else None,
                date=when.replace(microsecond=0),
                title=f"{_TITLES[number % len(_TITLES)]} (#{100 + number})",
                total=sum(tallies.values(), Tally()),
                has_branches=True,
                components=tallies,
                tests=400 + number,
                seconds=31.5,
                aim=Aim(total=target.total, by=target.by) if target and number >= length * 0.45 else None,
            )
        )
    return History(records=tuple(records))
