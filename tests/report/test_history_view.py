"""`covgate history`: what a person sees, and what a program reads."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.goals import Component, Target
from covgate.model.history import History, Point
from covgate.model.numbers import Counts, Tally
from covgate.report.bands import Band, Bands
from covgate.report.history.terminal import print_history
from covgate.report.history.view import HistoryView, build_history_view, history_json
from covgate.report.trend.points import Trend
from covgate.report.trend.words import BLOCKS
from tests.support.trend_samples import COMPONENTS, NOW, TARGET, TODAY, make_record, sample_history, sha_of

BANDS = Bands(green=Decimal(80), orange=Decimal(60))


def view_of(
    history: History,
    *,
    target: Target | None = TARGET,
    components: tuple[Component, ...] = COMPONENTS,
    limit: int = 20,
) -> HistoryView:
    trend = Trend(history=history, target=target, components=components, bands=BANDS, today=TODAY)
    return build_history_view(trend, limit)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(view: HistoryView) -> str:
    out = io.StringIO()
    print_history(view, out)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_the_whole_of_it() -> None:
    assert printed(view_of(sample_history(90), limit=3)) == (
        "date         commit     total   change   checkout   catalogue    admin   title\n"
        "2026-11-18   e62d7f1   73.1 %    +0.35     82.2 %      68.7 %   66.5 %   "
        "Retry a payment that timed out (#187)\n"
        "2026-11-19   b37f6dd   73.4 %    +0.33     82.2 %      69.5 %   66.5 %   "
        "Split orders by supplier (#188)\n"
        "2026-11-20   16b06bd   73.5 %    +0.03     82.2 %      69.5 %   66.7 %   "
        "Keep the search when paging (#189)\n"
        "▁▁▂▃▃▃▃▃▃▄▄▄▄▄▄▅▅▆▅▆▆▆▇▇▇▇▇███  to target 80 %: +0.8 a week, on course for 2027-02-28\n"
        "87 older points not shown\n"
        "required today: 71.46 % (ramp since 2026-07-04)"
    )


def test_nothing_recorded_is_said() -> None:
    view = view_of(History())
    assert (view.rows, view.spark, view.sentence) == ((), "", "")
    assert view.notes == (
        "Nothing has been recorded yet: a run on the default branch, or `covgate check --record`, does.",
    )
    assert printed(view) == view.notes[0]


def test_a_title_is_cut_where_it_is_long() -> None:
    titles = ("x" * 48, "y" * 49)
    records = tuple(make_record(n, NOW + timedelta(days=n), 50, title=title) for n, title in enumerate(titles))
    assert [row.title for row in view_of(History(records=records)).rows] == ["x" * 48, "y" * 47 + "…"]


def test_a_target_without_a_ramp_requires_nothing_today() -> None:
    assert view_of(sample_history(3), target=replace(TARGET, ramp=False)).notes == ()


def test_without_a_sentence_nothing_stands_behind_the_blocks() -> None:
    out = io.StringIO()
    print_history(view_of(sample_history(3, target=None), target=None), out)
    assert out.getvalue().splitlines()[-1][-1] in BLOCKS


def test_in_a_narrow_terminal_the_title_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setenv("TERM", "dumb")
    screen = Screen()
    print_history(view_of(sample_history(90), limit=1), screen)
    row = screen.getvalue().splitlines()[1]
    assert "2026-11-20   16b06bd   73.5 %    +0.03     82.2 %      69.5 %   66.7 %   Keep" in row
    assert "…" in row


def test_a_ramp_that_has_not_begun_is_said() -> None:
    assert view_of(sample_history(1)).notes == ("the ramp begins with the next record of the default branch",)


def test_after_its_day_the_target_is_required_whether_the_ramp_has_begun_or_not() -> None:
    assert view_of(sample_history(1), target=replace(TARGET, by=TODAY)).notes == ("required today: 80 %",)


def test_without_a_target_there_is_no_sentence() -> None:
    view = view_of(sample_history(3, target=None), target=None)
    assert (view.sentence, view.notes) == ("", ())


@pytest.mark.parametrize(
    ("values", "deltas"),
    [
        ((50, 50.5), ["", "+0.50"]),
        ((50.5, 50), ["", "-0.50"]),
        ((50, 50), ["", "0.00"]),
    ],
)
def test_a_change_has_its_sign(values: tuple[float, ...], deltas: list[str]) -> None:
    records = tuple(make_record(n, NOW + timedelta(days=n), value) for n, value in enumerate(values))
    assert [row.delta for row in view_of(History(records=records)).rows] == deltas


@pytest.mark.parametrize(("sign", "covered"), [("+0.01", 500_001), ("-0.01", 499_999)])
def test_a_change_that_is_not_nothing_does_not_show_as_nothing(sign: str, covered: int) -> None:
    tallies = [Tally(lines=Counts(covered=value * 10, total=10_000_000)) for value in (500_000, covered)]
    records = tuple(replace(make_record(n, NOW + timedelta(days=n), 1), total=tally) for n, tally in enumerate(tallies))
    assert view_of(History(records=records)).rows[1].delta == sign


@pytest.mark.parametrize(("percent", "band"), [(80, Band.GREEN), (79.975, Band.ORANGE), (59.975, Band.RED)])
def test_a_total_has_the_colour_of_its_exact_percent(percent: float, band: Band) -> None:
    (row,) = view_of(History(records=(make_record(1, NOW, percent),))).rows
    assert row.band is band


def test_the_first_of_the_rows_shows_the_change_since_one_that_is_not_shown() -> None:
    whole = view_of(sample_history(10))
    assert view_of(sample_history(10), limit=1).rows == whole.rows[-1:]
    assert view_of(sample_history(10), limit=0).rows == ()


def test_an_imported_entry_has_no_commit() -> None:
    point = Point(date=NOW, total=Decimal("61.5"))
    text = printed(view_of(History(imported=(point,)), target=None))
    assert text.splitlines()[1] == "2026-11-20   –        61.5 %                   –           –       –"


@given(st.text(st.characters()) | st.sampled_from(["[bold]x", ":tada:", "::error::", "##[x]", "a\n::b", "\x1b[2J"]))
def test_names_and_titles_are_printed_and_not_obeyed(text: str) -> None:
    record = make_record(1, NOW, 50, title=text)
    view = view_of(History(records=(record,)), components=(Component(name=text, paths=("x",)),))
    out = io.StringIO()
    print_history(view, out)
    for line in out.getvalue().split("\n"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def test_markup_is_text() -> None:
    record = make_record(1, NOW, 50, title="[red]x[/] :tada:")
    assert "[red]x[/] :tada:" in printed(view_of(History(records=(record,))))


def test_a_terminal_gets_colours_and_a_row_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    print_history(view_of(sample_history(90), limit=5), screen)
    lines = screen.getvalue().splitlines()
    assert len(lines) == 1 + 5 + 3
    assert "\x1b[" in lines[1]
    assert "73.5 %" in lines[5]
    assert all(len(re.sub(r"\x1b\[[\d;]*m", "", line)) <= 90 for line in lines)


# --- for programs ----------------------------------------------------------------------------------------------------


def test_json_has_exact_counts_oldest_first() -> None:
    record = replace(
        make_record(1, NOW, 50),
        total=Tally(lines=Counts(covered=1, total=3), branches=Counts(covered=0, total=3)),
        components={"core": Tally(lines=Counts(covered=2, total=3))},
        tests=7,
        seconds=1.5,
    )
    imported = Point(date=NOW - timedelta(days=1), total=Decimal("61.5"), components={"core": Decimal("70.0")})
    made = json.loads(history_json(History(records=(record,), imported=(imported,))))
    assert made == {
        "schema": 1,
        "points": [
            {
                "date": "2026-11-19T16:04:00+00:00",
                "commit": None,
                "parent": None,
                "title": "",
                "percent": "61.5",
                "lines": None,
                "branches": None,
                "components": {"core": {"percent": "70.0", "lines": None, "branches": None}},
                "tests": None,
                "seconds": None,
                "imported": True,
            },
            {
                "date": "2026-11-20T16:04:00+00:00",
                "commit": sha_of(1),
                "parent": sha_of(0),
                "title": record.title,
                "percent": "16.666666",
                "lines": {"covered": 1, "total": 3},
                "branches": {"covered": 0, "total": 3},
                "components": {
                    "core": {
                        "percent": "66.666666",
                        "lines": {"covered": 2, "total": 3},
                        "branches": {"covered": 0, "total": 0},
                    }
                },
                "tests": 7,
                "seconds": 1.5,
                "imported": False,
            },
        ],
    }


def test_json_has_each_commit_once_by_date_and_what_an_entry_knows() -> None:
    later = make_record(3, NOW, 50)
    record = replace(
        make_record(1, NOW - timedelta(days=2), 50),
        components={name: Tally(lines=Counts(covered=1, total=2)) for name in ("web", "api")},
    )
    own = Point(date=NOW, total=Decimal(1), sha=later.sha)
    imported = Point(date=NOW - timedelta(days=1), total=Decimal("5E+1"), lines=Counts(covered=2, total=4))
    text = history_json(History(records=(record, later), imported=(imported, own)))
    points = json.loads(text)["points"]
    assert [point["commit"] for point in points] == [record.sha, None, later.sha]
    assert (points[1]["percent"], points[1]["lines"]) == ("50", {"covered": 2, "total": 4})
    assert list(points[0]["components"]) == ["api", "web"]
    assert text.startswith('{\n  "schema": 1,\n  "points": [\n    {\n      "date": ')
    assert text.endswith("\n}\n")


def test_json_keeps_a_commit_without_anything_to_measure() -> None:
    empty = replace(make_record(1, NOW, 50), total=Tally())
    (point,) = json.loads(history_json(History(records=(empty,))))["points"]
    assert point["percent"] is None
    assert point["lines"] == {"covered": 0, "total": 0}
