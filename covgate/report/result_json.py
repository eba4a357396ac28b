"""`result.json`: the verdict for programs, as pydantic models from which the shipped JSON schema is generated.

The models read covgate's own values by their attributes; a field whose attribute has another name says which.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from covgate import __version__
from covgate.errors import CovgateError
from covgate.model import (
    MOST_CHOSEN,
    MOST_FAILURES,
    MOST_FOLDERS,
    MOST_GONE,
    MOST_REASONS,
    NO_GATE_CHANGES,
    BaseHow,
    BaselineHow,
    Coverage,
    DiffCoverage,
    Drop,
    GateChangeKind,
    ReasonKind,
    Span,
    Status,
    SuiteStatus,
    Tally,
    Unavailable,
    VerdictKind,
    figures,
)
from covgate.report.facts import Facts, KnownTotal

SCHEMA_VERSION: Literal[1] = 1

_PERCENT = "Percent as a decimal string, cut after six places; null when there is none."
_REASON = Field(default=None, description="Why there is no number; null when there is one.")


def _number(value: object) -> object:
    if isinstance(value, Fraction):
        return figures.points_json(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Unavailable):
        return None
    return figures.percent_json(value) if isinstance(value, Tally) else value


def _text(value: object) -> object:
    """Make file names that are not UTF-8 into text a JSON reader takes: their bytes as escapes."""
    if not isinstance(value, str | PurePath):
        return value
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _pair(span: object) -> object:
    return (span.start, span.end) if isinstance(span, Span) else tuple(span) if isinstance(span, list) else span


def _pairs(spans: object) -> object:
    return list(map(_pair, spans)) if isinstance(spans, tuple | list) else spans


def _ratio(value: object) -> object:
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else _number(value)


Text = Annotated[str, BeforeValidator(_text)]
Number = Annotated[str, BeforeValidator(_number)]
MaybeNumber = Annotated[str | None, BeforeValidator(_number)]
Ratio = Annotated[str, BeforeValidator(_ratio)]
Range = Annotated[tuple[int, int], BeforeValidator(_pair)]
Ranges = Annotated[list[tuple[int, int]], BeforeValidator(_pairs)]
Date = Annotated[str, BeforeValidator(lambda value: value.isoformat() if isinstance(value, datetime) else value)]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", from_attributes=True, json_schema_serialization_defaults_required=True
    )


class CountsJson(_Model):
    """How many of something were covered."""

    covered: int = Field(ge=0)
    total: int = Field(ge=0)


NO_CHANGE = "this run has no change to judge"
NOTHING = "there is nothing to measure"


class FigureJson(_Model):
    """A percent with the two pairs of counts it is made of; `reason` when it could not be known or is n/a."""

    percent: str | None = Field(description=_PERCENT)
    lines: CountsJson | None
    branches: CountsJson | None
    reason: Text | None = _REASON

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if value is None or isinstance(value, Unavailable):
            why = value.reason if value else NO_CHANGE
            return {"percent": None, "lines": None, "branches": None, "reason": why}
        if not isinstance(value, Coverage | KnownTotal | Tally | DiffCoverage):
            return value  # from a file
        more = {"files": value.files, "omitted": value.omitted} if isinstance(value, DiffCoverage) else {}
        tally = value if isinstance(value, Tally) else value.tally if isinstance(value, DiffCoverage) else value.total
        reason = None if tally.counts.total else NOTHING
        figure = {
            "percent": figures.percent_json(tally),
            "lines": tally.lines,
            "branches": tally.branches,
            "reason": reason,
        }
        return {**figure, **more}


class ReasonJson(_Model):
    """Why something is missing, where the measurement proves it. `line` decides; 0 where no line does."""

    kind: ReasonKind
    line: int = Field(ge=0)


class PlaceJson(_Model):
    """One place with work left: all that is missing in a function, or a range of lines at the top of a module."""

    lines: Range = Field(validation_alias="span", description="The first and the last line.")
    function: Text = Field(description="Its function, by the dotted name; empty at the top of a module.")
    statements: int = Field(ge=0, description="How many statements are missing; 0 where branches alone are.")
    branches: CountsJson = Field(description="Of the statements that are missing or have branches never taken.")
    why: list[ReasonJson] = Field(
        validation_alias=AliasChoices("reasons", "why"),
        max_length=MOST_REASONS,
        description="What decides most of it first; empty where it is not known.",
    )


class DiffFileJson(_Model):
    """Diff coverage of one file. Ranges are 1-based and inclusive, of the measured source."""

    path: Text
    percent: MaybeNumber = Field(validation_alias="tally", description=_PERCENT)
    lines: CountsJson = Field(validation_alias=AliasPath("tally", "lines"))
    branches: CountsJson = Field(validation_alias=AliasPath("tally", "branches"))
    missing: Ranges = Field(validation_alias="missing_spans")
    partial: Annotated[list[int], BeforeValidator(lambda v: sorted(v) if isinstance(v, frozenset) else v)]
    places: list[PlaceJson]
    gap: Literal["unmeasured", "undecided"] | None = Field(
        default=None,
        description="`unmeasured`: no test imports the file, so its changed lines count as uncovered. `undecided`: so "
        "too, because the coverage configuration neither names it nor leaves it out.",
    )


class SpotJson(_Model):
    """A place to cover, and how many statements and branches it adds to the counts of rules."""

    path: Text
    place: PlaceJson
    diff: int = Field(ge=0, description="Added to the change's, in the project and in each of the components.")
    total: int = Field(ge=0, description="Added to the total's; 0 where the file is in no total.")
    components: list[str] = Field(description="The components that hold the file.")


class FolderJson(_Model):
    """What is missing in a folder itself, without the folders in it."""

    path: Text
    lines: int = Field(ge=0)
    branches: int = Field(ge=0)
    files: int = Field(ge=0)


class StepsJson(_Model):
    """A set of places that passes every failing rule once they are covered."""

    places: list[SpotJson] = Field(
        validation_alias=AliasChoices("chosen", "places"),
        max_length=MOST_CHOSEN,
        description="The largest first; empty where it takes more than can be named.",
    )
    count: int = Field(ge=1, description="How many places the set has.")
    least: int = Field(ge=1, description="No set has fewer; below `count` where it is not known whether one has.")
    among: int = Field(ge=0, description="How many places there are to choose from; 0 where that is not known.")
    functions: bool = Field(description="Whether all of these are functions.")
    part: int = Field(
        ge=0,
        description="So many of the statements of the last place are enough (of its branches, where it has no "
        "statements); 0 is all of it.",
    )
    folders: list[FolderJson] = Field(
        max_length=MOST_FOLDERS, description="Where most is missing, where it takes more places than can be named."
    )


class OmittedJson(_Model):
    """A changed Python file that is not judged."""

    path: Text
    why: Text = Field(
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
    ref: Text


class BaselineJson(_Model):
    """The recorded measurement the total is compared with."""

    sha: str = Field(validation_alias=AliasPath("record", "sha"))
    how: BaselineHow
    behind: int = Field(ge=0, description="How many commits older than the base it is; 0 when exact.")
    date: Date = Field(
        validation_alias=AliasPath("record", "date"), description="When its commit was made, ISO 8601, UTC."
    )
    percent: MaybeNumber = Field(validation_alias=AliasPath("record", "total"), description=_PERCENT)
    lines: CountsJson = Field(validation_alias=AliasPath("record", "total", "lines"))
    branches: CountsJson = Field(validation_alias=AliasPath("record", "total", "branches"))


class NoBaselineJson(_Model):
    """Why there is no baseline."""

    unavailable: Text = Field(validation_alias="reason")


class ExactDropJson(_Model):
    """The same as fractions, such as `31/100`: what is judged is not cut."""

    raw: Ratio
    adjusted: Annotated[str | None, BeforeValidator(_ratio)]
    excused: Ratio


class DropJson(_Model):
    """A drop in percentage points, as decimal strings: `max-drop` judges the smaller of the two, less `excused`.

    `adjusted` takes the baseline without the covered statements the change deletes; null when that is not known.
    `excused` is what is put down to flapping lines.
    """

    raw: Number
    adjusted: MaybeNumber
    excused: Number
    exact: ExactDropJson

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if not isinstance(value, Drop):
            return value  # from a file
        return {"raw": value.raw, "adjusted": value.adjusted, "excused": value.excused, "exact": value}


class CheckJson(_Model):
    """One evaluated rule. Of `max-drop`, `target` and `actual` are percentage points, `actual` the drop judged."""

    rule: str
    component: str | None
    target: Number
    actual: MaybeNumber = Field(validation_alias=AliasChoices(AliasPath("drop", "judged"), "actual"))
    drop: DropJson | None
    status: Status
    why: Text


class ComponentJson(_Model):
    """What was measured of one component. `delta` is in percentage points."""

    name: str
    total: FigureJson
    diff: FigureJson
    delta: MaybeNumber
    target: MaybeNumber


class IndirectJson(_Model):
    """Lines of one file, outside the change, that lost or gained coverage; ranges as head numbers them."""

    path: Text
    lost: Ranges
    gained: Ranges


class FlapJson(_Model):
    """A flapping line that differs from the baseline in this run, and had changed `flips` times in the records."""

    path: Text
    line: int
    lost: bool
    flips: int


class GateChangeJson(_Model):
    """One change of the gate itself. `before` and `after` are as a file spells them; null is for what is not set."""

    kind: GateChangeKind
    name: Text = Field(description="The rule, the component, or the option of coverage; of `unknown`, the reason.")
    component: str | None = Field(description="Whose rule it is; null for the project's.")
    before: Text | None
    after: Text | None
    lowers: bool = Field(description="Whether it lets more through.")
    count: int = Field(
        ge=0, description="Files that left a component, statements new pragmas exclude, or deleted test functions."
    )
    files: list[Text]
    effect: MaybeNumber = Field(
        description="What the changed configuration of coverage alone does to the total, in percentage points; null "
        "when unknown, or for other kinds."
    )
    effect_unknown: Text | None = Field(description="Why the effect is not known; null when it is, or has no meaning.")


class GateChangesJson(_Model):
    """What the change does to the gate that judges it."""

    strict: bool = Field(description="Whether the old rules judge where they are the stricter ones.")
    rows: list[GateChangeJson]


Seconds = Annotated[float, Field(ge=0), AfterValidator(lambda seconds: round(seconds, 3))]


class FailedTestJson(_Model):
    """One test that failed, in the tests' own words."""

    path: Text | None = Field(description="Its file in the repository; null when it is not known.")
    line: int | None = Field(ge=1, description="Where in that file it failed; null when it is not known.")
    test: Text = Field(validation_alias=AliasChoices("name", "test"))
    reason: Text = Field(description="One line; may be empty.")
    output: Text = Field(description="The end of its traceback; may be empty.")


