from __future__ import annotations

import json
import re
import zlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.errors import HistoryError
from covgate.history.storage.entries import clean_title, parse_entry, render_imported, render_record, render_start
from covgate.history.storage.history_file import HistoryFile, Layout, check_ours, parse_history, parse_lines
from covgate.history.storage.line_record import encode_record
from covgate.model.commit import Sha
from covgate.model.history import Aim, History, Point, Record, Start
from covgate.model.numbers import Counts, Tally
from tests.support.recorded import entry, record, sha

WHERE = "the branch covgate-data"
PLAIN = {
    "schema": 1,
    "sha": sha(2),
    "parent": sha(1),
    "date": "2026-01-03T00:00:00Z",
    "title": "Change 2",
    "total": {"lines": [80, 100], "branches": [1, 2]},
    "branch_coverage": True,
    "components": {"core": {"lines": [3, 4], "branches": [0, 0]}},
    "tests": None,
    "duration": 1.5,
    "target": None,
}
IMPORTED = {"schema": 1, "imported": True, "date": "2026-01-03T00:00:00Z", "total": "62.5", "components": {}}


def read(*lines: str | dict[str, object]) -> HistoryFile:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return parse_history("".join(f"{text}\n" for text in texts).encode(), Layout(), WHERE)


def lines_of(file: HistoryFile) -> list[str]:
    return [line for line, _ in file.entries]


def numbers(file: HistoryFile) -> list[int]:
    return [int(mine.sha, 16) for mine in file.history.records]


# What is written


def test_a_record_is_one_line_of_json_in_a_fixed_order() -> None:
    text = render_record(record(2))
    assert json.loads(text) == PLAIN
    assert list(json.loads(text)) == list(PLAIN)
    assert "\n" not in text


def test_an_imported_point_is_one_line_that_says_so() -> None:
    point = Point(date=datetime(2026, 1, 1, tzinfo=UTC), total=Decimal("61.50"), components={"api": Decimal(70)})
    line = render_imported(point)
    assert "\n" not in line
    assert json.loads(line) == {
        "schema": 1,
        "imported": True,
        "date": "2026-01-01T00:00:00Z",
        "total": "61.50",
        "components": {"api": "70"},
        "lines": None,
    }


def test_a_target_is_written_with_the_record() -> None:
    aim = Aim(total=Decimal("8E+1"), by=date(2027, 2, 28))
    line = render_start(Start(point=Point(date=datetime(2026, 1, 1, tzinfo=UTC), total=Decimal(60)), aim=aim))
    assert json.loads(line)["start"] is True
    assert json.loads(line)["target"] == {"total": "80", "by": "2027-02-28"}
    assert parse_entry(line) == Start(point=Point(date=datetime(2026, 1, 1, tzinfo=UTC), total=Decimal(60)), aim=aim)


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("x" * 200, "x" * 120),
        ("a\nb\tc\x1b[31m", "a\ufffdb\ufffdc\ufffd[31m"),
        ("bytes \udcff", "bytes \ufffd"),
        ("turned \u202e round", "turned \ufffd round"),
        ("Grüße 🎉 \u00a0", "Grüße 🎉 \u00a0"),
    ],
    ids=["long", "control", "surrogate", "direction", "plain"],
)
def test_a_title_is_short_and_harmless_written_and_read(title: str, kept: str) -> None:
    assert clean_title(title) == kept
    written = json.loads(render_record(cast("Record", parse_entry(json.dumps({**PLAIN, "title": title})))))
    assert written["title"] == kept


