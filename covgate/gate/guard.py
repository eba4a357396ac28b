"""The bar: by which rules a change is judged that changes the rules, and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TypeVar

from covgate.config import Component, CoverageOptions, Settings, Target
from covgate.model import (
    MAX_DROP,
    MIN_DIFF,
    MIN_TOTAL,
    GateChange,
    GateChangeKind,
    GateChanges,
    Tally,
    Unavailable,
    name_some,
    show_number,
)

Files = Mapping[str, frozenset[PurePosixPath]]
"""The files of components in the checkout, by name; of the base's, as its globs choose them, moved files among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A target with the components as its own file has them, by the name they are judged under."""

    target: Target
    parts: Mapping[str, Component]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a run is judged by: the rules of `settings` and their components, and every goal with a ramp."""

    settings: Settings
    goals: tuple[Goal, ...]
    changes: GateChanges | None = None
    """What the change does to the gate; None: nobody asked."""
    otherwise: CoverageOptions | None = None
    """The base's options of coverage, where the change has another [report] section."""


def own_bar(settings: Settings, changes: GateChanges | None = None) -> Bar:
    """Return the bar of a run that is judged by its own rules."""
    goals = _goals(settings.target, {part.name: part for part in settings.components})
    return Bar(settings=settings, goals=goals, changes=changes)


def stricter_bar(own: Settings, base: Settings, own_files: Files, base_files: Files) -> Bar:
    """Return the stricter of the change's own rules and the base's, rule by rule, and what differs.

    A component that is gone is judged as it was. One that holds other files now is judged twice: as it was, under its
    name, and as it is now: files that join can hide a loss as well as files that leave.
    """
    before = {part.name: part for part in base.components}
    parts: list[Component] = []
    own_parts: dict[str, Component] = {}
    for part in own.components:
        was = before.pop(part.name, None)
        strict = part if was is None else _stricter(part, was)
        if was is not None and own_files[part.name] != base_files[part.name] and base_files[part.name]:
            parts.append(replace(was, also=base_files[part.name]))
            strict = replace(strict, name=f"{part.name} (as changed)")
        parts.append(strict)
        own_parts[strict.name] = part
    parts += [replace(was, also=base_files[was.name]) for was in before.values() if base_files[was.name]]
    goals = (
        *_goals(own.target, own_parts),
        *_goals(base.target, {part.name: part for part in base.components}),
    )
    return Bar(
        settings=replace(_stricter(own, base), components=tuple(parts)),
        goals=goals,
        changes=find_changes(own, base, own_files, base_files),
    )


def _goals(target: Target | None, parts: Mapping[str, Component]) -> tuple[Goal, ...]:
    return (Goal(target=target, parts=parts),) if target and target.ramp else ()


def _pick(pick: Callable[[Decimal, Decimal], Decimal], own: Decimal | None, base: Decimal | None) -> Decimal | None:
    """Return the stricter value; a rule that is not set is the laxest."""
    return own if base is None else base if own is None else pick(own, base)


_Side = TypeVar("_Side", Settings, Component)


def _stricter(own: _Side, base: _Side) -> _Side:
    return replace(
        own,
        min_total=_pick(max, own.min_total, base.min_total),
        min_diff=_pick(max, own.min_diff, base.min_diff),
        max_drop=_pick(min, own.max_drop, base.max_drop),
    )


# --- what differs --------------------------------------------------------------------------------------------------

_FIELDS = {MIN_TOTAL: "min_total", MIN_DIFF: "min_diff", MAX_DROP: "max_drop"}


def find_changes(own: Settings, base: Settings, own_files: Files, base_files: Files) -> GateChanges:
    """Return what the change does to the rules: the project's, the target, the components."""
    ramp = bool(base.target and base.target.ramp)
    rows = [*_rules(own, base, None), *_target(own.target, base.target)]
    now = {part.name: part for part in own.components}
    for was in base.components:
        part = now.pop(was.name, None)
        if part is None:
            # Where none of its files is left there is nothing to judge, and nothing is hidden.
            lost = base_files[was.name]
            lowers = bool(lost) and _has_rules(was, ramp=ramp)
            rows.append(_component(was.name, count=len(lost), lowers=lowers, before="there"))
            continue
        left = base_files[was.name] - own_files[was.name]
        joined = own_files[was.name] - base_files[was.name]
        if left or joined:
            lowers = bool(left) and _has_rules(was, ramp=ramp)
            rows.append(_component(was.name, count=len(left), lowers=lowers, before="there", after="there"))
        rows += [*_rules(part, was, was.name), *_part_target(part, was, ramp=ramp)]
    rows += [_component(name, after="there") for name in now]
    return GateChanges(rows=tuple(rows))


def _component(
    name: str, *, count: int = 0, lowers: bool = False, before: str | None = None, after: str | None = None
) -> GateChange:
    kind = GateChangeKind.COMPONENT
    return GateChange(kind=kind, name=name, count=count, lowers=lowers, before=before, after=after)