class TestsJson(_Model):
    """What the tests' JUnit report comes to. Each test counts once."""

    passed: int = Field(ge=0)
    failed: int = Field(ge=0)
    errors: int = Field(ge=0, description="Tests that broke outside of their own code: in a fixture, at their import.")
    skipped: int = Field(ge=0)
    seconds: Seconds = Field(description="Of all tests together.")
    failures: list[FailedTestJson] = Field(
        max_length=MOST_FAILURES, description=f"Those that failed or broke; the first {MOST_FAILURES} of them."
    )
    slowest: list[tuple[Text, Seconds]] = Field(max_length=MOST_FAILURES, description="Name and seconds.")


class GoneTestsJson(_Model):
    """Tests that ran at the baseline and did not run here: deleted, renamed, skipped, or not chosen."""

    count: int = Field(ge=1)
    names: list[Text] = Field(max_length=MOST_GONE, description=f"The first {MOST_GONE} of them.")
    files: list[tuple[Text, int]] = Field(
        max_length=MOST_GONE, description="The files they are in, with how many of them; the first ones."
    )


class SuiteJson(_Model):
    """How the tests ended; their command is not said: a workflow may have put a secret into it."""

    status: SuiteStatus
    exit_code: int
    seconds: Seconds
    tests: TestsJson | None = Field(description="Null when there is no JUnit report that could be read.")


