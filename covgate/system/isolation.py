"""The user that a project's code runs as in the image: what is started as it, and the end of all its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from covgate.system.quiet import Helper, run_quiet

T = TypeVar("T")

USER_VARIABLE = "COVGATE_TESTS_USER"
"""The number of that user. Only the image sets it: the user has to exist, and covgate's files to be safe from it."""

_ENDING_SECONDS = 30.0
"""How long what was killed may take to be gone: a process in the middle of writing to a slow disk, say."""

_MOST_PROCESSES = 8192

_EVERYBODYS = ("/tmp", "/var/tmp", "/dev", "/proc", "/run/lock")  # noqa: S108  # nothing is put there
"""Where everybody writes: temporary files, shared memory, terminals, what a process says of itself."""

# For each line, a signal number, it signals all of the user's processes. `kill(-1)` reaches all of them in one step of
# the kernel, in which none can fork. For that moment it has the tests' user as its effective one only: it may signal
# them, and they may not signal it. A program with that user as its real one, such as `kill`, could be killed by them
# first. Its real one is nobody's: as root it would signal covgate, too.
_ENDER = """
import os, sys
user = int(sys.argv[1])
os.setgroups([])
while line := sys.stdin.readline():
    os.setresuid(user + 1, user, 0)
    try:
        os.kill(-1, int(line))
    except (ProcessLookupError, PermissionError):
        pass
    os.setresuid(0, 0, 0)
    print(flush=True)
"""


class Ender:
    """Signals all processes of a user, by a process of root's that waits to be told."""

    def __init__(self, user: int) -> None:
        self._argv = [sys.executable, "-I", "-S", "-c", _ENDER, str(user)]
        self._helper = Helper(self._argv)

    def send(self, number: signal.Signals) -> None:
        """Send a signal. Raises OSError when that fails twice."""
        if not self._helper.tell(b"%d" % number):
            # The kernel may have ended it when the machine ran out of memory.
            self.close()
            self._helper = Helper(self._argv)
            if not self._helper.tell(b"%d" % number):
                raise OSError(None, "the processes of the tests could not be ended")

    def close(self) -> None:
        """End the process."""
        self._helper.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """A user of the project's code's own, and the folder that is its home and holds its temporary files."""

    user: int
    """Its number, and its group's; the next number is nobody's, and covgate's to end its processes with."""
    home: Path
    ender: Ender
    places: list[Path] = field(default_factory=list)
    """Folders that it may write to, besides those that everybody may."""

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """Return the arguments that run `argv` as this user, which can never become another one again."""
        return [
            # Or a suite could leave covgate no process to end its own with.
            *("/usr/bin/prlimit", f"--nproc={_MOST_PROCESSES}", "--"),
            "/usr/bin/setpriv",
            *(f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", "--no-new-privs"),
            *("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"),
            *argv,
        ]

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return an environment with the user's own home and folder for temporary files in place of the runner's."""
        own = {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp")}
        # Others that Python's tempfile asks, or that lead out of the home the workflow did not choose.
        dropped = {"TEMP", "TMP", "USER", "LOGNAME"}
        return {name: value for name, value in environment.items() if name not in dropped} | own

    def start(self, start: Callable[[], T]) -> T:
        """Call what starts a process of the user's, behind a second wall where the kernel has one."""
        from covgate.system.landlock import start_behind  # noqa: PLC0415  # with ctypes, which takes a while

        return start_behind((*self.places, *map(Path, _EVERYBODYS)), start)

    def has_second_wall(self) -> bool:
        """Whether the kernel has Landlock."""
        from covgate.system.landlock import has_landlock  # noqa: PLC0415  # as above

        return has_landlock()

    def own(self, folder: Path) -> None:
        """Make a folder the user's."""
        self.places.append(folder)
        os.chown(folder, self.user, self.user, follow_symlinks=False)

    def may_write(self, folder: Path) -> bool:
        """Whether a folder was lent to the user."""
        about = folder.stat()
        return self.user in {about.st_uid, about.st_gid}

    def remove_pipes(self, folder: Path) -> None:
        """Remove the user's pipes and sockets: who opens a pipe to read, as git does with `.gitignore`, waits for ever.

        Nothing of the user runs. Raises OSError.
        """
        kinds = ("(", "-type", "p", "-o", "-type", "s", ")")
        run_program("find", str(folder), "-xdev", "-uid", str(self.user), *kinds, "-delete")

    def find_running(self) -> tuple[int, ...]:
        """Return the ids of the user's processes, but for those that have ended and only wait to be asked."""
        return tuple(pid for pid, _, state in self._processes() if state not in {"Z", "X"})

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to all of the user's processes at once. Raises OSError when that cannot be done."""
        self.ender.send(number)

    def end_all(self) -> None:
        """End all of the user's processes. Raises TimeoutError when one does not go.

        The caller has waited for those it started itself.
        """
        deadline = time.monotonic() + _ENDING_SECONDS
        self.signal_all(signal.SIGKILL)
        while self._reap_and_look():
            if time.monotonic() > deadline:
                msg = "a process of the tests could not be ended"
                raise TimeoutError(msg)
            time.sleep(0.005)
            self.signal_all(signal.SIGKILL)

    def _reap_and_look(self) -> bool:
        """Ask for the exit codes of those that became covgate's, the container's first process; tell what is left."""
        left = False
        for pid, parent, state in self._processes():
            if state not in {"Z", "X"}:
                left = True
            elif parent == os.getpid():
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        return left

    def _processes(self) -> list[tuple[int, int, str]]:
        """List (id, parent's id, state) of the user's processes.

        Its number is read from what the kernel says of each: the folder in /proc of a process that made itself
        undumpable belongs to root.
        """
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            # It may have ended meanwhile.
            with contextlib.suppress(OSError):
                status = (folder / "status").read_text("utf-8", "replace")
                fields = dict(line.partition(":\t")[::2] for line in status.split("\n")[1:])
                if str(self.user) in fields["Uid"].split():
                    found.append((int(folder.name), int(fields["PPid"]), fields["State"][:1]))
        return found


def in_image(environment: Mapping[str, str]) -> bool:
    """Whether covgate runs in its image, as root or not."""
    return USER_VARIABLE in environment


def find_user(environment: Mapping[str, str]) -> int | None:
    """Return the number of the tests' user: in the image, where covgate is root; else None."""
    number = environment.get(USER_VARIABLE, "")
    return int(number) if number.isdigit() and os.geteuid() == 0 else None


def run_program(*argv: str) -> None:
    """Run a program of the system's as root. Raises OSError with what it said when it fails."""
    done = run_quiet(argv, cwd=Path("/"), env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    if done.exit_code:
        raise OSError(None, done.error_text)
