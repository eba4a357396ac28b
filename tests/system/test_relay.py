"""What a program prints, handed on line by line, changed, its end kept; nobody is waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.model import without_credentials
from covgate.system.process import run_live
from covgate.system.relay import relayed


def pass_on(tmp_path: Path, script: str, change: Callable[[str], str] = str) -> tuple[bytes, str]:
    """Return what came out at the other end of `sh -c SCRIPT`, and what was kept of it."""
    with (tmp_path / "out").open("wb") as out, relayed(change, out.fileno()) as relay:
        run_live(["sh", "-c", script], cwd=tmp_path, env={"PATH": os.defpath}, timeout=60, stdout=relay.stdout)
    return (tmp_path / "out").read_bytes(), relay.text


@pytest.mark.slow
def test_both_streams_come_in_order_and_bytes_stay_as_they_are(tmp_path: Path) -> None:
    out, kept = pass_on(tmp_path, r"echo one; echo two >&2; printf 'three\377'")
    assert out == b"one\ntwo\nthree\xff"
    assert kept.splitlines()[:2] == ["one", "two"]


@pytest.mark.slow
def test_only_the_end_is_kept(tmp_path: Path) -> None:
    out, kept = pass_on(tmp_path, "seq 1 5000")
    assert out.split() == [b"%d" % number for number in range(1, 5001)]
    assert kept.split() == [str(number) for number in range(4941, 5001)]


@pytest.mark.slow
def test_a_line_without_end_is_passed_on(tmp_path: Path) -> None:
    out, _ = pass_on(tmp_path, "head -c 300000 /dev/zero")
    assert len(out) == 300000


@pytest.mark.slow
def test_an_address_loses_its_credentials_also_where_it_is_written_in_pieces(tmp_path: Path) -> None:
    out, kept = pass_on(tmp_path, "printf https://me:pa; sleep 0.3; printf '55@host/simple\\n'", without_credentials)
    assert out == b"https://****@host/simple\n"
    assert "pa55" not in kept


@pytest.mark.slow
def test_a_line_is_one_up_to_64_kib(tmp_path: Path) -> None:
    begin = "head -c 65522 /dev/zero | tr '\\0' x; printf ' https://me:pa'"
    out, _ = pass_on(tmp_path, f"{begin}; sleep 0.3; printf '55@host/simple\\n'", without_credentials)
    assert out == b"x" * 65522 + b" https://****@host/simple\n"


@pytest.mark.slow
@pytest.mark.parametrize("script", ["sleep 60 &", "yes > /dev/fd/1 &"], ids=["held", "filled"])
def test_who_holds_the_stream_is_not_waited_for(tmp_path: Path, script: str) -> None:
    started = time.monotonic()
    with (tmp_path / "out").open("wb") as out, relayed(str, out.fileno()) as relay:
        left = subprocess.Popen(["sh", "-c", f"{script} wait"], stdout=relay.stdout, start_new_session=True)
        time.sleep(0.2)
    assert time.monotonic() - started < 30
    os.killpg(left.pid, 9)
    left.wait()


@pytest.mark.slow
def test_a_log_that_nobody_reads_any_more_ends_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom covgate.system import relayed, run_live\n"
        "with relayed(str) as relay:\n"
        "    done = run_live(['sh', '-c', 'seq 1 9000'], cwd=Path('.'), env=dict(os.environ), timeout=60, "
        "stdout=relay.stdout)\n"
        "sys.exit(done.exit_code)\n"
    )
    reading, writing = os.pipe()
    os.close(reading)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert (
        subprocess.run([sys.executable, "-c", code], stdout=writing, env=env, cwd=tmp_path, check=False).returncode == 0
    )
    os.close(writing)


def test_nothing_stays_open(tmp_path: Path) -> None:
    before = sum(1 for _ in Path("/dev/fd").iterdir())
    with (tmp_path / "out").open("wb") as out, relayed(str, out.fileno()) as relay:
        os.write(relay.stdout, b"one\n")
    assert sum(1 for _ in Path("/dev/fd").iterdir()) <= before
    assert relay.text == "one"
