"""Which files belong to a component."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from covgate.config.globs import Glob, parse_glob
from covgate.config.goals import Component
from covgate.errors import InputError

_Texts = Mapping[str, PurePosixPath]
"""Paths of the project, by their text relative to it as globs see it."""


def match_components(
    components: Iterable[Component], paths: Iterable[PurePosixPath], *, prefix: PurePosixPath
) -> dict[str, frozenset[PurePosixPath]]:
    """Return which of `paths` belong to each component, by its name; a file may belong to several.

    `paths` and `prefix` (the project's folder, `.` for the root) are relative to the repository. Globs are anchored at
    the project's folder, and the last one that matches a file decides. Raises ValueError for a glob that the settings
    would have refused.
    """
    everything = frozenset(paths)
    texts = _inside(everything, prefix)
    return {component.name: _match(component, texts) | (component.also & everything) for component in components}


def _inside(paths: Iterable[PurePosixPath], prefix: PurePosixPath) -> dict[str, PurePosixPath]:
    start = "" if prefix == PurePosixPath() else f"{prefix}/"
    # A name may hold a line end, which is no character to the regular expressions that globs become.
    return {
        text.removeprefix(start).replace("\n", "\0"): path
        for path in paths
        if (text := str(path)).startswith(start) and not path.is_absolute()
    }


def _match(component: Component, texts: _Texts) -> frozenset[PurePosixPath]:
    return _chosen(_hits(component, texts))


def _hits(component: Component, texts: _Texts) -> list[tuple[Glob, frozenset[PurePosixPath]]]:
    return [(glob, frozenset(_matches(glob, texts))) for glob in map(parse_glob, component.paths)]


def _chosen(hits: Iterable[tuple[Glob, frozenset[PurePosixPath]]]) -> frozenset[PurePosixPath]:
    found: frozenset[PurePosixPath] = frozenset()
    for glob, files in hits:
        found = found - files if glob.excludes else found | files
    return found


def _matches(glob: Glob, texts: _Texts) -> Iterator[PurePosixPath]:
    # Each glob is a spec of its own: within one, git lets a folder that is left out lose against files taken in before.
    from pathspec import GitIgnoreSpec  # noqa: PLC0415  # takes 40 ms, and most projects have no components

    (pattern,) = GitIgnoreSpec.from_lines([glob.pattern]).patterns
    start = glob.literal
    return (path for text, path in texts.items() if text.startswith(start) and pattern.match_file(text))


# --- misspelt globs ------------------------------------------------------------------------------------------------


def check_globs(
    components: Iterable[Component],
    listing: Iterable[PurePosixPath],
    where: Callable[[str], str],
    *,
    prefix: PurePosixPath,
) -> tuple[str, ...]:
    """Return a sentence for each glob that matches no file although its component has some: it may be misspelt.

    Raises InputError for a component none of whose globs matches a file of the checkout. `listing` is every file of it,
    tracked or not; `where` is `Settings.where`.
    """
    texts, unused = _inside(listing, prefix), []
    for component in components:
        hits = _hits(component, texts)
        if not _chosen(hits):
            source = where(f"components.{component.name}.paths")
            raise InputError(
                f"component {component.name} (from {source}) has no file: nothing in {_folder(prefix)} matches "
                f"{listed(component.paths)}{_proposal(component, texts)}",
                hint="globs start at the project's folder: `core/**` is what its folder core holds, `**/core/**` what "
                "any folder core holds",
                slug="component",
            )
        missed = (text for text, (_, files) in zip(component.paths, hits, strict=True) if not files)
        unused += [f"`{text}` of component {component.name} matches no file" for text in missed]
    return tuple(unused)


def _folder(prefix: PurePosixPath) -> str:
    return "the checkout" if prefix == PurePosixPath() else str(prefix)


def listed(names: Sequence[str | PurePosixPath]) -> str:
    """Name the first of many."""
    return ", ".join(map(str, names[:_SHOWN])) + (" and others" if len(names) > _SHOWN else "")


_SHOWN = 3


def _proposal(component: Component, texts: _Texts) -> str:
    """Return ` (did you mean …?)` with what is there and nearest to a glob of the component, or an empty text."""
    folders = sorted({str(folder) for text in texts for folder in PurePosixPath(text).parents if folder.name})
    for glob in map(parse_glob, component.paths):
        wanted = glob.literal
        near = _nearest(wanted, folders, texts) if wanted and not glob.excludes else None
        if near and near != wanted:
            return f" (did you mean {near!r}?)"
    return ""


def _nearest(wanted: str, folders: Sequence[str], texts: _Texts) -> str | None:
    """Return what is called alike: the same name elsewhere, before a similar path, before a similar name elsewhere."""
    name = wanted.rpartition("/")[2]
    places = [*folders, *texts] if "." in name else folders
    elsewhere = [place for place in places if place.rpartition("/")[2] == name]
    if near := difflib.get_close_matches(wanted, elsewhere, n=1, cutoff=0):
        return near[0]
    if near := difflib.get_close_matches(wanted, places, n=1, cutoff=_ALIKE):
        return near[0]
    names = {place.rpartition("/")[2]: place for place in reversed(places)}
    similar = difflib.get_close_matches(name, names, n=1, cutoff=_ALIKE)
    return names[similar[0]] if similar else None


_ALIKE = 0.6
"""As for misspelt options."""
