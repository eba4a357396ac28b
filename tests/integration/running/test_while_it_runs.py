"""While a run lasts: output that arrives, time-outs, interruptions, and processes that are left over."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.integration.running.test_running import EVERYWHERE, RC
from tests.support.projects import (
    SHOP,
    Checkout,
    alive,
    clean_environment,
    covgate_command,
    make_checkout,
    run,
    started,
)

SLOW = """\
import os, subprocess, sys, time
from shop.prices import price

price(1)
child = "import os, subprocess, sys, time; open('child', 'w').write(str(os.getpid())); "
grandchild = "import os, time; open('grandchild', 'w').write(str(os.getpid())); time.sleep(60)"
child += f"subprocess.Popen([sys.executable, '-c', {grandchild!r}]); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child])
while not (os.path.exists("grandchild") and open("grandchild").read()):
    time.sleep(0.01)
print("the first line", flush=True)
time.sleep(60)
"""


def pids(checkout: Checkout) -> list[int]:
    return [int((checkout.path / name).read_text()) for name in ("child", "grandchild")]


def gone(checkout: Checkout, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in pids(checkout)):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_output_arrives_while_the_suite_runs(tmp_path: Path) -> None:
    script = "import shop.prices, sys\nprint('first', flush=True)\nsys.stdin.read()\nimport os, time\n"
    script += "while not os.path.exists('go'):\n    time.sleep(0.01)\nprint('last')\n"
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": script})
    with started(covgate_command("--", "python", "check.py"), cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == "first\n"
        # Only now does the suite go on: the line was not held back until its end.
        (tmp_path / "go").touch()
        rest, _ = process.communicate(timeout=60)
    assert rest.startswith("last\n")
    assert process.returncode == 0
    assert checkout.result()["suite"]["status"] == "passed"


def test_a_time_out_ends_every_process_and_reports_what_was_measured(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": SLOW, ".coveragerc": RC})
    done = checkout.covgate("--timeout-minutes", "0.04", command=["python", "check.py"])
    assert done.code == 3, done.err
    assert gone(checkout)
    result = checkout.result()
    assert result["suite"]["status"] == "timed-out"
    assert result["total"]["lines"]["covered"] == 5


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path, number: signal.Signals, code: int) -> None:
    checkout = make_checkout(tmp_path / "p", {**SHOP, "check.py": SLOW})
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = covgate_command("--", "python", "check.py")
    with started(command, cwd=checkout.path, TMPDIR=str(temporary)) as process:
        assert process.stdout
        assert process.stdout.readline() == "the first line\n"
        os.kill(process.pid, number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err.split("covgate:")[-1]
    assert gone(checkout)
    assert list(temporary.iterdir()) == []
    result = checkout.result()
    assert (result["verdict"], result["exit_code"], result["error"]["slug"]) == ("cannot-judge", code, "interrupted")


def test_a_second_ctrl_c_kills_what_the_first_one_asked_to_end(tmp_path: Path) -> None:
    stubborn = "import signal, os\nsignal.signal(signal.SIGINT, lambda *_: open('asked', 'w').close())\n"
    stubborn += SLOW + "time.sleep(60)\n" * 3
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": stubborn})
    with started(covgate_command("--", "python", "check.py"), cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == "the first line\n"
        for sign in ("asked", ""):
            os.kill(process.pid, signal.SIGINT)
            deadline = time.monotonic() + 60
            while sign and not (tmp_path / sign).exists():
                assert time.monotonic() < deadline, "the first one was not heard"
                time.sleep(0.01)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert gone(checkout)


def test_tests_hear_the_polite_signal_although_covgate_was_started_with_it_ignored(tmp_path: Path) -> None:
    """As under nohup and for `&` in a script: else a time-out would kill them, and the measurement with them."""
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": SLOW, ".coveragerc": RC})
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = covgate_command("--timeout-minutes", "0.04", "--", "python", "check.py")
    done = run([sys.executable, "-c", ignoring, *command], cwd=tmp_path)
    assert done.code == 3, done.err
    assert gone(checkout)
    result = checkout.result()
    assert (result["suite"]["status"], result["total"]["lines"]["covered"]) == ("timed-out", 5)


STREAMS = {
    "latin-1": ("", "latin-1"),
    "ascii": ("", "ascii"),
    "no-stdout": (">&-", ""),
    "no-stderr": ("2>&-", ""),
    "none": ("<&- >&- 2>&-", ""),
    "nobody-reads": ("| true", ""),
    "a-full-disk": ("2>/dev/full", ""),
}


@pytest.mark.parametrize(("redirection", "encoding"), STREAMS.values(), ids=STREAMS)
def test_a_log_that_cannot_be_written_costs_neither_report_nor_verdict(
    tmp_path: Path, redirection: str, encoding: str
) -> None:
    # Printed beside the tests' own line, and a sign that neither latin-1 nor ascii has.
    script = "import shop.prices\nprint('tested', flush=True)\n"
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": script})
    command = shlex.join(covgate_command("--min-total", "0", "--", "python", "check.py"))
    shell = f"{{ sleep 0.2; {command}; echo $? > code; }} {redirection}"
    if redirection != "| true":
        shell = f"{command} {redirection}; echo $? > code"
    done = run(["/bin/sh", "-c", shell], cwd=tmp_path, env=clean_environment(PYTHONIOENCODING=encoding))
    assert (tmp_path / "code").read_text() == "0\n", done.out + done.err
    assert (checkout.result()["exit_code"], checkout.result()["suite"]["status"]) == (0, "passed")
    if encoding:
        assert "[ok] Coverage passes" in done.out


def test_a_process_the_suite_left_running_does_not_outlive_it(tmp_path: Path) -> None:
    script = SLOW.replace("time.sleep(60)\n", "")
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": script + "\n"})
    assert checkout.covgate(command=["python", "check.py"]).code == 0
    assert gone(checkout)


def test_a_process_that_ends_just_after_the_suite_still_counts(tmp_path: Path) -> None:
    """As multiprocessing's helpers do: they notice the end of the suite, and write their data then."""
    late = "import os, time; parent = os.getppid(); from shop import work; work.in_a_child()\\n"
    late += "while os.getppid() == parent: time.sleep(0.01)\\ntime.sleep(0.3)"
    script = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', \"{late}\"])\ntime.sleep(1)\n"
    checkout = make_checkout(tmp_path, {**EVERYWHERE, ".coveragerc": RC, "check.py": script})
    done = checkout.covgate(command=["python", "check.py"])
    assert done.code == 0, done.err
    assert checkout.result()["total"]["lines"]["covered"] == 7


