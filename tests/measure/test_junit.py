"""JUnit files as the runners really write them, and as a stranger might: results, or one clear note."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.measure.junit import cases
from covgate.measure.junit import results as results_module
from covgate.measure.junit.cases import Outcome, read_cases
from covgate.measure.junit.files import JunitFiles, name_junit, plan_junit, read_junit
from covgate.measure.junit.names import LONGEST_NAME, TestNames, line_in
from covgate.measure.junit.results import MASK, masking
from covgate.model import MOST_FAILURES, TestResults
from tests.support.projects import clean_environment, run

TEST_CART = """\
import unittest
import pytest

def helper(prices, key):
    return prices[key]

def test_ok():
    pass

def test_shipping():
    assert 490 == 0

def test_voucher():
    helper({}, "SUMMER")

@pytest.mark.parametrize("n", [1, 2, "a b"])
def test_each(n):
    assert n != 2

@pytest.fixture
def breaks_after():
    yield
    raise RuntimeError("too late")

def test_twice(breaks_after):
    assert 0

@pytest.mark.skip(reason="not now")
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected():
    assert 0

class TestCart:
    def test_chained(self):
        try:
            {}["a"]
        except KeyError as error:
            raise ValueError("no such voucher\\nat all") from error
"""

TEST_UNITS = """\
import unittest

class Units(unittest.TestCase):
    def test_each(self):
        for i in (0, 1):
            with self.subTest(i=i):
                self.assertEqual(i, 1)

    @unittest.expectedFailure
    def test_expected(self):
        self.fail("as expected")

    @unittest.skip("not now")
    def test_skipped(self):
        pass

    def test_error(self):
        raise KeyError("x")

    def test_fine(self):
        pass
