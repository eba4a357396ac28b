"""The first line of a report, which stands alone: verdict, figure, requirement and gap, in at most 120 characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from covgate.model import (
    FAILED_SUITES,
    MAX_DROP,
    MIN_DIFF,
    MIN_TOTAL,
    Check,
    Status,
    SuiteRun,
    SuiteStatus,
    Tally,
    Unavailable,
    VerdictKind,
    figures,
    known,
)
from covgate.report.advice import find_words, why_unknown
from covgate.report.facts import Facts
from covgate.report.gate_changes import word_lowering
from covgate.report.prose import Prose, name, say
from covgate.report.test_rows import make_test_rows
from covgate.report.why import is_not_loaded
from covgate.report.words import plural, share_text, short_path

LONGEST = 116
"""Characters of a headline: 120 with its mark, and a space on either side of that."""

INFORMATION = "ℹ️"  # the sign of that name
"""The mark of a report that judges nothing, as no rule is set."""


def word_headline(facts: Facts) -> tuple[str, Prose]:
    """Return the mark and the first line without it."""
    return mark_of(facts), _fit(_candidates(facts))


def mark_of(facts: Facts) -> str:
    """Return the mark of the verdict: each has a shape of its own."""
    if facts.verdict.kind is VerdictKind.PASS:
        return "✅" if facts.verdict.checks else INFORMATION
    return "❌" if facts.verdict.kind is VerdictKind.FAIL else "⚠️"


def not_judged(facts: Facts) -> bool:
    """Whether the tests failed, or were none: coverage is measured, and what it says of the rules is no news."""
    return facts.verdict.suite is not None and facts.verdict.suite.status is not SuiteStatus.PASSED


def failed_checks(facts: Facts) -> list[Check]:
    """Return the broken rules, the diff's first: its author can act on it. The project before its components."""
    rank = {MIN_DIFF: 0, MIN_TOTAL: 1, MAX_DROP: 2}
    failed = [check for check in facts.verdict.checks if check.status is Status.FAIL]
    return sorted(failed, key=lambda check: (check.component is not None, rank[check.rule]))


def unknown_checks(facts: Facts) -> list[Check]:
    """Return the rules that could not be judged, the project's first; a reason is told once for each rule."""
    unknown = [check for check in facts.verdict.checks if check.status is Status.UNAVAILABLE]
    first = {(check.rule, check.why): check for check in sorted(unknown, key=lambda c: c.component is None)}
    return sorted(first.values(), key=lambda check: check.component is not None)


def _fit(candidates: Iterable[Prose]) -> Prose:
    """Return the first that is short enough; of the last one, what fits."""
    last = Prose()
    for last in candidates:  # the last one is used below
        if len(str(last)) <= LONGEST:
            return last
    return last.cut(LONGEST)


def _candidates(facts: Facts) -> Iterator[Prose]:
    """Yield the headline, and shorter ones."""
    kind, name_ = facts.verdict.kind, f"{facts.name}: " if facts.name else ""
    suite = facts.verdict.suite
    if suite and suite.status in FAILED_SUITES:
        found: Iterable[Prose] = [_suite(suite, make_test_rows(facts).failure)]
    elif kind is VerdictKind.PASS:
        found = _good_news(facts)
    elif kind is VerdictKind.FAIL:
        found = _broken(facts)
    else:
        found = _unjudged(facts)
    for prose in found:
        yield say(name_, prose.small) if name_ else prose.capital


# --- the tests --------------------------------------------------------------------------------------------------------


def _suite(suite: SuiteRun, failure: str) -> Prose:
    code = f" (exit code {suite.exit_code})" if suite.exit_code else ""
    words = {
        SuiteStatus.FAILED: failure or f"The tests failed{code}",
        SuiteStatus.KILLED: f"The tests were killed ({_signal(suite.exit_code - 128)})",
        SuiteStatus.TIMED_OUT: f"The tests did not end within {_time(suite.seconds)}",
    }
    return say(words[suite.status], ": coverage is not judged")


def _signal(number: int) -> str:
    return f"signal {number}, mostly a lack of memory" if number == _SIGKILL else f"signal {number}"


_SIGKILL = 9


def _time(seconds: float) -> str:
    """Print a time limit, which ended the tests as soon as it was over."""
    return plural(int(seconds), "second") if seconds < _MINUTES else plural(int(seconds / 60), "minute")


_MINUTES = 120
"""Seconds from which on minutes are told."""


# --- a pass -----------------------------------------------------------------------------------------------------------


