"""History on a laptop: a folder and the fetched branch, a suite that flaps over twelve commits, `covgate history`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.history.test_history_workflow import FILES
from tests.support.github.server import FakeGithub
from tests.support.measured import MEASURED
from tests.support.projects import Checkout, Ended, clean_environment, covgate_command, make_checkout, run, run_warm
from tests.support.workflow import Workflow

CACHE = """\
known = {}


def look_up(name):
    if name in known:
        return known[name]
    known[name] = name.upper()
    return known[name]


def price(n):
    if n > 10:
        return n - 1
    return n
"""
SUITE = """\
from pathlib import Path

import shop.cache, shop.rates

# The tests run in some order: in `ba` the second finds what the first looked up, in `ab` nobody does.
shop.cache.look_up("x")
if Path("order.txt").read_text() == "ba":
    shop.cache.look_up("x")
assert shop.cache.price(1) == 1
assert shop.cache.price(11) == 10
"""
FLAPPING: Mapping[str, str] = {
    "pyproject.toml": '[tool.coverage.run]\nsource = ["shop"]\n\n[tool.covgate]\ntest-command = "python run.py"\n',
    "shop/__init__.py": "",
    "shop/cache.py": CACHE,
    # One line is less than half a point.
    "shop/rates.py": "".join(f"rate_{n} = {n}\n" for n in range(300)),
    "run.py": SUITE,
    "order.txt": "ab",
}
ORDERS = ["ab", "ba", "ba", "ab", "ba", "ab", "ab", "ab", "ba", "ab", "ba", "ba"]
FLAPPING_LINE = 6


def check(checkout: Checkout, *args: str) -> Ended:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return checkout.covgate(*args, PATH=path)


def test_a_random_line_flaps_and_does_not_turn_the_gate_red_but_a_real_loss_of_its_size_does(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "shop", FLAPPING)
    for number, order in enumerate(ORDERS):
        checkout.write({"order.txt": order, "README.md": f"{number}"}).commit(f"commit {number}")
        done = check(checkout, "--record")
        assert done.code == 0, done.err
        assert "Recorded in the folder .covgate/history" in done.out
    checkout.git("checkout", "--quiet", "-b", "topic")
    flips = {"order.txt": "ab"}
    checkout.write({**flips, "README.md": "A change that touches no statement."}).commit("a change")
    green = check(checkout, "--max-drop=0")
    result = checkout.result()
    assert green.code == 0, green.out
    assert float(result["delta"]) < 0
    (flap,) = result["flapping"]
    assert flap.pop("flips") > 1
    assert flap == {"path": "shop/cache.py", "line": FLAPPING_LINE, "lost": True}
    assert result["indirect"] == []
    assert "1 flapping line is left out of the drop" in green.out
    assert f"shop/cache.py:{FLAPPING_LINE}" in green.out

    lost = SUITE.replace("assert shop.cache.price(11) == 10\n", "")
    checkout.write({"run.py": lost}).commit("lose a line of the same size elsewhere")
    red = check(checkout, "--max-drop=0")
    result = checkout.result()
    assert red.code == 1, red.out
    assert [file["lost"] for file in result["indirect"]] == [[[13, 13]]]
    assert [flap["line"] for flap in result["flapping"]] == [FLAPPING_LINE]
    # The order that covers the flapping line does not hide the loss either.
    checkout.write({"order.txt": "ba"}).commit("another order")
    assert check(checkout, "--max-drop=0").code == 1


def test_a_measured_file_outside_the_checkout_is_neither_recorded_nor_compared(tmp_path: Path) -> None:
    """The total is coverage's own, with the file; another machine has none, and the record's lines hold its own."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "outside.py").write_text("def f(n):\n    if n:\n        return 1\n    return 2\n", encoding="utf-8")
    suite = f"import sys\nsys.path.insert(0, {str(elsewhere)!r})\nimport outside\n{SUITE}"
    rules = '[tool.covgate.components.all]\npaths = ["**/*.py"]\nmax-drop = 0\n'
    config = FLAPPING["pyproject.toml"].replace('["shop"]', f'["shop", "{elsewhere}"]') + rules
    checkout = make_checkout(tmp_path / "shop", {**FLAPPING, "pyproject.toml": config, "run.py": suite})
    done = check(checkout, "--record")
    assert done.code == 0, done.err
    assert "Recorded in the folder .covgate/history" in done.out
    said = f"Measured outside the checkout, and so neither recorded nor compared: {elsewhere}/outside.py."
    assert checkout.result()["notes"].count(said) == 1
    (line,) = (checkout.path / ".covgate/history/history.jsonl").read_text().splitlines()
    held, total = json.loads(line), checkout.result()["total"]["lines"]
    assert held["total"]["lines"][1] == total["total"] - 4
    assert held["components"]["all"] == held["total"]
    # What is executed there is no gain or loss of this project.
    checkout.git("checkout", "--quiet", "-b", "topic")
    checkout.write({"run.py": suite + "outside.f(1)\n"}).commit("another path through a stranger")
    green = check(checkout, "--max-drop=0")
    assert green.code == 0, green.out
    assert checkout.result()["delta"] == "0.00"
    assert checkout.result()["notes"].count(said) == 1


