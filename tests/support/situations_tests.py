"""What reports say about the tests: which failed and where, which took long, which ran on main and not here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from covgate.model.test_results import FailedTest, GoneTests, TestResults
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import SuiteStatus
from covgate.report.facts import Facts
from tests.support.situations import COVERED, PASSED, ended, facts
from tests.support.situations_compared import compared

CART, DISCOUNT, INVOICE = (PurePosixPath(f"tests/test_{name}.py") for name in ("cart", "discount", "invoice"))
SHIPPING = FailedTest(
    path=CART,
    line=41,
    name="test_shipping_is_free",
    reason="assert 490 == 0",
    output="tests/test_cart.py:41: in test_shipping_is_free\n    assert cart.shipping() == 0\nE   assert 490 == 0",
)
VOUCHER = FailedTest(
    path=DISCOUNT,
    line=17,
    name="test_unknown_voucher",
    reason="KeyError: 'SUMMER'",
    output="tests/test_discount.py:17: in test_unknown_voucher\n    find_discount('SUMMER', 1000)\n"
    "src/shop/discount.py:10: in find_discount\n    raise KeyError(code)\nE   KeyError: 'SUMMER'",
)
BOTH = TestResults(
    passed=410,
    failed=2,
    skipped=3,
    failures=(SHIPPING, VOUCHER),
    seconds=75.5,
    slowest=(("tests/test_cart.py::TestCart::test_all_of_it", 12.75), ("tests/test_invoice.py::test_total", 0.84)),
)
GONE = GoneTests(
    count=14,
    names=tuple(f"tests/test_invoice.py::test_{name}" for name in ("copies", "lines", "no", "tax (11 of 11 cases)")),
    files=((INVOICE, 14),),
)

HOSTILE = FailedTest(
    path=PurePosixPath("tests/a|b`c`<b>.py"),
    line=1,
    name="test_x[@team|`#1` </details>]",
    reason="</code> | ```` ![x](http://x) \\u202e @team #1",
    output="````\n```\n<details>\n</details>\n<script>alert(1)</script>\n@team #1 ::error::x\n" + "x" * 2000,
)


def failed(results: TestResults) -> Facts:
    run = ended(SuiteStatus.FAILED, 1)
    return facts(COVERED, min_diff="80", suite=replace(run, tests=results))


TESTED: dict[str, Callable[[], Facts]] = {
    "tests-named": lambda: failed(BOTH),
    "tests-many": lambda: failed(
        TestResults(passed=300, failed=60, failures=tuple(replace(SHIPPING, line=n + 1, output="") for n in range(50)))
    ),
    "tests-without-a-place": lambda: failed(
        TestResults(failed=1, failures=(FailedTest(name="Units.test_error", reason=""),))
    ),
    "tests-gone": lambda: compared(max_drop="0.5", raw="1.87", adjusted="1.87", gone=GONE),
    "tests-gone-and-all-well": lambda: facts(COVERED, min_diff="80", suite=replace(PASSED, tests=BOTH), gone=GONE),
    "a-part-of-the-suite": lambda: facts(
        "",
        min_diff="80",
        min_total="80",
        problem=Unavailable(reason="only 214 of the 412 tests of main ran", kind=UnknownKind.PART_OF_SUITE),
    ),
    "tests-hostile": lambda: failed(TestResults(failed=1, failures=(HOSTILE,), slowest=((HOSTILE.name, 1.0),))),
}
"""Every situation by its name."""
