"""The rules, each evaluated, and the verdict."""

from covgate.gate.checks import Ramp
from covgate.gate.components import component_figures
from covgate.gate.judge import Measured, judge_run
from covgate.gate.rules import exit_code

__all__ = [
    "Measured", "Ramp", "component_figures", "exit_code", "judge_run",
]  # fmt: skip