def test_what_is_not_committed_is_not_recorded(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "shop", FLAPPING)
    checkout.write({"shop/cache.py": CACHE + "\n\ntax = 1\n"})
    done = check(checkout, "--record")
    assert done.code == 0, done.err
    assert "Not recorded: shop/cache.py has changes that are not committed." in done.out
    assert not (checkout.path / ".covgate/history/history.jsonl").exists()


def test_a_choice_of_tests_for_once_is_not_recorded(tmp_path: Path) -> None:
    files = {**FILES, "conftest.py": ""}
    checkout = make_checkout(tmp_path / "shop", files)
    done = checkout.covgate("--record", command=[sys.executable, "-m", "pytest", "-q", "-k", "cart"])
    assert done.code == 0, done.err
    assert "Not recorded: -k runs a part of the tests only." in done.out


def test_a_component_without_statements_on_one_side_has_no_drop_and_says_why(tmp_path: Path) -> None:
    part = '[tool.covgate.components.extra]\npaths = ["shop/extra.py", "shop/other.py"]\nmax-drop = 0\n'
    late = part.replace("extra]", "late]")
    code = {"shop/extra.py": "a = 1\n", "shop/other.py": ""}
    config = FLAPPING["pyproject.toml"] + part
    checkout = make_checkout(tmp_path / "shop", {**FLAPPING, **code, "pyproject.toml": config})
    assert check(checkout, "--record").code == 0
    checkout.git("checkout", "--quiet", "-b", "topic")

    def why(name: str) -> str:
        assert check(checkout).code in {0, 4}
        checks = checkout.result()["checks"]
        return str(next(c["why"] for c in checks if (c["rule"], c["component"]) == ("max-drop", name)))

    checkout.write({"pyproject.toml": config + late}).commit("another component")
    # A new component's baseline is made of the same files.
    assert why("late") == "total coverage of late did not fall"
    checkout.write({"shop/extra.py": ""}).commit("empty")
    assert why("extra") == "there is no statement to cover"


def record(checkout: Checkout, *command: str, **extra: str) -> tuple[str, int]:
    """Run and record; return what was said about the record, and how many there are then."""
    done = checkout.covgate("--record", command=(sys.executable, *command) if command else (), **extra)
    assert done.code == 0, done.err
    lines = (line.removeprefix("  - ") for line in done.out.splitlines())
    said = next(line for line in lines if line.startswith(("Recorded in", "Not recorded")))
    held = checkout.path / ".covgate/history/history.jsonl"
    return said, len(held.read_text().splitlines()) if held.exists() else 0


LEFT_OUT = '"tests/*", "conftest.py", "all.py", "part.py"'
PARTS: Mapping[str, str] = {
    "pyproject.toml": f"[tool.coverage.run]\nomit = [{LEFT_OUT}]\n",
    "shop/__init__.py": "",
    "shop/one.py": "a = 1\n",
    "shop/two.py": "a = 1\n",
    "conftest.py": "",
    "tests/test_one.py": "def test_one():\n    import shop.one\n",
    "tests/test_two.py": "def test_two():\n    import shop.two\n",
    "all.py": "import shop.one\nimport shop.two\n",
    "part.py": "import shop.one\n",
}
"""Without `source` only what is imported is measured."""


