"""The small print: what was compared with what, the baseline, the trend, the run, the version."""

from __future__ import annotations

import re

from covgate.model import (
    MAX_DROP,
    NOTHING_RECORDED,
    BaseHow,
    BaselineHow,
    Unavailable,
    VerdictKind,
    figures,
    known,
)
from covgate.report.advice import main_of
from covgate.report.facts import Facts
from covgate.report.headline import not_judged
from covgate.report.prose import Prose, link, say
from covgate.report.words import SHOWN_DIGITS, plural


def footer(facts: Facts) -> tuple[Prose, ...]:
    """Return the parts of the last line, in this order: figures that were not judged, commits, trend, run, version."""
    run = say(link("run", facts.run_url)) if facts.run_url else Prose()
    parts = (_unjudged(facts), say(_compared(facts)), say(_baseline(facts)), say(_trend(facts)), run)
    return (*filter(None, parts), say(f"covgate {facts.version}"))


def _unjudged(facts: Facts) -> Prose:
    """Print what was measured under tests that failed."""
    diff, total = known(facts.diff_tally), known(facts.total_tally)
    if not not_judged(facts) or total is None:
        return Prose()
    figures_ = [f"diff {figures.show_rounded(diff)}"] if diff and diff.counts.total else []
    return say(f"Measured all the same: {', '.join([*figures_, f'total {figures.show_rounded(total)}'])}")


def _compared(facts: Facts) -> str:
    """Say which commit was compared with which."""
    head = facts.head[:SHOWN_DIGITS]
    if facts.uncommitted:
        head += f" with changes in {plural(facts.uncommitted, 'file')}"
    if facts.base is None:
        return head
    base, main = facts.base.sha[:SHOWN_DIGITS], main_of(facts)
    if facts.base.how is BaseHow.MERGE_BASE and facts.base.sha == facts.head:
        return f"{head} compared with the last commit, which is part of {main}"
    return {
        BaseHow.FIRST_PARENT: f"{head} compared with {main} at {base}",
        BaseHow.MERGE_BASE: f"{head} compared with where this branch left {main} at {base}",
        BaseHow.EVENT: f"{head} compared with the queue's base at {base}",
        BaseHow.GIVEN: f"{head} compared with {main}, as asked for, at {base}",
    }[facts.base.how]


def _baseline(facts: Facts) -> str:
    """Name the baseline where it is not the base, and say that there is none where a rule asks for one."""
    baseline = facts.baseline
    if isinstance(baseline, Unavailable):
        if not any(check.rule == MAX_DROP for check in facts.verdict.checks):
            return ""
        return "no baseline yet" if baseline == NOTHING_RECORDED else f"no baseline: {_first_clause(baseline.reason)}"
    if baseline.how is BaselineHow.EXACT and facts.base is not None:
        return ""
    sha = baseline.record.sha[:SHOWN_DIGITS]
    return f"baseline {sha}" + (f", {plural(baseline.behind, 'commit')} older" if baseline.behind else "")


def _first_clause(reason: str) -> str:
    """Return why there is no baseline, without what to do about it."""
    return re.sub(r" of (?:the base )?[0-9a-f]{12}", "", re.split(r": |, and |, so ", reason)[0])


def _trend(facts: Facts) -> str:
    """Draw the trend below a pass: below a failure it is no news."""
    return facts.trend if facts.verdict.kind is VerdictKind.PASS else ""
