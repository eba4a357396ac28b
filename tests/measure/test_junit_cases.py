"""The tests of a JUnit file, one by one: which they are and how they ended, and what is no such file."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.measure.junit import cases
from covgate.measure.junit.cases import Outcome, read_cases
from covgate.measure.junit.files import read_junit
from covgate.measure.junit.names import LONGEST_NAME, TestNames, line_in
from covgate.measure.junit.results import masking
from tests.support.junit import BROKEN_PATH, CART, NAMES, UNITS, case, read, results_of, suite


@pytest.mark.parametrize(
    ("inside", "outcome", "kind", "message", "text"),
    [
        pytest.param("", Outcome.PASSED, "", "", "", id="passed"),
        pytest.param("<skipped message='no'>x</skipped>", Outcome.SKIPPED, "", "", "", id="skipped"),
        pytest.param("<skipped type='pytest.xfail'/>", Outcome.PASSED, "", "", "", id="expected-by-pytest"),
        pytest.param("<skipped type='XFAIL'/>", Outcome.PASSED, "", "", "", id="expected-by-unittest"),
        pytest.param("<skipped message='expected test failure'/>", Outcome.PASSED, "", "", "", id="expected-by-nose2"),
        pytest.param("<failure type='XFAIL' message='m'/>", Outcome.FAILED, "XFAIL", "m", "", id="no-skip-of-a-name"),
        pytest.param("<failure type='A' message='m'>x</failure>", Outcome.FAILED, "A", "m", "x", id="failed"),
        pytest.param("<error type='E' message='m'>x</error>", Outcome.ERROR, "E", "m", "x", id="error"),
        pytest.param(
            "<failure message='m'>x</failure><error message='n'>y</error>", Outcome.ERROR, "", "m", "x\n\ny",
            id="failed-and-broke-after-it",
        ),
        pytest.param(
            "<failure type='A' message='m'/><error type='E' message='n'>y</error>", Outcome.ERROR, "A", "m", "y",
            id="the-first-says-why",
        ),
        pytest.param(
            "<error message='n'>y</error><failure message='m'/>", Outcome.ERROR, "", "n", "y", id="broke-and-failed"
        ),
        pytest.param("<skipped/><failure message='m'/>", Outcome.FAILED, "", "m", "", id="skipped-and-failed"),
        pytest.param("<failure message='m'/><skipped/>", Outcome.FAILED, "", "m", "", id="failed-and-skipped"),
        pytest.param("<skipped/><skipped type='XFAIL'/>", Outcome.PASSED, "", "", "", id="skipped-and-expected"),
    ],
)  # fmt: skip
def test_how_a_test_ended(inside: str, outcome: Outcome, kind: str, message: str, text: str) -> None:
    (found,) = read_cases(suite(case("test_a", inside, more="file='tests/x.py'")))
    assert (found.outcome, found.kind, found.message, found.text) == (outcome, kind, message, text)
    assert (found.classname, found.name, found.file, found.seconds) == ("tests.test_cart", "test_a", "tests/x.py", 0.5)


def test_a_report_may_be_sixteen_deep_and_an_element_have_64_attributes() -> None:
    assert list(read_cases(b"<testsuite>" * 16 + b"</testsuite>" * 16)) == []
    assert list(read_cases(b"<testsuite>" + b"<properties/>" * 40 + b"<testsuite>" * 15 + b"</testsuite>" * 16)) == []
    with pytest.raises(ValueError, match="nested too deeply"):
        list(read_cases(b"<testsuite>" + b"<properties/>" * 40 + b"<testsuite>" * 16))
    most, more = (" ".join(f"a{number}='1'" for number in range(count)) for count in (64, 65))
    assert list(read_cases(f"<testsuite {most}/>".encode())) == []
    with pytest.raises(ValueError, match="too many attributes"):
        list(read_cases(f"<testsuite {more}/>".encode()))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "is not well-formed XML: no element found", id="empty"),
        pytest.param(b"\0\0\0", "is not well-formed XML: no element found", id="nothing-but-NULs"),
        pytest.param(b"{}", "is not well-formed XML", id="json"),
        pytest.param(suite(case("test_a"))[:-20], "is not well-formed XML", id="cut-short"),
        pytest.param(b"<coverage/>", "is not a JUnit report", id="another-report"),
        pytest.param(b"<testsuite>" * 17, "is nested too deeply", id="deep"),
        pytest.param(
            b"<testsuites " + b" ".join(b"a%d='1'" % n for n in range(70)) + b"/>",
            "too many attributes",
            id="attributes",
        ),
        pytest.param(b"<testsuites a='" + b"x" * 4_000_000 + b"'/>", "has a tag that is longer", id="one-huge-tag"),
        pytest.param(b"<" * 4_000_000, "is not well-formed XML", id="nothing-but-brackets"),
        pytest.param(b"<!DOCTYPE a [<!ENTITY b 'c'>]><testsuites>&b;</testsuites>", "has a DOCTYPE", id="entities"),
        pytest.param(b"<!DOCTYPE a SYSTEM '/etc/passwd'><testsuites/>", "has a DOCTYPE", id="another-file"),
        pytest.param(suite("&nothing;"), "is not well-formed XML: undefined entity", id="unknown-entity"),
        pytest.param(b"<?xml version='1.0' encoding='nope'?><testsuites/>", "has an encoding", id="unknown-encoding"),
        pytest.param(b"<?xml version='1.0' encoding='idna'?><testsuites/>", "has an encoding", id="odd-encoding"),
        pytest.param(suite(case("a\xff")).decode().encode("latin-1"), "is not well-formed XML", id="wrong-encoding"),
    ],
)
def test_what_is_no_report_is_a_note(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a\n::error::.xml").write_bytes(content)
    results, (note,) = read_junit([tmp_path / "a\n::error::.xml"], NAMES, masking({}))
    assert results is None
    assert note.startswith("The JUnit file a\\n::error::.xml ")
    assert why in note
    assert note.endswith(". No tests are counted.")
    assert note.isprintable()


def test_too_many_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_MOST_ELEMENTS", 1000)
    assert len(list(read_cases(suite(*(case("a") for _ in range(998)))))) == 998
    with pytest.raises(ValueError, match="has more than 1,000 elements"):
        list(read_cases(suite(*(case("a") for _ in range(999)))))


def test_one_bad_file_of_several_leaves_nothing(tmp_path: Path) -> None:
    """The counts of the others would be a part of the results."""
    (tmp_path / "a.xml").write_bytes(suite(case("test_a")))
    (tmp_path / "b.xml").write_bytes(b"<")
    assert read_junit([tmp_path / "a.xml", tmp_path / "b.xml"], NAMES, masking({}))[0] is None


@pytest.mark.parametrize("kind", ["link", "pipe", "gone"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.xml"
    (tmp_path / "secret.xml").write_bytes(suite(case("test_a")))
    if kind == "link":
        path.symlink_to(tmp_path / "secret.xml")
    elif kind == "pipe":
        os.mkfifo(path)
    results, (note,) = read_junit([path], NAMES, masking({}))
    assert (results, note.startswith("The JUnit file x.xml cannot be read: ")) == (None, True)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covgate.measure.junit.files.MOST_BYTES", 1000)
    for name in "ab":
        (tmp_path / name).write_bytes(suite(case("test_a")).ljust(600))
    assert read_junit([tmp_path / "a"], NAMES, masking({}))[0] is not None
    results, (note,) = read_junit([tmp_path / "a", tmp_path / "b"], NAMES, masking({}))
    assert (results, note) == (
        None,
        "The JUnit file b cannot be read: it has more than 400 bytes. No tests are counted.",
    )


def test_too_many_files(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(suite(case("test_a")))
    assert read([tmp_path / "x"] * 500).passed == 1
    results, (note,) = read_junit([Path("x")] * 501, NAMES, masking({}))
    assert results is None
    assert note == "501 JUnit files are more than covgate reads (500): no tests are counted."


def test_control_characters_that_xml_has_no_place_for(tmp_path: Path) -> None:
    """Some writers let them through from a test's output."""
    content = suite(
        case("test_a", "<failure message='a\x1b[31mb\0'>c\x07\x0c</failure>"), "<system-out>\0\x1b</system-out>"
    )
    (failed,) = results_of(tmp_path, content).failures
    assert (failed.reason, failed.output) == ("a[31mb", "c")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["unmarked", "marked"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16(tmp_path: Path, encoding: str, mark: str) -> None:
    text = suite(case("test_ä")).decode()
    content = f"{mark}<?xml version='1.0' encoding='utf-16'?>{text}".encode(encoding)
    assert results_of(tmp_path, content).names == {"tests/test_cart.py::test_ä"}


def test_namespaces_and_nested_suites(tmp_path: Path) -> None:
    content = f"<testsuite xmlns='urn:x'><testsuite>{case('test_a')}</testsuite>{case('test_b')}</testsuite>".encode()
    assert results_of(tmp_path, content).passed == 2


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e999", "", "soon", "1e7"])
def test_a_time_that_is_none_is_no_time(text: str) -> None:
    (found,) = read_cases(suite(f"<testcase name='a' time='{text}'/>"))
    assert found.seconds == 0.0


def test_a_long_text_keeps_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_LONGEST_TEXT", 10)
    (found,) = read_cases(suite(case("a", "<failure>0123456789 the end</failure>")))
    assert found.text == "89 the end"
    assert found.outcome is Outcome.FAILED


def test_names_nobody_gives(tmp_path: Path) -> None:
    long = "test_" + "x" * 5000
    content = suite(
        case(f"{long}[1]"),
        case(f"{long}[2]"),
        case("test_\u202e|`@team`"),
        "<testcase/>",
        case("test_dots", classname="..."),
        case("test_up", classname="../../etc.passwd"),
    )
    results = results_of(tmp_path, content)
    assert results.passed == 6  # the two long ones are told apart
    assert all(name.isprintable() and len(name) <= LONGEST_NAME for name in results.names)


@pytest.mark.parametrize(("length", "cut"), [(LONGEST_NAME, False), (LONGEST_NAME + 1, True)])
def test_a_name_of_two_hundred_characters_is_kept_whole(length: int, *, cut: bool) -> None:
    name = "x" * length
    one, other = (
        NAMES.name(cases.Case(classname="", name=name[:-1] + last, file="", seconds=0, outcome=Outcome.PASSED))
        for last in "ab"
    )
    assert one.full != other.full
    assert (len(one.full), "…" in one.full, one.shown) == (LONGEST_NAME, cut, one.full)
    assert not cut or one.full.partition("…")[0] == "x" * (LONGEST_NAME - 9)


@given(st.text(), st.text(), st.text())
def test_any_name_is_one_printable_line(classname: str, name: str, file: str) -> None:
    found = NAMES.name(cases.Case(classname=classname, name=name, file=file, seconds=0.0, outcome=Outcome.PASSED))
    assert found.full.isprintable()
    assert found.shown.isprintable()
    assert found.path in {None, CART, UNITS, BROKEN_PATH, PurePosixPath("tests/__init__.py")}


TWO = "tests.test_cart.TestCart.test_a"


@pytest.mark.parametrize(
    ("classname", "file", "path", "shown"),
    [
        pytest.param("tests.test_cart", "", "api/tests/test_cart.py", "test_a", id="of-the-project"),
        pytest.param("api.tests.test_cart", "", "api/tests/test_cart.py", "test_a", id="of-the-checkout"),
        pytest.param(
            "tests.test_cart.TestCart.Inner", "", "api/tests/test_cart.py", "TestCart.Inner.test_a", id="class"
        ),
        pytest.param("elsewhere.test_cart", "", None, "elsewhere.test_cart.test_a", id="unknown"),
        pytest.param("x", "tests/test_cart.py", "api/tests/test_cart.py", "x.test_a", id="by-its-file"),
        pytest.param("x", "/etc/passwd", None, "x.test_a", id="a-file-outside"),
        pytest.param("x", "../api/tests/test_cart.py", None, "x.test_a", id="a-file-above"),
        pytest.param("", "", None, "test_a", id="nothing"),
        pytest.param("tests.test_cart.TestCart", "tests/other.py", "api/tests/other.py", TWO, id="another-file"),
        pytest.param("x", "./tests/test_cart.py", "api/tests/test_cart.py", "x.test_a", id="from-here"),
        pytest.param("x", "tests\\test_cart.py", "api/tests/test_cart.py", "x.test_a", id="of-windows"),
        pytest.param("tests.test_cart.a b", "", "api/tests/test_cart.py", "a b.test_a", id="no-identifier"),
        pytest.param("tests/test_cart", "", None, "tests/test_cart.test_a", id="no-module"),
        pytest.param("api/tests.test_cart", "", None, "api/tests.test_cart.test_a", id="half-a-path"),
        pytest.param("unittest.loader._FailedTest", "", None, "unittest.loader._FailedTest.test_a", id="no-loader"),
        pytest.param("unittest.loader._FailedTest.tests", "", None, "tests.test_a", id="of-a-loader"),
    ],
)
def test_the_file_of_a_test(classname: str, file: str, path: str | None, shown: str) -> None:
    files = map(PurePosixPath, ["api/tests/test_cart.py", "api/tests/other.py"])
    names = TestNames(files, PurePosixPath("api"))
    found = names.name(cases.Case(classname=classname, name="test_a", file=file, seconds=0.0, outcome=Outcome.PASSED))
    assert (found.path and str(found.path), found.shown) == (path, shown)


@pytest.mark.parametrize(
    ("classname", "file", "full"),
    [
        ("tests.test_cart.TestCart.Inner", "", "tests/test_cart.py::TestCart::Inner::test_a"),
        ("elsewhere.test_cart", "", "elsewhere.test_cart::test_a"),
        ("tests.test_cart.TestCart", "tests/test_units.py", "tests/test_units.py::tests.test_cart.TestCart::test_a"),
        ("unittest.loader._FailedTest.shop.checks", "", "shop.checks::test_a"),
        ("", "", "test_a"),
        ("", "tests/test_cart.py", "tests/test_cart.py::test_a"),
    ],
)
def test_the_name_a_test_is_recorded_by(classname: str, file: str, full: str) -> None:
    """Another one would be a new test, and the old one gone."""
    found = NAMES.name(cases.Case(classname=classname, name="test_a", file=file, seconds=0.0, outcome=Outcome.PASSED))
    assert found.full == full


def test_what_stands_for_a_module_alone_is_shown_by_the_name_the_report_gives_it() -> None:
    """As pytest and unittest tell of a module that cannot be imported: in the name, or in the class."""
    for classname, name in (("", "tests.test_cart"), ("tests.test_cart", "")):
        found = NAMES.name(cases.Case(classname=classname, name=name, file="", seconds=0.0, outcome=Outcome.ERROR))
        assert (found.path, found.shown) == (CART, "tests.test_cart")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tests/test_cart.py:41: in test_a", 41),
        ("tests/test_cart.py:41: AssertionError", 41),
        ("  src/tests/test_cart.py:41: AssertionError", None),
        ('  File "/home/runner/work/app/app/api/tests/test_cart.py", line 41, in test_a', 41),
        ('  File "C:\\work\\api\\tests\\test_cart.py", line 41, in test_a', 41),
        ('  File "/usr/lib/other_tests/test_cart.py", line 41, in x', None),
        ("src/shop/cart.py:3: in f\napi/tests/test_cart.py:41: in test_a\napi/tests/test_cart.py:7: in g", 41),
        ("E   api/tests/test_cart.py:41: said a message", None),
        ("tests/test_cart.py:0: in test_a", None),
        ("test_cart.py:41: in test_a", 41),
        ("", None),
    ],
)
def test_the_line_of_a_failure(text: str, line: int | None) -> None:
    assert line_in(PurePosixPath("api/tests/test_cart.py"), text) == line


def test_the_line_is_that_of_the_last_exception_of_a_chain() -> None:
    text = "tests/test_cart.py:1: in test_a\n{}\ntests/test_cart.py:2: in test_a\nsrc/x.py:3: in f"
    for chain in ("The above exception was the direct cause", "During handling of the above exception"):
        assert line_in(CART, text.format(chain)) == 2
    assert line_in(CART, text.format("  During handling of the above exception")) == 1
    assert line_in(CART, "tests/test_cart.py:1: in a\nDuring handling of the above exception\nsrc/x.py:3: in f") == 1
