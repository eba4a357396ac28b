"""What a user of its own costs: lending a workspace and taking it back, and starting and ending what runs as the user.

    python -m bench.isolation

Needs root and setpriv, as in the image.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from covgate.system import lent, run_quiet

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


def measure(files: int) -> tuple[float, float]:
    """Return the seconds of lending and giving back, and of the calls more than they take anyway."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, files)
        env = {"PATH": os.defpath}
        started = time.perf_counter()
        for _ in range(CALLS):
            run_quiet(["true"], cwd=folder, env=env)
        plain = time.perf_counter() - started
        folder.chmod(0o755)
        started = time.perf_counter()
        with lent(USER, [folder], [], {}) as user:
            inside = time.perf_counter()
            for _ in range(CALLS):
                run_quiet(["true"], cwd=folder, env=env, user=user)
            calls = time.perf_counter() - inside
        return time.perf_counter() - started - calls, calls - plain


if __name__ == "__main__":
    for count in (10, 20_000):
        lending, calls = min(measure(count) for _ in range(3))
        print(f"{count:>6} files: {lending:.2f} s to lend and take back, {calls:.2f} s for {CALLS} calls")
