"""From a test command, data files or reports to a measurement of the checkout's files."""

from covgate.measure.counting import SETTING_FILES, find_coverage_options, find_named_file
from covgate.measure.data_files import Wanted
from covgate.measure.monorepo import find_only_project
from covgate.measure.probe_call import Probe
from covgate.measure.project import Project, find_project
from covgate.measure.pytest_choice import Invocation, find_choice, only_collects
from covgate.measure.run import Measuring, measure
from covgate.measure.shell import shell_argv

__all__ = [
    "SETTING_FILES", "Invocation", "Measuring", "Probe", "Project", "Wanted", "find_choice", "find_coverage_options",
    "find_named_file", "find_only_project", "find_project", "measure", "only_collects", "shell_argv",
]  # fmt: skip
