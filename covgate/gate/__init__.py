"""The rules, each evaluated, and the verdict."""

from covgate.gate.checks import Ramp
from covgate.gate.components import component_figures
from covgate.gate.guard import Bar, Files, find_coverage_changes, own_bar, stricter_bar
from covgate.gate.judge import Measured, judge_run
from covgate.gate.rules import exit_code

__all__ = [
    "Bar", "Files", "Measured", "Ramp", "component_figures", "exit_code", "find_coverage_changes", "judge_run",
    "own_bar", "stricter_bar",
]  # fmt: skip