def _has_rules(part: Component, *, ramp: bool) -> bool:
    return any(getattr(part, name) is not None for name in _FIELDS.values()) or (ramp and part.target is not None)


def _rules(own: Settings | Component, base: Settings | Component, component: str | None) -> Iterator[GateChange]:
    for rule, name in _FIELDS.items():
        now, was = getattr(own, name), getattr(base, name)
        if now != was:
            lowers = _pick(min if rule == MAX_DROP else max, now, was) != now
            yield GateChange(
                kind=GateChangeKind.RULE,
                name=rule,
                component=component,
                before=_spelled(was),
                after=_spelled(now),
                lowers=lowers,
            )


def _part_target(own: Component, base: Component, *, ramp: bool) -> Iterator[GateChange]:
    if own.target != base.target:
        yield GateChange(
            kind=GateChangeKind.RULE,
            name="target",
            component=own.name,
            before=_spelled(base.target),
            after=_spelled(own.target),
            lowers=ramp and _pick(max, own.target, base.target) != own.target,
        )


def _spelled(value: Decimal | None) -> str | None:
    return None if value is None else show_number(value)


def _target(own: Target | None, base: Target | None) -> Iterator[GateChange]:
    if own != base:
        yield GateChange(
            kind=GateChangeKind.TARGET,
            name="target",
            before=_target_text(base),
            after=_target_text(own),
            lowers=base is not None and base.ramp and not _at_least(own, base),
        )


def _at_least(own: Target | None, base: Target) -> bool:
    """Whether the change's target asks for as much as the base's, and as soon."""
    if own is None or not own.ramp or own.by is None or base.by is None:
        return False
    return own.total >= base.total and own.by <= base.by


def _target_text(target: Target | None) -> str | None:
    if target is None:
        return None
    by = f" by {target.by}" if target.by else ""
    return f"{show_number(target.total)}{by}{' (ramp)' if target.ramp else ''}"


# --- what coverage counts --------------------------------------------------------------------------------------------

_TAKES_IN = {"include", "[report] include", "source", "source_pkgs", "source_dirs", "contexts"}
"""Options that name what is counted: with less in them less is. Where they are not set, everything is."""


def find_coverage_changes(own: CoverageOptions, base: CoverageOptions) -> tuple[GateChange, ...]:
    """Return what the change does to coverage's configuration: `before` what an option loses, `after` what it gains."""
    rows = []
    for name in dict.fromkeys((*base, *own)):
        was, now = base.get(name, ()), own.get(name, ())
        lost, gained = _without(was, now), _without(now, was)
        if lost or gained:
            rows.append(
                GateChange(
                    kind=GateChangeKind.COVERAGE,
                    name=name,
                    before=name_some(lost, _SHOWN) if lost else None,
                    after=name_some(gained, _SHOWN) if gained else None,
                    lowers=_counts_less(name, now, was),
                    effect=_NOT_COUNTED if name in REPORT_OPTIONS else None if name == "fail_under" else _NOT_MEASURED,
                )
            )
    return tuple(rows)


_SHOWN = 5
"""Values of an option that a row names."""

REPORT_OPTIONS = frozenset(
    {
        "exclude_lines",
        "exclude_also",
        "partial_branches",
        "partial_also",
        "[report] omit",
        "[report] include",
        "contexts",
    }
)
"""Options that decide what is counted of data that is there: the same data can be counted without them."""

_NOT_MEASURED = Unavailable(reason="the tests were measured with the changed configuration only")
_NOT_COUNTED = Unavailable(reason="the data could not be counted with the old one")


def with_effect(changes: GateChanges, total: Tally, otherwise: Tally | None) -> GateChanges:
    """Return the changes with what those of [report] do together: `otherwise` is the total by the old section."""
    if otherwise is None or not (total.counts.total and otherwise.counts.total):
        return changes
    now, then = (Fraction(100 * tally.counts.covered, tally.counts.total) for tally in (total, otherwise))
    rows = (replace(row, effect=now - then) if row.effect == _NOT_COUNTED else row for row in changes.rows)
    return replace(changes, rows=tuple(rows))


def _without(values: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in values if value not in others)


def _counts_less(name: str, own: tuple[str, ...], base: tuple[str, ...]) -> bool:
    if name == "fail_under":
        return not own or (bool(base) and _number(own[0]) < _number(base[0]))
    if name == "branch":
        return _is_on(base) and not _is_on(own)
    if name in _TAKES_IN:
        return bool(_without(base, own)) or not base
    return bool(_without(own, base))


def _number(text: str) -> Decimal:
    """What a number asks for; what is none asks for nothing, and no total is below `nan`."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return Decimal(0) if number.is_nan() else number


def _is_on(values: tuple[str, ...]) -> bool:
    return bool(values) and values[0].lower() in {"true", "yes", "on", "1"}
