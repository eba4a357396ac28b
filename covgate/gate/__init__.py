"""The rules, each evaluated, and the verdict."""

from covgate.gate.checks import NO_STATEMENT, Judged, Ramp, component_checks, compute_checks
from covgate.gate.components import component_diffs, component_tallies, unmeasured
from covgate.gate.rules import exit_code, judge

__all__ = [
    "NO_STATEMENT", "Judged", "Ramp", "component_checks", "component_diffs", "component_tallies", "compute_checks",
    "exit_code", "judge", "unmeasured",
]  # fmt: skip
