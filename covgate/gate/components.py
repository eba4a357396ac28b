"""What the figures of components are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from covgate.config import Component, listed, match_components
from covgate.model import ComponentFigures, Coverage, DiffCoverage, Tally, Unavailable


def component_figures(
    components: Sequence[Component],
    prefix: PurePosixPath,
    coverage: Coverage | Unavailable,
    diff: DiffCoverage | Unavailable | None,
    listing: Callable[[], Iterable[PurePosixPath]],
) -> tuple[ComponentFigures, ...]:
    """Return what was measured of each component. `listing()` are the Python files of the checkout.

    Where no statement of it was measured, and no file at all, or not every one that is listed, its total is unknown,
    not n/a: an empty `__init__.py` says nothing about the modules beside it.
    """
    files = coverage.files if isinstance(coverage, Coverage) else {}
    changed = {file.path: file.tally for file in diff.files} if isinstance(diff, DiffCoverage) else {}
    chosen = match_components(components, {*files, *changed}, prefix=prefix) if components else {}
    measured = {name: paths & files.keys() for name, paths in chosen.items()}
    empty = [part for part in components if not any(files[path].statements for path in measured[part.name])]
    there = match_components(empty, listing(), prefix=prefix) if empty and isinstance(coverage, Coverage) else {}

    def figures(part: Component) -> ComponentFigures:
        here, touched = measured[part.name], chosen[part.name] & changed.keys()
        unknown = _unmeasured(part.name, here, there.get(part.name, frozenset()))
        total = unknown or sum((files[p].tally() for p in here), Tally())
        return ComponentFigures(
            name=part.name,
            total=coverage if isinstance(coverage, Unavailable) else total,
            diff=sum((changed[p] for p in touched), Tally()) if isinstance(diff, DiffCoverage) else diff,
            target=part.target,
        )

    return tuple(map(figures, components))


def _unmeasured(name: str, here: frozenset[PurePosixPath], there: frozenset[PurePosixPath]) -> Unavailable | None:
    """Say why the total of a component without a measured statement is unknown; `there` are its listed files."""
    others = sorted(there - here)
    if here and not others:
        return None
    only = f"of component {name} only {listed(sorted(here))}" if here else f"no file of component {name}"
    but = f", and not {listed(others)}" if here else ""
    why = "the tests import none of them, or the coverage configuration leaves them out"
    return Unavailable(reason=f"{only} was measured{but}: {why}")
