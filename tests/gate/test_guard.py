"""The stricter of two sets of rules, and what a change does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from covgate.config.goals import Component, Target
from covgate.config.options import Settings
from covgate.config.settings import resolve
from covgate.gate.guard import find_coverage_changes, stricter_bar, with_effect
from covgate.model.guard import GateChanges
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable

A, B = PurePosixPath("core/a.py"), PurePosixPath("core/b.py")
CORE = Component(name="core", paths=("core/**",), min_total=Decimal(80))
RAMP = Target(total=Decimal(90), by=date(2027, 1, 1), ramp=True)


def rules(**given: str) -> Settings:
    return resolve(command_line={name.replace("_", "-"): text for name, text in given.items()})


# The base's value, the change's own, the one that judges, and whether the change lowers the bar.
PAIRS = [
    ("min_diff", "80", "60", "80", True),
    ("min_diff", "60", "80", "80", False),
    ("min_diff", "80", "", "80", True),
    ("min_diff", "", "80", "80", False),
    ("min_diff", "0", "", "0", True),
    ("min_total", "80", "79.99", "80", True),
    ("max_drop", "1", "5", "1", True),
    ("max_drop", "5", "1", "1", False),
    ("max_drop", "0", "", "0", True),
    ("max_drop", "", "3", "3", False),
]


@pytest.mark.parametrize(("rule", "base", "own", "judges", "lowers"), PAIRS)
def test_the_stricter_value_judges(rule: str, base: str, own: str, judges: str, *, lowers: bool) -> None:
    bar = stricter_bar(rules(**{rule: own}), rules(**{rule: base}), {}, {})
    assert getattr(bar.settings, rule) == Decimal(judges)
    assert bar.changes is not None
    (row,) = bar.changes.rows
    assert (row.before, row.after, row.lowers) == (base or None, own or None, lowers)


def test_each_rule_is_compared_by_itself() -> None:
    bar = stricter_bar(rules(min_diff="90", min_total="10"), rules(min_diff="50", min_total="60"), {}, {})
    assert (bar.settings.min_diff, bar.settings.min_total) == (Decimal(90), Decimal(60))


def test_equal_rules_are_no_change() -> None:
    settings = replace(rules(min_diff="80"), components=(CORE,), target=RAMP)
    files = {"core": frozenset({A})}
    bar = stricter_bar(settings, settings, files, files)
    assert bar.changes is not None
    assert (bar.changes.rows, bar.settings) == ((), settings)


BOTH, ONE, NONE = frozenset({A, B}), frozenset({A}), frozenset[PurePosixPath]()
# The base's files of core, the change's own (None: the component is gone), what is judged, whether it lowers the bar.
COMPONENTS = {
    "narrowed": (BOTH, ONE, ["core", "core (as changed)"], True),
    "widened": (ONE, BOTH, ["core", "core (as changed)"], False),
    "gone": (BOTH, None, ["core"], True),
    "gone-with-its-files": (NONE, None, [], False),
    "the-same-files-by-other-globs": (BOTH, BOTH, ["core"], None),
    "all-files-are-new": (NONE, BOTH, ["core"], False),
}


@pytest.mark.parametrize(("before", "now", "judged", "lowers"), COMPONENTS.values(), ids=COMPONENTS)
def test_a_component_is_judged_as_it_was_and_as_it_is(
    before: frozenset[PurePosixPath], now: frozenset[PurePosixPath] | None, judged: list[str], *, lowers: bool | None
) -> None:
    own = replace(rules(), components=() if now is None else (replace(CORE, paths=("other/**",)),))
    bar = stricter_bar(
        own, replace(rules(), components=(CORE,)), {} if now is None else {"core": now}, {"core": before}
    )
    assert [part.name for part in bar.settings.components] == judged
    assert all(part.min_total == Decimal(80) for part in bar.settings.components)
    assert bar.changes is not None
    assert [row.lowers for row in bar.changes.rows] == ([] if lowers is None else [lowers])


@pytest.mark.parametrize(("base", "own", "judges", "lowers"), [("80", "60", "80", True), ("60", "80", "80", False)])
def test_the_stricter_value_judges_a_component(base: str, own: str, judges: str, *, lowers: bool) -> None:
    was, now = (replace(rules(), components=(replace(CORE, min_total=Decimal(value)),)) for value in (base, own))
    bar = stricter_bar(now, was, {"core": BOTH}, {"core": BOTH})
    assert [(part.name, part.min_total) for part in bar.settings.components] == [("core", Decimal(judges))]
    assert bar.changes is not None
    assert [(row.name, row.component, row.before, row.after, row.lowers) for row in bar.changes.rows] == [
        ("min-total", "core", base, own, lowers)
    ]


def test_a_new_component_is_judged_by_its_own_rules() -> None:
    bar = stricter_bar(replace(rules(), components=(CORE,)), rules(), {"core": BOTH}, {})
    assert bar.settings.components == (CORE,)
    assert bar.changes is not None
    (row,) = bar.changes.rows
    assert (row.name, row.before, row.after, row.count, row.lowers) == ("core", None, "there", 0, False)


def test_each_ramp_leads_to_the_targets_of_its_own_file() -> None:
    was, now = replace(CORE, target=Decimal(90)), replace(CORE, target=Decimal(95))
    own, base = (replace(rules(), components=(part,), target=RAMP) for part in (now, was))
    bar = stricter_bar(own, base, {"core": ONE}, {"core": BOTH})
    assert [goal.parts for goal in bar.goals] == [{"core (as changed)": now}, {"core": was}]


BARE = replace(CORE, min_total=None)
AIMED = replace(BARE, target=Decimal(90))
NO_RAMP = replace(RAMP, ramp=False)
# The component, the target of the project, and whether the component's files are judged by anything.
BARS = {
    "nothing": (BARE, None, False),
    "a-target-without-a-ramp": (AIMED, None, False),
    "a-target-and-a-goal-without-a-ramp": (AIMED, NO_RAMP, False),
    "a-ramp-and-no-target": (BARE, RAMP, False),
    "a-ramp-to-its-target": (AIMED, RAMP, True),
    "a-rule": (CORE, None, True),
}


@pytest.mark.parametrize("left", [None, ONE], ids=["gone", "narrowed"])
@pytest.mark.parametrize(("part", "target", "lowers"), BARS.values(), ids=BARS)
def test_a_component_is_a_bar_where_something_judges_it(
    part: Component, target: Target | None, left: frozenset[PurePosixPath] | None, *, lowers: bool
) -> None:
    base = replace(rules(), components=(part,), target=target)
    own, files = (replace(base, components=()), {}) if left is None else (base, {"core": left})
    bar = stricter_bar(own, base, files, {"core": BOTH})
    assert bar.changes is not None
    assert [(row.name, row.lowers) for row in bar.changes.rows] == [("core", lowers)]


@pytest.mark.parametrize(
    ("target", "goal", "lowers"), [(RAMP, 80, True), (RAMP, 95, False), (NO_RAMP, 80, False), (None, 80, False)]
)
def test_a_lower_target_of_a_component_lowers_the_bar_of_a_ramp(
    target: Target | None, goal: int, *, lowers: bool
) -> None:
    base = replace(rules(), components=(AIMED,), target=target)
    own = replace(base, components=(replace(AIMED, target=Decimal(goal)),))
    bar = stricter_bar(own, base, {"core": BOTH}, {"core": BOTH})
    assert bar.changes is not None
    rows = [(row.name, row.component, row.before, row.after, row.lowers) for row in bar.changes.rows]
    assert rows == [("target", "core", "90", str(goal), lowers)]


@pytest.mark.parametrize("base", [None, NO_RAMP], ids=["none", "no-ramp"])
def test_what_judged_nothing_is_no_bar_to_lower(base: Target | None) -> None:
    own = Target(total=Decimal(50))
    bar = stricter_bar(replace(rules(), target=own), replace(rules(), target=base), {}, {})
    assert not bar.goals
    assert bar.changes is not None
    assert [(row.name, row.after, row.lowers) for row in bar.changes.rows] == [("target", "50", False)]


TARGETS = {
    "later": (replace(RAMP, by=date(2030, 1, 1)), "90 by 2030-01-01 (ramp)", True),
    "lower": (replace(RAMP, total=Decimal(80)), "80 by 2027-01-01 (ramp)", True),
    "no-ramp": (replace(RAMP, ramp=False), "90 by 2027-01-01", True),
    "no-day": (Target(total=Decimal("92.5")), "92.5", True),
    "none": (None, None, True),
    "higher": (replace(RAMP, total=Decimal(95)), "95 by 2027-01-01 (ramp)", False),
    "sooner": (replace(RAMP, by=date(2026, 12, 1)), "90 by 2026-12-01 (ramp)", False),
}


@pytest.mark.parametrize(("own", "after", "lowers"), TARGETS.values(), ids=TARGETS)
def test_both_ramps_are_asked(own: Target | None, after: str | None, *, lowers: bool) -> None:
    bar = stricter_bar(replace(rules(), target=own), replace(rules(), target=RAMP), {}, {})
    assert RAMP in [goal.target for goal in bar.goals]
    assert bar.changes is not None
    rows = [(row.before, row.after, row.lowers) for row in bar.changes.rows]
    assert rows == [("90 by 2027-01-01 (ramp)", after, lowers)]


@pytest.mark.parametrize("own", [None, replace(RAMP, total=Decimal(10), ramp=False)], ids=["none", "lower"])
def test_a_target_that_judged_nothing_lowers_nothing(own: Target | None) -> None:
    base = replace(rules(), target=replace(RAMP, ramp=False))
    bar = stricter_bar(replace(rules(), target=own), base, {}, {})
    assert bar.changes is not None
    assert [(row.name, row.lowers) for row in bar.changes.rows] == [("target", False)]


OPTIONS = {
    "omit-gains": ("omit", ("a",), ("a", "b"), (None, "b", True)),
    "omit-loses": ("omit", ("a", "b"), ("a",), ("b", None, False)),
    "source-loses": ("source", ("a", "b"), ("a",), ("b", None, True)),
    "source-gains": ("source", ("a",), ("a", "b"), (None, "b", False)),
    "source-is-new": ("source", (), ("a",), (None, "a", True)),
    "include-loses": ("include", ("a", "b"), ("a",), ("b", None, True)),
    "include-gains": ("include", ("a",), ("a", "b"), (None, "b", False)),
    "include-is-new": ("include", (), ("a",), (None, "a", True)),
    "source-goes": ("source", ("a",), (), ("a", None, True)),
    "fail-under-falls": ("fail_under", ("90",), ("9.5",), ("90", "9.5", True)),
    "fail-under-rises": ("fail_under", ("9.5",), ("90",), ("9.5", "90", False)),
    "fail-under-goes": ("fail_under", ("90",), (), ("90", None, True)),
    "fail-under-is-new": ("fail_under", (), ("90",), (None, "90", False)),
    "fail-under-in-other-words": ("fail_under", ("90",), ("90.0",), ("90", "90.0", False)),
    "fail-under-is-no-number-any-more": ("fail_under", ("0.5",), ("${LEAST}",), ("0.5", "${LEAST}", True)),
    "fail-under-was-no-number": ("fail_under", ("${LEAST}",), ("0.5",), ("${LEAST}", "0.5", False)),
    "fail-under-was-and-is-nothing": ("fail_under", ("0",), ("${LEAST}",), ("0", "${LEAST}", False)),
    "fail-under-asks-for-nothing": ("fail_under", ("0.5",), ("nan",), ("0.5", "nan", True)),
    "fail-under-asked-for-nothing": ("fail_under", ("snan",), ("0.5",), ("snan", "0.5", False)),
    "branches-go": ("branch", ("true",), ("false",), ("true", "false", True)),
    "branches-go-unsaid": ("branch", ("true",), (), ("true", None, True)),
    "branches-come": ("branch", ("false",), ("true",), ("false", "true", False)),
    "branches-in-other-words": ("branch", ("True",), ("yes",), ("True", "yes", False)),
    "branches-on": ("branch", ("1",), ("on",), ("1", "on", False)),
    "branches-off": ("branch", ("on",), ("off",), ("on", "off", True)),
    "branches-from-1-to-0": ("branch", ("1",), ("0",), ("1", "0", True)),
    "no-branches-in-other-words": ("branch", ("false",), ("no",), ("false", "no", False)),
    "many": ("omit", (), tuple("abcdef"), (None, "a, b, c, d, e and 1 more", True)),
    "order": ("omit", ("a", "b"), ("b", "a"), None),
}


@pytest.mark.parametrize(("name", "base", "own", "expected"), OPTIONS.values(), ids=OPTIONS)
def test_options_of_coverage_are_compared(
    name: str, base: tuple[str, ...], own: tuple[str, ...], expected: tuple[str | None, str | None, bool] | None
) -> None:
    found = find_coverage_changes({name: own} if own else {}, {name: base} if base else {})
    assert [(row.before, row.after, row.lowers) for row in found] == ([] if expected is None else [expected])


def test_what_coverage_itself_would_ask_for_has_no_effect_on_the_total() -> None:
    (row,) = find_coverage_changes({"fail_under": ("9.5",)}, {"fail_under": ("90",)})
    assert row.effect is None


@pytest.mark.parametrize("name", ["include", "[report] include", "source", "source_pkgs", "source_dirs", "contexts"])
def test_less_of_what_names_the_counted_counts_less(name: str) -> None:
    assert [row.lowers for row in find_coverage_changes({name: ("a",)}, {name: ("a", "b")})] == [True]
    assert [row.lowers for row in find_coverage_changes({name: ("a", "b")}, {name: ("a",)})] == [False]


NOT_MEASURED = "the tests were measured with the changed configuration only"
NOT_COUNTED = "the data could not be counted with the old one"
REASONS = {
    **dict.fromkeys(["omit", "include", "source", "branch"], NOT_MEASURED),
    **dict.fromkeys(["exclude_lines", "exclude_also", "partial_branches", "partial_also"], NOT_COUNTED),
    **dict.fromkeys(["[report] omit", "[report] include", "contexts"], NOT_COUNTED),
    "fail_under": None,
}


@pytest.mark.parametrize(("name", "reason"), REASONS.items(), ids=REASONS)
def test_why_it_is_not_known_what_an_option_does_to_the_total(name: str, reason: str | None) -> None:
    assert [row.effect_unknown for row in find_coverage_changes({name: ("1",)}, {})] == [reason]


def test_a_report_section_does_nothing_known_to_a_total_of_nothing() -> None:
    changes = GateChanges(rows=find_coverage_changes({"exclude_lines": ("a",)}, {}))
    assert with_effect(changes, Tally(), Tally(lines=Counts(covered=2, total=4))) == changes


EFFECTS = {
    "counted": (Tally(lines=Counts(covered=2, total=4)), Fraction(30)),
    "not-counted": (None, "the data could not be counted with the old one"),
    "nothing-to-count": (Tally(), "the data could not be counted with the old one"),
}


@pytest.mark.parametrize(("otherwise", "effect"), EFFECTS.values(), ids=EFFECTS)
def test_what_a_report_section_does_to_the_total(otherwise: Tally | None, effect: Fraction | str) -> None:
    changes = GateChanges(rows=find_coverage_changes({"exclude_lines": ("a",), "omit": ("b",)}, {}))
    report, run = with_effect(changes, Tally(lines=Counts(covered=8, total=10)), otherwise).rows
    assert (report.effect.reason if isinstance(report.effect, Unavailable) else report.effect) == effect
    assert run.effect == Unavailable(reason="the tests were measured with the changed configuration only")
