"""The first line in rare cases: which rule it is about, what it leaves out when it gets long, the words of a suite."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

from covgate.gate.rules import evaluate, evaluate_drop, judge
from covgate.model.commit import Base, BaseHow
from covgate.model.guard import GateChange, GateChangeKind, GateChanges
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MAX_DROP, MIN_DIFF, MIN_TOTAL, Check, ComponentFigures, Drop, SuiteStatus
from covgate.report.facts import Facts
from covgate.report.headline import failed_checks, unknown_checks, word_headline
from tests.support.situations import BASE, CORE, COVERED, HEAD, PASSED, ended, facts
from tests.support.situations_compared import LINES_GONE, compared
from tests.support.situations_guarded import LOWERED

LONGEST = 116
"""120 characters with the mark and the spaces around it."""
HALF = Tally(lines=Counts(covered=1, total=2))
FELL = Drop(raw=Fraction(3), adjusted=Fraction(3))
ON_MAIN = Base(sha=HEAD, how=BaseHow.MERGE_BASE, ref="main")
PRAGMA = GateChange(kind=GateChangeKind.PRAGMA, name="no cover", count=1, files=(PurePosixPath("m.py"),), lowers=True)
NO_TARGET = GateChange(kind=GateChangeKind.TARGET, name="target", before="90", lowers=True)
LESS_DROP = GateChange(kind=GateChangeKind.RULE, name="max-drop", before="0", after="1", lowers=True)
LESS_TOTAL = GateChange(kind=GateChangeKind.RULE, name="min-total", before="80", after="60", lowers=True)
ONE_LEFT = "m.py\n    1-9\n    + 10 missing\n"


def line(made: Facts) -> str:
    return str(word_headline(made)[1])


def having(made: Facts, *checks: Check) -> Facts:
    """Return the facts judged by these rules."""
    return replace(made, verdict=judge(checks, PASSED))


def lowering(made: Facts, *rows: GateChange, strict: bool = True) -> Facts:
    return replace(made, gate_changes=GateChanges(rows=rows, strict=strict))


def checked(rule: str, part: str | None = None, why: str = "") -> Check:
    """Return a rule that is broken, or one that cannot be judged and says why."""
    unknown = Unavailable(reason=why)
    if rule == MAX_DROP:
        return evaluate_drop(Decimal(1), unknown if why else FELL, nothing="", component=part)
    return evaluate(rule, Decimal(80), unknown if why else HALF, nothing="", component=part)


def forms(made: Facts) -> list[str]:
    """Return what the first line says behind the report's name, from all of it to the least, as the name gets longer.

    A form is left for a shorter one only where it has no room: the longest line of each but the last is full.
    """
    found: dict[str, int] = {}
    for length in range(1, LONGEST):
        name = "n" * length
        words = line(replace(made, name=name))
        assert len(words) <= LONGEST
        if words.endswith("…"):
            break
        found[words.removeprefix(f"{name}: ")] = len(words)
    assert set(found.values()) == {LONGEST}
    return list(found)


# --- which rule ------------------------------------------------------------------------------------------------------


def test_the_rules_of_the_project_are_told_before_those_of_a_component_the_diff_first() -> None:
    order = [(rule, part) for part in (None, "api") for rule in (MIN_DIFF, MIN_TOTAL, MAX_DROP)]
    for checks in (order[::-1], [*order[3:], *order[:3]], [order[n] for n in (2, 5, 1, 4, 0, 3)]):
        made = having(facts(CORE), *(checked(rule, part) for rule, part in checks))
        assert [(check.rule, check.component) for check in failed_checks(made)] == order


def test_an_unknown_reason_is_told_once_for_a_rule_and_of_the_project_where_it_is_the_project_s_too() -> None:
    told = [checked(MIN_DIFF, why="x"), checked(MIN_TOTAL, "api", why="y")]
    for checks in ([checked(MIN_DIFF, "api", why="x"), *told], [*told[::-1], checked(MIN_DIFF, "api", why="x")]):
        assert unknown_checks(having(facts(CORE), *checks)) == told


def test_a_broken_rule_shares_its_line_only_with_the_drop_of_the_same_total() -> None:
    fell = evaluate_drop(Decimal(1), FELL, nothing="")
    diff = evaluate(MIN_DIFF, Decimal(80), HALF, nothing="")
    total = evaluate(MIN_TOTAL, Decimal(80), HALF, nothing="")
    made = facts("m.py\n    1-50\n    51-100 missing\n")
    parts = (ComponentFigures(name="api", total=HALF, diff=None),)
    lines = {
        line(replace(having(made, *checks), components=parts))
        for checks in (
            (diff, fell),
            (total, checked(MIN_TOTAL, "api")),
            (total, checked(MAX_DROP, "api")),
            (total, fell),
            (checked(MIN_TOTAL, "api"), checked(MAX_DROP, "api")),
        )
    }
    same = facts("m.py\n    1-50\n    51-100 missing\n", min_total="53").verdict.checks
    assert line(having(made, *same, evaluate_drop(Decimal(0), FELL, nothing=""))) == (
        "Total coverage 50 % is below 53 % and fell by 3 points, 0 allowed: cover 3 more lines"
    )
    assert lines == {
        "Diff coverage 50 % is below 80 %: cover 1 more of 2 changed lines; 1 more rule fails",
        "Total coverage 50 % is below 80 %: cover 1 more line; 1 more rule fails",
        # The total of two lines is given to the rule: the drop of the measured hundred is the larger gap.
        "Total coverage 50 % is below 80 % and fell by 3 points, 1 allowed: cover 2 more lines",
        "Total coverage of api 50 % is below 80 % and fell by 3 points, 1 allowed: cover 1 more line",
    }


# --- what it leaves out when it gets long ----------------------------------------------------------------------------


def test_a_name_that_leaves_no_room_is_cut() -> None:
    cut = line(replace(facts(CORE, min_diff="60"), name="n" * 200))
    assert (len(cut), cut[-2:]) == (LONGEST, "n…")
    for length in range(LONGEST - 30, LONGEST + 5):
        assert len(line(replace(facts(CORE, min_diff="60"), name="n" * length))) <= LONGEST


def test_a_pass_that_gets_long_tells_the_total_and_that_the_diff_is_unknown() -> None:
    broken = "m.py\n    1-9\nbroken.py (unparsable)\n    + 1"
    assert forms(facts(COVERED, min_total="60")) == [
        "coverage passes: all 21 changed lines and branches are covered, total 96.8 %",
        "coverage passes: total 96.8 %",
    ]
    assert forms(facts(broken, min_total="60")) == [
        "coverage passes: total 100 %; diff unknown, broken.py has a syntax error in line 1",
        "coverage passes: total 100 %; diff unknown",
    ]
    assert forms(facts(CORE)) == ["diff coverage 66.7 %, total 70.9 %", "total coverage 70.9 %"]
    assert forms(facts(broken)) == [
        "total coverage 100 %; diff unknown, broken.py has a syntax error in line 1",
        "total coverage 100 %; diff unknown",
    ]


def test_a_lowered_bar_leaves_room_for_figures_one_by_one() -> None:
    assert forms(lowering(facts(COVERED, min_total="60"), PRAGMA)) == [
        "this change excludes 1 statement by new pragmas, coverage passes: diff 100 %, total 96.8 %",
        "this change excludes 1 statement by new pragmas, coverage passes: total 96.8 %",
        "this change excludes 1 statement by new pragmas, coverage passes",
    ]
    assert line(lowering(facts("m.py\n    + 1-4\n", min_total="60"), PRAGMA)) == (
        "This change excludes 1 statement by new pragmas, coverage passes: all 4 changed lines are covered, total 100 %"
    )


def test_a_lowered_bar_says_that_the_diff_is_unknown() -> None:
    broken = facts("m.py\n    1-9\nb.py (unparsable)\n    + 1", min_total="60")
    assert forms(lowering(broken, NO_TARGET, strict=False)) == [
        "this change removes the target, coverage passes: total 100 %; diff unknown, b.py has a syntax error in line 1",
        "this change removes the target, coverage passes: total 100 %; diff unknown",
        "this change removes the target, coverage passes; diff unknown",
    ]
    assert line(lowering(broken, LESS_TOTAL)) == (
        "This change lowers min-total from 80 to 60; judged by 80, coverage passes: total 100 %; diff unknown"
    )
    pushed = facts("m.py\n    1-9\n", min_total="60", diff=None, base=None)
    assert line(lowering(pushed, LESS_TOTAL)) == (
        "This change lowers min-total from 80 to 60; judged by 80, coverage passes: total 100 %"
    )


def test_a_broken_rule_that_gets_long_tells_the_other_rules_the_gap_and_the_bar_last() -> None:
    made = facts(ONE_LEFT, min_diff="50", min_total="95")
    state = "diff coverage 0 % is below 50 %"
    assert forms(made) == [
        f"{state}: cover the one changed line; 1 more rule fails",
        f"{state}: cover the one changed line",
        state,
    ]
    assert forms(lowering(made, NO_TARGET, strict=False)) == [
        f"{state}: cover the one changed line; 1 more rule fails; this change removes the target",
        f"{state}: cover the one changed line; this change removes the target",
        f"{state}: cover the one changed line; this change lowers the bar",
        f"{state}; this change lowers the bar",
        state,
    ]
    by_old = "this change lowers min-diff from 80 to 60; judged by 80: cover the one changed line"
    assert forms(lowering(made, LOWERED))[:2] == [f"{by_old}; 1 more rule fails", by_old]
    never = facts(
        "m.py\n    1-8\n    9-10 missing\nnew.py (unmeasured)\n    + 1-12 missing\n", min_diff="80", min_total="95"
    )
    gone = "no test imports new.py (all 12 changed lines)"
    state = "diff coverage 0 % is below 80 %"
    assert forms(never) == [
        f"{state}: {gone}; 1 more rule fails",
        f"{state}: {gone}",
        f"{state}: cover 10 more of 12 changed lines",
        state,
    ]


def test_a_drop_that_no_covering_undoes_has_no_gap_in_any_form() -> None:
    made = compared(max_drop="0", raw="90", adjusted="90")
    fell = "total coverage fell by 90 points, 0 allowed"
    assert forms(made) == [fell]
    also = having(made, *made.verdict.checks, checked(MIN_TOTAL, "api"))
    assert forms(also) == [f"{fell}; 1 more rule fails", fell]
    assert forms(lowering(also, NO_TARGET, strict=False)) == [
        f"{fell}; 1 more rule fails; this change removes the target",
        f"{fell}; this change removes the target",
        f"{fell}; this change lowers the bar",
        f"{fell}; 1 more rule fails",
        fell,
    ]
    # The rule that is lowered is the one that fails, but there is nothing to cover to say beside it.
    assert forms(lowering(made, LESS_DROP)) == [
        f"{fell}; this change raises max-drop from 0 to 1; judged by 0",
        f"{fell}; this change lowers the bar",
        fell,
    ]


# --- the gap ---------------------------------------------------------------------------------------------------------


def test_the_gap_is_counted_of_what_the_rule_is_about() -> None:
    """A component's drop is one of its own total, and what covering cannot undo has no gap."""
    text = "m.py\n    1-50\n    51-100 missing\n"
    api = ComponentFigures(name="api", total=Tally(lines=Counts(covered=10, total=20)), diff=None)
    io = ComponentFigures(name="io", total=Tally(lines=Counts(covered=50, total=400)), diff=None)
    gone = ComponentFigures(name="api", total=Unavailable(reason="no file of it was measured"), diff=None)
    empty = ComponentFigures(name="api", total=Tally(), diff=None)

    def gap(points: str, part: str | None, *parts: ComponentFigures, text: str = text) -> str:
        drop = Drop(raw=Fraction(points), adjusted=Fraction(points))
        check = evaluate_drop(Decimal(0), drop, nothing="", component=part)
        return line(replace(having(facts(text), check), components=parts)).partition("allowed")[2]

    assert {
        "the-project": gap("10", None),
        "the-project-beside-a-component": gap("10", None, api),
        "a-component": gap("10", "api", io, api),
        "another": gap("10", "io", api, io),
        "a-component-that-is-unknown": gap("10", "api", gone),
        "a-component-of-nothing": gap("10", "api", empty),
        "all-that-is-missing": gap("50", None),
        "more-than-is-missing": gap("51", None),
        "a-part-of-a-line": gap("0.1", None),
        "no-total": gap("10", None, text=""),
        "one-branch": gap("0.1", None, text="m.py\n    1-9\n    10 partial\n"),
    } == {
        "the-project": ": cover 10 more lines",
        "the-project-beside-a-component": ": cover 10 more lines",
        "a-component": ": cover 2 more lines",
        "another": ": cover 40 more lines",
        "a-component-that-is-unknown": "",
        "a-component-of-nothing": "",
        "all-that-is-missing": ": cover 50 more lines",
        "more-than-is-missing": "",
        "a-part-of-a-line": ": cover 1 more line",
        "no-total": "",
        "one-branch": ": cover 1 more line or branch",
    }


