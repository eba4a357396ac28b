"""Whether a measurement made before is one of the text that lies here: what speaks against it, as doubts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.model import Doubt, Measurement, Unavailable, UnknownKind, broken_file

_AGAIN = "run the tests again"


def find_strays(files: Mapping[str, Mapping[str, object]]) -> dict[PurePosixPath, tuple[Doubt, ...]]:
    """Doubt changed files of which lines were executed that are no statements; `files` are records of the probe."""
    doubts: dict[PurePosixPath, tuple[Doubt, ...]] = {}
    for path, record in files.items():
        strays = cast("list[int]", record.get("stray", []))
        if strays:
            reason = (
                f"{path} was measured before the last edit (line {strays[0]} was executed and is no statement now): "
                f"{_AGAIN}"
            )
            lines = frozenset(cast("list[int]", record["s"]))
            doubt = Doubt(reason=reason, lines=lines, kind=UnknownKind.MEASURED_BEFORE)
            doubts[PurePosixPath(path)] = (doubt,)
    return doubts


def compare_report(
    path: PurePosixPath, reported: Iterable[int], source: Mapping[str, object], name: str
) -> tuple[Doubt, ...]:
    """Doubt a report's lines of a changed file when they are not the statements that its source has.

    `source` is the probe's static record of the file: `maybe` are lines that a report of another Python, coverage or
    configuration may name, `optional` statements that it may leave out. `name` is the report's, for people.
    """
    if "why" in source:
        broken = broken_file(path, str(source["why"]))
        return (Doubt(reason=broken.reason, kind=broken.kind, names=broken.names),)
    if "s" not in source:
        # No Python: a template that only its plugin can read.
        return ()
    first = dict(cast("list[tuple[int, int]]", source["first"]))
    statements = frozenset(cast("list[int]", source["s"]))
    named = frozenset(first.get(line, line) for line in reported)
    added = named - statements - frozenset(cast("list[int]", source["maybe"]))
    absent = statements - named - frozenset(cast("list[int]", source["optional"]))
    cure = "make it again from this commit"
    start = f"{name} is not of this source: {path} line"
    if added:
        what = f"{start} {min(added)} is no statement, and the report says it is one: {cure}"
        return (Doubt(reason=what, lines=statements | named),)
    # Other rules of exclusion leave statements out here and there. Lines that were inserted push the last one out.
    shifted = absent and max(statements) in absent
    return tuple(
        Doubt(
            reason=f"{start} {line} is a statement the report does not know: {cure}",
            lines=statements if shifted else frozenset({line}),
        )
        for line in sorted(absent)
    )


def with_times(
    root: Path, measurement: Measurement, changed: Iterable[PurePosixPath], data: Sequence[Path]
) -> Measurement:
    """Doubt changed files that were written to after the data that speaks of them (on a laptop, where times tell)."""
    ages = {path: _time_of(path) for path in data}

    def doubt(path: PurePosixPath, lines: frozenset[int]) -> Doubt | None:
        # One that is gone meanwhile has no digest either.
        written = (root / path).stat().st_mtime if (root / path).exists() else 0
        older = next((d for d, made in ages.items() if made < written and _speaks_of(d, path)), None)
        if older is None:
            return None
        reason = f"{path} was measured before the last edit ({older.name} is older): {_AGAIN}"
        return Doubt(reason=reason, lines=lines, kind=UnknownKind.MEASURED_BEFORE)

    return _with_doubts(measurement, changed, doubt)


def with_committed(measurement: Measurement, changed: Iterable[PurePosixPath], data: Sequence[Path]) -> Measurement:
    """Doubt changed files that `data` speaks of, files that were committed before the change and not written since."""

    def doubt(path: PurePosixPath, lines: frozenset[int]) -> Doubt | None:
        old = next((d for d in data if _speaks_of(d, path)), None)
        if old is None:
            return None
        reason = f"{old.name} was committed before this change, and {path} is changed: make it from this commit"
        return Doubt(reason=reason, lines=lines)

    return _with_doubts(measurement, changed, doubt)


def _with_doubts(
    measurement: Measurement,
    changed: Iterable[PurePosixPath],
    doubt_of: Callable[[PurePosixPath, frozenset[int]], Doubt | None],
) -> Measurement:
    if isinstance(measurement.coverage, Unavailable):
        return measurement
    doubts = dict(measurement.doubts)
    for path in measurement.coverage.files.keys() & set(changed):
        doubt = doubt_of(path, measurement.coverage.files[path].statements)
        if doubt is not None:
            doubts[path] = (doubt, *doubts.get(path, ()))
    return replace(measurement, doubts=doubts)


def _time_of(data: Path) -> float:
    """Return when data was made, in seconds: a copy of a Cobertura report still says it in its first element."""
    written = data.stat().st_mtime
    with data.open("rb") as file:
        found = re.search(rb'<coverage[^>]*\stimestamp="(\d{9,14})"', file.read(4096))
    if found is None:
        return written
    # coverage writes milliseconds, other tools seconds: the next whole one counts.
    said = int(found[1]) / 1000 if len(found[1]) > _SECONDS else int(found[1]) + 1
    return min(written, said)


_SECONDS = 11
"""Digits of a time in seconds, at most."""


def _speaks_of(data: Path, path: PurePosixPath) -> bool:
    """Whether a data file or report holds the file's name: those of other projects may be as old as they like."""
    return path.name.encode("utf-8", "surrogateescape") in data.read_bytes()