class ErrorJson(_Model):
    """What ended a run before it had a verdict, or kept a report from being posted that had to be."""

    message: Text
    hint: Text = Field(description="What to change.")
    slug: Text = Field(description="A heading in docs/troubleshooting.md.")


class BandsJson(_Model):
    """The percents from which a figure is green, or orange."""

    green: Number
    orange: Number


class ResultJson(_Model):
    """The whole of result.json."""

    schema_: Literal[1] = Field(default=SCHEMA_VERSION, alias="schema")
    covgate: str
    verdict: VerdictKind
    exit_code: int
    headline: Text
    error: ErrorJson | None = Field(description="Null for a run that came to its end.")
    head: str | None = Field(description="The commit people see; null when the run ended before it was known.")
    measured: str | None = Field(
        description="The commit that was measured, where it is known: of a pull request its merge into the base."
    )
    moved: list[Text] = Field(
        description="Changed files whose lines are numbered otherwise at `head`: the base changed them too."
    )
    uncommitted: int = Field(ge=0, description="Changed Python files with edits that are not committed.")
    base: BaseJson | None
    total: FigureJson
    has_branches: bool = Field(description="Whether branches were measured.")
    diff: DiffJson
    baseline: BaselineJson | NoBaselineJson
    delta: MaybeNumber = Field(description="Total at head minus the baseline, in percentage points; null when unknown.")
    components: list[ComponentJson]
    indirect: list[IndirectJson]
    flapping: list[FlapJson]
    checks: list[CheckJson]
    to_cover: StepsJson | None = Field(description="What is enough to pass every failing rule; null when unknown.")
    gate_changes: GateChangesJson
    suite: SuiteJson | None
    gone_tests: GoneTestsJson | None = Field(
        description="Null when there are none, or it is not known which tests ran at the baseline or here."
    )
    bands: BandsJson | None
    trend: Text = Field(description="The newest records as a sparkline, and how far the target is; may be empty.")
    notes: list[Text]


