"""A warm process (tests.support.warm), and one that it forks, behaves as one that was started."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import REPOSITORY, clean_environment, covgate_command, make_checkout
from tests.support.repositories import RUN_EVERYTHING, Repository
from tests.support.warm import cold_suites, run_python, start_python

LOOK = """
import locale, os, signal, sys, threading, time
print(sys.argv, sys.path, os.getcwd(), __name__, sys.executable, sys.dont_write_bytecode)
print(sorted(os.environ.items()), time.tzname, threading.active_count(), sys.stdin.read())
print([(number, str(signal.getsignal(number))) for number in sorted(signal.valid_signals())])
print([(stream.encoding, stream.line_buffering) for stream in (sys.stdin, sys.stdout, sys.stderr)])
print(sorted(int(name) for name in os.listdir("/dev/fd") if int(name) > 2), file=sys.stderr)
print("no line end", end="")
"""

ENDS = {
    "code": "import sys; sys.exit(7)",
    "message": "import sys; sys.exit('it failed')",
    "signal": "import os; os.abort()",
    "at-exit": "import atexit, sys; atexit.register(print, 'the last word'); print('the first'); sys.exit(3)",
    "thread": "import threading, time; threading.Timer(0.1, print, ['later']).start()",
    "child": "import os, sys; sys.exit(os.waitstatus_to_exitcode(os.system('echo out; echo err >&2; exit 5')))",
}


@pytest.mark.parametrize(
    "extra", [{}, {"PYTHONDONTWRITEBYTECODE": "1", "TZ": "Asia/Tokyo"}, {"PYTHONPATH": str(REPOSITORY)}]
)
@pytest.mark.parametrize("way", ["-c", "-m", "script"])
def test_a_program_sees_what_it_sees_when_it_is_started(tmp_path: Path, way: str, extra: Mapping[str, str]) -> None:
    (tmp_path / "look.py").write_text(LOOK, encoding="utf-8")
    first = {"-c": ["-c", LOOK], "-m": ["-m", "look"], "script": [str(tmp_path / "look.py")]}[way]
    env = clean_environment(LC_ALL="C.UTF-8", **extra)
    warm, cold = (run([*first, "x", "--y"], cwd=tmp_path, env=env, timeout=60) for run in (run_python, start_python))
    assert (warm.returncode, warm.stdout.decode(), warm.stderr) == (0, cold.stdout.decode(), cold.stderr)


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_it_ends_as_one_that_is_started(tmp_path: Path, code: str) -> None:
    warm, cold = (
        run(["-c", code], cwd=tmp_path, env=clean_environment(), timeout=60) for run in (run_python, start_python)
    )
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)


def test_a_run_of_covgate_is_the_same(repository_with_a_change: Repository) -> None:
    checkout = repository_with_a_change
    ran = []
    for run in (run_python, start_python):
        argv = [*covgate_command("--data=.coverage", "--base=main", "--min-diff=80")[1:]]
        done = run(argv, cwd=checkout.path, env=clean_environment(), timeout=60)
        report = {name: (checkout.path / ".covgate" / name).read_text() for name in ("result.json", "comment.md")}
        ran.append((done.returncode, done.stdout, done.stderr, report))
    assert ran[0] == ran[1]
    assert ran[0][0] == 1
    assert json.loads(ran[0][3]["result.json"])["diff"]["lines"] == {"covered": 1, "total": 2}


SPY = """
import json, os, re, signal, sys, threading, warnings
from pathlib import Path

def coverage_init(registry, options):
    pass

