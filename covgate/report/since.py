"""What the last push did to the change's coverage: one sentence, from figures of the comment that is replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from covgate.model import MIN_DIFF, Counts, Coverage, Tally, figures, known
from covgate.report.facts import Facts
from covgate.report.prose import Prose, join, name, say
from covgate.report.view import ReportView

MOST_PLACES = 20
"""How many uncovered functions a comment remembers."""
PLACE_DIGITS = 10
_NAMED = 2
"""How many names the sentence has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushFigures:
    """The diff coverage of one push, as the comment remembers it out of sight.

    `places` tell the uncovered functions apart without their names: digests, so that nothing of a comment is ever
    printed. `complete`: there were no others.
    """

    diff: Counts
    places: tuple[str, ...] = ()
    complete: bool = True


def push_figures(facts: Facts) -> PushFigures | None:
    """Return what the next push is compared with; None where the diff is unknown or has nothing to cover."""
    diff = known(facts.diff_tally)
    if diff is None or not diff.counts.total:
        return None
    places = list(dict.fromkeys(_digest(path, function) for path, function in _uncovered(facts)))
    return PushFigures(diff=diff.counts, places=tuple(places[:MOST_PLACES]), complete=len(places) <= MOST_PLACES)


def with_push(view: ReportView, facts: Facts, before: PushFigures) -> ReportView:
    """Return the view with the sentence about what changed since `before`; as it is where nothing did."""
    return replace(view, since=_sentence(facts, before))


def _sentence(facts: Facts, before: PushFigures) -> Prose:
    now = push_figures(facts)
    if now is None:
        return Prose()
    check = facts.check(MIN_DIFF)
    targets = [] if check is None else [check.target]
    old, new = (figures.show_rounded(Tally(lines=one.diff), *targets) for one in (before, now))
    missed = {(path, function) for path, function in _uncovered(facts)}
    covered = [f for path, f in _changed(facts) if (path, f) not in missed and _digest(path, f) in before.places]
    fresh = [f for path, f in _uncovered(facts) if _digest(path, f) not in before.places] if before.complete else []
    clauses = [
        say(f"diff {old} → {new}") if old != new else Prose(),
        _named(covered, "covered", _NAMED),
        _named(fresh, "uncovered", _NAMED - min(len(set(covered)), _NAMED)),
    ]
    told = join(clauses, ", ")
    return say("Since the last push: ", told, ".") if told else told


def _named(functions: Sequence[str], what: str, room: int) -> Prose:
    names = list(dict.fromkeys(functions))
    if not names or not room:
        return Prose()
    shown = [say(name(function)) for function in names[:room]]
    if len(names) > room:
        return join(shown, ", ") + f" and {len(names) - room} more are {what} now"
    return join(shown, " and ") + (f" is {what} now" if len(names) == 1 else f" are {what} now")


def _uncovered(facts: Facts) -> Iterable[tuple[PurePosixPath, str]]:
    """Return the functions of the change with work left, the largest gap first."""
    found = [(file.path, place) for file in facts.known_diff.files for place in file.places if place.function]
    found.sort(key=lambda one: (-(one[1].statements + one[1].branches.missing), str(one[0]), one[1].span.start))
    return [(path, place.function) for path, place in found]


def _changed(facts: Facts) -> Iterable[tuple[PurePosixPath, str]]:
    """Return the functions the change touches; none in a report that was stored, which does not name them."""
    if not isinstance(facts.total, Coverage):
        return
    for file in facts.known_diff.files:
        measured = facts.total.files.get(file.path)
        for function in measured.functions if measured else ():
            if any(function.span.start <= line <= function.span.end for line in file.statements):
                yield file.path, function.name


def _digest(path: PurePosixPath, function: str) -> str:
    text = f"{path}\0{function}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:PLACE_DIGITS]