def build_result(facts: Facts, *, headline: str, exit_code: int, error: CovgateError | None = None) -> ResultJson:
    """Put what a report is made of into the shape of result.json; `error` is why it was not posted."""
    return ResultJson.model_validate(
        {
            "covgate": facts.version,
            "verdict": facts.verdict.kind,
            "exit_code": exit_code,
            "headline": headline,
            "error": error,
            "head": facts.head,
            "measured": facts.links.measured,
            "moved": sorted(facts.links.moved),
            "uncommitted": facts.uncommitted,
            "base": facts.base,
            "total": facts.total,
            "has_branches": not isinstance(facts.total, Unavailable) and facts.total.has_branches,
            "diff": facts.diff,
            "baseline": facts.baseline,
            "delta": facts.comparison and facts.comparison.delta,
            "components": facts.components,
            "indirect": facts.comparison.indirect if facts.comparison else (),
            "flapping": facts.comparison.flaps if facts.comparison else (),
            "checks": facts.verdict.checks,
            "to_cover": facts.steps,
            "gate_changes": facts.gate_changes,
            "suite": facts.verdict.suite,
            "gone_tests": facts.gone,
            "bands": facts.bands,
            "trend": facts.trend,
            "notes": facts.notes,
        }
    )


def build_failure(error: CovgateError, headline: str) -> ResultJson:
    """Put what ended a run before it had a verdict into the shape of result.json: nothing is known but that."""
    said = {
        "covgate": __version__,
        "verdict": VerdictKind.CANNOT_JUDGE,
        "exit_code": error.exit_code,
        "headline": headline,
        "error": error,
        "uncommitted": 0,
        "has_branches": False,
        "trend": "",
    }
    unknown = dict.fromkeys(("total", "diff", "baseline"), Unavailable(reason=error.message))
    nothing = dict.fromkeys(("head", "to_cover", "measured", "base", "delta", "suite", "gone_tests", "bands"))
    empty = dict.fromkeys(("moved", "components", "indirect", "flapping", "checks", "notes"), ())
    return ResultJson.model_validate({**said, **unknown, **nothing, **empty, "gate_changes": NO_GATE_CHANGES})


def render_result(result: ResultJson) -> str:
    """Render result.json, indented, ASCII only."""
    return json.dumps(result.model_dump(mode="json", by_alias=True), indent=2) + "\n"


def result_schema() -> dict[str, object]:
    """Return the JSON schema of result.json."""
    schema: dict[str, object] = ResultJson.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
