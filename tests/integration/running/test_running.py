"""Run mode: any test command is measured, whole, live, once, and ends with nothing left behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.projects import (
    FAILING,
    PLUGINS,
    SHOP,
    TEST_PRICES,
    Checkout,
    alive,
    clean_environment,
    covgate_command,
    make_checkout,
    run,
    same,
    started,
)

RC = "[run]\nbranch = true\nsource = shop\n"

WORK = """\
def in_a_child():
    return 1


def in_a_shell():
    return 2


def in_a_fork():
    return 3


def in_a_spawned_process():
    return 4


def in_a_thread():
    return 5


def before_exit():
    return 6
"""

TEST_WORK = """\
import multiprocessing
import os
import subprocess
import sys
import threading

from shop import work


def test_child():
    subprocess.run([sys.executable, "-c", "from shop import work; work.in_a_child()"], check=True)


def test_shell():
    script = "cd tests && PYTHONPATH=.. python -c 'from shop import work; work.in_a_shell()'"
    subprocess.run(script, shell=True, check=True)


def test_fork_and_spawn():
    for method, target in (("fork", work.in_a_fork), ("spawn", work.in_a_spawned_process)):
        process = multiprocessing.get_context(method).Process(target=target)
        process.start()
        process.join()
        assert process.exitcode == 0


def test_thread():
    thread = threading.Thread(target=work.in_a_thread)
    thread.start()
    thread.join()


def test_exit():
    child = "import os; from shop import work; work.before_exit(); os._exit(0)"
    subprocess.run([sys.executable, "-c", child], check=True)
"""

EVERYWHERE = {"shop/__init__.py": "", "shop/work.py": WORK, "tests/test_work.py": TEST_WORK, "conftest.py": ""}

UNITTEST = """\
import unittest

from shop.prices import price


class TestPrices(unittest.TestCase):
    def test_prices(self):
        self.assertEqual(price(1), 3)
        self.assertEqual(price(20), 55)


if __name__ == "__main__":
    unittest.main()
"""

MAKEFILE = """\
test:
\tcd . && PYTHONDONTWRITEBYTECODE=1 python -m unittest -q

