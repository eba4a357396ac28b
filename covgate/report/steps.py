"""From a red verdict to the places that are enough to pass every failing rule, where that can be known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.model import (
    MIN_DIFF,
    MOST_CHOSEN,
    MOST_FOLDERS,
    Check,
    Comparison,
    ComponentFigures,
    Counts,
    Coverage,
    DiffCoverage,
    FileCoverage,
    FolderGap,
    Function,
    Place,
    Reason,
    ReasonKind,
    Span,
    Spot,
    Status,
    Steps,
    Tally,
    Unavailable,
    Verdict,
    find_places_with_lines,
    weigh,
)
from covgate.report.needs import Need, find_needs, find_part
from covgate.report.what_to_do import Choice, choose_places

Functions = Mapping[PurePosixPath, tuple[Function, ...]]

MOST_READ = 60
"""So many files outside the change are read for their functions, those that miss most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was judged, with the sources' functions behind a call: they are read only where places there are named."""

    verdict: Verdict
    coverage: Coverage | Unavailable
    diff: DiffCoverage | Unavailable | None
    comparison: Comparison | None = None
    components: Sequence[ComponentFigures] = ()
    members: Mapping[str, frozenset[PurePosixPath]] = field(default_factory=dict)
    """The files of each component."""
    changed: frozenset[PurePosixPath] = frozenset()
    """The files of the change, whatever lines of them it touches."""
    unmeasured: Mapping[PurePosixPath, Tally] = field(default_factory=dict)
    """What files of the change that no test imports would count for, as a whole."""
    functions: Callable[[Sequence[PurePosixPath]], Functions] = lambda paths: {}  # noqa: ARG005  # none are known


def find_steps(judged: Judged) -> Steps | None:
    """Return a smallest set of places that passes every failing rule; None where nothing can be promised.

    Places outside the change are for totals and drops: the nearest ones (see `_Tier`) that are enough with few places.
    """
    needs = find_needs(judged.verdict, judged.coverage, judged.components)
    if not needs or isinstance(judged.coverage, Unavailable) or not isinstance(judged.diff, DiffCoverage | None):
        return None
    search = _Search(judged, judged.coverage, judged.diff or DiffCoverage(), needs)
    found = None
    for tier in _Tier if search.beyond else (_Tier.CHANGE,):
        found = search.choose(tier) or found
        if found is not None and found.chosen:
            break
    return None if found is None or _may_break(judged, judged.coverage, found) else found


def _may_break(judged: Judged, coverage: Coverage, steps: Steps) -> bool:
    """Whether a rule that passes may fail then: a file that no test imported brings all its statements to the total."""
    gains: dict[PurePosixPath, int] = defaultdict(int)
    for spot in steps.chosen:
        if spot.path not in coverage.files:
            gains[spot.path] += spot.diff
    if steps.part and (last := steps.chosen[-1]).path in gains:
        gains[last.path] += steps.part - last.place.size
    totals: dict[str | None, Tally | Unavailable] = {None: coverage.total}
    totals |= {part.name: part.total for part in judged.components}
    for check in judged.verdict.checks:
        before = totals.get(check.component)
        here = [p for p in gains if check.component is None or p in judged.members.get(check.component, ())]
        if not here or check.status is not Status.PASS or check.rule == MIN_DIFF or not isinstance(before, Tally):
            continue
        if not all(path in judged.unmeasured for path in here):
            return True
        more = sum(judged.unmeasured[path].counts.total for path in here)
        was = before.counts
        now = Counts(covered=was.covered + sum(gains[path] for path in here), total=was.total + more)
        if not _still_passes(check, was, now):
            return True
    return False


def _still_passes(check: Check, was: Counts, now: Counts) -> bool:
    if check.drop is None:
        return now.reaches(check.target)
    fell = Fraction(100 * was.covered, was.total) - Fraction(100 * now.covered, now.total) if was.total else Fraction(0)
    return fell <= 0 or check.drop.raw + fell <= Fraction(check.target)