counts = st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map(
    lambda pair: Counts(covered=min(pair), total=max(pair))
)
tallies = st.builds(Tally, lines=counts, branches=counts)
percents = st.decimals(0, 100, allow_nan=False, allow_infinity=False, places=20) | st.builds(
    lambda c: Tally(lines=c).percent or Decimal(0), counts
)
times = st.datetimes(timezones=st.just(UTC))
names = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), min_size=1, max_size=20)
shas = st.text("0123456789abcdef", min_size=40, max_size=40).map(Sha)
aims = st.none() | st.builds(Aim, total=percents, by=st.none() | st.dates())
records = st.builds(
    Record,
    sha=shas,
    parent=st.none() | shas,
    date=times,
    title=st.text(max_size=200).map(clean_title),
    total=tallies,
    has_branches=st.booleans(),
    components=st.dictionaries(names, tallies, max_size=3),
    tests=st.none() | st.integers(0, 10**6),
    seconds=st.none() | st.integers(0, 10**8).map(lambda number: number / 1000),
    aim=aims,
)
points = st.builds(
    Point,
    date=times,
    total=percents,
    components=st.dictionaries(names, percents, max_size=3),
    lines=st.none() | counts,
    sha=st.none(),
    title=st.just(""),
)
entries = records | points | st.builds(Start, point=points, aim=aims)


@given(st.lists(entries, max_size=8))
def test_what_is_written_is_read_back(written: list[Record | Point | Start]) -> None:
    renders = {Record: render_record, Point: render_imported, Start: render_start}
    lines = [renders[type(one)](one) for one in written]  # type: ignore[operator]  # each its own
    assert [parse_entry(line) for line in lines] == written
    file = parse_history("".join(f"{line}\n" for line in lines).encode(), Layout(), WHERE)
    assert lines_of(file) == lines
    last = {one.sha: one for one in written if isinstance(one, Record)}
    assert file.history.records == tuple(last.values())
    assert list(file.history.imported) == [one for one in written if isinstance(one, Point)]


@given(st.lists(records, max_size=8))
def test_adding_records_is_the_same_as_reading_what_was_added(added: list[Record]) -> None:
    file = HistoryFile()
    for one in added:
        file = file.with_record(one)
        assert file.with_record(one) == file
    assert parse_history(file.text.encode(), Layout(), WHERE) == file


# What is read


def test_of_two_records_of_a_commit_the_last_counts_in_the_place_of_the_first() -> None:
    again = render_record(record(1, covered=90))
    file = read(render_record(record(1)), render_record(record(2)), again)
    assert file.history.records == (record(1, covered=90), record(2))
    assert len(file.entries) == 3
    assert file.with_record(record(1, covered=70)).history.records == (record(1, covered=70), record(2))
    assert numbers(read(*lines_of(file.with_record(record(1))))) == [1, 2]


def test_lines_of_others_are_kept_to_the_letter() -> None:
    odd = json.dumps({**PLAIN, "later": {"key": [1]}}, indent=None, separators=(" ,  ", " : "))
    file = read(odd, render_record(record(3))).with_record(record(4)).with_record(record(3, covered=1))
    assert lines_of(file)[0] == odd
    assert numbers(file) == [2, 3, 4]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\n", b"  \n", b"\r\n"],
    ids=["nothing", "empty-lines", "blanks", "windows"],
)
def test_a_file_without_entries_is_an_empty_history(raw: bytes) -> None:
    assert parse_history(raw, Layout(), WHERE) == HistoryFile()


def test_a_last_line_without_its_end_and_windows_line_ends_are_fine() -> None:
    raw = f"{render_record(record(1))}\r\n{render_record(record(2))}".encode()
    file = parse_history(raw, Layout(), WHERE)
    assert numbers(file) == [1, 2]
    assert file.with_record(record(3)).text == "".join(f"{render_record(record(number))}\n" for number in (1, 2, 3))


def test_times_are_told_in_utc() -> None:
    found = read({**PLAIN, "date": "2026-01-03T01:30:00+01:30"}).history.records[0].date
    assert found == datetime(2026, 1, 3, tzinfo=UTC)
    assert found.tzinfo is UTC
    east = Record(
        sha=sha(1),
        parent=None,
        date=datetime(2026, 1, 3, 1, tzinfo=timezone(timedelta(hours=1))),
        total=Tally(),
        has_branches=False,
    )
    assert json.loads(render_record(east))["date"] == "2026-01-03T00:00:00Z"


def changed(**values: object) -> str:
    return json.dumps({**PLAIN, **values})


def without(key: str) -> str:
    return json.dumps({name: value for name, value in PLAIN.items() if name != key})