own:
\tcoverage erase
\tcoverage run --parallel-mode -m unittest -q
\tcoverage combine
\tcoverage report --fail-under=1
"""

WRAPPER = """\
#!/bin/sh
# As tox does: an environment of its own, entered through PATH, with the project's packages to be seen in it.
set -e
python -m venv --without-pip --system-site-packages "$PWD/.own"
echo "import site; site.addsitedir('$PACKAGES')" > "$(echo .own/lib/python3.*/site-packages)/packages.pth"
env -u VIRTUAL_ENV PATH="$PWD/.own/bin:$PATH" WRAPPED=1 python -m unittest -q "$@"
"""

COMMANDS = {
    "pytest": ["pytest", "-q"],
    "python-m-unittest": ["python", "-m", "unittest", "-q"],
    "a-test-file": ["python", "test_prices.py"],
    "make": ["make", "test"],
    "a-wrapper-with-its-own-environment": ["./wrapper.sh"],
    "coverage-run": ["coverage", "run", "-m", "pytest", "-q"],
    "make-that-measures-itself": ["make", "own"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_any_command_is_measured_alike(tmp_path: Path, command: list[str]) -> None:
    files = {name: text for name, text in SHOP.items() if name.startswith("shop/")}
    files |= {"test_prices.py": UNITTEST, "Makefile": MAKEFILE, "wrapper.sh": WRAPPER, ".coveragerc": RC}
    checkout = make_checkout(tmp_path, files)
    (tmp_path / "wrapper.sh").chmod(0o755)
    packages = next(entry for entry in sys.path if entry.endswith("site-packages"))
    done = checkout.covgate(command=command, PACKAGES=packages)
    assert done.code == 0, done.out + done.err
    total = checkout.result()["total"]
    assert (total["lines"], total["branches"]) == ({"covered": 6, "total": 12}, {"covered": 3, "total": 6})


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_every_process_and_thread_of_a_suite_is_measured(tmp_path: Path, workers: tuple[str, ...]) -> None:
    checkout = make_checkout(tmp_path, EVERYWHERE)
    done = checkout.covgate(command=["pytest", "-q", *workers], **PLUGINS)
    assert done.code == 0, done.out + done.err
    assert checkout.total() == 100, checkout.result()


def test_the_default_command_is_pytest(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)
    done = checkout.covgate()
    assert (done.code, "covgate: Running pytest\n" in done.err) == (0, True), done.err


def test_a_command_of_the_configuration_runs_in_a_shell(tmp_path: Path) -> None:
    table = "[tool.covgate]\ntest-command = \"cd tests && PYTHONPATH=.. python -c 'import shop.prices' && echo done\"\n"
    checkout = make_checkout(tmp_path, {**SHOP, "pyproject.toml": table})
    done = checkout.covgate()
    assert done.code == 0, done.err
    assert done.out.startswith("done\n")


def test_a_list_of_the_configuration_is_an_argument_vector(tmp_path: Path) -> None:
    script = "import shop.prices, sys\nassert sys.argv[1:] == ['a b', '$HOME', ';', 'exit 1'], sys.argv\n"
    table = "[tool.covgate]\ntest-command = ['python', 'check.py', 'a b', '$HOME', ';', 'exit 1']\n"
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": script, "pyproject.toml": table})
    done = checkout.covgate()
    assert done.code == 0, done.err
    assert "covgate: Running python check.py 'a b' '$HOME' ';' 'exit 1'\n" in done.err


def test_a_run_in_a_sub_folder_is_of_the_project_it_belongs_to(tmp_path: Path) -> None:
    table = "[tool.covgate]\ntest-command = 'python check.py'\nmin-total = 99\n"
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": "import shop.prices\n", "pyproject.toml": table})
    done = checkout.covgate(sub="shop")
    assert done.code == 1, done.err
    assert "The project is .., where pyproject.toml has [tool.covgate]" in done.message
    assert checkout.result()["checks"][0]["target"] == "99"
    total = checkout.total()
    # What is typed there is taken from there.
    assert checkout.coverage("run", "--source=shop", "check.py").code == 0
    (tmp_path / ".coverage").rename(tmp_path / "shop" / "of.cov")
    assert checkout.covgate("--data", "*.cov", "--report-dir", "out", sub="shop").code == 1
    assert (tmp_path / "shop" / "out" / "result.json").is_file()
    assert total < 99


# --- pytest-cov ----------------------------------------------------------------------------------------------------

COV = "--cov=shop --cov-branch --cov-fail-under=100"
STRICT = "filterwarnings = error\n"

WITH_PYTEST_COV = {
    "pyproject": {
        "pyproject.toml": f'[tool.pytest.ini_options]\naddopts = "{COV}"\nfilterwarnings = ["error"]\n',
    },
    "pyproject-list-and-config": {
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["--cov", "--cov-config=cov.ini"]\n'
        'filterwarnings = ["error"]\n',
        "cov.ini": RC + "omit = */unused.py\n[report]\nfail_under = 100\n",
    },
    "pytest-ini-lines-only": {"pytest.ini": f"[pytest]\naddopts = --cov=. --cov-fail-under=99\n{STRICT}"},
    "setup-cfg": {"setup.cfg": f"[tool:pytest]\naddopts =\n    --cov shop\n    --cov-report=term\n{STRICT}{RC}"},
    "tox-ini-and-its-coverage": {
        "tox.ini": f"[pytest]\naddopts = --cov --cov-fail-under=100\n{STRICT}"
        "[coverage:run]\nbranch = true\nsource = shop\nomit = */unused.py\n",
    },
}


@pytest.mark.parametrize("files", WITH_PYTEST_COV.values(), ids=WITH_PYTEST_COV)
def test_a_project_that_uses_pytest_cov_is_measured_as_by_it(tmp_path: Path, files: dict[str, str]) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, **files})
    done = checkout.covgate(command=["pytest", "-q"], **PLUGINS)
    assert done.code == 0, done.out + done.err
    assert_as_pytest_cov(checkout)


def test_pytest_cov_on_the_command_line_and_in_the_environment_is_respected(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "pytest.ini": f"[pytest]\n{STRICT}"})
    arguments = ["-q", "--cov-branch", "--cov-fail-under=100"]
    done = checkout.covgate(command=["pytest", *arguments], PYTEST_ADDOPTS="--cov=shop/prices.py --cov=shop", **PLUGINS)
    assert done.code == 0, done.out + done.err
    assert_as_pytest_cov(checkout, *arguments, "--cov=shop")


def test_pytest_cov_that_a_makefile_calls_does_not_end_the_run(tmp_path: Path) -> None:
    make = f"test:\n\tpytest -q {COV}\n"
    checkout = make_checkout(
        tmp_path, {**SHOP, "pytest.ini": f"[pytest]\n{STRICT}", "Makefile": make, ".coveragerc": RC}
    )
    done = checkout.covgate(command=["make", "test"], **PLUGINS)
    assert done.code == 0, done.out + done.err
    assert_as_pytest_cov(checkout, "--cov=shop", "--cov-branch")


def assert_as_pytest_cov(checkout: Checkout, *arguments: str) -> None:
    run([sys.executable, "-m", "pytest", "-q", *arguments], cwd=checkout.path, env=clean_environment(**PLUGINS))
    config = ("--rcfile=cov.ini",) if (checkout.path / "cov.ini").exists() else ()
    assert same(checkout.total(), checkout.coverage_total(*config))


# --- how a run ends ------------------------------------------------------------------------------------------------


def test_a_failing_suite_is_measured_and_fails_the_check(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "tests/test_prices.py": TEST_PRICES + FAILING})
    assert checkout.covgate(command=["pytest", "-q"]).code == 3
    result = checkout.result()
    assert (result["verdict"], result["suite"]["status"]) == ("fail", "failed")
    assert result["total"]["lines"]["covered"] == 6
    assert (tmp_path / ".covgate" / "comment.md").is_file()


def test_a_suite_that_kills_itself_fails_the_check(tmp_path: Path) -> None:
    script = "import os\nimport shop.prices\nos.kill(os.getpid(), 9)\n"
    checkout = make_checkout(tmp_path, {**SHOP, "check.py": script})
    assert checkout.covgate(command=["python", "check.py"]).code == 3
    assert checkout.result()["suite"]["status"] == "killed"
    assert checkout.result()["suite"]["exit_code"] == 137


def test_no_tests_cannot_be_judged(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "tests/test_prices.py": "import shop.prices\n"})
    done = checkout.covgate("--min-total", "1", command=["pytest", "-q"])
    assert done.code == 4
    assert checkout.result()["suite"]["status"] == "no-tests"
    assert "Cannot judge: no test was found" in done.out


def test_nothing_executed_cannot_be_judged_and_is_not_zero_percent(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, ".coveragerc": RC, "check.py": "print('nothing of the shop')\n"})
    done = checkout.covgate("--min-total", "0", command=["python", "check.py"])
    assert done.code == 4
    assert checkout.result()["total"]["percent"] is None
    assert "no statement was executed" in checkout.result()["total"]["reason"]


TOX = """\
#!/usr/bin/env python
# As tox does: only some variables are handed on.
import os, subprocess, sys
kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
sys.exit(subprocess.run([sys.executable, "check.py"], env=kept).returncode)
"""


def test_tox_that_hands_nothing_on_is_named(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, ".coveragerc": RC, "check.py": "import shop.prices\n", "tox": TOX})
    (tmp_path / "tox").chmod(0o755)
    done = checkout.covgate(command=["./tox"])
    assert done.code == 4
    assert "what tox ran was measured" in done.message
    assert "`pass_env = COVERAGE_*`" in done.message
    assert "tox" in checkout.result()["headline"]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--no-such-option"], 3, "could not start (exit code 4)"),
        (["-k", "nothing"], 4, "collected no tests (exit code 5)"),
    ],
    ids=["usage", "no-tests"],
)
def test_pytest_s_own_reason_comes_first(tmp_path: Path, words: list[str], code: int, reason: str) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, ".coveragerc": RC, "tests/test_prices.py": "def test(): pass\n"})
    done = checkout.covgate(command=["pytest", "-q", *words])
    assert done.code == code
    assert f"pytest {reason}" in done.message
    assert "`source`" not in done.message


def test_a_tool_of_another_interpreter_is_named_with_it(tmp_path: Path) -> None:
    other = tmp_path / "other" / "bin"
    other.mkdir(parents=True)
    # Not an interpreter with the start-up hook of coverage, which would measure it all the same.
    (other / "python3").write_text("#!/bin/sh\nexit 0\n")
    (other / "pytest9").write_text(f"#!{other}/python3\n")
    for name in ("python3", "pytest9"):
        (other / name).chmod(0o755)
    checkout = make_checkout(tmp_path / "here")
    done = checkout.covgate(command=["pytest9", "-q"], PATH=f"{other}:{os.environ['PATH']}")
    assert done.code == 4, done.err
    assert (
        f"runs {other}/pytest9, which belongs to {other}/python3, and covgate measures {sys.executable}" in done.message
    )


def test_no_python_process_at_all_cannot_be_judged(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)
    done = checkout.covgate(command=["true"])
    assert done.code == 4
    assert "left no coverage data" in done.message


def test_a_script_that_does_not_say_what_runs_it_is_bad_input(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path, {**SHOP, "check": "python -c 'import shop.prices'\n"})
    (tmp_path / "check").chmod(0o755)
    done = checkout.covgate(command=["./check"])
    assert done.code == 2, done.err
    assert "`./check` could not be started" in done.message
    assert "#!/bin/sh" in done.message


@pytest.mark.parametrize("command", [["no-such-tool", "-q"], ["./tests/test_prices.py"]], ids=["absent", "no-program"])
def test_a_command_that_can_not_be_started_is_bad_input(tmp_path: Path, command: list[str]) -> None:
    done = make_checkout(tmp_path).covgate(command=command)
    assert done.code == 2
    assert command[0] in done.message
    assert "installed in the project's environment" in done.message
    assert "Traceback" not in done.err


def test_a_shell_command_that_is_not_found_is_bad_input(tmp_path: Path) -> None:
    table = '[tool.covgate]\ntest-command = "no-such-tool -q"\n'
    done = make_checkout(tmp_path, {**SHOP, "pyproject.toml": table}).covgate()
    assert done.code == 2
    assert "no-such-tool" in done.message


@pytest.mark.parametrize(
    "command",
    ["pytest -q\npython -c 'import shop.prices'\n", "pytest -q | tee log"],
    ids=["two-lines", "pipe"],
)
def test_a_shell_command_fails_with_any_of_its_parts(tmp_path: Path, command: str) -> None:
    table = f"[tool.covgate]\ntest-command = {json.dumps(command)}\n"
    files = {**SHOP, "pyproject.toml": table, "tests/test_prices.py": TEST_PRICES + FAILING}
    checkout = make_checkout(tmp_path, files)
    done = checkout.covgate("--record", "--history-dir", "kept")
    assert done.code == 3, done.out + done.err
    assert checkout.result()["suite"]["exit_code"] == 1
    assert not (tmp_path / "kept").exists()


# --- while a run lasts ---------------------------------------------------------------------------------------------

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


# --- what the tests see --------------------------------------------------------------------------------------------


def test_the_tests_see_no_token_and_no_input(tmp_path: Path) -> None:
    script = "import json, os, shop.prices\njson.dump(dict(os.environ), open('seen.json', 'w'))\n"
    script += "assert os.getpgid(0) != int(os.environ['GROUP']), 'not isolated'\n"
    make_checkout(tmp_path, {**SHOP, "check.py": script})
    secret = "s3cr3t-value"  # noqa: S105  # a canary
    names = ("GITHUB_TOKEN", "GH_TOKEN", "INPUT_MIN-DIFF", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    environment = clean_environment(GROUP=str(os.getpgid(0)), HARMLESS="kept")
    environment |= dict.fromkeys(names, secret)
    for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"):
        environment[name] = str(tmp_path / name)
    done = run(covgate_command("--", "python", "check.py"), cwd=tmp_path, env=environment)
    assert done.code == 0, done.err
    seen = (tmp_path / "seen.json").read_text()
    assert secret not in seen + done.out.replace(f"::add-mask::{secret}", "") + done.err
    assert "kept" in seen
    assert not [name for name in environment if name.startswith("GITHUB_") and f'"{name}"' in seen]
