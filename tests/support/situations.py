"""What reports are made of: one named situation for each thing a maintainer may have to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from covgate.change.diff_coverage import compute_diff_coverage
from covgate.config.settings import resolve
from covgate.gate.checks import Figures, compute_checks
from covgate.gate.rules import judge
from covgate.host.links import Links
from covgate.model.change import DiffCoverage
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import Measurement, OmittedFile
from covgate.model.unknown import Unavailable
from covgate.model.verdict import SuiteRun, SuiteStatus
from covgate.report.bands import Bands
from covgate.report.facts import Facts, KnownTotal
from covgate.report.steps import Judged, find_steps
from tests.support.coverage_text import read_files

HEAD = Sha("1f2e3d4c5b6a79880f1e2d3c4b5a697887f6e5d4")
BASE = Sha("9a8b7c6d5e4f30211203f4e5d6c7b8a90a1b2c3d")
BLOB = "https://github.com/org/app/blob"
PASSED = SuiteRun(command="pytest", status=SuiteStatus.PASSED, exit_code=0, seconds=12.5)

CORE = """
src/app/core.py
    1-40
    + 41-58
    + 59 partial
    + 60-61 missing
    + 62 text
    + 63 missing
    64-90 missing
    def Cart.total 41-58
    def Cart.refund 59-70
src/app/api.py
    1-30
    + 31 missing
    + 32 of 31
    + 33 missing 0/2
    + 34-35 missing
    def create 20-40
"""
COVERED = "src/app/core.py\n    1-40\n    + 41-58\n    + 59 partial 2/2\n    60-90\n    91-93 missing\n"


def facts(
    text: str = "",
    *,
    min_diff: str = "",
    min_total: str = "",
    suite: SuiteRun | None = PASSED,
    problem: str | Unavailable = "",
    **others: Any,  # noqa: ANN401  # the fields of Facts
) -> Facts:
    """Judge the files that `text` describes (see coverage_text) as the pipeline does, on a pull request.

    `others` replace fields of the outcome; a `diff` that is given is judged too.
    """
    changed, measurement = read_files(text)
    if problem:
        gone = problem if isinstance(problem, Unavailable) else Unavailable(reason=problem)
        measurement = replace(measurement, coverage=gone)
    diff = others.pop("diff", compute_diff_coverage(changed, measurement))
    coverage = measurement.coverage
    total = coverage if isinstance(coverage, Unavailable) else coverage.total
    settings = resolve(command_line={"min-diff": min_diff, "min-total": min_total})
    known = diff.tally if isinstance(diff, DiffCoverage) else diff
    checks = compute_checks(settings, Figures(total=total, diff=known))
    made = Facts(
        verdict=judge(checks, suite, total if isinstance(total, Unavailable) else None),
        total=coverage,
        diff=diff,
        base=Base(sha=BASE, how=BaseHow.FIRST_PARENT, ref="main"),
        head=HEAD,
        uncommitted=0,
        links=Links(blob=BLOB, head=HEAD, measured=HEAD),
        bands=Bands(green=Decimal(80), orange=Decimal(60)),
        name="",
        run_url="https://github.com/org/app/actions/runs/77",
        notes=(),
        version="1.2.3",
    )
    return with_steps(replace(made, **others), measurement)


def with_steps(made: Facts, measurement: Measurement | None = None) -> Facts:
    """Add the places that are enough, as the pipeline does; the files of components are not known here."""
    total = made.total
    if isinstance(total, KnownTotal):
        return made
    unmeasured = measurement.unmeasured if measurement else {}
    whole = {path: gap.file.tally() for path, gap in unmeasured.items() if gap.file}
    judged = Judged(
        verdict=made.verdict,
        coverage=total,
        diff=made.diff,
        comparison=made.comparison,
        components=made.components,
        unmeasured=whole,
    )
    return replace(made, steps=find_steps(judged))


def ended(status: SuiteStatus, exit_code: int) -> SuiteRun:
    """Return a run of the tests that went wrong."""
    return SuiteRun(command="pytest -q", status=status, exit_code=exit_code, seconds=1803.2)


def many_files(count: int, folder: str) -> str:
    """Return `count` changed files in `folder`, with one to seven missing lines each."""
    return "\n".join(
        f"{folder}/module_{n:03}.py\n    + 1-3\n    + 4-{4 + n % 7} missing\n    def work 1-20" for n in range(count)
    )


HOSTILE = """
a|b/`rm`_*x*.py
    + 1
    + 2 missing
<img src=x onerror=alert(1)>.py
    + 1 missing
@everyone/[click](http:,,evil).py
    + 1 missing
