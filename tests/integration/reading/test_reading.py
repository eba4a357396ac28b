"""Read mode: data files and reports made elsewhere, found in this checkout, or refused with one clear message."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.support.projects import SHOP, Checkout, Ended, make_checkout, same

RC = "[run]\nbranch = true\nsource = shop\n"
CHECK = "from shop.prices import price, refund\nprice({})\n"
FILES = {**SHOP, ".coveragerc": RC, "check.py": CHECK.format(1), "other.py": CHECK.format(20)}

DATA, XML, LCOV = ".coverage", "coverage.xml", "coverage.lcov"
KINDS = (DATA, XML, LCOV)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One measurement in all three forms, the folder it was made in, and what `coverage report` said."""

    root: str
    files: Mapping[str, bytes]
    total: Decimal


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    checkout = make_checkout(tmp_path_factory.mktemp("recorded") / "R", FILES)
    return record(checkout)


def record(checkout: Checkout, script: str = "check.py", sub: str = ".") -> Recorded:
    assert checkout.coverage("run", script, sub=sub).code == 0
    for kind in ("xml", "lcov"):
        assert checkout.coverage(kind, "-q", sub=sub).code in {0, 2}
    folder = checkout.path / sub
    return Recorded(
        root=str(folder),
        files={name: (folder / name).read_bytes() for name in KINDS},
        total=checkout.coverage_total(sub=sub),
    )


def moved(recorded: Recorded, kind: str, there: str, tmp_path: Path) -> bytes:
    """Return the measurement as a machine would have written it on which the project lay in `there`."""
    if kind != DATA:
        return (
            recorded.files[kind]
            .replace(recorded.root.encode(), there.encode())
            .replace(b"SF:shop", f"SF:{there}/shop".encode())
        )
    (tmp_path / "old").write_bytes(recorded.files[DATA])
    old, new = CoverageData(str(tmp_path / "old")), CoverageData(str(tmp_path / "new"))
    old.read()
    windows = "\\" in there

    def rename(name: str) -> str:
        name = name.replace(recorded.root, there)
        return name.replace("/", "\\") if windows else name

    new.update(old, map_path=rename)
    for data in (old, new):
        data.close()
    return (tmp_path / "new").read_bytes()


def read(checkout: Checkout, *globs: str, sub: str = ".", more: tuple[str, ...] = ()) -> Ended:
    return checkout.covgate(*(word for pattern in globs for word in ("--data", pattern)), *more, sub=sub)


@pytest.fixture
def here(tmp_path: Path) -> Checkout:
    return make_checkout(tmp_path / "here", FILES)


# --- what is read right ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "there",
    ["/home/runner/work/R/R", "D:\\a\\R\\R", "/opt/venv/lib/python3.11/site-packages"],
    ids=["runner", "windows", "site-packages"],
)
def test_places_of_another_machine_are_found_here(
    recorded: Recorded, here: Checkout, tmp_path: Path, kind: str, there: str
) -> None:
    here.write({f"data/{kind}": moved(recorded, kind, there, tmp_path)})
    done = read(here, f"data/{kind}")
    assert done.code == 0, done.err
    assert same(here.total(), recorded.total)
    assert here.result()["total"]["branches"]["total"] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_under_src_is_found_from_its_installed_place(recorded: Recorded, tmp_path: Path, kind: str) -> None:
    there = "/opt/venv/lib/python3.11/site-packages"
    files = {f"src/{name}" if name.startswith("shop/") else name: text for name, text in SHOP.items()}
    checkout = make_checkout(tmp_path / "here", {**files, f"data/{kind}": moved(recorded, kind, there, tmp_path)})
    done = read(checkout, f"data/{kind}")
    assert done.code == 0, done.err
    assert same(checkout.total(), recorded.total)


