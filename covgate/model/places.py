"""Places with work left: a function, or a range at the top of a module, with all that is missing in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from covgate.model.coverage import FileCoverage, Function, Reason, ReasonKind, Span
from covgate.model.numbers import Counts

MOST_REASONS = 3
"""A place has so many, those that decide most of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One job: the missing statements of a function and its lines with branches never taken; or a range of a module."""

    span: Span
    """From the first such line to the last."""
    function: str
    """Empty at the top of a module."""
    statements: int
    """How many statements are missing; 0 where branches alone are."""
    branches: Counts
    """Of the statements that are missing or have branches never taken."""
    reasons: tuple[Reason, ...] = ()
    """Why, as far as it is known; the reason of most comes first."""

    @property
    def size(self) -> int:
        """How many statements and branches are missing."""
        return self.statements + self.branches.missing


def find_places(file: FileCoverage, statements: frozenset[int], *, imported: bool = True) -> tuple[Place, ...]:
    """Return what is missing of `statements` (first lines), by the first line.

    A file that was not `imported` by any test gives that as the only reason.
    """
    return tuple(place for place, _ in find_places_with_lines(file, statements, imported=imported))


def find_places_with_lines(
    file: FileCoverage, statements: frozenset[int], *, imported: bool = True
) -> list[tuple[Place, tuple[int, ...]]]:
    """Return each place, by the first line, with its missing and its partial lines."""
    left = sorted((file.missing | file.partial) & statements)
    owners = _owners(file, left)
    groups: dict[tuple[int, int], list[int]] = {}
    following = sorted(file.statements)
    previous = run = 0
    for line in left:
        owner = owners.get(line)
        if owner is not None:
            groups.setdefault((owner.span.start, owner.span.end), []).append(line)
            continue
        # A line of the module goes on with the run when it is missing and no other statement lies between.
        next_one = bisect_right(following, previous)
        if not (previous and line in file.missing and following[next_one] == line):
            run = line
        groups.setdefault((run, 0), []).append(line)
        previous = line
    unloaded = () if imported else (Reason(kind=ReasonKind.NEVER_IMPORTED),)
    # By the first line: a group begins when its first line is met.
    return [(_place(file, lines, owners.get(lines[0]), unloaded), tuple(lines)) for lines in groups.values()]


def weigh(file: FileCoverage, lines: Iterable[int]) -> int:
    """Count the missing statements in `lines` (first lines) and the branches never taken that leave them."""
    untaken = sum(file.branches[line].total - file.branches[line].taken for line in lines if line in file.branches)
    return untaken + sum(line in file.missing for line in lines)


def _place(file: FileCoverage, lines: Sequence[int], owner: Function | None, given: tuple[Reason, ...]) -> Place:
    exits = [file.branches[line] for line in lines if line in file.branches]
    reasons = given
    if not given:
        weights: Counter[Reason] = Counter()
        for line in lines:
            if reason := file.reasons.get(line):
                weights[reason] += weigh(file, [line])
        reasons = tuple(sorted(weights, key=lambda one: (-weights[one], one.line, one.kind))[:MOST_REASONS])
    return Place(
        span=Span(start=lines[0], end=lines[-1]),
        function=owner.name if owner else "",
        statements=sum(line in file.missing for line in lines),
        branches=Counts(covered=sum(one.taken for one in exits), total=sum(one.total for one in exits)),
        reasons=reasons,
    )


def _owners(file: FileCoverage, lines: Iterable[int]) -> dict[int, Function]:
    """Return the function each line is a part of the work of; lines at the top of a module are left out.

    It is the innermost function around it that was defined, and whose surroundings ran: who calls a function that never
    ran comes by those in it. One walk down the file: functions lie in each other or side by side.
    """
    waiting = sorted(file.functions, key=lambda f: (-f.span.start, f.span.end))
    executed = sorted(file.statements - file.missing)
    entered: list[Function] = []
    found = {}
    for line in sorted(lines):
        while waiting and waiting[-1].span.start <= line:
            entered.append(waiting.pop())
            while len(entered) > 1 and entered[-2].span.end < entered[-1].span.start:
                del entered[-2]
        while entered and entered[-1].span.end < line:
            entered.pop()
        for function in entered:
            if line in found and function.body and function.span.start in file.missing:
                break
            found[line] = function
            if not _ran(function, executed):
                break
    return found


def _ran(function: Function, executed: Sequence[int]) -> bool:
    at = bisect_left(executed, function.body or function.span.start)
    return at < len(executed) and executed[at] <= function.span.end
