"""Where files recorded on another machine lie in this checkout."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.errors import MeasureError
from covgate.model import name_some

Parts = tuple[str, ...]

Names = tuple[str, ...]
"""The places one recorded file may lie at, best first: several where a Cobertura report has several sources."""

SHOWN = 5
"""How many names a message lists."""

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders that hold installed packages."""

_FEW = 8
"""A name that fits more local files than this tells nothing about the folders: a thousand `__init__.py` do not vote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMap:
    """The result of `map_paths`; every recorded file is in exactly one of `found`, `ambiguous` and `lost`."""

    found: Mapping[Names, PurePosixPath]
    roots: tuple[tuple[str, PurePosixPath], ...]
    """Pairs (folder there, folder here, `.` for the top), most used first."""
    ambiguous: Mapping[Names, tuple[PurePosixPath, ...]]
    """Recorded files that fit several local ones equally well."""
    lost: tuple[Names, ...]
    """Recorded files that fit no local one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """One local file that a recorded one may stand for, and the pair of folders that would then correspond."""

    name: str
    there: Parts
    here: Parts
    shared: Parts
    """The trailing parts that both paths have."""

    @property
    def pair(self) -> tuple[Parts, Parts]:
        return self.there, self.here

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(*self.here, *self.shared)


def map_paths(recorded: Iterable[Names], local: Iterable[PurePosixPath], below: PurePosixPath | None = None) -> PathMap:
    """Match recorded paths (either kind of slash) with files of the checkout.

    A file belongs where the folders around it agree: the local files with the longest common ending say which folders
    may correspond, and the pair of folders that explains most recorded files wins; the longer ending decides between
    equals. A match by nothing but the name is believed only when another file supports the same pair. Files `below` a
    folder (the one the data was found in) come first; what is left must not contradict them.
    """
    groups = list(dict.fromkeys(recorded))
    files = list(local)
    near = [path for path in files if path.is_relative_to(below)] if below is not None and below.parts else []
    first = _mapped(groups, near, {}) if near else {}
    settled = {match.there: match.here for matches in first.values() if len(matches) == 1 for match in matches}
    rest = [names for names in groups if not first.get(names)]
    matches = {**first, **(_mapped(rest, files, settled) if rest else {})}
    found = {names: options[0] for names, options in matches.items() if len(options) == 1}
    used = Counter((_cut(match.name, len(match.shared)), PurePosixPath(*match.here)) for match in found.values())
    return PathMap(
        found={names: match.path for names, match in found.items()},
        roots=tuple(pair for pair, _ in used.most_common()),
        ambiguous={n: tuple(sorted(m.path for m in options)) for n, options in matches.items() if len(options) > 1},
        lost=tuple(names for names in groups if not matches[names]),
    )


def ambiguous_path(name: str, candidates: Sequence[PurePosixPath]) -> MeasureError:
    """Return the error for a recorded file that could be any of the candidates."""
    return MeasureError(
        f"{name} was recorded in another place and could be any of: {name_some(candidates, SHOWN)}",
        hint="say which with `[paths]` in the coverage configuration (`[tool.coverage.paths]`), or measure with "
        "`relative_files = true`",
        slug="ambiguous-path",
    )


def mapping_notes(mapped: PathMap) -> tuple[str, ...]:
    """Say which folders of the other machine were read as which here."""
    return tuple(
        f"Paths under {there} were read as {here if here.parts else 'the checkout'}."
        for there, here in mapped.roots[:3]
        if there
    )


def split(path: str) -> Parts:
    """Return the parts of a recorded path, whichever machine wrote it."""
    return tuple(part for part in re.split(r"[/\\]", path) if part not in {"", "."})


class Tree:
    """The files of a checkout, found by the endings of their paths: sorted from the last part to the first."""

    def __init__(self, paths: Iterable[PurePosixPath]) -> None:
        self.files = {path.parts for path in paths}
        self._keys = sorted(_key(parts) for parts in self.files)

    def ending_in(self, tail: Parts) -> list[Parts]:
        """Return the files whose paths end in `tail`."""
        low, high = self._range(tail)
        return [tuple(reversed(key.split("/")[:-1])) for key in self._keys[low:high]]

    def nearest(self, path: Parts) -> tuple[int, int]:
        """Return how many trailing parts of `path` some file shares with it, and how many files share so many."""
        at = bisect_left(self._keys, _key(path))
        shared = max((_shared(path, key) for key in self._keys[max(at - 1, 0) : at + 1]), default=0)
        if not shared:
            return 0, 0
        low, high = self._range(path[-shared:])
        return shared, high - low

    def is_package_root(self, folder: Parts) -> bool:
        """Whether what lies in `folder` is imported by its own name: no folder on the way is a package."""
        return not any((*folder[:depth], "__init__.py") in self.files for depth in range(len(folder) + 1))

    def _range(self, tail: Parts) -> tuple[int, int]:
        key = _key(tail)
        # "0" is the character after "/": the end of what starts with `key`.
        return bisect_left(self._keys, key), bisect_left(self._keys, key[:-1] + "0")