def _good_news(facts: Facts) -> Iterator[Prose]:
    rest = say(_diff_and_total(facts), _diff_unknown(facts))
    lowering, total = word_lowering(facts.gate_changes), _total_text(facts)
    unknown = "; diff unknown" if isinstance(facts.diff, Unavailable) else ""
    if lowering:
        diff = known(facts.diff_tally)
        # Whether a line needs a test may be what was changed.
        if diff is None or diff.counts.total:
            yield say(lowering, ", coverage passes: ", rest)
        yield say(lowering, ", coverage passes: ", ", ".join(filter(None, [_diff_percent(facts), total])), unknown)
        yield say(lowering, ", coverage passes: ", total, unknown)
        yield say(lowering, ", coverage passes", unknown)
    elif facts.verdict.checks:
        yield say("Coverage passes: ", rest)
        yield say("Coverage passes: ", total, unknown)
    else:
        yield _capital(rest)
        yield say(_capital(say(total)), unknown)


def _capital(figures_: Prose) -> Prose:
    """Word figures that nothing stands before: `Diff coverage 72 %, total 84.8 %`."""
    first, *rest = figures_.pieces
    for word in ("diff", "total"):
        if first.text.startswith(f"{word} "):
            return say(f"{word.capitalize()} coverage{first.text.removeprefix(word)}", *rest)
    return figures_.capital


def _diff_and_total(facts: Facts) -> str:
    diff = known(facts.diff_tally)
    return ", ".join(filter(None, [_diff_text(diff, facts) if diff is not None else "", _total_text(facts)]))


def _diff_text(diff: Tally, facts: Facts) -> str:
    counts = diff.counts
    if not counts.total:
        return f"no changed line needs a test{_no_commit(facts)}"
    if counts.missing:
        return f"diff {figures.show_rounded(diff, *_targets(facts, MIN_DIFF))}{_edits(facts)}"
    if counts.total == 1:
        return f"the one changed line is covered{_edits(facts)}"
    return f"all {counts.total:,} changed {_noun(diff)} are covered{_edits(facts)}"


def _diff_percent(facts: Facts) -> str:
    diff = known(facts.diff_tally)
    return f"diff {figures.show_rounded(diff, *_targets(facts, MIN_DIFF))}" if diff and diff.counts.total else ""


def _noun(tally: Tally) -> str:
    return "lines and branches" if tally.branches.total else "lines"


def _total_text(facts: Facts) -> str:
    total = known(facts.total_tally)
    if total is None:
        return "total unknown"
    delta = f" ({figures.show_change(facts.comparison.delta)})" if facts.comparison else ""
    return f"total {figures.show_rounded(total, *_targets(facts, MIN_TOTAL))}{delta}"


def _targets(facts: Facts, rule: str) -> list[Decimal]:
    check = facts.check(rule)
    return [] if check is None else [check.target]


def _diff_unknown(facts: Facts) -> Prose:
    """Say that the diff is not known although no rule asks for it, and why."""
    if not isinstance(facts.diff, Unavailable):
        return Prose()
    return say("; diff unknown, ", find_words(facts.diff, MIN_DIFF, facts).short)


def _edits(facts: Facts) -> str:
    """Say that nothing but what is not committed was judged: on the main branch there is no other change."""
    return " (uncommitted edits)" if _no_commit(facts) and facts.uncommitted else ""


def _no_commit(facts: Facts) -> str:
    """Say that no commit was judged, on the main branch itself say; nothing where there is one."""
    if facts.base is None or facts.base.sha != facts.head:
        return ""
    return f" (HEAD is part of {facts.base.ref if facts.base.ref not in {'', 'HEAD'} else 'the base'})"


# --- broken rules -----------------------------------------------------------------------------------------------------


def _broken(facts: Facts) -> Iterator[Prose]:
    """Word the first broken rule with its gap; of the others their number."""
    failed = failed_checks(facts)
    first, *others = failed
    together = first.rule == MIN_TOTAL and next(
        (c for c in others if (c.rule, c.component) == (MAX_DROP, first.component)), None
    )
    told = [first, *([together] if together else [])]
    left = len(failed) - len(told)
    more = f"; {left} more {'rule fails' if left == 1 else 'rules fail'}" if left else ""
    gap = _gap(told, facts)
    lowering, changes = word_lowering(facts.gate_changes), facts.gate_changes.lowering
    if len(changes) == 1 and (changes[0].name, changes[0].component) == (first.rule, first.component) and gap:
        # The rule that is lowered is the one that judges: the line says its figure's requirement already.
        yield say(lowering, ": ", gap, more)
        yield say(lowering, ": ", gap)
    elif lowering:
        yield say(_state(told), ": " if gap else "", gap, more, "; ", lowering.small)
        yield say(_state(told), ": " if gap else "", gap, "; ", lowering.small)
        yield say(_state(told), ": " if gap else "", gap, "; this change lowers the bar")
        yield say(_state(told), "; this change lowers the bar")
    if first.rule == MIN_DIFF and (gone := _not_imported(first, facts)):
        yield say(_state(told), ": ", gone, more)
        yield say(_state(told), ": ", gone)
    yield say(_state(told), ": " if gap else "", gap, more)
    yield say(_state(told), ": " if gap else "", gap)
    yield _state(told)


