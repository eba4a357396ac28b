"""The command line: its arguments, read by click."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import click

from covgate import __version__
from covgate.cli.ending import check, mark, publish
from covgate.commands import RunRequest, leave_failure, make_sample, open_run, run_history
from covgate.config import OPTIONS, Option, did_you_mean, option_named
from covgate.errors import ExitCode, InputError
from covgate.system import Screen


def invoke(argv: Sequence[str]) -> int:
    """Run the command that the arguments name, and return its exit code. Raises CovgateError."""
    # A command stands after `--`; click would take options of the command for its own.
    at = argv.index("--") if "--" in argv else len(argv)
    own, command = argv[:at], tuple(argv[at + 1 :])
    try:
        outcome: object = _cli.main(args=own, prog_name="covgate", standalone_mode=False, obj=command)
    except click.UsageError as exc:
        if not own:  # click shows the help of a bare `covgate` as an error
            exc.show()
            return ExitCode.BAD_INPUT
        problem = _usage_error(exc, own[0])
        if own[0] == "check":
            request = RunRequest(environment=dict(os.environ), command_line=_places_in(own))
            leave_failure(problem, request)
            mark(problem, request)
        raise problem from None
    except click.Abort:
        # click's name for Ctrl-C.
        raise KeyboardInterrupt from None
    return outcome if isinstance(outcome, int) else 0


def _usage_error(error: click.UsageError, first: str) -> InputError:
    """Word click's complaint as covgate words its own; `first` is the first argument, most often a command."""
    # An option that lacks its value is found before click knows where it stands.
    alone = f"covgate {first}" if first in _cli.commands else "covgate"
    program = error.ctx.command_path if error.ctx else alone
    if isinstance(error, click.NoSuchOption):
        flags = [flag for param in (error.ctx.command.params if error.ctx else ()) for flag in param.opts]
        message = f"unknown option {error.option_name!r} on the command line{did_you_mean(error.option_name, flags)}"
    else:
        text = error.format_message().rstrip(".")
        message = text[:1].lower() + text[1:]
    hint = f"`{program} --help` lists what there is"
    if program.endswith(" check"):
        hint += "; the test command stands after `--`, as in `covgate check -- pytest -q`"
    return InputError(message, hint=hint, slug="unknown-option")


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, prog_name="covgate")
def _cli() -> None:
    """Judge the coverage of a change.

    Exit codes: 0 passed, 1 a rule is broken, 2 bad input, 3 the tests failed, 4 cannot judge, 5 git, 6 publishing.
    """


@click.pass_obj
def _check_command(command: tuple[str, ...], /, **values: str | tuple[str, ...] | bool | None) -> int:
    given: dict[str, str] = {}
    for option in OPTIONS:
        value = values.get(option.field)
        if value is True:
            given[option.name] = "true"
        elif value:
            given[option.name] = "\n".join(value) if isinstance(value, tuple) else value
    return check(RunRequest(environment=dict(os.environ), command_line=given, command=command))


def _click_options(options: Iterable[Option]) -> list[click.Parameter]:
    return [
        click.Option(
            [flag, option.field],
            metavar=None if option.switch else option.metavar,
            # click: is_flag=False makes the value optional; None leaves it required.
            is_flag=option.switch or None,
            multiple=option.repeatable,
            help=option.help + (f" [default: {option.default}]" if option.default else ""),
        )
        for option in options
        if (flag := option.flag)
    ]


