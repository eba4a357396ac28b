"""Python programs in processes of their own that start warm: forked from one that has imported covgate already.

A third to one second of processor time of every run of covgate is its imports. All else is as in a process that was
started: the environment, the folder, the standard streams, signals, the exit. What the start itself decides (start-up
hooks, the encoding of the streams, the variables of Python) is not, so a program for which it matters is started.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.warm_server import HEADER, can_be_warm

_SERVER = Path(__file__).with_name("warm_server.py")


def run_python(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run `python ARGUMENTS` to its end with an empty standard input: warm where that shows no difference."""
    if not can_be_warm(env):
        return start_python(arguments, cwd=cwd, env=env, timeout=timeout)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        code = _server().run(arguments, cwd, env, (out.fileno(), errors.fileno()), timeout)
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess([sys.executable, *arguments], code, out.read(), errors.read())


def start_python(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run `python ARGUMENTS` to its end, started as everybody starts it, with an empty standard input."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


class _Server:
    """The process everything is forked from; several threads may ask it."""

    def __init__(self) -> None:
        self._requests, its_end = socket.socketpair()
        self._lock = threading.Lock()
        unset = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "COVERAGE_", "COV_"))}
        argv = [sys.executable, str(_SERVER), str(its_end.fileno())]
        with its_end:
            self._process = subprocess.Popen(
                argv, env=unset, pass_fds=[its_end.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    def close(self) -> None:
        self._requests.close()
        self._process.wait(10)

    def run(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        streams: tuple[int, int],
        timeout: float,
    ) -> int:
        """Run a program and return its exit code, or minus the number of the signal that ended it."""
        request = {
            "arguments": list(arguments),
            "directory": str(cwd),
            "environment": dict(env),
            "trace": _trace(),
            "cold": _cold_suites,
        }
        text = json.dumps(request).encode("ascii")
        answer, its_end = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._requests, [b"%*d" % (HEADER, len(text))], [*streams, its_end])
                self._requests.sendall(text)
        finally:
            os.close(its_end)
        with open(answer, "rb", buffering=0) as lines:  # noqa: PTH123  # a descriptor
            process = int(lines.readline())
            if not select.select([lines], [], [], timeout)[0]:
                os.kill(process, signal.SIGKILL)
                lines.readline()
                raise subprocess.TimeoutExpired(list(arguments), timeout)
            return int(lines.readline())


def _trace() -> list[str] | None:
    """Where the lines of covgate that run are written down, and for which test: asked for by tools.mutants."""
    file = os.environ.get("TRACED_RUNS")
    return [file, os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]] if file else None


_cold_suites = False


@contextmanager
def cold_suites() -> Iterator[None]:
    """Have covgate start the test commands it runs, for tests of the start itself."""
    global _cold_suites  # noqa: PLW0603  # one process runs one test
    before, _cold_suites = _cold_suites, True
    try:
        yield
    finally:
        _cold_suites = before


@functools.cache
def _server() -> _Server:
    server = _Server()
    atexit.register(server.close)
    return server
