"""Where files recorded on another machine lie in this checkout."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.errors import MeasureError

Parts = tuple[str, ...]

SHOWN = 5
"""How many names a message lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMap:
    """The result of `map_paths`; every recorded path is in exactly one of `found`, `ambiguous` and `lost`."""

    found: Mapping[str, PurePosixPath]
    roots: tuple[tuple[str, PurePosixPath], ...]
    """Pairs (folder there, folder here, `.` for the top), most used first."""
    ambiguous: Mapping[str, tuple[PurePosixPath, ...]]
    """Recorded paths that fit several files equally well."""
    lost: tuple[str, ...]
    """Recorded paths that fit no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """One file here that a recorded path may stand for, and the pair of folders that would then correspond."""

    path: PurePosixPath
    there: Parts
    here: Parts
    shared: int
    """How many trailing parts of the two paths are equal."""


def map_paths(recorded: Iterable[str], local: Iterable[PurePosixPath]) -> PathMap:
    """Match recorded paths (either kind of slash) with files of the checkout.

    A file belongs where the folders around it agree: each recorded path is compared with the local files of the same
    name, and the pair of folders that explains most recorded paths wins; the longer common ending decides between
    equals. A match by nothing but the name is believed only when another path supports it or there is no other path.
    """
    by_name: dict[str, list[Parts]] = defaultdict(list)
    for path in local:
        by_name[path.name].append(path.parts)
    candidates = {name: _candidates(name, by_name) for name in dict.fromkeys(recorded)}
    votes = Counter((c.there, c.here) for options in candidates.values() for c in options)
    alone = sum(bool(options) for options in candidates.values()) == 1
    found: dict[str, PurePosixPath] = {}
    ambiguous: dict[str, tuple[PurePosixPath, ...]] = {}
    lost: list[str] = []
    used: Counter[tuple[str, PurePosixPath]] = Counter()
    for name, options in candidates.items():
        best = _best(options, votes, alone=alone)
        if not best:
            lost.append(name)
        elif len(best) > 1:
            ambiguous[name] = tuple(sorted(c.path for c in best))
        else:
            found[name] = best[0].path
            used[_folder(name, best[0].shared), PurePosixPath(*best[0].here)] += 1
    return PathMap(
        found=found, roots=tuple(pair for pair, _ in used.most_common()), ambiguous=ambiguous, lost=tuple(lost)
    )


def refuse_ambiguity(mapped: PathMap) -> None:
    """Raise MeasureError for the first path that fits several files, with the candidates."""
    if not mapped.ambiguous:
        return
    name, candidates = next(iter(mapped.ambiguous.items()))
    listed = ", ".join(str(path) for path in candidates[:SHOWN])
    raise MeasureError(
        f"{name} was recorded on another machine and could be any of: {listed}",
        hint="say which with `[paths]` in the coverage configuration (`[tool.coverage.paths]`), or measure with "
        "`relative_files = true`",
        slug="ambiguous-path",
    )


def mapping_notes(mapped: PathMap) -> tuple[str, ...]:
    """Say which folders of the other machine were read as which here."""
    return tuple(f"Paths under {there} were read as {here}." for there, here in mapped.roots[:3] if there)


def split(path: str) -> Parts:
    """Return the parts of a recorded path, whichever machine wrote it."""
    return tuple(part for part in re.split(r"[/\\]", path) if part not in {"", "."})


def _candidates(name: str, by_name: Mapping[str, Sequence[Parts]]) -> list[_Candidate]:
    there = split(name)
    options = []
    for here in by_name.get(there[-1], ()) if there else ():
        shared = _shared(there, here)
        options.append(_Candidate(path=PurePosixPath(*here), there=there[:-shared], here=here[:-shared], shared=shared))
    return options


def _shared(one: Parts, other: Parts) -> int:
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def _best(options: list[_Candidate], votes: Counter[tuple[Parts, Parts]], *, alone: bool) -> list[_Candidate]:
    believed = [c for c in options if alone or c.shared > 1 or votes[c.there, c.here] > 1]
    rank = {c.path: (votes[c.there, c.here], c.shared) for c in believed}
    top = max(rank.values(), default=None)
    return [c for c in believed if rank[c.path] == top]


def _folder(name: str, shared: int) -> str:
    """Cut the last `shared` parts off a recorded path, keeping its own slashes."""
    for _ in range(shared):
        name = re.sub(r"[/\\]+[^/\\]*$", "", name) if re.search(r"[/\\]", name) else ""
    return name
