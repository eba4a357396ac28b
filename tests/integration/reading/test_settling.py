"""Each data or report file is settled by itself: whose lines these are is never guessed from a name."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.support.github.server import FakeGithub
from tests.support.projects import Checkout, make_checkout
from tests.support.workflow import Workflow

MODULE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
"""Statements: 1, 2, 5, 6."""

KINDS = ("data", "xml", "lcov")


def data_file(path: Path, lines: Mapping[str, list[int]]) -> Path:
    """Write a data file of {recorded name: executed lines}, which names files as any machine would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = CoverageData(str(path))
    data.add_lines(lines)
    data.write()
    data.close()
    return path


def report_file(path: Path, kind: str, lines: Mapping[str, list[int]]) -> Path:
    """Write a measurement of files with the text of MODULE in one of the three forms."""
    if kind == "data":
        return data_file(path, lines)
    hits = {name: {line: int(line in executed) for line in (1, 2, 5, 6)} for name, executed in lines.items()}
    if kind == "lcov":
        records = [
            "\n".join([f"SF:{name}", *(f"DA:{n},{hit}" for n, hit in counts.items()), "end_of_record\n"])
            for name, counts in hits.items()
        ]
        text = "".join(records)
    else:
        classes = "".join(
            f'<class filename="{name}"><lines>'
            + "".join(f'<line number="{n}" hits="{hit}"/>' for n, hit in counts.items())
            + "</lines></class>"
            for name, counts in hits.items()
        )
        text = f"<coverage><sources></sources><packages>{classes}</packages></coverage>"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def covered(checkout: Checkout) -> dict[str, int]:
    """Return the diff's covered lines by file."""
    files = checkout.result()["diff"]["files"]
    return {file["path"]: file["lines"]["covered"] for file in files}


def changed_checkout(path: Path, files: Mapping[str, str]) -> Checkout:
    """Make a repository in which all of `files` are changed since main."""
    checkout = make_checkout(path, {"README": "x\n", ".gitignore": "data/\n.coverage\ncoverage.*\n.covgate/\n"})
    checkout.git("checkout", "--quiet", "-b", "topic")
    return checkout.write(files).commit()


# --- temporary files of known names ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gone", ["/gone/pytest-1/config.py", "/gone/pytest-1/app/config.py"], ids=["name", "folder"])
def test_a_temporary_file_of_a_known_name_is_left_out(tmp_path: Path, kind: str, gone: str) -> None:
    checkout = changed_checkout(tmp_path / "p", {"app/__init__.py": "", "app/config.py": MODULE, "app/main.py": MODULE})
    config = checkout.path / "app/config.py"
    lines = {str(config): [1, 5], str(checkout.path / "app/main.py"): [1, 2, 5, 6], gone: [1, 2, 5, 6]}
    report_file(checkout.path / "data/x", kind, lines)
    done = checkout.covgate("--data", "data/x", "--min-diff", "90")
    assert done.code == 1, done.out + done.err
    assert covered(checkout) == {"app/config.py": 2, "app/main.py": 4}
    assert f"1 measured file is not in the checkout and left out (the first is {gone})." in done.out


@pytest.mark.parametrize("kind", KINDS)
def test_data_of_another_machine_is_not_believed_for_a_name_alone(tmp_path: Path, kind: str) -> None:
    checkout = changed_checkout(tmp_path / "p", {"app/config.py": MODULE})
    report_file(checkout.path / "data/x", kind, {"/ci/elsewhere/config.py": [1, 2, 5, 6]})
    done = checkout.covgate("--data", "data/x", "--min-diff", "90")
    assert done.code == 4, done.out + done.err
    assert "docs/troubleshooting.md#sources-gone" in done.err
    assert "/ci/elsewhere/config.py" in done.message


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_shard_among_good_ones_is_refused(tmp_path: Path, kind: str) -> None:
    checkout = changed_checkout(tmp_path / "p", {"app/config.py": MODULE})
    report_file(checkout.path / "data/1", kind, {str(checkout.path / "app/config.py"): [1, 2]})
    report_file(checkout.path / "data/2", kind, {"/ci/other/project/thing.py": [5, 6]})
    done = checkout.covgate("--data", "data/*")
    assert done.code == 4, done.out + done.err
    assert "data/2" in done.message


