"""What covgate costs after the test suite, beside one `coverage json` on the same data.

    python bench/after_the_suite.py [--rounds N] [--profile]

Two generated repositories: 300 modules with 60,000 lines of which 40 modules are touched, and ten modules. The
commands are measured in turn, round after round, so that a busy machine slows them alike; medians and ratios are
printed, of wall time and of processor time. `--profile` adds what covgate imports and how long each import takes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.sample import LARGE, SMALL, Size, make_repository, run  # noqa: E402  # the path is set just above

COVGATE = ("-m", "covgate", "check", "--data", ".coverage", "--base", "main", "--python", sys.executable)
COVERAGE = ("-m", "coverage", "json", "--quiet", "-o", "coverage.json")
VARIABLES = {"PYTHONPATH": str(ROOT)}

MAX_RATIO = 1.2
MAX_SMALL_SECONDS = 0.8


def main() -> int:
    """Measure, print, and return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--profile", action="store_true", help="show the slowest imports of covgate too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="covgate-bench-") as name:
        folders = {size: Path(name) / str(size.modules) for size in (LARGE, SMALL)}
        for size, folder in folders.items():
            make_repository(folder, size)
        met = _show(_measure(folders, options.rounds))
        if options.profile:
            _profile(folders[SMALL])
    return 0 if met else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds of one call: on the clock, and of all processors together."""

    wall: float
    processor: float


Costs = dict[tuple[Size, str], list[Cost]]


def _measure(folders: Mapping[Size, Path], rounds: int) -> Costs:
    commands = {"coverage json": COVERAGE, "covgate check": COVGATE}
    costs: Costs = {(size, name): [] for size in folders for name in commands}
    for number in range(rounds + 1):
        for (size, name), measured in costs.items():
            cost = _time((sys.executable, *commands[name]), folders[size])
            # The first round warms the caches of files and of compiled modules.
            if number:
                measured.append(cost)
    return costs


def _time(argv: Sequence[str], folder: Path) -> Cost:
    started, before = time.perf_counter(), os.times()
    run(argv, folder, VARIABLES)
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall=time.perf_counter() - started, processor=processor)


def _show(costs: Costs) -> bool:
    for (size, name), measured in costs.items():
        wall, processor = [cost.wall for cost in measured], median(cost.processor for cost in measured)
        spread = f"({min(wall):.2f} to {max(wall):.2f})"
        print(f"{size.name:40} {name:14} {median(wall):6.2f} s {spread:16} processors {processor:6.2f} s")
    pairs = list(zip(costs[LARGE, "covgate check"], costs[LARGE, "coverage json"], strict=True))
    ratio = median(ours.wall / theirs.wall for ours, theirs in pairs)
    busy = median(ours.processor / theirs.processor for ours, theirs in pairs)
    small = median(cost.wall for cost in costs[SMALL, "covgate check"])
    print(f"{LARGE.name}: {ratio:.2f} times `coverage json` (target: at most {MAX_RATIO}); {busy:.2f} of its work")
    print(f"{SMALL.name}: {small:.2f} s (target: at most {MAX_SMALL_SECONDS})")
    return ratio <= MAX_RATIO and small <= MAX_SMALL_SECONDS


def _profile(folder: Path, shown: int = 25) -> None:
    """Print the imports that take longest, each with what it imports itself."""
    log = folder / "imports.log"
    # Python writes the import times to its error stream.
    script = f"{sys.executable} -X importtime {' '.join(COVGATE)} 2> {log.name}"
    run(("/bin/sh", "-c", script), folder, VARIABLES)
    rows = []
    for line in log.read_text(encoding="utf-8").splitlines():
        fields = line.removeprefix("import time:").split("|")
        if line.startswith("import time:") and fields[0].strip().isdigit():
            rows.append((int(fields[1]), int(fields[0]), fields[2]))
    print("\ncumulative   itself   module (milliseconds)")
    for cumulative, itself, module in sorted(rows, reverse=True)[:shown]:
        print(f"{cumulative / 1000:10.1f} {itself / 1000:8.1f}  {module}")


if __name__ == "__main__":
    sys.exit(main())
