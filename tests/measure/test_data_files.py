"""Data files by their globs, and what the analysis answers about them as a measurement, or one clear refusal."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import pytest

from covgate.config import ReportKind
from covgate.errors import InputError, MeasureError
from covgate.measure.data_files import Wanted, analyse_data, find_data
from covgate.measure.foreign.kinds import DataKind
from covgate.measure.project import Project
from covgate.model import Branch, Counts, Coverage, Function, Gap, Measurement, Reason, ReasonKind, Span, Tally

# --- which files they are -----------------------------------------------------------------------------------------

DATA = "SQLite format 3\0"


@pytest.mark.parametrize(
    ("there", "globs", "found"),
    [
        ([".coverage"], [".coverage"], [".coverage"]),
        ([".coverage.b", ".coverage.a"], [".coverage.*"], [".coverage.a", ".coverage.b"]),
        (["b", "a"], ["b", "a"], ["b", "a"]),
        (["a", "b"], ["b", "?"], ["b", "a"]),
        (["one/.hidden/a", "two/a"], ["**/a"], ["one/.hidden/a", "two/a"]),
        (["a", "x/y"], ["*"], ["a"]),
        (
            [".coverage", ".coveragerc", ".coveragerc.toml", ".coverage-journal", ".coverage-wal", ".coverage-shm"],
            [".coverage*"],
            [".coverage"],
        ),
        ([".coverage-wal"], [".coverage-wal"], [".coverage-wal"]),
        ([".coveragerc"], [".coveragerc"], [".coveragerc"]),
    ],
    ids=str,
)
def test_the_data_is_what_the_globs_name(tmp_path: Path, there: list[str], globs: list[str], found: list[str]) -> None:
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(DATA)
    assert find_data(tmp_path, globs, "--data") == (tuple(tmp_path / name for name in found), DataKind.DATA_FILE)


def test_a_glob_may_be_absolute(tmp_path: Path) -> None:
    (tmp_path / "x.info").write_text("SF:a.py\n")
    assert find_data(tmp_path / "p", [f"{tmp_path}/*.info"], "--data") == ((tmp_path / "x.info",), DataKind.LCOV)


@pytest.mark.parametrize("globs", [["none*"], [".coverage", "none*"], ["none*", ".coverage"]])
def test_each_glob_must_match(tmp_path: Path, globs: list[str]) -> None:
    (tmp_path / ".coverage").write_text(DATA)
    with pytest.raises(InputError, match=r"^no file matches 'none\*' \(from --data\)$") as caught:
        find_data(tmp_path, globs, "--data")
    assert caught.value.slug == "data-not-found"


def test_what_only_lies_beside_data_is_none(tmp_path: Path) -> None:
    (tmp_path / ".coveragerc").write_text("[run]\n")
    with pytest.raises(InputError, match=r"no file matches '\.coverage\*'"):
        find_data(tmp_path, [".coverage*"], "--data")


def test_data_of_two_kinds_is_refused_with_the_first_five(tmp_path: Path) -> None:
    for name in ("1", "2", "3", "4", "5", "6"):
        (tmp_path / name).write_text("SF:a.py\n" if name != "2" else "<coverage/>")
    with pytest.raises(InputError) as caught:
        find_data(tmp_path, ["*"], "--data")
    assert caught.value.slug == "mixed-data"
    assert caught.value.message == (
        "the coverage data (from --data) is of several kinds: 1 is an LCOV report, 2 is a Cobertura report, "
        "3 is an LCOV report, 4 is an LCOV report, 5 is an LCOV report"
    )


# --- what is answered about them ----------------------------------------------------------------------------------

LINES = {"s": [1, 2, 3], "m": [2], "x": [5], "b": [[1, 2, 1]]}
DETAILS = {
    "first": [[4, 3]],
    "functions": [["A.f", 1, 3, 2]],
    "reasons": [[2, "if-never-true", 1]],
    "sha256": "0" * 64,
    "stray": [9],
}
ANSWER: Mapping[str, object] = {
    "branches": True,
    "foreign": [],
    "lost": 0,
    "gone": [],
    "hidden": [],
    "files": {"a.py": {**LINES, **DETAILS}, "b.py": LINES},
    "changed": {},
    "unloaded": [],
    "problems": [],
    "warnings": [],
}
A, B, C = map(PurePosixPath, ("a.py", "b.py", "c.py"))
PYTHON = 'n=$(ls question.* 2>/dev/null | wc -l)\ncat >"question.$((n))"\ncat "answer.$((n))" >"/dev/fd/$2"\n'
"""Stands for an interpreter whose probe answers each question with the next of the answers that lie there."""


def analyse(
    folder: Path,
    *answers: Mapping[str, object],
    config: str | None = None,
    wanted: Wanted | None = None,
    local: Sequence[PurePosixPath] = (A, B),
    environment: Mapping[str, str] | None = None,
) -> Measurement:
    """Analyse `.coverage`; each answer is the usual one but for the given parts."""
    for number, answer in enumerate(answers or [{}]):
        (folder / f"answer.{number}").write_text(json.dumps({**ANSWER, **answer}))
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{PYTHON}")
    python.chmod(0o755)
    project = Project(
        directory=folder, root=folder, python=python, environment={"PATH": os.environ["PATH"], **(environment or {})}
    )
    return analyse_data(project, [folder / ".coverage"], config=config, wanted=wanted or Wanted(), local=local)


def asked(folder: Path, number: int = 0) -> dict[str, object]:
    found = json.loads((folder / f"question.{number}").read_text())
    assert isinstance(found, dict)
    return found


def test_a_record_becomes_a_file(tmp_path: Path) -> None:
    found = analyse(tmp_path)
    assert isinstance(found.coverage, Coverage)
    assert found.coverage.has_branches
    assert found.coverage.files.keys() == {A, B}
    file = found.coverage.files[A]
    assert (file.path, *map(set, (file.statements, file.missing, file.excluded))) == (A, {1, 2, 3}, {2}, {5})
    assert file.branches == {1: Branch(total=2, taken=1)}
    assert file.first_lines == {4: 3}
    assert file.functions == (Function(name="A.f", span=Span(start=1, end=3), body=2),)
    assert file.reasons == {2: Reason(kind=ReasonKind.IF_NEVER_TRUE, line=1)}
    assert found.digests == {A: "0" * 64}
    assert (found.unmeasured, found.otherwise, found.lost, found.notes) == ({}, None, 0, ())


def test_of_a_changed_file_without_data_is_known_why(tmp_path: Path) -> None:
    changed = {
        "c.py": {"gap": "unmeasured", **LINES, "sha256": "1" * 64},
        "d.py": {"gap": "undecided", **LINES},
        "e.py": {"gap": "omitted", "rule": "omit = e.py", "where": "setup.cfg line 3"},
        "f.py": {"gap": "unparsable", "why": "no Python"},
    }
    found = analyse(tmp_path, {"changed": changed})
    assert {path.stem: (gap.gap, gap.why, gap.rule, gap.where) for path, gap in found.unmeasured.items()} == {
        "c": (Gap.UNMEASURED, "", "", ""),
        "d": (Gap.UNDECIDED, "", "", ""),
        "e": (Gap.OMITTED, "", "omit = e.py", "setup.cfg line 3"),
        "f": (Gap.UNPARSABLE, "no Python", "", ""),
    }
    files = {path.stem: gap.file.statements for path, gap in found.unmeasured.items() if gap.file}
    assert files == {"c": {1, 2, 3}, "d": {1, 2, 3}}
    assert found.digests == {A: "0" * 64, C: "1" * 64}


def test_executed_lines_that_are_no_statements_are_doubted_in_data_made_before(tmp_path: Path) -> None:
    assert list(analyse(tmp_path).doubts) == [A]


def test_covgates_own_run_is_of_the_text_that_lies_here(tmp_path: Path) -> None:
    assert analyse(tmp_path, config="[run]").doubts == {}


def test_the_notes_are_told_in_their_order(tmp_path: Path) -> None:
    found = analyse(tmp_path, {"gone": ["/x/g.py"], "unloaded": ["u.py"], "lost": 1, "warnings": ["No data"]})
    assert found.lost == 1
    assert found.notes == (
        "1 measured file is not in the checkout and left out (the first is /x/g.py).",
        "1 file that no test loads is not in the total: u.py.",
        "One process of the run ended before writing coverage data: what they executed is not counted.",
        "coverage: No data",
    )


def test_several_are_counted(tmp_path: Path) -> None:
    names = [f"{number}.py" for number in range(6)]
    assert analyse(tmp_path, {"gone": names, "unloaded": names, "lost": 2}).notes == (
        "6 measured files are not in the checkout and left out (the first is 0.py).",
        "6 files that no test loads are not in the total: 0.py, 1.py, 2.py, 3.py, 4.py and 1 more.",
        "2 processes of the run ended before writing coverage data: what they executed is not counted.",
    )


@pytest.mark.parametrize(
    ("counts", "fine"),
    [
        ([1, 2, 3, 4], True),
        ([0, 0, 0, 0], True),
        ([2, 2, 4, 4], True),
        (None, False),
        ([3, 2, 3, 4], False),
        ([1, 2, 5, 4], False),
        ([-1, 2, 3, 4], False),
        ([1, 2, -1, 4], False),
        ([1, 2, 3], False),
        ([1, 2, 3, 4, 5], False),
        ([True, 2, 3, 4], False),
        ([1.0, 2, 3, 4], False),
        ("1234", False),
    ],
)
def test_the_counts_by_the_bases_options_are_believed_when_they_can_be(
    tmp_path: Path, counts: object, *, fine: bool
) -> None:
    tally = None
    if fine and isinstance(counts, list):
        covered, statements, taken, branches = counts
        tally = Tally(lines=Counts(covered=covered, total=statements), branches=Counts(covered=taken, total=branches))
    assert analyse(tmp_path, {"otherwise": counts}).otherwise == tally


GONE = "; ".join(f"{number}.py: its source is gone" for number in range(4))
CURE = "Leave them out with `omit`, or set `ignore_errors` in the coverage configuration"


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        ([["not-python", "a.py", "x"]], "`a.py` is not valid Python"),
        (
            [["no-source", "a.py", "x"]],
            f"1 measured file cannot be analysed (a.py: its source is gone). {CURE}",
        ),
        (
            [["not-python", "a.py", "x"], *(["no-source", f"{n}.py", "x"] for n in range(5))],
            f"6 measured files cannot be analysed (a.py: it is not valid Python; {GONE} and 1 more). {CURE}",
        ),
    ],
    ids=["no-python", "no-source", "several"],
)
def test_measured_files_that_cannot_be_analysed_are_named(
    tmp_path: Path, problems: list[list[str]], message: str
) -> None:
    with pytest.raises(MeasureError) as caught:
        analyse(tmp_path, {"problems": problems})
    assert (caught.value.message, caught.value.slug) == (message, "sources-gone")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "the coverage data holds no measured file"),
        ({"a.py": {**LINES, "m": [1, 2, 3]}}, "the coverage data holds only files of which no statement was executed"),
        (
            {"a.py": {**LINES, "s": [], "m": []}},
            "the coverage data holds only files of which no statement was executed",
        ),
    ],
)
def test_a_measurement_in_which_nothing_ran_is_none(tmp_path: Path, files: Mapping[str, object], message: str) -> None:
    with pytest.raises(MeasureError) as caught:
        analyse(tmp_path, {"files": files})
    assert (caught.value.message, caught.value.slug) == (message, "nothing-measured")


def test_one_executed_statement_is_enough(tmp_path: Path) -> None:
    files = {"a.py": {**LINES, "m": [1, 2, 3]}, "b.py": {**LINES, "m": [2, 3]}}
    found = analyse(tmp_path, {"files": files})
    assert isinstance(found.coverage, Coverage)
    assert found.coverage.files[A].missing == {1, 2, 3}


def test_a_package_that_ran_elsewhere_and_is_not_measured_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"^nothing of src/shop was measured, .* has it in /site/shop") as caught:
        analyse(tmp_path, {"hidden": [["src/shop", "/site/shop"]]})
    assert caught.value.slug == "installed-copy"


# --- what is asked ------------------------------------------------------------------------------------------------


def test_what_the_analysis_is_asked(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "--cov=shop"\npython_files = ["check_*.py"]\n'
    )
    wanted = Wanted(
        changed=(A,), tracked=(A, B), exports={ReportKind.XML: tmp_path / "x.xml"}, otherwise={"omit": ("a", "b")}
    )
    analyse(tmp_path, config="[run]", wanted=wanted, local=[PurePosixPath("src/shop/__init__.py")])
    assert asked(tmp_path) == {
        "command": "analyse",
        "data": [f"{tmp_path}/.coverage"],
        "config": "[run]",
        "places": None,
        "local": ["src/shop/__init__.py"],
        "packages": {"shop": "src/shop"},
        "root": str(tmp_path),
        "changed": ["a.py"],
        "tracked": ["a.py", "b.py"],
        "source": ["shop"],
        "tests": ["check_*.py"],
        "exports": {"xml": f"{tmp_path}/x.xml"},
        "own_run": True,
        "otherwise": {"omit": ["a", "b"]},
    }


def test_of_data_made_before_no_package_is_looked_for(tmp_path: Path) -> None:
    analyse(tmp_path, local=[PurePosixPath("src/shop/__init__.py")], environment={"PYTEST_ADDOPTS": "--cov=shop"})
    question = asked(tmp_path)
    known = {name: question[name] for name in ("config", "packages", "own_run", "otherwise", "source")}
    assert known == {"config": None, "packages": {}, "own_run": False, "otherwise": None, "source": ["shop"]}


def recorded(name: str, **known: object) -> dict[str, object]:
    return {"name": name, "place": None, "alias": None, "executed": True, "here": False, "added": False, **known}


def elsewhere(*foreign: dict[str, object], known: int = 0, executed: Sequence[str] = ()) -> dict[str, object]:
    return {"foreign": [{"data": ".coverage", "known": known, "executed": [*executed], "foreign": [*foreign]}]}


def test_files_that_were_recorded_elsewhere_are_asked_for_by_their_places_here(tmp_path: Path) -> None:
    first = elsewhere(recorded("/ci/R/pkg/a.py"), recorded("/ci/R/pkg/b.py"), recorded("/gone/x.py"))
    found = analyse(tmp_path, first, {}, local=[PurePosixPath("pkg/a.py"), PurePosixPath("pkg/b.py")])
    places = {
        "/ci/R/pkg/a.py": f"{tmp_path}/pkg/a.py",
        "/ci/R/pkg/b.py": f"{tmp_path}/pkg/b.py",
        "/gone/x.py": None,
    }
    assert asked(tmp_path, 1) == {**asked(tmp_path), "places": {".coverage": places}}
    assert found.notes == (
        "Paths under /ci/R were read as the checkout.",
        "1 measured file is not in the checkout and left out (the first is /gone/x.py).",
    )


@pytest.mark.parametrize(
    ("known", "known_here", "executed", "place"),
    [
        pytest.param({"alias": "{root}/pkg/a.py"}, 0, [], "{root}/pkg/a.py", id="an-alias"),
        pytest.param({"place": "{root}/else/a.py", "added": True}, 1, [], None, id="added-by-covgate"),
        pytest.param({}, 1, [], None, id="gone-beside-others-that-are-here"),
        pytest.param(
            {"place": "{root}/else/a.py", "alias": "{root}/pkg/a.py", "executed": False}, 0, [], "{root}/pkg/a.py",
            id="a-copy-that-did-not-run",
        ),
        pytest.param(
            {"place": "{root}/else/a.py", "alias": "{root}/pkg/a.py", "here": True}, 0, [], "{root}/else/a.py",
            id="a-file-in-its-own-right",
        ),
        pytest.param(
            {"place": "{root}/else/a.py", "alias": "{root}/pkg/a.py"}, 0, ["pkg/a.py"], None,
            id="another-text-than-ran-here",
        ),
    ],
)  # fmt: skip
def test_what_is_known_of_a_recorded_file_decides_its_place(
    tmp_path: Path, known: Mapping[str, object], known_here: int, executed: list[str], place: str | None
) -> None:
    for name, text in {"pkg/a.py": "x = 1\n", "else/a.py": "x = 2\n"}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    said = {name: one.format(root=tmp_path) if isinstance(one, str) else one for name, one in known.items()}
    first = elsewhere(recorded("/ci/R/a.py", **said), known=known_here, executed=executed)
    analyse(tmp_path, first, {}, local=[PurePosixPath("pkg/a.py")])
    assert asked(tmp_path, 1)["places"] == {".coverage": {"/ci/R/a.py": place.format(root=tmp_path) if place else None}}
