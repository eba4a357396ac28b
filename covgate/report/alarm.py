"""What a run that is no pass says at the top of its page on GitHub: the verdict, and what to change."""

from __future__ import annotations

from covgate.model import FAILED_SUITES, Unavailable, VerdictKind, plain
from covgate.report.facts import Facts
from covgate.report.view import ReportView

_MOST_PLACES = 5


def word_alarm(facts: Facts, view: ReportView) -> str:
    """Return lines of plain text: the headline, the other reasons, what to change."""
    return "\n".join(map(plain, map(str, (view.headline, *view.advice, *_what_to_change(facts, view)))))


def _what_to_change(facts: Facts, view: ReportView) -> tuple[str, ...]:
    suite = facts.verdict.suite
    if suite is not None and suite.status in FAILED_SUITES:
        return ("The group `Tests` of the log shows what they printed",)
    if facts.verdict.kind is VerdictKind.CANNOT_JUDGE:
        known = facts.total.hint if isinstance(facts.total, Unavailable) else ""
        return (known or "The step summary has what could be found out, and docs/troubleshooting.md what helps",)
    places = [f"{todo.path}:{todo.lines}" for todo in (view.steps.rows if view.steps else ())]
    if not places or view.steps is None:
        return ("The step summary has the whole report",)
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return (f"{view.steps.title}: {', '.join(places[:_MOST_PLACES])}{more}",)
