"""trending.json: what it holds, and what is taken in of files that others wrote."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.goals import Component, Target
from covgate.errors import InputError
from covgate.history.storage.trending import parse_trending, render_trending
from covgate.history.trend import points_of
from covgate.model.history import Aim, History, Point, Start
from covgate.model.numbers import Counts
from tests.support.trend_samples import COMPONENTS, TARGET, sample_history, sha_of

DAY = datetime(2026, 11, 1, tzinfo=UTC)
ENTRY = {"overall_coverage": 61.5, "date": "2026-11-01"}


def rendered(history: History, target: Target | None = None, components: tuple[Component, ...] = ()) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render_trending(history, target, components))
    return made


def parse(*entries: object, **others: object) -> History:
    return parse_trending(json.dumps({"history": entries, **others}), "trending.json")


# --- what is written -------------------------------------------------------------------------------------------------


def test_it_holds_the_newest_thirty() -> None:
    history = sample_history(40)
    made = rendered(history, TARGET, COMPONENTS)
    assert len(made["history"]) == 30
    assert made["history"][-1]["commit"] == sha_of(39)
    assert made["target"] == {"overall_coverage": 80, "checkout_coverage": 90, "date": "2027-02-28"}
    newest = history.records[-1]
    assert list(made["history"][-1]) == [
        "overall_coverage",
        "admin_coverage",
        "catalogue_coverage",
        "checkout_coverage",
        "lines_covered",
        "lines_total",
        "date",
        "commit",
    ]
    assert made["history"][-1]["lines_total"] == newest.total.lines.total
    assert made["history"][-1]["date"] == "2026-11-20T16:04:00Z"


WHOLE = """\
{
  "history": [
    {
      "overall_coverage": 80,
      "date": "2026-11-01T00:00:00Z"
    },
    {
      "overall_coverage": 66.66,
      "api_coverage": 100,
      "core_coverage": 0.01,
      "lines_covered": 2,
      "lines_total": 3,
      "date": "2026-11-02T10:30:00Z",
      "commit": "%s"
    }
  ],
  "baseline": {
    "overall_coverage": 80,
    "date": "2026-11-01T00:00:00Z"
  },
  "target": {
    "overall_coverage": 85.5,
    "checkout_coverage": 90
  }
}
"""


def test_the_whole_file_is_written_with_whole_numbers_as_such_and_all_times_in_utc() -> None:
    later = datetime(2026, 11, 2, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    point = Point(
        date=later,
        total=Decimal(200) / 3,
        components={"core": Decimal("0.001"), "api": Decimal(100)},
        lines=Counts(covered=2, total=3),
        sha=sha_of(1),
    )
    history = History(imported=(Point(date=DAY, total=Decimal("80.00")), point))
    target = Target(total=Decimal("85.50"))
    assert render_trending(history, target, COMPONENTS) == WHOLE % sha_of(1)


def test_an_imported_baseline_is_written_again_without_a_target() -> None:
    start = Start(point=Point(date=DAY - timedelta(days=90), total=Decimal(20)), aim=None)
    history = History(imported=(Point(date=DAY, total=Decimal(50)),), start=start)
    assert rendered(history)["baseline"] == {"overall_coverage": 20, "date": "2026-08-03T00:00:00Z"}


def test_the_baseline_is_where_the_target_was_set() -> None:
    history = sample_history(40)
    assert rendered(history, TARGET)["baseline"]["commit"] == sha_of(18)
    assert rendered(history)["baseline"]["commit"] == sha_of(0)
    assert rendered(history, replace(TARGET, total=Decimal(90)))["baseline"]["commit"] == sha_of(0)


def test_without_anything_to_say_it_says_null() -> None:
    assert rendered(History()) == {"history": [], "baseline": None, "target": None}


def test_percents_are_cut_and_never_quite_reach() -> None:
    points = tuple(Point(date=DAY + timedelta(days=n), total=total) for n, total in enumerate(map(Decimal, EDGES)))
    made = rendered(History(imported=points))["history"]
    assert [entry["overall_coverage"] for entry in made] == list(EDGES.values())


EDGES = {"99.9999": 99.99, "0.0001": 0.01, "0": 0, "100": 100, "85.309": 85.3, "66.666": 66.66}


def test_a_component_called_overall_does_not_stand_for_the_whole() -> None:
    point = Point(date=DAY, total=Decimal(50), components={"overall": Decimal(99)})
    assert rendered(History(imported=(point,)))["history"][0]["overall_coverage"] == 50
    overall = (Component(name="overall", paths=("x",), target=Decimal(99)),)
    assert rendered(History(), TARGET, overall)["target"]["overall_coverage"] == 80


def test_the_order_in_which_components_were_recorded_changes_nothing() -> None:
    points = [Point(date=DAY, total=Decimal(1), components=dict.fromkeys(names, Decimal(2))) for names in ("ab", "ba")]
    assert points[0] == points[1]
    first, second = (render_trending(History(imported=(point,)), None, ()) for point in points)
    assert first == second


def test_what_it_writes_is_taken_in_again() -> None:
    history = sample_history(12)
    read = parse_trending(render_trending(history, TARGET, COMPONENTS), "trending.json")
    assert [point.sha for point in read.imported] == [record.sha for record in history.records]
    assert [point.lines for point in read.imported] == [record.total.lines for record in history.records]
    for point, original in zip(read.imported, points_of(history), strict=True):
        assert 0 <= original.total - point.total < Decimal("0.01")
        assert set(point.components) == set(original.components)
    assert read.start is not None
    assert read.start.point.sha == sha_of(6)
    assert read.start.aim == Aim(total=Decimal(80), by=date(2027, 2, 28))


# --- what is taken in ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-01", DAY),
        ("2026-11-01T12:30:00", DAY.replace(hour=12, minute=30)),
        ("2026-11-01 12:30", DAY.replace(hour=12, minute=30)),
        ("2026-11-01T12:30:00Z", DAY.replace(hour=12, minute=30)),
        ("2026-11-01T12:30:00.250000+02:00", DAY.replace(hour=10, minute=30, microsecond=250_000)),
        (" 2026-11-01 ", DAY),
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2999-12-31", datetime(2999, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_date_is_read(written: str, moment: datetime) -> None:
    (point,) = parse({**ENTRY, "date": written}).imported
    assert point.date == moment
    assert point.date.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "percent"),
    [
        (61.5, "61.5"),
        (61, "61"),
        ("61.50", "61.50"),
        ("61.5 %", "61.5"),
        (" 61.5%", "61.5"),
        (0, "0"),
        ("-0", "0"),
        (100, "100"),
        ("0.0123456789012345678901234567", "0.0123456789012345678901234567"),
    ],
)
def test_a_percent_is_read(written: object, percent: str) -> None:
    (point,) = parse({**ENTRY, "overall_coverage": written, "core_coverage": written}).imported
    assert str(point.total) == percent
    assert point.components["core"] == Decimal(percent)


def test_a_date_without_a_zone_is_in_utc_wherever_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        with monkeypatch.context() as patch:
            patch.setenv("TZ", "JST-9")
            time.tzset()
            (point,) = parse({**ENTRY, "date": "2026-11-01T12:30:00"}).imported
    finally:
        time.tzset()
    assert point.date == DAY.replace(hour=12, minute=30)


def test_everything_of_an_entry_is_read() -> None:
    commit = sha_of(1)
    entry = {**ENTRY, "core_coverage": "70", "api_coverage": None, "lines_covered": "123", "lines_total": 200}
    history = parse({**entry, "commit": commit, "note": {"x": [1]}, "_coverage": 3, "a\nb_coverage": 4}, version=2)
    assert history.imported == (
        Point(
            date=DAY,
            total=Decimal("61.5"),
            components={"core": Decimal(70)},
            lines=Counts(covered=123, total=200),
            sha=commit,
        ),
    )
    assert history.start is None


def test_a_total_that_is_missing_follows_from_the_lines() -> None:
    (point,) = parse({"date": "2026-11-01", "lines_covered": 1, "lines_total": 4}).imported
    assert point.total == 25


def test_lines_may_be_all_or_none_and_as_many_as_there_can_be() -> None:
    for covered, total in ((0, 0), (0, 7), (7, 7), ("10", 10**12), (10**12, 10**12)):
        (point,) = parse({**ENTRY, "lines_covered": covered, "lines_total": total}).imported
        assert point.lines == Counts(covered=int(covered), total=int(total))
        # What the file says counts, not what would follow from the lines.
        assert point.total == Decimal("61.5")


def test_half_of_the_lines_is_no_count() -> None:
    for half in ("lines_covered", "lines_total"):
        assert parse({**ENTRY, half: 7}).imported[0].lines is None
        with pytest.raises(InputError, match=r"history\[0\]: overall_coverage is missing"):
            parse({"date": "2026-11-01", half: 7})
    with pytest.raises(InputError, match=r"history\[0\]: overall_coverage is missing"):
        parse({"date": "2026-11-01", "lines_covered": 0, "lines_total": 0})


def test_a_component_is_read_when_it_has_a_name() -> None:
    longest = "x" * 100
    entry = {"a b_coverage": 1, f"{longest}_coverage": 2, f"{longest}x_coverage": 3, "_coverage": 4, "coverage": 5}
    entry |= {"y_coverage": 7}
    (point,) = parse({**ENTRY, **entry, "coverage_of_api": 6}).imported
    assert point.components == {"a b": 1, longest: 2, "y": 7}


def test_a_short_commit_is_passed_over() -> None:
    assert parse({**ENTRY, "commit": "abc1234"}).imported[0].sha is None


def test_entries_are_sorted_and_each_is_taken_once() -> None:
    later = {**ENTRY, "date": "2026-11-02"}
    other = {**ENTRY, "overall_coverage": 62}
    again = {"date": "2026-11-01T00:00:00Z", "overall_coverage": "61.50"}
    points = parse(later, ENTRY, again, other, later).imported
    assert [(point.date.day, point.total) for point in points] == [(1, Decimal("61.5")), (1, 62), (2, Decimal("61.5"))]


def test_entries_of_one_moment_that_say_more_or_something_else_are_kept() -> None:
    lines = {**ENTRY, "lines_covered": 123, "lines_total": 200}
    parts = {**ENTRY, "core_coverage": 70, "api_coverage": 60}
    reordered = {"api_coverage": 60, "core_coverage": 70, **ENTRY}
    commits = [{**ENTRY, "commit": sha_of(number)} for number in (1, 2)]
    points = parse(ENTRY, lines, parts, reordered, *commits, ENTRY, commits[0]).imported
    assert [(len(point.components), point.lines, point.sha) for point in points] == [
        (0, None, None),
        (0, Counts(covered=123, total=200), None),
        (2, None, None),
        (0, None, sha_of(1)),
        (0, None, sha_of(2)),
    ]


def test_the_baseline_and_the_target_are_read() -> None:
    baseline = {"overall_coverage": 25, "core_coverage": 40, "date": "2026-06-01"}
    target = {"overall_coverage": 80, "date": "2027-02-28", "core_coverage": 90}
    history = parse(ENTRY, baseline=baseline, target=target)
    point = Point(date=datetime(2026, 6, 1, tzinfo=UTC), total=Decimal(25), components={"core": Decimal(40)})
    assert history.start == Start(point=point, aim=Aim(total=Decimal(80), by=date(2027, 2, 28)))
    short = {"overall_coverage": "80"}
    assert parse(baseline=baseline, target=short).start == Start(point=point, aim=Aim(total=Decimal(80)))
    assert parse(baseline=baseline, target={"date": "2027-02-28"}).start == Start(point=point, aim=None)
    assert parse(baseline=baseline).start == parse(baseline=baseline, target=None).start == Start(point=point, aim=None)
    assert parse(baseline=None, target=None) == History()
    # Without a baseline a target begins no ramp, whatever it is.
    assert parse(ENTRY, target=target).start is None
    assert parse(ENTRY, target=80).start is None


def test_a_file_of_5_mb_is_not_too_large() -> None:
    assert parse_trending('{"history": []}'.ljust(5_000_000), "old.json").imported == ()


def test_a_byte_order_mark_is_no_error() -> None:
    assert parse_trending("\ufeff" + json.dumps({"history": [ENTRY]}), "x").imported


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[1]", "is not a JSON object with a list called `history`"),
        ('{"history": 1}', "no list called `history`"),
        ("{}", "no list called `history`"),
        ("[" * 100_000, "nested too deeply"),
        ('{"history": [{"overall_coverage": NaN, "date": "2026-11-01"}]}', "NaN is no number of JSON"),
        (f'{{"history": [{"1" * 5000}]}}', "is not JSON"),
        ('{"history": [1.50]}', "history[0] is 1.50, not an object"),
        ('{"history": [null]}', "history[0] is null, not an object"),
        (" " * 5_000_001, "larger than 5 MB"),
    ],
    ids=["empty", "half", "a list", "no list", "no history", "deep", "NaN", "long", "number", "null", "large"],
)
def test_a_file_of_another_kind_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_trending(text, "old.json")
    assert caught.value.message.startswith("old.json cannot be imported: ")
    assert said in caught.value.message
    assert caught.value.slug == "import-file"
    assert len(caught.value.message) < 300


WRONG_PERCENT = "old.json cannot be imported: history[0]: overall_coverage is {}, not a percent from 0 to 100"
WRONG_LINES = "old.json cannot be imported: history[0]: lines_total is {}, not a number of lines"


def test_what_is_wrong_is_shown_whole_or_by_its_beginning() -> None:
    for key, words in (("overall_coverage", WRONG_PERCENT), ("lines_total", WRONG_LINES)):
        for value, shown in (
            ("x" * 58, f'"{"x" * 58}"'),
            ("x" * 59, f'"{"x" * 59}…'),
            (10**12 + 1, "1000000000001"),
            ("1e28", '"1e28"'),
            ("1e-28", '"1e-28"'),
            ("0.1234567890123456789012345678", '"0.1234567890123456789012345678"'),
            (-0.5, "-0.5"),
            ({"a": 1}, '{"a": 1}'),
            ("61.5.0 %", '"61.5.0 %"'),
        ):
            entry = {**ENTRY, "lines_covered": 0, "lines_total": 1, key: value}
            with pytest.raises(InputError) as caught:
                parse_trending(json.dumps({"history": [entry]}), "old.json")
            assert caught.value.message == words.format(shown)
            assert caught.value.hint == "correct it; nothing was imported"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("overall_coverage", 100.1, "is 100.1, not a percent from 0 to 100"),
        ("overall_coverage", -1, "is -1, not a percent"),
        ("overall_coverage", "NaN", 'is "NaN", not a percent'),
        ("overall_coverage", "1e999999999", "not a percent"),
        ("overall_coverage", "much", 'is "much", not a percent'),
        ("overall_coverage", True, "is true, not a percent"),
        ("overall_coverage", [1.5], 'is ["1.5"], not a percent'),
        ("overall_coverage", "x" * 5000, "…, not a percent"),
        ("overall_coverage", None, "is missing"),
        ("core_coverage", 101, "is 101, not a percent"),
        ("lines_covered", 300, "is 300, more than lines_total, 200"),
        ("lines_covered", 1.5, "is 1.5, not a number of lines"),
        ("lines_total", -1, "is -1, not a number of lines"),
        ("lines_total", "Infinity", 'is "Infinity", not a number of lines'),
        ("date", None, "is missing"),
        ("date", "yesterday", 'is "yesterday", not a date such as'),
        ("date", 1_700_000_000, "is 1700000000, not a date"),
        ("date", "2026-13-01", "not a date"),
        ("date", "0001-01-01T00:00:00+14:00", "not a date"),
        ("date", "1969-12-31", "not a date"),
        ("date", "3000-01-01", "not a date"),
        ("date", "9999-12-31", "not a date"),
    ],
)
def test_nonsense_is_refused_with_its_entry_and_key(key: str, value: object, said: str) -> None:
    entry: dict[str, object] = {**ENTRY, "lines_covered": 100, "lines_total": 200, key: value}
    if key == "overall_coverage" and value is None:
        del entry["lines_covered"]
    with pytest.raises(InputError) as caught:
        parse(ENTRY, entry)
    assert f"history[1]: {key} " in caught.value.message
    assert said in caught.value.message
    assert len(caught.value.message) < 300


def test_the_baseline_and_the_target_are_checked_too() -> None:
    with pytest.raises(InputError, match="baseline: date is missing"):
        parse(ENTRY, baseline={"overall_coverage": 25})
    with pytest.raises(InputError, match="target: overall_coverage is 800"):
        parse(ENTRY, baseline=ENTRY, target={"overall_coverage": 800})
    with pytest.raises(InputError, match="target is 80, not an object"):
        parse(ENTRY, baseline=ENTRY, target=80)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["overall_coverage", "core_coverage", "lines_covered", "lines_total", "date", "commit"])


@given(st.lists(st.dictionaries(keys, json_values, max_size=6) | json_values, max_size=3), json_values, json_values)
def test_any_json_is_taken_in_or_refused(entries: list[object], baseline: object, target: object) -> None:
    text = json.dumps({"history": entries, "baseline": baseline, "target": target})
    try:
        history = parse_trending(text, "any.json")
    except InputError:
        return
    render_trending(history, TARGET, COMPONENTS).encode()