::stop-commands::x ##[error].py
    + 1 missing
    def <b>|f` 1-2
wide/ünï😀.py
    + 1 missing
"""


def _broken_names() -> Facts:
    """Names with a line end, an escape sequence and bytes that are not UTF-8: more than the text above can hold."""
    names = {
        "wide/ünï😀.py": "wide/new\nline\x1b[31m\udcff.py",
        "a|b/`rm`_*x*.py": "a|b\\|/`rm`_*x*.py",
    }
    made = facts(HOSTILE, min_diff="80", name="api")
    assert isinstance(made.diff, DiffCoverage)
    files = tuple(replace(f, path=PurePosixPath(names.get(str(f.path), str(f.path)))) for f in made.diff.files)
    rule, where = "omit = gen/@team|`<x>`*", "set_by_@team|<b>.toml line 3"
    diff = replace(
        made.diff, files=files, omitted=(OmittedFile(path=PurePosixPath("gen/@team|<x>.py"), rule=rule, where=where),)
    )
    return with_steps(replace(made, diff=diff, notes=("Paths under /home/@someone/#1 were read as <here>.",)))


SITUATIONS: dict[str, Callable[[], Facts]] = {
    "pass": lambda: facts(CORE, min_diff="60", min_total="60", notes=("Paths under /home/runner were read as src.",)),
    "pass-quiet": lambda: facts(COVERED, min_diff="90", min_total="90"),
    "fail-diff": lambda: facts(CORE, min_diff="80", min_total="50"),
    "fail-both": lambda: facts(CORE, min_diff="99.5", min_total="85.25"),
    "fail-total": lambda: facts(COVERED, min_diff="100", min_total="99"),
    "fail-one-line": lambda: facts("m.py\n    1-9\n    + 10 missing\n", min_diff="50"),
    "tests-failed": lambda: facts(COVERED, min_diff="80", suite=ended(SuiteStatus.FAILED, 1)),
    "tests-failed-and-diff": lambda: facts(CORE, min_diff="80", suite=ended(SuiteStatus.FAILED, 1)),
    "tests-timed-out": lambda: facts(
        "",
        min_diff="80",
        min_total="80",
        suite=ended(SuiteStatus.TIMED_OUT, 130),
        problem="the test command left no coverage data: no Python process of it was measured",
    ),
    "tests-killed": lambda: facts(COVERED, min_diff="80", suite=ended(SuiteStatus.KILLED, 137)),
    "no-tests": lambda: facts(COVERED, min_diff="80", suite=ended(SuiteStatus.NO_TESTS, 5)),
    "total-unavailable": lambda: facts(
        "",
        min_diff="80",
        min_total="80",
        suite=None,
        problem="2 measured files cannot be analysed (gen/a.py: its source is gone; gen/b.py: its source is gone). "
        "Leave them out with `omit`, or set `ignore_errors` in the coverage configuration",
    ),
    "diff-unavailable": lambda: facts("m.py\n    1-9\nbroken.py (unparsable)\n    + 1", min_diff="80", min_total="80"),
    "diff-unavailable-without-rule": lambda: facts("m.py\n    1-9\nbroken.py (unparsable)\n    + 1", min_total="80"),
    "diff-not-applicable": lambda: facts("src/app/core.py\n    1-90\n    + 91 text\n", min_diff="80", min_total="80"),
    "push": lambda: facts(COVERED, min_diff="80", min_total="80", diff=None, base=None),
    "unmeasured-file": lambda: facts(
        COVERED + "src/app/new.py (unmeasured)\n    + 1-12 missing\n    def load 3-12\n"
        "src/app/_version.py (omitted)\n    + 1\n",
        min_diff="80",
        min_total="50",
    ),
    "undecided-file": lambda: facts(
        COVERED + "scripts/tool.py (undecided)\n    + 1-4 missing\nscripts/other.py (undecided)\n    + 1 missing\n"
        "src/app/_version.py (omitted)\n    + 1\ntests/test_core.py (omitted)\n    + 1\n"
        "tests/x.py (omitted)\n    + 1\n",
        min_diff="80",
        min_total="50",
    ),
    "partial-branches": lambda: facts(
        "src/app/core.py\n    1-20\n    + 21 partial\n    + 22-30\n    + 31 partial 1/3\n    def f 20-40\n",
        min_diff="90",
    ),
    "many-files": lambda: facts(many_files(200, "src/app"), min_diff="80"),
    "over-the-budget": lambda: facts(many_files(200, "äöü" * 150), min_diff="80"),
    "hostile-names": _broken_names,
    "uncommitted": lambda: facts(
        CORE,
        min_diff="80",
        uncommitted=2,
        links=Links(),
        run_url=None,
        base=Base(sha=BASE, how=BaseHow.MERGE_BASE, ref="origin/main"),
    ),
    "no-rules": lambda: facts(CORE, suite=None, base=Base(sha=BASE, how=BaseHow.GIVEN, ref="release-1")),
    "lines-only": lambda: facts(
        "src/app/core.py\n    1-40\n    + 41-58\n    + 59-63 missing\n", min_diff="80", min_total="50"
    ),
}
"""Every situation by its name."""
