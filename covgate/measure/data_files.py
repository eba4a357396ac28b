"""From data files to a `Measurement`: which files they are, and the probe's answer as values."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.config import ReportKind
from covgate.errors import InputError, MeasureError
from covgate.measure.agreement import find_strays
from covgate.measure.answers import PROBLEMS
from covgate.measure.foreign.kinds import DataKind, detect_kind
from covgate.measure.own_packages import packages_of
from covgate.measure.path_map import SHOWN
from covgate.measure.probe_call import Probe
from covgate.measure.project import Project
from covgate.measure.pytest_options import find_cov_options, find_test_names
from covgate.measure.twins import Recorded, RecordedData, Settled, gone_note, settle, stale_copy
from covgate.model import (
    Branch,
    Counts,
    Coverage,
    FileCoverage,
    Function,
    Gap,
    Measurement,
    Reason,
    ReasonKind,
    Span,
    Tally,
    UnmeasuredFile,
    name_some,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to take from the analysis besides the numbers. Places to write to are absolute."""

    changed: tuple[PurePosixPath, ...] = ()
    tracked: tuple[PurePosixPath, ...] = ()
    """The Python files of the project's folder; `changed` and these are relative to the checkout."""
    exports: Mapping[ReportKind, Path] = field(default_factory=dict)
    """Coverage's own reports of the whole project, and where each is written."""
    otherwise: Mapping[str, Sequence[str]] | None = None
    """Options of another [report] section of coverage, to count the total by it as well: `exclude_also`, …"""


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
        paths = [
            path for path in (directory / name for name in names) if path.is_file() and _may_be_data(path, pattern)
        ]
        if not paths:
            raise InputError(
                f"no file matches {pattern!r} (from {source})",
                hint="give the path of the data file an earlier step wrote; upload-artifact leaves files whose name "
                "starts with a dot out unless `include-hidden-files: true` is set",
                slug="data-not-found",
            )
        found |= {path: detect_kind(path) for path in paths}
    kinds = set(found.values())
    if len(kinds) > 1:
        listed = ", ".join(f"{path.name} is {kind.value}" for path, kind in list(found.items())[:SHOWN])
        raise InputError(
            f"the coverage data (from {source}) is of several kinds: {listed}",
            hint="name data files, or Cobertura reports, or LCOV reports; of one run, any one of them is enough",
            slug="mixed-data",
        )
    return tuple(found), kinds.pop()


def _may_be_data(path: Path, pattern: str) -> bool:
    """Whether a match of `pattern` is meant: `.coverage*` fits coverage's configuration and SQLite's side files too."""
    return path.name == Path(pattern).name or not (
        path.name in {".coveragerc", ".coveragerc.toml"} or path.name.endswith(("-journal", "-wal", "-shm"))
    )


def analyse_data(
    project: Project,
    data: Sequence[Path],
    *,
    config: str | None,
    wanted: Wanted,
    local: Sequence[PurePosixPath],
    probe: Probe | None = None,
) -> Measurement:
    """Analyse data files in the project's interpreter, with `probe` when one was started ahead.

    `config` is the serialised configuration of the run that just made them; None for data made before, which may come
    from another machine: then the project's own is used. `local` lists the checkout's files, sorted. Raises
    MeasureError when the data can not be used, or speaks of another copy of the code.
    """
    request: dict[str, object] = {
        "command": "analyse",
        "data": [str(path) for path in data],
        "config": config,
        "places": None,
        "local": [str(path) for path in local],
        "packages": packages_of(project, local) if config else {},
        "root": str(project.root),
        "changed": [str(path) for path in wanted.changed],
        **scope_request(project, wanted.tracked),
        "exports": {kind.value: str(place) for kind, place in wanted.exports.items()},
        "own_run": config is not None,
        "otherwise": None if wanted.otherwise is None else {name: [*one] for name, one in wanted.otherwise.items()},
    }
    answer = (probe or Probe(project)).ask(request)
    notes: tuple[str, ...] = ()
    foreign = cast("list[dict[str, object]]", answer["foreign"])
    if foreign:
        # Asked once more, with the places of the files that were recorded elsewhere.
        settled = _settle(project, foreign, local)
        places = {
            str(data["data"]): _texts(project, places) for data, places in zip(foreign, settled.places, strict=True)
        }
        answer = Probe(project).ask({**request, "places": places})
        notes = settled.notes
    notes += gone_note(cast("list[str]", answer["gone"]))
    _refuse_hidden(cast("list[list[str]]", answer["hidden"]))
    return _measurement(answer, notes, own_run=config is not None)


def _settle(project: Project, foreign: Iterable[Mapping[str, object]], local: Iterable[PurePosixPath]) -> Settled:
    recorded = [
        RecordedData(
            path=Path(str(data["data"])),
            known=cast("int", data["known"]),
            foreign=tuple(_recorded(item) for item in cast("list[dict[str, object]]", data["foreign"])),
        )
        for data in foreign
    ]
    executed = (PurePosixPath(path) for data in foreign for path in cast("list[str]", data["executed"]))
    return settle(recorded, root=project.root, local=local, executed=executed)


def _recorded(item: Mapping[str, object]) -> Recorded:
    place, alias = (Path(str(path)) if path else None for path in (item["place"], item["alias"]))
    signs = {sign: bool(item[sign]) for sign in ("executed", "here", "added")}
    return Recorded(names=(str(item["name"]),), place=place, alias=alias, **signs)


def _texts(project: Project, places: Mapping[tuple[str, ...], PurePosixPath | Path | None]) -> dict[str, str | None]:
    return {names[0]: None if place is None else str(project.root / place) for names, place in places.items()}


