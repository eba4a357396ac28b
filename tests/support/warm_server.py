"""Python that has imported everything already, and forks a process for every program it is asked to run.

Started by tests.support.warm as a script: it imports nothing of `tests`, whose names would hide those of the projects.
What such a program starts is started, but for the probe in this very interpreter: that is forked, too, as four fifths
of its time go into importing coverage.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

REPOSITORY = Path(__file__).resolve().parents[2]
PROBE = REPOSITORY / "covgate/measure/probe/__main__.py"

MODULES = (
    "covgate.cli.arguments",
    "covgate.commands.conclude",
    "covgate.commands.failure",
    "covgate.commands.history",
    "covgate.commands.publish",
    "covgate.change.diff_cover_reporters",
    "covgate.history.ratchet.pull_request",
    "covgate.host.github.host",
    "covgate.measure.junit",
    "covgate.report.page.render",
    "covgate.report.history.terminal",
    "covgate.report.markdown",
    "covgate.report.result_json",
    "covgate.report.terminal",
    "covgate.report.trend.files",
    "coverage.cmdline",
    "coverage.tracer",
    "coverage.lcovreport",
    "coverage.sqldata",
    "coverage.xmlreport",
    "ctypes",
    "diff_cover.diff_cover_tool",
    "encodings.unicode_escape",
    "github",
    "pygments.lexers.python",
    "rich.console",
    "rich.markup",
    "rich.terminal_theme",
)

OF_PROBE = ("coverage", "covgate_probe.answer")

HEEDED = frozenset({"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"})
"""The variables of Python a warm process goes by."""

HEADER = 8
"""Bytes of a request's length. With them come its descriptors: output, errors, and a pipe for the answer."""


def serve(requests: socket.socket) -> None:
    """Answer requests until the other side is gone: the process id and a line end, then the exit code and another.

    The exit code is as `subprocess` gives it. Returns in every process that was asked for, too.
    """
    _import_all()
    wakes, wake = os.pipe()
    for end in (wakes, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    answers: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), wakes], [], [])
        if wakes in ready:
            os.read(wakes, 1024)
            _reap(answers)
        if requests.fileno() in ready:
            header, descriptors, _, _ = socket.recv_fds(requests, HEADER, 3)
            if not header:
                return
            request = json.loads(_receive(requests, int(header)))
            process = os.fork()
            if not process:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                out, errors, answer = descriptors
                nothing = os.open(os.devnull, os.O_RDONLY)
                for number, descriptor in enumerate((nothing, out, errors)):
                    os.dup2(descriptor, number)
                requests.close()
                for descriptor in (wakes, wake, answer, out, errors, nothing, *answers.values()):
                    os.close(descriptor)
                _run(request)
            out, errors, answer = descriptors
            os.close(out)
            os.close(errors)
            answers[process] = answer
            os.write(answer, b"%d\n" % process)


def _import_all() -> None:
    sys.path[0] = str(PROBE.parent)
    for name in OF_PROBE:
        importlib.import_module(name)
    _Popen.modules = frozenset(sys.modules)
    subprocess.Popen = _Popen  # type: ignore[misc]
    # The covgate of this checkout, in the place of the folder of this script.
    sys.path[0] = str(REPOSITORY)
    for name in MODULES:
        importlib.import_module(name)
    _compile_templates()
    # What never changes is shared by all the processes.
    gc.collect()
    gc.freeze()


class _Popen(subprocess.Popen[Any]):
    """Starts programs as ever, and forks the probe, where nothing asks for a start."""

    modules: frozenset[str] = frozenset()
    """What a probe has imported before it asks."""

    def __init__(self, args: Any, *more: Any, **options: Any) -> None:  # noqa: ANN401  # whatever Popen takes
        if isinstance(args, list) and args[:2] == [sys.executable, str(PROBE)] and can_be_warm(options["env"]):
            options["preexec_fn"] = functools.partial(_become, args[1:], options["env"], options["pass_fds"])
        super().__init__(args, *more, **options)


