"""From Cobertura and LCOV reports to a `Measurement`: their files found in the checkout, their lines as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.errors import MeasureError
from covgate.measure.analysis import Wanted, scope_request
from covgate.measure.pathmap import PathMap, map_paths, mapping_notes, refuse_ambiguity
from covgate.measure.project import Probe, Project
from covgate.measure.records import (
    functions_from_record,
    require_executed,
    unloaded_note,
    unmeasured_from_record,
)
from covgate.measure.reports import DataKind, ReportedFile, read_report
from covgate.model import Branch, Coverage, FileCoverage, Measurement, UnmeasuredFile


def analyse_reports(
    project: Project, reports: Sequence[Path], kind: DataKind, *, wanted: Wanted, local: Iterable[PurePosixPath]
) -> Measurement:
    """Read Cobertura or LCOV reports, mapped to the checkout; several are united.

    Raises MeasureError for a malformed report, one without files of this checkout, or ambiguous names.
    """
    files: dict[PurePosixPath, ReportedFile] = {}
    read = [read_report(path, kind) for path in reports]
    reported = [file for report in read for file in report.files]
    places, notes = _places(project, reported, tuple(local))
    for file, place in zip(reported, places, strict=True):
        if place in files:
            files[place].merge(file)
        elif place is not None:
            files[place] = file
    statics = _static_analysis(project, wanted, files)
    changed = cast("dict[str, dict[str, object]]", statics["changed"])
    coverage = Coverage(
        files={path: _from_report(path, file, changed.get(str(path))) for path, file in files.items()},
        has_branches=any(report.has_branches for report in read),
    )
    require_executed(coverage)
    records = {PurePosixPath(p): record for p, record in changed.items()}
    unmeasured = {p: unmeasured_from_record(str(p), r) for p, r in records.items() if p not in files}
    if not coverage.has_branches:
        unmeasured = {path: _without_branches(file) for path, file in unmeasured.items()}
    digests = {path: str(record["sha256"]) for path, record in records.items() if "sha256" in record}
    return Measurement(
        coverage=coverage, unmeasured=unmeasured, digests=digests, notes=(*notes, *unloaded_note(statics))
    )


def _places(
    project: Project, files: Sequence[ReportedFile], local: tuple[PurePosixPath, ...]
) -> tuple[list[PurePosixPath | None], tuple[str, ...]]:
    """Find each reported file in the checkout: as it is named, else by its folders. None: it is not here."""
    places: list[PurePosixPath | None] = []
    for file in files:
        # A file that git ignores (a generated module) counts like any other, as it does in coverage's own report.
        here = [p for p in (_inside(project, name) for name in file.names) if p is not None]
        if len(set(here)) > 1:
            refuse_ambiguity(
                PathMap(found={}, roots=(), ambiguous={file.names[0]: tuple(dict.fromkeys(here))}, lost=())
            )
        places.append(here[0] if here else None)
    foreign = [file.names for file, place in zip(files, places, strict=True) if place is None]
    mapped = map_paths((name for names in foreign for name in names), local)
    lost = 0
    for number, file in enumerate(files):
        if places[number] is None:
            refuse_ambiguity(_only(mapped, file.names))
            options = dict.fromkeys(mapped.found[name] for name in file.names if name in mapped.found)
            # A symbolic link has no lines of its own, whatever a report says.
            options = {place: None for place in options if not (project.root / place).is_symlink()}
            if len(options) > 1:
                refuse_ambiguity(PathMap(found={}, roots=(), ambiguous={file.names[0]: tuple(options)}, lost=()))
            places[number] = next(iter(options), None)
            lost += not options
    if lost and lost == len(files):
        raise MeasureError(
            f"none of the {lost} files of the coverage report is in this checkout (the first is {files[0].names[0]})",
            hint="make the report from this repository at this commit: `relative_files = true` makes paths portable",
            slug="sources-gone",
        )
    gone = [f"{lost} reported {'file is' if lost == 1 else 'files are'} not in the checkout and left out."]
    return places, (*mapping_notes(mapped), *(gone if lost else []))


def _only(mapped: PathMap, names: Iterable[str]) -> PathMap:
    if any(name in mapped.found for name in names):
        return PathMap(found={}, roots=(), ambiguous={}, lost=())
    ambiguous = {name: mapped.ambiguous[name] for name in names if name in mapped.ambiguous}
    return PathMap(found={}, roots=(), ambiguous=ambiguous, lost=())


def _inside(project: Project, name: str) -> PurePosixPath | None:
    """Return `name` relative to the checkout, taken from the project's folder; None when no file of it is there."""
    path = Path(*(project.directory / name).parts)
    try:
        place = path.resolve()
        return PurePosixPath(place.relative_to(project.root.resolve())) if place.is_file() else None
    except (ValueError, OSError, RuntimeError):  # RuntimeError: a loop of symbolic links, before Python 3.13
        return None


def _static_analysis(
    project: Project, wanted: Wanted, files: Mapping[PurePosixPath, ReportedFile]
) -> dict[str, object]:
    """Ask the probe for the statements of changed files: a report has neither continuation lines nor functions."""
    python_files = [str(path) for path in wanted.changed if path.suffix in {".py", ".pyw"}]
    if not python_files:
        return {"changed": {}, "unloaded": []}
    return Probe(project).ask(
        {
            "command": "static",
            "root": str(project.root),
            "changed": python_files,
            "measured": [str(path) for path in files],
            **scope_request(project, wanted.tracked),
        }
    )


def _from_report(path: PurePosixPath, file: ReportedFile, static: Mapping[str, object] | None) -> FileCoverage:
    details = static or {}
    return FileCoverage(
        path=path,
        statements=frozenset(file.lines),
        missing=frozenset(line for line, executed in file.lines.items() if not executed),
        branches={
            line: Branch(total=len(exits), taken=sum(exits.values()))
            for line, exits in file.branches.items()
            if len(exits) > 1 and line in file.lines
        },
        first_lines=dict(cast("list[tuple[int, int]]", details.get("first", []))),
        functions=functions_from_record(details),
    )


def _without_branches(unmeasured: UnmeasuredFile) -> UnmeasuredFile:
    """Keep a lines-only measurement lines-only."""
    if unmeasured.file is None:
        return unmeasured
    file = unmeasured.file
    bare = FileCoverage(
        path=file.path,
        statements=file.statements,
        missing=file.missing,
        excluded=file.excluded,
        first_lines=file.first_lines,
        functions=file.functions,
    )
    return UnmeasuredFile(gap=unmeasured.gap, file=bare, why=unmeasured.why)
