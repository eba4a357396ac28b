"""Python that has imported everything already, and forks a process for every program it is asked to run.

Started by tests.support.warm as a script: it imports nothing of `tests`, whose names would hide those of the projects.
What such a program starts is started, but for two things that run in this very interpreter, and of whose time four
fifths go into importing coverage and pytest: the probe, and a test command that is one plain call of Python or pytest
(unless the request says `"cold": true`). Those are forked, too.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import functools
import gc
import importlib
import importlib.machinery
import json
import os
import re
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import types
import warnings
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
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
    "junitparser",
    "pygments.lexers.python",
    "rich.console",
    "rich.markup",
    "rich.terminal_theme",
)

OF_PROBE = ("coverage", "covgate_probe.answer")

BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
"""What covgate has run a test command that is a text."""

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
    importlib.import_module("coverage")
    # It reads the source of every function that is running, covgate's too, for the message of an assertion.
    sys.modules["coverage.collector"].short_stack = str  # type: ignore[attr-defined]
    if sys.version_info[:2] == (3, 11):
        # As Python 3.12 does: coverage makes expressions of patterns, a call for each character of long paths.
        re._parser.parse_template = functools.lru_cache(re._parser.parse_template)  # type: ignore[attr-defined]
    known = frozenset(sys.modules)
    for name in OF_PROBE:
        importlib.import_module(name)
    _Popen.of_probe = frozenset(sys.modules)
    pytest_config = importlib.import_module("_pytest.config")
    for name in pytest_config.default_plugins:
        importlib.import_module(f"_pytest.{name}")
    _Popen.of_suites = known, known | (sys.modules.keys() - _Popen.of_probe)
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
    """Starts programs as ever, and forks the probe and plain test commands, where nothing asks for a start."""

    of_probe: frozenset[str] = frozenset()
    """What a probe has imported before it asks."""
    of_suites: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    """What a test command has imported when it begins: coverage; and, when it is pytest, that."""
    suites = False
    """Whether test commands are forked."""

    def __init__(self, args: Any, *more: Any, **options: Any) -> None:  # noqa: ANN401  # whatever Popen takes
        if isinstance(args, list) and args[:2] == [sys.executable, str(PROBE)] and can_be_warm(options["env"]):
            options["preexec_fn"] = functools.partial(
                _become, args[1:], options["env"], self.of_probe, options["pass_fds"]
            )
        elif self.suites and "COVERAGE_PROCESS_CONFIG" in (options.get("env") or {}):
            arguments = plain_python(args, options["env"])
            if arguments and can_be_warm(options["env"], measured=True):
                kept = self.of_suites[Path(arguments[arguments[0] == "-m"]).name == "pytest"]
                environment = options["env"]
                if args[0] == BASH[0]:
                    environment = {**environment, "PWD": str(options["cwd"])}
                options["preexec_fn"] = functools.partial(_become, arguments, environment, kept)
        super().__init__(args, *more, **options)


def plain_python(argv: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Return the arguments of this very interpreter if a command is nothing but a call of it, or of its pytest."""
    words = list(argv)
    if words[: len(BASH)] == BASH:
        words = words[-1].split() if re.fullmatch(r"[\w ./:=-]+", words[-1]) else []
    if not words:
        return []
    here = Path(sys.executable).parent
    found = shutil.which(words[0], path=environment.get("PATH", ""))
    if found == str(here / "pytest"):
        return [found, *words[1:]]
    if found not in {sys.executable, str(here / "python")} or len(words) < 2:  # nothing to run
        return []
    plain = words[1] in {"-m", "-c"} or not words[1].startswith("-")
    return words[1:] if plain and words[1:3] != ["-m", "coverage"] else []


