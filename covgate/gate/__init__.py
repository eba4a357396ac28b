"""The rules, each evaluated, and the verdict."""

from covgate.gate.checks import Ramp
from covgate.gate.components import component_figures
from covgate.gate.judge import Measured, judge_run
from covgate.gate.rules import evaluate, evaluate_drop, exit_code, judge

__all__ = [
    "Measured", "Ramp", "component_figures", "evaluate", "evaluate_drop", "exit_code", "judge", "judge_run",
]  # fmt: skip
