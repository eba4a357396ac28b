"""The environment of a run: planned by the project's files, or by `install-command`, made and filled."""

from __future__ import annotations

from covgate.config import Settings
from covgate.measure.detect import find_plan
from covgate.measure.environment import Environment, Workshop, make_environment
from covgate.measure.fill import Command, add_runner, fill
from covgate.measure.project import Project
from covgate.measure.project_files import READ, read_project_files
from covgate.measure.python_wish import find_python


def prepare_environment(
    project: Project, settings: Settings, workshop: Workshop, shown: str
) -> tuple[Environment, Command]:
    """Make and fill the environment; return it, and the command that runs the tests in it.

    `shown` is the project's folder in messages. Raises InputError when that cannot be done.
    """
    # With a command of its own only the Python is looked for: a file that covgate cannot read is no matter then.
    read = ("pyproject.toml",) if settings.install_command else READ
    files = read_project_files(project.directory, project.root, read)
    # Before anything is made: what lies there may be no plan.
    plan = None if settings.install_command else find_plan(files, shown)
    wish = find_python(files, settings.python_version, settings.where("python-version"))
    environment = make_environment(project, wish, workshop)
    command: Command = settings.test_command
    if plan is None:
        environment.run_command(settings.install_command or "")
    else:
        fill(environment, plan)
        is_default = settings.where("test-command") == "the default"
        command = add_runner(environment, files, command, is_default=is_default)
    environment.add_coverage()
    return environment, command