def test_several_data_files_are_combined_and_left_as_they_were(here: Checkout) -> None:
    here.write({".coveragerc": RC + "parallel = true\n"})
    for script in ("check.py", "other.py"):
        assert here.coverage("run", script).code == 0
    data = sorted(here.path.glob(".coverage.*"))
    before = {path: path.read_bytes() for path in data}
    assert len(before) == 2
    # The glob fits .coveragerc too, which is no data.
    done = read(here, ".coverage*")
    assert done.code == 0, done.err
    assert {path: path.read_bytes() for path in data} == before
    assert sorted(here.path.glob(".coverage*")) == sorted([*data, here.path / ".coveragerc"])
    assert here.coverage("combine").code == 0
    assert same(here.total(), here.coverage_total())


@pytest.mark.parametrize("kind", [XML, LCOV])
def test_several_reports_are_united(here: Checkout, kind: str) -> None:
    for script in ("check.py", "other.py"):
        here.write({f"{script}-{kind}": record(here, script).files[kind]})
    done = read(here, f"*-{kind}")
    assert done.code == 0, done.err
    here.write({".coveragerc": RC + "parallel = true\n"})
    for script in ("check.py", "other.py"):
        here.coverage("run", script)
    here.coverage("combine")
    assert same(here.total(), here.coverage_total())
    assert here.result()["total"]["lines"]["covered"] == 6


@pytest.mark.parametrize("kind", [XML, LCOV])
def test_shards_that_take_other_exits_of_an_if_take_both(tmp_path: Path, kind: str) -> None:
    source = "def sign(n):\n    if n < 0:\n        n = -n\n    return n\n"
    scripts = {f"shard{n}.py": f"from shop.m import sign\nsign({n})\n" for n in (-1, 1)}
    files = {"shop/__init__.py": "", "shop/m.py": source, ".coveragerc": RC, **scripts}
    checkout = make_checkout(tmp_path, files)
    for script in scripts:
        report = record(checkout, script).files[kind]
        assert (
            b'missing-branches="4"' if script == "shard-1.py" else b'missing-branches="3"'
        ) in report or kind == LCOV
        checkout.write({f"{script}-{kind}": report})
    done = read(checkout, f"*-{kind}")
    assert done.code == 0, done.err
    assert checkout.result()["total"]["branches"] == {"covered": 2, "total": 2}
    assert same(checkout.total(), Decimal(100))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (XML, '<coverage><class filename="shop/prices.py"><line number="100000000000" hits="1"/></class></coverage>'),
        (LCOV, "SF:shop/prices.py\nDA:21000000,1\nend_of_record\n"),
        (LCOV, "SF:shop/prices.py\nDA:1,1\nBRDA:999999999,0,0,1\nend_of_record\n"),
    ],
    ids=["cobertura", "lcov", "lcov-exit"],
)
def test_a_line_no_file_has_makes_a_report_unusable_recorded_or_not(here: Checkout, kind: str, text: str) -> None:
    here.write({kind: text})
    done = read(here, kind, more=("--record",))
    assert_refused(done, 4, "of shop/prices.py, more than covgate believes of a file", "(line ")
    assert here.result()["verdict"] == "cannot-judge"
    assert not (here.path / ".covgate/history").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_lines_only_data_stays_lines_only(tmp_path: Path, kind: str) -> None:
    checkout = make_checkout(tmp_path, {**FILES, ".coveragerc": "[run]\nsource = shop\n"})
    expected = record(checkout)
    assert read(checkout, kind).code == 0
    assert same(checkout.total(), expected.total)
    assert checkout.result()["total"]["branches"] == {"covered": 0, "total": 0}


def test_relative_data_of_a_project_in_a_folder_is_found_from_the_top(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in FILES.items()}
    files["backend/.coveragerc"] = RC + "relative_files = true\n"
    checkout = make_checkout(tmp_path, files)
    expected = record(checkout, sub="backend")
    for kind in KINDS:
        done = read(checkout, f"backend/{kind}")
        assert done.code == 0, (kind, done.err)
        assert same(checkout.total(), expected.total), kind


