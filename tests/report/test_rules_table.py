"""The tables of rules, components and counts: each figure beside what is required of it, and what came of that."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from covgate.gate.rules import evaluate, evaluate_drop, judge
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MIN_DIFF, MIN_TOTAL, Check, ComponentFigures, Drop, Status
from covgate.report.facts import Facts
from covgate.report.folds import Column, Grid
from covgate.report.prose import name, say
from covgate.report.rules_table import (
    component_grid,
    component_rows,
    counts_grid,
    drop_notes,
    rule_rows,
)
from tests.support.situations import CORE, COVERED, PASSED, facts
from tests.support.situations_compared import FLAPS, LINES_GONE, compared

Row = tuple[str, str, str, str]

UNKNOWN = Unavailable(reason="nobody knows")
DROP = Drop(raw=Fraction(2), adjusted=Fraction(2))


def having(made: Facts, *checks: Check) -> Facts:
    """Return the facts judged by these rules."""
    return replace(made, verdict=judge(checks, PASSED))


def rows(made: Facts) -> list[Row]:
    return [(row.name, row.now, row.required, f"{row.mark} {row.result}".strip()) for row in rule_rows(made)]


def drop_check(target: str, drop: Drop | Unavailable | None, part: str | None = None) -> Check:
    return evaluate_drop(Decimal(target), drop, nothing="nothing to compare with", component=part)


def tally(covered: int, total: int) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total))


# --- the rules -------------------------------------------------------------------------------------------------------


def test_a_figure_without_a_rule_is_in_the_table_and_a_rule_without_a_figure_too() -> None:
    assert {
        "push": rows(facts(COVERED, diff=None, base=None)),
        "push-with-a-rule": rows(facts(COVERED, min_diff="80", min_total="80", diff=None, base=None)),
        "change-without-a-rule": rows(facts(CORE)),
        "nothing-is-covered": rows(facts("m.py\n    1-9 missing\n", min_total="5", diff=None)),
        "a-change-that-is-unknown": rows(facts("m.py\n    1-9\nb.py (unparsable)\n    + 1", min_total="80")),
        "nothing-is-known": rows(facts("", min_total="80", problem="gone")),
    } == {
        "push": [("Total", "96.8 %", "", "")],
        "push-with-a-rule": [("Total", "96.8 %", "80 %", "✅ pass"), ("Diff", "n/a", "80 %", "n/a")],
        "change-without-a-rule": [("Diff", "66.7 %", "", ""), ("Total", "70.9 %", "", "")],
        "nothing-is-covered": [("Total", "0 %", "5 %", "❌ fail")],
        "a-change-that-is-unknown": [("Total", "100 %", "80 %", "✅ pass"), ("Diff", "–", "", "")],
        "nothing-is-known": [],
    }


def test_no_figure_is_rounded_to_the_other_side_of_its_requirement() -> None:
    text = "m.py\n    + 1-7\n    + 8-13 missing\nn.py\n    1-19\n    20-26 missing\n"
    made = facts(text, min_diff="53.84", min_total="66.68")
    assert rows(made) == [("Total", "66.67 %", "66.68 %", "❌ fail"), ("Diff", "53.85 %", "53.84 %", "✅ pass")]


def test_failing_rules_stand_before_unknown_ones_and_those_before_what_passes_or_has_nothing_to_judge() -> None:
    fails, unknown = (evaluate(MIN_TOTAL, Decimal(80), figure, nothing="") for figure in (tally(1, 2), UNKNOWN))
    passes, idle = (evaluate(MIN_DIFF, Decimal(80), figure, nothing="") for figure in (tally(1, 1), Tally()))
    found = [
        [row.status for row in rule_rows(having(facts(CORE), *checks))]
        for checks in (
            (passes, fails, drop_check("1", UNKNOWN)),
            (passes, unknown, drop_check("1", DROP)),
            (idle, fails, drop_check("2", DROP)),
            (idle, drop_check("2", DROP)),
            (idle,),
        )
    ]
    fail, gone, ok, nothing = Status.FAIL, Status.UNAVAILABLE, Status.PASS, Status.NOT_APPLICABLE
    assert found == [[fail, gone, ok], [fail, gone, ok], [fail, ok, nothing], [ok, nothing, None], [nothing, None]]


def test_the_drop_that_is_shown_is_the_one_that_was_judged() -> None:
    excused, half = Fraction("0.1"), Fraction("0.5")
    cases = {
        "nothing-to-compare-with": ("1", None),
        "unknown": ("1", UNKNOWN),
        "rose": ("1", Drop(raw=-half, adjusted=-half)),
        "even": ("1", Drop(raw=Fraction(0), adjusted=Fraction(0))),
        "within": ("1", Drop(raw=half, adjusted=half)),
        "without-what-flaps": ("1", Drop(raw=half, adjusted=half, excused=excused)),
        "without-what-is-deleted": ("0", Drop(raw=Fraction(3), adjusted=half)),
        # How much of it is code that was deleted is not known: the whole is what there is to show.
        "lines-unknown": ("0.2", Drop(raw=half, adjusted=LINES_GONE, excused=excused)),
    }
    found = {title: rows(having(facts(CORE), drop_check(*case))) for title, case in cases.items()}
    assert {title: row[1:] for title, some in found.items() for row in some if row[0] == "Drop"} == {
        "nothing-to-compare-with": ("n/a", "at most 1", "n/a"),
        "unknown": ("–", "at most 1", "⚠️ unknown"),
        "rose": ("none", "at most 1", "✅ pass"),
        "even": ("none", "at most 1", "✅ pass"),
        "within": ("0.5", "at most 1", "✅ pass"),
        "without-what-flaps": ("0.4", "at most 1", "✅ pass"),
        "without-what-is-deleted": ("0.5", "at most 0", "❌ fail"),
        "lines-unknown": ("0.5", "at most 0.2", "⚠️ unknown"),
    }


def test_why_a_drop_is_smaller_is_told_of_the_project_and_of_each_component() -> None:
    deleted = Drop(raw=Fraction(3), adjusted=Fraction(1))
    flapping = Drop(raw=Fraction(1), adjusted=Fraction(1), excused=Fraction("0.5"))
    both = replace(deleted, excused=Fraction("0.5"))
    made = having(
        compared(), *(drop_check("9", drop, part) for drop, part in ((both, None), (both, "api"), (DROP, "io")))
    )
    project = ("Code that this change deletes is left out of the drop (3 with it).",)
    api = (
        "Code that this change deletes is left out of the drop of api (3 with it).",
        "Flapping lines are left out of the drop of api (1 with them).",
    )
    assert drop_notes(made) == (*project, "Flapping lines are left out of the drop (1 with them).", *api)
    # Where the lines of the project are known, a list of them says it.
    assert made.comparison is not None
    assert drop_notes(replace(made, comparison=replace(made.comparison, flaps=FLAPS))) == (*project, *api)
    assert drop_notes(
        having(facts(CORE), drop_check("9", flapping), drop_check("9", None), drop_check("9", UNKNOWN))
    ) == ("Flapping lines are left out of the drop (1 with them).",)


# --- components ------------------------------------------------------------------------------------------------------


def part_named(title: str, total: Tally | Unavailable, diff: Tally | None, delta: str | None) -> ComponentFigures:
    return ComponentFigures(name=title, total=total, diff=diff, delta=None if delta is None else Fraction(delta))


def test_a_component_has_its_figures_requirements_and_the_worst_mark_of_its_rules() -> None:
    api, whole, most = tally(7, 13), tally(26, 39), Decimal("53.84")
    ramp = Unavailable(reason="the ramp's history is broken", kind=UnknownKind.RAMP)
    unknown = replace(
        evaluate(MIN_TOTAL, most, api, nothing="", component="ramp"), status=Status.UNAVAILABLE, unknown=ramp
    )
    checks = (
        evaluate(MIN_DIFF, most, api, nothing="", component="api"),
        evaluate(MIN_TOTAL, Decimal("66.68"), whole, nothing="", component="api"),
        drop_check("2", DROP, "api"),
        drop_check("1", DROP, "fell"),
        drop_check("1", Drop(raw=Fraction(-1), adjusted=Fraction(-1)), "rose"),
        evaluate(MIN_DIFF, most, Tally(), nothing="", component="rose"),
        unknown,
        drop_check("1", UNKNOWN, "ramp"),
        drop_check("1", None, "new"),
        evaluate(MIN_TOTAL, most, UNKNOWN, nothing="", component="gone"),
    )
    parts = (
        part_named("free", tally(1, 20), None, None),
        part_named("rose", tally(9, 10), Tally(), "1"),
        part_named("new", tally(9, 10), None, None),
        part_named("api", whole, api, "-2"),
        part_named("ramp", api, None, "-0.5"),
        part_named("gone", UNKNOWN, None, None),
        part_named("fell", tally(9, 10), None, "-2"),
    )
    made = replace(having(compared(), *checks), components=parts)
    found = component_rows(made)
    assert [(row.mark, row.name, row.diff, row.total, row.change) for row in found] == [
        ("❌", "api", "53.85 % ≥ 53.84 %", "66.67 % < 66.68 %", "drop 2 ≤ 2"),
        ("❌", "fell", "n/a", "90 %", "drop 2 > 1"),
        ("⚠️", "ramp", "n/a", "53.85 % (–)", "−0.5 (–)"),
        ("⚠️", "gone", "n/a", "–", ""),
        ("✅", "rose", "n/a", "90 %", "drop none ≤ 1"),
        ("", "new", "n/a", "90 %", ""),
        ("", "free", "n/a", "5 %", ""),
        ("", "the project", "66.7 %", "70.9 %", "−0.31"),
    ]
    assert [row.is_project for row in found] == [False] * 7 + [True]
    assert component_rows(replace(made, components=())) == ()
    assert component_rows(replace(made, comparison=None))[-1].change == ""


def test_the_project_beside_its_components_is_held_against_its_own_rules() -> None:
    api = evaluate(MIN_TOTAL, Decimal(10), tally(1, 20), nothing="", component="api")
    total = evaluate(MIN_TOTAL, Decimal(5), tally(1, 20), nothing="")
    made = replace(
        having(facts("m.py\n    1\n    2-20 missing\n"), api, total),
        components=(part_named("api", tally(1, 20), None, None),),
    )
    assert [(row.mark, row.total) for row in component_rows(made)] == [("❌", "5 % < 10 %"), ("✅", "5 % ≥ 5 %")]


def test_the_table_of_components_sets_names_of_the_repository_in_code() -> None:
    made = replace(facts(CORE, diff=None), components=(part_named("api", tally(9, 10), None, None),))
    right = [Column(title=title, right=True) for title in ("Diff", "Total", "Change")]
    assert component_grid(component_rows(made)) == Grid(
        columns=(Column(title="Component"), *right),
        rows=(
            (say(name("api")), say("n/a"), say("90 %"), say()),
            (say("the project"), say("n/a"), say("70.9 %"), say()),
        ),
    )


# --- all counts ------------------------------------------------------------------------------------------------------


def test_the_table_of_counts_has_branches_where_there_are_any() -> None:
    lines = facts("m.py\n    + 1-3\n    4 missing\n")
    columns = (Column(title="Coverage"), Column(title="Now", right=True), Column(title="Lines", right=True))
    diff, total = (say("Diff"), say("100 %"), say("3 / 3")), (say("Total"), say("75 %"), say("3 / 4"))
    assert counts_grid(lines) == Grid(columns=columns, rows=(diff, total))
    # Components of nothing, or that are unknown, have no row.
    parts = (
        ComponentFigures(
            name="api", total=Tally(lines=Counts(covered=1, total=2), branches=Counts(total=2)), diff=tally(1, 1)
        ),
        ComponentFigures(name="io", total=UNKNOWN, diff=Tally()),
    )
    assert counts_grid(replace(lines, components=parts)) == Grid(
        columns=(*columns, Column(title="Branches", right=True)),
        rows=(
            (*diff, say("–")),
            (*total, say("–")),
            (say(name("api"), " diff"), say("100 %"), say("1 / 1"), say("–")),
            (say(name("api"), " total"), say("25 %"), say("1 / 2"), say("0 / 2")),
        ),
    )
    assert counts_grid(facts("", problem="gone", diff=None)) is None