# --- where to look ---------------------------------------------------------------------------------------------------


class _Tier(IntEnum):
    """How far from the change a place may be. Each holds those before it."""

    CHANGE = 0
    LOST = 1
    """What was covered at the baseline."""
    CHANGED_FILES = 2
    PROJECT = 3


class _Search:
    def __init__(self, judged: Judged, coverage: Coverage, diff: DiffCoverage, needs: Sequence[Need]) -> None:
        self._judged, self._files, self._needs = judged, coverage.files, needs
        self.beyond = any(not need.of_diff for need in needs)
        self._diff = {file.path: file for file in diff.files}
        comparison = judged.comparison
        self._lost = {one.path: _lines(one.lost) for one in comparison.indirect} if comparison else {}
        flapping: dict[PurePosixPath, set[int]] = defaultdict(set)
        for flap in comparison.flaps if comparison else ():
            flapping[flap.path].add(flap.line)
        self._flapping = flapping
        self._read: dict[PurePosixPath, tuple[Function, ...]] = {}

    def choose(self, tier: _Tier) -> Steps | None:
        """Return the smallest set of a tier; None where all its places are not enough."""
        paths = self._paths(tier)
        self._read_functions(paths, tier)
        whole = self._unread(tier)
        named = self._counting(spot for path in paths if path not in whole for spot in self._spots(path, tier))
        files = self._counting(spot for path in paths if path in whole for spot in self._whole(path))
        choice = self._choice(named)
        if not files:
            return None if choice is None else self._steps(choice, named, named)
        # A file whose functions are not known counts as one place: no set has fewer than with these.
        bound = self._choice([*named, *files])
        if bound is None or choice is None:
            return None if bound is None else self._steps(bound, [*named, *files], [], few=False)
        return self._steps(Choice(chosen=choice.chosen, least=bound.least), [*named, *files], [])

    def _counting(self, spots: Iterable[Spot]) -> list[Spot]:
        return [spot for spot in spots if any(need.gain(spot) for need in self._needs)]

    def _choice(self, spots: Sequence[Spot]) -> Choice | None:
        gains = [tuple(need.gain(spot) for need in self._needs) for spot in spots]
        return choose_places([need.count for need in self._needs], gains)

    def _paths(self, tier: _Tier) -> list[PurePosixPath]:
        """Return the files of a tier, those that miss most first, as far as a rule counts them."""
        near = {*self._diff, *(self._lost if tier >= _Tier.LOST else ())}
        near |= self._judged.changed & self._files.keys() if tier >= _Tier.CHANGED_FILES else set()
        if tier is _Tier.PROJECT:
            near |= {path for path, file in self._files.items() if file.missing or file.partial}
        counted = (path for path in near if not path.is_absolute() and self._is_counted(path))
        return sorted(counted, key=lambda path: (path not in self._diff, -self._missing(path), path))

    def _is_counted(self, path: PurePosixPath) -> bool:
        parts = [need.component for need in self._needs]
        return None in parts or any(path in self._judged.members.get(part or "", ()) for part in parts)

    def _missing(self, path: PurePosixPath) -> int:
        return self._files[path].tally().counts.missing if path in self._files else 0

    def _read_functions(self, paths: Sequence[PurePosixPath], tier: _Tier) -> None:
        if tier is _Tier.CHANGE:
            return
        wanted = [path for path in paths if path in self._files and not self._files[path].functions]
        wanted = [path for path in wanted if path not in self._read][:MOST_READ]
        found = self._judged.functions(wanted)
        self._read |= {path: found.get(path, ()) for path in wanted}

    def _unread(self, tier: _Tier) -> frozenset[PurePosixPath]:
        if tier is not _Tier.PROJECT:
            return frozenset()
        known = {*self._read, *self._diff, *self._lost, *self._judged.changed}
        return frozenset(path for path, file in self._files.items() if path not in known and not file.functions)

    # --- places

    def _spots(self, path: PurePosixPath, tier: _Tier) -> Iterator[Spot]:
        """Yield the places of one file that a tier allows."""
        touched, file = self._diff.get(path), self._files.get(path)
        changed = touched.statements if touched else frozenset[int]()
        if file is None or (touched and touched.gap):
            # In no total until a test imports it, and nobody knows what that does to the total.
            places = touched.places if touched and not self.beyond else ()
            yield from (self._spot(path, place, place.size, 0) for place in places)
            return
        allowed, lost = changed, self._lost.get(path, frozenset())
        if tier >= _Tier.LOST:
            allowed |= lost
        if tier is _Tier.PROJECT or (tier is _Tier.CHANGED_FILES and path in self._judged.changed):
            allowed = file.statements
        allowed -= self._flapping.get(path, set()) - changed
        if path in self._read:
            file = replace(file, functions=self._read[path])
        for place, lines in find_places_with_lines(file, allowed):
            told = replace(place, reasons=_reasons(file, place, lines, lost))
            yield self._spot(path, told, weigh(file, [n for n in lines if n in changed]), place.size)

    def _whole(self, path: PurePosixPath) -> Iterator[Spot]:
        """Yield a file as one place."""
        tally, start = self._files[path].tally(), min(self._files[path].statements, default=1)
        branches = Counts(covered=0, total=tally.branches.missing)
        span = Span(start=start, end=start)
        place = Place(span=span, function="", statements=tally.lines.missing, branches=branches)
        yield self._spot(path, place, 0, place.size)

    def _spot(self, path: PurePosixPath, place: Place, diff: int, total: int) -> Spot:
        parts = tuple(name for name, files in self._judged.members.items() if path in files)
        return Spot(path=path, place=place, diff=diff, total=total, components=parts)

    # --- what was chosen

    def _steps(self, choice: Choice, spots: Sequence[Spot], among: Sequence[Spot], *, few: bool = True) -> Steps:
        chosen = tuple(spots[at] for at in choice.chosen)
        few = few and len(chosen) <= MOST_CHOSEN
        return Steps(
            chosen=chosen if few else (),
            count=len(chosen),
            least=choice.least,
            among=len(among),
            functions=bool(among) and all(spot.place.function for spot in among),
            part=find_part(self._needs, chosen) if few else 0,
            folders=() if few else _folders(spots),
        )


