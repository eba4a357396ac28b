"""From data files or reports to a `Measurement`: the probe's answer, or a report's lines, as values."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.errors import InputError, MeasureError
from covgate.measure.pathmap import PathMap, map_paths
from covgate.measure.project import Probe, Project
from covgate.measure.reports import DataKind, ReportedFile, detect_kind, read_report
from covgate.model import (
    Branch,
    Coverage,
    FileCoverage,
    Function,
    Gap,
    Measurement,
    Span,
    Unavailable,
    UnmeasuredFile,
)

_SHOWN = 5
"""How many names a message lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to take from the analysis besides the numbers. Paths are absolute; None is not wanted."""

    changed: tuple[PurePosixPath, ...] = ()
    html: Path | None = None
    xml: Path | None = None


def find_data(directory: Path, globs: Sequence[str], source: str) -> tuple[tuple[Path, ...], DataKind]:
    """Return the files the globs name, all of one kind.

    Raises InputError for a glob without a match or for mixed kinds, MeasureError for a file that is no data.
    """
    found: dict[Path, DataKind] = {}
    for pattern in globs:
        names = sorted(
            glob.glob(  # noqa: PTH207  # Path.glob takes no absolute pattern
                pattern, root_dir=directory, recursive=True, include_hidden=True
            )
        )
        paths = [path for path in (directory / name for name in names) if path.is_file()]
        if not paths:
            raise InputError(
                f"no file matches {pattern!r} (from {source})",
                hint="give the path of the data file an earlier step wrote; upload-artifact leaves files whose name "
                "starts with a dot out unless `include-hidden-files: true` is set",
                slug="data-not-found",
            )
        found |= {path: detect_kind(path) for path in paths if not path.name.endswith("-journal")}
    kinds = set(found.values())
    if len(kinds) > 1:
        listed = ", ".join(f"{path.name} is {kind.value}" for path, kind in list(found.items())[:_SHOWN])
        raise InputError(
            f"the coverage data (from {source}) is of several kinds: {listed}",
            hint="name data files, or Cobertura reports, or LCOV reports; of one run, any one of them is enough",
            slug="mixed-data",
        )
    return tuple(found), kinds.pop()


def analyse_data(
    project: Project, data: Sequence[Path], *, config: str | None, wanted: Wanted, local: Iterable[PurePosixPath]
) -> Measurement:
    """Analyse data files in the project's interpreter.

    `config` is the serialised configuration they were measured with, None to use the project's own. `local` lists
    the checkout's files, for data recorded elsewhere. Raises MeasureError when the data can not be used.
    """
    request: dict[str, object] = {
        "command": "analyse",
        "data": [str(path) for path in data],
        "config": config,
        "root": str(project.root),
        "changed": [str(path) for path in wanted.changed],
        "html": str(wanted.html) if wanted.html else None,
        "xml": str(wanted.xml) if wanted.xml else None,
        "may_ask": True,
    }
    answer = Probe(project, request).answer()
    notes: tuple[str, ...] = ()
    unresolved = cast("list[str]", answer["unresolved"])
    if unresolved:
        # Asked once more, with the folders of the other machine mapped to the ones here.
        mapped = map_paths(unresolved, local)
        _refuse_ambiguity(mapped)
        aliases = [[there, str(project.root / here)] for there, here in mapped.roots]
        answer = Probe(project, {**request, "aliases": aliases, "may_ask": False}).answer()
        notes = _mapping_notes(mapped)
    return _measurement(answer, notes)


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
    statics = _static_analysis(project, wanted.changed, files)
    changed = cast("dict[str, dict[str, object]]", statics["changed"])
    coverage = Coverage(
        files={path: _from_report(path, file, changed.get(str(path))) for path, file in files.items()},
        has_branches=any(report.has_branches for report in read),
    )
    _require_executed(coverage)
    unmeasured = {PurePosixPath(p): _unmeasured(p, r) for p, r in changed.items() if PurePosixPath(p) not in files}
    if not coverage.has_branches:
        unmeasured = {path: _without_branches(file) for path, file in unmeasured.items()}
    return Measurement(coverage=coverage, unmeasured=unmeasured, notes=notes)


def _measurement(answer: Mapping[str, object], notes: tuple[str, ...]) -> Measurement:
    files = cast("dict[str, dict[str, object]]", answer["files"])
    changed = cast("dict[str, dict[str, object]]", answer["changed"])
    problems = cast("list[list[str]]", answer["problems"])
    measured = {PurePosixPath(path): _file(path, record) for path, record in files.items()}
    coverage: Coverage | Unavailable = Coverage(files=measured, has_branches=bool(answer["branches"]))
    if problems:
        coverage = Unavailable(reason=_problem_text(problems))
    else:
        _require_executed(cast("Coverage", coverage))
    digests = {
        PurePosixPath(path): str(record["sha256"])
        for path, record in (*files.items(), *changed.items())
        if "sha256" in record
    }
    return Measurement(
        coverage=coverage,
        unmeasured={PurePosixPath(path): _unmeasured(path, record) for path, record in changed.items()},
        digests=digests,
        notes=(*notes, *(f"coverage: {text}" for text in cast("list[str]", answer["warnings"]))),
    )


def _file(path: str, record: Mapping[str, object]) -> FileCoverage:
    return FileCoverage(
        path=PurePosixPath(path),
        statements=frozenset(cast("list[int]", record["s"])),
        missing=frozenset(cast("list[int]", record["m"])),
        excluded=frozenset(cast("list[int]", record["x"])),
        branches={line: Branch(total=n, taken=t) for line, n, t in cast("list[list[int]]", record["b"])},
        first_lines=dict(cast("list[tuple[int, int]]", record.get("first", []))),
        functions=_functions(record),
    )


def _functions(record: Mapping[str, object]) -> tuple[Function, ...]:
    regions = cast("list[tuple[str, int, int]]", record.get("functions", []))
    return tuple(Function(name=name, span=Span(start=start, end=end)) for name, start, end in regions)


def _unmeasured(path: str, record: Mapping[str, object]) -> UnmeasuredFile:
    gap = Gap(str(record["gap"]))
    file = _file(path, record) if gap is Gap.UNMEASURED else None
    return UnmeasuredFile(gap=gap, file=file, why=str(record.get("why", "")))


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


def _require_executed(coverage: Coverage) -> None:
    """A measurement in which nothing ran says nothing about the tests: an error, not 0 %."""
    if any(file.statements - file.missing for file in coverage.files.values()):
        return
    what = (
        f"{len(coverage.files)} files, but no statement of them was executed" if coverage.files else "no measured file"
    )
    raise MeasureError(
        f"the coverage data holds {what}",
        hint="check `source`, `include` and `omit` in the coverage configuration, and that the tests import this "
        "checkout (not a copy installed elsewhere)",
        slug="nothing-measured",
    )


def _problem_text(problems: Sequence[Sequence[str]]) -> str:
    texts = {"no-source": "its source is gone", "not-python": "it is not valid Python"}
    listed = "; ".join(f"{path}: {texts[kind]}" for kind, path, _ in problems[:_SHOWN])
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return (
        f"{len(problems)} measured {'file' if len(problems) == 1 else 'files'} cannot be analysed ({listed}{more}). "
        "Leave them out with `omit`, or set `ignore_errors` in the coverage configuration"
    )


# --- places of other machines --------------------------------------------------------------------------------------


def _refuse_ambiguity(mapped: PathMap) -> None:
    if not mapped.ambiguous:
        return
    name, candidates = next(iter(mapped.ambiguous.items()))
    listed = ", ".join(str(path) for path in candidates[:_SHOWN])
    raise MeasureError(
        f"{name} was recorded on another machine and could be any of: {listed}",
        hint="say which with `[paths]` in the coverage configuration (`[tool.coverage.paths]`), or measure with "
        "`relative_files = true`",
        slug="ambiguous-path",
    )


def _mapping_notes(mapped: PathMap) -> tuple[str, ...]:
    return tuple(f"Paths under {there} were read as {here}." for there, here in mapped.roots[:3] if there)


def _places(
    project: Project, files: Sequence[ReportedFile], local: tuple[PurePosixPath, ...]
) -> tuple[list[PurePosixPath | None], tuple[str, ...]]:
    """Find each reported file in the checkout: as it is named, else by its folders. None: it is not here."""
    known = set(local)
    places: list[PurePosixPath | None] = []
    for file in files:
        here = [p for p in (_inside(project, name) for name in file.names) if p is not None and p in known]
        if len(set(here)) > 1:
            _refuse_ambiguity(
                PathMap(found={}, roots=(), ambiguous={file.names[0]: tuple(dict.fromkeys(here))}, lost=())
            )
        places.append(here[0] if here else None)
    foreign = [file.names for file, place in zip(files, places, strict=True) if place is None]
    mapped = map_paths((name for names in foreign for name in names), local)
    lost = 0
    for number, file in enumerate(files):
        if places[number] is None:
            _refuse_ambiguity(_only(mapped, file.names))
            options = dict.fromkeys(mapped.found[name] for name in file.names if name in mapped.found)
            # A symbolic link has no lines of its own, whatever a report says.
            options = {place: None for place in options if not (project.root / place).is_symlink()}
            if len(options) > 1:
                _refuse_ambiguity(PathMap(found={}, roots=(), ambiguous={file.names[0]: tuple(options)}, lost=()))
            places[number] = next(iter(options), None)
            lost += not options
    if lost and lost == len(files):
        raise MeasureError(
            f"none of the {lost} files of the coverage report is in this checkout (the first is {files[0].names[0]})",
            hint="make the report from this repository at this commit: `relative_files = true` makes paths portable",
            slug="sources-gone",
        )
    gone = [f"{lost} reported {'file is' if lost == 1 else 'files are'} not in the checkout and left out."]
    return places, (*_mapping_notes(mapped), *(gone if lost else []))


def _only(mapped: PathMap, names: Iterable[str]) -> PathMap:
    if any(name in mapped.found for name in names):
        return PathMap(found={}, roots=(), ambiguous={}, lost=())
    ambiguous = {name: mapped.ambiguous[name] for name in names if name in mapped.ambiguous}
    return PathMap(found={}, roots=(), ambiguous=ambiguous, lost=())


def _inside(project: Project, name: str) -> PurePosixPath | None:
    """Return `name` relative to the checkout, taken from the project's folder; None when it lies outside."""
    path = Path(*(project.directory / name).parts)
    try:
        return PurePosixPath(path.resolve().relative_to(project.root.resolve()))
    except (ValueError, OSError, RuntimeError):  # RuntimeError: a loop of symbolic links, before Python 3.13
        return None


def _static_analysis(
    project: Project, changed: Sequence[PurePosixPath], files: Mapping[PurePosixPath, ReportedFile]
) -> dict[str, object]:
    """Ask the probe for the statements of changed files: a report has neither continuation lines nor functions."""
    python_files = [str(path) for path in changed if path.suffix in {".py", ".pyw"}]
    if not python_files:
        return {"changed": {}}
    return Probe(
        project,
        {
            "command": "static",
            "root": str(project.root),
            "changed": python_files,
            "measured": [str(path) for path in files],
        },
    ).answer()


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
        functions=_functions(details),
    )
