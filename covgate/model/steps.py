"""What to do next: the places to cover, and what covering each adds to the rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.model.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place of a file, and how many statements and branches covering it adds to the counts of rules."""

    path: PurePosixPath
    place: Place
    diff: int
    """To the change's, in the project and in each of the components."""
    total: int
    """To the total's; 0 where the file is in no total."""
    components: tuple[str, ...] = ()
    """The components that hold the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderGap:
    """What is missing in a folder itself, without the folders in it."""

    path: PurePosixPath
    lines: int
    branches: int
    files: int
    """How many of its files miss something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A set of places that passes every failing rule.

    Where it has few, all are in `chosen`, the largest first, and `folders` is empty; else it is the other way round.
    """

    chosen: tuple[Spot, ...]
    count: int
    """How many places the set has."""
    least: int
    """No set has fewer; less than `count` where it is not known whether one has."""
    among: int = 0
    """How many places there are to choose from; 0 where that is not known."""
    functions: bool = False
    """Whether all of these are functions, not ranges of a module."""
    part: int = 0
    """So many of the statements of the last one are enough (of its branches, where it has no statements); 0: all."""
    folders: tuple[FolderGap, ...] = ()


MOST_CHOSEN = 5
"""How many places are named."""

MOST_FOLDERS = 3
"""How many folders are named where that is not enough."""
