"""From Cobertura and LCOV reports to a `Measurement`: their files found in the checkout, their lines as values."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.measure.agreement import compare_report
from covgate.measure.data_files import (
    Wanted,
    digests_of,
    functions_from_record,
    reasons_from_record,
    require_executed,
    scope_request,
    unloaded_note,
    unmeasured_from_record,
)
from covgate.measure.foreign.cobertura import read_cobertura
from covgate.measure.foreign.kinds import MAX_REPORT_BYTES, DataKind, Report, ReportedFile, bad_report
from covgate.measure.foreign.lcov import read_lcov
from covgate.measure.path_map import Names, ambiguous_path, split
from covgate.measure.probe_call import Probe
from covgate.measure.project import Project
from covgate.measure.twins import Recorded, RecordedData, settle
from covgate.model import PYTHON_SUFFIXES, Branch, Coverage, FileCoverage, Measurement


def analyse_reports(
    project: Project, reports: Sequence[Path], kind: DataKind, *, wanted: Wanted, local: Sequence[PurePosixPath]
) -> Measurement:
    """Read Cobertura or LCOV reports, mapped to the checkout; several are united.

    Raises MeasureError for a malformed report, one without files of this checkout, or ambiguous names.
    """
    files: dict[PurePosixPath, ReportedFile] = {}
    read = [read_report(path, kind) for path in reports]
    placed, notes = _places(project, list(zip(reports, read, strict=True)), local)
    for file, place in placed:
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
        # A lines-only measurement stays lines-only.
        unmeasured = {
            path: replace(gap, file=replace(gap.file, branches={})) if gap.file else gap
            for path, gap in unmeasured.items()
        }
    name = reports[0].name if len(reports) == 1 else "the coverage report"
    doubts = {path: compare_report(path, files[path].lines, r, name) for path, r in records.items() if path in files}
    return Measurement(
        coverage=coverage,
        unmeasured=unmeasured,
        digests=digests_of(changed),
        doubts=doubts,
        notes=(*notes, *unloaded_note(statics)),
    )


def read_report(path: Path, kind: DataKind) -> Report:
    """Read a Cobertura or LCOV file. Raises MeasureError when it is malformed, hostile or too large."""
    size = path.stat().st_size
    if size > MAX_REPORT_BYTES:
        raise bad_report(path, f"is {size} bytes long; covgate reads at most {MAX_REPORT_BYTES}")
    return _READERS[kind](path)


_READERS = {DataKind.COBERTURA: read_cobertura, DataKind.LCOV: read_lcov}


Placed = list[tuple[ReportedFile, PurePosixPath | None]]
"""Reported files with their places in the checkout; None: it is not here."""


def _places(
    project: Project, reports: Sequence[tuple[Path, Report]], local: Sequence[PurePosixPath]
) -> tuple[Placed, tuple[str, ...]]:
    """Find the files of each report in the checkout: where they are named, else by their texts or their folders."""
    known, root = set(local), project.root.resolve()
    executed: set[PurePosixPath] = set()
    recorded: list[RecordedData] = []
    here: list[dict[Names, PurePosixPath]] = []
    for path, report in reports:
        folders = _folders(project, path, report)
        foreign: dict[Names, Recorded] = {}
        found: dict[Names, PurePosixPath] = {}
        # A report may tell of a file several times: of each class in it, or of each test.
        all_ran = {file.names for file in report.files if any(file.lines.values())}
        for file in report.files:
            ran = file.names in all_ran
            existing = [at for name in file.names for at in _existing(folders, name)]
            inside_all = {PurePosixPath(at.relative_to(root)) for at in existing if at.is_relative_to(root)}
            if len(inside_all) > 1:
                # Cobertura merges files of two sources that have the same relative name.
                raise ambiguous_path(file.names[0], sorted(inside_all))
            place = next(iter(existing), None)
            inside = next(iter(inside_all), None)
            # A file that git ignores (a generated module) counts like any other, as it does in coverage's own report;
            # but it may also be an installed copy.
            if inside is not None:
                found[file.names] = inside
                if ran:
                    executed.add(inside)
            if inside is None or inside not in known:
                foreign[file.names] = Recorded(names=file.names, place=place, executed=ran)
        known_here = sum(local_place in known for local_place in found.values())
        recorded.append(RecordedData(path=path, foreign=tuple(foreign.values()), known=known_here))
        here.append(found)
    settled = settle(recorded, root=project.root, local=local, executed=executed)
    placed: Placed = []
    for (_, report), found, places in zip(reports, here, settled.places, strict=True):
        for file in report.files:
            settled_at = places.get(file.names, found.get(file.names))
            # Outside the checkout is nowhere; and a symbolic link has no lines of its own, whatever a report says.
            nowhere = settled_at is None or isinstance(settled_at, Path) or (project.root / settled_at).is_symlink()
            placed.append((file, None if nowhere else PurePosixPath(settled_at or "")))
    return placed, settled.notes


def _folders(project: Project, path: Path, report: Report) -> list[Path]:
    """Return where relative names start: the report's own folder, or the project's when more of them exist there."""
    names = [name for file in report.files for name in file.names]
    folders = list(dict.fromkeys([path.parent.resolve(), project.directory.resolve()]))
    if len(folders) > 1:
        folders.sort(key=lambda folder: -sum(len(_existing([folder], name)) for name in names))
    return folders


def _existing(folders: Sequence[Path], name: str) -> list[Path]:
    """Return the first place of a reported name that exists on this machine, as an absolute path, if there is one."""
    for folder in folders:
        path = folder.joinpath(name) if name.startswith("/") else folder.joinpath(*split(name))
        # RuntimeError: a loop of links, before Python 3.13.
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            if path.is_file():
                return [path.resolve()]
    return []


def _static_analysis(
    project: Project, wanted: Wanted, files: Mapping[PurePosixPath, ReportedFile]
) -> dict[str, object]:
    """Ask the probe for the statements of changed files: a report has neither continuation lines nor functions."""
    asked = [str(path) for path in wanted.changed if path in files or path.suffix in PYTHON_SUFFIXES]
    if not asked:
        return {"changed": {}, "unloaded": []}
    return Probe(project).ask(
        {
            "command": "static",
            "root": str(project.root),
            "changed": asked,
            "measured": [str(path) for path in files],
            "ran": {str(path): _ran(files[path]) for path in wanted.changed if path in files},
            **scope_request(project, wanted.tracked),
        }
    )


def _ran(file: ReportedFile) -> tuple[list[int], list[int]]:
    """Return the missing and the executed lines."""
    missing = [line for line, executed in file.lines.items() if not executed]
    return missing, [line for line, executed in file.lines.items() if executed]


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
        reasons=reasons_from_record(details),
    )
