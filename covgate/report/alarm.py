"""What a run that is no pass says at the top of its page on GitHub: the verdict, and what to change."""

from __future__ import annotations

from collections.abc import Iterator

from covgate.model import FAILED_SUITES, plain
from covgate.report.facts import Facts
from covgate.report.prose import Prose
from covgate.report.view import ReportView

_MOST_PLACES = 5


def word_alarm(facts: Facts, view: ReportView) -> str:
    """Return lines of plain text: the headline, what else is to be known, what to change."""
    lines = (view.headline, *map(_with_addresses, view.advice), *map(str, view.remarks), *_where_to_look(facts, view))
    return "\n".join(map(plain, lines))


def _with_addresses(sentence: Prose) -> str:
    """Word a sentence whose links cannot be clicked."""
    return "".join(f"{one.text}: {one.url}" if one.url else one.text for one in sentence.pieces)


def _where_to_look(facts: Facts, view: ReportView) -> Iterator[str]:
    suite = facts.verdict.suite
    if suite is not None and suite.status in FAILED_SUITES:
        yield "The group `Tests` of the log shows what they printed"
        return
    places = [f"{todo.path}:{todo.lines}" for todo in view.steps.rows] if view.steps else []
    if view.steps and places:
        more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
        yield f"{view.steps.title}: {', '.join(places[:_MOST_PLACES])}{more}"
    elif not view.advice:
        yield "The step summary has the whole report"
