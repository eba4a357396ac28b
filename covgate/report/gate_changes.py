"""What a change does to the gate itself, in words: a sentence for the headline, and the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from covgate.model import GateChange, GateChangeKind, GateChanges, Unavailable, figures, name_some
from covgate.report.prose import Prose, name, say
from covgate.report.words import plural

_OLD_RULES = {GateChangeKind.RULE, GateChangeKind.TARGET, GateChangeKind.COMPONENT}


def word_lowering(changes: GateChanges) -> Prose:
    """Say in one clause that the bar was lowered, and what judges; empty when it was not."""
    lowering = changes.lowering
    if not lowering:
        return Prose()
    if len(lowering) > 1:
        old = changes.strict and any(change.kind in _OLD_RULES for change in lowering)
        return say(f"This change lowers the bar in {len(lowering)} ways{'; the old rules judge' if old else ''}")
    (change,) = lowering
    judged = _judged(change, changes)
    return _with_names(f"This change {_ACTIONS[change.kind](change)}{judged}", change)


def gate_rows(changes: GateChanges) -> tuple[Prose, ...]:
    """Return a sentence for each change, those that lower the bar first."""
    ordered = sorted(changes.rows, key=lambda change: not change.lowers)
    return tuple(
        _with_names(_capital(f"{_STATES[change.kind](change)}{_judged(change, changes)}"), change) for change in ordered
    )


def _with_names(text: str, change: GateChange) -> Prose:
    """Set the names of rules, components and files in code."""
    names = [r"(?<![\w-])(?:min-total|min-diff|max-drop)(?![\w-])"]
    if change.kind in _OLD_RULES and (whose := change.component or change.name):
        names.append(rf"(?:(?<=\b[Cc]omponent )|(?<= of )){re.escape(whose)}(?![\w-])")
    names += [rf"(?:(?<=, in )|(?<=, )){re.escape(str(file))}(?=, | and \d|\Z)" for file in change.files]
    parts = re.split(f"({'|'.join(names)})", text)
    return say(*(name(part) if at % 2 else part for at, part in enumerate(parts)))


def _judged(change: GateChange, changes: GateChanges) -> str:
    """Say what judges where the change alone would not."""
    if not (changes.strict and change.lowers and change.kind in _OLD_RULES):
        return ""
    if change.kind is GateChangeKind.TARGET or change.name == "target":
        return "; the old one judges, too"
    return "; judged as it was" if change.kind is GateChangeKind.COMPONENT else f"; judged by {change.before}"


def _capital(text: str) -> str:
    return text if text[:4] in {"min-", "max-"} else text[:1].upper() + text[1:]


def _whose(change: GateChange) -> str:
    return f"{change.name} of {change.component}" if change.component else change.name


def _move(change: GateChange) -> str:
    """Say `lowers`, or `raises`, for a value that is set before and after."""
    return "lowers" if Decimal(change.after or 0) < Decimal(change.before or 0) else "raises"


# --- what the change does --------------------------------------------------------------------------------------------


def _acts_on_rule(change: GateChange) -> str:
    if change.after is None:
        return f"removes {_whose(change)}"
    return f"{_move(change)} {_whose(change)} from {change.before} to {change.after}"


def _acts_on_target(change: GateChange) -> str:
    if change.after is None:
        return "removes the target"
    return f"changes the target from {change.before} to {change.after}"


def _acts_on_component(change: GateChange) -> str:
    if change.after is None:
        return f"removes component {change.name}"
    return f"takes {plural(change.count, 'file')} out of component {change.name}"


def _acts_on_pragmas(change: GateChange) -> str:
    return f"excludes {plural(change.count, 'statement')} by new pragmas"


_ACTIONS: Mapping[GateChangeKind, Callable[[GateChange], str]] = {
    GateChangeKind.RULE: _acts_on_rule,
    GateChangeKind.TARGET: _acts_on_target,
    GateChangeKind.COMPONENT: _acts_on_component,
    GateChangeKind.COVERAGE: lambda change: f"edits {change.name} of coverage's configuration",
    GateChangeKind.PRAGMA: _acts_on_pragmas,
}
"""Of the kinds that can lower the bar: `lowers min-diff from 80 to 60`."""


# --- what is so now --------------------------------------------------------------------------------------------------


def _state_of_rule(change: GateChange) -> str:
    if change.before is None:
        return f"{_whose(change)} is new: {change.after}"
    if change.after is None:
        return f"{_whose(change)}, which was {change.before}, is removed"
    moved = {"lowers": "lowered", "raises": "raised"}[_move(change)]
    return f"{_whose(change)} is {moved} from {change.before} to {change.after}"


def _state_of_target(change: GateChange) -> str:
    if change.before is None:
        return f"the target {change.after} is new"
    if change.after is None:
        return f"the target {change.before} is removed"
    return f"the target is changed from {change.before} to {change.after}"


def _state_of_component(change: GateChange) -> str:
    if change.before is None:
        return f"component {change.name} is new"
    if change.after is None:
        return f"component {change.name} is removed" + ("" if change.count else ", and none of its files is left")
    left = f"{plural(change.count, 'file')} left it" if change.count else "files joined it"
    return f"component {change.name} holds other files now: {left}"


def _state_of_coverage(change: GateChange) -> str:
    gains = [f"gains {change.after}"] if change.after else []
    loses = [f"loses {change.before}"] if change.before else []
    text = f"coverage's configuration: {change.name} {' and '.join(gains + loses) or 'is changed'}"
    if isinstance(change.effect, Unavailable):
        return f"{text}; what that does to the total is unknown: {change.effect.reason}"
    if change.effect is None:
        return text
    if not change.effect:
        return f"{text}; the total stays as it was"
    return f"{text}; what is changed of [report] alone moves the total by {figures.show_change(change.effect)} points"


def _state_of_pragmas(change: GateChange) -> str:
    what = "statement is" if change.count == 1 else "statements are"
    return f"{change.count:,} {what} excluded by new pragmas, in {name_some(change.files, _FILES)}"


def _state_of_tests(change: GateChange) -> str:
    what = "test function is" if change.count == 1 else "test functions are"
    return f"{change.count:,} {what} deleted, in {name_some(change.files, _FILES)}"


_FILES = 5
"""How many files a sentence names."""

_STATES: Mapping[GateChangeKind, Callable[[GateChange], str]] = {
    GateChangeKind.RULE: _state_of_rule,
    GateChangeKind.TARGET: _state_of_target,
    GateChangeKind.COMPONENT: _state_of_component,
    GateChangeKind.COVERAGE: _state_of_coverage,
    GateChangeKind.PRAGMA: _state_of_pragmas,
    GateChangeKind.TESTS: _state_of_tests,
    GateChangeKind.UNKNOWN: lambda change: f"the base's own rules cannot be read and do not judge: {change.name}",
}
"""`min-diff is lowered from 80 to 60`."""
