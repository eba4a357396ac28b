"""From data files to a `Measurement`: which files they are, and the probe's answer as values."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.errors import InputError, MeasureError
from covgate.measure.agreement import find_strays
from covgate.measure.foreign.kinds import DataKind, detect_kind
from covgate.measure.own_packages import own_packages
from covgate.measure.path_map import SHOWN
from covgate.measure.probe_call import Probe, reading_answer
from covgate.measure.probe_records import file_from_record, require_executed, unloaded_note, unmeasured_from_record
from covgate.measure.project import Project
from covgate.measure.pytest_options import find_cov_options, find_test_names
from covgate.measure.twins import Recorded, RecordedData, Settled, gone_note, settle, stale_copy
from covgate.model import Coverage, Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to take from the analysis besides the numbers. Places to write to are absolute; None is not wanted."""

    changed: tuple[PurePosixPath, ...] = ()
    tracked: tuple[PurePosixPath, ...] = ()
    """The Python files of the project's folder; `changed` and these are relative to the checkout."""
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
    local: Iterable[PurePosixPath],
    probe: Probe | None = None,
) -> Measurement:
    """Analyse data files in the project's interpreter, with `probe` when one was started ahead.

    `config` is the serialised configuration of the run that just made them; None for data made before, which may come
    from another machine: then the project's own is used. `local` lists the checkout's files. Raises MeasureError when
    the data can not be used, or speaks of another copy of the code.
    """
    files = sorted(local)
    request: dict[str, object] = {
        "command": "analyse",
        "data": [str(path) for path in data],
        "config": config,
        "places": None,
        "local": [str(path) for path in files],
        "packages": packages_of(project, files) if config else {},
        "root": str(project.root),
        "changed": [str(path) for path in wanted.changed],
        **scope_request(project, wanted.tracked),
        "html": str(wanted.html) if wanted.html else None,
        "xml": str(wanted.xml) if wanted.xml else None,
        "own_run": config is not None,
    }
    answer = (probe or Probe(project)).ask(request)
    notes: tuple[str, ...] = ()
    with reading_answer():
        foreign = [dict(item) for item in cast("list[dict[str, object]]", answer["foreign"])]
    if foreign:
        # Asked once more, with the places of the files that were recorded elsewhere.
        settled = _settle(project, foreign, files)
        places = {
            str(data["data"]): _texts(project, places) for data, places in zip(foreign, settled.places, strict=True)
        }
        answer = Probe(project).ask({**request, "places": places})
        notes = settled.notes
    notes += gone_note(cast("list[str]", answer["gone"]))
    _refuse_hidden(cast("list[list[str]]", answer["hidden"]))
    with reading_answer():
        return _measurement(answer, notes, own_run=config is not None)


def packages_of(project: Project, local: Iterable[PurePosixPath]) -> dict[str, str]:
    """Return the project's own packages as the probe takes them: {name: path in the checkout}."""
    prefix = PurePosixPath(project.directory.resolve().relative_to(project.root.resolve()))
    return {name: str(path) for name, path in own_packages(local, prefix).items()}


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
    place, alias = item["place"], item["alias"]
    return Recorded(
        names=(str(item["name"]),),
        place=Path(str(place)) if place else None,
        alias=Path(str(alias)) if alias else None,
        executed=bool(item["executed"]),
        here=bool(item["here"]),
        added=bool(item["added"]),
    )


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
    digests = {
        PurePosixPath(path): str(record["sha256"])
        for path, record in (*files.items(), *changed.items())
        if "sha256" in record
    }
    return Measurement(
        coverage=coverage,
        unmeasured={PurePosixPath(path): unmeasured_from_record(path, record) for path, record in changed.items()},
        digests=digests,
        # covgate's own run is of the text that lies here: the digest holds it.
        doubts={} if own_run else find_strays(files),
        lost=cast("int", answer["lost"]),
        notes=(
            *notes,
            *unloaded_note(answer),
            *_lost(cast("int", answer["lost"])),
            *(f"coverage: {text}" for text in warnings),
        ),
    )


def _not_analysable(problems: Sequence[Sequence[str]]) -> MeasureError:
    texts = {"no-source": "its source is gone", "not-python": "it is not valid Python"}
    listed = "; ".join(f"{path}: {texts[kind]}" for kind, path, _ in problems[:SHOWN])
    more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return MeasureError(
        f"{len(problems)} measured {'file' if len(problems) == 1 else 'files'} cannot be analysed ({listed}{more}). "
        "Leave them out with `omit`, or set `ignore_errors` in the coverage configuration",
        hint="the data must be of this commit, and the interpreter (`--python`) of the version that measured it",
        slug="sources-gone",
    )
