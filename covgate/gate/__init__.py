"""The rules, each evaluated, and the verdict."""

from covgate.gate.components import component_figures
from covgate.gate.judge import Measured, judge_run
from covgate.gate.rules import exit_code

__all__ = ["Measured", "component_figures", "exit_code", "judge_run"]