def test_the_one_file_that_no_test_imports_is_named_only_where_it_is_what_matters() -> None:
    def new(count: int, name: str = "new") -> str:
        return f"{name}.py (unmeasured)\n    + 1-{count} missing\n"

    tested = "m.py\n    + 1-10\n"
    some = "m.py\n    + 1-10\n    + 11-14 missing\n"
    share = "changed lines"
    assert [
        line(facts(text, min_diff=target)).partition(": ")[2]
        for text, target in (
            (tested + new(10), "75"),
            (tested + new(10), "100"),
            # Five are needed: what the other file lacks is not enough, and just enough.
            (some + new(6), "75"),
            (some + new(6), "70"),
            # Ten are needed, and the file has six.
            (some + new(6), "100"),
            (tested + new(5) + new(5, "other"), "75"),
        )
    ] == [
        f"no test imports new.py (10 of 20 {share})",
        f"no test imports new.py (10 of 20 {share})",
        f"no test imports new.py (6 of 20 {share})",
        f"cover 4 more of 20 {share}",
        f"cover 10 more of 20 {share}",
        f"cover 5 more of 20 {share}",
    ]


def test_a_file_that_no_test_imports_says_nothing_of_a_total_or_a_component() -> None:
    made = facts("m.py\n    1-9\n    10 missing\nnew.py (unmeasured)\n    + 1-12 missing\n", min_total="95")
    assert line(made) == "Total coverage 90 % is below 95 %: cover 1 more line"
    assert line(having(made, checked(MIN_DIFF, "api"))) == (
        "Diff coverage of api 50 % is below 80 %: cover 1 more of 2 changed lines"
    )