def test_the_paths_of_the_configuration_win(recorded: Recorded, tmp_path: Path) -> None:
    """Both copies fit what was recorded; only the configuration can say which is meant."""
    files = {f"{folder}/{name}": SHOP[name] for folder in ("one", "two") for name in SHOP if name.startswith("shop/")}
    files[DATA] = moved(recorded, DATA, "/ci/build", tmp_path).decode("latin-1")
    checkout = make_checkout(tmp_path / "here", {name: text.encode("latin-1") for name, text in files.items()})
    refused = read(checkout, DATA)
    assert refused.code == 4
    assert "one/shop/" in refused.message
    assert "two/shop/" in refused.message
    checkout.write({".coveragerc": "[run]\nbranch = true\n[paths]\nsource =\n    two\n    /ci/build\n"})
    done = read(checkout, DATA, more=("--report", "xml"))
    assert done.code == 0, done.err
    assert same(checkout.total(), recorded.total)
    xml = (checkout.path / ".covgate" / "coverage.xml").read_text()
    assert "two" in xml
    assert "one" not in xml


@pytest.mark.parametrize("kind", [XML, LCOV])
def test_a_report_that_fits_two_places_is_refused_with_both(recorded: Recorded, tmp_path: Path, kind: str) -> None:
    files = {f"{folder}/{name}": SHOP[name] for folder in ("one", "two") for name in SHOP if name.startswith("shop/")}
    checkout = make_checkout(tmp_path / "here", {**files, kind: moved(recorded, kind, "/ci/build", tmp_path)})
    done = read(checkout, kind)
    assert done.code == 4
    assert "one/shop/" in done.message
    assert "two/shop/" in done.message


# --- what is refused -----------------------------------------------------------------------------------------------


def assert_refused(done: Ended, code: int, *parts: str) -> None:
    assert done.code == code, done.err
    for part in parts:
        assert part in done.message
    assert "Traceback" not in done.err + done.out
    assert done.err.count("docs/troubleshooting.md#") == 1


def empty_data(path: Path) -> bytes:
    data = CoverageData(str(path))
    data.add_lines({})
    data.write()
    data.close()
    return path.read_bytes()


def newer_data(path: Path) -> bytes:
    empty_data(path)
    with sqlite3.connect(path) as db:
        db.execute("update coverage_schema set version = 99")
    db.close()
    return path.read_bytes()


