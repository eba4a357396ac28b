"""What a long history costs a pull request's run: the baseline and its lines, out of many records on a branch.

    python bench/history.py [--rounds N] [--records N]

A bare repository holds the branch, the tests' GitHub serves it from a process of its own, and each round reads it as a
run does, in turn with a bare start of Python. Medians, requests and ratios are printed; a busy machine changes the
ratios least.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from random import Random
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from covgate.history.line_states import EXECUTED, MISSING, NO_STATEMENT  # noqa: E402
from covgate.history.storage.branch import BranchPlace  # noqa: E402
from covgate.history.storage.entries import render_record  # noqa: E402
from covgate.history.storage.history_file import Layout, parse_history  # noqa: E402
from covgate.history.storage.line_record import encode_record  # noqa: E402
from covgate.history.storage.store import HistoryStore  # noqa: E402
from covgate.host.github.repository import GithubData  # noqa: E402
from covgate.model.history import FileLines, LineRecord, Record  # noqa: E402
from covgate.model.numbers import Counts, Tally  # noqa: E402
from covgate.model.secret import Secret  # noqa: E402  # the path is set just above
from tests.support.github.git_data import GitData  # noqa: E402
from tests.support.recorded import FIRST_DAY, record, sha  # noqa: E402

MAX_REQUESTS = 4
MAX_SECONDS = 0.3


def main() -> int:
    """Measure, print, and return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--records", type=int, default=5_000)
    options = parser.parse_args()
    records = [_record(number) for number in range(1, options.records + 1)]
    text = "".join(f"{render_record(one)}\n" for one in records)
    lines = LineRecord(sha=records[-1].sha, files=_files())
    with tempfile.TemporaryDirectory(prefix="covgate-bench-") as name:
        place = Path(name)
        git_data = GitData(place / "remote.git", [])
        kept = encode_record(lines)
        files: dict[str, str | bytes] = {".covgate-data": "", "history.jsonl": text, f"lines/{lines.sha}": kept}
        git_data.seed(files, "covgate-data")
        git_data.close()
        print(f"{len(records):,} records, {len(text) / 1e6:.1f} MB; lines of 60,000 lines of code, {len(kept):,} bytes")
        with _served(place) as url:
            return 0 if _measure(url, place / "state", text.encode(), lines, options.rounds) else 1


def _measure(url: str, state: Path, raw: bytes, lines: LineRecord, rounds: int) -> bool:
    _import_github(url)
    steps: dict[str, Callable[[], object]] = {
        "start Python": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "parse the history": lambda: parse_history(raw, Layout(), ""),
        "history and lines, through GitHub": lambda: _read(url, lines),
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    busy: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            started, before = time.perf_counter(), os.times()
            step()
            after = os.times()
            # The first round warms the caches.
            if number:
                seconds[name].append(time.perf_counter() - started)
                busy[name].append(sum(after[:4]) - sum(before[:4]))
    start = median(busy["start Python"])
    for name, measured in seconds.items():
        spread = f"({min(measured):.2f} to {max(measured):.2f})"
        work = f"processor {median(busy[name]):.2f} s, {median(busy[name]) / start:.1f} starts of Python"
        print(f"{name:34} {median(measured):5.2f} s {spread:16} {work}")
    asked = _requests(state)
    _read(url, lines)
    requests, whole = _requests(state) - asked, median(seconds["history and lines, through GitHub"])
    print(f"{requests} requests (target: at most {MAX_REQUESTS}), {whole:.2f} s (target: at most {MAX_SECONDS})")
    return requests <= MAX_REQUESTS and whole <= MAX_SECONDS


def _read(url: str, lines: LineRecord) -> None:
    """Read as the run of a pull request does."""
    with GithubData(api_url=url, repository="octo/project", token=Secret(value="test-token")) as data:
        store = HistoryStore(BranchPlace(data, "covgate-data"), limit=30, wait=time.sleep, random=Random())  # noqa: S311  # no secret
        history = store.read()
        found = store.read_lines(history.records[-1].sha)
        assert found == lines, "another record than was written"  # noqa: S101  # a measurement of nothing is none


def _requests(state: Path) -> int:
    """How many requests the server has had."""
    return len(json.loads(state.read_text(encoding="utf-8"))["requests"])


def _import_github(url: str) -> None:
    """Import PyGithub, which a run does once, whatever it asks."""
    started = time.perf_counter()
    with GithubData(api_url=url, repository="octo/project", token=Secret(value="test-token")) as data:
        data.tip("covgate-data")
    print(f"{'PyGithub and a first request':34} {time.perf_counter() - started:6.3f} s")


def _record(number: int) -> Record:
    """A record as real ones are: counts that change, a title of some words, four components that mostly stay."""
    tally = Tally(
        lines=Counts(covered=48_000 + number % 977, total=60_000), branches=Counts(covered=9_000, total=12_000)
    )
    parts = {name: Tally(lines=Counts(covered=number // 50, total=9_999)) for name in ("core", "api", "web", "jobs")}
    made = record(number)
    return replace(
        made,
        date=FIRST_DAY + timedelta(hours=number),
        title=f"Say what was wrong with the order of the parts (#{number})",
        total=tally,
        components=parts,
        sha=sha(number * 2**120),
        parent=sha((number - 1) * 2**120),
    )


def _files() -> dict[PurePosixPath, FileLines]:
    random = Random(1)  # noqa: S311  # no secret
    mix = 2 * NO_STATEMENT + 5 * EXECUTED + MISSING
    return {
        PurePosixPath(f"package/part{number // 20}/module{number}.py"): FileLines(
            digest=f"{number + 1:012x}", states="".join(random.choices(mix, k=200)).rstrip(NO_STATEMENT)
        )
        for number in range(300)
    }


@contextmanager
def _served(place: Path) -> Iterator[str]:
    """Serve the repository from a process of its own; yields the address."""
    command = [
        sys.executable,
        "-m",
        "tests.support.github.server",
        "--state",
        str(place / "state"),
        "--git",
        str(place / "remote.git"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101  # a pipe was asked for
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
