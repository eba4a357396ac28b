"""JUnit files in a word or two, and what covgate reads in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from covgate.measure.junit.files import read_junit
from covgate.measure.junit.names import TestNames
from covgate.measure.junit.results import masking
from covgate.model import TestResults

CART, UNITS, BROKEN_PATH = (PurePosixPath(f"tests/test_{name}.py") for name in ("cart", "units", "broken"))
NAMES = TestNames([CART, UNITS, BROKEN_PATH, PurePosixPath("tests/__init__.py")], PurePosixPath())


def read(paths: Sequence[Path], names: TestNames = NAMES) -> TestResults:
    results, notes = read_junit(paths, names, masking({}))
    assert results is not None, notes
    assert notes == ()
    return results


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
