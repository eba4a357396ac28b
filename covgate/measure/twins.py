"""Where each measured file belongs, settled for every data or report file by itself, before anything is united."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from covgate.errors import MeasureError
from covgate.measure.path_map import (
    INSTALLED,
    Names,
    Parts,
    PathMap,
    Tree,
    ambiguous_path,
    map_paths,
    mapping_notes,
)
from covgate.model import without_ident
from covgate.system import find_checkout

Place = PurePosixPath | Path | None
"""Where a measured file belongs: relative to the checkout, outside of it (absolute), or nowhere: left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A file that was measured under a name which is none of this checkout's files."""

    names: Names
    place: Path | None = None
    """Where it exists on this machine."""
    alias: Path | None = None
    """Where the `[paths]` of the coverage configuration send it."""
    executed: bool = True
    here: bool = False
    """Whether it is a file of this checkout, which only an alias sends elsewhere."""
    added: bool = False
    """Whether covgate had it measured, for its package's name: without a twin here it is none of the project's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedData:
    """One data or report file: what of it is to be settled, beside how many files of this checkout."""

    path: Path
    foreign: tuple[Recorded, ...]
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The places, by the names, for each data or report file in order."""

    places: tuple[Mapping[Names, Place], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Twin:
    """A file of the checkout that an existing file elsewhere may be a copy of."""

    elsewhere: Path
    there: Path
    """The folder from which the copy has the path that the file has from `here`."""
    here: Parts
    tail: Parts
    equal: bool

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(*self.here, *self.tail)

    @property
    def pair(self) -> tuple[Path, Parts]:
        return self.there, self.here


def settle(
    recorded: Sequence[RecordedData],
    *,
    root: Path,
    local: Iterable[PurePosixPath],
    executed: Iterable[PurePosixPath] = (),
) -> Settled:
    """Find the place of every foreign file; `local` are the checkout's files, `executed` those that ran as they are.

    A copy that exists is a file of this checkout when its text is equal. Raises MeasureError when another text than
    this checkout's was executed, when a file could be several, and for data of which no file is here.
    """
    checkout = _Checkout(root.resolve(), sorted(local))
    places = tuple(checkout.settle(data) for data in recorded)
    ran = set(executed)
    _refuse_stale({here: there for here, there in checkout.stale.items() if here not in ran})
    return Settled(places=places, notes=tuple(_notes(checkout)))


class _Checkout:
    """The checkout's files, which of them a file elsewhere stands for, and what was found so far, over all data files.

    `copies`: {(folder elsewhere, package or folder here): how many files were taken for those here}; `stale`: files
    here of which another text was executed, elsewhere; `roots`: notes; `gone`: names of files that are not here.
    """

    def __init__(self, root: Path, files: Sequence[PurePosixPath]) -> None:
        self.copies: Counter[tuple[Path, PurePosixPath]] = Counter()
        self.stale: dict[PurePosixPath, Path] = {}
        self.roots: dict[str, None] = {}
        self.gone: list[str] = []
        self._root = root
        self._files = files
        self._text = functools.cache(_text)
        self._top_of = functools.cache(find_checkout)

    @functools.cached_property
    def _tree(self) -> Tree:
        return Tree(self._files)

    def settle(self, data: RecordedData) -> dict[Names, Place]:
        """Return where each foreign file of one data or report file belongs."""
        places: dict[Names, Place] = {}
        gone: list[Recorded] = []
        copies: list[tuple[Recorded, list[_Twin]]] = []
        for item in data.foreign:
            if item.place is not None:
                copies.append((item, self._twins(item.place, item.alias)))
            elif item.alias is not None:
                places[item.names] = self._place(item.alias)
            else:
                gone.append(item)
        votes = Counter(twin.pair for _, twins in copies for twin in twins if twin.equal)
        for item, twins in copies:
            if twins:
                places[item.names] = self._settle_copy(item, twins, votes)
            elif item.added:
                places[item.names] = None
        known = data.known + sum(place is not None for place in places.values())
        places |= self._settle_gone(data, gone) if not known else dict.fromkeys(_names(gone))
        self.gone += [names[0] for names in _names(gone) if places[names] is None]
        return places

    def _settle_copy(self, item: Recorded, twins: Sequence[_Twin], votes: Mapping[tuple[Path, Parts], int]) -> Place:
        """Return the file here that an existing copy stands for; a copy with another text is remembered."""
        equal = [twin for twin in twins if twin.equal]
        best = max(votes.get(twin.pair, 0) for twin in (equal or twins))
        options = [twin for twin in (equal or twins) if votes.get(twin.pair, 0) == best]
        if equal and len({twin.path for twin in options}) > 1:
            raise ambiguous_path(item.names[0], sorted({twin.path for twin in options}))
        twin = options[0]
        if equal:
            self.copies[twin.there, PurePosixPath(*twin.here, *twin.tail[:1])] += item.alias is None
            return twin.path
        if item.here:
            # A file in its own right, whatever an alias says.
            return twin.elsewhere
        if not item.executed:
            # Nothing of it ran: neither did the file here.
            return twin.path
        self.stale.setdefault(twin.path, twin.elsewhere)
        return None

    def _settle_gone(self, data: RecordedData, gone: Sequence[Recorded]) -> dict[Names, Place]:
        """Map data of which no file is here as it was recorded: it comes from another folder or machine."""
        if not gone:
            return {}
        mapped = map_paths(_names(gone), self._files, self._folder_of(data.path))
        for names, candidates in mapped.ambiguous.items():
            raise ambiguous_path(names[0], candidates)
        if not mapped.found:
            raise _nothing_here(data, mapped)
        self.roots |= dict.fromkeys(mapping_notes(mapped))
        return {names: mapped.found.get(names) for names in _names(gone)}

    def _place(self, path: Path) -> PurePosixPath | Path:
        """Return a path relative to the checkout where it lies inside."""
        full = path.resolve()
        return PurePosixPath(full.relative_to(self._root)) if full.is_relative_to(self._root) else path

    def _folder_of(self, data: Path) -> PurePosixPath | None:
        """Return the folder of a data file when it is a part of the checkout."""
        place = self._place(data.parent)
        return place if not isinstance(place, Path) and place.parts else None

    def _twins(self, path: Path, alias: Path | None) -> list[_Twin]:
        """Return the files here that `path` may be a copy of, with whether the texts are equal."""
        if alias is not None:
            place = self._place(alias)
            if isinstance(place, Path):
                return []
            pairs = [(path.parent, place.parts[:-1], place.parts[-1:])]
        else:
            pairs = list(self._pairs(path.resolve()))
        own = self._text(path) if pairs else b""
        return [
            _Twin(
                elsewhere=path,
                there=there,
                here=here,
                tail=tail,
                equal=own == self._text(self._root.joinpath(*here, *tail)),
            )
            for there, here, tail in pairs
        ]

    def _pairs(self, path: Path) -> Iterator[tuple[Path, Parts, Parts]]:
        """Yield (folder there, folder here, path from both): from the package's root, or from the checkouts' tops."""
        start, installed = _import_root(path)
        tail = path.relative_to(start).parts
        found = []
        # The name of a single module says nothing, unless it is installed as such.
        if len(tail) > 1 or installed:
            found = [parts[: -len(tail)] for parts in self._tree.ending_in(tail)]
        for here in found:
            if self._tree.is_package_root(here):
                yield start, here, tail
        top = self._top_of(path.parent)
        if top is not None and not top.is_relative_to(self._root):
            same = path.relative_to(top).parts
            if same in self._tree.files and same[: len(same) - len(tail)] not in found:
                yield top, (), same


def _names(items: Iterable[Recorded]) -> list[Names]:
    return [item.names for item in items]


def _import_root(path: Path) -> tuple[Path, bool]:
    """Return the folder from which a module is imported, and whether packages are installed there."""
    for folder in path.parents:
        if folder.name in INSTALLED or folder.suffix == ".egg" or _is_build(folder):
            return folder, True
    start = path.parent
    while (start / "__init__.py").exists() and start != start.parent:
        start = start.parent
    return start, False


def _is_build(folder: PurePath) -> bool:
    """Whether setuptools builds there: build/lib, build/lib.linux-x86_64-cpython-312."""
    return folder.parent.name == "build" and (folder.name == "lib" or folder.name.startswith("lib."))


def is_installed(path: PurePosixPath) -> bool:
    """Whether a path lies where packages are installed or built, by its folders' names."""
    return any(folder.name in INSTALLED or _is_build(folder) for folder in path.parents)


def _text(path: Path) -> bytes:
    """Return a file's text as git would store it; of what is no file, something that no file holds."""
    try:
        text = path.read_bytes() if path.is_file() else b"(not a file)"
    except OSError:
        return b"(cannot be read) " + str(path).encode(errors="surrogateescape")
    return without_ident(text.replace(b"\r\n", b"\n"))


# --- words -----------------------------------------------------------------------------------------------------------


def _notes(found: _Checkout) -> Iterator[str]:
    by_package: dict[PurePosixPath, dict[Path, None]] = defaultdict(dict)
    for (there, here), count in found.copies.most_common():
        if count:
            by_package[here][there] = None
    for here, folders in list(by_package.items())[:3]:
        yield f"Measured the installed copy of {here} (in {', '.join(map(str, folders))}): its text is equal."
    yield from found.roots
    if found.stale:
        here, there = next(iter(found.stale.items()))
        yield f"What ran of {there} is not counted: its text is not that of {here}."
    yield from gone_note(found.gone)


def gone_note(names: Sequence[str]) -> tuple[str, ...]:
    """Say what was left out because it is not here; nothing when nothing was."""
    if not names:
        return ()
    what = "file is" if len(names) == 1 else "files are"
    return (f"{len(names)} measured {what} not in the checkout and left out (the first is {names[0]}).",)


def _refuse_stale(stale: Mapping[PurePosixPath, Path]) -> None:
    if not stale:
        return
    here, there = next(iter(stale.items()))
    more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
    raise stale_copy(
        f"the tests ran {there}, whose text differs from {here} in this checkout{more}: neither the change nor the "
        "total can be judged"
    )


def stale_copy(message: str) -> MeasureError:
    """Return the error for tests that ran another copy of the code."""
    return MeasureError(
        message,
        hint="let the tests import this checkout: `pip install -e .`, or install it again after the last edit",
        slug="installed-copy",
    )


def _nothing_here(data: RecordedData, mapped: PathMap) -> MeasureError:
    count, first = len(mapped.lost), mapped.lost[0][0]
    lost = f"the one measured file of {data.path} is not in this checkout ({first})"
    if count > 1:
        lost = f"none of the {count} measured files of {data.path} is in this checkout (the first is {first})"
    return MeasureError(
        f"{lost}; a name alone, without the folders around it, is not enough",
        hint="make the data from this repository at this commit, with `relative_files = true`; or say with `[paths]` "
        "in the coverage configuration where its files lie here",
        slug="sources-gone",
    )
