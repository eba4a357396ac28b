"""The command line: arguments and environment in, an exit code out. The only `except Exception` is here."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click

from covgate import __version__
from covgate.app import run
from covgate.context import RunContext, Secret, parse_context
from covgate.edges.actions import Level, Runner
from covgate.edges.files import read_text_if_there
from covgate.edges.github import GithubComments
from covgate.edges.github_data import GithubData
from covgate.edges.github_pulls import GithubPulls
from covgate.edges.github_session import Pace
from covgate.errors import CovgateError, ExitCode, InputError, Terminated
from covgate.history_command import Request, run_history
from covgate.options import OPTIONS, Option
from covgate.ports import Edges
from covgate.report.terminal import Terminal
from covgate.settings import Settings, TomlFile, did_you_mean, resolve


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `covgate` command and return its exit code."""
    return _guarded(lambda: _invoke(sys.argv[1:] if argv is None else list(argv)))


def action() -> int:
    """Run as the GitHub action: every setting comes from the action's inputs and the project's configuration."""
    return _guarded(lambda: _check({}, (), inputs=os.environ))


def _invoke(argv: list[str]) -> int:
    # A command stands after `--`; click would take options of the command for its own.
    at = argv.index("--") if "--" in argv else len(argv)
    own, command = argv[:at], tuple(argv[at + 1 :])
    try:
        outcome: object = _cli.main(args=own, prog_name="covgate", standalone_mode=False, obj=command)
    except click.UsageError as exc:
        if not own:  # click shows the help of a bare `covgate` as an error
            exc.show()
            return ExitCode.BAD_INPUT
        raise _usage_error(exc, own[0]) from None
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
    return _check(given, command, inputs=None)


def _click_options(options: Iterable[Option]) -> list[click.Parameter]:
    return [
        click.Option(
            [option.flag or f"--{option.name}", option.field],
            metavar=None if option.switch else option.metavar,
            # False would mean to click that the value may be left out.
            is_flag=option.switch or None,
            multiple=option.repeatable,
            help=option.help + (f" [default: {option.default}]" if option.default else ""),
        )
        for option in options
        if option.flag
    ]


_cli.add_command(
    click.Command(
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


def _option(name: str) -> Option:
    return next(option for option in OPTIONS if option.name == name)


@click.pass_obj
def _history_command(
    command: tuple[str, ...], /, *, as_json: bool, take: Path | None, limit: int, **values: str | None
) -> int:
    if command:
        raise InputError(
            f"covgate history runs no command, and {command[0]!r} stands after `--`",
            hint="`covgate history --help` lists what there is",
            slug="unknown-option",
        )
    given = {option.name: value for option in OPTIONS if (value := values.get(option.field))}
    settings, context, edges = _wire(given, (), inputs=None)
    return run_history(settings, context, edges, Request(as_json=as_json, take=take, limit=limit), sys.stdout)


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
            *_click_options(map(_option, _HISTORY_OPTIONS)),
        ],
        short_help="Show what was recorded, or take an existing file in.",
        help="Show the recorded totals as a table with a sparkline and the way to the target. On a laptop that is the "
        "branch as it was fetched last (`git fetch origin covgate-data`), and what `covgate check --record` recorded.",
        context_settings={"max_content_width": 100},
    )
)


@_cli.command("demo", short_help="Make a sample project and run covgate on it.")
@click.argument("directory", default="demo", type=click.Path(path_type=Path, file_okay=False))
def _demo(directory: Path) -> int:
    """Make a small sample project with a change that misses lines in DIRECTORY (default: demo), and check it.

    Needs no GitHub and no token. Ends with 0 although the sample's gate is red.
    """
    # Only the demonstration needs it.
    from covgate.demo import make_sample  # noqa: PLC0415

    make_sample(directory, os.environ)
    terminal = Terminal(sys.stdout, sys.stderr)
    code = _check({}, (), inputs=None, directory=directory)
    if code != ExitCode.RULE_BROKEN:
        terminal.say(f"the sample's gate should be red (exit code 1), and ended with {code}")
        return code
    terminal.say("the gate is red on purpose: the sample's change misses lines. The same again:")
    command = "covgate" if shutil.which("covgate") else f"{shlex.quote(sys.executable)} -m covgate"
    terminal.say(f"  cd {shlex.quote(os.fspath(directory))} && {command} check")
    return ExitCode.PASSED


def _check(
    command_line: Mapping[str, str],
    command: tuple[str, ...],
    *,
    inputs: Mapping[str, str] | None,
    directory: Path | None = None,
) -> int:
    """Run the pipeline."""
    return run(*_wire(command_line, command, inputs=inputs, directory=directory)).exit_code


def _wire(
    command_line: Mapping[str, str],
    command: tuple[str, ...],
    *,
    inputs: Mapping[str, str] | None,
    directory: Path | None = None,
) -> tuple[Settings, RunContext, Edges]:
    """Read settings and context, and open the edges."""
    environment = dict(os.environ)
    start = (directory or Path.cwd()).resolve()
    chosen = command_line.get("working-directory") or (inputs or {}).get("INPUT_WORKING-DIRECTORY") or "."
    file = start / chosen / "pyproject.toml"
    text = read_text_if_there(file)
    settings = resolve(
        command_line=command_line,
        command=command,
        inputs=inputs,
        environment=environment,
        toml=TomlFile(name="pyproject.toml", text=text) if text is not None else None,
    )
    context = parse_context(environment, lambda path: Path(path).read_text(encoding="utf-8"))
    edges = Edges(
        directory=start,
        environment=environment,
        screen=Terminal(sys.stdout, sys.stderr),
        runner=Runner.from_environment(environment, sys.stdout),
        now=datetime.now(UTC),
        open_comments=_open_comments,
        open_data=_open_data,
        open_pulls=_open_pulls,
    )
    return settings, context, edges


def _open_comments(context: RunContext, pull_request: int, token: Secret) -> GithubComments:
    return GithubComments(
        api_url=context.api_url, repository=context.repository, pull_request=pull_request, token=token
    )


def _open_data(context: RunContext, token: Secret) -> GithubData:
    return GithubData(
        api_url=context.api_url,
        repository=context.repository,
        token=token,
        # Nobody is notified of a commit on the history's branch, and a pause widens the gap another run can slip into.
        pace=Pace(between_writes=0.2),
    )


def _open_pulls(context: RunContext, token: Secret) -> GithubPulls:
    return GithubPulls(api_url=context.api_url, repository=context.repository, token=token)


def _guarded(work: Callable[[], int]) -> int:
    """Turn every way of ending into one message and an exit code."""
    terminal = Terminal(sys.stdout, sys.stderr)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        return int(work())
    except CovgateError as exc:
        terminal.error(exc)
        _annotate(exc.message)
        return exc.exit_code
    except KeyboardInterrupt:
        terminal.say("interrupted")
        return ExitCode.INTERRUPTED
    except Terminated:
        terminal.say("terminated")
        return ExitCode.TERMINATED
    except Exception:  # noqa: BLE001  # the one place: whatever is not foreseen is a bug, and says so
        # The text of an exception may come from the repository: no line of it is a workflow command.
        with Runner.from_environment(os.environ, sys.stdout).stopped_commands():
            traceback.print_exc()
            sys.stderr.flush()
        terminal.say("this is a bug in covgate; please report it with the lines above")
        return ExitCode.BUG
    finally:
        signal.signal(signal.SIGTERM, previous)


def _annotate(message: str) -> None:
    Runner.from_environment(os.environ, sys.stdout).annotate(Level.ERROR, message, title="covgate")


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise Terminated
