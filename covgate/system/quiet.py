"""Quiet calls, whose output is wanted: run to their end, started early, or lasting."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from covgate.system.process_group import shell_code, start, stop

if TYPE_CHECKING:
    from covgate.system.isolation import Isolation


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A finished quiet call. Never holds the environment it ran in."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    answer: bytes = b""
    """What came through the pipe of its own."""

    @property
    def error_text(self) -> str:
        """The last lines of what it wrote to its error stream."""
        return "\n".join(self.stderr.decode("utf-8", "replace").strip().splitlines()[-5:])


def run_quiet(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout: float = 600,
    user: Isolation | None = None,
) -> Completed:
    """Run `argv`, as `user` where one is given, to its end and return what it wrote.

    Raises FileNotFoundError when the program does not exist and TimeoutError after `timeout` seconds.
    """
    return start_quiet(argv, cwd=cwd, env=env, user=user).finish(stdin=stdin, timeout=timeout)


class QuietProcess:
    """A quiet call under way: started early, so that other work runs beside it."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, user: Isolation | None, answer: int | None) -> None:
        self._process = process
        self._name = name
        self._user = user
        self._answer = answer
        self._all_ended = False

    def finish(self, *, stdin: bytes = b"", timeout: float = 600) -> Completed:
        """Wait for the end of the process, and of all of its user where it has one of its own.

        Whoever it left behind with its streams is not waited for. Raises TimeoutError after `timeout` seconds, having
        stopped the process group.
        """
        process = self._process
        try:
            deadline = time.monotonic() + timeout
            written = self._exchange(stdin, deadline)
            # It may have closed its streams and go on.
            process.wait(max(0, deadline - time.monotonic()))
        except BaseException as exc:
            stop(process, signal.SIGKILL, grace=0)
            if isinstance(exc, subprocess.TimeoutExpired):
                raise TimeoutError(f"{self._name} did not end within {timeout:.0f} seconds") from None
            raise
        finally:
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()
            if self._answer is not None:
                os.close(self._answer)
            self._end_all()
        stdout, stderr, answer = written
        return Completed(exit_code=shell_code(process.returncode), stdout=stdout, stderr=stderr, answer=answer)

    def _exchange(self, stdin: bytes, deadline: float) -> tuple[bytes, bytes, bytes]:
        """Write `stdin`, and read what is written until the streams end or the process has and they stay silent."""
        process = self._process
        outputs = [stream.fileno() for stream in (process.stdout, process.stderr) if stream]
        outputs += [] if self._answer is None else [self._answer]
        found = {fd: bytearray() for fd in outputs}
        ended = False
        with selectors.DefaultSelector() as selector:
            for fd in outputs:
                selector.register(fd, selectors.EVENT_READ, partial(self._read, fd, found[fd]))
            if process.stdin:
                os.set_blocking(process.stdin.fileno(), False)
                writing = partial(_write, process.stdin, bytearray(stdin))
                selector.register(process.stdin.fileno(), selectors.EVENT_WRITE, writing)
            while selector.get_map():
                if not ended and (ended := process.poll() is not None):
                    # Who holds the streams, or fills them without end, goes now.
                    self._end_all()
                ready = selector.select(0 if ended else min(_LOOK_SECONDS, max(0, deadline - time.monotonic())))
                for key, _ in ready:
                    if not key.data():
                        selector.unregister(key.fileobj)
                if ended and not any(key.fd in found for key, _ in ready):
                    break
                if time.monotonic() > deadline:
                    raise subprocess.TimeoutExpired(self._name, 0)
        stdout, stderr, *answer = map(bytes, found.values())
        return stdout, stderr, answer[0] if answer else b""

    def _end_all(self) -> None:
        if self._user and not self._all_ended:
            self._user.end_all()
            self._all_ended = True

    def _read(self, stream: int, found: bytearray) -> bool:
        """Read what is there; False at the end. What is too long is read all the same, or it would never end."""
        chunk = os.read(stream, _CHUNK)
        if self._user is None or len(found) < MOST_BYTES:
            found += chunk
        return bool(chunk)


_CHUNK, _LOOK_SECONDS = 1 << 16, 0.1

MOST_BYTES = 256 * 1024 * 1024
"""Of what a stranger's process writes to one stream: the analysis of 400,000 lines is about 20 MB."""


def _write(stream: IO[bytes], rest: bytearray) -> bool:
    """Write what a pipe takes now, and close it after the last; False when it is closed."""
    try:
        with memoryview(rest) as view:
            written = os.write(stream.fileno(), view[:_CHUNK]) if rest else 0
        del rest[:written]
    except BlockingIOError:
        return True
    except BrokenPipeError:
        rest.clear()
    if rest:
        return True
    stream.close()
    return False


def start_quiet(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    user: Isolation | None = None,
    answers: bool = False,
) -> QuietProcess:
    """Start `argv` with its streams captured. Raises OSError when it can not be started.

    With `answers` it gets a pipe of its own for `Completed.answer`, whose number is its last argument.
    """
    words = [os.fspath(arg) for arg in argv]
    reading, writing = os.pipe() if answers else (None, None)
    given = [] if writing is None else [str(writing)]
    try:
        process = start(
            lambda: subprocess.Popen(
                (user.wrap(words) if user else words) + given,
                cwd=cwd,
                env=user.environment(env) if user else dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=() if writing is None else (writing,),
                start_new_session=True,
            ),
            user,
        )
    except BaseException:
        if reading is not None:
            os.close(reading)
        raise
    finally:
        if writing is not None:
            os.close(writing)
    return QuietProcess(process, words[0], user, reading)


class Helper:
    """A lasting process that does one thing for each line it gets, and answers with an empty one."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            argv, cwd="/", env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )

    def tell(self, line: bytes) -> bool:
        """Send a line and wait until that is done; False when the process is gone."""
        asked, answers = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        try:
            asked.write(line + b"\n")
            return answers.read(1) == b"\n"
        except BrokenPipeError:
            return False

    def close(self) -> None:
        """End the process."""
        with self._process:
            pass