# --- several services -----------------------------------------------------------------------------------------------


SERVICES = {f"services/{name}/app/{file}": MODULE for name in "ab" for file in ("main.py", "part.py")}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("there", ["", "/app/"], ids=["relative", "container"])
def test_services_with_files_of_equal_names_are_kept_apart(tmp_path: Path, kind: str, there: str) -> None:
    checkout = changed_checkout(tmp_path / "p", SERVICES)
    for name, lines in {"a": [1, 2, 5, 6], "b": [1, 5]}.items():
        recorded = {f"{there}app/main.py": lines, f"{there}app/part.py": [1, 2, 5, 6]}
        report_file(checkout.path / f"services/{name}/coverage.{kind}", kind, recorded)
    done = checkout.covgate("--data", f"services/*/coverage.{kind}", "--min-diff", "90")
    assert done.code == 1, done.out + done.err
    expected = dict.fromkeys(SERVICES, 4) | {"services/b/app/main.py": 2}
    assert covered(checkout) == expected


def test_relative_names_of_data_kept_in_a_folder_are_the_projects(tmp_path: Path) -> None:
    """The folder of the data has a file of one of the names, the project has all of them."""
    checkout = changed_checkout(tmp_path / "p", {"main.py": MODULE, "app/part.py": MODULE, "reports/main.py": MODULE})
    data_file(checkout.path / "reports/.coverage", {"main.py": [1, 2], "app/part.py": [1, 2, 5]})
    done = checkout.covgate("--data", "reports/.coverage")
    assert done.code == 0, done.out + done.err
    found = covered(checkout)
    assert (found["main.py"], found["app/part.py"]) == (2, 3)


def test_services_in_a_pull_request(tmp_path: Path, git_github: FakeGithub) -> None:
    folder = tmp_path / "made"
    for name, lines in {"a": [1, 2, 5, 6], "b": [1, 5]}.items():
        report_file(folder / name, "lcov", {"app/main.py": lines, "app/part.py": [1, 2, 5, 6]})
    reports = {f"services/{name}/coverage.lcov": (folder / name).read_text() for name in "ab"}
    workflow = Workflow(tmp_path, git_github, {"README": "x\n"})
    workflow.open_pull_request({**SERVICES, **reports})
    ran = workflow.run_pull_request(coverage_data="services/*/coverage.lcov", min_diff="90")
    assert (ran.exit_code, ran.outputs["verdict"], ran.outputs["diff-percent"]) == (1, "fail", "87.500"), ran.log
    assert "Diff coverage 87.5 %" in ran.comment


