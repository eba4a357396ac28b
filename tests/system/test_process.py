"""Child processes: live output, one way to stop a whole group, and an environment without secrets."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.system.process import child_environment, run_live
from covgate.system.quiet import Completed, Helper, run_quiet, start_quiet

IGNORES = (
    "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nopen('ready', 'w').close()\ntime.sleep(60)\n"
)


@pytest.mark.slow
def test_a_process_that_ignores_the_polite_signal_is_killed_after_the_grace(tmp_path: Path) -> None:
    env = {"PATH": os.defpath}
    started = time.monotonic()
    done = run_live([sys.executable, "-c", IGNORES], cwd=tmp_path, env=env, timeout=1, grace=0.2)
    assert (tmp_path / "ready").exists()
    assert (done.timed_out, done.exit_code) == (True, 137)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("code", "expected", "killed"),
    [
        ("exit(7)", 7, False),
        ("import os; os.kill(os.getpid(), 9)", 137, True),
        # What a shell says of a command of its own that a signal ended.
        ("exit(143)", 143, True),
        # No signal has the number 127, nor 0: many programs give 255 for any error.
        ("exit(255)", 255, False),
        ("exit(-1)", 255, False),
        ("exit(128)", 128, False),
    ],
)
def test_the_exit_code_is_the_shells(tmp_path: Path, code: str, expected: int, *, killed: bool) -> None:
    done = run_live([sys.executable, "-c", code], cwd=tmp_path, env={}, timeout=None)
    assert (done.exit_code, done.killed, done.timed_out) == (expected, killed, False)


def test_who_interrupts_covgate_interrupts_the_tests(tmp_path: Path) -> None:
    script = "echo $$ >started; sleep 0.3; kill -INT $PPID; exec sleep 60"
    with pytest.raises(KeyboardInterrupt):
        run_live(["sh", "-c", script], cwd=tmp_path, env={"PATH": os.defpath}, timeout=None)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "started").read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_an_orphan_that_the_first_process_of_a_container_inherits_is_reaped(tmp_path: Path) -> None:
    adopt = partial(ctypes.CDLL(None).prctl, 36)  # PR_SET_CHILD_SUBREAPER
    adopt(1, 0, 0, 0)
    try:
        run_live(["sh", "-c", "echo $$ >started; sleep 0.1 &"], cwd=tmp_path, env={"PATH": os.defpath}, timeout=None)
    finally:
        adopt(0, 0, 0, 0)
    with pytest.raises(ChildProcessError):
        os.waitpid(-int((tmp_path / "started").read_text()), os.WNOHANG)


def test_a_quiet_call_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="did not end within"):
        run_quiet([sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path, env={}, timeout=0.2)


def test_a_quiet_call_that_closes_its_streams_and_goes_on_is_stopped_too(tmp_path: Path) -> None:
    script, started = "exec >&- 2>&-; exec sleep 60", time.monotonic()
    with pytest.raises(TimeoutError, match=r"^/bin/sh did not end within 0 seconds$"):
        run_quiet(["/bin/sh", "-c", script], cwd=tmp_path, env={"PATH": os.defpath}, timeout=0.2)
    assert time.monotonic() - started < 30


names = st.sampled_from(["GITHUB_TOKEN", "GH_TOKEN", "INPUT_MIN-DIFF", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "HOME", "CI"])


@given(st.dictionaries(names, st.text()))
def test_a_project_sees_neither_tokens_nor_inputs(environment: dict[str, str]) -> None:
    assert child_environment(environment) == {k: v for k, v in environment.items() if k in {"HOME", "CI"}}


def test_who_holds_the_streams_of_a_quiet_call_is_not_waited_for(tmp_path: Path) -> None:
    done = run_quiet(["/bin/sh", "-c", "sleep 60 & echo said"], cwd=tmp_path, env={"PATH": os.defpath}, timeout=30)
    assert (done.exit_code, done.stdout) == (0, b"said\n")


def test_a_quiet_call_reads_and_writes_more_than_pipes_hold(tmp_path: Path) -> None:
    code = (
        "import sys; data = sys.stdin.buffer.read(); sys.stderr.buffer.write(data); sys.stdout.buffer.write(data[::-1])"
    )
    data = bytes(range(256)) * 8000
    done = run_quiet([sys.executable, "-c", code], cwd=tmp_path, env={}, stdin=data)
    assert (done.stdout, done.stderr) == (data[::-1], data)


def test_a_quiet_call_that_reads_nothing_ends(tmp_path: Path) -> None:
    done = run_quiet([sys.executable, "-c", "print(1)"], cwd=tmp_path, env={}, stdin=b"x" * 1_000_000, timeout=30)
    assert (done.exit_code, done.stdout) == (0, b"1\n")


def count_open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


ANSWERS = {"some": "os.write(fd, b'abc' * 100_000)", "none": "pass", "held": "os.fork() or time.sleep(60)"}


@pytest.mark.parametrize("code", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_comes_through_a_pipe_of_its_own(tmp_path: Path, code: str) -> None:
    program = f"import os, sys, time; fd = int(sys.argv[1]); print('noise'); {code}"
    before = count_open_files()
    process = start_quiet([sys.executable, "-c", program], cwd=tmp_path, env={}, answers=True)
    done = process.finish(timeout=30)
    assert count_open_files() <= before
    assert (done.exit_code, done.stdout) == (0, b"noise\n")
    assert done.answer == (b"abc" * 100_000 if "abc" in code else b"")


def test_the_last_five_lines_of_what_went_wrong_are_told() -> None:
    lines = [b"%d" % number for number in range(1, 7)]
    assert Completed(exit_code=1, stdout=b"", stderr=b"caf\xe9").error_text == "caf\ufffd"
    assert Completed(exit_code=1, stdout=b"", stderr=b"\n" + b"\n".join(lines) + b"\n\n").error_text == "2\n3\n4\n5\n6"
    assert Completed(exit_code=1, stdout=b"said", stderr=b"").error_text == ""


def test_a_lasting_process_does_one_thing_for_each_line_until_it_is_gone(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for line in sys.stdin:\n"
        "    with open(sys.argv[1], 'a') as file:\n"
        "        file.write(line)\n"
        "    print(flush=True)\n"
        "    line == 'end\\n' and sys.exit()\n"
    )
    helper = Helper([sys.executable, "-c", code, str(tmp_path / "told")])
    assert [helper.tell(b"one"), helper.tell(b"end")] == [True, True]
    assert (tmp_path / "told").read_text() == "one\nend\n"
    # It may take a moment to be gone, and then says nothing or takes nothing.
    assert not helper.tell(b"more")
    helper.close()


def test_a_program_that_cannot_be_started_leaves_nothing_open(tmp_path: Path) -> None:
    before = count_open_files()
    with pytest.raises(FileNotFoundError):
        start_quiet([tmp_path / "gone"], cwd=tmp_path, env={}, answers=True)
    assert count_open_files() == before