def test_a_long_path_is_cut_to_forty_characters() -> None:
    made = facts(f"src/app/{'a' * 30}.py (unmeasured)\n    + 1-12 missing\n", min_diff="80")
    assert line(made) == f"Diff coverage 0 % is below 80 %: no test imports src/a…/{'a' * 30}.py (all 12 changed lines)"


# --- words -----------------------------------------------------------------------------------------------------------


def test_what_became_of_the_tests() -> None:
    suites = [
        (SuiteStatus.FAILED, 2, 1.0, "The tests failed (exit code 2)"),
        (SuiteStatus.FAILED, 0, 1.0, "The tests failed"),
        (SuiteStatus.KILLED, 137, 1.0, "The tests were killed (signal 9, mostly a lack of memory)"),
        (SuiteStatus.KILLED, 143, 1.0, "The tests were killed (signal 15)"),
        (SuiteStatus.TIMED_OUT, 130, 1.2, "The tests did not end within 1 second"),
        (SuiteStatus.TIMED_OUT, 130, 119.9, "The tests did not end within 119 seconds"),
        (SuiteStatus.TIMED_OUT, 130, 120.0, "The tests did not end within 2 minutes"),
        (SuiteStatus.TIMED_OUT, 130, 3599.9, "The tests did not end within 59 minutes"),
    ]
    for status, code, seconds, words in suites:
        suite = replace(ended(status, code), seconds=seconds)
        assert line(facts(COVERED, min_diff="80", suite=suite)) == f"{words}: coverage is not judged"


