"""Which rules are set, and what each of them is held against: of the project and of its components."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from covgate.goals import Component, Target
from covgate.history.trend import component_required_on, required_on
from covgate.model import Check, Drop, Tally, Unavailable
from covgate.recorded import Point
from covgate.rules import MAX_DROP, MIN_DIFF, MIN_TOTAL, Rule, evaluate, evaluate_drop, show_percent
from covgate.settings import Settings

NO_CHANGE = "the run has no change to judge"
NO_STATEMENT = "there is no statement to cover"
NO_CHANGED_STATEMENT = "the change touches no measured statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
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
    start: Point | Unavailable
    """Where it begins; Unavailable until the first record that knows the target."""
    today: date

    @property
    def required(self) -> Decimal | None:
        """The total required today, in percent; None before the ramp has begun."""
        return None if isinstance(self.start, Unavailable) else required_on(self.start, self.target, self.today)

    def required_of(self, component: Component) -> Decimal | None:
        """Return what is required of a component today, in percent; None when it has no ramp."""
        if component.target is None or isinstance(self.start, Unavailable):
            return None
        required = component_required_on(self.start, component, self.target, self.today)
        return None if isinstance(required, Unavailable) else required

    @property
    def note(self) -> str:
        """Today's requirement in a sentence."""
        by = f" by {self.target.by}" if self.target.by else ""
        goal = f"the ramp to {show_percent(self.target.total)}{by}"
        if isinstance(self.start, Unavailable):
            return f"Of {goal}: {self.start.reason}."
        required = required_on(self.start, self.target, self.today)
        return f"Required of the total today, on {goal}: {show_percent(required)}."


def compute_checks(settings: Settings, judged: Judged, ramp: Ramp | None = None) -> list[Check]:
    """Evaluate the project's rules that are set."""
    floors = Floors(
        min_total=_higher(settings.min_total, ramp.required if ramp else None),
        min_diff=settings.min_diff,
        max_drop=settings.max_drop,
    )
    return _evaluate(floors, judged, None)


def component_checks(component: Component, judged: Judged, ramp: Ramp | None = None) -> list[Check]:
    """Evaluate the rules of one component that are set."""
    floors = Floors(
        min_total=_higher(component.min_total, ramp.required_of(component) if ramp else None),
        min_diff=component.min_diff,
        max_drop=component.max_drop,
    )
    return _evaluate(floors, judged, component.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The rules of the project or of a component; None: not set."""

    min_total: Decimal | None
    min_diff: Decimal | None
    max_drop: Decimal | None


def _evaluate(floors: Floors, judged: Judged, component: str | None) -> list[Check]:
    checks, of = [], f" of {component}" if component else ""
    if floors.min_total is not None:
        rule = Rule(name=MIN_TOTAL, component=component, target=floors.min_total)
        checks.append(evaluate(rule, judged.total, subject=f"total coverage{of}", nothing=NO_STATEMENT))
    if floors.min_diff is not None:
        rule = Rule(name=MIN_DIFF, component=component, target=floors.min_diff)
        nothing = NO_CHANGE if judged.diff is None else NO_CHANGED_STATEMENT
        actual = Tally() if judged.diff is None else judged.diff
        checks.append(evaluate(rule, actual, subject=f"diff coverage{of}", nothing=nothing))
    if floors.max_drop is not None:
        rule = Rule(name=MAX_DROP, component=component, target=floors.max_drop)
        checks.append(evaluate_drop(rule, judged.drop, nothing=judged.no_drop, subject=f"total coverage{of}"))
    return checks


def _higher(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return max((value for value in (one, other) if value is not None), default=None)