def test_a_run_narrower_than_the_recorded_one_is_not_recorded(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "shop", PARTS)
    assert record(checkout, "-m", "pytest", "-q", "tests") == ("Recorded in the folder .covgate/history.", 1)
    first = checkout.git("rev-parse", "HEAD")[:12]
    checkout.write({"README.md": "more"}).commit("more")
    said, held = record(checkout, "-m", "pytest", "-q", "tests/test_one.py")
    assert (said, held) == ("Not recorded: tests/test_one.py runs a part of the tests only.", 1)
    # Nothing but the measured files tells of a script. On a branch of its own, too, the newest record counts.
    checkout.git("checkout", "--quiet", "-b", "topic")
    said, held = record(checkout, "part.py")
    assert said.startswith(f"Not recorded: shop/two.py was measured for {first} and is not now;")
    assert held == 1
    assert record(checkout, "all.py") == ("Recorded in the folder .covgate/history.", 2)
    checkout.write({"shop/two.py": "a = 1\nb = 1\n"}).commit("change one")
    assert record(checkout, "part.py")[0].startswith("Not recorded: shop/two.py was measured for")
    # What is gone, and what the configuration leaves out, is not missed.
    checkout.write({"pyproject.toml": f'[tool.coverage.run]\nomit = ["shop/two.py", {LEFT_OUT}]\n'}).commit("leave out")
    assert record(checkout, "part.py") == ("Recorded in the folder .covgate/history.", 3)


