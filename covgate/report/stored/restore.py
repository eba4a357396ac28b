"""A stored `result.json` read back into facts: every word of the report is made anew, from numbers, names and paths.

The file may come from a stranger's run. It is believed in what nobody but that run can know (counts, lines, statuses)
and in nothing else: percents, sentences, links and the verdict are computed again, and must be the ones it states.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import cast

from covgate import __version__
from covgate.config import MOST_COMPONENTS
from covgate.errors import ExitCode
from covgate.gate import evaluate, evaluate_drop, exit_code, judge
from covgate.host import Links
from covgate.model import (
    MAX_DROP,
    MIN_DIFF,
    MIN_TOTAL,
    WITHOUT_LINE,
    Base,
    Baseline,
    Check,
    Comparison,
    ComponentFigures,
    Counts,
    DiffCoverage,
    DiffFile,
    Drop,
    FlapShown,
    Gap,
    GateChangeKind,
    IndirectFile,
    OmittedFile,
    Place,
    Reason,
    Record,
    Status,
    SuiteRun,
    Tally,
    Unavailable,
)
from covgate.report.bands import Bands
from covgate.report.facts import Facts, KnownTotal, Origin
from covgate.report.result_json import (
    NO_CHANGE,
    BaselineJson,
    CheckJson,
    ComponentJson,
    CountsJson,
    DiffFileJson,
    DiffJson,
    FigureJson,
    OmittedJson,
    PlaceJson,
    ReasonJson,
    ResultJson,
    build_result,
)
from covgate.report.stored.gate import restore_gate
from covgate.report.stored.parts import (
    COMPONENT,
    ELSEWHERE,
    PATTERNS,
    own_reason,
    read_date,
    read_decimal,
    read_fraction,
    read_line,
    read_path,
    read_sha,
    read_spans,
)
from covgate.report.stored.steps import restore_steps
from covgate.report.stored.tests import restore_gone, restore_tests
from covgate.report.trend.words import is_trend

NOTES = "What else the run noted is in its summary."


def restore_facts(result: ResultJson, origin: Origin) -> Facts | Unavailable:
    """Make the facts of a report anew from what a run stored.

    Raises ValueError, in words, when the result is of another commit, or says something that does not follow from its
    own numbers. Unavailable is the result of a run that ended before it had a verdict.
    """
    if result.head is None and result.error is not None:
        return Unavailable(reason="the run ended before it had a verdict")
    if result.head != origin.head:
        raise ValueError(f"it is of another commit than the run's head {origin.head[:12]}")
    facts = _facts(result, origin)
    _compare(result, facts)
    return facts


# --- from JSON to values ----------------------------------------------------------------------------------------------


def _facts(result: ResultJson, origin: Origin) -> Facts:
    if len(result.components) > 2 * MOST_COMPONENTS:  # each as it was and as it is
        raise ValueError(f"it has more than {2 * MOST_COMPONENTS} components")
    total, diff = _figure(result.total), _diff(result.diff)
    if total is None:
        raise ValueError("it has no total")
    components = tuple(map(_component, result.components))
    checks = tuple(_checks(result.checks, components, total, diff))
    suite = None
    if (ran := result.suite) is not None:
        tests = None if ran.tests is None else restore_tests(ran.tests)
        suite = SuiteRun(command="", status=ran.status, exit_code=ran.exit_code, seconds=ran.seconds, tests=tests)
    baseline = (
        _baseline(result.baseline, has_branches=result.has_branches)
        if isinstance(result.baseline, BaselineJson)
        else own_reason(result.baseline.unavailable)
    )
    verdict = judge(checks, suite, total if isinstance(total, Unavailable) else None)
    return Facts(
        verdict=verdict,
        total=total if isinstance(total, Unavailable) else KnownTotal(total=total, has_branches=result.has_branches),
        diff=diff,
        base=_base(result, origin),
        head=origin.head,
        uncommitted=result.uncommitted,
        links=_links(result, origin),
        bands=_bands(result),
        name=origin.name,
        run_url=origin.run_url,
        notes=(NOTES,) if result.notes else (),
        version=result.covgate if _VERSION.fullmatch(result.covgate) else __version__,
        baseline=baseline,
        comparison=_comparison(result, baseline),
        components=components,
        steps=restore_steps(result.to_cover, verdict, total, diff, components, _place),
        gate_changes=restore_gate(result.gate_changes),
        gone=None if result.gone_tests is None else restore_gone(result.gone_tests),
        trend=result.trend if is_trend(result.trend) else "",
    )


_VERSION = re.compile(r"\d{1,4}(\.\d{1,6}){1,3}((a|b|rc|\.post|\.dev)\d{1,4}){0,3}")


def _base(result: ResultJson, origin: Origin) -> Base | None:
    if result.base is None:
        return None
    # A name is text: only the one GitHub tells is shown.
    ref = result.base.ref if result.base.ref in {origin.base_ref, result.base.sha} else ""
    return Base(sha=read_sha(result.base.sha), how=result.base.how, ref=ref)


def _links(result: ResultJson, origin: Origin) -> Links:
    """Return links to the head, and to the merge GitHub made of it when that is what was measured.

    Any other commit may be a stranger's: below this repository's address GitHub shows the commits of its forks, too.
    """
    if result.measured is None:
        return Links()
    measured = read_sha(result.measured)
    moved = frozenset(map(read_path, result.moved))
    sure = measured if measured in {origin.head, origin.merge} else None
    return Links(blob=origin.blob, head=origin.head, measured=sure, moved=moved)


def _bands(result: ResultJson) -> Bands:
    if result.bands is None:
        raise ValueError("it has no bands")
    return Bands(green=read_decimal(result.bands.green), orange=read_decimal(result.bands.orange))


def _baseline(stored: BaselineJson, *, has_branches: bool) -> Baseline:
    record = Record(
        sha=read_sha(stored.sha),
        parent=None,
        date=read_date(stored.date),
        total=_tally(stored.lines, stored.branches),
        has_branches=has_branches,
    )
    return Baseline(record=record, how=stored.how, behind=stored.behind)


def _comparison(result: ResultJson, baseline: Baseline | Unavailable) -> Comparison | None:
    if result.delta is None:
        if result.indirect or result.flapping:
            raise ValueError("it compares with nothing")
        return None
    if isinstance(baseline, Unavailable):
        raise ValueError("it has a delta and no baseline")  # noqa: TRY004  # a fault of the file
    if not all(file.lost or file.gained for file in result.indirect):
        raise ValueError("it has a file that changed in no line")
    if not all(1 < flap.flips < _MOST_FLIPS for flap in result.flapping):
        raise ValueError("it has a flapping line that did not go back and forth")
    delta = Fraction(read_decimal(result.delta))
    indirect = (
        IndirectFile(path=read_path(i.path), lost=read_spans(i.lost), gained=read_spans(i.gained))
        for i in result.indirect
    )
    flaps = (
        FlapShown(path=read_path(f.path), line=read_line(f.line), change=-1 if f.lost else 1, flips=f.flips)
        for f in result.flapping
    )
    return Comparison(
        baseline=baseline,
        delta=delta,
        drop=Drop(raw=-delta, adjusted=-delta),
        indirect=tuple(indirect),
        flaps=tuple(flaps),
    )


_MOST_FLIPS = 1_000_000


# --- figures


def _counts(stored: CountsJson) -> Counts:
    if stored.covered > stored.total:
        raise ValueError("it covers more than there is")
    return Counts(covered=stored.covered, total=stored.total)


def _tally(lines: CountsJson, branches: CountsJson) -> Tally:
    return Tally(lines=_counts(lines), branches=_counts(branches))


def _figure(stored: FigureJson) -> Tally | Unavailable | None:
    """Return what was measured, why that is not known, or None where there is nothing to judge."""
    if stored.lines is not None and stored.branches is not None:
        return _tally(stored.lines, stored.branches)
    if stored.reason is None:
        raise ValueError("it has a figure with neither counts nor a reason")
    return None if stored.reason == NO_CHANGE else own_reason(stored.reason)


def _component(stored: ComponentJson) -> ComponentFigures:
    # A component that holds other files than before is judged twice.
    if not re.fullmatch(rf"{COMPONENT}(?: \(as changed\))?", stored.name, re.ASCII):
        raise ValueError("it has a component without a proper name")
    total = _figure(stored.total)
    if total is None:
        raise ValueError("it has a component without a total")
    return ComponentFigures(
        name=stored.name,
        total=total,
        diff=_figure(stored.diff),
        delta=None if stored.delta is None else Fraction(read_decimal(stored.delta)),
        target=None if stored.target is None else read_decimal(stored.target),
    )


def _diff(stored: DiffJson) -> DiffCoverage | Unavailable | None:
    figure = _figure(stored)
    if not isinstance(figure, Tally):
        return figure
    return DiffCoverage(files=tuple(map(_diff_file, stored.files)), omitted=tuple(map(_omitted, stored.omitted)))


def _omitted(stored: OmittedJson) -> OmittedFile:
    """Make a file that is left out, with its reason where that is a list of patterns in a usual place."""
    known = _LEFT_OUT.fullmatch(stored.why)
    if known is None:
        return OmittedFile(path=read_path(stored.path), where=ELSEWHERE)
    return OmittedFile(path=read_path(stored.path), rule=known["rule"] or "", where=known["where"])


_LEFT_OUT = re.compile(
    rf"(?:`(?P<rule>--cov=[\w./-]{{1,60}}"
    rf"|(?:(?:\[\w+\] )?(?:omit|include|source|source_pkgs|source_dirs) = )?{PATTERNS})`, )?"
    r"(?P<where>(?:pyproject\.toml|setup\.cfg|tox\.ini|\.coveragerc(?:\.toml)?)(?: line \d{1,6})?"
    r"|an option of pytest-cov|a default: (?:tests|run by tools only|documentation|an environment|Python's own start))",
    re.ASCII,
)


def _diff_file(stored: DiffFileJson) -> DiffFile:
    """Make a file. Of the lines in a range only the first stands for the missing ones: which they are is not stored."""
    tally, places = _tally(stored.lines, stored.branches), tuple(map(_place, stored.places))
    spans, partial = read_spans(stored.missing), frozenset(map(read_line, stored.partial))
    statements, branches = tally.lines.missing, tally.branches.missing
    if not (
        sum(place.statements for place in places) == statements
        and sum(place.branches.missing for place in places) == branches
        and len(spans) <= statements <= sum(span.end - span.start + 1 for span in spans)
        and len(partial) <= branches
    ):
        raise ValueError("it has a file whose places are not what it misses")
    return DiffFile(
        path=read_path(stored.path),
        statements=partial | {span.start for span in spans},
        missing=frozenset(span.start for span in spans),
        partial=partial,
        tally=tally,
        missing_spans=spans,
        places=places,
        gap=Gap(stored.gap) if stored.gap else None,
    )


def _place(stored: PlaceJson) -> Place:
    (span,), branches = read_spans([stored.lines]), _counts(stored.branches)
    if stored.statements > span.end - span.start + 1:
        raise ValueError("it has a place with more statements than lines")
    if not stored.statements and not branches.missing:
        raise ValueError("it has a place with nothing to cover")
    return Place(
        span=span,
        function=stored.function if _FUNCTION.fullmatch(stored.function) else "",
        statements=stored.statements,
        branches=branches,
        reasons=tuple(map(_reason, stored.why)),
    )


def _reason(stored: ReasonJson) -> Reason:
    if (stored.line == 0) != (stored.kind in WITHOUT_LINE):
        raise ValueError("it has a reason that is none")
    return Reason(kind=stored.kind, line=read_line(stored.line) if stored.line else 0)


_NAME = r"[^\W\d]\w{0,99}"
_FUNCTION = re.compile(rf"{_NAME}(\.(<locals>|<lambda>|{_NAME})){{0,19}}")


# --- checks


def _checks(
    stored: Iterable[CheckJson],
    components: Iterable[ComponentFigures],
    total: Tally | Unavailable,
    diff: DiffCoverage | Unavailable | None,
) -> Iterator[Check]:
    """Judge every rule again; what could not be judged then cannot be now."""
    change = diff.tally if isinstance(diff, DiffCoverage) else diff
    figures: dict[tuple[str, str | None], Tally | Unavailable | None] = {
        (MIN_TOTAL, None): total,
        (MIN_DIFF, None): change,
        (MAX_DROP, None): None,
    }
    for part in components:
        figures |= {
            (MIN_TOTAL, part.name): part.total,
            (MIN_DIFF, part.name): part.diff,
            (MAX_DROP, part.name): None,
        }
    for check in stored:
        key = (check.rule, check.component)
        if key not in figures:
            raise ValueError("it has a rule twice, or one of nothing that it has measured")
        yield _check(check, figures.pop(key) or Tally())


def _check(stored: CheckJson, figure: Tally | Unavailable) -> Check:
    target = read_decimal(stored.target)
    if stored.rule != MAX_DROP:
        check = evaluate(stored.rule, target, figure, component=stored.component, nothing="")
        if stored.status is Status.UNAVAILABLE and check.status is not Status.UNAVAILABLE:
            # What a ramp requires may be unknown although the figure is known.
            unknown = own_reason(stored.why)
            return replace(check, status=Status.UNAVAILABLE, why=unknown.reason, unknown=unknown)
        return check
    drop = _drop(stored)
    if drop is None and stored.status is not Status.NOT_APPLICABLE:
        drop = own_reason(stored.why)
    return evaluate_drop(target, drop, component=stored.component, nothing="")


def _drop(stored: CheckJson) -> Drop | Unavailable | None:
    if stored.drop is None:
        return None
    exact = stored.drop.exact
    adjusted = own_reason("") if exact.adjusted is None else read_fraction(exact.adjusted)
    return Drop(raw=read_fraction(exact.raw), adjusted=adjusted, excused=read_fraction(exact.excused))


# --- what has to follow -----------------------------------------------------------------------------------------------

_FREE = frozenset(
    {"covgate", "headline", "error", "ref", "reason", "unavailable", "why", "notes", "function", "trend"}
    | {"before", "after", "effect_unknown"}
    | {"test", "output", "slowest", "names"}
)
"""The keys whose text is not believed, and so not compared."""


def _compare(result: ResultJson, facts: Facts) -> None:
    """Refuse a result that the facts read from it would not have made: a percent beside its counts, say."""
    code = exit_code(facts.verdict)
    again = build_result(facts, headline="", exit_code=code).model_dump(mode="json")
    stored = result.model_dump(mode="json")
    if stored["exit_code"] == ExitCode.PUBLISH_FAILED and code is ExitCode.PASSED:
        stored["exit_code"] = code.value  # of a run whose report had to be posted, and was not
    for row, made in zip(stored["gate_changes"]["rows"], again["gate_changes"]["rows"], strict=True):
        if row["kind"] == GateChangeKind.UNKNOWN:
            row["name"] = made["name"]  # a reason
    if not facts.links.measured:
        again["measured"], again["moved"] = stored["measured"], stored["moved"]
    different = _difference(stored, again, "")
    if different:
        raise ValueError(f"it contradicts itself: {different} does not follow from its numbers")


def _difference(one: object, other: object, where: str) -> str:
    """Return the first place where two documents differ in more than free text, or an empty string."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        keys = cast("dict[str, object]", one)
        inside = (_difference(keys[k], other[k], f"{where}.{k}".strip(".")) for k in keys if k not in _FREE)
        return next(filter(None, inside), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return next(filter(None, (_difference(a, b, where) for a, b in zip(one, other, strict=True))), "")
    return "" if one == other else where or "the whole"
