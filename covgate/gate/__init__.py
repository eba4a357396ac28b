"""The rules, each evaluated, and the verdict."""

from covgate.gate.checks import Ramp
from covgate.gate.components import component_figures
from covgate.gate.guard import REPORT_OPTIONS, Bar, Files, find_coverage_changes, own_bar, stricter_bar, with_effect
from covgate.gate.judge import Measured, judge_run
from covgate.gate.rules import evaluate, evaluate_drop, exit_code, judge

__all__ = [
    "REPORT_OPTIONS", "Bar", "Files", "Measured", "Ramp", "component_figures", "evaluate", "evaluate_drop",
    "exit_code", "find_coverage_changes", "judge", "judge_run", "own_bar", "stricter_bar", "with_effect",
]  # fmt: skip
