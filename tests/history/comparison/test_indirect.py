"""Lines outside the change whose coverage differs: found through the diff, named as head names them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given

from covgate.history.comparison.indirect import find_indirect
from covgate.model.history import Flap, FlapShown, IndirectFile
from tests.support.changed_projects import ProjectChange, project_changes
from tests.support.shifted import digests_of, read_coverage, read_shifts, record_of

Found = dict[str, tuple[list[int], list[int]]]


def lines_of(files: tuple[IndirectFile, ...]) -> Found:
    return {
        str(file.path): (
            [line for span in file.lost for line in range(span.start, span.end + 1)],
            [line for span in file.gained for line in range(span.start, span.end + 1)],
        )
        for file in files
    }


def find(before: str, after: str, shifts: str = "", edited: str = "") -> Found:
    head = read_coverage(after)
    return lines_of(find_indirect(record_of(before), head, read_shifts(shifts), digests_of(head, edited))[0])


@pytest.mark.parametrize(
    ("before", "after", "shifts", "edited", "expected"),
    [
        pytest.param("m.py\n 1-3", "m.py\n 1-3", "", "", {}, id="nothing-changed"),
        pytest.param("m.py\n 1-3", "m.py\n 1\n 2 missing\n 3", "", "", {"m.py": ([2], [])}, id="lost"),
        pytest.param("m.py\n 1-3 missing", "m.py\n 1\n 2-3 missing", "", "", {"m.py": ([], [1])}, id="gained"),
        pytest.param("m.py\n 1 covered 2/2", "m.py\n 1 partial", "", "", {"m.py": ([1], [])}, id="an-exit-lost"),
        pytest.param("m.py\n 1 partial", "m.py\n 1 covered 2/2", "", "", {"m.py": ([], [1])}, id="an-exit-gained"),
        pytest.param("m.py\n 1 partial 1/2", "m.py\n 1 missing 0/3", "", "", {}, id="other-exits-cannot-be-compared"),
        pytest.param("m.py\n 1 partial 0/2", "m.py\n 1 missing 1/2", "", "", {}, id="as-much-as-before-otherwise"),
        pytest.param("m.py\n 1", "m.py\n 1 excluded", "", "", {}, id="a-statement-no-more"),
        pytest.param("m.py\n 1 text", "m.py\n 1 missing", "", "", {}, id="a-statement-since"),
        pytest.param(
            "m.py\n 1-3", "m.py\n 1-2\n 3 missing\n 4", "m.py +1", "m.py", {"m.py": ([3], [])}, id="moved-down"
        ),
        pytest.param("m.py\n 1-3", "m.py\n 1\n 2 missing", "m.py -1", "m.py", {"m.py": ([2], [])}, id="moved-up"),
        pytest.param(
            "m.py\n 1-3", "m.py\n 1-3 missing", "m.py -2 +2", "m.py", {"m.py": ([1, 3], [])}, id="not-in-the-change"
        ),
        pytest.param("a.py\n 1", "b.py\n 1 missing", "a.py > b.py", "", {"b.py": ([1], [])}, id="renamed"),
        pytest.param(
            "a.py\n 1-2",
            "b.py\n 1-2\n 3 missing",
            "a.py > b.py +1",
            "b.py",
            {"b.py": ([3], [])},
            id="renamed-and-edited",
        ),
        pytest.param("a.py\n 1", "", "a.py deleted", "", {}, id="deleted"),
        pytest.param("a.py\n 1", "b.py\n 1 missing", "", "", {}, id="measured-no-more"),
        pytest.param(
            "m.py\n 1", "m.py\n 1 missing\n 2-3 of 1", "m.py +2", "m.py", {}, id="a-statement-with-a-new-line-in-it"
        ),
        pytest.param(
            "m.py\n 1",
            "m.py\n 1 missing\n 2 of 1",
            "m.py +4",
            "m.py",
            {"m.py": ([1], [])},
            id="a-long-statement-as-it-was",
        ),
    ],
)
def test_lines_outside_the_change(before: str, after: str, shifts: str, edited: str, expected: Found) -> None:
    assert find(before, after, shifts, edited) == expected


def test_files_that_lost_the_most_stand_first() -> None:
    before = "a.py\n 1-9\n 10 missing\nb.py\n 1-9\nc.py\n 1-3 missing\nd.py\n 1 missing"
    after = "a.py\n 1 missing\n 2-10\nb.py\n 1-2\n 3-9 missing\nc.py\n 1-3\nd.py\n 1"
    assert list(find(before, after)) == ["b.py", "a.py", "c.py", "d.py"]


def test_files_that_lost_as_much_stand_by_what_they_gained_and_then_by_their_name_now() -> None:
    before = "a.py\n 1-2\nb.py\n 1-2\nc.py\n 1\n 2 missing"
    after = "z.py\n 1 missing\n 2\ny.py\n 1 missing\n 2\nx.py\n 1 missing\n 2"
    found = find(before, after, "a.py > z.py\nb.py > y.py\nc.py > x.py")
    assert list(found.items()) == [("x.py", ([1], [2])), ("y.py", ([1], [])), ("z.py", ([1], []))]


def test_flapping_lines_that_were_lost_stand_first_and_then_by_file_and_line() -> None:
    names = [("a.py", 1), ("a.py", 2), ("a.py", 3), ("b.py", 1), ("b.py", 2)]
    flaps = tuple(Flap(path=PurePosixPath(path), line=line, flips=2 + line) for path, line in names)
    old = record_of("a.py\n 1 missing\n 2-3\nb.py\n 1 covered 2/2\n 2 covered 1/3", flaps)
    head = read_coverage("y.py\n 1\n 2-3 missing\nx.py\n 1 missing 0/2\n 2 covered 3/3")
    found, shown = find_indirect(old, head, read_shifts("a.py > y.py\nb.py > x.py"), digests_of(head))
    assert found == ()
    assert [(str(flap.path), flap.line, flap.change, flap.flips) for flap in shown] == [
        ("x.py", 1, -3, 3),
        ("y.py", 2, -1, 4),
        ("y.py", 3, -1, 5),
        ("x.py", 2, 2, 4),
        ("y.py", 1, 1, 3),
    ]


def test_a_line_that_changed_once_does_not_flap_yet() -> None:
    old = record_of("a.py\n 1-2", (Flap(path=PurePosixPath("a.py"), line=1, flips=1),))
    head = read_coverage("a.py\n 1 missing\n 2")
    found, flaps = find_indirect(old, head, read_shifts(""), digests_of(head))
    assert (lines_of(found), flaps) == ({"a.py": ([1], [])}, ())


def test_flapping_lines_are_left_out() -> None:
    head = read_coverage("b.py\n 1-2 missing")
    old = record_of("a.py\n 1-2", (Flap(path=PurePosixPath("a.py"), line=1, flips=4),))
    found, flaps = find_indirect(old, head, read_shifts("a.py > b.py"), digests_of(head))
    assert lines_of(found) == {"b.py": ([2], [])}
    assert flaps == (FlapShown(path=PurePosixPath("b.py"), line=1, change=-1, flips=4),)


@given(project_changes())
def test_it_finds_what_a_look_at_every_line_finds(change: ProjectChange) -> None:
    expected: Found = {}
    for file in change.files:
        line, lost, gained = 0, [], []
        for kind, was, now in file.lines:
            line += kind != "gone"
            if kind == "kept" and was and now and was.exits == now.exits:
                weights = was.executed + was.taken, now.executed + now.taken
                lost += [line] * (weights[0] > weights[1])
                gained += [line] * (weights[0] < weights[1])
        if file.path and (lost or gained):
            expected[str(file.path)] = lost, gained
    assert lines_of(find_indirect(change.old, change.head, change.shifts, change.digests)[0]) == expected
    assert lines_of(find_indirect(change.old, change.head, change.shifts, {})[0]) == expected


def test_a_file_of_unknown_content_is_looked_through() -> None:
    old, head = record_of("m.py\n 1-2"), read_coverage("m.py\n 1-2 missing")
    unknown = replace(old, files={path: replace(file, digest="") for path, file in old.files.items()})
    assert lines_of(find_indirect(unknown, head, read_shifts("m.py -2 +2"), digests_of(head))[0]) == {"m.py": ([1], [])}