def cut(recorded: Recorded, name: str) -> bytes:
    return recorded.files[name][: len(recorded.files[name]) // 2]


DAMAGED: Mapping[str, tuple[str, Callable[[Recorded, Path], bytes], str]] = {
    "empty": ("d", lambda _r, _p: b"", "is empty"),
    "text": ("d", lambda _r, _p: b"hello\n", "neither coverage data nor"),
    "data-cut": ("d", lambda r, _p: cut(r, DATA), "data file"),
    "data-of-nothing": ("d", lambda _r, p: empty_data(p), "no measured file"),
    "data-of-the-future": ("d", lambda _r, p: newer_data(p), "schema"),
    "data-header-only": ("d", lambda _r, _p: b"SQLite format 3\0" + b"x" * 5000, "not a database"),
    "xml-cut": ("c.xml", lambda r, _p: cut(r, XML), "not well-formed XML"),
    "xml-of-nothing": ("c.xml", lambda _r, _p: b"<coverage/>", "no measured file"),
    "xml-of-another-kind": ("c.xml", lambda _r, _p: b"<html/>", "not a Cobertura report"),
    "xml-with-entities": (
        "c.xml",
        lambda _r, _p: b'<!DOCTYPE c [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><coverage>&b;</coverage>',
        "declares XML entities",
    ),
    "xml-in-an-unknown-encoding": (
        "c.xml",
        lambda _r, _p: b'<?xml version="1.0" encoding="big5"?><coverage/>',
        "not well-formed XML",
    ),
    "lcov-cut": ("c.lcov", lambda r, _p: cut(r, LCOV), "c.lcov"),
    "lcov-with-a-word-for-a-number": ("c.lcov", lambda _r, _p: b"SF:shop/prices.py\nDA:x,1\nend_of_record\n", "DA:x,1"),
    "lcov-with-an-endless-number": (
        "c.lcov",
        lambda _r, _p: b"SF:a\nDA:1," + b"9" * 5000 + b"\nend_of_record\n",
        "DA:1,9",
    ),
    "lcov-of-nothing": ("c.lcov", lambda _r, _p: b"TN:\n", "no measured file"),
}


@pytest.mark.parametrize("case", DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_usable_data_is_refused_with_one_message(
    recorded: Recorded, here: Checkout, tmp_path: Path, case: tuple[str, Callable[[Recorded, Path], bytes], str]
) -> None:
    name, make, expected = case
    content = make(recorded, tmp_path / "made")
    good = recorded.files[DATA]
    here.write({f"data/{name}": content, DATA: good})
    assert_refused(read(here, f"data/{name}"), 4, expected)
    # Nothing is lost: the file and its neighbours are as they were, and the report says why there is no figure.
    assert (here.path / "data" / name).read_bytes() == content
    assert (here.path / DATA).read_bytes() == good
    total = here.result()["total"]
    assert (total["percent"], here.result()["verdict"]) == (None, "cannot-judge")
    assert expected in total["reason"]


def test_one_damaged_file_among_good_ones_is_refused(recorded: Recorded, here: Checkout) -> None:
    here.write({"data/.coverage.1": recorded.files[DATA], "data/.coverage.2": cut(recorded, DATA)})
    assert_refused(read(here, "data/.coverage.*"), 4, ".coverage.2")


def test_a_file_that_is_not_there_is_bad_input(here: Checkout) -> None:
    assert_refused(read(here, ".coverage", "nothing-*.xml"), 2, "no file matches '.coverage'", "--data")


def test_a_glob_that_fits_no_data_is_bad_input(here: Checkout) -> None:
    here.write({".coverage-journal": b"left by a crash"})
    assert_refused(read(here, ".coverage*"), 2, "no file matches")


def test_files_of_several_kinds_are_bad_input(recorded: Recorded, here: Checkout) -> None:
    here.write(recorded.files)
    assert_refused(read(here, DATA, XML), 2, "a coverage data file", "a Cobertura report")


def test_data_with_and_without_branches_is_refused(recorded: Recorded, here: Checkout, tmp_path: Path) -> None:
    lines = CoverageData(str(tmp_path / "lines"))
    lines.add_lines({str(here.path / "shop/prices.py"): [1]})
    lines.write()
    lines.close()
    here.write({"data/1": recorded.files[DATA], "data/2": (tmp_path / "lines").read_bytes()})
    assert_refused(read(here, "data/*"), 4, "branch")


@pytest.mark.parametrize("kind", KINDS)
def test_data_whose_sources_are_gone_is_refused(recorded: Recorded, tmp_path: Path, kind: str) -> None:
    content = moved(recorded, kind, "/ci/build", tmp_path)
    checkout = make_checkout(tmp_path / "here", {"README": "another project\n", kind: content})
    assert_refused(read(checkout, kind), 4, "shop/")


def test_a_measured_file_that_no_longer_parses_makes_the_total_unknown(
    recorded: Recorded, here: Checkout, tmp_path: Path
) -> None:
    here.write({DATA: moved(recorded, DATA, str(here.path), tmp_path), "shop/prices.py": "def price(:\n"})
    done = read(here, DATA)
    assert done.code == 4, done.err
    assert "Cannot judge: shop/prices.py is not valid Python" in done.out
    assert_refused(done, 4, "`shop/prices.py` is not valid Python")


def test_an_earlier_report_does_not_stand_for_a_run_with_bad_input(recorded: Recorded, here: Checkout) -> None:
    here.write({XML: recorded.files[XML]})
    assert read(here, XML).code == 0
    assert here.result()["verdict"] == "pass"
    assert read(here, "nothing").code == 2
    assert (here.result()["verdict"], here.result()["error"]["slug"]) == ("cannot-judge", "data-not-found")
    assert "no file matches" in (here.path / ".covgate" / "comment.md").read_text()
