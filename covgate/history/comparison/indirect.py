"""Lines outside the change whose coverage differs from the baseline's: those that flap, and the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

from covgate.history.comparison.moved_lines import edited_statements, find_moved, is_unedited
from covgate.history.line_states import states_of
from covgate.model import Coverage, FlapShown, IndirectFile, LineRecord, Shifts, spans_of


def find_indirect(
    old: LineRecord, head: Coverage, shifts: Shifts, digests: Mapping[PurePosixPath, str]
) -> tuple[tuple[IndirectFile, ...], tuple[FlapShown, ...]]:
    """Return the lines gained and lost, file by file, those that lost the most lines first; and the flapping ones.

    Lines are those of head, and `digests` are the blob ids there. A statement counts when it is one on both sides, has
    as many exits as before, and none of its lines is new. A line flaps when the records show it going back and forth.
    """
    flips = {(flap.path, flap.line): flap.flips for flap in old.flaps if flap.flapping}
    lost: dict[PurePosixPath, list[int]] = defaultdict(list)
    gained: dict[PurePosixPath, list[int]] = defaultdict(list)
    flaps = []
    for old_path, file in old.files.items():
        shift = shifts.of(old_path)
        if shift.path is None or (measured := head.files.get(shift.path)) is None:
            continue
        states = states_of(measured)
        unedited = is_unedited(file.digest, shift.path, digests)
        if unedited and states == file.states:
            continue
        edited = frozenset[int]() if unedited else edited_statements(shift, measured)
        for moved in find_moved(file.states, states, (lambda n: n) if unedited else shift.to_new):
            if moved.line in edited:
                continue
            if flipped := flips.get((old_path, moved.old_line)):
                flaps.append(FlapShown(path=shift.path, line=moved.line, change=moved.change, flips=flipped))
            else:
                (lost if moved.change < 0 else gained)[shift.path].append(moved.line)
    files = sorted({*lost, *gained}, key=lambda path: (-len(lost[path]), -len(gained[path]), path))
    indirect = (IndirectFile(path=path, lost=spans_of(lost[path]), gained=spans_of(gained[path])) for path in files)
    return tuple(indirect), tuple(sorted(flaps, key=lambda flap: (not flap.lost, flap.path, flap.line)))