def _state(told: Sequence[Check]) -> Prose:
    """Word a broken rule: the figure, and what is required."""
    first = told[0]
    what = say("diff coverage" if first.rule == MIN_DIFF else "total coverage")
    if first.component:
        what = say(what, " of ", name(first.component))
    states = [_broken_state(check) for check in told]
    return say(what, " ", " and ".join(states)).capital


def _broken_state(check: Check) -> str:
    target = check.target
    if check.drop is not None:
        return f"fell by {figures.show_points(check.drop.judged, target)}, {figures.show_number(target)} allowed"
    return f"{figures.show_rounded(check.actual, target)} is below {figures.show_percent(target)}"


def _gap(told: Sequence[Check], facts: Facts) -> str:
    """Say how much has to be covered; of two rules on one total the larger gap."""
    gaps = [(needed, tally) for check in told for needed, tally in [gap_of(check, facts)] if needed and tally]
    if not gaps:
        return ""
    needed, tally = max(gaps, key=lambda gap: gap[0])
    if told[0].rule == MIN_DIFF:
        return f"cover {share_text(needed, tally, 'changed')}{_edits(facts)}"
    one, many = ("line or branch", "lines or branches") if tally.branches.total else ("line", "lines")
    return f"cover {needed:,} more {one if needed == 1 else many}"


def gap_of(check: Check, facts: Facts) -> tuple[int, Tally | None]:
    """Return how many more have to be covered until a rule passes, and of what; 0 where covering cannot do it."""
    if check.drop is None:
        return (check.actual.counts.needed(check.target), check.actual) if check.actual else (0, None)
    own = next((part.total for part in facts.components if part.name == check.component), None)
    tally = known(own if check.component and own else facts.total_tally)
    if tally is None or not tally.counts.total:
        return 0, None
    counts = tally.counts
    required = Fraction(100 * counts.covered, counts.total) + check.drop.judged - Fraction(check.target)
    needed = int(-((-required * counts.total) // 100)) - counts.covered
    return (needed, tally) if 0 < needed <= counts.missing else (0, None)


def _not_imported(check: Check, facts: Facts) -> Prose:
    """Name the one file that no test imports, where covering it would be enough and nothing less is."""
    gone = [file for file in facts.known_diff.files if is_not_loaded(file)]
    needed, tally = gap_of(check, facts)
    if check.component or len(gone) != 1 or tally is None:
        return Prose()
    (file,) = gone
    missing = file.tally.counts.missing
    if missing < needed or tally.counts.missing - missing >= needed:
        return Prose()
    of = f"{missing:,} of" if missing < tally.counts.total else "all"
    of = f"{of} {tally.counts.total:,} changed {_noun(tally)}"
    return say("no test imports ", name(short_path(file.path, 40)), f" ({of})")


# --- what cannot be judged --------------------------------------------------------------------------------------------


def _unjudged(facts: Facts) -> Iterator[Prose]:
    suite = facts.verdict.suite
    if suite is not None and suite.status is SuiteStatus.NO_TESTS:
        yield say("Cannot judge: no test was found")
    elif isinstance(facts.total, Unavailable):
        for reason in _shorter(facts.total.reason):
            yield say("Cannot judge: ", find_words(replace(facts.total, reason=reason), MIN_TOTAL, facts).short.small)
    else:
        first, *others = unknown_checks(facts)
        left = len(others)
        more = f"; {left} more {'rule is' if left == 1 else 'rules are'} unknown" if left else ""
        whose = say(" of ", name(first.component)) if first.component else Prose()
        what = say(f"Cannot judge the {_SUBJECTS[first.rule]}", whose)
        if first.drop is not None:
            fell = figures.show_drop(first.drop.raw, first.target)
            what = say(what, f" of {fell}, {figures.show_number(first.target)} allowed")
        unknown = why_unknown(first)
        for reason in _shorter(unknown.reason):
            short = find_words(replace(unknown, reason=reason), first.rule, facts).short.small
            yield say(what, ": ", short, more)
            yield say(what, ": ", short)


def _shorter(reason: str) -> Iterator[str]:
    """Yield a reason, and what stands before its brackets, its second sentence, its second clause."""
    yield reason
    for mark in (" (", ". ", "; ", ": "):
        reason = reason.partition(mark)[0]
        yield reason


_SUBJECTS = {MIN_DIFF: "diff", MIN_TOTAL: "total", MAX_DROP: "drop"}
