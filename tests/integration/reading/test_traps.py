"""The trap table: what bare diff-cover 11.0.1 answers on a real repository, and what covgate does.

The first half of each test is a fault for which covgate reads git's patch itself and hands diff-cover exact lines; when
a new diff-cover mends one, the test says so. Where diff-cover is right the two are held equal.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.support.repositories import RUN_EVERYTHING, DiffCover, Gate, Repository

CALL = "def f(a):\n    return dict(\n        a=a,\n        b=2,\n    )\n"

UNTESTED = "def f():\n    return 1\n"
"""Two statements, the second never executed."""


def project(**files: str | bytes) -> dict[str, bytes]:
    """A project whose `run.py` imports `m`; keyword arguments replace or add files (`m` stands for m.py)."""
    default = {"coveragerc": RUN_EVERYTHING, "run": "import m\n", "m": "x = 1\n"}
    names = {"coveragerc": ".coveragerc"}
    return {
        names.get(name, f"{name}.py"): content.encode() if isinstance(content, str) else content
        for name, content in (default | files).items()
    }


def run_by_path(*names: str) -> str:
    """A script that executes files which cannot be imported."""
    return f"import runpy\nfor name in {names!r}:\n    runpy.run_path(name)\n"


def assert_silent(bare: DiffCover) -> None:
    """diff-cover saw no line at all, and was content."""
    assert (bare.lines, bare.percent, bare.exit_code) == (0, 100, 0)


def assert_red(gate: Gate, lines: tuple[int, int], missing: dict[str, list[list[int]]]) -> None:
    assert (gate.lines, gate.branches, gate.missing) == (lines, (0, 0), missing)
    assert (gate.verdict, gate.exit_code) == ("fail", 1)


def assert_nothing_to_judge(gate: Gate) -> None:
    assert (gate.lines, gate.files, gate.diff["percent"]) == ((0, 0), [], None)
    assert (gate.verdict, gate.exit_code) == ("pass", 0)


def test_row_1_an_edited_continuation_line_counts_as_its_statement(repository: Repository) -> None:
    repository.start(project(m=CALL))
    repository.commit(project(m=CALL.replace("b=2", "b=3")))
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (0, 1), {"m.py": [[2, 2]]})


def test_row_1_an_edited_continuation_line_counts_as_its_statement_in_report_files(repository: Repository) -> None:
    repository.start(project(m=CALL))
    repository.commit(project(m=CALL.replace("b=2", "b=3")))
    repository.measure()
    for kind, name in (("xml", "coverage.xml"), ("lcov", "lcov.info")):
        repository.report(kind, name)
        assert_silent(repository.diff_cover(name))
        assert_red(repository.check(data=name), (0, 1), {"m.py": [[2, 2]]})


def test_row_2_a_partial_branch_is_not_covered(repository: Repository) -> None:
    config = RUN_EVERYTHING.replace("[run]", "[run]\nbranch = True")
    code = "def f(a):\n    if a:\n        return 1\n    return 2\n\n\nf(1)\nf(0)\n"
    changed = code.replace("if a:", "if a >= 0:")
    repository.start(project(coveragerc=config, m=code))
    repository.commit(project(coveragerc=config, m=changed))
    bare, gate = repository.both()
    assert (bare.lines, bare.missing, bare.percent, bare.exit_code) == (1, {"m.py": []}, 100, 0)
    assert (gate.lines, gate.branches, gate.missing, gate.partial) == ((1, 1), (1, 2), {"m.py": []}, {"m.py": [2]})
    assert (gate.diff["percent"], gate.verdict, gate.exit_code) == ("66.666666", "fail", 1)


def test_row_3_an_edited_last_line_without_a_line_end_is_counted(repository: Repository) -> None:
    repository.start(project(m=UNTESTED.rstrip("\n")))
    repository.commit(project(m=UNTESTED.rstrip("\n").replace("1", "2")))
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (0, 1), {"m.py": [[2, 2]]})


@pytest.mark.parametrize("name", ["pkg b/mod.py", "x b/y b/z.py"])
def test_row_4_a_path_that_holds_b_slash_is_counted(repository: Repository, name: str) -> None:
    repository.start(project(run=run_by_path(name)))
    repository.commit({name: UNTESTED})
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (1, 2), {name: [[2, 2]]})


def test_row_5_trailing_spaces_tabs_and_line_ends_in_a_path_are_counted(repository: Repository) -> None:
    names = ("trailing.py ", "tab\t.py", "line\nend.py")
    repository.start(project(run=run_by_path(*names)))
    repository.commit(dict.fromkeys(names, UNTESTED))
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (3, 6), {name: [[2, 2]] for name in names})


def test_row_6_spaces_quotes_brackets_and_unicode_in_a_path_are_counted_as_diff_cover_does(
    repository: Repository,
) -> None:
    names = ("a b.py", "über/ñ.py", "😀.py", 'q".py', "[x].py", "-lead.py")
    repository.start(project(run=run_by_path(*names)))
    repository.commit(dict.fromkeys(names, UNTESTED))
    bare, gate = repository.both()
    assert (bare.lines, bare.missing, bare.exit_code) == (12, {name: [2] for name in names}, 1)
    assert_red(gate, (6, 12), {name: [[2, 2]] for name in names})


def test_row_6_a_measured_file_with_a_backslash_in_its_name_cannot_be_judged(repository: Repository) -> None:
    repository.start(project(run=run_by_path("back\\slash.py")))
    repository.commit({"back\\slash.py": UNTESTED})
    bare, gate = repository.both()
    assert bare.missing == {"back/slash.py": [2]}, "diff-cover names another file"
    # coverage itself turns the backslash into a slash when it combines data.
    assert (gate.verdict, gate.exit_code) == ("cannot-judge", 4)
    assert "back/slash.py" in str(gate.diff["reason"])


def test_row_7_a_new_file_no_test_imports_is_uncovered_as_diff_cover_says(repository: Repository) -> None:
    repository.start(project())
    repository.commit({"new.py": UNTESTED})
    bare, gate = repository.both()
    assert (bare.missing, bare.percent, bare.exit_code) == ({"new.py": [1, 2]}, 0, 1)
    assert_red(gate, (0, 2), {"new.py": [[1, 2]]})
    assert gate.unmeasured == [], "coverage measured it: nothing of it ran"


def test_row_8_a_new_file_no_test_imports_is_uncovered_without_a_configured_source(repository: Repository) -> None:
    config = "[run]\nomit = run.py\n"
    repository.start(project(coveragerc=config, run="import pkg.m\n", **{"pkg/__init__": "", "pkg/m": "x = 1\n"}))
    repository.commit({"pkg/new.py": UNTESTED})
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (0, 2), {"pkg/new.py": [[1, 2]]})
    assert gate.unmeasured == ["pkg/new.py"]


def test_row_9_a_new_script_outside_any_package_is_uncovered(repository: Repository) -> None:
    repository.start(project())
    repository.commit({"scripts/tool.py": UNTESTED})
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (0, 2), {"scripts/tool.py": [[1, 2]]})
    assert gate.unmeasured == ["scripts/tool.py"]
    assert "scripts/tool.py" in gate.comment
    assert "scripts/tool.py" in gate.stdout.decode()


def test_row_10_new_files_coverage_never_looks_at_are_uncovered(repository: Repository) -> None:
    names = ["a+b.py", "a,b.py", "foo.bar.py", "x=1.py"]
    repository.start(project())
    repository.commit(dict.fromkeys(names, UNTESTED))
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (0, 8), {name: [[1, 2]] for name in names})
    assert gate.unmeasured == names


@pytest.mark.parametrize("attribute", ["binary", "-diff"])
def test_row_11_attributes_in_the_change_hide_no_line(repository: Repository, attribute: str) -> None:
    repository.start(project(m=UNTESTED))
    repository.commit(project(m=UNTESTED.replace("1", "2")) | {".gitattributes": f"*.py {attribute}\n".encode()})
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (0, 1), {"m.py": [[2, 2]]})


def two_sources(repository: Repository) -> None:
    config = "[run]\nsource = one,two\n"
    tested = f"{UNTESTED}f()\n"
    files = {"one/m": tested, "two/m": UNTESTED}
    repository.start(project(coveragerc=config, run=run_by_path("one/m.py", "two/m.py"), **files))
    repository.commit({"one/m.py": tested.replace("1", "2"), "two/m.py": UNTESTED.replace("1", "2")})


def test_row_12_two_source_folders_with_one_relative_name_are_kept_apart(repository: Repository) -> None:
    two_sources(repository)
    bare, gate = repository.both()
    assert bare.missing == {"one/m.py": [2], "two/m.py": [2]}, "coverage's XML holds one class for both"
    assert_red(gate, (1, 2), {"one/m.py": [], "two/m.py": [[2, 2]]})


def test_row_12_an_xml_report_that_mixes_up_two_files_is_refused(repository: Repository) -> None:
    two_sources(repository)
    repository.measure()
    repository.report("xml", "coverage.xml")
    gate = repository.check(data="coverage.xml")
    assert (gate.verdict, gate.exit_code) == ("cannot-judge", 4)
    assert "could be any of: one/m.py, two/m.py" in str(gate.diff["reason"])


def test_row_13_a_line_only_one_of_two_reports_measured_stays_uncovered(repository: Repository) -> None:
    repository.start(project(m="x = 1\n"))
    repository.commit(project(m="a = 1\nb = 2\nc = 3\n"))
    repository.write({"one.info": lcov("m.py", {1: 1, 2: 1, 3: 0}), "two.info": lcov("m.py", {1: 1, 2: 1})})
    bare = repository.diff_cover("one.info", "two.info")
    assert (bare.lines, bare.missing, bare.exit_code) == (3, {"m.py": []}, 0)
    assert repository.diff_cover("one.info").missing == {"m.py": [3]}
    assert_red(repository.check("--data=one.info", data="two.info"), (2, 3), {"m.py": [[3, 3]]})


def test_row_14_a_report_made_in_another_folder_is_mapped_to_the_checkout(repository: Repository) -> None:
    repository.start({"README": b"x\n", **{f"backend/{name}": text for name, text in project().items()}})
    # The file at the top must not be taken for the measured one.
    repository.commit({"backend/m.py": UNTESTED, "m.py": "y = 1\n"})
    backend = repository.path / "backend"
    repository.measure(directory=backend)
    repository.report("xml", "coverage.xml", directory=backend)
    report = (backend / "coverage.xml").read_bytes()
    repository.write({"coverage.xml": report.replace(os.fsencode(backend), b"/home/runner/work/r/r/backend")})
    bare, gate = repository.diff_cover(), repository.check(data="coverage.xml")
    assert bare.missing == {"m.py": []}, "the wrong file is matched, the measured one is not"
    assert bare.exit_code == 0
    assert gate.missing["backend/m.py"] == [[2, 2]]
    assert (gate.verdict, gate.exit_code) == ("fail", 1)


@pytest.mark.parametrize(
    ("edit", "lines"),
    [
        pytest.param("a = 1\nb = 2\nc = 3\nx = 1\n", [1, 2, 3, 7], id="insertion"),
        pytest.param("", [3], id="deletion"),
    ],
)
def test_row_15_edits_on_a_laptop_above_the_change_shift_it_rightly(
    repository: Repository, edit: str, lines: list[int]
) -> None:
    text = "x = 1\ny = 2\ndef f():\n    return 1\n"
    repository.start(project(m=text))
    changed = text.replace("return 1", "return 2")
    repository.commit(project(m=changed))
    repository.write(project(m=changed.replace("x = 1\n", edit)))
    bare, gate = repository.both()
    assert bare.missing != {"m.py": [lines[-1]]}
    assert repository.changed(head=None) == {"m.py": lines}
    assert_red(gate, (len(lines) - 1, len(lines)), {"m.py": [[lines[-1], lines[-1]]]})
    assert gate.known["uncommitted"] == 1


def test_row_16_new_line_ends_change_every_line_as_git_and_diff_cover_say(repository: Repository) -> None:
    repository.start(project(m=UNTESTED))
    repository.commit(project(m=UNTESTED.replace("\n", "\r\n")))
    bare, gate = repository.both()
    assert (bare.lines, bare.missing, bare.exit_code) == (2, {"m.py": [2]}, 1)
    assert_red(gate, (1, 2), {"m.py": [[2, 2]]})


def test_row_16_a_file_with_carriage_returns_alone_hides_no_statement(repository: Repository) -> None:
    repository.start(project())
    repository.commit(project(m="x = 1\rdef f():\r    return 1\r"))
    bare, gate = repository.both()
    assert (bare.lines, bare.missing, bare.exit_code) == (1, {"m.py": []}, 0), "git sees one line, Python three"
    assert_red(gate, (2, 3), {"m.py": [[3, 3]]})


def test_row_17_excluded_lines_are_not_counted_as_diff_cover_does_not(repository: Repository) -> None:
    repository.start(project(m="x = 1\n"))
    repository.commit(project(m="x = 1\n\n\ndef f():  # pragma: no cover\n    return 1\n"))
    bare, gate = repository.both()
    assert_silent(bare)
    assert_nothing_to_judge(gate)


def test_row_18_decorators_are_counted_as_diff_cover_does(repository: Repository) -> None:
    code = "def d(f):\n    return f\n\n\n@d\n@d\ndef g():\n    return 1\n"
    repository.start(project(m=code))
    repository.commit(project(m=code.replace("@d\n@d\n", "@(d)\n@(d)\n")))
    bare, gate = repository.both()
    assert (bare.lines, bare.missing, bare.exit_code) == (2, {"m.py": []}, 0)
    assert (gate.lines, gate.missing, gate.verdict, gate.exit_code) == ((2, 2), {"m.py": []}, "pass", 0)


def test_row_19_changes_without_a_new_line_of_python_are_nothing_to_judge(repository: Repository) -> None:
    repository.start(project(gone=UNTESTED, shrunk=UNTESTED * 2, mode=UNTESTED))
    (repository.path / "gone.py").unlink()
    (repository.path / "mode.py").chmod(0o755)
    (repository.path / "link.py").symlink_to("m.py")
    repository.commit(project(shrunk=UNTESTED, mode=UNTESTED, empty=""))
    commit = repository.head()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},module.py")
    repository.git("commit", "--quiet", "--message=submodule")
    bare, gate = repository.both()
    assert_silent(bare)
    assert_nothing_to_judge(gate)


def test_row_20_a_new_file_that_is_not_python_cannot_be_judged(repository: Repository) -> None:
    repository.start(project())
    repository.commit({"bad.py": "def f(:\n"})
    repository.measure()
    report = repository.run(sys.executable, "-m", "coverage", "xml")
    assert report.returncode == 1, "there is no report diff-cover could read"
    gate = repository.check()
    assert (gate.verdict, gate.exit_code) == ("cannot-judge", 4)
    assert "`bad.py` is not valid Python" in str(gate.diff["reason"])


def test_row_21_a_shallow_clone_is_deepened_or_an_error_that_says_how(repository: Repository) -> None:
    repository.start(project())
    repository.commit(project(m="x = 2\n"))
    repository.git("checkout", "--quiet", "main")
    repository.commit({"other.py": "y = 1\n"})
    clone = Repository(repository.path.parent / "clone")
    clone.git("remote", "add", "origin", repository.path.as_uri())
    clone.git("fetch", "--quiet", "--depth=1", "origin", "main", "feature")
    clone.git("fetch", "--quiet", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main")
    clone.git("fetch", "--quiet", "--depth=1", "origin", "+refs/heads/feature:refs/remotes/origin/feature")
    clone.git("checkout", "--quiet", "feature")
    clone.measure()
    clone.report("xml", "coverage.xml")
    bare = clone.diff_cover(base="origin/main")
    assert (bare.exit_code, bare.lines) == (1, -1)
    assert "no merge base" in bare.stderr
    clone.git("remote", "set-url", "origin", (repository.path.parent / "nowhere").as_uri())
    gate = clone.check(base="origin/main")
    assert (gate.exit_code, gate.verdict) == (5, "cannot-judge")
    assert "git fetch --unshallow" in gate.stderr
    assert "Traceback" not in gate.stderr
    clone.git("remote", "set-url", "origin", repository.path.as_uri())
    gate = clone.check(base="origin/main")
    assert gate.lines == (1, 1)
    assert gate.missing == {"m.py": []}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_row_22_a_workspace_of_another_user_is_judged(repository: Repository) -> None:
    repository.start(project(m=UNTESTED))
    repository.commit(project(m=UNTESTED.replace("1", "2")))
    repository.measure()
    repository.report("xml", "coverage.xml")
    for folder, _, files in os.walk(repository.path):
        for path in [folder, *(os.path.join(folder, name) for name in files)]:  # noqa: PTH118  # os.walk gives text
            os.chown(path, 1234, 1234, follow_symlinks=False)
    bare, gate = repository.diff_cover(), repository.check()
    assert (bare.exit_code, bare.lines) == (1, -1)
    assert "dubious ownership" in bare.stderr
    assert_red(gate, (0, 1), {"m.py": [[2, 2]]})


def lcov(name: str, hits: dict[int, int]) -> bytes:
    records = "".join(f"DA:{line},{count}\n" for line, count in hits.items())
    return f"SF:{name}\n{records}end_of_record\n".encode()


def assignments(repository: Repository, count: int, missing: int) -> None:
    """A change of so many lines, with a report in which the last ones are missing."""
    repository.start(project(m="y = 1\n"))
    repository.commit(project(m="x = 1\n" * count))
    hits = {line: int(line <= count - missing) for line in range(1, count + 1)}
    repository.write({"lcov.info": lcov("m.py", hits)})


def test_row_23_a_figure_that_reaches_its_target_exactly_passes(repository: Repository) -> None:
    assignments(repository, 200, 1)
    bare = repository.diff_cover("lcov.info", options=("--fail-under=99.5",))
    gate = repository.check("--min-diff=99.5", data="lcov.info")
    assert (bare.exit_code, bare.percent) == (1, 99)
    assert (gate.lines, gate.diff["percent"]) == ((199, 200), "99.500")
    assert (gate.verdict, gate.exit_code) == ("pass", 0)


def test_row_23_a_figure_a_hair_below_100_is_not_100(repository: Repository) -> None:
    assignments(repository, 30_000, 1)
    bare = repository.diff_cover("lcov.info", options=("--fail-under=100", "--total-percent-float"))
    gate = repository.check("--min-diff=100", data="lcov.info")
    assert (bare.exit_code, bare.percent) == (0, 100)
    assert_red(gate, (29_999, 30_000), {"m.py": [[30_000, 30_000]]})
    assert "99.997 %" in gate.comment.splitlines()[0]


def test_row_24_a_file_coverage_never_measures_because_of_its_name_is_uncovered(repository: Repository) -> None:
    config = "[run]\nomit = run.py\n"
    repository.start(project(coveragerc=config, run="import m\n" + run_by_path("<x>.py")))
    repository.commit({"<x>.py": UNTESTED})
    bare, gate = repository.both()
    assert_silent(bare)
    assert_red(gate, (0, 2), {"<x>.py": [[1, 2]]})
    assert gate.unmeasured == ["<x>.py"]
