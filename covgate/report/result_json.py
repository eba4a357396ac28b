"""`result.json`: the verdict for programs, as pydantic models from which the shipped JSON schema is generated."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from covgate import __version__
from covgate.errors import CovgateError
from covgate.model import (
    Base,
    BaseHow,
    Baseline,
    BaselineHow,
    Check,
    ComponentFigures,
    Counts,
    DiffCoverage,
    DiffFile,
    Drop,
    FlapShown,
    Gap,
    IndirectFile,
    Span,
    Status,
    SuiteRun,
    SuiteStatus,
    Tally,
    Unavailable,
    VerdictKind,
    percent_json,
    points_json,
)
from covgate.report.facts import Facts

SCHEMA_VERSION: Literal[1] = 1

_PERCENT = Field(description="Percent as a decimal string, cut after six places; null when there is none.")
_REASON = Field(default=None, description="Why there is no number; null when there is one.")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class CountsJson(_Model):
    """How many of something were covered."""

    covered: int = Field(ge=0)
    total: int = Field(ge=0)


class FigureJson(_Model):
    """A percent with the two pairs of counts it is made of; `reason` when it could not be known or is n/a."""

    percent: str | None = _PERCENT
    lines: CountsJson | None
    branches: CountsJson | None
    reason: str | None = _REASON


class DiffFileJson(_Model):
    """Diff coverage of one file. Ranges are 1-based and inclusive, of the measured source."""

    path: str
    percent: str | None = _PERCENT
    lines: CountsJson
    branches: CountsJson
    missing: list[tuple[int, int]]
    partial: list[int]
    gap: Literal["unmeasured", "undecided"] | None = Field(
        default=None,
        description="`unmeasured`: no test loads the file, so its changed lines count as uncovered. `undecided`: so "
        "too, because the coverage configuration neither names it nor leaves it out.",
    )


class OmittedJson(_Model):
    """A changed Python file that is not judged."""

    path: str
    why: str = Field(
        description="The setting that leaves it out and where it stands, such as `omit = docs/*`, pyproject.toml line "
        "12; or which of covgate's stated defaults does."
    )


class DiffJson(FigureJson):
    """Coverage of the lines the change adds or modifies."""

    files: list[DiffFileJson] = []
    omitted: list[OmittedJson] = Field(
        default=[], description="Changed Python files that the coverage configuration, or a stated default, leaves out."
    )


class BaseJson(_Model):
    """The commit the change was compared with."""

    sha: str
    how: BaseHow
    ref: str


class BaselineJson(_Model):
    """The recorded measurement the total is compared with."""

    sha: str
    how: BaselineHow
    behind: int = Field(ge=0, description="How many commits older than the base it is; 0 when exact.")
    date: str = Field(description="When its commit was made, ISO 8601, UTC.")
    percent: str | None = _PERCENT
    lines: CountsJson
    branches: CountsJson


class NoBaselineJson(_Model):
    """Why there is no baseline."""

    unavailable: str


class DropJson(_Model):
    """A drop in percentage points, as decimal strings: `max-drop` judges the smaller of the two, less `excused`.

    `adjusted` takes the baseline without the covered statements the change deletes; null when that is not known.
    `excused` is what is put down to flapping lines.
    """

    raw: str
    adjusted: str | None
    excused: str


class CheckJson(_Model):
    """One evaluated rule. Of `max-drop`, `target` and `actual` are percentage points, `actual` the drop judged."""

    rule: str
    component: str | None
    target: str
    actual: str | None
    drop: DropJson | None
    status: Status
    why: str


class ComponentJson(_Model):
    """What was measured of one component. `delta` is in percentage points."""

    name: str
    total: FigureJson
    diff: FigureJson
    delta: str | None
    target: str | None


class IndirectJson(_Model):
    """Lines of one file, outside the change, that lost or gained coverage; ranges as head numbers them."""

    path: str
    lost: list[tuple[int, int]]
    gained: list[tuple[int, int]]


class FlapJson(_Model):
    """A flapping line that differs from the baseline in this run."""

    path: str
    line: int
    lost: bool


class SuiteJson(_Model):
    """How the test command ended."""

    command: str
    status: SuiteStatus
    exit_code: int
    seconds: float


class ErrorJson(_Model):
    """What ended a run before it had a verdict, or kept a report from being posted that had to be."""

    message: str
    hint: str = Field(description="What to change.")
    slug: str = Field(description="A heading in docs/troubleshooting.md.")


class ResultJson(_Model):
    """The whole of result.json."""

    schema_: Literal[1] = Field(default=SCHEMA_VERSION, alias="schema")
    covgate: str
    verdict: VerdictKind
    exit_code: int
    headline: str
    error: ErrorJson | None = Field(description="Null for a run that came to its end.")
    head: str | None = Field(description="The commit people see; null when the run ended before it was known.")
    uncommitted: int = Field(description="Changed Python files with edits that are not committed.")
    base: BaseJson | None
    total: FigureJson
    diff: DiffJson
    baseline: BaselineJson | NoBaselineJson
    delta: str | None = Field(description="Total at head minus the baseline, in percentage points; null when unknown.")
    components: list[ComponentJson]
    indirect: list[IndirectJson]
    flapping: list[FlapJson]
    checks: list[CheckJson]
    suite: SuiteJson | None
    notes: list[str]


def build_result(facts: Facts, *, headline: str, exit_code: int, error: CovgateError | None = None) -> ResultJson:
    """Put what a report is made of into the shape of result.json; `error` is why it was not posted."""
    total = facts.total if isinstance(facts.total, Unavailable) else facts.total.total
    return ResultJson(
        schema=SCHEMA_VERSION,
        covgate=facts.version,
        verdict=facts.verdict.kind,
        exit_code=exit_code,
        headline=_text(headline),
        error=_error(error) if error else None,
        head=facts.head,
        uncommitted=facts.uncommitted,
        base=_base(facts.base),
        total=_figure(total),
        diff=_diff(facts.diff),
        baseline=_baseline(facts.baseline),
        delta=points_json(facts.comparison.delta) if facts.comparison else None,
        components=[_component(part) for part in facts.components],
        indirect=[_indirect(file) for file in facts.comparison.indirect] if facts.comparison else [],
        flapping=[_flap(flap) for flap in facts.comparison.flaps] if facts.comparison else [],
        checks=[_check(check) for check in facts.verdict.checks],
        suite=_suite(facts.verdict.suite),
        notes=[_text(note) for note in facts.notes],
    )


def build_failure(error: CovgateError, headline: str) -> ResultJson:
    """Put what ended a run before it had a verdict into the shape of result.json: nothing is known but that."""
    nothing = Unavailable(reason=error.message)
    return ResultJson(
        schema=SCHEMA_VERSION,
        covgate=__version__,
        verdict=VerdictKind.CANNOT_JUDGE,
        exit_code=error.exit_code,
        headline=_text(headline),
        error=_error(error),
        head=None,
        uncommitted=0,
        base=None,
        total=_figure(nothing),
        diff=_diff(nothing),
        baseline=_baseline(nothing),
        delta=None,
        components=[],
        indirect=[],
        flapping=[],
        checks=[],
        suite=None,
        notes=[],
    )


def render_result(result: ResultJson) -> str:
    """Render result.json, indented, ASCII only."""
    import json  # noqa: PLC0415  # pydantic's own writer refuses file names that are not UTF-8

    return json.dumps(result.model_dump(mode="json", by_alias=True), indent=2) + "\n"


def result_schema() -> dict[str, object]:
    """Return the JSON schema of result.json."""
    schema: dict[str, object] = ResultJson.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _error(error: CovgateError) -> ErrorJson:
    told = {"message": error.message, "hint": error.hint, "slug": error.slug}
    return ErrorJson.model_validate({name: _text(text) for name, text in told.items()})


def _figure(tally: Tally | Unavailable) -> FigureJson:
    if isinstance(tally, Unavailable):
        return FigureJson(percent=None, lines=None, branches=None, reason=_text(tally.reason))
    reason = None if tally.counts.total else "there is nothing to measure"
    return FigureJson(
        percent=percent_json(tally), lines=_counts(tally.lines), branches=_counts(tally.branches), reason=reason
    )


def _diff(diff: DiffCoverage | Unavailable | None) -> DiffJson:
    if diff is None:
        return DiffJson(percent=None, lines=None, branches=None, reason="this run has no change to judge")
    if isinstance(diff, Unavailable):
        return DiffJson(percent=None, lines=None, branches=None, reason=_text(diff.reason))
    figure = _figure(diff.tally)
    return DiffJson(
        percent=figure.percent,
        lines=figure.lines,
        branches=figure.branches,
        reason=figure.reason,
        files=[_diff_file(file) for file in diff.files],
        omitted=[OmittedJson(path=_text(str(file.path)), why=_text(file.why)) for file in diff.omitted],
    )


def _diff_file(file: DiffFile) -> DiffFileJson:
    return DiffFileJson(
        path=_text(str(file.path)),
        percent=percent_json(file.tally),
        lines=_counts(file.tally.lines),
        branches=_counts(file.tally.branches),
        missing=_pairs(file.missing_spans),
        partial=sorted(file.partial),
        gap="undecided" if file.gap is Gap.UNDECIDED else "unmeasured" if file.gap else None,
    )


def _counts(counts: Counts) -> CountsJson:
    return CountsJson(covered=counts.covered, total=counts.total)


def _base(base: Base | None) -> BaseJson | None:
    return None if base is None else BaseJson(sha=base.sha, how=base.how, ref=_text(base.ref))


def _baseline(baseline: Baseline | Unavailable) -> BaselineJson | NoBaselineJson:
    if isinstance(baseline, Unavailable):
        return NoBaselineJson(unavailable=_text(baseline.reason))
    record = baseline.record
    return BaselineJson(
        sha=record.sha,
        how=baseline.how,
        behind=baseline.behind,
        date=record.date.isoformat(),
        percent=percent_json(record.total),
        lines=_counts(record.total.lines),
        branches=_counts(record.total.branches),
    )


def _component(part: ComponentFigures) -> ComponentJson:
    nothing = FigureJson(percent=None, lines=None, branches=None, reason="this run has no change to judge")
    return ComponentJson(
        name=part.name,
        total=_figure(part.total),
        diff=nothing if part.diff is None else _figure(part.diff),
        delta=None if part.delta is None else points_json(part.delta),
        target=None if part.target is None else _decimal(part.target),
    )


def _indirect(file: IndirectFile) -> IndirectJson:
    return IndirectJson(path=_text(str(file.path)), lost=_pairs(file.lost), gained=_pairs(file.gained))


def _pairs(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in spans]


def _flap(flap: FlapShown) -> FlapJson:
    return FlapJson(path=_text(str(flap.path)), line=flap.line, lost=flap.lost)


def _drop(drop: Drop) -> DropJson:
    adjusted = None if isinstance(drop.adjusted, Unavailable) else points_json(drop.adjusted)
    return DropJson(raw=points_json(drop.raw), adjusted=adjusted, excused=points_json(drop.excused))


def _check(check: Check) -> CheckJson:
    return CheckJson(
        rule=check.rule,
        component=check.component,
        target=_decimal(check.target),
        actual=points_json(check.drop.judged) if check.drop else percent_json(check.actual),
        drop=_drop(check.drop) if check.drop else None,
        status=check.status,
        why=_text(check.why),
    )


def _suite(suite: SuiteRun | None) -> SuiteJson | None:
    if suite is None:
        return None
    return SuiteJson(
        command=_text(suite.command), status=suite.status, exit_code=suite.exit_code, seconds=round(suite.seconds, 3)
    )


def _decimal(value: Decimal) -> str:
    return f"{value:f}"


def _text(text: str) -> str:
    """Make file names that are not UTF-8 into text a JSON reader takes: their bytes as escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
