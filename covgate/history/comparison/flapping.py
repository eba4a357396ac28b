"""Lines that change their state although nobody edits them: which they are, from record to record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from covgate.history.comparison.moved_lines import character_at, find_moved
from covgate.history.line_states import NO_STATEMENT, record_lines
from covgate.model import Coverage, FileLines, Flap, LineRecord, Sha, Shifts, Unavailable

FLAP_RECORDS = 10
"""A line that kept its state in so many records flaps no more."""

MOST_FLAPS = 2000
"""So many are kept in a record. A commit that covers a thousand lines elsewhere makes a thousand lines to watch."""


def make_line_record(
    previous: LineRecord | None,
    sha: Sha,
    coverage: Coverage,
    digests: Mapping[PurePosixPath, str],
    shifts: Shifts | Unavailable,
) -> LineRecord:
    """Return the record of a run with its flaps.

    `previous` is the commit's own record when it was recorded before, else that of its nearest recorded ancestor (None:
    there is none). `shifts` is the diff from that commit, and `digests` are git's blob ids.
    """
    record = record_lines(sha, coverage, digests)
    return replace(record, flaps=update_flaps(previous, record, shifts))


def update_flaps(previous: LineRecord | None, current: LineRecord, shifts: Shifts | Unavailable) -> tuple[Flap, ...]:
    """Return the flaps of `current`, whose own are not looked at, from those of the record before it.

    | file (by digest) | state of the line | a line that is a flap already           | any other line |
    |------------------|-------------------|-----------------------------------------|----------------|
    | as before        | another           | `stable` 0; one flip more when it went  | becomes a flap |
    |                  |                   | the other way than last time            |                |
    | as before        | the same          | `stable` one more                       |                |
    | edited           | another           | as it was: the edit may be why          |                |
    | edited           | the same          | `stable` one more; moves with its line  |                |
    """
    if previous is None:
        return ()
    known: dict[PurePosixPath, list[Flap]] = defaultdict(list)
    for flap in previous.flaps:
        known[flap.path].append(flap)
    flaps: list[Flap] = []
    for path, before in previous.files.items():
        flaps += _update(path, known[path], before, current, None if isinstance(shifts, Unavailable) else shifts)
    return _most_telling(flap for flap in flaps if flap.stable < FLAP_RECORDS)


def _update(
    old_path: PurePosixPath, known: Iterable[Flap], before: FileLines, current: LineRecord, shifts: Shifts | None
) -> Iterator[Flap]:
    shift = shifts.of(old_path) if shifts else None
    path = shift.path if shift else old_path
    after = None if path is None else current.files.get(path)
    if path is None or after is None:
        return
    unedited = bool(before.digest) and before.digest == after.digest
    flipped = unedited and before.states != after.states
    moved = {one.line: one for one in find_moved(before.states, after.states, lambda n: n)} if flipped else {}
    for flap in known:
        line = flap.line if unedited else shift.to_new(flap.line) if shift else None
        now = NO_STATEMENT if line is None else character_at(after.states, line)
        if line is None or now == NO_STATEMENT:
            continue
        if flip := moved.pop(line, None):
            lost = flip.change < 0
            yield replace(flap, path=path, stable=0, flips=flap.flips + (lost != flap.lost), lost=lost)
        else:
            same = now == character_at(before.states, flap.line)
            yield replace(flap, path=path, line=line, stable=flap.stable + same)
    for line, flip in moved.items():
        yield Flap(path=path, line=line, lost=flip.change < 0)


def _most_telling(flaps: Iterable[Flap]) -> tuple[Flap, ...]:
    """The flaps worth keeping: those that went back and forth, then those that flipped last; by path and line."""
    chosen = sorted(flaps, key=lambda flap: (not flap.flapping, flap.stable, flap.path, flap.line))[:MOST_FLAPS]
    return tuple(sorted(chosen, key=lambda flap: (flap.path, flap.line)))
