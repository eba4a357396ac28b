"""However a run ends: one message, an exit code, and a report that is this run's.

Only here is there an `except Exception`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import FrameType

from covgate.commands import (
    RunRequest,
    annotator,
    leave_failure,
    mark_failure,
    open_publishing,
    open_run,
    run,
    run_publish,
)
from covgate.errors import CovgateError, ExitCode, Terminated
from covgate.host import Level, Runner
from covgate.system import Screen, forgiving_streams, one_stream


def check(request: RunRequest) -> int:
    """Run the pipeline. However it ends, the report and the outputs are this run's."""
    return _reported(request, lambda: run(*open_run(request)))


def publish(request: RunRequest) -> int:
    """Post another run's report; what goes wrong stands in the place of it."""
    return _reported(request, lambda: run_publish(*open_publishing(request)))


def _reported(request: RunRequest, work: Callable[[], int]) -> int:
    try:
        return work()
    except BaseException as exc:
        error = _as_error(exc)
        leave_failure(error, request)
        mark(error, request)
        raise


def mark(error: CovgateError, request: RunRequest) -> None:
    """Let no earlier comment stand for a run without a verdict. Whatever goes wrong, the run has its own error."""
    stands = "The comment of an earlier run, if there is one, stands"
    try:
        mark_failure(error, request)
    except CovgateError as exc:
        Screen(sys.stdout, sys.stderr).say(f"{stands}: {exc.message}")
    except Exception as exc:  # noqa: BLE001  # see above; not its text, which may hold anything
        Screen(sys.stdout, sys.stderr).say(f"{stands} ({type(exc).__name__})")


@contextlib.contextmanager
def of_container() -> Iterator[None]:
    """Let both of the container's streams be one."""
    # Inside: by then there is a standard output to send standard error to.
    with forgiving_streams(), one_stream():
        yield


def guarded(
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
    from covgate.publish import word_error  # noqa: PLC0415  # most runs end well, and begin without it

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