def _folders(spots: Iterable[Spot]) -> tuple[FolderGap, ...]:
    folders: dict[PurePosixPath, list[Spot]] = defaultdict(list)
    for spot in spots:
        folders[spot.path.parent].append(spot)
    found = [
        FolderGap(
            path=path,
            lines=sum(spot.place.statements for spot in here),
            branches=sum(spot.place.branches.missing for spot in here),
            files=len({spot.path for spot in here}),
        )
        for path, here in folders.items()
    ]
    found.sort(key=lambda folder: (-folder.lines - folder.branches, folder.path))
    return tuple(found[:MOST_FOLDERS])


def _reasons(file: FileCoverage, place: Place, lines: Sequence[int], lost: frozenset[int]) -> tuple[Reason, ...]:
    if lost.issuperset(lines):
        return (Reason(kind=ReasonKind.LOST),)
    body = next(
        (f for f in file.functions if f.name == place.function and f.span.start <= lines[0] <= f.span.end), None
    )
    if place.reasons or body is None or file.reasons:
        return place.reasons
    inside = range(body.body or body.span.start, body.span.end + 1)
    ran = any(line in inside for line in file.statements - file.missing)
    untold = any(line in inside for line in file.excluded)
    return () if ran or untold else (Reason(kind=ReasonKind.NEVER_RUN, line=body.span.start),)


def _lines(spans: Iterable[Span]) -> frozenset[int]:
    return frozenset(line for span in spans for line in range(span.start, span.end + 1))