BROKEN = {
    "no-json": ("{", ""),
    "two-values": ("{} {}", ""),
    "no-object": ("[1]", "no object"),
    "a-number": ("1", "no object"),
    "deep": ("[" * 100_000, ""),
    "no-schema": (without("schema"), "schema"),
    "schema-0": (changed(schema=0), "schema"),
    "schema-true": (changed(schema=True), "schema"),
    "schema-text": (changed(schema="1"), "schema"),
    "no-sha": (without("sha"), "sha"),
    "short-sha": (changed(sha="abc"), "abc"),
    "sha-path": (changed(sha="../" * 13 + "x"), "commit id"),
    "parent-number": (changed(parent=1), "parent"),
    "no-date": (without("date"), "date"),
    "date-words": (changed(date="yesterday"), "yesterday"),
    "date-no-zone": (changed(date="2026-01-03T00:00:00"), "no zone"),
    "date-too-early": (changed(date="0001-01-01T00:00:00+23:00"), "beyond"),
    "title-null": (changed(title=None), "title"),
    "total-null": (changed(total=None), "total"),
    "total-percent": (changed(total="80"), "total"),
    "no-branches": (changed(total={"lines": [1, 2]}), "total"),
    "counts-three": (changed(total={"lines": [1, 2, 3], "branches": [0, 0]}), "counts"),
    "counts-negative": (changed(total={"lines": [-1, 2], "branches": [0, 0]}), "counts"),
    "counts-more-than-all": (changed(total={"lines": [3, 2], "branches": [0, 0]}), "counts"),
    "counts-float": (changed(total={"lines": [1.0, 2], "branches": [0, 0]}), "counts"),
    "counts-true": (changed(total={"lines": [True, 2], "branches": [0, 0]}), "counts"),
    "counts-huge": (changed(total={"lines": [1, 10**13], "branches": [0, 0]}), "counts"),
    "counts-endless": ('{"schema":1,"total":' + "9" * 5000 + "}", ""),
    "measured-number": (changed(branch_coverage=1), "branch_coverage"),
    "components-list": (changed(components=[]), "components"),
    "component-null": (changed(components={"core": None}), "components"),
    "component-no-name": (changed(components={"": PLAIN["total"]}), "name"),
    "component-control": (changed(components={"a\x1bb": PLAIN["total"]}), "name"),
    "tests-negative": (changed(tests=-1), "tests"),
    "tests-float": (changed(tests=1.5), "tests"),
    "duration-negative": (changed(duration=-0.5), "duration"),
    "duration-text": (changed(duration="1"), "duration"),
    "duration-nan": (changed(duration=float("nan")), "NaN"),
    "duration-infinite": (changed().replace("1.5", "1e999"), "duration"),
    "duration-huge": (changed(duration=10**400), "duration"),
    "target-text": (changed(target="80"), "target"),
    "target-number": (changed(target={"total": 80}), "target"),
    "target-by": (changed(target={"total": "80", "by": "soon"}), "soon"),
    "target-nan": (changed(target={"total": "NaN"}), "percent"),
    "target-101": (changed(target={"total": "100.1"}), "percent"),
    "target-exponent": (changed(target={"total": "1e-999999"}), "percent"),
    "imported-float": (json.dumps({**IMPORTED, "total": 62.5}), "percent"),
    "imported-no-components": (json.dumps({**IMPORTED, "components": None}), "components"),
    "imported-lines": (json.dumps({**IMPORTED, "lines": [2, 1]}), "counts"),
    "start-no-date": (json.dumps({"schema": 1, "start": True, "total": "1", "components": {}}), "date"),
}


@pytest.mark.parametrize(("line", "says"), BROKEN.values(), ids=BROKEN)
def test_a_line_that_is_not_covgates_is_named(line: str, says: str) -> None:
    with pytest.raises(HistoryError, match=r"\Aline 3 of history\.jsonl in the branch covgate-data ") as caught:
        read(render_record(record(1)), "", line, render_record(record(2)))
    assert caught.value.slug == "history-broken"
    assert says in caught.value.message
    assert len(caught.value.message) < 400


