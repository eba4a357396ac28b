"""A suite that covers one line by chance, measured for real over twelve commits and in a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath

import pytest

from covgate.history.comparison.compare import compare
from covgate.history.comparison.flapping import make_line_record
from covgate.history.storage.line_record import decode_record, encode_record
from covgate.model.change import Shifts
from covgate.model.commit import Sha
from covgate.model.coverage import Branch, Coverage, FileCoverage
from covgate.model.history import Baseline, BaselineHow, Comparison, LineRecord, Record
from tests.support.repositories import Repository
from tests.support.shifted import made_shift

CACHE = """\
known = {}


def look_up(name):
    if name in known:
        return known[name]
    known[name] = name.upper()
    return known[name]
"""

SHOP = "def price(n):\n    if n > 10:\n        return n - 1\n    return n\n"

RUN = """\
from pathlib import Path
import cache, rates, shop

def test_a():
    cache.look_up("x")

def test_b():
    cache.known.clear()
    cache.look_up("x")

tests = {"a": test_a, "b": test_b}
for name in Path("order.txt").read_text():
    tests[name]()
shop.price(1)
SHOP
"""
"""The tests in some order: in `ba` the second finds what the first looked up, in `ab` it does not."""

MEASURE = """
from coverage.cmdline import main
main(["run", "--branch", "run.py"])
main(["json", "-q", "-o", "coverage.json"])
"""

ORDERS = ["ab", "ba", "ba", "ab", "ba", "ab", "ab", "ab", "ba", "ab", "ba", "ba"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A commit and what its tests covered."""

    sha: Sha
    coverage: Coverage
    digests: Mapping[PurePosixPath, str]
    sources: Mapping[PurePosixPath, list[str]]


class Project:
    """A repository whose tests run in an order of our choice."""

    def __init__(self, path: Path) -> None:
        self._repo = Repository(path)
        self._repo.write({".git/info/exclude": ".coverage\ncoverage.json\norder.txt\n__pycache__\n"})
        self._repo.write({".coveragerc": "[run]\nsource = .\nomit = run.py\n"})
        # One line is less than half a point.
        self._repo.write({"cache.py": CACHE, "rates.py": "".join(f"rate_{n} = {n}\n" for n in range(1000))})

    def run(self, order: str, *, edits: int, loss: bool = False) -> Measured:
        """Commit a change of shop.py and measure it; with `loss` the tests no longer call for a large price."""
        tests = RUN.replace("SHOP", "" if loss else "shop.price(11)")
        sha = self._repo.commit({"shop.py": f"# edit {edits}\n" * edits + SHOP, "run.py": tests})
        self._repo.write({"order.txt": order})
        self._repo.python("-c", MEASURE)
        listed = self._repo.git("ls-files", "--stage").decode().splitlines()
        digests = {PurePosixPath(line.split("\t")[1]): line.split()[1] for line in listed}
        coverage = _read(json.loads((self._repo.path / "coverage.json").read_bytes()))
        sources = {path: (self._repo.path / path).read_text().splitlines() for path in coverage.files}
        return Measured(sha=sha, coverage=coverage, digests=digests, sources=sources)


def _read(report: dict[str, dict[str, dict[str, list[int]]]]) -> Coverage:
    files = {PurePosixPath(name): _file(PurePosixPath(name), found) for name, found in report["files"].items()}
    return Coverage(files=files, has_branches=True)


def _file(path: PurePosixPath, found: dict[str, list[int]]) -> FileCoverage:
    taken = [line for line, _ in _pairs(found["executed_branches"])]
    exits = taken + [line for line, _ in _pairs(found["missing_branches"])]
    return FileCoverage(
        path=path,
        statements=frozenset(found["executed_lines"] + found["missing_lines"]),
        missing=frozenset(found["missing_lines"]),
        branches={line: Branch(total=exits.count(line), taken=taken.count(line)) for line in exits},
    )


def _pairs(branches: object) -> Iterator[tuple[int, int]]:
    assert isinstance(branches, list)
    yield from ((start, end) for start, end in branches)


def shifts_between(old: Measured, new: Measured) -> Shifts:
    """Match the sources of both sides line by line."""
    files = {}
    for path, lines in old.sources.items():
        blocks = SequenceMatcher(None, lines, new.sources[path], autojunk=False).get_matching_blocks()
        kept = {block.a + n + 1: block.b + n + 1 for block in blocks for n in range(block.size)}
        files[path] = made_shift(path, kept)
    return Shifts(files=files)


def hold_against(main: Measured, lines: LineRecord, head: Measured) -> Comparison:
    record = Record(
        sha=main.sha,
        parent=None,
        date=datetime(2026, 1, 1, tzinfo=UTC),
        total=main.coverage.total,
        has_branches=main.coverage.has_branches,
    )
    baseline = Baseline(record=record, how=BaselineHow.EXACT, behind=0)
    shifts = shifts_between(main, head)
    found = compare(baseline, lines, head.coverage, shifts, digests=head.digests, components={})
    assert isinstance(found, Comparison)
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("random") / "repo")


def test_a_test_that_covers_a_line_in_some_orders_only_costs_nothing_and_hides_nothing(project: Project) -> None:
    last, kept = None, None
    for number, order in enumerate(ORDERS):
        now = project.run(order, edits=number + 1)
        shifts = shifts_between(last or now, now)
        kept = decode_record(encode_record(make_line_record(kept, now.sha, now.coverage, now.digests, shifts)))
        last = now
    assert last is not None
    assert kept is not None
    assert [(str(flap.path), flap.line, flap.flapping) for flap in kept.flaps] == [
        ("cache.py", 5, True),
        ("cache.py", 6, True),
    ]

    random_loss = hold_against(last, kept, project.run("ab", edits=13))
    assert random_loss.delta < 0
    assert random_loss.drop.judged == 0
    assert random_loss.drop.excused == random_loss.drop.raw
    assert [(flap.line, flap.change) for flap in random_loss.flaps] == [(5, -1), (6, -1)]
    assert random_loss.indirect == ()

    for order in ("ab", "ba"):
        real_loss = hold_against(last, kept, project.run(order, edits=14, loss=True))
        assert real_loss.drop.judged > 0
        assert [str(file.path) for file in real_loss.indirect] == ["shop.py"]