def test_the_figures_of_a_pass() -> None:
    """A change since the baseline is told, and no figure is rounded to the other side of its requirement."""
    assert line(compared()) == "Coverage passes: diff 66.7 %, total 70.9 % (−0.31)"
    near = facts("m.py\n    + 1-7\n    + 8-13 missing\n", min_diff="53.84", min_total="53.84")
    assert line(near) == "Coverage passes: diff 53.85 %, total 53.85 %"
    assert line(lowering(near, PRAGMA)).endswith("coverage passes: diff 53.85 %, total 53.85 %")


def test_what_is_not_committed_is_said_only_where_there_is_nothing_else() -> None:
    text = "m.py\n    + 1-4\n"
    other = Base(sha=BASE, how=BaseHow.MERGE_BASE, ref="main")
    covered = "Coverage passes: all 4 changed lines are covered"
    assert [
        line(facts(text, min_diff="80", base=base, uncommitted=count))
        for base, count in ((ON_MAIN, 1), (ON_MAIN, 0), (other, 1), (None, 1))
    ] == [f"{covered}{edits}, total 100 %" for edits in (" (uncommitted edits)", "", "", "")]
    for ref in ("", "HEAD"):
        made = facts("m.py\n    1-4\n", min_diff="80", base=replace(ON_MAIN, ref=ref))
        assert line(made) == "Coverage passes: no changed line needs a test (HEAD is part of the base), total 100 %"