class _Grouped(click.Command):
    """Its help lists the options that matter in a workflow only apart from those for everybody."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        apart = {option.field for option in OPTIONS if option.workflow}
        rows: dict[str, list[tuple[str, str]]] = {"Options": [], "Options for workflows": []}
        for param in self.get_params(ctx):
            if (row := param.get_help_record(ctx)) is not None:
                rows["Options for workflows" if param.name in apart else "Options"].append(row)
        for title, listed in rows.items():
            with formatter.section(title):
                formatter.write_dl(listed)


_cli.add_command(
    _Grouped(
        "check",
        callback=_check_command,
        params=_click_options(OPTIONS),
        short_help="Run the tests, measure the change, judge it.",
        help="Run the tests under coverage, or read data made before (--data), measure the change, judge it, and write "
        "a report.\n\nThe test command stands at the end, after `--`. Without one it is `test-command` of "
        "`[tool.covgate]` in pyproject.toml, or `pytest`. Settings of that table are overridden by options.",
        options_metavar="[OPTIONS] [-- COMMAND ...]",
        context_settings={"max_content_width": 100},
    )
)


_HISTORY_OPTIONS = ("working-directory", "history-branch", "history-dir", "name")


@click.pass_obj
def _history_command(
    command: tuple[str, ...], /, *, as_json: bool, take: Path | None, limit: int, **values: str | None
) -> int:
    _refuse_command("history", command)
    given = {option.name: value for option in OPTIONS if (value := values.get(option.field))}
    settings, edges, _ = open_run(RunRequest(environment=dict(os.environ), command_line=given), judges=False)
    return run_history(settings, edges, as_json=as_json, take=take, limit=limit)


_cli.add_command(
    click.Command(
        "history",
        callback=_history_command,
        params=[
            click.Option(["--json", "as_json"], is_flag=True, help="Print the records as JSON."),
            click.Option(
                ["--import", "take"],
                metavar="FILE",
                type=click.Path(path_type=Path),
                help="Take the entries of a trending.json in.",
            ),
            click.Option(
                ["--limit", "limit"],
                metavar="NUMBER",
                type=click.IntRange(1, 100_000),
                default=30,
                help="How many of the newest points the table shows. [default: 30]",
            ),
            *_click_options(map(option_named, _HISTORY_OPTIONS)),
        ],
        short_help="Show what was recorded, or take an existing file in.",
        help="Show the recorded totals as a table with a sparkline and the way to the target. On a laptop that is the "
        "branch as it was fetched last (`git fetch origin covgate-data`), and what `covgate check --record` recorded.",
        context_settings={"max_content_width": 100},
    )
)


_PUBLISH_OPTIONS = ("name", "comment", "publish", "report-dir")


@click.pass_obj
def _publish_command(command: tuple[str, ...], /, **values: str | None) -> int:
    _refuse_command("publish", command)
    given = {option.name: value for option in OPTIONS if (value := values.get(option.field))}
    return publish(RunRequest(environment=dict(os.environ), command_line=given, configured=False))


def _refuse_command(name: str, command: tuple[str, ...]) -> None:
    if command:
        raise InputError(
            f"covgate {name} runs no command, and {command[0]!r} stands after `--`",
            hint=f"`covgate {name} --help` lists what there is",
            slug="unknown-option",
        )


_cli.add_command(
    click.Command(
        "publish",
        callback=_publish_command,
        params=[
            click.Option(
                ["--artifact"],
                metavar="NAME",
                help=f"{option_named('artifact').help} [default: {option_named('artifact').default}]",
            ),
            *_click_options(map(option_named, _PUBLISH_OPTIONS)),
        ],
        short_help="Post the report of a run that had no right to, of a fork say.",
        help="In a workflow `on: workflow_run`: fetch the result that the finished run left, check it, find its pull "
        "request, and post the report, rendered anew. The token is GITHUB_TOKEN.\n\nEnds with 0 when the report is "
        "posted, whatever its verdict; with 2 when there is none that can be, and with 6 when GitHub refuses.",
        context_settings={"max_content_width": 100},
    )
)


@_cli.command("demo", short_help="Make a sample project and run covgate on it.")
@click.argument("directory", default="demo", type=click.Path(path_type=Path, file_okay=False))
def _demo(directory: Path) -> int:
    """Make a small sample project with a change that misses lines in DIRECTORY (default: demo), and check it.

    Needs no GitHub and no token. Ends with 0 although the sample's gate is red.
    """
    make_sample(directory, os.environ)
    screen = Screen(sys.stdout, sys.stderr)
    # Nobody's pull request: whatever event it runs on, it is judged as on a laptop.
    local = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    code = check(RunRequest(directory=directory, environment=local))
    if code != ExitCode.RULE_BROKEN:
        screen.say(f"the sample's gate should be red (exit code 1), and ended with {code}")
        return code
    screen.say("the gate is red on purpose: the sample's change misses lines. The same again:")
    command = "covgate" if shutil.which("covgate") else f"{shlex.quote(sys.executable)} -m covgate"
    screen.say(f"  cd {shlex.quote(os.fspath(directory))} && {command} check")
    return ExitCode.PASSED


def _places_in(argv: Sequence[str]) -> dict[str, str]:
    """Pick the options that say where the report goes out of arguments that cannot be read as a whole."""
    found: dict[str, str] = {}
    for option in map(option_named, ("working-directory", "report-dir", "name", "comment")):
        for word, following in pairwise([*argv, ""]):
            flag, equals, value = word.partition("=")
            if flag == option.flag:
                found[option.name] = value if equals else following
    return found