def test_a_deleted_test_that_is_not_committed_is_not_recorded(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "shop", PARTS)
    (checkout.path / "tests/test_two.py").unlink()
    said, held = record(checkout, "-m", "pytest", "-q")
    assert (said, held) == ("Not recorded: tests/test_two.py has changes that are not committed.", 0)
    checkout.commit("delete it")
    assert record(checkout, "-m", "pytest", "-q", PYTEST_ADDOPTS="--lf")[0].startswith("Not recorded: --lf runs a part")
    checkout.write({"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--lf"\n'}).commit("only what failed")
    assert record(checkout, "-m", "pytest", "-q")[0].startswith("Not recorded: --lf runs a part")


@pytest.mark.parametrize("way", ["command", "configured", "variable"])
def test_a_run_that_only_collects_the_tests_cannot_be_judged(tmp_path: Path, way: str) -> None:
    """What the test modules import looks executed, and no test was run."""
    config = '[tool.pytest.ini_options]\naddopts = "--co"\n' if way == "configured" else ""
    checkout = make_checkout(tmp_path / "shop", {**PARTS, "pyproject.toml": config, "conftest.py": "import shop.one\n"})
    command = (sys.executable, "-m", "pytest", "-q", *(["--co"] if way == "command" else []))
    extra = {"PYTEST_ADDOPTS": "--co"} if way == "variable" else {}
    done = checkout.covgate("--record", "--min-total=0", command=command, **extra)
    assert done.code == 4, done.out
    assert "--co makes pytest list the tests and run none" in done.out
    assert "Not recorded: the run cannot be judged." in done.out
    assert checkout.result()["verdict"] == "cannot-judge"


@pytest.mark.parametrize("before", [True, False], ids=["begins", "ends"])
def test_a_project_that_begins_or_ends_to_measure_branches_is_compared_by_its_statements(
    tmp_path: Path, *, before: bool
) -> None:
    switch = {
        way: FLAPPING["pyproject.toml"].replace("[tool.coverage.run]\n", f"[tool.coverage.run]\nbranch = {way}\n")
        for way in ("true", "false")
    }
    first, then = ("false", "true") if before else ("true", "false")
    checkout = make_checkout(tmp_path / "shop", {**FLAPPING, "pyproject.toml": switch[first]})
    assert check(checkout, "--record").code == 0
    checkout.git("checkout", "--quiet", "-b", "topic")
    checkout.write({"pyproject.toml": switch[then]}).commit("measure in another way")
    done = check(checkout, "--max-drop=0")
    assert done.code == 0, done.out
    assert checkout.result()["delta"] == "0.00"


# --- covgate history -----------------------------------------------------------------------------------------------


def history(checkout: Checkout, *args: str) -> Ended:
    argv = [*covgate_command()[1:-1], "history", *args]
    return run_warm(argv, cwd=checkout.path, env=clean_environment(**MEASURED))


def test_a_history_that_is_empty_says_how_one_begins(tmp_path: Path) -> None:
    done = history(make_checkout(tmp_path / "shop", FLAPPING))
    assert (done.code, done.out) == (0, "")
    assert "nothing has been recorded yet in the folder .covgate/history" in done.message
    assert "git fetch origin covgate-data" in done.message


def test_a_file_to_import_that_is_not_utf_8_has_the_heading_of_imports(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "shop", FLAPPING)
    (tmp_path / "trending.json").write_bytes(b'{"history": "\xff"}')
    done = history(checkout, "--import", str(tmp_path / "trending.json"))
    assert done.code == 2
    assert "trending.json is not UTF-8" in done.message
    assert "docs/troubleshooting.md#import-file" in done.message


@pytest.mark.parametrize("event", ["release", "issue_comment", "pull_request_target"])
@pytest.mark.parametrize("command", ["history", "demo"])
def test_what_judges_nothing_runs_on_any_event(tmp_path: Path, command: str, event: str) -> None:
    checkout = make_checkout(tmp_path / "shop", FLAPPING)
    outputs = tmp_path / "outputs"
    argv = [*covgate_command()[:-1], command, *(["--history-dir", "mine"] if command == "history" else [])]
    environment = clean_environment(
        **MEASURED, GITHUB_ACTIONS="true", GITHUB_EVENT_NAME=event, GITHUB_OUTPUT=str(outputs), GITHUB_REPOSITORY="o/n"
    )
    done = run(argv, cwd=checkout.path, env=environment)
    assert done.code == 0, done.err
    # The sample's gate is none of the workflow's.
    assert not outputs.exists()


def test_the_table_the_json_and_an_import(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "shop", FLAPPING)
    trending = {"history": [{"date": "2025-03-01", "overall_coverage": 41.5, "lines_covered": 83, "lines_total": 200}]}
    (tmp_path / "trending.json").write_text(json.dumps(trending), encoding="utf-8")
    for _ in range(2):
        taken = history(checkout, "--import", str(tmp_path / "trending.json"))
        assert taken.code == 0, taken.err
        assert "1 entry of" in taken.message
        assert checkout.git("status", "--porcelain") == ""
    assert check(checkout, "--record").code == 0
    assert ".covgate" not in checkout.git("status", "--porcelain")
    shown = history(checkout)
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0].split()[:4] == ["date", "commit", "total", "change"]
    assert lines[1].startswith("2025-03-01")
    assert "41.5 %" in lines[1]
    assert checkout.git("rev-parse", "--short=7", "HEAD") in lines[2]
    limited = history(checkout, "--limit", "1").out
    assert "2025-03-01" not in limited
    assert "1 older point not shown" in limited
    printed = json.loads(history(checkout, "--json").out)
    assert [point.get("imported", False) for point in printed["points"]] == [True, False]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--import", "nowhere.json"], "there is no file nowhere.json to import"),
        (["--import", "pyproject.toml"], "pyproject.toml"),
        (["--history-branch", "../x"], "expected the name of a branch"),
        (["--limit", "0"], "invalid value for '--limit'"),
        (["--hostory-dir", "x"], "did you mean '--history-dir'?"),
        (["--", "pytest"], "covgate history runs no command"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_what_the_command_is_told_wrongly_is_one_message_and_exit_code_2(
    tmp_path: Path, args: list[str], words: str
) -> None:
    done = history(make_checkout(tmp_path / "shop", FLAPPING), *args)
    assert done.code == 2, done.err
    assert words in done.message
    assert not (tmp_path / "shop/.covgate/history").exists()


def test_a_folder_of_someone_elses_is_not_written_to(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "shop", FLAPPING)
    checkout.write({"mine/notes.txt": "mine"}).commit()
    done = check(checkout, "--record", "--history-dir=mine")
    assert done.code == 0, done.err
    assert "Not recorded" in done.out
    assert [path.name for path in (checkout.path / "mine").iterdir()] == ["notes.txt"]
    assert history(checkout, "--history-dir=mine").code == 2


def test_a_laptop_compares_with_the_branch_as_it_was_fetched(tmp_path: Path, github: FakeGithub) -> None:
    workflow = Workflow(tmp_path, github, FILES)
    assert workflow.run_push().exit_code == 0
    main = workflow.sha("main")
    clone = Checkout(path=tmp_path / "laptop")
    workflow.git("clone", "-q", workflow.upstream.as_uri(), str(clone.path), folder=tmp_path)
    before = len(github.requests)
    clone.git("checkout", "--quiet", "-b", "topic")
    clone.write({"shop/stock.py": "def left(n):\n    return n\n"}).commit("less")
    done = clone.covgate("--max-drop=0", command=[sys.executable, "-m", "pytest", "-q"])
    assert done.code == 0, done.out + done.err
    result = clone.result()
    assert result["baseline"]["sha"] == main
    assert result["checks"][0]["drop"]["adjusted"] is not None
    assert len(github.requests) == before
    shown = history(clone)
    assert main[:7] in shown.out