# --- what cannot be judged -------------------------------------------------------------------------------------------


def test_a_reason_that_is_long_is_told_up_to_its_first_bracket_sentence_or_clause() -> None:
    reason = "one: two; three. Four (five)"
    made = having(facts(CORE), evaluate(MIN_DIFF, Decimal(80), Unavailable(reason=reason), nothing=""))
    told = ["one: two; three. Four (five)", "one: two; three. Four", "one: two; three", "one: two", "one"]
    assert forms(made) == [f"cannot judge the diff: {words}" for words in told]
    whole = facts("", min_total="80", problem=Unavailable(reason=reason))
    assert forms(whole) == [f"cannot judge: {words}" for words in told]


def test_other_rules_that_are_unknown_are_counted_where_there_is_room() -> None:
    for count, more in ((1, ""), (2, "; 1 more rule is unknown"), (3, "; 2 more rules are unknown")):
        checks = [checked(rule, why="nobody knows") for rule in (MIN_DIFF, MIN_TOTAL, MAX_DROP)[:count]]
        first = f"cannot judge the diff: nobody knows{more}"
        assert forms(having(facts(CORE), *checks)) == list(
            dict.fromkeys([first, "cannot judge the diff: nobody knows"])
        )


def test_an_unknown_rule_of_a_component_names_it_and_a_drop_tells_its_figures() -> None:
    drop = Drop(raw=Fraction("0.31"), adjusted=LINES_GONE)
    checks = evaluate_drop(Decimal("0.2"), drop, nothing="", component="api"), checked(MIN_TOTAL, "io", "nobody knows")
    assert [line(having(facts(CORE), check)) for check in checks] == [
        "Cannot judge the drop of api of 0.31, 0.2 allowed: the lines of main's record are no longer kept",
        "Cannot judge the total of io: nobody knows",
    ]
    shallow = Unavailable(reason="?", kind=UnknownKind.SHALLOW_CLONE)
    assert line(having(facts(CORE), evaluate_drop(Decimal(1), shallow, nothing=""))) == (
        "Cannot judge the drop: the clone is too shallow to find a recorded run of main"
    )
