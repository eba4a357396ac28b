"""Which rules are set, and what each of them is held against: of the project and of its components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from covgate.config import Component, Settings, Target
from covgate.gate.rules import evaluate, evaluate_drop
from covgate.history import NO_RAMP_YET, component_start, goal_of, ramp_start, required_on
from covgate.model import MIN_DIFF, MIN_TOTAL, Check, Drop, History, Status, Tally, Unavailable, UnknownKind, figures

NO_CHANGE = "the run has no change to judge"
NOTHING_TO_COVER = "there is no statement to cover"
NO_CHANGED_STATEMENT = "the change touches no measured statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What rules are held against: of the project, or of one component."""

    total: Tally | Unavailable
    diff: Tally | Unavailable | None
    """None: the run has no change to judge."""
    drop: Drop | Unavailable | None = None
    """None: there is nothing to compare with."""
    no_drop: str = NO_CHANGE
    """Why there is no drop, when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """A ramp on one day: what it requires of the total, and of components with a target of their own."""

    target: Target
    history: History | Unavailable
    today: date
    parts: Mapping[str, Component] | None = None
    """The components whose targets it leads to, by the name they are judged under; None: those that are asked for."""

    def most(self, component: Component | None) -> Decimal | None:
        """Return where it leads, in percent: no day requires more. None for a component without a target."""
        own = component if component is None or self.parts is None else self.parts.get(component.name)
        return None if component and own is None else goal_of(self.target, own)

    def required(self, component: Component | None = None) -> Decimal | Unavailable | None:
        """Return what is required today, in percent; None before the ramp has begun, or where there is none."""
        goal = self.most(component)
        if component and self.parts is not None:
            component = self.parts.get(component.name)
        if goal is None or (self.target.by is not None and self.today >= self.target.by):
            return goal
        if isinstance(self.history, Unavailable):
            reason = f"what {self.goal} requires today cannot be known: {self.history.reason}"
            return Unavailable(reason=reason, kind=UnknownKind.RAMP)
        start = ramp_start(self.history, self.target)
        if isinstance(start, Unavailable):
            return None
        begin = component_start(self.history, start, component) if component else start
        return required_on(begin, self.target, self.today, component)

    @property
    def goal(self) -> str:
        """Where it leads, in words."""
        by = f" by {self.target.by}" if self.target.by else ""
        return f"the ramp to {figures.show_percent(self.target.total)}{by}"

    @property
    def note(self) -> str:
        """Today's requirement in a sentence."""
        required = self.required()
        if isinstance(required, Unavailable):
            return f"{required.reason[:1].upper()}{required.reason[1:]}."
        if required is None:
            return f"Of {self.goal}: {NO_RAMP_YET}."
        return f"Required of the total today, on {self.goal}: {figures.show_percent(required)}."


def compute_checks(floors: Settings | Component, measured: Figures, *ramps: Ramp) -> list[Check]:
    """Evaluate the rules that are set: of the project, which are in its settings, or of a component."""
    part = floors if isinstance(floors, Component) else None
    name = part.name if part else None
    checks = _minimum(floors.min_total, measured.total, part, ramps)
    if floors.min_diff is not None:
        nothing = NO_CHANGE if measured.diff is None else NO_CHANGED_STATEMENT
        diff = Tally() if measured.diff is None else measured.diff
        checks.append(evaluate(MIN_DIFF, floors.min_diff, diff, component=name, nothing=nothing))
    if floors.max_drop is not None:
        checks.append(evaluate_drop(floors.max_drop, measured.drop, component=name, nothing=measured.no_drop))
    return checks


def _minimum(
    floor: Decimal | None, total: Tally | Unavailable, part: Component | None, ramps: Sequence[Ramp]
) -> list[Check]:
    """Judge a total against its floor and its ramps, the highest of them; nothing when there is none.

    What an unknown history makes of a ramp matters only between the floor and the target: no ramp asks for more.
    """
    asked = [(ramp.most(part), ramp.required(part)) for ramp in ramps]
    firm = {target for target in (floor, *(need for _, need in asked)) if isinstance(target, Decimal)}
    unknown = {most: need for most, need in asked if most is not None and isinstance(need, Unavailable)}
    targets = sorted({*firm, *unknown})
    if not targets:
        return []
    name = part.name if part else None
    *lower, highest = (
        evaluate(MIN_TOTAL, target, total, component=name, nothing=NOTHING_TO_COVER) for target in targets
    )
    if highest.target in firm or highest.status is not Status.FAIL:
        return [highest]
    surely = [check for check in lower if check.status is Status.FAIL and check.target in firm]
    if surely:
        return surely[-1:]
    why = unknown[highest.target]
    return [replace(highest, status=Status.UNAVAILABLE, why=why.reason, unknown=why)]