def _become(
    arguments: Sequence[str], environment: Mapping[str, str], modules: AbstractSet[str], kept: Sequence[int] = ()
) -> NoReturn:
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
        setattr(sys, f"__{name}__", stream)
    sys.settrace(None)
    _TRACES.clear()
    # Taking them apart would copy the memory that is shared.
    _FORGOTTEN.update(sys.modules)
    for name in sys.modules.keys() - modules:
        del sys.modules[name]
    atexit._clear()
    warnings.filters[:] = _FILTERS  # type: ignore[index]
    sys.path[:] = _PATH
    subprocess.Popen = _POPEN  # type: ignore[misc]
    _run({"directory": ".", "environment": environment, "arguments": arguments})


_EXIT, _POPEN = os._exit, subprocess.Popen
_FORGOTTEN: dict[str, object] = {}
_PATH, _FILTERS = list(sys.path), list(warnings.filters)


def can_be_warm(environment: Mapping[str, str], *, measured: bool = False) -> bool:
    """Whether nothing asks for a start: no variable of Python, no measurement (`make gate`), no other encoding.

    With `measured` that of the environment is begun in the fork. On another PYTHONPATH there may be a module with the
    name of one that is imported already.
    """
    encoding = next(filter(None, map(environment.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "C")
    return (
        hasattr(os, "fork")
        and environment.get("PYTHONPATH") in {None, "", str(REPOSITORY)}
        and not any(n.startswith("PYTHON") and n not in HEEDED for n in environment)
        and (measured or not any(n.startswith("COVERAGE_PROCESS_") for n in environment))
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


_NO_FILE = "<warm>"


def _run(request: dict[str, Any]) -> NoReturn:
    """Become `python ARGUMENTS`, and leave as it does."""
    code: object = None
    interrupted = False
    _trace(request.get("trace"))
    _Popen.suites = not request.get("cold", True)
    try:
        _start(request)
    except SystemExit as exc:
        code = exc.code
    except BaseException as exc:  # noqa: BLE001  # as the interpreter does
        code, interrupted = 1, isinstance(exc, KeyboardInterrupt)
        trace = exc.__traceback__
        while trace and trace.tb_frame.f_code.co_filename == _NO_FILE:
            trace = trace.tb_next
        sys.excepthook(type(exc), exc.with_traceback(trace), trace)
    _leave(code, interrupted=interrupted)


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


def _leave(code: object, *, interrupted: bool) -> NoReturn:
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
    if interrupted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    # Not what coverage puts in its place: it has saved already.
    _EXIT((code or 0) & 0xFF)


def _start(request: dict[str, Any]) -> None:
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    extra = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[1:] = dict.fromkeys([*map(os.path.abspath, extra), *sys.path[1:]])
    first, *rest = request["arguments"]
    program = sys.modules["__main__"] = types.ModuleType("__main__")
    program.__dict__.update(__builtins__=builtins, __annotations__={})
    way = first if first in {"-m", "-c"} else ""
    sys.argv = [first, *rest[1:]] if way else [first, *rest]
    # What the start-up hook of coverage does when there is something to measure (a1_coverage.pth), before there is a
    # folder of the program.
    del sys.path[0]
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        sys.modules["coverage"].process_startup(slug="pth")
    # As Python writes it: text.
    full = os.path.abspath(first)  # noqa: PTH100
    sys.path.insert(0, {"-m": os.getcwd(), "-c": ""}.get(way, os.path.dirname(full)))  # noqa: PTH109, PTH120
    if way == "-m":
        # runpy warns of a program that was imported before.
        sys.modules.pop(rest[0], None)
        runpy._run_module_as_main(rest[0])  # type: ignore[attr-defined]  # what Python itself calls
    elif way == "-c":
        exec(compile(rest[0], "<string>", "exec"), program.__dict__)  # noqa: S102  # as Python does
    else:
        loader = importlib.machinery.SourceFileLoader("__main__", full)
        program.__dict__.update(__file__=full, __cached__=None, __loader__=loader)
        code = compile(loader.get_data(full), full, "exec")
        exec(code, program.__dict__)  # noqa: S102  # as Python does


# Coverage would measure their file where a configuration has it measure all there is.
for _function in (_run, _start, _leave):
    _function.__code__ = _function.__code__.replace(co_filename=_NO_FILE)

if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
