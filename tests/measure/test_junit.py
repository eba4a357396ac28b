"""The results of JUnit files as the runners really write them, and which files those are."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from covgate.measure.junit import results as results_module
from covgate.measure.junit.cases import read_cases
from covgate.measure.junit.files import JunitFiles, name_junit, plan_junit, read_junit
from covgate.measure.junit.results import MASK, masking
from covgate.model import MOST_FAILURES, TestResults
from tests.support.junit import BROKEN_PATH, CART, NAMES, UNITS, case, read, results_of, suite
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


def in_order(results: TestResults) -> list[tuple[str | None, int | None, str, str]]:
    failures = results.failures
    return sorted(((str(t.path) if t.path else None, t.line, t.name, t.reason) for t in failures), key=str)


def written(tmp_path: Path, files: dict[str, str], *args: str) -> None:
    for name, text in {"tests/__init__.py": "", **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    run([sys.executable, *args], cwd=tmp_path, env=clean_environment())


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


def test_the_files_of_several_environments_count_a_test_once_and_as_its_worst(tmp_path: Path) -> None:
    """As tox leaves them: one file for each of its environments."""
    one = suite(case("test_a"), case("test_b"), case("test_c", "<skipped/>"))
    other = suite(case("test_a", "<failure message='no'/>"), case("test_c"), case("test_d", "<skipped/>"))
    results = results_of(tmp_path, one, other)
    assert (results.passed, results.failed, results.skipped) == (2, 1, 1)
    assert [test.name for test in results.failures] == ["test_a"]
    assert results.left_out == {"tests/test_cart.py::test_d"}


def test_of_a_test_that_failed_twice_the_first_failure_is_told_and_of_worse_ones_the_worst(tmp_path: Path) -> None:
    outcomes = [
        "<failure message='one'/>",
        "<failure message='two'/>",
        "<error message='three'/>",
        "<error message='4'/>",
    ]
    for last, reason in ((2, "one"), (4, "three")):
        contents = [suite(case("test_a", outcome)) for outcome in outcomes[:last]]
        (failed,) = results_of(tmp_path, *contents).failures
        assert failed.reason == reason


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
        (r"C:\secret", "assert 'C:\\\\secret' == r'C:\\secret'", f"assert '{MASK}' == r'{MASK}'"),
        ("12'45\"7", repr("12'45\"7"), f"'{MASK}'"),
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


def test_no_part_of_a_secret_is_left_where_a_long_name_is_cut(tmp_path: Path) -> None:
    """It may lie anywhere in the name."""
    cases = (case(f"test_a[{'x' * before}hush-hush{'y' * 200}]", "<failure/>") for before in range(150, 200, 5))
    (tmp_path / "x.xml").write_bytes(suite(*cases))
    results, _ = read_junit([tmp_path / "x.xml"], NAMES, masking({"API_TOKEN": "hush-hush"}))
    assert results is not None
    shown = [*(test.name for test in results.failures), *(name for name, _ in results.slowest)]
    assert (len(shown), [name for name in shown if "hu" in name]) == (20, [])
    assert results.failed == 10


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
