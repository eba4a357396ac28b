"""The room's one verb, whole: what is said, run and measured; the project's interpreter is a script with answers."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import pytest

from covgate.config import ReportKind
from covgate.config.settings import resolve
from covgate.errors import InputError
from covgate.measure.data_files import Wanted
from covgate.measure.project import Project
from covgate.measure.run import Measuring, measure
from covgate.model import Coverage, Measurement, SuiteStatus, TestResults, Unavailable
from covgate.system import Files
from covgate.system.screen import Screen
from tests.measure.test_make_environment import install_uv
from tests.measure.test_prepare_suite import ANSWER
from tests.support.git import Repository, make_repository

LCOV = "SF:{root}/shop/a.py\nDA:1,1\nDA:2,0\nend_of_record\n"
PASSED_CASE = '<testcase classname="tests.test_a" name="test_one" time="2"/>'
FAILED_CASE = '<testcase classname="tests.test_a" name="test_two" time="1"><failure/></testcase>'
ANALYSED: Mapping[str, object] = {
    **{name: [] for name in ("foreign", "gone", "hidden", "unloaded", "problems")},
    "branches": False,
    "lost": 0,
    "files": {"shop/a.py": {"s": [1, 2], "m": [2], "x": [], "b": []}},
    "changed": {},
    "warnings": ["a warning"],
}
ANSWERS = """question=$(cat)
case "$question" in *'"command": "prepare"'*) name=prepare ;; *) name=analyse ;; esac
echo "$question" > {folder}/asked-to-$name
cat {folder}/$name >/dev/fd/$2"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = make_repository(tmp_path_factory.mktemp("checkout") / "root")
    repository.write("shop/a.py", "x = 1\ny = 2\n")
    return repository


@dataclass
class Bench:
    """A project in a checkout, and what is said of it."""

    folder: Path
    repository: Repository
    output: io.StringIO = field(default_factory=io.StringIO)
    groups: list[str] = field(default_factory=list)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self.groups.append(title)
        yield

    def job(self, *command: str, wanted: Wanted | None = None, **options: str) -> Measuring:
        python = self.folder / "env" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(f"#!/bin/sh\n{ANSWERS.format(folder=self.folder)}\n")
        python.chmod(0o755)
        root = self.repository.path
        return Measuring(
            settings=resolve(
                command_line={name.replace("_", "-"): value for name, value in options.items()}, command=command
            ),
            project=Project(directory=root, root=root, python=python, environment={"PATH": os.defpath}),
            git=self.repository.command,
            files=Files(
                tracked=(PurePosixPath("shop/a.py"),),
                untracked=(PurePosixPath("b.py"), PurePosixPath("build/lib/shop/a.py"), PurePosixPath("a.py")),
            ),
            wanted=wanted or Wanted(),
            committed=False,
            changed=frozenset(),
            from_ci=True,
            screen=Screen(io.StringIO(), self.output),
            while_running=nullcontext,
            group=self.group,
            start=self.folder,
        )

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text.replace("{root}", str(self.repository.path)))
        return str(path)

    def said(self) -> list[str]:
        return [line.rstrip() for line in self.output.getvalue().splitlines()]


@pytest.fixture
def bench(tmp_path: Path, repository: Repository) -> Bench:
    bench = Bench(folder=tmp_path, repository=repository)
    bench.write("prepare", json.dumps(ANSWER))
    bench.write("analyse", json.dumps(ANALYSED))
    return bench


def covered(measurement: Measurement) -> dict[str, tuple[int, int]]:
    assert isinstance(measurement.coverage, Coverage)
    files = measurement.coverage.files.values()
    return {str(file.path): (len(file.statements - file.missing), len(file.statements)) for file in files}


# --- data that an earlier job made ------------------------------------------------------------------------------------


def test_a_report_is_read_and_nothing_is_said_of_tests(bench: Bench) -> None:
    found = measure(bench.job(coverage_data=bench.write("lcov.info", LCOV)), None)
    assert (covered(found), found.suite, found.notes) == ({"shop/a.py": (1, 2)}, None, ())
    assert bench.said() == ["covgate: Reading lcov.info"]