seen = {
    "argv": sys.argv,
    "path": sys.path,
    "folder": os.getcwd(),
    "environment": dict(os.environ),
    "modules": sorted(sys.modules),
    "main": sorted((k, str(v).split(" at 0x")[0]) for k, v in vars(sys.modules["__main__"]).items() if k[:2] == "__"),
    "signals": [
        (number, re.sub(" of <.*", "", str(signal.getsignal(number)))) for number in sorted(signal.valid_signals())
    ],
    "streams": [(one.encoding, one.errors, one.line_buffering) for one in (sys.stdin, sys.stdout, sys.stderr)],
    "open": sorted(name for name in os.listdir("/dev/fd")),
    "threads": threading.active_count(),
    "session": os.getsid(0) == os.getpid(),
    "filters": str(warnings.filters),
}
Path("seen.json").write_text(json.dumps(seen))
"""
"""A module that writes down what the process that imports it looks like; a plugin of coverage, too."""


@pytest.mark.parametrize("extra", [{}, {"PYTHONPATH": str(REPOSITORY), "TZ": "Asia/Tokyo"}], ids=["plain", "path"])
def test_a_plugin_finds_the_probe_as_it_is_when_it_is_started(
    repository_with_a_change: Repository, extra: Mapping[str, str]
) -> None:
    checkout = repository_with_a_change
    checkout.write({"spy.py": SPY, ".coveragerc": RUN_EVERYTHING + "plugins = spy\n"})
    argv = covgate_command("--data=.coverage", "--base=main")[1:]
    found = []
    for run in (run_python, start_python):
        run(argv, cwd=checkout.path, env=clean_environment(**extra), timeout=60)
        found.append(json.loads((checkout.path / "seen.json").read_text()))
        (checkout.path / "seen.json").unlink()
    warm, cold = found
    assert_the_same_process(warm, cold)


def assert_the_same_process(warm: dict[str, Any], cold: dict[str, Any]) -> None:
    more = {*warm.pop("modules")} ^ {*cold.pop("modules")}
    assert more <= sys.stdlib_module_names, "what the process it is forked from needs itself"
    assert warm == cold


SUITE = {
    "shop.py": "import os\n\ndef price(n):\n    if n:\n        return n\n    return os.getpid()\n",
    "test_shop.py": "import spy\nimport shop\n\ndef test_price():\n    assert shop.price(2) == 2\n",
    "run.py": "import spy\nimport shop\nshop.price(2)\n",
    "fails.py": "import spy\nimport shop\n\ndef fail():\n    raise ValueError(shop.price(2))\n\nfail()\n",
    "stops.py": "import spy\nimport os, shop\nshop.price(2)\nos._exit(7)\n",
    "interrupted.py": "import spy\nimport os, shop, signal\nshop.price(2)\nos.kill(os.getpid(), signal.SIGINT)\n",
    "parent.py": "import spy\nimport os\nif os.fork():\n    os.wait()\nelse:\n    import shop\n    shop.price(2)\n",
}


@pytest.mark.parametrize("way", [str.split, str], ids=["words", "text"])
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("python -m pytest -q", 0),
        ("pytest -q test_shop.py", 0),
        ("python run.py x --y", 0),
        ("python -m run", 0),
        ("python fails.py", 3),
        ("python -m fails", 3),
        ("python stops.py", 3),
        ("python interrupted.py", 3),
        ("python parent.py", 0),
    ],
)
def test_a_test_command_is_measured_as_it_is_when_it_is_started(
    tmp_path: Path, command: str, code: int, way: Callable[[str], str | list[str]]
) -> None:
    """Of what covgate says of it, too; seconds and names in the temporary folder apart."""
    checkout = make_checkout(
        tmp_path / "project", {**SUITE, "spy.py": SPY.replace("Path(", "Path(__file__).with_name(")}
    )
    asked = way(command)
    if isinstance(asked, str):
        checkout.write({"pyproject.toml": f"[tool.covgate]\ntest-command = '{asked}'\n"})
    found = []
    for suites in (nullcontext, cold_suites):
        with suites():
            ended = checkout.covgate("--base=main", command=[] if isinstance(asked, str) else asked)
        result = checkout.result()
        seen = json.loads((checkout.path / "seen.json").read_text())
        config = json.loads(base64.b64decode(seen["environment"].pop("COVERAGE_PROCESS_CONFIG")))
        told = {name: result[name] for name in ("verdict", "total", "suite") if name in result}
        told["suite"] = {name: told["suite"].get(name) for name in ("status", "exit_code")}
        one = {**seen, "ended": (ended.code, ended.out, ended.err), "told": told, "config": config}
        found.append(json.loads(re.sub(r"covgate-\w{8}|[0-9]+\.[0-9]+s\b", "...", json.dumps(one))))
        (checkout.path / "seen.json").unlink()
        found[-1]["environment"].pop("_", None)
    warm, cold = found
    assert warm["ended"][0] == code
    assert warm["told"]["total"]["lines"]["covered"] > 0
    assert_the_same_process(warm, cold)


@pytest.fixture
def repository_with_a_change(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.start({".coveragerc": RUN_EVERYTHING, "run.py": "import m\n", "m.py": "x = 1\n"})
    repository.commit({"m.py": "def f():\n    return 1\n"})
    repository.measure()
    return repository


def test_several_at_once_get_their_own_answers(tmp_path: Path) -> None:
    def ask(number: int) -> tuple[int, bytes]:
        code = f"import sys; print('{number}' * 100_000); sys.exit({number})"
        done = run_python(["-c", code], cwd=tmp_path, env=clean_environment(), timeout=60)
        return done.returncode, done.stdout

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert found == [(number, str(number).encode() * 100_000 + b"\n") for number in range(8)]


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    code = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
    with pytest.raises(subprocess.TimeoutExpired):
        run_python(["-c", code], cwd=tmp_path, env=clean_environment(), timeout=1)
    process = int((tmp_path / "pid").read_text())
    done = run_python(["-c", "pass"], cwd=tmp_path, env=clean_environment(), timeout=60)
    assert done.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize(
    "extra",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "en_US.ISO-8859-1"},
        {"PYTHONPATH": f"elsewhere:{REPOSITORY}"},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_what_only_a_start_heeds_gets_a_start(tmp_path: Path, extra: Mapping[str, str]) -> None:
    code = "import sys; print(hash('a'), sys.stdout.encoding, 'covgate.cli' in sys.modules)"
    warm, cold = (
        run(["-c", code], cwd=tmp_path, env=clean_environment(**extra), timeout=60)
        for run in (run_python, start_python)
    )
    assert warm.stdout.split()[1:] == cold.stdout.split()[1:]
    assert warm.stdout.split()[2] == b"False"
