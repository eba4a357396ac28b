"""What a stored result says is enough to cover, believed where it follows from the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from covgate.model import ComponentFigures, DiffCoverage, FolderGap, Place, Spot, Steps, Tally, Unavailable, Verdict
from covgate.report.needs import Need, find_needs, find_part
from covgate.report.result_json import PlaceJson, SpotJson, StepsJson
from covgate.report.stored.parts import read_path


def restore_steps(
    stored: StepsJson | None,
    verdict: Verdict,
    total: Tally | Unavailable,
    diff: DiffCoverage | Unavailable | None,
    components: Sequence[ComponentFigures],
    read_place: Callable[[PlaceJson], Place],
) -> Steps | None:
    """Make the steps anew. Raises ValueError, in words, for a set that would not pass every failing rule."""
    if stored is None:
        return None
    needs = find_needs(verdict, total, components)
    names = {part.name for part in components}
    chosen = tuple(_spot(spot, names, read_place) for spot in stored.places)
    steps = Steps(
        chosen=chosen,
        count=stored.count,
        least=stored.least,
        among=stored.among,
        functions=stored.functions,
        part=find_part(needs, chosen) if chosen else 0,
        folders=tuple(
            FolderGap(path=read_path(one.path), lines=one.lines, branches=one.branches, files=one.files)
            for one in stored.folders
        ),
    )
    if not _may_be(steps, needs) or not _fits(chosen, diff):
        raise ValueError("it names places to cover that are not enough")
    return steps


def _may_be(steps: Steps, needs: Sequence[Need]) -> bool:
    if not needs or steps.least > steps.count or (steps.among and steps.among < steps.count):
        return False
    if bool(steps.chosen) == bool(steps.folders) or (steps.chosen and len(steps.chosen) != steps.count):
        return False
    return not steps.chosen or all(sum(map(need.gain, steps.chosen)) >= need.count for need in needs)


def _fits(chosen: Sequence[Spot], diff: DiffCoverage | Unavailable | None) -> bool:
    """Whether the places are different ones, and no more of the change is in them than it misses."""
    missing = {file.path: file.tally.counts.missing for file in diff.files} if isinstance(diff, DiffCoverage) else {}
    of_diff: Counter[PurePosixPath] = Counter()
    for spot in chosen:
        of_diff[spot.path] += spot.diff
    different = {(spot.path, spot.place.span) for spot in chosen}
    return len(different) == len(chosen) and all(count <= missing.get(path, 0) for path, count in of_diff.items())


def _spot(stored: SpotJson, names: set[str], read_place: Callable[[PlaceJson], Place]) -> Spot:
    place = read_place(stored.place)
    if max(stored.diff, stored.total) > place.size or not names.issuperset(stored.components):
        raise ValueError("it names a place to cover that is none")
    return Spot(
        path=read_path(stored.path),
        place=place,
        diff=stored.diff,
        total=stored.total,
        components=tuple(stored.components),
    )
