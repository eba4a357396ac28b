"""Coverage reports made elsewhere, Cobertura XML and LCOV, read as untrusted text into lines and branches."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from xml.parsers import expat

from covgate.errors import MeasureError

MAX_REPORT_BYTES = 256 * 1024 * 1024
"""A Cobertura report of 400,000 lines is about 12 MiB; what is far above that is not a report."""

MAX_LINE = 1_000_000
"""A line number beyond it is an error: the longest generated Python files have some hundred thousand lines, and every
line up to the last takes room in memory and in a record."""


class DataKind(Enum):
    """What a file given as coverage data is, told by its first bytes."""

    DATA_FILE = "a coverage data file"
    COBERTURA = "a Cobertura report"
    LCOV = "an LCOV report"


@dataclass(slots=True, kw_only=True)
class ReportedFile:
    """One file of a report. `names` are the places it may lie at, best first, in the writer's own terms.

    `lines` maps a line to whether it was executed; `branches` a line to {exit: taken}.
    """

    names: tuple[str, ...]
    counted: bool = False
    """Cobertura counts the exits that were taken, and names only those that were not. LCOV names all."""
    lines: dict[int, bool] = field(default_factory=dict)
    branches: dict[int, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))

    def merge(self, other: ReportedFile) -> None:
        """Add another report of the same file: what either executed was executed."""
        for line, executed in other.lines.items():
            self.add_line(line, executed=executed)
        for line, exits in other.branches.items():
            self.add_exits(line, exits)

    def add_line(self, line: int, *, executed: bool) -> None:
        """Add what is said of a line: it was executed if it is said once."""
        self.lines[line] = self.lines.get(line, False) or executed

    def add_exits(self, line: int, exits: dict[str, bool]) -> None:
        """Add what is said of the exits of a line: one was taken if it is said once."""
        known = self.branches[line]
        if not self.counted:
            self.branches[line] = {name: known.get(name, False) or exits.get(name, False) for name in known | exits}
        else:
            self.branches[line] = _unite_counted(known, exits) if known else exits


_TAKEN, _MISSING = "+", "-"
"""How the made-up names of exits begin that Cobertura only counts. Its own are line numbers and `exit`."""


def _unite_counted(one: dict[str, bool], other: dict[str, bool]) -> dict[str, bool]:
    """Unite exits as Cobertura tells of them: an exit that one side misses, and the other does not, was taken there.

    `1/2, missing 5` and `1/2, missing exit` are 2 of 2. Where the missing ones have no names, or the numbers do not fit
    each other, the side that took more counts: whether the other took another exit is not known.
    """
    more = max((one, other), key=lambda exits: (len(exits), sum(exits.values())))
    if len(one) != len(other) or any(name.startswith(_MISSING) for name in one | other):
        return more
    united = {name: one.get(name, True) or other.get(name, True) for name in one | other if name[0] != _TAKEN}
    unnamed = len(one) - len(united)
    return more if unnamed < 0 else united | {f"{_TAKEN}{number}": True for number in range(unnamed)}


def _counted_exits(taken: int, total: int, missing: str) -> dict[str, bool]:
    """Return the exits of a line in Cobertura's terms; `missing` is `missing-branches`, such as `5,exit`."""
    names = [name for word in missing.split(",") if (name := word.strip())]
    if len(names) != total - taken or not all(re.fullmatch(r"exit|\d{1,9}", name) for name in names):
        names = [f"{_MISSING}{number}" for number in range(total - taken)]
    # Two exits may have one name: both leave the code they are in.
    unlike = {f"{name}/{number}" if name in names[:number] else name: False for number, name in enumerate(names)}
    return unlike | {f"{_TAKEN}{number}": True for number in range(taken)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one report file."""

    files: tuple[ReportedFile, ...]
    has_branches: bool


def detect_kind(path: Path) -> DataKind:
    """Tell what a file is by its content. Raises MeasureError for anything covgate does not read."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as exc:
        raise MeasureError(
            f"{path} cannot be read: {exc.strerror or exc}",
            hint="see that the user covgate runs as may read it",
            slug="unreadable-data",
        ) from None
    if start.startswith(b"SQLite format 3\0"):
        return DataKind.DATA_FILE
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return DataKind.COBERTURA
    if re.match(rb"(TN|SF):", text):
        return DataKind.LCOV
    raise MeasureError(
        f"{path} is {'empty' if not start else 'neither coverage data nor a Cobertura or LCOV report'}",
        hint="give the files `coverage run`, `coverage xml` or `coverage lcov` wrote; make a damaged file again",
        slug="unreadable-data",
    )


def read_report(path: Path, kind: DataKind) -> Report:
    """Read a Cobertura or LCOV file. Raises MeasureError when it is malformed, hostile or too large."""
    size = path.stat().st_size
    if size > MAX_REPORT_BYTES:
        raise _bad(path, f"is {size} bytes long; covgate reads at most {MAX_REPORT_BYTES}")
    return _read_cobertura(path) if kind is DataKind.COBERTURA else _read_lcov(path)


def _bad(path: Path, what: str) -> MeasureError:
    return MeasureError(f"{path} {what}", hint="make the report again with coverage", slug="unreadable-data")


def _require_line(line: int, name: str, path: Path, row: int) -> None:
    """Raise MeasureError for a line that file `name` cannot have; `row` is where the report says so."""
    if line > MAX_LINE:
        raise _bad(path, f"names line {line} of {name[:200]}, more than covgate believes of a file (line {row})")


# --- Cobertura ---------------------------------------------------------------------------------------------------


class _Cobertura:
    """Collects the classes of one report while expat streams through it."""

    def __init__(self, path: Path) -> None:
        self.parser = expat.ParserCreate()
        self._path = path
        self._sources: list[str] = []
        self._text: list[str] | None = None
        self._classes: list[tuple[str, ReportedFile]] = []
        self._file: ReportedFile | None = None
        self._root = ""
        self._has_branches = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._root:
            self._root = name
            if name != "coverage" or "clover" in attributes:
                raise _bad(self._path, f"is not a Cobertura report: its root element is <{name[:40]}>")
            self._has_branches = attributes.get("branches-valid", "0") not in {"", "0"}
        elif name == "source":
            self._text = []
        elif name == "class":
            self._file = ReportedFile(names=(), counted=True)
            self._classes.append((attributes.get("filename", ""), self._file))
        elif name == "line" and self._file is not None:
            self._line(self._file, attributes)

    def end(self, name: str) -> None:
        if name == "source" and self._text is not None:
            self._sources.append("".join(self._text).strip())
            self._text = None
        elif name == "class":
            self._file = None

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def entity(self, *_: object) -> None:
        raise _bad(self._path, "declares XML entities, which a coverage report never needs")

    def _line(self, file: ReportedFile, attributes: dict[str, str]) -> None:
        try:
            number, hits = int(attributes["number"]), int(attributes["hits"])
        except (KeyError, ValueError):
            raise _bad(self._path, f"has a <line> without a usable number and hits: {attributes}"[:200]) from None
        if number < 1:
            return
        _require_line(number, self._classes[-1][0], self._path, self.parser.CurrentLineNumber)
        file.add_line(number, executed=hits > 0)
        condition = re.search(r"\((\d{1,4})/(\d{1,4})\)", attributes.get("condition-coverage", ""))
        if condition:
            total = int(condition[2])
            taken = min(int(condition[1]), total)
            self._has_branches = True
            if total > 1:
                file.add_exits(number, _counted_exits(taken, total, attributes.get("missing-branches", "")))

    def report(self) -> Report:
        if not self._root:
            raise _bad(self._path, "holds no element")
        for filename, file in self._classes:
            absolute = filename.startswith("/") or re.match(r"[A-Za-z]:[\\/]", filename)
            joined = (
                [filename] if absolute else [f"{source.rstrip('/')}/{filename}" for source in self._sources if source]
            )
            file.names = tuple(dict.fromkeys(joined or [filename]))
        return Report(files=tuple(file for _, file in self._classes), has_branches=self._has_branches)


def _read_cobertura(path: Path) -> Report:
    collector = _Cobertura(path)
    parser = collector.parser
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.characters
    # A DOCTYPE is allowed (other tools write one), what it could define is not.
    parser.EntityDeclHandler = collector.entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except (expat.ExpatError, ValueError) as exc:
        # ValueError: an encoding expat does not know.
        raise _bad(path, f"is not well-formed XML: {exc}") from None
    return collector.report()


# --- LCOV --------------------------------------------------------------------------------------------------------


def _read_lcov(path: Path) -> Report:
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
                _add_lines_without_counts(current, functions)
            current = None
        elif key in {"FN", "FNDA"}:
            _lcov_function(path, number, key, value, functions)
        elif key in _LCOV_READERS:
            if current is None:
                raise _bad(path, f"has a {key} record outside a file (line {number})")
            has_branches = has_branches or key == "BRDA"
            _LCOV_READERS[key](path, number, value, current)
    _require_closed(path, current)
    return Report(files=tuple(files), has_branches=has_branches)


def _add_lines_without_counts(file: ReportedFile, functions: Mapping[str, tuple[int, bool]]) -> None:
    """Add the lines that have exits, or the head of a function, and no count of their own, as Istanbul's reports do.

    coverage.py's have a count for each of them.
    """
    heads = {line: executed for line, executed in functions.values() if line not in file.lines}
    exits = {line: any(taken.values()) for line, taken in file.branches.items() if line not in file.lines}
    for line, executed in (heads | exits).items():
        if line:
            file.add_line(line, executed=executed)


def _require_closed(path: Path, file: ReportedFile | None) -> None:
    if file is not None:
        raise _bad(path, f"ends inside the record of {file.names[0][:200]}: it was cut off")


def _lcov_records(path: Path) -> Iterator[tuple[int, str, str]]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            key, _, value = line.rstrip("\r\n").partition(":")
            # Blanks around a word are no part of it (`end_of_record ` is seen); in a file's name they are.
            yield number, key.strip(), value


def _lcov_line(path: Path, number: int, value: str, file: ReportedFile) -> None:
    match = re.fullmatch(r"(\d{1,18}),(-?\d{1,18})(,.*)?", value)
    if not match:
        raise _bad(path, f"has a malformed record DA:{value[:60]} (line {number})")
    line = int(match[1])
    _require_line(line, file.names[0], path, number)
    if line:
        file.add_line(line, executed=int(match[2]) > 0)


def _lcov_branch(path: Path, number: int, value: str, file: ReportedFile) -> None:
    match = re.fullmatch(r"(\d{1,18}),([^,]*),(.*),(-|\d+)", value)
    if not match:
        raise _bad(path, f"has a malformed record BRDA:{value[:60]} (line {number})")
    _require_line(int(match[1]), file.names[0], path, number)
    file.add_exits(int(match[1]), {f"{match[2]},{match[3]}": match[4] not in {"-", "0"}})


def _lcov_function(path: Path, number: int, key: str, value: str, functions: dict[str, tuple[int, bool]]) -> None:
    """Read `FN:line,[last line,]name` and the `FNDA:calls,name` after it; what has another shape is passed over."""
    match = re.fullmatch(r"(\d{1,18}),(?:\d{1,18},)?(.+)" if key == "FN" else r"(\d{1,18}),(.+)", value)
    if match and key == "FN":
        _require_line(int(match[1]), match[2], path, number)
        functions[match[2]] = int(match[1]), False
    elif match and match[2] in functions:
        functions[match[2]] = functions[match[2]][0], int(match[1]) > 0


_LCOV_READERS = {"DA": _lcov_line, "BRDA": _lcov_branch}