def test_several_reports_are_counted_in_the_log(bench: Bench) -> None:
    for name in ("one.info", "two.info"):
        bench.write(name, LCOV)
    measure(bench.job(coverage_data=f"{bench.folder}/*.info"), None)
    assert bench.said() == ["covgate: Reading 2 files"]


def test_data_of_coverages_own_is_analysed_by_the_projects_interpreter(bench: Bench) -> None:
    data = bench.write(".coverage", "SQLite format 3\0")
    found = measure(bench.job(coverage_data=data, wanted=Wanted(exports={ReportKind.XML: bench.folder / "x"})), None)
    assert (covered(found), found.suite, found.notes) == ({"shop/a.py": (1, 2)}, None, ("coverage: a warning",))
    asked = json.loads((bench.folder / "asked-to-analyse").read_text())
    assert (asked["data"], asked["config"], asked["exports"]) == ([data], None, {"xml": f"{bench.folder}/x"})


@pytest.mark.parametrize(
    ("cases", "status", "code", "tests"),
    [
        (PASSED_CASE, SuiteStatus.PASSED, 0, (1, 0, 2.0)),
        (PASSED_CASE + FAILED_CASE, SuiteStatus.FAILED, 1, (1, 1, 3.0)),
    ],
    ids=["passed", "failed"],
)
def test_how_the_tests_of_an_earlier_job_ended_is_what_their_report_says(
    bench: Bench, cases: str, status: SuiteStatus, code: int, tests: tuple[int, int, float]
) -> None:
    junit = bench.write("results.xml", f"<testsuite>{cases}</testsuite>")
    found = measure(bench.job(coverage_data=bench.write("lcov.info", LCOV), junit=junit), None)
    suite = found.suite
    assert suite is not None
    assert suite.tests is not None
    assert (suite.command, suite.status, suite.exit_code, suite.seconds) == ("", status, code, tests[2])
    assert (suite.tests.passed, suite.tests.failed, suite.tests.seconds) == tests
    assert found.notes == ()


def test_results_that_are_not_there_are_noted_and_tell_nothing_of_the_tests(bench: Bench) -> None:
    found = measure(bench.job(coverage_data=bench.write("lcov.info", LCOV), junit="none.xml"), None)
    note = "`junit` (from --junit) names no file that this run has: no tests are counted."
    assert (found.suite, found.notes) == (None, (note,))
    found = measure(bench.job(coverage_data=bench.write("lcov.info", LCOV), junit="off"), None)
    assert (found.suite, found.notes) == (None, ())


def test_data_that_cannot_be_used_is_unknown_from_there_on_and_shown(bench: Bench) -> None:
    nothing = bench.write("lcov.info", LCOV.replace("DA:1,1", "DA:1,0"))
    found = measure(bench.job(coverage_data=nothing), None)
    reason = "the report holds only files of which no statement was executed"
    assert isinstance(found.coverage, Unavailable)
    assert found.coverage.slug == "nothing-measured"
    assert bench.said()[:2] == ["covgate: Reading lcov.info", f"covgate: {found.coverage.reason}"]
    assert reason.partition(" holds ")[2] in found.coverage.reason


def test_coverages_own_reports_need_coverages_own_data(bench: Bench) -> None:
    wanted = Wanted(exports={ReportKind.XML: bench.folder / "x", ReportKind.JSON: bench.folder / "y"})
    with pytest.raises(InputError) as caught:
        measure(bench.job(coverage_data=bench.write("lcov.info", LCOV), reports="xml,json", wanted=wanted), None)
    assert caught.value.message == (
        "reports = xml, json (from --report) needs coverage data files, and lcov.info is an LCOV report"
    )
    assert caught.value.hint == "pass the `.coverage` files, or leave xml, json out of `reports`"


STATIC = {"gap": "measured", "s": [1, 2], "first": [], "maybe": [], "optional": []}
BEFORE = "lcov.info was committed before this change, and shop/a.py is changed: make it from this commit"
OLDER = "shop/a.py was measured before the last edit (lcov.info is older): run the tests again"


