"""Tests of a run held against those of its baseline: which ran there and not here, and which of them nothing explains.

Tests are compared by their functions and the number of cases of each: what pytest calls a case may differ from run to
run, as it does for a parameter that is an object.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.model import MOST_GONE, GoneTests, Shifts, TestResults

_LEAST_LOST, _LEAST_SHARE = 5, 10
"""So many tests, and a tenth of the baseline's, have to be missing for a run to count as a part of the suite."""


def count_cases(names: Iterable[str]) -> dict[str, int]:
    """Return the functions of tests, `tests/test_cart.py::test_each`, with how many cases of each there are.

    What has no name on one side of a `::` is left out: nobody's test is called so, and a record could not keep it.
    """
    return dict(Counter(function for name in names if all((function := _function(name)).split("::"))))


def _function(name: str) -> str:
    """Leave out which case of a function it is: pytest's `[1-2]`, unittest's ` (i=1)`."""
    start, joint, rest = name.partition("::")
    return f"{start}{joint}{_CASE.split(rest, maxsplit=1)[0]}"


_CASE = re.compile(r"\[| \(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A function of which fewer cases ran than at the baseline. `path` is its file as the baseline has it."""

    name: str
    """As head calls its file, where it has it."""
    path: PurePosixPath | None
    cases: int
    missed: int


def find_missed(before: Mapping[str, int], now: TestResults, shifts: Shifts) -> tuple[Missed, ...]:
    """Return what ran at the baseline and did not run here, in the order of the names."""
    ran = count_cases(now.names)
    found = []
    for name, cases in before.items():
        path, rest = _parts(name)
        renamed = None if path is None else shifts.of(path).path
        shown = name if renamed is None or renamed == path else f"{renamed}::{rest}"
        if missed := max(0, cases - ran.get(shown, 0)):
            found.append(Missed(name=shown, path=path, cases=cases, missed=missed))
    return tuple(sorted(found, key=lambda one: one.name))


def _parts(name: str) -> tuple[PurePosixPath | None, str]:
    path, _, rest = name.partition("::")
    return (PurePosixPath(path) if path.endswith(".py") else None), rest


def sum_up(missed: Iterable[Missed]) -> GoneTests | None:
    """Return what a report says of them; None when there are none."""
    found = tuple(missed)
    if not found:
        return None
    files: Counter[str] = Counter()
    for one in found:
        if one.path is not None:
            files[one.name.partition("::")[0]] += one.missed
    ranked = sorted(files.items(), key=lambda file: (-file[1], file[0]))
    return GoneTests(
        count=sum(one.missed for one in found),
        names=tuple(map(_show, found[:MOST_GONE])),
        files=tuple((PurePosixPath(path), count) for path, count in ranked[:MOST_GONE]),
    )


def _show(one: Missed) -> str:
    return one.name if one.cases == 1 else f"{one.name} ({one.missed} of {one.cases} cases)"


def find_lost(
    missed: Iterable[Missed], before: Mapping[str, int], now: TestResults, changed: Iterable[PurePosixPath]
) -> tuple[Missed, ...]:
    """Return the functions that ran at the baseline and that nothing in the change explains: not chosen, or lost.

    `changed` are all paths of the difference to the baseline's commit, old and new. Left out are functions of which
    some cases ran, or a skip was reported, of theirs or of their whole file; those of a file that changed; those beside
    or above other files that changed, which may be what they are made from; those of files with new functions in spite
    of that.
    """
    quiet = {_function(name) for name in now.left_out}
    of_tests = {name.partition("::")[0] for name in before}
    touched = {str(path) for path in changed}
    # The folders of what changed beside tests, and all above them.
    near = {str(above) for path in touched - of_tests for above in PurePosixPath(path).parents}
    fresh = {name.partition("::")[0] for name in count_cases(now.names).keys() - before.keys()}
    return tuple(
        one
        for one in missed
        if one.path is not None
        and one.missed == one.cases
        and not {one.name, str(one.path)} & quiet
        and str(one.path) not in touched | fresh
        and str(one.path.parent) not in near
    )


def is_part(lost: Iterable[Missed], before: Mapping[str, int]) -> bool:
    """Whether so many tests are lost that a run counts as one of a part of the suite."""
    count = sum(one.missed for one in lost)
    return count >= max(_LEAST_LOST, sum(before.values()) / _LEAST_SHARE)
