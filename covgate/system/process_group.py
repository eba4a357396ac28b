"""A process group, and what of it a command left running: asked to end, waited for, killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from covgate.system.isolation import Isolation


GRACE_SECONDS = 10.0
"""How long a process group may take to end after the polite signal: time for coverage to write its data."""

LEFTOVER_SECONDS = 3.0
"""How long processes that the command left behind may take to end by themselves."""

TERMINATED_SECONDS = 5.0
"""How long they may take after SIGTERM: time for coverage to write, where it is set to (`sigterm = true`)."""


def shell_code(returncode: int) -> int:
    """Return an exit code as a shell gives it: 128 + signal when a signal ended the process."""
    return 128 - returncode if returncode < 0 else returncode


def end_left(group: int, user: Isolation | None = None) -> tuple[int, ...]:
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
        signal_group(group, signal.SIGTERM)
    if not _has_ended(group, TERMINATED_SECONDS, user):
        signal_group(group, signal.SIGKILL)
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


def stop(process: subprocess.Popen[bytes], polite: signal.Signals, *, grace: float) -> None:
    """Ask the group to end, wait up to `grace` seconds, then kill what is left of it: at once when interrupted."""
    try:
        signal_group(process.pid, polite)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
            end_left(process.pid)
    finally:
        signal_group(process.pid, signal.SIGKILL)
        process.wait()


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a group; nothing when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def start(popen: Callable[[], subprocess.Popen[bytes]], user: Isolation | None) -> subprocess.Popen[bytes]:
    """Start a process, as the user where there is one."""
    return user.start(popen) if user else popen()
