"""What is known of a component, and when the checkout has to be listed to know it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from covgate.config.goals import Component, Target
from covgate.gate.checks import Ramp
from covgate.gate.components import component_figures
from covgate.model.change import DiffCoverage, DiffFile
from covgate.model.commit import Sha
from covgate.model.coverage import Coverage, FileCoverage
from covgate.model.history import Aim, History, Point, Record, Start
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable

ROOT = PurePosixPath()
A = PurePosixPath("api/a.py")
API = Component(name="api", paths=("api/**",))
LOST = Unavailable(reason="it is lost")


def coverage(*, statements: int) -> Coverage:
    file = FileCoverage(path=A, statements=frozenset(range(1, statements + 1)), missing=frozenset())
    return Coverage(files={A: file}, has_branches=False)


def refuse() -> Iterable[PurePosixPath]:
    raise AssertionError("the checkout was listed")


@pytest.mark.parametrize("whole", [coverage(statements=2), LOST], ids=["a-statement-was-measured", "nothing-is-known"])
def test_the_checkout_is_listed_only_where_nothing_was_measured(whole: Coverage | Unavailable) -> None:
    (part,) = component_figures((API,), ROOT, whole, None, refuse)
    assert part.total == (LOST if whole is LOST else Tally(lines=Counts(covered=2, total=2)))


@pytest.mark.parametrize(
    ("listed", "known"),
    [([], False), (["api/b.py"], False), (["web/a.py"], False)],
    ids=["nothing-is-listed", "its-own-file", "a-file-of-another"],
)
def test_a_component_without_a_measured_file_is_unknown_whatever_is_listed(listed: list[str], *, known: bool) -> None:
    other = Component(name="docs", paths=("docs/**", "api/b.py"))
    (part,) = component_figures((other,), ROOT, coverage(statements=2), None, lambda: map(PurePosixPath, listed))
    assert isinstance(part.total, Unavailable) is not known


DIFF_FILE = DiffFile(
    path=A,
    statements=frozenset({1}),
    missing=frozenset(),
    partial=frozenset(),
    tally=Tally(lines=Counts(covered=1, total=1)),
)


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        pytest.param(None, None, id="no-change"),
        pytest.param(LOST, LOST, id="unknown"),
        pytest.param(DiffCoverage(), Tally(), id="nothing-touched"),
        pytest.param(DiffCoverage(files=(DIFF_FILE,)), Tally(lines=Counts(covered=1, total=1)), id="touched"),
    ],
)
def test_a_diff_that_is_unknown_of_the_project_is_unknown_of_its_parts(
    diff: DiffCoverage | Unavailable | None, expected: Tally | Unavailable | None
) -> None:
    (part,) = component_figures((API,), ROOT, coverage(statements=2), diff, refuse)
    assert part.diff == expected


def test_a_target_of_its_own_is_shown() -> None:
    goal = Component(name="api", paths=("api/**",), target=Decimal(30))
    (part,) = component_figures((goal,), ROOT, coverage(statements=2), None, refuse)
    assert (part.name, part.target) == ("api", Decimal(30))


def test_the_ramp_of_a_component_that_came_later_begins_where_it_was_first_recorded() -> None:
    """The project began at 40 on the first of January, the component with 20 five days later."""
    start = Point(date=datetime(2026, 1, 1, tzinfo=UTC), total=Decimal(40))
    record = Record(
        sha=Sha("a" * 40),
        parent=None,
        date=datetime(2026, 1, 6, tzinfo=UTC),
        total=Tally(lines=Counts(covered=50, total=100)),
        has_branches=False,
        components={"api": Tally(lines=Counts(covered=20, total=100))},
    )
    by = date(2026, 1, 11)
    history = History(records=(record,), start=Start(point=start, aim=Aim(total=Decimal(80), by=by)))
    ramp = Ramp(target=Target(total=Decimal(80), by=by, ramp=True), history=history, today=date(2026, 1, 7))
    api = Component(name="api", paths=("api/**",), target=Decimal(30))
    assert ramp.required(api) == Decimal(22)
    assert ramp.required(Component(name="web", paths=("web/**",), target=Decimal(50))) == Decimal(46)
    assert ramp.required() == Decimal(64)