def _become(arguments: Sequence[str], environment: Mapping[str, str], kept: Sequence[int]) -> NoReturn:
    """Go on as `python ARGUMENTS` in a process that was forked, has its standard streams, and was to be executed."""
    for known in signal.valid_signals():
        if callable(signal.getsignal(known)):
            signal.signal(known, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    for descriptor in map(int, os.listdir("/dev/fd")):  # noqa: PTH208  # as few objects as can be
        if descriptor > 2 and descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        like = getattr(sys, f"__{name}__")
        options = {"encoding": like.encoding, "errors": like.errors, "closefd": False}
        stream = open(number, "w" if number else "r", buffering=1 if number == 2 else -1, **options)  # noqa: PTH123, SIM115
        setattr(sys, name, stream)
    sys.settrace(None)
    _TRACES.clear()
    # Taking them apart would copy the memory that is shared.
    _FORGOTTEN.update(sys.modules)
    for name in sys.modules.keys() - _Popen.modules:
        del sys.modules[name]
    atexit._clear()
    warnings.filters[:] = _FILTERS  # type: ignore[index]
    sys.path[:] = _PATH
    _run({"directory": ".", "environment": environment, "arguments": arguments})


_FORGOTTEN: dict[str, object] = {}
_PATH, _FILTERS = list(sys.path), list(warnings.filters)


def can_be_warm(environment: Mapping[str, str]) -> bool:
    """Whether nothing asks for a start: no variable of Python, no measurement (`make gate`), no other encoding.

    On another PYTHONPATH there may be a module with the name of one that is imported already.
    """
    encoding = next(filter(None, map(environment.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "C")
    return (
        hasattr(os, "fork")
        and environment.get("PYTHONPATH") in {None, "", str(REPOSITORY)}
        and not any(n.startswith(("PYTHON", "COVERAGE_PROCESS_")) and n not in HEEDED for n in environment)
        and (encoding in {"C", "POSIX"} or encoding.lower().endswith(("utf-8", "utf8")))
    )


def _compile_templates() -> None:
    """Compiling them takes most of the time that a report of a small project takes."""
    names = ("markdown", "page.render", "trend.files")
    markdown, page, trend_files = (importlib.import_module(f"covgate.report.{name}") for name in names)
    page._template()
    for name in ("comment.md.j2", "parts.md.j2", "summary.md.j2"):
        markdown._environment().get_template(name)
    for name in ("badge.svg.j2", "trend.html.j2", "trend.svg.j2"):
        trend_files._environment().get_template(name)


def _receive(requests: socket.socket, length: int) -> bytes:
    text = b""
    while len(text) < length:
        text += requests.recv(length - len(text))
    return text


def _reap(answers: dict[int, int]) -> None:
    while answers:
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            return
        answer = answers.pop(process)
        os.write(answer, b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(answer)


def _run(request: dict[str, Any]) -> NoReturn:
    """Become `python ARGUMENTS`, and leave as it does."""
    code: object = None
    _trace(request.get("trace"))
    try:
        _start(request)
    except SystemExit as exc:
        code = exc.code
    _leave(code)


def _trace(trace: Sequence[str] | None) -> None:
    """Have coverage look which lines of covgate run: into a file of this name, for the test of this name."""
    if not trace:
        return
    file, test = trace
    source = str(REPOSITORY / "covgate")
    started = importlib.import_module("coverage").Coverage(
        file, data_suffix=True, config_file=False, source=[source], context=test
    )
    started.start()
    _TRACES.append(started)


_TRACES: list[Any] = []


def _leave(code: object) -> NoReturn:
    """End as the interpreter does, but for taking its modules apart: that copies all the memory that is shared."""
    if code is not None and not isinstance(code, int):
        sys.stderr.write(f"{code}\n")
        code = 1
    if _TRACES:
        _TRACES[0].stop()
        _TRACES[0].save()
    threading._shutdown()  # type: ignore[attr-defined]  # what Python calls, too: it waits for threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit((code or 0) & 0xFF)


def _start(request: dict[str, Any]) -> None:
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    extra = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[1:] = dict.fromkeys([*map(os.path.abspath, extra), *sys.path[1:]])
    first, *rest = request["arguments"]
    if first == "-m":
        sys.argv = rest
        sys.path[0] = os.getcwd()  # noqa: PTH109  # as Python writes it: text
        # runpy warns of a program that was imported before.
        sys.modules.pop(rest[0], None)
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path[0] = ""
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102  # as Python does
    else:
        sys.argv = [first, *rest]
        sys.path[0] = os.path.dirname(first)  # noqa: PTH120  # as Python writes it: text
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
