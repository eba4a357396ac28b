"""From the cases of all files of a run to its results: each test once, as the worst of what is said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import nlargest

from covgate.measure.junit.cases import Case, Outcome
from covgate.measure.junit.names import TestName, TestNames, line_in
from covgate.model import MOST_FAILURES, FailedTest, TestResults, visible

MOST_TESTS = 100_000
MOST_CHARACTERS = 10_000_000
"""How many names of tests are kept, and how long they may be together: beyond, none is."""

_SLOWEST = 10
_LONGEST_REASON = 200
_OUTPUT_LINES, _OUTPUT_LENGTH = 30, 3000
"""Of the output of one failed test, its end is kept."""


def make_results(cases: Iterable[Case], names: TestNames, mask: Callable[[str], str]) -> TestResults:
    """Count the cases. `mask` takes secrets out of a text that will be shown."""
    found: dict[str, _Test] = {}
    for case in cases:
        name = names.name(case)
        test = found.setdefault(name.full, _Test(name=name, case=case))
        test.seconds = max(test.seconds, case.seconds)
        if case.outcome > test.case.outcome:
            test.case = case
    by_outcome = {outcome: sum(test.case.outcome is outcome for test in found.values()) for outcome in Outcome}
    broken = [test for test in found.values() if test.case.outcome >= Outcome.FAILED]
    ran = {full: test for full, test in found.items() if test.case.outcome is not Outcome.SKIPPED}
    slow = nlargest(_SLOWEST, (test for test in ran.values() if test.seconds), key=lambda test: test.seconds)
    kept = len(found) <= MOST_TESTS and sum(map(len, found)) <= MOST_CHARACTERS
    return TestResults(
        passed=by_outcome[Outcome.PASSED],
        failed=by_outcome[Outcome.FAILED],
        errors=by_outcome[Outcome.ERROR],
        skipped=by_outcome[Outcome.SKIPPED],
        failures=tuple(_failure(_masked_name(test, names, mask), test.case, mask) for test in broken[:MOST_FAILURES]),
        seconds=sum(test.seconds for test in found.values()),
        slowest=tuple((mask(_masked_name(test, names, mask).full), test.seconds) for test in slow),
        names=frozenset(ran) if kept else frozenset(),
        left_out=frozenset(found.keys() - ran.keys()) if kept else frozenset(),
    )


@dataclass(slots=True, kw_only=True)
class _Test:
    name: TestName
    case: Case
    """The worst of those with its name: pytest tells twice of a test that fails and whose fixture breaks after it."""
    seconds: float = 0.0


def _masked_name(test: _Test, names: TestNames, mask: Callable[[str], str]) -> TestName:
    """Return the name to show. A secret is taken out before a long name is cut: what is left of one is none."""
    masked = mask(test.case.name)
    return test.name if masked == test.case.name else names.name(replace(test.case, name=masked))


def _failure(name: TestName, case: Case, mask: Callable[[str], str]) -> FailedTest:
    path = name.path
    return FailedTest(
        path=path,
        line=None if path is None else line_in(path, case.text),
        name=mask(name.shown),
        reason=mask(_reason(case))[:_LONGEST_REASON],
        output=mask(_output(case.text)),
    )


_SAYS_NOTHING = frozenset({"", "collection failure", "test failure", "test error"})
"""Messages of pytest for a module that cannot be imported, and of nose2 for everything."""


def _reason(case: Case) -> str:
    """Return one line that says what went wrong."""
    lines = [line.strip() for line in case.message.splitlines() if line.strip()]
    # unittest puts a whole traceback there when a module cannot be imported; XML makes one line of it.
    if lines and lines[0] not in _SAYS_NOTHING and "Traceback (most recent call last)" not in case.message:
        named = case.kind if re.fullmatch(r"[A-Za-z_][\w.]{0,80}", case.kind) else ""
        return visible(lines[0] if named in {"", "AssertionError", "UnexpectedSuccess"} else f"{named}: {lines[0]}")
    # pytest marks the lines of an exception; of another traceback the last line says it.
    marked = [line.removeprefix("E").strip() for line in case.text.splitlines() if re.match(r"E\s+\S", line)]
    others = [line.strip() for line in case.text.splitlines() if line.strip()]
    return visible((marked or others[-1:] or lines or [""])[0])


def _output(text: str) -> str:
    """Return the last lines of a traceback, each fit to print."""
    lines = [visible(line.expandtabs(4)).rstrip() for line in text.strip("\n").split("\n")]
    kept: list[str] = []
    length = 0
    for line in reversed(lines):
        length += len(line) + 1
        if len(kept) == _OUTPUT_LINES or length > _OUTPUT_LENGTH:
            kept.append("…")
            break
        kept.append(line)
    return "\n".join(reversed(kept))


# --- secrets ----------------------------------------------------------------------------------------------------------

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASS(?:WORD|WD|PHRASE)?(?:_|$)|CREDENTIAL|(?:^|_)(?:PW|PWD|KEY|DSN|AUTH)(?:_|$)"
)
_SHORTEST_SECRET = 6
MASK = "***"


def masking(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return what takes the values of variables such as `API_TOKEN` out of a text.

    GitHub masks a workflow's secrets in the log, and in no comment: a failed assertion may print one.
    """
    values = {
        value.strip()
        for name, value in environment.items()
        if _SECRET_NAME.search(name.upper()) and len(value.strip()) >= _SHORTEST_SECRET
    }
    pieces = {line for value in values for line in value.splitlines() if len(line) >= _SHORTEST_SECRET} | values
    # A failed assertion shows texts as Python writes them: a backslash is two.
    pieces |= {repr(piece)[1:-1] for piece in pieces}
    # The longest first: one may be a part of another.
    pattern = "|".join(re.escape(piece) for piece in sorted(pieces, key=len, reverse=True))
    if not pattern:
        return lambda text: text
    found = re.compile(pattern)
    return lambda text: found.sub(MASK, text)
