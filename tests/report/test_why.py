"""Why lines are missing, runs of lines with work left, and what a run that is no pass says at the top of its page."""

from __future__ import annotations

from dataclasses import replace

from covgate.model.change import DiffCoverage
from covgate.model.coverage import Coverage, Gap, Reason, ReasonKind
from covgate.model.verdict import SuiteStatus
from covgate.report.alarm import word_alarm
from covgate.report.facts import Facts, KnownTotal
from covgate.report.runs import find_runs, measured_file
from covgate.report.view import build_view
from covgate.report.why import KEYWORD, REASONS, is_not_loaded, why_text
from tests.support.situations import CORE, COVERED, SITUATIONS, ended, facts
from tests.support.situations_compared import COMPARED


def reason(kind: ReasonKind, line: int = 9) -> Reason:
    return Reason(kind=kind, line=line)


# --- reasons ---------------------------------------------------------------------------------------------------------


def test_at_most_two_reasons_are_told_and_that_there_are_more() -> None:
    first, second, third = (
        reason(ReasonKind.IF_NEVER_TRUE),
        reason(ReasonKind.NEVER_CALLED),
        reason(ReasonKind.LOOP_NEVER_RUNS, 12),
    )
    assert [why_text(reasons) for reasons in ((), (first,), (first, second), (first, second, third))] == [
        "",
        "the if on line 9 is never true",
        "the if on line 9 is never true and never called",
        "the if on line 9 is never true, never called, and more",
    ]
    assert (
        why_text([reason(ReasonKind.LOST), first], "main") == "ran on main, not here and the if on line 9 is never true"
    )
    assert why_text([reason(ReasonKind.LOST)]) == "ran at the baseline, not here"
    assert why_text([first], "main") == "the if on line 9 is never true"


def test_every_reason_has_words_in_which_the_statement_of_python_is_found() -> None:
    assert set(REASONS) == set(ReasonKind)
    found = {kind: KEYWORD.findall(words.format(3)) for kind, words in REASONS.items()}
    assert {kind.value: words for kind, words in found.items() if words} == {
        f"{word}-{what}": [word]
        for word, ends in (
            ("if", ("never-true", "never-false")),
            ("elif", ("never-true", "never-false")),
            ("except", ("never-reached", "never-matches")),
            ("case", ("never-reached", "never-matches", "always-matches")),
        )
        for what in ends
    }


def test_a_file_is_not_loaded_where_nothing_measured_it_or_each_of_its_places_says_so() -> None:
    never, called = reason(ReasonKind.NEVER_IMPORTED), reason(ReasonKind.NEVER_CALLED)
    (file,) = facts("m.py\n    + 1 missing\n    + 2\n    + 3 missing\n").known_diff.files
    one, other = file.places

    def loaded(*reasons: tuple[Reason, ...], gap: Gap | None = None) -> bool:
        places = tuple(replace(place, reasons=some) for place, some in zip((one, other), reasons, strict=False))
        return not is_not_loaded(replace(file, places=places, gap=gap))

    assert [loaded((never,), (called, never)), loaded((never,)), loaded((), gap=Gap.UNMEASURED)] == [False] * 3
    assert [loaded((never,), (called,)), loaded((called,), ()), loaded(), loaded((), gap=Gap.UNDECIDED)] == [True] * 4


# --- runs of lines ---------------------------------------------------------------------------------------------------


def runs(made: Facts) -> list[tuple[int, int]]:
    assert isinstance(made.diff, DiffCoverage)
    return [(run.start, run.end) for file in made.diff.files for run in find_runs(file, measured_file(made, file))]


def test_a_run_ends_before_a_statement_that_has_nothing_left_and_goes_over_lines_that_are_none() -> None:
    text = "m.py\n    + 1\n    + 2-3 missing\n    + 4 text\n    + 5 partial\n    6\n    + 7 missing\n    + 9 missing\n"
    made = facts(text)
    assert runs(made) == [(2, 5), (7, 9)]
    # The statement on line 6 is not in the change: of a stored report nothing else is known.
    assert isinstance(made.total, Coverage)
    assert runs(replace(made, total=KnownTotal(total=made.total.total, has_branches=True))) == [(2, 9)]
    assert runs(facts("m.py\n    + 1-4\n")) == []
    assert runs(facts("new.py (unmeasured)\n    + 1-4 missing\n    + 5 text\n    + 6 missing\n")) == [(1, 6)]


# --- the top of the page ---------------------------------------------------------------------------------------------


def alarm(made: Facts) -> list[str]:
    return word_alarm(made, build_view(made)).splitlines()


def test_a_broken_rule_says_what_to_cover() -> None:
    lines = "".join(f"    + {n} missing\n    + {n + 1}\n" for n in (1, 3, 5, 7, 9, 11))
    five, six = (facts(f"m.py\n{text}", min_diff="100") for text in (lines.rpartition("    + 11")[0], lines))
    assert alarm(five) == [
        "Diff coverage 50 % is below 100 %: cover 5 more of 10 changed lines",
        "Covering these 5 is enough: m.py:1, m.py:3, m.py:5, m.py:7, m.py:9",
    ]
    view = build_view(six)
    rows = view.places
    assert view.steps is not None
    assert word_alarm(six, replace(view, steps=replace(view.steps, rows=rows))).splitlines()[-1] == (
        "That takes at least 6 of 6 places. Most is missing in: m.py:1, m.py:3, m.py:5, m.py:7, m.py:9 and 1 more"
    )
    assert alarm(six)[-1] == "The step summary has the whole report"


def test_what_lines_do_not_mend_says_what_does_with_its_address_and_no_more() -> None:
    why = "https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md#"
    first, second = alarm(COMPARED["no-baseline"]())
    assert first == "Cannot judge the drop: there is no recorded run of main to compare with"
    assert second == (
        "What cannot be judged does not pass. Run this workflow once on main, then this job again "
        f"(why: {why}no-baseline)."
    )
    drop = alarm(COMPARED["drop"]())
    assert drop[0] == "Total coverage fell by 1.2 points, 0 allowed: cover 2 more lines or branches"
    assert drop[1] == "Code that this change deletes is left out of the drop (1.25 with it)."
    assert drop[2].startswith("Covering this is enough: ")
    tests = "The group `Tests` of the log shows what they printed"
    for status, code in ((SuiteStatus.FAILED, 1), (SuiteStatus.KILLED, 137), (SuiteStatus.TIMED_OUT, 130)):
        found = alarm(facts(CORE, min_diff="80", suite=ended(status, code)))
        assert (len(found), found[-1]) == (3, tests)
    none = alarm(facts(COVERED, min_diff="80", suite=ended(SuiteStatus.NO_TESTS, 5)))
    assert tests not in none
    assert none[-1].endswith(f"(why: {why}no-tests).")
    assert alarm(SITUATIONS["no-rules"]())[-1] == "The step summary has the whole report"