def _key(parts: Parts) -> str:
    return "".join(f"{part}/" for part in reversed(parts))


def _shared(path: Parts, key: str) -> int:
    count = 0
    for one, other in zip(reversed(path), key.split("/")[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count


def _mapped(
    groups: Sequence[Names], local: Iterable[PurePosixPath], settled: Mapping[Parts, Parts]
) -> dict[Names, list[_Match]]:
    """Return the best matches of each recorded file: one when it is found, several when it is ambiguous."""
    tree = Tree(local)
    options = {names: [m for name in names for m in _nearest(name, tree, settled)] for names in groups}
    votes = Counter(pair for matches in options.values() for pair in {match.pair for match in matches})
    strong: dict[Parts, list[Parts]] = defaultdict(list)
    for (there, here), count in votes.most_common():
        if count > 1 and len(strong[there]) < _FEW:
            strong[there].append(here)
    most: dict[Parts, int] = defaultdict(int)
    for (_, here), count in votes.items():
        most[here] = max(most[here], count)
    result = {}
    for names in groups:
        matches = {(m.name, m.pair): m for m in options[names]}
        matches |= {(m.name, m.pair): m for name in names for m in _explained(name, tree, strong)}
        believed = [m for m in matches.values() if _believed(m, votes[m.pair], most[m.here], strong)]
        result[names] = _best(believed, votes)
    return result


def _believed(match: _Match, votes: int, most: int, strong: Mapping[Parts, Sequence[Parts]]) -> bool:
    """Whether a match is more than a coincidence of names, such as those of a temporary folder with a file or two."""
    if _installed(match.there):
        return votes > 1 or len(match.shared) > 1
    if votes > 1:
        # Another folder stands for the same one here: a second machine's checkout has as many files.
        return 2 * votes >= most
    return len(match.shared) > 1 and (not strong or match.there in strong)


def _best(matches: Sequence[_Match], votes: Mapping[tuple[Parts, Parts], int]) -> list[_Match]:
    """Return the matches of the highest rank, one for each local file."""
    rank = {id(match): (votes[match.pair], len(match.shared)) for match in matches}
    top = max(rank.values(), default=None)
    return list({match.path: match for match in reversed(matches) if rank[id(match)] == top}.values())


def _nearest(name: str, tree: Tree, settled: Mapping[Parts, Parts]) -> Iterator[_Match]:
    """Yield the local files with the longest common ending, where they are few."""
    path = split(name)
    shared, count = tree.nearest(path)
    if not shared or (count > _FEW and shared == 1):
        return
    for parts in tree.ending_in(path[-shared:])[: _FEW + 1]:
        match = _Match(name=name, there=path[:-shared], here=parts[:-shared], shared=path[-shared:])
        if _fits(match, tree, settled):
            yield match


def _explained(name: str, tree: Tree, strong: Mapping[Parts, Sequence[Parts]]) -> Iterator[_Match]:
    """Yield the local files that a pair of folders explains which other files support."""
    path = split(name)
    for depth in range(len(path)):
        for here in strong.get(path[:depth], ()):
            if (*here, *path[depth:]) in tree.files:
                yield _Match(name=name, there=path[:depth], here=here, shared=path[depth:])


def _fits(match: _Match, tree: Tree, settled: Mapping[Parts, Parts]) -> bool:
    """Whether a match contradicts neither what is settled nor how packages are installed."""
    if _installed(match.there + match.shared) and not (
        _installed(match.there[-1:]) and tree.is_package_root(match.here)
    ):
        # Another package, of which this one has a copy inside (shop/vendor/six), or a part of one.
        return False
    return all(
        _continues(match.pair, pair) if len(match.there) >= len(pair[0]) else _continues(pair, match.pair)
        for pair in settled.items()
    )


def _continues(longer: tuple[Parts, Parts], shorter: tuple[Parts, Parts]) -> bool:
    """Whether a pair of folders is what a shorter one makes of it, or has nothing to do with it."""
    (there, here), (start, place) = longer, shorter
    return there[: len(start)] != start or here == place + there[len(start) :]


def _installed(parts: Parts) -> bool:
    return not INSTALLED.isdisjoint(parts)


def _cut(name: str, count: int) -> str:
    """Cut the last `count` parts off a recorded path, keeping its own slashes."""
    for _ in range(count):
        name = re.sub(r"[/\\]+[^/\\]*$", "", name) if re.search(r"[/\\]", name) else ""
    return name
