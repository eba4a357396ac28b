"""Whether a run shows what all of the project's tests execute: by pytest's arguments, and by the files of before."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.change import Checkout
from covgate.config import Settings
from covgate.history.comparison.tests import Missed, find_lost, find_missed, is_part, sum_up
from covgate.history.look_back import Past
from covgate.measure import Invocation, find_choice, only_collects
from covgate.model import (
    Coverage,
    GoneTests,
    LineRecord,
    Sha,
    Shifts,
    SuiteRun,
    SuiteStatus,
    TestResults,
    Unavailable,
)

PYTEST_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
CONFIGURATION = (".coveragerc", ".coveragerc.toml", *PYTEST_FILES, "pyproject.toml", "setup.cfg", "tox.ini")
"""The files that say what is tested and measured, in the project's folder."""

_SHARED = ("pyproject.toml", "setup.cfg", "tox.ini")
"""Files that say other things, too."""


def find_narrower(
    change: Checkout, lines: LineRecord | Unavailable, shifts: Shifts | Unavailable, coverage: Coverage
) -> str | None:
    """Say which file the newest record holds, the commit still has and this run did not measure; else None.

    `lines` is that record's, and `shifts` the diff from its commit. A file that is gone, or renamed, is not missed, nor
    is any when the configuration that says what is measured is another than the record's: `omit` may leave it out.
    """
    if isinstance(lines, Unavailable):
        return None
    missed = _missed(change, lines, shifts, coverage)
    if not missed or (not isinstance(shifts, Unavailable) and _configured_anew(change, lines.sha)):
        return None
    were, are = (f" and {len(missed) - 1} more were", "are") if len(missed) > 1 else (" was", "is")
    cure = "what no test is to load any more belongs into `omit`"
    return f"{missed[0]}{were} measured for {lines.sha[:12]} and {are} not now; {cure}"


def _missed(
    change: Checkout, lines: LineRecord, shifts: Shifts | Unavailable, coverage: Coverage
) -> list[PurePosixPath]:
    gone = set(lines.files) - set(coverage.files)
    if not gone:
        return []
    # What the tests make, and git does not know, may come or stay away.
    known = set(change.git.names(change.head)) - set(coverage.files)
    return sorted(known & (gone if isinstance(shifts, Unavailable) else {shifts.of(path).path for path in gone}))


def _configured_anew(change: Checkout, old: Sha) -> bool:
    paths = [change.prefix / name for name in CONFIGURATION]
    before, now = (change.git.blobs(commit, paths) for commit in (old, change.head))
    return any(_told(path.name, before.get(path)) != _told(path.name, now.get(path)) for path in paths)


def _told(name: str, content: bytes | None) -> object:
    """Return what a file says of tests and coverage; all of it when that cannot be told apart."""
    text = (content or b"").decode("utf-8", "replace")
    if name not in _SHARED:
        return text
    try:
        if name == "pyproject.toml":
            tool = tomllib.loads(text).get("tool")
            return [tool.get(key) for key in ("coverage", "pytest")] if isinstance(tool, dict) else [None, None]
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
    except (ValueError, configparser.Error, RecursionError):
        return text
    named = [one for one in parser.sections() if one == "pytest" or one.startswith(("coverage:", "tool:pytest"))]
    return {section: dict(parser[section]) for section in named}


# --- the tests by name -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsBefore:
    """The tests of a run beside those of its baseline."""

    __test__ = False

    gone: GoneTests | None = None
    part: str = ""
    """`only 214 of the 412 tests of main ran`; empty when the run is no part of the suite, or it is not known."""


def compare_tests(change: Checkout, past: Past, suite: SuiteRun | None) -> TestsBefore:
    """Hold the tests of a run that passed against its baseline's: of a suite that broke, those after it did not run."""
    lines, shifts = past.lines, past.shifts
    if suite is None or suite.status is not SuiteStatus.PASSED or suite.tests is None:
        return TestsBefore()
    tests = suite.tests
    if isinstance(lines, Unavailable) or isinstance(shifts, Unavailable) or not lines.tests:
        return TestsBefore()
    if not (tests.names or tests.left_out):
        return TestsBefore()
    missed = find_missed(lines.tests, tests, shifts)
    part = ""
    if is_part(missed, lines.tests) and is_part(_lost(change, lines, missed, tests), lines.tests):
        base = change.base
        of = f" of {base.ref}" if base is not None and base.ref not in {"", "HEAD", base.sha} else " of the baseline"
        part = f"only {tests.ran:,} of the {sum(lines.tests.values()):,} tests{of} ran"
    return TestsBefore(gone=sum_up(missed), part=part)


def _lost(change: Checkout, lines: LineRecord, missed: Sequence[Missed], tests: TestResults) -> tuple[Missed, ...]:
    """Return the tests that are missed without a reason; none where what chooses tests is another than it was."""
    changes = change.git.changes(lines.sha, change.tree)
    paths = {path for entry in changes for path in (entry.old_path, entry.path)}
    if any(map(_chooses_tests, paths)) or _configured_anew(change, lines.sha):
        return ()
    known = set(change.git.names(change.head))
    return tuple(one for one in find_lost(missed, lines.tests, tests, paths) if one.path in known)


def _chooses_tests(path: PurePosixPath) -> bool:
    """Whether a file may say which tests are run: covgate does not read what it says."""
    return path.name in _CHOOSING or path.suffix in {".sh", ".yml", ".yaml", ".mk"} or path.name in _NOT_SHARED


_CHOOSING = frozenset({"conftest.py", "noxfile.py", "Makefile", "justfile", "tasks.py", "setup.py"})
_NOT_SHARED = frozenset(CONFIGURATION) - frozenset(_SHARED)


# --- pytest's arguments -----------------------------------------------------------------------------------------------


def find_partial(settings: Settings, environment: Mapping[str, str], change: Checkout) -> str | None:
    """Return the argument of pytest that makes this run a part of the suite, or None.

    What the project's files choose with `-k` is its suite; on the command line it is a choice for once.
    """
    if settings.coverage_data:
        return None
    home = "" if change.prefix == PurePosixPath() else f"{change.prefix}/"
    tracked = (PurePosixPath(str(p).removeprefix(home)) for p in change.git.tracked() if str(p).startswith(home))
    return find_choice(_invocation(settings, environment, change), tracked)


def find_collection(settings: Settings, environment: Mapping[str, str], change: Checkout) -> str | None:
    """Return the argument of pytest with which this run executed no test at all, or None."""
    return None if settings.coverage_data else only_collects(_invocation(settings, environment, change))


def _invocation(settings: Settings, environment: Mapping[str, str], change: Checkout) -> Invocation:
    """Return how this run starts pytest."""
    return Invocation(
        directory=change.git.root / change.prefix,
        command=settings.test_command,
        for_once=settings.where("test-command") == "the command line",
        variable=environment.get("PYTEST_ADDOPTS", ""),
    )
