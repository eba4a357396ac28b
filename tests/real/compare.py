"""covgate's result beside the oracles' answers: what is equal, what differs, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast
from xml.etree import ElementTree as ET

from covgate.model.coverage import spans_of
from tests.real.oracles import CoverageAnswer, CoverageFile, DiffCoverFile, GitChange, ask_git, ask_grammar
from tests.real.workshop import ROOT, Laid

CONTINUED = "only continuation lines of the statement were edited; diff-cover does not look at them"
NO_LINE_END = "the old file's last line had no line end; diff-cover counts git's marker for that as a line"
NOT_LOADED = "no test loads the file, so it is not in the XML; covgate counts its statements as uncovered"

Result = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Covered and total, of statements and of branches."""

    lines: tuple[int, int]
    branches: tuple[int, int]

    @property
    def percent(self) -> str:
        """As `coverage report --precision=3` prints it, by coverage's documented rule: never rounded to 0 or 100."""
        covered, total = self.lines[0] + self.branches[0], self.lines[1] + self.branches[1]
        shown = f"{100 * covered / total:.3f}" if total else "100.000"
        if shown == "100.000" and covered < total:
            return "99.999"
        return "0.001" if shown == "0.000" and covered else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Lines of one file that only one of covgate and diff-cover counts, and why."""

    path: str
    lines: str
    """Ranges, for people."""
    statements: int
    """How many more covgate counts; negative when it counts fewer."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffComparison:
    """The diff, counted by both. Lines are statements that the branch touches."""

    covgate: int
    diff_cover: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One project of the table in docs/real-projects.md."""

    name: str
    releases: str
    why: str
    files: int
    statements: int
    branches: int
    coverage_total: str
    covgate_total: str
    diff: DiffComparison
    run_total: str
    run_differs: str

    def save(self, folder: Path) -> None:
        """Keep the row for the table, which is made when all projects are through."""
        folder.mkdir(exist_ok=True)
        (folder / f"{self.name}.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Row:
        """Read a row that was kept."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        diff = fields.pop("diff")
        differences = tuple(Difference(**difference) for difference in diff.pop("differences"))
        return cls(**fields, diff=DiffComparison(**diff, differences=differences))


def check(laid: Laid, name: str, *arguments: str) -> Result:
    """Run `covgate check` from covgate's own environment, with the project's interpreter named; return the result."""
    folder = laid.scratch / name
    words = ("check", "--base", "main", "--python", str(laid.python), "--report-dir", str(folder), *arguments)
    laid.run(sys.executable, "-m", "covgate", *words, PYTHONPATH=str(ROOT))
    return cast("Result", json.loads((folder / "result.json").read_text(encoding="utf-8")))


def counts_of(figure: object) -> Counts:
    """Return the counts of a figure of result.json."""
    pairs = cast("Mapping[str, Mapping[str, int]]", figure)
    lines, branches = pairs["lines"], pairs["branches"]
    return Counts(lines=(lines["covered"], lines["total"]), branches=(branches["covered"], branches["total"]))


def counts_of_coverage(answer: CoverageAnswer) -> Counts:
    """Add up what coverage says of each file."""
    files = answer.files.values()
    executed, taken = sum(len(f.executed) for f in files), sum(len(f.taken) for f in files)
    return Counts(
        lines=(executed, executed + sum(len(f.missing) for f in files)),
        branches=(taken, taken + sum(len(f.not_taken) for f in files)),
    )


def counts_of_xml(path: Path) -> Counts:
    """Return the totals coverage wrote into its XML."""
    root = ET.parse(path).getroot()  # noqa: S314  # our own file
    number = {key: int(root.attrib[key]) for key in root.attrib if key.endswith(("-covered", "-valid"))}
    return Counts(
        lines=(number["lines-covered"], number["lines-valid"]),
        branches=(number["branches-covered"], number["branches-valid"]),
    )


def compare_diff(
    laid: Laid, result: Result, coverage: CoverageAnswer, diff_cover: Mapping[str, DiffCoverFile]
) -> DiffComparison:
    """Hold each file of the change against diff-cover, line by line; every difference has to be explained."""
    files = cast("list[Result]", cast("Result", result["diff"])["files"])
    ours = {str(file["path"]): file for file in files}
    differences: list[Difference] = []
    for path in sorted({*ours, *diff_cover}):
        measured = coverage.files.get(path)
        if measured is None:
            differences.append(_not_loaded(path, ours[path]))
            continue
        theirs = diff_cover.get(path, DiffCoverFile())
        change = ask_git(laid, path)
        edited = change.lines & measured.statements
        continued = ask_grammar((laid.repository / path).read_text(encoding="utf-8"), change.lines)
        expected = edited | (continued & measured.statements)
        assert _of_file(ours.get(path), measured) == _expected(measured, expected), path
        assert theirs.violations == theirs.lines & measured.missing, path
        differences += _explain(path, change, edited, expected, theirs.lines)
    not_loaded = {difference.path for difference in differences if difference.why == NOT_LOADED}
    assert not_loaded == set(laid.project.not_loaded), not_loaded
    covgate, theirs_all = (
        sum(counts_of(file).lines[1] for file in files),
        sum(len(f.lines) for f in diff_cover.values()),
    )
    assert covgate - theirs_all == sum(difference.statements for difference in differences)
    return DiffComparison(covgate=covgate, diff_cover=theirs_all, differences=tuple(differences))


def _explain(
    path: str, change: GitChange, edited: frozenset[int], expected: frozenset[int], theirs: frozenset[int]
) -> list[Difference]:
    """Say why diff-cover counts other lines than git's and the grammar's; what can not be explained is an error."""
    shifted = (edited - theirs) | (theirs - expected)
    assert not shifted or change.no_line_end, (path, sorted(edited - theirs), sorted(theirs - expected))
    found = {NO_LINE_END: shifted, CONTINUED: expected - theirs - shifted}
    return [
        Difference(path=path, lines=_ranges(lines), statements=len(lines & expected) - len(lines & theirs), why=why)
        for why, lines in found.items()
        if lines
    ]


def _ranges(lines: Iterable[int]) -> str:
    return ", ".join(f"{s.start}-{s.end}" if s.end > s.start else str(s.start) for s in spans_of(lines))


def _not_loaded(path: str, ours: Result) -> Difference:
    assert ours["gap"] in {"unmeasured", "undecided"}, path
    covered, total = counts_of(ours).lines
    assert covered == 0, path
    missing = [line for start, end in cast("list[list[int]]", ours["missing"]) for line in range(start, end + 1)]
    assert 0 < total <= len(missing), path
    return Difference(path=path, lines=_ranges(missing), statements=total, why=NOT_LOADED)


def _of_file(ours: Result | None, measured: CoverageFile) -> tuple[Counts, frozenset[int]]:
    """covgate's counts and missing statements of a file. A range may span lines that hold no statement."""
    if ours is None:
        return Counts(lines=(0, 0), branches=(0, 0)), frozenset()
    ranges = cast("list[list[int]]", ours["missing"])
    missing = {line for first, last in ranges for line in range(first, last + 1)}
    return counts_of(ours), measured.statements & missing


def _expected(measured: CoverageFile, lines: frozenset[int]) -> tuple[Counts, frozenset[int]]:
    taken = sum(line in lines for line, _ in measured.taken)
    not_taken = sum(line in lines for line, _ in measured.not_taken)
    counts = Counts(lines=(len(lines & measured.executed), len(lines)), branches=(taken, taken + not_taken))
    return counts, lines & measured.missing
