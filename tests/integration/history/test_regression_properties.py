"""Five hundred random histories: no real loss passes, nothing that did not fall is red, and the drop is exact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import sha1
from pathlib import PurePosixPath
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from covgate.gate.rules import evaluate_drop
from covgate.history.comparison.compare import ComponentFiles, compare
from covgate.history.comparison.flapping import make_line_record
from covgate.history.storage.line_record import decode_record, encode_record
from covgate.model.change import Shifts
from covgate.model.commit import Sha
from covgate.model.history import Baseline, BaselineHow, Comparison, LineRecord, Record
from covgate.model.numbers import Tally
from covgate.model.unknown import Unavailable
from covgate.model.verdict import Drop, Status
from tests.support.lives import Commit, Life, Truth, count_drop, live
from tests.support.shifted import made_shift

lives = st.randoms(use_true_random=True)
SIZES = (8, 8, 8, 60)
"""How many lines a file begins with, at most: half a point is less than a line, or a line and more."""


def digests_of(commit: Commit) -> dict[PurePosixPath, str]:
    texts = {name: "".join(f"{line.text}\n" for line in file.lines) for name, file in commit.files.items()}
    return {PurePosixPath(name): sha1(text.encode(), usedforsecurity=False).hexdigest() for name, text in texts.items()}


def shifts_between(old: Commit, new: Commit) -> Shifts:
    """Return what git would say: lines are known by their text."""
    where = {file.number: name for name, file in new.files.items()}
    files = {}
    for name, file in old.files.items():
        there = where.get(file.number)
        numbers = {line: number for number, line in enumerate(new.files[there].lines, 1)} if there else {}
        lines = {number: numbers[line] for number, line in enumerate(file.lines, 1) if line in numbers}
        files[PurePosixPath(name)] = made_shift(PurePosixPath(there) if there else None, lines)
    return Shifts(files=files)


def judge(life: Life) -> Comparison | Unavailable:
    """Record the commits of main one after the other, and hold head against the last."""
    record: LineRecord | None = None
    for number, commit in enumerate(life.main):
        shifts = shifts_between(life.main[max(0, number - 1)], commit)
        made = make_line_record(record, Sha(f"{number:040x}"), commit.coverage, digests_of(commit), shifts)
        record = decode_record(encode_record(made))
    assert record is not None
    return hold(life, record, shifts_between(life.main[-1], life.head))


def hold(life: Life, record: LineRecord, shifts: Shifts) -> Comparison | Unavailable:
    head, old = life.head.coverage, life.main[-1].coverage
    baseline = Record(
        sha=record.sha, parent=None, date=datetime(2026, 1, 1, tzinfo=UTC), total=old.total, has_branches=True
    )
    followed = {path: shifts.of(path).path or path for path in old.files}
    parts = {}
    for name, folders in life.globs.items():
        paths = {path for path in head.files if path.parts[0] in folders}
        parts[name] = ComponentFiles(
            head=sum((head.files[path].tally() for path in paths), Tally()),
            paths=paths,
            old_paths={path for path, now in followed.items() if now.parts[0] in folders},
        )
    return compare(
        Baseline(record=baseline, how=BaselineHow.EXACT, behind=0),
        record,
        head,
        shifts,
        digests=digests_of(life.head),
        components=parts,
    )


def parts_of(life: Life, found: Comparison | Unavailable) -> Mapping[str | None, tuple[Truth, Drop]]:
    """Return what is true of each part that can be compared, and what was judged; where one is missing both are."""
    parts: dict[str | None, tuple[Truth, Drop]] = {}
    for name in (None, *life.globs):
        drop = None
        if isinstance(found, Comparison):
            drop = found.drop if name is None else found.component_drops.get(name)
        truth = count_drop(life, name)
        assert (truth is None) == (drop is None)
        if truth is not None:
            assert isinstance(drop, Drop)
            parts[name] = truth, drop
    return parts


def status(drop: Drop, most: Decimal) -> Status:
    return evaluate_drop(most, drop, nothing="").status


def check_rules(life: Life, found: Comparison | Unavailable) -> None:
    for truth, drop in parts_of(life, found).values():
        assert drop.raw == truth.raw
        assert drop.adjusted == truth.adjusted
        assert drop.judged == truth.real - min(truth.flapped, Fraction(1, 2), max(truth.real, Fraction(0)))
        for most in (Decimal(0), Decimal("0.5"), Decimal(2)):
            verdict = status(drop, most)
            if truth.raw <= 0:
                assert verdict is Status.PASS, "a part whose total did not fall is red"
            if truth.real > Fraction(most) + Fraction(1, 2):
                assert verdict is Status.FAIL, "a real loss passes"


@settings(max_examples=250, deadline=None)
@given(lives)
def test_without_chance_the_judged_drop_is_the_real_one(random: Random) -> None:
    """Lines that tests of main cover, lose and cover again count as flapping: none does in two records."""
    life = live(random, chance=False, size=random.choice(SIZES))
    life = Life(life.main[-2:], life.head, life.globs)
    found = judge(life)
    check_rules(life, found)
    for truth, drop in parts_of(life, found).values():
        assert drop.judged == truth.real


@settings(max_examples=250, deadline=None)
@given(lives)
def test_with_chance_no_more_than_half_a_point_is_excused(random: Random) -> None:
    life = live(random, chance=True, size=random.choice(SIZES))
    check_rules(life, judge(life))
