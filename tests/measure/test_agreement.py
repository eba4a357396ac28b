"""A report's lines beside the statements of the source: what only versions explain is accepted, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.measure.agreement import compare_report, find_strays, with_committed, with_times
from covgate.measure.probe.covgate_probe.analyst import Analyst
from covgate.measure.probe.covgate_probe.record import OTHER_VERSIONS
from covgate.measure.probe.covgate_probe.unmeasured import static_record
from covgate.model.coverage import Coverage, Doubt, FileCoverage, Measurement
from covgate.model.unknown import Unavailable, UnknownKind

M = PurePosixPath("m.py")


def doubts_of(path: Path, source: str, reported: Sequence[int]) -> list[str]:
    path.write_text(dedent(source), encoding="utf-8")
    analyst = Analyst(data_file=None, config_file=False)
    analyst.get_data()
    record = static_record(analyst.reporter_of(str(path)), (), ())
    return [doubt.reason for doubt in compare_report(M, reported, record, "coverage.xml")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Honest:
    """A source, the lines that one honest report of it names, and those of a report that is not of it."""

    source: str
    reported: Sequence[int]
    wrong: Sequence[int]


HONEST = {
    "docstring": Honest(source='# Begin.\n"""A module."""\nx = 1\n', reported=[2, 3], wrong=[1, 3]),
    "string": Honest(source="if 1 < 2:\n    ''.join([])\nx = 1\n", reported=[1, 3], wrong=[2, 3]),
    "nothing": Honest(source="def f(a):\n    pass\nf(1)\n", reported=[1, 3], wrong=[1, 2]),
    "constant-test": Honest(source="if __debug__:\n    x = 1\ny = 1\n", reported=[3], wrong=[1, 2]),
    "clause": Honest(
        source="try:\n    x = 1\nfinally:\n    x = 2\n    # Note.\n", reported=[1, 2, 3, 4], wrong=[1, 2, 4, 5]
    ),
    "decorated": Honest(source="@str\ndef f():\n    return 1\nx = f\n", reported=[1, 3, 4], wrong=[1, 2, 4]),
    "typing": Honest(
        source="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import os\nx = 1\n",
        reported=[1, 2, 3, 4],
        wrong=[1, 2, 3],
    ),
    "inner": Honest(
        source="x = dict(\n    a=1,\n    # Note.\n    b=2,\n)\n# End.\n", reported=[1, 2, 3, 4], wrong=[1, 6]
    ),
}


def test_each_kind_of_line_has_its_sample() -> None:
    assert HONEST.keys() == OTHER_VERSIONS.keys()


@pytest.mark.parametrize("case", HONEST.values(), ids=HONEST)
def test_what_a_version_explains_is_accepted_and_the_rest_is_not(tmp_path: Path, case: Honest) -> None:
    assert doubts_of(tmp_path / "m.py", case.source, case.reported) == []
    assert doubts_of(tmp_path / "m.py", case.source, case.wrong) != []


@pytest.mark.parametrize(
    ("reported", "doubted"),
    [
        pytest.param([1, 2, 3], [], id="all"),
        # Another rule of exclusion here and there: the other lines are the report's word.
        pytest.param([1, 3], [{2}], id="one-in-the-middle"),
        pytest.param([2, 3], [{1}], id="the-first"),
        # Lines that were inserted since push the last one out: no line of the report is trusted.
        pytest.param([1, 2], [{1, 2, 3}], id="the-last"),
        pytest.param([2], [{1, 2, 3}, {1, 2, 3}], id="the-first-and-the-last"),
    ],
)
def test_only_a_report_that_lacks_the_last_statement_is_doubted_as_a_whole(
    reported: Sequence[int], doubted: list[set[int]]
) -> None:
    source = {"s": [1, 2, 3], "first": [], "maybe": [], "optional": []}
    assert [set(doubt.lines or ()) for doubt in compare_report(M, reported, source, "coverage.xml")] == doubted


def test_the_statements_that_a_report_lacks_are_told_from_the_top() -> None:
    source = {"s": [1, 8, 9], "first": [], "maybe": [], "optional": []}
    assert [set(doubt.lines or ()) for doubt in compare_report(M, [9], source, "coverage.xml")] == [{1}, {8}]


def test_a_report_of_a_line_without_a_statement_is_doubted_as_a_whole() -> None:
    source = {"s": [1, 3], "first": [], "maybe": [], "optional": []}
    assert [doubt.lines for doubt in compare_report(M, [1, 2], source, "coverage.xml")] == [frozenset({1, 2, 3})]


START = "coverage.xml is not of this source: m.py line"
AGAIN = "make it again from this commit"
SAYS = f"and the report says it is one: {AGAIN}"


@pytest.mark.parametrize(
    ("source", "reported", "reason"),
    [
        pytest.param(
            {"s": [1, 4]},
            [1, 4, 3, 2],
            f"{START} 2 is no statement, {SAYS}",
            id="a-line-too-many",
        ),
        pytest.param(
            {"s": [1, 4]}, [1], f"{START} 4 is a statement the report does not know: {AGAIN}", id="a-line-too-few"
        ),
        pytest.param({"s": [1, 4], "first": [[5, 4]]}, [1, 5], "", id="a-continuation-line"),
        pytest.param(
            {"s": [1, 4], "first": [[5, 3]]}, [1, 4, 5], f"{START} 3 is no statement, {SAYS}", id="of-no-statement"
        ),
        pytest.param({"s": [1, 4], "maybe": [3]}, [1, 3, 4], "", id="a-line-that-may-be"),
        pytest.param({"s": [1, 4], "optional": [4]}, [1], "", id="a-line-that-may-be-left-out"),
        pytest.param({"s": [1, 4], "optional": [1, 4]}, [], "", id="nothing-must-be-named"),
        pytest.param(
            {"why": "invalid syntax"},
            [1],
            "the changed file m.py cannot be analysed: invalid syntax",
            id="a-broken-source",
        ),
        pytest.param({}, [1], "", id="no-python"),
    ],
)
def test_what_a_report_says_beside_its_source(source: dict[str, object], reported: list[int], reason: str) -> None:
    known = {"first": [], "maybe": [], "optional": [], **source} if "s" in source else source
    doubts = compare_report(M, reported, known, "coverage.xml")
    assert [doubt.reason for doubt in doubts] == ([reason] if reason else [])


def test_a_file_without_statements_agrees_with_a_report_that_names_none() -> None:
    source: dict[str, list[int]] = {"s": [], "first": [], "maybe": [], "optional": []}
    assert compare_report(M, [], source, "coverage.xml") == ()


@pytest.mark.parametrize(
    ("name", "doubted"),
    [("m.py", True), ("tool", True), ("app.wsgi", True), ("page.html", False)],
)
def test_only_python_is_compared(tmp_path: Path, name: str, *, doubted: bool) -> None:
    assert bool(doubts_of(tmp_path / name, "x = 1\ny = 2\n", [1])) is doubted
    assert bool(doubts_of(tmp_path / name, "{% if x %}\n", [1])) is doubted


@given(gap=st.lists(st.booleans(), min_size=3, max_size=12), at=st.integers(0, 11), by=st.sampled_from([1, 2, -1]))
def test_lines_that_are_shifted_are_never_accepted_as_a_whole(gap: list[bool], at: int, by: int) -> None:
    statements = [line for line, blank in enumerate(gap, start=1) if not blank]
    record = {"first": [], "s": statements, "maybe": [], "optional": []}
    shifted = [line + by if line > at else line for line in statements if line + by > 0]
    doubts = compare_report(M, shifted, record, "coverage.xml")
    assert bool(doubts) is (set(shifted) != set(statements))


def test_executed_lines_that_are_no_statements_are_doubted_where_the_change_touches_one() -> None:
    doubts = find_strays({"m.py": {"s": [1, 3], "stray": [2]}, "other.py": {"s": [1], "stray": []}, "third.py": {}})
    assert {str(path): [doubt.lines for doubt in found] for path, found in doubts.items()} == {
        "m.py": [frozenset({1, 3})]
    }
    (doubt,) = doubts[M]
    assert doubt.reason == (
        "m.py was measured before the last edit (line 2 was executed and is no statement now): run the tests again"
    )
    assert doubt.kind is UnknownKind.MEASURED_BEFORE


COBERTURA = '<?xml version="1.0" ?>\n<coverage version="7" timestamp="{}"><class filename="m.py"/></coverage>\n'


@pytest.mark.parametrize(
    ("content", "made", "doubted"),
    [
        pytest.param("SF:m.py\n", 1_790_000_001, False, id="newer"),
        pytest.param("SF:m.py\n", 1_790_000_000, False, id="as-old"),
        pytest.param("SF:m.py\n", 1_789_999_999, True, id="older"),
        pytest.param("SF:other.py\n", 1_789_999_999, False, id="older-and-of-another-file"),
        pytest.param(COBERTURA.format(1_789_999_999_000), 1_790_000_600, True, id="milliseconds"),
        pytest.param(COBERTURA.format(1_789_999_998), 1_790_000_600, True, id="seconds"),
        pytest.param(COBERTURA.format(1_790_000_000), 1_790_000_600, False, id="the-same-second"),
        pytest.param(COBERTURA.format(1_789_999_999_999), 1_790_000_600, True, id="a-millisecond-before"),
        pytest.param(COBERTURA.format(1_790_000_000_000), 1_790_000_600, False, id="the-same-millisecond"),
        pytest.param(COBERTURA.format(1_790_000_600_000), 1_789_999_999, True, id="written-before-it-says"),
        pytest.param(COBERTURA.format(17_900_000_000), 1_790_000_600, False, id="eleven-digits-of-seconds"),
        pytest.param(COBERTURA.format(179_000_000_000), 1_790_000_600, True, id="twelve-digits-of-milliseconds"),
        pytest.param(COBERTURA.format("now"), 1_790_000_600, False, id="no-time"),
    ],
)
def test_data_is_doubted_when_it_is_older_than_the_source(
    tmp_path: Path, content: str, made: int, *, doubted: bool
) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    (tmp_path / "report").write_text(content)
    os.utime(tmp_path / "m.py", (1_790_000_000, 1_790_000_000))
    os.utime(tmp_path / "report", (made, made))
    assert bool(with_times(tmp_path, measured("m.py"), [M], [tmp_path / "report"]).doubts) is doubted


def test_a_report_that_says_only_the_second_it_was_made_in_may_be_of_its_end(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    (tmp_path / "report").write_text(COBERTURA.format(1_790_000_000))
    for half, doubted in ((0.5, False), (1.5, True)):
        os.utime(tmp_path / "m.py", (0, 1_790_000_000 + half))
        assert bool(with_times(tmp_path, measured("m.py"), [M], [tmp_path / "report"]).doubts) is doubted


def measured(*names: str, **known: tuple[Doubt, ...]) -> Measurement:
    files = [
        FileCoverage(path=PurePosixPath(name), statements=frozenset({1, 2}), missing=frozenset({2})) for name in names
    ]
    coverage = Coverage(files={file.path: file for file in files}, has_branches=False)
    return Measurement(
        coverage=coverage, doubts={PurePosixPath(f"{name}.py"): doubts for name, doubts in known.items()}
    )


def test_the_first_data_that_is_older_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    os.utime(tmp_path / "m.py", (1_790_000_000, 1_790_000_000))
    for name, made in {"new": 1_790_000_001, "old": 1_789_999_999, "older": 1_789_999_998}.items():
        (tmp_path / name).write_text("SF:m.py\n")
        os.utime(tmp_path / name, (made, made))
    data = [tmp_path / name for name in ("new", "old", "older")]
    (doubt,) = with_times(tmp_path, measured("m.py", "gone.py"), [M, PurePosixPath("gone.py")], data).doubts[M]
    assert doubt.reason == "m.py was measured before the last edit (old is older): run the tests again"
    assert (doubt.lines, doubt.kind) == (frozenset({1, 2}), UnknownKind.MEASURED_BEFORE)


def test_a_changed_file_that_is_gone_is_as_old_as_any_data(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("SF:m.py\n")
    os.utime(tmp_path / "report", (0, 0))
    assert with_times(tmp_path, measured("m.py"), [M], [tmp_path / "report"]).doubts == {}


def test_data_that_was_committed_before_the_change_is_doubted_where_it_speaks_of_changed_files(tmp_path: Path) -> None:
    (tmp_path / "one.info").write_text("SF:other.py\n")
    (tmp_path / "two.info").write_text("SF:pkg/m.py\nSF:still.py\n")
    data = [tmp_path / "one.info", tmp_path / "two.info"]
    known = Doubt(reason="known before")
    before = measured("m.py", "still.py", "third.py", m=(known,))
    changed = [M, PurePosixPath("third.py"), PurePosixPath("unmeasured.py")]
    reason = "two.info was committed before this change, and m.py is changed: make it from this commit"
    assert with_committed(before, changed, data).doubts == {M: (Doubt(reason=reason, lines=frozenset({1, 2})), known)}


def test_without_a_measurement_there_is_nothing_to_doubt(tmp_path: Path) -> None:
    (tmp_path / "one.info").write_text("SF:m.py\n")
    nothing = Measurement(coverage=Unavailable(reason="no data"))
    assert with_committed(nothing, [M], [tmp_path / "one.info"]) is nothing
