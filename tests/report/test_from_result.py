"""A stored result gives the report it was made with, but for text that anybody may have written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.goals import Target
from covgate.errors import ExitCode
from covgate.gate.rules import evaluate, evaluate_drop, exit_code, judge
from covgate.history.ancestry import none_is_ancestor
from covgate.model.change import DiffCoverage
from covgate.model.coverage import OmittedFile
from covgate.model.guard import GateChange, GateChangeKind
from covgate.model.history import Point
from covgate.model.places import Place
from covgate.model.test_results import FailedTest
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import MAX_DROP, Check, Drop, Status
from covgate.publish.comment import BODY_LIMIT
from covgate.report.facts import Facts, KnownTotal, Origin
from covgate.report.markdown import render_comment, render_summary
from covgate.report.result_json import build_result, render_result
from covgate.report.stored.parts import ELSEWHERE
from covgate.report.stored.read import read_result
from covgate.report.stored.restore import NOTES, restore_facts
from covgate.report.trend.words import is_trend, show_trend
from covgate.report.view import build_view
from tests.support.situations import BASE, BLOB, CORE, HEAD, facts
from tests.support.situations import SITUATIONS as PRESENT
from tests.support.situations_compared import COMPARED, compared
from tests.support.situations_guarded import EVERYTHING, GUARDED, guarded
from tests.support.situations_tests import TESTED

SITUATIONS = PRESENT | COMPARED | GUARDED | TESTED
ORIGIN = Origin(head=HEAD, run_url="https://github.com/org/app/actions/runs/77", blob=BLOB, base_ref="main")


def stored(made: Facts) -> bytes:
    view = build_view(made)
    return render_result(build_result(made, headline=view.headline, exit_code=exit_code(made.verdict))).encode()


def restored(made: Facts, origin: Origin = ORIGIN) -> Facts:
    found = restore_facts(read_result(stored(made)), replace(origin, name=made.name, run_url=made.run_url or ""))
    assert isinstance(found, Facts)
    return found


HIDDEN = Unavailable(reason=ELSEWHERE, kind=UnknownKind.TOLD_ELSEWHERE)
OWN = {UnknownKind.PART_OF_SUITE}


def neutral(made: Facts) -> Facts:
    """The same facts without the text that is not taken over."""

    def hide(value: Unavailable) -> Unavailable:
        own = value.reason in {"nothing has been recorded yet", "there is nothing to measure"}
        return Unavailable(reason=value.reason, kind=value.kind) if own or value.kind in OWN else HIDDEN

    def check(one: Check) -> Check:
        drop = one.drop
        if drop is not None:
            unknown = isinstance(drop.adjusted, Unavailable)
            drop = replace(drop, adjusted=HIDDEN) if unknown else drop
            return evaluate_drop(one.target, drop, component=one.component, nothing="")
        if one.status is Status.UNAVAILABLE:
            unknown_now = hide(one.unknown or Unavailable(reason=one.why))
            return replace(one, why=unknown_now.reason, unknown=unknown_now)
        if one.rule == MAX_DROP or one.actual is None:
            return one
        return evaluate(one.rule, one.target, one.actual, component=one.component, nothing="")

    diff = hide(made.diff) if isinstance(made.diff, Unavailable) else made.diff
    if isinstance(diff, DiffCoverage):
        files = tuple(replace(f, path=text(f.path), places=tuple(map(unnamed, f.places))) for f in diff.files)
        omitted = tuple(
            OmittedFile(path=text(file.path), where=ELSEWHERE) if "<b>" in file.where else file for file in diff.omitted
        )
        diff = replace(diff, files=files, omitted=omitted)
    problem = hide(made.total) if isinstance(made.total, Unavailable) else None
    base = made.base and (made.base if made.base.ref == "main" else replace(made.base, ref=""))
    rows = tuple(map(gate, made.gate_changes.rows))
    suite = made.verdict.suite
    if suite is not None and suite.tests is not None:
        slowest = tuple(one for one in suite.tests.slowest if "@" not in one[0])
        failures = tuple(map(wordless, suite.tests.failures))
        suite = replace(suite, tests=replace(suite.tests, failures=failures, slowest=slowest))
    steps = made.steps and replace(
        made.steps,
        chosen=tuple(replace(one, path=text(one.path), place=unnamed(one.place)) for one in made.steps.chosen),
    )
    return replace(
        made,
        steps=steps,
        gate_changes=replace(made.gate_changes, rows=rows),
        verdict=judge(map(check, made.verdict.checks), suite, problem),
        total=problem or made.total,
        diff=diff,
        base=base,
        baseline=hide(made.baseline) if isinstance(made.baseline, Unavailable) else made.baseline,
        components=tuple(
            replace(part, total=hide(part.total) if isinstance(part.total, Unavailable) else part.total)
            for part in made.components
        ),
        notes=(NOTES,) if made.notes else (),
    )


def wordless(test: FailedTest) -> FailedTest:
    return replace(test, name=test.name.partition("[")[0], reason="", output="")


def gate(row: GateChange) -> GateChange:
    unknown = isinstance(row.effect, Unavailable)
    row = replace(row, effect=Unavailable(reason=ELSEWHERE)) if unknown else row
    if row.kind is GateChangeKind.UNKNOWN:
        return replace(row, name=ELSEWHERE)
    foreign = row.before is not None and "@" in row.before
    return replace(row, before="values that the summary of the run names") if foreign else row


def test_changes_to_the_gate_keep_their_order_and_their_numbers() -> None:
    rows = restored(guarded(*EVERYTHING)).gate_changes.rows
    assert [(row.kind, row.lowers, row.count) for row in rows] == [
        (row.kind, row.lowers, row.count) for row in EVERYTHING
    ]


def text(path: PurePosixPath) -> PurePosixPath:
    return PurePosixPath(str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_report_is_the_same_but_for_free_text(situation: str) -> None:
    made = SITUATIONS[situation]()
    again, expected = build_view(restored(made)), build_view(neutral(made))
    expected = replace(expected, run_url=again.run_url)
    assert render_comment(again, BODY_LIMIT) == render_comment(expected, BODY_LIMIT)
    assert render_summary(again) == render_summary(expected)


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
def test_most_of_it_is_no_free_text(situation: str) -> None:
    """What stands above the footer is the very comment, unless the situation is about something unknown."""
    made = SITUATIONS[situation]()
    texts = [render_comment(build_view(facts), BODY_LIMIT) for facts in (made, restored(made))]
    one, other = (text.partition("<details><summary>Changed files left out")[0].partition("<sub>")[0] for text in texts)
    assert (one == other) is (situation not in UNKNOWN)


UNKNOWN = {
    *("total-unavailable", "diff-unavailable", "diff-unavailable-without-rule", "components"),
    *("drop-unknown", "no-baseline", "ramp-unknown", "hostile-names"),
    *("guard-omit", "guard-everything", "guard-unreadable"),
    *("tests-named", "tests-many", "tests-hostile"),
}
"""They are about something unknown, whose reason is not taken over; or about names that are no text."""


def unnamed(place: Place) -> Place:
    return replace(place, function="") if "<" in place.function else place


def test_links_lead_to_the_merge_only_when_github_says_it_is_the_merge() -> None:
    other = type(HEAD)("5" * 40)
    made = facts(CORE, min_diff="100")
    moved = frozenset({PurePosixPath("src/app/core.py")})
    made = replace(made, links=replace(made.links, measured=other, moved=moved))
    urls = [todo.url for todo in build_view(restored(made)).places]
    assert any(url is None for url in urls)
    assert all(HEAD in url for url in urls if url)
    known = build_view(restored(made, replace(ORIGIN, merge=other)))
    assert [todo.url for todo in known.places] == [todo.url for todo in build_view(made).places]


@pytest.mark.parametrize("ref", ["main", "evil.example"])
def test_a_branch_is_named_when_it_is_the_pull_requests_own(ref: str) -> None:
    made = facts(CORE)
    assert made.base
    made = replace(made, base=replace(made.base, ref=ref))
    assert (ref in str(build_view(restored(made)).footer[0])) is (ref == "main")


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ("source = shop", "pyproject.toml line 7"),
        ("[report] omit = shop/old*, a.py", ".coveragerc line 3"),
        ("/setup.py", "a default: run by tools only"),
        ("", "a default: tests"),
        ("--cov=shop", "an option of pytest-cov"),
    ],
)
def test_what_leaves_a_file_out_is_told_where_it_is_a_pattern(rule: str, where: str) -> None:
    made = facts(CORE)
    assert isinstance(made.diff, DiffCoverage)
    left = (OmittedFile(path=PurePosixPath("a.py"), rule=rule, where=where),)
    again = restored(replace(made, diff=replace(made.diff, omitted=left))).diff
    assert isinstance(again, DiffCoverage)
    assert again.omitted == left


@pytest.mark.parametrize("count", [1, 12, 1200])
def test_the_reason_a_new_project_meets_is_told(count: int) -> None:
    reason = none_is_ancestor(BASE, count)
    assert restored(replace(facts(CORE), baseline=reason)).baseline == reason


@given(raw=st.fractions(-100, 100), adjusted=st.none() | st.fractions(-100, 100), excused=st.fractions(0, 1))
def test_a_drop_is_exact(raw: Fraction, adjusted: Fraction | None, excused: Fraction) -> None:
    known = Unavailable(reason="x") if adjusted is None else adjusted
    drop = Drop(raw=raw, adjusted=known, excused=excused)
    made = compared()
    check = evaluate_drop(Decimal("0.3"), drop, nothing="")
    made = replace(made, verdict=judge((*made.verdict.checks, check), None))
    again = restored(made).verdict.checks[-1]
    assert again.drop is not None
    assert (again.status, again.drop.judged) == (check.status, drop.judged)


@pytest.mark.parametrize("flips", ["1", "0", "-3", "1" * 9])
def test_a_line_that_did_not_go_back_and_forth_flaps_in_no_report(flips: str) -> None:
    data = stored(SITUATIONS["indirect"]())
    assert isinstance(restore_facts(read_result(data), ORIGIN), Facts)
    with pytest.raises(ValueError, match="did not go back and forth"):
        restore_facts(read_result(data.replace(b'"flips": 4', b'"flips": ' + flips.encode())), ORIGIN)


def test_a_run_without_a_verdict_is_no_report() -> None:
    data = stored(facts(CORE)).replace(f'"head": "{HEAD}"'.encode(), b'"head": null')
    data = data.replace(b'"error": null', b'"error": {"message": "m", "hint": "h", "slug": "s"}')
    assert isinstance(restore_facts(read_result(data), ORIGIN), Unavailable)


def test_a_run_that_had_to_post_and_could_not_is_a_report() -> None:
    made = facts(CORE, min_diff="10")
    data = stored(made).replace(b'"exit_code": 0', b'"exit_code": 6', 1)
    data = data.replace(b'"error": null', b'"error": {"message": "m", "hint": "h", "slug": "s"}')
    assert restore_facts(read_result(data), ORIGIN) == restored(made)


def test_a_total_keeps_its_counts() -> None:
    made = facts(CORE)
    total = restored(made).total
    assert isinstance(total, KnownTotal)
    assert not isinstance(made.total, Unavailable)
    assert total.total == made.total.total


@given(
    values=st.lists(st.decimals(0, 100, places=2), max_size=40),
    goal=st.decimals(0, 100, places=1),
    due=st.none() | st.integers(-400, 4000),
    apart=st.integers(1, 9),
)
def test_every_trend_is_one(values: list[Decimal], goal: Decimal, due: int | None, apart: int) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    today = date(2026, 11, 20)
    first = datetime(2026, 11, 20, tzinfo=UTC) - timedelta(days=apart * len(values))
    points = [Point(date=first + timedelta(days=apart * n), total=value) for n, value in enumerate(values)]
    by = None if due is None else today + timedelta(days=due)
    for target in (None, Target(total=goal, by=by)):
        assert is_trend(show_trend(points, target, today))


@pytest.mark.parametrize("text", ["▂▃ · visit evil.example", "target 80 % reached!", "@team", "▂▃\n▂▃"])
def test_another_text_is_no_trend(text: str) -> None:
    assert not is_trend(text)


@pytest.mark.parametrize(("min_diff", "believed"), [("50", True), ("80", False)], ids=["a-pass", "a-fail"])
def test_that_a_report_could_not_be_posted_ends_a_pass_alone(min_diff: str, *, believed: bool) -> None:
    made = facts(CORE, min_diff=min_diff)
    text = render_result(build_result(made, headline="", exit_code=ExitCode.PUBLISH_FAILED))
    if not believed:
        with pytest.raises(ValueError, match="it contradicts itself: exit_code does not follow"):
            restore_facts(read_result(text.encode()), ORIGIN)
        return
    found = restore_facts(read_result(text.encode()), ORIGIN)
    assert isinstance(found, Facts)
    assert exit_code(found.verdict) is ExitCode.PASSED
