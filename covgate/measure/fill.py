"""Filling an environment as planned, and what runs the tests beside it: said, step by step, with the reason."""

from __future__ import annotations

from covgate.measure.environment import Environment, show_command
from covgate.measure.plan import DIGITS_MARK, VERSION_MARK, Asked, Plan, Step
from covgate.measure.project_files import ProjectFiles
from covgate.measure.pytest_options import configured_words
from covgate.measure.shell import pytest_calls, words_of
from covgate.measure.tool_answers import choose_extra, read_requirement_lines, read_tox_answer
from covgate.model import shorten, without_credentials

Command = str | tuple[str, ...]

_EXTRAS = (
    "import importlib.metadata as m, json, pathlib, sys, urllib.parse\n"
    "here = pathlib.Path.cwd().resolve()\n"
    "for d in m.distributions():\n"
    "    url = json.loads(d.read_text('direct_url.json') or '{}').get('url', '')\n"
    "    if url and pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path)).resolve() == here:\n"
    "        print(*(d.metadata.get_all('Provides-Extra') or []), sep='\\n')\n"
)


_LONGEST = 2000
"""Bytes of a command that the log shows."""


def fill(environment: Environment, plan: Plan) -> None:
    """Carry out a plan. Raises InputError for a step that fails."""
    say = environment.workshop.say
    for step in plan.steps:
        if step.asked is None:
            say(f"Found {step.why}: {show_command(step.arguments)}")
            environment.install(step.arguments)
        elif answer := _answer(environment, step):
            # What another tool printed may hold an address, and be of any length.
            shown = shorten(without_credentials(show_command(("pip", "install", *answer))), _LONGEST)
            say(f"Found {step.why}: {shown}")
            environment.install(("pip", "install", *answer))
    for note in plan.notes:
        say(note)


def _answer(environment: Environment, step: Step) -> tuple[str, ...]:
    """Ask whom the step names, and return what is to be installed, as options."""
    if step.asked is Asked.EXTRAS:
        return choose_extra(environment.ask(("-I", "-c", _EXTRAS), of_python=True).split())
    version = environment.version
    marks = {VERSION_MARK: version, DIGITS_MARK: version.replace(".", "")}
    arguments = step.arguments
    for mark, value in marks.items():
        arguments = tuple(word.replace(mark, value) for word in arguments)
    said = environment.ask(arguments)
    return read_tox_answer(said) if step.asked is Asked.TOX else read_requirement_lines(said)


def add_runner(environment: Environment, files: ProjectFiles, command: Command, *, is_default: bool) -> Command:
    """Install pytest where the command is pytest and nothing brought it, and return the command to run.

    Of a Django project that has no pytest, and names no command, that is Django's own.
    """
    words = words_of(command)
    say = environment.workshop.say
    if "tox" in words[:1] and (note := _tox_note(files)):
        say(note)
    if not pytest_calls(words) or environment.has("pytest"):
        return command
    if is_default and "manage.py" in files.names:
        say("Found manage.py, and no pytest: the tests are run by `python manage.py test`")
        return "python manage.py test"
    directory = environment.project.directory
    options = configured_words(
        directory, ["pytest", *(word for call in pytest_calls(words) for word in call)], "addopts"
    )
    plugins = [name for name, starts in _PLUGINS.items() if any(word.startswith(starts) for word in (*options, *words))]
    say(f"Nothing that was installed brings pytest: {show_command(('pip', 'install', 'pytest', *plugins))}")
    environment.install(("pip", "install", "pytest", *plugins))
    return command


_PLUGINS = {"pytest-cov": ("--cov",), "pytest-xdist": ("-n", "--numprocesses", "--dist")}
"""Plugins without which pytest refuses its configured options."""


def _tox_note(files: ProjectFiles) -> str:
    settings = files.tox.get("testenv", {})
    told = settings.get("pass_env", settings.get("passenv", "")) + settings.get("package", "")
    if not files.tox or ("COVERAGE" in told and ("editable" in told or settings.get("usedevelop"))):
        return ""
    return (
        "tox makes environments of its own: `[testenv]` needs coverage>=7.13 in `deps`, `pass_env = COVERAGE_*` and "
        "`package = editable`, so that its processes are measured and import this checkout"
    )