def _refuse_hidden(hidden: Sequence[Sequence[str]]) -> None:
    """Raise for packages that the interpreter has elsewhere, where the configuration leaves them unmeasured."""
    for path, found in hidden:
        raise stale_copy(
            f"nothing of {path} was measured, and the tests' interpreter has it in {found}, which the coverage "
            "configuration leaves out: neither the change nor the total can be judged"
        )


def scope_request(project: Project, tracked: Iterable[PurePosixPath]) -> dict[str, object]:
    """Return what the probe's scope needs besides coverage's configuration: files, and what pytest's own says."""
    addopts = project.environment.get("PYTEST_ADDOPTS", "")
    return {
        "tracked": [str(path) for path in tracked],
        "source": list(find_cov_options(project.directory, (), addopts).source),
        "tests": list(find_test_names(project.directory, (), addopts)),
    }


def _lost(processes: int) -> tuple[str, ...]:
    if not processes:
        return ()
    who = "One process" if processes == 1 else f"{processes} processes"
    return (f"{who} of the run ended before writing coverage data: what they executed is not counted.",)


def _measurement(answer: Mapping[str, object], notes: tuple[str, ...], *, own_run: bool) -> Measurement:
    warnings = cast("list[str]", answer["warnings"])
    files = cast("dict[str, dict[str, object]]", answer["files"])
    changed = cast("dict[str, dict[str, object]]", answer["changed"])
    problems = cast("list[list[str]]", answer["problems"])
    measured = {PurePosixPath(path): file_from_record(path, record) for path, record in files.items()}
    coverage = Coverage(files=measured, has_branches=bool(answer["branches"]))
    if problems:
        raise _not_analysable(problems)
    require_executed(coverage)
    return Measurement(
        coverage=coverage,
        unmeasured={PurePosixPath(path): unmeasured_from_record(path, record) for path, record in changed.items()},
        digests=digests_of(files | changed),
        # covgate's own run is of the text that lies here: the digest holds it.
        doubts={} if own_run else find_strays(files),
        otherwise=_tally(answer.get("otherwise")),
        lost=cast("int", answer["lost"]),
        notes=(
            *notes,
            *unloaded_note(answer),
            *_lost(cast("int", answer["lost"])),
            *(f"coverage: {text}" for text in warnings),
        ),
    )


def _tally(counts: object) -> Tally | None:
    """Return the counts of an answer, where it has some that can be."""
    if not isinstance(counts, list) or [type(count) for count in counts] != [int] * 4:
        return None
    covered, statements, taken, branches = cast("list[int]", counts)
    if not (0 <= covered <= statements and 0 <= taken <= branches):
        return None
    return Tally(lines=Counts(covered=covered, total=statements), branches=Counts(covered=taken, total=branches))


def _not_analysable(problems: Sequence[Sequence[str]]) -> MeasureError:
    if [kind for kind, _, _ in problems] == ["not-python"]:
        return MeasureError(
            f"`{problems[0][1]}` is not valid Python",
            hint="mend the file, or leave it out with `omit`",
            slug="sources-gone",
        )
    listed = name_some([f"{path}: {PROBLEMS[kind]}" for kind, path, _ in problems], SHOWN, "; ")
    return MeasureError(
        f"{len(problems)} measured {'file' if len(problems) == 1 else 'files'} cannot be analysed ({listed}). "
        "Leave them out with `omit`, or set `ignore_errors` in the coverage configuration",
        hint="the data must be of this commit, and the interpreter (`--python`) of the version that measured it",
        slug="sources-gone",
    )


# --- records of single files ------------------------------------------------------------------------------------------


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
        reasons=reasons_from_record(record),
    )


def functions_from_record(record: Mapping[str, object]) -> tuple[Function, ...]:
    """Return the functions of a record; empty when the file did not change."""
    regions = cast("list[tuple[str, int, int, int]]", record.get("functions", []))
    # A name that Python cannot have is no function's: it would be text of a stranger's in the report.
    named = (region for region in regions if all(part.isidentifier() for part in region[0].split(".")))
    return tuple(Function(name=name, span=Span(start=start, end=end), body=body) for name, start, end, body in named)


def reasons_from_record(record: Mapping[str, object]) -> dict[int, Reason]:
    """Return why lines of a record are missing, as far as it is known; empty when the file did not change."""
    found = cast("list[tuple[int, str, int]]", record.get("reasons", []))
    return {line: Reason(kind=ReasonKind(kind), line=cause) for line, kind, cause in found}


def unmeasured_from_record(path: str, record: Mapping[str, object]) -> UnmeasuredFile:
    """Return the record of a changed file without data: why there is none, and its statements when it should have."""
    gap = Gap(str(record["gap"]))
    file = file_from_record(path, record) if gap in {Gap.UNMEASURED, Gap.UNDECIDED} else None
    texts = {name: str(record.get(name, "")) for name in ("why", "rule", "where")}
    return UnmeasuredFile(gap=gap, file=file, **texts)


def digests_of(records: Mapping[str, Mapping[str, object]]) -> dict[PurePosixPath, str]:
    """Return the digests of the texts that were analysed: of changed files."""
    return {PurePosixPath(path): str(record["sha256"]) for path, record in records.items() if "sha256" in record}


def unloaded_note(answer: Mapping[str, object]) -> tuple[str, ...]:
    """Say which files of the project the total does not hold, as the probe's answer has them; nothing for none."""
    paths = cast("list[str]", answer["unloaded"])
    if not paths:
        return ()
    are = "1 file that no test loads is" if len(paths) == 1 else f"{len(paths)} files that no test loads are"
    return (f"{are} not in the total: {name_some(paths, SHOWN)}.",)


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
