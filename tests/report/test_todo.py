"""The list of next steps: how many places it names, and each place in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from covgate.host.links import Links
from covgate.model.change import DiffCoverage
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import OmittedFile, Reason, ReasonKind, Span
from covgate.model.numbers import Counts
from covgate.model.places import Place
from covgate.model.steps import FolderGap, Spot, Steps
from covgate.report.facts import Facts
from covgate.report.todo import OmittedRow, list_todos, next_steps, omitted_rows
from tests.support.situations import BASE, BLOB, HEAD, SITUATIONS, facts

MEASURED = Sha("c" * 40)
M, OTHER = PurePosixPath("m.py"), PurePosixPath("other.py")


def place(start: int, end: int, statements: int = 0, taken: int = 0, total: int = 0, *why: ReasonKind) -> Place:
    return Place(
        span=Span(start=start, end=end),
        function="",
        statements=statements,
        branches=Counts(covered=taken, total=total),
        reasons=tuple(Reason(kind=kind, line=start) for kind in why),
    )


def spot(path: PurePosixPath, of: Place) -> Spot:
    return Spot(path=path, place=of, diff=of.size, total=of.size)


def with_steps(steps: Steps | None, made: Facts | None = None) -> Facts:
    return replace(made or SITUATIONS["fail-diff"](), steps=steps)


def one_step(of: Place, part: int = 0) -> str:
    """Return what the list says of the only place that is to be covered."""
    (row,) = next_steps(with_steps(Steps(chosen=(spot(M, of),), count=1, least=1, part=part)), ()).rows
    return row.what


def test_where_nothing_is_promised_the_five_largest_places_are_listed() -> None:
    for count, title in (
        (1, ""),
        (5, ""),
        (6, " (the 5 largest of 6 places)"),
        (1005, " (the 5 largest of 1,005 places)"),
    ):
        made = with_steps(None, facts("".join(f"m{n:04}.py\n    + 1-2 missing\n" for n in range(count))))
        found = next_steps(made, made.known_diff.files)
        shown = [f"m{n:04}.py" for n in range(min(count, 5))]
        assert ([row.shown for row in found.rows], found.title) == (shown, f"Still uncovered in this change{title}")
        assert (found.among, found.everything, found.promises, found.folders) == (count, count <= 5, False, ())


def test_a_list_that_is_enough_says_whether_it_is_all_there_is() -> None:
    made = facts("m.py\n    + 1-2 missing\n    + 3\n    + 4-5 missing\n", min_diff="100")
    assert made.steps is not None
    found = next_steps(made, made.known_diff.files)
    assert (found.title, found.among, found.everything, found.promises) == ("Covering these 2 is enough", 2, True, True)
    first = next_steps(
        replace(made, steps=replace(made.steps, chosen=made.steps.chosen[:1], count=1, least=1)), made.known_diff.files
    )
    assert (first.title, first.among, first.everything) == ("Covering this is enough", 1, False)
    # The same lines of another file are another place.
    other = replace(made.steps, chosen=tuple(replace(one, path=OTHER) for one in made.steps.chosen))
    assert not next_steps(replace(made, steps=other), made.known_diff.files).everything


def test_places_that_are_too_many_to_name_are_told_by_their_number_and_folders() -> None:
    folders = (
        FolderGap(path=PurePosixPath("src/app"), lines=1200, branches=0, files=98),
        FolderGap(path=PurePosixPath(), lines=1, branches=0, files=1),
        FolderGap(path=PurePosixPath("a"), lines=3, branches=1, files=2),
    )
    steps = Steps(chosen=(), count=1087, least=1087, among=1200, functions=True, folders=folders)
    found = next_steps(with_steps(steps), ())
    assert [(one.shown, one.size) for one in found.folders] == [
        ("src/app", "1,200 lines in 98 files"),
        (".", "1 line in 1 file"),
        ("a", "4 lines and branches in 2 files"),
    ]
    assert (found.rows, found.among, found.everything) == ((), 0, False)
    assert {
        next_steps(with_steps(replace(steps, least=least, among=among, functions=functions)), ()).title
        for least, among, functions in ((1087, 1200, True), (1080, 1200, False), (1080, 0, False), (1087, 0, False))
    } == {
        "That takes at least 1,087 of 1,200 functions. Most is missing in",
        "That takes at least 1,080 and at most 1,087 of 1,200 places. Most is missing in",
        "That takes at least 1,080 places. Most is missing in",
        "That takes at least 1,087 places. Most is missing in",
    }


def test_a_place_says_why_how_much_and_what_of_it_is_enough() -> None:
    assert {
        "lines": one_step(place(3, 5, 3)),
        "one-line": one_step(place(3, 3, 1)),
        "not-every-line": one_step(place(3, 9, 4)),
        "many": one_step(place(1, 2000, 1200)),
        "one-of-several-lines": one_step(place(3, 4, 1)),
        "lines-and-branches": one_step(place(3, 5, 3, 0, 2)),
        "one-branch": one_step(place(3, 5, 3, 0, 1)),
        # The line of which a branch was taken ran: it is counted among the branches.
        "a-line-of-which-a-branch-was-taken": one_step(place(3, 5, 2, 1, 2)),
        "branches-alone": one_step(place(3, 3, 0, 1, 3)),
        "one-branch-alone": one_step(place(3, 3, 0, 0, 1)),
        "a-reason": one_step(place(3, 5, 3, 0, 0, ReasonKind.IF_NEVER_TRUE)),
        "any-lines": one_step(place(3, 5, 3), part=2),
        "any-line": one_step(place(3, 5, 3, 0, 0, ReasonKind.NEVER_CALLED), part=1),
        "any-branches": one_step(place(3, 3, 0, 1, 4), part=2),
        "many-lines": one_step(place(1, 2000, 2000), part=1500),
    } == {
        "lines": "3 lines",
        "one-line": "1 line",
        "not-every-line": "4 of lines 3-9",
        "many": "1,200 of lines 1-2000",
        "one-of-several-lines": "1 of lines 3-4",
        "lines-and-branches": "3 lines, 2 branches",
        "one-branch": "3 lines, 1 branch",
        "a-line-of-which-a-branch-was-taken": "2 lines, 1 branch",
        "branches-alone": "2 of 3 branches never taken",
        "one-branch-alone": "1 of 1 branch never taken",
        "a-reason": "the if on line 3 is never true (3 lines)",
        "any-lines": "3 lines, any 2 of these 3 lines are enough",
        "any-line": "never called (3 lines), any 1 of these 3 lines is enough",
        "any-branches": "3 of 4 branches never taken, any 2 of these 3 branches are enough",
        "many-lines": "2,000 lines, any 1,500 of these 2,000 lines are enough",
    }


def test_only_of_the_last_place_a_part_is_enough() -> None:
    chosen = (spot(M, place(1, 3, 3)), spot(M, place(5, 6, 2)))
    rows = next_steps(with_steps(Steps(chosen=chosen, count=2, least=2, part=1)), ()).rows
    assert [row.enough for row in rows] == ["", "any 1 of these 2 lines is enough"]


def test_a_place_outside_the_change_is_linked_where_it_was_measured() -> None:
    links = Links(blob=BLOB, head=HEAD, measured=MEASURED)
    made = facts("m.py\n    + 1-3 missing\nn.py\n    + 1\n", min_diff="80", links=links)
    chosen = (spot(M, place(1, 3, 3)), spot(OTHER, place(5, 6, 2)))
    rows = next_steps(with_steps(Steps(chosen=chosen, count=2, least=2), made), ()).rows
    assert [row.url for row in rows] == [f"{BLOB}/{HEAD}/m.py#L1-L3", f"{BLOB}/{MEASURED}/other.py#L5-L6"]


def test_what_ran_at_the_baseline_names_its_branch_where_that_is_a_name() -> None:
    def said(ref: str | None) -> str:
        base = None if ref is None else Base(sha=BASE, how=BaseHow.GIVEN, ref=ref)
        steps = Steps(chosen=(spot(M, place(1, 3, 3, 0, 0, ReasonKind.LOST)),), count=1, least=1)
        (row,) = next_steps(with_steps(steps, replace(SITUATIONS["fail-diff"](), base=base)), ()).rows
        return row.why

    refs = (
        "main",
        "origin/main",
        "release/1.2",
        "x" * 60,
        "x" * 61,
        "a" * 40,
        "a" * 39,
        "b" * 64,
        "1.x",
        "a b",
        "ä",
        "",
        None,
    )
    plain = "ran at the baseline, not here"
    assert [said(ref) for ref in refs] == [
        "ran on main, not here",
        "ran on main, not here",
        "ran on release/1.2, not here",
        f"ran on {'x' * 60}, not here",
        plain,
        plain,
        f"ran on {'a' * 39}, not here",
        *[plain] * 6,
    ]


def test_all_places_of_the_change_are_sorted_by_what_they_lack() -> None:
    text = "b.py\n    + 1-2 missing\n    + 3\n    + 4-5 missing\na.py\n    + 1-2 missing\nc.py\n    + 1-9 missing\n"
    found = list_todos(facts(text).known_diff.files, Links())
    assert [(todo.shown, todo.lines, todo.url) for todo in found] == [
        ("c.py", "1-9", None),
        ("a.py", "1-2", None),
        ("b.py", "1-2", None),
        ("b.py", "4-5", None),
    ]


def test_files_that_are_left_out_are_grouped_by_rule_and_tests_counted_whatever_pattern_it_was() -> None:
    def omitted(path: str, rule: str, where: str) -> OmittedFile:
        return OmittedFile(path=PurePosixPath(path), rule=rule, where=where)

    default = "a default of covgate"
    files = (
        omitted("tests/test_a.py", "tests/*", default),
        omitted("conftest.py", "conftest.py", default),
        omitted("app/tests.py", "omit = app/*", "setup.cfg"),
        omitted("setup.py", "setup.py", default),
        *(omitted(f"gen/m{n}.py", "omit = gen/*", "setup.cfg") for n in range(6)),
        omitted("gen/last.py", "omit = gen/l*", "setup.cfg"),
        *(omitted(f"five/m{n}.py", "omit = five/*", "setup.cfg") for n in range(5)),
    )
    made = facts("m.py\n    + 1\n")
    assert isinstance(made.diff, DiffCoverage)
    assert omitted_rows(replace(made, diff=replace(made.diff, omitted=files))) == (
        OmittedRow(names=("setup.py",), others="", rule="setup.py", where=default),
        OmittedRow(
            names=tuple(f"gen/m{n}.py" for n in range(5)), others="and 1 more", rule="omit = gen/*", where="setup.cfg"
        ),
        OmittedRow(names=("gen/last.py",), others="", rule="omit = gen/l*", where="setup.cfg"),
        OmittedRow(names=tuple(f"five/m{n}.py" for n in range(5)), others="", rule="omit = five/*", where="setup.cfg"),
        OmittedRow(names=(), others="2 test files", rule="", where=default),
        OmittedRow(names=(), others="1 test file", rule="omit = app/*", where="setup.cfg"),
    )
