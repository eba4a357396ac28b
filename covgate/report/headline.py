"""The first lines of a report: the verdict with the gap in lines, and a sentence for whatever else is wrong."""

from __future__ import annotations

from fractions import Fraction

from covgate.model import (
    MAX_DROP,
    MIN_DIFF,
    MIN_TOTAL,
    Check,
    Status,
    SuiteRun,
    SuiteStatus,
    Unavailable,
    VerdictKind,
    figures,
    known,
)
from covgate.report.facts import Facts
from covgate.report.words import share_text


def word_headline(facts: Facts) -> tuple[str, str, tuple[str, ...]]:
    """Return the icon, the verdict in one sentence, and the sentences for whatever else is wrong."""
    verdict, unknown = facts.verdict, _unknown(facts)
    if verdict.kind is VerdictKind.PASS:
        return ("✅" if verdict.checks else "ℹ️"), _good_news(facts), unknown  # the information sign
    # The diff's rule comes first: it is the one the author of a change can act on. The project before its components.
    rank = {MIN_DIFF: 0, MAX_DROP: 1}
    failed = [check for check in verdict.checks if check.status is Status.FAIL]
    failed.sort(key=lambda check: (check.component is not None, rank.get(check.rule, len(rank))))
    suite = _suite_sentence(verdict.suite)
    first, *others = (*filter(None, [suite]), *(_sentence(check, facts) for check in failed), *unknown)
    if verdict.kind is VerdictKind.FAIL:
        return "❌", first, tuple(others)
    return "⚠️", f"Cannot judge: {_small(first)}", tuple(others)


def _unknown(facts: Facts) -> tuple[str, ...]:
    """Say once what could not be known: a measurement that is missing takes everything else along."""
    if isinstance(facts.total, Unavailable):
        return (_capital(facts.total.reason),)
    lost = [f"Diff coverage is unavailable: {facts.diff.reason}"] if isinstance(facts.diff, Unavailable) else []
    said: set[tuple[str, str]] = set()
    for check in facts.verdict.checks:
        if check.status is Status.UNAVAILABLE and (check.rule != MIN_DIFF or check.component):
            if (check.rule, check.why) in said:
                # The project's own reason is its components', too.
                continue
            said.add((check.rule, check.why))
            whose = f" of {check.component}" if check.component else ""
            what = {MAX_DROP: "The drop", MIN_TOTAL: "Total coverage", MIN_DIFF: "Diff coverage"}[check.rule]
            sentence = f"{what}{whose} is unavailable: {check.why}"
            # With a figure beside it, it is what the figure is held against that is not known.
            lost.append(sentence if check.drop is None and check.actual is None else _capital(check.why))
    return tuple(lost)


def _sentence(check: Check, facts: Facts) -> str:
    """Word a broken rule, and what mends it."""
    if check.drop is not None:
        return f"{_capital(check.why)}{_to_make_up(check, facts)}"
    if check.actual is None:
        return _capital(check.why)
    needed = check.actual.counts.needed(check.target)
    kind = "changed" if check.rule == MIN_DIFF else ""
    edits = _edits(facts) if kind else ""
    return f"{_capital(check.why)}: cover {share_text(needed, check.actual, kind)}{edits}"


def _to_make_up(check: Check, facts: Facts) -> str:
    """Say how much has to be covered until the drop is small enough."""
    own = next((part.total for part in facts.components if part.name == check.component), None)
    tally = own if check.component else facts.total_tally
    if check.drop is None or tally is None or isinstance(tally, Unavailable) or not tally.counts.total:
        return ""
    counts = tally.counts
    required = Fraction(100 * counts.covered, counts.total) + check.drop.judged - Fraction(check.target)
    needed = -((-required * counts.total) // 100) - counts.covered
    return f": cover {share_text(int(needed), tally)}" if 0 < needed <= counts.missing else ""


def _suite_sentence(suite: SuiteRun | None) -> str:
    if suite is None:
        return ""
    return {
        SuiteStatus.PASSED: "",
        SuiteStatus.FAILED: f"The tests failed (exit code {suite.exit_code})",
        SuiteStatus.KILLED: f"The tests were killed by signal {suite.exit_code - 128}",
        SuiteStatus.TIMED_OUT: f"The tests were stopped at the time limit, after {suite.seconds / 60:.1f} minutes",
        SuiteStatus.NO_TESTS: "No tests were collected",
    }[suite.status]


def _good_news(facts: Facts) -> str:
    total, diff = known(facts.total_tally), known(facts.diff_tally)
    total_text = f"total {figures.show_cut(total.percent)}" if total else "total unavailable"
    if facts.comparison is not None and facts.comparison.delta:
        total_text += f" ({figures.show_change(facts.comparison.delta)})"
    if diff is None:
        diff_text = ""
    elif diff.counts.total:
        diff_text = f"diff {figures.show_cut(diff.percent)}{_edits(facts)}, "
    else:
        diff_text = f"no changed lines to cover{_no_commit(facts)}, "
    if facts.verdict.checks:
        return f"Coverage passes: {diff_text}{total_text}"
    return f"Coverage: {diff_text}{total_text} (no rule is set)"


def _edits(facts: Facts) -> str:
    """Say that nothing but what is not committed was judged: on the main branch there is no other change."""
    return " (uncommitted edits against the last commit)" if _no_commit(facts) and facts.uncommitted else ""


def _no_commit(facts: Facts) -> str:
    """Say that no commit was judged, on the main branch itself say; nothing where there is one."""
    if facts.base is None or facts.base.sha != facts.head:
        return ""
    return f" (HEAD is part of {facts.base.ref if facts.base.ref not in {'', 'HEAD'} else 'the base'})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(sentence: str) -> str:
    """Let a sentence of ours go on after a colon; a name in capitals stays as it is."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
