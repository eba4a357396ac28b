"""The probe's records of single files as values, and what every measurement must hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import cast

from covgate.errors import MeasureError
from covgate.measure.path_map import SHOWN
from covgate.model import Branch, Coverage, FileCoverage, Function, Gap, Span, UnmeasuredFile


def file_from_record(path: str, record: Mapping[str, object]) -> FileCoverage:
    """Return one file's record (see `covgate_probe.record`) as a value; `path` is relative to the checkout."""
    return FileCoverage(
        path=PurePosixPath(path),
        statements=frozenset(cast("list[int]", record["s"])),
        missing=frozenset(cast("list[int]", record["m"])),
        excluded=frozenset(cast("list[int]", record["x"])),
        branches={line: Branch(total=n, taken=t) for line, n, t in cast("list[list[int]]", record["b"])},
        first_lines=dict(cast("list[tuple[int, int]]", record.get("first", []))),
        functions=functions_from_record(record),
    )


def functions_from_record(record: Mapping[str, object]) -> tuple[Function, ...]:
    """Return the functions of a record; empty when the file did not change."""
    regions = cast("list[tuple[str, int, int]]", record.get("functions", []))
    # A name that Python cannot have is no function's: it would be text of a stranger's in the report.
    named = (region for region in regions if all(part.isidentifier() for part in region[0].split(".")))
    return tuple(Function(name=name, span=Span(start=start, end=end)) for name, start, end in named)


def unmeasured_from_record(path: str, record: Mapping[str, object]) -> UnmeasuredFile:
    """Return the record of a changed file without data: why there is none, and its statements when it should have."""
    gap = Gap(str(record["gap"]))
    file = file_from_record(path, record) if gap in {Gap.UNMEASURED, Gap.UNDECIDED} else None
    texts = {name: str(record.get(name, "")) for name in ("why", "rule", "where")}
    return UnmeasuredFile(gap=gap, file=file, **texts)


def unloaded_note(answer: Mapping[str, object]) -> tuple[str, ...]:
    """Say which files of the project the total does not hold, as the probe's answer has them; nothing for none."""
    paths = cast("list[str]", answer["unloaded"])
    if not paths:
        return ()
    are = "1 file that no test loads is" if len(paths) == 1 else f"{len(paths)} files that no test loads are"
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return (f"{are} not in the total: {', '.join(paths[:SHOWN])}{more}.",)


def require_executed(coverage: Coverage) -> None:
    """A measurement in which nothing ran says nothing about the tests: an error, not 0 %."""
    if any(file.statements - file.missing for file in coverage.files.values()):
        return
    what = "only files of which no statement was executed" if coverage.files else "no measured file"
    raise MeasureError(
        f"the coverage data holds {what}",
        hint="check `source`, `include` and `omit` in the coverage configuration, and that the tests import this "
        "checkout (not a copy installed elsewhere) in an environment that has coverage installed",
        slug="nothing-measured",
    )
