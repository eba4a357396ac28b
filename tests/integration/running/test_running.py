"""Run mode: any test command is measured, whole, live, once, and ends with nothing left behind."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.projects import (
    FAILING,
    PLUGINS,
    SHOP,
    TEST_PRICES,
    Checkout,
    clean_environment,
    covgate_command,
    make_checkout,
    run,
    same,
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
