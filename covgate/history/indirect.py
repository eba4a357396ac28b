"""Lines outside the change whose coverage differs from the baseline's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from covgate.history.shifts import Shifts, edited_statements, find_moved, is_unedited
from covgate.history.states import states_of
from covgate.model import Coverage, spans_of
from covgate.recorded import IndirectFile, LineRecord


def find_indirect(
    old: LineRecord,
    head: Coverage,
    shifts: Shifts,
    digests: Mapping[PurePosixPath, str],
    flapping: Collection[tuple[PurePosixPath, int]] = frozenset(),
) -> tuple[IndirectFile, ...]:
    """Return the lines gained and lost, file by file, those that lost the most lines first. Lines are those of head.

    `digests` are the blob ids at head, and `flapping` lines (of head too) are left out. A statement counts when it is
    one on both sides, has as many exits as before, and none of its lines is new.
    """
    found = []
    for old_path, file in old.files.items():
        shift = shifts.of(old_path)
        measured = None if shift.path is None else head.files.get(shift.path)
        if shift.path is None or measured is None:
            continue
        states = states_of(measured)
        unedited = is_unedited(file.digest, shift.path, digests)
        if unedited and states == file.states:
            continue
        edited = frozenset[int]() if unedited else edited_statements(shift, len(file.states), measured)
        moved = [
            line
            for line in find_moved(file.states, states, (lambda n: n) if unedited else shift.to_new)
            if line.line not in edited and (shift.path, line.line) not in flapping
        ]
        found.append((shift.path, {m.line for m in moved if m.lost}, {m.line for m in moved if not m.lost}))
    found.sort(key=lambda entry: (-len(entry[1]), -len(entry[2]), entry[0]))
    return tuple(
        IndirectFile(path=path, lost=spans_of(lost), gained=spans_of(gained))
        for path, lost, gained in found
        if lost or gained
    )
