"""A measurement held against its baseline: what is compared, and what cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from covgate.history.comparison.compare import ComponentFiles, compare, fitting
from covgate.model.commit import Sha
from covgate.model.coverage import Coverage, Span
from covgate.model.history import Baseline, BaselineHow, Comparison, Flap, IndirectFile, LineRecord, Record
from covgate.model.numbers import Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import Drop
from tests.support.shifted import digests_of, read_coverage, read_shifts, record_of

BEFORE = "core/a.py\n 1-8\n 9-10 missing\nweb/b.py\n 1-6\n 7-10 missing"
AFTER = "core/a.py\n 1-6\n 7-8 missing\nweb/c.py\n 1-5\n 6-10 missing"
SHIFTS = "core/a.py -1-2\nweb/b.py > web/c.py"


def baseline_of(text: str, *, components: bool = True) -> Baseline:
    coverage = read_coverage(text)
    names = {"core", "web"} if components else set()
    record = Record(
        sha=record_of(text).sha,
        parent=None,
        date=datetime(2026, 11, 1, tzinfo=UTC),
        total=coverage.total,
        has_branches=True,
        components={name: _total(coverage, name) for name in names},
    )
    return Baseline(record=record, how=BaselineHow.EXACT, behind=0)


def _total(coverage: Coverage, component: str) -> Tally:
    return sum((file.tally() for path, file in coverage.files.items() if path.parts[0] == component), Tally())


def components_of(before: str, after: str) -> dict[str, ComponentFiles]:
    old, head = read_coverage(before), read_coverage(after)
    return {
        name: ComponentFiles(
            head=_total(head, name),
            paths={path for path in head.files if path.parts[0] == name},
            old_paths={path for path in old.files if path.parts[0] == name},
            recorded=_total(old, name),
        )
        for name in ("core", "web", "docs")
    }


def compared(
    old: LineRecord | Unavailable, baseline: Baseline | None = None, *, known: bool = True
) -> Comparison | Unavailable:
    head = read_coverage(AFTER)
    return compare(
        baseline or baseline_of(BEFORE),
        old if isinstance(old, Unavailable) else fitting((baseline or baseline_of(BEFORE)).record, old),
        head,
        read_shifts(SHIFTS) if known else Unavailable(reason="the clone is too shallow"),
        digests=digests_of(head, "core/a.py"),
        components=components_of(BEFORE, AFTER),
    )


def known(found: Comparison | Unavailable) -> Comparison:
    assert isinstance(found, Comparison)
    return found


def test_the_total_and_each_component_are_compared() -> None:
    found = known(compared(record_of(BEFORE)))
    assert found.delta == Fraction(1100, 18) - 70
    assert found.drop == Drop(raw=70 - Fraction(1100, 18), adjusted=Fraction(1200, 18) - Fraction(1100, 18))
    assert found.component_deltas == {"core": Fraction(-5), "web": Fraction(-10)}
    assert found.component_drops == {
        "core": Drop(raw=Fraction(5), adjusted=Fraction(0)),
        "web": Drop(raw=Fraction(10), adjusted=Fraction(10)),
    }
    assert found.indirect == (IndirectFile(path=PurePosixPath("web/c.py"), lost=(Span(start=6, end=6),)),)


def test_covered_lines_that_one_component_deletes_excuse_no_drop_of_another() -> None:
    """Core deletes two covered statements; web two that nobody covered, and covers two fewer of the others."""
    before = "core/a.py\n 1-10\nweb/b.py\n 1-8\n 9-10 missing"
    after = "core/a.py\n 1-8\nweb/b.py\n 1-2 missing\n 3-8"
    head = read_coverage(after)
    found = known(
        compare(
            baseline_of(before),
            record_of(before),
            head,
            read_shifts("core/a.py -1-2\nweb/b.py -9-10"),
            digests=digests_of(head, "core/a.py web/b.py"),
            components=components_of(before, after),
        )
    )
    assert found.component_drops == {
        "core": Drop(raw=Fraction(0), adjusted=Fraction(0)),
        "web": Drop(raw=Fraction(5), adjusted=Fraction(5)),
    }


def test_a_flapping_line_excuses_half_a_point_of_each_drop_it_is_part_of_and_of_no_delta() -> None:
    flap = Flap(path=PurePosixPath("web/b.py"), line=6, flips=2)
    found = known(compared(record_of(BEFORE, (flap,))))
    assert [(str(shown.path), shown.line, shown.lost) for shown in found.flaps] == [("web/c.py", 6, True)]
    assert found.delta == Fraction(1100, 18) - 70
    raw, half = 70 - Fraction(1100, 18), Fraction(1, 2)
    assert found.drop == Drop(raw=raw, adjusted=Fraction(100, 18), excused=half)
    assert found.component_drops["web"] == Drop(raw=Fraction(10), adjusted=Fraction(10), excused=half)
    assert found.component_drops["core"] == Drop(raw=Fraction(5), adjusted=Fraction(0))
    assert found.component_deltas["web"] == -10
    assert found.indirect == ()


@pytest.mark.parametrize(
    ("before", "after", "core"),
    [
        pytest.param(
            "core/a.py\n 1-6\nweb/w.py\n 1-2000", "core/a.py\n 1-5\n 6 missing\nweb/w.py\n 1-2000",
            Fraction(100, 6) - Fraction(1, 2), id="one-line-of-six",
        ),
        pytest.param(
            "core/a.py\n 1-9\nweb/w.py\n 1-9 missing", "core/a.py\n 1-9 missing\nweb/w.py\n 1-9",
            100 - Fraction(1, 2), id="what-another-component-regained",
        ),
        pytest.param(
            "core/a.py\n 1-8\n 9 missing", "core/a.py\n 1-7\n 8 missing\n 9", Fraction(0), id="what-it-regained-itself",
        ),
        pytest.param(
            "core/a.py\n 1-100 covered 3/3\nweb/w.py\n 1",
            "core/a.py\n 1-98 covered 3/3\n 99-100 missing 0/3\nweb/w.py\n 1",
            2 - Fraction(1, 2), id="statements-and-exits-together",
        ),
    ],
)  # fmt: skip
def test_flapping_lines_of_a_component_excuse_half_a_point_of_it(before: str, after: str, core: Fraction) -> None:
    flaps = [
        Flap(path=path, line=n, flips=2) for path, file in read_coverage(before).files.items() for n in file.statements
    ]
    baseline = baseline_of(before)
    head = read_coverage(after)
    found = known(
        compare(
            baseline,
            record_of(before, tuple(sorted(flaps, key=lambda flap: (flap.path, flap.line)))),
            head,
            read_shifts(""),
            digests=digests_of(head),
            components=components_of(before, after),
        )
    )
    drop = found.component_drops["core"]
    assert isinstance(drop, Drop)
    assert drop.judged == core


def test_only_the_flapping_lines_that_a_part_lost_excuse_a_drop_of_it() -> None:
    """Of a thousand statements core loses two flapping lines, another one, and gains a flapping one; web loses two."""
    before = "core/a.py\n 1-3\n 4 missing\n 5-1000\nweb/w.py\n 1-1000"
    head = read_coverage("core/a.py\n 1-3 missing\n 4-1000\nweb/w.py\n 1-2 missing\n 3-1000")
    flaps = tuple(
        Flap(path=PurePosixPath(path), line=line, flips=2)
        for path, line in (("core/a.py", 1), ("core/a.py", 2), ("core/a.py", 4), ("web/w.py", 1))
    )
    found = known(
        compare(
            baseline_of(before),
            record_of(before, flaps),
            head,
            read_shifts(""),
            digests=digests_of(head),
            components={
                name: replace(part, head=_total(head, name)) for name, part in components_of(before, before).items()
            },
        )
    )
    assert found.drop.excused == Fraction(3, 20)
    excused = {name: drop.excused for name, drop in found.component_drops.items() if isinstance(drop, Drop)}
    assert excused == {"core": Fraction(2, 10), "web": Fraction(1, 10)}


def test_a_component_is_what_its_files_were_whatever_was_recorded_under_its_name() -> None:
    found = known(compared(record_of(BEFORE), baseline_of(BEFORE, components=False)))
    assert found.component_deltas == {"core": Fraction(-5), "web": Fraction(-10)}


def test_a_component_of_which_the_baseline_has_no_statement_has_no_drop() -> None:
    assert "docs" not in known(compared(record_of(BEFORE))).component_drops


def test_without_lines_a_component_of_which_the_record_says_nothing_has_an_unknown_drop() -> None:
    gone, other = Unavailable(reason="too old"), Unavailable(reason="it had other globs")
    head = read_coverage(AFTER)
    parts = {name: replace(part, recorded=other) for name, part in components_of(BEFORE, AFTER).items()}
    found = known(compare(baseline_of(BEFORE), gone, head, gone, digests={}, components=parts))
    assert found.component_drops["core"] == other
    assert found.component_deltas == {}


@pytest.mark.parametrize(
    ("old", "shifts_known", "reason"),
    [
        pytest.param(Unavailable(reason="kept for 30 commits only"), True, "kept for 30 commits only", id="no-lines"),
        pytest.param(record_of(BEFORE), False, "the clone is too shallow", id="no-diff"),
        pytest.param(record_of(AFTER), True, "does not fit its totals", id="lines-of-other-sources"),
        pytest.param(record_of(BEFORE, sha=Sha("c" * 40)), True, "does not fit its totals", id="of-another-commit"),
    ],
)
def test_without_lines_the_drops_are_raw(old: LineRecord | Unavailable, *, shifts_known: bool, reason: str) -> None:
    found = known(compared(old, known=shifts_known))
    for drop in (found.drop, found.component_drops["core"]):
        assert isinstance(drop, Drop)
        assert isinstance(drop.adjusted, Unavailable)
        assert reason in drop.adjusted.reason
        assert drop.judged == drop.raw > 0
    assert (found.indirect, found.flaps) == ((), ())


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        pytest.param("", "m.py\n 1", "nothing to measure in the baseline", id="an-empty-baseline"),
        pytest.param("m.py\n 1", "", "nothing to measure at head", id="an-empty-head"),
    ],
)
def test_what_cannot_be_compared(before: str, after: str, reason: str) -> None:
    head = read_coverage(after)
    found = compare(baseline_of(before), record_of(before), head, read_shifts(""), digests={}, components={})
    assert found == Unavailable(reason=f"there is {reason}")
    assert isinstance(found, Unavailable)
    assert found.kind is UnknownKind.COMPARING_FAILED
