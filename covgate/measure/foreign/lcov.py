"""LCOV, a record a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from covgate.measure.foreign.kinds import Report, ReportedFile, add_lines_without_counts, bad_report, require_line


def read_lcov(path: Path) -> Report:
    """Read LCOV's records. Raises MeasureError when one is malformed or the file was cut off."""
    files: list[ReportedFile] = []
    current: ReportedFile | None = None
    functions: dict[str, tuple[int, bool]] = {}
    has_branches = False
    for number, key, value in _lcov_records(path):
        if key == "SF":
            _require_closed(path, current)
            current, functions = ReportedFile(names=(value,)), {}
            files.append(current)
        elif key == "end_of_record":
            if current is not None:
                add_lines_without_counts(current, functions)
            current = None
        elif key in {"FN", "FNDA"}:
            _lcov_function(path, number, key, value, functions)
        elif key in _LCOV_READERS:
            if current is None:
                raise bad_report(path, f"has a {key} record outside a file (line {number})")
            has_branches = has_branches or key == "BRDA"
            _LCOV_READERS[key](path, number, value, current)
    _require_closed(path, current)
    return Report(files=tuple(files), has_branches=has_branches)


def _require_closed(path: Path, file: ReportedFile | None) -> None:
    if file is not None:
        raise bad_report(path, f"ends inside the record of {file.names[0][:200]}: it was cut off")


def _lcov_records(path: Path) -> Iterator[tuple[int, str, str]]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            key, _, value = line.rstrip("\r\n").partition(":")
            # Blanks around a word are no part of it (`end_of_record ` is seen); in a file's name they are.
            yield number, key.strip(), value


def _lcov_line(path: Path, number: int, value: str, file: ReportedFile) -> None:
    match = re.fullmatch(r"(\d{1,18}),(-?\d{1,18})(,.*)?", value)
    if not match:
        raise bad_report(path, f"has a malformed record DA:{value[:60]} (line {number})")
    line = int(match[1])
    require_line(line, file.names[0], path, number)
    if line:
        file.add_line(line, executed=int(match[2]) > 0)


def _lcov_branch(path: Path, number: int, value: str, file: ReportedFile) -> None:
    match = re.fullmatch(r"(\d{1,18}),([^,]*),(.*),(-|\d+)", value)
    if not match:
        raise bad_report(path, f"has a malformed record BRDA:{value[:60]} (line {number})")
    require_line(int(match[1]), file.names[0], path, number)
    file.add_exits(int(match[1]), {f"{match[2]},{match[3]}": match[4] not in {"-", "0"}})


def _lcov_function(path: Path, number: int, key: str, value: str, functions: dict[str, tuple[int, bool]]) -> None:
    """Read `FN:line,[last line,]name` and the `FNDA:calls,name` after it; what has another shape is passed over."""
    match = re.fullmatch(r"(\d{1,18}),(?:\d{1,18},)?(.+)" if key == "FN" else r"(\d{1,18}),(.+)", value)
    if match and key == "FN":
        require_line(int(match[1]), match[2], path, number)
        functions[match[2]] = int(match[1]), False
    elif match and match[2] in functions:
        functions[match[2]] = functions[match[2]][0], int(match[1]) > 0


_LCOV_READERS = {"DA": _lcov_line, "BRDA": _lcov_branch}