SERVER = """\
import os, signal, sys, time
from shop.prices import price
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
price(1)
price(20)
open("up", "w").close()
while True:
    time.sleep(0.05)
"""

START = """\
import subprocess, sys, os, time
subprocess.Popen([sys.executable, "server.py", *sys.argv[1:]])
while not os.path.exists("up"):
    time.sleep(0.01)
from shop.prices import refund
"""


@pytest.mark.parametrize(
    ("rc", "arguments", "covered", "said"),
    [
        pytest.param("", [], 19, False, id="writes-by-covgates-default"),
        pytest.param(RC + "sigterm = true\n", [], 6, False, id="writes-as-the-project-says"),
        pytest.param(RC, [], 2, True, id="writes-nothing-on-sigterm"),
        pytest.param(RC + "sigterm = true\n", ["deaf"], 2, True, id="ignores-sigterm"),
    ],
)
def test_what_a_server_left_running_executed_counts_or_is_said_to_be_missing(
    tmp_path: Path, rc: str, arguments: list[str], covered: int, *, said: bool
) -> None:
    files = {"server.py": SERVER, "check.py": START, **({".coveragerc": rc} if rc else {})}
    checkout = make_checkout(tmp_path, {**SHOP, **files})
    done = checkout.covgate("--record", command=["python", "check.py", *arguments])
    assert done.code == 0, done.err
    notes = checkout.result()["notes"]
    assert any("Left running by the tests" in note for note in notes) is said
    # What is missing may be missing in this run only: no baseline for others.
    assert any(note.startswith("Not recorded: ") for note in notes) is said, notes
    assert checkout.result()["total"]["lines"]["covered"] == covered


def test_what_a_killed_process_did_not_finish_writing_is_left_out_and_said(tmp_path: Path) -> None:
    script = "import os\nfrom shop.prices import price\nprice(1)\n"
    script += "open(os.environ['COVERAGE_FILE'] + '.unfinished', 'w').close()\n"
    script += "open(os.environ['COVERAGE_FILE'] + '.unfinished-journal', 'w').close()\n"
    checkout = make_checkout(tmp_path, {**SHOP, ".coveragerc": RC, "check.py": script})
    done = checkout.covgate(command=["python", "check.py"])
    assert done.code == 0, done.err
    assert checkout.result()["total"]["lines"]["covered"] == 5
    assert any("ended before writing coverage data" in note for note in checkout.result()["notes"])