"""

BROKEN = "import nothing_of_this_name\n"

CART, UNITS, BROKEN_PATH = (PurePosixPath(f"tests/test_{name}.py") for name in ("cart", "units", "broken"))
NAMES = TestNames([CART, UNITS, BROKEN_PATH, PurePosixPath("tests/__init__.py")], PurePosixPath())


def in_order(results: TestResults) -> list[tuple[str | None, int | None, str, str]]:
    failures = results.failures
    return sorted(((str(t.path) if t.path else None, t.line, t.name, t.reason) for t in failures), key=str)


def written(tmp_path: Path, files: dict[str, str], *args: str) -> None:
    for name, text in {"tests/__init__.py": "", **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    run([sys.executable, *args], cwd=tmp_path, env=clean_environment())


def read(paths: Sequence[Path], names: TestNames = NAMES) -> TestResults:
    results, notes = read_junit(paths, names, masking({}))
    assert results is not None, notes
    assert notes == ()
    return results


OF_PYTEST: list[tuple[str | None, int | None, str, str]] = [
    ("tests/test_cart.py", 11, "test_shipping", "assert 490 == 0"),
    ("tests/test_cart.py", 14, "test_voucher", "KeyError: 'SUMMER'"),
    ("tests/test_cart.py", 18, "test_each[2]", "assert 2 != 2"),
    ("tests/test_cart.py", 23, "test_twice", 'failed on teardown with "RuntimeError: too late"'),
    ("tests/test_cart.py", 41, "TestCart.test_chained", "ValueError: no such voucher"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "first_line"),
    [
        pytest.param([], "def test_shipping():", id="xunit2"),
        pytest.param(
            ["-o", "junit_family=xunit1", "--tb=short"], "tests/test_cart.py:11: in test_shipping", id="xunit1"
        ),
        pytest.param(["--tb=native"], "…", id="native"),
        pytest.param(["--tb=line"], "E   assert 490 == 0", id="one-line"),
    ],
)
def test_pytest(tmp_path: Path, options: list[str], first_line: str) -> None:
    written(tmp_path, {str(CART): TEST_CART}, "-m", "pytest", "--junitxml=x.xml", *options)
    results = read([tmp_path / "x.xml"])
    counts = (results.passed, results.failed, results.errors, results.skipped)
    # An expected failure ran; a test that fails and whose fixture breaks after it is one test.
    assert counts == (4, 4, 1, 1)
    expected = sorted(OF_PYTEST, key=str)
    if "--tb=line" in options:  # which tells of no line in the file
        expected = sorted(((row[0], None, *row[2:]) for row in expected), key=str)
    assert in_order(results) == expected
    shipping = next(test for test in results.failures if test.name == "test_shipping")
    assert shipping.output.startswith(first_line)
    assert "tests/test_cart.py::test_expected" in results.names
    assert "tests/test_cart.py::TestCart::test_chained" in results.names
    assert results.left_out == {"tests/test_cart.py::test_skipped"}
    assert len(results.names) == results.ran == 9
    assert {name for name, _ in results.slowest} <= results.names


@pytest.mark.slow
def test_a_module_that_cannot_be_imported_by_pytest(tmp_path: Path) -> None:
    written(tmp_path, {str(BROKEN_PATH): BROKEN}, "-m", "pytest", "--junitxml=x.xml")
    results = read([tmp_path / "x.xml"])
    reason = "ModuleNotFoundError: No module named 'nothing_of_this_name'"
    assert in_order(results) == [("tests/test_broken.py", 1, "tests.test_broken", reason)]


OF_UNITTEST = [
    ("tests/test_broken.py", 1, "test_broken", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ("tests/test_units.py", 7, "Units.test_each (i=0)", "0 != 1"),
    ("tests/test_units.py", 18, "Units.test_error", "KeyError: 'x'"),
]


def test_unittest_xml_reporting(tmp_path: Path) -> None:
    args = ("-m", "xmlrunner", "discover", "-t", ".", "-s", "tests", "-o", "reports")
    written(tmp_path, {str(UNITS): TEST_UNITS, str(BROKEN_PATH): BROKEN}, *args)
    paths = name_junit(tmp_path, ["reports/*.xml"]).fresh()
    assert len(paths) == 2
    results = read(paths)
    assert in_order(results) == sorted(OF_UNITTEST, key=str)
    assert (results.passed, results.skipped, results.broken) == (2, 1, 3)


def test_nose2(tmp_path: Path) -> None:
    args = ("-m", "nose2", "--plugin", "nose2.plugins.junitxml", "--junit-xml", "-s", ".", "tests")
    written(tmp_path, {str(UNITS): TEST_UNITS, str(BROKEN_PATH): BROKEN}, *args)
    results = read([tmp_path / "nose2-junit.xml"])
    # Its message is "test failure" always: the reason is the traceback's last line.
    expected = [(*row[:3], row[3] if "Error" in row[3] else f"AssertionError: {row[3]}") for row in OF_UNITTEST]
    assert in_order(results) == sorted(expected, key=str)
    assert (results.passed, results.skipped, results.broken) == (2, 1, 3)


def suite(*inside: str, tail: str = "") -> bytes:
    return f"<testsuites><testsuite name='pytest'>{''.join(inside)}</testsuite></testsuites>{tail}".encode()


def case(name: str, inside: str = "", classname: str = "tests.test_cart", more: str = "") -> str:
    return f"<testcase classname={classname!r} name={name!r} time='0.5' {more}>{inside}</testcase>"


def results_of(tmp_path: Path, *contents: bytes, names: TestNames = NAMES) -> TestResults:
    paths = []
    for number, content in enumerate(contents):
        paths.append(tmp_path / f"{number}.xml")
        paths[-1].write_bytes(content)
    return read(paths, names)


def test_the_files_of_several_environments_count_a_test_once_and_as_its_worst(tmp_path: Path) -> None:
    """As tox leaves them: one file for each of its environments."""
    one = suite(case("test_a"), case("test_b"), case("test_c", "<skipped/>"))
    other = suite(case("test_a", "<failure message='no'/>"), case("test_c"), case("test_d", "<skipped/>"))
    results = results_of(tmp_path, one, other)
    assert (results.passed, results.failed, results.skipped) == (2, 1, 1)
    assert [test.name for test in results.failures] == ["test_a"]
    assert results.left_out == {"tests/test_cart.py::test_d"}


def test_tests_that_were_all_skipped_are_results(tmp_path: Path) -> None:
    results = results_of(tmp_path, suite(case("test_a", "<skipped/>")))
    assert (results.ran, results.skipped) == (0, 1)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param("<failure>first\nE   KeyError: 1\nlast</failure>", "KeyError: 1", id="pytests-mark"),
        pytest.param("<failure>first\nlast\n</failure>", "last", id="the-last-line"),
        pytest.param("<failure/>", "", id="nothing-at-all"),
    ],
)
def test_a_failure_without_a_message_is_told_by_its_text(tmp_path: Path, failure: str, reason: str) -> None:
    (failed,) = results_of(tmp_path, suite(case("test_a", failure))).failures
    assert failed.reason == reason


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


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("<failure message='&#10; &#10; one &#10;two'/>", "one"),
        ("<failure type='KeyError' message='one'/>", "KeyError: one"),
        ("<failure type='app.errors.NoSuchThing' message='one'/>", "app.errors.NoSuchThing: one"),
        ("<failure type='AssertionError' message='one'/>", "one"),
        ("<failure type='UnexpectedSuccess' message='one'/>", "one"),
        ("<failure type='see @team' message='one'/>", "one"),
        ("<failure type='KeyError' message='test failure'>E   the text</failure>", "the text"),
        ("<failure message='collection failure'>E   the text</failure>", "the text"),
        ("<failure message='test error'>the text</failure>", "the text"),
        ("<failure message='test failure'/>", "test failure"),
        ("<error message='Traceback (most recent call last): x'>a\n  the text </error>", "the text"),
        ("<failure>the text\n   </failure>", "the text"),
        ("<failure>E  \nEnd\nE   the text\nE   more</failure>", "the text"),
    ],
)
def test_the_reason_is_one_line(tmp_path: Path, failure: str, reason: str) -> None:
    (failed,) = results_of(tmp_path, suite(case("test_a", failure))).failures
    assert failed.reason == reason


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("\n\n  a\n\n\tb  \n\n", "  a\n\n    b"),
        ("\n".join(["x" * 999] * 3), "\n".join(["x" * 999] * 3)),
        ("\n".join(["x" * 999, "x" * 999, "x" * 1000]), "\n".join(["…", "x" * 999, "x" * 1000])),
        ("x" * 3000, "…"),
        ("\n".join("ab" * 15), "\n".join("ab" * 15)),
        ("\n".join("c" + "ab" * 15), "\n".join("…" + "ab" * 15)),
    ],
    ids=["blank-lines", "three-thousand", "more", "one-long-line", "thirty-lines", "thirty-one"],
)
def test_of_the_output_the_end_is_kept(tmp_path: Path, text: str, output: str) -> None:
    (failed,) = results_of(tmp_path, suite(case("test_a", f"<failure>{text}</failure>"))).failures
    assert failed.output == output


def test_a_report_may_be_sixteen_deep_and_an_element_have_64_attributes() -> None:
    assert list(read_cases(b"<testsuite>" * 16 + b"</testsuite>" * 16)) == []
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


def test_times(tmp_path: Path) -> None:
    (found,) = read_cases(suite("<testcase name='a' time='1,234.5'/>"))
    assert found.seconds == 1234.5
    slow = suite(*(f"<testcase name='t{n}' time='{n}'/>" for n in range(30)))
    results = results_of(tmp_path, slow)
    assert results.slowest[:2] == (("t29", 29.0), ("t28", 28.0))
    assert (len(results.slowest), results.seconds) == (10, 435.0)


def test_a_test_that_is_told_of_twice_took_as_long_as_its_longest(tmp_path: Path) -> None:
    one, other = (suite(f"<testcase name='a' time='{seconds}'/>") for seconds in (2, 1))
    assert results_of(tmp_path, one, other).slowest == results_of(tmp_path, other, one).slowest == (("a", 2.0),)


def test_what_did_not_run_or_took_no_time_is_not_among_the_slowest(tmp_path: Path) -> None:
    content = suite(case("test_a", "<skipped/>"), "<testcase name='b' time='0'/>", "<testcase name='c' time='1e6'/>")
    results = results_of(tmp_path, content)
    assert (results.slowest, results.seconds) == ((("c", 1_000_000.0),), 1_000_000.5)


def test_a_lot_of_failures_and_of_output(tmp_path: Path) -> None:
    text = "\n".join(f"line {n}" for n in range(100))
    content = suite(*(case(f"test_{n}", f"<failure message='{'x' * 5000}'>{text}</failure>") for n in range(80)))
    results = results_of(tmp_path, content)
    assert (results.failed, len(results.failures)) == (80, MOST_FAILURES)
    output = results.failures[0].output.split("\n")
    assert (output[0], output[1], output[-1], len(output)) == ("…", "line 70", "line 99", 31)
    assert len(results.failures[0].reason) == 200


@pytest.mark.parametrize(("tests", "length", "kept"), [(2, 99, True), (1, 99, False), (9, 9, False)])
def test_of_too_many_names_and_of_too_long_ones_none_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tests: int, length: int, *, kept: bool
) -> None:
    """Those of a part would be taken for all: the others were gone from the next run."""
    monkeypatch.setattr(results_module, "MOST_TESTS", tests)
    monkeypatch.setattr(results_module, "MOST_CHARACTERS", length)
    results = results_of(tmp_path, suite(case("test_a"), case("test_b", "<skipped/>")))
    assert (len(results.names), len(results.left_out), results.passed) == (kept, kept, 1)


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


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        *((name, True) for name in ("TOKEN", "my_token", "SECRETS", "DB_PASS", "PASSWORD", "PASSWD", "PASSPHRASE")),
        *((name, True) for name in ("CREDENTIALS", "PW", "DB_PWD", "API_KEY", "KEY_ID", "SENTRY_DSN", "BASIC_AUTH")),
        *((name, False) for name in ("PASSENGER", "MONKEY", "KEYS", "AUTHOR", "PWDS", "HOME")),
    ],
)
def test_what_is_a_secret_by_its_name(name: str, *, masked: bool) -> None:
    assert masking({name: " 654321\n"})("it is 654321.") == ("it is ***." if masked else "it is 654321.")


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        ("12345", "12345", "12345"),
        ("123456", "123456", MASK),
        ("a.c.e.g", "abcdefg", "abcdefg"),
        ("123\n123456", "123 and 123456", f"123 and {MASK}"),
        ("1234567\n7654321", "1234567 7654321", f"{MASK} {MASK}"),
        ("1234567\n7654321", "1234567\n7654321", MASK),
        ("", "nothing", "nothing"),
    ],
)
def test_a_secret_is_masked_as_a_whole_and_by_its_lines(value: str, text: str, shown: str) -> None:
    assert masking({"TOKEN": value, "OTHER": "other-value"})(text) == shown


def test_secrets_of_the_environment_are_not_told(tmp_path: Path) -> None:
    secrets = {
        "API_TOKEN": "hush-hush",
        "DB_PASSWORD": "two\nlines-of-it",
        "SHORT_SECRET": "abc",
        "MONKEY": "banana-split",
        "DEPLOY_KEY": "hush-hush-hush",
    }
    said = "hush-hush-hush and hush-hush, lines-of-it, banana-split, abc"
    (tmp_path / "x.xml").write_bytes(suite(case("test_a[hush-hush]", f"<failure message='{said}'>{said}</failure>")))
    results, _ = read_junit([tmp_path / "x.xml"], NAMES, masking(secrets))
    assert results is not None
    (failed,) = results.failures
    expected = f"{MASK} and {MASK}, {MASK}, banana-split, abc"
    assert (failed.reason, failed.output, failed.name) == (expected, expected, f"test_a[{MASK}]")
    assert results.slowest[0][0] == f"tests/test_cart.py::test_a[{MASK}]"


# --- which files ------------------------------------------------------------------------------------------------------


def planned(directory: Path, command: str, option: Sequence[str] | None = None, **env: str) -> tuple[JunitFiles, str]:
    environment = dict(env)
    files = plan_junit(directory, command.split(), environment, directory / "private", option)
    return files, environment.get("PYTEST_ADDOPTS", "")


OWN = "--junitxml={}/private/junit.xml"


@pytest.mark.parametrize(
    ("command", "ini", "variable", "options", "patterns"),
    [
        pytest.param("pytest -q", "", "", OWN, 1, id="pytest"),
        pytest.param("python -m pytest", "", "-q", f"-q {OWN}", 1, id="beside-other-options"),
        pytest.param("uv run pytest -n 4", "", "", OWN, 1, id="a-runner-and-xdist"),
        pytest.param("tox -e py", "", "", "", 0, id="tox"),
        pytest.param("make test", "", "", "", 0, id="make"),
        pytest.param("pytest a && pytest b", "", "", "", 0, id="two-calls"),
        pytest.param("pytest --junitxml=a.xml", "", "", "", 1, id="names-its-own"),
        pytest.param("pytest --junit-xml a.xml", "", "", "", 1, id="in-two-words"),
        pytest.param("pytest a --junitxml=a.xml && pytest b --junitxml=b.xml", "", "", "", 2, id="each-its-own"),
        pytest.param("pytest a --junitxml=a.xml && pytest b", "", "", "", 0, id="a-part"),
        pytest.param("pytest", "--junitxml=a.xml", "", "", 1, id="configured"),
        pytest.param("pytest", "-q", "--junitxml=a.xml", "--junitxml=a.xml", 1, id="in-the-variable"),
        pytest.param("pytest --junitxml=$OUT", "", "", "", 0, id="a-variable-nobody-knows"),
        pytest.param("pytest --junitxml=~/a.xml", "", "", "", 0, id="a-home"),
        pytest.param("pytest -p no:junitxml", "", "", "", 0, id="without-the-plugin"),
        pytest.param("pytest", "-pno:junitxml", "", "", 0, id="configured-without-the-plugin"),
    ],
)
def test_the_file_of_a_command(  # columns of the table
    tmp_path: Path, command: str, ini: str, variable: str, options: str, patterns: int
) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {ini}\n")
    files, given_options = planned(tmp_path, command, None, **({"PYTEST_ADDOPTS": variable} if variable else {}))
    assert given_options == options.format(tmp_path)
    assert len(files.patterns) == patterns
    assert not files.asked


def test_the_option_names_the_files_and_nothing_is_added(tmp_path: Path) -> None:
    files, options = planned(tmp_path, "pytest", ["out/*.xml"])
    assert (files.patterns, files.asked, options) == (("out/*.xml",), True, "")


def test_files_that_were_there_before_are_read_when_they_are_given_by_name(tmp_path: Path) -> None:
    for name in ("b.xml", "a.xml", ".hidden/deep/c.xml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(suite())
    found = name_junit(tmp_path, ["b.xml", "*.xml", "**/c.xml", f"{tmp_path}/a.xml"]).fresh()
    assert found == [tmp_path / name for name in ("b.xml", "a.xml", ".hidden/deep/c.xml")]


def test_off(tmp_path: Path) -> None:
    files, options = planned(tmp_path, "pytest", ["off"])
    assert (files.patterns, files.asked, options, files.fresh()) == ((), False, "", [])


@pytest.mark.parametrize("option", [["a.xml"], None])
def test_a_file_of_an_earlier_run_is_not_of_this_one(tmp_path: Path, option: Sequence[str] | None) -> None:
    (tmp_path / "a.xml").write_bytes(suite(case("test_old")))
    files, _ = planned(tmp_path, "pytest --junitxml=a.xml", option)
    assert files.fresh() == []
    (tmp_path / "a.xml").write_bytes(suite(case("test_new_one")))
    assert files.fresh() == [tmp_path / "a.xml"]


def test_a_folder_is_no_file_and_a_name_with_a_bracket_is_no_glob(tmp_path: Path) -> None:
    (tmp_path / "x.xml").mkdir()
    (tmp_path / "[ab].xml").write_bytes(b"")
    (tmp_path / "a.xml").write_bytes(b"")
    assert name_junit(tmp_path, ["x.xml"]).fresh() == []
    files, _ = planned(tmp_path, "pytest --junitxml=[ab].xml")
    (tmp_path / "[ab].xml").write_bytes(b"new")
    (tmp_path / "a.xml").write_bytes(b"new")
    assert files.fresh() == [tmp_path / "[ab].xml"]