def test_bytes_that_are_not_utf_8_are_named_by_their_line() -> None:
    with pytest.raises(
        HistoryError, match=r"line 2 of history\.jsonl in the branch covgate-data is not UTF-8"
    ) as caught:
        parse_history(render_record(record(1)).encode() + b"\n\xff\n", Layout(), WHERE)
    assert caught.value.slug == "history-broken"


def test_a_line_record_of_a_newer_covgate_asks_for_an_update() -> None:
    with pytest.raises(HistoryError, match=rf"lines/{sha(2)} in the branch covgate-data .* newer covgate") as caught:
        parse_lines(zlib.compress(b'{"schema":2,"whatever":"comes"}'), sha(2), Layout(), WHERE)
    assert caught.value.slug == "history-newer"


@pytest.mark.parametrize("schema", [2, 10**30])
def test_a_line_of_a_newer_covgate_asks_for_an_update(schema: int) -> None:
    with pytest.raises(HistoryError, match=r"line 1 of history\.jsonl .* newer covgate") as caught:
        read({"schema": schema, "anything": "else"})
    assert caught.value.slug == "history-newer"
    assert "update" in caught.value.hint


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covgate.history.storage.history_file.MOST_HISTORY_BYTES", 10)
    with pytest.raises(HistoryError, match="larger than") as caught:
        read(render_record(record(1)))
    assert caught.value.slug == "history-broken"


# Imported points


def test_imported_points_are_taken_in_once() -> None:
    one, other = (Point(date=datetime(2025, month, 1, tzinfo=UTC), total=Decimal(60)) for month in (1, 2))
    start = Start(point=one, aim=Aim(total=Decimal(80)))
    file = HistoryFile().with_record(record(1)).with_imported(History(imported=(one, other, one), start=start))
    assert file.history.imported == (one, other)
    assert file.history.start == start
    assert file.with_imported(History(imported=(other, one), start=start)) == file
    assert file.with_imported(History()) == file
    assert parse_history(file.text.encode(), Layout(), WHERE) == file
    moved = file.with_imported(History(start=Start(point=other, aim=None)))
    assert parse_history(moved.text.encode(), Layout(), WHERE).history.start == Start(point=other, aim=None)
    back = moved.with_imported(History(start=start))
    assert parse_history(back.text.encode(), Layout(), WHERE).history.start == start


# Line records


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no line record"),
        (b"hello", "no line record"),
        (encode_record(entry(1).lines)[:-3], "no line record"),
        (encode_record(entry(2).lines), "another commit"),
    ],
    ids=["empty", "text", "cut-off", "another"],
)
def test_a_line_record_that_is_not_covgates_is_named(data: bytes, says: str) -> None:
    with pytest.raises(HistoryError, match=says) as caught:
        parse_lines(data, sha(1), Layout("web"), WHERE)
    assert caught.value.slug == "history-broken"
    assert f"by-name/web/lines/{sha(1)}" in caught.value.message


def test_a_line_record_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode_record(entry(1).lines)
    monkeypatch.setattr("covgate.history.storage.line_record.MOST_BYTES", 10)
    with pytest.raises(HistoryError, match=r"more than 10") as caught:
        parse_lines(content, sha(1), Layout(), WHERE)
    assert caught.value.slug == "history-broken"


# Places


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("", "."),
        ("web", "by-name/web"),
        ("a/b", "by-name/a%2Fb"),
        ("..", "by-name/%2E."),
        (".git", "by-name/%2Egit"),
        ("the api 1.0", "by-name/the api 1.0"),
    ],
)
def test_a_report_with_a_name_has_a_folder_of_its_own(name: str, folder: str) -> None:
    assert Layout(name).folder == PurePosixPath(folder)


def test_a_place_is_known_by_its_marker() -> None:
    assert not check_ours([], WHERE)
    assert check_ours([PurePosixPath("x"), PurePosixPath(".covgate-data")], WHERE)
    with pytest.raises(HistoryError, match=re.escape("did not write: a0, a1, a10 and 1,997 more")) as caught:
        check_ours([PurePosixPath(f"a{number}") for number in range(2000)], WHERE)
    assert caught.value.slug == "history-foreign"
    assert "history-branch" in caught.value.hint
