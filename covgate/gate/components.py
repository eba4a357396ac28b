"""What the figures of components are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from covgate.config import Component, listed, match_components
from covgate.model import Coverage, DiffCoverage, Tally, Unavailable

# --- figures -------------------------------------------------------------------------------------------------------


def component_tallies(coverage: Coverage, components: Sequence[Component], prefix: PurePosixPath) -> dict[str, Tally]:
    """Return the counts of each component's measured files, by its name; `unmeasured` names those that have none."""
    matched = match_components(components, coverage.files, prefix=prefix)
    tallies = {path: coverage.files[path].tally() for path in frozenset().union(*matched.values())}
    return _sums(matched, tallies)


def component_diffs(diff: DiffCoverage, components: Sequence[Component], prefix: PurePosixPath) -> dict[str, Tally]:
    """Return the counts of the changed statements in each component, by its name."""
    tallies = {file.path: file.tally for file in diff.files}
    return _sums(match_components(components, tallies, prefix=prefix), tallies)


def _sums(matched: Mapping[str, frozenset[PurePosixPath]], tallies: Mapping[PurePosixPath, Tally]) -> dict[str, Tally]:
    return {name: sum((tallies[path] for path in paths), Tally()) for name, paths in matched.items()}


def unmeasured(
    coverage: Coverage,
    components: Sequence[Component],
    prefix: PurePosixPath,
    listing: Callable[[], Iterable[PurePosixPath]],
) -> dict[str, Unavailable]:
    """Return the components whose total is unknown, not n/a, by name.

    Of such a component no statement was measured, and no file at all, or not every one that is in `listing()`, the
    Python files of the checkout: an empty `__init__.py` says nothing about the modules beside it.
    """
    matched = match_components(components, coverage.files, prefix=prefix)
    empty = [part for part in components if not any(coverage.files[path].statements for path in matched[part.name])]
    there = match_components(empty, listing(), prefix=prefix) if empty else {}
    found = {}
    for name, paths in there.items():
        here = matched[name]
        others = sorted(paths - here)
        if others or not here:
            only = f"of component {name} only {listed(sorted(here))}" if here else f"no file of component {name}"
            but = f", and not {listed(others)}" if here else ""
            why = "the tests import none of them, or the coverage configuration leaves them out"
            found[name] = Unavailable(reason=f"{only} was measured{but}: {why}")
    return found
