"""The live run of the project's commands, and what they may see of covgate."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.system.process_group import GRACE_SECONDS, end_left, shell_code, start, stop
from covgate.system.streams import is_broken, send_nowhere

if TYPE_CHECKING:
    from covgate.system.isolation import Isolation


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
    process = start(
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
            stop(process, signal.SIGINT, grace=grace)
        ended = end_left(process.pid, user)
    except BaseException:
        stop(process, signal.SIGINT, grace=grace)
        raise
    finally:
        if user:
            user.end_all()
    code = process.returncode
    return LiveRun(
        exit_code=shell_code(code),
        timed_out=timed_out,
        # 128 + signal, the shells' convention; 255 is what many programs give for any error.
        killed=shell_code(code) - 128 in signal.valid_signals() and not timed_out,
        seconds=time.monotonic() - started,
        ended=ended,
    )
