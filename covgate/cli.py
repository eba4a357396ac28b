"""The command line: arguments and environment in, an exit code out. Only here is there an `except Exception`."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import FrameType

import click

from covgate import __version__
from covgate.commands import (
    Request,
    RunRequest,
    annotator,
    leave_failure,
    make_sample,
    mark_failure,
    open_publishing,
    open_run,
    run,
    run_history,
    run_publish,
)
from covgate.config import OPTIONS, Mode, Option, did_you_mean, option_named
from covgate.errors import CovgateError, ExitCode, InputError, Terminated
from covgate.host import Level, Runner
from covgate.publish import word_error
from covgate.system import Screen, forgiving_streams, one_stream


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `covgate` command and return its exit code."""
    return _guarded(lambda: _invoke(sys.argv[1:] if argv is None else list(argv)))


def action() -> int:
    """Run as the GitHub action: every setting comes from the action's inputs and the project's configuration."""
    publishes = os.environ.get("INPUT_MODE", "").strip() == Mode.PUBLISH
    request = RunRequest(environment=dict(os.environ), inputs=os.environ, configured=not publishes)
    return _guarded(lambda: (_publish if publishes else _check)(request), streams=_of_container)


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
        problem = _usage_error(exc, own[0])
        if own[0] == "check":
            request = RunRequest(environment=dict(os.environ), command_line=_places_in(own))
            leave_failure(problem, request)
            _mark(problem, request)
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
    return _check(RunRequest(environment=dict(os.environ), command_line=given, command=command))


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
    return run_history(settings, edges, Request(as_json=as_json, take=take, limit=limit))


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
    return _publish(RunRequest(environment=dict(os.environ), command_line=given, configured=False))


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
    code = _check(RunRequest(directory=directory, environment=local))
    if code != ExitCode.RULE_BROKEN:
        screen.say(f"the sample's gate should be red (exit code 1), and ended with {code}")
        return code
    screen.say("the gate is red on purpose: the sample's change misses lines. The same again:")
    command = "covgate" if shutil.which("covgate") else f"{shlex.quote(sys.executable)} -m covgate"
    screen.say(f"  cd {shlex.quote(os.fspath(directory))} && {command} check")
    return ExitCode.PASSED


def _check(request: RunRequest) -> int:
    """Run the pipeline. However it ends, the report and the outputs are this run's."""
    return _reported(request, lambda: run(*open_run(request)))


def _publish(request: RunRequest) -> int:
    """Post another run's report; what goes wrong stands in the place of it."""
    return _reported(request, lambda: run_publish(*open_publishing(request)))


def _reported(request: RunRequest, work: Callable[[], int]) -> int:
    try:
        return work()
    except BaseException as exc:
        error = _as_error(exc)
        leave_failure(error, request)
        _mark(error, request)
        raise


def _mark(error: CovgateError, request: RunRequest) -> None:
    """Let no earlier comment stand for a run without a verdict. Whatever goes wrong, the run has its own error."""
    stands = "The comment of an earlier run, if there is one, stands"
    try:
        mark_failure(error, request)
    except CovgateError as exc:
        Screen(sys.stdout, sys.stderr).say(f"{stands}: {exc.message}")
    except Exception as exc:  # noqa: BLE001  # see above; not its text, which may hold anything
        Screen(sys.stdout, sys.stderr).say(f"{stands} ({type(exc).__name__})")


def _places_in(argv: Sequence[str]) -> dict[str, str]:
    """Pick the options that say where the report goes out of arguments that cannot be read as a whole."""
    found: dict[str, str] = {}
    for option in map(option_named, ("working-directory", "report-dir", "name", "comment")):
        for word, following in pairwise([*argv, ""]):
            flag, equals, value = word.partition("=")
            if flag == option.flag:
                found[option.name] = value if equals else following
    return found


@contextlib.contextmanager
def _of_container() -> Iterator[None]:
    # Inside: by then there is a standard output to send standard error to.
    with forgiving_streams(), one_stream():
        yield


def _guarded(
    work: Callable[[], int], streams: Callable[[], contextlib.AbstractContextManager[None]] = forgiving_streams
) -> int:
    """Turn every way of ending into one message and an exit code."""
    before = signal.signal(signal.SIGTERM, _terminate)
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.SIG_IGN:
        # As under nohup, and for `&` in a script: what covgate starts would inherit it, and the tests would not hear
        # the signal that asks them to end. A handler, even an empty one, is not inherited.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        with streams(), warnings.catch_warnings():
            if not sys.warnoptions:
                # Those of a library are not for whoever reads the log of a gate.
                warnings.simplefilter("ignore")
            return _worded(work)
    finally:
        signal.signal(signal.SIGTERM, before)
        if interrupt is signal.SIG_IGN:
            signal.signal(signal.SIGINT, interrupt)


def _worded(work: Callable[[], int]) -> int:
    screen = Screen(sys.stdout, sys.stderr)
    try:
        return int(work())
    except CovgateError as exc:
        error = exc
        screen.error(error)
    except (KeyboardInterrupt, Terminated) as exc:
        error = _as_error(exc)
        screen.say(error.message)
    except Exception as exc:  # noqa: BLE001  # whatever is not foreseen is a bug, and says so
        error = _as_error(exc)
        with Runner.from_environment(os.environ, sys.stdout).group("What a report of this bug needs"):
            screen.quote("".join(traceback.format_exception(exc)))
        screen.say("this is a bug in covgate; please report it with the lines above")
    annotator(os.environ, Level.ERROR)(word_error(error))
    return error.exit_code


def _as_error(exc: BaseException) -> CovgateError:
    """Return how a run ended as an error with its exit code and what to do about it."""
    if isinstance(exc, CovgateError):
        return exc
    if isinstance(exc, (KeyboardInterrupt, Terminated)):
        code = ExitCode.TERMINATED if isinstance(exc, Terminated) else ExitCode.INTERRUPTED
        return CovgateError(code.name.lower(), hint="run it again", slug="interrupted", exit_code=code)
    # Not its text: that may hold anything.
    message = f"a bug in covgate ({type(exc).__name__})"
    return CovgateError(message, hint="please report it with the lines in the log", slug="bug")


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise Terminated
