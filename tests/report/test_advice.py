"""Words for what is not known: found by the kind of the reason, whatever its text is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.gate.rules import evaluate, evaluate_drop, judge
from covgate.history.ancestry import none_is_ancestor
from covgate.model.commit import Base, BaseHow
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MAX_DROP, MIN_DIFF, MIN_TOTAL, Drop, Status, SuiteStatus
from covgate.report.advice import find_words, main_of, suite_advice, undecided_advice, why_unknown
from covgate.report.prose import Prose, name, say
from covgate.report.stored.parts import ELSEWHERE, own_reason
from covgate.report.view import build_view
from tests.support.situations import BASE, CORE, facts

FACTS = facts(CORE)
NAMES = ("a_b.py", "7")


def unknown(kind: UnknownKind, **others: str) -> Unavailable:
    return Unavailable(reason="the reason `a` gave", kind=kind, names=NAMES, **others)


@pytest.mark.parametrize("kind", set(UnknownKind) - {UnknownKind.OTHER})
def test_every_kind_has_its_own_advice(kind: UnknownKind) -> None:
    texts = {str(find_words(unknown(kind), rule, FACTS).advice) for rule in (MIN_DIFF, MIN_TOTAL, MAX_DROP)}
    (text,) = texts
    assert text.endswith(" (why).")
    assert "[" not in text
    assert "{" not in text


@pytest.mark.parametrize(
    ("kind", "short"),
    [
        (UnknownKind.OTHER, "the reason a gave"),
        (UnknownKind.SYNTAX_ERROR, "a_b.py has a syntax error in line 7"),
        (UnknownKind.BROKEN_FILE, "a_b.py cannot be analysed"),
        (UnknownKind.NO_RECORD, "there is no recorded run of main to compare with"),
        (UnknownKind.RAMP, "the reason a gave"),
    ],
)
def test_a_kind_that_has_a_short_form_is_told_in_it(kind: UnknownKind, short: str) -> None:
    assert str(find_words(unknown(kind), MAX_DROP, FACTS).short) == short


@given(reason=st.text(min_size=1), kind=st.sampled_from(UnknownKind))
def test_the_words_of_a_reason_choose_nothing(reason: str, kind: UnknownKind) -> None:
    told = find_words(replace(unknown(kind), reason=reason), MIN_DIFF, FACTS)
    assert told.advice == find_words(unknown(kind), MIN_DIFF, FACTS).advice


def test_what_a_reason_brings_along_goes_before() -> None:
    words = find_words(unknown(UnknownKind.NO_RECORD, hint="do `this`", slug="git-failed"), MAX_DROP, FACTS)
    assert str(words.advice) == "Do this (why)."
    assert str(words.short).startswith("there is no recorded run")
    (address,) = filter(None, (piece.url for piece in words.advice.pieces))
    assert address.endswith("#git-failed")


@pytest.mark.parametrize("hint", ["set [tool] or {x}", "give {0} or [1]", "say `[main]`"])
def test_a_hint_stays_as_it_is(hint: str) -> None:
    told = Unavailable(reason="x", hint=hint)
    assert str(find_words(told, MAX_DROP, FACTS).advice) == f"{hint.capitalize().replace('`', '')} (why)."


def test_a_rule_keeps_what_could_not_be_known() -> None:
    reason = unknown(UnknownKind.LINES_GONE)
    assert evaluate(MIN_DIFF, Decimal(80), reason, nothing="").unknown is reason
    assert evaluate_drop(Decimal(1), reason, nothing="").unknown is reason
    check = evaluate_drop(Decimal(1), Drop(raw=Fraction(2), adjusted=reason), nothing="")
    assert check.status is Status.UNAVAILABLE
    assert check.unknown
    assert (check.unknown.kind, check.unknown.reason) == (UnknownKind.LINES_GONE, check.why)
    passed = evaluate_drop(Decimal(3), Drop(raw=Fraction(2), adjusted=reason), nothing="")
    assert (passed.status, passed.unknown) == (Status.PASS, None)
    made = replace(FACTS, verdict=judge([check], None))
    assert build_view(made).headline.endswith("the lines of main's record are no longer kept")


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        ("nothing has been recorded yet", UnknownKind.NO_RECORD),
        (
            none_is_ancestor(BASE, 12).reason,
            UnknownKind.NO_RECORD,
        ),
        ("only 3 of the 12 tests of main ran", UnknownKind.PART_OF_SUITE),
        ("there is nothing to measure", UnknownKind.OTHER),
        ("the changed file @team.py cannot be analysed: syntax at line 1", UnknownKind.TOLD_ELSEWHERE),
        ("the clone is shallow, visit evil.example", UnknownKind.TOLD_ELSEWHERE),
        ("nothing has been recorded yet, visit evil.example", UnknownKind.TOLD_ELSEWHERE),
        ("only 3 of the 12 tests of evil.example/ a b ran", UnknownKind.TOLD_ELSEWHERE),
    ],
)
def test_a_stored_reason_has_the_kind_of_its_own_words_and_no_names(stored: str, kind: UnknownKind) -> None:
    found = own_reason(stored)
    assert (found.kind, found.names, found.hint, found.slug) == (kind, (), "", "")
    assert found.reason == (ELSEWHERE if kind is UnknownKind.TOLD_ELSEWHERE else stored)


ADVICE = {
    UnknownKind.OTHER: ("Mend what the reason names, then run again", "cannot-judge"),
    UnknownKind.SYNTAX_ERROR: ("Mend the file, or leave it out with `omit`", "diff-unknown"),
    UnknownKind.BROKEN_FILE: ("Mend the file, or leave it out with `omit`", "diff-unknown"),
    UnknownKind.MEASURED_BEFORE: ("Let no step before covgate edit the sources", "diff-unknown"),
    UnknownKind.EDITED_MEANWHILE: (
        "Run the job again, and let no step before covgate edit the sources",
        "diff-unknown",
    ),
    UnknownKind.NO_RECORD: ("Run this workflow once on main, then this job again", "no-baseline"),
    UnknownKind.SHALLOW_CLONE: ("Set `fetch-depth: 0` on actions/checkout, then run again", "no-baseline"),
    UnknownKind.HOST_SILENT: ("Run the job again, or set `fetch-depth: 0` on actions/checkout", "no-baseline"),
    UnknownKind.LINES_GONE: (
        "Merge main into this branch, then run again, or keep more with `history-limit`",
        "drop-unknown",
    ),
    UnknownKind.COMPARING_FAILED: ("Run the job again; if it goes on, run it once on main", "drop-unknown"),
    UnknownKind.PART_OF_SUITE: (
        "Run all tests, or set `junit: off` where a part is what you want judged",
        "part-of-the-suite",
    ),
    UnknownKind.RAMP: ("Mend the history, or set `min-total` until it can be read", "history-unreachable"),
    UnknownKind.TOLD_ELSEWHERE: ("Open the run to see the reason", "cannot-judge"),
}


def spelled(prose: Prose) -> str:
    """Return a sentence with what is set in code between backticks, and its link behind the word."""
    return "".join(
        f"`{piece.text}`" if piece.code else f"{piece.text}: {piece.url}" if piece.url else piece.text
        for piece in prose.pieces
    )


def why(slug: str) -> str:
    return f" (why: https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md#{slug})."


def test_what_to_do_about_each_kind_is_a_sentence_with_a_link_to_its_own_heading() -> None:
    assert {kind: spelled(find_words(unknown(kind), MIN_TOTAL, FACTS).advice) for kind in UnknownKind} == {
        kind: text + why(slug) for kind, (text, slug) in ADVICE.items()
    }
    assert [spelled(find_words(unknown(UnknownKind.OTHER), rule, FACTS).advice) for rule in (MIN_DIFF, MAX_DROP)] == [
        "Mend what the reason names, then run again" + why("diff-unknown"),
        "Run this workflow once on main, then this job again" + why("drop-unknown"),
    ]
    assert spelled(find_words(unknown(UnknownKind.RAMP, hint="do this."), MIN_TOTAL, FACTS).advice) == (
        "Do this" + why("history-unreachable")
    )
    assert spelled(find_words(unknown(UnknownKind.SYNTAX_ERROR), MIN_DIFF, FACTS).short) == (
        "`a_b.py` has a syntax error in line 7"
    )
    assert spelled(find_words(unknown(UnknownKind.OTHER), MIN_DIFF, FACTS).short) == "the reason `a` gave"


def test_what_to_do_about_a_suite_that_did_not_pass() -> None:
    assert {
        status: spelled(suite_advice(status, FACTS)) for status in SuiteStatus if status is not SuiteStatus.PASSED
    } == {
        SuiteStatus.FAILED: "Mend the tests first: what they no longer execute says nothing about coverage"
        + why("tests-failed"),
        SuiteStatus.KILLED: "Give the job more memory, or run fewer tests at once" + why("tests-killed"),
        SuiteStatus.TIMED_OUT: "Raise `timeout-minutes`, or find the test that does not end" + why("tests-timed-out"),
        SuiteStatus.NO_TESTS: "Let `test-command` find the tests, or name their folder in it" + why("no-tests"),
    }


def test_what_to_do_about_files_that_nothing_names() -> None:
    assert [spelled(undecided_advice(say(name("a.py")), FACTS, several=several)) for several in (False, True)] == [
        "Not measured, and nothing says whether it should be: `a.py`. "
        "Set `source` in the coverage configuration, or leave it out with `omit`" + why("undecided-file"),
        "Not measured, and nothing says whether they should be: `a.py`. "
        "Set `source` in the coverage configuration, or leave them out with `omit`" + why("undecided-file"),
    ]


def test_the_branch_a_change_goes_to_is_called_by_its_name_and_a_commit_is_the_base() -> None:
    refs = ("main", "origin/main", "feature/origin/main", "", "HEAD", BASE, "a" * 40, "g" * 40, "a" * 39)
    bases = [Base(sha=BASE, how=BaseHow.GIVEN, ref=ref) for ref in refs]
    assert [main_of(replace(FACTS, base=base)) for base in (*bases, None)] == [
        "main",
        "main",
        "feature/origin/main",
        *["the base"] * 4,
        "g" * 40,
        "a" * 39,
        "the base",
    ]


def test_a_rule_that_only_says_why_is_unknown_for_that() -> None:
    check = evaluate(MIN_DIFF, Decimal(80), unknown(UnknownKind.RAMP), nothing="")
    assert why_unknown(check).kind is UnknownKind.RAMP
    assert why_unknown(replace(check, unknown=None)) == Unavailable(reason="the reason `a` gave")
