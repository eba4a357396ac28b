"""The one wrapper around child processes: quiet calls whose output is wanted, and the live run of the tests."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from covgate.system.streams import is_broken, send_nowhere

if TYPE_CHECKING:
    from covgate.system.isolation import Isolation

GRACE_SECONDS = 10.0
"""How long a process group may take to end after the polite signal: time for coverage to write its data."""

LEFTOVER_SECONDS = 3.0
"""How long processes that the command left behind may take to end by themselves."""

TERMINATED_SECONDS = 5.0
"""How long they may take after SIGTERM: time for coverage to write, where it is set to (`sigterm = true`)."""

_SECRET_PREFIXES = ("INPUT_", "ACTIONS_")
_SECRET_NAMES = frozenset(
    {"GITHUB_TOKEN", "GH_TOKEN", "GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}
)


_PR_SET_DUMPABLE = 4


def close_own_memory() -> bool:
    """Keep other processes of the same user from reading covgate's memory and first environment (Linux).

    Outside of the image tests run beside covgate as the same user, and /proc/PID/environ would show them the token its
    inputs brought. A process that is not dumpable can be read with CAP_SYS_PTRACE, CAP_PERFMON or CAP_SYS_ADMIN only,
    and a container has none of them. Returns whether the kernel agreed.
    """
    # Only a run that holds a token needs it.
    import ctypes  # noqa: PLC0415

    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A finished live run. `exit_code` is as a shell gives it: 128 + signal when a signal ended it."""

    exit_code: int
    timed_out: bool
    killed: bool
    seconds: float
    ended: tuple[int, ...] = ()
    """The processes, of those that may be Python, that it left running and that were ended: their ids.

    0 stands for some whose ids the system does not tell.
    """


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment a project's code gets: without the variables of tokens, inputs and command files.

    What the workflow puts into others, such as a secret under `env:`, stays. Only another user keeps the code from
    reading more than its environment.
    """
    return {
        name: value
        for name, value in environment.items()
        if name not in _SECRET_NAMES and not name.startswith(_SECRET_PREFIXES)
    }


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
            written = self._exchange(stdin, time.monotonic() + timeout)
            process.wait()
        except BaseException as exc:
            _stop(process, signal.SIGKILL, grace=0)
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
        return Completed(exit_code=_shell_code(process.returncode), stdout=stdout, stderr=stderr, answer=answer)

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
        process = _start(
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


def _start(popen: Callable[[], subprocess.Popen[bytes]], user: Isolation | None) -> subprocess.Popen[bytes]:
    return user.start(popen) if user else popen()


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


def run_live(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float | None,
    stdout: int | None = None,
    grace: float = GRACE_SECONDS,
    user: Isolation | None = None,
) -> LiveRun:
    """Run `argv` in a process group of its own, all its output going straight to `stdout` (default: covgate's own).

    After `timeout` seconds, or when covgate itself is interrupted or terminated, the whole group is asked to end
    (SIGINT, on which pytest and coverage still write what they have) and killed `grace` seconds later, or at once when
    covgate is interrupted again. With `user` it runs as that one, and all of its processes have ended on return.
    Raises OSError when the program can not be started, ValueError for a NUL in `argv`.
    """
    started = time.monotonic()
    if stdout is None and is_broken(1):
        # It would kill the tests, whose own fault it is not.
        send_nowhere(1)
    process = _start(
        lambda: subprocess.Popen(
            user.wrap(argv) if user else argv,
            cwd=cwd,
            env=user.environment(env) if user else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            # Of two streams the runner may read the later one first: the end of stopped commands before what they stop.
            stderr=None if user is None and stdout is None else subprocess.STDOUT,
            start_new_session=True,
        ),
        user,
    )
    timed_out = False
    try:
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            _stop(process, signal.SIGINT, grace=grace)
        ended = _end_left(process.pid, user)
    except BaseException:
        _stop(process, signal.SIGINT, grace=grace)
        raise
    finally:
        if user:
            user.end_all()
    code = process.returncode
    return LiveRun(
        exit_code=_shell_code(code),
        timed_out=timed_out,
        # 128 + signal, the shells' convention; 255 is what many programs give for any error.
        killed=_shell_code(code) - 128 in signal.valid_signals() and not timed_out,
        seconds=time.monotonic() - started,
        ended=ended,
    )


def _end_left(group: int, user: Isolation | None = None) -> tuple[int, ...]:
    """End what the command left running, which must not outlive it; return the ids of what may be Python of it.

    That is its process group, and with a user of its own whatever runs as that user. First it has a moment to end by
    itself: a helper process of multiprocessing, say, writes its coverage data a little after its parent has gone. Then
    it is asked to (SIGTERM), and killed in the end.
    """
    if _has_ended(group, LEFTOVER_SECONDS, user):
        return ()
    if user:
        left = _find_python(user.find_running(), user)
        user.signal_all(signal.SIGTERM)
    else:
        left = tuple(filter(_may_be_python, _find_running(group)))
        _signal_group(group, signal.SIGTERM)
    if not _has_ended(group, TERMINATED_SECONDS, user):
        _signal_group(group, signal.SIGKILL)
    return left


def _has_ended(group: int, seconds: float, user: Isolation | None) -> bool:
    """Wait up to so many seconds for a group's last process, or all of a user's, to end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            # As the first process of a container covgate inherits orphans, which stay in the group until reaped.
            os.waitpid(-group, os.WNOHANG)
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            if user is None or not user.find_running():
                return True
        except PermissionError:
            break
        time.sleep(0.02)
    # What has ended stays in the group for ever where nobody asks for its exit code (`tail` as a container's first
    # process, as in jobs with `container:`).
    return not (user.find_running() if user else _find_running(group))


def _find_running(group: int) -> tuple[int, ...]:
    """Return the ids of the processes of a group that run; a 0 where the system does not tell (it has no /proc)."""
    if not Path("/proc/self/stat").exists():
        return (0,)
    found = []
    for folder in Path("/proc").iterdir():
        # It may have ended meanwhile.
        with contextlib.suppress(OSError, ValueError):
            state, _, its_group = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in {"Z", "X"}:
                found.append(int(folder.name))
    return tuple(found)


def _may_be_python(pid: int) -> bool:
    try:
        return b"python" in Path(f"/proc/{pid}/maps").read_bytes().lower()
    except OSError:
        return True


def _find_python(running: tuple[int, ...], user: Isolation) -> tuple[int, ...]:
    """Pick what may be Python of a user's processes: in a container only that user may look, not even root."""
    argv = ["grep", "-lai", "python", *(f"/proc/{pid}/maps" for pid in running)]
    try:
        done = subprocess.run(user.wrap(argv), capture_output=True, env={}, timeout=_GREP_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return running
    return tuple(pid for pid in running if b"/proc/%d/maps\n" % pid in done.stdout)


_GREP_SECONDS = 10


def _shell_code(returncode: int) -> int:
    return 128 - returncode if returncode < 0 else returncode


def _stop(process: subprocess.Popen[bytes], polite: signal.Signals, *, grace: float) -> None:
    """Ask the group to end, wait up to `grace` seconds, then kill what is left of it: at once when interrupted."""
    try:
        _signal_group(process.pid, polite)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
            _end_left(process.pid)
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