def test_data_that_is_older_than_the_change_is_doubted(tmp_path: Path, bench: Bench) -> None:
    repository = make_repository(tmp_path / "root")
    repository.write("shop/a.py", "x = 1\ny = 2\n")
    data = repository.write("lcov.info", LCOV.replace("{root}/", ""))
    repository.commit("data")
    bench.repository = repository
    bench.write("analyse", json.dumps({"changed": {"shop/a.py": STATIC}, "unloaded": [], "warnings": []}))
    outside = bench.write("lcov.info", LCOV)
    code = repository.path / "shop/a.py"
    os.utime(code, (10**9, 10**9))

    def doubts(
        changed: str = "", *, data: str = "lcov.info", committed: bool = True, from_ci: bool = True
    ) -> list[str]:
        wanted = Wanted(changed=(PurePosixPath("shop/a.py"),))
        job = bench.job(coverage_data=data, wanted=wanted)
        names = frozenset(map(PurePosixPath, changed.split()))
        found = measure(replace(job, committed=committed, from_ci=from_ci, changed=names), None)
        assert covered(found) == {"shop/a.py": (1, 2)}
        return [doubt.reason for of_file in found.doubts.values() for doubt in of_file]

    assert doubts() == [BEFORE]
    assert doubts("lcov.info") == []
    assert doubts("other.info shop/a.py") == [BEFORE]
    assert doubts(data=outside) == []
    (tmp_path / "link").symlink_to("root")
    assert doubts(data=f"{tmp_path}/link/lcov.info") == [BEFORE]
    # Elsewhere than in a workflow the times tell, and where a CI has just unpacked all files they do not.
    assert doubts(committed=False) == []
    assert doubts(committed=False, from_ci=False) == []
    os.utime(data, (10**9 - 1, 10**9 - 1))
    assert doubts(committed=False, from_ci=False) == [OLDER]
    assert doubts(committed=False) == []
    # It was made again, and came out as it had been.
    assert doubts() == []


# --- a run of the tests -----------------------------------------------------------------------------------------------


def run(bench: Bench, script: str, **options: str) -> Measurement:
    return measure(bench.job("sh", "-c", script, wanted=None, **options), None)


def test_the_tests_run_and_what_they_measured_is_analysed(bench: Bench) -> None:
    found = run(bench, 'touch "$COVERAGE_FILE"; exit 3')
    suite = found.suite
    assert suite is not None
    assert (suite.status, suite.exit_code, suite.tests) == (SuiteStatus.FAILED, 3, None)
    assert (covered(found), found.lost, found.notes) == ({"shop/a.py": (1, 2)}, 0, ("coverage: a warning",))
    assert bench.groups == ["Tests"]
    assert bench.said() == [
        "covgate: Preparing the measurement",
        f"covgate: Running {suite.command}",
        "covgate: Measuring",
    ]
    asked = json.loads((bench.folder / "asked-to-analyse").read_text())
    assert [Path(name).name for name in asked["data"]] == [".coverage"]
    # An environment that nobody ignores is no part of the project.
    assert (asked["config"], asked["local"]) == (ANSWER["config"], ["a.py", "b.py", "shop/a.py"])


