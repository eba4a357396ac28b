"""What a user of its own costs: lending a workspace and taking it back, and starting and ending what runs as the user.

    python -m bench.isolation

Needs root and setpriv, as in the image.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

from covgate.system import lent, run_quiet

ROUNDS = 5
USER, OWNER = 60608, 1001
CALLS = 6
"""Of a run with `install-command`: uv, the command, a look for coverage, two questions of the probe, the tests."""


def make(folder: Path, files: int) -> None:
    """Make a checkout of so many files, a hundred in a folder, owned by another user."""
    for number in range(files):
        path = folder / f"d{number // 100}" / f"f{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n")
    for argv in (["git", "init", "--quiet", str(folder)], ["chown", "-R", f"{OWNER}:{OWNER}", str(folder)]):
        run_quiet(argv, cwd=folder, env={"PATH": os.defpath})


def _spent() -> float:
    """Return the seconds of processor time of this process and of those it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def measure(files: int) -> tuple[float, float, float]:
    """Return the seconds of lending and giving back, of the calls more than they take anyway, and of the processor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, files)
        env = {"PATH": os.defpath}
        spent, started = _spent(), time.perf_counter()
        for _ in range(CALLS):
            run_quiet(["true"], cwd=folder, env=env)
        plain, plain_spent = time.perf_counter() - started, _spent() - spent
        folder.chmod(0o755)
        spent, started = _spent(), time.perf_counter()
        with lent(USER, [folder], [], {}) as user:
            inside = time.perf_counter()
            for _ in range(CALLS):
                run_quiet(["true"], cwd=folder, env=env, user=user)
            calls = time.perf_counter() - inside
        return time.perf_counter() - started - calls, calls - plain, _spent() - spent - plain_spent


if __name__ == "__main__":
    for count in (10, 20_000):
        rounds = [measure(count) for _ in range(ROUNDS)]
        lending, calls, spent = (statistics.median(figures) for figures in zip(*rounds, strict=True))
        print(
            f"{count:>6} files: {lending + calls:.2f} s, {lending:.2f} s of it to lend and take back and {calls:.2f} s "
            f"for {CALLS} calls; {spent:.2f} s of processor time"
        )
