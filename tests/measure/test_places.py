"""Reports of other tools, their files found in the checkout: named as they lie here, in another folder or machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import MeasureError
from covgate.measure.data_files import Wanted
from covgate.measure.foreign.kinds import DataKind
from covgate.measure.foreign.places import analyse_reports
from covgate.measure.project import Project
from covgate.model.coverage import (
    Branch,
    Coverage,
    FileCoverage,
    Function,
    Gap,
    Measurement,
    Reason,
    ReasonKind,
    Span,
)

Lines = Mapping[str, str]
"""The reported files, by name: a character a line, `x` executed, `-` not, a blank for no statement."""

NOWHERE = Path("/no/python")


def lcov(lines: Lines, more: str = "") -> str:
    records = ""
    for name, marks in lines.items():
        counts = "".join(f"DA:{n},{int(mark == 'x')}\n" for n, mark in enumerate(marks, 1) if mark != " ")
        records += f"SF:{name}\n{counts}{more}end_of_record\n"
    return records


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def read(
    root: Path,
    reports: Iterable[str],
    *,
    kind: DataKind = DataKind.LCOV,
    local: Iterable[str] = (),
    changed: Sequence[str] = (),
    tracked: Sequence[str] = (),
    directory: str = ".",
    python: Path = NOWHERE,
) -> Measurement:
    """Read reports that lie in the checkout; without a changed file no interpreter is started."""
    project = Project(directory=root / directory, root=root, python=python, environment={"PATH": os.environ["PATH"]})
    wanted = Wanted(changed=tuple(map(PurePosixPath, changed)), tracked=tuple(map(PurePosixPath, tracked)))
    paths = [root / name for name in reports]
    return analyse_reports(project, paths, kind, wanted=wanted, local=sorted(map(PurePosixPath, local)))


def files_of(measurement: Measurement) -> dict[PurePosixPath, FileCoverage]:
    assert isinstance(measurement.coverage, Coverage)
    return dict(measurement.coverage.files)


def marks_of(measurement: Measurement) -> dict[str, str]:
    """Return the lines of each file as in `Lines`."""
    return {
        str(path): "".join(
            " " if line not in file.statements else "-" if line in file.missing else "x"
            for line in range(1, max(file.statements, default=0) + 1)
        )
        for path, file in files_of(measurement).items()
    }


# --- one report ---------------------------------------------------------------------------------------------------

HERE = {"shop/__init__.py": "", "shop/a.py": "x = 1\ny = 2\n", "shop/b.py": "z = 1\n", "app/main.py": "x = 1\n"}
SERVICES = ["svc/app/main.py", "svc/app/part.py", "app/main.py"]

FOUND: dict[str, tuple[Iterable[str], Lines, Mapping[str, str]]] = {
    # files of the checkout, what a report in reports/ names, what is found
    "relative-to-the-project": (HERE, {"shop/a.py": "x-"}, {"shop/a.py": "x-"}),
    "with-a-dot": (HERE, {"./shop/a.py": "x-"}, {"shop/a.py": "x-"}),
    "with-backslashes": (HERE, {"shop\\a.py": "x-"}, {"shop/a.py": "x-"}),
    "absolute": (HERE, {"{root}/shop/a.py": "x-"}, {"shop/a.py": "x-"}),
    "through-a-folder-above": (HERE, {"{root}/app/../shop/a.py": "x-"}, {"shop/a.py": "x-"}),
    "another-machine": (
        HERE, {"/ci/R/shop/a.py": "x-", "/ci/R/shop/b.py": "-"}, {"shop/a.py": "x-", "shop/b.py": "-"}
    ),
    "windows": (
        HERE, {"D:\\R\\shop\\a.py": "x-", "D:\\R\\shop\\b.py": "-"}, {"shop/a.py": "x-", "shop/b.py": "-"}
    ),
    "relative-to-the-report": (["reports/one.py", "two.py"], {"one.py": "x"}, {"reports/one.py": "x"}),
    "more-of-them-in-the-project-on-windows": (
        ["reports/app/one.py", "app/one.py", "app/two.py"],
        {"app\\one.py": "x", "app\\two.py": "-"}, {"app/one.py": "x", "app/two.py": "-"},
    ),
    "in-both-folders": (["reports/one.py", "one.py"], {"one.py": "x"}, {"reports/one.py": "x"}),
    "more-of-them-in-the-project": (
        ["reports/one.py", "one.py", "two.py"], {"one.py": "x", "two.py": "-"}, {"one.py": "x", "two.py": "-"}
    ),
    "more-of-them-beside-the-report": (
        ["reports/one.py", "reports/two.py", "one.py"],
        {"one.py": "x", "two.py": "-"}, {"reports/one.py": "x", "reports/two.py": "-"},
    ),
    "what-only-the-other-folder-has": (
        ["reports/one.py", "one.py", "two.py", "reports/three.py", "reports/four.py"],
        {"one.py": "x", "two.py": "-", "three.py": "-", "four.py": "-"},
        {"reports/one.py": "x", "two.py": "-", "reports/three.py": "-", "reports/four.py": "-"},
    ),
    "a-folder-of-the-name": (["a.py/x.py", "b.py"], {"a.py": "x", "b.py": "x"}, {"b.py": "x"}),
    "a-name-that-is-none": (HERE, {"a\0b.py": "x", "x" * 5000: "x", "shop/a.py": "x-"}, {"shop/a.py": "x-"}),
    "gone-from-another-folder": (HERE, {"shop/a.py": "x-", "/gone/shop/b.py": "x"}, {"shop/a.py": "x-"}),
}  # fmt: skip


@pytest.mark.parametrize(("local", "lines", "expected"), FOUND.values(), ids=FOUND)
def test_where_reported_files_lie(
    tmp_path: Path, local: Iterable[str], lines: Lines, expected: Mapping[str, str]
) -> None:
    write(tmp_path, {name: HERE.get(name, "x = 1\n") for name in local})
    named = {name.replace("{root}", str(tmp_path)): marks for name, marks in lines.items()}
    write(tmp_path, {"reports/x.info": lcov(named)})
    assert marks_of(read(tmp_path, ["reports/x.info"], local=local)) == expected


def test_the_projects_folder_counts_not_the_checkouts(tmp_path: Path) -> None:
    write(tmp_path, {"api/shop.py": "x = 1\n", "shop.py": "x = 1\n", "reports/x.info": lcov({"shop.py": "x"})})
    found = read(tmp_path, ["reports/x.info"], local=["api/shop.py", "shop.py"], directory="api")
    assert marks_of(found) == {"api/shop.py": "x"}


def test_names_that_only_one_folder_has_decide_not_those_of_the_whole_machine(tmp_path: Path) -> None:
    """Absolute names are the same from either folder."""
    write(tmp_path, {"reports/one.py": "x = 1\n", "one.py": "x = 1\n", "two.py": "x = 1\n"})
    write(tmp_path, {"reports/x.info": lcov({f"{tmp_path}/two.py": "x", "one.py": "-"})})
    found = read(tmp_path, ["reports/x.info"], local=["reports/one.py", "one.py", "two.py"])
    assert marks_of(found) == {"two.py": "x", "reports/one.py": "-"}


def test_a_checkout_that_is_entered_through_a_link_is_the_same(tmp_path: Path) -> None:
    write(tmp_path / "real", {"shop/a.py": "x = 1\n", "x.info": lcov({f"{tmp_path}/real/shop/a.py": "x"})})
    (tmp_path / "link").symlink_to("real")
    assert marks_of(read(tmp_path / "link", ["x.info"], local=["shop/a.py"])) == {"shop/a.py": "x"}


def test_a_link_has_no_lines_of_its_own(tmp_path: Path) -> None:
    """What it leads to has them; a name of another machine may be that of the link."""
    write(tmp_path, {"shop/a.py": "x = 1\n", "shop/loop.py": "x = 1\n"})
    (tmp_path / "shop/link.py").symlink_to("a.py")
    (tmp_path / "shop/loop.py").unlink()
    (tmp_path / "shop/loop.py").symlink_to("loop.py")
    local = ["shop/a.py", "shop/link.py", "shop/loop.py"]
    write(tmp_path, {"here.info": lcov({"shop/link.py": "x", "shop/loop.py": "x"})})
    assert marks_of(read(tmp_path, ["here.info"], local=local)) == {"shop/a.py": "x"}
    write(tmp_path, {"there.info": lcov({f"/ci/R/{name}": "x" for name in local})})
    assert marks_of(read(tmp_path, ["there.info"], local=local)) == {"shop/a.py": "x"}


def test_a_file_that_git_ignores_counts_and_lets_others_be_found(tmp_path: Path) -> None:
    """A generated module is no file of the checkout that says where the rest was measured."""
    write(tmp_path, {**HERE, "shop/_version.py": "v = 1\n"})
    write(tmp_path, {"x.info": lcov({"shop/_version.py": "x", "/ci/R/shop/a.py": "-", "/ci/R/shop/b.py": "x"})})
    found = read(tmp_path, ["x.info"], local=HERE)
    assert marks_of(found) == {"shop/_version.py": "x", "shop/a.py": "-", "shop/b.py": "x"}


def test_a_file_outside_of_the_checkout_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "other", {"lib/tool.py": "x = 1\n"})
    write(tmp_path / "p", {"shop/a.py": "x = 1\n"})
    write(tmp_path / "p", {"x.info": lcov({"../other/lib/tool.py": "x", "shop/a.py": "-x"})})
    assert marks_of(read(tmp_path / "p", ["x.info"], local=["shop/a.py"])) == {"shop/a.py": "-x"}


# --- copies -------------------------------------------------------------------------------------------------------

INSTALLED = ".venv/lib/python3.12/site-packages/shop/a.py"


@pytest.mark.parametrize("inside", [True, False], ids=["in-the-checkout", "elsewhere"])
def test_an_installed_copy_of_equal_text_is_the_checkouts_file(tmp_path: Path, *, inside: bool) -> None:
    root = tmp_path / "p"
    copy = (root if inside else tmp_path) / INSTALLED
    write(root, {"src/shop/__init__.py": "", "src/shop/a.py": "x = 1\n"})
    write(copy.parent, {"a.py": "x = 1\n"})
    write(root, {"x.info": lcov({str(copy): "x"})})
    found = read(root, ["x.info"], local=["src/shop/__init__.py", "src/shop/a.py"])
    assert marks_of(found) == {"src/shop/a.py": "x"}
    assert found.notes == (f"Measured the installed copy of src/shop (in {copy.parents[1]}): its text is equal.",)


@pytest.mark.parametrize(
    ("copy", "here", "expected"),
    [
        pytest.param("x", "x", "x", id="both-ran"),
        pytest.param("x", "-", "", id="only-the-copy-ran"),
        pytest.param("x-", "-", "", id="only-a-part-of-the-copy-ran"),
        pytest.param("-", "-", "-", id="neither-ran"),
    ],
)
def test_a_copy_of_another_text_is_refused_unless_the_file_here_ran(
    tmp_path: Path, copy: str, here: str, expected: str
) -> None:
    write(tmp_path, {"src/shop/__init__.py": "", "src/shop/a.py": "x = 1\n", "src/shop/b.py": "", INSTALLED: "x = 2\n"})
    write(tmp_path, {"x.info": lcov({INSTALLED: copy, "src/shop/a.py": here, "src/shop/b.py": "x"})})
    local = ["src/shop/__init__.py", "src/shop/a.py", "src/shop/b.py"]
    if not expected:
        with pytest.raises(MeasureError, match=r"site-packages/shop/a\.py, whose text differs from src/shop/a\.py"):
            read(tmp_path, ["x.info"], local=local)
        return
    found = read(tmp_path, ["x.info"], local=local)
    assert marks_of(found) == {"src/shop/a.py": expected, "src/shop/b.py": "x"}
    assert any(note.startswith("What ran of ") for note in found.notes) is (copy == "x")


@pytest.mark.parametrize("records", [("x", "-"), ("-", "x"), ("-", "x", "-")], ids=" ".join)
def test_a_copy_of_another_text_is_refused_whichever_record_of_it_ran(tmp_path: Path, records: Sequence[str]) -> None:
    """Reports are joined by putting one behind the other: the last record of a file may hold nothing that ran."""
    write(tmp_path, {"src/shop/__init__.py": "", "src/shop/a.py": "x = 1\n", INSTALLED: "x = 2\n"})
    write(
        tmp_path, {"x.info": lcov({"src/shop/__init__.py": "x"}) + "".join(lcov({INSTALLED: one}) for one in records)}
    )
    with pytest.raises(MeasureError, match=r"site-packages/shop/a\.py, whose text differs from src/shop/a\.py"):
        read(tmp_path, ["x.info"], local=["src/shop/__init__.py", "src/shop/a.py"])


# --- several sources, several reports -----------------------------------------------------------------------------

SOURCES = (
    "<coverage><sources><source>{root}/one</source><source>{root}/two</source></sources>"
    '<class filename="m.py"><lines><line number="1" hits="1"/></lines></class></coverage>'
)


def test_a_file_of_two_sources_is_the_one_that_is_there(tmp_path: Path) -> None:
    write(tmp_path, {"two/m.py": "x = 1\n", "coverage.xml": SOURCES.format(root=tmp_path)})
    found = read(tmp_path, ["coverage.xml"], kind=DataKind.COBERTURA, local=["two/m.py"])
    assert marks_of(found) == {"two/m.py": "x"}


def test_a_file_that_lies_under_two_sources_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"two/m.py": "x = 1\n", "one/m.py": "x = 1\n", "coverage.xml": SOURCES.format(root=tmp_path)})
    with pytest.raises(MeasureError, match=r"/one/m\.py was recorded .* any of: one/m\.py, two/m\.py$"):
        read(tmp_path, ["coverage.xml"], kind=DataKind.COBERTURA, local=["one/m.py", "two/m.py"])


def test_two_sources_that_lead_to_one_file_are_one(tmp_path: Path) -> None:
    write(tmp_path, {"two/m.py": "x = 1\n", "coverage.xml": SOURCES.format(root=tmp_path)})
    (tmp_path / "one").symlink_to("two")
    found = read(tmp_path, ["coverage.xml"], kind=DataKind.COBERTURA, local=["two/m.py"])
    assert marks_of(found) == {"two/m.py": "x"}


def test_a_source_outside_of_the_checkout_is_no_rival_of_one_inside(tmp_path: Path) -> None:
    write(tmp_path, {"one/m.py": "x = 2\n", "p/two/m.py": "x = 1\n"})
    text = SOURCES.replace("{root}/two", "{root}/p/two").format(root=tmp_path)
    write(tmp_path / "p", {"coverage.xml": text})
    found = read(tmp_path / "p", ["coverage.xml"], kind=DataKind.COBERTURA, local=["two/m.py"])
    assert marks_of(found) == {"two/m.py": "x"}


def test_each_report_is_settled_by_itself_and_then_united(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(["a/app/m.py", "a/app/n.py", "b/app/m.py", "b/app/n.py"], "x = 1\n"))
    both = {"app/m.py": "x--", "app/n.py": "-"}
    write(tmp_path, {"a/1.info": lcov(both), "a/2.info": lcov({"app/m.py": "-x-"}), "b/1.info": lcov(both)})
    local = ["a/app/m.py", "a/app/n.py", "b/app/m.py", "b/app/n.py"]
    assert marks_of(read(tmp_path, ["a/1.info", "a/2.info", "b/1.info"], local=local)) == {
        "a/app/m.py": "xx-", "a/app/n.py": "-", "b/app/m.py": "x--", "b/app/n.py": "-",
    }  # fmt: skip


def test_what_is_gone_in_two_reports_is_not_united_into_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": "x = 1\n", "1.info": lcov({"m.py": "x", "/gone/n.py": "x", "/gone/o.py": "x"})})
    found = read(tmp_path, ["1.info", "1.info"], local=["m.py"])
    assert marks_of(found) == {"m.py": "x"}
    assert found.notes == ("4 measured files are not in the checkout and left out (the first is /gone/n.py).",)


def test_a_report_of_which_no_file_is_here_is_refused_beside_one_that_is(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": "x = 1\n", "1.info": lcov({"m.py": "x"}), "2.info": lcov({"/ci/other/n.py": "x"})})
    with pytest.raises(MeasureError, match=r"the one measured file of \S+/2\.info is not in this checkout"):
        read(tmp_path, ["1.info", "2.info"], local=["m.py"])


def test_a_report_in_which_nothing_ran_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": "x = 1\n", "1.info": lcov({"m.py": "-"})})
    with pytest.raises(MeasureError, match="no statement was executed"):
        read(tmp_path, ["1.info"], local=["m.py"])


# --- branches -----------------------------------------------------------------------------------------------------


def exits(line: int, *taken: str) -> str:
    return "".join(f"BRDA:{line},0,{n},{count}\n" for n, count in enumerate(taken))


def test_only_a_statement_with_two_exits_has_branches(tmp_path: Path) -> None:
    text = lcov({"m.py": "xxx-"}, exits(1, "1", "0") + exits(2, "1") + exits(3, "2", "3", "-") + exits(4, "-", "-"))
    write(tmp_path, {"m.py": "x = 1\n", "1.info": text.replace("end_of", exits(0, "1", "0") + "end_of")})
    found = read(tmp_path, ["1.info"], local=["m.py"])
    (file,) = files_of(found).values()
    assert file.branches == {1: Branch(total=2, taken=1), 3: Branch(total=3, taken=2), 4: Branch(total=2, taken=0)}
    assert isinstance(found.coverage, Coverage)
    assert found.coverage.has_branches


@pytest.mark.parametrize("first", [True, False])
def test_branches_were_measured_when_one_report_has_them(tmp_path: Path, *, first: bool) -> None:
    write(tmp_path, {"m.py": "x = 1\n", "0.info": lcov({"m.py": "x"}), "1.info": lcov({"m.py": "x"}, exits(1, "1"))})
    found = read(tmp_path, ["1.info", "0.info"] if first else ["0.info", "1.info"], local=["m.py"])
    assert isinstance(found.coverage, Coverage)
    assert found.coverage.has_branches


# --- changed files ------------------------------------------------------------------------------------------------

SOURCE = "def price(n):\n    if n:\n        return (\n            n\n        )\n    return 0\n"
"""Statements: 1, 2, 3 (with 4 and 5), 6."""
MARKS = "xxx  -"


def of_changes(
    folder: Path, reports: Sequence[str], changed: Sequence[str], local: Iterable[str], tracked: Sequence[str] = ()
) -> Measurement:
    return read(folder, reports, local=local, changed=changed, tracked=tracked, python=Path(sys.executable))


def test_the_source_tells_what_a_report_does_not(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": SOURCE, "new.py": SOURCE, "still.py": SOURCE, "page.html": "{% x %}\n", "notes.txt": ""})
    write(tmp_path, {"coverage.info": lcov({"m.py": MARKS, "still.py": MARKS, "page.html": "xx"}, exits(2, "1", "0"))})
    local = ["m.py", "new.py", "still.py", "page.html", "notes.txt"]
    changed = ["m.py", "new.py", "gone.py", "page.html", "notes.txt"]
    found = of_changes(tmp_path, ["coverage.info"], changed, local, ["m.py", "new.py", "still.py"])
    assert marks_of(found) == {"m.py": MARKS, "still.py": MARKS, "page.html": "xx"}
    file = files_of(found)[PurePosixPath("m.py")]
    assert dict(file.first_lines) == {4: 3, 5: 3}
    assert file.functions == (Function(name="price", span=Span(start=1, end=6), body=2),)
    assert dict(file.reasons) == {6: Reason(kind=ReasonKind.IF_NEVER_FALSE, line=2)}
    still = files_of(found)[PurePosixPath("still.py")]
    assert (dict(still.first_lines), still.functions) == ({}, ())
    assert {str(path): gap.gap for path, gap in found.unmeasured.items()} == {
        "new.py": Gap.UNDECIDED,
        "gone.py": Gap.UNPARSABLE,
    }
    new = found.unmeasured[PurePosixPath("new.py")].file
    assert new is not None
    assert (new.statements, new.missing) == (frozenset({1, 2, 3, 6}), frozenset({1, 2, 3, 6}))
    assert new.branches == {2: Branch(total=2, taken=0)}
    assert sorted(map(str, found.digests)) == ["m.py", "new.py", "page.html"]
    assert {str(path): doubts for path, doubts in found.doubts.items() if doubts} == {}
    assert found.notes == ("1 file that no test loads is not in the total: new.py.",)


def test_a_report_of_lines_alone_stays_so(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": SOURCE, "new.py": SOURCE, "coverage.info": lcov({"m.py": MARKS})})
    found = of_changes(tmp_path, ["coverage.info"], ["m.py", "new.py", "gone.py"], ["m.py", "new.py"])
    new = found.unmeasured[PurePosixPath("new.py")].file
    assert new is not None
    assert (new.statements, dict(new.branches)) == (frozenset({1, 2, 3, 6}), {})
    assert found.unmeasured[PurePosixPath("gone.py")].file is None


@pytest.mark.parametrize(
    ("reports", "name"),
    [(["old.info"], "old.info"), (["old.info", "old.info"], "the coverage report")],
    ids=["one", "several"],
)
def test_a_report_of_another_text_is_doubted(tmp_path: Path, reports: Sequence[str], name: str) -> None:
    write(tmp_path, {"m.py": SOURCE, "n.py": SOURCE, "old.info": lcov({"m.py": " xxx  -", "n.py": MARKS})})
    found = of_changes(tmp_path, reports, ["m.py", "n.py"], ["m.py", "n.py"])
    doubts = {str(path): [doubt.reason for doubt in doubts] for path, doubts in found.doubts.items()}
    assert doubts["n.py"] == []
    assert doubts["m.py"][0].startswith(f"{name} is not of this source: m.py line ")