def test_what_is_noted_of_a_run_is_said_before_it(bench: Bench) -> None:
    job = bench.job("sh", "-c", 'touch "$COVERAGE_FILE"', "pytest", "--cov", "--cov-config=none.ini")
    job = replace(job, project=replace(job.project, is_found=True))
    measure(job, None)
    assert bench.said()[1] == "covgate: Tests run with env/bin/python"
    bench.output.truncate(0)
    bench.output.seek(0)
    (bench.folder / "env" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    found = measure(job, None)
    assert found.suite is not None
    assert bench.said()[1:3] == [
        "covgate: Tests run with env/bin/python (3.12)",
        f"covgate: --cov-config names none.ini, which is not in {bench.repository.path}: it is not used.",
    ]


@pytest.mark.parametrize(
    ("script", "cases", "counted", "notes"),
    [
        ("exit 0", PASSED_CASE, (1, 0), ()),
        ("exit 1", PASSED_CASE + FAILED_CASE, (1, 1), ()),
        # A part of the truth is not taken for the whole of it.
        ("exit 137", PASSED_CASE, None, ()),
        (
            "exit 0",
            FAILED_CASE,
            (0, 1),
            ("1 of the tests failed by their report, and the test command ended as if none had.",),
        ),
    ],
    ids=["passed", "failed", "killed", "contradiction"],
)
def test_what_the_tests_say_of_themselves_is_kept_and_compared(
    bench: Bench, script: str, cases: str, counted: tuple[int, int] | None, notes: tuple[str, ...]
) -> None:
    results = bench.folder / "results.xml"
    write = f"echo '<testsuite>{cases}</testsuite>' > {results}"
    found = run(bench, f'touch "$COVERAGE_FILE"; {write}; {script}', junit=str(results))
    assert found.suite is not None
    tests: TestResults | None = found.suite.tests
    assert (tests and (tests.passed, tests.failed)) == counted
    assert found.notes == ("coverage: a warning", *notes)


def test_a_run_that_left_no_data_is_unknown_and_how_it_ended_is_kept(bench: Bench) -> None:
    found = run(bench, "exit 1")
    assert isinstance(found.coverage, Unavailable)
    message = "the test command left no coverage data: no Python process of it was measured"
    assert (found.coverage.reason, found.coverage.slug) == (message, "nothing-measured")
    assert found.suite is not None
    assert (found.suite.status, found.suite.exit_code) == (SuiteStatus.FAILED, 1)
    assert f"covgate: {message}" in bench.said()


def test_a_run_has_the_minutes_that_the_settings_give_it(bench: Bench) -> None:
    found = run(bench, 'touch "$COVERAGE_FILE"; exec sleep 60', timeout_minutes="0.002")
    assert found.suite is not None
    assert found.suite.status is SuiteStatus.TIMED_OUT


UV = """[ "$1" = venv ] || exit 0
for place; do :; done
mkdir -p "$place/bin"
cp {python} "$place/bin/python\""""
MADE = """#!/bin/sh
case "$1" in
-c) echo 3.12.4 ;;
-I) echo 7.99 ;;
*) {answers} ;;
esac
"""


def test_a_run_makes_an_environment_where_one_is_asked_for(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    python = bench.write("made", MADE.format(answers=ANSWERS.format(folder=tmp_path)))
    Path(python).chmod(0o755)
    (tmp_path / "bin").mkdir()
    install_uv(tmp_path, UV.format(python=python), names=("uv",))
    bench.repository.write("requirements.txt", "")
    tests = f'touch "$COVERAGE_FILE"; command -v python > {tmp_path}/ran'

    def made(*, makes_environment: bool = True, **options: str) -> list[str]:
        bench.groups.clear()
        bench.output.truncate(0)
        bench.output.seek(0)
        job = bench.job("sh", "-c", tests, wanted=None, **options)
        found = measure(replace(job, makes_environment=makes_environment), None)
        assert covered(found) == {"shop/a.py": (1, 2)}
        assert bench.groups == ["Environment", "Tests"]
        assert (tmp_path / "ran").read_text().endswith("/environment/bin/python\n")
        return bench.said()

    assert made()[:4] == [
        "covgate: Preparing the environment",
        "covgate: Python 3.12.4",
        "covgate: Found requirements.txt: uv pip install --requirements requirements.txt",
        "covgate: Preparing the measurement",
    ]
    own = ["covgate: Preparing the environment", "covgate: Python 3.12.4", "covgate: Preparing the measurement"]
    assert made(install_command="true")[:3] == own
    assert made(install_command="true", makes_environment=False)[:3] == own
    with pytest.raises(InputError, match=r"^install-command did not end within 0\.12 seconds"):
        made(install_command="exec sleep 60", timeout_minutes="0.002")