ELSEWHERE = {
    # Data of a checkout that still exists on the machine, of equal and of another text.
    "equal-checkout": ("{other}/app/main.py", MODULE, 1, "fail", "50.000"),
    "other-checkout": ("{other}/app/main.py", MODULE.replace("return 2", "return 1 + 1"), 4, "cannot-judge", ""),
    # A temporary file of the same name, beside a file of this checkout.
    "namesake": ("/gone/pytest-1/main.py", None, 1, "fail", "0.000"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "text", "code", "verdict", "percent"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_data_that_names_files_elsewhere_in_a_pull_request(
    tmp_path: Path,
    git_github: FakeGithub,
    kind: str,
    name: str,
    text: str | None,
    code: int,
    verdict: str,
    percent: str,
) -> None:
    other = tmp_path / "other"
    package = {"app/__init__.py": "", "app/part.py": MODULE}
    if text is not None:
        make_checkout(other, {**package, "app/main.py": text})
    workflow = Workflow(tmp_path, git_github, {"README": "x\n", **package})
    workflow.open_pull_request({"app/main.py": MODULE})
    # What lies here is named as it is; the change is measured elsewhere.
    lines = {name.format(other=other): [1, 5], **({} if text else {"app/part.py": [1, 2, 5, 6]})}
    made = report_file(tmp_path / "made", kind, lines)
    ran = workflow.run_pull_request(coverage_data=str(made), min_diff="90")
    assert (ran.exit_code, ran.outputs["verdict"], ran.outputs["diff-percent"]) == (code, verdict, percent), ran.log
    first = "\n".join(ran.comment.splitlines()[:3])
    assert ("app/main.py" if code == 4 else "Diff coverage") in first


# --- covgate's own run ------------------------------------------------------------------------------------------------


RELATIVE = "[run]\nrelative_files = true\nbranch = true\n"


def test_a_script_started_in_another_folder_is_not_the_projects(tmp_path: Path) -> None:
    test = (
        "import subprocess, sys\n\n\ndef test_example():\n"
        "    subprocess.run([sys.executable, 'main.py'], cwd='examples', check=True)\n"
    )
    files = {"main.py": MODULE, "examples/main.py": MODULE + "\n\none()\ntwo()\n", "test_example.py": test}
    checkout = changed_checkout(tmp_path / "p", {**files, ".coveragerc": RELATIVE})
    done = checkout.covgate("--min-diff", "90", command=["python", "-m", "pytest", "-q"])
    assert done.code == 1, done.out + done.err
    assert covered(checkout)["main.py"] == 0
    assert covered(checkout)["examples/main.py"] == 6


def test_a_script_of_another_folder_in_a_pull_request(tmp_path: Path, git_github: FakeGithub) -> None:
    test = "import runpy\n\n\ndef test_example():\n    runpy.run_path('examples/main.py')\n"
    workflow = Workflow(tmp_path, git_github, {".coveragerc": RELATIVE, "examples/main.py": MODULE, "test_x.py": test})
    workflow.open_pull_request({"main.py": MODULE})
    command = f"cd examples && {sys.executable} main.py && cd .. && {sys.executable} -m pytest -q -p no:cacheprovider"
    ran = workflow.run_pull_request(test_command=command, min_diff="90")
    assert (ran.exit_code, ran.outputs["verdict"], ran.outputs["diff-percent"]) == (1, "fail", "0.000"), ran.log
    assert "Diff coverage 0 %" in ran.comment


def test_a_command_that_changes_the_folder_is_measured(tmp_path: Path) -> None:
    test = "from app.main import one\n\n\ndef test_one():\n    assert one() == 1\n"
    files = {"backend/app/__init__.py": "", "backend/app/main.py": MODULE, "backend/test_main.py": test}
    checkout = changed_checkout(tmp_path / "p", {**files, ".coveragerc": RELATIVE})
    done = checkout.covgate("--min-diff", "90", command=["sh", "-c", "cd backend && python -m pytest -q"])
    assert done.code == 1, done.out + done.err
    assert covered(checkout)["backend/app/main.py"] == 3


# --- reports with several sources ---------------------------------------------------------------------


def test_the_sources_of_a_report_are_tried_in_turn(tmp_path: Path) -> None:
    """Each file is named under every source; only one of them is where it lies."""
    files = {"shop/a.py": MODULE, "shop/b.py": MODULE, "tests/test_a.py": MODULE, "tests/test_b.py": MODULE}
    checkout = changed_checkout(tmp_path / "p", files)
    path = report_file(checkout.path / "data/x", "xml", {name.split("/")[1]: [1, 2] for name in files})
    sources = "<source>/ci/R/shop</source><source>/ci/R/tests</source>"
    path.write_text(path.read_text().replace("<sources>", f"<sources>{sources}"))
    done = checkout.covgate("--data", "data/x")
    assert done.code == 0, done.out + done.err
    assert covered(checkout) == dict.fromkeys(files, 2)
    assert "Paths under /ci/R were read as the checkout." in done.out
    assert done.out.count("were read as") == 1


def test_a_data_file_is_left_as_it_was(tmp_path: Path) -> None:
    """Left out files are deleted from covgate's own copy only."""
    checkout = changed_checkout(tmp_path / "p", {"app/config.py": MODULE})
    lines = {str(checkout.path / "app/config.py"): [1], "/gone/gone/config.py": [1, 2]}
    path = data_file(checkout.path / "data/x", lines)
    before = path.read_bytes()
    assert checkout.covgate("--data", "data/x", "--report", "xml").code == 0
    assert path.read_bytes() == before
    assert "gone" not in (checkout.path / ".covgate/coverage.xml").read_text()
    with sqlite3.connect(path) as database:
        assert database.execute("select count(*) from file").fetchone() == (2,)
    database.close()
