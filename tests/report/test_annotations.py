"""What is marked beside the lines of a change: ranges, the most useful first, and never more than GitHub shows."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.host.github.log import Level, Runner
from covgate.host.links import Links
from covgate.model.change import DiffCoverage
from covgate.model.coverage import Span
from covgate.model.verdict import SuiteStatus
from covgate.report.annotations import MOST, Annotation, make_annotations
from covgate.report.facts import Facts
from covgate.report.view import build_view
from tests.host.test_log import parse_command
from tests.support.situations import BLOB, CORE, COVERED, HEAD, ended, facts, many_files


def marked(made: Facts) -> tuple[Annotation, ...]:
    return make_annotations(made, build_view(made))


def places(made: Facts) -> list[str]:
    found = [one.place for one in marked(made) if one.place]
    return [f"{path}:{span.start}-{span.end}" for path, span in found]


def test_each_place_is_marked_from_its_first_line_to_its_last() -> None:
    found = marked(facts(CORE))
    assert places(facts(CORE)) == ["src/app/api.py:31-35", "src/app/core.py:59-63"]
    refund = next(one for one in found if one.place and one.place[1].start == 59)
    assert refund.title == "Not covered: Cart.refund"
    assert "3 of lines 59-63, 1 branch" in refund.message


def test_of_a_long_function_the_place_where_it_begins_is_marked() -> None:
    text = "m.py\n    1-9\n    + 10 missing\n    11-99\n    + 100-101 missing\n    def f 1-120"
    assert places(facts(text)) == ["m.py:10-10"]


def test_a_place_at_the_top_of_a_module_has_no_name_and_its_first_run_is_marked() -> None:
    text = "m.py\n    + 1-2 missing\n    3-19\n    + 20 missing\n    21\n    + 22-23 missing\n    def f 19-30"
    found = marked(facts(text))
    assert [(one.title, one.place and one.place[1]) for one in found] == [
        ("Not covered: f", Span(start=20, end=20)),
        ("Not covered", Span(start=1, end=2)),
    ]


def test_what_is_enough_comes_before_what_is_larger() -> None:
    big = "big.py\n    + 1-9\n    + 10-13 missing\n    def most 1-20\n"
    text = big + "small.py\n    + 1-9\n    + 10 missing\n    def some 1-20"
    assert places(facts(text))[0] == "big.py:10-13"
    made = facts(text, min_diff="80")
    only = next(todo for todo in build_view(facts(text)).places if str(todo.path) == "small.py")
    view = build_view(made)
    assert view.steps is not None
    chosen = replace(view, steps=replace(view.steps, rows=(only,)))
    assert [str(one.place[0]) for one in make_annotations(made, chosen) if one.place] == ["small.py", "big.py"]


@pytest.mark.parametrize(
    ("count", "placed", "said"),
    [
        (1, 1, ""),
        (MOST, MOST, ""),
        (MOST + 1, MOST - 1, "2 more places of this change are not covered: the report names them all"),
        (500, MOST - 1, "491 more places of this change are not covered: the report names them all"),
    ],
)
def test_never_more_than_github_shows_and_the_others_are_counted(count: int, placed: int, said: str) -> None:
    text = "\n".join(f"m{n}.py\n    + 1\n    + 2 missing" for n in range(count))
    found = marked(facts(text))
    assert len([one for one in found if one.place]) == placed
    assert [one.message for one in found if not one.place] == ([said] if said else [])
    assert len(found) <= MOST


def test_a_file_whose_lines_lie_elsewhere_in_the_head_is_counted_and_not_marked() -> None:
    moved = Links(blob=BLOB, head=HEAD, measured=HEAD, moved=frozenset({PurePosixPath("m1.py")}))
    found = marked(facts("\n".join(f"m{n}.py\n    + 1\n    + 2 missing" for n in range(3)), links=moved))
    assert [str(one.place[0]) for one in found if one.place] == ["m0.py", "m2.py"]
    assert found[-1].message == "1 more place of this change is not covered: the report names them all"


def test_nothing_is_marked_where_nothing_is_left_or_the_tests_failed() -> None:
    assert marked(facts("m.py\n    + 1-9\n")) == ()
    assert marked(facts(CORE, suite=ended(SuiteStatus.FAILED, 1))) == ()
    assert marked(facts(CORE, suite=ended(SuiteStatus.KILLED, 137))) == ()
    assert marked(facts(COVERED)) == ()
    assert places(facts(CORE, suite=None)) == places(facts(CORE))


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_no_name_becomes_another_command_or_property(name: str, function: str) -> None:
    made = facts("m.py\n    + 1\n    + 2 missing\n    def f 1-2")
    assert isinstance(made.diff, DiffCoverage)
    (file,) = made.diff.files
    path = PurePosixPath(f"d/{name}".replace("\0", "0"))
    places = tuple(replace(one, function=function) for one in file.places)
    made = replace(made, diff=DiffCoverage(files=(replace(file, path=path, places=places),)))
    stream = io.StringIO()
    for one in marked(made):
        Runner(stream=stream).annotate(Level.NOTICE, one.message, title=one.title, place=one.place)
    command, properties, _ = parse_command(stream.getvalue())
    assert command == "notice"
    assert properties["file"] == str(path)
    assert (properties["line"], properties["endLine"]) == ("2", "2")
    assert properties.keys() == {"title", "file", "line", "endLine"}


@pytest.mark.slow
def test_many_places_of_many_files_take_little_time() -> None:
    made = facts(many_files(2000, "src"))
    assert len(marked(made)) == MOST
    assert Span(start=4, end=10) == next(one.place[1] for one in marked(made) if one.place)
