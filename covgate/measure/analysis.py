"""From data files to a `Measurement`: which files they are, and the probe's answer as values."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.errors import InputError
from covgate.measure.pathmap import SHOWN, map_paths, mapping_notes, refuse_ambiguity
from covgate.measure.project import Probe, Project
from covgate.measure.records import file_from_record, require_executed, unmeasured_from_record
from covgate.measure.reports import DataKind, detect_kind
from covgate.model import Coverage, Measurement, Unavailable


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
        listed = ", ".join(f"{path.name} is {kind.value}" for path, kind in list(found.items())[:SHOWN])
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
        "own_run": config is not None,
        "may_ask": True,
    }
    answer = Probe(project, request).answer()
    notes: tuple[str, ...] = ()
    unresolved = cast("list[str]", answer["unresolved"])
    if unresolved:
        # Asked once more, with the folders of the other machine mapped to the ones here.
        mapped = map_paths(unresolved, local)
        refuse_ambiguity(mapped)
        aliases = [[there, str(project.root / here)] for there, here in mapped.roots]
        answer = Probe(project, {**request, "aliases": aliases, "may_ask": False}).answer()
        notes = mapping_notes(mapped)
    return _measurement(answer, notes)


def _lost(processes: int) -> tuple[str, ...]:
    if not processes:
        return ()
    who = "One process" if processes == 1 else f"{processes} processes"
    return (f"{who} of the run ended before writing coverage data: what they executed is not counted.",)


def _measurement(answer: Mapping[str, object], notes: tuple[str, ...]) -> Measurement:
    warnings = cast("list[str]", answer["warnings"])
    files = cast("dict[str, dict[str, object]]", answer["files"])
    changed = cast("dict[str, dict[str, object]]", answer["changed"])
    problems = cast("list[list[str]]", answer["problems"])
    measured = {PurePosixPath(path): file_from_record(path, record) for path, record in files.items()}
    coverage: Coverage | Unavailable = Coverage(files=measured, has_branches=bool(answer["branches"]))
    if problems:
        coverage = Unavailable(reason=_problem_text(problems))
    else:
        require_executed(cast("Coverage", coverage))
    digests = {PurePosixPath(path): str(record["sha256"]) for path, record in files.items() if "sha256" in record}
    return Measurement(
        coverage=coverage,
        unmeasured={PurePosixPath(path): unmeasured_from_record(path, record) for path, record in changed.items()},
        digests=digests,
        notes=(*notes, *_lost(cast("int", answer["lost"])), *(f"coverage: {text}" for text in warnings)),
    )


def _problem_text(problems: Sequence[Sequence[str]]) -> str:
    texts = {"no-source": "its source is gone", "not-python": "it is not valid Python"}
    listed = "; ".join(f"{path}: {texts[kind]}" for kind, path, _ in problems[:SHOWN])
    more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return (
        f"{len(problems)} measured {'file' if len(problems) == 1 else 'files'} cannot be analysed ({listed}{more}). "
        "Leave them out with `omit`, or set `ignore_errors` in the coverage configuration"
    )
