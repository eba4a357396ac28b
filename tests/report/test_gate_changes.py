"""What a change does to the gate, in words: the clause of the first line and the list, each kind of change whole."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.model.guard import GateChange, GateChangeKind, GateChanges
from covgate.model.unknown import Unavailable
from covgate.report.gate_changes import gate_rows, word_lowering
from covgate.report.prose import Prose
from tests.support.situations_guarded import LOWERED, OMIT, PRAGMAS, REMOVED

KIND = GateChangeKind
API_DROP = GateChange(kind=KIND.RULE, name="max-drop", component="api", before="0.5", after="2", lowers=True)
API_DIFF = GateChange(kind=KIND.RULE, name="min-diff", component="api", before="50", lowers=True)
API_TARGET = GateChange(kind=KIND.RULE, name="target", component="api", before="90", after="80", lowers=True)
TARGET = GateChange(kind=KIND.TARGET, name="target", before="90", after="80", lowers=True)
NO_TARGET = GateChange(kind=KIND.TARGET, name="target", before="90", lowers=True)
SMALLER = GateChange(kind=KIND.COMPONENT, name="io", before="there", after="there", count=2, lowers=True)
TESTS = GateChange(kind=KIND.TESTS, name="tests", count=1, files=(PurePosixPath("tests/test_a.py"),))


def marked(prose: Prose) -> str:
    """Return a sentence with what is set in code between backticks."""
    return "".join(f"`{piece.text}`" if piece.code else piece.text for piece in prose.pieces)


def clause(*rows: GateChange, strict: bool = True) -> str:
    return marked(word_lowering(GateChanges(rows=rows, strict=strict)))


def row(change: GateChange, *, strict: bool = True) -> str:
    (only,) = gate_rows(GateChanges(rows=(change,), strict=strict))
    return marked(only)


def test_the_clause_of_one_way_to_lower_the_bar_names_it_and_what_judges() -> None:
    assert [clause(one) for one in (LOWERED, API_DROP, API_DIFF, API_TARGET, TARGET, NO_TARGET, REMOVED, SMALLER)] == [
        "This change lowers `min-diff` from 80 to 60; judged by 80",
        "This change raises `max-drop` of `api` from 0.5 to 2; judged by 0.5",
        "This change removes `min-diff` of `api`; judged by 50",
        "This change lowers target of `api` from 90 to 80; the old one judges, too",
        "This change changes the target from 90 to 80; the old one judges, too",
        "This change removes the target; the old one judges, too",
        "This change removes component `core`; judged as it was",
        "This change takes 2 files out of component `io`; judged as it was",
    ]
    # Where guarding is off the new rules judge, and of coverage's configuration and pragmas there is no old judge.
    assert [clause(one, strict=False) for one in (LOWERED, TARGET, REMOVED)] == [
        "This change lowers `min-diff` from 80 to 60",
        "This change changes the target from 90 to 80",
        "This change removes component `core`",
    ]
    assert [clause(one) for one in (OMIT, PRAGMAS, replace(PRAGMAS, count=1))] == [
        "This change edits omit of coverage's configuration",
        "This change excludes 40 statements by new pragmas",
        "This change excludes 1 statement by new pragmas",
    ]


def test_several_ways_are_counted_and_the_old_rules_are_named_where_one_of_them_judges() -> None:
    assert [
        clause(*rows, strict=strict)
        for rows, strict in (
            ((LOWERED, PRAGMAS), True),
            ((LOWERED, PRAGMAS), False),
            ((OMIT, PRAGMAS, TESTS), True),
            ((TARGET, SMALLER, LOWERED), True),
            ((TESTS, replace(LOWERED, lowers=False)), True),
        )
    ] == [
        "This change lowers the bar in 2 ways; the old rules judge",
        "This change lowers the bar in 2 ways",
        "This change lowers the bar in 2 ways",
        "This change lowers the bar in 3 ways; the old rules judge",
        "",
    ]


def test_the_list_says_what_is_so_now_and_what_lowers_the_bar_stands_first() -> None:
    new = GateChange(kind=KIND.RULE, name="min-total", after="50")
    rows = gate_rows(
        GateChanges(rows=(new, TESTS, LOWERED, replace(API_DROP, before="2", after="0.5", lowers=False), TARGET))
    )
    assert [marked(one) for one in rows] == [
        "`min-diff` is lowered from 80 to 60; judged by 80",
        "The target is changed from 90 to 80; the old one judges, too",
        "`min-total` is new: 50",
        "1 test function is deleted, in `tests/test_a.py`",
        "`max-drop` of `api` is lowered from 2 to 0.5",
    ]


def test_each_kind_of_change_has_its_sentence() -> None:
    component, coverage = (GateChange(kind=kind, name="io") for kind in (KIND.COMPONENT, KIND.COVERAGE))
    omit = replace(coverage, name="omit", after="gen/*")
    effect, gone = Fraction(7, 3), Unavailable(reason="the data is gone")
    many = tuple(PurePosixPath(f"src/m{n}.py") for n in range(7))
    cases = [
        (API_DIFF, "`min-diff` of `api`, which was 50, is removed; judged by 50"),
        (replace(LOWERED, before="60", after="80", lowers=False), "`min-diff` is raised from 60 to 80"),
        (API_TARGET, "Target of `api` is lowered from 90 to 80; the old one judges, too"),
        (replace(API_TARGET, before=None, lowers=False), "Target of `api` is new: 80"),
        (NO_TARGET, "The target 90 is removed; the old one judges, too"),
        (replace(TARGET, before=None, lowers=False), "The target 80 is new"),
        (replace(component, after="there"), "Component `io` is new"),
        (replace(component, before="there"), "Component `io` is removed, and none of its files is left"),
        (REMOVED, "Component `core` is removed; judged as it was"),
        (SMALLER, "Component `io` holds other files now: 2 files left it; judged as it was"),
        (replace(SMALLER, count=1), "Component `io` holds other files now: 1 file left it; judged as it was"),
        (replace(SMALLER, count=0, lowers=False), "Component `io` holds other files now: files joined it"),
        (omit, "Coverage's configuration: omit gains gen/*"),
        (replace(omit, before="old/*"), "Coverage's configuration: omit gains gen/* and loses old/*"),
        (replace(omit, before="old/*", after=None), "Coverage's configuration: omit loses old/*"),
        (replace(coverage, name="plugins"), "Coverage's configuration: plugins is changed"),
        (
            replace(omit, effect=effect),
            (
                "Coverage's configuration: omit gains gen/*; what is changed of [report] alone moves the total by "
                "+2.33 points"
            ),
        ),
        (replace(omit, effect=Fraction(0)), "Coverage's configuration: omit gains gen/*; the total stays as it was"),
        (
            replace(omit, effect=gone),
            "Coverage's configuration: omit gains gen/*; what that does to the total is unknown: the data is gone",
        ),
        (
            PRAGMAS,
            (
                "40 statements are excluded by new pragmas, in `src/app/part_0.py`, `src/app/part_1.py`, "
                "`src/app/part_2.py`, `src/app/part_3.py`, `src/app/part_4.py` and 2 more"
            ),
        ),
        (
            replace(PRAGMAS, count=1, files=many[:1]),
            "1 statement is excluded by new pragmas, in `src/m0.py`",
        ),
        (TESTS, "1 test function is deleted, in `tests/test_a.py`"),
        (
            replace(TESTS, count=1200, files=many),
            (
                "1,200 test functions are deleted, in `src/m0.py`, `src/m1.py`, `src/m2.py`, `src/m3.py`, `src/m4.py` "
                "and 2 more"
            ),
        ),
        (
            GateChange(kind=KIND.UNKNOWN, name="min-diff is no number"),
            "The base's own rules cannot be read and do not judge: `min-diff` is no number",
        ),
    ]
    assert [row(change) for change, _ in cases] == [words for _, words in cases]


def test_only_the_name_of_the_rule_or_the_component_is_code() -> None:
    """A component may be called as a word of the sentence, and a rule's name may be a part of another word."""
    assert [
        row(replace(REMOVED, name="is")),
        row(replace(API_DROP, component="to", lowers=False)),
        row(replace(API_DROP, component="a+b", lowers=False)),
        row(replace(OMIT, name="exclude_also", after="my-min-total min-total-2", effect=None)),
        row(replace(OMIT, name="of", after="component of of x", effect=None)),
    ] == [
        "Component `is` is removed; judged as it was",
        "`max-drop` of `to` is raised from 0.5 to 2",
        "`max-drop` of `a+b` is raised from 0.5 to 2",
        "Coverage's configuration: exclude_also gains my-min-total min-total-2",
        "Coverage's configuration: of gains component of of x",
    ]
